// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* WebSockets of the simulated network, in both roles.
 *
 * The same life as the real ones: opening, open, closing, ended; the same keepalive; on_closed by a
 * task, last and once. What a real connection notices late this one notices late: a loss only by a
 * reset that arrives or by silence. The end is detached when the state becomes ENDED, the object is
 * freed after on_closed. Loop thread. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "sim_parts.h"

#define SIM_WS_CLOSE_US 1000000u
#define SIM_WS_CONNECT_TIMEOUT_MS 10000
#define SIM_WS_MESSAGE_LEN_MAX ((16u << 20) + 64)

static struct sim_ws *sim_ws_of(struct net_ws *ws)
{
    return container_of(ws, struct sim_ws, base);
}

/* Late messages ----------------------------------------------------------------------------- */

struct sim_late {
    struct list link; /* of ws->late */
    struct loop_timer timer;
    struct sim_ws *ws;
    struct actr_bytes message;
};

static void sim_late_free(struct sim_late *late)
{
    loop_timer_stop(&late->timer);
    list_remove(&late->link);
    actr_bytes_unref(late->message);
    mem_free(late);
}

static void sim_late_on_timer(struct loop_timer *timer)
{
    struct sim_late *late = container_of(timer, struct sim_late, timer);
    struct sim_ws *ws = late->ws;
    struct sim_packet *packet = sim_packet_new(SIM_MESSAGE, NULL, bytes_take(&late->message));
    if (packet && ws->state == SIM_WS_OPEN)
        sim_end_send(ws->end, packet);
    else if (packet)
        sim_packet_free(packet);
    sim_late_free(late);
}

/* True: it was lost, or comes later. Without memory: lost, but for what comes at once. */
static bool ws_delay(struct sim_ws *ws, struct actr_bytes message)
{
    uint64_t fate_us = 0;
    if (ws->sim->fate && !ws->server)
        fate_us = ws->sim->fate(ws->sim, actr_bytes_view(message));
    bool is_again = fate_us != SIM_LOST && (fate_us & SIM_AGAIN) != 0;
    if (fate_us == 0)
        return false;
    struct sim_late *late = fate_us == SIM_LOST ? NULL : mem_alloc(sizeof(*late));
    if (!late && !is_again)
        actr_bytes_unref(message);
    if (!late)
        return !is_again;
    late->ws = ws;
    late->message = is_again ? actr_bytes_ref(message) : message;
    list_init(&late->link);
    list_push(&ws->late, &late->link);
    loop_timer_init(&late->timer, ws->sim->loop, sim_late_on_timer);
    loop_timer_start(&late->timer, fate_us & ~SIM_AGAIN);
    return !is_again;
}

/* The end ------------------------------------------------------------------------------------ */

static void ws_set_why(struct sim_ws *ws, enum net_cause cause, uint16_t code, const char *detail)
{
    if (ws->has_why)
        return;
    ws->has_why = true;
    snprintf(ws->detail, sizeof(ws->detail), "%s", detail);
    ws->why = (struct net_close){cause, code, ws->detail};
}

static void ws_end(struct sim_ws *ws, enum net_cause cause, uint16_t code, const char *detail)
{
    if (ws->state == SIM_WS_ENDED)
        return;
    ws_set_why(ws, cause, code, detail);
    ws->state = SIM_WS_ENDED;
    loop_timer_stop(&ws->timer);
    if (ws->end)
        sim_end_abort(ws->end);
    ws->end = NULL;
    loop_defer(ws->sim->loop, &ws->ended);
}

/* Everything is said: hangs up in peace. */
static void ws_leave(struct sim_ws *ws)
{
    struct sim_end *end = ws->end;
    ws->end = NULL;
    sim_end_finish(end);
    ws_end(ws, NET_CLOSED, 0, "");
}

static void ws_on_ended(struct loop_task *task)
{
    struct sim_ws *ws = container_of(task, struct sim_ws, ended);
    if (ws->server) {
        list_remove(&ws->link);
        sim_server_release(ws->server);
    }
    while (!list_is_empty(&ws->late))
        sim_late_free(container_of(ws->late.next, struct sim_late, link));
    ws->events->on_closed(ws->user, &ws->why);
    mem_free(ws);
}

