// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The life of one session of a peer: made, up, handed out, recovered, gone.
 *
 * A session that comes up takes the place of the one there was, and only then the old one ends: its
 * wire is told, and whoever dials again inside that gets the new session. A wire is freed by its
 * end, a session by whoever ends it, never inside its on_message.
 *
 * Loop thread. */
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "hyper/wire/webrtc/rtc_peer.h"
#include "hyper/wire/webrtc/rtc_wire.h"
#include "protocol/relay.h"
#include "sys/log.h"

#define RTC_SESSION_MID "0" /* of the data section of our offers; the existing system's too */

static uint64_t rtc_session_now_us(const struct rtc_session *session)
{
    return loop_now_us(session->peer->shared->settings.loop);
}

static void rtc_session_tell(const struct rtc_session *session, enum coordinator_step step,
                             int code, const char *detail)
{
    const struct rtc_shared *shared = session->peer->shared;
    const struct coordinator_news news = {
        .step = step,
        .peer = &session->peer->id,
        .session = session->number,
        .is_inbound = session->is_inbound,
        .is_relayed = session->was_relayed,
        .code = code,
        .detail = detail,
    };
    shared->events->on_news(shared->owner, &news);
}

/* ---- The end ---- */

void rtc_session_drop(struct rtc_session *session, int code, const char *detail)
{
    struct rtc_wire *wire = session->wire;
    struct rtc_peer *peer = session->peer;
    char why[RTC_WIRE_DETAIL_SIZE]; /* detail may be the connection's */
    struct text text;

    text_init(&text, why, sizeof(why));
    text_append(&text, view_text(detail));
    rtc_session_tell(session, COORDINATOR_DISCONNECTED, code, detail);
    candidates_retire(&peer->candidates, view_text(connection_remote_ufrag(session->connection)));
    connection_free(session->connection);
    mem_free(session);
    loop_defer(peer->shared->settings.loop, &peer->tidy);
    if (wire)
        rtc_wire_finish(wire, code < 0 ? code : ACTR_EUNAVAILABLE, why);
}

/* The session that is up is over. */
static void rtc_session_lose(struct rtc_session *session, int code, const char *detail)
{
    struct rtc_peer *peer = session->peer;
    peer->up = NULL;
    negotiator_on_lost(&peer->negotiator);
    rtc_session_drop(session, code, detail);
}

/* ---- What the connection reports ---- */

static void rtc_session_on_candidate(void *owner, struct connection *connection, const char *ufrag,
                                     const char *text)
{
    struct rtc_session *session = owner;
    struct relay relay = {
        .kind = RELAY_ICE_CANDIDATE,
        .ice_candidate = {.candidate = view_text(text),
                          .sdp_mid = view_text(RTC_SESSION_MID),
                          .username_fragment = view_text(ufrag),
                          .has_sdp_mline_index = true},
    };
    (void)connection;
    /* Lost with the server: the other side's checks find us, or the attempt fails. */
    if (rtc_peer_relay(session->peer, &relay) < 0)
        log_debug(session->peer->shared->settings.log, "webrtc.candidate", "%s", actr_errmsg());
}

static void rtc_session_on_ready(void *owner, struct connection *connection)
{
    struct rtc_session *session = owner;
    struct rtc_peer *peer = session->peer;
    struct rtc_session *old = peer->up;
    struct connection_stats stats;

    connection_get_stats(connection, &stats);
    session->was_relayed = stats.has_pair && stats.pair.is_relayed;
    session->is_up = true;
    session->is_inbound = !peer->waiting;
    peer->up = session;
    peer->making = NULL;
    negotiator_on_ready(&peer->negotiator);
    recovery_init(&session->recovery, session->is_offerer, peer->shared->is_linked);
    rtc_session_tell(session, COORDINATOR_CONNECTED, 0, "");
    if (old)
        rtc_session_drop(old, ACTR_EUNAVAILABLE, "another session with the peer took its place");
    rtc_session_hand_out(session);
    rtc_peer_drive(peer, NEGOTIATOR_NOTHING);
}

static void rtc_session_on_message(void *owner, struct connection *connection, uint8_t lane,
                                   struct actr_bytes message)
{
    const struct rtc_session *session = owner;
    struct wire *wire = session->wire ? &session->wire->wire : NULL;

    (void)connection;
    if (wire && (wire->state == WIRE_READY || wire->state == WIRE_CLOSING))
        wire->events->on_message(wire->owner, wire, lane, message);
    else
        actr_bytes_unref(message);
}

