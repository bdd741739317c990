// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One remote actor: relays and deadlines go into the negotiator and the recovery of the session
 * that is up, and what these say is done.
 *
 * What is done may fail at once, which is another input: rtc_peer_drive() goes on until nothing is
 * left to do, then one timer waits for the next deadline of all. Attempts are bounded by the
 * negotiator, so this ends.
 *
 * Loop thread. It decides nothing about roles and keeps no description. */
#include "hyper/wire/webrtc/rtc_peer.h"

#include <assert.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/rtc_wire.h"
#include "protocol/relay.h"
#include "sys/log.h"

static uint64_t rtc_peer_now_us(const struct rtc_peer *peer)
{
    return loop_now_us(peer->shared->settings.loop);
}

int rtc_peer_relay(struct rtc_peer *peer, struct relay *relay)
{
    relay->target = peer->id;
    return peer->shared->events->relay(peer->shared->owner, relay);
}

/* ---- Doing ---- */

static enum negotiator_act rtc_peer_failed(struct rtc_peer *peer, int code)
{
    log_debug(peer->shared->settings.log, "webrtc.attempt", "code=%s %s", actr_errname(code),
              actr_errmsg());
    return negotiator_failed(&peer->negotiator, code, actr_errmsg(), rtc_peer_now_us(peer));
}

static enum negotiator_act rtc_peer_ask(struct rtc_peer *peer)
{
    struct relay relay = {
        .kind = RELAY_ROLE_NEGOTIATION,
        .role_negotiation = {.from = peer->shared->self,
                             .to = peer->id,
                             .realm = peer->shared->self.realm},
    };
    int r = rtc_peer_relay(peer, &relay);
    return r < 0 ? rtc_peer_failed(peer, r) : NEGOTIATOR_NOTHING;
}

static void rtc_peer_drop(struct rtc_peer *peer, int code, const char *detail)
{
    struct rtc_session *session = peer->making;
    peer->making = NULL;
    if (session)
        rtc_session_drop(session, code, detail);
}

static enum negotiator_act rtc_peer_offer(struct rtc_peer *peer)
{
    char exchange_id[NEGOTIATOR_EXCHANGE_ID_SIZE];

    rtc_peer_drop(peer, ACTR_ECANCELED, "another offer took its place");
    int r = rtc_session_new(peer, true, &peer->making);
    if (r == 0)
        r = rtc_session_offer(peer->making, false, exchange_id);
    if (r < 0)
        return rtc_peer_failed(peer, r);
    negotiator_offered(&peer->negotiator, exchange_id, rtc_peer_now_us(peer));
    return NEGOTIATOR_NOTHING;
}

/* The attempt is over, without a session. */
static void rtc_peer_give_up(struct rtc_peer *peer, bool is_final)
{
    struct rtc_wire *wire = peer->waiting;
    const char *detail;
    int code = negotiator_cause(&peer->negotiator, &detail);

    rtc_peer_drop(peer, code, detail);
    if (peer->up)
        recovery_on_unreplaced(&peer->up->recovery, rtc_peer_now_us(peer));
    loop_defer(peer->shared->settings.loop, &peer->tidy);
    if (!is_final || !wire)
        return;
    peer->waiting = NULL;
    rtc_wire_fail(wire, code, detail, true);
}

static enum negotiator_act rtc_peer_do(struct rtc_peer *peer, enum negotiator_act act)
{
    switch (act) {
    case NEGOTIATOR_ASK:
        return rtc_peer_ask(peer);
    case NEGOTIATOR_OFFER:
        return rtc_peer_offer(peer);
    case NEGOTIATOR_DROP:
        rtc_peer_give_up(peer, false);
        break;
    case NEGOTIATOR_GIVE_UP:
        rtc_peer_give_up(peer, true);
        break;
    case NEGOTIATOR_NOTHING:
    case NEGOTIATOR_ANSWER: /* with the description at hand */
    case NEGOTIATOR_APPLY:
        break;
    }
    return NEGOTIATOR_NOTHING;
}

static void rtc_peer_schedule(struct rtc_peer *peer)
{
    uint64_t now_us = rtc_peer_now_us(peer);
    uint64_t due_us = negotiator_deadline(&peer->negotiator);
    uint64_t other_us = candidates_expire(&peer->candidates, now_us);

    if (other_us < due_us)
        due_us = other_us;
    other_us = peer->up ? recovery_deadline(&peer->up->recovery) : UINT64_MAX;
    if (other_us < due_us)
        due_us = other_us;
    loop_timer_stop(&peer->timer);
    if (due_us != UINT64_MAX)
        loop_timer_start(&peer->timer, due_us > now_us ? due_us - now_us : 0);
}

