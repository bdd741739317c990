// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The insides of an ICE agent, for the files that make it up: check (requests and answers),
 * exchange (what comes in), nomination (which pair carries), schedule (when), agent (the contract).
 *
 * One thread. */
#pragma once

#include "base/hash.h"
#include "hyper/wire/webrtc/ice/generation.h"

struct ice_agent {
    struct ice_options options; /* with the defaults filled in */
    const struct ice_events *events;
    void *owner;
    enum ice_role role;
    uint64_t tie_breaker;
    enum ice_state state;
    struct ice_generation *newest;
    struct ice_generation *old; /* before the last restart; NULL: none, or gone */
    uint32_t generation_last;   /* the highest number given */
    struct ice_pair *selected;  /* of either; the generation's `held` points there too */
    uint64_t alive_us;          /* the last answer on what is, or was, selected */
    uint64_t silent_us;         /* silence before then says nothing: nobody was asked */
    uint64_t probe_us;          /* a probe began */
    uint64_t probe_until_us;    /* an answer is wanted until then; 0: no probe */
    uint64_t settle_us;         /* what carries is to be looked at again; UINT64_MAX: it is not */
    uint64_t deadline_us;
    bool is_resting;
    bool is_changed; /* deadline_us is to be computed again */
    struct hash_key foundation_key;
    struct ice_stats stats;
};

/* check.c */

/* Sends a binding request on the pair, and says when the next is due. A nomination when it is the
 * pair to be nominated, or has been. */
void ice_check_send(struct ice_agent *agent, struct ice_pair *pair, uint64_t now_us);
/* Answers a genuine request with what the peer looks like from here. */
void ice_check_answer(struct ice_agent *agent, const struct ice_generation *generation,
                      const struct stun_message *request, const struct ice_local *local,
                      const struct net_address *remote);
/* Answers a genuine request with an error. */
void ice_check_refuse(struct ice_agent *agent, const struct ice_generation *generation,
                      const struct stun_message *request, const struct ice_local *local,
                      const struct net_address *remote, unsigned code);
/* on_remote, once for each remote candidate. */
void ice_check_announce(struct ice_agent *agent, struct ice_remote *remote,
                        const struct ice_local *local, const struct net_address *to);

/* exchange.c: the state machine's share of ice_agent_receive(). False: not ours. */
bool ice_exchange_receive(struct ice_agent *agent, const struct net_address *local,
                          const struct net_address *remote, struct actr_view packet,
                          uint64_t now_us);

/* nomination.c */

/* A check that nominated has succeeded. */
void ice_nomination_done(struct ice_agent *agent, struct ice_pair *pair, uint64_t now_us);
/* The peer, which controls, wants this pair, which is valid. */
void ice_nomination_accept(struct ice_agent *agent, struct ice_pair *pair, uint64_t now_us);
/* Controlling: nominates what is best by now; sends at once. */
void ice_nomination_decide(struct ice_agent *agent, struct ice_generation *generation,
                           uint64_t now_us);
/* When the next valid pair may be nominated; UINT64_MAX: none waits. */
uint64_t ice_nomination_due_us(const struct ice_agent *agent,
                               const struct ice_generation *generation);
/* Which pair should carry now; NULL: none can. */
struct ice_pair *ice_nomination_choose(const struct ice_agent *agent);

/* A change of role: the order of all pairs changes, a nomination under way is none any more. */
void ice_nomination_take_role(struct ice_agent *agent, enum ice_role role);

/* schedule.c */

/* When to check the pair again after a check that was just sent, or an answer that just came. */
void ice_schedule_pair(struct ice_agent *agent, struct ice_pair *pair, uint64_t now_us);
/* The selected pair, which was not in doubt, is in use again after a rest. */
void ice_schedule_wake(struct ice_pair *pair, uint64_t now_us);
/* At rest: so long after its last check the selected pair may be checked again, if that is
 * convenient. */
bool ice_schedule_is_convenient(const struct ice_agent *agent, const struct ice_pair *pair,
                                uint64_t now_us);
/* When the selected pair has not answered for too long; UINT64_MAX: it is not asked at present. */
uint64_t ice_schedule_late_us(const struct ice_agent *agent);
/* Sends the checks that are due. */
void ice_schedule_run(struct ice_agent *agent, struct ice_generation *generation, uint64_t now_us);
/* When the agent has to be called again. */
uint64_t ice_schedule_deadline_us(const struct ice_agent *agent);
