// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The ICE agent: its generations, its state, its time.
 *
 * At most two generations live: the newest, and the one before it, which carries until the newest
 * has a pair of its own and answers for a while after. Everything that happens ends in
 * ice_agent_settle(), the only place that selects a pair, writes the state and tells the owner;
 * calls of the owner that change something without being allowed to tell leave that to the next
 * tick.
 *
 * The owner's thread. Must never allocate while a session is at rest. */
#include "hyper/wire/webrtc/ice/agent.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/ice/core.h"

#define ICE_AGENT_PACE_US 20000
#define ICE_AGENT_DISCONNECTED_US 2500000
#define ICE_AGENT_FAILED_US 30000000
#define ICE_AGENT_CHECKING_US 30000000
#define ICE_AGENT_RETIRE_US 5000000 /* how long an old generation still answers */

#define ICE_AGENT_UFRAG_MIN 4 /* RFC 8839 §5.4 */
#define ICE_AGENT_PWD_MIN 22

static uint64_t ice_agent_or(uint64_t value, uint64_t otherwise)
{
    return value ? value : otherwise;
}

static void ice_agent_letters(const struct ice_agent *agent, char *text, size_t len)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (size_t i = 0; i < len; i++) {
        uint16_t random;
        agent->events->random(agent->owner, &random, sizeof(random));
        text[i] = letters[random % (sizeof(letters) - 1)];
    }
    text[len] = '\0';
}

static struct ice_generation *ice_agent_generation_new(const struct ice_agent *agent,
                                                       uint32_t number)
{
    struct ice_generation *generation = ice_generation_new(number);
    if (!generation)
        return NULL;
    ice_agent_letters(agent, generation->local_credentials.ufrag, ICE_UFRAG_LEN);
    ice_agent_letters(agent, generation->local_credentials.pwd, ICE_PWD_LEN);
    return generation;
}

struct ice_agent *ice_agent_new(const struct ice_options *options, const struct ice_events *events,
                                void *owner)
{
    struct ice_agent *agent = mem_alloc(sizeof(*agent));
    if (!agent)
        return NULL;
    agent->options = *options;
    agent->options.pace_us = ice_agent_or(options->pace_us, ICE_AGENT_PACE_US);
    agent->options.disconnected_after_us =
        ice_agent_or(options->disconnected_after_us, ICE_AGENT_DISCONNECTED_US);
    agent->options.failed_after_us = ice_agent_or(options->failed_after_us, ICE_AGENT_FAILED_US);
    agent->options.checking_max_us = ice_agent_or(options->checking_max_us, ICE_AGENT_CHECKING_US);
    agent->events = events;
    agent->owner = owner;
    agent->role = options->role;
    agent->settle_us = UINT64_MAX;
    agent->deadline_us = UINT64_MAX;
    events->random(owner, &agent->tie_breaker, sizeof(agent->tie_breaker));
    events->random(owner, &agent->foundation_key, sizeof(agent->foundation_key));
    agent->newest = ice_agent_generation_new(agent, ++agent->generation_last);
    if (!agent->newest) {
        mem_free(agent);
        return NULL;
    }
    return agent;
}

void ice_agent_free(struct ice_agent *agent)
{
    if (!agent)
        return;
    ice_generation_free(agent->newest);
    ice_generation_free(agent->old);
    mem_free(agent);
}

const struct ice_credentials *ice_agent_local(const struct ice_agent *agent)
{
    return &agent->newest->local_credentials;
}

const struct ice_credentials *ice_agent_local_before(const struct ice_agent *agent)
{
    return agent->old ? &agent->old->local_credentials : NULL;
}

const struct ice_credentials *ice_agent_remote(const struct ice_agent *agent)
{
    return agent->newest->has_remote ? &agent->newest->remote_credentials : NULL;
}

const struct ice_credentials *ice_agent_local_for(const struct ice_agent *agent,
                                                  const char *remote_ufrag)
{
    const struct ice_generation *generations[] = {agent->newest, agent->old};
    for (unsigned i = 0; i < 2 && generations[i]; i++)
        if (generations[i]->has_remote &&
            strcmp(generations[i]->remote_credentials.ufrag, remote_ufrag) == 0)
            return &generations[i]->local_credentials;
    return NULL;
}

