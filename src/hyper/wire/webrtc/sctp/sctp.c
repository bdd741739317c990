// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One SCTP association: the owner's calls, packets in, and time. core.h tells which file does what.
 *
 * One timer stands for all deadlines. It is started earlier when need be, never later: when it
 * fires and nothing is due it is started anew; so that packets do not pay for it. An association
 * with nothing outstanding has none, once it has given its buffers back.
 *
 * What comes is kept in a queue and handed up when the burst is over, so that the owner is never
 * called inside of its own calls. Retransmission does not end: ICE knows whether the path lives.
 *
 * Loop thread. Must never be freed while it sends. */
#include "hyper/wire/webrtc/sctp/sctp.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/sctp/core.h"

#define SCTP_MTU 1131
#define SCTP_MESSAGE_MAX (256u << 10)
#define SCTP_BUFFER (4u << 20)
#define SCTP_LINGER_US 300000
#define SCTP_MESSAGE_CELLS 16
#define SCTP_CAUSE_USER 12 /* RFC 9260 §3.3.10.12 */
#define SCTP_CAUSE_PROTOCOL 13

/* ---- Sending ---- */

void sctp_send_packet(struct sctp *sctp, struct actr_view packet)
{
    sctp->stats.packets_out++;
    sctp->stats.bytes_out += packet.len;
    sctp->linger_us = sctp_now(sctp) + SCTP_LINGER_US;
    sctp->events->send(sctp->owner, packet);
}

void sctp_send_chunk(struct sctp *sctp, uint32_t tag, uint8_t type, struct actr_view body)
{
    uint8_t buf[SCTP_HEADER_LEN + SCTP_CHUNK_HEADER_LEN + SCTP_COOKIE_MAX + 4];
    struct sctp_writer writer;

    sctp_writer_begin(&writer, buf, sizeof buf, SCTP_PORT, sctp->options.remote_port, tag);
    if (body.len > sctp_writer_room(&writer))
        return;
    uint8_t *at = sctp_writer_chunk(&writer, type, 0, body.len);
    if (body.len > 0)
        memcpy(at, body.ptr, body.len);
    sctp_send_packet(sctp, sctp_writer_end(&writer, true));
}

/* ---- Time ---- */

static uint64_t sctp_least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t sctp_deadline(const struct sctp *sctp)
{
    uint64_t at_us = sctp_least(sctp->handshake_us, sctp->linger_us);
    uint64_t pace_us = sctp_rate_next_us(&sctp->rate);

    at_us = sctp_least(at_us, sctp_least(sctp->flight.timeout_us, sctp->flight.loss_us));
    at_us = sctp_least(at_us, sctp_least(sctp->incoming.due_us, sctp->reconfig.due_us));
    at_us = sctp_least(at_us, path_mtu_deadline(&sctp->path));
    if (pace_us > sctp_now(sctp) && sctp->flight.bytes < sctp->rate.window &&
        (sctp->flight.lost > 0 || !list_is_empty(&sctp->queue)))
        at_us = sctp_least(at_us, pace_us);
    return at_us;
}

static void sctp_arm(struct sctp *sctp)
{
    uint64_t at_us = sctp_deadline(sctp), now_us = sctp_now(sctp);

    if (sctp->state == SCTP_OVER || at_us == SCTP_NEVER || at_us >= sctp->armed_us)
        return;
    sctp->armed_us = at_us;
    loop_timer_start(&sctp->timer, at_us > now_us ? at_us - now_us : 1);
}

/* What an idle association need not keep. */
static void sctp_trim(struct sctp *sctp)
{
    if (sctp->linger_us > sctp_now(sctp))
        return;
    sctp->linger_us = SCTP_NEVER;
    if (sctp_flight_count(&sctp->flight) == 0)
        sctp_flight_clear(sctp);
    if (sctp->incoming.last == sctp->incoming.highest)
        sctp_incoming_clear(sctp);
    sctp_delivery_trim(sctp);
}

/* ---- Up ---- */

void sctp_end(struct sctp *sctp, int code, const char *detail)
{
    uint8_t body[132];

    if (sctp->state == SCTP_OVER)
        return;
    snprintf(sctp->detail, sizeof sctp->detail, "%s", detail);
    size_t len = strlen(sctp->detail);
    if (sctp->state == SCTP_UP && !sctp->is_peer_over) {
        sctp_put16(body, code == ACTR_EUNAVAILABLE ? SCTP_CAUSE_PROTOCOL : SCTP_CAUSE_USER);
        sctp_put16(body + 2, (uint16_t)(4 + len));
        memcpy(body + 4, sctp->detail, len);
        sctp_send_chunk(sctp, sctp->there.tag, SCTP_ABORT, actr_view_of(body, 4 + len));
    }
    sctp->state = SCTP_OVER;
    sctp->code = code;
    list_push(&sctp->delivery.ready, &sctp->closed);
    loop_timer_stop(&sctp->timer);
    loop_defer(sctp->loop, &sctp->task);
}

