// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What an implementation of net.h, http.h, datagram.h and interfaces.h fills in. Only
 * implementations include this.
 *
 * Each object begins with a pointer to the table of its implementation; net.c forwards through it.
 * The members have the contracts of the functions of the same name. Loop thread. */
#pragma once

#include "net/datagram.h"
#include "net/http.h"
#include "net/interfaces.h"
#include "net/net.h"
#include "net/net_stream.h"
#include "net/resolve.h"

struct loop;

struct net_ops {
    int (*ws_dial)(struct net *net, const struct net_ws_options *options,
                   const struct net_ws_events *events, void *user, struct net_ws **ret_ws);
    int (*ws_send)(struct net_ws *ws, struct actr_bytes message);
    void (*ws_ping)(struct net_ws *ws, struct actr_view payload);
    void (*ws_pong)(struct net_ws *ws, struct actr_view payload);
    void (*ws_read)(struct net_ws *ws, bool enable);
    void (*ws_close)(struct net_ws *ws, uint16_t code, const char *reason);
    size_t (*ws_queued)(const struct net_ws *ws);
    bool (*ws_local)(const struct net_ws *ws, struct net_address *ret_address);
    int (*http_start)(struct net *net, const struct net_http_options *options, net_http_fn *fn,
                      void *user, struct net_http **ret_http);
    void (*http_cancel)(struct net_http *http);
    int (*listen)(struct net *net, const struct net_server_options *options,
                  const struct net_server_events *events, void *user,
                  struct net_server **ret_server);
    uint16_t (*server_port)(const struct net_server *server);
    void (*server_close)(struct net_server *server);
    const char *(*request_header)(struct net_request *request, const char *name);
    void (*respond)(struct net_request *request, unsigned status, const struct net_header *headers,
                    size_t header_count, struct actr_bytes body);
    int (*datagram_open)(struct net *net, const struct datagram_options *options,
                         const struct datagram_events *events, void *owner,
                         struct datagram_socket **ret_socket);
    int (*resolve)(struct net *net, const char *host, uint16_t port, net_resolve_fn *fn, void *user,
                   struct net_resolve **ret_resolve);
    void (*resolve_cancel)(struct net_resolve *resolve);
    size_t (*interfaces_list)(struct net *net, struct interface_address list[INTERFACES_MAX]);
    int (*interfaces_watch)(struct net *net, void (*on_change)(void *owner), void *owner,
                            struct interfaces **ret_watch);
    void (*interfaces_unwatch)(struct interfaces *watch); /* never NULL */
    /* NULL: this network has no streams. */
    int (*stream_dial)(struct net *net, const struct net_stream_options *options,
                       const struct net_stream_events *events, void *user,
                       struct net_stream **ret_stream);
    int (*stream_send)(struct net_stream *stream, struct actr_bytes bytes);
    size_t (*stream_queued)(const struct net_stream *stream);
    void (*stream_close)(struct net_stream *stream);
};

/* First members of the implementation's objects. */
struct net {
    const struct net_ops *ops;
    struct loop *loop;
};
struct net_ws {
    const struct net_ops *ops;
};
struct net_http {
    const struct net_ops *ops;
};
struct net_server {
    const struct net_ops *ops;
};
struct net_request {
    const struct net_ops *ops;
};
struct interfaces {
    const struct net_ops *ops;
};