const struct candidate *ice_agent_candidate(const struct ice_agent *agent, size_t index)
{
    list_each(pos, &agent->newest->locals)
    {
        if (index-- == 0)
            return &container_of(pos, const struct ice_local, node)->candidate;
    }
    return NULL;
}

/* Something changed in a call that may not tell: the next tick will. */
static void ice_agent_unsettle(struct ice_agent *agent, uint64_t now_us)
{
    agent->settle_us = now_us;
    agent->is_changed = true;
}

int ice_agent_add_local(struct ice_agent *agent, struct candidate *candidate,
                        uint16_t local_preference)
{
    candidate->priority = candidate_priority(candidate->type, local_preference);
    /* The same for candidates of one type and one base address (RFC 8445 §5.1.1.3), and of no
     * meaning to others. */
    uint64_t hash =
        hash_bytes(&agent->foundation_key, candidate->base.bytes, sizeof(candidate->base.bytes));
    snprintf(candidate->foundation, sizeof(candidate->foundation), "%u",
             (uint32_t)hash + (uint32_t)candidate->type);
    agent->is_changed = true;
    return ice_generation_add_local(agent->newest, candidate, agent->role, 0);
}

void ice_agent_drop_base(struct ice_agent *agent, const struct net_address *base, uint64_t now_us)
{
    struct ice_generation *generations[] = {agent->newest, agent->old};
    for (unsigned i = 0; i < 2 && generations[i]; i++) {
        const struct ice_pair *held = generations[i]->held;
        ice_generation_drop_base(generations[i], base);
        if (!held || generations[i]->held)
            continue;
        agent->selected = NULL;
        agent->probe_until_us = 0;
    }
    ice_agent_unsettle(agent, now_us);
}

/* ALPHA, DIGIT, "+", "/" (RFC 8839 §5.4). */
static bool ice_agent_is_credential(const char *text, size_t min, size_t size)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *end = memchr(text, '\0', size);
    if (!end)
        return false;
    size_t len = (size_t)(end - text);
    return len >= min && strspn(text, allowed) == len;
}

int ice_agent_set_remote(struct ice_agent *agent, const struct ice_credentials *remote,
                         uint64_t now_us)
{
    struct ice_generation *generation = agent->newest;
    if (generation->has_remote)
        return err_origin(ACTR_ESTATE, "ice: this generation has its peer already");
    if (!ice_agent_is_credential(remote->ufrag, ICE_AGENT_UFRAG_MIN, sizeof(remote->ufrag)) ||
        !ice_agent_is_credential(remote->pwd, ICE_AGENT_PWD_MIN, sizeof(remote->pwd)))
        return err_origin(ACTR_EINVALID, "ice: these are no credentials");
    generation->remote_credentials = *remote;
    generation->has_remote = true;
    generation->began_us = now_us;
    if (agent->selected) /* does the peer keep the old generation? */
        agent->selected->due_us = now_us;
    ice_agent_unsettle(agent, now_us);
    return 0;
}

void ice_agent_control(struct ice_agent *agent)
{
    if (agent->role != ICE_CONTROLLING)
        ice_nomination_take_role(agent, ICE_CONTROLLING);
}

int ice_agent_add_remote(struct ice_agent *agent, const struct candidate *candidate,
                         uint64_t now_us)
{
    if (candidate->name[0] || net_address_is_any(&candidate->address) ||
        net_address_is_multicast(&candidate->address))
        return err_origin(ACTR_EINVALID, "ice: a candidate without an address");
    agent->is_changed = true;
    return ice_generation_add_remote(agent->newest, candidate, agent->role, now_us);
}

