// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Context: what a handler is lent, and the slot its answer goes into. See <actr/context.h>.
 *
 * Lives in an invocation (invocation.h) or on the stack of a lifecycle job. One thread at a time
 * has it. What a context can do outwards comes from the owner of the actor through context_ops:
 * this layer does not know how a call leaves. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/context.h>
#include <actr/id.h>
#include <actr/node.h>

#include "hyper/outbound/gate.h"
#include "runtime/dispatch.h"
#include "sys/flag.h"

struct actr_node;
struct conflict_key;
struct executor;
struct kept_replies;
struct log;
struct loop;
struct panic_scope;

/* What goes out: a call or a tell, as the public API was given it. */
struct context_call {
    const struct actr_id *dest;
    const char *route;
    struct actr_bytes payload; /* consumed */
    const struct actr_call_options *options;
    struct actr_ctx *from; /* NULL: from outside any handler */
};

/* NULL: none was chosen. Programs of before this option have a smaller struct. */
static inline const char *context_call_id(const struct context_call *call)
{
    const struct actr_call_options *options = call->options;
    bool has_it = options && options->size > offsetof(struct actr_call_options, request_id);
    return has_it ? options->request_id : NULL;
}

/* Upwards; given once for each actor. */
struct context_ops {
    int (*call)(void *owner, const struct context_call *call, actr_result_fn *fn, void *arg,
                uint64_t *ret_call);
    int (*call_wait)(void *owner, const struct context_call *call, struct actr_bytes *ret_reply);
    int (*tell)(void *owner, const struct context_call *call);
    /* The best actor of a type; fn on the loop, once, unless an error is returned. */
    int (*discover)(void *owner, const struct actr_type *type, actr_discover_fn *fn, void *arg);
    /* A handler or a result callback of the actor has panicked; on the thread it ran on. `what`:
     * its route. */
    void (*on_panic)(void *owner, const char *what, const char *text);
    /* A handler has failed a call or a tell from inside the process (a peer's are the pump's to
     * report); in its turn, or on the loop. Views are lent. */
    void (*on_handler_error)(void *owner, struct actr_view route, int code, struct actr_view text);
    /* See actr_poison(). */
    int (*poison)(void *owner, struct actr_ctx *ctx, const char *text);
};

/* One for each actor of the node (the workload, the host). Outlives every context. */
struct context_env {
    const struct context_ops *ops;
    void *owner;
    struct actr_node *node;
    struct loop *loop;
    struct log *log;
    struct executor *executor;
    struct kept_replies *kept;
    bool is_host;
    struct flag is_broken; /* its messages are refused and no handler runs */
    bool never_blocks;     /* results of calls may be reported on the loop */
    struct actr_id self;   /* written on the loop while no handler runs */
};

enum context_slot { CONTEXT_OPEN, CONTEXT_ANSWERED, CONTEXT_KEPT };

/* Texts that handlers ask for NUL-terminated, copied when they first ask. */
struct context_texts;

struct actr_ctx {
    const struct context_env *env;
    const struct actr_id *caller;   /* NULL: from inside the process */
    const struct conflict_key *key; /* whose turn it is; NULL: it runs alone */
    const char *route;
    struct actr_view target;   /* the route as it came; borrowed from the message */
    struct actr_bytes request; /* owned */
    struct actr_view request_id, traceparent, tracestate; /* borrowed from the message */
    struct actr_view call_chain;                          /* likewise; call_chain.h */
    uint64_t deadline_us;                                 /* loop clock; 0: none */
    struct context_texts *_texts;
    struct dispatch_result result; /* owned; set when slot is CONTEXT_ANSWERED */
    struct actr_reply *reply;      /* set when slot is CONTEXT_KEPT */
    struct panic_scope *scope;     /* panic.c's, while the handler runs */
    enum context_slot slot;
    bool is_tell;
    bool has_panicked; /* result is the panic's, also when slot is CONTEXT_KEPT */
    char _own_id[GATE_REQUEST_ID_SIZE];
};

/* Zeroed but for env. */
void context_init(struct actr_ctx *ctx, const struct context_env *env);
/* Gives back request, result and texts. A kept reply is not touched. */
void context_deinit(struct actr_ctx *ctx);

/* The handler has panicked: its caller gets ACTR_EINTERNAL with `text`, whatever it had answered,
 * unless a reply that it kept has been given. */
void context_panic(struct actr_ctx *ctx, const char *text);

/* Puts the answer into an open slot; consumes payload and copies text. Used by reply.c and
 * invocation.c. */
void context_answer(struct actr_ctx *ctx, struct actr_bytes payload);
void context_fail(struct actr_ctx *ctx, int code, const char *text);
