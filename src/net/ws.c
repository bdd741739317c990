// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A WebSocket connection: life, sending, keepalive, closing.
 *
 * Two ways to an end. ws_close() and Close frames go through CLOSING and LEAVING: queued messages
 * leave, then our Close, then the FIN, and what the peer still sends is read and dropped, because a
 * socket closed with unread input sends a reset that may destroy the Close on its way (RFC 6455
 * §7.1.1). Everything else is ws_end(): the stream is cut at once. Both meet in ENDED, where a
 * deferred task reports on_closed and frees.
 *
 * So a struct ws lives at least until the present callback has returned to the loop: code that has
 * called up looks at the state, and may. Loop thread. */
#include "net/ws.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "net/stream.h"

#define WS_CLOSE_US 1000000 /* for the peer's Close, for its hanging up, and without progress */
#define WS_MESSAGE_LEN_MAX (16u * 1024 * 1024 + 64)
#define WS_QUEUE_HIGH (4u * 1024 * 1024)

static void ws_on_data(void *user, struct actr_view data);
bool ws_local(const struct net_ws *base, struct net_address *ret_address)
{
    const struct ws *ws = (const struct ws *)base;
    return ws->stream && stream_local(ws->stream, ret_address);
}

static void ws_on_drained(void *user);
static void ws_on_lost(void *user, bool is_end, const char *detail);

static const struct stream_events ws_stream_events = {
    .on_data = ws_on_data,
    .on_drained = ws_on_drained,
    .on_lost = ws_on_lost,
};

static const char *const ws_state_names[] = {"opening", "open", "closing", "leaving", "ended"};
static const uint32_t ws_moves[] = {
    [WS_OPENING] = SM_TO(WS_OPEN) | SM_TO(WS_ENDED),
    [WS_OPEN] = SM_TO(WS_CLOSING) | SM_TO(WS_LEAVING) | SM_TO(WS_ENDED),
    [WS_CLOSING] = SM_TO(WS_LEAVING) | SM_TO(WS_ENDED),
    [WS_LEAVING] = SM_TO(WS_ENDED),
    [WS_ENDED] = 0,
};
static const struct sm_table ws_table = {"websocket", ws_state_names, ws_moves, 5};

/* ---- ending ---- */

static void ws_set_why(struct ws *ws, enum net_cause cause, uint16_t code, const char *detail)
{
    if (ws->why.detail)
        return;
    snprintf(ws->detail, sizeof(ws->detail), "%s", detail);
    ws->why = (struct net_close){cause, code, ws->detail};
}

/* What was taken in and will not be looked at any more. */
static void ws_forget_input(struct ws *ws)
{
    actr_bytes_unref(ws->stash);
    ws->stash = (struct actr_bytes){0};
    builder_deinit(&ws->message);
    excess_end(&ws->excess);
}

void ws_end(struct ws *ws, enum net_cause cause, uint16_t code, const char *detail)
{
    if (ws_state(ws) == WS_ENDED)
        return;
    /* An upgrade that arrives late would displace the connection that took the place of this. */
    bool is_given_up = ws_state(ws) == WS_OPENING;
    ws_set_why(ws, cause, code, detail);
    sm_move(&ws->sm, WS_ENDED);
    loop_timer_stop(&ws->timer);
    ws_opening_free(ws);
    ws->stream = is_given_up ? stream_abort(ws->stream) : stream_free(ws->stream);
    ws_forget_input(ws);
    loop_defer(ws->net->base.loop, &ws->task);
}

/* Everything is said: hang up, and wait for the peer to do so. */
static void ws_leave(struct ws *ws)
{
    sm_move(&ws->sm, WS_LEAVING);
    ws_forget_input(ws);
    ws->is_paused = false;
    stream_read(ws->stream, true);
    stream_finish(ws->stream);
    loop_timer_start(&ws->timer, WS_CLOSE_US);
}

static void ws_send_close(struct ws *ws, uint16_t code, const char *reason)
{
    uint8_t payload[WSFRAME_CONTROL_MAX];
    size_t len = reason ? strnlen(reason, sizeof(payload) - 2) : 0;
    payload[0] = (uint8_t)(code >> 8);
    payload[1] = (uint8_t)code;
    if (len > 0)
        memcpy(payload + 2, reason, len);
    ws_send_control(ws, WSFRAME_CLOSE, actr_view_of(payload, code ? len + 2 : 0));
}

