// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* How a session with one peer comes to be.
 *
 * Every input returns at most one act; the state says what is waited for, and each state but IDLE
 * has a deadline. `has_session` is beside the states: a replacement is negotiated while the old
 * session still carries.
 *
 * Both sides may ask for roles at once; then each gets two assignments with one content. The second
 * finds an offer outstanding, or, when everything was quick, an attempt that is further: as many
 * assignments as we asked for are ours and begin nothing anew.
 *
 * Pure: no clock, no memory, no I/O. It never computes a role, and never tears down a session that
 * is up. */
#include "hyper/wire/webrtc/negotiator.h"

#include <string.h>

#include <actr/error.h>

#include "base/bytes.h"
#include "base/text.h"

#define NEGOTIATOR_PAUSE_US 1000000u /* doubled with each attempt */
/* An assignment that comes later is not the answer to our question. */
#define NEGOTIATOR_ASK_VALID_US 10000000u

static const char *const negotiator_names[] = {"idle",     "asking",     "awaiting",
                                               "offering", "connecting", "pausing"};
static const uint32_t negotiator_moves[] = {
    [NEGOTIATOR_IDLE] =
        SM_TO(NEGOTIATOR_ASKING) | SM_TO(NEGOTIATOR_OFFERING) | SM_TO(NEGOTIATOR_CONNECTING),
    [NEGOTIATOR_ASKING] = SM_TO(NEGOTIATOR_AWAITING) | SM_TO(NEGOTIATOR_OFFERING) |
                          SM_TO(NEGOTIATOR_CONNECTING) | SM_TO(NEGOTIATOR_PAUSING) |
                          SM_TO(NEGOTIATOR_IDLE),
    [NEGOTIATOR_AWAITING] = SM_TO(NEGOTIATOR_OFFERING) | SM_TO(NEGOTIATOR_CONNECTING) |
                            SM_TO(NEGOTIATOR_PAUSING) | SM_TO(NEGOTIATOR_IDLE),
    [NEGOTIATOR_OFFERING] =
        SM_TO(NEGOTIATOR_CONNECTING) | SM_TO(NEGOTIATOR_PAUSING) | SM_TO(NEGOTIATOR_IDLE),
    [NEGOTIATOR_CONNECTING] = SM_TO(NEGOTIATOR_OFFERING) | SM_TO(NEGOTIATOR_CONNECTING) |
                              SM_TO(NEGOTIATOR_PAUSING) | SM_TO(NEGOTIATOR_IDLE),
    [NEGOTIATOR_PAUSING] = SM_TO(NEGOTIATOR_ASKING) | SM_TO(NEGOTIATOR_OFFERING) |
                           SM_TO(NEGOTIATOR_CONNECTING) | SM_TO(NEGOTIATOR_IDLE),
};
static const struct sm_table negotiator_table = {"negotiator", negotiator_names, negotiator_moves,
                                                 6};

void negotiator_init(struct negotiator *negotiator)
{
    *negotiator = (struct negotiator){._deadline_us = UINT64_MAX};
    sm_init(&negotiator->state, &negotiator_table, NEGOTIATOR_IDLE);
}

static void negotiator_move(struct negotiator *negotiator, enum negotiator_state to,
                            uint64_t deadline_us)
{
    sm_move(&negotiator->state, to);
    negotiator->_deadline_us = deadline_us;
}

static void negotiator_set_cause(struct negotiator *negotiator, int code, const char *detail)
{
    struct text text;
    negotiator->_code = code;
    text_init(&text, negotiator->_detail, sizeof(negotiator->_detail));
    text_append(&text, view_text(detail));
}

static bool negotiator_has_made(const struct negotiator *negotiator)
{
    return negotiator->state.state == NEGOTIATOR_OFFERING ||
           negotiator->state.state == NEGOTIATOR_CONNECTING;
}

static enum negotiator_act negotiator_rest(struct negotiator *negotiator)
{
    bool was_wanted = negotiator->is_wanted, has_made = negotiator_has_made(negotiator);
    negotiator->is_wanted = false;
    negotiator->_exchange_id[0] = '\0';
    negotiator->_asks_open = 0;
    negotiator_move(negotiator, NEGOTIATOR_IDLE, UINT64_MAX);
    if (was_wanted)
        return NEGOTIATOR_GIVE_UP;
    return has_made ? NEGOTIATOR_DROP : NEGOTIATOR_NOTHING;
}

