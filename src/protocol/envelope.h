// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* RpcEnvelope, read and written without protobuf-c: views into the received bytes, one buffer for
 * the encoded ones.
 *
 * Agrees with protobuf-c on every input (differential test and fuzzer): accepts and refuses the
 * same bytes, yields the same fields, writes the same bytes. So a required field that is missing
 * (route, request id, timeout) refuses the envelope; the existing system reads it as zero or empty,
 * but always writes it. Field numbers: actr.RpcEnvelope. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>

/* Numbers of the wire (actr.Direction). */
enum envelope_direction {
    ENVELOPE_UNSPECIFIED = 0, /* also: absent, or a number that is none */
    ENVELOPE_REQUEST = 1,
    ENVELOPE_RESPONSE = 2,
    ENVELOPE_TELL = 3
};

/* The key of the metadata entry that this system writes and reads; others ignore it. */
#define ENVELOPE_CALL_CHAIN "actr-call-chain"

/* Everything is borrowed from the bytes it was decoded from. Absent optional text: ptr NULL. */
struct envelope {
    struct actr_view route;
    struct actr_view payload; /* meaningful when has_payload; may be empty */
    struct actr_view error_message;
    struct actr_view traceparent;
    struct actr_view tracestate;
    struct actr_view request_id;
    struct actr_view call_chain; /* metadata under ENVELOPE_CALL_CHAIN; ptr NULL: none */
    int64_t timeout_ms;
    uint32_t error_code;
    enum envelope_direction direction;
    bool has_payload;
    bool has_error;
};

/* Decodes. Other metadata entries are checked and skipped (no part of the system reads them).
 * ACTR_EDECODE with a detail; *ret_envelope untouched then. */
int envelope_decode(struct actr_view bytes, struct envelope *ret_envelope) ACTR_MUST_CHECK;

/* Decodes an envelope of `len` bytes of which the middle is missing: head is its beginning and tail
 * its end, and what lies between them is within the payload, or nothing is missing. The same as of
 * the whole, but for the payload, which is empty when there was one. ACTR_EDECODE: malformed, or
 * something else is missing; *ret_envelope untouched then. */
int envelope_decode_ends(struct actr_view head, struct actr_view tail, size_t len,
                         struct envelope *ret_envelope) ACTR_MUST_CHECK;

/* Encodes into fresh bytes with BYTES_HEADROOM in front; fields in ascending order; no metadata but
 * call_chain. A failed value when memory has run out, now or when the payload was made.
 * ENVELOPE_UNSPECIFIED leaves the field out. */
struct actr_bytes envelope_encode(const struct envelope *envelope);

/* The same into memory of the caller: how many bytes, and writing just so many. The payload must
 * not be a failed value. */
size_t envelope_size(const struct envelope *envelope);
void envelope_write(const struct envelope *envelope, uint8_t *ret_bytes);
