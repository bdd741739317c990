// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Layer 3 contract: a workload is the code of one actor. The runtime decides what runs and when; a
 * backend knows how: linked (C in this process) today, a native library or a component later.
 *
 * Turn: everything here but find and free runs in the actor's turn (executor.h), on the loop, a
 * worker, or the thread that called. A backend never blocks the loop: it says beforehand, per
 * route, what may run there. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/context.h>
#include <actr/hook.h>
#include <actr/id.h>
#include <actr/workload.h>

#include "runtime/conflict_key.h"

struct workload;

/* What a route looks up to. Owned by the backend; unchanged while the node runs. */
struct workload_route {
    const char *name;                 /* NUL-terminated */
    const struct conflict_rule *rule; /* never NULL; a route that declares nothing runs alone */
    bool never_blocks;
};

enum workload_event { WORKLOAD_START, WORKLOAD_READY, WORKLOAD_STOP };

struct workload_ops {
    /* Loop or any thread. NULL: no such route. */
    const struct workload_route *(*find)(const struct workload *workload, struct actr_view route);
    /* Runs the handler. Afterwards the context has been answered, kept, or neither (which is the
     * caller's to judge). */
    void (*invoke)(struct workload *workload, const struct workload_route *route,
                   struct actr_ctx *ctx);
    /* Runs a lifecycle hook; its error (ACTR_E…, with err text) or 0. One that takes longer may
     * keep the reply of ctx instead: the hook ends when that is given. */
    int (*lifecycle)(struct workload *workload, enum workload_event event, struct actr_ctx *ctx);
    /* Tells of an observation (any actr_hook but START, READY and STOP) that is in `hooks`; event
     * is lent. An error (ACTR_E…, with err text) is logged. NULL when `hooks` is 0. */
    int (*hook)(struct workload *workload, const struct actr_hook_event *event,
                struct actr_ctx *ctx);
    /* After actr_poison(): throws the broken instance away and makes a new one, before START and
     * READY; as lifecycle. NULL: STOP does for that. */
    int (*restart)(struct workload *workload, struct actr_ctx *ctx);
    /* Loop: the actor is broken and is not restarted, or the grace of a stop is over: messages that
     * the backend holds and has not begun with are answered ACTR_EUNAVAILABLE. NULL: it holds
     * none. */
    void (*give_up)(struct workload *workload);
    /* Loop: the node has stopped; until it starts again the backend touches nothing of it. NULL: it
     * never does by itself. */
    void (*rest)(struct workload *workload);
    /* Nothing runs any more. */
    void (*free)(struct workload *workload);
};

/* As the options of the same name in <actr/workload.h>; 0: their defaults. */
struct workload_limits {
    uint32_t concurrency, stuck_after_ms;
    uint32_t kept_replies_max, kept_reply_ttl_ms;
    uint32_t restarts_max, restart_window_ms;
};

/* First member of each backend. */
struct workload {
    const struct workload_ops *ops;
    struct actr_type type;
    struct workload_limits limits;
    bool never_blocks; /* hooks may run on the loop */
    bool is_loop_only; /* invoke runs on the loop and nowhere else: no thread hands itself off */
    bool has_keys;     /* some route declares a conflict key; else everything runs alone */
    uint32_t hooks;    /* 1u << ACTR_HOOK_… of the observations it wants; fixed once in use */
};
