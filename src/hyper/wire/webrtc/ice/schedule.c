// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* When checks are sent.
 *
 * Before a pair is chosen every pair is checked: once by turns in the order of the list, a packet
 * each pace, then again after ever longer pauses for as long as candidates may come and holes in
 * NATs may open. Afterwards only the chosen pair is kept alive (consent, RFC 7675) and better ones
 * get their tries. Consent is checked each second, a little irregularly, and soon again when there
 * is no answer: the promise is that a dead path is noticed within three seconds.
 *
 * A session at rest is checked each five to six seconds only. The checks of all that rest fall on
 * common points of the clock, and a side that is asked asks too if it soon would: so a process with
 * a thousand of them wakes seldom, and has something to do for several each time. The controlled
 * side is the first to ask: where one node has many sessions it is mostly that one (who was there
 * before, or wishes to answer, does not offer), and whoever asks first asks many at a time, while
 * the questions and answers of others come one by one.
 *
 * The agent's thread. */
#include "hyper/wire/webrtc/ice/core.h"

#define ICE_SCHEDULE_CONSENT_US 1000000      /* between 0.8 and 1.2 of it (RFC 7675 §5.1) */
#define ICE_SCHEDULE_CONSENT_AGAIN_US 500000 /* at most, while unanswered */
/* At rest: the controlled side, and the other, which is later by the grid at least. */
#define ICE_SCHEDULE_REST_FIRST_MIN_US 5200000
#define ICE_SCHEDULE_REST_FIRST_MAX_US 5700000
#define ICE_SCHEDULE_REST_SECOND_MIN_US 5800000
#define ICE_SCHEDULE_REST_SECOND_MAX_US 6000000
#define ICE_SCHEDULE_REST_ASKED_US 4000000 /* so long after its own last check, at least */
#define ICE_SCHEDULE_REST_GRID_US 100000
#define ICE_SCHEDULE_CHECK_US 250000  /* at least, from the first check to the second */
#define ICE_SCHEDULE_PAUSE_US 2000000 /* at most; also between checks of valid pairs */

static uint64_t ice_schedule_least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Doubled with each of `count` tries after the first, up to `most_us`. */
static uint64_t ice_schedule_backoff(uint64_t us, uint32_t count, uint64_t most_us)
{
    while (count-- > 1 && us < most_us)
        us *= 2;
    return ice_schedule_least(us, most_us);
}

static uint64_t ice_schedule_between(struct ice_agent *agent, uint64_t least_us, uint64_t most_us)
{
    uint32_t random;
    agent->events->random(agent->owner, &random, sizeof(random));
    return least_us + (uint64_t)random * (most_us - least_us) / UINT32_MAX;
}

/* The time of the next check of a path that answers. */
static uint64_t ice_schedule_consent_us(struct ice_agent *agent, uint64_t now_us)
{
    if (!agent->is_resting)
        return now_us + ice_schedule_between(agent, ICE_SCHEDULE_CONSENT_US * 8 / 10,
                                             ICE_SCHEDULE_CONSENT_US * 12 / 10);
    uint64_t due_us = now_us;
    if (agent->role == ICE_CONTROLLED)
        due_us += ice_schedule_between(agent, ICE_SCHEDULE_REST_FIRST_MIN_US,
                                       ICE_SCHEDULE_REST_FIRST_MAX_US);
    else
        due_us += ice_schedule_between(agent, ICE_SCHEDULE_REST_SECOND_MIN_US,
                                       ICE_SCHEDULE_REST_SECOND_MAX_US);
    return due_us - due_us % ICE_SCHEDULE_REST_GRID_US;
}

/* Selected, or being nominated: its checks do not wait for others. */
static bool ice_schedule_is_urgent(const struct ice_agent *agent, const struct ice_pair *pair)
{
    return pair == agent->selected || pair == pair->generation->nominating;
}

void ice_schedule_pair(struct ice_agent *agent, struct ice_pair *pair, uint64_t now_us)
{
    uint64_t timeout_us = ice_pair_timeout_us(pair);
    uint64_t delay_us;
    agent->is_changed = true;
    if (pair->unanswered == 0 && pair == agent->selected) {
        pair->due_us = ice_schedule_consent_us(agent, now_us);
        return;
    }
    if (ice_schedule_is_urgent(agent, pair)) /* an answer may be one to an earlier check */
        delay_us =
            ice_schedule_backoff(timeout_us, pair->unanswered, ICE_SCHEDULE_CONSENT_AGAIN_US);
    else if (pair->unanswered == 0)
        delay_us = ICE_SCHEDULE_PAUSE_US;
    else
        delay_us = ice_schedule_backoff(timeout_us > ICE_SCHEDULE_CHECK_US ? timeout_us
                                                                           : ICE_SCHEDULE_CHECK_US,
                                        pair->unanswered, ICE_SCHEDULE_PAUSE_US);
    pair->due_us = now_us + delay_us;
}

