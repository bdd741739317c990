// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Options of a command: a table says which there are, where their values go, and what the help
 * prints. `--name value` and `--name=value` mean the same; what is no option is refused.
 *
 * The main thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_kind {
    OPTION_FLAG,   /* bool *: true */
    OPTION_TEXT,   /* const char **: as it stands in argv */
    OPTION_NUMBER, /* uint64_t *: min to max */
    OPTION_RATE,   /* struct option_rate *: PER_SECOND or PER_SECOND:BURST */
    OPTION_LIST,   /* struct option_list *: numbers, min to max; may come more than once */
};

struct option_rate {
    uint32_t per_s, burst;
};

#define OPTION_LIST_MAX 64
struct option_list {
    uint32_t items[OPTION_LIST_MAX];
    size_t count;
};

struct option {
    const char *name;       /* with the dashes */
    const char *value_name; /* NULL for a flag */
    const char *help;
    enum option_kind kind;
    void *target;
    uint64_t min, max;
};

/* False: `why` says what is wrong. -h is --help where there is that. */
bool option_parse(const struct option *options, size_t count, char **argv, char *why,
                  size_t why_cap);

/* One line for each option. */
void option_print_help(const struct option *options, size_t count);