static enum negotiator_act negotiator_ask(struct negotiator *negotiator, uint64_t now_us)
{
    negotiator->_attempts++;
    negotiator->_asks_open++;
    negotiator->_asked_us = now_us;
    negotiator_move(negotiator, NEGOTIATOR_ASKING, now_us + NEGOTIATOR_ROLES_US);
    return NEGOTIATOR_ASK;
}

static enum negotiator_act negotiator_offer(struct negotiator *negotiator, uint64_t now_us)
{
    negotiator->is_offerer = true;
    negotiator->_exchange_id[0] = '\0';
    negotiator->_offered_us = now_us;
    negotiator_move(negotiator, NEGOTIATOR_OFFERING, now_us + NEGOTIATOR_SESSION_US);
    return NEGOTIATOR_OFFER;
}

enum negotiator_act negotiator_want(struct negotiator *negotiator, uint64_t now_us)
{
    if (negotiator->is_wanted)
        return NEGOTIATOR_NOTHING;
    negotiator->is_wanted = true;
    negotiator->_attempts = 0;
    negotiator->_total_us = now_us + NEGOTIATOR_TOTAL_US;
    negotiator_set_cause(negotiator, ACTR_ETIMEDOUT, "WebRTC: no session in time");
    if (negotiator->state.state == NEGOTIATOR_IDLE)
        return negotiator_ask(negotiator, now_us);
    negotiator->_attempts = 1;
    return NEGOTIATOR_NOTHING;
}

enum negotiator_act negotiator_cancel(struct negotiator *negotiator)
{
    if (!negotiator->is_wanted)
        return NEGOTIATOR_NOTHING;
    negotiator->is_wanted = false;
    return negotiator_rest(negotiator);
}

enum negotiator_act negotiator_replace(struct negotiator *negotiator, uint64_t now_us)
{
    if (negotiator->state.state != NEGOTIATOR_IDLE)
        return NEGOTIATOR_NOTHING;
    return negotiator_offer(negotiator, now_us);
}

/* One of as many assignments as we have asked for. */
static bool negotiator_take_ask(struct negotiator *negotiator, uint64_t now_us)
{
    if (negotiator->_asks_open == 0 || now_us - negotiator->_asked_us > NEGOTIATOR_ASK_VALID_US)
        return false;
    negotiator->_asks_open--;
    return true;
}

enum negotiator_act negotiator_on_assignment(struct negotiator *negotiator, bool is_offerer,
                                             uint64_t now_us)
{
    bool was_asked = negotiator_take_ask(negotiator, now_us);

    negotiator->_was_assigned_offerer = is_offerer;
    switch ((enum negotiator_state)negotiator->state.state) {
    case NEGOTIATOR_ASKING:
        if (is_offerer)
            return negotiator_offer(negotiator, now_us);
        negotiator->is_offerer = false;
        negotiator_move(negotiator, NEGOTIATOR_AWAITING, now_us + NEGOTIATOR_OFFER_US);
        return NEGOTIATOR_NOTHING;
    case NEGOTIATOR_AWAITING:
    case NEGOTIATOR_PAUSING:
        return is_offerer ? negotiator_offer(negotiator, now_us) : NEGOTIATOR_NOTHING;
    case NEGOTIATOR_IDLE:
    case NEGOTIATOR_CONNECTING:
        /* The peer begins anew. */
        return is_offerer && !was_asked ? negotiator_offer(negotiator, now_us) : NEGOTIATOR_NOTHING;
    case NEGOTIATOR_OFFERING:
        break; /* the offer that is out will do */
    }
    return NEGOTIATOR_NOTHING;
}

enum negotiator_act negotiator_on_offer(struct negotiator *negotiator, uint64_t now_us)
{
    /* The peer gives way to our offer when it comes; two of this kind cannot both have been
     * assigned to offer. */
    if (negotiator->state.state == NEGOTIATOR_OFFERING && negotiator->_was_assigned_offerer &&
        now_us - negotiator->_offered_us < NEGOTIATOR_GLARE_US)
        return NEGOTIATOR_NOTHING;
    negotiator->is_offerer = false;
    negotiator->_exchange_id[0] = '\0';
    negotiator_move(negotiator, NEGOTIATOR_CONNECTING, now_us + NEGOTIATOR_SESSION_US);
    return NEGOTIATOR_ANSWER;
}

