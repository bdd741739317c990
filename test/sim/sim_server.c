// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Servers of the simulated network: who listens where, requests and upgrades.
 *
 * The first packet of a connection says what it is: a whole request, or an upgrade. A request owns
 * its end until it is answered or the client has gone. Answered inside on_request it is freed when
 * that has returned, because what was lent must stand until then. Loop thread. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "sim_parts.h"

#define SIM_CONNECTION_MAX 16384
#define SIM_BODY_LEN_MAX (2u << 20)
#define SIM_PORT_FIRST 40000

struct sim_request {
    struct net_request base;
    struct sim_server *server;
    struct sim_end *end; /* NULL: answered */
    struct sim_head *head;
    struct list link;
    bool is_lent; /* on_request runs */
};

static void request_free(struct sim_request *request)
{
    list_remove(&request->link);
    sim_server_release(request->server);
    sim_head_free(request->head);
    mem_free(request);
}

/* The client has gone, or the server goes. */
static void request_abandon(struct sim_request *request)
{
    struct sim_server *server = request->server;
    sim_end_abort(request->end);
    if (server->events->on_abandoned)
        server->events->on_abandoned(server->user, &request->base);
    request_free(request);
}

static void request_on_packet(struct sim_end *end, struct sim_packet *packet)
{
    assert(0 && "a client sends one request");
}

static void request_on_lost(struct sim_end *end, bool is_reset)
{
    request_abandon(end->owner);
}

static const struct sim_end_events request_events = {
    .on_packet = request_on_packet,
    .on_lost = request_on_lost,
};

static struct net_request_info info_of(const struct sim_head *head, const struct sim_end *end)
{
    return (struct net_request_info){.method = head->method,
                                     .path = head->path,
                                     .query = head->query ? head->query : "",
                                     .peer_address = sim_end_peer(end)->host->address,
                                     .body = head->body};
}

static void server_reject(struct sim_end *end, enum sim_kind kind, unsigned status)
{
    struct sim_packet *packet = sim_packet_new(kind, sim_head_new(NULL, 0), (struct actr_bytes){0});
    if (packet && packet->head) {
        packet->head->status = status;
        packet->code = (uint16_t)status;
        sim_end_send(end, packet);
        sim_end_finish(end);
        return;
    }
    sim_packet_free(packet);
    sim_end_abort(end);
}

/* Accepting ---------------------------------------------------------------------------------- */

static struct sim_server *server_find(const struct sim_host *host, uint16_t port)
{
    list_each(link, &host->servers)
    {
        struct sim_server *server = container_of(link, struct sim_server, link);
        if (server->port == port && !server->is_closing)
            return server;
    }
    return NULL;
}

static void server_request(struct sim_server *server, struct sim_end *end,
                           struct sim_packet *packet)
{
    struct sim_request *request = mem_alloc(sizeof(*request));
    if (!request) {
        sim_end_abort(end);
        return;
    }
    request->base.ops = &sim_net_ops;
    request->server = server;
    request->end = end;
    request->head = packet->head;
    packet->head = NULL;
    list_init(&request->link);
    list_push(&server->requests, &request->link);
    server->count++;
    sim_end_attach(end, &request_events, request);
    struct net_request_info info = info_of(request->head, end);
    request->is_lent = true;
    server->events->on_request(server->user, &request->base, &info);
    request->is_lent = false;
    if (!request->end)
        request_free(request);
}

static void server_upgrade(struct sim_server *server, struct sim_end *end,
                           struct sim_packet *packet)
{
    struct sim_request request = {.base.ops = &sim_net_ops, .head = packet->head};
    struct net_request_info info = info_of(packet->head, end);
    struct sim_ws *ws = sim_ws_new(server->host->sim, &server->options.ws);
    if (!ws) {
        server_reject(end, SIM_REJECT, 503);
        return;
    }
    unsigned status = 404;
    if (server->events->on_upgrade)
        status = server->events->on_upgrade(server->user, &request.base, &info, &ws->base,
                                            &ws->events, &ws->user);
    if (status != 101) {
        sim_ws_discard(ws);
        server_reject(end, SIM_REJECT, status);
        return;
    }
    ws->server = server;
    list_push(&server->sockets, &ws->link);
    server->count++;
    sim_ws_begin(ws, end);
}

