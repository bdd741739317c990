// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* UDP on real sockets, the way in.
 *
 * One call (recvmmsg) takes whatever is there, each message into 64 KiB; with UDP_GRO a message is
 * a train of datagrams of one sender, equal in length but for the last, and a control message says
 * that length. The trains are cut up in place. The address that a datagram was sent to comes with
 * it (IP_PKTINFO), because a socket for any address has many and answers leave from the right one.
 *
 * A failure is in most cases that of a datagram which was sent earlier (ICMP) and nobody's now;
 * only one that does not go away ends the socket, which the caller decides. Loop thread. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#include "net/datagram_socket.h"

#define DATAGRAM_IN_CONTROL (CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int)))

union datagram_in_control {
    struct cmsghdr align;
    uint8_t bytes[DATAGRAM_IN_CONTROL];
};

struct datagram_in_batch {
    struct mmsghdr messages[DATAGRAM_READS_SINGLE];
    struct iovec parts[DATAGRAM_READS_SINGLE];
    struct sockaddr_in6 remotes[DATAGRAM_READS_SINGLE];
    union datagram_in_control controls[DATAGRAM_READS_SINGLE];
};

static void batch_prepare(struct datagram_in_batch *batch, struct datagram_pool *pool, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        batch->parts[i] = (struct iovec){pool->in[i], DATAGRAM_READ_LEN};
        batch->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &batch->remotes[i],
            .msg_namelen = sizeof(batch->remotes[i]),
            .msg_iov = &batch->parts[i],
            .msg_iovlen = 1,
            .msg_control = batch->controls[i].bytes,
            .msg_controllen = sizeof(batch->controls[i].bytes),
        };
    }
}

static void local_from_v4(struct net_address *local, const void *data)
{
    struct in_pktinfo info;
    memcpy(&info, data, sizeof(info));
    /* For a unicast datagram the address it was sent to; for others one that can answer. */
    memcpy(local->bytes, &info.ipi_spec_dst, 4);
}

static void local_from_v6(struct net_address *local, const void *data)
{
    struct in6_pktinfo info;
    memcpy(&info, data, sizeof(info));
    memcpy(local->bytes, &info.ipi6_addr, 16);
    local->scope = net_address_is_link_local(local) ? info.ipi6_ifindex : 0;
}

/* Reads the control messages; *segment stays as it is when the message is one datagram. */
static void read_control(struct msghdr *message, struct net_address *local, size_t *segment)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
            int len;
            memcpy(&len, CMSG_DATA(c), sizeof(len));
            if (len > 0)
                *segment = (size_t)len;
        } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            local_from_v4(local, CMSG_DATA(c));
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            local_from_v6(local, CMSG_DATA(c));
        }
    }
}

static void hand_up(struct datagram_udp *socket, size_t *count)
{
    size_t handed = *count;
    *count = 0;
    if (handed > 0 && !socket->is_closed)
        socket->events->on_burst(socket->owner, &socket->base, socket->pool->list, handed);
}

/* Cuts up one message; hands up whenever the list is full. */
static void take_message(struct datagram_udp *socket, struct mmsghdr *message, size_t *count)
{
    struct datagram datagram = {.local = socket->bound};
    const uint8_t *at = message->msg_hdr.msg_iov->iov_base;
    size_t left = message->msg_len, segment = left;
    /* Longer than UDP allows: not of UDP. */
    if ((message->msg_hdr.msg_flags & MSG_TRUNC) ||
        !net_address_from_sockaddr(message->msg_hdr.msg_name, &datagram.remote))
        return;
    read_control(&message->msg_hdr, &datagram.local, &segment);
    do {
        size_t len = left < segment ? left : segment;
        if (*count == DATAGRAM_BURST_MAX)
            hand_up(socket, count);
        datagram.bytes = actr_view_of(at, len);
        socket->pool->list[(*count)++] = datagram;
        socket->stats.datagrams_in++;
        socket->stats.bytes_in += len;
        at += len;
        left -= len;
    } while (left > 0);
}

bool datagram_in_read(struct datagram_udp *socket)
{
    struct datagram_in_batch batch;
    size_t room = socket->stats.can_coalesce ? DATAGRAM_READS_COALESCED : DATAGRAM_READS_SINGLE;
    for (int round = 0; round < DATAGRAM_ROUNDS_MAX && !socket->is_closed; round++) {
        size_t count = 0;
        batch_prepare(&batch, socket->pool, room);
        int got = recvmmsg(socket->fd, batch.messages, (unsigned)room, MSG_DONTWAIT, NULL);
        socket->stats.calls_in++;
        if (got < 0)
            return errno == EAGAIN || errno == EINTR;
        socket->failure_count = 0;
        for (int i = 0; i < got; i++)
            take_message(socket, &batch.messages[i], &count);
        hand_up(socket, &count);
        if ((size_t)got < room)
            return true; /* nothing is left */
    }
    return true;
}