void ws_fail(struct ws *ws, uint16_t code, const char *detail)
{
    if (ws_state(ws) != WS_OPEN && ws_state(ws) != WS_CLOSING)
        return;
    ws_set_why(ws, NET_PROTOCOL_ERROR, code, detail);
    stream_drop(ws->stream);
    ws_send_close(ws, code, detail);
    ws_leave(ws);
}

void ws_on_close_frame(struct ws *ws, uint16_t code, struct actr_view reason)
{
    char detail[sizeof(ws->detail)];
    snprintf(detail, sizeof(detail), "%.*s", (int)reason.len, (const char *)reason.ptr);
    if (ws_state(ws) == WS_OPEN)
        ws_set_why(ws, NET_CLOSED, code, detail);
    /* Nobody reads messages after having sent a Close; ours goes out unless it has already. */
    if (ws_state(ws) == WS_OPEN || stream_queued(ws->stream) > 0) {
        stream_drop(ws->stream);
        ws_send_close(ws, code, NULL);
    }
    ws_leave(ws);
}

void ws_close(struct net_ws *base, uint16_t code, const char *reason)
{
    struct ws *ws = ws_of(base);
    enum ws_state state = ws_state(ws);

    if (code == 0 || state == WS_OPENING) {
        ws_end(ws, NET_CLOSED, code, reason ? reason : "");
    } else if (state == WS_OPEN) {
        assert(wsframe_is_close_code(code));
        ws_set_why(ws, NET_CLOSED, code, reason ? reason : "");
        sm_move(&ws->sm, WS_CLOSING);
        ws_send_close(ws, code, reason);
        ws->left = stream_outstanding(ws->stream);
        stream_notify(ws->stream, 0);
        loop_timer_start(&ws->timer, WS_CLOSE_US);
        if (ws->is_paused)
            ws_read(base, true); /* the peer's Close is behind what waits */
    }
}

/* ---- time ---- */

/* Silence, a Ping, and what both mean. */
static void ws_keep_alive(struct ws *ws)
{
    uint64_t now = loop_now_us(ws->net->base.loop);
    uint64_t next = UINT64_MAX;
    uint64_t ping_us = (uint64_t)ws->ping_ms * 1000, dead_us = (uint64_t)ws->dead_ms * 1000;

    if (ws->is_paused)
        ws->heard_us = now;
    if (dead_us > 0) {
        if (now - ws->heard_us >= dead_us) {
            ws_end(ws, NET_LOST, 0, "keepalive not answered");
            return;
        }
        next = ws->heard_us + dead_us;
    }
    if (ping_us > 0) {
        uint64_t since = ws->heard_us > ws->pinged_us ? ws->heard_us : ws->pinged_us;
        if (now - since >= ping_us) {
            ws_send_control(ws, WSFRAME_PING, actr_view_of(NULL, 0));
            ws->pinged_us = since = now;
        }
        next = since + ping_us < next ? since + ping_us : next;
    }
    if (next != UINT64_MAX)
        loop_timer_start(&ws->timer, next - now);
}

/* A Close that waits behind messages may wait as long as they move. */
static void ws_check_progress(struct ws *ws)
{
    size_t left = stream_outstanding(ws->stream);
    if (left == 0 || left >= ws->left) {
        ws_end(ws, NET_CLOSED, 0, "");
        return;
    }
    ws->left = left;
    loop_timer_start(&ws->timer, WS_CLOSE_US);
}

static void ws_on_timer(struct loop_timer *timer)
{
    struct ws *ws = container_of(timer, struct ws, timer);
    switch (ws_state(ws)) {
    case WS_OPENING:
        ws_end(ws, NET_TIMEOUT, 0, "connecting took too long");
        break;
    case WS_OPEN:
        ws_keep_alive(ws);
        break;
    case WS_CLOSING:
        ws_check_progress(ws);
        break;
    case WS_LEAVING:
        ws_end(ws, NET_CLOSED, 0, "");
        break;
    case WS_ENDED:
        break;
    }
}

/* ---- sending ---- */

