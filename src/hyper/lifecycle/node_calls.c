// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Calls and discovery from outside any handler: the public functions, thin over calls.h and
 * signaling.
 *
 * A search for actors is a heap object that goes to the loop by post and comes back once. Any
 * thread. */
#include "hyper/lifecycle/node_calls.h"

#include <string.h>

#include "base/mem.h"
#include "hyper/lifecycle/node.h"
#include "hyper/lifecycle/supervision.h"
#include "hyper/signaling/signaling.h"
#include "sys/waiter.h"

#define DISCOVER_TIMEOUT_MS 5000u
#define DISCOVER_COUNT_MAX 64

static int context_on_call(void *owner, const struct context_call *call, actr_result_fn *fn,
                           void *arg, uint64_t *ret_call)
{
    return calls_start(owner, call, fn, arg, ret_call);
}

static int context_on_call_wait(void *owner, const struct context_call *call,
                                struct actr_bytes *ret_reply)
{
    return calls_wait(owner, call, ret_reply);
}

static int context_on_tell(void *owner, const struct context_call *call)
{
    return calls_tell(owner, call);
}

static int context_on_discover(void *owner, const struct actr_type *type, actr_discover_fn *fn,
                               void *arg)
{
    char text[ACTR_TYPE_STR_MAX];
    struct actr_node *node = container_of(owner, struct actr_node, calls);
    return actr_discover(node, actr_type_format(type, text), 1, 0, fn, arg);
}

static void context_on_panic(void *owner, const char *what, const char *text)
{
    node_on_panic(container_of(owner, struct actr_node, calls), what, text);
}

static void context_on_handler_error(void *owner, struct actr_view route, int code,
                                     struct actr_view text)
{
    node_on_handler_error(container_of(owner, struct actr_node, calls), route, code, text);
}

static int context_poison(void *owner, struct actr_ctx *ctx, const char *text)
{
    struct actr_node *node = container_of(owner, struct actr_node, calls);
    if (ctx->env != &node->env)
        return err_origin(ACTR_ESTATE, "poison: the host side is the program itself");
    return supervision_poison(node, text);
}

const struct context_ops node_context_ops = {
    .call = context_on_call,
    .call_wait = context_on_call_wait,
    .tell = context_on_tell,
    .discover = context_on_discover,
    .on_panic = context_on_panic,
    .on_handler_error = context_on_handler_error,
    .poison = context_poison,
};

int actr_call(struct actr_node *node, const struct actr_id *dest, const char *route,
              struct actr_bytes payload, const struct actr_call_options *options,
              actr_result_fn *fn, void *arg, uint64_t *ret_call)
{
    struct context_call call = {dest, route, payload, options, NULL};
    return calls_start(&node->calls, &call, fn, arg, ret_call);
}

int actr_call_wait(struct actr_node *node, const struct actr_id *dest, const char *route,
                   struct actr_bytes payload, const struct actr_call_options *options,
                   struct actr_bytes *ret_reply)
{
    struct context_call call = {dest, route, payload, options, NULL};
    return calls_wait(&node->calls, &call, ret_reply);
}

int actr_tell(struct actr_node *node, const struct actr_id *dest, const char *route,
              struct actr_bytes payload, const struct actr_call_options *options)
{
    struct context_call call = {dest, route, payload, options, NULL};
    return calls_tell(&node->calls, &call);
}

void actr_call_cancel(struct actr_node *node, uint64_t call)
{
    calls_cancel(&node->calls, call);
}

/* Discovery ---------------------------------------------------------------------------------- */

struct discovery {
    struct loop_post post;
    struct actr_node *node;
    struct actr_type type;
    uint32_t count_max, timeout_ms;
    actr_discover_fn *fn;
    void *arg;
    struct signaling_lookup lookup;
};

static void discovery_end(struct discovery *discovery, int code, const char *message,
                          const struct actr_id *ids, size_t count)
{
    discovery->fn(discovery->arg, code, message, ids, count);
    mem_free(discovery);
}

