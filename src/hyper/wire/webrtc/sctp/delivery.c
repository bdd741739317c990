// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Chunks become messages, messages wait for those before them in their stream, and what is ready
 * waits in one queue, with resets and the other events in their place between them, until the owner
 * is called.
 *
 * A message in several chunks grows in a block; a large one is handed up in it, a small one as a
 * copy of its own size, so that little is kept alive by little. The block stays until the
 * association has been idle for a while.
 *
 * Everything that is kept counts against the receive window, with SCTP_ITEM_COST for each thing.
 * Loop thread; never calls up. */
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/sctp/core.h"

#define SCTP_BLOCK (64u << 10)
#define SCTP_EVENT_CELLS 16
#define SCTP_STREAMS_FIRST 8
#define SCTP_STREAM_BEGIN 0x10000u /* SSN 0, with room for those before it */

void sctp_delivery_init(struct sctp_delivery *delivery)
{
    list_init(&delivery->ready);
    pool_init(&delivery->events, sizeof(struct sctp_event), SCTP_EVENT_CELLS, 1);
}

static void sctp_delivery_forget(struct sctp *sctp, const struct sctp_event *event)
{
    sctp->delivery.held -= event->bytes.len + SCTP_ITEM_COST;
}

static void sctp_delivery_discard(struct sctp *sctp, struct sctp_event *event)
{
    sctp_delivery_forget(sctp, event);
    actr_bytes_unref(event->bytes);
    pool_give(&sctp->delivery.events, event);
}

/* Behind the end nothing comes. */
static void sctp_delivery_ready(struct sctp *sctp, struct sctp_event *event)
{
    if (sctp->state == SCTP_OVER)
        sctp_delivery_discard(sctp, event);
    else
        list_push(&sctp->delivery.ready, &event->link);
}

/* NULL: the association ends, for want of memory. Consumes bytes. */
static struct sctp_event *sctp_delivery_event(struct sctp *sctp, enum sctp_event_kind kind,
                                              struct actr_bytes bytes)
{
    struct sctp_event *event = actr_bytes_failed(bytes) ? NULL : pool_take(&sctp->delivery.events);
    if (!event) {
        actr_bytes_unref(bytes);
        sctp_end(sctp, ACTR_ENOMEM, "no memory for a message");
        return NULL;
    }
    *event = (struct sctp_event){.kind = kind, .bytes = bytes};
    sctp->delivery.held += bytes.len + SCTP_ITEM_COST;
    return event;
}

/* ---- Order within a stream ---- */

/* NULL: no memory, and the association ends. */
static struct sctp_stream *sctp_delivery_stream(struct sctp *sctp, uint16_t stream)
{
    struct sctp_delivery *delivery = &sctp->delivery;
    uint32_t count = delivery->stream_count ? delivery->stream_count : SCTP_STREAMS_FIRST;

    if (stream < delivery->stream_count)
        return &delivery->streams[stream];
    while (count <= stream)
        count *= 2;
    struct sctp_stream *streams = mem_alloc(count * sizeof *streams);
    if (!streams) {
        sctp_end(sctp, ACTR_ENOMEM, "no memory for a stream");
        return NULL;
    }
    for (uint32_t i = 0; i < count; i++)
        streams[i] = i < delivery->stream_count ? delivery->streams[i]
                                                : (struct sctp_stream){.next = SCTP_STREAM_BEGIN};
    mem_free(delivery->streams);
    delivery->streams = streams;
    delivery->stream_count = count;
    return &streams[stream];
}

/* The number of a message that is no further from the next one than SSNs tell. */
static uint64_t sctp_delivery_number(const struct sctp_stream *stream, uint16_t ssn)
{
    return stream->next + (uint64_t)(int16_t)(ssn - (uint16_t)stream->next);
}

/* Those before `end` that wait, in order. */
static void sctp_delivery_release(struct sctp *sctp, struct sctp_stream *stream, uint64_t end)
{
    struct heap_node *node;

    while ((node = heap_first(&stream->waiting)) != NULL && node->key < end) {
        heap_remove(&stream->waiting, node);
        sctp_delivery_ready(sctp, container_of(node, struct sctp_event, turn));
    }
}

