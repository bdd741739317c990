// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What a handler in a library may do: the functions of <actr/context.h> and <actr/reply.h>.
 *
 * Calls and tells are operations of the host, asked for by frames. An operation that fails comes
 * back as a number without a text; the text is made here. Kept replies and calls in callback form
 * are ended before the entry is, because the host takes no answer after it.
 *
 * On the thread the host enters with; a kept reply may be given by any thread of the library. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "guest/guest.h"

#define CONTEXT_ROUTE_MAX 512

static uint64_t context_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void context_init(struct actr_ctx *ctx, const struct actr_host_vtable *host,
                  const struct abi_context *abi, const struct envelope *envelope)
{
    *ctx = (struct actr_ctx){.host = host, .abi = abi, .envelope = envelope, .route = ""};
    if (envelope && envelope->has_payload)
        ctx->request = envelope->payload;
    ctx->begun_us = context_now_us();
    list_init(&ctx->calls);
}

void context_deinit(struct actr_ctx *ctx)
{
    actr_bytes_unref(ctx->payload);
    actr_bytes_unref(ctx->text);
    mem_free(ctx->request_id);
    mem_free(ctx->traceparent);
    mem_free(ctx->tracestate);
}

/* Reading ------------------------------------------------------------------------------------ */

const struct actr_id *actr_ctx_self(const struct actr_ctx *ctx)
{
    return &ctx->abi->self;
}

const struct actr_id *actr_ctx_caller(const struct actr_ctx *ctx)
{
    return ctx->abi->has_caller ? &ctx->abi->caller : NULL;
}

static const char *context_text(char **slot, struct actr_view view)
{
    if (!*slot && view.ptr)
        *slot = mem_text((const char *)view.ptr, view.len);
    return *slot;
}

const char *actr_ctx_request_id(struct actr_ctx *ctx)
{
    const char *text = context_text(&ctx->request_id, ctx->abi->request_id);
    return text ? text : "";
}

const char *actr_ctx_route(const struct actr_ctx *ctx)
{
    return ctx->route;
}

/* The cache of texts is no visible state of the context. */
static struct actr_ctx *context_mutable(const struct actr_ctx *ctx)
{
    return (struct actr_ctx *)(uintptr_t)ctx;
}

const char *actr_ctx_traceparent(const struct actr_ctx *ctx)
{
    if (!ctx->envelope)
        return NULL;
    return context_text(&context_mutable(ctx)->traceparent, ctx->envelope->traceparent);
}

const char *actr_ctx_tracestate(const struct actr_ctx *ctx)
{
    if (!ctx->envelope)
        return NULL;
    return context_text(&context_mutable(ctx)->tracestate, ctx->envelope->tracestate);
}

int64_t actr_ctx_remaining_ms(const struct actr_ctx *ctx)
{
    if (!ctx->envelope || ctx->envelope->timeout_ms <= 0)
        return -1;
    int64_t gone_ms = (int64_t)((context_now_us() - ctx->begun_us) / 1000);
    return ctx->envelope->timeout_ms > gone_ms ? ctx->envelope->timeout_ms - gone_ms : 0;
}

bool actr_ctx_is_tell(const struct actr_ctx *ctx)
{
    return ctx->envelope && ctx->envelope->direction == ENVELOPE_TELL;
}

/* The request lies in the host's frame, which goes with the entry: what is kept is copied. */
struct actr_bytes actr_ctx_request_bytes(const struct actr_ctx *ctx)
{
    return actr_bytes_copy(ctx->request);
}

/* Stands for the node, which is in another image if not in another process, and dies with ctx. */
struct actr_node *actr_ctx_node(const struct actr_ctx *ctx)
{
    return &context_mutable(ctx)->node;
}

/* Operations --------------------------------------------------------------------------------- */

static int context_status(int32_t status, const char *what)
{
    switch (status) {
    case ACTR_ABI_OK:
        return 0;
    case ACTR_ABI_NO_MEMORY:
        return err_origin(ACTR_ENOMEM, "%s: the host has no memory", what);
    case ACTR_ABI_PROTOCOL:
        return err_origin(ACTR_EDECODE, "%s: the host could not read or decode it", what);
    case ACTR_ABI_UNSUPPORTED:
        return err_origin(ACTR_ENOTIMPL, "%s: the host does not offer it", what);
    default:
        return err_origin(ACTR_EINTERNAL, "%s: failed (status %d)", what, (int)status);
    }
}