void sctp_open(struct sctp *sctp)
{
    uint16_t out = sctp->there.streams_in, in = sctp->there.streams_out;

    sctp->here.streams_out = out < SCTP_STREAMS ? out : SCTP_STREAMS;
    sctp->here.streams_in = in < SCTP_STREAMS ? in : SCTP_STREAMS;
    sctp->handshake_us = SCTP_NEVER;
    actr_bytes_unref(bytes_take(&sctp->cookie));
    sctp->state = SCTP_UP;
    sctp->peer_window = sctp->there.window;
    sctp_flight_init(&sctp->flight, sctp->here.tsn);
    sctp_incoming_init(&sctp->incoming, sctp->there.tsn);
    sctp->incoming.window = sctp->options.receive_window;
    sctp_reconfig_init(&sctp->reconfig, sctp->here.tsn, sctp->there.tsn);
    sctp_delivery_tell(sctp, SCTP_EVENT_OPEN, false, (struct actr_bytes){0});
}

static void sctp_hand_up(struct sctp *sctp, struct sctp_event *event)
{
    const struct sctp_events *events = sctp->events;
    struct sctp_event is = *event;

    pool_give(&sctp->delivery.events, event);
    switch (is.kind) {
    case SCTP_EVENT_OPEN:
        events->on_open(sctp->owner, sctp->here.streams_out, sctp->here.streams_in);
        break;
    case SCTP_EVENT_MESSAGE:
        events->on_message(sctp->owner, &is.head, is.bytes);
        break;
    case SCTP_EVENT_RESET:
        events->on_reset(sctp->owner, (const uint16_t *)(const void *)is.bytes.ptr,
                         is.bytes.len / 2, is.is_incoming);
        actr_bytes_unref(is.bytes);
        break;
    }
}

static void sctp_destroy(struct sctp *sctp)
{
    sctp_flight_clear(sctp);
    sctp_outgoing_clear(sctp);
    sctp_incoming_clear(sctp);
    list_remove(&sctp->closed);
    sctp_delivery_clear(sctp);
    sctp_reconfig_clear(sctp);
    pool_deinit(&sctp->messages);
    actr_bytes_unref(sctp->cookie);
    mem_free(sctp->ssns);
    mem_free(sctp);
}

static bool sctp_is_writable(const struct sctp *sctp)
{
    return (sctp->is_waiting_room && sctp->unsent < sctp->room) ||
           (sctp->is_waiting_half && sctp->buffered < sctp->options.send_buffer / 2) ||
           (sctp->is_waiting_empty && sctp->buffered == 0);
}

static void sctp_tell_writable(struct sctp *sctp)
{
    if (sctp->state != SCTP_UP || sctp->is_freed || !sctp_is_writable(sctp))
        return;
    sctp->is_waiting_room = sctp->is_waiting_half = sctp->is_waiting_empty = false;
    sctp->events->on_writable(sctp->owner);
}

/* Hands up what has come. False: freed meanwhile. */
static bool sctp_drain(struct sctp *sctp)
{
    if (sctp->is_up_called)
        return true;
    sctp->is_up_called = true;
    while (!sctp->is_freed && (sctp->is_reading || sctp->state == SCTP_OVER)) {
        if (sctp->delivery.ready.next == &sctp->closed) {
            list_remove(&sctp->closed);
            sctp->events->on_closed(sctp->owner, sctp->code, sctp->detail);
            break;
        }
        struct sctp_event *event = sctp_delivery_take(sctp);
        if (!event)
            break;
        sctp_hand_up(sctp, event);
    }
    sctp_tell_writable(sctp);
    sctp->is_up_called = false;
    if (!sctp->is_freed)
        return true;
    sctp_destroy(sctp);
    return false;
}

/* The end of anything that may have changed something: events, packets, the timer. */
static void sctp_settle(struct sctp *sctp)
{
    if (!sctp_drain(sctp))
        return;
    if (sctp->state == SCTP_UP)
        sctp_incoming_on_room(sctp);
    sctp_outgoing_run(sctp);
    sctp_arm(sctp);
}

static void sctp_on_task(struct loop_task *task)
{
    sctp_settle(container_of(task, struct sctp, task));
}