enum negotiator_act negotiator_on_answer(struct negotiator *negotiator,
                                         struct actr_view exchange_id)
{
    if (negotiator->state.state != NEGOTIATOR_OFFERING || exchange_id.len == 0 ||
        !view_equal(exchange_id, view_text(negotiator->_exchange_id)))
        return NEGOTIATOR_NOTHING;
    negotiator->_exchange_id[0] = '\0';
    negotiator_move(negotiator, NEGOTIATOR_CONNECTING, negotiator->_deadline_us);
    return NEGOTIATOR_APPLY;
}

void negotiator_offered(struct negotiator *negotiator,
                        const char exchange_id[NEGOTIATOR_EXCHANGE_ID_SIZE], uint64_t now_us)
{
    memcpy(negotiator->_exchange_id, exchange_id, NEGOTIATOR_EXCHANGE_ID_SIZE);
    negotiator->_offered_us = now_us;
}

enum negotiator_act negotiator_failed(struct negotiator *negotiator, int code, const char *detail,
                                      uint64_t now_us)
{
    bool has_made = negotiator_has_made(negotiator);
    unsigned doubled = negotiator->_attempts > 0 ? negotiator->_attempts - 1u : 0;
    uint64_t pause_us = (uint64_t)NEGOTIATOR_PAUSE_US << (doubled < 4 ? doubled : 4);

    if (negotiator->state.state == NEGOTIATOR_IDLE)
        return NEGOTIATOR_NOTHING;
    negotiator_set_cause(negotiator, code, detail);
    negotiator->_exchange_id[0] = '\0';
    if (!negotiator->is_wanted || negotiator->_attempts >= NEGOTIATOR_ATTEMPTS ||
        now_us + pause_us >= negotiator->_total_us)
        return negotiator_rest(negotiator);
    if (negotiator->state.state != NEGOTIATOR_PAUSING)
        negotiator_move(negotiator, NEGOTIATOR_PAUSING, now_us + pause_us);
    return has_made ? NEGOTIATOR_DROP : NEGOTIATOR_NOTHING;
}

enum negotiator_act negotiator_refused(struct negotiator *negotiator, int code, const char *detail)
{
    if (negotiator->state.state == NEGOTIATOR_IDLE ||
        negotiator->state.state == NEGOTIATOR_CONNECTING)
        return NEGOTIATOR_NOTHING;
    negotiator_set_cause(negotiator, code, detail);
    return negotiator_rest(negotiator);
}

enum negotiator_act negotiator_on_linked(struct negotiator *negotiator, uint64_t now_us)
{
    if (negotiator->state.state != NEGOTIATOR_PAUSING)
        return NEGOTIATOR_NOTHING;
    return negotiator_ask(negotiator, now_us);
}

void negotiator_on_ready(struct negotiator *negotiator)
{
    negotiator->is_wanted = false;
    negotiator->has_session = true;
    negotiator->_exchange_id[0] = '\0';
    negotiator_move(negotiator, NEGOTIATOR_IDLE, UINT64_MAX);
}

void negotiator_on_lost(struct negotiator *negotiator)
{
    negotiator->has_session = false;
}

static const char *negotiator_late(const struct negotiator *negotiator)
{
    switch ((enum negotiator_state)negotiator->state.state) {
    case NEGOTIATOR_ASKING:
        return "WebRTC: the server assigned no roles in time";
    case NEGOTIATOR_AWAITING:
        return "WebRTC: the peer made no offer in time";
    case NEGOTIATOR_OFFERING:
        return "WebRTC: the peer did not answer the offer in time";
    case NEGOTIATOR_CONNECTING:
        return "WebRTC: no path to the peer in time";
    case NEGOTIATOR_IDLE:
    case NEGOTIATOR_PAUSING:
        break;
    }
    return "WebRTC: no session in time";
}

enum negotiator_act negotiator_tick(struct negotiator *negotiator, uint64_t now_us)
{
    if (now_us < negotiator->_deadline_us)
        return NEGOTIATOR_NOTHING;
    if (negotiator->state.state == NEGOTIATOR_PAUSING)
        return negotiator_ask(negotiator, now_us);
    return negotiator_failed(negotiator, ACTR_ETIMEDOUT, negotiator_late(negotiator), now_us);
}

uint64_t negotiator_deadline(const struct negotiator *negotiator)
{
    return negotiator->_deadline_us;
}

int negotiator_cause(const struct negotiator *negotiator, const char **ret_detail)
{
    *ret_detail = negotiator->_detail;
    return negotiator->_code;
}
