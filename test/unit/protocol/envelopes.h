// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Signaling envelopes from hex that is written by hand from the field numbers. Included by the
 * tests of signaling.c and of its flows. */
#pragma once

#include <string.h>

#include "base/arena.h"
#include "protocol/signaling.h"
#include "protocol/vectors.h"

#define TYPE "0a0161 120162 1a0163"
#define TYPE_BAD "0a0131 120162 1a0163"
#define ID "0a02 0807 1009 1a09" TYPE
#define ID2 "0a02 0807 100a 1a09" TYPE
#define ID_BAD "0a02 0807 1009 1a09" TYPE_BAD
#define NO_CREDENTIAL "1206 0800 1200 1a00"
#define REQUEST "0a11" ID NO_CREDENTIAL
#define REPLY "0a11" ID
#define RELAY "0a11" ID NO_CREDENTIAL "1a11" ID2

enum { PEER = 0x52, ACTOR = 0x5a, SERVER = 0x62, RELAYED = 0x6a, ERROR = 0x72 };

/* Envelope "e" of version 2 with one flow: its key, then head and payload as hex. */
static inline struct actr_view wrap(uint8_t flow, const char *head, const char *payload,
                                    uint8_t buf[1024])
{
    uint8_t body[512];
    size_t body_len = harness_hex(head, body, sizeof(body));
    body_len += harness_hex(payload, body + body_len, sizeof(body) - body_len);
    size_t len = harness_hex("0802 120165", buf, 1024);
    buf[len++] = flow;
    if (body_len >= 0x80)
        buf[len++] = (uint8_t)(body_len | 0x80);
    buf[len++] = (uint8_t)(body_len >= 0x80 ? body_len >> 7 : body_len);
    memcpy(buf + len, body, body_len);
    return actr_view_of(buf, len + body_len);
}

static inline struct actr_id id_of(const char *text)
{
    struct actr_id id;
    assert_int_equal(actr_id_parse(text, &id), 0);
    return id;
}

/* Decodes what must be good and encode to the same bytes. The caller ends the arena. */
static inline struct signaling_envelope decode(struct actr_view bytes, struct arena *arena)
{
    struct signaling_envelope envelope;
    arena_init(arena, (size_t)1 << 20);
    assert_int_equal(signaling_decode(bytes, arena, &envelope), 0);
    assert_int_equal(envelope.version, SIGNALING_VERSION);
    assert_bytes(signaling_encode(&envelope), bytes);
    return envelope;
}
