// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* UDP on real sockets: what the network says of datagrams that were sent.
 *
 * A socket without a peer hears of ICMP only when it asks for it (IP_RECVERR); the messages wait in
 * a queue of their own, each with the address that the datagram was for. One kind is handed up: the
 * port is closed there. The others (no route, too large) say nothing of who listens.
 *
 * While the queue holds something the descriptor is in error for libuv, so it is emptied, a bounded
 * number a turn. The system bounds the queue by the receive buffer. Loop thread. */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/errqueue.h>

#include "net/datagram_socket.h"

#define DATAGRAM_ERROR_TURN_MAX 64

/* The address that was sent to, the offender's, and what else the socket wants with datagrams. */
#define DATAGRAM_ERROR_CONTROL                                                                     \
    (CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int)) +                            \
     CMSG_SPACE(sizeof(struct sock_extended_err) + sizeof(struct sockaddr_in6)))

union datagram_error_control {
    struct cmsghdr align;
    uint8_t bytes[DATAGRAM_ERROR_CONTROL];
};

static bool is_refusal(const struct cmsghdr *c)
{
    struct sock_extended_err error;
    bool is_v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
    bool is_v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR;
    if (!is_v4 && !is_v6)
        return false;
    memcpy(&error, CMSG_DATA(c), sizeof(error));
    if (error.ee_origin == SO_EE_ORIGIN_ICMP)
        return error.ee_type == ICMP_DEST_UNREACH && error.ee_code == ICMP_PORT_UNREACH;
    return error.ee_origin == SO_EE_ORIGIN_ICMP6 && error.ee_type == ICMP6_DST_UNREACH &&
           error.ee_code == ICMP6_DST_UNREACH_NOPORT;
}

static void take_error(struct datagram_udp *socket, struct msghdr *message)
{
    struct net_address remote;
    bool has_refused = false;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        has_refused = has_refused || is_refusal(c);
    if (has_refused && socket->events->on_refused &&
        net_address_from_sockaddr(message->msg_name, &remote))
        socket->events->on_refused(socket->owner, &socket->base, &remote);
}

bool datagram_error_read(struct datagram_udp *socket)
{
    int count = 0;
    while (count < DATAGRAM_ERROR_TURN_MAX && !socket->is_closed) {
        union datagram_error_control control;
        struct sockaddr_in6 remote;
        struct msghdr message = {
            .msg_name = &remote,
            .msg_namelen = sizeof(remote),
            .msg_control = control.bytes,
            .msg_controllen = sizeof(control.bytes),
        };
        ssize_t len = recvmsg(socket->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            break;
        take_error(socket, &message);
        count++;
    }
    return count > 0;
}