/* The header in front of `len` bytes of payload, which a client's *ret_mask is for. */
static struct actr_view ws_header(struct ws *ws, uint8_t buf[WSFRAME_HEADER_MAX],
                                  enum wsframe_opcode opcode, size_t len,
                                  uint8_t ret_mask[WSFRAME_MASK_LEN])
{
    if (ws->is_server)
        return actr_view_of(buf, wsframe_encode(buf, opcode, len, NULL));
    socket_random(ws->net, ret_mask, WSFRAME_MASK_LEN);
    return actr_view_of(buf, wsframe_encode(buf, opcode, len, ret_mask));
}

/* The payload as it travels. */
static struct actr_bytes ws_control_body(const struct ws *ws, struct actr_view payload,
                                         const uint8_t mask[WSFRAME_MASK_LEN])
{
    uint8_t *data;
    if (payload.len == 0)
        return (struct actr_bytes){0};
    struct actr_bytes body = bytes_new(payload.len, &data);
    if (data && ws->is_server)
        memcpy(data, payload.ptr, payload.len);
    else if (data)
        wsframe_mask(data, payload.ptr, payload.len, mask, 0);
    return body;
}

void ws_send_control(struct ws *ws, enum wsframe_opcode opcode, struct actr_view payload)
{
    static const uint8_t tags[] = {[WSFRAME_PING] = STREAM_PING, [WSFRAME_PONG] = STREAM_PONG};
    uint8_t header[WSFRAME_HEADER_MAX], mask[WSFRAME_MASK_LEN];
    struct actr_view head = ws_header(ws, header, opcode, payload.len, mask);
    struct actr_bytes body = ws_control_body(ws, payload, mask);

    if (!ws->is_under_way)
        ws->is_under_way = stream_queued(ws->stream) == 0;
    int r = opcode == WSFRAME_CLOSE || !ws->is_under_way
                ? stream_send(ws->stream, head, body)
                : stream_send_urgent(ws->stream, (enum stream_tag)tags[opcode], head, body);
    (void)r; /* without memory it is not sent; Pings come again, a Close is only waited for */
}

/* Consumes `message`; returns what goes on the wire. */
static struct actr_bytes ws_mask(struct actr_bytes message, const uint8_t mask[WSFRAME_MASK_LEN])
{
    uint8_t *data;
    if (message.len == 0 || actr_bytes_failed(message))
        return message;
    if (bytes_is_unique(message)) {
        data = (uint8_t *)(uintptr_t)message.ptr;
        wsframe_mask(data, data, message.len, mask, 0);
        return message;
    }
    struct actr_bytes masked = bytes_new(message.len, &data);
    if (data)
        wsframe_mask(data, message.ptr, message.len, mask, 0);
    actr_bytes_unref(message);
    return masked;
}

int ws_send(struct net_ws *base, struct actr_bytes message)
{
    struct ws *ws = ws_of(base);
    uint8_t header[WSFRAME_HEADER_MAX], mask[WSFRAME_MASK_LEN];

    if (ws_state(ws) != WS_OPEN) {
        actr_bytes_unref(message);
        return ws_state(ws) == WS_OPENING ? err_origin(ACTR_ESTATE, "websocket: not open yet") : 0;
    }
    struct actr_view head = ws_header(ws, header, WSFRAME_BINARY, message.len, mask);
    if (!ws->is_server)
        message = ws_mask(message, mask);
    int r = stream_send(ws->stream, head, message);
    if (r < 0)
        return r;
    if (stream_queued(ws->stream) < ws->queue_high)
        return 0;
    if (!ws->is_full)
        stream_notify(ws->stream, ws->queue_high / 4);
    ws->is_full = true;
    return NET_FULL;
}

void ws_ping(struct net_ws *base, struct actr_view payload)
{
    struct ws *ws = ws_of(base);
    uint8_t header[WSFRAME_HEADER_MAX], mask[WSFRAME_MASK_LEN];

    assert(payload.len <= WSFRAME_CONTROL_MAX);
    if (ws_state(ws) != WS_OPEN)
        return;
    struct actr_view head = ws_header(ws, header, WSFRAME_PING, payload.len, mask);
    (void)!stream_send(ws->stream, head, ws_control_body(ws, payload, mask));
}

void ws_pong(struct net_ws *base, struct actr_view payload)
{
    assert(payload.len <= WSFRAME_CONTROL_MAX);
    if (ws_state(ws_of(base)) == WS_OPEN)
        ws_send_control(ws_of(base), WSFRAME_PONG, payload);
}

