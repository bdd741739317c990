// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Supervision: a node whose actor has said that its state is broken.
 *
 * From that word on no handler starts, whatever thread it would run on; those that run end. The
 * word is taken by the thread that speaks it, under the node's lock, and brought to the loop, where
 * the supervisor decides. A restart is control jobs: they wait for what runs and pass what waits.
 * When the supervisor gives up, the node goes down like any other, but what still waits is answered
 * without the actor. Loop thread, but for supervision_poison(). */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "hyper/lifecycle/node.h"
#include "hyper/lifecycle/supervision.h"
#include "hyper/workload/panic.h"
#include "hyper/workload/workload.h"

/* One restart, from the decision to its end: a step after the other, each in the actor's turn, and
 * then, when it has kept its reply, until that is given. */
struct restart {
    struct executor_job job;
    struct actr_node *node;
    struct actr_ctx ctx;
    int step; /* in restart_steps */
    int code; /* of the step */
    char text[ERR_TEXT_MAX];
};

#define RESTART_INSTANCE (-1)

/* enum workload_event, or RESTART_INSTANCE; `may_fail`: a broken state may not know how to stop,
 * and ready is as at the start: it does not count. */
static const struct restart_step {
    int event;
    bool may_fail;
} restart_steps[] = {{RESTART_INSTANCE, false},
                     {WORKLOAD_STOP, true},
                     {WORKLOAD_START, false},
                     {WORKLOAD_READY, true}};

#define RESTART_STEPS (int)(sizeof(restart_steps) / sizeof(restart_steps[0]))

static bool restart_takes(const struct restart *restart, int step)
{
    bool has_restart = restart->node->workload->ops->restart != NULL;
    return restart_steps[step].event != (has_restart ? WORKLOAD_STOP : RESTART_INSTANCE);
}

static void restart_invoke(void *arg)
{
    struct restart *restart = arg;
    struct workload *workload = restart->node->workload;
    int event = restart_steps[restart->step].event;
    err_origin(0, "%s", "");
    restart->code =
        event == RESTART_INSTANCE
            ? workload->ops->restart(workload, &restart->ctx)
            : workload->ops->lifecycle(workload, (enum workload_event)event, &restart->ctx);
    if (restart->code < 0)
        snprintf(restart->text, sizeof(restart->text), "%s",
                 actr_errmsg()[0] ? actr_errmsg() : actr_strerror(restart->code));
}

static void restart_run(struct executor_job *job)
{
    struct restart *restart = container_of(job, struct restart, job);
    struct panic_scope scope;
    if (panic_run(&scope, &restart->ctx, restart_invoke, restart))
        return;
    restart->code = ACTR_EINTERNAL;
    snprintf(restart->text, sizeof(restart->text), "panicked: %.480s", scope.text);
}

static void supervision_release(struct actr_node *node)
{
    lock_take(&node->lock);
    bool is_held = executor_is_held(&node->executor);
    if (is_held)
        executor_release(&node->executor);
    lock_give(&node->lock);
}

static void restart_end(struct restart *restart)
{
    struct actr_node *node = restart->node;
    if (restart->code < 0)
        log_error(&node->log, "actor.restart_failed", "code=%d %s", restart->code, restart->text);
    if (supervisor_on_restarted(&node->supervisor, restart->code)) {
        log_info(&node->log, "actor.restarted", "restarts=%llu",
                 (unsigned long long)node->supervisor.restart_count);
        hooks_on_restarted(&node->hooks);
        supervision_release(node);
    }
    mem_free(restart);
}

static void restart_done(struct executor_job *job);

/* From the step it is at. */
static void restart_go(struct restart *restart)
{
    struct actr_node *node = restart->node;
    while (restart->step < RESTART_STEPS && !restart_takes(restart, restart->step))
        restart->step++;
    if (restart->step == RESTART_STEPS) {
        restart_end(restart);
        return;
    }
    executor_job_init(&restart->job, restart_run, restart_done);
    restart->job.never_blocks = node->workload->never_blocks;
    restart->job.control = true;
    restart->code = 0;
    context_init(&restart->ctx, &node->env);
    executor_submit(&node->executor, &restart->job);
}

static void restart_on_step(struct restart *restart)
{
    context_deinit(&restart->ctx);
    if (restart->code < 0 && !restart_steps[restart->step].may_fail) {
        restart_end(restart);
        return;
    }
    restart->code = 0;
    restart->step++;
    restart_go(restart);
}

