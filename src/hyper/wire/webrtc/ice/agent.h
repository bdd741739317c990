// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* An ICE agent (RFC 8445) with trickle (RFC 8838), consent freshness (RFC 7675) and restart, for
 * one component. Sans I/O: bytes and time go in, bytes and the next deadline come out.
 *
 * A restart keeps the old generation working: its selected pair carries data, keeps its consent and
 * answers checks until a pair of the new one has been nominated, or the restart is given up; it
 * answers for another 5 s, for peers that follow late. When the old pair does not answer, the first
 * new one on which a check has succeeded carries before it is nominated.
 *
 * Bounds: ICE_LOCALS_MAX, ICE_REMOTES_MAX, ICE_PAIRS_MAX; what exceeds them gives up the pair of
 * lowest priority. An unauthenticated packet never changes state and is not answered; another one
 * by one packet at most, no larger than itself.
 *
 * One thread. Events come inside ice_agent_receive(), _tick() and the calls that say so; the owner
 * must not free the agent inside an event. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "hyper/wire/webrtc/ice/candidate.h"

struct ice_agent;

#define ICE_LOCALS_MAX 64
#define ICE_REMOTES_MAX 64
#define ICE_PAIRS_MAX 256
#define ICE_UFRAG_LEN 16 /* what we make: letters, as the existing system */
#define ICE_PWD_LEN 32
#define ICE_CREDENTIAL_MAX 256 /* what we take */

enum ice_state {
    ICE_NEW,          /* no remote credentials yet */
    ICE_CHECKING,     /* no pair has been nominated */
    ICE_CONNECTED,    /* a pair is selected and has consent */
    ICE_DISCONNECTED, /* no answer for disconnected_after_us; a pair is still selected */
    ICE_FAILED        /* consent has expired (30 s), or nothing worked; a restart may help */
};

enum ice_role { ICE_CONTROLLED, ICE_CONTROLLING };

struct ice_credentials {
    char ufrag[ICE_CREDENTIAL_MAX + 1];
    char pwd[ICE_CREDENTIAL_MAX + 1];
};

struct ice_pair_info {
    struct candidate local, remote;
    uint64_t rtt_us;     /* smoothed; 0: not measured yet */
    uint32_t generation; /* that the pair is of, as in ice_stats: tells when a restart is over */
    bool is_relayed;     /* either end */
};

struct ice_events {
    /* Send this from `local->base` (relay: through the relay that has this address) to `remote`.
     * Lent. */
    void (*send)(void *owner, const struct candidate *local, const struct net_address *remote,
                 struct actr_view packet);
    void (*on_state)(void *owner, enum ice_state state);
    /* Data leaves by this pair from now on (first one, better one, or one of a new generation). */
    void (*on_selected)(void *owner, const struct ice_pair_info *pair);
    /* A remote address is in use by this session: route what comes from it here. */
    void (*on_remote)(void *owner, const struct net_address *remote);
    /* Fills in unpredictable bytes (reproducible in simulations). */
    void (*random)(void *owner, void *buf, size_t len);
};

struct ice_options {
    enum ice_role role;
    uint64_t now_us;
    uint64_t pace_us;               /* Ta between new checks; 0: 20,000 (50,000 over the internet is
                                       the RFC's default; 5,000 its minimum) */
    uint64_t disconnected_after_us; /* 0: 2,500,000: checks of consent are sent at least each
                                       second, faster while unanswered; see ice_agent_rest() */
    uint64_t failed_after_us;       /* since the last answer; 0: 30,000,000 (RFC 7675) */
    uint64_t checking_max_us;       /* without any nominated pair; 0: 30,000,000 */
    uint64_t wait_us[4];            /* by candidate_type of the local candidate: not nominated
                                       earlier than this after the start of checks */
};

/* NULL when memory has run out. Makes the first generation of local credentials. */
struct ice_agent *ice_agent_new(const struct ice_options *options, const struct ice_events *events,
                                void *owner);
void ice_agent_free(struct ice_agent *agent);

/* Of the newest generation. */
const struct ice_credentials *ice_agent_local(const struct ice_agent *agent);
/* Of the generation before it, while that lives; NULL: there is none. */
const struct ice_credentials *ice_agent_local_before(const struct ice_agent *agent);
/* The peer's; NULL: not set yet. */
const struct ice_credentials *ice_agent_remote(const struct ice_agent *agent);
/* Ours, of the generation in which the peer has that user fragment; NULL: of none that lives. */
const struct ice_credentials *ice_agent_local_for(const struct ice_agent *agent,
                                                  const char *remote_ufrag);