static void rtc_session_on_writable(void *owner, struct connection *connection, uint8_t lane)
{
    const struct rtc_session *session = owner;
    struct wire *wire = session->wire ? &session->wire->wire : NULL;

    (void)connection;
    if (wire && wire->state == WIRE_READY)
        wire->events->on_writable(wire->owner, wire, lane);
}

/* The path is lost or back: says so, if that is news. */
static void rtc_session_set_path(struct rtc_session *session, bool has_path)
{
    if (session->is_recovering == !has_path)
        return;
    session->is_recovering = !has_path;
    if (has_path)
        rtc_session_tell(session, COORDINATOR_CONNECTED, 0, "");
    else
        rtc_session_tell(session, COORDINATOR_RECOVERING, ACTR_ENOTREADY,
                         "the path to the peer is lost");
    if (session->wire)
        rtc_wire_stall(session->wire, !has_path);
}

static void rtc_session_on_path(void *owner, struct connection *connection,
                                const struct connection_path *path)
{
    struct rtc_session *session = owner;

    (void)connection;
    if (!session->is_up)
        return;
    if (path->is_up)
        session->was_relayed = path->is_relayed;
    recovery_on_path(&session->recovery, path->is_up, rtc_session_now_us(session));
    if (connection_is_refused(connection))
        recovery_on_refused(&session->recovery);
    if (path->is_up && path->is_newest)
        recovery_on_restarted(&session->recovery);
    rtc_session_set_path(session, path->is_up);
    rtc_peer_drive(session->peer, NEGOTIATOR_NOTHING);
}

static void rtc_session_on_closed(void *owner, struct connection *connection, int code,
                                  const char *detail)
{
    struct rtc_session *session = owner;
    struct rtc_peer *peer = session->peer;
    enum negotiator_act act = NEGOTIATOR_NOTHING;

    (void)connection;
    if (peer->making == session) {
        act = negotiator_failed(&peer->negotiator, code < 0 ? code : ACTR_EUNAVAILABLE, detail,
                                rtc_session_now_us(session));
        peer->making = NULL;
        rtc_session_drop(session, code, detail);
    } else {
        rtc_session_lose(session, code, detail);
    }
    rtc_peer_drive(peer, act);
}

static const struct connection_events rtc_session_events = {
    .on_candidate = rtc_session_on_candidate,
    .on_ready = rtc_session_on_ready,
    .on_message = rtc_session_on_message,
    .on_writable = rtc_session_on_writable,
    .on_path = rtc_session_on_path,
    .on_closed = rtc_session_on_closed,
};

int rtc_session_new(struct rtc_peer *peer, bool is_offerer, struct rtc_session **ret_session)
{
    struct rtc_shared *shared = peer->shared;
    struct rtc_session *session = mem_alloc(sizeof(*session));
    if (!session)
        return err_origin(ACTR_ENOMEM, "session: no memory");
    session->peer = peer;
    session->is_offerer = is_offerer;
    session->is_inbound = !peer->waiting;
    do
        loop_random(shared->settings.loop, &session->number, sizeof(session->number));
    while (session->number == 0);
    int r = connection_new(&shared->settings, is_offerer, &rtc_session_events, session,
                           &session->connection);
    if (r < 0) {
        mem_free(session);
        return r;
    }
    rtc_session_tell(session, COORDINATOR_CONNECTING, 0, "");
    *ret_session = session;
    return 0;
}

/* ---- Handing out ---- */

void rtc_session_hand_out(struct rtc_session *session)
{
    struct rtc_peer *peer = session->peer;
    struct rtc_shared *shared = peer->shared;
    struct rtc_wire *wire = peer->waiting;

    if (session->wire)
        return;
    peer->waiting = NULL;
    if (!wire)
        wire = rtc_wire_new(shared->settings.loop, WIRE_ACCEPTED, &peer->id);
    if (!wire) {
        rtc_session_lose(session, ACTR_ENOMEM, "no memory");
        return;
    }
    session->wire = wire;
    rtc_wire_bind(wire, session->connection, session->number);
    wire->wire.stalled = session->is_recovering;
    if (wire->wire.role == WIRE_DIALLED)
        rtc_wire_tell_ready(wire);
    else
        shared->events->on_accepted(shared->owner, &wire->wire);
}

/* ---- Descriptions ---- */

static int rtc_session_describe(struct rtc_session *session, enum relay_sdp_type type,
                                struct actr_view sdp, struct actr_view exchange_id)
{
    struct relay relay = {
        .kind = RELAY_SESSION_DESCRIPTION,
        .session_description = {.sdp = sdp, .exchange_id = exchange_id, .type = (int32_t)type},
    };
    return rtc_peer_relay(session->peer, &relay);
}

