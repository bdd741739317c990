// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The restart of a session's path.
 *
 * DUE waits until sending is allowed (the spacing, a server that can be reached) and its tick says
 * what is to be sent. A try ends with a new path, or with its time: then DUE again. A path that
 * comes back by itself ends the tries too, but not a try that is out: its answer may be on the way,
 * and a restart that the peer has made alone would leave the two with different credentials.
 *
 * Pure: no clock, no memory, no I/O. */
#include "hyper/wire/webrtc/recovery.h"

#include <string.h>

#include "base/bytes.h"

#define RECOVERY_UNSENT_US 1000000u

static const char *const recovery_names[] = {"steady",   "due",       "offered", "requested",
                                             "checking", "replacing", "over"};
static const uint32_t recovery_moves[] = {
    [RECOVERY_STEADY] = SM_TO(RECOVERY_DUE) | SM_TO(RECOVERY_CHECKING),
    [RECOVERY_DUE] = SM_TO(RECOVERY_STEADY) | SM_TO(RECOVERY_DUE) | SM_TO(RECOVERY_OFFERED) |
                     SM_TO(RECOVERY_REQUESTED) | SM_TO(RECOVERY_CHECKING) |
                     SM_TO(RECOVERY_REPLACING) | SM_TO(RECOVERY_OVER),
    [RECOVERY_OFFERED] = SM_TO(RECOVERY_STEADY) | SM_TO(RECOVERY_DUE) | SM_TO(RECOVERY_CHECKING) |
                         SM_TO(RECOVERY_OVER),
    [RECOVERY_REQUESTED] = SM_TO(RECOVERY_STEADY) | SM_TO(RECOVERY_DUE) | SM_TO(RECOVERY_CHECKING) |
                           SM_TO(RECOVERY_OVER),
    [RECOVERY_CHECKING] = SM_TO(RECOVERY_STEADY) | SM_TO(RECOVERY_DUE) | SM_TO(RECOVERY_CHECKING) |
                          SM_TO(RECOVERY_OVER),
    [RECOVERY_REPLACING] = SM_TO(RECOVERY_STEADY) | SM_TO(RECOVERY_DUE) | SM_TO(RECOVERY_CHECKING) |
                           SM_TO(RECOVERY_OVER),
    [RECOVERY_OVER] = 0,
};
static const struct sm_table recovery_table = {"recovery", recovery_names, recovery_moves, 7};

void recovery_init(struct recovery *recovery, bool is_offerer, bool is_linked)
{
    *recovery = (struct recovery){
        ._is_offerer = is_offerer,
        ._is_linked = is_linked,
        ._has_path = true,
        ._deadline_us = UINT64_MAX,
        ._total_us = UINT64_MAX,
    };
    sm_init(&recovery->state, &recovery_table, RECOVERY_STEADY);
}

static void recovery_move(struct recovery *recovery, enum recovery_state to, uint64_t deadline_us)
{
    sm_move(&recovery->state, to);
    recovery->_deadline_us = deadline_us;
}

static void recovery_rest(struct recovery *recovery)
{
    recovery->_total_us = UINT64_MAX;
    recovery->_absent_us = 0;
    recovery->_tries = recovery->_quick = 0;
    recovery->_is_stale = false;
    recovery->_exchange_id[0] = '\0';
    recovery_move(recovery, RECOVERY_STEADY, UINT64_MAX);
}

/* When the spacing allows the next restart. */
static uint64_t recovery_earliest(const struct recovery *recovery, uint64_t now_us)
{
    uint64_t spacing_us = RECOVERY_SPACING_US;
    if (recovery->_is_refused)
        spacing_us = RECOVERY_REFUSED_US;
    else if (!recovery->_has_path && recovery->_quick < RECOVERY_QUICK_TIMES)
        spacing_us = (uint64_t)RECOVERY_QUICK_US << recovery->_quick;
    uint64_t earliest_us = recovery->_sent_us ? recovery->_sent_us + spacing_us : 0;
    return earliest_us > now_us ? earliest_us : now_us;
}

/* To be sent as soon as the spacing allows. */
static void recovery_due(struct recovery *recovery, uint64_t now_us)
{
    recovery->_is_stale = false;
    recovery_move(recovery, RECOVERY_DUE, recovery_earliest(recovery, now_us));
}

static void recovery_begin(struct recovery *recovery, uint64_t now_us)
{
    if (recovery->state.state != RECOVERY_STEADY)
        return;
    recovery->_total_us = now_us + RECOVERY_TOTAL_US;
    recovery_due(recovery, now_us);
}

/* What waits for the spacing waits less without a path. */
static void recovery_hasten(struct recovery *recovery, uint64_t now_us)
{
    uint64_t earliest_us = recovery_earliest(recovery, now_us);
    if (recovery->state.state == RECOVERY_DUE && recovery->_is_linked &&
        earliest_us < recovery->_deadline_us)
        recovery->_deadline_us = earliest_us;
}

