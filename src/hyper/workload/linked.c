// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Linked workloads: a hash table from route to handler, filled before the node starts and only read
 * afterwards.
 *
 * The first error of building one is kept with its text, so that a program may add all its routes
 * and look once, when it gives the workload to a node. Handlers run in the actor's turn on whatever
 * thread has it. */
#include "hyper/workload/linked.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "hyper/workload/context.h"
#include "hyper/workload/key_rule.h"
#include "runtime/execution_plan.h"

#define LINKED_ROUTE_MAX 512

/* Routes are the program's own, never a peer's choice, so a fixed key does. */
static const struct hash_key linked_key = {{1}};

struct linked_handler {
    struct workload_route route;
    struct conflict_rule rule;
    struct hash_node node;
    struct linked_handler *next;
    actr_handler_fn *fn;
    void *self;
    size_t name_len;
    char name[];
};

struct actr_workload {
    struct workload base;
    struct actr_workload_options options;
    void *self;
    struct hash_table routes;
    struct linked_handler *first;
    struct key_domains domains;
    struct workload *other; /* of another backend; the rest is unused then */
    int error;
    bool is_used;
    char error_text[ERR_TEXT_MAX];
};

static bool linked_equal(const struct hash_node *node, const void *wanted)
{
    const struct linked_handler *handler =
        container_of((struct hash_node *)(uintptr_t)node, struct linked_handler, node);
    const struct actr_view *name = wanted;
    return handler->name_len == name->len && memcmp(handler->name, name->ptr, name->len) == 0;
}

static const struct workload_route *linked_find(const struct workload *workload,
                                                struct actr_view route)
{
    const struct actr_workload *linked =
        container_of((struct workload *)(uintptr_t)workload, struct actr_workload, base);
    struct hash_node *node =
        hash_table_find(&linked->routes, hash_bytes(&linked_key, route.ptr, route.len), &route);
    return node ? &container_of(node, struct linked_handler, node)->route : NULL;
}

static void linked_invoke(struct workload *workload, const struct workload_route *route,
                          struct actr_ctx *ctx)
{
    const struct linked_handler *handler =
        container_of((struct workload_route *)(uintptr_t)route, struct linked_handler, route);
    handler->fn(ctx, actr_bytes_view(ctx->request), handler->self);
}

static int linked_lifecycle(struct workload *workload, enum workload_event event,
                            struct actr_ctx *ctx)
{
    struct actr_workload *linked = container_of(workload, struct actr_workload, base);
    actr_lifecycle_fn *fn = NULL;
    switch (event) {
    case WORKLOAD_START:
        fn = linked->options.on_start;
        break;
    case WORKLOAD_READY:
        fn = linked->options.on_ready;
        break;
    case WORKLOAD_STOP:
        fn = linked->options.on_stop;
        break;
    }
    return fn ? fn(ctx, linked->self) : 0;
}

/* The hooks of each kind of event, in the order of enum actr_hook; NULL: not wanted, or of another
 * kind. */
static actr_signaling_fn *linked_signaling(const struct actr_workload_options *options,
                                           enum actr_hook hook)
{
    actr_signaling_fn *const fns[] = {options->on_signaling_connecting,
                                      options->on_signaling_connected,
                                      options->on_signaling_disconnected};
    unsigned i = (unsigned)hook - ACTR_HOOK_SIGNALING_CONNECTING;
    return i < sizeof(fns) / sizeof(fns[0]) ? fns[i] : NULL;
}

static actr_peer_fn *linked_peer(const struct actr_workload_options *options, enum actr_hook hook)
{
    actr_peer_fn *const fns[] = {
        options->on_websocket_connecting,   options->on_websocket_connected,
        options->on_websocket_disconnected, options->on_webrtc_connecting,
        options->on_webrtc_connected,       options->on_webrtc_disconnected};
    unsigned i = (unsigned)hook - ACTR_HOOK_WEBSOCKET_CONNECTING;
    return i < sizeof(fns) / sizeof(fns[0]) ? fns[i] : NULL;
}

static actr_credential_fn *linked_credential(const struct actr_workload_options *options,
                                             enum actr_hook hook)
{
    actr_credential_fn *const fns[] = {options->on_credential_renewed,
                                       options->on_credential_expiring};
    unsigned i = (unsigned)hook - ACTR_HOOK_CREDENTIAL_RENEWED;
    return i < sizeof(fns) / sizeof(fns[0]) ? fns[i] : NULL;
}