static void sctp_on_timer(struct loop_timer *timer)
{
    struct sctp *sctp = container_of(timer, struct sctp, timer);

    sctp->armed_us = SCTP_NEVER;
    sctp_handshake_tick(sctp);
    if (sctp->state == SCTP_UP) {
        sctp_flight_tick(sctp);
        sctp_reconfig_tick(sctp);
        sctp_path_tick(sctp);
        if (sctp->incoming.due_us <= sctp_now(sctp))
            sctp->incoming.is_due = true;
    }
    sctp_outgoing_run(sctp);
    sctp_trim(sctp);
    sctp_settle(sctp);
}

/* ---- Packets in ---- */

static void sctp_on_abort(struct sctp *sctp, struct actr_view causes)
{
    struct actr_view text;
    uint16_t cause;
    char detail[sizeof sctp->detail] = "the peer broke off";

    if (sctp_packet_parameter(&causes, &cause, &text) &&
        (cause == SCTP_CAUSE_USER || cause == SCTP_CAUSE_PROTOCOL) && text.len > 0)
        snprintf(detail, sizeof detail, "the peer broke off: %.*s",
                 (int)(text.len < 96 ? text.len : 96), (const char *)text.ptr);
    for (char *at = detail; *at; at++)
        *at = (*at >= ' ' && *at < 127) ? *at : '?';
    sctp->is_peer_over = true;
    sctp_end(sctp, ACTR_EUNAVAILABLE, detail);
}

/* All that the peer sent has been acknowledged by us; what we have not sent it does not want. */
static void sctp_on_shutdown(struct sctp *sctp, uint8_t answer)
{
    sctp_send_chunk(sctp, sctp->there.tag, answer, (struct actr_view){0});
    sctp->is_peer_over = true;
    sctp_end(sctp, 0, "the peer shut down");
}

/* Of an open association. */
static void sctp_on_chunk(struct sctp *sctp, const struct sctp_chunk *chunk)
{
    switch (chunk->type) {
    case SCTP_DATA:
        sctp_incoming_on_data(sctp, chunk);
        break;
    case SCTP_SACK: /* one: a second would say the same */
        if (!sctp->has_sack)
            sctp_flight_on_sack(sctp, chunk->body);
        sctp->has_sack = true;
        break;
    case SCTP_FORWARD_TSN:
        sctp_incoming_on_forward(sctp, chunk->body);
        break;
    case SCTP_RE_CONFIG:
        sctp_reconfig_on_chunk(sctp, chunk->body);
        break;
    case SCTP_HEARTBEAT:
        if (SCTP_HEADER_LEN + SCTP_CHUNK_HEADER_LEN + sctp_padded(chunk->body.len) <=
                sctp->options.mtu &&
            sctp_may_answer(sctp))
            sctp_send_chunk(sctp, sctp->there.tag, SCTP_HEARTBEAT_ACK, chunk->body);
        break;
    case SCTP_HEARTBEAT_ACK:
        sctp_path_on_answer(sctp, chunk->body);
        break;
    case SCTP_SHUTDOWN:
        sctp_on_shutdown(sctp, SCTP_SHUTDOWN_ACK);
        break;
    case SCTP_SHUTDOWN_ACK:
        sctp_on_shutdown(sctp, SCTP_SHUTDOWN_COMPLETE);
        break;
    default:
        break;
    }
}

/* False: the rest of the packet is to be passed over. */
static bool sctp_on_any_chunk(struct sctp *sctp, const struct sctp_chunk *chunk)
{
    /* Who sends these has taken our cookie: its answer was lost, or comes later. */
    bool is_opening = chunk->type == SCTP_DATA || chunk->type == SCTP_SACK;

    switch (chunk->type) {
    case SCTP_INIT_ACK:
        sctp_handshake_on_init_ack(sctp, chunk->body);
        return false;
    case SCTP_COOKIE_ECHO:
        sctp_handshake_on_cookie(sctp, chunk->body);
        return true;
    case SCTP_COOKIE_ACK:
        sctp_handshake_on_cookie_ack(sctp);
        return true;
    case SCTP_ABORT:
        sctp_on_abort(sctp, chunk->body);
        return false;
    default:
        break;
    }
    if (sctp->state == SCTP_COOKIE_ECHOED && is_opening)
        sctp_open(sctp);
    if (sctp->state == SCTP_UP)
        sctp_on_chunk(sctp, chunk);
    /* Unknown ones whose type begins with a zero bit end the packet (RFC 9260 §3.2). */
    return chunk->type <= SCTP_SHUTDOWN_COMPLETE || chunk->type & 0x80;
}

