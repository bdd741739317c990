// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Streams that we open, for protocols that are neither HTTP nor WebSocket.
 *
 * Everything is done elsewhere: dial.c finds the way, stream.c moves the bytes. This joins the two
 * and gives them one life: there is a dial until it has brought a stream, and after a loss there is
 * nothing but the wait for net_stream_close().
 *
 * Loop thread. Must never call up inside a call. */
#include "net/client_stream.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "net/dial.h"
#include "net/socket.h"
#include "net/stream.h"

struct client_stream {
    struct net_stream base;
    const struct net_stream_events *events;
    void *user;
    struct dial dial;
    struct stream *stream; /* NULL: dialling, or lost */
};

static struct client_stream *client_stream_of(const struct net_stream *stream)
{
    return (struct client_stream *)(uintptr_t)stream;
}

static void client_stream_on_data(void *user, struct actr_view data)
{
    struct client_stream *client = user;
    client->events->on_data(client->user, data);
}

static void client_stream_on_lost(void *user, bool is_end, const char *detail)
{
    struct client_stream *client = user;
    (void)is_end; /* nobody ends it in good order but we */
    client->events->on_lost(client->user, stream_error(client->stream), detail);
}

static const struct stream_events client_stream_events = {
    .on_data = client_stream_on_data,
    .on_lost = client_stream_on_lost,
};

static void client_stream_on_dialed(struct dial *dial, struct stream *stream, const char *detail)
{
    struct client_stream *client = container_of(dial, struct client_stream, dial);
    if (!stream) {
        client->events->on_lost(client->user, dial->error, detail);
        return;
    }
    client->stream = stream;
    stream_set_owner(stream, &client_stream_events, client);
    client->events->on_open(client->user);
}

int client_stream_dial(struct net *net, const struct net_stream_options *options,
                       const struct net_stream_events *events, void *user,
                       struct net_stream **ret_stream)
{
    struct url url = {
        .host = view_text(options->host), .port = options->port, .is_secure = options->is_secure};
    struct client_stream *client = mem_alloc(sizeof(*client));
    if (!client)
        return err_origin(ACTR_ENOMEM, "stream: no memory");
    client->base.ops = net->ops;
    client->events = events;
    client->user = user;
    int r = dial_start(&client->dial, socket_of(net), &url, client_stream_on_dialed);
    if (r == 0 && options->name)
        r = dial_expect(&client->dial, options->name);
    if (r < 0) {
        dial_stop(&client->dial);
        mem_free(client);
        return r;
    }
    client->dial.protocol = options->protocol;
    *ret_stream = &client->base;
    return 0;
}

int client_stream_send(struct net_stream *base, struct actr_bytes bytes)
{
    struct client_stream *client = client_stream_of(base);
    if (client->stream)
        return stream_send(client->stream, actr_view_of(NULL, 0), bytes);
    actr_bytes_unref(bytes);
    return err_origin(ACTR_ESTATE, "stream: not open");
}

size_t client_stream_queued(const struct net_stream *base)
{
    const struct client_stream *client = client_stream_of(base);
    return client->stream ? stream_queued(client->stream) : 0;
}

void client_stream_close(struct net_stream *base)
{
    struct client_stream *client = client_stream_of(base);
    dial_stop(&client->dial);
    stream_free(client->stream);
    mem_free(client);
}
