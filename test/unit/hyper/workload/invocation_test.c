// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Invocations and replies: every way a handler can answer, at once or later, once or twice, or not
 * at all. */
#include "hyper/workload/invocation.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"
#include "hyper/workload/host_gate.h"
#include "hyper/workload/linked.h"
#include "hyper/workload/reply.h"
#include "sys/loop_virtual.h"
#include "sys/thread.h"

#define SECOND_US 1000000u

/* One actor on virtual time. */
static struct {
    struct loop *loop;
    struct executor executor;
    struct kept_replies kept;
    struct context_env env;
    struct workload *workload;
    struct actr_reply *reply; /* what the handler kept */
    int results, code;
    char text[256];
} actor;

static void on_echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    assert_int_equal(actr_reply(ctx, actr_bytes_copy(request)), 0);
    assert_int_equal(actr_reply(ctx, actr_bytes_str("again")), ACTR_ESTATE);
    assert_int_equal(actr_fail(ctx, ACTR_ENOTFOUND, "again"), ACTR_ESTATE);
    assert_null(actr_reply_keep(ctx));
}

static void on_fail(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    assert_int_equal(actr_fail(ctx, 5, "positive"), ACTR_EINVALID);
    assert_int_equal(actr_fail(ctx, ACTR_ENOTFOUND, "no %s", "thing"), 0);
}

static void on_nothing(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)ctx;
    (void)request;
    (void)self;
}

static void on_keep(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    actor.reply = actr_reply_keep(ctx);
    if (!actor.reply) /* the bound */
        actr_fail(ctx, ACTR_EUNAVAILABLE, "%s", actr_errmsg());
    else
        assert_int_equal(actr_reply(ctx, (struct actr_bytes){0}), ACTR_ESTATE);
}

static void on_keep_and_send(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    assert_int_equal(actr_reply_send(actr_reply_keep(ctx), actr_bytes_str("inside")), 0);
}

static void on_result(struct invocation *invocation, const struct dispatch_result *result)
{
    actor.results++;
    actor.code = result->code;
    struct actr_bytes text = result->code == 0 ? result->payload : result->message;
    snprintf(actor.text, sizeof(actor.text), "%.*s", (int)text.len, (const char *)text.ptr);
    invocation_deinit(invocation);
}

static void actor_open(uint32_t kept_max)
{
    struct actr_workload_options options = {.size = sizeof(options), .never_blocks = true};
    memset(&actor, 0, sizeof(actor));
    assert_int_equal(loop_virtual_new(1, &actor.loop), 0);
    executor_init(&actor.executor, actor.loop, NULL);
    kept_replies_init(&actor.kept, actor.loop, kept_max);
    actor.env.loop = actor.loop;
    actor.env.executor = &actor.executor;
    actor.env.kept = &actor.kept;
    struct actr_workload *linked = actr_workload_new("acme:Echo:1.0.0", &options, NULL);
    assert_int_equal(actr_workload_route(linked, "echo", on_echo, NULL), 0);
    assert_int_equal(actr_workload_route(linked, "fail", on_fail, NULL), 0);
    assert_int_equal(actr_workload_route(linked, "nothing", on_nothing, NULL), 0);
    assert_int_equal(actr_workload_route(linked, "keep", on_keep, NULL), 0);
    assert_int_equal(actr_workload_route(linked, "keep_and_send", on_keep_and_send, NULL), 0);
    assert_int_equal(linked_use(linked, &actor.workload), 0);
}

static void actor_close(void)
{
    assert_int_equal(kept_replies_count(&actor.kept), 0);
    executor_deinit(&actor.executor);
    kept_replies_deinit(&actor.kept);
    loop_virtual_close(actor.loop);
    actor.workload->ops->free(actor.workload);
}

static void run(void)
{
    (void)!loop_virtual_run_idle(actor.loop, 0);
}

static void call(struct invocation *invocation, const char *route, uint64_t deadline_us)
{
    invocation_init(invocation, &actor.env, actor.workload, view_text(route),
                    actr_bytes_str("hello"));
    invocation->on_result = on_result;
    invocation->ctx.deadline_us = deadline_us;
    invocation_submit(invocation, false);
    assert_int_equal(actor.results, 0);
    run();
}

