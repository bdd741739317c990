// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A pair of candidates: what is known about one path, and the requests that are under way on it.
 *
 * Every request is a transaction of its own, also where others would send one again: so each answer
 * tells the round trip of just that packet, and one that comes late still counts. The last
 * ICE_PAIR_TRANSACTIONS are remembered; older ones are lost.
 *
 * One thread: the agent's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "hyper/wire/webrtc/ice/agent.h"
#include "hyper/wire/webrtc/ice/stun.h"

#define ICE_PAIR_TRANSACTIONS 8
#define ICE_PAIR_TRIES 7 /* checks without an answer after which a pair is not worth more */

struct ice_generation;

struct ice_local {
    struct list node;
    struct candidate candidate;
    bool is_base; /* the first of its base: pairs are made with it */
};

struct ice_remote {
    struct list node;
    struct candidate candidate; /* its address without a scope: that is ours, see ice_pair.to */
    bool is_announced;          /* on_remote has told of it */
};

struct ice_transaction {
    uint8_t id[STUN_TRANSACTION_LEN];
    uint64_t sent_us;
    enum ice_role role; /* that the request claimed */
    bool is_pending, is_nominating;
};

struct ice_pair {
    struct list node; /* of its generation: best first */
    struct ice_generation *generation;
    struct ice_local *local;     /* sent from its base */
    struct ice_local *reflexive; /* what the peer sees us as; NULL: not known */
    struct ice_remote *remote;
    struct net_address to; /* the remote address, with the scope of the local one */
    uint64_t priority;     /* RFC 8445 §6.1.2.3 */
    uint64_t due_us;       /* the next check, if one is wanted */
    uint64_t sent_us, answered_us;
    uint64_t nominated_us;           /* the peer's last USE-CANDIDATE; 0: none */
    uint64_t rtt_us, rtt_var_us;     /* as RFC 6298; 0: not measured */
    uint32_t sent_count, unanswered; /* since checks began here; since the last answer */
    bool is_valid;                   /* a check of ours has succeeded */
    bool is_failed;                  /* refused, or its local address has gone */
    struct ice_transaction transactions[ICE_PAIR_TRANSACTIONS];
    uint32_t transaction_next;
};

/* Fills in priority by the role that we have. */
void ice_pair_rank(struct ice_pair *pair, enum ice_role role);
bool ice_pair_is_relayed(const struct ice_pair *pair);
/* Direct before relayed, then by priority. */
bool ice_pair_is_better(const struct ice_pair *pair, const struct ice_pair *than);

/* How long an answer may take before it is time to ask again. */
uint64_t ice_pair_timeout_us(const struct ice_pair *pair);

/* A slot for a request that is sent now. */
struct ice_transaction *ice_pair_begin(struct ice_pair *pair, uint64_t now_us);
/* As many requests are under way as can be remembered: another would forget one that may yet be
 * answered. */
bool ice_pair_is_busy(const struct ice_pair *pair, uint64_t now_us);
/* NULL: none of that id is under way. */
struct ice_transaction *ice_pair_find(struct ice_pair *pair,
                                      const uint8_t id[STUN_TRANSACTION_LEN]);
/* A genuine success: takes the round trip, counts the pair as alive. */
void ice_pair_answered(struct ice_pair *pair, struct ice_transaction *transaction, uint64_t now_us);

/* Checks begin anew: nothing is known of the path any more. */
void ice_pair_revive(struct ice_pair *pair, uint64_t now_us);

void ice_pair_describe(const struct ice_pair *pair, struct ice_pair_info *ret_info);
