// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* "Did you mean …?" by edit distance: letters inserted, lost, replaced, or swapped with a neighbour
 * (the restricted Damerau-Levenshtein distance).
 *
 * Words longer than any key are not compared, so the work for one candidate is bounded whatever a
 * file holds. A word that shares hardly a letter with a candidate gets no suggestion: a wrong one
 * is worse than none.
 *
 * Any thread. Never allocates. */
#include "config/suggest.h"

#include <string.h>

#define SUGGEST_WORD_MAX 48

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    /* Rows i - 2, i - 1 and i of the table of distances between prefixes. */
    size_t rows[3][SUGGEST_WORD_MAX + 1];
    for (size_t k = 0; k <= b_len; k++)
        rows[0][k] = k;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3], *above_that = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t k = 1; k <= b_len; k++) {
            row[k] = least(least(above[k], row[k - 1]) + 1, above[k - 1] + (a[i - 1] != b[k - 1]));
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                row[k] = least(row[k], above_that[k - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

struct suggest suggest_for(const char *word)
{
    return (struct suggest){.word = word};
}

void suggest_offer(struct suggest *suggest, const char *candidate)
{
    size_t len = strlen(suggest->word), candidate_len = strlen(candidate);
    if (len > SUGGEST_WORD_MAX || candidate_len > SUGGEST_WORD_MAX)
        return;
    size_t found = distance(suggest->word, len, candidate, candidate_len);
    if (found > (candidate_len + 2) / 3 || found >= candidate_len ||
        (suggest->best && found >= suggest->distance))
        return;
    suggest->best = candidate;
    suggest->distance = found;
}
