// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Dials the listeners of other actors.
 *
 * A dialled wire passes through: address asked for (it may need a discovery), connection dialled
 * with this node's identity of that moment, ready. Whatever fails on the way is told by the wire's
 * on_closed. An address that nobody knows is final: asking again at once cannot help.
 *
 * Loop thread. One attempt for each wire; attempts and pauses are the pool's affair. */
#include "hyper/wire/websocket/dialer.h"

#include "base/err.h"
#include "base/mem.h"
#include "hyper/wire/websocket/connection.h"
#include "hyper/wire/websocket/handshake.h"

#define WS_DIALER_CONNECT_MS 5000

struct ws_dialer {
    struct wire_dialer dialer;
    struct ws_dialer_options options;
};

/* Dials url, or has on_closed say why not. */
static void ws_dialer_open(struct ws_dialer *dialer, struct ws_connection *connection,
                           const char *url)
{
    const struct ws_dialer_options *options = &dialer->options;
    struct ws_handshake handshake = {0};
    struct ws_identity identity;

    int r = options->identity(options->owner, &identity);
    if (r == 0)
        r = ws_handshake_init(&handshake, &identity.id, &connection->wire.peer,
                              identity.credential);
    if (r == 0) {
        struct net_ws_options ws = {
            .url = url,
            .headers = handshake.headers,
            .header_count = WS_HANDSHAKE_HEADER_COUNT,
            .connect_timeout_ms = options->connect_timeout_ms,
            .message_len_max = options->message_len_max,
            .ping_interval_ms = WS_CONNECTION_PING_MS,
            .dead_after_ms = WS_CONNECTION_DEAD_MS,
        };
        r = net_ws_dial(options->net, &ws, &ws_connection_events, connection, &connection->ws);
    }
    if (r < 0)
        ws_connection_fail(connection, r, actr_errmsg(), r == ACTR_EINVALID);
    else
        ws_connection_announce(connection, options->watch);
    ws_handshake_deinit(&handshake);
}

static void ws_dialer_cancel(struct ws_connection *connection)
{
    const struct ws_dialer_options *options = &connection->dialer->options;
    connection->cancel = NULL;
    options->resolve_cancel(options->owner, &connection->address);
}

void ws_address_found(struct ws_address *address, const char *url)
{
    struct ws_connection *connection = container_of(address, struct ws_connection, address);
    char id[ACTR_ID_STR_MAX];

    connection->cancel = NULL;
    if (url) {
        ws_dialer_open(connection->dialer, connection, url);
        return;
    }
    int r = err_origin(ACTR_EUNAVAILABLE, "no address known for %s",
                       actr_id_format(&connection->wire.peer, id));
    ws_connection_fail(connection, r, actr_errmsg(), true);
}

static int ws_dialer_dial(struct wire_dialer *base, const struct actr_id *peer,
                          const struct wire_events *events, void *owner, struct wire **ret_wire)
{
    struct ws_dialer *dialer = container_of(base, struct ws_dialer, dialer);
    struct ws_connection *connection =
        ws_connection_new(dialer->options.loop, WIRE_DIALLED, events, owner);

    if (!connection)
        return err_origin(ACTR_ENOMEM, "dial: no memory");
    connection->wire.peer = *peer;
    connection->dialer = dialer;
    connection->address.peer = *peer;
    connection->cancel = ws_dialer_cancel;
    *ret_wire = &connection->wire;
    const char *url = dialer->options.resolve(dialer->options.owner, &connection->address);
    if (url)
        ws_address_found(&connection->address, url);
    return 0;
}

static const struct wire_dialer_ops ws_dialer_ops = {.dial = ws_dialer_dial};

struct ws_dialer *ws_dialer_new(const struct ws_dialer_options *options)
{
    struct ws_dialer *dialer = mem_alloc(sizeof(*dialer));
    if (!dialer)
        return NULL;
    dialer->dialer.ops = &ws_dialer_ops;
    dialer->dialer.kind = WIRE_WEBSOCKET;
    dialer->options = *options;
    if (dialer->options.connect_timeout_ms == 0)
        dialer->options.connect_timeout_ms = WS_DIALER_CONNECT_MS;
    return dialer;
}

void ws_dialer_free(struct ws_dialer *dialer)
{
    mem_free(dialer);
}

struct wire_dialer *ws_dialer_base(struct ws_dialer *dialer)
{
    return &dialer->dialer;
}
