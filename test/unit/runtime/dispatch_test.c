// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Dispatch: ACL before dedup; every fate of a repeated message; time and memory bounds. */
#include "runtime/dispatch.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"
#include "runtime/acl.h"
#include "runtime/dedup.h"

#define TTL_US 30000000u

static const struct actr_id self = {1, 7, {"acme", "Echo", "1.0.0"}};
static const struct actr_id alice = {10, 7, {"acme", "Client", "1.0.0"}};
static const struct actr_id bob = {11, 7, {"acme", "Client", "1.0.0"}};
static const struct hash_key key = {{3}};

struct seen {
    struct dispatch_waiter waiter;
    int answers;
    int code;
    size_t len;
};

static void seen_on_answer(struct dispatch_waiter *waiter, const struct dispatch_result *result)
{
    struct seen *seen = container_of(waiter, struct seen, waiter);
    seen->answers++;
    seen->code = result->code;
    seen->len = result->payload.len;
}

static struct dispatch *make(const struct acl *acl, uint64_t bytes_max)
{
    struct dispatch_limits limits = {.dedup_bytes_max = bytes_max};
    struct dispatch *dispatch = dispatch_new(acl, &limits, &key);
    assert_non_null(dispatch);
    return dispatch;
}

static enum dispatch_verdict admit(struct dispatch *dispatch, const struct actr_id *caller,
                                   const char *id, enum envelope_direction direction,
                                   uint64_t now_us, struct seen *seen,
                                   struct dispatch_entry **ret_entry,
                                   const struct dispatch_result **ret_result)
{
    static struct dispatch_entry *no_entry;
    static const struct dispatch_result *no_result;
    struct envelope envelope = {.request_id = view_text(id), .direction = direction};
    struct dispatch_message message = {caller, &self, &envelope};
    enum dispatch_verdict verdict = DISPATCH_DROP;
    if (seen) {
        list_init(&seen->waiter.link);
        seen->waiter.fn = seen_on_answer;
    }
    assert_int_equal(dispatch_admit(dispatch, &message, now_us, seen ? &seen->waiter : NULL,
                                    &verdict, ret_entry ? ret_entry : &no_entry,
                                    ret_result ? ret_result : &no_result),
                     0);
    return verdict;
}

static void complete(struct dispatch *dispatch, struct dispatch_entry *entry, uint64_t now_us,
                     const char *reply)
{
    struct dispatch_result result = {.code = 0, .retry_after_ms = -1};
    result.payload = actr_bytes_str(reply);
    assert_false(actr_bytes_failed(result.payload));
    dispatch_complete(dispatch, entry, now_us, &result);
    actr_bytes_unref(result.payload);
}

TEST(first_is_fresh_and_repeat_gets_old_answer)
{
    struct dispatch *dispatch = make(NULL, 0);
    struct dispatch_entry *entry;
    const struct dispatch_result *old;
    assert_int_equal(admit(dispatch, &alice, "a", ENVELOPE_REQUEST, 5, NULL, &entry, NULL),
                     DISPATCH_RUN);
    complete(dispatch, entry, 10, "reply");
    assert_int_equal(admit(dispatch, &alice, "a", ENVELOPE_REQUEST, 20, NULL, NULL, &old),
                     DISPATCH_ANSWER);
    assert_int_equal(old->code, 0);
    assert_memory_equal(old->payload.ptr, "reply", 5);
    assert_int_equal(dispatch_repeat_count(dispatch), 1);
    dispatch_free(dispatch);
}

TEST(errors_are_remembered_too)
{
    struct dispatch *dispatch = make(NULL, 0);
    struct dispatch_entry *entry;
    const struct dispatch_result *old;
    struct dispatch_result failed = {.code = ACTR_ENOTFOUND, .retry_after_ms = -1};
    failed.message = actr_bytes_str("no such thing");
    assert_false(actr_bytes_failed(failed.message));
    admit(dispatch, &alice, "a", ENVELOPE_REQUEST, 5, NULL, &entry, NULL);
    dispatch_complete(dispatch, entry, 6, &failed);
    actr_bytes_unref(failed.message);
    assert_int_equal(admit(dispatch, &alice, "a", ENVELOPE_REQUEST, 7, NULL, NULL, &old),
                     DISPATCH_ANSWER);
    assert_int_equal(old->code, ACTR_ENOTFOUND);
    assert_memory_equal(old->message.ptr, "no such thing", 13);
    dispatch_free(dispatch);
}

