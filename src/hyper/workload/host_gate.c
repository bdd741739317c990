// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* HostGate: see host_gate.h. Neither allocates nor copies; what it is given travels as it is. */
#include "hyper/workload/host_gate.h"

static void host_gate_prepare(const struct host_gate *gate, struct invocation *invocation,
                              const struct host_message *message)
{
    invocation_init(invocation, gate->env, gate->workload, message->route, message->payload);
    invocation->ctx.traceparent = message->traceparent;
    invocation->ctx.tracestate = message->tracestate;
    invocation->ctx.deadline_us = message->deadline_us;
    invocation->ctx.is_tell = message->is_tell;
}

void host_gate_submit(const struct host_gate *gate, struct invocation *invocation,
                      const struct host_message *message, bool high,
                      invocation_result_fn *on_result)
{
    bool is_announced = invocation->job._announced;
    host_gate_prepare(gate, invocation, message);
    invocation->job._announced = is_announced;
    invocation->on_result = on_result;
    invocation_submit(invocation, high);
}

bool host_gate_enter(const struct host_gate *gate, struct invocation *invocation,
                     const struct host_message *message)
{
    struct executor_turn turn;
    if (!executor_enter(gate->env->executor, &turn))
        return false;
    if (!flag_get(gate->is_open)) { /* closed since the caller looked */
        executor_leave(&turn);
        return false;
    }
    host_gate_prepare(gate, invocation, message);
    invocation_run(invocation);
    executor_leave(&turn);
    return true;
}