void ice_schedule_wake(struct ice_pair *pair, uint64_t now_us)
{
    uint64_t due_us = pair->answered_us + ICE_SCHEDULE_CONSENT_US;
    if (due_us < now_us)
        due_us = now_us;
    pair->due_us = ice_schedule_least(pair->due_us, due_us);
}

bool ice_schedule_is_convenient(const struct ice_agent *agent, const struct ice_pair *pair,
                                uint64_t now_us)
{
    return agent->is_resting && pair == agent->selected &&
           now_us >= pair->sent_us + ICE_SCHEDULE_REST_ASKED_US;
}

uint64_t ice_schedule_late_us(const struct ice_agent *agent)
{
    const struct ice_pair *pair = agent->selected;
    uint64_t since_us = agent->alive_us > agent->silent_us ? agent->alive_us : agent->silent_us;
    if (agent->is_resting && pair && pair->unanswered == 0)
        return UINT64_MAX;
    return since_us + agent->options.disconnected_after_us;
}

static bool ice_schedule_wants(const struct ice_agent *agent, const struct ice_pair *pair)
{
    const struct ice_generation *generation = pair->generation;
    if (!generation->has_remote || generation->is_over || pair->is_failed ||
        generation->retires_us != UINT64_MAX)
        return false;
    if (ice_schedule_is_urgent(agent, pair))
        return true;
    if (agent->selected && generation == agent->selected->generation &&
        generation->chosen == agent->selected && agent->state == ICE_CONNECTED)
        return (!pair->is_valid || pair->unanswered > 0) && pair->sent_count < ICE_PAIR_TRIES &&
               ice_pair_is_better(pair, generation->chosen);
    return true;
}

void ice_schedule_run(struct ice_agent *agent, struct ice_generation *generation, uint64_t now_us)
{
    struct ice_pair *next = NULL;
    list_each(pos, &generation->pairs)
    {
        struct ice_pair *pair = container_of(pos, struct ice_pair, node);
        if (pair->due_us > now_us || !ice_schedule_wants(agent, pair))
            continue;
        if (ice_schedule_is_urgent(agent, pair))
            ice_check_send(agent, pair, now_us);
        else if (!next || pair->sent_count < next->sent_count)
            next = pair;
    }
    if (!next || now_us < generation->paced_us)
        return;
    generation->paced_us = now_us + agent->options.pace_us;
    ice_check_send(agent, next, now_us);
}

static uint64_t ice_schedule_generation_us(const struct ice_agent *agent,
                                           const struct ice_generation *generation)
{
    uint64_t due_us =
        ice_schedule_least(generation->retires_us, ice_nomination_due_us(agent, generation));
    if (generation->has_remote && !generation->was_nominated && !generation->is_over &&
        !generation->held)
        due_us = ice_schedule_least(due_us, generation->began_us + agent->options.checking_max_us);
    list_each(pos, &generation->pairs)
    {
        const struct ice_pair *pair = container_of(pos, struct ice_pair, node);
        uint64_t pair_us = pair->due_us;
        if (!ice_schedule_wants(agent, pair))
            continue;
        if (!ice_schedule_is_urgent(agent, pair) && pair_us < generation->paced_us)
            pair_us = generation->paced_us;
        due_us = ice_schedule_least(due_us, pair_us);
    }
    return due_us;
}

uint64_t ice_schedule_deadline_us(const struct ice_agent *agent)
{
    uint64_t due_us =
        ice_schedule_least(agent->settle_us, ice_schedule_generation_us(agent, agent->newest));
    if (agent->old)
        due_us = ice_schedule_least(due_us, ice_schedule_generation_us(agent, agent->old));
    if (agent->state == ICE_CONNECTED && agent->probe_until_us)
        due_us = ice_schedule_least(due_us, agent->probe_until_us);
    if (agent->state == ICE_CONNECTED)
        due_us = ice_schedule_least(due_us, ice_schedule_late_us(agent));
    if (agent->state == ICE_DISCONNECTED)
        due_us = ice_schedule_least(due_us, agent->alive_us + agent->options.failed_after_us);
    return due_us;
}