/* Is the packet of this association (RFC 9260 §8.5)? */
static bool sctp_is_ours(const struct sctp *sctp, struct actr_view packet)
{
    uint32_t tag = sctp_get32(packet.ptr + 4);
    uint8_t type = packet.ptr[SCTP_HEADER_LEN];
    bool is_reflected = packet.ptr[SCTP_HEADER_LEN + 1] & SCTP_FLAG_REFLECTED;

    if (sctp_get16(packet.ptr) != sctp->options.remote_port ||
        sctp_get16(packet.ptr + 2) != SCTP_PORT || !sctp_packet_is_intact(packet))
        return false;
    if (type == SCTP_INIT)
        return tag == 0;
    if (type == SCTP_ABORT && is_reflected)
        return sctp->there.tag != 0 && tag == sctp->there.tag;
    return tag == sctp->here.tag;
}

void sctp_receive(struct sctp *sctp, struct actr_view packet)
{
    struct sctp_chunk chunk;

    if (sctp->state == SCTP_NEW || sctp->state == SCTP_OVER)
        return;
    sctp->stats.packets_in++;
    sctp->stats.bytes_in += packet.len;
    if (packet.len < SCTP_HEADER_LEN + SCTP_CHUNK_HEADER_LEN || !sctp_is_ours(sctp, packet)) {
        sctp->stats.dropped++;
        return;
    }
    sctp->linger_us = sctp_now(sctp) + SCTP_LINGER_US;
    sctp->has_received = true;
    sctp->has_sack = false;
    sctp->answers = 0;
    struct actr_view rest =
        actr_view_of(packet.ptr + SCTP_HEADER_LEN, packet.len - SCTP_HEADER_LEN);
    if (packet.ptr[SCTP_HEADER_LEN] == SCTP_INIT) {
        if (sctp_packet_chunk(&rest, &chunk) && rest.len == 0) /* alone (RFC 9260 §6.10) */
            sctp_handshake_on_init(sctp, chunk.body);
        return;
    }
    while (sctp->state != SCTP_OVER && sctp_packet_chunk(&rest, &chunk)) {
        if (!sctp_on_any_chunk(sctp, &chunk))
            break;
    }
    if (sctp->state == SCTP_UP)
        sctp_incoming_on_packet(sctp);
}

void sctp_receive_end(struct sctp *sctp)
{
    if (!sctp->has_received)
        return;
    sctp->has_received = false;
    if (sctp->state == SCTP_UP)
        sctp_incoming_on_burst(sctp);
    sctp_settle(sctp);
}

/* ---- The owner's calls ---- */

int sctp_new(const struct sctp_options *options, const struct sctp_events *events, void *owner,
             struct sctp **ret_sctp)
{
    struct sctp *sctp = mem_alloc(sizeof *sctp);
    if (!sctp)
        return err_origin(ACTR_ENOMEM, "sctp: out of memory");
    sctp->loop = options->loop;
    sctp->events = events;
    sctp->owner = owner;
    sctp->options = *options;
    sctp->options.mtu = options->mtu ? options->mtu : SCTP_MTU;
    if (sctp->options.message_len_max == 0)
        sctp->options.message_len_max = SCTP_MESSAGE_MAX;
    sctp->options.send_buffer = options->send_buffer ? options->send_buffer : SCTP_BUFFER;
    sctp->options.receive_window = options->receive_window ? options->receive_window : SCTP_BUFFER;
    sctp->options.remote_port = options->remote_port ? options->remote_port : SCTP_PORT;
    sctp->is_reading = true;
    list_init(&sctp->queue);
    list_init(&sctp->closed);
    pool_init(&sctp->messages, sizeof(struct sctp_outgoing), SCTP_MESSAGE_CELLS, 1);
    sctp_path_init(sctp);
    sctp_rate_init(&sctp->rate, sctp->mtu);
    sctp_delivery_init(&sctp->delivery);
    sctp_flight_init(&sctp->flight, 0);
    sctp_incoming_init(&sctp->incoming, 0);
    sctp_reconfig_init(&sctp->reconfig, 0, 0);
    sctp->handshake_us = sctp->linger_us = sctp->armed_us = sctp->idle_us = SCTP_NEVER;
    loop_task_init(&sctp->task, sctp_on_task);
    loop_timer_init(&sctp->timer, sctp->loop, sctp_on_timer);
    *ret_sctp = sctp;
    return 0;
}