static uint32_t linked_hooks(const struct actr_workload_options *options)
{
    uint32_t hooks = 0;
    for (enum actr_hook hook = ACTR_HOOK_SIGNALING_CONNECTING; hook < ACTR_HOOK_START; hook++) {
        bool is_wanted =
            linked_signaling(options, hook) || linked_peer(options, hook) ||
            linked_credential(options, hook) ||
            (hook == ACTR_HOOK_MAILBOX_BACKPRESSURE && options->on_mailbox_backpressure) ||
            (hook == ACTR_HOOK_ERROR && options->on_error);
        hooks |= is_wanted ? 1u << hook : 0;
    }
    return hooks;
}

static int linked_hook(struct workload *workload, const struct actr_hook_event *event,
                       struct actr_ctx *ctx)
{
    struct actr_workload *linked = container_of(workload, struct actr_workload, base);
    const struct actr_workload_options *options = &linked->options;
    if (event->signaling)
        linked_signaling(options, event->hook)(ctx, event->signaling, linked->self);
    else if (event->peer)
        linked_peer(options, event->hook)(ctx, event->peer, linked->self);
    else if (event->credential)
        linked_credential(options, event->hook)(ctx, event->credential, linked->self);
    else if (event->backpressure)
        options->on_mailbox_backpressure(ctx, event->backpressure, linked->self);
    else if (event->error)
        options->on_error(ctx, event->error, linked->self);
    return 0;
}

static void linked_free(struct workload *workload)
{
    struct actr_workload *linked = container_of(workload, struct actr_workload, base);
    if (linked->other)
        linked->other->ops->free(linked->other);
    if (linked->options.destroy)
        linked->options.destroy(linked->self);
    while (linked->first) {
        struct linked_handler *next = linked->first->next;
        mem_free(linked->first);
        linked->first = next;
    }
    hash_table_deinit(&linked->routes);
    key_domains_deinit(&linked->domains);
    mem_free(linked);
}

static const struct workload_ops linked_ops = {
    .find = linked_find,
    .invoke = linked_invoke,
    .lifecycle = linked_lifecycle,
    .hook = linked_hook,
    .free = linked_free,
};

struct actr_workload *actr_workload_new(const char *type,
                                        const struct actr_workload_options *options, void *self)
{
    struct actr_type parsed;
    if (!type) {
        err_origin(ACTR_EINVALID, "workload: no type");
        return NULL;
    }
    if (actr_type_parse(type, &parsed) < 0)
        return NULL;
    struct actr_workload *linked = mem_alloc(sizeof(*linked));
    if (!linked) {
        err_origin(ACTR_ENOMEM, "workload: no memory");
        return NULL;
    }
    if (options)
        memcpy(&linked->options, options,
               options->size < sizeof(*options) ? options->size : sizeof(*options));
    linked->base.ops = &linked_ops;
    linked->base.type = parsed;
    linked->base.never_blocks = linked->options.never_blocks;
    linked->base.limits = (struct workload_limits){
        .concurrency = linked->options.concurrency,
        .stuck_after_ms = linked->options.stuck_after_ms,
        .kept_replies_max = linked->options.kept_replies_max,
        .kept_reply_ttl_ms = linked->options.kept_reply_ttl_ms,
        .restarts_max = linked->options.restarts_max,
        .restart_window_ms = linked->options.restart_window_ms,
    };
    linked->base.hooks = linked_hooks(&linked->options);
    linked->self = self;
    hash_table_init(&linked->routes, linked_equal);
    key_domains_init(&linked->domains);
    return linked;
}

struct actr_workload *linked_wrap(struct workload *other)
{
    char type[ACTR_TYPE_STR_MAX];
    struct actr_workload *linked =
        actr_workload_new(actr_type_format(&other->type, type), NULL, NULL);
    if (linked)
        linked->other = other;
    return linked;
}

struct actr_workload *linked_client(void)
{
    static const struct actr_workload_options options = {.size = sizeof(options),
                                                         .never_blocks = true};
    return actr_workload_new("local:Client:0.0.0", &options, NULL);
}

