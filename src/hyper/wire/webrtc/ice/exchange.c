// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What comes in: requests of the peer and answers to ours.
 *
 * A request is found by the user fragment that it is for, an answer by the pair and the transaction
 * that it claims to belong to. Nothing is believed, changed, allocated or answered before the
 * integrity has been verified; and an answer must come from where the request went, to where it
 * came from (RFC 8445 §7.2.5.2.1). A generation that is retiring still answers, so that a peer that
 * has not yet followed the restart does not think us dead; it learns nothing. A request that mixes
 * generations is refused with 401 (RFC 8489 §9.1.3): a peer tries on until it has followed. At 400
 * libwebrtc gives the pair up for good.
 *
 * Roles in conflict are resolved by the tie-breakers (§7.3.1.1); a peer that never answers 487
 * keeps its role, and the owner sees to it that it is the other one.
 *
 * The agent's thread. */
#include "hyper/wire/webrtc/ice/core.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

/* A pair's checks that requests of the peer trigger are at least that far apart. */
#define ICE_EXCHANGE_TRIGGER_US 50000

/* The generation whose fragment the user name begins with; NULL: none, nor anybody's. */
static struct ice_generation *ice_exchange_addressed(const struct ice_agent *agent,
                                                     const struct stun_message *message)
{
    struct ice_generation *generations[] = {agent->newest, agent->old};
    struct actr_view name;
    if (!stun_find(message, STUN_USERNAME, &name))
        return NULL;
    for (unsigned i = 0; i < 2 && generations[i]; i++) {
        struct actr_view ufrag = view_text(generations[i]->local_credentials.ufrag);
        if (name.len > ufrag.len && name.ptr[ufrag.len] == ':' &&
            memcmp(name.ptr, ufrag.ptr, ufrag.len) == 0)
            return generations[i];
    }
    return NULL;
}

/* Is it of the generation on the sender's side too? A peer in the middle of a restart may ask by
 * its new fragment for what it still knows of our old one. No check of ours can confirm such a
 * pair, so the peer must not take it for one that works: it would stay with it. */
static bool ice_exchange_is_matched(const struct ice_generation *generation,
                                    const struct stun_message *request)
{
    size_t skipped = strlen(generation->local_credentials.ufrag) + 1; /* and the colon */
    struct actr_view name;
    if (!generation->has_remote || !stun_find(request, STUN_USERNAME, &name))
        return true;
    return view_equal(actr_view_of(name.ptr + skipped, name.len - skipped),
                      view_text(generation->remote_credentials.ufrag));
}

/* False: the request is to be refused, since the peer has to change its role. */
static bool ice_exchange_settle_roles(struct ice_agent *agent, const struct stun_message *request)
{
    bool is_controlling = agent->role == ICE_CONTROLLING;
    uint64_t theirs;
    if (!stun_find_u64(request, is_controlling ? STUN_ICE_CONTROLLING : STUN_ICE_CONTROLLED,
                       &theirs))
        return true;
    if (is_controlling == (agent->tie_breaker >= theirs))
        return false;
    ice_nomination_take_role(agent, is_controlling ? ICE_CONTROLLED : ICE_CONTROLLING);
    return true;
}

/* The remote candidate that the request came from; a new one is peer-reflexive (RFC 8445 §7.3.1.3).
 * NULL: there is no room, or no memory. */
static struct ice_remote *ice_exchange_learn_remote(struct ice_agent *agent,
                                                    struct ice_generation *generation,
                                                    const struct stun_message *request,
                                                    const struct net_address *address,
                                                    uint64_t now_us)
{
    struct ice_remote *remote = ice_generation_find_remote(generation, address);
    if (remote)
        return remote;
    struct candidate candidate = {.type = CANDIDATE_PRFLX, .address = *address};
    if (!stun_find_u32(request, STUN_PRIORITY, &candidate.priority))
        candidate.priority = candidate_priority(CANDIDATE_PRFLX, 0);
    snprintf(candidate.foundation, sizeof(candidate.foundation), "prflx%u",
             (unsigned)generation->remote_count);
    if (ice_generation_add_remote(generation, &candidate, agent->role, now_us) < 0)
        return NULL; /* the request was answered; the next one may find memory */
    return ice_generation_find_remote(generation, address);
}

