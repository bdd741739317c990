// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Ranking of candidates.
 *
 * The existing system sorts stably several times over: by availability when a health limit is
 * given, then by dependency state when such a limit is given, then by the factors in their order.
 * The last sort weighs most, so one comparison that asks the factors first, then dependency, then
 * availability gives the same order in a single pass. What it leaves equal it leaves in hash order;
 * here a number drawn for each candidate decides.
 *
 * Most requests want one candidate, so few places are filled by selection, and only many by a sort.
 *
 * Pure; never allocates; any thread. */
#include "ranking.h"

#include <stdlib.h>

/* Up to so many places a scan for each is cheaper than sorting all. */
#define SELECT_MAX 4

static uint8_t state_weight(uint8_t state)
{
    return state == RANKING_UNKNOWN ? 2 : state;
}

static bool state_passes(uint8_t state, int limit)
{
    if (limit < 0)
        return true;
    return state == RANKING_UNKNOWN ? limit >= 1 : state <= limit;
}

/* The finalizer of SplitMix64 (Steele, Lea, Flood 2014): one draw for each candidate. */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static int compare_float(float a, float b)
{
    return (a > b) - (a < b);
}

static int compare_factor(const struct ranking_candidate *a, const struct ranking_candidate *b,
                          int factor)
{
    switch (factor) {
    case RANKING_POWER_RESERVE:
        return compare_float(b->power_reserve, a->power_reserve);
    case RANKING_BACKLOG:
        return compare_float(a->backlog, b->backlog);
    case RANKING_EXACT_MATCH:
        return (int)b->is_exact - (int)a->is_exact;
    default:
        return 0;
    }
}

static int compare_wanted(const struct ranking_candidate *a, const struct ranking_candidate *b,
                          const struct ranking_criteria *criteria)
{
    int order = 0;
    for (size_t i = 0; i < criteria->factor_count && order == 0; i++)
        order = compare_factor(a, b, criteria->factors[i]);
    if (order == 0 && criteria->dependency_max >= 0)
        order = state_weight(a->dependency) - state_weight(b->dependency);
    if (order == 0 && criteria->health_max >= 0)
        order = state_weight(a->availability) - state_weight(b->availability);
    return order;
}

static int compare(const void *left, const void *right, void *arg)
{
    const struct ranking_candidate *a = left, *b = right;
    const struct ranking_criteria *criteria = arg;
    int order;

    if (criteria->is_present) {
        order = compare_wanted(a, b, criteria);
    } else {
        order = state_weight(a->availability) - state_weight(b->availability);
        if (order == 0)
            order = compare_float(b->power_reserve, a->power_reserve);
    }
    return order != 0 ? order : (a->_tie > b->_tie) - (a->_tie < b->_tie);
}

static size_t keep_fit(struct ranking_candidate *candidates, size_t count,
                       const struct ranking_criteria *criteria, uint64_t random)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const struct ranking_candidate *c = &candidates[i];
        if (criteria->is_present && (!state_passes(c->availability, criteria->health_max) ||
                                     !state_passes(c->dependency, criteria->dependency_max)))
            continue;
        candidates[kept] = *c;
        candidates[kept]._tie = mix(random + kept);
        kept++;
    }
    return kept;
}

static void select_best(struct ranking_candidate *candidates, size_t count, size_t places,
                        const struct ranking_criteria *criteria)
{
    for (size_t place = 0; place < places; place++) {
        size_t best = place;
        for (size_t i = place + 1; i < count; i++)
            if (compare(&candidates[i], &candidates[best], (void *)(uintptr_t)criteria) < 0)
                best = i;
        struct ranking_candidate swap = candidates[place];
        candidates[place] = candidates[best];
        candidates[best] = swap;
    }
}

size_t ranking_choose(struct ranking_candidate *candidates, size_t count,
                      const struct ranking_criteria *criteria, uint64_t random)
{
    size_t kept = keep_fit(candidates, count, criteria, random);
    size_t places = kept;
    if (criteria->is_present && criteria->count_max < places)
        places = criteria->count_max;
    if (places <= SELECT_MAX)
        select_best(candidates, kept, places, criteria);
    else
        qsort_r(candidates, kept, sizeof(*candidates), compare, (void *)(uintptr_t)criteria);
    return places;
}
