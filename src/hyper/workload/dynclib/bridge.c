// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* From a frame of a library to the operation of its actor, and back.
 *
 * The table that libraries get has no room for an owner, so a token says whose it is: its upper 16
 * bits are the slot of the bridge. Slots are static and their locks are never destroyed: a library
 * may come with any number at any time. Under its lock a bridge is cut or it is not, and an
 * operation is begun (which never blocks) only when it is not; so nothing of the node is touched
 * once bridge_cut() has returned.
 *
 * An operation is answered once, by its end or by the cut; its memory goes when its end has come,
 * which every operation has. No callback runs under the lock. Any thread. */
#include "hyper/workload/dynclib/bridge.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/mem.h"
#include "hyper/workload/context.h"
#include "protocol/abi.h"
#include "protocol/id.h"
#include "sys/flag.h"
#include "sys/lock.h"
#include "sys/loop.h"
#include "sys/waiter.h"

#define BRIDGE_TOKEN_BITS 48
#define BRIDGE_TIMEOUT_MS 30000u
/* What an entry keeps of its time to answer after an operation that took too long. */
#define BRIDGE_MARGIN_MS 50

struct bridge {
    struct flag is_made; /* lock is good */
    struct lock lock;
    bool is_open, is_cut;
    uint64_t number; /* of the last token; never used again */
    struct hash_table contexts;
    struct list ops; /* not answered yet */
};

/* What one entry may do. */
struct bridge_context {
    struct hash_node node;
    uint64_t token;
    uint32_t holds;
    bool is_entry; /* its entry still runs */
    const struct context_env *env;
    uint64_t deadline_us;
    const char *traceparent, *tracestate; /* in texts */
    char texts[];
};

struct bridge_op {
    struct list link;
    struct bridge *bridge;
    bridge_answer_fn *fn;
    void *arg;
    bool is_answered;
};

static struct bridge bridge_slots[BRIDGES_MAX];
static struct lock bridge_slots_lock = LOCK_INITIALIZER;

static bool bridge_equal(const struct hash_node *node, const void *wanted)
{
    const struct bridge_context *context =
        container_of((struct hash_node *)(uintptr_t)node, struct bridge_context, node);
    return context->token == *(const uint64_t *)wanted;
}

static struct bridge *bridge_of(uint64_t token)
{
    uint64_t slot = token >> BRIDGE_TOKEN_BITS;
    if (slot >= BRIDGES_MAX || !flag_get(&bridge_slots[slot].is_made))
        return NULL;
    return &bridge_slots[slot];
}

/* With the lock held. */
static struct bridge_context *bridge_find(struct bridge *bridge, uint64_t token)
{
    struct hash_node *node = hash_table_find(&bridge->contexts, token, &token);
    return node ? container_of(node, struct bridge_context, node) : NULL;
}

int bridge_open(struct bridge **ret_bridge)
{
    int r = err_origin(ACTR_EUNAVAILABLE, "dynclib: %d libraries are loaded already", BRIDGES_MAX);
    lock_take(&bridge_slots_lock);
    for (size_t i = 0; i < BRIDGES_MAX; i++) {
        struct bridge *bridge = &bridge_slots[i];
        if (bridge->is_open)
            continue;
        if (!flag_get(&bridge->is_made)) {
            lock_init(&bridge->lock);
            list_init(&bridge->ops);
            hash_table_init(&bridge->contexts, bridge_equal);
            flag_set(&bridge->is_made);
        }
        lock_take(&bridge->lock);
        bridge->is_cut = false;
        lock_give(&bridge->lock);
        bridge->is_open = true;
        *ret_bridge = bridge;
        r = 0;
        break;
    }
    lock_give(&bridge_slots_lock);
    return r;
}

/* With the lock held: who retains, has lost it. */
static void bridge_drop_contexts(struct bridge *bridge)
{
    struct hash_node *node = hash_table_next(&bridge->contexts, NULL);
    while (node) {
        struct hash_node *next = hash_table_next(&bridge->contexts, node);
        hash_table_remove(&bridge->contexts, node);
        mem_free(container_of(node, struct bridge_context, node));
        node = next;
    }
    hash_table_deinit(&bridge->contexts);
    hash_table_init(&bridge->contexts, bridge_equal);
}

/* With the lock held: what the library held beside its entries. */
static void bridge_drop_retained(struct bridge *bridge)
{
    struct hash_node *node = hash_table_next(&bridge->contexts, NULL);
    while (node) {
        struct hash_node *next = hash_table_next(&bridge->contexts, node);
        struct bridge_context *context = container_of(node, struct bridge_context, node);
        context->holds = 1;
        if (!context->is_entry) {
            hash_table_remove(&bridge->contexts, node);
            mem_free(context);
        }
        node = next;
    }
}

