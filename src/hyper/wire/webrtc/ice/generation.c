// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The candidates and pairs of a generation.
 *
 * Locals, remotes and pairs are allocated one by one, so that what points at them stays good while
 * tables grow and shrink; a usual session has five of each. Pairs are kept in order, best first:
 * the check list is walked from its head, and the worst is at hand when the list is full.
 *
 * Only authenticated packets and the owner's calls come here, so what a stranger sends never
 * allocates. A pair that carries, or is about to, is never given up; nor is its remote candidate.
 *
 * The agent's thread. */
#include "hyper/wire/webrtc/ice/generation.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#define ICE_EACH(item, type, pos) type *item = container_of(pos, type, node)

/* A scope that one side does not know is no difference. */
static bool ice_generation_same(const struct net_address *a, const struct net_address *b)
{
    struct net_address copy = *a;
    if (!a->scope || !b->scope)
        copy.scope = b->scope;
    return net_address_equal(&copy, b);
}

struct ice_generation *ice_generation_new(uint32_t number)
{
    struct ice_generation *generation = mem_alloc(sizeof(*generation));
    if (!generation)
        return NULL;
    generation->number = number;
    generation->retires_us = UINT64_MAX;
    list_init(&generation->locals);
    list_init(&generation->remotes);
    list_init(&generation->pairs);
    return generation;
}

static void ice_generation_drop_pair(struct ice_generation *generation, struct ice_pair *pair)
{
    list_remove(&pair->node);
    generation->pair_count--;
    mem_free(pair);
}

struct ice_generation *ice_generation_free(struct ice_generation *generation)
{
    struct list *node;
    if (!generation)
        return NULL;
    while ((node = list_pop(&generation->pairs)))
        mem_free(container_of(node, struct ice_pair, node));
    while ((node = list_pop(&generation->locals)))
        mem_free(container_of(node, struct ice_local, node));
    while ((node = list_pop(&generation->remotes)))
        mem_free(container_of(node, struct ice_remote, node));
    explicit_bzero(&generation->local_credentials, sizeof(generation->local_credentials));
    explicit_bzero(&generation->remote_credentials, sizeof(generation->remote_credentials));
    mem_free(generation);
    return NULL;
}

/* May that pair go? */
static bool ice_generation_needs(const struct ice_generation *generation,
                                 const struct ice_pair *pair)
{
    return pair == generation->chosen || pair == generation->nominating || pair == generation->held;
}

/* Can a packet from there reach that at all? A relay sends from elsewhere and reaches more. */
static bool ice_generation_fits(const struct candidate *local, const struct net_address *remote)
{
    if (local->base.is_ipv6 != remote->is_ipv6 ||
        net_address_is_link_local(&local->base) != net_address_is_link_local(remote))
        return false;
    return local->type == CANDIDATE_RELAY ||
           net_address_is_loopback(&local->base) == net_address_is_loopback(remote);
}

static void ice_generation_insert(struct ice_generation *generation, struct ice_pair *pair)
{
    struct list *at = generation->pairs.next;
    while (at != &generation->pairs &&
           !ice_pair_is_better(pair, container_of(at, struct ice_pair, node)))
        at = at->next;
    list_push(at, &pair->node); /* before `at` */
}

/* Makes room for a pair; false: it would be the worst of a full list. */
static bool ice_generation_admit(struct ice_generation *generation, const struct ice_pair *pair)
{
    if (generation->pair_count < ICE_PAIRS_MAX)
        return true;
    for (struct list *pos = generation->pairs.prev; pos != &generation->pairs; pos = pos->prev) {
        ICE_EACH(worst, struct ice_pair, pos);
        if (ice_generation_needs(generation, worst))
            continue;
        if (!ice_pair_is_better(pair, worst))
            return false;
        ice_generation_drop_pair(generation, worst);
        return true;
    }
    return false;
}

/* Pairs the two; no room is no error. ACTR_ENOMEM. */
static int ice_generation_join(struct ice_generation *generation, struct ice_local *local,
                               struct ice_remote *remote, enum ice_role role, uint64_t now_us)
{
    struct ice_pair *pair = mem_alloc(sizeof(*pair));
    if (!pair)
        return err_origin(ACTR_ENOMEM, "ice: no memory for a pair");
    pair->generation = generation;
    pair->local = local;
    pair->remote = remote;
    pair->to = remote->candidate.address;
    pair->to.scope = net_address_is_link_local(&pair->to) ? local->candidate.base.scope : 0;
    pair->due_us = now_us;
    list_init(&pair->node);
    ice_pair_rank(pair, role);
    if (!ice_generation_admit(generation, pair)) {
        mem_free(pair);
        return 0;
    }
    ice_generation_insert(generation, pair);
    generation->pair_count++;
    return 0;
}

