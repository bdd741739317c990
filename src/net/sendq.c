// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The send queue of a stream.
 *
 * A ring of pieces that doubles, and goes away when it is empty and has been large: thousands of
 * idle connections must not keep what a burst once needed. The head lies in the piece, so bodies
 * may be shared with anybody: nothing is ever written in front of them.
 *
 * Invariant: len is the sum of all pieces less _sent, and _sent is less than the first piece.
 * Loop thread. */
#include "net/sendq.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#define SENDQ_CAP_FIRST 4  /* pieces */
#define SENDQ_CAP_KEEP 16  /* pieces an empty queue may keep room for */
#define SENDQ_JOIN_MAX 512 /* bytes; smaller pieces are copied together */

static struct sendq_piece *sendq_at(const struct sendq *queue, uint32_t index)
{
    return &queue->_pieces[(queue->_first + index) & (queue->_cap - 1)];
}

static size_t sendq_piece_len(const struct sendq_piece *piece)
{
    return piece->head_len + piece->body.len;
}

static void sendq_shrink(struct sendq *queue)
{
    if (queue->count > 0 || queue->_cap <= SENDQ_CAP_KEEP)
        return;
    mem_free(queue->_pieces);
    queue->_pieces = NULL;
    queue->_cap = queue->_first = 0;
}

void sendq_deinit(struct sendq *queue)
{
    for (uint32_t i = 0; i < queue->count; i++)
        actr_bytes_unref(sendq_at(queue, i)->body);
    mem_free(queue->_pieces);
    *queue = (struct sendq){0};
}

/* Room for one more. */
static int sendq_reserve(struct sendq *queue)
{
    if (queue->count < queue->_cap)
        return 0;
    uint32_t cap = queue->_cap ? queue->_cap * 2 : SENDQ_CAP_FIRST;
    struct sendq_piece *pieces = mem_alloc_raw(cap * sizeof(*pieces));
    if (!pieces)
        return err_origin(ACTR_ENOMEM, "stream: no memory for the queue");
    for (uint32_t i = 0; i < queue->count; i++)
        pieces[i] = *sendq_at(queue, i);
    mem_free(queue->_pieces);
    queue->_pieces = pieces;
    queue->_cap = cap;
    queue->_first = 0;
    return 0;
}

static struct sendq_piece sendq_piece_of(uint8_t tag, struct actr_view head, struct actr_bytes body)
{
    struct sendq_piece piece = {.head_len = (uint8_t)head.len, .tag = tag, .body = body};
    assert(head.len <= SENDQ_HEAD_MAX);
    if (head.len > 0)
        memcpy(piece.head, head.ptr, head.len);
    return piece;
}

/* May this body be queued? Gives it back when not. */
static int sendq_accept(struct sendq *queue, struct actr_bytes body)
{
    int r = actr_bytes_failed(body) ? err_origin(ACTR_ENOMEM, "stream: no memory for a message")
                                    : sendq_reserve(queue);
    if (r < 0)
        actr_bytes_unref(body);
    return r;
}

int sendq_push(struct sendq *queue, struct actr_view head, struct actr_bytes body)
{
    int r = sendq_accept(queue, body);
    if (r < 0)
        return r;
    *sendq_at(queue, queue->count++) = sendq_piece_of(0, head, body);
    queue->len += head.len + body.len;
    return 0;
}

int sendq_push_urgent(struct sendq *queue, uint8_t tag, struct actr_view head,
                      struct actr_bytes body)
{
    int r = sendq_accept(queue, body);
    if (r < 0)
        return r;
    uint32_t place = queue->_sent > 0 ? 1 : 0;
    struct sendq_piece fresh = sendq_piece_of(tag, head, body);
    queue->len += sendq_piece_len(&fresh);