/* Asks the host; consumes frame. ret_payload may be NULL. */
static int context_invoke(struct actr_ctx *ctx, struct actr_bytes frame, const char *what,
                          struct actr_bytes *ret_payload)
{
    uint8_t *data = NULL;
    size_t len = 0;
    struct abi_reply reply;
    if (actr_bytes_failed(frame))
        return err_origin(ACTR_ENOMEM, "%s: no memory", what);
    int32_t status = ctx->host->invoke(ctx->abi->token, frame.ptr, frame.len, &data, &len);
    actr_bytes_unref(frame);
    int r = context_status(status, what);
    if (r == 0)
        r = abi_reply_decode(actr_view_of(data, len), &reply);
    if (r == 0)
        r = context_status(reply.status, what);
    if (r == 0 && ret_payload) {
        struct actr_bytes payload = actr_bytes_copy(reply.payload);
        if (actr_bytes_failed(payload))
            r = err_origin(ACTR_ENOMEM, "%s: no memory for the reply", what);
        else
            *ret_payload = payload;
    }
    ctx->host->free_host_buf(data, len);
    return r;
}

/* A call or a tell; consumes payload. */
static int context_send(struct actr_ctx *ctx, uint32_t op, const struct actr_id *dest,
                        const char *route, struct actr_bytes payload, struct actr_bytes *ret_reply)
{
    size_t len = route ? strnlen(route, CONTEXT_ROUTE_MAX + 1) : 0;
    int r = 0;
    if (actr_bytes_failed(payload))
        return err_origin(ACTR_ENOMEM, "call: no memory for the payload");
    if (!dest || len == 0 || len > CONTEXT_ROUTE_MAX)
        r = err_origin(ACTR_EINVALID, "call: no destination, or a route of %zu bytes", len);
    if (r == 0) {
        struct abi_call call = {actr_view_of(route, len), actr_bytes_view(payload), *dest};
        r = context_invoke(ctx, abi_call_encode(op, &call), route, ret_reply);
    }
    actr_bytes_unref(payload);
    return r;
}

int actr_ctx_call_wait(struct actr_ctx *ctx, const struct actr_id *dest, const char *route,
                       struct actr_bytes payload, const struct actr_call_options *options,
                       struct actr_bytes *ret_reply)
{
    (void)options; /* nothing of them crosses: the host waits 30 s */
    return context_send(ctx, ACTR_ABI_CALL, dest, route, payload, ret_reply);
}

int actr_ctx_tell(struct actr_ctx *ctx, const struct actr_id *dest, const char *route,
                  struct actr_bytes payload, const struct actr_call_options *options)
{
    (void)options;
    return context_send(ctx, ACTR_ABI_TELL, dest, route, payload, NULL);
}

int actr_discover_one(struct actr_node *node, const char *type, struct actr_id *ret_id)
{
    struct actr_ctx *ctx = container_of(node, struct actr_ctx, node);
    struct actr_type parsed;
    AUTO_BYTES struct actr_bytes found = {0};
    if (!type)
        return err_origin(ACTR_EINVALID, "discover: no type");
    int r = actr_type_parse(type, &parsed);
    if (r == 0)
        r = context_invoke(ctx, abi_discover_encode(&parsed), "discover", &found);
    return r < 0 ? r : abi_id_decode(actr_bytes_view(found), ret_id);
}

int actr_ctx_call(struct actr_ctx *ctx, const struct actr_id *dest, const char *route,
                  struct actr_bytes payload, const struct actr_call_options *options,
                  actr_result_fn *fn, void *arg, uint64_t *ret_call)
{
    (void)options;
    size_t len = route ? strnlen(route, CONTEXT_ROUTE_MAX + 1) : 0;
    struct guest_call *call = NULL;
    int r = 0;
    if (actr_bytes_failed(payload))
        return err_origin(ACTR_ENOMEM, "call: no memory for the payload");
    if (!dest || !fn || len == 0 || len > CONTEXT_ROUTE_MAX)
        r = err_origin(ACTR_EINVALID, "call: no destination, no callback or no route");
    if (r == 0) {
        call = mem_alloc(sizeof(*call) + len + 1);
        if (!call)
            r = err_origin(ACTR_ENOMEM, "call: no memory");
    }
    if (r < 0) {
        actr_bytes_unref(payload);
        return r;
    }
    call->dest = *dest;
    call->payload = payload;
    call->fn = fn;
    call->arg = arg;
    memcpy(call->route, route, len + 1);
    list_init(&call->link);
    list_push(&ctx->calls, &call->link);
    if (ret_call)
        *ret_call = ++ctx->call_count;
    return 0;
}

