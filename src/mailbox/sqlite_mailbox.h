// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The durable mailbox: messages in an SQLite file, from before they count as accepted until they
 * are acked.
 *
 * A message goes to the disk before it is handed out; what waits is written together, so that many
 * senders share one fsync. Of each priority 4,096 messages or 16 MiB are kept in memory; a backlog
 * beyond that stays on the disk, and how deep it is does not slow anything down.
 *
 * A message that was in flight when the process ended comes back at the next start, and may have
 * been handled: at least once. One that the process dies of does not come back for ever: each
 * delivery is counted on the disk before it happens, what ended badly twice (of a maximum of 2:
 * once) is handed out alone, and what ended so deliveries_max times becomes a dead letter. The
 * delivery of a message that will be handed out soon is counted by the transaction that brings it;
 * of a backlog, the next few are counted together with whatever else there is to write. So besides
 * what was handed out, up to 2 * ahead_max of each priority are counted when the process dies; a
 * stop counts them back. While the disk refuses, what is in memory is handed out uncounted.
 *
 * Loop thread; the disk is waited for on a thread of its own. */
#pragma once

#include "mailbox/mailbox.h"

struct loop;

struct sqlite_mailbox_options {
    struct loop *loop;
    struct loop *store_loop; /* where the disk is waited for; NULL: on a thread of its own */
    const char *path;        /* of the file; copied. It is made if its folder is there */
    struct mailbox_limits
        limits;              /* 0: 1,000,000 messages and 4 GiB in all, a quarter for one peer */
    uint32_t deliveries_max; /* 0: 5 */
    uint32_t ahead_max;      /* counted and not yet handed out, of each priority; 0: 64, no more */
    const struct actr_id *self; /* whom messages are for; borrowed, looked at for dead letters */
    const struct mailbox_events *events;
    void *owner;
};

/* NULL when memory has run out. Opens nothing yet. The quotas count a message until its ack is on
 * the disk; what a file holds already counts too, however much it is. */
struct mailbox *sqlite_mailbox_new(const struct sqlite_mailbox_options *options);