static void bridge_answer(bridge_answer_fn *fn, void *arg, int32_t status, struct actr_view payload)
{
    struct abi_reply reply = {ACTR_ABI_VERSION, status, payload};
    uint8_t *data;
    struct actr_bytes bytes = bytes_new(abi_reply_size(&reply), &data);
    if (!data) {
        fn(arg, ACTR_ABI_NO_MEMORY, (struct actr_bytes){0});
        return;
    }
    abi_reply_write(&reply, data);
    fn(arg, ACTR_ABI_OK, bytes);
}

/* With the lock held, which is given back for each answer. */
static void bridge_fail_ops(struct bridge *bridge)
{
    struct list *link;
    while ((link = list_pop(&bridge->ops)) != NULL) {
        struct bridge_op *op = container_of(link, struct bridge_op, link);
        bridge_answer_fn *fn = op->fn;
        void *arg = op->arg;
        op->is_answered = true; /* its end may free it as soon as the lock is given back */
        lock_give(&bridge->lock);
        bridge_answer(fn, arg, ACTR_ABI_ERROR, (struct actr_view){0});
        lock_take(&bridge->lock);
    }
}

void bridge_cut(struct bridge *bridge)
{
    lock_take(&bridge->lock);
    bridge->is_cut = true;
    bridge_drop_contexts(bridge);
    bridge_fail_ops(bridge);
    lock_give(&bridge->lock);
}

void bridge_forget(struct bridge *bridge)
{
    lock_take(&bridge->lock);
    bridge_drop_retained(bridge);
    bridge_fail_ops(bridge);
    lock_give(&bridge->lock);
}

void bridge_uncut(struct bridge *bridge)
{
    lock_take(&bridge->lock);
    bridge->is_cut = false;
    lock_give(&bridge->lock);
}

void bridge_close(struct bridge *bridge)
{
    lock_take(&bridge_slots_lock);
    bridge->is_open = false;
    lock_give(&bridge_slots_lock);
}

/* Contexts ----------------------------------------------------------------------------------- */

static char *bridge_text(char *at, struct actr_view text, const char **ret_text)
{
    *ret_text = NULL;
    if (!text.ptr)
        return at;
    *ret_text = at;
    memcpy(at, text.ptr, text.len);
    at[text.len] = '\0';
    return at + text.len + 1;
}

int bridge_begin(struct bridge *bridge, const struct actr_ctx *ctx, uint64_t *ret_token)
{
    struct bridge_context *context =
        mem_alloc(sizeof(*context) + ctx->traceparent.len + ctx->tracestate.len + 2);
    if (!context)
        return err_origin(ACTR_ENOMEM, "dynclib: no memory");
    char *at = bridge_text(context->texts, ctx->traceparent, &context->traceparent);
    (void)bridge_text(at, ctx->tracestate, &context->tracestate);
    context->holds = 1;
    context->is_entry = true;
    context->env = ctx->env;
    context->deadline_us = ctx->deadline_us;

    lock_take(&bridge->lock);
    uint64_t slot = (uint64_t)(bridge - bridge_slots);
    context->token = slot << BRIDGE_TOKEN_BITS | ++bridge->number;
    int r = bridge->contexts.count < BRIDGE_CONTEXTS_MAX
                ? hash_table_insert(&bridge->contexts, &context->node, context->token)
                : err_origin(ACTR_EUNAVAILABLE, "dynclib: the library retains %d contexts",
                             BRIDGE_CONTEXTS_MAX);
    uint64_t token = context->token;
    lock_give(&bridge->lock);
    if (r < 0) {
        mem_free(context);
        return r;
    }
    *ret_token = token;
    return 0;
}

/* With the lock held. */
static void bridge_let_go(struct bridge *bridge, struct bridge_context *context)
{
    if (--context->holds > 0)
        return;
    hash_table_remove(&bridge->contexts, &context->node);
    mem_free(context);
}

void bridge_end(struct bridge *bridge, uint64_t token)
{
    lock_take(&bridge->lock);
    struct bridge_context *context = bridge_find(bridge, token);
    if (context) { /* else cut off */
        context->is_entry = false;
        bridge_let_go(bridge, context);
    }
    lock_give(&bridge->lock);
}

int32_t bridge_retain(struct bridge *bridge, uint64_t token)
{
    lock_take(&bridge->lock);
    struct bridge_context *context = bridge_find(bridge, token);
    bool is_kept = context && context->holds < UINT32_MAX;
    if (is_kept)
        context->holds++;
    lock_give(&bridge->lock);
    return is_kept ? ACTR_ABI_OK : ACTR_ABI_ERROR;
}

