// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* RpcEnvelope by hand: one pass, no allocation to decode, one to encode.
 *
 * The decoder fills a local value and copies it out at the end, so a refused message leaves nothing
 * behind. A presence bit per required field is all the bookkeeping: absent optional text keeps a
 * NULL pointer. Agreement with protobuf-c includes its habits: the last of repeated scalars wins;
 * each `error` must be whole, and the last wins; a known field of the wrong wire type refuses the
 * message; texts are not checked for UTF-8. A required field that is missing refuses the message,
 * where the existing system reads a zero or an empty text; it always writes them.
 *
 * Pure; any thread. Never allocates while decoding, never reads a byte twice. */
#include "protocol/envelope.h"

#include "base/bytes.h"
#include "base/err.h"
#include "protocol/pb.h"

enum {
    ENVELOPE_ROUTE = 1,
    ENVELOPE_PAYLOAD = 2,
    ENVELOPE_ERROR = 3,
    ENVELOPE_DIRECTION = 4,
    ENVELOPE_TRACEPARENT = 100,
    ENVELOPE_TRACESTATE = 101,
    ENVELOPE_REQUEST_ID = 102,
    ENVELOPE_METADATA = 103,
    ENVELOPE_TIMEOUT = 104
};

static bool envelope_is_known(uint64_t field)
{
    return (field >= ENVELOPE_ROUTE && field <= ENVELOPE_DIRECTION) ||
           (field >= ENVELOPE_TRACEPARENT && field <= ENVELOPE_TIMEOUT);
}

/* ErrorResponse: 1 code, 2 message, both required. */
static bool envelope_read_error(struct pb *outer, struct envelope *envelope)
{
    struct actr_view bytes, message = {0};
    uint64_t key, code = 0;
    bool has_code = false;

    if (!pb_bytes(outer, &bytes))
        return false;
    struct pb pb = pb_of(bytes);
    while (pb.at < pb.end) {
        bool ok;
        if (!pb_key(&pb, &key))
            return false;
        if (key == PB_KEY(1, PB_VARINT))
            ok = has_code = pb_varint(&pb, &code);
        else if (key == PB_KEY(2, PB_LENGTH))
            ok = pb_bytes(&pb, &message);
        else
            ok = key >> 3 != 1 && key >> 3 != 2 && pb_skip(&pb, key);
        if (!ok)
            return false;
    }
    if (!has_code || !message.ptr)
        return false;
    envelope->has_error = true;
    envelope->error_code = (uint32_t)code;
    envelope->error_message = message;
    return true;
}

static bool envelope_read_direction(struct pb *pb, struct envelope *envelope)
{
    uint64_t number;
    if (!pb_varint(pb, &number))
        return false;
    uint32_t direction = (uint32_t)number; /* an enum is 32 bits of the varint */
    envelope->direction =
        direction <= ENVELOPE_TELL ? (enum envelope_direction)direction : ENVELOPE_UNSPECIFIED;
    return true;
}

static bool envelope_read_metadata(struct pb *pb)
{
    struct actr_view entry, key, value;
    return pb_bytes(pb, &entry) && pb_pair(entry, &key, &value);
}

static bool envelope_read_timeout(struct pb *pb, struct envelope *envelope, bool *ret_has_timeout)
{
    uint64_t number;
    if (!pb_varint(pb, &number))
        return false;
    envelope->timeout_ms = (int64_t)number;
    *ret_has_timeout = true;
    return true;
}

static bool envelope_read_field(struct pb *pb, struct envelope *envelope, bool *ret_has_timeout)
{
    uint64_t key;
    if (!pb_key(pb, &key))
        return false;
    switch (key) {
    case PB_KEY(ENVELOPE_ROUTE, PB_LENGTH):
        return pb_bytes(pb, &envelope->route);
    case PB_KEY(ENVELOPE_PAYLOAD, PB_LENGTH):
        envelope->has_payload = true;
        return pb_bytes(pb, &envelope->payload);
    case PB_KEY(ENVELOPE_ERROR, PB_LENGTH):
        return envelope_read_error(pb, envelope);
    case PB_KEY(ENVELOPE_DIRECTION, PB_VARINT):
        return envelope_read_direction(pb, envelope);
    case PB_KEY(ENVELOPE_TRACEPARENT, PB_LENGTH):
        return pb_bytes(pb, &envelope->traceparent);
    case PB_KEY(ENVELOPE_TRACESTATE, PB_LENGTH):
        return pb_bytes(pb, &envelope->tracestate);
    case PB_KEY(ENVELOPE_REQUEST_ID, PB_LENGTH):
        return pb_bytes(pb, &envelope->request_id);
    case PB_KEY(ENVELOPE_METADATA, PB_LENGTH):
        return envelope_read_metadata(pb);
    case PB_KEY(ENVELOPE_TIMEOUT, PB_VARINT):
        return envelope_read_timeout(pb, envelope, ret_has_timeout);
    default:
        return !envelope_is_known(key >> 3) && pb_skip(pb, key);
    }
}

