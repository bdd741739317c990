// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* UDP on real sockets: opening, watching, closing.
 *
 * The descriptor is watched by uv_poll; all reading and writing is ours, because libuv moves one
 * datagram a call. What the system can do (segmenting, coalescing) is asked for once and noted in
 * the statistics, where it can also be seen that it was given up.
 *
 * The buffers are shared by all sockets of a struct net and live as long as it does; a socket of
 * its own holds a few hundred bytes. A socket that was closed inside its own event stays in memory
 * until libuv has closed the handle. Loop thread. */
#include "net/datagram_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/net_ops.h"
#include "net/socket.h"

#define DATAGRAM_BUFFER_LEN (4u << 20)
#define DATAGRAM_QUEUE_MAX (4u << 20)
/* Failures to receive, one after the other, that end a socket. */
#define DATAGRAM_FAILURES_MAX 16

static struct datagram_udp *udp_of(const struct datagram_socket *socket)
{
    return container_of(socket, struct datagram_udp, base);
}

/* ---- memory ---- */

static int pool_need(struct socket_net *net)
{
    if (net->datagrams)
        return 0;
    net->datagrams = mem_alloc_raw(sizeof(*net->datagrams)); /* untouched memory is not resident */
    if (!net->datagrams)
        return err_origin(ACTR_ENOMEM, "udp: no memory");
    net->datagrams->collecting = NULL;
    return 0;
}

struct datagram_pool *datagram_pool_free(struct datagram_pool *pool)
{
    mem_free(pool);
    return NULL;
}

static void udp_free(struct datagram_udp *udp)
{
    socket_unref(udp->net);
    mem_free(udp);
}

static void udp_on_handle_closed(uv_handle_t *handle)
{
    udp_free(handle->data);
}

/* ---- watching ---- */

static void udp_failed(struct datagram_udp *udp, int code)
{
    uv_poll_stop(&udp->poll);
    udp->events->on_failed(udp->owner, &udp->base, ACTR_EIO, uv_strerror(code));
}

static void udp_on_event(uv_poll_t *poll, int status, int events)
{
    struct datagram_udp *udp = poll->data;
    int error = 0;
    socklen_t len = sizeof(error);
    bool has_failed = status < 0;
    if (has_failed) {
        /* libuv has stopped the handle for an error that is pending; asking takes it away. */
        getsockopt(udp->fd, SOL_SOCKET, SO_ERROR, &error, &len);
        datagram_socket_watch(udp);
    } else {
        if (events & UV_WRITABLE)
            datagram_out_resume(udp);
        if ((events & UV_READABLE) && !datagram_in_read(udp)) {
            error = errno;
            has_failed = true;
        }
    }
    /* What the network says of a datagram is no failure of the socket. */
    if (has_failed && !udp->is_closed && !datagram_error_read(udp))
        udp->failure_count++;
    if (!udp->is_closed && udp->failure_count > DATAGRAM_FAILURES_MAX)
        udp_failed(udp, error ? uv_translate_sys_error(error) : UV_EIO);
}

void datagram_socket_watch(struct datagram_udp *socket)
{
    int events = UV_READABLE | (list_is_empty(&socket->waiting) ? 0 : UV_WRITABLE);
    if (!socket->is_closed)
        uv_poll_start(&socket->poll, events, udp_on_event);
}

static void udp_on_flush(struct loop_task *task)
{
    datagram_out_flush(container_of(task, struct datagram_udp, flush));
}

/* ---- the table ---- */

static void udp_send(struct datagram_socket *socket, const struct net_address *local,
                     const struct net_address *remote, struct actr_view bytes)
{
    datagram_out_send(udp_of(socket), local, remote, bytes);
}

static bool udp_send_probe(struct datagram_socket *socket, const struct net_address *local,
                           const struct net_address *remote, struct actr_view bytes)
{
    return datagram_out_probe(udp_of(socket), local, remote, bytes);
}

static void udp_flush(struct datagram_socket *socket)
{
    datagram_out_flush(udp_of(socket));
}

static void udp_local(const struct datagram_socket *socket, struct net_address *ret_address)
{
    *ret_address = udp_of(socket)->bound;
}

static void udp_stats(const struct datagram_socket *socket, struct datagram_stats *ret_stats)
{
    *ret_stats = udp_of(socket)->stats;
}

static void udp_close(struct datagram_socket *socket)
{
    struct datagram_udp *udp = udp_of(socket);
    datagram_out_flush(udp);
    udp->is_closed = true;
    datagram_out_drop(udp);
    uv_poll_stop(&udp->poll);
    uv_close((uv_handle_t *)&udp->poll, udp_on_handle_closed);
    close(udp->fd);
    udp->fd = -1;
}

static const struct datagram_ops udp_ops = {
    .send = udp_send,
    .send_probe = udp_send_probe,
    .flush = udp_flush,
    .local = udp_local,
    .stats = udp_stats,
    .close = udp_close,
};

/* ---- opening ---- */

static bool set_flag(int fd, int level, int option)
{
    int one = 1;
    return setsockopt(fd, level, option, &one, sizeof(one)) == 0;
}

