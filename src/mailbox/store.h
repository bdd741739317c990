// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The store: the thread that has the database of a durable mailbox.
 *
 * Everything that came in while the last transaction was being written goes into the next one, so
 * that the price of an fsync is shared by all who wait. What is new is refused when its transaction
 * fails; what is done (deleted, buried, counted) is tried again until it succeeds, after 100 ms at
 * first and every 5 s at last, and whenever something new comes.
 *
 * Called on the owner's loop, answers there; works on a thread of its own, or on a loop that it is
 * given: the same code in a simulation. Nothing here waits for the disk on the owner's loop. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "mailbox/messages.h"
#include "mailbox/row.h"

struct store;

/* What one peer has in the file. */
struct store_group {
    struct hash_node node;
    struct actr_bytes from; /* encoded */
    uint64_t bytes;
    uint64_t counts[MAILBOX_PRIORITY_COUNT];
};

/* What a start found. Lent until store_opening_clear(), or until the store is freed. */
struct store_opening {
    int code; /* < 0: the store has ended, and only `text` means something */
    char text[ERR_TEXT_MAX];
    uint64_t id_max;          /* the largest number of a message; 0: there is none */
    struct hash_table groups; /* struct store_group */
    struct list answers;      /* struct answers_entry */
};

/* The next messages of one priority. Embedded; the store's until on_loaded. */
struct store_load {
    struct loop_post post;
    struct store *store;
    struct messages_load load;
    int code;
    char text[ERR_TEXT_MAX];
};

/* Deliveries that are to be counted, of messages that stay where they are. Embedded; the store's
 * until on_armed. Written with what else there is to write; not tried again. */
#define STORE_ARM_MAX 64
struct store_arm {
    struct list link;
    struct loop_post post;
    struct store *store;
    uint32_t count;
    uint64_t ids[STORE_ARM_MAX];
    int code;
};

struct store_events {
    void (*on_opened)(void *owner, struct store_opening *opening);
    void (*on_row)(void *owner, struct row *row); /* its order has been carried out */
    void (*on_loaded)(void *owner, struct store_load *load);
    void (*on_armed)(void *owner, struct store_arm *arm);
    void (*on_trouble)(void *owner, int code, const char *text); /* code 0: over */
    void (*on_stopped)(void *owner);                             /* the last one */
};

struct store_options {
    struct loop *loop;       /* the owner's */
    struct loop *store_loop; /* where to work; NULL: on a thread of its own */
    const char *path;        /* copied */
    const struct store_events *events;
    void *owner;
};

/* Begins to open. ACTR_EIO, ACTR_ENOMEM: no event comes. */
int store_new(const struct store_options *options, struct store **ret_store) ACTR_MUST_CHECK;

/* It may be large, and is needed once. */
void store_opening_clear(struct store_opening *opening);

/* Hands a row over. Not after store_stop(). */
void store_submit(struct store *store, struct row *row, enum row_order order);
void store_load(struct store *store, struct store_load *load);
void store_arm(struct store *store, struct store_arm *arm);

/* Writes what it has been handed (what the disk refuses is undone), closes the file, then
 * on_stopped. */
void store_stop(struct store *store);

/* After on_opened with a code < 0, or on_stopped. NULL is fine; returns NULL. */
struct store *store_free(struct store *store);
