// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Which priority is next: of 8 messages taken while both wait, 7 are high. Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mailbox/message.h"

#define WEIGHTS_HIGH_RUN_MAX 7

struct weights {
    uint32_t high_run; /* high messages taken in a row while normal ones waited */
};

/* Which one, when at least one of them waits. */
static inline enum mailbox_priority weights_next(const struct weights *weights, bool has_normal,
                                                 bool has_high)
{
    if (!has_normal)
        return MAILBOX_HIGH;
    return !has_high || weights->high_run == WEIGHTS_HIGH_RUN_MAX ? MAILBOX_NORMAL : MAILBOX_HIGH;
}

/* One of this priority has been taken. */
static inline void weights_took(struct weights *weights, enum mailbox_priority priority,
                                bool has_normal)
{
    if (priority == MAILBOX_NORMAL)
        weights->high_run = 0;
    else if (has_normal)
        weights->high_run++;
}