int envelope_decode(struct actr_view bytes, struct envelope *ret_envelope)
{
    struct pb pb = pb_of(bytes);
    struct envelope envelope = {0};
    bool has_timeout = false;

    while (pb.at < pb.end) {
        if (!envelope_read_field(&pb, &envelope, &has_timeout))
            return err_origin(ACTR_EDECODE, "envelope: malformed");
    }
    if (!envelope.route.ptr || !envelope.request_id.ptr || !has_timeout)
        return err_origin(ACTR_EDECODE, "envelope: no %s",
                          !envelope.route.ptr        ? "route"
                          : !envelope.request_id.ptr ? "request id"
                                                     : "timeout");
    *ret_envelope = envelope;
    return 0;
}

/* Size of a text with a two-byte key that may be absent. */
static size_t envelope_text_size(struct actr_view text)
{
    return text.ptr ? pb_bytes_size(2, text.len) : 0;
}

static size_t envelope_error_size(const struct envelope *envelope)
{
    return 1 + pb_varint_size(envelope->error_code) + pb_bytes_size(1, envelope->error_message.len);
}

static size_t envelope_size(const struct envelope *envelope)
{
    size_t size = pb_bytes_size(1, envelope->route.len);
    if (envelope->has_payload)
        size += pb_bytes_size(1, envelope->payload.len);
    if (envelope->has_error)
        size += pb_bytes_size(1, envelope_error_size(envelope));
    if (envelope->direction != ENVELOPE_UNSPECIFIED)
        size += 2;
    size += envelope_text_size(envelope->traceparent) + envelope_text_size(envelope->tracestate);
    size += pb_bytes_size(2, envelope->request_id.len);
    return size + 2 + pb_varint_size((uint64_t)envelope->timeout_ms);
}

static uint8_t *envelope_put_text(uint8_t *at, unsigned field, struct actr_view text)
{
    return text.ptr ? pb_put_bytes(at, PB_KEY(field, PB_LENGTH), text) : at;
}

struct actr_bytes envelope_encode(const struct envelope *envelope)
{
    uint8_t *at;
    if (pb_is_failed(envelope->payload))
        return actr_bytes_copy(envelope->payload);
    struct actr_bytes bytes = bytes_new(envelope_size(envelope), &at);
    if (!at)
        return bytes;

    at = pb_put_bytes(at, PB_KEY(ENVELOPE_ROUTE, PB_LENGTH), envelope->route);
    if (envelope->has_payload)
        at = pb_put_bytes(at, PB_KEY(ENVELOPE_PAYLOAD, PB_LENGTH), envelope->payload);
    if (envelope->has_error) {
        at = pb_put_varint(at, PB_KEY(ENVELOPE_ERROR, PB_LENGTH));
        at = pb_put_varint(at, envelope_error_size(envelope));
        at = pb_put_varint(at, PB_KEY(1, PB_VARINT));
        at = pb_put_varint(at, envelope->error_code);
        at = pb_put_bytes(at, PB_KEY(2, PB_LENGTH), envelope->error_message);
    }
    if (envelope->direction != ENVELOPE_UNSPECIFIED) {
        at = pb_put_varint(at, PB_KEY(ENVELOPE_DIRECTION, PB_VARINT));
        at = pb_put_varint(at, envelope->direction);
    }
    at = envelope_put_text(at, ENVELOPE_TRACEPARENT, envelope->traceparent);
    at = envelope_put_text(at, ENVELOPE_TRACESTATE, envelope->tracestate);
    at = pb_put_bytes(at, PB_KEY(ENVELOPE_REQUEST_ID, PB_LENGTH), envelope->request_id);
    at = pb_put_varint(at, PB_KEY(ENVELOPE_TIMEOUT, PB_VARINT));
    pb_put_varint(at, (uint64_t)envelope->timeout_ms);
    return bytes;
}
