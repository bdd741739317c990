// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Which pair carries: nominating while we control, accepting nominations while the peer does, and
 * what carries meanwhile.
 *
 * Nomination is regular (RFC 8445 §8.1.1): the best valid pair, as soon as its type's waiting time
 * is over, and again when a better one turns up or the chosen one stops answering. Each later check
 * of the chosen pair repeats the nomination, so that a side that missed it, or was shown several,
 * always ends where the controlling one is. A peer that nominates several pairs at once gets the
 * best of them; one that nominates anew after a while, or when the chosen pair does not answer, is
 * followed.
 *
 * The agent's thread. Must never select a pair on which no check of ours has succeeded. */
#include "hyper/wire/webrtc/ice/core.h"

/* Longer than the time between two checks of a pair that a peer like us has chosen. */
#define ICE_NOMINATION_STALE_US 1500000

/* Tries without an answer after which a path is left for one that ranks below it. On a lossy link
 * four come together once in an hour; on a dead one they take less than a second. */
#define ICE_NOMINATION_DEAD 4

/* It has not answered in time, more than once. */
static bool ice_nomination_doubts(const struct ice_pair *pair)
{
    return pair->unanswered >= 2;
}

static bool ice_nomination_is_dead(const struct ice_pair *pair)
{
    return pair->unanswered >= ICE_NOMINATION_DEAD;
}

static void ice_nomination_set(struct ice_agent *agent, struct ice_pair *pair, uint64_t now_us)
{
    struct ice_generation *generation = pair->generation;
    struct ice_pair *before = generation->chosen;
    generation->chosen = pair;
    generation->was_nominated = true;
    if (before && before != pair && ice_nomination_is_dead(before))
        ice_pair_revive(before, now_us); /* it may come back */
    agent->is_changed = true;
}

void ice_nomination_done(struct ice_agent *agent, struct ice_pair *pair, uint64_t now_us)
{
    if (pair->generation->nominating != pair)
        return; /* another has been found better since */
    pair->generation->nominating = NULL;
    ice_nomination_set(agent, pair, now_us);
}

void ice_nomination_accept(struct ice_agent *agent, struct ice_pair *pair, uint64_t now_us)
{
    const struct ice_pair *chosen = pair->generation->chosen;
    if (chosen == pair)
        return;
    if (!chosen || ice_pair_is_better(pair, chosen) || ice_nomination_doubts(chosen) ||
        pair->nominated_us > chosen->nominated_us + ICE_NOMINATION_STALE_US)
        ice_nomination_set(agent, pair, now_us);
}

/* The pair may not be nominated earlier. */
static uint64_t ice_nomination_eligible_us(const struct ice_agent *agent,
                                           const struct ice_pair *pair)
{
    enum candidate_type type =
        ice_pair_is_relayed(pair) ? CANDIDATE_RELAY : pair->local->candidate.type;
    return pair->generation->checked_us + agent->options.wait_us[type];
}

/* Would it be an improvement? */
static bool ice_nomination_wants(const struct ice_generation *generation,
                                 const struct ice_pair *pair)
{
    const struct ice_pair *now =
        generation->nominating ? generation->nominating : generation->chosen;
    if (!pair->is_valid || pair == generation->nominating || pair == generation->chosen ||
        ice_nomination_doubts(pair))
        return false;
    return !now || ice_nomination_is_dead(now) || ice_pair_is_better(pair, now);
}

void ice_nomination_decide(struct ice_agent *agent, struct ice_generation *generation,
                           uint64_t now_us)
{
    struct ice_pair *nominating = generation->nominating;
    if (agent->role != ICE_CONTROLLING || !generation->has_remote || generation->is_over ||
        generation->retires_us != UINT64_MAX)
        return;
    if (nominating && nominating->unanswered >= ICE_PAIR_TRIES) {
        ice_pair_revive(nominating, now_us);
        generation->nominating = NULL;
    }
    list_each(pos, &generation->pairs)
    {
        struct ice_pair *pair = container_of(pos, struct ice_pair, node);
        if (!ice_nomination_wants(generation, pair) ||
            ice_nomination_eligible_us(agent, pair) > now_us)
            continue;
        generation->nominating = pair;
        pair->sent_count = 0;
        ice_check_send(agent, pair, now_us);
        return;
    }
}

uint64_t ice_nomination_due_us(const struct ice_agent *agent,
                               const struct ice_generation *generation)
{
    uint64_t due_us = UINT64_MAX;
    if (agent->role != ICE_CONTROLLING || generation->is_over ||
        generation->retires_us != UINT64_MAX)
        return due_us;
    list_each(pos, &generation->pairs)
    {
        const struct ice_pair *pair = container_of(pos, struct ice_pair, node);
        if (!ice_nomination_wants(generation, pair))
            continue;
        uint64_t eligible_us = ice_nomination_eligible_us(agent, pair);
        due_us = eligible_us < due_us ? eligible_us : due_us;
    }
    return due_us;
}

/* Without a nomination: the best that answers. */
static struct ice_pair *ice_nomination_best(const struct ice_generation *generation)
{
    list_each(pos, &generation->pairs)
    {
        struct ice_pair *pair = container_of(pos, struct ice_pair, node);
        if (pair->is_valid && !ice_nomination_doubts(pair))
            return pair;
    }
    return NULL;
}

/* During a restart the old generation carries. Should the peer have given it up (some do as soon as
 * the restart is described), the first new pair that works takes over before it is nominated; and
 * so it is when the chosen pair has gone with its interface. */
struct ice_pair *ice_nomination_choose(const struct ice_agent *agent)
{
    const struct ice_generation *newest = agent->newest, *old = agent->old;
    struct ice_pair *selected = agent->selected;
    if (old && (old->is_over || old->retires_us != UINT64_MAX))
        old = NULL;
    if (newest->chosen)
        return newest->chosen;

    bool is_new = selected && selected->generation == newest;
    if (old && old->chosen && !ice_nomination_doubts(old->chosen) &&
        (!is_new || ice_nomination_is_dead(selected)))
        return old->chosen;
    if (is_new && selected->is_valid && !ice_nomination_doubts(selected))
        return selected;
    if (agent->old || newest->was_nominated) {
        struct ice_pair *best = ice_nomination_best(newest);
        if (best || is_new)
            return best ? best : selected;
    }
    if (!old)
        return NULL;
    return old->chosen ? old->chosen : ice_nomination_best(old);
}

static void ice_nomination_reset(struct ice_generation *generation, enum ice_role role)
{
    generation->nominating = NULL;
    ice_generation_rank(generation, role);
}

void ice_nomination_take_role(struct ice_agent *agent, enum ice_role role)
{
    agent->role = role;
    agent->is_changed = true;
    ice_nomination_reset(agent->newest, role);
    if (agent->old)
        ice_nomination_reset(agent->old, role);
}
