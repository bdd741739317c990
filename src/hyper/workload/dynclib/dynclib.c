// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The backend of libraries: from what the node wants of an actor to entries of its instance.
 *
 * Everything here only queues, so it runs on the loop and never blocks it: a request's reply is
 * kept, and given by the instance when the library has answered. A library declares no routes;
 * every message goes to it, and it is the one to say that there is no such route.
 *
 * Loading and freeing block. */
#include "hyper/workload/dynclib/dynclib.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <actr/dynclib.h>
#include <actr/reply.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"
#include "hyper/workload/context.h"
#include "hyper/workload/dynclib/bridge.h"
#include "hyper/workload/dynclib/child.h"
#include "hyper/workload/dynclib/image.h"
#include "hyper/workload/dynclib/instance.h"
#include "hyper/workload/dynclib/library.h"
#include "hyper/workload/linked.h"
#include "hyper/workload/workload.h"
#include "protocol/abi.h"
#include "sys/loop.h"

/* 1 to 12: what has a number for libraries. */
#define DYNCLIB_HOOKS (((1u << (ACTR_HOOK_MAILBOX_BACKPRESSURE + 1)) - 1) & ~1u)

struct dynclib {
    struct workload base;
    struct workload_route route;
    struct instance *instance;
    struct bridge *bridge;
    const struct context_env *env; /* once it has been started */
    char path[];
};

static struct dynclib *dynclib_of(struct workload *workload)
{
    return container_of(workload, struct dynclib, base);
}

static const struct workload_route *dynclib_find(const struct workload *workload,
                                                 struct actr_view route)
{
    (void)route;
    return &dynclib_of((struct workload *)(uintptr_t)workload)->route;
}

/* What every frame begins with. The request id is ctx's. */
static int dynclib_context(struct dynclib *dynclib, struct actr_ctx *ctx,
                           struct abi_context *ret_context)
{
    *ret_context = (struct abi_context){
        .self = ctx->env->self,
        .request_id = view_text(actr_ctx_request_id(ctx)),
        .has_caller = ctx->caller != NULL,
    };
    if (ctx->caller)
        ret_context->caller = *ctx->caller;
    return bridge_begin(dynclib->bridge, ctx, &ret_context->token);
}

/* Consumes frame and reply. */
static void dynclib_submit(struct dynclib *dynclib, struct instance_entry *entry)
{
    if (!actr_bytes_failed(entry->frame)) {
        instance_submit(dynclib->instance, entry);
        return;
    }
    bridge_end(dynclib->bridge, entry->token);
    if (entry->reply)
        (void)actr_reply_fail(entry->reply, ACTR_ENOMEM, "no memory for the frame");
}

static void dynclib_invoke(struct workload *workload, const struct workload_route *route,
                           struct actr_ctx *ctx)
{
    struct dynclib *dynclib = dynclib_of(workload);
    struct abi_handle handle;
    char what[128];
    (void)route;
    if (dynclib_context(dynclib, ctx, &handle.context) < 0) {
        actr_fail(ctx, ACTR_EUNAVAILABLE, "%s", actr_errmsg());
        return;
    }
    struct actr_reply *reply = actr_reply_keep(ctx);
    if (!reply) {
        bridge_end(dynclib->bridge, handle.context.token);
        actr_fail(ctx, ACTR_EUNAVAILABLE, "%s", actr_errmsg());
        return;
    }
    int64_t left_ms = actr_ctx_remaining_ms(ctx);
    handle.envelope = (struct envelope){
        .route = ctx->target,
        .payload = actr_bytes_view(ctx->request),
        .has_payload = true,
        .traceparent = ctx->traceparent,
        .tracestate = ctx->tracestate,
        .request_id = handle.context.request_id,
        .direction = ctx->is_tell ? ENVELOPE_TELL : ENVELOPE_REQUEST,
        .timeout_ms = left_ms < 0   ? 0
                      : left_ms > 0 ? left_ms
                                    : 1,
    };
    snprintf(what, sizeof(what), "%.*s", (int)(ctx->target.len < 100 ? ctx->target.len : 100),
             (const char *)ctx->target.ptr);
    struct instance_entry entry = {
        .kind = INSTANCE_HANDLE,
        .frame = abi_handle_encode(&handle),
        .token = handle.context.token,
        .reply = reply,
        .deadline_us = ctx->deadline_us,
        .what = what,
    };
    dynclib_submit(dynclib, &entry);
}