void rtc_peer_drive(struct rtc_peer *peer, enum negotiator_act act)
{
    for (;;) {
        if (act == NEGOTIATOR_NOTHING)
            act = negotiator_tick(&peer->negotiator, rtc_peer_now_us(peer));
        if (act == NEGOTIATOR_NOTHING && peer->up)
            act = rtc_session_recover(peer->up);
        if (act == NEGOTIATOR_NOTHING)
            break;
        act = rtc_peer_do(peer, act);
    }
    rtc_peer_schedule(peer);
}

static void rtc_peer_on_timer(struct loop_timer *timer)
{
    struct rtc_peer *peer = container_of(timer, struct rtc_peer, timer);
    rtc_peer_drive(peer, NEGOTIATOR_NOTHING);
    loop_defer(peer->shared->settings.loop, &peer->tidy);
}

/* ---- Relays ---- */

/* An offer for a session that lives: of media, or told again. False: it is for none of ours. */
static bool rtc_peer_renegotiate(struct rtc_peer *peer,
                                 const struct relay_session_description *offer)
{
    struct rtc_session *sessions[] = {peer->making, peer->up};

    for (size_t i = 0; i < 2; i++) {
        if (!sessions[i] ||
            connection_relate(sessions[i]->connection, offer->sdp) != CONNECTION_KNOWN)
            continue;
        if (rtc_session_answer(sessions[i], false, offer->sdp, offer->exchange_id) < 0)
            log_debug(peer->shared->settings.log, "webrtc.renegotiation", "%s", actr_errmsg());
        return true;
    }
    return false;
}

static void rtc_peer_on_answer(struct rtc_peer *peer,
                               const struct relay_session_description *answer)
{
    enum negotiator_act act = NEGOTIATOR_NOTHING;
    struct rtc_session *up = peer->up;
    int r = 0;

    if (negotiator_on_answer(&peer->negotiator, answer->exchange_id) == NEGOTIATOR_APPLY) {
        r = rtc_session_apply(peer->making, answer->sdp);
        if (r < 0)
            act = rtc_peer_failed(peer, r);
    } else if (up && connection_relate(up->connection, answer->sdp) != CONNECTION_STRANGE &&
               recovery_on_answer(&up->recovery, answer->exchange_id) == RECOVERY_APPLY) {
        r = rtc_session_apply(up, answer->sdp); /* else the try ends with its time */
    }
    if (r < 0)
        log_debug(peer->shared->settings.log, "webrtc.answer", "%s", actr_errmsg());
    rtc_peer_drive(peer, act);
}

static void rtc_peer_on_restart_offer(struct rtc_peer *peer,
                                      const struct relay_session_description *offer)
{
    struct rtc_session *session = peer->up, *making = peer->making;
    enum connection_relation relation = CONNECTION_STRANGE;
    int r = 0;

    if (session)
        relation = connection_relate(session->connection, offer->sdp);
    if (relation == CONNECTION_NEWS &&
        recovery_on_restart_offer(&session->recovery, rtc_peer_now_us(peer)) != RECOVERY_ANSWER)
        return;
    /* It may be up on the other side only, so far. */
    if (relation == CONNECTION_STRANGE && making && !making->is_offerer) {
        session = making;
        relation = connection_relate(session->connection, offer->sdp);
    }
    if (relation != CONNECTION_STRANGE)
        r = rtc_session_answer(session, relation == CONNECTION_NEWS, offer->sdp,
                               offer->exchange_id);
    if (r < 0)
        log_debug(peer->shared->settings.log, "webrtc.restart", "%s", actr_errmsg());
    rtc_peer_drive(peer, NEGOTIATOR_NOTHING);
}

/* The session's offerer, with the keys that it has there and new credentials: JSEP knows no other
 * words for a restart (RFC 8829 §5.2.3.3). Of a new session all of these are others. */
static bool rtc_peer_is_restart(const struct rtc_peer *peer,
                                const struct relay_session_description *offer)
{
    const struct rtc_session *sessions[] = {peer->making, peer->up};

    for (size_t i = 0; i < 2; i++) {
        if (sessions[i] && !sessions[i]->is_offerer &&
            connection_relate(sessions[i]->connection, offer->sdp) == CONNECTION_NEWS)
            return true;
    }
    return false;
}

