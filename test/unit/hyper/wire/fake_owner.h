// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* An owner of wires that writes down what it is told, one line each. */
#pragma once

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "harness.h"
#include "hyper/wire/wire.h"

struct fake_owner {
    char log[65536];
    struct wire *wire; /* the last one that was told about; NULL: closed */
};

static inline void fake_owner_note(struct fake_owner *owner, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline void fake_owner_note(struct fake_owner *owner, const char *format, ...)
{
    size_t len = strlen(owner->log);
    va_list args;
    va_start(args, format);
    int more = vsnprintf(owner->log + len, sizeof(owner->log) - len, format, args);
    va_end(args);
    assert_true(more >= 0 && (size_t)more < sizeof(owner->log) - len);
}

/* What was told since the last look must be exactly this. */
static inline void fake_owner_expect(struct fake_owner *owner, const char *log)
{
    assert_string_equal(owner->log, log);
    owner->log[0] = '\0';
}

static inline void fake_owner_on_ready(void *user, struct wire *wire)
{
    struct fake_owner *owner = user;
    assert_int_equal(wire->state, WIRE_READY);
    owner->wire = wire;
    fake_owner_note(owner, "ready\n");
}

static inline void fake_owner_on_proven(void *user, struct wire *wire)
{
    assert_true(wire->proven);
    fake_owner_note(user, "proven\n");
}

static inline void fake_owner_on_message(void *user, struct wire *wire, uint8_t channel,
                                         struct actr_bytes message)
{
    assert_int_equal(wire->state, WIRE_READY);
    fake_owner_note(user, "message %u %.*s\n", channel, (int)message.len,
                    (const char *)message.ptr);
    actr_bytes_unref(message);
}

static inline void fake_owner_on_excess(void *user, struct wire *wire, uint8_t channel,
                                        const struct excess *excess)
{
    assert_int_equal(wire->state, WIRE_READY);
    fake_owner_note(user, "excess %u %zu %.*s..%.*s\n", channel, excess->len, (int)excess->head.len,
                    (const char *)excess->head.ptr, (int)excess->tail.len,
                    (const char *)excess->tail.ptr);
}

static inline void fake_owner_on_writable(void *user, struct wire *wire, uint8_t channel)
{
    (void)wire;
    fake_owner_note(user, "writable %u\n", channel);
}

static inline void fake_owner_on_closed(void *user, struct wire *wire, int code, const char *detail,
                                        bool final)
{
    struct fake_owner *owner = user;
    assert_int_equal(wire->state, WIRE_CLOSED);
    owner->wire = NULL;
    fake_owner_note(owner, "closed %s %s%s\n", actr_errname(code), detail, final ? " final" : "");
}

static const struct wire_events fake_owner_events = {
    .on_ready = fake_owner_on_ready,
    .on_proven = fake_owner_on_proven,
    .on_message = fake_owner_on_message,
    .on_excess = fake_owner_on_excess,
    .on_writable = fake_owner_on_writable,
    .on_closed = fake_owner_on_closed,
};
