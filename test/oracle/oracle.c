// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* protobuf-c's reading of RpcEnvelope and DataChunk against ours. */
#include "oracle.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "protocol/chunk.h"
#include "protocol/envelope.h"
#include "protocol/rpc.pb-c.h"

static bool oracle_same(struct actr_view ours, ProtobufCBinaryData theirs)
{
    return ours.ptr != NULL && ours.len == theirs.len &&
           (theirs.len == 0 || memcmp(ours.ptr, theirs.data, theirs.len) == 0);
}

static bool oracle_same_optional(struct actr_view ours, protobuf_c_boolean has,
                                 ProtobufCBinaryData theirs)
{
    return has ? oracle_same(ours, theirs) : ours.ptr == NULL && ours.len == 0;
}

/* Unknown fields are not ours to keep; protobuf-c would write them again. */
static void oracle_drop_unknown(ProtobufCMessage *message)
{
    for (unsigned i = 0; i < message->n_unknown_fields; i++)
        free(message->unknown_fields[i].data);
    free(message->unknown_fields);
    message->n_unknown_fields = 0;
    message->unknown_fields = NULL;
}

/* Consumes `ours`. */
static bool oracle_same_encoding(struct actr_bytes ours, const void *theirs)
{
    size_t len = protobuf_c_message_get_packed_size(theirs);
    uint8_t *packed = malloc(len + 1);
    bool same = packed && !actr_bytes_failed(ours) && ours.len == len;
    if (same) {
        protobuf_c_message_pack(theirs, packed);
        same = memcmp(packed, ours.ptr, len) == 0;
    }
    free(packed);
    actr_bytes_unref(ours);
    return same;
}

static enum envelope_direction oracle_direction(const Actr__RpcEnvelope *theirs)
{
    if (!theirs->has_direction || (int)theirs->direction < 0 ||
        (int)theirs->direction > ENVELOPE_TELL)
        return ENVELOPE_UNSPECIFIED;
    return (enum envelope_direction)theirs->direction;
}

/* The metadata entry that we carry on; SIZE_MAX: none. */
static size_t oracle_call_chain(const Actr__RpcEnvelope *theirs)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < theirs->n_metadata; i++) {
        const ProtobufCBinaryData *key = &theirs->metadata[i]->key;
        if (key->len == strlen(ENVELOPE_CALL_CHAIN) &&
            memcmp(key->data, ENVELOPE_CALL_CHAIN, key->len) == 0)
            found = i;
    }
    return found;
}

static const char *oracle_envelope_fields(const struct envelope *ours,
                                          const Actr__RpcEnvelope *theirs)
{
    if (!oracle_same(ours->route, theirs->route_key))
        return "route";
    if (ours->has_payload != theirs->has_payload ||
        (ours->has_payload && !oracle_same(ours->payload, theirs->payload)))
        return "payload";
    if (ours->has_error != (theirs->error != NULL))
        return "presence of error";
    if (ours->has_error && (ours->error_code != theirs->error->code ||
                            !oracle_same(ours->error_message, theirs->error->message)))
        return "error";
    if (ours->direction != oracle_direction(theirs))
        return "direction";
    if (!oracle_same_optional(ours->traceparent, theirs->has_traceparent, theirs->traceparent))
        return "traceparent";
    if (!oracle_same_optional(ours->tracestate, theirs->has_tracestate, theirs->tracestate))
        return "tracestate";
    if (!oracle_same(ours->request_id, theirs->request_id))
        return "request id";
    size_t chain = oracle_call_chain(theirs);
    if ((ours->call_chain.ptr != NULL) != (chain != SIZE_MAX) ||
        (ours->call_chain.ptr && !oracle_same(ours->call_chain, theirs->metadata[chain]->value)))
        return "call chain";
    return ours->timeout_ms == theirs->timeout_ms ? NULL : "timeout";
}

