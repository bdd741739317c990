// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Routes and hooks inside a library: the functions of <actr/workload.h>.
 *
 * The first error of building is kept, so that a program may add all its routes without looking;
 * actr_init() then fails. Where a handler may run and what may overlap is the host's affair, which
 * enters one request at a time: those options are accepted and say nothing here.
 *
 * On the thread the host enters with. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "guest/guest.h"

#define WORKLOAD_ROUTE_MAX 512

/* Routes are the library's own, never a peer's choice, so a fixed key does. */
static const struct hash_key workload_key = {{1}};

struct workload_handler {
    struct hash_node node;
    actr_handler_fn *fn;
    size_t name_len;
    char name[];
};

struct actr_workload {
    struct actr_workload_options options;
    void *self;
    struct hash_table routes;
    int error;
};

static struct workload_handler *workload_handler_of(const struct hash_node *node)
{
    return container_of((struct hash_node *)(uintptr_t)node, struct workload_handler, node);
}

static bool workload_equal(const struct hash_node *node, const void *wanted)
{
    const struct workload_handler *handler = workload_handler_of(node);
    const struct actr_view *name = wanted;
    return handler->name_len == name->len && memcmp(handler->name, name->ptr, name->len) == 0;
}

static const struct workload_handler *workload_find(const struct actr_workload *workload,
                                                    struct actr_view route)
{
    struct hash_node *node =
        hash_table_find(&workload->routes, hash_bytes(&workload_key, route.ptr, route.len), &route);
    return node ? workload_handler_of(node) : NULL;
}

struct actr_workload *actr_workload_new(const char *type,
                                        const struct actr_workload_options *options, void *self)
{
    struct actr_type parsed;
    if (!type || actr_type_parse(type, &parsed) < 0)
        return NULL;
    struct actr_workload *workload = mem_alloc(sizeof(*workload));
    if (!workload) {
        err_origin(ACTR_ENOMEM, "workload: no memory");
        return NULL;
    }
    if (options)
        memcpy(&workload->options, options,
               options->size < sizeof(*options) ? options->size : sizeof(*options));
    workload->self = self;
    hash_table_init(&workload->routes, workload_equal);
    return workload;
}

static int workload_add(struct actr_workload *workload, const char *route, actr_handler_fn *handler)
{
    size_t len = route ? strnlen(route, WORKLOAD_ROUTE_MAX + 1) : 0;
    if (len == 0 || len > WORKLOAD_ROUTE_MAX || !handler)
        return err_origin(ACTR_EINVALID,
                          "workload: a route has 1 to %d bytes and a handler; this one: %zu",
                          WORKLOAD_ROUTE_MAX, len);
    if (workload_find(workload, actr_view_of(route, len)))
        return err_origin(ACTR_EINVALID, "workload: %s is declared twice", route);
    struct workload_handler *added = mem_alloc(sizeof(*added) + len + 1);
    if (!added)
        return err_origin(ACTR_ENOMEM, "workload: no memory for %s", route);
    memcpy(added->name, route, len + 1);
    added->name_len = len;
    added->fn = handler;
    int r =
        hash_table_insert(&workload->routes, &added->node, hash_bytes(&workload_key, route, len));
    if (r < 0)
        mem_free(added);
    return r;
}

int actr_workload_route(struct actr_workload *workload, const char *route, actr_handler_fn *handler,
                        const struct actr_route_options *options)
{
    (void)options;
    if (!workload)
        return err_origin(ACTR_EINVALID, "workload: NULL");
    int r = workload_add(workload, route, handler);
    if (r < 0 && workload->error == 0) {
        workload->error = r;
        fprintf(stderr, "actr: %s\n", actr_errmsg()); /* actr_init() has only a number to say */
    }
    return r;
}

int workload_error(const struct actr_workload *workload)
{
    return workload->error;
}

