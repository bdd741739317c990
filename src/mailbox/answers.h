// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The table of answers: how the messages of the last 30 s ended, so that a request which is sent
 * again after a restart is answered and not handled again.
 *
 * At most 32 MiB of them: over that the oldest go first. Blocks; the thread that has the database.
 */
#pragma once

#include <stdint.h>

#include <actr/error.h>

#include "mailbox/row.h"

#define ANSWERS_TTL_MS 30000u
#define ANSWERS_BYTES_MAX ((uint64_t)32 << 20)

struct answers;
struct database;

/* One that an earlier run left, in a list. */
struct answers_entry {
    struct list link;
    struct actr_bytes from; /* encoded */
    struct actr_bytes id;   /* of the request; the answer's is a view of it */
    struct mailbox_answer answer;
    uint64_t age_ms;
};

/* Prepares the statements. ACTR_ECONFIG, ACTR_ENOMEM. */
int answers_new(struct database *database, struct answers **ret_answers) ACTR_MUST_CHECK;
struct answers *answers_free(struct answers *answers);

/* Reads those that are young enough into `list`, the oldest first. */
int answers_read(struct answers *answers, uint64_t now_ms, struct list *list) ACTR_MUST_CHECK;
void answers_entry_free(struct answers_entry *entry);

/* Inside a transaction: keeps row->answer, and forgets what is too old or too much. */
int answers_keep(struct answers *answers, const struct row *row, uint64_t now_ms) ACTR_MUST_CHECK;
/* The transaction of the last answers_keep() has been undone. */
void answers_undo(struct answers *answers);
/* It is on the disk. */
void answers_settle(struct answers *answers);