/* The stream goes on with `next`, and with those after it that are here. */
static void sctp_delivery_go_on(struct sctp *sctp, struct sctp_stream *stream, uint64_t next)
{
    const struct heap_node *node;

    stream->next = next;
    sctp_delivery_release(sctp, stream, stream->next);
    while ((node = heap_first(&stream->waiting)) != NULL && node->key == stream->next)
        sctp_delivery_release(sctp, stream, ++stream->next);
}

/* A whole message. Consumes bytes. */
static void sctp_delivery_put(struct sctp *sctp, const struct sctp_piece *piece,
                              struct actr_bytes bytes)
{
    bool is_unordered = piece->flags & SCTP_FLAG_UNORDERED;

    if (piece->stream >= sctp->here.streams_in) {
        actr_bytes_unref(bytes);
        return;
    }
    struct sctp_event *event = sctp_delivery_event(sctp, SCTP_EVENT_MESSAGE, bytes);
    if (!event)
        return;
    event->head = (struct sctp_message){
        .stream = piece->stream, .ppid = piece->ppid, .is_unordered = is_unordered};
    struct sctp_stream *stream = is_unordered ? NULL : sctp_delivery_stream(sctp, piece->stream);
    uint64_t number = stream ? sctp_delivery_number(stream, piece->ssn) : 0;
    if (stream && number > stream->next) {
        heap_push(&stream->waiting, &event->turn, number);
        return;
    }
    sctp_delivery_ready(sctp, event);
    if (stream && number == stream->next)
        sctp_delivery_go_on(sctp, stream, number + 1);
}

void sctp_delivery_skip(struct sctp *sctp, uint16_t number, uint16_t ssn)
{
    if (number >= sctp->here.streams_in)
        return;
    struct sctp_stream *stream = sctp_delivery_stream(sctp, number);
    uint64_t last = stream ? sctp_delivery_number(stream, ssn) : 0;
    /* Complete ones before it may have waited for what will not come. */
    if (stream && last >= stream->next)
        sctp_delivery_go_on(sctp, stream, last + 1);
}

/* ---- Pieces become messages ---- */

void sctp_delivery_drop_part(struct sctp *sctp)
{
    sctp->delivery.held -= sctp->delivery.part_len;
    sctp->delivery.part_len = 0;
    sctp->delivery.is_part_open = false;
}

static bool sctp_delivery_append(struct sctp *sctp, struct actr_view data)
{
    struct sctp_delivery *delivery = &sctp->delivery;
    size_t len = delivery->part_len + data.len;

    if (len > sctp->options.message_len_max) {
        sctp_end(sctp, ACTR_EINVALID, "a message over the limit");
        return false;
    }
    if (len > delivery->part.len) {
        size_t cap = delivery->part.len ? delivery->part.len : SCTP_BLOCK;
        while (cap < len)
            cap *= 2;
        uint8_t *bytes;
        struct actr_bytes block = bytes_new(cap, &bytes);
        if (actr_bytes_failed(block)) {
            sctp_end(sctp, ACTR_ENOMEM, "no memory for a message");
            return false;
        }
        if (delivery->part_len > 0)
            memcpy(bytes, delivery->part_data, delivery->part_len);
        actr_bytes_unref(delivery->part);
        delivery->part = block;
        delivery->part_data = bytes;
    }
    memcpy(delivery->part_data + delivery->part_len, data.ptr, data.len);
    delivery->part_len = len;
    delivery->held += data.len;
    return true;
}

/* What has been put together, whole. */
static struct actr_bytes sctp_delivery_finish(struct sctp *sctp)
{
    struct sctp_delivery *delivery = &sctp->delivery;
    struct actr_bytes bytes;

    if (delivery->part_len >= SCTP_BLOCK / 2) {
        bytes = bytes_take(&delivery->part);
        bytes_truncate(&bytes, delivery->part_len);
    } else {
        bytes = actr_bytes_copy(actr_view_of(delivery->part_data, delivery->part_len));
    }
    sctp_delivery_drop_part(sctp);
    return bytes;
}