void workload_handle(struct actr_workload *workload, struct actr_ctx *ctx)
{
    struct actr_view route = ctx->envelope->route;
    const struct workload_handler *handler = workload_find(workload, route);
    if (!handler) {
        actr_fail(ctx, ACTR_EROUTE, "%.*s", (int)(route.len < 200 ? route.len : 200),
                  (const char *)route.ptr);
        return;
    }
    ctx->route = handler->name;
    handler->fn(ctx, ctx->request, workload->self);
}

int workload_lifecycle(struct actr_workload *workload, uint32_t hook, struct actr_ctx *ctx)
{
    actr_lifecycle_fn *const fns[] = {
        [ACTR_ABI_ON_START] = workload->options.on_start,
        [ACTR_ABI_ON_READY] = workload->options.on_ready,
        [ACTR_ABI_ON_STOP] = workload->options.on_stop,
    };
    return fns[hook] ? fns[hook](ctx, workload->self) : 0;
}

static void workload_on_peer(actr_peer_fn *fn, const struct abi_hook *hook, struct actr_ctx *ctx,
                             void *self)
{
    struct actr_peer_event event = {
        .size = sizeof(event),
        .peer = hook->peer,
        .has_relayed = hook->has_relayed,
        .relayed = hook->is_relayed,
        .status = ACTR_PEER_NO_STATUS,
        .message = "",
    };
    if (hook->has_status && hook->status <= ACTR_PEER_RECOVERING)
        event.status = (enum actr_peer_status)hook->status;
    if (fn)
        fn(ctx, &event, self);
}

void workload_hook(struct actr_workload *workload, const struct abi_hook *hook,
                   struct actr_ctx *ctx)
{
    const struct actr_workload_options *options = &workload->options;
    actr_signaling_fn *const signaling_fns[] = {options->on_signaling_connecting,
                                                options->on_signaling_connected,
                                                options->on_signaling_disconnected};
    actr_peer_fn *const peer_fns[] = {
        options->on_websocket_connecting,   options->on_websocket_connected,
        options->on_websocket_disconnected, options->on_webrtc_connecting,
        options->on_webrtc_connected,       options->on_webrtc_disconnected};
    if (hook->hook <= ACTR_ABI_SIGNALING_DISCONNECTED) {
        struct actr_signaling_event event = {.size = sizeof(event), .message = ""};
        actr_signaling_fn *fn = signaling_fns[hook->hook - ACTR_ABI_SIGNALING_CONNECTING];
        if (fn)
            fn(ctx, &event, workload->self);
    } else if (hook->hook <= ACTR_ABI_WEBRTC_DISCONNECTED) {
        workload_on_peer(peer_fns[hook->hook - ACTR_ABI_WEBSOCKET_CONNECTING], hook, ctx,
                         workload->self);
    } else if (hook->hook <= ACTR_ABI_CREDENTIAL_EXPIRING) {
        struct actr_credential_event event = {sizeof(event), hook->expiry_s};
        actr_credential_fn *fn = hook->hook == ACTR_ABI_CREDENTIAL_RENEWED
                                     ? options->on_credential_renewed
                                     : options->on_credential_expiring;
        if (fn)
            fn(ctx, &event, workload->self);
    } else if (options->on_mailbox_backpressure) {
        struct actr_backpressure_event event = {sizeof(event), hook->queue_len, hook->threshold};
        options->on_mailbox_backpressure(ctx, &event, workload->self);
    }
}

void workload_end(struct actr_workload *workload)
{
    if (workload->options.destroy)
        workload->options.destroy(workload->self);
    struct hash_node *node = hash_table_next(&workload->routes, NULL);
    while (node) {
        struct hash_node *next = hash_table_next(&workload->routes, node);
        hash_table_remove(&workload->routes, node);
        mem_free(workload_handler_of(node));
        node = next;
    }
    hash_table_deinit(&workload->routes);
    mem_free(workload);
}

void actr_workload_free(struct actr_workload *workload)
{
    if (workload)
        workload_end(workload);
}
