// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A message of a durable mailbox in memory, and what is to become of its row.
 *
 * It belongs to the loop (sqlite_mailbox.c) or to the store (store.c), never to both: it goes over
 * with an order and comes back when the order has been carried out. */
#pragma once

#include "mailbox/message.h"
#include "sys/loop.h"

struct account;
struct store;

enum row_order {
    ROW_INSERT, /* comes back with a code: it may be refused */
    ROW_REJECT, /* a dead letter that has no row; likewise */
    ROW_DELETE, /* these come back when they are done, however long that takes: */
    ROW_BURY,   /* the row becomes a dead letter */
    ROW_ARM,    /* one delivery more, and those uncounted */
    ROW_UNARM   /* one delivery less: it did not happen */
};

struct row {
    struct mailbox_message message; /* first */
    struct loop_post post;          /* from one to the other */
    struct store *store;
    struct account *account; /* the loop's; NULL: of ROW_REJECT, and before it is known */
    struct actr_bytes from;  /* the peer, encoded */
    uint64_t received_ms;    /* wall clock */
    uint32_t deliveries;     /* as on disk */
    uint32_t uncounted;      /* that ended badly in this run and are not on disk yet */
    enum row_order order;
    int code;
    bool is_armed; /* this run has counted its delivery, or is about to */
    bool is_alone; /* its deliveries have ended badly: nothing else is handled beside it */
    bool is_dead;  /* too often */

    /* ROW_DELETE. */
    bool has_answer;
    struct mailbox_answer answer; /* owned; the request id is a view into the envelope */

    /* ROW_BURY, ROW_REJECT. */
    const char *category;
    struct actr_bytes detail, to; /* the text without NUL; this actor, encoded */
};

/* NULL when memory has run out. */
struct row *row_new(void);
void row_free(struct row *row);
/* Gives back what it holds and makes it as new. */
void row_clear(struct row *row);