void sctp_delivery_next(struct sctp *sctp, const struct sctp_piece *piece, struct actr_view data)
{
    struct sctp_delivery *delivery = &sctp->delivery;
    bool is_begin = piece->flags & SCTP_FLAG_BEGIN, is_end = piece->flags & SCTP_FLAG_END;

    if (is_begin)
        sctp_delivery_drop_part(sctp); /* it was given up */
    else if (!delivery->is_part_open)
        return;
    if (is_begin && is_end) {
        if (data.len > sctp->options.message_len_max)
            sctp_end(sctp, ACTR_EINVALID, "a message over the limit");
        else
            sctp_delivery_put(sctp, piece, actr_bytes_copy(data));
        return;
    }
    delivery->is_part_open = true;
    if (sctp_delivery_append(sctp, data) && is_end)
        sctp_delivery_put(sctp, piece, sctp_delivery_finish(sctp));
}

/* As long as it is not whole it is not believed: the length first. */
void sctp_delivery_early(struct sctp *sctp, uint32_t first, uint32_t last)
{
    const struct sctp_incoming *incoming = &sctp->incoming;
    size_t len = 0;
    uint8_t *data;

    for (uint32_t tsn = first; tsn != last + 1; tsn++)
        len += incoming->ring[tsn & (incoming->cap - 1)].bytes.len;
    if (len > sctp->options.message_len_max) {
        sctp_end(sctp, ACTR_EINVALID, "a message over the limit");
        return;
    }
    struct sctp_piece *begin = &incoming->ring[first & (incoming->cap - 1)];
    struct actr_bytes whole = first == last ? bytes_take(&begin->bytes) : bytes_new(len, &data);
    for (uint32_t tsn = first; tsn != last + 1; tsn++) {
        struct sctp_piece *piece = &incoming->ring[tsn & (incoming->cap - 1)];
        if (first != last && !actr_bytes_failed(whole)) {
            memcpy(data, piece->bytes.ptr, piece->bytes.len);
            data += piece->bytes.len;
        }
        sctp->delivery.held -= (first == last ? len : piece->bytes.len) + SCTP_ITEM_COST;
        actr_bytes_unref(bytes_take(&piece->bytes));
        piece->is_done = true;
    }
    sctp_delivery_put(sctp, begin, whole);
}

/* ---- Events ---- */

static void sctp_delivery_restart(struct sctp *sctp, uint16_t number)
{
    if (number >= sctp->delivery.stream_count)
        return;
    struct sctp_stream *stream = &sctp->delivery.streams[number];
    sctp_delivery_release(sctp, stream, UINT64_MAX);
    stream->next = SCTP_STREAM_BEGIN;
}

void sctp_delivery_reset(struct sctp *sctp, struct actr_bytes streams)
{
    if (streams.len == 0) {
        for (uint32_t i = 0; i < sctp->delivery.stream_count; i++)
            sctp_delivery_restart(sctp, (uint16_t)i);
    }
    for (size_t at = 0; at + 2 <= streams.len; at += 2) {
        uint16_t number;
        memcpy(&number, streams.ptr + at, sizeof number);
        sctp_delivery_restart(sctp, number);
    }
    sctp_delivery_tell(sctp, SCTP_EVENT_RESET, true, streams);
}

void sctp_delivery_tell(struct sctp *sctp, enum sctp_event_kind kind, bool is_incoming,
                        struct actr_bytes bytes)
{
    struct sctp_event *event = sctp_delivery_event(sctp, kind, bytes);
    if (!event)
        return;
    event->is_incoming = is_incoming;
    sctp_delivery_ready(sctp, event);
}

struct sctp_event *sctp_delivery_take(struct sctp *sctp)
{
    struct list *node = list_pop(&sctp->delivery.ready);
    if (!node)
        return NULL;
    struct sctp_event *event = container_of(node, struct sctp_event, link);
    sctp_delivery_forget(sctp, event);
    return event;
}

void sctp_delivery_trim(struct sctp *sctp)
{
    struct sctp_delivery *delivery = &sctp->delivery;

    if (delivery->part_len > 0)
        return;
    actr_bytes_unref(delivery->part);
    delivery->part = (struct actr_bytes){0};
}

void sctp_delivery_clear(struct sctp *sctp)
{
    struct sctp_delivery *delivery = &sctp->delivery;
    struct list *node;

    for (uint32_t i = 0; i < delivery->stream_count; i++)
        sctp_delivery_release(sctp, &delivery->streams[i], UINT64_MAX);
    while ((node = list_pop(&delivery->ready)) != NULL)
        sctp_delivery_discard(sctp, container_of(node, struct sctp_event, link));
    mem_free(delivery->streams);
    actr_bytes_unref(delivery->part);
    pool_deinit(&delivery->events);
}