static int dynclib_lifecycle(struct workload *workload, enum workload_event event,
                             struct actr_ctx *ctx)
{
    static const struct {
        enum instance_kind kind;
        uint32_t hook;
        const char *what;
    } events[] = {
        [WORKLOAD_START] = {INSTANCE_START, ACTR_ABI_ON_START, "on_start"},
        [WORKLOAD_READY] = {INSTANCE_READY, ACTR_ABI_ON_READY, "on_ready"},
        [WORKLOAD_STOP] = {INSTANCE_STOP, ACTR_ABI_ON_STOP, "on_stop"},
    };
    struct dynclib *dynclib = dynclib_of(workload);
    struct abi_lifecycle lifecycle = {.hook = events[event].hook};
    dynclib->env = ctx->env;
    instance_attach(dynclib->instance, ctx->env->loop, ctx->env->log);
    bridge_uncut(dynclib->bridge);
    int r = dynclib_context(dynclib, ctx, &lifecycle.context);
    if (r < 0)
        return r;
    struct actr_reply *reply = actr_reply_keep(ctx);
    if (!reply) {
        bridge_end(dynclib->bridge, lifecycle.context.token);
        return ACTR_EUNAVAILABLE;
    }
    struct instance_entry entry = {
        .kind = events[event].kind,
        .frame = abi_lifecycle_encode(&lifecycle),
        .token = lifecycle.context.token,
        .reply = reply,
        .what = events[event].what,
    };
    if (event == WORKLOAD_STOP)
        entry.deadline_us = loop_now_us(ctx->env->loop) + (uint64_t)INSTANCE_STOP_MS * 1000;
    dynclib_submit(dynclib, &entry);
    return 0;
}

static int dynclib_hook(struct workload *workload, const struct actr_hook_event *event,
                        struct actr_ctx *ctx)
{
    struct dynclib *dynclib = dynclib_of(workload);
    struct abi_hook hook = {.hook = (uint32_t)event->hook};
    char what[32];
    int r = dynclib_context(dynclib, ctx, &hook.context);
    if (r < 0)
        return r;
    if (event->peer) {
        hook.has_peer = true;
        hook.peer = event->peer->peer;
        hook.has_relayed = event->peer->has_relayed;
        hook.is_relayed = event->peer->relayed;
        hook.has_status = event->peer->status != ACTR_PEER_NO_STATUS;
        hook.status = hook.has_status ? (uint32_t)event->peer->status : 0;
    } else if (event->credential) {
        hook.has_credential = true;
        hook.expiry_s = event->credential->expires_at_s;
    } else if (event->backpressure) {
        hook.has_backpressure = true;
        hook.queue_len = event->backpressure->queue_len;
        hook.threshold = event->backpressure->threshold;
    }
    snprintf(what, sizeof(what), "hook %d", (int)event->hook);
    struct instance_entry entry = {
        .kind = INSTANCE_HOOK,
        .frame = abi_hook_encode(&hook),
        .token = hook.context.token,
        .what = what,
    };
    dynclib_submit(dynclib, &entry);
    return 0;
}

/* A process of its own, anew: START and READY follow. */
static int dynclib_restart(struct workload *workload, struct actr_ctx *ctx)
{
    struct actr_reply *reply = actr_reply_keep(ctx);
    if (!reply)
        return ACTR_EUNAVAILABLE;
    struct instance_entry entry = {.kind = INSTANCE_RESTART, .reply = reply, .what = "restart"};
    instance_submit(dynclib_of(workload)->instance, &entry);
    return 0;
}

/* The supervisor of the actor decides what becomes of it. */
static void dynclib_on_ended(void *owner, const char *text)
{
    struct dynclib *dynclib = owner;
    struct actr_ctx ctx;
    context_init(&ctx, dynclib->env);
    (void)dynclib->env->ops->poison(dynclib->env->owner, &ctx, text);
    context_deinit(&ctx);
}

static const struct instance_events dynclib_events = {.on_ended = dynclib_on_ended};

static void dynclib_give_up(struct workload *workload)
{
    instance_give_up(dynclib_of(workload)->instance);
}

static void dynclib_rest(struct workload *workload)
{
    instance_rest(dynclib_of(workload)->instance);
}

static void dynclib_free(struct workload *workload)
{
    struct dynclib *dynclib = dynclib_of(workload);
    if (dynclib->instance)
        instance_free(dynclib->instance);
    mem_free(dynclib);
}

static const struct workload_ops dynclib_ops = {
    .find = dynclib_find,
    .invoke = dynclib_invoke,
    .lifecycle = dynclib_lifecycle,
    .hook = dynclib_hook,
    .give_up = dynclib_give_up,
    .rest = dynclib_rest,
    .free = dynclib_free,
};