/* Candidates that came before the description that has just been taken. */
static void rtc_session_add_kept(struct rtc_session *session)
{
    struct connection *connection = session->connection;
    char text[CANDIDATES_TEXT_MAX + 1];
    while (candidates_take(&session->peer->candidates,
                           view_text(connection_remote_ufrag(connection)), text))
        connection_add_candidate(connection, view_text(text));
}

static void rtc_session_retire_ufrag(struct rtc_session *session)
{
    candidates_retire(&session->peer->candidates,
                      view_text(connection_remote_ufrag(session->connection)));
}

int rtc_session_offer(struct rtc_session *session, bool is_restart,
                      char ret_exchange_id[NEGOTIATOR_EXCHANGE_ID_SIZE])
{
    AUTO_BYTES struct actr_bytes sdp = {0};
    uint8_t random[16];

    loop_random(session->peer->shared->settings.loop, random, sizeof(random));
    text_uuid(ret_exchange_id, random);
    if (is_restart)
        rtc_session_retire_ufrag(session);
    int r = connection_offer(session->connection, is_restart, &sdp);
    if (r < 0)
        return r;
    return rtc_session_describe(session, is_restart ? RELAY_SDP_ICE_RESTART_OFFER : RELAY_SDP_OFFER,
                                actr_bytes_view(sdp), view_text(ret_exchange_id));
}

int rtc_session_answer(struct rtc_session *session, bool is_restart, struct actr_view offer,
                       struct actr_view exchange_id)
{
    AUTO_BYTES struct actr_bytes sdp = {0};

    if (is_restart)
        rtc_session_retire_ufrag(session);
    int r = connection_answer(session->connection, is_restart, offer, &sdp);
    if (r == 0)
        r = rtc_session_describe(session, RELAY_SDP_ANSWER, actr_bytes_view(sdp), exchange_id);
    if (r == 0)
        rtc_session_add_kept(session);
    return r;
}

int rtc_session_apply(struct rtc_session *session, struct actr_view sdp)
{
    int r = connection_apply(session->connection, sdp);
    if (r == 0)
        rtc_session_add_kept(session);
    return r;
}

/* ---- Recovery ---- */

static void rtc_session_restart(struct rtc_session *session)
{
    char exchange_id[NEGOTIATOR_EXCHANGE_ID_SIZE];
    if (rtc_session_offer(session, true, exchange_id) < 0)
        recovery_unsent(&session->recovery, rtc_session_now_us(session));
    else
        recovery_offered(&session->recovery, exchange_id);
}

/* The offer that is out, once more. */
static int rtc_session_offer_again(struct rtc_session *session, const char *exchange_id)
{
    AUTO_BYTES struct actr_bytes sdp = {0};
    int r = connection_offer_again(session->connection, &sdp);
    return r < 0 ? r
                 : rtc_session_describe(session, RELAY_SDP_ICE_RESTART_OFFER, actr_bytes_view(sdp),
                                        view_text(exchange_id));
}

static void rtc_session_repeat(struct rtc_session *session)
{
    struct recovery *recovery = &session->recovery;
    if (rtc_session_offer_again(session, recovery_exchange_id(recovery)) < 0)
        recovery_unsent(recovery, rtc_session_now_us(session));
}

static void rtc_session_ask_restart(struct rtc_session *session)
{
    struct relay relay = {.kind = RELAY_ICE_RESTART_REQUEST,
                          .ice_restart_request = {.reason = view_text("network_recovered")}};
    if (rtc_peer_relay(session->peer, &relay) < 0)
        recovery_unsent(&session->recovery, rtc_session_now_us(session));
}

enum negotiator_act rtc_session_recover(struct rtc_session *session)
{
    struct rtc_peer *peer = session->peer;
    uint64_t now_us = rtc_session_now_us(session);

    for (;;) {
        switch (recovery_tick(&session->recovery, now_us)) {
        case RECOVERY_OFFER:
            rtc_session_restart(session);
            break;
        case RECOVERY_REPEAT:
            rtc_session_repeat(session);
            break;
        case RECOVERY_REQUEST:
            rtc_session_ask_restart(session);
            break;
        case RECOVERY_ABANDON:
            connection_abandon(session->connection);
            break;
        case RECOVERY_REPLACE:
            return session->is_offerer ? negotiator_replace(&peer->negotiator, now_us)
                                       : negotiator_want(&peer->negotiator, now_us);
        case RECOVERY_GIVE_UP:
            rtc_session_lose(session, ACTR_EUNAVAILABLE, "the path to the peer was lost");
            return NEGOTIATOR_NOTHING;
        case RECOVERY_NOTHING:
        case RECOVERY_ANSWER:
        case RECOVERY_APPLY:
            return NEGOTIATOR_NOTHING;
        }
    }
}
