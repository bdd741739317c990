// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The network without sockets. */
#include "fake_net.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#define CONNECT_TIMEOUT_MS 10000

struct fake_message {
    struct list link;
    struct fake_ws *ws;
    struct loop_timer arrival;
    struct actr_bytes bytes;
};

/* ---- HTTP ---- */

static void http_free(struct fake_http *http)
{
    loop_timer_stop(&http->arrival);
    loop_timer_stop(&http->timeout);
    list_remove(&http->link);
    actr_bytes_unref(http->body);
    mem_free(http);
}

static void http_end(struct fake_http *http, const struct net_http_response *response)
{
    net_http_fn *fn = http->fn;
    void *user = http->user;
    http_free(http);
    fn(user, response);
}

void fake_http_answer(struct fake_http *http, unsigned status, struct actr_bytes body,
                      int64_t retry_after_s)
{
    AUTO_BYTES struct actr_bytes owned = body;
    const struct net_http_response response = {
        .detail = "", .status = status, .body = owned, .retry_after_s = retry_after_s};
    http_end(http, &response);
}

void fake_http_fail(struct fake_http *http, int error)
{
    const struct net_http_response response = {
        .error = error, .detail = "no such luck", .retry_after_s = -1};
    http_end(http, &response);
}

static void http_on_arrival(struct loop_timer *timer)
{
    struct fake_http *http = container_of(timer, struct fake_http, arrival);
    http->net->events->on_http(http->net->user, http);
}

static void http_on_timeout(struct loop_timer *timer)
{
    fake_http_fail(container_of(timer, struct fake_http, timeout), ACTR_ETIMEDOUT);
}

static void http_header(struct fake_http *http, const struct net_header *header)
{
    if (strcmp(header->name, "content-type") == 0)
        snprintf(http->content_type, sizeof http->content_type, "%s", header->value);
    else if (strcmp(header->name, "accept") == 0)
        snprintf(http->accept, sizeof http->accept, "%s", header->value);
    else if (strcmp(header->name, "x-actrix-realm-secret") == 0)
        snprintf(http->realm_secret, sizeof http->realm_secret, "%s", header->value);
}

static int fake_http_start(struct net *base, const struct net_http_options *options,
                           net_http_fn *fn, void *user, struct net_http **ret_http)
{
    struct fake_net *net = container_of(base, struct fake_net, base);
    struct fake_http *http = mem_alloc(sizeof *http);
    if (http == NULL || actr_bytes_failed(options->body)) {
        mem_free(http);
        actr_bytes_unref(options->body);
        return err_origin(ACTR_ENOMEM, "fake network");
    }
    http->base.ops = base->ops;
    http->net = net;
    http->fn = fn;
    http->user = user;
    http->body = options->body;
    snprintf(http->url, sizeof http->url, "%s", options->url);
    snprintf(http->method, sizeof http->method, "%s", options->method);
    for (size_t i = 0; i < options->header_count; i++)
        http_header(http, &options->headers[i]);
    list_init(&http->link);
    list_push(&net->https, &http->link);
    loop_timer_init(&http->arrival, base->loop, http_on_arrival);
    loop_timer_init(&http->timeout, base->loop, http_on_timeout);
    loop_timer_start(&http->arrival, FAKE_LATENCY_US);
    loop_timer_start(&http->timeout, (uint64_t)options->timeout_ms * 1000);
    *ret_http = &http->base;
    return 0;
}

static void fake_http_cancel(struct net_http *base)
{
    http_free(container_of(base, struct fake_http, base));
}

/* ---- WebSocket ---- */

static void message_free(struct fake_message *message)
{
    loop_timer_stop(&message->arrival);
    list_remove(&message->link);
    actr_bytes_unref(message->bytes);
    mem_free(message);
}

void fake_ws_end(struct fake_ws *ws, enum net_cause cause, uint16_t code, const char *detail)
{
    const struct net_close why = {.cause = cause, .code = code, .detail = detail};
    const struct net_ws_events *events = ws->events;
    void *user = ws->user;
    loop_timer_stop(&ws->arrival);
    loop_timer_stop(&ws->timeout);
    loop_task_cancel(&ws->closed);
    while (!list_is_empty(&ws->messages))
        message_free(container_of(ws->messages.next, struct fake_message, link));
    list_remove(&ws->link);
    mem_free(ws);
    events->on_closed(user, &why);
}

static void ws_on_close(struct fake_ws *ws)
{
    ws->net->events->on_closed(ws->net->user, ws);
    fake_ws_end(ws, NET_CLOSED, ws->close_code, "closed by us");
}

static void ws_on_task(struct loop_task *task)
{
    ws_on_close(container_of(task, struct fake_ws, closed));
}

static void ws_on_arrival(struct loop_timer *timer)
{
    struct fake_ws *ws = container_of(timer, struct fake_ws, arrival);
    ws->net->events->on_dial(ws->net->user, ws);
}

static void ws_on_timeout(struct loop_timer *timer)
{
    struct fake_ws *ws = container_of(timer, struct fake_ws, timeout);
    if (ws->is_closing)
        ws_on_close(ws);
    else
        fake_ws_end(ws, ws->is_open ? NET_LOST : NET_TIMEOUT, 0, "silence");
}

void fake_ws_accept(struct fake_ws *ws)
{
    ws->is_open = true;
    loop_timer_stop(&ws->timeout);
    ws->events->on_open(ws->user);
}

