// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What leaves: messages wait in one queue, in the order taken, and are cut into chunks when a
 * packet is made, as large as the path then takes; so nothing is cut that never leaves. A packet
 * carries, in this order, an acknowledgement, requests about streams, what must be sent again, and
 * new chunks.
 *
 * A message that fits into a packet is not cut to fill up another one. Bytes are copied once, from
 * the message into the packet. Loop thread. */
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/sctp/core.h"

/* A packet's rest that is worth a piece of a large message. */
#define SCTP_PIECE_LEAST 256
#define SCTP_FORWARD_STREAMS 64
#define SCTP_STREAMS_FIRST 8 /* with a number to keep */

/* A place for the stream's next number. False: no memory. */
static bool sctp_outgoing_number(struct sctp *sctp, uint16_t stream)
{
    uint32_t count = sctp->ssn_count ? sctp->ssn_count : SCTP_STREAMS_FIRST;

    if (stream < sctp->ssn_count)
        return true;
    while (count <= stream)
        count *= 2;
    uint16_t *ssns = mem_resize(sctp->ssns, count * sizeof *ssns);
    if (!ssns)
        return false;
    memset(ssns + sctp->ssn_count, 0, (count - sctp->ssn_count) * sizeof *ssns);
    sctp->ssns = ssns;
    sctp->ssn_count = count;
    return true;
}

int sctp_outgoing_push(struct sctp *sctp, const struct sctp_message *head, struct actr_bytes bytes)
{
    bool has_number = sctp_outgoing_number(sctp, head->stream);
    struct sctp_outgoing *message = has_number ? pool_take(&sctp->messages) : NULL;
    if (!message) {
        actr_bytes_unref(bytes);
        return ACTR_ENOMEM;
    }
    *message = (struct sctp_outgoing){.bytes = bytes,
                                      .ppid = head->ppid,
                                      .stream = head->stream,
                                      .is_unordered = head->is_unordered,
                                      .limit = head->reliability_value};
    if (sctp->there.has_forward)
        message->reliability = head->reliability;
    if (message->reliability == 2)
        message->limit = sctp_now(sctp) + head->reliability_value * UINT64_C(1000);
    list_init(&message->link);
    /* What is measured of the path until now says little: it could have carried more. */
    if (sctp_now(sctp) > sctp->idle_us)
        sctp_rate_limited(&sctp->rate, sctp->flight.bytes);
    sctp->idle_us = SCTP_NEVER;
    list_push(&sctp->queue, &message->link);
    sctp->unsent += bytes.len;
    sctp->buffered += bytes.len;
    return 0;
}

/* Neither waiting nor in flight any more. */
static void sctp_outgoing_free(struct sctp *sctp, struct sctp_outgoing *message)
{
    actr_bytes_unref(message->bytes);
    pool_give(&sctp->messages, message);
}

void sctp_outgoing_release(struct sctp *sctp, struct sctp_outgoing *message)
{
    message->chunks--;
    if (message->chunks == 0 && list_is_empty(&message->link))
        sctp_outgoing_free(sctp, message);
}

static void sctp_outgoing_abandon_chunks(struct sctp_flight *flight,
                                         const struct sctp_outgoing *message, uint32_t tsn)
{
    if (sctp_flight_count(flight) == 0)
        return;
    while (tsn != flight->first && sctp_flight_at(flight, tsn - 1)->message == message)
        tsn--;
    for (; tsn != flight->next && sctp_flight_at(flight, tsn)->message == message; tsn++) {
        struct sctp_flying *flying = sctp_flight_at(flight, tsn);
        if (flying->state == SCTP_SENT)
            flight->bytes -= flying->len;
        else if (flying->state == SCTP_LOST)
            flight->lost--;
        if (flying->state != SCTP_ACKED)
            flying->state = SCTP_ABANDONED;
    }
}

/* The peer, who may have all that left of it, must hear that its end will not come: a TSN for what
 * has not left is given and skipped. */