static void expect(int code, const char *text)
{
    assert_int_equal(actor.results, 1);
    assert_int_equal(actor.code, code);
    assert_string_equal(actor.text, text);
}

TEST(answer_at_once_and_only_once)
{
    struct invocation invocation;
    actor_open(8);
    call(&invocation, "echo", 0);
    expect(0, "hello");
    actor_close();
}

TEST(failure_carries_code_and_text)
{
    struct invocation invocation;
    actor_open(8);
    call(&invocation, "fail", 0);
    expect(ACTR_ENOTFOUND, "no thing");
    actor_close();
}

TEST(handler_without_reply_is_internal_but_not_for_a_tell)
{
    struct invocation invocation;
    actor_open(8);
    call(&invocation, "nothing", 0);
    expect(ACTR_EINTERNAL, "the handler of nothing returned without a reply");
    actor.results = 0;
    invocation_init(&invocation, &actor.env, actor.workload, view_text("nothing"),
                    (struct actr_bytes){0});
    invocation.on_result = on_result;
    invocation.ctx.is_tell = true;
    invocation_submit(&invocation, false);
    run();
    expect(0, "");
    actor_close();
}

TEST(unknown_route_is_an_answer_like_any_other)
{
    struct invocation invocation;
    actor_open(8);
    call(&invocation, "nowhere", 0);
    expect(ACTR_EROUTE, "nowhere");
    actor_close();
}

TEST(kept_reply_is_given_later)
{
    struct invocation invocation;
    actor_open(8);
    call(&invocation, "keep", 0);
    assert_int_equal(actor.results, 0);
    assert_int_equal(kept_replies_count(&actor.kept), 1);
    assert_int_equal(actr_reply_send(actor.reply, actr_bytes_str("later")), 0);
    assert_int_equal(actor.results, 0); /* not inside */
    run();
    expect(0, "later");
    actor_close();
}

TEST(kept_reply_may_fail_or_be_given_inside_the_handler)
{
    struct invocation invocation;
    actor_open(8);
    call(&invocation, "keep", 0);
    assert_int_equal(actr_reply_fail(actor.reply, ACTR_EUNAVAILABLE, "busy"), 0);
    run();
    expect(ACTR_EUNAVAILABLE, "busy");
    actor.results = 0;
    call(&invocation, "keep_and_send", 0);
    expect(0, "inside");
    actor_close();
}

TEST(kept_reply_runs_out_of_time_and_the_handle_stays_valid)
{
    struct invocation invocation;
    actor_open(8);
    call(&invocation, "keep", loop_now_us(actor.loop) + SECOND_US);
    loop_virtual_run_until(actor.loop, loop_now_us(actor.loop) + SECOND_US);
    expect(ACTR_ETIMEDOUT, "the handler kept its reply and has not given it in time");
    assert_int_equal(kept_replies_count(&actor.kept), 0);
    assert_int_equal(actr_reply_send(actor.reply, actr_bytes_str("too late")), ACTR_ESTATE);
    run();
    assert_int_equal(actor.results, 1);
    actor_close();
}

/* The kept reply of a request with this deadline ends so much later, and not before. */
static void lives(uint64_t ttl_us, uint64_t deadline_after_us, uint64_t expected_us)
{
    struct invocation invocation;
    actor_open(8);
    actor.kept.ttl_us = ttl_us;
    uint64_t begun_us = loop_now_us(actor.loop);
    call(&invocation, "keep", deadline_after_us ? begun_us + deadline_after_us : 0);
    loop_virtual_run_until(actor.loop, begun_us + expected_us - 1000);
    assert_int_equal(actor.results, 0);
    loop_virtual_run_until(actor.loop, begun_us + expected_us + 1000);
    expect(ACTR_ETIMEDOUT, "the handler kept its reply and has not given it in time");
    assert_int_equal(actr_reply_send(actor.reply, (struct actr_bytes){0}), ACTR_ESTATE);
    actor_close();
}