void recovery_on_path(struct recovery *recovery, bool has_path, uint64_t now_us)
{
    recovery->_has_path = has_path;
    recovery->_is_refused = false;
    if (!has_path) {
        recovery_begin(recovery, now_us);
        recovery_hasten(recovery, now_us);
    } else if (recovery->state.state == RECOVERY_DUE && !recovery->_is_stale) {
        recovery_rest(recovery);
    }
}

void recovery_on_refused(struct recovery *recovery)
{
    recovery->_is_refused = true;
}

void recovery_on_change(struct recovery *recovery, uint64_t now_us)
{
    if (recovery->state.state == RECOVERY_OVER || recovery->state.state == RECOVERY_REPLACING)
        return;
    if (recovery->state.state == RECOVERY_STEADY)
        recovery_begin(recovery, now_us);
    else
        recovery_due(recovery, now_us);
    /* A path that still works may be the one by which the addresses are leaving. */
    recovery->_is_stale = true;
}

/* The peer is there: what it has not answered it may not have seen. */
static void recovery_repeat_soon(struct recovery *recovery, uint64_t now_us)
{
    uint64_t earliest_us = recovery->_repeated_us + RECOVERY_QUICK_US;
    recovery->_repeat_gap_us = RECOVERY_QUICK_US;
    if (earliest_us < recovery->_repeat_us)
        recovery->_repeat_us = earliest_us > now_us ? earliest_us : now_us;
}

void recovery_on_request(struct recovery *recovery, uint64_t now_us)
{
    if (!recovery->_is_offerer)
        return;
    switch ((enum recovery_state)recovery->state.state) {
    case RECOVERY_STEADY:
        recovery_begin(recovery, now_us);
        break;
    case RECOVERY_CHECKING: /* it has answered, and something has changed since */
        recovery_due(recovery, now_us);
        break;
    case RECOVERY_DUE:
        recovery_hasten(recovery, now_us);
        break;
    case RECOVERY_OFFERED:
        recovery_repeat_soon(recovery, now_us);
        return;
    case RECOVERY_REQUESTED:
    case RECOVERY_REPLACING:
    case RECOVERY_OVER:
        return;
    }
    recovery->_is_stale = true; /* the peer knows why */
}

void recovery_on_restarted(struct recovery *recovery)
{
    recovery->_has_path = true;
    if (recovery->state.state == RECOVERY_CHECKING)
        recovery_rest(recovery);
}

enum recovery_act recovery_on_restart_offer(struct recovery *recovery, uint64_t now_us)
{
    if (recovery->_is_offerer || recovery->state.state == RECOVERY_OVER)
        return RECOVERY_NOTHING;
    if (recovery->state.state == RECOVERY_STEADY)
        recovery->_total_us = now_us + RECOVERY_TOTAL_US;
    recovery->_absent_us = 0;
    recovery_move(recovery, RECOVERY_CHECKING, now_us + RECOVERY_TRY_US);
    return RECOVERY_ANSWER;
}

enum recovery_act recovery_on_answer(struct recovery *recovery, struct actr_view exchange_id)
{
    if (recovery->state.state != RECOVERY_OFFERED || exchange_id.len == 0 ||
        !view_equal(exchange_id, view_text(recovery->_exchange_id)))
        return RECOVERY_NOTHING;
    recovery->_exchange_id[0] = '\0';
    recovery->_absent_us = 0;
    recovery_move(recovery, RECOVERY_CHECKING, recovery->_deadline_us);
    return RECOVERY_APPLY;
}

void recovery_on_linked(struct recovery *recovery, bool is_linked, uint64_t now_us)
{
    unsigned state = recovery->state.state;
    bool is_stale = recovery->_is_stale;

    recovery->_is_linked = is_linked;
    if (!is_linked && (state == RECOVERY_OFFERED || state == RECOVERY_REQUESTED)) {
        /* It may have been lost with the server; or not, and then the peer has begun it. */
        recovery->_exchange_id[0] = '\0';
        recovery->_sent_us = 0;
        recovery->_is_stale = true;
        recovery_move(recovery, RECOVERY_DUE, UINT64_MAX);
    } else if (is_linked && state == RECOVERY_DUE) {
        recovery_due(recovery, now_us);
        recovery->_is_stale = is_stale;
    }
}

void recovery_on_absent(struct recovery *recovery, bool is_refused, uint64_t now_us)
{
    unsigned state = recovery->state.state;

    if (state == RECOVERY_STEADY || state == RECOVERY_OVER)
        return;
    if (recovery->_absent_us == 0)
        recovery->_absent_us = now_us;
    if (!recovery->_has_path && (is_refused || now_us - recovery->_absent_us >= RECOVERY_ABSENT_US))
        recovery->_total_us = now_us;
    if (state != RECOVERY_OFFERED && state != RECOVERY_REQUESTED)
        return;
    recovery->_exchange_id[0] = '\0';
    recovery_due(recovery, now_us); /* and no try is counted */
}