/* PROBE: whole or not at all, and what ICMP says of the path is not believed. */
bool datagram_socket_fragment(struct datagram_udp *socket, bool enable)
{
    int v4 = enable ? IP_PMTUDISC_DONT : IP_PMTUDISC_PROBE;
    int v6 = enable ? IPV6_PMTUDISC_DONT : IPV6_PMTUDISC_PROBE;
    if (socket->bound.is_ipv6)
        return setsockopt(socket->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &v6, sizeof(v6)) == 0;
    return setsockopt(socket->fd, IPPROTO_IP, IP_MTU_DISCOVER, &v4, sizeof(v4)) == 0;
}

/* Asks for a buffer; what was granted. The system books twice of it (socket(7)). */
static uint32_t set_buffer(int fd, int option, int option_force, size_t len)
{
    int asked = len < INT32_MAX / 2 ? (int)len : INT32_MAX / 2, granted = 0;
    socklen_t size = sizeof(granted);
    /* Beyond the limit for everybody, for those who may. */
    if (setsockopt(fd, SOL_SOCKET, option_force, &asked, sizeof(asked)) < 0)
        setsockopt(fd, SOL_SOCKET, option, &asked, sizeof(asked));
    getsockopt(fd, SOL_SOCKET, option, &granted, &size);
    return (uint32_t)granted / 2;
}

static void set_offload(struct datagram_udp *udp)
{
    int segment = 0;
    socklen_t len = sizeof(segment);
    udp->stats.can_segment = getsockopt(udp->fd, SOL_UDP, UDP_SEGMENT, &segment, &len) == 0;
    udp->stats.can_coalesce = set_flag(udp->fd, SOL_UDP, UDP_GRO);
}

/* Binds to the first port that is free. 0 or an errno. */
static int bind_port(int fd, const struct datagram_options *options)
{
    struct net_address address = options->bind;
    struct sockaddr_storage storage;
    uint16_t last = address.port && options->port_last ? options->port_last : address.port;
    for (;;) {
        size_t len = net_address_to_sockaddr(&address, address.is_ipv6, &storage);
        if (bind(fd, (const struct sockaddr *)&storage, (socklen_t)len) == 0)
            return 0;
        if (errno != EADDRINUSE || address.port >= last)
            return errno;
        address.port++;
    }
}

/* Makes, sets and binds the socket. 0 or an errno. */
static int udp_bind(struct datagram_udp *udp, const struct datagram_options *options)
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof(bound);
    bool is_ipv6 = options->bind.is_ipv6;
    size_t buffer_len = options->buffer_len ? options->buffer_len : DATAGRAM_BUFFER_LEN;
    udp->fd = socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (udp->fd < 0)
        return errno;
    if (is_ipv6 && (!set_flag(udp->fd, IPPROTO_IPV6, IPV6_V6ONLY) ||
                    !set_flag(udp->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO)))
        return errno;
    if (!is_ipv6 && !set_flag(udp->fd, IPPROTO_IP, IP_PKTINFO))
        return errno;
    if (udp->events->on_refused)
        set_flag(udp->fd, is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, is_ipv6 ? IPV6_RECVERR : IP_RECVERR);
    udp->stats.receive_buffer = set_buffer(udp->fd, SO_RCVBUF, SO_RCVBUFFORCE, buffer_len);
    udp->stats.send_buffer = set_buffer(udp->fd, SO_SNDBUF, SO_SNDBUFFORCE, buffer_len);
    if (!options->no_offload)
        set_offload(udp);
    int error = bind_port(udp->fd, options);
    if (error)
        return error;
    if (getsockname(udp->fd, (struct sockaddr *)&bound, &len) < 0)
        return errno;
    net_address_from_sockaddr((const struct sockaddr *)&bound, &udp->bound);
    udp->bound.is_ipv6 = is_ipv6;
    (void)datagram_socket_fragment(udp, true); /* else as the system has it */
    return 0;
}

static int udp_start(struct datagram_udp *udp, const struct datagram_options *options)
{
    char text[NET_ADDRESS_TEXT_MAX];
    int error = udp_bind(udp, options);
    error = error ? uv_translate_sys_error(error) : uv_poll_init(udp->net->uv, &udp->poll, udp->fd);
    if (error == 0)
        return 0;
    if (udp->fd >= 0)
        close(udp->fd);
    net_address_text(&options->bind, text);
    return options->port_last ? err_origin(ACTR_EIO, "udp on %s to port %u: %s", text,
                                           options->port_last, uv_strerror(error))
                              : err_origin(ACTR_EIO, "udp on %s: %s", text, uv_strerror(error));
}

int datagram_socket_open(struct net *net, const struct datagram_options *options,
                         const struct datagram_events *events, void *owner,
                         struct datagram_socket **ret_socket)
{
    struct datagram_udp *udp = mem_alloc(sizeof(*udp));
    if (!udp)
        return err_origin(ACTR_ENOMEM, "udp: no memory");
    *udp = (struct datagram_udp){.base = {&udp_ops},
                                 .net = socket_ref(socket_of(net)),
                                 .events = events,
                                 .owner = owner,
                                 .fd = -1,
                                 .queue_max =
                                     options->queue_max ? options->queue_max : DATAGRAM_QUEUE_MAX};
    udp->poll.data = udp;
    list_init(&udp->waiting);
    loop_task_init(&udp->flush, udp_on_flush);
    int r = pool_need(udp->net);
    if (r == 0)
        r = udp_start(udp, options);
    if (r < 0) {
        udp_free(udp);
        return r;
    }
    udp->pool = udp->net->datagrams;
    datagram_socket_watch(udp);
    *ret_socket = &udp->base;
    return 0;
}
