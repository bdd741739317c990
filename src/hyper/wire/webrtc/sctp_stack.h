// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* usrsctp as one for the process: its start, its clock, and whose a packet is that it sends.
 *
 * usrsctp knows an association by an address; that is a number here, never used again, and looked
 * up. What it sends while a thread is inside a port's association goes straight to on_packet();
 * what it sends for an association of another loop (a timer that this thread drove) is copied and
 * posted to that loop. While any port of a loop is busy, the loop drives usrsctp's timers every
 * SCTP_STACK_TICK_US; else it does not wake up.
 *
 * A port belongs to its loop's thread. Bounds: SCTP_STACK_FOREIGN_MAX packets wait for another
 * loop; further ones are dropped, as a network would. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "base/hash.h"
#include "base/list.h"
#include "sys/loop.h"

struct sctp_ticker;

#define SCTP_STACK_TICK_US 10000
#define SCTP_STACK_FOREIGN_MAX 1024
/* Packets with data that one acknowledgement is for (RFC 9260 §6.2), and how many packets' worth
 * the window may grow by one: as many as the longest wait for one within a burst (L of RFC 3465
 * §2.2). */
#define SCTP_SACK_EVERY 2
#define SCTP_SACK_GROWTH 8

struct sctp_port;

struct sctp_port_events {
    /* A packet, with its checksum; lent. The port must not leave in here. */
    void (*on_packet)(void *owner, struct actr_view packet);
    /* Time has passed, or packets of another thread's work have left. May leave. */
    void (*on_tick)(void *owner);
};

/* In which memory is kept until the last post for it has run. */
struct sctp_port {
    uint64_t handle; /* what usrsctp has as address */
    struct loop *loop;
    const struct sctp_port_events *events;
    void *owner;
    struct hash_node _node;
    struct sctp_ticker *_ticker;
    struct list _busy;
    struct list _foreign; /* copies of packets; under the stack's lock */
    size_t _foreign_count;
    struct loop_post _post;
    bool _is_posted, _is_gone;
};

/* ACTR_ENOMEM. */
int sctp_stack_join(struct loop *loop, const struct sctp_port_events *events, void *owner,
                    struct sctp_port **ret_port) ACTR_MUST_CHECK;
/* What usrsctp still sends for it is dropped. */
void sctp_stack_leave(struct sctp_port *port);

/* Around each call into usrsctp that may send. They nest. */
struct sctp_port *sctp_stack_enter(struct sctp_port *port);
void sctp_stack_exit(struct sctp_port *before);

/* The port needs usrsctp's timers, until it says that it is idle. */
void sctp_stack_busy(struct sctp_port *port);
void sctp_stack_idle(struct sctp_port *port);