void recovery_on_unreplaced(struct recovery *recovery, uint64_t now_us)
{
    if (recovery->state.state != RECOVERY_REPLACING)
        return;
    if (recovery->_has_path)
        recovery_rest(recovery);
    else
        recovery_due(recovery, now_us);
}

void recovery_offered(struct recovery *recovery, const char exchange_id[RECOVERY_EXCHANGE_ID_SIZE])
{
    memcpy(recovery->_exchange_id, exchange_id, RECOVERY_EXCHANGE_ID_SIZE);
}

const char *recovery_exchange_id(const struct recovery *recovery)
{
    return recovery->_exchange_id;
}

void recovery_unsent(struct recovery *recovery, uint64_t now_us)
{
    if (recovery->state.state == RECOVERY_OFFERED || recovery->state.state == RECOVERY_REQUESTED)
        recovery_move(recovery, RECOVERY_DUE, now_us + RECOVERY_UNSENT_US);
}

static enum recovery_act recovery_send(struct recovery *recovery, uint64_t now_us)
{
    if (!recovery->_is_linked) {
        recovery->_deadline_us = UINT64_MAX; /* until recovery_on_linked() */
        return RECOVERY_NOTHING;
    }
    if (recovery->_tries >= RECOVERY_TRIES) {
        recovery->_tries = 0;
        recovery_move(recovery, RECOVERY_REPLACING, UINT64_MAX);
        return RECOVERY_REPLACE;
    }
    if (recovery->_sent_us && now_us - recovery->_sent_us < RECOVERY_SPACING_US &&
        recovery->_quick < RECOVERY_QUICK_TIMES)
        recovery->_quick++;
    recovery->_sent_us = now_us;
    recovery->_is_stale = false;
    recovery->_repeat_gap_us = RECOVERY_QUICK_US;
    recovery->_repeated_us = now_us;
    recovery->_repeat_us = recovery->_is_offerer ? now_us + RECOVERY_QUICK_US : UINT64_MAX;
    recovery_move(recovery, recovery->_is_offerer ? RECOVERY_OFFERED : RECOVERY_REQUESTED,
                  now_us + (recovery->_is_refused ? RECOVERY_REFUSED_US : RECOVERY_TRY_US));
    return recovery->_is_offerer ? RECOVERY_OFFER : RECOVERY_REQUEST;
}

/* The offer that is out, once more. */
static enum recovery_act recovery_repeat(struct recovery *recovery, uint64_t now_us)
{
    recovery->_repeat_gap_us *= 2;
    recovery->_repeated_us = now_us;
    recovery->_repeat_us = now_us + recovery->_repeat_gap_us;
    return RECOVERY_REPEAT;
}

static enum recovery_act recovery_fail_try(struct recovery *recovery, uint64_t now_us)
{
    recovery->_tries++;
    recovery->_exchange_id[0] = '\0';
    if (!recovery->_has_path) {
        recovery_due(recovery, now_us);
        return RECOVERY_NOTHING;
    }
    recovery_rest(recovery);
    return RECOVERY_ABANDON;
}

enum recovery_act recovery_tick(struct recovery *recovery, uint64_t now_us)
{
    unsigned state = recovery->state.state;

    if (state != RECOVERY_STEADY && state != RECOVERY_OVER && now_us >= recovery->_total_us) {
        if (recovery->_has_path) {
            recovery_rest(recovery);
            return RECOVERY_ABANDON;
        }
        recovery_move(recovery, RECOVERY_OVER, UINT64_MAX);
        return RECOVERY_GIVE_UP;
    }
    if (now_us < recovery->_deadline_us) {
        bool is_repeated = state == RECOVERY_OFFERED && now_us >= recovery->_repeat_us;
        return is_repeated ? recovery_repeat(recovery, now_us) : RECOVERY_NOTHING;
    }
    if (state == RECOVERY_DUE)
        return recovery_send(recovery, now_us);
    enum recovery_act act = recovery_fail_try(recovery, now_us);
    if (act == RECOVERY_NOTHING && now_us >= recovery->_deadline_us)
        act = recovery_send(recovery, now_us);
    return act;
}

uint64_t recovery_deadline(const struct recovery *recovery)
{
    if (recovery->state.state == RECOVERY_STEADY || recovery->state.state == RECOVERY_OVER)
        return UINT64_MAX;
    uint64_t next_us =
        recovery->_deadline_us < recovery->_total_us ? recovery->_deadline_us : recovery->_total_us;
    bool is_out = recovery->state.state == RECOVERY_OFFERED;
    return is_out && recovery->_repeat_us < next_us ? recovery->_repeat_us : next_us;
}

bool recovery_is_checking(const struct recovery *recovery)
{
    return recovery->state.state == RECOVERY_CHECKING;
}

uint64_t recovery_left_us(const struct recovery *recovery, uint64_t now_us)
{
    if (recovery->_has_path || recovery->_total_us == UINT64_MAX)
        return 0;
    return recovery->_total_us > now_us ? recovery->_total_us - now_us : 1;
}
