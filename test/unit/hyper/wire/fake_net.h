// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A network without sockets: connections are opened, fed and lost by the test, and what the code
 * under test does to them is there to be looked at. Sending never blocks; on_closed after a close
 * comes by a task, as from a real one. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "harness.h"
#include "net/net_ops.h"
#include "sys/loop.h"

#define FAKE_WS_MAX 2048
#define FAKE_SENT_MAX 32
#define FAKE_HEADER_MAX 4

struct fake_ws {
    struct net_ws base;
    struct fake_net *net;
    const struct net_ws_events *events;
    void *user;
    char url[128];
    char names[FAKE_HEADER_MAX][64];
    char values[FAKE_HEADER_MAX][1024];
    size_t header_count;
    struct net_ws_options options; /* numbers only */
    struct actr_bytes sent[FAKE_SENT_MAX];
    size_t sent_count;
    char ping[126], pong[126]; /* what was sent */
    size_t queued;             /* as the test sets it */
    bool says_full, is_paused, is_closing;
    uint16_t close_code;
    char close_reason[128];
    struct loop_task closed;
};

struct fake_net {
    struct net base;
    struct fake_ws *ws[FAKE_WS_MAX]; /* in the order they were made; NULL: gone */
    size_t count;
    int dial_error;
    struct net_server server; /* one listener */
    const struct net_server_events *server_events;
    void *server_user;
    struct net_server_options server_options;
    bool is_listening, is_server_closing;
    struct loop_task server_closed;
};

/* The request of an upgrade. */
struct fake_request {
    struct net_request base;
    const char *source_id, *credential;
};

static inline struct fake_net *fake_net_of(struct net *net)
{
    return container_of(net, struct fake_net, base);
}

static inline struct fake_ws *fake_ws_of(struct net_ws *ws)
{
    return container_of(ws, struct fake_ws, base);
}

static inline void fake_ws_end(struct fake_ws *ws, const struct net_close *why)
{
    struct fake_net *net = ws->net;
    loop_task_cancel(&ws->closed);
    for (size_t i = 0; i < net->count; i++) {
        if (net->ws[i] == ws)
            net->ws[i] = NULL;
    }
    for (size_t i = 0; i < ws->sent_count; i++)
        actr_bytes_unref(ws->sent[i]);
    if (ws->events)
        ws->events->on_closed(ws->user, why);
    mem_free(ws);
}

/* The connection is lost, refused… */
static inline void fake_ws_lose(struct fake_ws *ws, enum net_cause cause, uint16_t code,
                                const char *detail)
{
    const struct net_close why = {cause, code, detail};
    fake_ws_end(ws, &why);
}

static inline void fake_ws_on_closed(struct loop_task *task)
{
    struct fake_ws *ws = container_of(task, struct fake_ws, closed);
    const struct net_close why = {NET_CLOSED, ws->close_code, "closed here"};
    fake_ws_end(ws, &why);
}

static inline struct fake_ws *fake_ws_new(struct fake_net *net)
{
    struct fake_ws *ws = mem_alloc(sizeof(*ws));
    assert_true(net->count < FAKE_WS_MAX);
    if (!ws)
        return NULL;
    ws->base.ops = net->base.ops;
    ws->net = net;
    loop_task_init(&ws->closed, fake_ws_on_closed);
    net->ws[net->count++] = ws;
    return ws;
}

static inline int fake_ws_dial(struct net *base, const struct net_ws_options *options,
                               const struct net_ws_events *events, void *user,
                               struct net_ws **ret_ws)
{
    struct fake_net *net = fake_net_of(base);
    if (net->dial_error)
        return err_origin(net->dial_error, "fake dial");
    struct fake_ws *ws = fake_ws_new(net);
    if (!ws)
        return err_origin(ACTR_ENOMEM, "fake dial");
    ws->events = events;
    ws->user = user;
    ws->options = *options;
    ws->header_count = options->header_count;
    assert_true(ws->header_count <= FAKE_HEADER_MAX);
    snprintf(ws->url, sizeof(ws->url), "%s", options->url);
    for (size_t i = 0; i < options->header_count; i++) {
        snprintf(ws->names[i], sizeof(ws->names[i]), "%s", options->headers[i].name);
        snprintf(ws->values[i], sizeof(ws->values[i]), "%s", options->headers[i].value);
    }
    *ret_ws = &ws->base;
    return 0;
}

static inline int fake_ws_send(struct net_ws *base, struct actr_bytes message)
{
    struct fake_ws *ws = fake_ws_of(base);
    if (actr_bytes_failed(message))
        return ACTR_ENOMEM;
    if (ws->is_closing) {
        actr_bytes_unref(message);
        return 0;
    }
    assert_true(ws->sent_count < FAKE_SENT_MAX);
    ws->sent[ws->sent_count++] = message;
    return ws->says_full ? NET_FULL : 0;
}

