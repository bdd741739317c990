// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Invocation: one message on its way through an actor: looked up, run in the actor's turn, answered
 * once.
 *
 * Made on the loop (or by a thread that hands itself off), submitted to the actor's executor, and
 * freed by its owner when on_result has run. The only place where a handler is called, whoever the
 * message came from. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "hyper/workload/context.h"
#include "hyper/workload/executor.h"
#include "hyper/workload/workload.h"
#include "sys/flag.h"

struct invocation;

/* The end of it, on the loop, never inside invocation_submit(). result is lent. */
typedef void invocation_result_fn(struct invocation *invocation,
                                  const struct dispatch_result *result);

/* The handler has returned and kept its reply; on the loop. on_result follows some time. */
typedef void invocation_kept_fn(struct invocation *invocation);

struct invocation {
    struct executor_job job;
    struct actr_ctx ctx;
    struct workload *workload;
    const struct workload_route *route;
    invocation_result_fn *on_result;
    invocation_kept_fn *on_kept; /* may be NULL */
    struct flag is_abandoned;
};

/* Prepares; fill ctx (caller, texts, deadline, is_tell) afterwards. Consumes payload. Unknown
 * routes are answered ACTR_EROUTE in their turn like any other. */
void invocation_init(struct invocation *invocation, const struct context_env *env,
                     struct workload *workload, struct actr_view route, struct actr_bytes payload);
void invocation_deinit(struct invocation *invocation);

/* Loop: queues it, under the conflict key that its route gives it. */
void invocation_submit(struct invocation *invocation, bool high);

/* Loop: nobody waits for the answer any more: if the handler has not begun, it does not run.
 * on_result comes in any case. */
void invocation_abandon(struct invocation *invocation);

/* Runs the handler on this thread, which has the turn (executor_enter). The answer is in ctx.slot.
 */
void invocation_run(struct invocation *invocation);

/* Loop: after invocation_run() by hand: brings the answer to on_result; at once when there is one,
 * else when the kept reply is given. */
void invocation_finish(struct invocation *invocation);