TEST(same_id_of_two_callers_never_meets)
{
    struct dispatch *dispatch = make(NULL, 0);
    struct dispatch_entry *entry_alice, *entry_bob;
    assert_int_equal(admit(dispatch, &alice, "a", ENVELOPE_REQUEST, 5, NULL, &entry_alice, NULL),
                     DISPATCH_RUN);
    assert_int_equal(admit(dispatch, &bob, "a", ENVELOPE_REQUEST, 5, NULL, &entry_bob, NULL),
                     DISPATCH_RUN);
    complete(dispatch, entry_alice, 6, "for alice");
    complete(dispatch, entry_bob, 6, "bob");
    const struct dispatch_result *old;
    admit(dispatch, &bob, "a", ENVELOPE_REQUEST, 7, NULL, NULL, &old);
    assert_int_equal(old->payload.len, 3);
    dispatch_free(dispatch);
}

TEST(repeat_while_running_waits_for_the_one_answer)
{
    struct dispatch *dispatch = make(NULL, 0);
    struct dispatch_entry *entry;
    struct seen first = {0}, second = {0}, leaver = {0};
    admit(dispatch, &alice, "a", ENVELOPE_REQUEST, 5, NULL, &entry, NULL);
    assert_int_equal(admit(dispatch, &alice, "a", ENVELOPE_REQUEST, 6, &first, NULL, NULL),
                     DISPATCH_JOINED);
    admit(dispatch, &alice, "a", ENVELOPE_REQUEST, 6, &leaver, NULL, NULL);
    /* Running entries survive any time. */
    assert_int_equal(
        admit(dispatch, &alice, "a", ENVELOPE_REQUEST, 5 + 10 * TTL_US, &second, NULL, NULL),
        DISPATCH_JOINED);
    dispatch_leave(&leaver.waiter);
    complete(dispatch, entry, 5 + 10 * TTL_US, "x");
    assert_int_equal(first.answers, 1);
    assert_int_equal(second.answers, 1);
    assert_int_equal(second.len, 1);
    assert_int_equal(leaver.answers, 0);
    dispatch_free(dispatch);
}

TEST(repeated_tell_is_dropped_running_or_done)
{
    struct dispatch *dispatch = make(NULL, 0);
    struct dispatch_entry *entry;
    assert_int_equal(admit(dispatch, &alice, "t", ENVELOPE_TELL, 5, NULL, &entry, NULL),
                     DISPATCH_RUN);
    assert_int_equal(admit(dispatch, &alice, "t", ENVELOPE_TELL, 6, NULL, NULL, NULL),
                     DISPATCH_DROP);
    complete(dispatch, entry, 7, "");
    assert_int_equal(admit(dispatch, &alice, "t", ENVELOPE_TELL, 8, NULL, NULL, NULL),
                     DISPATCH_DROP);
    dispatch_free(dispatch);
}

TEST(a_failed_tell_completes_its_entry)
{
    struct dispatch *dispatch = make(NULL, 0);
    struct dispatch_entry *entry;
    const struct dispatch_result failed = {.code = ACTR_EINTERNAL, .retry_after_ms = -1};
    admit(dispatch, &alice, "t", ENVELOPE_TELL, 5, NULL, &entry, NULL);
    dispatch_complete(dispatch, entry, 6, &failed);
    assert_int_equal(admit(dispatch, &alice, "t", ENVELOPE_TELL, 7, NULL, NULL, NULL),
                     DISPATCH_DROP);
    assert_int_equal(
        admit(dispatch, &alice, "t", ENVELOPE_TELL, 6 + DEDUP_SPENT_US, NULL, &entry, NULL),
        DISPATCH_RUN);
    complete(dispatch, entry, 6 + DEDUP_SPENT_US, "");
    dispatch_free(dispatch);
}

