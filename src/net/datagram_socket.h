// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* UDP on real sockets: what its files share. The contract is in datagram.h.
 *
 * datagram_socket.c opens, watches and closes; datagram_in.c takes bursts from the system, and
 * datagram_error.c what the network says of those that were sent; datagram_out.c collects bursts
 * for it. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/list.h"
#include "net/datagram.h"
#include "sys/loop.h"

struct net;
struct datagram_udp;

/* What one call to the system takes in or gives out. */
#define DATAGRAM_BATCH_MAX 64
/* Buffers for one call that receives: of segments that the system has put together, and of single
 * datagrams. Memory that nothing was ever received into is not resident. */
#define DATAGRAM_READS_COALESCED 8
#define DATAGRAM_READS_SINGLE 32
#define DATAGRAM_READ_LEN 65536
/* Received in one turn of the loop at most: so many calls. */
#define DATAGRAM_ROUNDS_MAX 4

/* Datagrams for one destination, side by side: all but the last have `segment` bytes. */
struct datagram_run {
    struct net_address local, remote;
    const uint8_t *data;
    size_t len;
    size_t segment;
    size_t count, sent; /* datagrams */
    bool is_single;     /* the system refused it as one: each datagram for itself */
    bool is_suspect;    /* …and not for the length of its datagrams */
};

/* A run that waits until the system takes more. */
struct datagram_waiting {
    struct list link;
    struct datagram_run run;
    uint8_t data[];
};

/* One for all sockets of a struct net; made by the first. Nothing stays in `out` beyond a turn of
 * the loop, nor in `in` beyond a callback. */
struct datagram_pool {
    struct datagram_udp *collecting; /* whose burst is in out; NULL: nobody's */
    struct datagram_run runs[DATAGRAM_BATCH_MAX];
    size_t run_count, datagram_count, out_len;
    struct datagram list[DATAGRAM_BURST_MAX];
    uint8_t out[DATAGRAM_LEN_MAX];
    uint8_t in[DATAGRAM_READS_SINGLE][DATAGRAM_READ_LEN];
};

/* Returns NULL; NULL is fine. For socket_net.c. */
struct datagram_pool *datagram_pool_free(struct datagram_pool *pool);

/* net_ops.datagram_open. */
int datagram_socket_open(struct net *net, const struct datagram_options *options,
                         const struct datagram_events *events, void *owner,
                         struct datagram_socket **ret_socket);

/* ---- the parts ---- */

struct datagram_udp {
    struct datagram_socket base;
    struct socket_net *net;
    struct datagram_pool *pool;
    uv_poll_t poll;
    const struct datagram_events *events;
    void *owner;
    int fd;
    struct net_address bound;
    struct loop_task flush;
    struct list waiting; /* datagram_waiting */
    size_t waiting_len, queue_max;
    unsigned failure_count; /* in succession, of receiving */
    bool is_closed;
    struct datagram_stats stats;
};

/* Takes what has come and hands it up; the socket may be closed afterwards. False: the system
 * failed to receive; errno says why. */
bool datagram_in_read(struct datagram_udp *socket);

/* Takes what the network has said of datagrams that were sent, and hands it up; the socket may be
 * closed afterwards. False: nothing. */
bool datagram_error_read(struct datagram_udp *socket);

void datagram_out_send(struct datagram_udp *socket, const struct net_address *local,
                       const struct net_address *remote, struct actr_view bytes);
/* See datagram_send_probe(). */
bool datagram_out_probe(struct datagram_udp *socket, const struct net_address *local,
                        const struct net_address *remote, struct actr_view bytes);
/* Hands over what was collected; what the system does not take waits. */
void datagram_out_flush(struct datagram_udp *socket);
/* The system takes more. */
void datagram_out_resume(struct datagram_udp *socket);
/* Drops what waits. */
void datagram_out_drop(struct datagram_udp *socket);

/* May datagrams be fragmented on their way? False: the system does not have it so. */
bool datagram_socket_fragment(struct datagram_udp *socket, bool enable);
/* Watch for room to send, or do not. */
void datagram_socket_watch(struct datagram_udp *socket);
