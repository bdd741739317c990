// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Hooks: lifecycle and error events, as jobs in the actor's turn, so that they never run beside a
 * handler and keep their order.
 *
 * Each is one heap object from the event to the end of the hook. Bounded: when 256 wait, further
 * error events are dropped and the log says so. Loop thread; the hook itself runs wherever the turn
 * is. */
#include <stdio.h>

#include "base/mem.h"
#include "hyper/lifecycle/node.h"
#include "hyper/workload/panic.h"
#include "hyper/workload/workload.h"

#define HOOKS_MAX 256

struct node_hook {
    struct executor_job job;
    struct actr_node *node;
    struct actr_ctx ctx;
    enum workload_event event; /* with fn */
    node_hook_fn *fn;          /* NULL: an error event */
    struct actr_error_event error;
    int code;
    char text[ERR_TEXT_MAX];
};

static void hook_invoke(void *arg)
{
    struct node_hook *hook = arg;
    struct workload *workload = hook->node->workload;
    if (!hook->fn) {
        struct actr_hook_event event = {
            .size = sizeof(event), .hook = ACTR_HOOK_ERROR, .error = &hook->error};
        (void)workload->ops->hook(workload, &event, &hook->ctx);
        return;
    }
    err_origin(0, "%s", "");
    hook->code = workload->ops->lifecycle(workload, hook->event, &hook->ctx);
    if (hook->code > 0)
        hook->code = ACTR_EINTERNAL;
    if (hook->code < 0)
        snprintf(hook->text, sizeof(hook->text), "%s",
                 actr_errmsg()[0] ? actr_errmsg() : actr_strerror(hook->code));
}

static void hook_run(struct executor_job *job)
{
    struct node_hook *hook = container_of(job, struct node_hook, job);
    struct panic_scope scope;
    if (panic_run(&scope, &hook->ctx, hook_invoke, hook))
        return;
    log_error(&hook->node->log, "hook.panicked", "%s", scope.text);
    hook->code = ACTR_EINTERNAL;
    snprintf(hook->text, sizeof(hook->text), "lifecycle hook panicked: %.480s", scope.text);
}

static void hook_done(struct executor_job *job)
{
    struct node_hook *hook = container_of(job, struct node_hook, job);
    struct actr_node *node = hook->node;
    node->hook_count--;
    if (hook->fn)
        hook->fn(node, hook->code, hook->text);
    context_deinit(&hook->ctx);
    mem_free(hook);
}

static struct node_hook *hook_new(struct actr_node *node)
{
    struct node_hook *hook = mem_alloc(sizeof(*hook));
    if (!hook)
        return NULL;
    hook->node = node;
    hook->job = (struct executor_job){
        .run = hook_run,
        .done = hook_done,
        .never_blocks = node->workload->never_blocks,
    };
    context_init(&hook->ctx, &node->env);
    node->hook_count++;
    return hook;
}

int node_run_lifecycle(struct actr_node *node, int event, node_hook_fn *fn)
{
    struct node_hook *hook = hook_new(node);
    if (!hook)
        return err_origin(ACTR_ENOMEM, "hook: no memory");
    hook->event = (enum workload_event)event;
    hook->fn = fn;
    hook->job.control = true;
    executor_submit(&node->executor, &hook->job);
    return 0;
}

void node_report_error(struct actr_node *node, enum actr_error_category category, int code,
                       const char *text)
{
    static const char *const names[] = {"handler", "signaling", "transport", "panic",
                                        "chunk",   "stuck",     "poison"};
    /* Before on_start has run and after on_stop nobody is told. */
    if (!(node->workload->hooks & 1u << ACTR_HOOK_ERROR) || node->life.height <= NODE_ACTOR)
        return;
    struct node_hook *hook = node->hook_count < HOOKS_MAX ? hook_new(node) : NULL;
    if (!hook) {
        log_warn(&node->log, "hook.dropped", "category=%s code=%d %s", names[category], code, text);
        return;
    }
    snprintf(hook->text, sizeof(hook->text), "%s", text);
    hook->error = (struct actr_error_event){.size = sizeof(hook->error),
                                            .code = code,
                                            .category = category,
                                            .message = hook->text,
                                            .context = "",
                                            .time_ms = loop_wall_ms(node->loop)};
    executor_submit_key(&node->executor, &hook->job, &executor_observation);
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