static void acceptor_on_packet(struct sim_end *end, struct sim_packet *packet)
{
    struct sim_server *server = server_find(end->host, end->link->port);
    if (!server || end->host->refuses || server->count >= server->options.connection_max)
        sim_end_abort(end);
    else if (packet->kind == SIM_UPGRADE)
        server_upgrade(server, end, packet);
    else if (packet->head->body.len > server->options.body_len_max)
        server_reject(end, SIM_RESPONSE, 413);
    else
        server_request(server, end, packet);
}

static void acceptor_on_lost(struct sim_end *end, bool is_reset)
{
    sim_end_abort(end);
}

const struct sim_end_events sim_acceptor_events = {
    .on_packet = acceptor_on_packet,
    .on_lost = acceptor_on_lost,
};

/* The functions of http.h -------------------------------------------------------------------- */

const char *sim_request_header(struct net_request *base, const char *name)
{
    return sim_head_find(container_of(base, struct sim_request, base)->head, name);
}

void sim_respond(struct net_request *base, unsigned status, const struct net_header *headers,
                 size_t header_count, struct actr_bytes body)
{
    struct sim_request *request = container_of(base, struct sim_request, base);
    struct sim_head *head = sim_head_new(headers, header_count);
    struct sim_packet *packet = NULL;
    assert(request->end && status >= 200 && status <= 599);
    if (head && !actr_bytes_failed(body)) {
        head->status = status;
        head->body = body;
        packet = sim_packet_new(SIM_RESPONSE, head, (struct actr_bytes){0});
    } else {
        actr_bytes_unref(body);
        sim_head_free(head);
    }
    if (packet) {
        sim_end_send(request->end, packet);
        sim_end_finish(request->end);
    } else {
        sim_end_abort(request->end);
    }
    request->end = NULL;
    if (!request->is_lent)
        request_free(request);
}

void sim_server_release(struct sim_server *server)
{
    server->count--;
    if (server->is_winding_down)
        loop_defer(server->host->sim->loop, &server->closing);
}

static void server_wind_down(struct sim_server *server)
{
    server->is_winding_down = true;
    while (!list_is_empty(&server->requests))
        request_abandon(container_of(server->requests.next, struct sim_request, link));
    list_each(link, &server->sockets)
        sim_ws_close(&container_of(link, struct sim_ws, link)->base, 1001, "server is closing");
}

static void server_on_closing(struct loop_task *task)
{
    struct sim_server *server = container_of(task, struct sim_server, closing);
    if (!server->is_winding_down)
        server_wind_down(server);
    if (server->count > 0)
        return;
    list_remove(&server->link);
    loop_task_cancel(&server->closing);
    if (server->events->on_closed)
        server->events->on_closed(server->user);
    mem_free(server);
}

void sim_server_close(struct net_server *base)
{
    struct sim_server *server = container_of(base, struct sim_server, base);
    if (server->is_closing)
        return;
    server->is_closing = true;
    loop_defer(server->host->sim->loop, &server->closing);
}

uint16_t sim_server_port(const struct net_server *base)
{
    return ((const struct sim_server *)base)->port;
}

int sim_listen(struct net *net, const struct net_server_options *options,
               const struct net_server_events *events, void *user, struct net_server **ret_server)
{
    struct sim_host *host = sim_host_of(net);
    uint16_t port = options->port;
    if (port == 0)
        port = host->port_last = (uint16_t)(host->port_last ? host->port_last + 1 : SIM_PORT_FIRST);
    if (server_find(host, port))
        return err_origin(ACTR_EIO, "listen on %s port %u: address already in use", host->name,
                          port);
    struct sim_server *server = mem_alloc(sizeof(*server));
    if (!server)
        return err_origin(ACTR_ENOMEM, "server: no memory");
    server->base.ops = &sim_net_ops;
    server->host = host;
    server->events = events;
    server->user = user;
    server->port = port;
    server->options = *options;
    if (server->options.connection_max == 0)
        server->options.connection_max = SIM_CONNECTION_MAX;
    if (server->options.body_len_max == 0)
        server->options.body_len_max = SIM_BODY_LEN_MAX;
    list_init(&server->requests);
    list_init(&server->sockets);
    list_init(&server->link);
    list_push(&host->servers, &server->link);
    loop_task_init(&server->closing, server_on_closing);
    *ret_server = &server->base;
    return 0;
}