/* Sends a packet. Without memory it is not sent: Pings come again, a Close is only waited for. */
static void ws_control(struct sim_ws *ws, enum sim_kind kind, uint16_t code,
                       struct actr_view payload)
{
    struct actr_bytes bytes = {0};
    if (payload.len > 0)
        bytes = actr_bytes_copy(payload);
    struct sim_packet *packet = sim_packet_new(kind, NULL, bytes);
    if (!packet)
        return;
    packet->code = code;
    if (kind == SIM_CLOSE)
        sim_end_send(ws->end, packet);
    else
        sim_end_send_urgent(ws->end, packet);
}

/* Time --------------------------------------------------------------------------------------- */

static void ws_keep_alive(struct sim_ws *ws)
{
    uint64_t now = loop_now_us(ws->sim->loop), next = UINT64_MAX;
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
            ws_control(ws, SIM_PING, 0, (struct actr_view){0});
            ws->pinged_us = since = now;
        }
        next = since + ping_us < next ? since + ping_us : next;
    }
    if (next != UINT64_MAX)
        loop_timer_start(&ws->timer, next - now);
}

static void ws_check_progress(struct sim_ws *ws)
{
    size_t left = ws->end->queued;
    if (left == 0 || left >= ws->left) {
        ws_end(ws, NET_CLOSED, 0, "");
        return;
    }
    ws->left = left;
    loop_timer_start(&ws->timer, SIM_WS_CLOSE_US);
}

static void ws_on_timer(struct loop_timer *timer)
{
    struct sim_ws *ws = container_of(timer, struct sim_ws, timer);
    switch (ws->state) {
    case SIM_WS_OPENING:
        ws_end(ws, NET_TIMEOUT, 0, "connecting took too long");
        break;
    case SIM_WS_OPEN:
        ws_keep_alive(ws);
        break;
    case SIM_WS_CLOSING:
        ws_check_progress(ws);
        break;
    case SIM_WS_ENDED:
        break;
    }
}

/* Packets ------------------------------------------------------------------------------------ */

static void ws_open(struct sim_ws *ws)
{
    ws->state = SIM_WS_OPEN;
    loop_timer_stop(&ws->timer);
    sim_end_read(ws->end, !ws->is_paused);
    ws->heard_us = ws->pinged_us = loop_now_us(ws->sim->loop);
    ws_keep_alive(ws);
    if (ws->events->on_open)
        ws->events->on_open(ws->user);
}

static void ws_on_message(struct sim_ws *ws, struct sim_packet *packet)
{
    struct actr_bytes message = packet->bytes;
    if (message.len > ws->message_len_max && ws->events->on_excess) {
        size_t end = message.len / 2 < EXCESS_END_LEN ? message.len / 2 : EXCESS_END_LEN;
        const struct excess excess = {
            {message.ptr, end}, {message.ptr + message.len - end, end}, message.len};
        ws->events->on_excess(ws->user, &excess, true);
        return;
    }
    if (message.len > ws->message_len_max) {
        ws_set_why(ws, NET_PROTOCOL_ERROR, 1009, "message too large");
        sim_end_drop(ws->end);
        ws_control(ws, SIM_CLOSE, 1009, (struct actr_view){0});
        ws_leave(ws);
        return;
    }
    packet->bytes = (struct actr_bytes){0};
    if (ws->events->on_message)
        ws->events->on_message(ws->user, message, true);
    else
        actr_bytes_unref(message);
}

static void ws_on_close_packet(struct sim_ws *ws, const struct sim_packet *packet)
{
    char reason[sizeof(ws->detail)];
    snprintf(reason, sizeof(reason), "%.*s", (int)packet->bytes.len,
             packet->bytes.len ? (const char *)packet->bytes.ptr : "");
    if (ws->state == SIM_WS_OPEN) {
        ws_set_why(ws, NET_CLOSED, packet->code, reason);
        sim_end_drop(ws->end);
        ws_control(ws, SIM_CLOSE, packet->code, (struct actr_view){0});
    }
    ws_leave(ws);
}

