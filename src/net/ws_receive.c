// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A WebSocket connection: from bytes to messages.
 *
 * The payload is copied once, from the buffer of the read into the message, and unmasked on the
 * way. A message in one frame gets exactly the memory it needs; for fragments it doubles. Memory
 * that a frame only announces is not touched before it is filled. Of a message that is too long the
 * ends alone are kept, where somebody wants to know of it.
 *
 * Rules of several frames are here (RFC 6455 §5.4, §5.5.1, §8.1); those of one are wsframe.c's. A
 * peer that breaks one is told by 1002, 1007 or 1009. Loop thread; after an event was delivered the
 * state says whether to go on. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cursor.h"
#include "base/err.h"
#include "base/text.h"
#include "net/stream.h"
#include "net/ws.h"

#define WS_CODE_PROTOCOL 1002
#define WS_CODE_TEXT 1007
#define WS_CODE_TOO_BIG 1009
#define WS_CODE_INTERNAL 1011

/* Is the next byte wanted? */
static bool ws_is_reading(const struct ws *ws)
{
    return (ws_state(ws) == WS_OPEN && !ws->is_paused) || ws_state(ws) == WS_CLOSING;
}

/* Of the message being assembled, so far. */
static uint64_t ws_message_len(const struct ws *ws)
{
    return excess_has_begun(&ws->excess) ? ws->excess.len : ws->message.len;
}

/* With the frame that has begun. */
static bool ws_exceeds(const struct ws *ws, uint64_t len_max)
{
    uint64_t len = ws_message_len(ws);
    return len > len_max || ws->frame.len > len_max - len;
}

/* The peer is told what it sent and what it may send. */
static void ws_fail_size(struct ws *ws)
{
    char text[96];
    snprintf(text, sizeof(text), "message too big: %llu B > limit %u B",
             (unsigned long long)ws->frame.len + ws_message_len(ws), ws->message_len_max);
    ws_fail(ws, WS_CODE_TOO_BIG, text);
}

/* From here on the ends of the message will do. */
static int ws_begin_excess(struct ws *ws)
{
    if (ws_state(ws) != WS_OPEN || excess_has_begun(&ws->excess))
        return 0;
    int r = excess_begin(&ws->excess, actr_view_of(ws->message.data, ws->message.len));
    if (r == 0)
        builder_deinit(&ws->message);
    return r;
}

static int ws_reserve(struct ws *ws)
{
    if (ws_state(ws) != WS_OPEN)
        return 0;
    return builder_reserve(&ws->message, (size_t)ws->frame.len, ws->message_len_max);
}

/* The header of a frame that carries a part of a message. */
static void ws_begin_data(struct ws *ws)
{
    const struct wsframe *frame = &ws->frame;
    bool is_first = frame->opcode != WSFRAME_CONTINUATION;

    if (is_first == (ws->message_opcode != 0))
        ws_fail(ws, WS_CODE_PROTOCOL,
                is_first ? "message within a message" : "continuation of nothing");
    else if (ws_exceeds(ws, ws->events->on_excess ? NET_WS_EXCESS_MAX : ws->message_len_max))
        ws_fail_size(ws);
    else if ((ws_exceeds(ws, ws->message_len_max) ? ws_begin_excess(ws) : ws_reserve(ws)) < 0)
        ws_fail(ws, WS_CODE_INTERNAL, "out of memory");
    else if (is_first)
        ws->message_opcode = frame->opcode;
}

static void ws_on_excess(struct ws *ws, bool is_text)
{
    struct excess_keeper keeper = ws->excess;
    const struct excess kept = excess_kept(&keeper);
    ws->excess = (struct excess_keeper){0};
    if (ws_state(ws) == WS_OPEN)
        ws->events->on_excess(ws->user, &kept, !is_text);
    excess_end(&keeper);
}

static void ws_on_message(struct ws *ws)
{
    struct actr_bytes message = builder_take(&ws->message);
    bool is_text = ws->message_opcode == WSFRAME_TEXT;

    ws->message_opcode = 0;
    if (excess_has_begun(&ws->excess)) {
        ws_on_excess(ws, is_text);
        return;
    }
    if (ws_state(ws) == WS_OPEN && is_text && !text_is_utf8(actr_bytes_view(message)))
        ws_fail(ws, WS_CODE_TEXT, "text is not UTF-8");
    if (ws_state(ws) == WS_OPEN && ws->events->on_message)
        ws->events->on_message(ws->user, message, !is_text);
    else
        actr_bytes_unref(message);
}

