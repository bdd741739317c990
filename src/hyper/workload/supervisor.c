// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Supervisor: see supervisor.h.
 *
 * The budget is a ring of the times of the last restarts: one more is allowed when the oldest of
 * `restart_max` is out of the window. The pause grows from one restart to the next and begins anew
 * when a whole window has passed without one. Giving up goes through the same timer, so that no
 * event ever runs inside the call that caused it. */
#include "hyper/workload/supervisor.h"

#include "base/list.h"

#define SUPERVISOR_RESTART_MAX 5
#define SUPERVISOR_WINDOW_MS 60000

static const char *const supervisor_names[] = {"healthy", "waiting", "restarting", "given up"};

static const uint32_t supervisor_moves[] = {
    [SUPERVISOR_HEALTHY] = SM_TO(SUPERVISOR_WAITING) | SM_TO(SUPERVISOR_GIVEN_UP),
    [SUPERVISOR_WAITING] = SM_TO(SUPERVISOR_RESTARTING) | SM_TO(SUPERVISOR_HEALTHY),
    [SUPERVISOR_RESTARTING] =
        SM_TO(SUPERVISOR_HEALTHY) | SM_TO(SUPERVISOR_WAITING) | SM_TO(SUPERVISOR_GIVEN_UP),
    [SUPERVISOR_GIVEN_UP] = SM_TO(SUPERVISOR_HEALTHY),
};

static const struct sm_table supervisor_table = {
    .name = "supervisor",
    .names = supervisor_names,
    .moves = supervisor_moves,
    .count = 4,
};

static void supervisor_on_pause(struct loop_timer *timer)
{
    struct supervisor *supervisor = container_of(timer, struct supervisor, _pause);
    if (supervisor->sm.state == SUPERVISOR_GIVEN_UP) {
        supervisor->events->give_up(supervisor->owner);
        return;
    }
    uint64_t slot = supervisor->restart_count++ % supervisor->restart_max;
    supervisor->_times_us[slot] = loop_now_us(supervisor->loop);
    supervisor->_is_broken_again = false;
    sm_move(&supervisor->sm, SUPERVISOR_RESTARTING);
    supervisor->events->restart(supervisor->owner);
}

void supervisor_init(struct supervisor *supervisor, struct loop *loop,
                     const struct supervisor_events *events, void *owner)
{
    *supervisor = (struct supervisor){
        .loop = loop,
        .events = events,
        .owner = owner,
        ._backoff = {.initial_ms = 100, .max_ms = 10000, .factor = 2, .jitter_percent = 20},
    };
    sm_init(&supervisor->sm, &supervisor_table, SUPERVISOR_HEALTHY);
    loop_timer_init(&supervisor->_pause, loop, supervisor_on_pause);
    supervisor_set_budget(supervisor, 0, 0);
}

void supervisor_set_budget(struct supervisor *supervisor, uint32_t restart_max, uint32_t window_ms)
{
    if (restart_max == 0)
        restart_max = SUPERVISOR_RESTART_MAX;
    supervisor->restart_max =
        restart_max < SUPERVISOR_RESTARTS_MAX ? restart_max : SUPERVISOR_RESTARTS_MAX;
    supervisor->window_us = (uint64_t)(window_ms ? window_ms : SUPERVISOR_WINDOW_MS) * 1000;
}

void supervisor_deinit(struct supervisor *supervisor)
{
    loop_timer_stop(&supervisor->_pause);
}

static bool supervisor_is_recent(const struct supervisor *supervisor, uint64_t restart)
{
    uint64_t then_us = supervisor->_times_us[restart % supervisor->restart_max];
    return loop_now_us(supervisor->loop) - then_us < supervisor->window_us;
}

/* One more restart, or none any more. */
static void supervisor_go_on(struct supervisor *supervisor)
{
    uint64_t count = supervisor->restart_count, max = supervisor->restart_max;
    if (count >= max && supervisor_is_recent(supervisor, count - max)) {
        sm_move(&supervisor->sm, SUPERVISOR_GIVEN_UP);
        loop_timer_start(&supervisor->_pause, 0);
        return;
    }
    if (count > 0 && !supervisor_is_recent(supervisor, count - 1))
        backoff_reset(&supervisor->_backoff);
    uint32_t random;
    loop_random(supervisor->loop, &random, sizeof(random));
    sm_move(&supervisor->sm, SUPERVISOR_WAITING);
    loop_timer_start(&supervisor->_pause,
                     (uint64_t)backoff_next(&supervisor->_backoff, random) * 1000);
}

void supervisor_poison(struct supervisor *supervisor)
{
    if (supervisor->sm.state == SUPERVISOR_HEALTHY)
        supervisor_go_on(supervisor);
    else if (supervisor->sm.state == SUPERVISOR_RESTARTING)
        supervisor->_is_broken_again = true;
}

bool supervisor_on_restarted(struct supervisor *supervisor, int code)
{
    if (supervisor->sm.state != SUPERVISOR_RESTARTING)
        return false; /* reset meanwhile */
    if (code < 0 || supervisor->_is_broken_again) {
        supervisor_go_on(supervisor);
        return false;
    }
    sm_move(&supervisor->sm, SUPERVISOR_HEALTHY);
    return true;
}

void supervisor_reset(struct supervisor *supervisor)
{
    loop_timer_stop(&supervisor->_pause);
    if (supervisor->sm.state != SUPERVISOR_HEALTHY)
        sm_move(&supervisor->sm, SUPERVISOR_HEALTHY);
}
