// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* HostGate: messages between the embedding process and its workload, either way. Objects, nothing
 * encoded or copied.
 *
 * One gate leads to one actor of this node: the workload, or the host side. A thread that may wait
 * and finds the actor idle runs the handler itself (direct hand-off); everything else queues in the
 * actor's executor, RPC_SIGNAL first. Lives beside the executor because handing off is the
 * executor's business. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hyper/workload/invocation.h"
#include "sys/flag.h"

struct host_gate {
    const struct context_env *env; /* of the actor it leads to */
    struct workload *workload;
    const struct flag *is_open; /* closed: no thread hands itself off any more */
};

/* What goes in; the texts stay until the end of the call. */
struct host_message {
    struct actr_view route;
    struct actr_bytes payload;                                        /* consumed */
    struct actr_view traceparent, tracestate, call_chain, request_id; /* ptr NULL: none */
    uint64_t deadline_us;                                             /* 0: none */
    enum actr_payload_type type; /* of RPC; for host_gate_submit() */
    bool is_tell;
};

/* Loop: prepares `invocation` (its owner's, until on_result) and queues it. `announced`:
 * executor_announce() was called for its job when it was sent. */
void host_gate_submit(const struct host_gate *gate, struct invocation *invocation,
                      const struct host_message *message, invocation_result_fn *on_result);

/* Any thread but the loop: runs the handler here and now if the actor is idle. True: done; the
 * answer is in invocation->ctx (CONTEXT_ANSWERED or CONTEXT_KEPT) and the invocation the caller's.
 * False: message is untouched. */
bool host_gate_enter(const struct host_gate *gate, struct invocation *invocation,
                     const struct host_message *message);

/* Loop: the answer of host_gate_submit(), or of a reply that was kept, is there. One that says that
 * the handler failed is told to the node, which has other ways to hear of a panic and of a broken
 * actor. */
void host_gate_report(const struct invocation *invocation, const struct dispatch_result *result);
