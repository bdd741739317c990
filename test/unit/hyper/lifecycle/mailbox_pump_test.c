// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The mailbox pump by itself, on virtual time: what it does when memory has run out, and that it
 * needs none for what comes and goes. Everything else it does is seen in whole nodes. */
#include "hyper/lifecycle/mailbox_pump.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/mem.h"
#include "harness.h"
#include "hyper/outbound/retry.h"
#include "hyper/workload/context.h"
#include "hyper/workload/executor.h"
#include "hyper/workload/linked.h"
#include "hyper/workload/reply.h"
#include "mailbox/memory_mailbox.h"
#include "protocol/envelope.h"
#include "runtime/acl.h"
#include "runtime/dispatch.h"
#include "sys/log.h"
#include "sys/loop_virtual.h"

#define SECOND_US 1000000u

/* An actor that counts tells, and everything a message passes on its way to it. */
static struct {
    struct loop *loop;
    struct log log;
    struct executor executor;
    struct kept_replies kept;
    struct context_env env;
    struct workload *workload;
    struct mailbox *mailbox;
    struct dispatch *dispatch;
    struct mailbox_pump *pump;
    int told, drained;
} rig;

static void on_tell(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    rig.told++;
    if (!actr_ctx_is_tell(ctx))
        actr_reply(ctx, (struct actr_bytes){0});
}

static void on_ready(void *owner)
{
    (void)owner;
    mailbox_pump_on_ready(rig.pump);
}

static void on_drained(void *arg)
{
    (void)arg;
    rig.drained++;
}

/* acl: of the dispatch; NULL: everybody may. */
static void rig_open_with(const struct acl *acl, bool keeps_denied)
{
    static const struct mailbox_events events = {.on_ready = on_ready};
    static const struct mailbox_limits limits = {0};
    /* Room for a hundred entries or so. */
    static const struct dispatch_limits dispatch_limits = {.dedup_bytes_max = 20000};
    const struct hash_key key = {{0}};
    struct actr_workload_options options = {.size = sizeof(options), .never_blocks = true};
    memset(&rig, 0, sizeof(rig));
    assert_int_equal(loop_virtual_new(1, &rig.loop), 0);
    rig.log = (struct log){.level = ACTR_LOG_ERROR, .sink = log_to_stderr};
    executor_init(&rig.executor, rig.loop, NULL);
    kept_replies_init(&rig.kept, rig.loop, 8);
    rig.env = (struct context_env){.loop = rig.loop,
                                   .log = &rig.log,
                                   .executor = &rig.executor,
                                   .kept = &rig.kept,
                                   .never_blocks = true};
    struct actr_workload *linked = actr_workload_new("acme:Echo:1.0.0", &options, NULL);
    assert_int_equal(actr_workload_route(linked, "tell", on_tell, NULL), 0);
    assert_int_equal(linked_use(linked, &rig.workload), 0);
    rig.mailbox = memory_mailbox_new(rig.loop, &limits, &events, NULL);
    rig.dispatch = dispatch_new(acl, &dispatch_limits, &key);
    struct mailbox_pump_options pump = {.loop = rig.loop,
                                        .log = &rig.log,
                                        .mailbox = rig.mailbox,
                                        .dispatch = rig.dispatch,
                                        .workload = rig.workload,
                                        .env = &rig.env,
                                        .keeps_denied = keeps_denied};
    rig.pump = mailbox_pump_new(&pump);
    assert_non_null(rig.pump);
    mailbox_pump_start(rig.pump);
}

static void rig_open(void)
{
    rig_open_with(NULL, false);
}

static void rig_close(void)
{
    mailbox_pump_free(rig.pump);
    dispatch_free(rig.dispatch);
    rig.mailbox->ops->close(rig.mailbox);
    executor_deinit(&rig.executor);
    kept_replies_deinit(&rig.kept);
    loop_virtual_close(rig.loop);
    rig.workload->ops->free(rig.workload);
}

static void push(const char *request_id, enum envelope_direction direction, int64_t timeout_ms)
{
    struct mailbox_origin origin = {.session = 1};
    struct envelope envelope = {.route = view_text("tell"),
                                .request_id = view_text(request_id),
                                .direction = direction,
                                .timeout_ms = timeout_ms,
                                .has_payload = true};
    assert_int_equal(actr_id_parse("1@7/acme:Client:1.0.0", &origin.peer), 0);
    assert_int_equal(mailbox_push(rig.mailbox, &origin, MAILBOX_NORMAL, envelope_encode(&envelope)),
                     0);
}

static void tell(const char *request_id)
{
    push(request_id, ENVELOPE_TELL, 0);
}

static void run_for(uint64_t duration_us)
{
    loop_virtual_run_until(rig.loop, loop_now_us(rig.loop) + duration_us);
}

TEST(messages_wait_for_memory_and_are_taken_when_there_is_some)
{
    rig_open();
    tell("a");
    tell("b");
    mem_fail_at(1); /* nothing is in flight whose end could wake the pump */
    run_for(SECOND_US);
    assert_int_equal(rig.told, 0);
    assert_int_equal(rig.mailbox->count, 2);
    mem_fail_at(0);
    run_for(SECOND_US);
    assert_int_equal(rig.told, 2);
    assert_int_equal(rig.mailbox->count, 0);
    /* Nothing keeps on looking. */
    assert_true(loop_virtual_run_idle(rig.loop, loop_now_us(rig.loop)));
    rig_close();
}

