// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Lifecycle hooks: steps of the node's life that the actor and the observers are asked about, each
 * in its own turn, at the same time; the node goes on when all have answered.
 *
 * One heap object a step. When somebody fails START the step goes on by itself with STOP, for those
 * who had succeeded, and reports the failure at the end of that. Loop thread; the hooks run
 * wherever their turn is. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "hyper/lifecycle/node.h"
#include "hyper/workload/panic.h"
#include "hyper/workload/workload.h"

struct node_hook {
    struct executor_job actor_job, program_job;
    struct actr_node *node;
    struct actr_ctx ctx;
    enum workload_event event;
    node_hook_fn *fn;
    int running; /* jobs */
    int actor_code, program_code;
    int failed_code; /* of START; 0: it has not failed */
    char actor_text[ERR_TEXT_MAX], program_text[ERR_TEXT_MAX], failed_text[ERR_TEXT_MAX];
};

static const char *hook_error_text(int code)
{
    return actr_errmsg()[0] ? actr_errmsg() : actr_strerror(code);
}

int node_join_errors(int code, char *text, int other, const char *other_text)
{
    char both[2 * ERR_TEXT_MAX];
    if (other >= 0)
        return code;
    if (code < 0)
        snprintf(both, sizeof(both), "%s; %s", text, other_text);
    else
        snprintf(both, sizeof(both), "%s", other_text);
    snprintf(text, ERR_TEXT_MAX, "%.*s", ERR_TEXT_MAX - 1, both);
    return code < 0 ? ACTR_EINTERNAL : other;
}

static void hook_ask_actor(void *arg)
{
    struct node_hook *hook = arg;
    struct workload *workload = hook->node->workload;
    err_origin(0, "%s", "");
    int r = workload->ops->lifecycle(workload, hook->event, &hook->ctx);
    if (r == 0)
        return;
    hook->actor_code = r < 0 ? r : ACTR_EINTERNAL;
    snprintf(hook->actor_text, sizeof(hook->actor_text), "%s", hook_error_text(hook->actor_code));
}

static void hook_run_actor(struct executor_job *job)
{
    struct node_hook *hook = container_of(job, struct node_hook, actor_job);
    struct panic_scope scope;
    if (panic_run(&scope, &hook->ctx, hook_ask_actor, hook))
        return;
    log_error(&hook->node->log, "hook.panicked", "%s", scope.text);
    hook->actor_code = ACTR_EINTERNAL;
    snprintf(hook->actor_text, sizeof(hook->actor_text), "lifecycle hook panicked: %.480s",
             scope.text);
}

static void hook_run_program(struct executor_job *job)
{
    static const enum actr_hook hooks[] = {[WORKLOAD_START] = ACTR_HOOK_START,
                                           [WORKLOAD_READY] = ACTR_HOOK_READY,
                                           [WORKLOAD_STOP] = ACTR_HOOK_STOP};
    struct node_hook *hook = container_of(job, struct node_hook, program_job);
    hook->program_code = hooks_observe_lifecycle(&hook->node->hooks, hooks[hook->event]);
    if (hook->program_code < 0)
        snprintf(hook->program_text, sizeof(hook->program_text), "%s",
                 hook_error_text(hook->program_code));
}

/* Asks everybody who is to be asked. */
static void hook_submit(struct node_hook *hook)
{
    struct hooks *hooks = &hook->node->hooks;
    bool asks_actor = hook->event == WORKLOAD_START || hooks->is_actor_started;
    hook->actor_code = 0;
    hook->program_code = 0;
    hook->running = asks_actor ? 2 : 1;
    if (asks_actor)
        executor_submit(&hook->node->executor, &hook->actor_job);
    executor_submit(&hooks->executor, &hook->program_job);
}

