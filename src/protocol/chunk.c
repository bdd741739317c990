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

/* The slot of a field is its number less one. */
enum chunk_slot {
    CHUNK_STREAM_ID,
    CHUNK_SEQUENCE,
    CHUNK_PAYLOAD,
    CHUNK_METADATA,
    CHUNK_TIMESTAMP,
    CHUNK_SLOTS
};

#define CHUNK_BIT(slot) (1u << (slot))

static inline unsigned chunk_key(enum chunk_slot slot, enum pb_wire wire)
{
    return (slot + 1u) << 3 | wire;
}

static const unsigned chunk_numbers = CHUNK_BIT(CHUNK_SEQUENCE) | CHUNK_BIT(CHUNK_TIMESTAMP);

struct chunk_fields {
    struct pb_fields own;
    size_t metadata_count;
    const uint8_t *metadata; /* the key of the first entry */
};

static bool chunk_check_metadata(const uint8_t *key, struct chunk_fields *fields)
{
    const struct pb_slot *slot = &fields->own.slots[CHUNK_METADATA];
    struct pb_fields entry;
    if (fields->metadata_count++ == 0)
        fields->metadata = key;
    return pb_flat((struct actr_view){slot->ptr, (size_t)slot->value}, 0, &entry);
}

/* Fields in ascending order, as everyone writes them, as far as it goes. */
static inline const uint8_t *chunk_run(const uint8_t *at, const uint8_t *end,
                                       struct pb_fields *fields)
{
    at = pb_take(at, end, chunk_key(CHUNK_STREAM_ID, PB_LENGTH), fields, CHUNK_STREAM_ID);
    at = pb_take(at, end, chunk_key(CHUNK_SEQUENCE, PB_VARINT), fields, CHUNK_SEQUENCE);
    return pb_take(at, end, chunk_key(CHUNK_PAYLOAD, PB_LENGTH), fields, CHUNK_PAYLOAD);
}

/* Any field. NULL: malformed. */
static const uint8_t *chunk_field(const uint8_t *at, const uint8_t *end,
                                  struct chunk_fields *fields)
{
    struct pb_number key = pb_key(at, end);
    uint64_t slot = (key.value >> 3) - 1;
    if (!key.at)
        return NULL;
    if (slot >= CHUNK_SLOTS)
        return pb_skip(key.at, end, key.value);

    enum pb_wire wire = chunk_numbers >> slot & 1 ? PB_VARINT : PB_LENGTH;
    if ((key.value & 7) != wire)
        return NULL;
    const uint8_t *next = pb_fill(key.at, end, wire, &fields->own.slots[slot]);
    fields->own.mask |= 1u << slot;
    if (next && slot == CHUNK_METADATA && !chunk_check_metadata(at, fields))
        return NULL;
    return next;
}

static inline bool chunk_scan(struct actr_view bytes, struct chunk_fields *fields)
{
    const uint8_t *at = bytes.ptr, *end = pb_end(bytes);
    fields->own.mask = 0;
    fields->metadata_count = 0;
    while (at < end) {
        at = chunk_run(at, end, &fields->own);
        if (at < end)
            at = chunk_field(at, end, fields);
        if (!at)
            return false;
    }
    return true;
}

static int chunk_missing(unsigned mask)
{
    return err_origin(ACTR_EDECODE, "chunk: no %s",
                      !(mask & CHUNK_BIT(CHUNK_STREAM_ID))  ? "stream id"
                      : !(mask & CHUNK_BIT(CHUNK_SEQUENCE)) ? "sequence"
                                                            : "payload");
}

int chunk_decode(struct actr_view bytes, struct chunk *ret_chunk)
{
    const unsigned required =
        CHUNK_BIT(CHUNK_STREAM_ID) | CHUNK_BIT(CHUNK_SEQUENCE) | CHUNK_BIT(CHUNK_PAYLOAD);
    struct chunk_fields fields;

    if (!chunk_scan(bytes, &fields))
        return err_origin(ACTR_EDECODE, "chunk: malformed");
    const struct pb_fields *own = &fields.own;
    if ((own->mask & required) != required)
        return chunk_missing(own->mask);
    ret_chunk->stream_id = pb_view(own, CHUNK_STREAM_ID);
    ret_chunk->payload = pb_view(own, CHUNK_PAYLOAD);
    ret_chunk->sequence = pb_value(own, CHUNK_SEQUENCE);
    ret_chunk->has_timestamp = (own->mask & CHUNK_BIT(CHUNK_TIMESTAMP)) != 0;
    ret_chunk->timestamp_ms = (int64_t)pb_value(own, CHUNK_TIMESTAMP);
    ret_chunk->metadata = NULL;
    ret_chunk->metadata_count = fields.metadata_count;
    ret_chunk->_raw = (struct actr_view){0};
    if (fields.metadata_count > 0)
        ret_chunk->_raw =
            (struct actr_view){fields.metadata, (size_t)(bytes.ptr + bytes.len - fields.metadata)};
    return 0;
}

/* The next entry of a decoded chunk. The bytes have been checked, so a failed read means the end.
 */
static bool chunk_metadata_raw(const struct chunk *chunk, size_t *pos,
                               struct chunk_metadata *ret_entry)
{
    const uint8_t *start = chunk->_raw.ptr, *end = pb_end(chunk->_raw);
    const uint8_t *at = start ? start + *pos : NULL;
    struct pb_slot slot;
    struct pb_fields entry;

    while (at && at < end) {
        struct pb_number key = pb_key(at, end);
        if (key.value != chunk_key(CHUNK_METADATA, PB_LENGTH)) {
            at = pb_skip(key.at, end, key.value);
            continue;
        }
        at = pb_fill(key.at, end, PB_LENGTH, &slot);
        *pos = (size_t)(at - start);
        if (!pb_flat((struct actr_view){slot.ptr, (size_t)slot.value}, 0, &entry))
            return false;
        ret_entry->key = pb_view(&entry, 0);
        ret_entry->value = pb_view(&entry, 1);
        return true;
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

    at = pb_put_bytes(at, chunk_key(CHUNK_STREAM_ID, PB_LENGTH), chunk->stream_id);
    at = pb_put_varint(at, chunk_key(CHUNK_SEQUENCE, PB_VARINT));
    at = pb_put_varint(at, chunk->sequence);
    at = pb_put_bytes(at, chunk_key(CHUNK_PAYLOAD, PB_LENGTH), chunk->payload);
    for (size_t pos = 0; chunk_metadata_next(chunk, &pos, &entry);) {
        at = pb_put_varint(at, chunk_key(CHUNK_METADATA, PB_LENGTH));
        at = pb_put_varint(at, chunk_entry_size(&entry));
        at = pb_put_bytes(at, PB_KEY(1, PB_LENGTH), entry.key);
        at = pb_put_bytes(at, PB_KEY(2, PB_LENGTH), entry.value);
    }
    if (chunk->has_timestamp) {
        at = pb_put_varint(at, chunk_key(CHUNK_TIMESTAMP, PB_VARINT));
        pb_put_varint(at, (uint64_t)chunk->timestamp_ms);
    }
    return bytes;
}
