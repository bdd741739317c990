// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Calls: everything that leaves the node's program, from any thread, to any destination: callback
 * form, waiting form, tells, cancel. Resolves the destination (workload, host, peer), carries the
 * message to the loop, and brings the end back exactly once: to the loop, to the turn of the actor
 * that asked, or to the waiting thread.
 *
 * Any thread where said; the rest on the loop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/context.h>

#include "base/hash.h"
#include "base/list.h"
#include "hyper/workload/context.h"
#include "hyper/workload/host_gate.h"
#include "runtime/execution_plan.h"
#include "sys/flag.h"
#include "sys/lock.h"
#include "sys/loop.h"

struct call;
struct peer_gate;

/* How long a call may take when nobody says. */
#define CALLS_TIMEOUT_MS 30000u

/* Set up once when the node is opened; gates come and go with start and stop. */
struct calls {
    struct loop *loop;
    struct flag is_open;         /* any thread: new calls are taken */
    struct peer_gate *peer_gate; /* loop; NULL: not started */
    struct host_gate workload, host;
    struct lock _lock; /* _number */
    uint64_t _number;
    struct hash_table _table; /* by number; loop */
    uint64_t failed;          /* local calls that ended with an error */
};

/* ACTR_ENOMEM. */
void calls_init(struct calls *calls, struct loop *loop);
/* No call may be left. */
void calls_deinit(struct calls *calls);

/* Any thread: see actr_ctx_call(), actr_ctx_call_wait(), actr_ctx_tell(), actr_call_cancel(). */
int calls_start(struct calls *calls, const struct context_call *call, actr_result_fn *fn, void *arg,
                uint64_t *ret_call);
int calls_wait(struct calls *calls, const struct context_call *call, struct actr_bytes *ret_reply);
int calls_tell(struct calls *calls, const struct context_call *call);
void calls_cancel(struct calls *calls, uint64_t number);

/* For calls_wait.c; see calls.c. ----------------------------------------------------------------
 */

/* What is wrong with a call before it begins. */
int calls_check(struct calls *calls, const struct context_call *spec, enum message_role role);
/* NULL: to a peer. */
const struct host_gate *calls_local(struct calls *calls, const struct actr_id *dest);
void calls_trace(const struct context_call *spec, const char **ret_parent, const char **ret_state);
/* Consumes the payload. NULL: no memory. */
struct call *calls_new(struct calls *calls, const struct context_call *spec,
                       struct actr_view call_chain, actr_result_fn *fn, void *arg);
/* Consumes the call. */
int calls_send(struct calls *calls, struct call *call);

/* ---------------------------------------------------------------------------------------------- */

/* Loop: ends every local call that has not been answered; the ones to peers are
 * peer_gate_close()'s. */
void calls_fail_local(struct calls *calls, int code, const char *text);
