// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Panics: what ends, what runs nevertheless, who is told, and where a panic is none. */
#include "hyper/workload/panic.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <actr/context.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"
#include "hyper/workload/host_gate.h"
#include "hyper/workload/linked.h"
#include "hyper/workload/reply.h"
#include "sys/loop_virtual.h"

static char trail[64];

static void leave_mark(void *arg)
{
    strncat(trail, arg, sizeof(trail) - strlen(trail) - 1);
}

static void at_the_bottom(void *arg)
{
    actr_panic(arg, "at the bottom, %d", 42);
}

static void deeper(struct actr_ctx *ctx, panic_fn *fn)
{
    fn(ctx);
    trail[0] = '!'; /* never */
}

static void deep(struct actr_ctx *ctx)
{
    deeper(ctx, at_the_bottom);
    trail[0] = '!';
}

static void defer_two_and(struct actr_ctx *ctx)
{
    trail[0] = '\0';
    assert_int_equal(actr_ctx_defer(ctx, leave_mark, "a"), 0);
    assert_int_equal(actr_ctx_defer(ctx, leave_mark, "b"), 0);
}

static void panics(void *arg)
{
    defer_two_and(arg);
    deep(arg);
}

static void returns(void *arg)
{
    defer_two_and(arg);
    leave_mark("-");
}

TEST(cleanups_run_last_first_at_return_and_at_panic)
{
    struct panic_scope scope;
    struct actr_ctx ctx = {0};
    assert_true(panic_run(&scope, &ctx, returns, &ctx));
    assert_string_equal(trail, "-ba");
    assert_false(panic_run(&scope, &ctx, panics, &ctx));
    assert_string_equal(trail, "ba");
    assert_string_equal(scope.text, "at the bottom, 42");
    assert_null(ctx.scope);
    /* Without the context too. */
    assert_false(panic_run(&scope, NULL, panics, NULL));
    assert_string_equal(trail, "ba");
}

static void panic_again(void *arg)
{
    actr_panic(arg, "second");
}

static void defer_more(void *arg)
{
    assert_int_equal(actr_ctx_defer(arg, leave_mark, "d"), 0);
    leave_mark("c");
}

static void panics_in_a_cleanup(void *arg)
{
    defer_two_and(arg);
    assert_int_equal(actr_ctx_defer(arg, panic_again, arg), 0);
    assert_int_equal(actr_ctx_defer(arg, defer_more, arg), 0);
    actr_panic(arg, "first");
}

TEST(a_cleanup_that_panics_or_defers_does_not_stop_the_others)
{
    struct panic_scope scope;
    struct actr_ctx ctx = {0};
    assert_false(panic_run(&scope, &ctx, panics_in_a_cleanup, &ctx));
    assert_string_equal(trail, "cdba");
    assert_string_equal(scope.text, "first");
}

static void defers_without_end(void *arg)
{
    int count = 0;
    assert_int_equal(actr_ctx_defer(arg, NULL, NULL), ACTR_EINVALID);
    while (actr_ctx_defer(arg, leave_mark, "") == 0)
        count++;
    assert_int_equal(count, PANIC_CLEANUPS_MAX);
}

TEST(cleanups_have_a_bound_and_a_place)
{
    struct panic_scope scope;
    struct actr_ctx ctx = {0};
    assert_true(panic_run(&scope, &ctx, defers_without_end, &ctx));
    assert_int_equal(actr_ctx_defer(&ctx, leave_mark, "x"), ACTR_ESTATE);
    assert_int_equal(actr_ctx_defer(NULL, leave_mark, "x"), ACTR_ESTATE);
}

/* The signal that ends a process which does this. */
static int ends_by(panic_fn *fn, void *arg)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)!freopen("/dev/null", "w", stderr);
        signal(SIGABRT, SIG_DFL);
        fn(arg);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void panics_outside(void *arg)
{
    actr_panic(arg, "nowhere to go");
}

static void inner(void *arg)
{
    actr_panic(arg, "of the outer one");
}

static void outer(void *arg)
{
    struct panic_scope scope;
    struct actr_ctx other = {0};
    (void)panic_run(&scope, &other, inner, arg);
}

static void panics_over_another(void *arg)
{
    struct panic_scope scope;
    (void)panic_run(&scope, arg, outer, arg);
}

TEST(a_panic_that_would_jump_elsewhere_ends_the_process)
{
    struct actr_ctx ctx = {0};
    assert_int_equal(ends_by(panics_outside, NULL), SIGABRT);
    assert_int_equal(ends_by(panics_outside, &ctx), SIGABRT);
    assert_int_equal(ends_by(panics_over_another, &ctx), SIGABRT);
}

/* One actor on virtual time, and another one that its handler calls. */
static struct {
    struct loop *loop;
    struct executor executor, other_executor;
    struct kept_replies kept;
    struct context_env env, other_env;
    struct workload *workload;
    struct host_gate other;
    struct flag is_open;
    struct actr_reply *reply;
    int panics, results, code;
    char what[64], text[256];
} rig;

static void rig_on_panic(void *owner, const char *what, const char *text)
{
    (void)owner;
    rig.panics++;
    snprintf(rig.what, sizeof(rig.what), "%s: %s", what, text);
}