static void discovery_on_found(struct signaling_lookup *lookup, int code, const char *detail,
                               const struct actr_id *ids, size_t count)
{
    discovery_end(container_of(lookup, struct discovery, lookup), code, detail, ids, count);
}

static void discovery_on_post(struct loop_post *post)
{
    struct discovery *discovery = container_of(post, struct discovery, post);
    struct actr_node *node = discovery->node;
    /* Signaling is up, or coming back: on the rungs above it. It answers what it drops when it
     * stops. */
    if (node->life.height <= NODE_SIGNALING) {
        discovery_end(discovery, ACTR_ESTATE, "the node is not running", NULL, 0);
        return;
    }
    signaling_discover(node->signaling, &discovery->lookup, &discovery->type, discovery->count_max,
                       discovery->timeout_ms, discovery_on_found);
}

int actr_discover(struct actr_node *node, const char *type, uint32_t count_max, uint32_t timeout_ms,
                  actr_discover_fn *fn, void *arg)
{
    struct actr_type parsed;
    if (!type || !fn)
        return err_origin(ACTR_EINVALID, "discover: no type or no callback");
    int r = actr_type_parse(type, &parsed);
    if (r < 0)
        return r;
    struct discovery *discovery = mem_alloc(sizeof(*discovery));
    if (!discovery)
        return err_origin(ACTR_ENOMEM, "discover: no memory");
    discovery->node = node;
    discovery->type = parsed;
    discovery->count_max = count_max ? count_max : 1;
    discovery->timeout_ms = timeout_ms ? timeout_ms : DISCOVER_TIMEOUT_MS;
    discovery->fn = fn;
    discovery->arg = arg;
    if (loop_post(node->loop, &discovery->post, discovery_on_post))
        return 0;
    mem_free(discovery);
    return err_origin(ACTR_ESTATE, "discover: the node is closed");
}

/* On the stack of the thread that waits. */
struct discover_wait {
    struct waiter waiter;
    struct actr_id *ids;
    size_t cap, count;
    int code;
    char text[ERR_TEXT_MAX];
};

static void discover_wait_on_found(void *arg, int code, const char *message,
                                   const struct actr_id *ids, size_t count)
{
    struct discover_wait *wait = arg;
    wait->code = code;
    strncpy(wait->text, message ? message : "", sizeof(wait->text) - 1);
    wait->count = count < wait->cap ? count : wait->cap;
    if (wait->count)
        memcpy(wait->ids, ids, wait->count * sizeof(*ids));
    waiter_signal(&wait->waiter);
}

int actr_discover_wait(struct actr_node *node, const char *type, uint32_t timeout_ms,
                       struct actr_id *ret_ids, size_t ids_cap, size_t *ret_count)
{
    if (loop_is_current(node->loop))
        return err_origin(ACTR_EDEADLK, "discover: waiting on the loop thread would stop the node");
    if (!ret_ids || ids_cap == 0)
        return err_origin(ACTR_EINVALID, "discover: no room for a result");
    struct discover_wait wait = {.ids = ret_ids, .cap = ids_cap};
    uint32_t count_max = ids_cap < DISCOVER_COUNT_MAX ? (uint32_t)ids_cap : DISCOVER_COUNT_MAX;
    waiter_init(&wait.waiter);
    int r = actr_discover(node, type, count_max, timeout_ms, discover_wait_on_found, &wait);
    if (r < 0) {
        waiter_deinit(&wait.waiter);
        return r;
    }
    (void)!waiter_wait(&wait.waiter, WAITER_FOREVER); /* signaling answers every lookup */
    waiter_deinit(&wait.waiter);
    if (wait.code < 0)
        return err_origin(wait.code, "%s", wait.text);
    if (ret_count)
        *ret_count = wait.count;
    return 0;
}

int actr_discover_one(struct actr_node *node, const char *type, struct actr_id *ret_id)
{
    return actr_discover_wait(node, type, 0, ret_id, 1, NULL);
}
