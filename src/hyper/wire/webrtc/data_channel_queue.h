// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The inside of data channels: what waits in a channel, and which channel sends next. For
 * data_channel.c. Loop thread. */
#pragma once

#include "base/hash.h"
#include "base/list.h"
#include "base/pool.h"
#include "hyper/wire/webrtc/data_channel.h"
#include "sys/loop.h"

enum data_channel_state { DATA_CHANNEL_OPENING, DATA_CHANNEL_OPEN, DATA_CHANNEL_CLOSING };

struct data_channel {
    struct data_channels *channels;
    struct hash_node node; /* by id */
    struct list link;      /* of all */
    struct list ready;     /* something waits and may leave */
    struct list messages;
    size_t queued; /* bytes */
    size_t turn;   /* bytes sent in this turn */
    uint16_t id;
    uint16_t priority;
    enum data_channel_state state;
    bool is_unordered, is_ours;
    bool is_acknowledged; /* ours: the peer knows of it */
    bool wants_open, wants_ack;
    bool is_full;             /* the user waits for on_writable */
    bool has_reset, is_reset; /* our side: asked, done */
    bool is_peer_reset;
    uint8_t reliability, rank;
    uint32_t reliability_value;
    char *label;
    void *user;
};

struct data_channels {
    struct data_channels_options options;
    struct sctp *sctp;
    const struct data_channels_events *events;
    void *owner;
    struct hash_table table;
    struct list all, ready;
    struct pool waiting; /* of all queues */
    struct loop_task task;
    bool is_draining, is_freed;
    unsigned depth;   /* of calls that may call up */
    uint64_t refused; /* OPENs of the peer */
};

void data_channel_queue_init(struct data_channels *channels);
/* All queues are clear. */
void data_channel_queue_deinit(struct data_channels *channels);

/* Consumes message. ACTR_ENOMEM. */
int data_channel_queue_push(struct data_channel *channel, bool is_text,
                            struct actr_bytes message) ACTR_MUST_CHECK;
/* Forgets what waits. */
void data_channel_queue_clear(struct data_channel *channel);
/* Puts it among the ready ones, or takes it out of them, as its state says. */
void data_channel_queue_update(struct data_channel *channel);
/* Hands to SCTP what it takes, best rank first. Never calls up. */
void data_channel_queue_run(struct data_channels *channels);
/* Hands one message to SCTP at once, if nothing would be overtaken. False: queue it. */
bool data_channel_queue_try(struct data_channel *channel, bool is_text, struct actr_bytes message);
/* Does anything wait to be sent? */
bool data_channel_queue_is_empty(const struct data_channel *channel);
