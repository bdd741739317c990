// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The frame of a data channel lane, and messages that span several.
 *
 * An incomplete message keeps references to its frames, in an array by index that grows with the
 * highest index seen, and is put together when the last one is there: each byte is copied once, and
 * nothing is looked at twice. What it keeps, array and frames, is counted against the bound of the
 * lane. The list of incomplete messages is in order of use, so that what expires or gives way is at
 * its end, and the message whose next fragment comes is at its beginning.
 *
 * A message that turns out too long stays in that list, but its middle is given back and no more of
 * it is kept: somebody waits for what becomes of it, and the ends tell who.
 *
 * The peer decides what a frame says: nothing here asserts on it, and no frame ends the lane. An id
 * that was dropped is remembered for a while: a message without its beginning would wait in vain.
 *
 * Pure; one thread. */
#include "hyper/transport/fragment.h"

#include <string.h>

#include "base/bytes.h"
#include "base/cursor.h"
#include "base/err.h"
#include "base/mem.h"

#define FRAGMENT_MESSAGES_MAX 64

/* ---- sending ---- */

static size_t ceil_div(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

int fragment_begin(struct fragment_cutter *cutter, uint32_t id, size_t frame_len_max,
                   struct actr_bytes message)
{
    AUTO_BYTES struct actr_bytes owned = message;
    size_t most = frame_len_max < FRAGMENT_HEADER_LEN ? 0 : frame_len_max - FRAGMENT_HEADER_LEN;
    if (actr_bytes_failed(message))
        return err_origin(ACTR_ENOMEM, "fragment: no memory");
    if (most > FRAGMENT_BODY_MAX)
        most = FRAGMENT_BODY_MAX;
    size_t body_len = most < FRAGMENT_BODY_LEN ? most : FRAGMENT_BODY_LEN;
    size_t needed = ceil_div(message.len, FRAGMENT_COUNT_MAX);
    if (body_len < needed)
        body_len = needed;
    if (body_len > most || frame_len_max < FRAGMENT_HEADER_LEN)
        return err_origin(ACTR_EINVALID, "fragment: %zu bytes do not fit frames of %zu",
                          message.len, frame_len_max);
    *cutter = (struct fragment_cutter){
        .message = bytes_take(&owned),
        .body_len = body_len,
        .id = id,
        .count = message.len ? (uint32_t)ceil_div(message.len, body_len) : 1,
    };
    return 0;
}

static void header_put(const struct fragment_cutter *cutter, uint8_t header[FRAGMENT_HEADER_LEN])
{
    for (unsigned i = 0; i < 4; i++)
        header[i] = (uint8_t)(cutter->id >> (24 - 8 * i));
    header[4] = (uint8_t)(cutter->index >> 8);
    header[5] = (uint8_t)cutter->index;
    header[6] = (uint8_t)(cutter->count >> 8);
    header[7] = (uint8_t)cutter->count;
}

static int next_of_many(struct fragment_cutter *cutter, struct actr_bytes *ret_frame)
{
    size_t left = cutter->message.len - cutter->at;
    size_t len = left < cutter->body_len ? left : cutter->body_len;
    uint8_t *data;
    struct actr_bytes frame = bytes_new(FRAGMENT_HEADER_LEN + len, &data);
    if (actr_bytes_failed(frame))
        return err_origin(ACTR_ENOMEM, "fragment: no memory");
    header_put(cutter, data);
    memcpy(data + FRAGMENT_HEADER_LEN, cutter->message.ptr + cutter->at, len);
    cutter->at += len;
    *ret_frame = frame;
    return 0;
}

int fragment_next(struct fragment_cutter *cutter, struct actr_bytes *ret_frame)
{
    uint8_t header[FRAGMENT_HEADER_LEN];
    int r;
    if (cutter->index == cutter->count)
        return FRAGMENT_DONE;
    if (cutter->count == 1) {
        header_put(cutter, header);
        r = bytes_prepend(&cutter->message, header, sizeof(header));
        if (r == 0)
            *ret_frame = bytes_take(&cutter->message);
        else
            fragment_end(cutter);
    } else {
        r = next_of_many(cutter, ret_frame);
    }
    if (r < 0)
        return r;
    if (++cutter->index == cutter->count)
        actr_bytes_unref(bytes_take(&cutter->message));
    return 0;
}

void fragment_end(struct fragment_cutter *cutter)
{
    actr_bytes_unref(cutter->message);
    *cutter = (struct fragment_cutter){0};
}

/* ---- incomplete messages ---- */

struct fragment_slot {
    struct actr_bytes body;
    bool is_here;
};

/* An incomplete message. */
struct fragment_parts {
    struct list link;
    struct list of_total;
    struct fragment_receiver *receiver;
    uint32_t id;
    uint32_t count, here; /* fragments: of the message, received */
    size_t len;           /* of the bodies received */
    size_t held;          /* memory: all of this */
    uint64_t touched_us;
    struct fragment_slot *slots; /* by index */
    uint32_t slot_count;
    bool is_too_long; /* only the ends are kept */
};

static void parts_charge(struct fragment_receiver *receiver, struct fragment_parts *parts,
                         size_t bytes)
{
    parts->held += bytes;
    receiver->stats.bytes_held += bytes;
    if (receiver->options.total)
        receiver->options.total->bytes_held += bytes;
}

static void parts_discharge(struct fragment_receiver *receiver, struct fragment_parts *parts,
                            size_t bytes)
{
    parts->held -= bytes;
    receiver->stats.bytes_held -= bytes;
    if (receiver->options.total)
        receiver->options.total->bytes_held -= bytes;
}

static void parts_free(struct fragment_receiver *receiver, struct fragment_parts *parts)
{
    for (uint32_t i = 0; i < parts->slot_count; i++)
        actr_bytes_unref(parts->slots[i].body);
    parts_discharge(receiver, parts, parts->held);
    receiver->stats.incomplete--;
    list_remove(&parts->link);
    list_remove(&parts->of_total);
    mem_free(parts->slots);
    mem_free(parts);
}

static void parts_drop(struct fragment_receiver *receiver, struct fragment_parts *parts)
{
    receiver->dropped[receiver->dropped_next] = parts->id;
    receiver->dropped_next = (receiver->dropped_next + 1) % FRAGMENT_DROPPED_MAX;
    if (receiver->dropped_count < FRAGMENT_DROPPED_MAX)
        receiver->dropped_count++;
    receiver->stats.dropped++;
    parts_free(receiver, parts);
}

static struct fragment_parts *parts_last(const struct fragment_receiver *receiver)
{
    return list_is_empty(&receiver->parts)
               ? NULL
               : container_of(receiver->parts.prev, struct fragment_parts, link);
}

static bool is_dropped(const struct fragment_receiver *receiver, uint32_t id)
{
    for (size_t i = 0; i < receiver->dropped_count; i++)
        if (receiver->dropped[i] == id)
            return true;
    return false;
}

static struct fragment_parts *parts_find(const struct fragment_receiver *receiver, uint32_t id)
{
    list_each(pos, &receiver->parts)
    {
        struct fragment_parts *parts = container_of(pos, struct fragment_parts, link);
        if (parts->id == id)
            return parts;
    }
    return NULL;
}

/* To the front, where the message whose fragments are coming is found at once. */
static void parts_touch(struct fragment_receiver *receiver, struct fragment_parts *parts,
                        uint64_t now_us)
{
    parts->touched_us = now_us;
    list_remove(&parts->link);
    list_push_front(&receiver->parts, &parts->link);
    if (!receiver->options.total)
        return;
    list_remove(&parts->of_total);
    list_push_front(&receiver->options.total->parts, &parts->of_total);
}

static struct fragment_parts *parts_new(struct fragment_receiver *receiver, uint32_t id,
                                        uint32_t count)
{
    struct fragment_parts *parts = mem_alloc(sizeof(*parts));
    if (!parts)
        return NULL;
    parts->receiver = receiver;
    parts->id = id;
    parts->count = count;
    list_init(&parts->link);
    list_init(&parts->of_total);
    receiver->stats.incomplete++;
    parts_charge(receiver, parts, sizeof(*parts));
    return parts;
}

/* Room for a slot at `index`. */
static bool parts_grow(struct fragment_receiver *receiver, struct fragment_parts *parts,
                       uint32_t index)
{
    uint32_t count = parts->slot_count ? parts->slot_count : 4;
    if (index < parts->slot_count)
        return true;
    while (count <= index)
        count *= 2;
    if (count > parts->count)
        count = parts->count;
    struct fragment_slot *slots = mem_resize(parts->slots, count * sizeof(*slots));
    if (!slots)
        return false;
    memset(slots + parts->slot_count, 0, (count - parts->slot_count) * sizeof(*slots));
    parts_charge(receiver, parts, (count - parts->slot_count) * sizeof(*slots));
    parts->slots = slots;
    parts->slot_count = count;
    return true;
}

static bool parts_is_end(const struct fragment_parts *parts, uint32_t index)
{
    return index == 0 || index + 2 >= parts->count;
}

/* Keeps the body of a fragment, or of a message that is too long the ends alone; consumes body. */
static void parts_put(struct fragment_receiver *receiver, struct fragment_parts *parts,
                      uint32_t index, struct actr_bytes body)
{
    parts->here++;
    parts->len += body.len;
    parts->slots[index].is_here = true;
    if (parts->is_too_long && !parts_is_end(parts, index)) {
        actr_bytes_unref(body);
        return;
    }
    parts->slots[index].body = body;
    parts_charge(receiver, parts, bytes_held(body));
    if (parts->is_too_long || parts->len <= receiver->options.message_len_max)
        return;
    parts->is_too_long = true;
    for (uint32_t i = 0; i < parts->slot_count; i++) {
        if (parts_is_end(parts, i))
            continue;
        parts_discharge(receiver, parts, bytes_held(parts->slots[i].body));
        actr_bytes_unref(bytes_take(&parts->slots[i].body));
    }
}

/* ---- receiving ---- */

void fragment_receiver_init(struct fragment_receiver *receiver,
                            const struct fragment_options *options)
{
    *receiver = (struct fragment_receiver){.options = *options};
    if (receiver->options.message_count_max == 0)
        receiver->options.message_count_max = FRAGMENT_MESSAGES_MAX;
    list_init(&receiver->parts);
}

void fragment_receiver_deinit(struct fragment_receiver *receiver)
{
    struct fragment_parts *parts;
    while ((parts = parts_last(receiver)))
        parts_free(receiver, parts);
}

uint64_t fragment_expire(struct fragment_receiver *receiver, uint64_t now_us)
{
    struct fragment_parts *parts;
    while ((parts = parts_last(receiver))) {
        if (now_us - parts->touched_us < receiver->options.expiry_us)
            return parts->touched_us + receiver->options.expiry_us;
        parts_drop(receiver, parts);
    }
    return UINT64_MAX;
}

void fragment_total_init(struct fragment_total *total, size_t bytes_max)
{
    *total = (struct fragment_total){.bytes_max = bytes_max};
    list_init(&total->parts);
}

uint64_t fragment_total_expire(struct fragment_total *total, uint64_t now_us)
{
    uint64_t next_us = UINT64_MAX;
    for (struct list *pos = total->parts.prev, *next; pos != &total->parts; pos = next) {
        struct fragment_parts *parts = container_of(pos, struct fragment_parts, of_total);
        uint64_t expiry_us = parts->receiver->options.expiry_us;
        next = pos->prev;
        if (now_us - parts->touched_us >= expiry_us)
            parts_drop(parts->receiver, parts);
        else if (expiry_us < next_us - parts->touched_us)
            next_us = parts->touched_us + expiry_us;
    }
    return next_us;
}

/* Those that wait for longest give way. */
static void make_room(struct fragment_receiver *receiver)
{
    const struct fragment_options *options = &receiver->options;
    while (receiver->stats.bytes_held > options->bytes_max ||
           receiver->stats.incomplete > options->message_count_max)
        parts_drop(receiver, parts_last(receiver));
    struct fragment_total *total = options->total;
    while (total && total->bytes_held > total->bytes_max) {
        struct fragment_parts *parts =
            container_of(total->parts.prev, struct fragment_parts, of_total);
        parts_drop(parts->receiver, parts);
    }
}

/* Of what is kept, which is everything or the ends. Frees the parts. */
static int put_together(struct fragment_receiver *receiver, struct fragment_parts *parts,
                        struct actr_bytes *ret_message)
{
    const struct fragment_excess excess = {parts->len, parts->slots[0].body.len};
    bool is_too_long = parts->is_too_long;
    uint8_t *data = NULL;
    size_t at = 0, len = 0;
    struct actr_bytes message = {0};
    for (uint32_t i = 0; i < parts->count; i++)
        len += parts->slots[i].body.len;
    if (len > 0)
        message = bytes_new(len, &data);
    if (actr_bytes_failed(message)) {
        parts_drop(receiver, parts);
        return err_origin(ACTR_ENOMEM, "fragment: no memory");
    }
    for (uint32_t i = 0; i < parts->count && data; i++) {
        const struct actr_bytes *body = &parts->slots[i].body;
        if (body->len > 0)
            memcpy(data + at, body->ptr, body->len);
        at += body->len;
    }
    parts_free(receiver, parts);
    *ret_message = message;
    if (!is_too_long) {
        receiver->stats.messages++;
        return FRAGMENT_WHOLE;
    }
    receiver->stats.too_long++;
    receiver->excess = excess;
    return FRAGMENT_TOO_LONG;
}

struct fragment_head {
    uint32_t id, index, count;
};

/* One of several; consumes body. */
static int receive_part(struct fragment_receiver *receiver, const struct fragment_head *head,
                        struct actr_bytes body, uint64_t now_us, struct actr_bytes *ret_message)
{
    AUTO_BYTES struct actr_bytes owned = body;
    struct fragment_parts *parts = parts_find(receiver, head->id);
    if (!parts && is_dropped(receiver, head->id)) {
        receiver->stats.late++;
        return 0;
    }
    if (parts && parts->count != head->count) {
        receiver->stats.malformed++;
        return 0;
    }
    if (parts && head->index < parts->slot_count && parts->slots[head->index].is_here) {
        receiver->stats.repeated++;
        return 0;
    }
    if (!parts)
        parts = parts_new(receiver, head->id, head->count);
    if (!parts)
        return err_origin(ACTR_ENOMEM, "fragment: no memory");
    parts_touch(receiver, parts, now_us);
    if (!parts_grow(receiver, parts, head->index)) {
        parts_drop(receiver, parts);
        return err_origin(ACTR_ENOMEM, "fragment: no memory");
    }
    parts_put(receiver, parts, head->index, bytes_take(&owned));
    if (parts->here == parts->count)
        return put_together(receiver, parts, ret_message);
    make_room(receiver);
    return 0;
}

int fragment_receive(struct fragment_receiver *receiver, struct actr_bytes frame, uint64_t now_us,
                     struct actr_bytes *ret_message)
{
    struct cursor cursor = cursor_of(actr_bytes_view(frame));
    struct fragment_head head = {.id = cursor_u32be(&cursor)};
    head.index = cursor_u16be(&cursor);
    head.count = cursor_u16be(&cursor);
    if (actr_bytes_failed(frame))
        return err_origin(ACTR_ENOMEM, "fragment: no memory");
    receiver->stats.frames++;
    fragment_expire(receiver, now_us);
    if (cursor.failed || head.index >= head.count) {
        receiver->stats.malformed++;
        actr_bytes_unref(frame);
        return 0;
    }
    struct actr_bytes body =
        actr_bytes_slice(frame, FRAGMENT_HEADER_LEN, frame.len - FRAGMENT_HEADER_LEN);
    if (head.count > 1)
        return receive_part(receiver, &head, body, now_us, ret_message);
    *ret_message = body;
    if (body.len > receiver->options.message_len_max) {
        receiver->stats.too_long++;
        receiver->excess = (struct fragment_excess){body.len, body.len};
        return FRAGMENT_TOO_LONG;
    }
    receiver->stats.messages++;
    return FRAGMENT_WHOLE;
}
