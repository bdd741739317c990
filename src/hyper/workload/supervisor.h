// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Supervisor: what becomes of an actor whose state is broken: restarted after a pause that grows,
 * unless that has happened too often lately; then it leaves.
 *
 * A state machine on the clock of the loop; it runs nothing itself. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/backoff.h"
#include "base/sm.h"
#include "sys/loop.h"

/* Most restarts that a window can allow. */
#define SUPERVISOR_RESTARTS_MAX 64

enum supervisor_state {
    SUPERVISOR_HEALTHY,
    SUPERVISOR_WAITING,    /* for the pause to be over */
    SUPERVISOR_RESTARTING, /* the owner is at it */
    SUPERVISOR_GIVEN_UP    /* until supervisor_reset() */
};

/* Upwards. */
struct supervisor_events {
    void (*restart)(void *owner); /* then supervisor_on_restarted(), later */
    void (*give_up)(void *owner); /* too many restarts; may call supervisor_reset() */
};

struct supervisor {
    struct sm sm; /* enum supervisor_state */
    struct loop *loop;
    const struct supervisor_events *events;
    void *owner;
    uint32_t restart_max; /* in any window; SUPERVISOR_RESTARTS_MAX at most */
    uint64_t window_us;
    uint64_t restart_count; /* all of them, ever */
    struct backoff _backoff;
    struct loop_timer _pause;
    uint64_t _times_us[SUPERVISOR_RESTARTS_MAX]; /* of the last restarts, a ring */
    bool _is_broken_again;
};

/* restart_max 0: 5; window_ms 0: 60,000. */
void supervisor_init(struct supervisor *supervisor, struct loop *loop,
                     const struct supervisor_events *events, void *owner);
void supervisor_set_budget(struct supervisor *supervisor, uint32_t restart_max, uint32_t window_ms);
void supervisor_deinit(struct supervisor *supervisor);

/* The actor's state is broken. Events run later, never inside. */
void supervisor_poison(struct supervisor *supervisor);
/* A restart has ended; code < 0: it failed, and counts as one more poison. True: the actor is
 * healthy again. */
bool supervisor_on_restarted(struct supervisor *supervisor, int code);
/* Back to healthy, without a word: the actor is taken down or starts anew. The budget is as before.
 */
void supervisor_reset(struct supervisor *supervisor);
