// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The store: group commit, disks that refuse, backlogs beyond memory, memory that runs out, and any
 * order of use with crashes in between. */
#include "mailbox/store.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "mailbox/sqlite_mailbox.h"
#include "rig.h"
#include "sys/loop_uv.h"

static const struct mailbox_limits no_limits;

/* Disks that refuse -------------------------------------------------------------------------- */

/* Nothing is written beyond the first page of a file, as on a full disk when the log has no room
 * left. */
static void disk_fill(void)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void disk_free(void)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_DFL);
}

TEST(a_full_disk_refuses_what_is_new_keeps_what_is_there_and_recovers)
{
    struct rig rig;
    rig_open(&rig, true, &no_limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "b"), 0);
    rig_run(&rig);
    disk_fill();
    assert_int_equal(rig_push(&rig, 2, MAILBOX_NORMAL, "c"), 0);
    assert_int_equal(rig_push(&rig, 3, MAILBOX_HIGH, "d"), 0);
    rig_run(&rig);
    assert_int_equal(rig.refused, 2);
    assert_int_equal(rig.refused_code, ACTR_EIO);
    assert_string_equal(rig.refused_text, "d");
    assert_int_equal(rig.refused_origin.peer.serial, 3);
    assert_int_equal(rig.refused_origin.session, 103);
    assert_int_equal(rig.troubles, 1);
    assert_int_equal(rig.mailbox->count, 2);
    assert_int_equal(rig.mailbox->bytes, 2);
    /* What is there is handled; its removal waits. */
    rig_expect(&rig, "a");
    rig_run(&rig);
    assert_int_equal(rig.mailbox->bytes, 2);
    assert_int_equal(rig.trouble_code < 0, 1);
    disk_free();
    loop_virtual_run_until(rig.loop, loop_now_us(rig.loop) + 7000000);
    assert_int_equal(rig.trouble_code, 0);
    assert_int_equal(rig.troubles, 1);
    assert_int_equal(rig.mailbox->bytes, 1);
    assert_int_equal(rig_push(&rig, 2, MAILBOX_NORMAL, "e"), 0);
    rig_stop(&rig);
    rig_reopen(&rig, &no_limits);
    rig_expect(&rig, "b");
    rig_expect(&rig, "e");
    assert_null(rig_next(&rig));
    rig_close(&rig);
}

TEST(what_waits_for_a_full_disk_is_bounded)
{
    struct rig rig;
    const struct mailbox_limits limits = {.count_max = 100, .peer_count_max = 4};
    rig_open(&rig, true, &limits);
    for (int i = 0; i < 4; i++)
        assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), i < 3 ? 0 : MAILBOX_FULL);
    rig_run(&rig);
    disk_fill();
    for (int i = 0; i < 4; i++)
        rig_expect(&rig, "a");
    for (int i = 0; i < 4; i++) /* removals that wait count */
        assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "b"), MAILBOX_FULL);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "b"), ACTR_EUNAVAILABLE);
    rig_run(&rig);
    assert_int_equal(rig.refused, 4);
    disk_free();
    loop_virtual_run_until(rig.loop, loop_now_us(rig.loop) + 7000000);
    assert_string_equal(rig.rooms, "1");
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "c"), 0);
    rig_expect(&rig, "c");
    rig_close(&rig);
}

TEST(a_stop_with_a_full_disk_ends_and_loses_nothing)
{
    struct rig rig;
    rig_open(&rig, true, &no_limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    struct mailbox_message *message = rig_take(&rig, "a");
    disk_fill();
    mailbox_ack(rig.mailbox, message, NULL);
    rig_run(&rig);
    rig_stop(&rig);
    disk_free();
    rig_reopen(&rig, &no_limits);
    rig_expect(&rig, "a"); /* once more: its removal never reached the disk */
    rig_close(&rig);
}

/* Reading has trouble while writing has, and is well again first. */
TEST(trouble_is_over_when_nothing_has_any)
{
    struct rig rig;
    struct mailbox_message *message;
    rig_open(&rig, true, &no_limits);
    for (unsigned i = 0; i < 5000; i++) /* more than is kept in memory */
        assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "x"), 0);
    rig_run(&rig);
    disk_fill();
    assert_int_equal(rig_push(&rig, 2, MAILBOX_HIGH, "y"), 0);
    rig_run(&rig);
    assert_int_equal(rig.troubles, 1);
    while (rig.mailbox->count > 2000 && (message = rig_next(&rig)) != NULL) {
        if (rig.mailbox->count == 5000 - 2040)
            mem_fail_at(1); /* what is read needs memory */
        mailbox_leave(rig.mailbox, message);
    }
    rig_run(&rig);
    mem_fail_at(0);
    loop_virtual_run_until(rig.loop, loop_now_us(rig.loop) + 3000000);
    assert_int_equal(rig.troubles, 1);
    assert_true(rig.trouble_code < 0); /* the disk is still full */
    disk_free();
    loop_virtual_run_until(rig.loop, loop_now_us(rig.loop) + 7000000);
    assert_int_equal(rig_push(&rig, 2, MAILBOX_HIGH, "z"), 0);
    rig_run(&rig);
    assert_int_equal(rig.trouble_code, 0);
    rig_close(&rig);
}

