// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The listener for other actors.
 *
 * A guest is a connection from its upgrade to the verdict. It is the owner of its wire meanwhile,
 * so it hears when the peer leaves early. States: waiting for its turn, being verified, or (after a
 * refusal) waiting for the connection to end. With the verdict "passed" the wire goes to whoever
 * listens to on_accepted and the guest is freed.
 *
 * At most verify_max guests are being verified; the places that become free are given out by a
 * task, so that answers which come at once do not pile up on the stack. Loop thread. It never reads
 * a message: connections are paused all the time. */
#include "hyper/wire/websocket/server.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/text.h"
#include "hyper/wire/websocket/connection.h"
#include "hyper/wire/websocket/handshake.h"
#include "net/http.h"
#include "sys/loop.h"

#define WS_SERVER_CONNECTION_MAX 4096
#define WS_SERVER_VERIFY_MAX 64
#define WS_SERVER_VERIFY_MS 10000

struct ws_server {
    struct ws_server_options options;
    const struct ws_server_events *events;
    void *owner;
    struct net_server *listener;
    struct list waiting;
    uint32_t verifying_count, waiting_count;
    struct loop_task next_task;
};

enum ws_guest_state { WS_GUEST_NEW, WS_GUEST_WAITING, WS_GUEST_VERIFYING, WS_GUEST_REFUSED };

struct ws_guest {
    struct ws_server *server;
    struct ws_connection *connection;
    struct list link; /* while waiting */
    enum ws_guest_state state;
    int code; /* what is wrong with its headers */
    bool has_peer;
    struct actr_bytes credential;
    struct ws_verification verification;
    struct loop_timer deadline;
    char detail[WS_CONNECTION_DETAIL_SIZE];
};

static void ws_guest_free(struct ws_guest *guest)
{
    loop_timer_stop(&guest->deadline);
    actr_bytes_unref(guest->credential);
    mem_free(guest);
}

static void ws_guest_verify(struct ws_guest *guest)
{
    struct ws_server *server = guest->server;
    guest->state = WS_GUEST_VERIFYING;
    server->verifying_count++;
    server->events->verify(server->owner, &guest->verification);
}

/* Lets those who wait have the places that are free. An answer that comes at once, inside verify(),
 * frees its place again: the loop ends when nobody waits. */
static void ws_server_on_next(struct loop_task *task)
{
    struct ws_server *server = container_of(task, struct ws_server, next_task);
    struct list *link;

    while (server->verifying_count < server->options.verify_max &&
           (link = list_pop(&server->waiting)) != NULL) {
        server->waiting_count--;
        ws_guest_verify(container_of(link, struct ws_guest, link));
    }
}

/* Gives back the place that the guest has. */
static void ws_guest_leave(struct ws_guest *guest)
{
    struct ws_server *server = guest->server;
    if (guest->state == WS_GUEST_WAITING)
        server->waiting_count--;
    if (guest->state == WS_GUEST_VERIFYING)
        server->verifying_count--;
    list_remove(&guest->link);
    loop_timer_stop(&guest->deadline);
    if (server->waiting_count > 0)
        loop_defer(server->options.loop, &server->next_task);
}

static void ws_guest_refuse(struct ws_guest *guest, int code, const char *detail)
{
    struct ws_server *server = guest->server;
    ws_guest_leave(guest);
    guest->state = WS_GUEST_REFUSED;
    wire_close(&guest->connection->wire, code, detail);
    if (server->events->on_rejected)
        server->events->on_rejected(server->owner,
                                    guest->has_peer ? &guest->verification.peer : NULL, code,
                                    guest->connection->end_detail);
}

void ws_verification_done(struct ws_verification *verification, int code, const char *detail)
{
    struct ws_guest *guest = container_of(verification, struct ws_guest, verification);
    struct ws_server *server = guest->server;

    if (code < 0) {
        ws_guest_refuse(guest, code, detail);
        return;
    }
    struct ws_connection *connection = guest->connection;
    ws_guest_leave(guest);
    ws_connection_admit(connection, &verification->peer);
    ws_guest_free(guest);
    server->events->on_accepted(server->owner, &connection->wire);
}

static void ws_guest_on_deadline(struct loop_timer *timer)
{
    struct ws_guest *guest = container_of(timer, struct ws_guest, deadline);
    struct ws_server *server = guest->server;

    if (guest->state == WS_GUEST_VERIFYING)
        server->events->verify_cancel(server->owner, &guest->verification);
    ws_guest_refuse(guest, ACTR_ETIMEDOUT, "not verified in time");
}

/* The upgrade is done. */
static void ws_guest_on_open(struct ws_connection *connection)
{
    struct ws_guest *guest = connection->wire.owner;
    struct ws_server *server = guest->server;

    if (guest->has_peer) {
        connection->wire.peer = guest->verification.peer;
        ws_connection_announce(connection, server->options.watch);
    }
    if (guest->code < 0) {
        ws_guest_refuse(guest, guest->code, guest->detail);
        return;
    }
    if (server->waiting_count >= WS_SERVER_WAITING_MAX) {
        ws_guest_refuse(guest, ACTR_EUNAVAILABLE, "too many connections at once");
        return;
    }
    loop_timer_start(&guest->deadline, (uint64_t)server->options.verify_timeout_ms * 1000);
    if (server->waiting_count == 0 && server->verifying_count < server->options.verify_max) {
        ws_guest_verify(guest);
        return;
    }
    guest->state = WS_GUEST_WAITING;
    server->waiting_count++;
    list_push(&server->waiting, &guest->link);
}