void bridge_release(struct bridge *bridge, uint64_t token)
{
    lock_take(&bridge->lock);
    struct bridge_context *context = bridge_find(bridge, token);
    /* The entry's own hold is not the library's to give back. */
    if (context && context->holds > (context->is_entry ? 1u : 0u))
        bridge_let_go(bridge, context);
    lock_give(&bridge->lock);
}

/* Operations --------------------------------------------------------------------------------- */

/* Loop: the end of an operation; frees it. */
static void bridge_op_end(struct bridge_op *op, int code, struct actr_view payload)
{
    struct bridge *bridge = op->bridge;
    lock_take(&bridge->lock);
    bool is_answered = op->is_answered;
    if (!is_answered)
        list_remove(&op->link);
    lock_give(&bridge->lock);
    int32_t status = code == ACTR_EDECODE || code == ACTR_EINVALID ? ACTR_ABI_PROTOCOL
                     : code < 0                                    ? ACTR_ABI_ERROR
                                                                   : ACTR_ABI_OK;
    if (!is_answered)
        bridge_answer(op->fn, op->arg, status, code < 0 ? (struct actr_view){0} : payload);
    mem_free(op);
}

static void bridge_on_result(void *arg, const struct actr_result *result)
{
    bridge_op_end(arg, result->code, actr_bytes_view(result->reply));
}

static void bridge_on_found(void *arg, int code, const char *message, const struct actr_id *ids,
                            size_t count)
{
    AUTO_BYTES struct actr_bytes id = {0};
    (void)message;
    if (code == 0 && count > 0)
        id = abi_id_encode(&ids[0]);
    if (code == 0 && (count == 0 || actr_bytes_failed(id)))
        code = ACTR_ENOTFOUND;
    bridge_op_end(arg, code, actr_bytes_view(id));
}

static uint32_t bridge_timeout_ms(const struct bridge_context *context)
{
    if (!context->is_entry || context->deadline_us == 0)
        return BRIDGE_TIMEOUT_MS;
    uint64_t now_us = loop_clock_us(context->env->loop);
    uint64_t left_ms = context->deadline_us > now_us ? (context->deadline_us - now_us) / 1000 : 0;
    if (left_ms <= BRIDGE_MARGIN_MS)
        return 1;
    left_ms -= BRIDGE_MARGIN_MS;
    return left_ms < BRIDGE_TIMEOUT_MS ? (uint32_t)left_ms : BRIDGE_TIMEOUT_MS;
}

/* What was asked for, decoded. */
struct bridge_request {
    uint32_t op;
    struct actr_id dest;
    struct actr_type type;
    char route[513];
    struct actr_bytes payload; /* consumed by starting */
};

/* With the lock held: begins it. 0: op has been taken, but by a tell, which is over. */
static int bridge_start(const struct bridge_context *context, struct bridge_request *request,
                        struct bridge_op *op)
{
    const struct context_env *env = context->env;
    if (request->op == ACTR_ABI_DISCOVER)
        return env->ops->discover(env->owner, &request->type, bridge_on_found, op);
    struct actr_call_options options = {
        .size = sizeof(options),
        .traceparent = context->traceparent,
        .tracestate = context->tracestate,
    };
    struct actr_ctx from;
    context_init(&from, env);
    struct context_call call = {
        .dest = &request->dest,
        .route = request->route,
        .payload = request->payload,
        .options = &options,
        /* An entry may call while the node drains; background work is no reason to wait. */
        .from = context->is_entry ? &from : NULL,
    };
    request->payload = (struct actr_bytes){0};
    if (request->op == ACTR_ABI_TELL)
        return env->ops->tell(env->owner, &call);
    options.timeout_ms = bridge_timeout_ms(context);
    if (context->is_entry && id_is_workload(&request->dest)) {
        actr_bytes_unref(call.payload);
        return err_origin(ACTR_EDEADLK, "dynclib: %s would wait for itself", request->route);
    }
    return env->ops->call(env->owner, &call, bridge_on_result, op, NULL);
}