struct sctp *sctp_free(struct sctp *sctp)
{
    if (!sctp)
        return NULL;
    sctp->state = SCTP_OVER;
    sctp->is_freed = true;
    loop_task_cancel(&sctp->task);
    loop_timer_stop(&sctp->timer);
    if (!sctp->is_up_called)
        sctp_destroy(sctp);
    return NULL;
}

int sctp_start(struct sctp *sctp)
{
    if (sctp->state != SCTP_NEW)
        return err_origin(ACTR_ESTATE, "sctp: started before");
    sctp_handshake_begin(sctp);
    sctp_arm(sctp);
    return 0;
}

int sctp_send(struct sctp *sctp, const struct sctp_message *head, struct actr_bytes bytes)
{
    AUTO_BYTES struct actr_bytes owned = bytes;
    size_t limit = sctp->options.send_buffer;

    if (actr_bytes_failed(owned))
        return err_origin(ACTR_ENOMEM, "sctp: no memory");
    if (sctp->state != SCTP_UP)
        return err_origin(ACTR_ESTATE, "sctp: not open");
    if (head->stream >= sctp->here.streams_out)
        return err_origin(ACTR_EINVALID, "sctp: no stream %u", head->stream);
    if (owned.len == 0 || owned.len > limit)
        return err_origin(ACTR_EINVALID, "sctp: a message of %zu bytes", owned.len);
    if (sctp->buffered + owned.len > limit) {
        sctp->is_waiting_half = true;
        return ACTR_EUNAVAILABLE;
    }
    int r = sctp_outgoing_push(sctp, head, bytes_take(&owned));
    if (r < 0)
        return err_origin(r, "sctp: no memory");
    sctp->is_holding = true;
    sctp_outgoing_run(sctp);
    sctp->is_holding = false;
    loop_defer(sctp->loop, &sctp->task);
    if (sctp->buffered < limit / 4 * 3)
        return 0;
    sctp->is_waiting_half = true;
    return SCTP_FULL;
}

size_t sctp_buffered(const struct sctp *sctp)
{
    return sctp->buffered;
}

size_t sctp_unsent(const struct sctp *sctp)
{
    return sctp->unsent;
}

void sctp_wait_writable(struct sctp *sctp, size_t below)
{
    sctp->is_waiting_room = true;
    sctp->room = below;
}

void sctp_wait_empty(struct sctp *sctp)
{
    sctp->is_waiting_empty = true;
}

uint16_t sctp_streams(const struct sctp *sctp)
{
    return sctp->here.streams_out;
}

struct loop *sctp_loop(const struct sctp *sctp)
{
    return sctp->loop;
}

int sctp_reset_stream(struct sctp *sctp, uint16_t stream)
{
    if (sctp->state != SCTP_UP)
        return err_origin(ACTR_ESTATE, "sctp: not open");
    if (stream >= sctp->here.streams_out)
        return err_origin(ACTR_EINVALID, "sctp: no stream %u", stream);
    int r = sctp_reconfig_reset(sctp, stream);
    if (r < 0)
        return r;
    sctp_outgoing_run(sctp);
    sctp_arm(sctp);
    return 0;
}

void sctp_cut(struct sctp *sctp, int code, const char *detail)
{
    sctp->is_peer_over = true;
    sctp_end(sctp, code, detail);
}

void sctp_read(struct sctp *sctp, bool enable)
{
    sctp->is_reading = enable;
    if (enable)
        loop_defer(sctp->loop, &sctp->task);
}

void sctp_path_doubted(struct sctp *sctp)
{
    if (sctp->state != SCTP_UP || sctp->is_doubted)
        return;
    sctp->is_doubted = true;
    sctp_flight_arm(sctp);
    sctp_arm(sctp);
}

void sctp_path_changed(struct sctp *sctp)
{
    sctp->is_doubted = false;
    if (sctp->state != SCTP_UP)
        return;
    sctp_flight_lose(sctp, false);
    sctp_path_restart(sctp);
    sctp_rate_restart(&sctp->rate);
    sctp_flight_forget(sctp);
    sctp_outgoing_run(sctp);
    sctp_arm(sctp);
}

void sctp_get_stats(struct sctp *sctp, struct sctp_stats *ret_stats)
{
    *ret_stats = sctp->stats;
    ret_stats->rtt_us = sctp->flight.rtt_us;
    ret_stats->rto_us = sctp_flight_timeout(sctp);
    ret_stats->cwnd = sctp->rate.window;
    ret_stats->peer_window = sctp->peer_window;
    ret_stats->unacknowledged = sctp_flight_count(&sctp->flight);
}
