// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Supervision: a node whose actor has said that its state is broken.
 *
 * From that word on no handler starts, whatever thread it would run on; those that run end. The
 * word is taken by the thread that speaks it, under the node's lock, and brought to the loop, where
 * the supervisor decides. A restart is a control job: it waits for what runs and passes what waits.
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

/* One restart, from the decision to its end. */
struct restart {
    struct executor_job job;
    struct actr_node *node;
    struct actr_ctx ctx;
    int event; /* enum workload_event, or RESTART_INSTANCE */
    int code;
    char text[ERR_TEXT_MAX];
};

#define RESTART_INSTANCE (-1)

static void restart_invoke(void *arg)
{
    struct restart *restart = arg;
    struct workload *workload = restart->node->workload;
    err_origin(0, "%s", "");
    restart->code = restart->event == RESTART_INSTANCE
                        ? workload->ops->restart(workload, &restart->ctx)
                        : workload->ops->lifecycle(workload, (enum workload_event)restart->event,
                                                   &restart->ctx);
    if (restart->code < 0)
        snprintf(restart->text, sizeof(restart->text), "%s",
                 actr_errmsg()[0] ? actr_errmsg() : actr_strerror(restart->code));
}

/* One step in the actor's turn; its error or 0. */
static int restart_step(struct restart *restart, int event)
{
    struct panic_scope scope;
    restart->event = event;
    if (panic_run(&scope, &restart->ctx, restart_invoke, restart))
        return restart->code < 0 ? restart->code : 0;
    snprintf(restart->text, sizeof(restart->text), "panicked: %.480s", scope.text);
    return ACTR_EINTERNAL;
}

static void restart_run(struct executor_job *job)
{
    struct restart *restart = container_of(job, struct restart, job);
    int r = 0;
    if (restart->node->workload->ops->restart)
        r = restart_step(restart, RESTART_INSTANCE);
    else
        (void)restart_step(restart, WORKLOAD_STOP); /* a broken state may not know how to stop */
    if (r == 0)
        r = restart_step(restart, WORKLOAD_START);
    if (r == 0)
        (void)restart_step(restart, WORKLOAD_READY); /* as at the start: it does not count */
    restart->code = r;
}

static void supervision_release(struct actr_node *node)
{
    lock_take(&node->lock);
    bool is_held = executor_is_held(&node->executor);
    if (is_held)
        executor_release(&node->executor);
    lock_give(&node->lock);
}

static void restart_done(struct executor_job *job)
{
    struct restart *restart = container_of(job, struct restart, job);
    struct actr_node *node = restart->node;
    if (restart->code < 0)
        log_error(&node->log, "actor.restart_failed", "code=%d %s", restart->code, restart->text);
    if (supervisor_on_restarted(&node->supervisor, restart->code)) {
        log_info(&node->log, "actor.restarted", "restarts=%llu",
                 (unsigned long long)node->supervisor.restart_count);
        hooks_on_restarted(&node->hooks);
        supervision_release(node);
    }
    context_deinit(&restart->ctx);
    mem_free(restart);
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
    executor_job_init(&restart->job, restart_run, restart_done);
    restart->job.never_blocks = node->workload->never_blocks;
    restart->job.control = true;
    restart->node = node;
    context_init(&restart->ctx, &node->env);
    executor_submit(&node->executor, &restart->job);
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
    flag_set(&node->env.is_broken); /* on its way down: what still waits is refused */
    supervision_release(node);
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
    if (node->supervisor.sm.state != SUPERVISOR_HEALTHY || executor_is_held(&node->executor))
        flag_set(&node->env.is_broken);
    supervisor_reset(&node->supervisor);
    supervision_release(node);
}