/* The peer can reach us: see at once whether we can reach it (RFC 8445 §7.3.1.4), unless that is
 * known, or about to be. */
static void ice_exchange_trigger(struct ice_agent *agent, struct ice_pair *pair, uint64_t now_us)
{
    uint64_t wait_us = pair->is_valid ? ice_pair_timeout_us(pair) : ICE_EXCHANGE_TRIGGER_US;
    bool is_recent = pair->sent_count > 0 && now_us < pair->sent_us + wait_us;
    bool is_known =
        pair->is_valid && pair->unanswered == 0 && !ice_schedule_is_convenient(agent, pair, now_us);
    if (is_known || is_recent || !pair->generation->has_remote || ice_pair_is_busy(pair, now_us))
        return;
    pair->is_failed = false;
    ice_check_send(agent, pair, now_us);
}

static void ice_exchange_request(struct ice_agent *agent, struct ice_generation *generation,
                                 const struct stun_message *request, struct ice_local *local,
                                 const struct net_address *from, uint64_t now_us)
{
    struct actr_view value;
    if (request->unknown_count) {
        ice_check_refuse(agent, generation, request, local, from, 420);
        return;
    }
    if (!ice_exchange_is_matched(generation, request)) {
        ice_check_refuse(agent, generation, request, local, from, 401);
        return;
    }
    if (!ice_exchange_settle_roles(agent, request)) {
        ice_check_refuse(agent, generation, request, local, from, 487);
        return;
    }
    ice_check_answer(agent, generation, request, local, from);
    if (generation->retires_us != UINT64_MAX)
        return;

    struct ice_remote *remote = ice_exchange_learn_remote(agent, generation, request, from, now_us);
    struct ice_pair *pair =
        remote ? ice_generation_meet(generation, local, remote, agent->role, now_us) : NULL;
    agent->is_changed = true;
    if (!pair)
        return;
    ice_check_announce(agent, remote, local, from);
    if (agent->role == ICE_CONTROLLED && stun_find(request, STUN_USE_CANDIDATE, &value)) {
        pair->nominated_us = now_us;
        if (pair->is_valid)
            ice_nomination_accept(agent, pair, now_us);
    }
    ice_exchange_trigger(agent, pair, now_us);
}

static bool ice_exchange_receive_request(struct ice_agent *agent,
                                         const struct stun_message *request,
                                         const struct net_address *to,
                                         const struct net_address *from, uint64_t now_us)
{
    struct ice_generation *generation = ice_exchange_addressed(agent, request);
    if (!generation) {
        agent->stats.unknown++;
        return false;
    }
    if (!stun_verify(request, view_text(generation->local_credentials.pwd))) {
        agent->stats.forged++;
        return true;
    }
    agent->stats.requests_received++;
    struct ice_local *local = ice_generation_find_base(generation, to);
    if (local && !generation->is_over) /* what has failed must look so to the peer too */
        ice_exchange_request(agent, generation, request, local, from, now_us);
    return true;
}

/* What the peer sees us as: a candidate of ours, or a new peer-reflexive one (RFC 8445
 * §7.2.5.3.1). It is told of, never sent from. */
static void ice_exchange_learn_local(struct ice_agent *agent, struct ice_pair *pair,
                                     const struct net_address *mapped, uint64_t now_us)
{
    struct ice_generation *generation = pair->generation;
    const struct candidate *local = &pair->local->candidate;
    pair->reflexive = ice_generation_find_local(generation, mapped, &local->base);
    if (pair->reflexive)
        return;
    struct candidate candidate = {
        .type = CANDIDATE_PRFLX,
        .address = *mapped,
        .base = local->base,
        .related = local->base,
        .priority = candidate_priority(CANDIDATE_PRFLX, (uint16_t)(local->priority >> 8))};
    snprintf(candidate.foundation, sizeof(candidate.foundation), "prflx%u",
             (unsigned)generation->local_count);
    if (ice_generation_add_local(generation, &candidate, agent->role, now_us) == 0)
        pair->reflexive = ice_generation_find_local(generation, mapped, &local->base);
}

