// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* DataChunk, read and written without protobuf-c, as envelope.h does for RpcEnvelope: views into
 * the received bytes, one buffer for the encoded ones, agreement with protobuf-c on every input.
 *
 * A required field that is missing refuses the chunk, as protobuf-c does; the existing system reads
 * it as zero or empty, but always writes it. Field numbers: actr.DataChunk. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

struct chunk_metadata {
    struct actr_view key, value;
};

/* Everything is borrowed from the bytes it was decoded from, or to be encoded. */
struct chunk {
    struct actr_view stream_id;
    struct actr_view payload;
    uint64_t sequence; /* set by the application; nothing here checks or orders it */
    int64_t timestamp_ms;
    bool has_timestamp;
    /* To be encoded: metadata_count entries at metadata. Decoded: metadata is NULL and the entries
     * are read by chunk_metadata_next(). */
    const struct chunk_metadata *metadata;
    size_t metadata_count;
    struct actr_view _raw; /* decoded: where the entries are */
};

/* ACTR_EDECODE with a detail; *ret_chunk untouched then. */
int chunk_decode(struct actr_view bytes, struct chunk *ret_chunk) ACTR_MUST_CHECK;

/* Steps through the metadata of a decoded chunk, in the order of the wire: start with *pos = 0;
 * false at the end. */
bool chunk_metadata_next(const struct chunk *chunk, size_t *pos, struct chunk_metadata *ret_entry);

/* Encodes into fresh bytes with BYTES_HEADROOM in front; fields in ascending order. A failed value
 * when memory has run out, now or when the payload was made. */
struct actr_bytes chunk_encode(const struct chunk *chunk);