static void rtc_peer_on_offer(struct rtc_peer *peer, const struct relay_session_description *offer)
{
    enum negotiator_act act = NEGOTIATOR_NOTHING;

    if (rtc_peer_renegotiate(peer, offer))
        return;
    if (rtc_peer_is_restart(peer, offer)) {
        rtc_peer_on_restart_offer(peer, offer);
        return;
    }
    if (peer->shared->is_closing ||
        negotiator_on_offer(&peer->negotiator, rtc_peer_now_us(peer)) != NEGOTIATOR_ANSWER)
        return;
    rtc_peer_drop(peer, ACTR_ECANCELED, "an offer of the peer took its place");
    int r = rtc_session_new(peer, false, &peer->making);
    if (r == 0)
        r = rtc_session_answer(peer->making, false, offer->sdp, offer->exchange_id);
    if (r < 0)
        act = rtc_peer_failed(peer, r);
    rtc_peer_drive(peer, act);
}

static void rtc_peer_on_description(struct rtc_peer *peer,
                                    const struct relay_session_description *description)
{
    if (description->exchange_id.len == 0)
        return; /* nobody could match the answer */
    switch (description->type) {
    case RELAY_SDP_OFFER:
        rtc_peer_on_offer(peer, description);
        break;
    case RELAY_SDP_ANSWER:
        rtc_peer_on_answer(peer, description);
        break;
    case RELAY_SDP_ICE_RESTART_OFFER:
        rtc_peer_on_restart_offer(peer, description);
        break;
    case RELAY_SDP_RENEGOTIATION_OFFER:
        (void)rtc_peer_renegotiate(peer, description); /* else of a session that is over */
        break;
    default: /* of a newer peer */
        break;
    }
}

static void rtc_peer_on_candidate(struct rtc_peer *peer, const struct relay_ice_candidate *ice)
{
    struct rtc_session *sessions[] = {peer->making, peer->up};

    if (ice->username_fragment.len == 0)
        return;
    for (size_t i = 0; i < 2; i++) {
        if (!sessions[i])
            continue;
        const char *ufrag = connection_remote_ufrag(sessions[i]->connection);
        if (!view_equal(ice->username_fragment, view_text(ufrag)))
            continue;
        connection_add_candidate(sessions[i]->connection, ice->candidate);
        return;
    }
    if (candidates_keep(&peer->candidates, ice->username_fragment, ice->candidate,
                        rtc_peer_now_us(peer)) < 0)
        log_debug(peer->shared->settings.log, "webrtc.candidate", "%s", actr_errmsg());
    rtc_peer_schedule(peer);
}

void rtc_peer_on_relay(struct rtc_peer *peer, const struct relay *relay)
{
    uint64_t now_us = rtc_peer_now_us(peer);

    loop_defer(peer->shared->settings.loop, &peer->tidy);
    switch (relay->kind) {
    case RELAY_ROLE_ASSIGNMENT:
        if (!peer->shared->is_closing)
            rtc_peer_drive(peer, negotiator_on_assignment(
                                     &peer->negotiator, relay->role_assignment.is_offerer, now_us));
        break;
    case RELAY_SESSION_DESCRIPTION:
        rtc_peer_on_description(peer, &relay->session_description);
        break;
    case RELAY_ICE_CANDIDATE:
        rtc_peer_on_candidate(peer, &relay->ice_candidate);
        break;
    case RELAY_ICE_RESTART_REQUEST:
        if (peer->up)
            recovery_on_request(&peer->up->recovery, now_us);
        rtc_peer_drive(peer, NEGOTIATOR_NOTHING);
        break;
    case RELAY_ROLE_NEGOTIATION: /* for servers */
    case RELAY_NONE:
        break;
    }
}

void rtc_peer_on_refused(struct rtc_peer *peer, int code, const char *detail)
{
    struct negotiator *negotiator = &peer->negotiator;
    unsigned state = negotiator->state.state;

    if (peer->up && code == ACTR_ENOTFOUND)
        recovery_on_absent(&peer->up->recovery, connection_is_refused(peer->up->connection),
                           rtc_peer_now_us(peer));
    /* A peer that is not there may be on its way back to the server, as we may. What was answered
     * meanwhile goes on. */
    if (code == ACTR_EPERMISSION)
        rtc_peer_drive(peer, negotiator_refused(negotiator, code, detail));
    else if (state == NEGOTIATOR_ASKING || (state == NEGOTIATOR_OFFERING && code == ACTR_ENOTFOUND))
        rtc_peer_drive(
            peer, negotiator_failed(negotiator, ACTR_EUNAVAILABLE, detail, rtc_peer_now_us(peer)));
    else
        rtc_peer_drive(peer, NEGOTIATOR_NOTHING);
}

void rtc_peer_on_linked(struct rtc_peer *peer, bool is_linked)
{
    uint64_t now_us = rtc_peer_now_us(peer);
    if (is_linked && peer->making) /* what was told may have been lost with the server */
        connection_announce(peer->making->connection);
    if (is_linked && peer->up && recovery_is_checking(&peer->up->recovery))
        connection_announce(peer->up->connection);
    if (peer->up)
        recovery_on_linked(&peer->up->recovery, is_linked, now_us);
    rtc_peer_drive(peer, is_linked ? negotiator_on_linked(&peer->negotiator, now_us)
                                   : NEGOTIATOR_NOTHING);
}