TEST(a_request_without_a_timeout_is_run_however_late_and_another_is_not)
{
    rig_open();
    push("a", ENVELOPE_REQUEST, 0);
    push("b", ENVELOPE_REQUEST, 1000);
    mem_fail_at(1);
    run_for(3600 * SECOND_US);
    mem_fail_at(0);
    run_for(SECOND_US);
    assert_int_equal(rig.told, 1);
    assert_int_equal(mailbox_pump_get_stats(rig.pump).expired, 1);
    /* It has been answered, and its answer is remembered. */
    push("a", ENVELOPE_REQUEST, 0);
    run_for(SECOND_US);
    assert_int_equal(rig.told, 1);
    rig_close();
}

/* A sender repeats on every wire it may try. */
TEST(an_answer_outlives_the_repeats_of_its_request)
{
    rig_open();
    push("a", ENVELOPE_REQUEST, 0);
    run_for(RETRY_WIRES_MAX * retry_repeat_us(RETRY_REPEATS_MAX - 1));
    push("a", ENVELOPE_REQUEST, 0);
    run_for(SECOND_US);
    assert_int_equal(rig.told, 1);
    rig_close();
}

TEST(a_drain_without_memory_ends_when_there_is_some)
{
    rig_open();
    tell("a");
    mem_fail_at(1);
    mailbox_pump_drain(rig.pump, on_drained, NULL);
    run_for(SECOND_US);
    assert_int_equal(rig.drained, 0);
    mem_fail_at(0);
    run_for(SECOND_US);
    assert_int_equal(rig.told, 1);
    assert_int_equal(rig.drained, 1);
    rig_close();
}

TEST(a_cut_without_memory_leaves_nothing_to_wait_for)
{
    rig_open();
    tell("a");
    mem_fail_at(1);
    run_for(SECOND_US / 20);
    mailbox_pump_cut(rig.pump, ACTR_EUNAVAILABLE, "the actor is stopping");
    mem_fail_at(0);
    run_for(SECOND_US);
    assert_int_equal(rig.told, 0);
    assert_int_equal(rig.mailbox->bytes, 0);
    rig_close();
}

TEST(what_the_acl_denies_becomes_a_dead_letter_where_that_is_wanted)
{
    for (int keeps = 0; keeps < 2; keeps++) {
        struct acl *nobody = NULL;
        assert_int_equal(acl_new(NULL, 0, &nobody), 0);
        rig_open_with(nobody, keeps);
        tell("a");
        push("b", ENVELOPE_REQUEST, 1000);
        run_for(SECOND_US);
        assert_int_equal(rig.told, 0);
        assert_int_equal(rig.mailbox->bytes, 0);
        assert_int_equal(rig.mailbox->letters_dropped, 2 * keeps); /* memory keeps no letters */
        rig_close();
        acl_free(nobody);
    }
}

/* Each allocation on the way from the mailbox to the handler fails in its turn. */
TEST(an_accepted_tell_is_handled_once_whatever_had_no_memory)
{
    for (size_t n = 1; n <= 8; n++) {
        rig_open();
        tell("a");
        tell("b");
        mem_fail_at(n);
        run_for(SECOND_US);
        mem_fail_at(0);
        run_for(SECOND_US);
        assert_int_equal(rig.told, 2);
        assert_int_equal(rig.mailbox->bytes, 0);
        assert_int_equal(mailbox_pump_get_stats(rig.pump).in_flight, 0);
        assert_true(loop_virtual_run_idle(rig.loop, loop_now_us(rig.loop)));
        rig_close();
    }
}

TEST(a_cut_gives_up_what_memory_did_not_suffice_for)
{
    rig_open();
    tell("a");
    mem_fail_at(2); /* it is taken, and not admitted */
    run_for(SECOND_US / 20);
    assert_int_equal(rig.mailbox->taken, 1);
    mailbox_pump_cut(rig.pump, ACTR_EUNAVAILABLE, "the actor is stopping");
    mem_fail_at(0);
    run_for(SECOND_US);
    assert_int_equal(rig.told, 0);
    assert_int_equal(rig.mailbox->bytes, 0);
    rig_close();
}

/* One after the other, and as many at once as handlers are waited for. */
TEST(between_the_mailbox_and_the_end_of_the_handler_nothing_is_allocated)
{
    size_t total = 0;
    char id[40];
    rig_open();
    for (int i = 0; i < 4000; i++) {
        if (i == 1000)
            total = mem_total();
        snprintf(id, sizeof(id), "%08x-c9d0-4b3f-b1da-eb0f78f2a130", (unsigned)i);
        push(id, i % 2 ? ENVELOPE_REQUEST : ENVELOPE_TELL, i % 2 ? 1000 : 0);
        if (i % 64 == 0 || i > 2000)
            run_for(1);
    }
    assert_int_equal(mem_total() - total, 3000); /* the envelopes */
    run_for(1);
    assert_int_equal(rig.told, 4000);
    rig_close();
}