static void sctp_outgoing_abandon_rest(struct sctp *sctp, struct sctp_outgoing *message)
{
    struct sctp_flying *flying = sctp_flight_push(&sctp->flight);
    if (!flying) {
        sctp_end(sctp, ACTR_ENOMEM, "no memory to give up a message");
        return;
    }
    flying->message = message;
    flying->state = SCTP_ABANDONED;
    message->chunks++;
}

/* It will not be sent (again): what has not left is dropped, what has is skipped (RFC 3758). tsn is
 * that of any of its chunks, if it has begun. */
static void sctp_outgoing_abandon(struct sctp *sctp, struct sctp_outgoing *message, uint32_t tsn)
{
    if (message->has_begun)
        sctp_outgoing_abandon_chunks(&sctp->flight, message, tsn);
    if (!list_is_empty(&message->link)) {
        size_t rest = message->bytes.len - message->offset;
        if (message->has_begun)
            sctp_outgoing_abandon_rest(sctp, message);
        list_remove(&message->link);
        sctp->unsent -= rest;
        sctp->buffered -= rest;
    }
    if (message->chunks == 0)
        sctp_outgoing_free(sctp, message);
    sctp_flight_forward(sctp);
}

bool sctp_outgoing_has(const struct sctp *sctp, uint16_t stream)
{
    list_each(node, &sctp->queue)
    {
        if (container_of(node, const struct sctp_outgoing, link)->stream == stream)
            return true;
    }
    return false;
}

/* Should it not be sent, or not again? */
static bool sctp_outgoing_is_late(const struct sctp *sctp, const struct sctp_outgoing *message,
                                  unsigned sendings)
{
    switch (message->reliability) {
    case 1:
        return sendings > message->limit;
    case 2:
        return sctp_now(sctp) >= message->limit;
    default:
        return false;
    }
}

static void sctp_outgoing_write_chunk(struct sctp_writer *writer, const struct sctp_flying *flying,
                                      uint32_t tsn)
{
    const struct sctp_outgoing *message = flying->message;
    uint8_t *at = sctp_writer_chunk(writer, SCTP_DATA, flying->flags,
                                    SCTP_DATA_HEADER_LEN - SCTP_CHUNK_HEADER_LEN + flying->len);

    sctp_put32(at, tsn);
    sctp_put16(at + 4, message->stream);
    sctp_put16(at + 6, message->ssn);
    sctp_put32(at + 8, message->ppid);
    memcpy(at + 12, message->bytes.ptr + flying->offset, flying->len);
}

/* Bytes of a chunk's data that fit. */
static size_t sctp_outgoing_room(const struct sctp_writer *writer)
{
    size_t room = sctp_writer_room(writer);
    size_t head = SCTP_DATA_HEADER_LEN - SCTP_CHUNK_HEADER_LEN;
    return room > head ? room - head : 0;
}

static bool sctp_outgoing_may_send(const struct sctp *sctp)
{
    return sctp->flight.bytes < sctp->rate.window;
}

static void sctp_outgoing_again(struct sctp *sctp, struct sctp_writer *writer, uint32_t packet)
{
    struct sctp_flight *flight = &sctp->flight;

    while (flight->lost > 0 && (sctp_outgoing_may_send(sctp) || sctp->is_probing)) {
        uint32_t tsn = sctp_flight_lost(flight);
        struct sctp_flying *flying = sctp_flight_at(flight, tsn);
        if (sctp_outgoing_is_late(sctp, flying->message, flying->sendings)) {
            sctp_outgoing_abandon(sctp, flying->message, tsn);
            continue;
        }
        /* It was cut for a larger path than this one: it goes out whole, alone. */
        if (sctp_outgoing_room(writer) < flying->len && sctp_writer_is_empty(writer))
            writer->cap = writer->len + SCTP_DATA_HEADER_LEN + sctp_padded(flying->len);
        if (sctp_outgoing_room(writer) < flying->len)
            return;
        sctp_outgoing_write_chunk(writer, flying, tsn);
        sctp_flight_sent(sctp, flying, packet);
    }
}

