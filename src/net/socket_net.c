// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The object behind struct net when sockets are real, and its table of functions.
 *
 * Handles and requests that libuv still knows hold a reference each, so the object outlives
 * socket_net_free() until the last of them has come back. It owns the buffers that reads and
 * records go through: one for the whole loop, because nothing stays in them beyond a callback.
 *
 * Loop thread. */
#include "net/socket_net.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/client_stream.h"
#include "net/datagram_socket.h"
#include "net/exchange.h"
#include "net/interfaces_netlink.h"
#include "net/server.h"
#include "net/socket.h"
#include "net/trust.h"
#include "net/ws.h"
#include "sys/loop_uv.h"

static const struct net_ops socket_net_ops = {
    .ws_dial = ws_dial,
    .ws_send = ws_send,
    .ws_ping = ws_ping,
    .ws_pong = ws_pong,
    .ws_read = ws_read,
    .ws_close = ws_close,
    .ws_queued = ws_queued,
    .ws_local = ws_local,
    .http_start = exchange_start,
    .http_cancel = exchange_cancel,
    .listen = server_listen,
    .server_port = server_port,
    .server_close = server_close,
    .request_header = session_header,
    .respond = session_respond,
    .datagram_open = datagram_socket_open,
    .resolve = resolve_start,
    .resolve_cancel = resolve_cancel,
    .interfaces_list = interfaces_netlink_list,
    .interfaces_watch = interfaces_netlink_watch,
    .interfaces_unwatch = interfaces_netlink_unwatch,
    .stream_dial = client_stream_dial,
    .stream_send = client_stream_send,
    .stream_queued = client_stream_queued,
    .stream_close = client_stream_close,
};

struct socket_net *socket_ref(struct socket_net *net)
{
    net->refs++;
    return net;
}

void socket_unref(struct socket_net *net)
{
    if (--net->refs > 0)
        return;
    trust_free(net);
    datagram_pool_free(net->datagrams);
    mem_free(net);
}

void socket_random(struct socket_net *net, void *buf, size_t len)
{
    assert(len <= sizeof(net->random));
    if (net->random_left < len) {
        loop_random(net->base.loop, net->random, sizeof(net->random));
        net->random_left = sizeof(net->random);
    }
    net->random_left -= len;
    memcpy(buf, net->random + net->random_left, len);
}

int socket_net_new(struct loop *loop, struct net **ret_net)
{
    struct socket_net *net = mem_alloc(sizeof(*net));
    if (!net)
        return err_origin(ACTR_ENOMEM, "net: no memory");
    net->base = (struct net){&socket_net_ops, loop};
    net->uv = loop_uv_handle(loop);
    net->refs = 1;
    *ret_net = &net->base;
    return 0;
}

struct net *socket_net_free(struct net *net)
{
    if (net)
        socket_unref(socket_of(net));
    return NULL;
}
