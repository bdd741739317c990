// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Calls, the waiting form: the thread runs the handler of an idle local actor itself, with
 * everything on its own stack; else it sends a call to the loop like any other and waits.
 *
 * What can never be answered is refused before it begins: on the loop, to oneself, and to an actor
 * that waits for this very handler, wherever that is (call_chain.h). Any thread but the loop. */
#include <assert.h>

#include "base/bytes.h"
#include "base/err.h"
#include "hyper/lifecycle/calls.h"
#include "hyper/workload/call_chain.h"
#include "hyper/workload/executor.h"
#include "protocol/id.h"
#include "sys/waiter.h"

/* On the stack of the thread that waits. */
struct call_wait {
    struct waiter waiter;
    struct loop_post post; /* a kept reply goes to the loop to be watched */
    struct invocation invocation;
    int code;
    struct actr_bytes reply, text;
};

static void call_wait_take(struct call_wait *wait, int code, struct actr_bytes reply,
                           struct actr_bytes text)
{
    wait->code = code;
    wait->reply = actr_bytes_ref(reply);
    wait->text = actr_bytes_ref(text);
}

/* Loop: the end of a call that went the long way. */
static void call_wait_on_result(void *arg, const struct actr_result *result)
{
    struct call_wait *wait = arg;
    struct actr_bytes text = {0};
    if (result->code < 0)
        text = actr_bytes_str(result->message);
    call_wait_take(wait, result->code, result->reply, text);
    actr_bytes_unref(text);
    waiter_signal(&wait->waiter);
}

/* Loop: the kept reply of a handler that ran on the waiting thread was given. */
static void call_wait_on_kept(struct invocation *invocation, const struct dispatch_result *result)
{
    struct call_wait *wait = container_of(invocation, struct call_wait, invocation);
    host_gate_report(invocation, result);
    call_wait_take(wait, result->code, result->payload, result->message);
    waiter_signal(&wait->waiter);
}

static void call_wait_on_post(struct loop_post *post)
{
    invocation_finish(&container_of(post, struct call_wait, post)->invocation);
}

/* Tries to run the handler on this very thread. True: wait has the answer. */
static bool calls_hand_off(struct calls *calls, const struct host_gate *gate,
                           const struct context_call *spec, struct actr_view call_chain,
                           struct call_wait *wait)
{
    const char *parent, *state, *id = context_call_id(spec);
    calls_trace(spec, &parent, &state);
    uint32_t timeout_ms =
        spec->options && spec->options->timeout_ms ? spec->options->timeout_ms : CALLS_TIMEOUT_MS;
    struct host_message message = {
        .route = view_text(spec->route),
        .payload = spec->payload,
        .traceparent = parent ? view_text(parent) : (struct actr_view){0},
        .tracestate = state ? view_text(state) : (struct actr_view){0},
        .call_chain = call_chain,
        .request_id = id ? view_text(id) : (struct actr_view){0},
        .deadline_us = loop_clock_us(calls->loop) + (uint64_t)timeout_ms * 1000,
    };
    if (!host_gate_enter(gate, &wait->invocation, &message))
        return false;
    struct actr_ctx *ctx = &wait->invocation.ctx;
    if (ctx->slot == CONTEXT_KEPT) {
        wait->invocation.on_result = call_wait_on_kept;
        bool posted = loop_post(calls->loop, &wait->post, call_wait_on_post);
        assert(posted); /* the loop closes after the kept replies are answered */
        (void)posted;
        (void)!waiter_wait(&wait->waiter, WAITER_FOREVER); /* every reply ends */
    } else {
        call_wait_take(wait, ctx->result.code, ctx->result.payload, ctx->result.message);
    }
    invocation_deinit(&wait->invocation);
    return true;
}

static int call_wait_end(struct call_wait *wait, struct actr_bytes *ret_reply)
{
    waiter_deinit(&wait->waiter);
    if (wait->code == 0) {
        *ret_reply = wait->reply;
        return 0;
    }
    err_origin(wait->code, "%.*s", (int)wait->text.len,
               wait->text.len ? (const char *)wait->text.ptr : "");
    if (wait->text.len == 0)
        err_origin(wait->code, "%s", actr_strerror(wait->code));
    actr_bytes_unref(wait->text);
    return wait->code;
}

/* Who waits, when this call is made: the handler that makes it holds its turn until the answer is
 * there, and those that wait for the handler hold theirs. Under a key of its own it does not hold
 * up the actor. */
static void calls_chain(const struct context_call *spec, struct call_chain *ret_chain)
{
    const struct actr_ctx *from = spec->from;
    char self[CALL_CHAIN_ID_LEN];
    ret_chain->len = 0;
    if (!from || (from->key && from->key->kind != CONFLICT_KEY_BARRIER))
        return;
    call_chain_id(&from->env->self, from->env->is_host, self);
    call_chain_extend(ret_chain, from->call_chain, self);
}

/* ACTR_EDEADLK when the callee waits for the caller. */
static int calls_check_cycle(const struct context_call *spec, const struct host_gate *local,
                             const struct call_chain *chain)
{
    const struct actr_id *callee = local ? &local->env->self : spec->dest;
    char id[CALL_CHAIN_ID_LEN], text[ACTR_ID_STR_MAX], self[ACTR_ID_STR_MAX];
    call_chain_id(callee, local && local->env->is_host, id);
    if (!call_chain_has(chain, id))
        return 0;
    return err_origin(
        ACTR_EDEADLK,
        "call: %.128s would wait for itself: %s%s waits for a call that %s handles in %.64s",
        spec->route, local && local->env->is_host ? "the host side of " : "",
        actr_id_format(callee, text), actr_id_format(&spec->from->env->self, self),
        spec->from->route);
}

int calls_wait(struct calls *calls, const struct context_call *spec, struct actr_bytes *ret_reply)
{
    const struct host_gate *local = NULL;
    struct call_chain chain;
    int r = calls_check(calls, spec, MESSAGE_REQUEST);
    if (r == 0 && loop_is_current(calls->loop))
        r = err_origin(ACTR_EDEADLK, "call: waiting on the loop thread would stop the node");
    if (r == 0)
        local = calls_local(calls, spec->dest);
    if (local && executor_is_current(local->env->executor))
        r = err_origin(ACTR_EDEADLK, "call: %s would wait for itself", spec->route);
    calls_chain(spec, &chain);
    if (r == 0 && chain.len)
        r = calls_check_cycle(spec, local, &chain);
    if (r < 0) {
        actr_bytes_unref(spec->payload);
        return r;
    }

    struct call_wait wait;
    wait.code = ACTR_EINTERNAL;
    wait.reply = wait.text = (struct actr_bytes){0};
    waiter_init(&wait.waiter);
    if (local && calls_hand_off(calls, local, spec, call_chain_view(&chain), &wait))
        return call_wait_end(&wait, ret_reply);

    struct call *call = calls_new(calls, spec, call_chain_view(&chain), call_wait_on_result, &wait);
    r = call ? calls_send(calls, call) : ACTR_ENOMEM;
    if (r < 0) {
        waiter_deinit(&wait.waiter);
        return r;
    }
    (void)!waiter_wait(&wait.waiter, WAITER_FOREVER); /* every call ends */
    return call_wait_end(&wait, ret_reply);
}
