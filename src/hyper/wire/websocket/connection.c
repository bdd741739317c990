// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A wire over one net_ws, in either role.
 *
 * Lives until it has told on_closed, which always comes: from the network, or, when there is no
 * network connection yet, from a task of its own. `ws` is used only while state is not CLOSED.
 *
 * Proven: an accepted wire at once, because the peer has been waiting for our Pong; a dialled wire
 * when the peer sends a binary message or that Pong. An answer to our Ping proves nothing: the
 * existing system answers Pings before it reads messages.
 *
 * Loop thread. It never looks into messages and never blocks. */
#include "hyper/wire/websocket/connection.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

static struct ws_connection *ws_connection_of(struct wire *wire)
{
    return container_of(wire, struct ws_connection, wire);
}

/* The close code (RFC 6455 §7.4.1) that tells the peer what `code` tells us. */
static uint16_t ws_connection_close_code(int code)
{
    switch (code) {
    case 0:
        return 1000; /* done */
    case ACTR_ECANCELED:
        return 1001; /* going away */
    case ACTR_EPERMISSION:
        return 1008; /* policy */
    case ACTR_EUNAVAILABLE:
    case ACTR_ETIMEDOUT:
        return 1013; /* try again later */
    default:
        return 1011; /* internal error */
    }
}

static void ws_connection_set_end(struct ws_connection *connection, int code, const char *detail)
{
    struct text text;
    connection->wire.state = WIRE_CLOSING;
    connection->end_code = code;
    text_init(&text, connection->end_detail, sizeof(connection->end_detail));
    text_append(&text, view_text(detail ? detail : ""));
}

/* Tells the owner and is gone. */
static void ws_connection_finish(struct ws_connection *connection, int code, const char *detail,
                                 bool final)
{
    struct wire *wire = &connection->wire;
    wire->state = WIRE_CLOSED;
    if (connection->watch)
        connection->watch->on_disconnected(connection->watch->owner, wire, code, detail);
    wire->events->on_closed(wire->owner, wire, code, detail, final);
    ws_connection_free(connection);
}

static void ws_connection_on_end(struct loop_task *task)
{
    struct ws_connection *connection = container_of(task, struct ws_connection, end);
    int code = connection->end_code ? connection->end_code : ACTR_ECANCELED;
    ws_connection_finish(connection, code, connection->end_detail, connection->end_final);
}

void ws_connection_fail(struct ws_connection *connection, int code, const char *detail, bool final)
{
    ws_connection_set_end(connection, code, detail);
    connection->end_final = final;
    loop_defer(connection->loop, &connection->end);
}

static int ws_connection_send(struct wire *wire, uint8_t channel, struct actr_bytes message)
{
    struct ws_connection *connection = ws_connection_of(wire);

    (void)channel;
    if (wire->state != WIRE_READY) {
        actr_bytes_unref(message);
        return 0;
    }
    if (connection->is_full && net_ws_queued(connection->ws) >= WS_CONNECTION_QUEUE_MAX) {
        actr_bytes_unref(message);
        wire_close(wire, ACTR_EUNAVAILABLE, "peer does not read");
        return 0;
    }
    int r = net_ws_send(connection->ws, message);
    if (r != NET_FULL)
        return r;
    connection->is_full = true;
    return WIRE_FULL;
}

static void ws_connection_read(struct wire *wire, bool enable)
{
    struct ws_connection *connection = ws_connection_of(wire);

    if (connection->is_reading == enable)
        return;
    connection->is_reading = enable;
    if (wire->state == WIRE_READY)
        net_ws_read(connection->ws, enable);
}

static void ws_connection_close(struct wire *wire, int code, const char *detail)
{
    struct ws_connection *connection = ws_connection_of(wire);
    bool was_open = wire->state == WIRE_READY || wire->role == WIRE_ACCEPTED;

    if (wire->state == WIRE_CLOSING || wire->state == WIRE_CLOSED)
        return;
    ws_connection_set_end(connection, code, detail);
    connection->end_final = code == ACTR_EPERMISSION;
    if (connection->ws) {
        net_ws_close(connection->ws, was_open ? ws_connection_close_code(code) : 0,
                     connection->end_detail);
        return;
    }
    if (connection->cancel)
        connection->cancel(connection);
    loop_defer(connection->loop, &connection->end);
}

/* What the Ping of the last wire_settle() says. */
static struct actr_view ws_connection_mark(const struct ws_connection *connection, char buf[32])
{
    int len = snprintf(buf, 32, "actr-settle-%u", connection->settle_count);
    return actr_view_of(buf, (size_t)len);
}

static void ws_connection_settle(struct wire *wire)
{
    struct ws_connection *connection = ws_connection_of(wire);
    char mark[32];
    if (wire->state != WIRE_READY)
        return;
    connection->settle_count++;
    connection->is_settling = true;
    net_ws_ping(connection->ws, ws_connection_mark(connection, mark));
}

static const struct wire_ops ws_connection_ops = {
    .send = ws_connection_send,
    .read = ws_connection_read,
    .settle = ws_connection_settle,
    .close = ws_connection_close,
};