TEST(time_counts_from_completion)
{
    struct dispatch *dispatch = make(NULL, 0);
    struct dispatch_entry *entry;
    admit(dispatch, &alice, "a", ENVELOPE_REQUEST, 5, NULL, &entry, NULL);
    uint64_t done_us = 100 * (uint64_t)TTL_US;
    complete(dispatch, entry, done_us, "x");
    assert_int_equal(
        admit(dispatch, &alice, "a", ENVELOPE_REQUEST, done_us + TTL_US - 1, NULL, NULL, NULL),
        DISPATCH_ANSWER);
    const struct dispatch_result *late;
    assert_int_equal(
        admit(dispatch, &alice, "a", ENVELOPE_REQUEST, done_us + TTL_US, NULL, NULL, &late),
        DISPATCH_ANSWER);
    assert_int_equal(late->code, ACTR_EUNAVAILABLE);
    assert_int_equal(admit(dispatch, &alice, "a", ENVELOPE_REQUEST, done_us + DEDUP_SPENT_US, NULL,
                           &entry, NULL),
                     DISPATCH_RUN);
    complete(dispatch, entry, done_us + DEDUP_SPENT_US, "y");
    dispatch_free(dispatch);
}

/* A session delivers what it has taken, even a minute later. */
TEST(what_has_run_does_not_run_again_when_its_answer_is_forgotten)
{
    struct dispatch *dispatch = make(NULL, 0);
    struct dispatch_entry *entry;
    const struct dispatch_result *late;
    uint64_t last_us = 5 + DEDUP_SPENT_US - 1;
    admit(dispatch, &alice, "a", ENVELOPE_REQUEST, 5, NULL, &entry, NULL);
    complete(dispatch, entry, 5, "x");
    admit(dispatch, &alice, "b", ENVELOPE_TELL, 5, NULL, &entry, NULL);
    complete(dispatch, entry, 5, "");
    for (uint64_t now_us = 5 + TTL_US; now_us <= last_us; now_us += (DEDUP_SPENT_US - TTL_US) / 8) {
        assert_int_equal(admit(dispatch, &alice, "a", ENVELOPE_REQUEST, now_us, NULL, NULL, &late),
                         DISPATCH_ANSWER);
        assert_int_equal(late->code, ACTR_EUNAVAILABLE);
        assert_int_equal(late->payload.len, 0);
        assert_int_equal(admit(dispatch, &alice, "b", ENVELOPE_TELL, now_us, NULL, NULL, NULL),
                         DISPATCH_DROP);
    }
    dispatch_free(dispatch);
}

/* That something has run is worth less than an answer that may still be asked for. */
TEST(memory_bound_forgets_first_what_has_no_answer)
{
    struct dispatch *dispatch = make(NULL, 10 * DEDUP_ENTRY_SIZE);
    struct dispatch_entry *entry;
    char id[16] = "a0";
    for (int i = 0; i < 16; i++) {
        uint64_t now_us = i < 8 ? 5 : 5 + TTL_US;
        id[1] = (char)('0' + i);
        assert_int_equal(admit(dispatch, &alice, id, ENVELOPE_TELL, now_us, NULL, &entry, NULL),
                         DISPATCH_RUN);
        complete(dispatch, entry, now_us, "");
    }
    for (int i = 15; i >= 8; i--) {
        const struct dispatch_result *result;
        id[1] = (char)('0' + i);
        assert_int_equal(
            admit(dispatch, &alice, id, ENVELOPE_REQUEST, 6 + TTL_US, NULL, NULL, &result),
            DISPATCH_ANSWER);
        assert_int_equal(result->code, 0);
    }
    assert_int_equal(admit(dispatch, &alice, "a7", ENVELOPE_TELL, 6 + TTL_US, NULL, NULL, NULL),
                     DISPATCH_DROP);
    assert_int_equal(admit(dispatch, &alice, "a0", ENVELOPE_TELL, 6 + TTL_US, NULL, &entry, NULL),
                     DISPATCH_RUN);
    complete(dispatch, entry, 6 + TTL_US, "");
    dispatch_free(dispatch);
}

