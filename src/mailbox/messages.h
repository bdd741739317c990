// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The table of messages: what is written of each, and how they are read back.
 *
 * Blocks; the thread that has the database. */
#pragma once

#include <stdint.h>

#include "base/list.h"
#include "mailbox/row.h"

struct database;
struct messages;

/* What the books need to know of a row. */
struct messages_entry {
    struct actr_view from; /* encoded; lent */
    enum mailbox_priority priority;
    uint64_t bytes;
};
/* < 0 ends the reading with that code. */
typedef int messages_entry_fn(void *arg, const struct messages_entry *entry);

/* How the next messages of one priority are read. */
struct messages_load {
    enum mailbox_priority priority;
    uint64_t after_id;
    uint64_t suspect_id_max; /* rows up to this were there at the start: any of them may kill */
    uint32_t deliveries_max; /* this many bad ends: dead */
    uint32_t count_max;
    uint64_t bytes_max; /* one message may be more */
    struct list rows;   /* result: struct row, by id; what is ready has been armed and committed */
};

/* Prepares the statements. ACTR_ECONFIG, ACTR_ENOMEM. */
int messages_new(struct database *database, struct messages **ret_messages) ACTR_MUST_CHECK;
struct messages *messages_free(struct messages *messages);

/* Goes through the whole table, and finds the largest id (0: none). ACTR_ECONFIG: there are rows in
 * it that no mailbox writes. */
int messages_scan(struct messages *messages, messages_entry_fn *fn, void *arg,
                  uint64_t *ret_id_max) ACTR_MUST_CHECK;

/* Inside a transaction. A row is inserted with its deliveries. */
int messages_insert(struct messages *messages, const struct row *row) ACTR_MUST_CHECK;
int messages_delete(struct messages *messages, uint64_t id) ACTR_MUST_CHECK;
/* by: how many more; -1: one less. */
int messages_count_delivery(struct messages *messages, uint64_t id, int by) ACTR_MUST_CHECK;

/* Outside a transaction. Up to 64 suspects at once, and one whose deliveries have ended badly twice
 * (once, of a maximum of 2) alone and not yet armed. Nothing is in load->rows after a failure:
 * ACTR_EIO, ACTR_ENOMEM, ACTR_ECONFIG. */
int messages_load(struct messages *messages, struct messages_load *load) ACTR_MUST_CHECK;

/* For people: reads at most count_max rows after `after_id`, of both priorities, and changes
 * nothing. A row that is handed to fn is lent. */
typedef void messages_row_fn(void *arg, const struct row *row);
int messages_list(struct messages *messages, uint64_t after_id, uint32_t count_max,
                  messages_row_fn *fn, void *arg) ACTR_MUST_CHECK;