/* How much of the message goes into the rest of the packet; 0: nothing. */
static size_t sctp_outgoing_cut(const struct sctp *sctp, const struct sctp_outgoing *message,
                                const struct sctp_writer *writer)
{
    size_t rest = message->bytes.len - message->offset, room = sctp_outgoing_room(writer);
    size_t whole = sctp->mtu - SCTP_HEADER_LEN - SCTP_DATA_HEADER_LEN;

    if (rest <= room)
        return rest;
    if (!sctp_writer_is_empty(writer) && (rest <= whole || room < SCTP_PIECE_LEAST))
        return 0;
    return room & ~(size_t)3;
}

/* May a chunk of `len` more go to a peer with this window? With nothing in flight one may, to see
 * when the window opens (RFC 9260 §6.1 A). */
static bool sctp_outgoing_has_window(const struct sctp *sctp, size_t len)
{
    return len <= sctp->peer_window || sctp_flight_count(&sctp->flight) == 0;
}

/* The next chunk of the first message. False: it does not fit, or there is no memory. Of the flight
 * one place is kept for sctp_outgoing_abandon_rest(): only the first message can have begun. */
static bool sctp_outgoing_next(struct sctp *sctp, struct sctp_outgoing *message,
                               struct sctp_writer *writer, uint32_t packet)
{
    size_t len = sctp_outgoing_cut(sctp, message, writer);

    if (len == 0 || !sctp_outgoing_has_window(sctp, len) ||
        sctp_flight_count(&sctp->flight) >= SCTP_FLIGHT_MAX - 1)
        return false;
    uint32_t tsn = sctp->flight.next;
    struct sctp_flying *flying = sctp_flight_push(&sctp->flight);
    if (!flying)
        return false;
    if (!message->has_begun && !message->is_unordered)
        message->ssn = sctp->ssns[message->stream]++;
    flying->message = message;
    flying->offset = message->offset;
    flying->len = (uint16_t)len;
    flying->flags = (uint8_t)((message->is_unordered ? SCTP_FLAG_UNORDERED : 0) |
                              (message->has_begun ? 0 : SCTP_FLAG_BEGIN));
    message->has_begun = true;
    message->offset += (uint32_t)len;
    message->chunks++;
    if (message->offset == message->bytes.len) {
        flying->flags |= SCTP_FLAG_END;
        list_remove(&message->link);
    }
    sctp->unsent -= len;
    sctp->peer_window -= len < sctp->peer_window ? (uint32_t)len : sctp->peer_window;
    sctp_outgoing_write_chunk(writer, flying, tsn);
    sctp_flight_sent(sctp, flying, packet);
    return true;
}

static void sctp_outgoing_new(struct sctp *sctp, struct sctp_writer *writer, uint32_t packet)
{
    while (!list_is_empty(&sctp->queue) && sctp_outgoing_may_send(sctp)) {
        struct sctp_outgoing *message = container_of(sctp->queue.next, struct sctp_outgoing, link);
        if (message->reliability == 2 && sctp_outgoing_is_late(sctp, message, 0)) {
            sctp_outgoing_abandon(sctp, message, sctp->flight.next - 1);
            continue;
        }
        if (!sctp_outgoing_next(sctp, message, writer, packet))
            return;
    }
}

/* A reset of its stream comes before what follows `forward`: the peer, who may have done it
 * already, would take its SSN for one of those that come. */
static bool sctp_outgoing_is_past(const struct sctp_outgoing *message, uint32_t forward)
{
    return message->is_past && !sctp_after(message->past_tsn, forward);
}

/* The highest SSN that is skipped in each stream, up to TSN *forward, which is taken back if that
 * are too many streams. */
static size_t sctp_outgoing_skipped(const struct sctp_flight *flight, uint32_t *forward,
                                    uint16_t (*list)[2], size_t cap)
{
    size_t count = 0;

    for (uint32_t tsn = flight->first; !sctp_after(tsn, *forward); tsn++) {
        const struct sctp_flying *flying = sctp_flight_at(flight, tsn);
        size_t i = 0;
        if (flying->state != SCTP_ABANDONED || flying->message->is_unordered ||
            sctp_outgoing_is_past(flying->message, *forward))
            continue;
        while (i < count && list[i][0] != flying->message->stream)
            i++;
        if (i == cap) {
            *forward = tsn - 1;
            break;
        }
        count += i == count;
        list[i][0] = flying->message->stream;
        list[i][1] = flying->message->ssn;
    }
    return count;
}

