// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A UDP socket that moves bursts: many datagrams by one system call, in both directions.
 *
 * In: everything that has arrived is taken (recvmmsg, UDP_GRO) and handed up in one event. Out:
 * datagram_send() collects; equal-sized datagrams for one destination leave as one (UDP_SEGMENT),
 * the rest together (sendmmsg), when the events of this turn have been dealt with, before the loop
 * sleeps, or at datagram_flush(). Where the system or a device cannot segment, that is noticed and
 * not tried again. What the system does not take waits, up to a bound; beyond it datagrams are
 * dropped and counted, as a router would.
 *
 * A datagram that is larger than the path carries is fragmented, by the system or on its way, so
 * that what was cut for a wider path still arrives when the path has become narrower. Only a probe
 * for the size of the path never is.
 *
 * Loop thread. Events never come inside a call. Implementations: real sockets (net_datagram_open of
 * socket_net) and the simulated network. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "net/address.h"

struct net;
struct datagram_socket;

#define DATAGRAM_LEN_MAX 65507 /* bytes, UDP over IPv4 */
/* Where the path sets no limit: four of them leave as one (with more the system would cut them up
 * itself, for 1.6 times the processor time). */
#define DATAGRAM_LEN_BEST 16360

struct datagram {
    struct net_address local; /* the address it was sent to; the port is the socket's */
    struct net_address remote;
    struct actr_view bytes; /* lent; may be written to by who gets it, nobody else sees it */
};

struct datagram_events {
    /* A burst, in the order of arrival; at most DATAGRAM_BURST_MAX. */
    void (*on_burst)(void *owner, struct datagram_socket *socket, const struct datagram *list,
                     size_t count);
    /* The socket is of no use any more (for good); close it. Single failures to send are counted,
     * not told. */
    void (*on_failed)(void *owner, struct datagram_socket *socket, int code, const char *detail);
    /* The system that has `remote` says that nobody listens on that port (ICMP, for something that
     * was sent there). Anybody can forge it: a reason to ask, never a proof. May be NULL. */
    void (*on_refused)(void *owner, struct datagram_socket *socket,
                       const struct net_address *remote);
};

#define DATAGRAM_BURST_MAX 1024

struct datagram_options {
    struct net_address bind; /* any address (then IPv4 sockets are IPv4 only, IPv6 ones IPv6 only)
                                or one; port 0: the system chooses */
    uint16_t port_last;      /* not 0: the first free port of bind.port…port_last */
    bool no_offload;         /* neither UDP_SEGMENT nor UDP_GRO: for tests, and for sick devices */
    size_t buffer_len;       /* asked of the system for each direction; 0: 4 MiB */
    size_t queue_max;        /* bytes that wait when the system takes no more; 0: 4 MiB */
};

struct datagram_stats {
    uint64_t datagrams_in, datagrams_out, bytes_in, bytes_out;
    uint64_t calls_in, calls_out; /* of the system */
    uint64_t dropped_out;         /* the queue was full, or the system refused */
    bool can_segment, can_coalesce;
    uint32_t receive_buffer, send_buffer; /* what the system granted, bytes */
};

/* First member of implementations. */
struct datagram_socket {
    const struct datagram_ops *ops;
};

/* Filled in by implementations; the contracts are those of the functions below. */
struct datagram_ops {
    void (*send)(struct datagram_socket *socket, const struct net_address *local,
                 const struct net_address *remote, struct actr_view bytes);
    bool (*send_probe)(struct datagram_socket *socket, const struct net_address *local,
                       const struct net_address *remote, struct actr_view bytes);
    void (*flush)(struct datagram_socket *socket);
    void (*local)(const struct datagram_socket *socket, struct net_address *ret_address);
    void (*stats)(const struct datagram_socket *socket, struct datagram_stats *ret_stats);
    void (*close)(struct datagram_socket *socket);
};

/* Binds. ACTR_EIO (the detail names address, port and cause), ACTR_ENOMEM. */
int datagram_open(struct net *net, const struct datagram_options *options,
                  const struct datagram_events *events, void *owner,
                  struct datagram_socket **ret_socket) ACTR_MUST_CHECK;

/* Copies one datagram into the burst that is being collected. local: the address to send from
 * (port ignored; NULL or any: the system chooses). Best effort, as UDP is: a failure is counted. */
static inline void datagram_send(struct datagram_socket *socket, const struct net_address *local,
                                 const struct net_address *remote, struct actr_view bytes)
{
    socket->ops->send(socket, local, remote, bytes);
}

/* Sends one datagram at once that nobody may fragment (RFC 8899 §3), behind what was collected.
 * False: it is larger than the first link takes. Everything else that may befall it is a loss. */
static inline bool datagram_send_probe(struct datagram_socket *socket,
                                       const struct net_address *local,
                                       const struct net_address *remote, struct actr_view bytes)
{
    return socket->ops->send_probe(socket, local, remote, bytes);
}

/* Hands what was collected to the system now. */
static inline void datagram_flush(struct datagram_socket *socket)
{
    socket->ops->flush(socket);
}

/* What it is bound to. */
static inline void datagram_local(const struct datagram_socket *socket,
                                  struct net_address *ret_address)
{
    socket->ops->local(socket, ret_address);
}

static inline void datagram_get_stats(const struct datagram_socket *socket,
                                      struct datagram_stats *ret_stats)
{
    socket->ops->stats(socket, ret_stats);
}

/* Flushes and closes. No event follows. */
static inline void datagram_close(struct datagram_socket *socket)
{
    socket->ops->close(socket);
}