TEST(memory_bound_forgets_the_oldest_first)
{
    struct dispatch *dispatch = make(NULL, 2000);
    struct dispatch_entry *entry;
    char id[16] = "a0";
    for (int i = 0; i < 10; i++) {
        id[1] = (char)('0' + i);
        admit(dispatch, &alice, id, ENVELOPE_REQUEST, 5, NULL, &entry, NULL);
        complete(dispatch, entry, 6, "0123456789012345678901234567890123456789");
    }
    assert_int_equal(admit(dispatch, &alice, "a9", ENVELOPE_REQUEST, 7, NULL, NULL, NULL),
                     DISPATCH_ANSWER);
    assert_int_equal(admit(dispatch, &alice, "a0", ENVELOPE_REQUEST, 7, NULL, &entry, NULL),
                     DISPATCH_RUN);
    complete(dispatch, entry, 8, "");
    /* One that is larger than everything allowed is forgotten at once, and nothing breaks. */
    static uint8_t large[5000];
    struct dispatch_result result = {.payload = {large, sizeof(large), NULL}};
    admit(dispatch, &alice, "big", ENVELOPE_REQUEST, 9, NULL, &entry, NULL);
    dispatch_complete(dispatch, entry, 9, &result);
    assert_int_equal(admit(dispatch, &alice, "big", ENVELOPE_REQUEST, 9, NULL, &entry, NULL),
                     DISPATCH_RUN);
    complete(dispatch, entry, 9, "");
    dispatch_free(dispatch);
}

TEST(denied_says_who_and_leaves_no_trace)
{
    struct acl *nobody;
    assert_int_equal(acl_new(NULL, 0, &nobody), 0);
    struct dispatch *dispatch = make(nobody, 0);
    const struct dispatch_result *denied;
    assert_int_equal(admit(dispatch, &alice, "a", ENVELOPE_REQUEST, 5, NULL, NULL, &denied),
                     DISPATCH_DENIED);
    assert_int_equal(denied->code, ACTR_EPERMISSION);
    const char *text = "ACL denied: a@7/acme:Client:1.0.0 is not allowed to call "
                       "1@7/acme:Echo:1.0.0";
    assert_int_equal(denied->message.len, strlen(text));
    assert_memory_equal(denied->message.ptr, text, strlen(text));
    /* Not a repeat: the first one left nothing behind. */
    assert_int_equal(admit(dispatch, &alice, "a", ENVELOPE_REQUEST, 6, NULL, NULL, &denied),
                     DISPATCH_DENIED);
    assert_int_equal(dispatch_denied_count(dispatch), 2);
    assert_int_equal(dispatch_repeat_count(dispatch), 0);
    dispatch_free(dispatch);
    acl_free(nobody);
}

TEST(no_memory_is_an_error_and_nothing_is_left)
{
    for (size_t n = 1; n < 8; n++) {
        mem_fail_at(0);
        struct dispatch *dispatch = make(NULL, 0);
        struct envelope envelope = {.request_id = view_text("a"), .direction = ENVELOPE_REQUEST};
        struct dispatch_message message = {&alice, &self, &envelope};
        enum dispatch_verdict verdict;
        struct dispatch_entry *entry;
        const struct dispatch_result *result;
        struct dispatch_waiter waiter;
        mem_fail_at(n);
        int r = dispatch_admit(dispatch, &message, 5, &waiter, &verdict, &entry, &result);
        mem_fail_at(0);
        if (r == 0)
            complete(dispatch, entry, 6, "x");
        else
            assert_int_equal(r, ACTR_ENOMEM);
        dispatch_free(dispatch);
    }
}

