// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* DataChunk by hand: one pass, no allocation to decode, one to encode.
 *
 * Metadata entries are checked while decoding and read again only if somebody asks: the chunk
 * remembers where the first one is and chunk_metadata_next() walks from there. The habits of
 * protobuf-c hold as in envelope.c.
 *
 * Pure; any thread. Never allocates while decoding. */
#include "protocol/chunk.h"

#include "base/bytes.h"
#include "base/err.h"
#include "protocol/pb.h"

enum {
    CHUNK_STREAM_ID = 1,
    CHUNK_SEQUENCE = 2,
    CHUNK_PAYLOAD = 3,
    CHUNK_METADATA = 4,
    CHUNK_TIMESTAMP = 5
};

static bool chunk_read_metadata(struct pb *pb, const uint8_t *field_start, struct chunk *chunk)
{
    struct actr_view entry, key, value;
    if (!pb_bytes(pb, &entry) || !pb_pair(entry, &key, &value))
        return false;
    if (chunk->metadata_count++ == 0)
        chunk->_raw = (struct actr_view){field_start, (size_t)(pb->end - field_start)};
    return true;
}

static bool chunk_read_timestamp(struct pb *pb, struct chunk *chunk)
{
    uint64_t number;
    if (!pb_varint(pb, &number))
        return false;
    chunk->timestamp_ms = (int64_t)number;
    chunk->has_timestamp = true;
    return true;
}

static bool chunk_read_field(struct pb *pb, struct chunk *chunk, bool *ret_has_sequence)
{
    const uint8_t *start = pb->at;
    uint64_t key;
    if (!pb_key(pb, &key))
        return false;
    switch (key) {
    case PB_KEY(CHUNK_STREAM_ID, PB_LENGTH):
        return pb_bytes(pb, &chunk->stream_id);
    case PB_KEY(CHUNK_SEQUENCE, PB_VARINT):
        *ret_has_sequence = true;
        return pb_varint(pb, &chunk->sequence);
    case PB_KEY(CHUNK_PAYLOAD, PB_LENGTH):
        return pb_bytes(pb, &chunk->payload);
    case PB_KEY(CHUNK_METADATA, PB_LENGTH):
        return chunk_read_metadata(pb, start, chunk);
    case PB_KEY(CHUNK_TIMESTAMP, PB_VARINT):
        return chunk_read_timestamp(pb, chunk);
    default:
        return (key >> 3 < CHUNK_STREAM_ID || key >> 3 > CHUNK_TIMESTAMP) && pb_skip(pb, key);
    }
}

int chunk_decode(struct actr_view bytes, struct chunk *ret_chunk)
{
    struct pb pb = pb_of(bytes);
    struct chunk chunk = {0};
    bool has_sequence = false;

    while (pb.at < pb.end) {
        if (!chunk_read_field(&pb, &chunk, &has_sequence))
            return err_origin(ACTR_EDECODE, "chunk: malformed");
    }
    if (!chunk.stream_id.ptr || !has_sequence || !chunk.payload.ptr)
        return err_origin(ACTR_EDECODE, "chunk: no %s",
                          !chunk.stream_id.ptr ? "stream id"
                          : !has_sequence      ? "sequence"
                                               : "payload");
    *ret_chunk = chunk;
    return 0;
}

/* The next entry of a decoded chunk. The bytes have been checked, so a failed read means the end.
 */
static bool chunk_metadata_raw(const struct chunk *chunk, size_t *pos,
                               struct chunk_metadata *ret_entry)
{
    struct pb pb = pb_of(chunk->_raw);
    struct actr_view entry;
    uint64_t key;

    for (pb.at += *pos; pb.at < pb.end && pb_key(&pb, &key);) {
        if (key != PB_KEY(CHUNK_METADATA, PB_LENGTH)) {
            if (!pb_skip(&pb, key))
                return false;
            continue;
        }
        if (!pb_bytes(&pb, &entry))
            return false;
        *pos = (size_t)(pb.at - chunk->_raw.ptr);
        return pb_pair(entry, &ret_entry->key, &ret_entry->value);
    }
    return false;
}

bool chunk_metadata_next(const struct chunk *chunk, size_t *pos, struct chunk_metadata *ret_entry)
{
    if (!chunk->metadata)
        return chunk_metadata_raw(chunk, pos, ret_entry);
    if (*pos == chunk->metadata_count)
        return false;
    *ret_entry = chunk->metadata[(*pos)++];
    return true;
}

static size_t chunk_entry_size(const struct chunk_metadata *entry)
{
    return pb_bytes_size(1, entry->key.len) + pb_bytes_size(1, entry->value.len);
}

static size_t chunk_size(const struct chunk *chunk)
{
    struct chunk_metadata entry;
    size_t size = pb_bytes_size(1, chunk->stream_id.len) + pb_bytes_size(1, chunk->payload.len);
    size += 1 + pb_varint_size(chunk->sequence);
    for (size_t pos = 0; chunk_metadata_next(chunk, &pos, &entry);)
        size += pb_bytes_size(1, chunk_entry_size(&entry));
    if (chunk->has_timestamp)
        size += 1 + pb_varint_size((uint64_t)chunk->timestamp_ms);
    return size;
}

struct actr_bytes chunk_encode(const struct chunk *chunk)
{
    struct chunk_metadata entry;
    uint8_t *at;
    if (pb_is_failed(chunk->payload))
        return actr_bytes_copy(chunk->payload);
    struct actr_bytes bytes = bytes_new(chunk_size(chunk), &at);
    if (!at)
        return bytes;

    at = pb_put_bytes(at, PB_KEY(CHUNK_STREAM_ID, PB_LENGTH), chunk->stream_id);
    at = pb_put_varint(at, PB_KEY(CHUNK_SEQUENCE, PB_VARINT));
    at = pb_put_varint(at, chunk->sequence);
    at = pb_put_bytes(at, PB_KEY(CHUNK_PAYLOAD, PB_LENGTH), chunk->payload);
    for (size_t pos = 0; chunk_metadata_next(chunk, &pos, &entry);) {
        at = pb_put_varint(at, PB_KEY(CHUNK_METADATA, PB_LENGTH));
        at = pb_put_varint(at, chunk_entry_size(&entry));
        at = pb_put_bytes(at, PB_KEY(1, PB_LENGTH), entry.key);
        at = pb_put_bytes(at, PB_KEY(2, PB_LENGTH), entry.value);
    }
    if (chunk->has_timestamp) {
        at = pb_put_varint(at, PB_KEY(CHUNK_TIMESTAMP, PB_VARINT));
        pb_put_varint(at, (uint64_t)chunk->timestamp_ms);
    }
    return bytes;
}