/* The candidate of ours with that index, in the order in which they were added; NULL: there are no
 * more. */
const struct candidate *ice_agent_candidate(const struct ice_agent *agent, size_t index);

/* Adds a candidate of ours to the newest generation; type, address, base, related and a local
 * preference are the caller's, priority and foundation are computed into *candidate. Duplicates
 * (same base and address) are ignored. ACTR_ENOMEM, ACTR_EINVALID (ICE_LOCALS_MAX). */
int ice_agent_add_local(struct ice_agent *agent, struct candidate *candidate,
                        uint16_t local_preference) ACTR_MUST_CHECK;
/* The address `base` has gone with its interface: its pairs fail at once. If the selected pair was
 * among them another is used or the state falls to ICE_DISCONNECTED. */
void ice_agent_drop_base(struct ice_agent *agent, const struct net_address *base, uint64_t now_us);

/* The peer's credentials for the newest generation; checks begin. Once a generation.
 * ACTR_EINVALID (length or characters of RFC 8839 §5.4), ACTR_ESTATE (set already). */
int ice_agent_set_remote(struct ice_agent *agent, const struct ice_credentials *remote,
                         uint64_t now_us) ACTR_MUST_CHECK;
/* The peer only answers checks (ICE lite, RFC 8445 §2.5): we control, whatever role we began in. */
void ice_agent_control(struct ice_agent *agent);
/* Adds a candidate of the peer to the newest generation, before or after set_remote. Duplicates
 * are ignored; beyond ICE_REMOTES_MAX the one of lowest priority gives way. ACTR_ENOMEM,
 * ACTR_EINVALID (a name that was not looked up, multicast). */
int ice_agent_add_remote(struct ice_agent *agent, const struct candidate *candidate,
                         uint64_t now_us) ACTR_MUST_CHECK;

/* Begins a new generation: fresh credentials, no candidates on either side; add them anew. A
 * generation that was begun and not yet nominated is replaced. ACTR_ENOMEM. */
int ice_agent_restart(struct ice_agent *agent, uint64_t now_us) ACTR_MUST_CHECK;
/* Gives up the generation that has not been nominated; the old one stays as it is. Harmless when
 * there is none. */
void ice_agent_abandon_restart(struct ice_agent *agent, uint64_t now_us);

/* A STUN packet that came to `local` (base address, or relayed address) from `remote`. False: it is
 * not for this agent (a transaction or ufrag that is not ours): nothing has happened. */
bool ice_agent_receive(struct ice_agent *agent, const struct net_address *local,
                       const struct net_address *remote, struct actr_view packet, uint64_t now_us);

/* Any other packet of the peer came by this path: it is alive (does not renew consent). */
void ice_agent_heard(struct ice_agent *agent, const struct net_address *remote, uint64_t now_us);

/* Does what is due; returns when to come again (UINT64_MAX: not before something happens). Every
 * other call with now_us may make it earlier: ask ice_agent_deadline(). */
uint64_t ice_agent_tick(struct ice_agent *agent, uint64_t now_us);
uint64_t ice_agent_deadline(const struct ice_agent *agent);

/* Checks the selected pair at once and, unanswered, falls to ICE_DISCONNECTED after limit_us: for
 * suspicions from elsewhere (another connection with the peer has ended). While a probe is under
 * way another one may only shorten it. */
void ice_agent_probe(struct ice_agent *agent, uint64_t limit_us, uint64_t now_us);

/* At rest, while nothing is sent and nothing waited for, consent is asked for each five seconds
 * (RFC 7675 §5.1): a path that dies is known 2.5 s after the next check. When the rest is over it
 * is asked for at once, unless that was done in the last second. An agent begins without rest. */
void ice_agent_rest(struct ice_agent *agent, bool is_resting, uint64_t now_us);

/* The pair that carries; false: none is selected (or consent has expired: nothing may be sent). */
bool ice_agent_selected(const struct ice_agent *agent, struct ice_pair_info *ret_pair);
/* For the fast path: where to send, NULL: nowhere now. Lent until the next call. */
const struct candidate *ice_agent_path(const struct ice_agent *agent,
                                       struct net_address *ret_remote);

struct ice_stats {
    uint64_t requests_sent, requests_received, responses_sent, responses_received;
    uint64_t forged;  /* wrong integrity or malformed */
    uint64_t unknown; /* of no generation of ours */
    uint32_t pairs, locals, remotes, generation;
};
void ice_agent_get_stats(const struct ice_agent *agent, struct ice_stats *ret_stats);
