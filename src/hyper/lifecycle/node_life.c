// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Life of a node: a ladder of rungs, climbed at start and come down at stop.
 *
 * Start takes the rungs in order; when one fails, those that are up come down in reverse order and
 * the node is open again. Stop is the same way down, begun by choice, with a bound on the time that
 * handlers get. A stop during the start aborts the rung at work. Every request is answered exactly
 * once. Loop thread; knows no rung's business. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "hyper/lifecycle/node.h"

#define NODE_GRACE_MS 5000u
/* What each step gets that begins after the grace. */
#define NODE_LAST_US 1000000u

static void life_set_state(struct actr_node *node, enum actr_node_state state)
{
    static const char *const names[] = {"open", "starting", "running", "stopping"};
    struct node_life *life = &node->life;
    lock_take(&node->lock);
    node->state = state;
    lock_give(&node->lock);
    log_info(&node->log, "node.state", "state=%s", names[state]);
    if (node->options.on_state)
        node->options.on_state(node->options.arg, node, state, life->code, life->text);
}

static void life_answer(struct list *requests, int code, const char *text)
{
    while (!list_is_empty(requests)) {
        struct node_request *request = container_of(list_pop(requests), struct node_request, link);
        request->code = code;
        snprintf(request->text, sizeof(request->text), "%s", text);
        if (request->waiter)
            waiter_signal(request->waiter); /* request is on the waiter's stack */
        else
            mem_free(request);
    }
}

/* Down at the bottom, or up at the top. */
static void life_rest(struct actr_node *node)
{
    struct node_life *life = &node->life;
    bool is_up = life->direction == NODE_UP;
    life->direction = NODE_RESTING;
    loop_timer_stop(&life->grace);
    life_set_state(node, is_up ? ACTR_NODE_RUNNING : ACTR_NODE_OPEN);
    if (is_up) {
        life_answer(&life->starters, 0, "");
        return;
    }
    life_answer(&life->starters, life->code < 0 ? life->code : ACTR_ECANCELED,
                life->code < 0 ? life->text : "the node was stopped while it started");
    life_answer(&life->stoppers, life->is_cut ? ACTR_ETIMEDOUT : 0,
                life->is_cut ? "the grace time was over before all handlers were done" : "");
    node_check_close(node);
}

static void life_turn_down(struct actr_node *node)
{
    struct node_life *life = &node->life;
    life->direction = NODE_DOWN;
    life_set_state(node, ACTR_NODE_STOPPING);
}

static void life_on_advance(struct loop_task *task)
{
    struct actr_node *node = container_of(task, struct actr_node, life.advance);
    struct node_life *life = &node->life;
    if (life->is_stepping || life->direction == NODE_RESTING)
        return;
    if (life->direction == NODE_UP && life->stop_wanted)
        life_turn_down(node);
    bool up = life->direction == NODE_UP;
    if (life->height == (up ? NODE_RUNG_COUNT : 0)) {
        life_rest(node);
        return;
    }
    const struct node_step *step = &node_steps[up ? life->height : life->height - 1];
    log_debug(&node->log, "node.step", "step=%s direction=%s", step->name, up ? "up" : "down");
    life->is_stepping = true;
    (up ? step->up : step->down)(node);
}

void node_step_done(struct actr_node *node, int code, const char *text)
{
    struct node_life *life = &node->life;
    life->is_stepping = false;
    if (life->direction == NODE_DOWN) {
        life->height--;
    } else if (code == 0) {
        life->height++;
    } else if (life->stop_wanted) {
        life_turn_down(node); /* aborted as asked: no failure */
    } else {
        life->code = code;
        snprintf(life->text, sizeof(life->text), "%s", text);
        log_error(&node->log, "node.start_failed", "step=%s %s", node_steps[life->height].name,
                  text);
        life_turn_down(node);
    }
    loop_defer(node->loop, &life->advance);
}

void node_life_give_up(struct actr_node *node)
{
    life_answer(&node->life.stoppers, ACTR_ETIMEDOUT,
                "a handler has not returned; the node ends when it does");
}

/* The grace is over, or one more second: cuts off the step at work. */
static void life_on_grace(struct loop_timer *timer)
{
    struct actr_node *node = container_of(timer, struct actr_node, life.grace);
    struct node_life *life = &node->life;
    bool is_down = life->direction == NODE_DOWN;
    const struct node_step *step = &node_steps[is_down ? life->height - 1 : life->height];
    if (!life->is_cut)
        log_warn(&node->log, "node.stop_cut", "step=%s", step->name);
    life->is_cut = true;
    loop_timer_start(timer, NODE_LAST_US);
    if (!is_down)
        node_life_give_up(node); /* on_start or on_ready has not returned */
    else if (life->is_stepping && step->cut)
        step->cut(node);
}

void node_life_init(struct actr_node *node)
{
    struct node_life *life = &node->life;
    loop_task_init(&life->advance, life_on_advance);
    loop_timer_init(&life->grace, node->loop, life_on_grace);
    list_init(&life->starters);
    list_init(&life->stoppers);
}

void node_life_start(struct actr_node *node, struct node_request *request)
{
    struct node_life *life = &node->life;
    list_init(&request->link);
    if (life->direction != NODE_RESTING || life->height != 0) {
        struct list refused;
        list_init(&refused);
        list_push(&refused, &request->link);
        life_answer(&refused, ACTR_ESTATE, "the node is started already, or not stopped yet");
        return;
    }
    list_push(&life->starters, &request->link);
    life->direction = NODE_UP;
    life->stop_wanted = false;
    life->is_cut = false;
    life->code = 0;
    life->text[0] = '\0';
    life_set_state(node, ACTR_NODE_STARTING);
    loop_defer(node->loop, &life->advance);
}

/* From running, or on the way up. */
static void life_begin_stop(struct actr_node *node, uint32_t grace_ms, int code, const char *text)
{
    struct node_life *life = &node->life;
    life->is_cut = false;
    loop_timer_start(&life->grace, (uint64_t)grace_ms * 1000);
    if (life->direction == NODE_UP) {
        const struct node_step *step = &node_steps[life->height];
        life->stop_wanted = true;
        if (life->is_stepping && step->abort)
            step->abort(node);
        return;
    }
    life->code = code;
    snprintf(life->text, sizeof(life->text), "%s", text);
    life_turn_down(node);
    loop_defer(node->loop, &life->advance);
}

void node_life_leave(struct actr_node *node, int code, const char *text)
{
    struct node_life *life = &node->life;
    if (life->direction != NODE_DOWN && (life->direction != NODE_RESTING || life->height != 0))
        life_begin_stop(node, NODE_GRACE_MS, code, text);
}

void node_life_stop(struct actr_node *node, struct node_request *request)
{
    struct node_life *life = &node->life;
    uint32_t grace_ms = request->grace_ms ? request->grace_ms : NODE_GRACE_MS;
    list_init(&request->link);
    list_push(&life->stoppers, &request->link);
    if (life->direction == NODE_RESTING && life->height == 0) {
        life_answer(&life->stoppers, 0, "");
        node_check_close(node);
        return;
    }
    if (life->direction == NODE_DOWN)
        return; /* answered with the stop, or the failed start, under way */
    life_begin_stop(node, grace_ms, 0, "");
}