TEST(thousands_of_ids_keep_their_answers)
{
    struct dispatch *dispatch = make(NULL, 0);
    uint64_t state = harness_seed();
    static uint64_t ids[2000];
    char id[32];
    for (size_t i = 0; i < 2000; i++) {
        struct dispatch_entry *entry;
        ids[i] = harness_random(&state);
        snprintf(id, sizeof(id), "%llx", (unsigned long long)ids[i]);
        if (admit(dispatch, &alice, id, ENVELOPE_REQUEST, i + 1, NULL, &entry, NULL) ==
            DISPATCH_RUN)
            complete(dispatch, entry, i + 1, id);
    }
    for (size_t i = 0; i < 2000; i++) {
        const struct dispatch_result *old;
        snprintf(id, sizeof(id), "%llx", (unsigned long long)ids[i]);
        assert_int_equal(admit(dispatch, &alice, id, ENVELOPE_REQUEST, 3000, NULL, NULL, &old),
                         DISPATCH_ANSWER);
        assert_int_equal(old->payload.len, strlen(id));
        assert_memory_equal(old->payload.ptr, id, strlen(id));
    }
    dispatch_free(dispatch);
}

static int restore(struct dispatch *dispatch, const struct actr_id *caller, const char *id,
                   const char *reply, uint64_t now_us, uint64_t age_us)
{
    struct dispatch_result result = {.retry_after_ms = -1, .payload = actr_bytes_str(reply)};
    int r = dispatch_restore(dispatch, caller, view_text(id), &result, now_us, age_us);
    actr_bytes_unref(result.payload);
    return r;
}

TEST(what_an_earlier_life_answered_is_answered_again)
{
    struct dispatch *dispatch = make(NULL, 0);
    const struct dispatch_result *old;
    struct dispatch_entry *entry;
    /* The clock has run for less time than the answers are old; they come in any order. */
    assert_int_equal(restore(dispatch, &alice, "young", "y", 1000, 2000), 0);
    assert_int_equal(restore(dispatch, &alice, "old", "oo", 1000, TTL_US - 500), 0);
    assert_int_equal(restore(dispatch, &alice, "middle", "mmm", 1000, 1000), 0);
    assert_int_equal(restore(dispatch, &alice, "gone", "gggg", 1000, TTL_US), 0);
    assert_int_equal(restore(dispatch, &alice, "young", "another", 1000, 1),
                     0); /* the first holds */
    assert_int_equal(admit(dispatch, &alice, "old", ENVELOPE_REQUEST, 1499, NULL, NULL, &old),
                     DISPATCH_ANSWER);
    assert_int_equal(old->payload.len, 2);
    assert_int_equal(admit(dispatch, &alice, "young", ENVELOPE_REQUEST, 1499, NULL, NULL, &old),
                     DISPATCH_ANSWER);
    assert_int_equal(old->payload.len, 1);
    assert_int_equal(admit(dispatch, &bob, "young", ENVELOPE_REQUEST, 1499, NULL, &entry, NULL),
                     DISPATCH_RUN);
    complete(dispatch, entry, 1499, "");
    /* Each expires at its own time. */
    assert_int_equal(admit(dispatch, &alice, "old", ENVELOPE_REQUEST, 1500, NULL, NULL, &old),
                     DISPATCH_ANSWER);
    assert_int_equal(old->code, ACTR_EUNAVAILABLE);
    assert_int_equal(
        admit(dispatch, &alice, "middle", ENVELOPE_REQUEST, TTL_US - 1, NULL, NULL, &old),
        DISPATCH_ANSWER);
    assert_int_equal(old->code, 0);
    assert_int_equal(
        admit(dispatch, &alice, "young", ENVELOPE_REQUEST, TTL_US - 1, NULL, NULL, &old),
        DISPATCH_ANSWER);
    assert_int_equal(old->code, ACTR_EUNAVAILABLE);
    assert_int_equal(admit(dispatch, &alice, "gone", ENVELOPE_REQUEST, TTL_US, NULL, &entry, NULL),
                     DISPATCH_RUN);
    complete(dispatch, entry, TTL_US, "");
    dispatch_free(dispatch);
}