void fake_ws_push(struct fake_ws *ws, struct actr_bytes message, bool is_binary)
{
    if (ws->is_closing || actr_bytes_failed(message))
        actr_bytes_unref(message);
    else
        ws->events->on_message(ws->user, message, is_binary);
}

void fake_ws_silence(struct fake_ws *ws)
{
    loop_timer_start(&ws->timeout, (uint64_t)ws->options.dead_after_ms * 1000);
}

static int fake_ws_dial(struct net *base, const struct net_ws_options *options,
                        const struct net_ws_events *events, void *user, struct net_ws **ret_ws)
{
    struct fake_net *net = container_of(base, struct fake_net, base);
    struct fake_ws *ws = mem_alloc(sizeof *ws);
    if (ws == NULL)
        return err_origin(ACTR_ENOMEM, "fake network");
    ws->base.ops = base->ops;
    ws->net = net;
    ws->events = events;
    ws->user = user;
    ws->options = *options;
    snprintf(ws->url, sizeof ws->url, "%s", options->url);
    ws->local = net->address;
    list_init(&ws->messages);
    list_init(&ws->link);
    list_push(&net->sockets, &ws->link);
    loop_task_init(&ws->closed, ws_on_task);
    loop_timer_init(&ws->arrival, base->loop, ws_on_arrival);
    loop_timer_init(&ws->timeout, base->loop, ws_on_timeout);
    loop_timer_start(&ws->arrival, FAKE_LATENCY_US);
    loop_timer_start(&ws->timeout, (uint64_t)CONNECT_TIMEOUT_MS * 1000);
    *ret_ws = &ws->base;
    return 0;
}

static void message_on_arrival(struct loop_timer *timer)
{
    struct fake_message *message = container_of(timer, struct fake_message, arrival);
    struct fake_ws *ws = message->ws;
    AUTO_BYTES struct actr_bytes bytes = actr_bytes_ref(message->bytes);
    message_free(message);
    ws->net->events->on_message(ws->net->user, ws, actr_bytes_view(bytes));
}

static int fake_ws_send(struct net_ws *base, struct actr_bytes bytes)
{
    struct fake_ws *ws = container_of(base, struct fake_ws, base);
    assert(ws->is_open);
    struct fake_message *message = ws->is_closing ? NULL : mem_alloc(sizeof *message);
    if (message == NULL) {
        actr_bytes_unref(bytes);
        return ws->is_closing ? 0 : err_origin(ACTR_ENOMEM, "fake network");
    }
    message->ws = ws;
    message->bytes = bytes;
    list_init(&message->link);
    list_push(&ws->messages, &message->link);
    loop_timer_init(&message->arrival, ws->net->base.loop, message_on_arrival);
    loop_timer_start(&message->arrival, FAKE_LATENCY_US);
    return 0;
}

static void fake_ws_close(struct net_ws *base, uint16_t code, const char *reason)
{
    struct fake_ws *ws = container_of(base, struct fake_ws, base);
    if (!ws->is_closing)
        ws->close_code = code;
    ws->is_closing = true;
    if (code != 0 && ws->net->close_us > 0)
        loop_timer_start(&ws->timeout, ws->net->close_us);
    else
        loop_defer(ws->net->base.loop, &ws->closed);
}

static bool fake_ws_local(const struct net_ws *base, struct net_address *ret_address)
{
    const struct fake_ws *ws = container_of(base, const struct fake_ws, base);
    *ret_address = ws->local;
    return ws->is_open;
}

/* ---- Addresses ---- */

static size_t fake_interfaces_list(struct net *base, struct interface_address list[INTERFACES_MAX])
{
    const struct fake_net *net = container_of(base, struct fake_net, base);
    list[0] = (struct interface_address){
        .address = {.bytes = {127, 0, 0, 1}}, .index = 1, .name = "lo", .is_loopback = true};
    list[1] = (struct interface_address){.address = net->address, .index = 2, .name = "fake0"};
    return net_address_is_any(&net->address) ? 1 : 2;
}

static int fake_interfaces_watch(struct net *base, void (*on_change)(void *owner), void *owner,
                                 struct interfaces **ret_watch)
{
    struct fake_net *net = container_of(base, struct fake_net, base);
    assert(!net->on_change);
    net->watch.ops = base->ops;
    net->on_change = on_change;
    net->watcher = owner;
    *ret_watch = &net->watch;
    return 0;
}

static void fake_interfaces_unwatch(struct interfaces *watch)
{
    container_of(watch, struct fake_net, watch)->on_change = NULL;
}

void fake_net_move(struct fake_net *net, uint8_t n)
{
    net->address = (struct net_address){0};
    if (n > 0)
        net->address = (struct net_address){.bytes = {10, 0, 0, n}};
    if (net->on_change)
        net->on_change(net->watcher);
}

static const struct net_ops fake_ops = {
    .interfaces_list = fake_interfaces_list,
    .interfaces_watch = fake_interfaces_watch,
    .interfaces_unwatch = fake_interfaces_unwatch,
    .ws_local = fake_ws_local,
    .ws_dial = fake_ws_dial,
    .ws_send = fake_ws_send,
    .ws_close = fake_ws_close,
    .http_start = fake_http_start,
    .http_cancel = fake_http_cancel,
};

void fake_net_init(struct fake_net *net, struct loop *loop, const struct fake_net_events *events,
                   void *user)
{
    *net =
        (struct fake_net){.base = {.ops = &fake_ops, .loop = loop}, .events = events, .user = user};
    net->address = (struct net_address){.bytes = {10, 0, 0, 1}};
    list_init(&net->https);
    list_init(&net->sockets);
}