/* The name, and what a route must not be: unhandled, late, or there already. */
static int linked_check(const struct actr_workload *linked, const char *route, size_t len,
                        actr_handler_fn *handler)
{
    if (len == 0 || len > LINKED_ROUTE_MAX)
        return err_origin(ACTR_EINVALID, "workload: a route has 1 to %d bytes, not %zu",
                          LINKED_ROUTE_MAX, len);
    if (!handler)
        return err_origin(ACTR_EINVALID, "workload: no handler for %s", route);
    if (linked->other)
        return err_origin(ACTR_ESTATE, "workload: the routes of a library are in the library");
    if (linked->is_used)
        return err_origin(ACTR_ESTATE, "workload: %s comes after actr_node_use()", route);
    if (linked_find(&linked->base, actr_view_of(route, len)))
        return err_origin(ACTR_EINVALID, "workload: %s is declared twice", route);
    return 0;
}

/* What a route handles must be what a call can be, wherever it comes from. */
static int linked_check_payload(const char *route, const struct actr_route_options *options)
{
    struct actr_route_options own = {0};
    if (options) /* an older caller's are shorter */
        memcpy(&own, options, options->size < sizeof(own) ? options->size : sizeof(own));
    for (enum message_role role = MESSAGE_REQUEST; role <= MESSAGE_NOTIFY; role++) {
        const struct execution_plan plan = execution_plan_resolve(
            (uint32_t)own.payload_type, role, RUNTIME_NATIVE, TRANSPORT_INPROC, NULL);
        if (plan.policy == EXECUTION_REFUSED)
            return err_origin(ACTR_EINVALID, "workload: %s: payload type %s: %s", route,
                              execution_plan_payload_name((uint32_t)own.payload_type), plan.reason);
    }
    return 0;
}

static int linked_add(struct actr_workload *linked, const char *route, actr_handler_fn *handler,
                      void *self, const struct actr_route_options *options)
{
    size_t len = route ? strnlen(route, LINKED_ROUTE_MAX + 1) : 0;
    struct conflict_rule rule;
    int r = linked_check(linked, route, len, handler);
    if (r == 0)
        r = linked_check_payload(route, options);
    if (r == 0)
        r = key_rule_make(&linked->domains, route, options, &rule);
    if (r < 0)
        return r;

    struct linked_handler *added = mem_alloc(sizeof(*added) + len + 1);
    if (!added)
        return err_origin(ACTR_ENOMEM, "workload: no memory for %s", route);
    memcpy(added->name, route, len + 1);
    added->name_len = len;
    added->fn = handler;
    added->self = self;
    added->route.name = added->name;
    added->rule = rule;
    added->route.rule = &added->rule;
    added->route.never_blocks = linked->options.never_blocks || (options && options->never_blocks);
    r = hash_table_insert(&linked->routes, &added->node, hash_bytes(&linked_key, route, len));
    if (r < 0) {
        mem_free(added);
        return r;
    }
    added->next = linked->first;
    linked->first = added;
    linked->base.has_keys |= rule.source != ACTR_KEY_NONE;
    return 0;
}

int linked_route(struct actr_workload *linked, const char *route, actr_handler_fn *handler,
                 void *self, const struct actr_route_options *options)
{
    int r = linked_add(linked, route, handler, self, options);
    if (r < 0 && linked->error == 0) {
        linked->error = r;
        snprintf(linked->error_text, sizeof(linked->error_text), "%s", actr_errmsg());
    }
    return r;
}

int actr_workload_route(struct actr_workload *workload, const char *route, actr_handler_fn *handler,
                        const struct actr_route_options *options)
{
    if (!workload)
        return err_origin(ACTR_EINVALID, "workload: NULL");
    return linked_route(workload, route, handler, workload->self, options);
}

int linked_use(struct actr_workload *linked, struct workload **ret_workload)
{
    if (!linked)
        return err_origin(ACTR_EINVALID, "workload: NULL (%s)", actr_errmsg());
    if (linked->is_used)
        return err_origin(ACTR_ESTATE, "workload: in use by a node already");
    if (linked->error < 0) {
        int code = linked->error;
        err_origin(code, "%s", linked->error_text);
        linked_free(&linked->base);
        return code;
    }
    linked->is_used = true;
    *ret_workload = &linked->base;
    if (linked->other) {
        *ret_workload = linked->other;
        linked->other = NULL;
        linked_free(&linked->base);
    }
    return 0;
}

void actr_workload_free(struct actr_workload *workload)
{
    if (workload && !workload->is_used)
        linked_free(&workload->base);
}