/* A step that took its time. */
static void restart_on_kept(void *arg, const struct dispatch_result *result)
{
    struct restart *restart = arg;
    if (restart->code == 0 && result->code < 0) {
        restart->code = result->code;
        snprintf(restart->text, sizeof(restart->text), "%.*s", (int)result->message.len,
                 result->message.len ? (const char *)result->message.ptr : "");
    }
    if (restart->node->supervisor.sm.state == SUPERVISOR_RESTARTING) {
        restart_on_step(restart);
        return;
    }
    context_deinit(&restart->ctx); /* the node goes down meanwhile */
    mem_free(restart);
}

static void restart_done(struct executor_job *job)
{
    struct restart *restart = container_of(job, struct restart, job);
    const struct actr_ctx *ctx = &restart->ctx;
    if (ctx->slot == CONTEXT_KEPT && !ctx->has_panicked)
        reply_adopt(ctx->reply, 0, restart_on_kept, restart);
    else
        restart_on_step(restart);
}

static void supervision_on_restart(void *owner)
{
    struct actr_node *node = owner;
    struct restart *restart = mem_alloc(sizeof(*restart));
    if (!restart) {
        log_error(&node->log, "actor.restart_failed", "no memory");
        (void)supervisor_on_restarted(&node->supervisor, ACTR_ENOMEM);
        return;
    }
    restart->node = node;
    restart_go(restart);
}

static void supervision_on_give_up(void *owner)
{
    struct actr_node *node = owner;
    char text[ERR_TEXT_MAX];
    snprintf(text, sizeof(text),
             "the actor was restarted %u times in %llu ms and is broken again: %.300s",
             node->supervisor.restart_max, (unsigned long long)(node->supervisor.window_us / 1000),
             node->broken_text);
    log_error(&node->log, "actor.given_up", "%s", text);
    hooks_on_error(&node->hooks, ACTR_ERROR_POISON, ACTR_EUNAVAILABLE, text, "");
    node_life_leave(node, ACTR_EUNAVAILABLE, text);
}

static const struct supervisor_events supervision_events = {.restart = supervision_on_restart,
                                                            .give_up = supervision_on_give_up};

static void supervision_on_poison(struct loop_post *post)
{
    struct actr_node *node = container_of(post, struct actr_node, poison_post);
    lock_take(&node->lock);
    node->is_poison_posted = false;
    memcpy(node->broken_text, node->poison_text, sizeof(node->broken_text));
    lock_give(&node->lock);
    log_error(&node->log, "actor.poisoned", "%s", node->broken_text);
    hooks_on_error(&node->hooks, ACTR_ERROR_POISON, ACTR_EINTERNAL, node->broken_text, "");
    if (node->life.direction != NODE_DOWN && node->life.height >= NODE_ACTOR) {
        supervisor_poison(&node->supervisor);
        return;
    }
    supervision_end(node); /* on its way down: what still waits is refused */
}

int supervision_poison(struct actr_node *node, const char *text)
{
    lock_take(&node->lock);
    bool is_first = !node->is_poison_posted;
    node->is_poison_posted = true;
    if (is_first)
        snprintf(node->poison_text, sizeof(node->poison_text), "%s", text);
    if (!executor_is_held(&node->executor) && !flag_get(&node->env.is_broken))
        executor_hold(&node->executor);
    lock_give(&node->lock);
    if (!is_first)
        return 0;
    /* Refused only when the loop has closed, which waits for its executors to be idle. */
    bool posted = loop_post(node->loop, &node->poison_post, supervision_on_poison);
    assert(posted);
    (void)posted;
    return 0;
}

void supervision_init(struct actr_node *node)
{
    supervisor_init(&node->supervisor, node->loop, &supervision_events, node);
}

void supervision_begin(struct actr_node *node)
{
    flag_clear(&node->env.is_broken);
    supervisor_reset(&node->supervisor);
}

void supervision_end(struct actr_node *node)
{
    if (node->supervisor.sm.state != SUPERVISOR_HEALTHY || executor_is_held(&node->executor)) {
        flag_set(&node->env.is_broken);
        if (node->workload->ops->give_up)
            node->workload->ops->give_up(node->workload);
    }
    supervisor_reset(&node->supervisor);
    supervision_release(node);
}