static const struct workload_ops dynclib_process_ops = {
    .find = dynclib_find,
    .invoke = dynclib_invoke,
    .lifecycle = dynclib_lifecycle,
    .hook = dynclib_hook,
    .restart = dynclib_restart,
    .give_up = dynclib_give_up,
    .rest = dynclib_rest,
    .free = dynclib_free,
};

/* Loading ------------------------------------------------------------------------------------ */

/* Consumes fd; the bridge is the caller's on failure. */
static int dynclib_library(struct dynclib *dynclib, int fd, const struct actr_load_options *options,
                           struct bridge *bridge, struct library **ret_library)
{
    struct child_options child = {fd, dynclib->path, options->host_path, bridge};
    if (options->isolation == ACTR_ISOLATION_PROCESS)
        return child_new(&child, ret_library);
    return library_local(fd, dynclib->path, &bridge_vtable, ret_library);
}

/* Consumes fd. */
static int dynclib_instance(struct dynclib *dynclib, int fd, const char *type,
                            const struct actr_load_options *options)
{
    const char *slash = strrchr(dynclib->path, '/');
    const struct abi_init init = {ACTR_ABI_VERSION, view_text(type)};
    struct instance_options parts = {.name = slash ? slash + 1 : dynclib->path,
                                     .entry_max_ms = options->entry_max_ms};
    int r = bridge_open(&parts.bridge);
    if (r < 0) {
        close(fd);
        return r;
    }
    r = dynclib_library(dynclib, fd, options, parts.bridge, &parts.library);
    if (r < 0) {
        bridge_close(parts.bridge);
        return r;
    }
    parts.init = abi_init_encode(&init);
    if (actr_bytes_failed(parts.init)) {
        parts.library->ops->free(parts.library, false);
        bridge_close(parts.bridge);
        return err_origin(ACTR_ENOMEM, "%s: no memory", dynclib->path);
    }
    dynclib->bridge = parts.bridge;
    r = instance_new(&parts, &dynclib->instance);
    if (r == 0)
        instance_watch_end(dynclib->instance, &dynclib_events, dynclib);
    return r;
}

static int dynclib_new(const struct actr_type *type, const char *type_text, const char *path,
                       const struct actr_load_options *options, struct dynclib **ret_dynclib)
{
    static const struct conflict_rule alone;
    char hash[IMAGE_HASH_SIZE];
    bool is_process = options->isolation == ACTR_ISOLATION_PROCESS;
    int fd = -1;
    struct image_source source = {
        .path = path, .sha256 = options->sha256, .cache_dir = options->cache_dir};
    int r = image_open(&source, &fd, hash);
    if (r < 0)
        return r;
    struct dynclib *dynclib = mem_alloc(sizeof(*dynclib) + strlen(path) + 1);
    if (!dynclib) {
        close(fd);
        return err_origin(ACTR_ENOMEM, "%s: no memory", path);
    }
    memcpy(dynclib->path, path, strlen(path) + 1);
    dynclib->base = (struct workload){.ops = is_process ? &dynclib_process_ops : &dynclib_ops,
                                      .type = *type,
                                      .limits = {.restarts_max = options->restarts_max,
                                                 .restart_window_ms = options->restart_window_ms},
                                      .never_blocks = true,
                                      .is_loop_only = true,
                                      .hooks = DYNCLIB_HOOKS};
    dynclib->route = (struct workload_route){.name = "", .rule = &alone, .never_blocks = true};
    r = dynclib_instance(dynclib, fd, type_text, options);
    if (r < 0) {
        mem_free(dynclib);
        return r;
    }
    *ret_dynclib = dynclib;
    return 0;
}

struct actr_workload *actr_workload_load(const char *type, const char *path,
                                         const struct actr_load_options *options)
{
    struct actr_load_options given = {0};
    struct actr_type parsed;
    struct dynclib *dynclib = NULL;
    if (!type || !path) {
        err_origin(ACTR_EINVALID, "dynclib: no type or no path");
        return NULL;
    }
    if (options)
        memcpy(&given, options, options->size < sizeof(given) ? options->size : sizeof(given));
    if (given.isolation != ACTR_ISOLATION_NONE && given.isolation != ACTR_ISOLATION_PROCESS) {
        err_origin(ACTR_EINVALID, "dynclib: no such isolation: %d", (int)given.isolation);
        return NULL;
    }
    if (actr_type_parse(type, &parsed) < 0 ||
        dynclib_new(&parsed, type, path, &given, &dynclib) < 0)
        return NULL;
    struct actr_workload *workload = linked_wrap(&dynclib->base);
    if (!workload)
        dynclib_free(&dynclib->base);
    return workload;
}
