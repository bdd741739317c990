// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What comes: which TSNs are here, and the acknowledgements that say so.
 *
 * A chunk in sequence goes straight on to its message. One that comes early is copied into a ring
 * by TSN; when all pieces of its message are here, the message goes on although something before it
 * is missing, so that a loss in one stream does not hold up another.
 *
 * Acknowledgements: our own kind gets one at the end of each burst that was read at once, or, for a
 * single packet, SCTP_DELAY_US later at most, so that an answer can carry it. Other peers, whose
 * window may grow by acknowledgements, get one for each SCTP_SACK_EVERY packets of a burst, and for
 * each packet while something is missing: they count those to find a loss (RFC 9260 §7.2.4).
 *
 * Bounds: SCTP_INCOMING_MAX TSNs. A peer that keeps to the window cannot know what things cost
 * beside their bytes, so half as much again is taken of what is early, and twice as much in
 * sequence, without which nothing would ever be freed. Loop thread. */
#include "base/mem.h"
#include "hyper/wire/webrtc/sctp/core.h"

#define SCTP_RING_FIRST 64
#define SCTP_DELAY_US 20000
#define SCTP_SACK_EVERY 8
#define SCTP_DATA_BODY_LEN 12 /* of a DATA chunk, before its data */

void sctp_incoming_init(struct sctp_incoming *incoming, uint32_t tsn)
{
    incoming->last = incoming->highest = tsn - 1;
    incoming->due_us = SCTP_NEVER;
}

static struct sctp_piece *sctp_incoming_at(const struct sctp_incoming *incoming, uint32_t tsn)
{
    return &incoming->ring[tsn & (incoming->cap - 1)];
}

/* Here, though something before it is not. */
static bool sctp_incoming_has(const struct sctp_incoming *incoming, uint32_t tsn)
{
    return !sctp_after(tsn, incoming->highest) && sctp_incoming_at(incoming, tsn)->is_here;
}

/* Room in the ring for a TSN beyond the last one by `distance`. */
static bool sctp_incoming_grow(struct sctp_incoming *incoming, uint32_t distance)
{
    uint32_t cap = incoming->cap ? incoming->cap : SCTP_RING_FIRST;

    while (cap <= distance)
        cap *= 2;
    if (cap == incoming->cap)
        return true;
    struct sctp_piece *ring = mem_alloc(cap * sizeof *ring);
    if (!ring)
        return false;
    for (uint32_t tsn = incoming->last + 1; !sctp_after(tsn, incoming->highest); tsn++)
        ring[tsn & (cap - 1)] = *sctp_incoming_at(incoming, tsn);
    mem_free(incoming->ring);
    incoming->ring = ring;
    incoming->cap = cap;
    return true;
}

static void sctp_incoming_drop(struct sctp *sctp, struct sctp_piece *piece)
{
    if (!piece->is_done && piece->is_here) {
        sctp->delivery.held -= piece->bytes.len + SCTP_ITEM_COST;
        actr_bytes_unref(piece->bytes);
    }
    *piece = (struct sctp_piece){0};
}

/* What was early is in sequence now. */
static void sctp_incoming_advance(struct sctp *sctp)
{
    struct sctp_incoming *incoming = &sctp->incoming;

    while (sctp_after(incoming->highest, incoming->last) &&
           sctp_incoming_at(incoming, incoming->last + 1)->is_here) {
        struct sctp_piece *piece = sctp_incoming_at(incoming, ++incoming->last);
        if (!piece->is_done)
            sctp_delivery_next(sctp, piece, actr_bytes_view(piece->bytes));
        sctp_incoming_drop(sctp, piece);
    }
    sctp_reconfig_on_progress(sctp);
}

/* Does the TSN hold a piece of the same message, which is not handed on, as far as can be told? */
static bool sctp_incoming_joins(const struct sctp_incoming *incoming, uint32_t tsn,
                                const struct sctp_piece *piece)
{
    if (!sctp_after(tsn, incoming->last) || !sctp_incoming_has(incoming, tsn))
        return false;
    const struct sctp_piece *other = sctp_incoming_at(incoming, tsn);
    return !other->is_done && other->stream == piece->stream && other->ssn == piece->ssn &&
           ((other->flags ^ piece->flags) & SCTP_FLAG_UNORDERED) == 0;
}

/* Is the piece the last that was missing of its message? Then it goes on. A row of pieces is known
 * by its ends, so that it costs no more to make a long one longer. */