/* Backlogs ----------------------------------------------------------------------------------- */

TEST(a_backlog_beyond_memory_keeps_its_order)
{
    struct rig rig;
    const unsigned total = 10000;
    rig_open(&rig, true, &no_limits);
    for (unsigned i = 0; i < total; i++) {
        char text[16];
        snprintf(text, sizeof(text), "%u", i);
        assert_int_equal(rig_push(&rig, i % 3 + 1, MAILBOX_NORMAL, text), 0);
    }
    rig_run(&rig);
    /* The account of each, but only a window of the messages. */
    assert_in_range(mem_live(), 0, 5 * 4096);
    for (unsigned i = 0; i < total; i++) {
        char text[16];
        snprintf(text, sizeof(text), "%u", i);
        struct mailbox_message *message = mailbox_take(rig.mailbox);
        if (!message) {
            rig_run(&rig);
            message = mailbox_take(rig.mailbox);
        }
        assert_non_null(message);
        assert_true(view_equal(actr_bytes_view(message->envelope), view_text(text)));
        assert_int_equal(message->origin.session, i % 3 + 101);
        mailbox_ack(rig.mailbox, message, NULL);
    }
    rig_run(&rig);
    assert_null(rig_next(&rig));
    assert_int_equal(rig.mailbox->count, 0);
    assert_int_equal(rig.mailbox->bytes, 0);
    rig_close(&rig);
}

TEST(priorities_hold_beyond_memory)
{
    struct rig rig;
    rig_open(&rig, true, &no_limits);
    for (unsigned i = 0; i < 9000; i++)
        assert_int_equal(rig_push(&rig, 1, i % 2 ? MAILBOX_HIGH : MAILBOX_NORMAL, "x"), 0);
    for (unsigned i = 0; i < 8 * 500; i++) {
        struct mailbox_message *message = rig_next(&rig);
        assert_non_null(message);
        assert_int_equal(message->priority, i % 8 == 7 ? MAILBOX_NORMAL : MAILBOX_HIGH);
        mailbox_ack(rig.mailbox, message, NULL);
    }
    rig_close(&rig);
}

/* Memory ------------------------------------------------------------------------------------- */

static void use_once(struct rig *rig)
{
    struct mailbox_origin origin = rig_origin(1);
    if (mailbox_push(rig->mailbox, &origin, MAILBOX_NORMAL, actr_bytes_str("new")) < 0)
        assert_int_equal(rig->mailbox->bytes, rig->mailbox->count * 3);
    rig_run(rig);
    struct mailbox_message *message = mailbox_take(rig->mailbox);
    if (message)
        mailbox_ack(rig->mailbox, message, NULL);
    mailbox_reject(rig->mailbox, &origin, actr_bytes_str("bad"),
                   &(struct mailbox_verdict){MAILBOX_UNDECODABLE, "test"});
    rig_run(rig);
}

TEST(running_out_of_memory_loses_nothing_that_was_accepted)
{
    for (size_t n = 1; n < 40; n++) {
        struct rig rig;
        rig_open(&rig, true, &no_limits);
        assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "old"), 0);
        rig_run(&rig);
        mem_fail_at(n);
        use_once(&rig);
        mem_fail_at(0);
        rig_run(&rig);
        uint32_t left = rig.mailbox->count;
        rig_stop(&rig);
        rig_reopen(&rig, &no_limits);
        assert_int_equal(rig.open_code, 0);
        assert_int_equal(rig.mailbox->count, left);
        rig_close(&rig);
    }
}