static int ice_generation_pair(struct ice_generation *generation, struct ice_local *local,
                               struct ice_remote *remote, enum ice_role role, uint64_t now_us)
{
    if (!ice_generation_fits(&local->candidate, &remote->candidate.address))
        return 0;
    return ice_generation_join(generation, local, remote, role, now_us);
}

struct ice_pair *ice_generation_meet(struct ice_generation *generation, struct ice_local *local,
                                     struct ice_remote *remote, enum ice_role role, uint64_t now_us)
{
    const struct net_address *base = &local->candidate.base, *to = &remote->candidate.address;
    struct ice_pair *pair = ice_generation_find_pair(generation, base, to);
    if (pair || ice_generation_join(generation, local, remote, role, now_us) < 0)
        return pair;
    return ice_generation_find_pair(generation, base, to);
}

int ice_generation_add_local(struct ice_generation *generation, const struct candidate *candidate,
                             enum ice_role role, uint64_t now_us)
{
    if (ice_generation_find_local(generation, &candidate->address, &candidate->base))
        return 0;
    if (generation->local_count == ICE_LOCALS_MAX)
        return err_origin(ACTR_EINVALID, "ice: more than %d local candidates", ICE_LOCALS_MAX);
    struct ice_local *local = mem_alloc(sizeof(*local));
    if (!local)
        return err_origin(ACTR_ENOMEM, "ice: no memory for a local candidate");
    local->candidate = *candidate;
    local->is_base = !ice_generation_find_base(generation, &candidate->base);
    list_push(&generation->locals, &local->node);
    generation->local_count++;
    if (!local->is_base)
        return 0;
    list_each(pos, &generation->remotes)
    {
        ICE_EACH(remote, struct ice_remote, pos);
        int r = ice_generation_pair(generation, local, remote, role, now_us);
        if (r < 0) { /* all of it or nothing, so that it may be added again */
            ice_generation_drop_base(generation, &candidate->base);
            return r;
        }
    }
    return 0;
}

static bool ice_generation_needs_remote(const struct ice_generation *generation,
                                        const struct ice_remote *remote)
{
    list_each(pos, &generation->pairs)
    {
        ICE_EACH(pair, struct ice_pair, pos);
        if (pair->remote == remote && ice_generation_needs(generation, pair))
            return true;
    }
    return false;
}

static void ice_generation_drop_remote(struct ice_generation *generation, struct ice_remote *remote)
{
    for (struct list *pos = generation->pairs.next, *next; pos != &generation->pairs; pos = next) {
        ICE_EACH(pair, struct ice_pair, pos);
        next = pos->next;
        if (pair->remote == remote)
            ice_generation_drop_pair(generation, pair);
    }
    list_remove(&remote->node);
    generation->remote_count--;
    mem_free(remote);
}

/* Makes room for a remote candidate; false: it would be the least of a full table. */
static bool ice_generation_admit_remote(struct ice_generation *generation, uint32_t priority)
{
    struct ice_remote *least = NULL;
    if (generation->remote_count < ICE_REMOTES_MAX)
        return true;
    list_each(pos, &generation->remotes)
    {
        ICE_EACH(remote, struct ice_remote, pos);
        if ((!least || remote->candidate.priority < least->candidate.priority) &&
            !ice_generation_needs_remote(generation, remote))
            least = remote;
    }
    if (!least || least->candidate.priority >= priority)
        return false;
    ice_generation_drop_remote(generation, least);
    return true;
}

/* What a check had shown the peer tells by itself now: its word replaces our guess. */
static void ice_generation_learn(struct ice_generation *generation, struct ice_remote *remote,
                                 const struct candidate *candidate, enum ice_role role)
{
    if (remote->candidate.type != CANDIDATE_PRFLX || candidate->type == CANDIDATE_PRFLX)
        return;
    struct net_address address = remote->candidate.address;
    remote->candidate = *candidate;
    remote->candidate.address = address;
    ice_generation_rank(generation, role);
}

