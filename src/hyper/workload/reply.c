// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Replies: given at once into the slot of the context, or kept.
 *
 * A kept reply is guarded by a lock of its own, held for a few instructions: under it the program's
 * answer is claimed and posted to the loop, or the node claims it and lets go. The loop outlives
 * every reply that still points at its registry, because the node detaches all of them before it
 * goes. Never calls up under the lock. */
#include "hyper/workload/reply.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "hyper/workload/context.h"

struct actr_reply {
    struct lock lock;
    struct kept_replies *kept; /* NULL: the node has let go */
    bool is_answered;          /* by the program; result is set, post is on its way */
    bool is_adopted;           /* fn is set; loop only */
    bool has_arrived;          /* the post came; loop only */
    struct loop_post post;
    struct loop_task deliver; /* to keep fn out of reply_adopt() */
    struct loop_timer deadline;
    struct list link;
    struct dispatch_result result;
    reply_result_fn *fn;
    void *arg;
};

static void kept_on_empty(struct loop_task *task)
{
    struct kept_replies *kept = container_of(task, struct kept_replies, _empty);
    void (*fn)(void *arg) = kept->_on_empty;
    if (!fn || !list_is_empty(&kept->_adopted))
        return;
    kept->_on_empty = NULL;
    fn(kept->_empty_arg);
}

void kept_replies_when_empty(struct kept_replies *kept, void (*fn)(void *arg), void *arg)
{
    kept->_on_empty = fn;
    kept->_empty_arg = arg;
    loop_defer(kept->loop, &kept->_empty);
}

void kept_replies_init(struct kept_replies *kept, struct loop *loop, uint32_t count_max)
{
    kept->loop = loop;
    lock_init(&kept->lock);
    kept->count = 0;
    kept->count_max = count_max;
    kept->ttl_us = 0;
    list_init(&kept->_adopted);
    kept->_on_empty = NULL;
    loop_task_init(&kept->_empty, kept_on_empty);
}

void kept_replies_deinit(struct kept_replies *kept)
{
    loop_task_cancel(&kept->_empty);
    lock_deinit(&kept->lock);
}

uint32_t kept_replies_count(struct kept_replies *kept)
{
    lock_take(&kept->lock);
    uint32_t count = kept->count;
    lock_give(&kept->lock);
    return count;
}

static bool kept_reserve(struct kept_replies *kept)
{
    lock_take(&kept->lock);
    bool ok = kept->count < kept->count_max;
    if (ok)
        kept->count++;
    lock_give(&kept->lock);
    return ok;
}

static void kept_release(struct kept_replies *kept)
{
    lock_take(&kept->lock);
    kept->count--;
    lock_give(&kept->lock);
}

static void reply_free(struct actr_reply *reply)
{
    actr_bytes_unref(reply->result.payload);
    actr_bytes_unref(reply->result.message);
    lock_deinit(&reply->lock);
    mem_free(reply);
}

/* Loop: the caller gets what the program answered, else `otherwise`; and the node lets go. The
 * handle stays while the program has it or its post is on the way. */
static void reply_finish(struct actr_reply *reply, const struct dispatch_result *otherwise)
{
    struct kept_replies *kept = reply->kept;
    reply_result_fn *fn = reply->fn;
    void *arg = reply->arg;
    bool has_arrived = reply->has_arrived;
    loop_timer_stop(&reply->deadline);
    loop_task_cancel(&reply->deliver);
    list_remove(&reply->link);

    lock_take(&reply->lock);
    reply->kept = NULL;
    bool is_answered = reply->is_answered;
    lock_give(&reply->lock);
    /* Unless it has been answered, the program may free it from here on. */

    kept_release(kept);
    if (kept->_on_empty)
        loop_defer(kept->loop, &kept->_empty);
    fn(arg, is_answered ? &reply->result : otherwise);
    if (has_arrived)
        reply_free(reply);
}

static void reply_on_deliver(struct loop_task *task)
{
    struct actr_reply *reply = container_of(task, struct actr_reply, deliver);
    reply_finish(reply, NULL);
}

/* Loop: what the program answered has come. */
static void reply_on_post(struct loop_post *post)
{
    struct actr_reply *reply = container_of(post, struct actr_reply, post);
    reply->has_arrived = true;
    if (!reply->kept)
        reply_free(reply); /* the node let go between the claim and here */
    else if (reply->is_adopted)
        reply_finish(reply, NULL);
}

static void reply_on_deadline(struct loop_timer *timer)
{
    struct actr_reply *reply = container_of(timer, struct actr_reply, deadline);
    struct dispatch_result late = {.code = ACTR_ETIMEDOUT, .retry_after_ms = -1};
    late.message = actr_bytes_str("the handler kept its reply and has not given it in time");
    if (actr_bytes_failed(late.message))
        late.message = (struct actr_bytes){0}; /* the code says enough */
    reply_finish(reply, &late);
    actr_bytes_unref(late.message);
}

/* How long the program has. */
static uint64_t reply_patience_us(const struct kept_replies *kept, uint64_t deadline_us)
{
    uint64_t now_us = loop_now_us(kept->loop);
    if (deadline_us == 0)
        return kept->ttl_us ? kept->ttl_us : KEPT_REPLIES_TTL_US;
    uint64_t rest_us = deadline_us > now_us ? deadline_us - now_us : 0;
    return kept->ttl_us && kept->ttl_us < rest_us ? kept->ttl_us : rest_us;
}