TEST(kept_reply_lives_until_its_deadline_or_the_time_to_live)
{
    lives(0, 20 * SECOND_US, 20 * SECOND_US);
    lives(0, 0, 300 * SECOND_US);
    lives(7 * SECOND_US, 0, 7 * SECOND_US);
    lives(7 * SECOND_US, 20 * SECOND_US, 7 * SECOND_US);
    lives(50 * SECOND_US, 20 * SECOND_US, 20 * SECOND_US);
}

TEST(answer_claimed_before_the_deadline_wins)
{
    struct invocation invocation;
    actor_open(8);
    call(&invocation, "keep", loop_now_us(actor.loop) + 1);
    assert_int_equal(actr_reply_send(actor.reply, actr_bytes_str("just in time")), 0);
    loop_virtual_run_until(actor.loop, loop_now_us(actor.loop) + SECOND_US);
    expect(0, "just in time");
    actor_close();
}

TEST(stop_answers_every_kept_reply)
{
    struct invocation first, second;
    actor_open(8);
    call(&first, "keep", 0);
    struct actr_reply *kept = actor.reply;
    call(&second, "keep", 0);
    assert_int_equal(actr_reply_send(actor.reply, actr_bytes_str("on its way")), 0);
    kept_replies_fail_all(&actor.kept, ACTR_EUNAVAILABLE, "stopping");
    assert_int_equal(actor.results, 2);
    assert_string_equal(actor.text, "on its way"); /* claimed: its answer counts */
    run();
    assert_int_equal(actor.results, 2);
    assert_int_equal(actr_reply_fail(kept, ACTR_EINTERNAL, "late"), ACTR_ESTATE);
    actor_close();
}

TEST(bound_on_kept_replies)
{
    struct invocation first, second;
    actor_open(1);
    call(&first, "keep", 0);
    struct actr_reply *kept = actor.reply;
    call(&second, "keep", 0);
    expect(ACTR_EUNAVAILABLE, "reply: 1 replies are kept already");
    actor.results = 0;
    assert_int_equal(actr_reply_send(kept, (struct actr_bytes){0}), 0);
    run();
    expect(0, "");
    actor_close();
}

static void empty_count(void *arg)
{
    ++*(int *)arg;
}

TEST(when_empty_waits_for_the_last_kept_reply)
{
    struct invocation invocation;
    int empty = 0;
    actor_open(8);
    call(&invocation, "keep", 0);
    kept_replies_when_empty(&actor.kept, empty_count, &empty);
    run();
    assert_int_equal(empty, 0);
    assert_int_equal(actr_reply_send(actor.reply, actr_bytes_str("x")), 0);
    run();
    assert_int_equal(empty, 1);
    actor_close();
}

TEST(failed_payload_tells_both_sides)
{
    struct invocation invocation;
    struct actr_bytes failed = {NULL, 4, NULL};
    actor_open(8);
    call(&invocation, "keep", 0);
    assert_int_equal(actr_reply_send(actor.reply, failed), ACTR_ENOMEM);
    run();
    expect(ACTR_EINTERNAL, "");
    actor_close();
}

static void send_from_thread(void *arg)
{
    actr_reply_send(arg, actr_bytes_str("from a thread"));
}

TEST(any_thread_may_answer)
{
    struct invocation invocation;
    struct thread thread;
    actor_open(8);
    call(&invocation, "keep", 0);
    assert_int_equal(thread_start(&thread, "answer", send_from_thread, actor.reply), 0);
    thread_join(&thread);
    run();
    expect(0, "from a thread");
    actor_close();
}

TEST(thread_that_hands_itself_off_has_the_answer_at_once)
{
    struct flag is_open = {0};
    struct invocation invocation;
    struct host_message message = {.route = view_text("echo")};
    actor_open(8);
    struct host_gate gate = {&actor.env, actor.workload, &is_open};
    assert_false(host_gate_enter(&gate, &invocation, &message)); /* closed */
    flag_set(&is_open);
    message.payload = actr_bytes_str("hi");
    assert_true(host_gate_enter(&gate, &invocation, &message));
    assert_int_equal(invocation.ctx.slot, CONTEXT_ANSWERED);
    assert_memory_equal(invocation.ctx.result.payload.ptr, "hi", 2);
    invocation_deinit(&invocation);
    actor_close();
}