size_t ws_queued(const struct net_ws *base)
{
    const struct ws *ws = (const struct ws *)base;
    return ws->stream ? stream_queued(ws->stream) : 0;
}

static void ws_on_drained(void *user)
{
    struct ws *ws = user;
    if (ws_state(ws) == WS_CLOSING) {
        ws->left = 0;
        loop_timer_start(&ws->timer, WS_CLOSE_US);
    } else if (ws_state(ws) == WS_OPEN) {
        ws->is_full = false;
        if (ws->events->on_writable)
            ws->events->on_writable(ws->user);
    }
}

/* ---- receiving ---- */

static void ws_on_data(void *user, struct actr_view data)
{
    struct ws *ws = user;
    ws->heard_us = loop_now_us(ws->net->base.loop);
    ws_receive(ws, data);
}

static void ws_on_lost(void *user, bool is_end, const char *detail)
{
    ws_end(user, NET_LOST, 0, detail);
}

/* What waits goes first; reading the system goes on when all of it is gone. */
static void ws_resume(struct ws *ws)
{
    struct actr_bytes stash = ws->stash;
    ws->stash = (struct actr_bytes){0};
    ws_receive(ws, actr_bytes_view(stash));
    actr_bytes_unref(stash);
    if (ws->stream && !ws->is_paused)
        stream_read(ws->stream, true);
}

void ws_read(struct net_ws *base, bool enable)
{
    struct ws *ws = ws_of(base);
    if (ws_state(ws) == WS_ENDED || ws->is_paused == !enable)
        return;
    ws->is_paused = !enable;
    ws->heard_us = loop_now_us(ws->net->base.loop);
    if (enable)
        loop_defer(ws->net->base.loop, &ws->task);
    else if (ws->stream)
        stream_read(ws->stream, false);
}

/* ---- life ---- */

static void ws_free(struct ws *ws)
{
    loop_timer_stop(&ws->timer);
    loop_task_cancel(&ws->task);
    list_remove(&ws->link);
    socket_unref(ws->net);
    mem_free(ws);
}

static void ws_on_task(struct loop_task *task)
{
    struct ws *ws = container_of(task, struct ws, task);
    if (ws_state(ws) != WS_ENDED) {
        if (!ws->is_paused && ws->stream)
            ws_resume(ws);
        return;
    }
    if (ws->on_ended)
        ws->on_ended(ws, ws->ended_arg);
    ws->events->on_closed(ws->user, &ws->why);
    ws_free(ws);
}

int ws_new(struct socket_net *net, const struct net_ws_options *options, struct ws **ret_ws)
{
    struct ws *ws = mem_alloc(sizeof(*ws));
    if (!ws)
        return err_origin(ACTR_ENOMEM, "websocket: no memory");
    ws->base.ops = net->base.ops;
    ws->net = socket_ref(net);
    ws->ping_ms = options->ping_interval_ms;
    ws->dead_ms = options->dead_after_ms;
    ws->message_len_max = options->message_len_max ? options->message_len_max : WS_MESSAGE_LEN_MAX;
    ws->queue_high = options->queue_high ? options->queue_high : WS_QUEUE_HIGH;
    sm_init(&ws->sm, &ws_table, WS_OPENING);
    loop_timer_init(&ws->timer, net->base.loop, ws_on_timer);
    loop_task_init(&ws->task, ws_on_task);
    list_init(&ws->link);
    *ret_ws = ws;
    return 0;
}

void ws_discard(struct ws *ws)
{
    if (!ws)
        return;
    assert(!ws->stream && !ws->opening);
    ws_free(ws);
}

void ws_begin(struct ws *ws, struct stream *stream, struct actr_view rest)
{
    ws->stream = stream;
    stream_set_owner(stream, &ws_stream_events, ws);
    ws->is_under_way = stream_queued(stream) == 0;
    loop_timer_stop(&ws->timer);
    sm_move(&ws->sm, WS_OPEN);
    ws->heard_us = ws->pinged_us = loop_now_us(ws->net->base.loop);
    ws_keep_alive(ws);
    if (ws->is_paused)
        stream_read(stream, false);
    if (ws->events->on_open)
        ws->events->on_open(ws->user);
    ws_receive(ws, rest);
}