static void ws_on_packet(struct sim_end *end, struct sim_packet *packet)
{
    struct sim_ws *ws = end->owner;
    ws->heard_us = loop_now_us(ws->sim->loop);
    if (ws->state == SIM_WS_OPENING) {
        if (packet->kind == SIM_ACCEPT)
            ws_open(ws);
        else
            ws_end(ws, NET_REJECTED, packet->code, "refused");
        return;
    }
    switch ((int)packet->kind) {
    case SIM_MESSAGE:
        if (ws->state == SIM_WS_OPEN)
            ws_on_message(ws, packet);
        break;
    case SIM_PING:
        if (ws->state == SIM_WS_OPEN)
            ws_control(ws, SIM_PONG, 0, actr_bytes_view(packet->bytes));
        break;
    case SIM_PONG:
        if (ws->state == SIM_WS_OPEN && ws->events->on_pong)
            ws->events->on_pong(ws->user, actr_bytes_view(packet->bytes));
        break;
    case SIM_CLOSE:
        ws_on_close_packet(ws, packet);
        break;
    default:
        ws_end(ws, NET_PROTOCOL_ERROR, 1002, "not WebSocket");
        break;
    }
}

static void ws_on_lost(struct sim_end *end, bool is_reset)
{
    struct sim_ws *ws = end->owner;
    ws_end(ws, ws->state == SIM_WS_OPENING ? NET_REFUSED : NET_LOST, 0,
           is_reset ? "connection reset" : "end of file");
}

static void ws_on_drained(struct sim_end *end)
{
    struct sim_ws *ws = end->owner;
    if (ws->state == SIM_WS_CLOSING) {
        ws->left = 0;
        loop_timer_start(&ws->timer, SIM_WS_CLOSE_US);
    } else if (ws->state == SIM_WS_OPEN && ws->is_full) {
        ws->is_full = false;
        if (ws->events->on_writable)
            ws->events->on_writable(ws->user);
    }
}

static const struct sim_end_events ws_end_events = {
    .on_packet = ws_on_packet,
    .on_lost = ws_on_lost,
    .on_drained = ws_on_drained,
};

/* The functions of net.h --------------------------------------------------------------------- */

int sim_ws_send(struct net_ws *base, struct actr_bytes message)
{
    struct sim_ws *ws = sim_ws_of(base);
    if (ws->state != SIM_WS_OPEN) {
        actr_bytes_unref(message);
        return ws->state == SIM_WS_OPENING ? err_origin(ACTR_ESTATE, "websocket: not open yet") : 0;
    }
    if (actr_bytes_failed(message))
        return err_origin(ACTR_ENOMEM, "websocket: no memory");
    if (ws_delay(ws, message))
        return 0;
    struct sim_packet *packet = sim_packet_new(SIM_MESSAGE, NULL, message);
    if (!packet)
        return err_origin(ACTR_ENOMEM, "websocket: no memory");
    sim_end_send(ws->end, packet);
    if (ws->end->queued < ws->queue_high)
        return 0;
    if (!ws->is_full)
        sim_end_notify(ws->end, ws->queue_high / 4);
    ws->is_full = true;
    return NET_FULL;
}

void sim_ws_ping(struct net_ws *base, struct actr_view payload)
{
    struct sim_ws *ws = sim_ws_of(base);
    struct sim_packet *packet = NULL;
    if (ws->state == SIM_WS_OPEN)
        packet = sim_packet_new(SIM_PING, NULL, actr_bytes_copy(payload));
    if (packet)
        sim_end_send(ws->end, packet);
}

void sim_ws_pong(struct net_ws *base, struct actr_view payload)
{
    if (sim_ws_of(base)->state == SIM_WS_OPEN)
        ws_control(sim_ws_of(base), SIM_PONG, 0, payload);
}

void sim_ws_read(struct net_ws *base, bool enable)
{
    struct sim_ws *ws = sim_ws_of(base);
    if (ws->state == SIM_WS_ENDED || ws->is_paused == !enable)
        return;
    ws->is_paused = !enable;
    ws->heard_us = loop_now_us(ws->sim->loop);
    if (ws->state != SIM_WS_OPENING)
        sim_end_read(ws->end, enable);
}

