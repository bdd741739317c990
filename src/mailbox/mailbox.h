// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The mailbox contract: where requests and tells wait for the actor.
 *
 * RPC_SIGNAL is high priority. Dequeue is weighted, so that neither priority starves: of 8 messages
 * taken while both wait, 7 are high. Within a priority and peer the order is that of arrival.
 * Quotas in count and bytes, for each peer and in all. The owner is told when there is something to
 * take and when a peer has room again; nothing polls.
 *
 * Loop thread. Events never come inside the call that caused them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "base/list.h"

enum mailbox_priority { MAILBOX_NORMAL = 0, MAILBOX_HIGH = 1 };

/* push: taken, but this peer (or the whole mailbox) is at its quota: read no more from it until
 * on_room. */
#define MAILBOX_FULL 1

/* Where a message came from. */
struct mailbox_origin {
    struct actr_id peer;
    uint64_t session; /* of the wire it came by; 0: none any more */
};

struct mailbox_message {
    struct list _link;
    uint64_t id; /* ascending in the order of arrival */
    struct mailbox_origin origin;
    enum mailbox_priority priority;
    struct actr_bytes envelope; /* encoded RpcEnvelope, as received */
    uint64_t received_us;       /* loop clock */
};

struct mailbox_events {
    void (*on_ready)(void *owner);                            /* no longer empty */
    void (*on_room)(void *owner, const struct actr_id *peer); /* peer NULL: room for everyone */
};

struct mailbox_limits {
    uint32_t count_max, peer_count_max;
    uint64_t bytes_max, peer_bytes_max;
};

struct mailbox;
struct mailbox_ops {
    /* Consumes envelope. 0, MAILBOX_FULL (taken), ACTR_EUNAVAILABLE (not taken: twice over quota),
     * ACTR_ENOMEM. */
    int (*push)(struct mailbox *mailbox, const struct mailbox_origin *origin,
                enum mailbox_priority priority, struct actr_bytes envelope);
    /* The next message, the caller's until mailbox_ack(); NULL when empty. */
    struct mailbox_message *(*take)(struct mailbox *mailbox);
    /* Done with a taken message: frees it. */
    void (*ack)(struct mailbox *mailbox, struct mailbox_message *message);
    void (*close)(struct mailbox *mailbox); /* frees mailbox and everything queued */
};

/* First member of each implementation. */
struct mailbox {
    const struct mailbox_ops *ops;
    uint32_t count; /* queued, not taken */
    uint32_t taken; /* taken, not acked */
    uint64_t bytes; /* queued and taken */
};

static inline int mailbox_push(struct mailbox *mailbox, const struct mailbox_origin *origin,
                               enum mailbox_priority priority, struct actr_bytes envelope)
{
    return mailbox->ops->push(mailbox, origin, priority, envelope);
}

static inline struct mailbox_message *mailbox_take(struct mailbox *mailbox)
{
    return mailbox->ops->take(mailbox);
}

static inline void mailbox_ack(struct mailbox *mailbox, struct mailbox_message *message)
{
    mailbox->ops->ack(mailbox, message);
}
