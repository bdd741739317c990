// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Context: the public accessors and the answer slot.
 *
 * Reading a context copies nothing but the texts that must end in a NUL, and those only when asked
 * for. Calls and tells are passed up through context_ops. Runs on the thread that has the actor's
 * turn; keeps nothing beyond it. */
#include "hyper/workload/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "protocol/id.h"
#include "sys/log.h"
#include "sys/loop.h"

struct context_texts {
    char *request_id, *traceparent, *tracestate;
};

void context_init(struct actr_ctx *ctx, const struct context_env *env)
{
    memset(ctx, 0, sizeof(*ctx));
    ctx->env = env;
    ctx->route = "";
}

void context_deinit(struct actr_ctx *ctx)
{
    actr_bytes_unref(ctx->request);
    actr_bytes_unref(ctx->result.payload);
    actr_bytes_unref(ctx->result.message);
    if (ctx->_texts) {
        mem_free(ctx->_texts->request_id);
        mem_free(ctx->_texts->traceparent);
        mem_free(ctx->_texts->tracestate);
        mem_free(ctx->_texts);
    }
}

void context_answer(struct actr_ctx *ctx, struct actr_bytes payload)
{
    ctx->slot = CONTEXT_ANSWERED;
    ctx->result.code = 0;
    ctx->result.retry_after_ms = -1;
    ctx->result.payload = payload;
}

void context_fail(struct actr_ctx *ctx, int code, const char *text)
{
    ctx->slot = CONTEXT_ANSWERED;
    ctx->result.code = code;
    ctx->result.retry_after_ms = -1;
    ctx->result.message = actr_bytes_str(text);
    if (actr_bytes_failed(ctx->result.message))
        ctx->result.message = (struct actr_bytes){0}; /* the code says enough */
}

void context_panic(struct actr_ctx *ctx, const char *text)
{
    char whole[ERR_TEXT_MAX];
    bool is_kept = ctx->slot == CONTEXT_KEPT;
    snprintf(whole, sizeof(whole), "handler panicked: %.480s", text);
    actr_bytes_unref(ctx->result.payload);
    actr_bytes_unref(ctx->result.message);
    ctx->result.payload = (struct actr_bytes){0};
    context_fail(ctx, ACTR_EINTERNAL, whole);
    if (is_kept)
        ctx->slot = CONTEXT_KEPT;
    ctx->has_panicked = true;
    ctx->env->ops->on_panic(ctx->env->owner, ctx->route, text);
}

const struct actr_id *actr_ctx_self(const struct actr_ctx *ctx)
{
    return &ctx->env->self;
}

const struct actr_id *actr_ctx_caller(const struct actr_ctx *ctx)
{
    return ctx->caller;
}

const char *actr_ctx_route(const struct actr_ctx *ctx)
{
    return ctx->route;
}

/* The NUL-terminated copy of `view`, made once; NULL when it is absent or memory has run out. */
static const char *context_text(struct actr_ctx *ctx, size_t offset, struct actr_view view)
{
    if (!view.ptr)
        return NULL;
    if (!ctx->_texts) {
        ctx->_texts = mem_alloc(sizeof(*ctx->_texts));
        if (!ctx->_texts)
            return NULL;
    }
    char **slot = (char **)(void *)((char *)ctx->_texts + offset);
    if (!*slot)
        *slot = mem_text((const char *)view.ptr, view.len);
    return *slot;
}

const char *actr_ctx_request_id(struct actr_ctx *ctx)
{
    if (ctx->request_id.ptr) {
        const char *text =
            context_text(ctx, offsetof(struct context_texts, request_id), ctx->request_id);
        return text ? text : "";
    }
    /* A message from inside the process gets its id only if someone looks at it. */
    if (ctx->_own_id[0] == '\0') {
        uint8_t random[16];
        loop_random(ctx->env->loop, random, sizeof(random));
        text_uuid(ctx->_own_id, random);
    }
    return ctx->_own_id;
}

const char *actr_ctx_traceparent(const struct actr_ctx *ctx)
{
    /* The cache of texts is no visible state of the context. */
    struct actr_ctx *mutable = (struct actr_ctx *)(uintptr_t)ctx;
    return context_text(mutable, offsetof(struct context_texts, traceparent), ctx->traceparent);
}

const char *actr_ctx_tracestate(const struct actr_ctx *ctx)
{
    struct actr_ctx *mutable = (struct actr_ctx *)(uintptr_t)ctx;
    return context_text(mutable, offsetof(struct context_texts, tracestate), ctx->tracestate);
}

int64_t actr_ctx_remaining_ms(const struct actr_ctx *ctx)
{
    if (ctx->deadline_us == 0)
        return -1;
    uint64_t now_us = loop_clock_us(ctx->env->loop);
    return now_us >= ctx->deadline_us ? 0 : (int64_t)((ctx->deadline_us - now_us) / 1000);
}

bool actr_ctx_is_tell(const struct actr_ctx *ctx)
{
    return ctx->is_tell;
}

struct actr_bytes actr_ctx_request_bytes(const struct actr_ctx *ctx)
{
    return actr_bytes_ref(ctx->request);
}

struct actr_node *actr_ctx_node(const struct actr_ctx *ctx)
{
    return ctx->env->node;
}

int actr_ctx_call(struct actr_ctx *ctx, const struct actr_id *dest, const char *route,
                  struct actr_bytes payload, const struct actr_call_options *options,
                  actr_result_fn *fn, void *arg, uint64_t *ret_call)
{
    struct context_call call = {dest, route, payload, options, ctx};
    return ctx->env->ops->call(ctx->env->owner, &call, fn, arg, ret_call);
}

int actr_ctx_call_wait(struct actr_ctx *ctx, const struct actr_id *dest, const char *route,
                       struct actr_bytes payload, const struct actr_call_options *options,
                       struct actr_bytes *ret_reply)
{
    struct context_call call = {dest, route, payload, options, ctx};
    return ctx->env->ops->call_wait(ctx->env->owner, &call, ret_reply);
}

int actr_ctx_tell(struct actr_ctx *ctx, const struct actr_id *dest, const char *route,
                  struct actr_bytes payload, const struct actr_call_options *options)
{
    struct context_call call = {dest, route, payload, options, ctx};
    return ctx->env->ops->tell(ctx->env->owner, &call);
}

int actr_poison(struct actr_ctx *ctx, const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return ctx->env->ops->poison(ctx->env->owner, ctx, text);
}

void actr_ctx_log(struct actr_ctx *ctx, enum actr_log_level level, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    log_write(ctx->env->log, level, "workload", "%s", text);
}