TEST(running_out_of_memory_at_the_start_leaves_nothing_behind)
{
    struct rig rig;
    rig_open(&rig, true, &no_limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    struct mailbox_message *message = rig_take(&rig, "a");
    const struct mailbox_answer answer = {.request_id = view_text("id"), .retry_after_ms = -1};
    mailbox_ack(rig.mailbox, message, &answer);
    assert_int_equal(rig_push(&rig, 2, MAILBOX_NORMAL, "b"), 0);
    rig_stop(&rig);
    int code = ACTR_ENOMEM;
    for (size_t n = 1; code == ACTR_ENOMEM; n++) {
        const struct sqlite_mailbox_options options = {
            .loop = rig.loop,
            .store_loop = rig.loop,
            .path = rig.path,
            .self = &rig.self,
            .events = &rig_events,
            .owner = &rig,
        };
        assert_in_range(n, 1, 2000); /* in a sweep SQLite's count too */
        rig.opened = rig.stopped = rig.answers = 0;
        rig.is_at_rest = false;
        mem_fail_at(n);
        rig.mailbox = sqlite_mailbox_new(&options);
        code = rig.mailbox ? mailbox_open(rig.mailbox) : ACTR_ENOMEM;
        rig.is_at_rest = code < 0;
        if (code == 0) {
            rig_run(&rig);
            assert_int_equal(rig.opened, 1);
            code = rig.open_code;
        }
        mem_fail_at(0);
        if (rig.mailbox && code < 0)
            rig_stop(&rig);
    }
    assert_int_equal(code, 0);
    assert_int_equal(rig.answers, 1); /* or the request would be handled again */
    loop_virtual_run_until(rig.loop, loop_now_us(rig.loop) + 2000000); /* a load that failed */
    rig_expect(&rig, "b");
    rig_close(&rig);
}

/* Any order ---------------------------------------------------------------------------------- */

#define MODEL_MAX 512

/* What is to be in the mailbox: numbers, in order, for each priority. */
struct model {
    uint32_t numbers[2][MODEL_MAX];
    unsigned first[2], end[2];
    struct mailbox_message *taken[4];
    unsigned taken_count;
};

static void model_push(struct rig *rig, struct model *model, uint64_t random)
{
    unsigned high = (unsigned)(random >> 8 & 1);
    uint32_t number = model->end[high];
    struct mailbox_origin origin = rig_origin(1 + (random >> 16) % 3);
    if (number == MODEL_MAX)
        return;
    model->numbers[high][model->end[high]++] = number;
    assert_int_equal(mailbox_push(rig->mailbox, &origin, high ? MAILBOX_HIGH : MAILBOX_NORMAL,
                                  actr_bytes_copy(actr_view_of(&number, sizeof(number)))),
                     0);
}

static void model_take(struct rig *rig, struct model *model)
{
    uint32_t number;
    if (model->taken_count == 4)
        return;
    struct mailbox_message *message = rig_next(rig);
    if (!message)
        return;
    memcpy(&number, message->envelope.ptr, sizeof(number));
    unsigned *first = &model->first[message->priority];
    assert_int_equal(number, model->numbers[message->priority][(*first)++]);
    model->taken[model->taken_count++] = message;
}

static void model_ack(struct rig *rig, struct model *model)
{
    if (model->taken_count > 0)
        mailbox_ack(rig->mailbox, model->taken[--model->taken_count], NULL);
}

/* What was taken and not acked comes first again. */
static void model_crash(struct rig *rig, struct model *model)
{
    rig_run(rig);
    for (unsigned high = 0; high < 2; high++) {
        for (unsigned i = 0; i < model->taken_count; i++) {
            uint32_t number;
            if (model->taken[i]->priority != (high ? MAILBOX_HIGH : MAILBOX_NORMAL))
                continue;
            memcpy(&number, model->taken[i]->envelope.ptr, sizeof(number));
            unsigned at = --model->first[high];
            for (; at + 1 < model->end[high] && model->numbers[high][at + 1] < number &&
                   at + 1 < model->first[high] + model->taken_count;
                 at++)
                model->numbers[high][at] = model->numbers[high][at + 1];
            model->numbers[high][at] = number;
        }
        /* In order again. */
        for (unsigned i = model->first[high]; i + 1 < model->end[high]; i++) {
            for (unsigned k = i + 1; k < model->end[high]; k++) {
                uint32_t *a = &model->numbers[high][i], *b = &model->numbers[high][k], t = *a;
                if (*b < *a) {
                    *a = *b;
                    *b = t;
                }
            }
        }
    }
    rig_crash_all(rig, model->taken, model->taken_count, &no_limits);
    model->taken_count = 0;
}

TEST(any_order_of_use_with_crashes_in_between_loses_and_doubles_nothing)
{
    uint64_t state = harness_seed();
    struct rig rig;
    struct model model = {.taken_count = 0};
    unsigned crashes = 0;
    rig_open(&rig, true, &no_limits);
    rig_stop(&rig);
    rig.deliveries_max = 1000;
    rig_reopen(&rig, &no_limits);
    for (int i = 0; i < 1500; i++) {
        uint64_t random = harness_random(&state);
        unsigned what = (unsigned)(random % 100);
        if (what < 35) {
            model_push(&rig, &model, random);
        } else if (what < 70) {
            model_take(&rig, &model);
        } else if (what < 97) {
            model_ack(&rig, &model);
        } else if (crashes < 12) {
            crashes++;
            model_crash(&rig, &model);
        }
    }
    while (model.taken_count > 0)
        model_ack(&rig, &model);
    while (model.first[0] < model.end[0] || model.first[1] < model.end[1]) {
        unsigned before = model.first[0] + model.first[1];
        model_take(&rig, &model);
        assert_true(model.first[0] + model.first[1] > before);
        model_ack(&rig, &model);
    }
    rig_run(&rig);
    assert_int_equal(rig.mailbox->count, 0);
    assert_int_equal(rig.mailbox->bytes, 0);
    rig_close(&rig);
}

/* Threads ------------------------------------------------------------------------------------ */

struct threaded {
    struct rig rig;
    unsigned left, acked;
};

static void threaded_next(struct threaded *t)
{
    struct mailbox_message *message;
    while ((message = mailbox_take(t->rig.mailbox)) != NULL) {
        const struct mailbox_answer answer = {.request_id = view_text("id"), .retry_after_ms = -1};
        mailbox_ack(t->rig.mailbox, message, &answer);
        t->acked++;
        if (t->left > 0 && t->left--)
            assert_int_equal(rig_push(&t->rig, 1, MAILBOX_NORMAL, "x"), 0);
    }
    if (t->left == 0 && t->rig.mailbox->count == 0)
        mailbox_stop(t->rig.mailbox);
}

static void threaded_on_open(void *owner, int code, const char *detail)
{
    struct threaded *t = owner;
    (void)detail;
    assert_int_equal(code, 0);
    for (int i = 0; i < 32; i++)
        assert_int_equal(rig_push(&t->rig, 1, MAILBOX_NORMAL, "x"), 0);
}

static void threaded_on_ready(void *owner)
{
    threaded_next(owner);
}

static void threaded_on_room(void *owner, const struct actr_id *peer)
{
    (void)owner;
    (void)peer;
}

static void threaded_on_refused(void *owner, const struct mailbox_origin *origin,
                                struct actr_view envelope, int code)
{
    (void)owner;
    (void)origin;
    (void)envelope;
    fail_msg("a message is refused: %d", code);
}

static void threaded_on_trouble(void *owner, int code, const char *detail)
{
    (void)owner;
    fail_msg("trouble: %d %s", code, detail);
}

static void threaded_on_stopped(void *owner)
{
    struct threaded *t = owner;
    t->rig.is_at_rest = true;
    loop_uv_stop(t->rig.loop);
}

TEST(the_store_works_on_a_thread_of_its_own)
{
    static const struct mailbox_events events = {
        .on_open = threaded_on_open,
        .on_ready = threaded_on_ready,
        .on_room = threaded_on_room,
        .on_refused = threaded_on_refused,
        .on_trouble = threaded_on_trouble,
        .on_stopped = threaded_on_stopped,
    };
    struct threaded t = {.left = 1000};
    rig_open(&t.rig, true, &no_limits);
    rig_stop(&t.rig);
    struct loop *virtual = t.rig.loop;
    assert_int_equal(loop_uv_new(&t.rig.loop), 0);
    const struct sqlite_mailbox_options options = {.loop = t.rig.loop,
                                                   .path = t.rig.path,
                                                   .self = &t.rig.self,
                                                   .events = &events,
                                                   .owner = &t};
    t.rig.mailbox = sqlite_mailbox_new(&options);
    assert_non_null(t.rig.mailbox);
    assert_int_equal(mailbox_open(t.rig.mailbox), 0);
    loop_uv_run(t.rig.loop);
    assert_int_equal(t.acked, 1032);
    mailbox_close(t.rig.mailbox);
    loop_uv_close(t.rig.loop);
    t.rig.mailbox = NULL;
    t.rig.loop = virtual;
    rig_close(&t.rig);
}