    for (uint32_t i = place; i < queue->count && sendq_at(queue, i)->tag != 0; i++) {
        struct sendq_piece *old = sendq_at(queue, i);
        if (old->tag != tag)
            continue;
        queue->len -= sendq_piece_len(old);
        actr_bytes_unref(old->body);
        *old = fresh;
        return 0;
    }
    queue->_first = (queue->_first - 1) & (queue->_cap - 1);
    queue->count++;
    if (place == 1)
        *sendq_at(queue, 0) = *sendq_at(queue, 1);
    *sendq_at(queue, place) = fresh;
    return 0;
}

void sendq_drop(struct sendq *queue)
{
    uint32_t keep = queue->_sent > 0 ? 1 : 0;
    while (queue->count > keep) {
        struct sendq_piece *piece = sendq_at(queue, --queue->count);
        queue->len -= sendq_piece_len(piece);
        actr_bytes_unref(piece->body);
    }
    sendq_shrink(queue);
}

/* What a gathering has put together so far. */
struct sendq_gathered {
    struct iovec *iov;
    size_t count, max;
};

static void sendq_add(struct sendq_gathered *to, const void *ptr, size_t len)
{
    struct iovec *last = to->count > 0 ? &to->iov[to->count - 1] : NULL;
    if (len == 0)
        return;
    if (last && (const uint8_t *)last->iov_base + last->iov_len == ptr) {
        last->iov_len += len;
        return;
    }
    to->iov[to->count++] = (struct iovec){(void *)(uintptr_t)ptr, len};
}

size_t sendq_gather(const struct sendq *queue, struct iovec *iov, size_t iov_max, uint8_t *buf,
                    size_t cap)
{
    struct sendq_gathered to = {iov, 0, iov_max};
    size_t skip = queue->_sent;

    for (uint32_t i = 0; i < queue->count && to.count + 2 <= to.max; i++) {
        const struct sendq_piece *piece = sendq_at(queue, i);
        size_t from_head = skip < piece->head_len ? skip : piece->head_len;
        size_t from_body = skip - from_head;
        size_t head_len = piece->head_len - from_head;
        size_t body_len = piece->body.len - from_body;
        if (head_len + body_len <= SENDQ_JOIN_MAX && head_len + body_len <= cap) {
            memcpy(buf, piece->head + from_head, head_len);
            if (body_len > 0)
                memcpy(buf + head_len, piece->body.ptr + from_body, body_len);
            sendq_add(&to, buf, head_len + body_len);
            buf += head_len + body_len;
            cap -= head_len + body_len;
        } else {
            sendq_add(&to, piece->head + from_head, head_len);
            sendq_add(&to, piece->body.ptr + from_body, body_len);
        }
        skip = 0;
    }
    return to.count;
}

size_t sendq_copy(const struct sendq *queue, uint8_t *buf, size_t cap)
{
    size_t skip = queue->_sent, used = 0;

    for (uint32_t i = 0; i < queue->count && used < cap; i++) {
        const struct sendq_piece *piece = sendq_at(queue, i);
        const struct actr_view parts[] = {actr_view_of(piece->head, piece->head_len),
                                          actr_bytes_view(piece->body)};
        for (unsigned part = 0; part < 2; part++) {
            size_t from = skip < parts[part].len ? skip : parts[part].len;
            size_t len = parts[part].len - from < cap - used ? parts[part].len - from : cap - used;
            if (len > 0)
                memcpy(buf + used, parts[part].ptr + from, len);
            skip -= from;
            used += len;
        }
    }
    return used;
}

void sendq_advance(struct sendq *queue, size_t len)
{
    assert(len <= queue->len);
    queue->len -= len;
    queue->_sent += len;
    while (queue->count > 0 && queue->_sent >= sendq_piece_len(sendq_at(queue, 0))) {
        struct sendq_piece *piece = sendq_at(queue, 0);
        queue->_sent -= sendq_piece_len(piece);
        actr_bytes_unref(piece->body);
        queue->_first = (queue->_first + 1) & (queue->_cap - 1);
        queue->count--;
    }
    sendq_shrink(queue);
}
