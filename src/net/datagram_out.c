// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* UDP on real sockets, the way out.
 *
 * What is sent in a turn of the loop is collected as runs: datagrams for one destination that came
 * one after the other, equal in length but for the last. A run leaves as one message which the
 * system or the device cuts up (UDP_SEGMENT); all runs leave by one call (sendmmsg), in the order
 * in which they came, so that order per destination holds.
 *
 * Segmenting can be refused by a device, and also because a datagram exceeds the MTU (the system
 * fragments none of a run) or an address has gone. So a run that was refused is sent again piece by
 * piece; if that works, for datagrams that fit every path, the device is to blame and runs are not
 * made any more.
 *
 * What the system has no room for waits in a queue of its own, bounded by queue_max; while
 * something waits, all that follows goes behind it. Other failures cost the datagram, as a router
 * would, and are counted. Loop thread. */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "net/datagram_socket.h"
#include "net/net_ops.h"
#include "net/socket.h"

/* A datagram that fits every IPv6 path (RFC 8200 §5): 1,280 bytes less headers. */
#define DATAGRAM_OUT_FITS 1232
/* The limit of the system for segments of one message (UDP_MAX_SEGMENTS of older ones). */
#define DATAGRAM_OUT_SEGMENTS 64
/* Of a run: with the headers of Ethernet, VLAN, IPv6 and UDP it is not larger than what a device
 * takes (GSO_MAX_SIZE, 65,536), else the system segments it without the device. */
#define DATAGRAM_OUT_RUN_MAX (65536 - 14 - 4 - 40 - 8)

#define DATAGRAM_OUT_CONTROL (CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t)))

union datagram_out_control {
    struct cmsghdr align;
    uint8_t bytes[DATAGRAM_OUT_CONTROL];
};

struct datagram_out_batch {
    struct mmsghdr messages[DATAGRAM_BATCH_MAX];
    size_t datagrams[DATAGRAM_BATCH_MAX]; /* in each message */
    struct iovec parts[DATAGRAM_BATCH_MAX];
    struct sockaddr_storage remotes[DATAGRAM_BATCH_MAX];
    union datagram_out_control controls[DATAGRAM_BATCH_MAX];
    size_t count;
};

/* ---- messages for the system ---- */

static void *control_put(struct msghdr *message, int level, int type, size_t len)
{
    struct cmsghdr *c =
        (struct cmsghdr *)(void *)((uint8_t *)message->msg_control + message->msg_controllen);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(len);
    message->msg_controllen += CMSG_SPACE(len);
    return CMSG_DATA(c);
}

static void control_put_local(struct msghdr *message, const struct net_address *local)
{
    if (local->is_ipv6) {
        struct in6_pktinfo info = {.ipi6_ifindex = local->scope};
        memcpy(&info.ipi6_addr, local->bytes, 16);
        memcpy(control_put(message, IPPROTO_IPV6, IPV6_PKTINFO, sizeof(info)), &info, sizeof(info));
    } else {
        struct in_pktinfo info = {0};
        memcpy(&info.ipi_spec_dst, local->bytes, 4);
        memcpy(control_put(message, IPPROTO_IP, IP_PKTINFO, sizeof(info)), &info, sizeof(info));
    }
}

/* `datagrams` of the run, from the `from`-th on, as one message. */
static void batch_add(struct datagram_out_batch *batch, const struct datagram_run *run, size_t from,
                      size_t datagrams)
{
    size_t i = batch->count++, at = from * run->segment, len = run->segment * datagrams;
    struct msghdr *message = &batch->messages[i].msg_hdr;
    if (len > run->len - at)
        len = run->len - at;
    batch->datagrams[i] = datagrams;
    batch->parts[i] = (struct iovec){(uint8_t *)(uintptr_t)run->data + at, len};
    *message = (struct msghdr){
        .msg_name = &batch->remotes[i],
        .msg_namelen = (socklen_t)net_address_to_sockaddr(&run->remote, run->remote.is_ipv6,
                                                          &batch->remotes[i]),
        .msg_iov = &batch->parts[i],
        .msg_iovlen = 1,
        .msg_control = batch->controls[i].bytes,
    };
    if (!net_address_is_any(&run->local))
        control_put_local(message, &run->local);
    if (datagrams > 1) {
        uint16_t segment = (uint16_t)run->segment;
        memcpy(control_put(message, SOL_UDP, UDP_SEGMENT, sizeof(segment)), &segment,
               sizeof(segment));
    }
    if (message->msg_controllen == 0)
        message->msg_control = NULL;
}