static inline void fake_ws_ping(struct net_ws *base, struct actr_view payload)
{
    struct fake_ws *ws = fake_ws_of(base);
    snprintf(ws->ping, sizeof(ws->ping), "%.*s", (int)payload.len, (const char *)payload.ptr);
}

static inline void fake_ws_pong(struct net_ws *base, struct actr_view payload)
{
    struct fake_ws *ws = fake_ws_of(base);
    snprintf(ws->pong, sizeof(ws->pong), "%.*s", (int)payload.len, (const char *)payload.ptr);
}

static inline void fake_ws_read(struct net_ws *base, bool enable)
{
    fake_ws_of(base)->is_paused = !enable;
}

static inline void fake_ws_close(struct net_ws *base, uint16_t code, const char *reason)
{
    struct fake_ws *ws = fake_ws_of(base);
    if (ws->is_closing)
        return;
    ws->is_closing = true;
    ws->close_code = code;
    snprintf(ws->close_reason, sizeof(ws->close_reason), "%s", reason ? reason : "");
    loop_defer(ws->net->base.loop, &ws->closed);
}

static inline size_t fake_ws_queued(const struct net_ws *base)
{
    return container_of(base, const struct fake_ws, base)->queued;
}

static inline void fake_server_on_closed(struct loop_task *task)
{
    struct fake_net *net = container_of(task, struct fake_net, server_closed);
    bool any = false;
    for (size_t i = 0; i < net->count; i++)
        any = any || net->ws[i];
    if (any) {
        loop_defer(net->base.loop, task);
        return;
    }
    net->is_listening = false;
    net->server_events->on_closed(net->server_user);
}

static inline int fake_listen(struct net *base, const struct net_server_options *options,
                              const struct net_server_events *events, void *user,
                              struct net_server **ret_server)
{
    struct fake_net *net = fake_net_of(base);
    if (net->dial_error)
        return err_origin(net->dial_error, "listen 0.0.0.0:1: address in use");
    assert_false(net->is_listening);
    net->is_listening = true;
    net->server.ops = base->ops;
    net->server_events = events;
    net->server_user = user;
    net->server_options = *options;
    loop_task_init(&net->server_closed, fake_server_on_closed);
    *ret_server = &net->server;
    return 0;
}

static inline uint16_t fake_server_port(const struct net_server *server)
{
    (void)server;
    return 4711;
}

static inline void fake_server_close(struct net_server *server)
{
    struct fake_net *net = container_of(server, struct fake_net, server);
    net->is_server_closing = true;
    for (size_t i = 0; i < net->count; i++) {
        if (net->ws[i])
            fake_ws_close(&net->ws[i]->base, 1001, NULL);
    }
    loop_defer(net->base.loop, &net->server_closed);
}

static inline const char *fake_request_header(struct net_request *base, const char *name)
{
    const struct fake_request *request = container_of(base, const struct fake_request, base);
    if (strcmp(name, "x-actr-source-id") == 0)
        return request->source_id;
    if (strcmp(name, "x-actr-credential") == 0)
        return request->credential;
    return NULL;
}

static const struct net_ops fake_net_ops = {
    .ws_dial = fake_ws_dial,
    .ws_send = fake_ws_send,
    .ws_ping = fake_ws_ping,
    .ws_pong = fake_ws_pong,
    .ws_read = fake_ws_read,
    .ws_close = fake_ws_close,
    .ws_queued = fake_ws_queued,
    .listen = fake_listen,
    .server_port = fake_server_port,
    .server_close = fake_server_close,
    .request_header = fake_request_header,
};

static inline void fake_net_init(struct fake_net *net, struct loop *loop)
{
    *net = (struct fake_net){.base = {.ops = &fake_net_ops, .loop = loop}};
}

/* A peer upgrades: the connection, or NULL when it was refused with *ret_status. */
static inline struct fake_ws *fake_net_upgrade(struct fake_net *net, const char *source_id,
                                               const char *credential, unsigned *ret_status)
{
    struct fake_request request = {{net->base.ops}, source_id, credential};
    const struct net_request_info info = {
        .method = "GET", .path = "/", .query = "", .peer_address = "127.0.0.1"};
    struct fake_ws *ws = fake_ws_new(net);
    assert_non_null(ws);
    *ret_status = net->server_events->on_upgrade(net->server_user, &request.base, &info, &ws->base,
                                                 &ws->events, &ws->user);
    if (*ret_status != 101) {
        ws->events = NULL;
        fake_ws_lose(ws, NET_LOST, 0, "refused");
        return NULL;
    }
    ws->events->on_open(ws->user);
    return ws;
}

static inline void fake_ws_deliver(struct fake_ws *ws, const char *text)
{
    ws->events->on_message(ws->user, actr_bytes_str(text), true);
}