static void ws_guest_on_closed(void *owner, struct wire *wire, int code, const char *detail,
                               bool final)
{
    struct ws_guest *guest = owner;
    struct ws_server *server = guest->server;

    (void)wire, (void)code, (void)detail, (void) final;
    if (guest->state == WS_GUEST_VERIFYING)
        server->events->verify_cancel(server->owner, &guest->verification);
    ws_guest_leave(guest);
    ws_guest_free(guest);
}

/* A guest's wire is not ready yet: only its end is told. */
static const struct wire_events ws_guest_events = {.on_closed = ws_guest_on_closed};

static void ws_guest_read_headers(struct ws_guest *guest, struct net_request *request)
{
    const char *target = net_request_header(request, WS_HANDSHAKE_TARGET_ID);
    int r = ws_handshake_source_id(net_request_header(request, WS_HANDSHAKE_SOURCE_ID),
                                   &guest->verification.peer);
    guest->has_peer = r == 0;
    guest->verification.has_target = target != NULL;
    if (r == 0 && target)
        r = ws_handshake_target_id(target, &guest->verification.target);
    if (r == 0)
        r = ws_handshake_credential(net_request_header(request, WS_HANDSHAKE_CREDENTIAL),
                                    &guest->credential);
    guest->verification.credential = actr_bytes_view(guest->credential);
    guest->code = r;
    if (r < 0) {
        struct text text;
        text_init(&text, guest->detail, sizeof(guest->detail));
        text_append(&text, view_text(actr_errmsg()));
    }
}

static unsigned ws_server_on_upgrade(void *user, struct net_request *request,
                                     const struct net_request_info *info, struct net_ws *ws,
                                     const struct net_ws_events **ret_events, void **ret_user)
{
    struct ws_server *server = user;
    struct ws_guest *guest = mem_alloc(sizeof(*guest));
    struct ws_connection *connection =
        ws_connection_new(server->options.loop, WIRE_ACCEPTED, &ws_guest_events, guest);

    (void)info;
    if (!guest || !connection) {
        mem_free(guest);
        if (connection)
            ws_connection_free(connection);
        return 503;
    }
    connection->ws = ws;
    connection->on_open = ws_guest_on_open;
    guest->server = server;
    guest->connection = connection;
    list_init(&guest->link);
    loop_timer_init(&guest->deadline, server->options.loop, ws_guest_on_deadline);
    ws_guest_read_headers(guest, request);
    *ret_events = &ws_connection_events;
    *ret_user = connection;
    return 101;
}

/* This listener is for WebSockets alone. */
static void ws_server_on_request(void *user, struct net_request *request,
                                 const struct net_request_info *info)
{
    (void)user, (void)info;
    net_respond(request, 426, NULL, 0, (struct actr_bytes){0});
}

static void ws_server_on_closed(void *user)
{
    struct ws_server *server = user;
    const struct ws_server_events *events = server->events;
    void *owner = server->owner;

    loop_task_cancel(&server->next_task);
    mem_free(server);
    events->on_closed(owner);
}

static const struct net_server_events ws_server_net_events = {
    .on_request = ws_server_on_request,
    .on_upgrade = ws_server_on_upgrade,
    .on_closed = ws_server_on_closed,
};

static void ws_server_fill(struct ws_server_options *options)
{
    if (options->connection_max == 0)
        options->connection_max = WS_SERVER_CONNECTION_MAX;
    if (options->verify_max == 0)
        options->verify_max = WS_SERVER_VERIFY_MAX;
    if (options->verify_timeout_ms == 0)
        options->verify_timeout_ms = WS_SERVER_VERIFY_MS;
}

int ws_server_open(const struct ws_server_options *options, const struct ws_server_events *events,
                   void *owner, struct ws_server **ret_server)
{
    struct ws_server *server = mem_alloc(sizeof(*server));
    if (!server)
        return err_origin(ACTR_ENOMEM, "listener: no memory");
    server->options = *options;
    server->events = events;
    server->owner = owner;
    ws_server_fill(&server->options);
    list_init(&server->waiting);
    loop_task_init(&server->next_task, ws_server_on_next);

    const struct net_server_options listen = {
        .host = options->host,
        .port = options->port,
        .tls_cert = options->tls_cert,
        .tls_key = options->tls_key,
        .connection_max = server->options.connection_max,
        .ws =
            {
                .message_len_max = options->message_len_max,
                .ping_interval_ms = WS_CONNECTION_PING_MS,
                .dead_after_ms = WS_CONNECTION_DEAD_MS,
            },
    };
    int r = net_listen(options->net, &listen, &ws_server_net_events, server, &server->listener);
    if (r < 0) {
        mem_free(server);
        return r;
    }
    *ret_server = server;
    return 0;
}

uint16_t ws_server_port(const struct ws_server *server)
{
    return net_server_port(server->listener);
}

void ws_server_close(struct ws_server *server)
{
    net_server_close(server->listener);
}
