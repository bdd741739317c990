// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* "Did you mean …?" Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The best of the candidates that were offered so far. */
struct suggest {
    const char *word; /* what was written; borrowed */
    const char *best; /* borrowed; NULL: nothing is near enough */
    size_t distance;  /* of best */
};

struct suggest suggest_for(const char *word);

/* Takes the candidate if it is nearer than the best so far, and near enough to be a slip of the
 * fingers: one letter inserted, lost, replaced or swapped with its neighbour per three. */
void suggest_offer(struct suggest *suggest, const char *candidate);
