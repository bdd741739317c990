// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* HostGate: from the message to the actor's turn.
 *
 * Neither allocates nor copies nor encodes: the payload reference that the caller gave is the one
 * the handler is lent. Submitting belongs to the loop; entering belongs to any other thread, and
 * looks again, inside the turn, whether the node is still open, because a stop waits for turns and
 * not for threads that are about to take one. */
#include "hyper/workload/host_gate.h"

#include <assert.h>

#include "runtime/execution_plan.h"

static void host_gate_prepare(const struct host_gate *gate, struct invocation *invocation,
                              const struct host_message *message)
{
    invocation_init(invocation, gate->env, gate->workload, message->route, message->payload);
    invocation->ctx.traceparent = message->traceparent;
    invocation->ctx.tracestate = message->tracestate;
    invocation->ctx.call_chain = message->call_chain;
    invocation->ctx.request_id = message->request_id;
    invocation->ctx.deadline_us = message->deadline_us;
    invocation->ctx.is_tell = message->is_tell;
}

void host_gate_submit(const struct host_gate *gate, struct invocation *invocation,
                      const struct host_message *message, invocation_result_fn *on_result)
{
    const struct execution_plan plan = execution_plan_resolve(
        (uint32_t)message->type, message->is_tell ? MESSAGE_NOTIFY : MESSAGE_REQUEST,
        RUNTIME_NATIVE, TRANSPORT_INPROC, NULL);
    assert(plan.policy == EXECUTION_MAILBOX); /* others are refused where they are made */
    bool is_announced = invocation->job._announced;
    host_gate_prepare(gate, invocation, message);
    invocation->job._announced = is_announced;
    invocation->on_result = on_result;
    invocation_submit(invocation, plan.params.priority == EXECUTION_HIGH);
}

void host_gate_report(const struct invocation *invocation, const struct dispatch_result *result)
{
    const struct actr_ctx *ctx = &invocation->ctx;
    if (result->code == 0 || ctx->has_panicked || flag_get(&ctx->env->is_broken))
        return;
    if (result->code == ACTR_ECANCELED && flag_get(&invocation->is_abandoned))
        return; /* it did not run */
    ctx->env->ops->on_handler_error(ctx->env->owner, ctx->target, result->code,
                                    actr_bytes_view(result->message));
}

bool host_gate_enter(const struct host_gate *gate, struct invocation *invocation,
                     const struct host_message *message)
{
    struct executor_turn turn;
    if (gate->workload->is_loop_only)
        return false;
    if (!executor_enter(gate->env->executor, &turn))
        return false;
    if (!flag_get(gate->is_open)) { /* closed since the caller looked */
        executor_leave(&turn);
        return false;
    }
    host_gate_prepare(gate, invocation, message);
    invocation_run(invocation);
    if (invocation->ctx.slot == CONTEXT_ANSWERED)
        host_gate_report(invocation, &invocation->ctx.result); /* the turn holds the node */
    executor_leave(&turn);
    return true;
}
