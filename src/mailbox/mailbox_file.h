// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A mailbox file without a node: for commands that look at it, empty it, or send dead letters
 * again.
 *
 * A reader may look while a node runs; what changes the file needs it alone (ACTR_ESTATE while a
 * node has it). Blocks; one thread. Everywhere: ACTR_EIO, ACTR_ENOMEM, ACTR_ECONFIG (the file is
 * damaged). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/error.h>

#include "mailbox/dlq.h"
#include "mailbox/row.h"

struct mailbox_file;

struct mailbox_file_status {
    uint64_t counts[MAILBOX_PRIORITY_COUNT];
    uint64_t bytes; /* of all envelopes */
    uint64_t
        suspects; /* a delivery is counted: under way, or about to be, or of a process that ended */
    uint64_t answers;   /* kept for those who ask again */
    uint64_t oldest_ms; /* wall clock at the arrival of the oldest message; 0: there is none */
};

/* A row as it is on the disk: message.id, .priority, .envelope, from (encoded), received_ms,
 * deliveries. Lent. */
typedef void mailbox_file_row_fn(void *arg, const struct row *row);

/* ACTR_ENOTFOUND; otherwise as a node that opens it. */
int mailbox_file_open(const char *path, bool is_writer,
                      struct mailbox_file **ret_file) ACTR_MUST_CHECK;
/* NULL is fine; returns NULL. */
struct mailbox_file *mailbox_file_close(struct mailbox_file *file);

/* For dlq.h. */
struct database *mailbox_file_database(struct mailbox_file *file);

int mailbox_file_get_status(struct mailbox_file *file,
                            struct mailbox_file_status *ret_status) ACTR_MUST_CHECK;

/* At most count_max messages after `after_id`, the oldest first, of both priorities. */
int mailbox_file_list(struct mailbox_file *file, uint64_t after_id, uint32_t count_max,
                      mailbox_file_row_fn *fn, void *arg) ACTR_MUST_CHECK;

/* What takes a message out: keeps it elsewhere. row NULL: there are no more, and what was told is
 * gone for good when this returns 0. What it returns below 0 undoes everything. */
typedef int mailbox_file_take_fn(void *arg, const struct row *row);

/* Takes out the oldest messages, at most count_max (1,024 at a time are in memory), in one
 * transaction. *ret_count: how many. Also the errors of fn. */
int mailbox_file_drain(struct mailbox_file *file, uint32_t count_max, mailbox_file_take_fn *fn,
                       void *arg, uint32_t *ret_count) ACTR_MUST_CHECK;

/* Makes a dead letter a message again, of normal priority and last in the queue, and counts the
 * attempt or, unless `keeps`, deletes the letter, in one transaction. ACTR_ENOTFOUND: no such
 * letter; ACTR_EINVALID: it does not say who sent it. */
int mailbox_file_redrive(struct mailbox_file *file, const char *letter_id, bool keeps,
                         uint64_t now_ms) ACTR_MUST_CHECK;