static void batch_fill(struct datagram_out_batch *batch, const struct datagram_udp *socket,
                       const struct datagram_run *runs, size_t run_count)
{
    batch->count = 0;
    for (size_t i = 0; i < run_count; i++) {
        bool is_single = runs[i].is_single || !socket->stats.can_segment;
        for (size_t from = runs[i].sent; from < runs[i].count;) {
            size_t datagrams = is_single ? 1 : runs[i].count - from;
            if (batch->count == DATAGRAM_BATCH_MAX)
                return;
            batch_add(batch, &runs[i], from, datagrams);
            from += datagrams;
        }
    }
}

/* ---- sending ---- */

/* The message at the head was refused: makes it single, or gives it up. */
static void run_refused(struct datagram_udp *socket, struct datagram_run *run, size_t datagrams)
{
    if (datagrams > 1 && !run->is_single &&
        (errno == EIO || errno == EINVAL || errno == EMSGSIZE)) {
        run->is_single = true;
        run->is_suspect = errno != EMSGSIZE && run->segment <= DATAGRAM_OUT_FITS;
        return;
    }
    run->sent += datagrams;
    socket->stats.dropped_out += datagrams;
}

/* A message left. */
static void run_passed(struct datagram_udp *socket, struct datagram_run *run, size_t datagrams,
                       size_t len)
{
    run->sent += datagrams;
    socket->stats.datagrams_out += datagrams;
    socket->stats.bytes_out += len;
    if (run->is_suspect)
        socket->stats.can_segment = false;
}

/* Sends until nothing is left or the system takes no more; returns how many runs are done. */
static size_t transmit(struct datagram_udp *socket, struct datagram_run *runs, size_t run_count)
{
    struct datagram_out_batch batch;
    size_t done = 0;
    bool has_retried = false;
    while (done < run_count) {
        batch_fill(&batch, socket, runs + done, run_count - done);
        int sent = sendmmsg(socket->fd, batch.messages, (unsigned)batch.count, MSG_DONTWAIT);
        socket->stats.calls_out++;
        if (sent < 0 && errno == EAGAIN)
            break;
        if (sent < 0 && errno == EINTR)
            continue;
        /* It may be what the network said of an earlier datagram (ICMP), and has been told now. */
        if (sent < 0 && errno != EIO && errno != EINVAL && !has_retried) {
            has_retried = true;
            continue;
        }
        has_retried = false;
        if (sent < 0)
            run_refused(socket, &runs[done], batch.datagrams[0]);
        for (int i = 0; i < sent; i++) {
            run_passed(socket, &runs[done], batch.datagrams[i], batch.parts[i].iov_len);
            if (runs[done].sent == runs[done].count)
                done++;
        }
        if (sent < 0 && runs[done].sent == runs[done].count)
            done++;
    }
    return done;
}

/* ---- what waits ---- */

static void wait_for_room(struct datagram_udp *socket, const struct datagram_run *run)
{
    size_t at = run->sent * run->segment, len = run->len - at;
    size_t cost = sizeof(struct datagram_waiting) + len;
    struct datagram_waiting *waiting = NULL;
    if (cost <= socket->queue_max - socket->waiting_len)
        waiting = mem_alloc_raw(cost);
    if (!waiting) {
        socket->stats.dropped_out += run->count - run->sent;
        return;
    }
    waiting->run = *run;
    waiting->run.count -= run->sent;
    waiting->run.sent = 0;
    waiting->run.len = len;
    waiting->run.data = waiting->data;
    if (len > 0)
        memcpy(waiting->data, run->data + at, len);
    list_init(&waiting->link);
    list_push(&socket->waiting, &waiting->link);
    socket->waiting_len += cost;
}

static void waiting_free(struct datagram_udp *socket, struct list *link)
{
    struct datagram_waiting *waiting = container_of(link, struct datagram_waiting, link);
    socket->waiting_len -= sizeof(*waiting) + waiting->run.len;
    list_remove(link);
    mem_free(waiting);
}

void datagram_out_resume(struct datagram_udp *socket)
{
    while (!list_is_empty(&socket->waiting)) {
        struct list *link = socket->waiting.next;
        if (transmit(socket, &container_of(link, struct datagram_waiting, link)->run, 1) == 0)
            return;
        waiting_free(socket, link);
    }
    datagram_socket_watch(socket);
}

void datagram_out_drop(struct datagram_udp *socket)
{
    while (!list_is_empty(&socket->waiting)) {
        struct list *link = socket->waiting.next;
        const struct datagram_run *run = &container_of(link, struct datagram_waiting, link)->run;
        socket->stats.dropped_out += run->count - run->sent;
        waiting_free(socket, link);
    }
}

/* ---- what is collected ---- */