static const struct context_ops rig_ops = {.on_panic = rig_on_panic};

static void on_panic(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    defer_two_and(ctx);
    deep(ctx);
}

static void on_answer_and_panic(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    actr_reply(ctx, actr_bytes_copy(request));
    actr_panic(ctx, "after the answer");
}

static void on_keep_and_panic(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    rig.reply = actr_reply_keep(ctx);
    if (request.len == 4) { /* "give" */
        actr_reply_send(rig.reply, actr_bytes_str("given"));
        rig.reply = NULL;
    }
    actr_panic(ctx, "after keeping");
}

/* Runs the panicking handler of the other actor on this stack. */
static void on_nested(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    struct invocation invocation;
    struct host_message message = {.route = view_text("panic")};
    (void)request;
    (void)self;
    assert_true(host_gate_enter(&rig.other, &invocation, &message));
    assert_int_equal(invocation.ctx.result.code, ACTR_EINTERNAL);
    invocation_deinit(&invocation);
    actr_reply(ctx, actr_bytes_str("still here"));
}

static void on_result(struct invocation *invocation, const struct dispatch_result *result)
{
    rig.results++;
    rig.code = result->code;
    struct actr_bytes text = result->code == 0 ? result->payload : result->message;
    snprintf(rig.text, sizeof(rig.text), "%.*s", (int)text.len, (const char *)text.ptr);
    invocation_deinit(invocation);
}

static void rig_open(void)
{
    struct actr_workload_options options = {.size = sizeof(options), .never_blocks = true};
    memset(&rig, 0, sizeof(rig));
    assert_int_equal(loop_virtual_new(1, &rig.loop), 0);
    executor_init(&rig.executor, rig.loop, NULL);
    executor_init(&rig.other_executor, rig.loop, NULL);
    kept_replies_init(&rig.kept, rig.loop, 8);
    rig.env = (struct context_env){
        .ops = &rig_ops, .loop = rig.loop, .executor = &rig.executor, .kept = &rig.kept};
    rig.other_env = rig.env;
    rig.other_env.executor = &rig.other_executor;
    struct actr_workload *linked = actr_workload_new("acme:Echo:1.0.0", &options, NULL);
    assert_int_equal(actr_workload_route(linked, "panic", on_panic, NULL), 0);
    assert_int_equal(actr_workload_route(linked, "answer", on_answer_and_panic, NULL), 0);
    assert_int_equal(actr_workload_route(linked, "keep", on_keep_and_panic, NULL), 0);
    assert_int_equal(actr_workload_route(linked, "nested", on_nested, NULL), 0);
    assert_int_equal(linked_use(linked, &rig.workload), 0);
    flag_set(&rig.is_open);
    rig.other = (struct host_gate){&rig.other_env, rig.workload, &rig.is_open};
}

static void rig_close(void)
{
    executor_deinit(&rig.executor);
    executor_deinit(&rig.other_executor);
    kept_replies_deinit(&rig.kept);
    loop_virtual_close(rig.loop);
    rig.workload->ops->free(rig.workload);
}

static void call(const char *route, const char *request, bool is_tell)
{
    struct invocation invocation;
    invocation_init(&invocation, &rig.env, rig.workload, view_text(route), actr_bytes_str(request));
    invocation.on_result = on_result;
    invocation.ctx.is_tell = is_tell;
    rig.results = 0;
    invocation_submit(&invocation, false);
    (void)!loop_virtual_run_idle(rig.loop, 0);
    assert_int_equal(rig.results, 1);
}

TEST(a_handler_that_panics_answers_internal_and_the_actor_goes_on)
{
    rig_open();
    for (int i = 1; i <= 2; i++) {
        call("panic", "", false);
        assert_int_equal(rig.code, ACTR_EINTERNAL);
        assert_string_equal(rig.text, "handler panicked: at the bottom, 42");
        assert_string_equal(trail, "ba");
        assert_int_equal(rig.panics, i);
        assert_string_equal(rig.what, "panic: at the bottom, 42");
    }
    call("panic", "", true);
    assert_int_equal(rig.panics, 3);
    rig_close();
}

TEST(a_panic_replaces_an_answer_that_has_not_left)
{
    rig_open();
    call("answer", "x", false);
    assert_int_equal(rig.code, ACTR_EINTERNAL);
    assert_string_equal(rig.text, "handler panicked: after the answer");
    rig_close();
}

TEST(a_panic_ends_a_kept_reply_but_not_one_that_was_given)
{
    rig_open();
    call("keep", "x", false);
    assert_string_equal(rig.text, "handler panicked: after keeping");
    assert_int_equal(kept_replies_count(&rig.kept), 0);
    assert_int_equal(actr_reply_send(rig.reply, actr_bytes_str("late")), ACTR_ESTATE);
    call("keep", "give", false);
    assert_int_equal(rig.code, 0);
    assert_string_equal(rig.text, "given");
    assert_int_equal(kept_replies_count(&rig.kept), 0);
    rig_close();
}

TEST(only_the_innermost_of_nested_handlers_ends)
{
    rig_open();
    call("nested", "", false);
    assert_int_equal(rig.code, 0);
    assert_string_equal(rig.text, "still here");
    assert_int_equal(rig.panics, 1);
    rig_close();
}