/* Takes out what we do not carry on: other metadata, unknown fields, a direction that is none. */
static void oracle_envelope_reduce(Actr__RpcEnvelope *theirs)
{
    size_t chain = oracle_call_chain(theirs), count = 0;
    oracle_drop_unknown(&theirs->base);
    if (theirs->error)
        oracle_drop_unknown(&theirs->error->base);
    for (size_t i = 0; i < theirs->n_metadata; i++) {
        if (i == chain)
            theirs->metadata[count++] = theirs->metadata[i];
        else
            protobuf_c_message_free_unpacked(&theirs->metadata[i]->base, NULL);
    }
    if (count > 0)
        oracle_drop_unknown(&theirs->metadata[0]->base);
    theirs->n_metadata = count;
    theirs->has_direction = oracle_direction(theirs) != ENVELOPE_UNSPECIFIED;
}

const char *oracle_envelope(struct actr_view bytes)
{
    struct envelope ours;
    ProtobufCMessage *message =
        protobuf_c_message_unpack(&actr__rpc_envelope__descriptor, NULL, bytes.len, bytes.ptr);
    int r = envelope_decode(bytes, &ours);
    if ((r == 0) != (message != NULL))
        return r == 0 ? "accepted here only" : "refused here only";
    if (!message)
        return r == ACTR_EDECODE ? NULL : "code";

    Actr__RpcEnvelope *theirs = (Actr__RpcEnvelope *)message;
    const char *what = oracle_envelope_fields(&ours, theirs);
    oracle_envelope_reduce(theirs);
    if (!what && !oracle_same_encoding(envelope_encode(&ours), theirs))
        what = "encoding";
    protobuf_c_message_free_unpacked(message, NULL);
    return what;
}

static const char *oracle_chunk_metadata(const struct chunk *ours, const Actr__DataChunk *theirs)
{
    struct chunk_metadata entry;
    size_t count = 0;
    if (ours->metadata_count != theirs->n_metadata)
        return "count of metadata";
    for (size_t pos = 0; chunk_metadata_next(ours, &pos, &entry); count++) {
        if (count == theirs->n_metadata || !oracle_same(entry.key, theirs->metadata[count]->key) ||
            !oracle_same(entry.value, theirs->metadata[count]->value))
            return "metadata";
    }
    return count == theirs->n_metadata ? NULL : "end of metadata";
}

static const char *oracle_chunk_fields(const struct chunk *ours, const Actr__DataChunk *theirs)
{
    if (!oracle_same(ours->stream_id, theirs->stream_id))
        return "stream id";
    if (ours->sequence != theirs->sequence)
        return "sequence";
    if (!oracle_same(ours->payload, theirs->payload))
        return "payload";
    if (ours->has_timestamp != theirs->has_timestamp_ms ||
        (ours->has_timestamp && ours->timestamp_ms != theirs->timestamp_ms))
        return "timestamp";
    return oracle_chunk_metadata(ours, theirs);
}

const char *oracle_chunk(struct actr_view bytes)
{
    struct chunk ours;
    ProtobufCMessage *message =
        protobuf_c_message_unpack(&actr__data_chunk__descriptor, NULL, bytes.len, bytes.ptr);
    int r = chunk_decode(bytes, &ours);
    if ((r == 0) != (message != NULL))
        return r == 0 ? "accepted here only" : "refused here only";
    if (!message)
        return r == ACTR_EDECODE ? NULL : "code";

    Actr__DataChunk *theirs = (Actr__DataChunk *)message;
    const char *what = oracle_chunk_fields(&ours, theirs);
    oracle_drop_unknown(message);
    for (size_t i = 0; i < theirs->n_metadata; i++)
        oracle_drop_unknown(&theirs->metadata[i]->base);
    if (!what && !oracle_same_encoding(chunk_encode(&ours), theirs))
        what = "encoding";
    protobuf_c_message_free_unpacked(message, NULL);
    return what;
}
