// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Dispatch: ACL, then dedup. See dispatch.h.
 *
 * A denied message never enters the dedup table: a rule that changes must be able to change the
 * answer. Pure; runs on the thread of its caller; never allocates but for the entries of fresh
 * messages (dedup.h). */
#include "runtime/dispatch.h"

#include <stdio.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "runtime/acl.h"
#include "runtime/dedup.h"

struct dispatch {
    const struct acl *acl;
    struct dedup dedup;
    struct dispatch_result denied; /* lent to the caller of dispatch_admit() */
    uint64_t denied_count, repeat_count;
    char denied_text[2 * ACTR_ID_STR_MAX + 64];
};

struct dispatch *dispatch_new(const struct acl *acl, const struct dispatch_limits *limits,
                              const struct hash_key *key)
{
    struct dispatch *dispatch = mem_alloc(sizeof(*dispatch));
    if (!dispatch)
        return NULL;
    dispatch->acl = acl;
    dedup_init(&dispatch->dedup, limits, key);
    return dispatch;
}

void dispatch_free(struct dispatch *dispatch)
{
    if (!dispatch)
        return;
    dedup_deinit(&dispatch->dedup);
    mem_free(dispatch);
}

static const struct dispatch_result *dispatch_deny(struct dispatch *dispatch,
                                                   const struct dispatch_message *message)
{
    char caller[ACTR_ID_STR_MAX], self[ACTR_ID_STR_MAX];
    int len =
        snprintf(dispatch->denied_text, sizeof(dispatch->denied_text),
                 "ACL denied: %s is not allowed to call %s",
                 actr_id_format(message->caller, caller), actr_id_format(message->self, self));
    dispatch->denied_count++;
    dispatch->denied.code = ACTR_EPERMISSION;
    dispatch->denied.retry_after_ms = -1;
    dispatch->denied.message =
        (struct actr_bytes){(const uint8_t *)dispatch->denied_text, (size_t)len, NULL};
    return &dispatch->denied;
}

/* Of a request whose answer has been forgotten. */
static const uint8_t dispatch_spent_text[] = "it ran long ago, and its answer is not kept any more";
static const struct dispatch_result dispatch_spent = {
    .code = ACTR_EUNAVAILABLE,
    .retry_after_ms = -1,
    .message = {dispatch_spent_text, sizeof(dispatch_spent_text) - 1, NULL},
};

int dispatch_admit(struct dispatch *dispatch, const struct dispatch_message *message,
                   uint64_t now_us, struct dispatch_waiter *waiter,
                   enum dispatch_verdict *ret_verdict, struct dispatch_entry **ret_entry,
                   const struct dispatch_result **ret_result)
{
    if (!acl_allows(dispatch->acl, message->caller)) {
        *ret_result = dispatch_deny(dispatch, message);
        *ret_verdict = DISPATCH_DENIED;
        return 0;
    }

    const struct envelope *envelope = message->envelope;
    struct dedup_key key = dedup_key_of(&dispatch->dedup, message->caller, envelope->request_id);
    struct dispatch_entry *entry = dedup_find(&dispatch->dedup, &key, now_us);
    if (!entry) {
        int r = dedup_begin(&dispatch->dedup, &key, ret_entry);
        if (r < 0)
            return r;
        *ret_verdict = DISPATCH_RUN;
        return 0;
    }

    dispatch->repeat_count++;
    if (envelope->direction == ENVELOPE_TELL) {
        *ret_verdict = DISPATCH_DROP;
    } else if (entry->finished_us != 0) {
        *ret_result = entry->is_spent ? &dispatch_spent : &entry->result;
        *ret_verdict = DISPATCH_ANSWER;
    } else {
        list_push(&entry->waiters, &waiter->link);
        *ret_verdict = DISPATCH_JOINED;
    }
    return 0;
}

void dispatch_complete(struct dispatch *dispatch, struct dispatch_entry *entry, uint64_t now_us,
                       const struct dispatch_result *result)
{
    dedup_finish(&dispatch->dedup, entry, now_us, result);
}

bool dispatch_forget(struct dispatch *dispatch, struct dispatch_entry *entry)
{
    return dedup_cancel(&dispatch->dedup, entry);
}

int dispatch_restore(struct dispatch *dispatch, const struct actr_id *caller,
                     struct actr_view request_id, const struct dispatch_result *result,
                     uint64_t now_us, uint64_t age_us)
{
    return dedup_restore(&dispatch->dedup, caller, request_id, result, now_us, age_us);
}

void dispatch_leave(struct dispatch_waiter *waiter)
{
    list_remove(&waiter->link);
}

uint64_t dispatch_denied_count(const struct dispatch *dispatch)
{
    return dispatch->denied_count;
}

uint64_t dispatch_repeat_count(const struct dispatch *dispatch)
{
    return dispatch->repeat_count;
}
