// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Which of the actors that could serve a request are named, and in which order.
 *
 * Pure: the answer depends on the arguments alone, the random number included. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A state that the candidate never reported. */
#define RANKING_UNKNOWN 0xff

/* Factors that are obeyed; the numbers are those of actr.NodeRankingFactor. Nearest (3) and client
 * affinity (4) say nothing here, since no node reports a place or the clients that stick to it;
 * they are skipped, as are numbers not known. */
enum ranking_factor {
    RANKING_POWER_RESERVE = 0, /* the larger first */
    RANKING_BACKLOG = 1,       /* the smaller first */
    RANKING_EXACT_MATCH = 2,   /* those that offer the fingerprint the client was built for first */
};

/* Candidates weighed for one request; of more, the caller draws so many at random. */
#define RANKING_CANDIDATES_MAX 256
#define RANKING_FACTORS_MAX 8

struct ranking_candidate {
    void *actor;          /* the caller's; not looked at */
    uint8_t availability; /* actr.ServiceAvailabilityState, less is better, or RANKING_UNKNOWN */
    uint8_t dependency;   /* actr.ServiceDependencyState, less is better, or RANKING_UNKNOWN */
    bool is_exact;
    float power_reserve; /* not NaN; 0 when unknown */
    float backlog;       /* not NaN; 1 when unknown */
    uint64_t _tie;
};

struct ranking_criteria {
    bool is_present; /* false: all of them, the most available first, then the strongest */
    uint32_t count_max;
    int factors[RANKING_FACTORS_MAX];
    size_t factor_count;
    int health_max;     /* worst availability that will do; -1: any */
    int dependency_max; /* worst dependency state that will do; -1: any */
};

/* Moves the chosen candidates to the front of the array, best first, and returns how many there
 * are. An unknown availability or dependency state passes a limit of 1 or worse, and sorts as 2.
 * Candidates that nothing tells apart come in an order drawn from `random`, so that clients that
 * ask for one are spread over all. */
size_t ranking_choose(struct ranking_candidate *candidates, size_t count,
                      const struct ranking_criteria *criteria, uint64_t random);