static void ws_connection_prove(struct ws_connection *connection)
{
    struct wire *wire = &connection->wire;
    if (wire->proven)
        return;
    wire->proven = true;
    wire->events->on_proven(wire->owner, wire);
}

static void ws_connection_on_open(void *user)
{
    struct ws_connection *connection = user;
    struct wire *wire = &connection->wire;

    if (!connection->is_reading)
        net_ws_read(connection->ws, false);
    if (wire->role == WIRE_ACCEPTED) {
        connection->on_open(connection);
        return;
    }
    wire->state = WIRE_READY;
    if (connection->watch)
        connection->watch->on_connected(connection->watch->owner, wire);
    wire->events->on_ready(wire->owner, wire);
}

/* A message has come; true: it goes up. */
static bool ws_connection_takes(struct ws_connection *connection, bool is_binary)
{
    const struct wire *wire = &connection->wire;

    if (is_binary && wire->state == WIRE_READY)
        ws_connection_prove(connection);
    return is_binary && wire->state == WIRE_READY;
}

static void ws_connection_on_message(void *user, struct actr_bytes message, bool is_binary)
{
    struct ws_connection *connection = user;
    struct wire *wire = &connection->wire;

    if (ws_connection_takes(connection, is_binary))
        wire->events->on_message(wire->owner, wire, 0, message);
    else
        actr_bytes_unref(message);
}

static void ws_connection_on_excess(void *user, const struct excess *excess, bool is_binary)
{
    struct ws_connection *connection = user;
    struct wire *wire = &connection->wire;

    if (ws_connection_takes(connection, is_binary))
        wire->events->on_excess(wire->owner, wire, 0, excess);
}

static void ws_connection_on_pong(void *user, struct actr_view payload)
{
    struct ws_connection *connection = user;
    struct wire *wire = &connection->wire;
    char mark[32];

    if (wire->state != WIRE_READY)
        return;
    if (view_equal(payload, view_text(WS_CONNECTION_READY))) {
        ws_connection_prove(connection);
    } else if (connection->is_settling &&
               view_equal(payload, ws_connection_mark(connection, mark))) {
        connection->is_settling = false;
        wire->events->on_settled(wire->owner, wire);
    }
}

static void ws_connection_on_writable(void *user)
{
    struct ws_connection *connection = user;
    struct wire *wire = &connection->wire;

    connection->is_full = false;
    if (wire->state == WIRE_READY)
        wire->events->on_writable(wire->owner, wire, 0);
}

static void ws_connection_on_closed(void *user, const struct net_close *why)
{
    struct ws_connection *connection = user;
    /* Refused by the peer: by an HTTP status, or by our own listener's verdict. */
    bool is_refusal = (why->cause == NET_CLOSED && why->code == 1008) ||
                      (why->cause == NET_REJECTED && (why->code == 401 || why->code == 403));

    if (connection->wire.state == WIRE_CLOSING) {
        ws_connection_on_end(&connection->end);
        return;
    }
    bool is_unfit = why->cause == NET_UNFIT;
    int code = is_refusal ? ACTR_EPERMISSION : is_unfit ? ACTR_ECONFIG : ACTR_EUNAVAILABLE;
    ws_connection_finish(connection, code, why->detail, is_refusal || is_unfit);
}

const struct net_ws_events ws_connection_events = {
    .on_open = ws_connection_on_open,
    .on_message = ws_connection_on_message,
    .on_excess = ws_connection_on_excess,
    .on_pong = ws_connection_on_pong,
    .on_writable = ws_connection_on_writable,
    .on_closed = ws_connection_on_closed,
};

struct ws_connection *ws_connection_new(struct loop *loop, enum wire_role role,
                                        const struct wire_events *events, void *owner)
{
    struct ws_connection *connection = mem_alloc(sizeof(*connection));
    if (!connection)
        return NULL;
    connection->wire.ops = &ws_connection_ops;
    connection->wire.kind = WIRE_WEBSOCKET;
    connection->wire.role = role;
    connection->wire.state = WIRE_CONNECTING;
    do
        loop_random(loop, &connection->wire.session, sizeof(connection->wire.session));
    while (connection->wire.session == 0);
    wire_adopt(&connection->wire, events, owner);
    connection->loop = loop;
    connection->is_reading = role == WIRE_DIALLED;
    loop_task_init(&connection->end, ws_connection_on_end);
    return connection;
}

void ws_connection_free(struct ws_connection *connection)
{
    loop_task_cancel(&connection->end);
    mem_free(connection);
}

void ws_connection_announce(struct ws_connection *connection, const struct ws_watch *watch)
{
    connection->watch = watch;
    if (watch)
        watch->on_connecting(watch->owner, &connection->wire);
}

void ws_connection_admit(struct ws_connection *connection, const struct actr_id *peer)
{
    connection->wire.peer = *peer;
    connection->wire.state = WIRE_READY;
    connection->wire.proven = true;
    if (connection->watch)
        connection->watch->on_connected(connection->watch->owner, &connection->wire);
    net_ws_pong(connection->ws, view_text(WS_CONNECTION_READY));
}
