// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* libactr-guest: an actor of the public interface (<actr/workload.h>, <actr/context.h>,
 * <actr/reply.h>) inside a shared library that speaks <actr/dynclib.h>.
 *
 * One entry runs at a time, on the thread the host enters with. What a handler asks of the host
 * blocks that thread; the callback form of a call runs when the handler has returned, before its
 * entry ends; a kept reply holds the entry open until it is given. Compiled with ACTR_API empty, so
 * that nothing of it is visible outside of the library it is linked into. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/dynclib.h>
#include <actr/node.h>
#include <actr/reply.h>

#include "base/list.h"
#include "protocol/abi.h"
#include "sys/waiter.h"

enum guest_slot { GUEST_OPEN, GUEST_ANSWERED, GUEST_KEPT };

/* A reply that was taken out of its handler; the entry waits for it. */
struct actr_reply {
    struct waiter waiter;
    int code;
    struct actr_bytes payload, text;
};

/* A call in callback form, until the handler has returned. */
struct guest_call {
    struct list link;
    struct actr_id dest;
    struct actr_bytes payload;
    actr_result_fn *fn;
    void *arg;
    char route[];
};

/* What actr_ctx_node() gives: for actr_discover_one(), while the handler runs. */
struct actr_node {
    char _unused;
};

struct actr_ctx {
    const struct actr_host_vtable *host;
    struct actr_node node;
    const struct abi_context *abi;
    const struct envelope *envelope; /* NULL: a lifecycle hook */
    const char *route;
    struct actr_view request;
    uint64_t begun_us;
    char *request_id, *traceparent, *tracestate; /* made when asked for */
    struct list calls;                           /* struct guest_call */
    uint64_t call_count;
    enum guest_slot slot;
    int code;
    struct actr_bytes payload, text;
    struct actr_reply *reply; /* with GUEST_KEPT */
};

/* context.c ------------------------------------------------------------------------------------ */

void context_init(struct actr_ctx *ctx, const struct actr_host_vtable *host,
                  const struct abi_context *abi, const struct envelope *envelope);
/* Runs the calls in callback form and waits for a kept reply; then slot is not GUEST_KEPT. */
void context_finish(struct actr_ctx *ctx);
void context_deinit(struct actr_ctx *ctx);

/* workload.c ----------------------------------------------------------------------------------- */

/* Calls the handler of the context's route, or fails the context with ACTR_EROUTE. */
void workload_handle(struct actr_workload *workload, struct actr_ctx *ctx);
/* The hook's result; 0 where there is none. hook: enum actr_abi_lifecycle; ACTR_ENOTIMPL: no such
 * hook. */
int workload_lifecycle(struct actr_workload *workload, uint32_t hook, struct actr_ctx *ctx);
/* Tells of an observation, where somebody listens; the event that belongs to it is there. */
void workload_hook(struct actr_workload *workload, const struct abi_hook *hook,
                   struct actr_ctx *ctx);
/* The first error of building it, with its text; 0. */
int workload_error(const struct actr_workload *workload);
void workload_end(struct actr_workload *workload);
