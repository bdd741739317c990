// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The mailbox contract: where requests and tells wait for the actor. Two stores: memory_mailbox.h
 * and sqlite_mailbox.h.
 *
 * RPC_SIGNAL is high priority. Dequeue is weighted, so that neither priority starves: of 8 messages
 * taken while both wait, 7 are high. Within a priority and peer the order is that of arrival.
 * Quotas in count and bytes, for each peer and in all. The owner is told when there is something to
 * take and when a peer has room again; nothing polls.
 *
 * A durable mailbox has accepted a message once it is on disk, and hands it out only then. What was
 * accepted is there until it is acked, however the process ends: it is handled at least once.
 *
 * Loop thread. Events never come inside the call that caused them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mailbox/events.h"
#include "mailbox/gauge.h"
#include "mailbox/message.h"

/* push: taken, but this peer (or everybody) is at its quota: read on from it at on_room. */
#define MAILBOX_FULL 1

struct mailbox;
struct mailbox_ops {
    int (*open)(struct mailbox *mailbox);
    int (*push)(struct mailbox *mailbox, const struct mailbox_origin *origin,
                enum mailbox_priority priority, struct actr_bytes envelope);
    struct mailbox_message *(*take)(struct mailbox *mailbox);
    void (*ack)(struct mailbox *mailbox, struct mailbox_message *message,
                const struct mailbox_answer *answer);
    void (*leave)(struct mailbox *mailbox, struct mailbox_message *message);
    void (*bury)(struct mailbox *mailbox, struct mailbox_message *message,
                 const struct mailbox_verdict *verdict);
    void (*retry)(struct mailbox *mailbox, struct mailbox_message *message, const char *detail);
    void (*reject)(struct mailbox *mailbox, const struct mailbox_origin *origin,
                   struct actr_bytes bytes, const struct mailbox_verdict *verdict);
    void (*wind_down)(struct mailbox *mailbox);
    void (*stop)(struct mailbox *mailbox);
    void (*close)(struct mailbox *mailbox);
};

/* First member of each implementation. */
struct mailbox {
    const struct mailbox_ops *ops;
    struct mailbox_limits limits; /* with the defaults filled in */
    bool is_durable;
    uint32_t count;              /* queued, not taken; what is on its way to the disk included */
    uint32_t taken;              /* taken, not acked */
    uint64_t bytes;              /* queued, taken, and acked on its way to the disk */
    struct mailbox_gauge *gauge; /* the owner's; NULL: none */
    uint64_t letters_dropped;    /* dead letters that were not kept */
};

/* Begins; on_open says how it went. ACTR_EIO, ACTR_ENOMEM: at rest, and no event comes. */
static inline int mailbox_open(struct mailbox *mailbox)
{
    return mailbox->ops->open(mailbox);
}

/* Consumes envelope. 0, MAILBOX_FULL (taken), ACTR_EUNAVAILABLE (not taken: twice over quota, or
 * not open), ACTR_ENOMEM. */
static inline int mailbox_push(struct mailbox *mailbox, const struct mailbox_origin *origin,
                               enum mailbox_priority priority, struct actr_bytes envelope)
{
    int r = mailbox->ops->push(mailbox, origin, priority, envelope);
    if (mailbox->gauge)
        mailbox_gauge_look(mailbox->gauge, mailbox->count);
    return r;
}

/* The next message, the caller's until one of the four below; NULL: none now, on_ready tells. */
static inline struct mailbox_message *mailbox_take(struct mailbox *mailbox)
{
    struct mailbox_message *message = mailbox->ops->take(mailbox);
    if (mailbox->gauge)
        mailbox_gauge_look(mailbox->gauge, mailbox->count);
    return message;
}

/* Done with it. A durable mailbox keeps `answer` (lent; may be NULL) for the next run, for as long
 * as a sender may ask again, in the transaction that removes the message. */
static inline void mailbox_ack(struct mailbox *mailbox, struct mailbox_message *message,
                               const struct mailbox_answer *answer)
{
    mailbox->ops->ack(mailbox, message, answer);
}

/* Not handled, nor to be in this run: a durable message waits for the next, any other is gone. */
static inline void mailbox_leave(struct mailbox *mailbox, struct mailbox_message *message)
{
    mailbox->ops->leave(mailbox, message);
}

/* Instead of an ack: it becomes a dead letter, in one transaction. Not durable: counted, gone. */
static inline void mailbox_bury(struct mailbox *mailbox, struct mailbox_message *message,
                                const struct mailbox_verdict *verdict)
{
    mailbox->ops->bury(mailbox, message, verdict);
}

/* Instead of an ack: what handled it has ended with it, and this process has not. Durable: counted
 * and handed out again, alone and first; after deliveries_max times a dead letter (MAILBOX_POISON)
 * with `detail`. Not durable: counted, gone. */
static inline void mailbox_retry(struct mailbox *mailbox, struct mailbox_message *message,
                                 const char *detail)
{
    mailbox->ops->retry(mailbox, message, detail);
}

/* A dead letter that never was a message: kept if the disk takes it. At most 64 and 1 MiB wait for
 * the disk; more are counted and gone. Consumes bytes. */
static inline void mailbox_reject(struct mailbox *mailbox, const struct mailbox_origin *origin,
                                  struct actr_bytes bytes, const struct mailbox_verdict *verdict)
{
    mailbox->ops->reject(mailbox, origin, bytes, verdict);
}

/* No handler sees what is taken from now on: all that is in memory is handed out, uncounted. */
static inline void mailbox_wind_down(struct mailbox *mailbox)
{
    mailbox->ops->wind_down(mailbox);
}

/* Writes what is to be written, then on_stopped. Nothing may be taken then, now or later. */
static inline void mailbox_stop(struct mailbox *mailbox)
{
    mailbox->ops->stop(mailbox);
}

/* Frees it. A durable mailbox must be at rest: never opened, not able to, or stopped. What a
 * mailbox that is not durable has queued is gone. */
static inline void mailbox_close(struct mailbox *mailbox)
{
    mailbox->ops->close(mailbox);
}
