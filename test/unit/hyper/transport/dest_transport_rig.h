// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A destination over fake wires, on virtual time; what it reports is written down. */
#pragma once

#include <stdarg.h>
#include <stdio.h>

#include "hyper/transport/dest_transport.h"
#include "hyper/transport/fake_wire.h"
#include "sys/loop_virtual.h"

struct rig {
    struct loop *loop;
    struct fake_wires all;
    struct fake_dialer rtc, ws;
    struct wire_dialer *dialers[2];
    struct peer_transport *transport;
    struct actr_id peer;
    struct dest_transport *dest;
    unsigned stalls;
    char log[2048];
};

static inline void note(struct rig *rig, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline void note(struct rig *rig, const char *format, ...)
{
    size_t len = strlen(rig->log);
    va_list args;
    va_start(args, format);
    int more = vsnprintf(rig->log + len, sizeof(rig->log) - len, format, args);
    va_end(args);
    assert_true(more >= 0 && (size_t)more < sizeof(rig->log) - len);
}

static inline void expect(struct rig *rig, const char *log)
{
    assert_string_equal(rig->log, log);
    rig->log[0] = '\0';
}

static inline void on_message(void *owner, struct dest_transport *from, uint64_t session,
                              bool verified, enum wire_kind kind, enum actr_payload_type type,
                              struct actr_bytes message)
{
    struct rig *rig = owner;
    assert_ptr_equal(from, rig->dest);
    note(rig, "message %d%s type %d: %.*s\n", (int)session, verified ? " verified" : "", type,
         (int)message.len, (const char *)message.ptr);
    actr_bytes_unref(message);
}

static inline void on_excess(void *owner, struct dest_transport *from, uint64_t session,
                             bool verified, enum actr_payload_type type,
                             const struct excess *excess)
{
    struct rig *rig = owner;
    assert_ptr_equal(from, rig->dest);
    note(rig, "excess %d%s type %d: %zu %.*s..%.*s\n", (int)session, verified ? " verified" : "",
         type, excess->len, (int)excess->head.len, (const char *)excess->head.ptr,
         (int)excess->tail.len, (const char *)excess->tail.ptr);
}

static inline void on_ready(void *owner, struct dest_transport *dest, uint64_t session)
{
    (void)dest;
    note(owner, "ready %d\n", (int)session);
}

static inline void on_proven(void *owner, struct dest_transport *dest, uint64_t session)
{
    (void)dest;
    note(owner, "proven %d\n", (int)session);
}

static inline void on_writable(void *owner, struct dest_transport *dest)
{
    (void)dest;
    note(owner, "writable\n");
}

static inline void on_unreachable(void *owner, struct dest_transport *dest, int code,
                                  const char *detail)
{
    (void)dest;
    note(owner, "unreachable %s %s\n", actr_errname(code), detail);
}

static inline void on_wire(void *owner, struct dest_transport *dest, uint64_t session, int code,
                           const char *detail)
{
    (void)dest;
    if (code == 0)
        note(owner, "up %d\n", (int)session);
    else
        note(owner, "down %d %s %s\n", (int)session, actr_errname(code), detail);
}

static inline void on_closed(void *owner)
{
    struct rig *rig = owner;
    if (dest_transport_user(rig->dest))
        dest_transport_set_user(rig->dest, NULL);
}

static inline void on_stall(void *owner, struct dest_transport *dest, uint64_t session)
{
    struct rig *rig = owner;
    assert_ptr_equal(dest, rig->dest);
    assert_int_equal(dest_transport_stalled(dest), session);
    rig->stalls++;
}

static const struct lane_events events = {
    .on_message = on_message,
    .on_excess = on_excess,
    .on_ready = on_ready,
    .on_proven = on_proven,
    .on_writable = on_writable,
    .on_stall = on_stall,
    .on_unreachable = on_unreachable,
    .on_wire = on_wire,
    .on_closed = on_closed,
};

static inline void rig_open(struct rig *rig, size_t kinds)
{
    *rig = (struct rig){0};
    assert_int_equal(loop_virtual_new(1, &rig->loop), 0);
    rig->all.loop = rig->loop;
    fake_dialer_init(&rig->rtc, &rig->all, WIRE_WEBRTC);
    fake_dialer_init(&rig->ws, &rig->all, WIRE_WEBSOCKET);
    rig->dialers[0] = kinds == 2 ? &rig->rtc.base : &rig->ws.base;
    rig->dialers[1] = &rig->ws.base;
    const struct peer_transport_options options = {
        .loop = rig->loop,
        .dialers = rig->dialers,
        .dialer_count = kinds,
        .events = &events,
        .owner = rig,
    };
    rig->transport = peer_transport_new(&options);
    assert_int_equal(actr_id_parse("1@7/acme:Test:1.0.0", &rig->peer), 0);
    assert_int_equal(peer_transport_dest(rig->transport, &rig->peer, &rig->dest), 0);
    dest_transport_set_user(rig->dest, rig);
}

static inline void rig_settle(struct rig *rig)
{
    loop_virtual_run_until(rig->loop, loop_now_us(rig->loop));
}

static inline void rig_close(struct rig *rig)
{
    peer_transport_close(rig->transport);
    assert_true(loop_virtual_run_idle(rig->loop, UINT64_MAX));
    loop_virtual_close(rig->loop);
}

/* The wire of the slot, dialled and ready. */
static inline struct fake_wire *rig_connect(struct rig *rig, size_t slot)
{
    uint64_t session;
    bool proven;
    dest_transport_connect(rig->dest, &session, &proven);
    struct fake_wire *wire = rig->all.wires[rig->all.count - rig->rtc.dials - 1 + slot];
    fake_wire_ready(wire);
    return wire;
}

static inline struct fake_wire *rig_accept(struct rig *rig)
{
    struct fake_wire *wire = fake_wire_new(&rig->all, WIRE_WEBSOCKET, WIRE_ACCEPTED, &rig->peer);
    peer_transport_accept(rig->transport, &wire->base);
    rig_settle(rig);
    return wire;
}

static inline int reply(struct rig *rig, uint64_t session, const char *text)
{
    return dest_transport_send_session(rig->dest, session, ACTR_RPC_RELIABLE, actr_bytes_str(text));
}

static inline void expect_sent(const struct fake_wire *wire, size_t index, const char *hex)
{
    uint8_t buf[128];
    size_t len = harness_hex(hex, buf, sizeof(buf));
    assert_true(index < wire->sent_count);
    assert_int_equal(wire->sent[index].len, len);
    assert_memory_equal(wire->sent[index].ptr, buf, len);
}
