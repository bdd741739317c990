// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One destination: the pool of wires that this node dialled to it, and the wires it dialled to this
 * node. What it does for the layer above is in lane.h; here is what peer_transport needs of it.
 *
 * A task of its own notices when nothing holds it any more: no wires, nothing under way, no user.
 * Loop thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/id.h>

#include "base/hash.h"
#include "base/list.h"
#include "hyper/transport/answer_order.h"
#include "hyper/transport/fragment.h"
#include "hyper/transport/lane.h"
#include "hyper/transport/peer_transport.h"
#include "hyper/transport/wire_pool.h"
#include "sys/loop.h"

/* What the destinations of one transport share. */
struct dest_shared {
    struct peer_transport_options options; /* filled in, dialers are ours */
    struct peer_transport_stats stats;
    struct fragment_total parts; /* incomplete messages of all */
    struct loop_timer expiry;    /* of these */
    /* Has no wires and no effort under way; without a user either it is to be freed inside. */
    void (*on_quiet)(struct dest_shared *shared, struct dest_transport *dest);
};

struct dest_transport {
    struct hash_node node; /* peer_transport's */
    struct dest_shared *shared;
    struct actr_id id;
    void *user;
    struct wire_pool pool;
    struct list accepted;    /* wires; the one that was silent longest first */
    uint32_t accepted_count; /* without those we are closing */
    struct answer_order order;
    uint64_t asked_session; /* of the wire by which the last request came; 0: none has */
    struct loop_task tidy;
    bool is_paused;  /* by the mailbox */
    bool is_awaited; /* its answers are */
    bool is_quiet;   /* peer_transport's, while it closes */
};

/* NULL when memory has run out. */
struct dest_transport *dest_transport_new(struct dest_shared *shared, const struct actr_id *id);
/* Only when unused. */
void dest_transport_free(struct dest_transport *dest);

/* Takes over an accepted wire of this peer: into the pool when it carries both ways. ACTR_ENOMEM,
 * ACTR_EUNAVAILABLE: the wire is still the caller's. */
int dest_transport_accept(struct dest_transport *dest, struct wire *wire) ACTR_MUST_CHECK;

/* Closes every wire; it is not the end of the destination. */
void dest_transport_reset(struct dest_transport *dest, const char *why);

/* Closes every wire; on_quiet follows. */
void dest_transport_close(struct dest_transport *dest);