void sim_ws_close(struct net_ws *base, uint16_t code, const char *reason)
{
    struct sim_ws *ws = sim_ws_of(base);
    if (code == 0 || ws->state == SIM_WS_OPENING) {
        ws_end(ws, NET_CLOSED, code, reason ? reason : "");
    } else if (ws->state == SIM_WS_OPEN) {
        size_t len = reason ? strnlen(reason, 123) : 0;
        ws_set_why(ws, NET_CLOSED, code, reason ? reason : "");
        ws->state = SIM_WS_CLOSING;
        ws_control(ws, SIM_CLOSE, code, actr_view_of(reason, len));
        ws->left = ws->end->queued;
        sim_end_notify(ws->end, 0);
        loop_timer_start(&ws->timer, SIM_WS_CLOSE_US);
        sim_ws_read(base, true); /* the peer's Close is behind what waits */
    }
}

size_t sim_ws_queued(const struct net_ws *base)
{
    const struct sim_ws *ws = container_of((struct net_ws *)(uintptr_t)base, struct sim_ws, base);
    return ws->end ? ws->end->queued : 0;
}

bool sim_ws_local(const struct net_ws *base, struct net_address *ret_address)
{
    const struct sim_ws *ws = container_of((struct net_ws *)(uintptr_t)base, struct sim_ws, base);
    if (!ws->end || ws->server)
        return false;
    *ret_address = ws->local;
    return true;
}

/* Life --------------------------------------------------------------------------------------- */

struct sim_ws *sim_ws_new(struct sim_net *sim, const struct net_ws_options *options)
{
    struct sim_ws *ws = mem_alloc(sizeof(*ws));
    if (!ws)
        return NULL;
    ws->base.ops = &sim_net_ops;
    ws->sim = sim;
    ws->ping_ms = options->ping_interval_ms;
    ws->dead_ms = options->dead_after_ms;
    ws->message_len_max =
        options->message_len_max ? options->message_len_max : SIM_WS_MESSAGE_LEN_MAX;
    ws->queue_high = options->queue_high ? options->queue_high : sim->queue_high;
    list_init(&ws->link);
    list_init(&ws->late);
    loop_timer_init(&ws->timer, sim->loop, ws_on_timer);
    loop_task_init(&ws->ended, ws_on_ended);
    return ws;
}

void sim_ws_discard(struct sim_ws *ws)
{
    assert(ws->state == SIM_WS_OPENING && !ws->end);
    mem_free(ws);
}

void sim_ws_begin(struct sim_ws *ws, struct sim_end *end)
{
    ws->end = end;
    sim_end_attach(end, &ws_end_events, ws);
    if (ws->state == SIM_WS_ENDED) { /* cut by whoever took it, at once */
        ws->end = NULL;
        sim_end_abort(end);
        return;
    }
    ws_control(ws, SIM_ACCEPT, 0, (struct actr_view){0});
    ws_open(ws);
}

int sim_ws_dial(struct net *net, const struct net_ws_options *options,
                const struct net_ws_events *events, void *user, struct net_ws **ret_ws)
{
    struct sim_host *host = sim_host_of(net);
    const struct sim_target target = {options->url, true};
    struct sim_ws *ws = sim_ws_new(host->sim, options);
    struct sim_head *head = sim_head_new(options->headers, options->header_count);
    if (!ws || !head) {
        sim_head_free(head);
        mem_free(ws);
        return err_origin(ACTR_ENOMEM, "websocket: no memory");
    }
    snprintf(head->method, sizeof(head->method), "GET");
    int r = sim_connect(host, &target, SIM_UPGRADE, head, &ws->end);
    if (r < 0) {
        mem_free(ws);
        return r;
    }
    ws->events = events;
    ws->user = user;
    (void)net_address_parse(view_text(host->address), 0, &ws->local);
    sim_end_attach(ws->end, &ws_end_events, ws);
    uint32_t timeout_ms = options->connect_timeout_ms;
    loop_timer_start(&ws->timer,
                     (uint64_t)(timeout_ms ? timeout_ms : SIM_WS_CONNECT_TIMEOUT_MS) * 1000);
    *ret_ws = &ws->base;
    return 0;
}