static void sctp_incoming_complete(struct sctp *sctp, uint32_t tsn)
{
    const struct sctp_incoming *incoming = &sctp->incoming;
    const struct sctp_piece *piece = sctp_incoming_at(incoming, tsn);
    uint32_t first = tsn, last = tsn;

    if (!(piece->flags & SCTP_FLAG_BEGIN) && sctp_incoming_joins(incoming, tsn - 1, piece) &&
        !(sctp_incoming_at(incoming, tsn - 1)->flags & SCTP_FLAG_END))
        first = sctp_incoming_at(incoming, tsn - 1)->end;
    if (!(piece->flags & SCTP_FLAG_END) && sctp_incoming_joins(incoming, tsn + 1, piece) &&
        !(sctp_incoming_at(incoming, tsn + 1)->flags & SCTP_FLAG_BEGIN))
        last = sctp_incoming_at(incoming, tsn + 1)->end;
    sctp_incoming_at(incoming, first)->end = last;
    sctp_incoming_at(incoming, last)->end = first;
    if (sctp_incoming_at(incoming, first)->flags & SCTP_FLAG_BEGIN &&
        sctp_incoming_at(incoming, last)->flags & SCTP_FLAG_END)
        sctp_delivery_early(sctp, first, last);
}

/* How much may be held with a chunk that is early, or the next. Once the peer has been told that
 * the window is closed it only asks whether it still is. */
static size_t sctp_incoming_limit(const struct sctp *sctp, bool is_next)
{
    size_t window = sctp->options.receive_window;

    if (sctp->incoming.window == 0 && sctp->incoming.last == sctp->incoming.highest)
        return window;
    return is_next ? 2 * window : window / 2 * 3;
}

static void sctp_incoming_early(struct sctp *sctp, uint32_t tsn, const struct sctp_piece *given,
                                struct actr_view data)
{
    struct sctp_incoming *incoming = &sctp->incoming;
    size_t held = sctp->delivery.held + data.len + SCTP_ITEM_COST;

    incoming->is_due = true;
    if (sctp_incoming_has(incoming, tsn) || held > sctp_incoming_limit(sctp, false) ||
        !sctp_incoming_grow(incoming, tsn - incoming->last))
        return;
    struct sctp_piece *piece = sctp_incoming_at(incoming, tsn);
    struct actr_bytes bytes = actr_bytes_copy(data);
    if (actr_bytes_failed(bytes))
        return;
    *piece = *given;
    piece->is_here = true;
    piece->bytes = bytes;
    sctp->delivery.held = held;
    if (sctp_after(tsn, incoming->highest))
        incoming->highest = tsn;
    sctp_incoming_complete(sctp, tsn);
}

void sctp_incoming_on_data(struct sctp *sctp, const struct sctp_chunk *chunk)
{
    struct sctp_incoming *incoming = &sctp->incoming;
    const uint8_t *at = chunk->body.ptr;

    if (chunk->body.len <= SCTP_DATA_BODY_LEN) {
        sctp_end(sctp, ACTR_EUNAVAILABLE, "the peer sent a chunk without data");
        return;
    }
    struct actr_view data =
        actr_view_of(at + SCTP_DATA_BODY_LEN, chunk->body.len - SCTP_DATA_BODY_LEN);
    struct sctp_piece piece = {.flags = chunk->flags,
                               .stream = sctp_get16(at + 4),
                               .ssn = sctp_get16(at + 6),
                               .ppid = sctp_get32(at + 8)};
    uint32_t tsn = sctp_get32(at), distance = tsn - incoming->last;
    incoming->has_data = true;
    if (chunk->flags & SCTP_FLAG_IMMEDIATE)
        incoming->is_due = true;
    if (distance == 0 || distance >= SCTP_INCOMING_MAX) {
        incoming->is_due = true; /* repeated, or beyond all bounds */
    } else if (distance > 1) {
        sctp_incoming_early(sctp, tsn, &piece, data);
    } else if (sctp->delivery.held + data.len > sctp_incoming_limit(sctp, true)) {
        incoming->is_due = true;
    } else {
        incoming->last = tsn;
        if (sctp_after(tsn, incoming->highest))
            incoming->highest = tsn;
        else
            incoming->is_due = true; /* a gap is filled */
        sctp_delivery_next(sctp, &piece, data);
        sctp_incoming_advance(sctp);
    }
}

