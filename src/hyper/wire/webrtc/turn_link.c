// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Two ways to a TURN server behind one contract.
 *
 * UDP: a socket of its own on a port of the system's choice; it is open at once, which is told by a
 * deferred task; what does not come from the server is dropped. Streams: a dial, then packets cut
 * out of what comes; a queue over QUEUE_MAX drops, as UDP would, because what is sent later than
 * that is of no use to anybody.
 *
 * An event may close the link while it goes through what came: then it is freed when that returns.
 * Loop thread. Must never look at what the packets say. */
#include "hyper/wire/webrtc/turn_link.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/turn_stream.h"
#include "net/datagram.h"
#include "net/net_stream.h"
#include "sys/loop.h"

#define TURN_LINK_BUFFER_LEN (1u << 20) /* of the system, each direction */
#define TURN_LINK_QUEUE_MAX (1u << 20)

struct turn_link {
    const struct turn_link_events *events;
    void *owner;
    struct net_address server;
    struct datagram_socket *socket; /* UDP */
    struct net_stream *stream;      /* TCP, TLS */
    struct turn_stream cutter;
    struct loop_task opened;
    bool is_open;
    bool is_taking, is_closed;
};

static void turn_link_destroy(struct turn_link *link)
{
    loop_task_cancel(&link->opened);
    if (link->socket)
        datagram_close(link->socket);
    net_stream_close(link->stream);
    turn_stream_deinit(&link->cutter);
    mem_free(link);
}

struct turn_link *turn_link_close(struct turn_link *link)
{
    if (!link)
        return NULL;
    link->is_closed = true;
    if (!link->is_taking)
        turn_link_destroy(link);
    return NULL;
}

static void turn_link_begin(struct turn_link *link)
{
    link->is_taking = true;
}

/* Tells that all of it has been handed over. The last thing in a callback. */
static void turn_link_end(struct turn_link *link)
{
    if (!link->is_closed)
        link->events->on_end(link->owner);
    link->is_taking = false;
    if (link->is_closed)
        turn_link_destroy(link);
}

/* ---- UDP ---- */

static void turn_link_on_opened(struct loop_task *task)
{
    struct turn_link *link = container_of(task, struct turn_link, opened);
    link->is_open = true;
    link->events->on_open(link->owner);
}

static void turn_link_on_burst(void *owner, struct datagram_socket *socket,
                               const struct datagram *list, size_t count)
{
    struct turn_link *link = owner;
    (void)socket;
    turn_link_begin(link);
    for (size_t i = 0; i < count && !link->is_closed; i++)
        if (net_address_equal(&list[i].remote, &link->server))
            link->events->on_packet(link->owner, list[i].bytes);
    turn_link_end(link);
}

static void turn_link_on_failed(void *owner, struct datagram_socket *socket, int code,
                                const char *detail)
{
    struct turn_link *link = owner;
    (void)socket;
    link->events->on_lost(link->owner, code, detail);
}

static const struct datagram_events turn_link_datagram_events = {
    .on_burst = turn_link_on_burst,
    .on_failed = turn_link_on_failed,
};

static int turn_link_open_udp(struct turn_link *link, const struct turn_link_options *options)
{
    struct datagram_options datagram = {.bind = {.is_ipv6 = options->address->is_ipv6},
                                        .buffer_len = TURN_LINK_BUFFER_LEN,
                                        .queue_max = TURN_LINK_QUEUE_MAX};
    int r = datagram_open(options->net, &datagram, &turn_link_datagram_events, link, &link->socket);
    if (r == 0)
        loop_defer(options->loop, &link->opened);
    return r;
}

/* ---- streams ---- */

static void turn_link_on_stream_open(void *user)
{
    struct turn_link *link = user;
    link->is_open = true;
    link->events->on_open(link->owner);
}

static void turn_link_on_data(void *user, struct actr_view data)
{
    struct turn_link *link = user;
    struct actr_view packet;
    int r = 0;
    turn_link_begin(link);
    while (!link->is_closed && (r = turn_stream_take(&link->cutter, &data, &packet)) > 0)
        link->events->on_packet(link->owner, packet);
    if (!link->is_closed && r < 0)
        link->events->on_lost(link->owner, r, actr_errmsg());
    turn_link_end(link);
}

static void turn_link_on_stream_lost(void *user, int code, const char *detail)
{
    struct turn_link *link = user;
    link->is_open = false;
    link->events->on_lost(link->owner, code, detail);
}

static const struct net_stream_events turn_link_stream_events = {
    .on_open = turn_link_on_stream_open,
    .on_data = turn_link_on_data,
    .on_lost = turn_link_on_stream_lost,
};

static int turn_link_open_stream(struct turn_link *link, const struct turn_link_options *options)
{
    struct net_stream_options stream = {.host = options->url->host,
                                        .name = options->name,
                                        .port = options->url->port,
                                        .is_secure = options->url->transport == SERVER_TLS,
                                        .protocol = "stun.turn"}; /* RFC 7443 */
    return net_stream_dial(options->net, &stream, &turn_link_stream_events, link, &link->stream);
}

static void turn_link_send_stream(struct turn_link *link, struct actr_view packet)
{
    size_t padding = turn_stream_padding(packet);
    uint8_t *buf;
    if (net_stream_queued(link->stream) > TURN_LINK_QUEUE_MAX)
        return;
    struct actr_bytes bytes = bytes_new(packet.len + padding, &buf);
    if (!buf)
        return;
    memcpy(buf, packet.ptr, packet.len);
    memset(buf + packet.len, 0, padding);
    (void)!net_stream_send(link->stream, bytes); /* without memory it is a packet that got lost */
}

/* ---- both ---- */

void turn_link_send(struct turn_link *link, struct actr_view packet)
{
    if (!link->is_open)
        return;
    if (link->socket)
        datagram_send(link->socket, NULL, &link->server, packet);
    else
        turn_link_send_stream(link, packet);
}

bool turn_link_send_probe(struct turn_link *link, struct actr_view packet)
{
    if (link->is_open && link->socket)
        return datagram_send_probe(link->socket, NULL, &link->server, packet);
    turn_link_send(link, packet);
    return true;
}

int turn_link_open(const struct turn_link_options *options, const struct turn_link_events *events,
                   void *owner, struct turn_link **ret_link)
{
    bool is_udp = options->url->transport == SERVER_UDP;
    struct turn_link *link = mem_alloc(sizeof(*link));
    if (!link)
        return err_origin(ACTR_ENOMEM, "turn: no memory");
    link->events = events;
    link->owner = owner;
    loop_task_init(&link->opened, turn_link_on_opened);
    if (is_udp)
        link->server = *options->address;
    int r = is_udp ? turn_link_open_udp(link, options) : turn_link_open_stream(link, options);
    if (r < 0) {
        turn_link_destroy(link);
        return r;
    }
    *ret_link = link;
    return 0;
}