static void sctp_outgoing_forward(struct sctp *sctp, struct sctp_writer *writer)
{
    uint16_t list[SCTP_FORWARD_STREAMS][2];
    uint32_t forward = sctp->flight.forward;

    if (!sctp->is_forward_due || sctp_writer_room(writer) < 4 + sizeof list)
        return;
    sctp->is_forward_due = false;
    if (sctp_after(sctp->flight.first, forward))
        return;
    if (sctp->flight.timeout_us == SCTP_NEVER)
        sctp_flight_arm(sctp);
    size_t count = sctp_outgoing_skipped(&sctp->flight, &forward, list, SCTP_FORWARD_STREAMS);
    uint8_t *at = sctp_writer_chunk(writer, SCTP_FORWARD_TSN, 0, 4 + 4 * count);
    sctp_put32(at, forward);
    for (size_t i = 0; i < count; i++) {
        sctp_put16(at + 4 + 4 * i, list[i][0]);
        sctp_put16(at + 6 + 4 * i, list[i][1]);
    }
}

/* Something to send, and both the path and the peer take it. */
static bool sctp_outgoing_has_data(const struct sctp *sctp)
{
    if (sctp->is_probing)
        return sctp->flight.lost > 0;
    if (sctp_rate_next_us(&sctp->rate) > sctp_now(sctp) || !sctp_outgoing_may_send(sctp))
        return false;
    return sctp->flight.lost > 0 || !list_is_empty(&sctp->queue);
}

/* One packet. False: there was nothing to put into it. */
static bool sctp_outgoing_packet(struct sctp *sctp)
{
    uint8_t buf[SCTP_PACKET_MAX];
    struct sctp_writer writer;
    bool has_data = sctp_outgoing_has_data(sctp);
    uint32_t packet = sctp->flight.packets + 1, next = sctp->flight.next;
    uint64_t again = sctp->stats.retransmitted;

    sctp_writer_begin(&writer, buf, sctp->mtu, SCTP_PORT, sctp->options.remote_port,
                      sctp->there.tag);
    if (sctp->incoming.is_due || (has_data && sctp->incoming.packets > 0))
        sctp_incoming_write(sctp, &writer);
    sctp_reconfig_write(sctp, &writer);
    if (has_data)
        sctp_outgoing_again(sctp, &writer, packet);
    sctp_outgoing_forward(sctp, &writer);
    if (has_data && writer.cap <= sctp->mtu)
        sctp_outgoing_new(sctp, &writer, packet);
    sctp->is_probing = false;
    if (sctp_writer_is_empty(&writer))
        return false;
    if (next != sctp->flight.next || again != sctp->stats.retransmitted)
        sctp->flight.packets = packet;
    sctp_send_packet(sctp, sctp_writer_end(&writer, !sctp->there.takes_unchecked));
    return true;
}

void sctp_outgoing_run(struct sctp *sctp)
{
    size_t whole = sctp->mtu - SCTP_HEADER_LEN - SCTP_DATA_HEADER_LEN;

    if (sctp->state != SCTP_UP || (sctp->is_holding && sctp->unsent < whole))
        return;
    sctp_reconfig_run(sctp);
    while (sctp_outgoing_packet(sctp) && !(sctp->is_holding && sctp->unsent < whole))
        ;
    if (sctp_flight_count(&sctp->flight) > 0)
        sctp_path_run(sctp);
    bool is_idle =
        list_is_empty(&sctp->queue) && sctp->flight.lost == 0 && sctp_outgoing_may_send(sctp);
    if (!is_idle)
        sctp->idle_us = SCTP_NEVER;
    else if (sctp->idle_us == SCTP_NEVER)
        sctp->idle_us = sctp_now(sctp);
}

void sctp_outgoing_clear(struct sctp *sctp)
{
    struct list *node;

    while ((node = list_pop(&sctp->queue)) != NULL) {
        struct sctp_outgoing *message = container_of(node, struct sctp_outgoing, link);
        if (message->chunks == 0)
            sctp_outgoing_free(sctp, message);
    }
}
