// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One remote actor: the session with it that is up, the one that is being made, and what it takes
 * to make and keep them (negotiator, candidates, recovery). Relays of one peer are handled in their
 * order, each at once. Loop thread; nothing of the owner is called inside the calls that come from
 * wires. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/id.h>

#include "base/hash.h"
#include "hyper/wire/webrtc/candidates.h"
#include "hyper/wire/webrtc/coordinator.h"
#include "hyper/wire/webrtc/negotiator.h"
#include "hyper/wire/webrtc/recovery.h"
#include "sys/loop.h"

struct connection;
struct relay;
struct rtc_peer;
struct rtc_wire;

/* What the peers of one coordinator share. */
struct rtc_shared {
    struct connection_settings settings;
    const struct coordinator_events *events;
    void *owner;
    struct candidates_total candidates;
    struct actr_id self;
    bool is_linked;  /* the server can be reached */
    bool is_closing; /* no new sessions */
    /* Holds nothing any more; may be freed inside. */
    void (*on_idle)(struct rtc_shared *shared, struct rtc_peer *peer);
};

/* One connection, in the making or up. */
struct rtc_session {
    struct rtc_peer *peer;
    struct connection *connection;
    struct rtc_wire *wire; /* up: NULL only until it has been handed out */
    struct recovery recovery;
    uint64_t number; /* of the wire */
    bool is_offerer;
    bool is_inbound; /* nobody of this node wanted it when it came up */
    bool is_up;
    bool was_relayed;
    bool is_recovering; /* up, without a path */
};

struct rtc_peer {
    struct hash_node node; /* the coordinator's */
    struct rtc_shared *shared;
    struct actr_id id;
    struct negotiator negotiator;
    struct candidates candidates;
    struct rtc_session *up, *making;
    struct rtc_wire *waiting; /* dialled, and no session yet */
    struct loop_timer timer;
    struct loop_task joining; /* the waiting wire gets the session that is up */
    struct loop_task tidy;
};

/* NULL when memory has run out. */
struct rtc_peer *rtc_peer_new(struct rtc_shared *shared, const struct actr_id *id);
/* Everything of it, at once and without a word to wires: there must be none. */
void rtc_peer_free(struct rtc_peer *peer);

/* Of wire_dialer. ACTR_ENOMEM, ACTR_ESTATE. */
int rtc_peer_dial(struct rtc_peer *peer, const struct wire_events *events, void *owner,
                  struct wire **ret_wire) ACTR_MUST_CHECK;

/* A relay of the peer, or of the server about it. */
void rtc_peer_on_relay(struct rtc_peer *peer, const struct relay *relay);
/* The server does not relay to it. detail: static storage. */
void rtc_peer_on_refused(struct rtc_peer *peer, int code, const char *detail);
void rtc_peer_on_linked(struct rtc_peer *peer, bool is_linked);
void rtc_peer_on_locals(struct rtc_peer *peer);
void rtc_peer_on_credentials(struct rtc_peer *peer);
/* This node is somebody else now: what is being made ends. */
void rtc_peer_reset(struct rtc_peer *peer);

/* For rtc_session.c: does what is due, and what `act` says first. */
void rtc_peer_drive(struct rtc_peer *peer, enum negotiator_act act);

/* rtc_session.c -------------------------------------------------------------------------------- */

/* ACTR_ENOMEM, ACTR_EINTERNAL. */
int rtc_session_new(struct rtc_peer *peer, bool is_offerer,
                    struct rtc_session **ret_session) ACTR_MUST_CHECK;
/* One that is not up, or whose wire has gone; the hooks are told. code: why. */
void rtc_session_drop(struct rtc_session *session, int code, const char *detail);
/* Relays an offer, or the answer to one; and candidates that have waited for it are used. */
int rtc_session_offer(struct rtc_session *session, bool is_restart,
                      char ret_exchange_id[NEGOTIATOR_EXCHANGE_ID_SIZE]) ACTR_MUST_CHECK;
int rtc_session_answer(struct rtc_session *session, bool is_restart, struct actr_view sdp,
                       struct actr_view exchange_id) ACTR_MUST_CHECK;
int rtc_session_apply(struct rtc_session *session, struct actr_view sdp) ACTR_MUST_CHECK;
/* Does what recovery finds due; the act is for the negotiation that it asks for. */
enum negotiator_act rtc_session_recover(struct rtc_session *session);
/* Hands the session out: to the wire that waits, or as an accepted one. */
void rtc_session_hand_out(struct rtc_session *session);
/* Whatever of ours goes to a peer by the server. */
int rtc_peer_relay(struct rtc_peer *peer, struct relay *relay) ACTR_MUST_CHECK;
