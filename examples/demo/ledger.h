// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The ledger of the durable demo: a file with one line for each effect, and one for each message
 * that had its effect before. The key is the request id.
 *
 *     E <request id>    the effect
 *     R <request id>    it came again, and was recognised
 *
 * A line is one write(), which outlives the process that made it (not a loss of power: that would
 * take an fsync). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEDGER_ID_LEN 36
#define LEDGER_LINE_LEN (2 + LEDGER_ID_LEN + 1)
#define LEDGER_SLOTS 65536 /* a power of two */
#define LEDGER_ENTRIES_MAX (LEDGER_SLOTS / 2)

struct ledger {
    int file;
    uint32_t count; /* effects */
    uint32_t repeats;
    struct ledger_entry {
        char id[LEDGER_ID_LEN];
        uint32_t place;   /* 1 for the first effect; 0: a free slot */
        uint32_t effects; /* lines with E */
    } slots[LEDGER_SLOTS];
};

/* Reads what is there; a line that is not whole is cut off. False: errno says why. */
bool ledger_open(struct ledger *ledger, const char *path);
void ledger_close(struct ledger *ledger);

/* NULL: it had no effect yet. */
const struct ledger_entry *ledger_find(const struct ledger *ledger, const char *id);

/* The place of the effect of this id, which happens now unless it has before; 0: the file cannot be
 * written, or LEDGER_ENTRIES_MAX are in it. */
uint32_t ledger_add(struct ledger *ledger, const char *id);
