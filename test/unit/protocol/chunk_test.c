// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* DataChunk by hand: fields, metadata, refusals, encoding, and agreement with protobuf-c. */
#include "protocol/chunk.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "oracle.h"
#include "protocol/generate.h"
#include "protocol/vectors.h"

/* stream id "s", sequence 7, payload "p": all that is required. */
#define REQUIRED "0a0173 1007 1a0170"

static struct actr_view hex_view(const char *hex, uint8_t *buf, size_t cap)
{
    return actr_view_of(buf, harness_hex(hex, buf, cap));
}

TEST(chunk_least)
{
    uint8_t buf[64];
    struct chunk chunk;
    struct chunk_metadata entry;
    size_t pos = 0;
    struct actr_view bytes = hex_view(REQUIRED, buf, sizeof(buf));
    assert_int_equal(chunk_decode(bytes, &chunk), 0);
    assert_text(chunk.stream_id, "s");
    assert_int_equal(chunk.sequence, 7);
    assert_text(chunk.payload, "p");
    assert_false(chunk.has_timestamp);
    assert_int_equal(chunk.metadata_count, 0);
    assert_false(chunk_metadata_next(&chunk, &pos, &entry));
    assert_null(oracle_chunk(bytes));
    assert_bytes(chunk_encode(&chunk), bytes);
}

TEST(chunk_metadata_between_other_fields)
{
    static const char *const wanted[][2] = {{"a", "1"}, {"b", ""}, {"", "3"}};
    uint8_t buf[128];
    struct chunk chunk;
    struct chunk_metadata entry;
    struct actr_view bytes =
        hex_view(REQUIRED "2206 0a0161 120131 3801 2205 0a0162 1200 1008 2205 0a00 120133 2805",
                 buf, sizeof(buf));
    assert_int_equal(chunk_decode(bytes, &chunk), 0);
    assert_int_equal(chunk.metadata_count, 3);
    assert_int_equal(chunk.sequence, 8);
    assert_int_equal(chunk.timestamp_ms, 5);
    size_t pos = 0;
    for (size_t i = 0; i < 3; i++) {
        assert_true(chunk_metadata_next(&chunk, &pos, &entry));
        assert_text(entry.key, wanted[i][0]);
        assert_text(entry.value, wanted[i][1]);
    }
    assert_false(chunk_metadata_next(&chunk, &pos, &entry));
    assert_null(oracle_chunk(bytes));
}

TEST(chunk_encoded_from_an_array)
{
    uint8_t buf[128];
    struct chunk_metadata entries[] = {{view_text("k"), view_text("v")},
                                       {view_text(""), view_text("")}};
    struct chunk chunk = {.stream_id = view_text("s"),
                          .sequence = UINT64_MAX,
                          .payload = {0},
                          .has_timestamp = true,
                          .timestamp_ms = -1,
                          .metadata = entries,
                          .metadata_count = 2};
    assert_bytes(chunk_encode(&chunk),
                 hex_view("0a0173 10ffffffffffffffffff01 1a00 2206 0a016b 120176 2204 0a00 1200"
                          "28ffffffffffffffffff01",
                          buf, sizeof(buf)));
    AUTO_BYTES struct actr_bytes bytes = chunk_encode(&chunk);
    assert_false(actr_bytes_failed(bytes));
    assert_null(oracle_chunk(actr_bytes_view(bytes)));
    assert_true(bytes_headroom(bytes) >= BYTES_HEADROOM);
}

TEST(chunk_refused)
{
    static const struct {
        const char *hex, *detail;
    } cases[] = {
        {"", "chunk: no stream id"},
        {"1007 1a0170", "chunk: no stream id"},
        {"0a0173 1a0170", "chunk: no sequence"},
        {"0a0173 1007", "chunk: no payload"},
        {REQUIRED "0801", "chunk: malformed"},          /* stream id as a number */
        {REQUIRED "120101", "chunk: malformed"},        /* sequence as bytes */
        {REQUIRED "1d00000000", "chunk: malformed"},    /* payload as 32 bits */
        {REQUIRED "2001", "chunk: malformed"},          /* metadata as a number */
        {REQUIRED "2200", "chunk: malformed"},          /* metadata without key and value */
        {REQUIRED "2203 0a0161", "chunk: malformed"},   /* metadata without value */
        {REQUIRED "2205 0a016112", "chunk: malformed"}, /* cut metadata */
        {REQUIRED "2a0101", "chunk: malformed"},        /* timestamp as bytes */
        {REQUIRED "2880", "chunk: malformed"},          /* cut timestamp */
        {REQUIRED "33", "chunk: malformed"},            /* a group */
        {REQUIRED "1aff", "chunk: malformed"},          /* cut length */
        {REQUIRED "80", "chunk: malformed"},            /* half a key */
    };
    struct chunk chunk, untouched;
    memset(&chunk, 0x55, sizeof(chunk));
    memset(&untouched, 0x55, sizeof(untouched));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t buf[64];
        struct actr_view bytes = hex_view(cases[i].hex, buf, sizeof(buf));
        assert_int_equal(chunk_decode(bytes, &chunk), ACTR_EDECODE);
        assert_string_equal(actr_errmsg(), cases[i].detail);
        assert_null(oracle_chunk(bytes));
    }
    assert_memory_equal(&chunk, &untouched, sizeof(chunk));
}

TEST(chunk_out_of_memory)
{
    struct chunk chunk = {.stream_id = view_text("s"), .payload = {NULL, 1}};
    assert_true(actr_bytes_failed(chunk_encode(&chunk))); /* the payload was a failed value */
    chunk.payload = (struct actr_view){0};
    mem_fail_at(1);
    assert_true(actr_bytes_failed(chunk_encode(&chunk)));
}

static const struct generate_field entry_fields[] = {{1, GENERATE_TEXT, NULL},
                                                     {2, GENERATE_TEXT, NULL}};
static const struct generate_message entry_message = {entry_fields, 2};
static const struct generate_field fields[] = {
    {1, GENERATE_TEXT, NULL},   {2, GENERATE_NUMBER, NULL},
    {3, GENERATE_TEXT, NULL},   {4, GENERATE_MESSAGE, &entry_message},
    {5, GENERATE_NUMBER, NULL},
};
static const struct generate_message message = {fields, sizeof(fields) / sizeof(fields[0])};

TEST(chunk_agrees_with_protobuf_c)
{
    uint64_t random = harness_seed();
    int accepted = 0;
    for (int i = 0; i < 40000; i++) {
        uint8_t buf[4096];
        struct chunk chunk;
        struct actr_view bytes = {buf, generate_message(&message, &random, buf, sizeof(buf))};
        const char *what = oracle_chunk(bytes);
        if (what)
            fail_msg("message %d: %s", i, what);
        accepted += chunk_decode(bytes, &chunk) == 0;
    }
    assert_in_range(accepted, 4000, 36000); /* both sides were tried */
}