int ice_generation_add_remote(struct ice_generation *generation, const struct candidate *candidate,
                              enum ice_role role, uint64_t now_us)
{
    struct ice_remote *remote = ice_generation_find_remote(generation, &candidate->address);
    if (remote) {
        ice_generation_learn(generation, remote, candidate, role);
        return 0;
    }
    if (!ice_generation_admit_remote(generation, candidate->priority))
        return 0;
    remote = mem_alloc(sizeof(*remote));
    if (!remote)
        return err_origin(ACTR_ENOMEM, "ice: no memory for a remote candidate");
    remote->candidate = *candidate;
    remote->candidate.address.scope = 0;
    list_push(&generation->remotes, &remote->node);
    generation->remote_count++;
    list_each(pos, &generation->locals)
    {
        ICE_EACH(local, struct ice_local, pos);
        int r = local->is_base ? ice_generation_pair(generation, local, remote, role, now_us) : 0;
        if (r < 0) {
            ice_generation_drop_remote(generation, remote);
            return r;
        }
    }
    return 0;
}

struct ice_local *ice_generation_find_base(const struct ice_generation *generation,
                                           const struct net_address *base)
{
    list_each(pos, &generation->locals)
    {
        ICE_EACH(local, struct ice_local, pos);
        if (local->is_base && ice_generation_same(&local->candidate.base, base))
            return local;
    }
    return NULL;
}

struct ice_local *ice_generation_find_local(const struct ice_generation *generation,
                                            const struct net_address *address,
                                            const struct net_address *base)
{
    list_each(pos, &generation->locals)
    {
        ICE_EACH(local, struct ice_local, pos);
        if (ice_generation_same(&local->candidate.address, address) &&
            ice_generation_same(&local->candidate.base, base))
            return local;
    }
    return NULL;
}

struct ice_remote *ice_generation_find_remote(const struct ice_generation *generation,
                                              const struct net_address *address)
{
    list_each(pos, &generation->remotes)
    {
        ICE_EACH(remote, struct ice_remote, pos);
        if (ice_generation_same(&remote->candidate.address, address))
            return remote;
    }
    return NULL;
}

struct ice_pair *ice_generation_find_pair(const struct ice_generation *generation,
                                          const struct net_address *base,
                                          const struct net_address *to)
{
    list_each(pos, &generation->pairs)
    {
        ICE_EACH(pair, struct ice_pair, pos);
        if (ice_generation_same(&pair->to, to) &&
            ice_generation_same(&pair->local->candidate.base, base))
            return pair;
    }
    return NULL;
}

void ice_generation_drop_base(struct ice_generation *generation, const struct net_address *base)
{
    for (struct list *pos = generation->pairs.next, *next; pos != &generation->pairs; pos = next) {
        ICE_EACH(pair, struct ice_pair, pos);
        next = pos->next;
        if (!ice_generation_same(&pair->local->candidate.base, base))
            continue;
        generation->chosen = generation->chosen == pair ? NULL : generation->chosen;
        generation->nominating = generation->nominating == pair ? NULL : generation->nominating;
        generation->held = generation->held == pair ? NULL : generation->held;
        ice_generation_drop_pair(generation, pair);
    }
    for (struct list *pos = generation->locals.next, *next; pos != &generation->locals;
         pos = next) {
        ICE_EACH(local, struct ice_local, pos);
        next = pos->next;
        if (!ice_generation_same(&local->candidate.base, base))
            continue;
        list_remove(&local->node);
        generation->local_count--;
        mem_free(local);
    }
}

void ice_generation_rank(struct ice_generation *generation, enum ice_role role)
{
    struct list pairs, *node;
    list_init(&pairs);
    list_append(&pairs, &generation->pairs);
    while ((node = list_pop(&pairs))) {
        ICE_EACH(pair, struct ice_pair, node);
        ice_pair_rank(pair, role);
        ice_generation_insert(generation, pair);
    }
}

void ice_generation_end(struct ice_generation *generation)
{
    generation->is_over = true;
    generation->chosen = generation->nominating = generation->held = NULL;
    list_each(pos, &generation->pairs)
    {
        ICE_EACH(pair, struct ice_pair, pos);
        pair->is_valid = false;
    }
}

void ice_generation_revive(struct ice_generation *generation, const struct ice_pair *except,
                           uint64_t now_us)
{
    list_each(pos, &generation->pairs)
    {
        ICE_EACH(pair, struct ice_pair, pos);
        if (pair != except && !pair->is_failed)
            ice_pair_revive(pair, now_us);
    }
}