void datagram_out_flush(struct datagram_udp *socket)
{
    struct datagram_pool *pool = socket->pool;
    size_t done = 0;
    loop_task_cancel(&socket->flush);
    if (pool->collecting != socket)
        return;
    pool->collecting = NULL;
    if (list_is_empty(&socket->waiting))
        done = transmit(socket, pool->runs, pool->run_count);
    for (size_t i = done; i < pool->run_count; i++)
        wait_for_room(socket, &pool->runs[i]);
    if (done < pool->run_count)
        datagram_socket_watch(socket);
}

static void begin(struct datagram_udp *socket)
{
    struct datagram_pool *pool = socket->pool;
    if (pool->collecting)
        datagram_out_flush(pool->collecting);
    pool->collecting = socket;
    pool->run_count = pool->datagram_count = pool->out_len = 0;
    loop_defer(socket->net->base.loop, &socket->flush);
}

/* May it be a segment of this run? */
static bool run_fits(const struct datagram_run *run, const struct net_address *local,
                     const struct net_address *remote, size_t len)
{
    return len > 0 && len <= run->segment && run->len == run->segment * run->count &&
           run->len + len <= DATAGRAM_OUT_RUN_MAX && run->count < DATAGRAM_OUT_SEGMENTS &&
           net_address_equal(&run->remote, remote) && net_address_same_host(&run->local, local);
}

static void collect(struct datagram_udp *socket, const struct net_address *local,
                    const struct net_address *remote, struct actr_view bytes)
{
    struct datagram_pool *pool = socket->pool;
    struct datagram_run *run = pool->run_count ? &pool->runs[pool->run_count - 1] : NULL;
    uint8_t *to = pool->out + pool->out_len;
    if (!run || !socket->stats.can_segment || !run_fits(run, local, remote, bytes.len)) {
        run = &pool->runs[pool->run_count++];
        *run = (struct datagram_run){
            .local = *local, .remote = *remote, .data = to, .segment = bytes.len};
    }
    if (bytes.len > 0)
        memcpy(to, bytes.ptr, bytes.len);
    run->len += bytes.len;
    run->count++;
    pool->out_len += bytes.len;
    pool->datagram_count++;
}

/* The address that a datagram says it comes from; any: a socket of one address sends from it
 * anyway.
 */
static const struct net_address *local_of(const struct datagram_udp *socket,
                                          const struct net_address *local)
{
    static const struct net_address any;
    bool is_needed =
        local && local->is_ipv6 == socket->bound.is_ipv6 && net_address_is_any(&socket->bound);
    return is_needed ? local : &any;
}

/* Counts it when not. */
static bool is_sendable(struct datagram_udp *socket, const struct net_address *remote,
                        struct actr_view bytes)
{
    assert(!socket->is_closed);
    if (bytes.len <= DATAGRAM_LEN_MAX && remote->is_ipv6 == socket->bound.is_ipv6)
        return true;
    socket->stats.dropped_out++;
    return false;
}

void datagram_out_send(struct datagram_udp *socket, const struct net_address *local,
                       const struct net_address *remote, struct actr_view bytes)
{
    struct datagram_pool *pool = socket->pool;
    if (!is_sendable(socket, remote, bytes))
        return;
    local = local_of(socket, local);
    if (pool->collecting != socket || pool->datagram_count == DATAGRAM_BATCH_MAX ||
        bytes.len > DATAGRAM_LEN_MAX - pool->out_len)
        begin(socket);
    collect(socket, local, remote, bytes);
}

/* ---- probes ---- */

/* Sends that one message; 0 or an errno. The first error may be of an earlier datagram, told now.
 */
static int send_alone(struct datagram_udp *socket, struct datagram_run *run)
{
    struct datagram_out_batch batch = {.count = 0};
    int sent = -1;
    batch_add(&batch, run, 0, 1);
    for (int i = 0; i < 2 && sent < 0; i++) {
        sent = sendmmsg(socket->fd, batch.messages, 1, MSG_DONTWAIT);
        socket->stats.calls_out++;
    }
    return sent < 0 ? errno : 0;
}

bool datagram_out_probe(struct datagram_udp *socket, const struct net_address *local,
                        const struct net_address *remote, struct actr_view bytes)
{
    struct datagram_run run = {.local = *local_of(socket, local),
                               .remote = *remote,
                               .data = bytes.ptr,
                               .len = bytes.len,
                               .segment = bytes.len,
                               .count = 1};
    int error = ENOBUFS;
    if (!is_sendable(socket, remote, bytes))
        return true;
    datagram_out_flush(socket);
    if (list_is_empty(&socket->waiting) && datagram_socket_fragment(socket, false)) {
        error = send_alone(socket, &run);
        (void)datagram_socket_fragment(socket, true); /* it could the other */
    }
    if (error)
        socket->stats.dropped_out++;
    else
        run_passed(socket, &run, 1, bytes.len);
    return error != EMSGSIZE;
}
