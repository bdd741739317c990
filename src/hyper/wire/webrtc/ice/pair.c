// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Pairs of candidates: their rank, their requests under way, their round-trip time.
 *
 * The round trip is smoothed as TCP does it (RFC 6298); since no request is ever sent twice under
 * one id, every answer is a sample. The timeout made of it is kept short, because a check costs a
 * hundred bytes and a path that is thought dead costs a session.
 *
 * The agent's thread. Must never send; who sends is check.c. */
#include "hyper/wire/webrtc/ice/pair.h"

#include <string.h>

#include "hyper/wire/webrtc/ice/generation.h"

#define ICE_PAIR_ANSWER_MAX_US 2000000 /* what is slower than that carries no session */
#define ICE_PAIR_TIMEOUT_MIN_US 100000
#define ICE_PAIR_SLACK_US 50000 /* at least, over the round trip */
#define ICE_PAIR_TIMEOUT_MAX_US 1000000
#define ICE_PAIR_TIMEOUT_US 250000 /* before anything is measured */

void ice_pair_rank(struct ice_pair *pair, enum ice_role role)
{
    uint64_t local = pair->local->candidate.priority, remote = pair->remote->candidate.priority;
    uint64_t controlling = role == ICE_CONTROLLING ? local : remote;
    uint64_t controlled = role == ICE_CONTROLLING ? remote : local;
    uint64_t least = controlling < controlled ? controlling : controlled;
    uint64_t most = controlling < controlled ? controlled : controlling;
    pair->priority = (least << 32) + 2 * most + (controlling > controlled);
}

bool ice_pair_is_relayed(const struct ice_pair *pair)
{
    return pair->local->candidate.type == CANDIDATE_RELAY ||
           pair->remote->candidate.type == CANDIDATE_RELAY;
}

bool ice_pair_is_better(const struct ice_pair *pair, const struct ice_pair *than)
{
    bool is_relayed = ice_pair_is_relayed(pair);
    if (is_relayed != ice_pair_is_relayed(than))
        return !is_relayed;
    return pair->priority > than->priority;
}

uint64_t ice_pair_timeout_us(const struct ice_pair *pair)
{
    if (!pair->rtt_us)
        return ICE_PAIR_TIMEOUT_US;
    uint64_t slack_us = 4 * pair->rtt_var_us;
    uint64_t timeout_us =
        pair->rtt_us + (slack_us > ICE_PAIR_SLACK_US ? slack_us : ICE_PAIR_SLACK_US);
    if (timeout_us < ICE_PAIR_TIMEOUT_MIN_US)
        return ICE_PAIR_TIMEOUT_MIN_US;
    return timeout_us < ICE_PAIR_TIMEOUT_MAX_US ? timeout_us : ICE_PAIR_TIMEOUT_MAX_US;
}

struct ice_transaction *ice_pair_begin(struct ice_pair *pair, uint64_t now_us)
{
    struct ice_transaction *transaction =
        &pair->transactions[pair->transaction_next++ % ICE_PAIR_TRANSACTIONS];
    *transaction = (struct ice_transaction){.sent_us = now_us, .is_pending = true};
    pair->sent_us = now_us;
    pair->sent_count++;
    pair->unanswered++;
    return transaction;
}

bool ice_pair_is_busy(const struct ice_pair *pair, uint64_t now_us)
{
    const struct ice_transaction *oldest =
        &pair->transactions[pair->transaction_next % ICE_PAIR_TRANSACTIONS];
    return oldest->is_pending && now_us < oldest->sent_us + ICE_PAIR_ANSWER_MAX_US;
}

struct ice_transaction *ice_pair_find(struct ice_pair *pair, const uint8_t id[STUN_TRANSACTION_LEN])
{
    for (unsigned i = 0; i < ICE_PAIR_TRANSACTIONS; i++) {
        struct ice_transaction *transaction = &pair->transactions[i];
        if (transaction->is_pending && memcmp(transaction->id, id, STUN_TRANSACTION_LEN) == 0)
            return transaction;
    }
    return NULL;
}

static void ice_pair_sample(struct ice_pair *pair, uint64_t rtt_us)
{
    rtt_us = rtt_us ? rtt_us : 1; /* 0 says: not measured */
    if (!pair->rtt_us) {
        pair->rtt_us = rtt_us;
        pair->rtt_var_us = rtt_us / 2;
        return;
    }
    uint64_t off_us = pair->rtt_us > rtt_us ? pair->rtt_us - rtt_us : rtt_us - pair->rtt_us;
    pair->rtt_var_us = (3 * pair->rtt_var_us + off_us) / 4;
    pair->rtt_us = (7 * pair->rtt_us + rtt_us + 7) / 8;
}

void ice_pair_answered(struct ice_pair *pair, struct ice_transaction *transaction, uint64_t now_us)
{
    transaction->is_pending = false;
    ice_pair_sample(pair, now_us - transaction->sent_us);
    pair->answered_us = now_us;
    pair->unanswered = 0;
    pair->is_valid = true;
    pair->is_failed = false;
}

void ice_pair_revive(struct ice_pair *pair, uint64_t now_us)
{
    pair->is_valid = false;
    pair->sent_count = 0;
    pair->unanswered = 0;
    pair->due_us = now_us;
}

void ice_pair_describe(const struct ice_pair *pair, struct ice_pair_info *ret_info)
{
    const struct ice_local *local = pair->reflexive ? pair->reflexive : pair->local;
    *ret_info = (struct ice_pair_info){.local = local->candidate,
                                       .remote = pair->remote->candidate,
                                       .rtt_us = pair->rtt_us,
                                       .generation = pair->generation->number,
                                       .is_relayed = ice_pair_is_relayed(pair)};
    ret_info->remote.address = pair->to;
}