int ice_agent_restart(struct ice_agent *agent, uint64_t now_us)
{
    struct ice_generation *newest = agent->newest;
    struct ice_generation *fresh = ice_agent_generation_new(agent, agent->generation_last + 1);
    if (!fresh)
        return err_origin(ACTR_ENOMEM, "ice: no memory for a restart");
    agent->generation_last++;
    if (newest->was_nominated || newest->held) {
        ice_generation_free(agent->old);
        agent->old = newest;
    } else {
        ice_generation_free(newest);
    }
    agent->newest = fresh;
    ice_agent_unsettle(agent, now_us);
    return 0;
}

void ice_agent_abandon_restart(struct ice_agent *agent, uint64_t now_us)
{
    struct ice_generation *newest = agent->newest;
    if (!agent->old || newest->was_nominated)
        return;
    if (newest->held)
        agent->selected = NULL;
    ice_generation_free(newest);
    agent->newest = agent->old;
    agent->old = NULL;
    ice_agent_unsettle(agent, now_us);
}

/* Nothing was found in time. */
static void ice_agent_expire_checking(const struct ice_agent *agent,
                                      struct ice_generation *generation, uint64_t now_us)
{
    if (generation->has_remote && !generation->was_nominated && !generation->held &&
        now_us >= generation->began_us + agent->options.checking_max_us)
        ice_generation_end(generation);
}

/* Time that runs out: of an old generation, of checking, of consent. */
static void ice_agent_expire(struct ice_agent *agent, uint64_t now_us)
{
    struct ice_generation *newest = agent->newest;
    if (agent->old && now_us >= agent->old->retires_us)
        agent->old = ice_generation_free(agent->old);
    ice_agent_expire_checking(agent, newest, now_us);
    if (agent->old)
        ice_agent_expire_checking(agent, agent->old, now_us);
    if (agent->state != ICE_DISCONNECTED ||
        now_us < agent->alive_us + agent->options.failed_after_us)
        return;
    if (agent->selected) {
        ice_generation_end(agent->selected->generation);
        agent->selected = NULL;
        return;
    }
    if (newest->was_nominated)
        ice_generation_end(newest);
    if (agent->old)
        ice_generation_end(agent->old);
}

static enum ice_state ice_agent_judge(const struct ice_agent *agent, uint64_t now_us)
{
    const struct ice_generation *newest = agent->newest, *old = agent->old;
    if (agent->selected) {
        bool is_late = now_us >= ice_schedule_late_us(agent) ||
                       (agent->probe_until_us && now_us >= agent->probe_until_us);
        return is_late ? ICE_DISCONNECTED : ICE_CONNECTED;
    }
    if (newest->is_over)
        return ICE_FAILED;
    if (newest->was_nominated || (old && !old->is_over && old->retires_us == UINT64_MAX))
        return ICE_DISCONNECTED;
    if (newest->has_remote)
        return ICE_CHECKING;
    return old ? ICE_FAILED : agent->state;
}

static void ice_agent_select(struct ice_agent *agent, struct ice_pair *pair, uint64_t now_us)
{
    if (agent->selected)
        agent->selected->generation->held = NULL;
    agent->selected = pair;
    agent->probe_until_us = 0;
    agent->is_changed = true;
    if (!pair)
        return;
    pair->generation->held = pair;
    agent->alive_us = now_us;
    if (pair->answered_us == now_us)
        ice_schedule_pair(agent, pair, now_us);
    else
        pair->due_us = now_us;
}

/* Selects, writes the state, tells the owner. */
static void ice_agent_settle(struct ice_agent *agent, uint64_t now_us)
{
    struct ice_pair *pair = ice_nomination_choose(agent);
    bool is_new = pair != agent->selected;
    if (is_new)
        ice_agent_select(agent, pair, now_us);
    if (agent->newest->chosen && agent->old && agent->old->retires_us == UINT64_MAX)
        agent->old->retires_us = now_us + ICE_AGENT_RETIRE_US;
    agent->settle_us = UINT64_MAX;

    enum ice_state state = ice_agent_judge(agent, now_us);
    bool is_other = state != agent->state;
    agent->state = state;
    agent->is_changed |= is_other;
    if (state == ICE_FAILED && agent->old && !agent->old->is_over)
        ice_generation_end(agent->old);        /* what it still has does not carry */
    if (is_other && state == ICE_DISCONNECTED) /* perhaps another path works */
        ice_generation_revive(pair ? pair->generation : agent->newest, pair, now_us);
    if (is_new && pair) {
        struct ice_pair_info info;
        ice_pair_describe(pair, &info);
        agent->events->on_selected(agent->owner, &info);
    }
    if (is_other)
        agent->events->on_state(agent->owner, state);
}

