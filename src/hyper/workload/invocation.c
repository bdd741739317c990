// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Invocation: see invocation.h.
 *
 * The route is looked up when the message arrives, so that the executor knows whether it may run on
 * the loop. A handler that neither answers nor keeps its reply is an error of the actor, said to
 * the caller as Internal; a tell needs no answer. Runs in the actor's turn and on the loop; never
 * waits. */
#include "hyper/workload/invocation.h"

#include <stdio.h>

#include "base/bytes.h"
#include "base/err.h"
#include "hyper/workload/panic.h"
#include "hyper/workload/reply.h"

static void invocation_job_run(struct executor_job *job)
{
    invocation_run(container_of(job, struct invocation, job));
}

static void invocation_job_done(struct executor_job *job)
{
    invocation_finish(container_of(job, struct invocation, job));
}

static void invocation_about(const struct executor_job *job, struct executor_about *ret_about)
{
    const struct actr_ctx *ctx =
        &container_of((struct executor_job *)(uintptr_t)job, struct invocation, job)->ctx;
    ret_about->route = view_text(ctx->route);
    ret_about->request_id = ctx->request_id;
}

void invocation_init(struct invocation *invocation, const struct context_env *env,
                     struct workload *workload, struct actr_view route, struct actr_bytes payload)
{
    context_init(&invocation->ctx, env);
    invocation->ctx.request = payload;
    invocation->ctx.target = route;
    invocation->workload = workload;
    invocation->route = workload->ops->find(workload, route);
    invocation->on_result = NULL;
    invocation->on_kept = NULL;
    flag_clear(&invocation->is_abandoned);
    executor_job_init(&invocation->job, invocation_job_run, invocation_job_done);
    invocation->job.about = invocation_about;
    invocation->job.never_blocks = !invocation->route || invocation->route->never_blocks;
    if (invocation->route) {
        invocation->ctx.route = invocation->route->name;
    } else {
        char text[256];
        snprintf(text, sizeof(text), "%.*s", (int)(route.len < 200 ? route.len : 200),
                 (const char *)route.ptr);
        context_fail(&invocation->ctx, ACTR_EROUTE, text);
    }
}

void invocation_deinit(struct invocation *invocation)
{
    context_deinit(&invocation->ctx);
}

void invocation_submit(struct invocation *invocation, bool high)
{
    struct actr_ctx *ctx = &invocation->ctx;
    struct executor *executor = ctx->env->executor;
    invocation->job.high = high;
    if (!executor_is_keyed(executor)) {
        executor_submit(executor, &invocation->job);
        return;
    }
    /* An unknown route is answered without running anything. */
    struct conflict_key key = {.kind = CONFLICT_KEY_FREE};
    if (invocation->route)
        key = conflict_key_of(invocation->route->rule, ctx->caller, actr_bytes_view(ctx->request));
    executor_submit_key(executor, &invocation->job, &key);
    ctx->key = &invocation->job._turn.key;
}

void invocation_abandon(struct invocation *invocation)
{
    flag_set(&invocation->is_abandoned);
}

static void invocation_invoke(void *arg)
{
    struct invocation *invocation = arg;
    invocation->workload->ops->invoke(invocation->workload, invocation->route, &invocation->ctx);
}

void invocation_run(struct invocation *invocation)
{
    struct actr_ctx *ctx = &invocation->ctx;
    struct panic_scope scope;
    if (!invocation->route)
        return; /* answered already */
    if (flag_get(&invocation->is_abandoned)) {
        context_fail(ctx, ACTR_ECANCELED, "");
        return;
    }
    if (flag_get(&ctx->env->is_broken)) {
        context_fail(ctx, ACTR_EUNAVAILABLE, "the actor's state is broken and it is stopping");
        ctx->result.fate = DISPATCH_REFUSED;
        return;
    }
    if (!panic_run(&scope, ctx, invocation_invoke, invocation)) {
        context_panic(ctx, scope.text);
        return;
    }
    if (ctx->slot != CONTEXT_OPEN)
        return;
    if (ctx->is_tell) {
        context_answer(ctx, (struct actr_bytes){0});
        return;
    }
    char text[256];
    snprintf(text, sizeof(text), "the handler of %.200s returned without a reply", ctx->route);
    context_fail(ctx, ACTR_EINTERNAL, text);
}

static void invocation_on_kept(void *arg, const struct dispatch_result *result)
{
    struct invocation *invocation = arg;
    invocation->on_result(invocation, result);
}

void invocation_finish(struct invocation *invocation)
{
    struct actr_ctx *ctx = &invocation->ctx;
    if (ctx->slot == CONTEXT_KEPT && invocation->on_kept)
        invocation->on_kept(invocation);
    if (ctx->slot == CONTEXT_KEPT && ctx->has_panicked)
        reply_abandon(ctx->reply, &ctx->result, invocation_on_kept, invocation);
    else if (ctx->slot == CONTEXT_KEPT)
        reply_adopt(ctx->reply, ctx->deadline_us, invocation_on_kept, invocation);
    else
        invocation->on_result(invocation, &ctx->result);
}
