// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A WebRTC session as a wire. Dialled, it exists before there is a session, through all attempts to
 * make one; accepted, it comes with the session. Channel n is lane n.
 *
 * Loop thread. Frees itself when on_closed has returned. */
#pragma once

#include <stdbool.h>

#include "hyper/wire/wire.h"
#include "sys/loop.h"

struct connection;

#define RTC_WIRE_DETAIL_SIZE 192

struct rtc_wire {
    struct wire wire;
    struct loop *loop;
    struct connection *connection; /* NULL: none yet */
    bool is_reading;
    /* It was closed before it had a connection. */
    void (*on_abandoned)(void *user);
    void *user;
    struct loop_task end;
    int end_code;
    bool end_final;
    char end_detail[RTC_WIRE_DETAIL_SIZE];
};

/* CONNECTING. NULL when memory has run out. */
struct rtc_wire *rtc_wire_new(struct loop *loop, enum wire_role role, const struct actr_id *peer);

/* Has a connection that is ready: is READY and proven from now on. */
void rtc_wire_bind(struct rtc_wire *wire, struct connection *connection, uint64_t session);
/* Tells on_ready and on_proven; for dialled wires. */
void rtc_wire_tell_ready(struct rtc_wire *wire);

/* Its path is lost, or back. */
void rtc_wire_stall(struct rtc_wire *wire, bool is_stalled);
/* on_closed follows, not inside. Only without a connection. */
void rtc_wire_fail(struct rtc_wire *wire, int code, const char *detail, bool final);
/* Its connection has gone: on_closed now, with what it was closed for if it was. */
void rtc_wire_finish(struct rtc_wire *wire, int code, const char *detail);
