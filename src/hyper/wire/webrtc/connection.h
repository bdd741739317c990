// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One WebRTC session with one peer, from its first description to its end: ICE agent, gatherer and
 * association joined over the node's UDP port. It knows nothing of relays, roles or retries: it
 * takes and makes descriptions, and says when its path or itself is lost.
 *
 * Loop thread. on_message and on_writable may come inside of anything but connection_send(); the
 * others never inside a call. It must not be freed inside on_message and on_writable. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "hyper/wire/webrtc/association.h"
#include "hyper/wire/webrtc/ice/agent.h"

struct connection;
struct log;
struct loop;
struct net;
struct udp_mux;

#define CONNECTION_LANES ASSOCIATION_LANES
#define CONNECTION_FULL 1

/* What the connections of a node share; borrowed while they live. */
struct connection_settings {
    struct loop *loop;
    struct log *log; /* NULL: none */
    struct net *net;
    struct udp_mux *mux;
    struct association_factory *associations;
    const char *const *stun_urls; /* NULL-terminated; NULL: none */
    const char *const *turn_urls;
    const char *turn_username, *turn_password; /* NULL: not known yet */
    const struct net_address *public_addresses;
    size_t public_count;
    bool relay_only;
    uint64_t wait_us[4]; /* see ice_options */
};

struct connection_path {
    bool is_up; /* else data waits */
    /* is_up: of the pair that carries. */
    bool is_newest; /* of the last restart, if there was any */
    bool is_relayed;
};

struct connection_events {
    /* A candidate of ours, for the description with that user fragment. Lent. */
    void (*on_candidate)(void *owner, struct connection *connection, const char *ufrag,
                         const char *text);
    /* Messages may be sent. Once. */
    void (*on_ready)(void *owner, struct connection *connection);
    void (*on_message)(void *owner, struct connection *connection, uint8_t lane,
                       struct actr_bytes message);
    void (*on_writable)(void *owner, struct connection *connection, uint8_t lane);
    /* After on_ready: the path is lost, back, or another. */
    void (*on_path)(void *owner, struct connection *connection, const struct connection_path *path);
    /* Over; code 0: as asked for. Last event; the owner frees it. */
    void (*on_closed)(void *owner, struct connection *connection, int code, const char *detail);
};

/* ACTR_ENOMEM, ACTR_EINTERNAL. */
int connection_new(const struct connection_settings *settings, bool is_offerer,
                   const struct connection_events *events, void *owner,
                   struct connection **ret_connection) ACTR_MUST_CHECK;
/* At once; the peer is told when that is possible. Returns NULL; NULL is fine. */
struct connection *connection_free(struct connection *connection);

/* Makes an offer and begins to gather. is_restart: of fresh credentials, for the session that is
 * up; the old path goes on meanwhile. ACTR_ENOMEM. */
int connection_offer(struct connection *connection, bool is_restart,
                     struct actr_bytes *ret_sdp) ACTR_MUST_CHECK;
/* Makes the last offer once more, with the candidates known by now: it may have been lost. */
int connection_offer_again(struct connection *connection,
                           struct actr_bytes *ret_sdp) ACTR_MUST_CHECK;
/* Takes the peer's offer (is_restart: see above), makes the answer and begins to gather. One that
 * is known (connection_relate()) is only answered, whatever sections it has beside that of the
 * data: they are rejected, and the session goes on as it is. ACTR_EINVALID, ACTR_ENOMEM,
 * ACTR_EINTERNAL. */
int connection_answer(struct connection *connection, bool is_restart, struct actr_view offer,
                      struct actr_bytes *ret_sdp) ACTR_MUST_CHECK;
/* Takes the answer to the last offer. The same errors. */
int connection_apply(struct connection *connection, struct actr_view answer) ACTR_MUST_CHECK;
enum connection_relation {
    CONNECTION_STRANGE, /* of another session of the peer, or malformed */
    CONNECTION_KNOWN, /* with credentials in use: told again, or a negotiation of something else */
    CONNECTION_NEWS   /* with others: the first one, or a restart */
};
/* How it relates to the descriptions of the peer before it. */
enum connection_relation connection_relate(const struct connection *connection,
                                           struct actr_view description);
/* Candidates that were told may have been lost: tells them again. */
void connection_announce(struct connection *connection);
/* The restart that was offered is not to be. */
void connection_abandon(struct connection *connection);

/* Of the description of the peer that is in force; "": none yet. */
const char *connection_remote_ufrag(const struct connection *connection);
/* A candidate for that description. What is of no use is dropped. */
void connection_add_candidate(struct connection *connection, struct actr_view text);

/* The addresses of this machine are others now: what has gone is not used any more. True: there is
 * a difference, a restart makes use of it. */
bool connection_on_locals(struct connection *connection);
/* New TURN credentials in the settings. */
void connection_on_credentials(struct connection *connection);

/* After on_ready. Consumes message. 0, CONNECTION_FULL (taken; on_writable follows), ACTR_EINVALID
 * (too large for the peer), ACTR_EUNAVAILABLE (the peer does not read), ACTR_ENOMEM. */
int connection_send(struct connection *connection, uint8_t lane,
                    struct actr_bytes message) ACTR_MUST_CHECK;
/* Off at first: what comes meanwhile waits, and the peer is pushed back. */
void connection_read(struct connection *connection, bool enable);
/* What was taken is delivered first, within a second; on_closed follows. */
void connection_close(struct connection *connection);

/* Answers of the peer are awaited, or none is. Then, and while messages are sent or received, a
 * loss of the path is noticed within three seconds; else the path is checked more seldom, see
 * ice_agent_rest(). */
void connection_await(struct connection *connection, bool is_awaited);
/* Something else suggests that the peer has gone: asks it, and says that the path is lost when
 * there is no answer for a second. */
void connection_probe(struct connection *connection);
/* There is no path, and where it led nobody listens, as the system there (or a forger) says. */
bool connection_is_refused(const struct connection *connection);

struct connection_stats {
    bool has_pair; /* the last one, which may be dead */
    struct ice_pair_info pair;
    struct association_stats association;
    uint64_t datagrams_in, datagrams_out;
    uint64_t checks_forged;                            /* as in ice_stats */
    uint64_t media_in, media_control, media_malformed; /* see rtp.h; all of it is dropped */
    uint32_t restarts;
};
void connection_get_stats(const struct connection *connection, struct connection_stats *ret_stats);