static void ws_on_close(struct ws *ws, struct actr_view payload)
{
    struct cursor cursor = cursor_of(payload);
    uint16_t code = cursor_u16be(&cursor);
    struct actr_view reason = {cursor.at, cursor_left(&cursor)};

    if (payload.len == 0)
        ws_on_close_frame(ws, 0, reason);
    else if (!wsframe_is_close_code(code))
        ws_fail(ws, WS_CODE_PROTOCOL, "malformed close");
    else if (!text_is_utf8(reason))
        ws_fail(ws, WS_CODE_TEXT, "reason is not UTF-8");
    else
        ws_on_close_frame(ws, code, reason);
}

static void ws_on_control(struct ws *ws)
{
    struct actr_view payload = {ws->control, (size_t)ws->frame.len};
    if (ws->frame.opcode == WSFRAME_CLOSE)
        ws_on_close(ws, payload);
    else if (ws->frame.opcode == WSFRAME_PING)
        ws_send_control(ws, WSFRAME_PONG, payload);
    else if (ws_state(ws) == WS_OPEN && ws->events->on_pong)
        ws->events->on_pong(ws->user, payload);
}

/* Takes a header, or the part of one that there is. Returns the bytes used. */
static size_t ws_take_header(struct ws *ws, struct actr_view view)
{
    size_t had = ws->header_len;
    size_t take = sizeof(ws->header) - had < view.len ? sizeof(ws->header) - had : view.len;

    if (had > 0) {
        memcpy(ws->header + had, view.ptr, take);
        view = actr_view_of(ws->header, had + take);
    }
    int r = wsframe_decode(view, ws->is_server, &ws->frame);
    if (r < 0) {
        ws_fail(ws, WS_CODE_PROTOCOL, actr_errmsg());
        return 0;
    }
    if (r == WSFRAME_MORE) {
        memcpy(ws->header + had, view.ptr + had, take);
        ws->header_len = (uint8_t)(had + take);
        return take;
    }
    ws->header_len = 0;
    ws->in_frame = true;
    ws->frame_got = 0;
    if (!wsframe_is_control(&ws->frame))
        ws_begin_data(ws);
    return ws->frame.header_len - had;
}

/* Where the next bytes of the payload go, *len of them at most; NULL: nowhere, they are dropped. */
static uint8_t *ws_payload_place(struct ws *ws, size_t *len)
{
    if (wsframe_is_control(&ws->frame))
        return ws->control + ws->frame_got;
    /* Closing: nobody will get the message, and there may be no room for this part. */
    if (ws_state(ws) != WS_OPEN)
        return NULL;
    if (excess_has_begun(&ws->excess))
        return excess_place(&ws->excess, len);
    return ws->message.data ? ws->message.data + ws->message.len : NULL;
}

static void ws_payload_add(struct ws *ws, size_t len)
{
    if (excess_has_begun(&ws->excess))
        excess_add(&ws->excess, len);
    else
        ws->message.len += len;
}

/* Takes payload. Returns the bytes used; at the end of the frame it calls up. */
static size_t ws_take_payload(struct ws *ws, struct actr_view view)
{
    uint64_t left = ws->frame.len - ws->frame_got;
    size_t len = left < view.len ? (size_t)left : view.len;
    uint8_t *to = ws_payload_place(ws, &len);

    if (to && len > 0 && ws->frame.is_masked)
        wsframe_mask(to, view.ptr, len, ws->frame.mask, ws->frame_got);
    else if (to && len > 0)
        memcpy(to, view.ptr, len);
    ws->frame_got += len;
    if (to && !wsframe_is_control(&ws->frame))
        ws_payload_add(ws, len);
    if (ws->frame_got < ws->frame.len)
        return len;

    ws->in_frame = false;
    if (wsframe_is_control(&ws->frame))
        ws_on_control(ws);
    else if (ws->frame.is_final)
        ws_on_message(ws);
    return len;
}

/* Keeps what cannot be looked at now. */
static void ws_stash(struct ws *ws, struct actr_view view)
{
    uint8_t *data;
    size_t had = ws->stash.len;
    if (view.len == 0)
        return;
    struct actr_bytes stash = bytes_new(had + view.len, &data);
    if (!data) {
        ws_fail(ws, WS_CODE_INTERNAL, "out of memory");
        return;
    }
    if (had > 0)
        memcpy(data, ws->stash.ptr, had);
    memcpy(data + had, view.ptr, view.len);
    actr_bytes_unref(ws->stash);
    ws->stash = stash;
}

void ws_receive(struct ws *ws, struct actr_view view)
{
    /* A frame without payload ends without a byte more. */
    while (ws_is_reading(ws) && (view.len > 0 || (ws->in_frame && ws->frame.len == 0))) {
        size_t used = ws->in_frame ? ws_take_payload(ws, view) : ws_take_header(ws, view);
        view.ptr += used;
        view.len -= used;
    }
    if (ws_state(ws) == WS_OPEN)
        ws_stash(ws, view);
}