static void ice_agent_reckon(struct ice_agent *agent)
{
    agent->deadline_us = ice_schedule_deadline_us(agent);
    agent->is_changed = false;
}

bool ice_agent_receive(struct ice_agent *agent, const struct net_address *local,
                       const struct net_address *remote, struct actr_view packet, uint64_t now_us)
{
    uint64_t genuine = agent->stats.requests_received + agent->stats.responses_received;
    bool is_ours = ice_exchange_receive(agent, local, remote, packet, now_us);
    if (agent->stats.requests_received + agent->stats.responses_received != genuine) {
        ice_agent_settle(agent, now_us);
        ice_agent_reckon(agent);
    }
    return is_ours;
}

void ice_agent_heard(struct ice_agent *agent, const struct net_address *remote, uint64_t now_us)
{
    struct ice_pair *pair = agent->selected;
    if (!pair || pair->unanswered == 0 || !net_address_equal(&pair->to, remote) ||
        now_us < pair->sent_us + ice_pair_timeout_us(pair) || pair->due_us <= now_us)
        return;
    pair->due_us = now_us; /* it lives, and we do not know whether it hears us: ask now */
    agent->is_changed = true;
}

uint64_t ice_agent_deadline(const struct ice_agent *agent)
{
    return agent->is_changed ? ice_schedule_deadline_us(agent) : agent->deadline_us;
}

uint64_t ice_agent_tick(struct ice_agent *agent, uint64_t now_us)
{
    ice_agent_expire(agent, now_us);
    ice_nomination_decide(agent, agent->newest, now_us);
    ice_schedule_run(agent, agent->newest, now_us);
    if (agent->old) {
        ice_nomination_decide(agent, agent->old, now_us);
        ice_schedule_run(agent, agent->old, now_us);
    }
    ice_agent_settle(agent, now_us);
    ice_agent_reckon(agent);
    return agent->deadline_us;
}

void ice_agent_probe(struct ice_agent *agent, uint64_t limit_us, uint64_t now_us)
{
    struct ice_pair *pair = agent->selected;
    if (!pair)
        return;
    agent->is_changed = true;
    if (agent->probe_until_us) {
        if (now_us + limit_us < agent->probe_until_us)
            agent->probe_until_us = now_us + limit_us;
        return;
    }
    agent->probe_us = now_us;
    agent->probe_until_us = now_us + limit_us;
    pair->due_us = now_us;
}

void ice_agent_rest(struct ice_agent *agent, bool is_resting, uint64_t now_us)
{
    struct ice_pair *pair = agent->selected;
    if (agent->is_resting == is_resting)
        return;
    agent->is_resting = is_resting;
    agent->is_changed = true;
    if (is_resting || !pair || pair->unanswered > 0)
        return;
    agent->silent_us = now_us;
    ice_schedule_wake(pair, now_us);
}

bool ice_agent_selected(const struct ice_agent *agent, struct ice_pair_info *ret_pair)
{
    if (!agent->selected)
        return false;
    ice_pair_describe(agent->selected, ret_pair);
    return true;
}

const struct candidate *ice_agent_path(const struct ice_agent *agent,
                                       struct net_address *ret_remote)
{
    if (!agent->selected)
        return NULL;
    *ret_remote = agent->selected->to;
    return &agent->selected->local->candidate;
}

void ice_agent_get_stats(const struct ice_agent *agent, struct ice_stats *ret_stats)
{
    *ret_stats = agent->stats;
    ret_stats->pairs = agent->newest->pair_count;
    ret_stats->locals = agent->newest->local_count;
    ret_stats->remotes = agent->newest->remote_count;
    ret_stats->generation = agent->newest->number;
}