void rtc_peer_on_locals(struct rtc_peer *peer)
{
    if (peer->making)
        (void)connection_on_locals(peer->making->connection);
    if (peer->up && connection_on_locals(peer->up->connection))
        recovery_on_change(&peer->up->recovery, rtc_peer_now_us(peer));
    rtc_peer_drive(peer, NEGOTIATOR_NOTHING);
}

void rtc_peer_on_credentials(struct rtc_peer *peer)
{
    if (peer->making)
        connection_on_credentials(peer->making->connection);
    if (peer->up)
        connection_on_credentials(peer->up->connection);
}

/* ---- Dialling ---- */

static void rtc_peer_on_abandoned(void *user)
{
    struct rtc_peer *peer = user;
    peer->waiting = NULL;
    loop_task_cancel(&peer->joining);
    rtc_peer_drive(peer, negotiator_cancel(&peer->negotiator));
    loop_defer(peer->shared->settings.loop, &peer->tidy);
}

static void rtc_peer_on_joining(struct loop_task *task)
{
    struct rtc_peer *peer = container_of(task, struct rtc_peer, joining);
    if (peer->waiting && peer->up)
        rtc_session_hand_out(peer->up);
}

int rtc_peer_dial(struct rtc_peer *peer, const struct wire_events *events, void *owner,
                  struct wire **ret_wire)
{
    struct loop *loop = peer->shared->settings.loop;

    loop_defer(loop, &peer->tidy);
    if (peer->waiting || (peer->up && peer->up->wire))
        return err_origin(ACTR_ESTATE, "the session with the peer is in use");
    struct rtc_wire *wire = rtc_wire_new(loop, WIRE_DIALLED, &peer->id);
    if (!wire)
        return err_origin(ACTR_ENOMEM, "dial: no memory");
    wire->on_abandoned = rtc_peer_on_abandoned;
    wire->user = peer;
    wire_adopt(&wire->wire, events, owner);
    *ret_wire = &wire->wire;
    peer->waiting = wire;
    if (peer->up)
        loop_defer(loop, &peer->joining);
    else
        rtc_peer_drive(peer, negotiator_want(&peer->negotiator, rtc_peer_now_us(peer)));
    return 0;
}

/* ---- Life ---- */

void rtc_peer_reset(struct rtc_peer *peer)
{
    rtc_peer_drop(peer, ACTR_EUNAVAILABLE, "this node has another identity");
    negotiator_init(&peer->negotiator);
    peer->negotiator.has_session = peer->up != NULL;
    if (peer->waiting && !peer->up)
        rtc_peer_drive(peer, negotiator_want(&peer->negotiator, rtc_peer_now_us(peer)));
    else
        rtc_peer_schedule(peer);
    loop_defer(peer->shared->settings.loop, &peer->tidy);
}

static void rtc_peer_on_tidy(struct loop_task *task)
{
    struct rtc_peer *peer = container_of(task, struct rtc_peer, tidy);
    bool is_idle = !peer->up && !peer->making && !peer->waiting && peer->candidates.count == 0 &&
                   peer->negotiator.state.state == NEGOTIATOR_IDLE;
    if (is_idle)
        peer->shared->on_idle(peer->shared, peer);
}

struct rtc_peer *rtc_peer_new(struct rtc_shared *shared, const struct actr_id *id)
{
    struct rtc_peer *peer = mem_alloc(sizeof(*peer));
    if (!peer)
        return NULL;
    peer->shared = shared;
    peer->id = *id;
    negotiator_init(&peer->negotiator);
    candidates_init(&peer->candidates, &shared->candidates);
    loop_timer_init(&peer->timer, shared->settings.loop, rtc_peer_on_timer);
    loop_task_init(&peer->joining, rtc_peer_on_joining);
    loop_task_init(&peer->tidy, rtc_peer_on_tidy);
    loop_defer(shared->settings.loop, &peer->tidy);
    return peer;
}

void rtc_peer_free(struct rtc_peer *peer)
{
    struct rtc_session *up = peer->up;

    assert(!peer->waiting && (!up || !up->wire));
    rtc_peer_drop(peer, ACTR_ECANCELED, "the node stops");
    peer->up = NULL;
    if (up)
        rtc_session_drop(up, ACTR_ECANCELED, "the node stops");
    candidates_deinit(&peer->candidates);
    loop_timer_stop(&peer->timer);
    loop_task_cancel(&peer->joining);
    loop_task_cancel(&peer->tidy);
    mem_free(peer);
}
