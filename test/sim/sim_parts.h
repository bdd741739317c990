// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What the simulated network is made of, for its own files. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "net/net_ops.h"
#include "sim_link.h"

extern const struct net_ops sim_net_ops;

static inline struct sim_host *sim_host_of(struct net *net)
{
    return container_of(net, struct sim_host, net);
}

struct sim_server;

/* WebSockets (sim_ws.c) ---------------------------------------------------------------------- */

enum sim_ws_state { SIM_WS_OPENING, SIM_WS_OPEN, SIM_WS_CLOSING, SIM_WS_ENDED };

struct sim_ws {
    struct net_ws base;
    struct sim_net *sim;
    struct sim_end *end;       /* NULL: ended */
    struct net_address local;  /* of the dialler, when it dialled */
    struct sim_server *server; /* NULL: dialled */
    struct list link;          /* of server->sockets */
    struct list late;          /* messages that leave later */
    const struct net_ws_events *events;
    void *user;
    enum sim_ws_state state;
    struct net_close why;
    bool has_why;
    char detail[128];
    struct loop_timer timer; /* opening, keepalive, closing: whichever it is now */
    struct loop_task ended;
    uint64_t heard_us, pinged_us;
    uint32_t ping_ms, dead_ms, message_len_max, queue_high;
    size_t left; /* closing: bytes queued when progress was last looked at */
    bool is_paused, is_full;
};

/* A WebSocket that is opening. NULL: no memory. */
struct sim_ws *sim_ws_new(struct sim_net *sim, const struct net_ws_options *options);
/* One that never opened. */
void sim_ws_discard(struct sim_ws *ws);
/* The upgrade succeeded: the server's end of it is open. */
void sim_ws_begin(struct sim_ws *ws, struct sim_end *end);

int sim_ws_dial(struct net *net, const struct net_ws_options *options,
                const struct net_ws_events *events, void *user, struct net_ws **ret_ws);
int sim_ws_send(struct net_ws *ws, struct actr_bytes message);
void sim_ws_ping(struct net_ws *ws, struct actr_view payload);
void sim_ws_pong(struct net_ws *ws, struct actr_view payload);
void sim_ws_read(struct net_ws *ws, bool enable);
void sim_ws_close(struct net_ws *ws, uint16_t code, const char *reason);
size_t sim_ws_queued(const struct net_ws *ws);
bool sim_ws_local(const struct net_ws *ws, struct net_address *ret_address);

/* Servers (sim_server.c) --------------------------------------------------------------------- */

struct sim_server {
    struct net_server base;
    struct sim_host *host;
    struct list link; /* of host->servers */
    const struct net_server_events *events;
    void *user;
    uint16_t port;
    struct net_server_options options;
    struct list requests, sockets;
    uint32_t count; /* of both */
    bool is_closing, is_winding_down;
    struct loop_task closing;
};

/* One connection less. */
void sim_server_release(struct sim_server *server);

int sim_listen(struct net *net, const struct net_server_options *options,
               const struct net_server_events *events, void *user, struct net_server **ret_server);
uint16_t sim_server_port(const struct net_server *server);
void sim_server_close(struct net_server *server);
const char *sim_request_header(struct net_request *request, const char *name);
void sim_respond(struct net_request *request, unsigned status, const struct net_header *headers,
                 size_t header_count, struct actr_bytes body);

/* Exchanges (sim_http.c) --------------------------------------------------------------------- */

int sim_http_start(struct net *net, const struct net_http_options *options, net_http_fn *fn,
                   void *user, struct net_http **ret_http);
void sim_http_cancel(struct net_http *http);

/* Datagrams and interfaces (sim_udp.c) ------------------------------------------------------- */

int sim_datagram_open(struct net *net, const struct datagram_options *options,
                      const struct datagram_events *events, void *owner,
                      struct datagram_socket **ret_socket);
size_t sim_interfaces_list(struct net *net, struct interface_address list[INTERFACES_MAX]);
int sim_interfaces_watch(struct net *net, void (*on_change)(void *owner), void *owner,
                         struct interfaces **ret_watch);
void sim_interfaces_unwatch(struct interfaces *watch);
/* Loses what is on its way. */
void sim_udp_clear(struct sim_net *sim);

/* Addresses (sim_net.c) ---------------------------------------------------------------------- */

/* Dials the host and port of `text`, whose scheme must be one of the two, and gives the head of the
 * first packet its path and query. ACTR_EINVALID, ACTR_ENOMEM. Consumes head. */
struct sim_target {
    const char *url;
    bool is_ws;
};
int sim_connect(struct sim_host *from, const struct sim_target *target, enum sim_kind kind,
                struct sim_head *head, struct sim_end **ret_end) ACTR_MUST_CHECK;

/* By name or address; NULL: none. */
struct sim_host *sim_host_find(const struct sim_net *sim, struct actr_view name);

/* Names (sim_resolve.c) ---------------------------------------------------------------------- */

int sim_resolve(struct net *net, const char *host, uint16_t port, net_resolve_fn *fn, void *user,
                struct net_resolve **ret_resolve);
void sim_resolve_cancel(struct net_resolve *resolve);
