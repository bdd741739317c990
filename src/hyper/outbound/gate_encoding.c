// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Encoding of what the gate sends.
 *
 * The bound is that of one message on a wire. It is looked at before a payload is copied, and again
 * when the envelope around it is known. A caller hears of its own message that is too large; the
 * caller of a handler whose answer is too large gets an error instead, or it would wait in vain.
 *
 * Must never send: what comes out goes to an outbox or a wire. */
#include "hyper/outbound/gate_encoding.h"

#include "base/bytes.h"
#include "base/err.h"
#include "protocol/error.h"

#define GATE_ENCODING_MIB (1u << 20)

int gate_encoding_too_large(size_t len, uint32_t len_max)
{
    if (len_max < GATE_ENCODING_MIB)
        return err_origin(ACTR_EINVALID, "payload %zu B > limit %u B", len, len_max);
    return err_origin(ACTR_EINVALID, "payload %.3g MB > limit %.3g MiB", (double)len / 1e6,
                      (double)len_max / GATE_ENCODING_MIB);
}

int gate_encoding_message(const struct gate_message *message, enum envelope_direction direction,
                          const char request_id[GATE_REQUEST_ID_SIZE], uint32_t len_max,
                          struct gate_send *ret_send)
{
    const struct envelope envelope = {
        .route = message->route,
        .payload = actr_bytes_view(message->payload),
        .traceparent = message->traceparent,
        .tracestate = message->tracestate,
        .call_chain = message->call_chain,
        .request_id = actr_view_of(request_id, GATE_REQUEST_ID_SIZE - 1),
        .timeout_ms = direction == ENVELOPE_REQUEST ? message->timeout_ms : 0,
        .direction = direction,
        .has_payload = true,
    };
    if (actr_bytes_failed(message->payload))
        return err_origin(ACTR_ENOMEM, "gate: no memory");
    if (message->payload.len > len_max)
        return gate_encoding_too_large(message->payload.len, len_max);
    struct actr_bytes bytes = envelope_encode(&envelope);
    if (actr_bytes_failed(bytes))
        return err_origin(ACTR_ENOMEM, "gate: no memory");
    if (bytes.len > len_max) {
        size_t len = bytes.len;
        actr_bytes_unref(bytes);
        return gate_encoding_too_large(len, len_max);
    }
    *ret_send = (struct gate_send){
        ._envelope = bytes,
        ._len = (uint32_t)bytes.len,
        ._type = message->type,
        ._is_tell = direction == ENVELOPE_TELL,
        ._no_retry = message->no_retry,
    };
    return 0;
}

/* An error instead of an answer that is too large. */
static struct actr_bytes gate_encoding_refusal(const struct envelope *reply, size_t len,
                                               uint32_t len_max)
{
    char text[ERR_TEXT_MAX];
    struct envelope error = *reply;

    gate_encoding_too_large(len, len_max);
    error.has_payload = false;
    error.payload = (struct actr_view){0};
    error.has_error = true;
    error.error_code = err_wire_code(ACTR_EINTERNAL);
    error.error_message =
        view_text(err_wire_text(ACTR_EINTERNAL, actr_errmsg(), -1, text, sizeof(text)));
    return envelope_encode(&error);
}

int gate_encoding_reply(const struct envelope *reply, uint32_t len_max,
                        struct actr_bytes *ret_bytes)
{
    struct actr_bytes bytes = {0};
    size_t len = reply->payload.len;

    if (len <= len_max) {
        bytes = envelope_encode(reply);
        len = actr_bytes_failed(bytes) ? 0 : bytes.len;
    }
    if (len > len_max) {
        actr_bytes_unref(bytes);
        bytes = gate_encoding_refusal(reply, len, len_max);
    }
    if (actr_bytes_failed(bytes))
        return err_origin(ACTR_ENOMEM, "gate: no memory");
    *ret_bytes = bytes;
    return 0;
}