/* All have answered. */
static void hook_finish(struct node_hook *hook)
{
    struct actr_node *node = hook->node;
    int code = node_join_errors(hook->actor_code, hook->actor_text, hook->program_code,
                                hook->program_text);
    if (hook->event == WORKLOAD_START)
        node->hooks.is_actor_started = hook->actor_code == 0;
    if (hook->event == WORKLOAD_STOP)
        node->hooks.is_actor_started = false;
    if (hook->event == WORKLOAD_START && code < 0 && hooks_anyone_started(&node->hooks)) {
        hook->failed_code = code;
        memcpy(hook->failed_text, hook->actor_text, sizeof(hook->failed_text));
        hook->event = WORKLOAD_STOP;
        context_deinit(&hook->ctx);
        context_init(&hook->ctx, &node->env);
        hook_submit(hook);
        return;
    }
    if (hook->failed_code < 0 && code < 0)
        log_warn(&node->log, "workload.on_stop", "code=%d %s", code, hook->actor_text);
    if (hook->failed_code < 0)
        hook->fn(node, hook->failed_code, hook->failed_text);
    else
        hook->fn(node, code, hook->actor_text);
    context_deinit(&hook->ctx);
    mem_free(hook);
}

/* A hook of the actor that took its time. */
static void hook_on_kept(void *arg, const struct dispatch_result *result)
{
    struct node_hook *hook = arg;
    if (hook->actor_code == 0 && result->code < 0) {
        hook->actor_code = result->code;
        if (result->message.len > 0)
            snprintf(hook->actor_text, sizeof(hook->actor_text), "%.*s", (int)result->message.len,
                     (const char *)result->message.ptr);
        else
            snprintf(hook->actor_text, sizeof(hook->actor_text), "%s", actr_strerror(result->code));
    }
    if (--hook->running == 0)
        hook_finish(hook);
}

static void hook_on_actor_done(struct executor_job *job)
{
    struct node_hook *hook = container_of(job, struct node_hook, actor_job);
    if (hook->ctx.slot == CONTEXT_KEPT && !hook->ctx.has_panicked) {
        reply_adopt(hook->ctx.reply, 0, hook_on_kept, hook);
        return;
    }
    if (--hook->running == 0)
        hook_finish(hook);
}

static void hook_on_program_done(struct executor_job *job)
{
    struct node_hook *hook = container_of(job, struct node_hook, program_job);
    if (--hook->running == 0)
        hook_finish(hook);
}

int node_run_lifecycle(struct actr_node *node, int event, node_hook_fn *fn)
{
    struct node_hook *hook = mem_alloc(sizeof(*hook));
    if (!hook)
        return err_origin(ACTR_ENOMEM, "hook: no memory");
    hook->node = node;
    hook->event = (enum workload_event)event;
    hook->fn = fn;
    hook->actor_job = (struct executor_job){.run = hook_run_actor,
                                            .done = hook_on_actor_done,
                                            .never_blocks = node->workload->never_blocks,
                                            .control = true};
    hook->program_job = (struct executor_job){
        .run = hook_run_program, .done = hook_on_program_done, .never_blocks = true};
    context_init(&hook->ctx, &node->env);
    hook_submit(hook);
    return 0;
}

/* Identity ----------------------------------------------------------------------------------- */

/* Handlers read the id of their context without a lock, so it changes in a turn of theirs. */
struct adoption {
    struct executor_job job;
    struct context_env *env;
    struct actr_id id;
};

static void adoption_run(struct executor_job *job)
{
    struct adoption *adoption = container_of(job, struct adoption, job);
    adoption->env->self = adoption->id;
}

static void adoption_done(struct executor_job *job)
{
    mem_free(container_of(job, struct adoption, job));
}

static void adopt(struct actr_node *node, struct context_env *env, const struct actr_id *id)
{
    struct adoption *adoption = mem_alloc(sizeof(*adoption));
    if (!adoption) {
        log_error(&node->log, "node.identity", "no memory to tell handlers the new id");
        return;
    }
    adoption->job = (struct executor_job){
        .run = adoption_run, .done = adoption_done, .never_blocks = true, .control = true};
    adoption->env = env;
    adoption->id = *id;
    executor_submit(env->executor, &adoption->job);
}

void node_adopt_id(struct actr_node *node, const struct actr_id *id)
{
    adopt(node, &node->env, id);
    adopt(node, &node->host_env, id);
}
