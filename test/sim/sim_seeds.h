// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Which seeds a simulation runs with: ACTR_SIM_SEEDS says how many, ACTR_SIM_SEED that one only. */
#pragma once

#include <stdint.h>
#include <stdlib.h>

static inline uint64_t sim_seed_number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

/* From 1 to `count` when the environment says nothing. */
#define EACH_SEED_OF(seed, count)                                                                  \
    for (uint64_t seed = sim_seed_number("ACTR_SIM_SEED", 1),                                      \
                  seed##_end = getenv("ACTR_SIM_SEED") ? seed                                      \
                                                       : sim_seed_number("ACTR_SIM_SEEDS", count); \
         seed <= seed##_end; seed++)