void sctp_incoming_on_forward(struct sctp *sctp, struct actr_view body)
{
    struct sctp_incoming *incoming = &sctp->incoming;

    if (body.len < 4)
        return;
    uint32_t tsn = sctp_get32(body.ptr);
    incoming->is_due = true;
    if (!sctp_after(tsn, incoming->last))
        return;
    /* A message that has begun and not ended ends beyond what had come: it is one of those given
     * up. */
    sctp_delivery_drop_part(sctp);
    while (incoming->last != tsn && incoming->last != incoming->highest)
        sctp_incoming_drop(sctp, sctp_incoming_at(incoming, ++incoming->last));
    incoming->last = tsn;
    if (sctp_after(tsn, incoming->highest))
        incoming->highest = tsn;
    for (size_t at = 4; at + 4 <= body.len; at += 4)
        sctp_delivery_skip(sctp, sctp_get16(body.ptr + at), sctp_get16(body.ptr + at + 2));
    sctp_incoming_advance(sctp);
}

void sctp_incoming_on_packet(struct sctp *sctp)
{
    struct sctp_incoming *incoming = &sctp->incoming;

    if (!incoming->has_data)
        return;
    incoming->has_data = false;
    incoming->packets++;
    bool has_gap = incoming->last != incoming->highest;
    if (!sctp->there.has_pad && (has_gap || incoming->packets >= SCTP_SACK_EVERY)) {
        incoming->is_due = true;
        sctp_outgoing_run(sctp);
    }
}

void sctp_incoming_on_burst(struct sctp *sctp)
{
    struct sctp_incoming *incoming = &sctp->incoming;

    if (incoming->packets > 1)
        incoming->is_due = true;
    else if (incoming->packets == 1 && incoming->due_us == SCTP_NEVER)
        incoming->due_us = sctp_now(sctp) + SCTP_DELAY_US;
}

static uint32_t sctp_incoming_window(const struct sctp *sctp)
{
    size_t held = sctp->delivery.held, window = sctp->options.receive_window;
    return held < window ? (uint32_t)(window - held) : 0;
}

/* The next run of TSNs at or after *tsn that are here. */
static bool sctp_incoming_block(const struct sctp_incoming *incoming, uint32_t *tsn,
                                uint32_t *ret_first)
{
    while (!sctp_after(*tsn, incoming->highest) && !sctp_incoming_at(incoming, *tsn)->is_here)
        ++*tsn;
    *ret_first = *tsn;
    while (sctp_incoming_has(incoming, *tsn))
        ++*tsn;
    return *tsn != *ret_first;
}

void sctp_incoming_write(struct sctp *sctp, struct sctp_writer *writer)
{
    struct sctp_incoming *incoming = &sctp->incoming;
    size_t room = sctp_writer_room(writer);
    uint32_t tsn = incoming->last + 1, first;
    uint16_t count = 0;

    if (room < 12)
        return;
    /* The blocks are written where the chunk's body will be, before its length is known. */
    uint8_t *body = writer->buf + writer->len + SCTP_CHUNK_HEADER_LEN;
    for (; 12 + 4 * (size_t)(count + 1) <= room && sctp_incoming_block(incoming, &tsn, &first);
         count++) {
        sctp_put16(body + 12 + 4 * (size_t)count, (uint16_t)(first - incoming->last));
        sctp_put16(body + 14 + 4 * (size_t)count, (uint16_t)(tsn - 1 - incoming->last));
    }
    sctp_writer_chunk(writer, SCTP_SACK, 0, 12 + 4 * (size_t)count);
    incoming->window = sctp_incoming_window(sctp);
    sctp_put32(body, incoming->last);
    sctp_put32(body + 4, incoming->window);
    sctp_put16(body + 8, count);
    sctp_put16(body + 10, 0);
    incoming->is_due = false;
    incoming->packets = 0;
    incoming->due_us = SCTP_NEVER;
}

void sctp_incoming_on_room(struct sctp *sctp)
{
    uint32_t half = sctp->options.receive_window / 2;

    if (sctp->incoming.window < half && sctp_incoming_window(sctp) >= half)
        sctp->incoming.is_due = true;
}

void sctp_incoming_clear(struct sctp *sctp)
{
    struct sctp_incoming *incoming = &sctp->incoming;

    while (incoming->last != incoming->highest)
        sctp_incoming_drop(sctp, sctp_incoming_at(incoming, ++incoming->last));
    mem_free(incoming->ring);
    incoming->ring = NULL;
    incoming->cap = 0;
}