/* Replies ------------------------------------------------------------------------------------ */

static int context_check_open(const struct actr_ctx *ctx)
{
    if (ctx->slot == GUEST_OPEN)
        return 0;
    return err_origin(ACTR_ESTATE, "reply: the request was answered or kept already");
}

int actr_reply(struct actr_ctx *ctx, struct actr_bytes payload)
{
    int r = context_check_open(ctx);
    if (r < 0) {
        actr_bytes_unref(payload);
        return r;
    }
    ctx->slot = GUEST_ANSWERED;
    if (actr_bytes_failed(payload)) {
        ctx->code = ACTR_EINTERNAL;
        return err_origin(ACTR_ENOMEM, "reply: no memory for the payload");
    }
    ctx->payload = payload;
    return 0;
}

static struct actr_bytes context_copy_text(const char *text)
{
    struct actr_bytes bytes = actr_bytes_str(text);
    return actr_bytes_failed(bytes) ? (struct actr_bytes){0} : bytes; /* the code says enough */
}

int actr_fail(struct actr_ctx *ctx, int code, const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    va_list args;
    if (code >= 0)
        return err_origin(ACTR_EINVALID, "fail: %d is no error code", code);
    int r = context_check_open(ctx);
    if (r < 0)
        return r;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    ctx->slot = GUEST_ANSWERED;
    ctx->code = code;
    ctx->text = context_copy_text(text);
    return 0;
}

struct actr_reply *actr_reply_keep(struct actr_ctx *ctx)
{
    if (context_check_open(ctx) < 0)
        return NULL;
    struct actr_reply *reply = mem_alloc(sizeof(*reply));
    if (!reply) {
        err_origin(ACTR_ENOMEM, "reply: no memory to keep it");
        return NULL;
    }
    waiter_init(&reply->waiter);
    ctx->slot = GUEST_KEPT;
    ctx->reply = reply;
    return reply;
}

int actr_reply_send(struct actr_reply *reply, struct actr_bytes payload)
{
    bool no_memory = actr_bytes_failed(payload);
    if (no_memory)
        reply->code = ACTR_EINTERNAL;
    else
        reply->payload = payload;
    waiter_signal(&reply->waiter);
    return no_memory ? err_origin(ACTR_ENOMEM, "reply: no memory for the payload") : 0;
}

int actr_reply_fail(struct actr_reply *reply, int code, const char *message)
{
    reply->code = code < 0 ? code : ACTR_EINTERNAL;
    reply->text = context_copy_text(message ? message : "");
    waiter_signal(&reply->waiter);
    return 0;
}

void context_finish(struct actr_ctx *ctx)
{
    struct list *link;
    while ((link = list_pop(&ctx->calls)) != NULL) {
        struct guest_call *call = container_of(link, struct guest_call, link);
        struct actr_result result = {.retry_after_ms = -1};
        result.code = context_send(ctx, ACTR_ABI_CALL, &call->dest, call->route, call->payload,
                                   &result.reply);
        result.message = result.code < 0 ? actr_errmsg() : "";
        call->fn(call->arg, &result);
        actr_bytes_unref(result.reply);
        mem_free(call);
    }
    if (ctx->slot != GUEST_KEPT)
        return;
    struct actr_reply *reply = ctx->reply;
    (void)!waiter_wait(&reply->waiter, WAITER_FOREVER);
    ctx->slot = GUEST_ANSWERED;
    ctx->code = reply->code;
    ctx->payload = reply->payload;
    ctx->text = reply->text;
    waiter_deinit(&reply->waiter);
    mem_free(reply);
}

void actr_ctx_log(struct actr_ctx *ctx, enum actr_log_level level, const char *format, ...)
{
    static const char *const names[] = {"trace", "debug", "info", "warn", "error"};
    char text[512];
    va_list args;
    (void)ctx;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fprintf(stderr, "actr: workload %s: %s\n",
            (unsigned)level < sizeof(names) / sizeof(names[0]) ? names[level] : "?", text);
}