static void ice_exchange_success(struct ice_agent *agent, struct ice_pair *pair,
                                 struct ice_transaction *transaction,
                                 const struct net_address *mapped, uint64_t now_us)
{
    struct ice_generation *generation = pair->generation;
    bool is_nomination = transaction->is_nominating && transaction->role == agent->role;
    ice_pair_answered(pair, transaction, now_us);
    ice_exchange_learn_local(agent, pair, mapped, now_us);
    if (pair == agent->selected) {
        agent->alive_us = now_us;
        if (transaction->sent_us >= agent->probe_us)
            agent->probe_until_us = 0;
    }
    ice_schedule_pair(agent, pair, now_us);
    if (generation->retires_us != UINT64_MAX)
        return;
    if (is_nomination)
        ice_nomination_done(agent, pair, now_us);
    if (agent->role == ICE_CONTROLLED && pair->nominated_us)
        ice_nomination_accept(agent, pair, now_us);
    ice_nomination_decide(agent, generation, now_us);
}

static void ice_exchange_error(struct ice_agent *agent, struct ice_pair *pair,
                               struct ice_transaction *transaction, unsigned code, uint64_t now_us)
{
    struct ice_generation *generation = pair->generation;
    transaction->is_pending = false;
    agent->is_changed = true;
    if (code == 487) {
        if (transaction->role == agent->role)
            ice_nomination_take_role(agent, agent->role == ICE_CONTROLLING ? ICE_CONTROLLED
                                                                           : ICE_CONTROLLING);
        pair->due_us = now_us;
        return;
    }
    if (code >= 500) /* not now; asked again in its time */
        return;
    pair->is_failed = true; /* consent is revoked too (RFC 7675 §5.2) */
    pair->is_valid = false;
    if (generation->chosen == pair)
        generation->chosen = NULL;
    if (generation->nominating == pair)
        generation->nominating = NULL;
}

/* The pair that has such a transaction under way, and where the answer may come from. */
static struct ice_pair *ice_exchange_asked(const struct ice_agent *agent,
                                           const struct stun_message *response,
                                           const struct net_address *local,
                                           const struct net_address *remote,
                                           struct ice_transaction **ret_transaction)
{
    const struct ice_generation *generations[] = {agent->newest, agent->old};
    for (unsigned i = 0; i < 2 && generations[i]; i++) {
        struct ice_pair *pair = ice_generation_find_pair(generations[i], local, remote);
        *ret_transaction = pair ? ice_pair_find(pair, response->transaction) : NULL;
        if (*ret_transaction)
            return pair;
    }
    return NULL;
}

static bool ice_exchange_receive_response(struct ice_agent *agent,
                                          const struct stun_message *response,
                                          const struct net_address *local,
                                          const struct net_address *remote, uint64_t now_us)
{
    struct ice_transaction *transaction;
    struct net_address mapped;
    struct actr_view reason;
    unsigned code;
    struct ice_pair *pair = ice_exchange_asked(agent, response, local, remote, &transaction);
    if (!pair) {
        agent->stats.unknown++;
        return false;
    }
    if (!stun_verify(response, view_text(pair->generation->remote_credentials.pwd))) {
        agent->stats.forged++;
        return true;
    }
    agent->stats.responses_received++;
    if (pair->generation->is_over)
        return true;
    if (response->class == STUN_SUCCESS &&
        stun_find_address(response, STUN_XOR_MAPPED_ADDRESS, &mapped))
        ice_exchange_success(agent, pair, transaction, &mapped, now_us);
    else if (response->class == STUN_ERROR && stun_find_error(response, &code, &reason))
        ice_exchange_error(agent, pair, transaction, code, now_us);
    return true;
}

bool ice_exchange_receive(struct ice_agent *agent, const struct net_address *local,
                          const struct net_address *remote, struct actr_view packet,
                          uint64_t now_us)
{
    struct stun_message message;
    if (stun_parse(packet, &message) < 0) {
        agent->stats.forged++;
        return false;
    }
    if (message.method != STUN_BINDING)
        return false;
    switch (message.class) {
    case STUN_REQUEST:
        return ice_exchange_receive_request(agent, &message, local, remote, now_us);
    case STUN_SUCCESS:
    case STUN_ERROR:
        return ice_exchange_receive_response(agent, &message, local, remote, now_us);
    case STUN_INDICATION: /* a keepalive (RFC 8445 §11): it has done its work in the NATs */
    default:
        return ice_generation_find_remote(agent->newest, remote) != NULL;
    }
}
