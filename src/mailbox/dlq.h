// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The dead-letter queue: messages that cannot be delivered, for people to look at, to send again or
 * to throw away.
 *
 * Of a category that any peer can fill (all but MAILBOX_POISON and MAILBOX_NO_SENDER) at most 1,024
 * letters and 16 MiB are kept: over that the oldest of the category go. The others were accepted
 * once, and stay until somebody deletes them.
 *
 * Blocks; the thread that has the database. Everywhere: ACTR_EIO, ACTR_ENOMEM, ACTR_ECONFIG (the
 * file is damaged). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/error.h>

#include "base/text.h"

#define DLQ_COUNT_MAX 1024
#define DLQ_BYTES_MAX ((uint64_t)16 << 20)

/* Room for a time: 2026-11-22T18:00:00.123+00:00. */
#define DLQ_TIME_SIZE 32

struct database;
struct row;

/* One letter, as its row has it. NULL or empty where there is nothing. */
struct dlq_letter {
    struct actr_view id;                  /* UUID */
    struct actr_view original_message_id; /* decimal; none: it never was in the mailbox */
    struct actr_view from, to;            /* encoded actor ids */
    struct actr_view raw;
    struct actr_view error_message, error_category, trace_id, request_id;
    struct actr_view created_at, last_redrive_at, context;
    int64_t redrive_attempts;
};

/* All that are set must hold. */
struct dlq_filter {
    const char *category, *trace_id;
    const char *created_after, *created_before; /* RFC 3339 in UTC, as the rows have it */
    struct actr_view from;                      /* encoded; ptr NULL: anyone */
    uint32_t count_max;                         /* 0: 100 */
};

struct dlq_stats {
    uint64_t total, bytes, redriven; /* redriven: sent again at least once */
    char oldest[DLQ_TIME_SIZE];      /* "": there is none */
};

/* The form that the rows have: RFC 3339 in UTC, with as many digits of the second as it takes, none
 * or three. */
void dlq_format_time(uint64_t wall_ms, char buf[DLQ_TIME_SIZE]);

typedef void dlq_letter_fn(void *arg, const struct dlq_letter *letter); /* lent */
typedef void dlq_category_fn(void *arg, struct actr_view category, uint64_t count);

/* The newest first. */
int dlq_query(struct database *database, const struct dlq_filter *filter, dlq_letter_fn *fn,
              void *arg) ACTR_MUST_CHECK;
/* fn is not called when there is none of this id. */
int dlq_get(struct database *database, const char *id, dlq_letter_fn *fn,
            void *arg) ACTR_MUST_CHECK;
/* An id that is not there is no error; *ret_count says how many went. */
int dlq_delete(struct database *database, const char *id, uint64_t *ret_count) ACTR_MUST_CHECK;
/* All that the filter names; its count_max does not matter. */
int dlq_purge(struct database *database, const struct dlq_filter *filter,
              uint64_t *ret_count) ACTR_MUST_CHECK;
/* Counts an attempt to send it again. */
int dlq_record_redrive(struct database *database, const char *id, uint64_t now_ms) ACTR_MUST_CHECK;
/* category_fn may be NULL. */
int dlq_get_stats(struct database *database, struct dlq_stats *ret_stats,
                  dlq_category_fn *category_fn, void *arg) ACTR_MUST_CHECK;

/* Inside a transaction: a letter of row->message, for the reason that row has. `uuid`: 16 random
 * bytes. */
int dlq_add(struct database *database, const struct row *row, const uint8_t uuid[16],
            uint64_t now_ms) ACTR_MUST_CHECK;

/* Inside a transaction, after letters were added: the oldest of the bounded categories go. */
int dlq_trim(struct database *database) ACTR_MUST_CHECK;
