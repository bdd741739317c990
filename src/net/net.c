// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The functions of net.h, http.h and resolve.h: each forwards to the implementation that made its
 * first argument.
 *
 * No state, no decision: what a call means is said in the headers, how it is done in the
 * implementations (socket_net.c, and the simulated network of the tests). Loop thread. */
#include "net/net_ops.h"

#include "base/err.h"

int net_ws_dial(struct net *net, const struct net_ws_options *options,
                const struct net_ws_events *events, void *user, struct net_ws **ret_ws)
{
    return net->ops->ws_dial(net, options, events, user, ret_ws);
}

int net_ws_send(struct net_ws *ws, struct actr_bytes message)
{
    return ws->ops->ws_send(ws, message);
}

void net_ws_ping(struct net_ws *ws, struct actr_view payload)
{
    ws->ops->ws_ping(ws, payload);
}

void net_ws_pong(struct net_ws *ws, struct actr_view payload)
{
    ws->ops->ws_pong(ws, payload);
}

void net_ws_read(struct net_ws *ws, bool enable)
{
    ws->ops->ws_read(ws, enable);
}

void net_ws_close(struct net_ws *ws, uint16_t code, const char *reason)
{
    ws->ops->ws_close(ws, code, reason);
}

size_t net_ws_queued(const struct net_ws *ws)
{
    return ws->ops->ws_queued(ws);
}

bool net_ws_local(const struct net_ws *ws, struct net_address *ret_address)
{
    return ws->ops->ws_local(ws, ret_address);
}

int net_http_start(struct net *net, const struct net_http_options *options, net_http_fn *fn,
                   void *user, struct net_http **ret_http)
{
    return net->ops->http_start(net, options, fn, user, ret_http);
}

void net_http_cancel(struct net_http *http)
{
    http->ops->http_cancel(http);
}

int net_listen(struct net *net, const struct net_server_options *options,
               const struct net_server_events *events, void *user, struct net_server **ret_server)
{
    return net->ops->listen(net, options, events, user, ret_server);
}

uint16_t net_server_port(const struct net_server *server)
{
    return server->ops->server_port(server);
}

void net_server_close(struct net_server *server)
{
    server->ops->server_close(server);
}

const char *net_request_header(struct net_request *request, const char *name)
{
    return request->ops->request_header(request, name);
}

void net_respond(struct net_request *request, unsigned status, const struct net_header *headers,
                 size_t header_count, struct actr_bytes body)
{
    request->ops->respond(request, status, headers, header_count, body);
}

int net_resolve(struct net *net, const char *host, uint16_t port, net_resolve_fn *fn, void *user,
                struct net_resolve **ret_resolve)
{
    return net->ops->resolve(net, host, port, fn, user, ret_resolve);
}

struct net_resolve *net_resolve_cancel(struct net_resolve *resolve)
{
    if (resolve)
        resolve->ops->resolve_cancel(resolve);
    return NULL;
}

int net_stream_dial(struct net *net, const struct net_stream_options *options,
                    const struct net_stream_events *events, void *user,
                    struct net_stream **ret_stream)
{
    if (!net->ops->stream_dial)
        return err_origin(ACTR_ENOTIMPL, "this network has no streams");
    return net->ops->stream_dial(net, options, events, user, ret_stream);
}

int net_stream_send(struct net_stream *stream, struct actr_bytes bytes)
{
    return stream->ops->stream_send(stream, bytes);
}

size_t net_stream_queued(const struct net_stream *stream)
{
    return stream->ops->stream_queued(stream);
}

struct net_stream *net_stream_close(struct net_stream *stream)
{
    if (stream)
        stream->ops->stream_close(stream);
    return NULL;
}
