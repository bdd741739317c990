// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A generation of ICE: the credentials and candidates of both sides between two restarts, and the
 * pairs made of them.
 *
 * Pairs are made of bases: a reflexive address is sent from its base, so its pairs would be those
 * of the base again (RFC 8445 §6.1.2.4). All pairs wait from the beginning; with one component
 * there is nothing for frozen ones to learn from (§6.1.2.6).
 *
 * Bounds: those of agent.h. A full table gives up its worst entry; what carries is never given up.
 * One thread: the agent's. */
#pragma once

#include "hyper/wire/webrtc/ice/pair.h"

struct ice_generation {
    uint32_t number;
    struct ice_credentials local_credentials, remote_credentials;
    bool has_remote;
    bool was_nominated;          /* a pair of it has been chosen */
    bool is_over;                /* found nothing, or lost what it had: no more checks */
    struct list locals, remotes; /* ice_local, ice_remote */
    struct list pairs;           /* best first */
    uint32_t local_count, remote_count, pair_count;
    struct ice_pair *chosen;     /* nominated, by whoever controls */
    struct ice_pair *nominating; /* our nomination of it is under way */
    struct ice_pair *held;       /* carries without being chosen: not given up either */
    uint64_t began_us;           /* remote credentials came */
    uint64_t checked_us;         /* the first check was sent; 0: none yet */
    uint64_t paced_us;           /* no check of the list before */
    uint64_t retires_us;         /* another one carries: answers until then; UINT64_MAX: lives */
};

/* Without credentials. NULL when memory has run out. */
struct ice_generation *ice_generation_new(uint32_t number);
/* NULL is fine; returns NULL. */
struct ice_generation *ice_generation_free(struct ice_generation *generation);

/* Of the same base and address: *candidate gets what is known already. ACTR_ENOMEM, ACTR_EINVALID
 * (ICE_LOCALS_MAX). */
int ice_generation_add_local(struct ice_generation *generation, const struct candidate *candidate,
                             enum ice_role role, uint64_t now_us) ACTR_MUST_CHECK;
/* What the peer has told, or a check has shown (CANDIDATE_PRFLX). ACTR_ENOMEM. */
int ice_generation_add_remote(struct ice_generation *generation, const struct candidate *candidate,
                              enum ice_role role, uint64_t now_us) ACTR_MUST_CHECK;

/* Who sends from that base; NULL: nobody. */
struct ice_local *ice_generation_find_base(const struct ice_generation *generation,
                                           const struct net_address *base);
/* With that address, of that base; NULL: none. */
struct ice_local *ice_generation_find_local(const struct ice_generation *generation,
                                            const struct net_address *address,
                                            const struct net_address *base);
struct ice_remote *ice_generation_find_remote(const struct ice_generation *generation,
                                              const struct net_address *address);
/* The pair by which a request of the peer came, made when there is none: what has arrived gets
 * there, whatever the addresses look like (a peer on this machine may send from its loopback
 * address to another one of ours). NULL: no room, or no memory. */
struct ice_pair *ice_generation_meet(struct ice_generation *generation, struct ice_local *local,
                                     struct ice_remote *remote, enum ice_role role,
                                     uint64_t now_us);
struct ice_pair *ice_generation_find_pair(const struct ice_generation *generation,
                                          const struct net_address *base,
                                          const struct net_address *to);

/* The pairs from that base fail, its candidates go. */
void ice_generation_drop_base(struct ice_generation *generation, const struct net_address *base);
/* After a change of role. */
void ice_generation_rank(struct ice_generation *generation, enum ice_role role);
/* Found nothing, or lost what it had: no pair of it carries or is checked any more. */
void ice_generation_end(struct ice_generation *generation);
/* Every pair but `except` that has not failed is checked anew. */
void ice_generation_revive(struct ice_generation *generation, const struct ice_pair *except,
                           uint64_t now_us);
