// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The durable mailbox inside: shared by sqlite_mailbox.c (what its owner asks of it) and
 * sqlite_life.c (what the store reports, the beginning and the end), and private to them. Loop
 * thread. */
#pragma once

#include "mailbox/accounts.h"
#include "mailbox/sqlite_mailbox.h"
#include "mailbox/store.h"
#include "mailbox/weights.h"

#define SQLITE_WINDOW_COUNT 4096
#define SQLITE_WINDOW_BYTES ((uint64_t)16 << 20)

enum sqlite_state { SQLITE_AT_REST, SQLITE_OPENING, SQLITE_OPEN, SQLITE_STOPPING };

/* The messages of one priority. */
struct sqlite_queue {
    struct list rows; /* the window */
    uint32_t count;
    uint32_t ready;     /* of these, at the head: counted, alone, or never to be handed out */
    uint32_t coming[2]; /* pushed and not yet on the disk: not counted, and counted */
    uint64_t bytes;     /* of the window */
    uint64_t stored;    /* behind it, on the disk only */
    uint64_t loaded_id; /* the last that was in the window */
    struct store_load load;
    struct store_arm arm;
    bool is_loading, is_arming;
};

struct sqlite_mailbox {
    struct mailbox mailbox;
    struct sqlite_mailbox_options options;
    char *path;
    struct store *store;
    enum sqlite_state state;
    struct accounts accounts;
    struct sqlite_queue queues[MAILBOX_PRIORITY_COUNT];
    struct weights weights;
    uint64_t id_last;
    uint64_t suspect_id_max; /* what the start found */
    struct row *alone;
    bool is_alone_ready; /* counted, and not yet taken */
    bool is_winding;     /* no handler sees what is handed out */
    bool is_sealed;      /* the store has been told to stop */
    bool has_write_trouble, has_load_trouble;
    int failure; /* of the start; the store is stopping because of it */
    uint32_t letters;
    uint64_t letter_bytes; /* on their way to the disk */
    struct list spare;
    uint32_t spare_count;
    struct loop_task ready_task;
    struct loop_timer load_timer;
};

static inline struct sqlite_mailbox *sqlite_of(struct mailbox *mailbox)
{
    return container_of(mailbox, struct sqlite_mailbox, mailbox);
}

/* sqlite_mailbox.c --------------------------------------------------------------------------- */

extern const struct mailbox_ops sqlite_ops;

/* Recycles a row that is charged to nobody. */
void sqlite_row_free(struct sqlite_mailbox *self, struct row *row);
/* The row has ended: its sender may send another. */
void sqlite_discharge(struct sqlite_mailbox *self, struct row *row);

/* A committed row joins the window, or leaves it. */
void sqlite_append(struct sqlite_mailbox *self, struct sqlite_queue *queue, struct row *row);
void sqlite_remove(struct sqlite_queue *queue, struct row *row);

/* Reads on where a window runs low, and counts on where few are ready. */
void sqlite_refill_all(struct sqlite_mailbox *self);
/* A row that was to be counted has been, or could not be. */
void sqlite_armed_ahead(struct sqlite_mailbox *self, struct sqlite_queue *queue);

/* Tells the owner, later, if there is something to take. */
void sqlite_wake(struct sqlite_mailbox *self);
void sqlite_on_ready(struct loop_task *task);

/* sqlite_life.c ------------------------------------------------------------------------------ */

int sqlite_open(struct mailbox *mailbox);
void sqlite_stop(struct mailbox *mailbox);
void sqlite_close(struct mailbox *mailbox);