void reply_adopt(struct actr_reply *reply, uint64_t deadline_us, reply_result_fn *fn, void *arg)
{
    struct loop *loop = reply->kept->loop;
    reply->is_adopted = true;
    reply->fn = fn;
    reply->arg = arg;
    list_push(&reply->kept->_adopted, &reply->link);
    if (reply->has_arrived) {
        loop_defer(loop, &reply->deliver);
        return;
    }
    loop_timer_start(&reply->deadline, reply_patience_us(reply->kept, deadline_us));
}

void reply_abandon(struct actr_reply *reply, const struct dispatch_result *otherwise,
                   reply_result_fn *fn, void *arg)
{
    reply->fn = fn;
    reply->arg = arg;
    reply_finish(reply, otherwise);
}

void kept_replies_fail_all(struct kept_replies *kept, int code, const char *text)
{
    struct dispatch_result result = {.code = code, .retry_after_ms = -1};
    result.message = actr_bytes_str(text);
    while (!list_is_empty(&kept->_adopted)) {
        struct actr_reply *reply = container_of(kept->_adopted.next, struct actr_reply, link);
        reply_finish(reply, &result);
    }
    actr_bytes_unref(result.message);
}

/* Program: the claim. Consumes the handle and `result`. */
static int reply_give(struct actr_reply *reply, const struct dispatch_result *result)
{
    bool posted = false;
    lock_take(&reply->lock);
    if (reply->kept) {
        reply->is_answered = true;
        reply->result = *result;
        posted = loop_post(reply->kept->loop, &reply->post, reply_on_post);
    }
    lock_give(&reply->lock);
    if (posted)
        return 0;
    if (!reply->is_answered) {
        actr_bytes_unref(result->payload);
        actr_bytes_unref(result->message);
    }
    reply_free(reply);
    return err_origin(ACTR_ESTATE, "reply: the request was answered already");
}

int actr_reply_send(struct actr_reply *reply, struct actr_bytes payload)
{
    struct dispatch_result result = {.code = 0, .retry_after_ms = -1, .payload = payload};
    bool no_memory = actr_bytes_failed(payload);
    if (no_memory) {
        result.code = ACTR_EINTERNAL;
        result.payload = (struct actr_bytes){0};
    }
    int r = reply_give(reply, &result);
    if (r == 0 && no_memory)
        return err_origin(ACTR_ENOMEM, "reply: no memory for the payload");
    return r;
}

int actr_reply_fail(struct actr_reply *reply, int code, const char *message)
{
    struct dispatch_result result = {.code = code < 0 ? code : ACTR_EINTERNAL,
                                     .retry_after_ms = -1};
    result.message = actr_bytes_str(message ? message : "");
    if (actr_bytes_failed(result.message))
        result.message = (struct actr_bytes){0};
    return reply_give(reply, &result);
}

void reply_end(struct actr_reply *reply, enum dispatch_fate fate, int code, const char *message)
{
    struct dispatch_result result = {.code = code, .retry_after_ms = -1, .fate = fate};
    result.message = actr_bytes_str(message);
    if (actr_bytes_failed(result.message))
        result.message = (struct actr_bytes){0};
    (void)reply_give(reply, &result);
}

static int reply_check_open(const struct actr_ctx *ctx)
{
    if (ctx->slot == CONTEXT_OPEN)
        return 0;
    return err_origin(ACTR_ESTATE, "reply: the request was answered or kept already");
}

int actr_reply(struct actr_ctx *ctx, struct actr_bytes payload)
{
    int r = reply_check_open(ctx);
    if (r < 0) {
        actr_bytes_unref(payload);
        return r;
    }
    if (actr_bytes_failed(payload)) {
        context_fail(ctx, ACTR_EINTERNAL, "out of memory");
        return err_origin(ACTR_ENOMEM, "reply: no memory for the payload");
    }
    context_answer(ctx, payload);
    return 0;
}

int actr_fail(struct actr_ctx *ctx, int code, const char *format, ...)
{
    if (code >= 0)
        return err_origin(ACTR_EINVALID, "fail: %d is no error code", code);
    int r = reply_check_open(ctx);
    if (r < 0)
        return r;
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    context_fail(ctx, code, text);
    return 0;
}

struct actr_reply *actr_reply_keep(struct actr_ctx *ctx)
{
    struct kept_replies *kept = ctx->env->kept;
    if (reply_check_open(ctx) < 0)
        return NULL;
    if (!kept_reserve(kept)) {
        err_origin(ACTR_EUNAVAILABLE, "reply: %u replies are kept already", kept->count_max);
        return NULL;
    }
    struct actr_reply *reply = mem_alloc(sizeof(*reply));
    if (!reply) {
        kept_release(kept);
        err_origin(ACTR_ENOMEM, "reply: no memory to keep it");
        return NULL;
    }
    lock_init(&reply->lock);
    reply->kept = kept;
    list_init(&reply->link);
    loop_task_init(&reply->deliver, reply_on_deliver);
    loop_timer_init(&reply->deadline, kept->loop, reply_on_deadline);
    ctx->slot = CONTEXT_KEPT;
    ctx->reply = reply;
    return reply;
}
