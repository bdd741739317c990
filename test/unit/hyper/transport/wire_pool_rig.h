// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A pool over fake wires, on virtual time; what it reports is written down. */
#pragma once

#include <stdarg.h>
#include <stdio.h>

#include "hyper/transport/fake_wire.h"
#include "hyper/transport/wire_pool.h"
#include "sys/loop_virtual.h"

#define MS 1000u

struct rig {
    struct loop *loop;
    struct fake_wires all;
    struct fake_dialer rtc, ws;
    struct wire_dialer *dialers[2];
    struct wire_pool pool;
    struct actr_id peer;
    uint64_t dials;
    uint64_t start_us;
    bool reconnects; /* inside on_lost */
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

static inline void on_ready(void *owner, struct wire *wire)
{
    note(owner, "ready %d\n", (int)wire->session);
}

static inline void on_carrier(void *owner, struct wire *wire)
{
    note(owner, "%d carries\n", (int)wire->session);
}

static inline void on_proven(void *owner, struct wire *wire)
{
    note(owner, "proven %d\n", (int)wire->session);
}

static inline void on_message(void *owner, struct wire_handle *handle, uint8_t channel,
                              struct actr_bytes message)
{
    note(owner, "message %d on %u: %zu bytes\n", (int)handle->wire->session, channel, message.len);
    actr_bytes_unref(message);
}

static inline void on_excess(void *owner, struct wire_handle *handle, const struct excess *excess)
{
    note(owner, "excess %d: %zu bytes\n", (int)handle->wire->session, excess->len);
}

static inline void on_writable(void *owner)
{
    note(owner, "writable\n");
}

static inline void on_stall(void *owner, const struct wire *wire)
{
    note(owner, "stalled %d\n", (int)wire->session);
}

static inline void on_lost(void *owner, const struct wire *wire, int code, const char *detail)
{
    struct rig *rig = owner;
    note(rig, "lost %d %s %s\n", (int)wire->session, actr_errname(code), detail);
    if (rig->reconnects)
        wire_pool_connect(&rig->pool);
}

static inline void on_unreachable(void *owner, int code, const char *detail)
{
    note(owner, "unreachable %s %s\n", actr_errname(code), detail);
}

static inline void on_idle(void *owner)
{
    note(owner, "idle\n");
}

static const struct wire_pool_events events = {
    on_ready,    on_carrier, on_proven, on_message,     on_excess,
    on_writable, on_stall,   on_lost,   on_unreachable, on_idle,
};

/* Dialers: WebRTC before WebSocket, or the WebSocket's alone. */
static inline void rig_open(struct rig *rig, size_t kinds)
{
    *rig = (struct rig){0};
    assert_int_equal(loop_virtual_new(1, &rig->loop), 0);
    rig->all.loop = rig->loop;
    rig->start_us = loop_now_us(rig->loop);
    fake_dialer_init(&rig->rtc, &rig->all, WIRE_WEBRTC);
    fake_dialer_init(&rig->ws, &rig->all, WIRE_WEBSOCKET);
    rig->dialers[0] = kinds == 2 ? &rig->rtc.base : &rig->ws.base;
    rig->dialers[1] = &rig->ws.base;
    assert_int_equal(actr_id_parse("1@7/acme:Test:1.0.0", &rig->peer), 0);
    const struct wire_pool_options options = {
        .loop = rig->loop,
        .dialers = rig->dialers,
        .count = kinds,
        .peer = &rig->peer,
        .dials = &rig->dials,
        .events = &events,
        .owner = rig,
    };
    wire_pool_init(&rig->pool, &options);
}

static inline void rig_at(struct rig *rig, uint64_t ms)
{
    loop_virtual_run_until(rig->loop, rig->start_us + ms * MS);
}

static inline void rig_settle(struct rig *rig)
{
    loop_virtual_run_until(rig->loop, loop_now_us(rig->loop));
}

static inline void rig_close(struct rig *rig)
{
    wire_pool_close(&rig->pool, "end");
    assert_true(loop_virtual_run_idle(rig->loop, UINT64_MAX));
    wire_pool_deinit(&rig->pool);
    loop_virtual_close(rig->loop);
}

static inline void refuse(struct fake_wire *wire)
{
    fake_wire_end(wire, ACTR_EUNAVAILABLE, "refused", false);
}