TEST(restoring_without_memory_leaves_nothing)
{
    for (size_t n = 1; n <= 2; n++) {
        struct dispatch *dispatch = make(NULL, 0);
        struct dispatch_result result = {.retry_after_ms = -1};
        mem_fail_at(n);
        assert_int_equal(dispatch_restore(dispatch, &alice, view_text("a"), &result, 5, 1),
                         ACTR_ENOMEM);
        mem_fail_at(0);
        struct dispatch_entry *entry;
        assert_int_equal(admit(dispatch, &alice, "a", ENVELOPE_REQUEST, 5, NULL, &entry, NULL),
                         DISPATCH_RUN);
        complete(dispatch, entry, 6, "");
        dispatch_free(dispatch);
    }
}

TEST(a_small_slice_counts_as_the_memory_it_keeps)
{
    struct dispatch *dispatch = make(NULL, 20000);
    struct dispatch_entry *entry;
    static uint8_t frame[8000];
    char id[16];
    for (int i = 0; i < 4; i++) {
        struct dispatch_result result = {.retry_after_ms = -1};
        snprintf(id, sizeof(id), "%d", i);
        admit(dispatch, &alice, id, ENVELOPE_REQUEST, 5, NULL, &entry, NULL);
        result.payload =
            actr_bytes_slice(actr_bytes_copy(actr_view_of(frame, sizeof(frame))), 0, 1);
        dispatch_complete(dispatch, entry, 5, &result);
        actr_bytes_unref(result.payload);
    }
    /* Two of them fit. */
    assert_int_equal(admit(dispatch, &alice, "3", ENVELOPE_REQUEST, 6, NULL, NULL, NULL),
                     DISPATCH_ANSWER);
    assert_int_equal(admit(dispatch, &alice, "2", ENVELOPE_REQUEST, 6, NULL, NULL, NULL),
                     DISPATCH_ANSWER);
    assert_int_equal(admit(dispatch, &alice, "1", ENVELOPE_REQUEST, 6, NULL, &entry, NULL),
                     DISPATCH_RUN);
    complete(dispatch, entry, 7, "");
    dispatch_free(dispatch);
}

TEST(running_entries_count_and_are_never_forgotten)
{
    struct dispatch *dispatch = make(NULL, 1000);
    struct dispatch_entry *running[20], *entry;
    char id[16];
    admit(dispatch, &alice, "done", ENVELOPE_REQUEST, 5, NULL, &entry, NULL);
    complete(dispatch, entry, 5, "");
    for (int i = 0; i < 20; i++) { /* more than the bound has room for */
        snprintf(id, sizeof(id), "%d", i);
        assert_int_equal(admit(dispatch, &alice, id, ENVELOPE_REQUEST, 6, NULL, &running[i], NULL),
                         DISPATCH_RUN);
    }
    for (int i = 0; i < 20; i++) {
        snprintf(id, sizeof(id), "%d", i);
        assert_int_equal(admit(dispatch, &alice, id, ENVELOPE_TELL, 7, NULL, NULL, NULL),
                         DISPATCH_DROP);
    }
    /* What had finished made room for them. */
    assert_int_equal(admit(dispatch, &alice, "done", ENVELOPE_REQUEST, 8, NULL, &entry, NULL),
                     DISPATCH_RUN);
    complete(dispatch, entry, 8, "");
    for (int i = 0; i < 20; i++)
        complete(dispatch, running[i], 9, "");
    dispatch_free(dispatch);
}

TEST(what_is_forgotten_is_fresh_again_unless_somebody_waits_for_it)
{
    struct dispatch *dispatch = make(NULL, 0);
    struct dispatch_entry *entry;
    struct seen seen = {0};
    assert_int_equal(admit(dispatch, &alice, "r", ENVELOPE_TELL, 1, NULL, &entry, NULL),
                     DISPATCH_RUN);
    assert_true(dispatch_forget(dispatch, entry));
    assert_int_equal(admit(dispatch, &alice, "r", ENVELOPE_REQUEST, 2, NULL, &entry, NULL),
                     DISPATCH_RUN);
    assert_int_equal(admit(dispatch, &alice, "r", ENVELOPE_REQUEST, 3, &seen, NULL, NULL),
                     DISPATCH_JOINED);
    assert_false(dispatch_forget(dispatch, entry));
    complete(dispatch, entry, 4, "x");
    assert_int_equal(seen.answers, 1);
    dispatch_free(dispatch);
}
