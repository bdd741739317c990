// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A connection as TCP makes it, in packets that are whole things: two ends, in order, with flow
 * control. Private to the simulated network. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "base/list.h"
#include "sim_net.h"
#include "sys/loop.h"

#define SIM_HEADERS_MAX 16

/* The head of a request or a response. */
struct sim_head {
    char method[16], path[256];
    unsigned status;
    size_t header_count;
    char *query;
    struct net_header headers[SIM_HEADERS_MAX]; /* texts owned */
    struct actr_bytes body;
};

enum sim_kind {
    SIM_REQUEST, /* head; the first packet of an exchange */
    SIM_UPGRADE, /* head; the first packet of a WebSocket */
    SIM_RESPONSE,
    SIM_ACCEPT, /* 101 */
    SIM_REJECT, /* another status */
    SIM_MESSAGE,
    SIM_PING,
    SIM_PONG,
    SIM_CLOSE,
    SIM_FIN,  /* nothing more follows */
    SIM_RESET /* likewise, and not by agreement */
};

struct sim_packet {
    struct list link;
    enum sim_kind kind;
    uint16_t code; /* SIM_CLOSE */
    uint64_t due_us;
    size_t cost; /* bytes against the window */
    struct actr_bytes bytes;
    struct sim_head *head;
};

struct sim_end;
struct sim_link;

struct sim_end_events {
    /* The packet is lent; its bytes and head may be taken out of it. The end may be gone after it.
     */
    void (*on_packet)(struct sim_end *end, struct sim_packet *packet);
    /* Nothing more comes: the peer hung up (`is_reset` false), or the connection is lost. The owner
     * detaches, now or later. */
    void (*on_lost)(struct sim_end *end, bool is_reset);
    /* Less than end->notify bytes are queued. May be NULL. */
    void (*on_drained)(struct sim_end *end);
};

struct sim_end {
    struct sim_link *link;
    struct sim_host *host;
    const struct sim_end_events *events; /* NULL: detached */
    void *owner;
    struct list queue; /* to send when the window allows */
    struct list inbox; /* on the way here, by time of arrival */
    size_t queued;     /* bytes in queue */
    size_t flying;     /* bytes sent and not yet taken by the peer */
    uint64_t pace_us;  /* delay of what this end sends */
    uint64_t last_us;  /* arrival of the last packet sent */
    bool is_paused;
    bool is_told; /* of the loss: no more packets */
    bool wants_drained;
    size_t notify;
    struct loop_timer arrival;
    struct loop_timer loss; /* a cut makes itself felt */
    struct loop_task drained;
};

struct sim_link {
    struct list link; /* of sim->links */
    struct sim_net *sim;
    struct sim_end ends[2]; /* the one that dialled first */
    uint16_t port;
    bool is_cut;
};

/* A new connection from one host to another; the far end belongs to whoever accepts. NULL: no
 * memory. `to` NULL: no such host, reset at once. */
struct sim_link *sim_link_new(struct sim_host *from, struct sim_host *to, uint16_t port);

static inline struct sim_end *sim_end_peer(const struct sim_end *end)
{
    return &end->link->ends[end == &end->link->ends[0]];
}

void sim_end_attach(struct sim_end *end, const struct sim_end_events *events, void *owner);

/* A fresh packet; NULL: no memory. Consumes head and bytes, also then. */
struct sim_packet *sim_packet_new(enum sim_kind kind, struct sim_head *head,
                                  struct actr_bytes bytes);
void sim_packet_free(struct sim_packet *packet);

/* Queues a packet; consumes it. */
void sim_end_send(struct sim_end *end, struct sim_packet *packet);
/* In front of what is queued, window or not. */
void sim_end_send_urgent(struct sim_end *end, struct sim_packet *packet);
/* Forgets what is queued. */
void sim_end_drop(struct sim_end *end);
void sim_end_read(struct sim_end *end, bool enable);
/* on_drained once no more than `level` bytes are queued. */
void sim_end_notify(struct sim_end *end, size_t level);

/* The owner has gone: what is queued still leaves, then a FIN; or a reset, now. */
void sim_end_finish(struct sim_end *end);
void sim_end_abort(struct sim_end *end);

/* What was on its way to this end and could not arrive is sent again. */
void sim_end_heal(struct sim_end *end);

/* Heads. NULL: no memory. */
struct sim_head *sim_head_new(const struct net_header *headers, size_t header_count);
void sim_head_free(struct sim_head *head);
const char *sim_head_find(const struct sim_head *head, const char *name);

/* Events of the far end of a connection that nobody has accepted yet (sim_server.c). */
extern const struct sim_end_events sim_acceptor_events;
