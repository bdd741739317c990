// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A wire over one session.
 *
 * Proven from the beginning: a session is ready when the peer has taken part in it. A peer that
 * takes no more than the association's bound, or less than a frame, ends the wire.
 *
 * Loop thread. It never looks into messages. */
#include "hyper/wire/webrtc/rtc_wire.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/text.h"
#include "hyper/wire/webrtc/connection.h"

static struct rtc_wire *rtc_wire_of(struct wire *wire)
{
    return container_of(wire, struct rtc_wire, wire);
}

static void rtc_wire_set_end(struct rtc_wire *wire, int code, const char *detail, bool final)
{
    struct text text;
    wire->wire.state = WIRE_CLOSING;
    wire->end_code = code < 0 ? code : ACTR_ECANCELED;
    wire->end_final = final;
    text_init(&text, wire->end_detail, sizeof(wire->end_detail));
    text_append(&text, view_text(detail ? detail : ""));
}

static void rtc_wire_on_end(struct loop_task *task)
{
    struct rtc_wire *wire = container_of(task, struct rtc_wire, end);
    rtc_wire_finish(wire, wire->end_code, wire->end_detail);
}

static int rtc_wire_send(struct wire *base, uint8_t channel, struct actr_bytes message)
{
    struct rtc_wire *wire = rtc_wire_of(base);

    if (base->state != WIRE_READY || channel >= CONNECTION_LANES) {
        actr_bytes_unref(message);
        return 0;
    }
    int r = connection_send(wire->connection, channel, message);
    if (r == CONNECTION_FULL)
        return WIRE_FULL;
    if (r == 0 || r == ACTR_ENOMEM)
        return r;
    wire_close(base, r, actr_errmsg());
    return 0;
}

static void rtc_wire_read(struct wire *base, bool enable)
{
    struct rtc_wire *wire = rtc_wire_of(base);
    wire->is_reading = enable;
    if (wire->connection)
        connection_read(wire->connection, enable);
}

static void rtc_wire_probe(struct wire *base)
{
    struct rtc_wire *wire = rtc_wire_of(base);
    if (wire->connection)
        connection_probe(wire->connection);
}

static void rtc_wire_await(struct wire *base, bool is_awaited)
{
    struct rtc_wire *wire = rtc_wire_of(base);
    if (wire->connection)
        connection_await(wire->connection, is_awaited);
}

static void rtc_wire_close(struct wire *base, int code, const char *detail)
{
    struct rtc_wire *wire = rtc_wire_of(base);

    if (base->state == WIRE_CLOSING || base->state == WIRE_CLOSED)
        return;
    rtc_wire_set_end(wire, code, detail, code == ACTR_EPERMISSION);
    if (wire->connection) {
        connection_close(wire->connection); /* rtc_wire_finish() */
        return;
    }
    loop_defer(wire->loop, &wire->end);
    wire->on_abandoned(wire->user);
}

static const struct wire_ops rtc_wire_ops = {
    .send = rtc_wire_send,
    .read = rtc_wire_read,
    .probe = rtc_wire_probe,
    .await = rtc_wire_await,
    .close = rtc_wire_close,
};

struct rtc_wire *rtc_wire_new(struct loop *loop, enum wire_role role, const struct actr_id *peer)
{
    struct rtc_wire *wire = mem_alloc(sizeof(*wire));
    if (!wire)
        return NULL;
    wire->wire.ops = &rtc_wire_ops;
    wire->wire.kind = WIRE_WEBRTC;
    wire->wire.role = role;
    wire->wire.state = WIRE_CONNECTING;
    wire->wire.peer = *peer;
    wire->loop = loop;
    wire->is_reading = role == WIRE_DIALLED;
    loop_task_init(&wire->end, rtc_wire_on_end);
    do
        loop_random(loop, &wire->wire.session, sizeof(wire->wire.session));
    while (wire->wire.session == 0);
    return wire;
}

void rtc_wire_bind(struct rtc_wire *wire, struct connection *connection, uint64_t session)
{
    wire->connection = connection;
    wire->wire.session = session;
    wire->wire.state = WIRE_READY;
    wire->wire.proven = true;
}

void rtc_wire_tell_ready(struct rtc_wire *wire)
{
    struct wire *base = &wire->wire;

    if (base->state != WIRE_READY)
        return;
    base->events->on_ready(base->owner, base);
    if (base->state == WIRE_READY)
        base->events->on_proven(base->owner, base);
    if (wire->is_reading)
        connection_read(wire->connection, true);
}

void rtc_wire_stall(struct rtc_wire *wire, bool is_stalled)
{
    struct wire *base = &wire->wire;

    if (base->state != WIRE_READY || base->stalled == is_stalled)
        return;
    base->stalled = is_stalled;
    base->events->on_stall(base->owner, base);
}

void rtc_wire_fail(struct rtc_wire *wire, int code, const char *detail, bool final)
{
    rtc_wire_set_end(wire, code, detail, final);
    loop_defer(wire->loop, &wire->end);
}

void rtc_wire_finish(struct rtc_wire *wire, int code, const char *detail)
{
    struct wire *base = &wire->wire;
    bool was_closing = base->state == WIRE_CLOSING;

    wire->connection = NULL;
    base->state = WIRE_CLOSED;
    base->events->on_closed(base->owner, base, was_closing ? wire->end_code : code,
                            was_closing ? wire->end_detail : detail, wire->end_final);
    loop_task_cancel(&wire->end);
    mem_free(wire);
}