/* ACTR_ABI_…: what invoke() returns when it is not OK. */
static int32_t bridge_decode(struct actr_view bytes, struct bridge_request *ret_request)
{
    struct abi_frame frame;
    struct abi_call call;
    if (abi_frame_decode(bytes, &frame) < 0 || frame.version != ACTR_ABI_VERSION)
        return ACTR_ABI_PROTOCOL;
    ret_request->op = frame.op;
    ret_request->payload = (struct actr_bytes){0};
    switch (frame.op) {
    case ACTR_ABI_CALL:
    case ACTR_ABI_TELL:
    case ACTR_ABI_CALL_RAW:
        if (abi_call_decode(frame.op, frame.payload, &call) < 0 ||
            call.route.len >= sizeof(ret_request->route))
            return ACTR_ABI_PROTOCOL;
        memcpy(ret_request->route, call.route.ptr ? (const char *)call.route.ptr : "",
               call.route.len);
        ret_request->route[call.route.len] = '\0';
        ret_request->dest = call.dest;
        ret_request->payload = actr_bytes_copy(call.payload);
        return actr_bytes_failed(ret_request->payload) ? ACTR_ABI_NO_MEMORY : ACTR_ABI_OK;
    case ACTR_ABI_DISCOVER:
        return abi_discover_decode(frame.payload, &ret_request->type) < 0 ? ACTR_ABI_PROTOCOL
                                                                          : ACTR_ABI_OK;
    default: /* streams too, until the node has them */
        return ACTR_ABI_UNSUPPORTED;
    }
}

void bridge_ask(struct bridge *bridge, uint64_t token, struct actr_view frame, bridge_answer_fn *fn,
                void *arg)
{
    struct bridge_request request;
    int32_t code = bridge_decode(frame, &request);
    struct bridge_op *op = code == ACTR_ABI_OK ? mem_alloc(sizeof(*op)) : NULL;
    if (code == ACTR_ABI_OK && !op) {
        actr_bytes_unref(request.payload);
        code = ACTR_ABI_NO_MEMORY;
    }
    if (code != ACTR_ABI_OK) {
        fn(arg, code, (struct actr_bytes){0});
        return;
    }
    *op = (struct bridge_op){.bridge = bridge, .fn = fn, .arg = arg};
    list_init(&op->link);
    int r = ACTR_ENOTFOUND;
    if (bridge) {
        lock_take(&bridge->lock);
        struct bridge_context *context = bridge->is_cut ? NULL : bridge_find(bridge, token);
        if (context) {
            list_push(&bridge->ops, &op->link); /* its end may come as soon as the lock is free */
            r = bridge_start(context, &request, op);
            if (r < 0 || request.op == ACTR_ABI_TELL)
                list_remove(&op->link);
        }
        lock_give(&bridge->lock);
    }
    actr_bytes_unref(request.payload);
    if (r == 0 && request.op != ACTR_ABI_TELL)
        return;
    mem_free(op);
    bridge_answer(fn, arg,
                  r == 0                                    ? ACTR_ABI_OK
                  : r == ACTR_EINVALID || r == ACTR_EDECODE ? ACTR_ABI_PROTOCOL
                                                            : ACTR_ABI_ERROR,
                  (struct actr_view){0});
}

/* The table, in this process ----------------------------------------------------------------- */

/* On the stack of the library's thread. */
struct bridge_wait {
    struct waiter waiter;
    int32_t code;
    struct actr_bytes reply;
};

static void bridge_wait_on_answer(void *arg, int32_t code, struct actr_bytes reply)
{
    struct bridge_wait *wait = arg;
    wait->code = code;
    wait->reply = reply;
    waiter_signal(&wait->waiter);
}

static int32_t bridge_invoke(uint64_t token, const uint8_t *frame, size_t frame_len,
                             uint8_t **ret_reply, size_t *ret_reply_len)
{
    struct bridge_wait wait = {.code = ACTR_ABI_ERROR};
    if (!ret_reply || !ret_reply_len || (!frame && frame_len > 0))
        return ACTR_ABI_PROTOCOL;
    waiter_init(&wait.waiter);
    bridge_ask(bridge_of(token), token, actr_view_of(frame, frame_len), bridge_wait_on_answer,
               &wait);
    (void)!waiter_wait(&wait.waiter, WAITER_FOREVER); /* every operation ends */
    waiter_deinit(&wait.waiter);
    if (wait.code == ACTR_ABI_OK) {
        uint8_t *copy = mem_alloc_raw(wait.reply.len);
        if (copy) {
            memcpy(copy, wait.reply.ptr, wait.reply.len);
            *ret_reply = copy;
            *ret_reply_len = wait.reply.len;
        } else {
            wait.code = ACTR_ABI_NO_MEMORY;
        }
    }
    actr_bytes_unref(wait.reply);
    return wait.code;
}

static int32_t bridge_table_retain(uint64_t token)
{
    struct bridge *bridge = bridge_of(token);
    return bridge ? bridge_retain(bridge, token) : ACTR_ABI_ERROR;
}

static void bridge_table_release(uint64_t token)
{
    struct bridge *bridge = bridge_of(token);
    if (bridge)
        bridge_release(bridge, token);
}

static void bridge_free_buf(uint8_t *ptr, size_t len)
{
    (void)len;
    mem_free(ptr);
}

const struct actr_host_vtable bridge_vtable = {bridge_table_retain, bridge_table_release,
                                               bridge_invoke, bridge_free_buf};
