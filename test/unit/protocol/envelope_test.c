// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* RpcEnvelope by hand: fields, refusals, encoding, and agreement with protobuf-c. */
#include "protocol/envelope.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "oracle.h"
#include "protocol/generate.h"
#include "protocol/vectors.h"

/* route "a.B.c", request id "id", timeout 0: all that is required. */
#define REQUIRED "0a05612e422e63 b2060269 64c00600"

static struct actr_view hex_view(const char *hex, uint8_t *buf, size_t cap)
{
    return actr_view_of(buf, harness_hex(hex, buf, cap));
}

/* Decodes hex that must be good, and that protobuf-c must read alike. */
static struct envelope decode(const char *hex, uint8_t *buf, size_t cap)
{
    struct envelope envelope;
    struct actr_view bytes = hex_view(hex, buf, cap);
    assert_int_equal(envelope_decode(bytes, &envelope), 0);
    assert_null(oracle_envelope(bytes));
    return envelope;
}

TEST(envelope_least)
{
    uint8_t buf[64];
    struct envelope envelope = decode(REQUIRED, buf, sizeof(buf));
    assert_text(envelope.route, "a.B.c");
    assert_text(envelope.request_id, "id");
    assert_int_equal(envelope.timeout_ms, 0);
    assert_false(envelope.has_payload || envelope.has_error);
    assert_null(envelope.traceparent.ptr);
    assert_null(envelope.tracestate.ptr);
    assert_int_equal(envelope.direction, ENVELOPE_UNSPECIFIED);
}

TEST(envelope_call_chain)
{
    uint8_t buf[128];
    static const char hex[] = "0a05612e422e63 b2060269 64 ba0617 0a0f616374722d63616c6c2d636861696e"
                              "12046162 6364 c00600";
    struct envelope envelope = decode(hex, buf, sizeof(buf));
    assert_text(envelope.call_chain, "abcd");
    assert_bytes(envelope_encode(&envelope), hex_view(hex, buf, sizeof(buf)));
    /* Other metadata is none; of several the last counts. */
    envelope = decode(REQUIRED "ba0606 0a0161 120162", buf, sizeof(buf));
    assert_null(envelope.call_chain.ptr);
    envelope = decode(REQUIRED "ba0614 0a0f616374722d63616c6c2d636861696e 120161"
                               "ba0614 0a0f616374722d63616c6c2d636861696e 120162"
                               "ba0606 0a0161 120163",
                      buf, sizeof(buf));
    assert_text(envelope.call_chain, "b");
}

TEST(envelope_everything)
{
    uint8_t buf[128];
    struct envelope envelope =
        decode("0a05612e422e63 1203010203 1a0708934e 12026e6f 2002 a206027470 aa06027473 b206026964"
               "c006b0ea01",
               buf, sizeof(buf));
    assert_view(envelope.payload, actr_view_of("\1\2\3", 3));
    assert_true(envelope.has_payload && envelope.has_error);
    assert_int_equal(envelope.error_code, 10003);
    assert_text(envelope.error_message, "no");
    assert_int_equal(envelope.direction, ENVELOPE_RESPONSE);
    assert_text(envelope.traceparent, "tp");
    assert_text(envelope.tracestate, "ts");
    assert_int_equal(envelope.timeout_ms, 30000);
    assert_bytes(envelope_encode(&envelope), hex_view("0a05612e422e63 1203010203 1a0708934e12026e6f"
                                                      "2002 a206027470 aa06027473 b206026964"
                                                      "c006b0ea01",
                                                      (uint8_t[128]){0}, 128));
}

TEST(envelope_empty_payload_is_present)
{
    uint8_t buf[64];
    struct envelope envelope = decode(REQUIRED "1200", buf, sizeof(buf));
    assert_true(envelope.has_payload);
    assert_int_equal(envelope.payload.len, 0);
    struct envelope out = {
        .route = view_text("r"), .request_id = view_text("i"), .has_payload = true};
    assert_bytes(envelope_encode(&out), hex_view("0a0172 1200 b2060169 c00600", buf, sizeof(buf)));
}

TEST(envelope_present_empty_text_is_not_absent)
{
    uint8_t buf[64];
    struct envelope envelope = decode(REQUIRED "a20600", buf, sizeof(buf));
    assert_non_null(envelope.traceparent.ptr);
    assert_int_equal(envelope.traceparent.len, 0);
    assert_null(envelope.tracestate.ptr);
}

TEST(envelope_last_of_repeated_fields_counts)
{
    uint8_t buf[128];
    struct envelope envelope = decode(REQUIRED "0a0178 b2060179 c00605 120141 12024242 2001 2003"
                                               "1a0708934e12026e6f 1a0608944e120178",
                                      buf, sizeof(buf));
    assert_text(envelope.route, "x");
    assert_text(envelope.request_id, "y");
    assert_int_equal(envelope.timeout_ms, 5);
    assert_text(envelope.payload, "BB");
    assert_int_equal(envelope.direction, ENVELOPE_TELL);
    assert_int_equal(envelope.error_code, 10004);
    assert_text(envelope.error_message, "x");
}

TEST(envelope_each_error_must_be_whole)
{
    /* Neither is completed by the other: what is required is required of each. */
    uint8_t buf[64];
    struct envelope envelope;
    struct actr_view bytes = hex_view(REQUIRED "1a0308934e 1a03120178", buf, sizeof(buf));
    assert_int_equal(envelope_decode(bytes, &envelope), ACTR_EDECODE);
    assert_null(oracle_envelope(bytes));
}

TEST(envelope_direction_numbers)
{
    static const struct {
        const char *hex;
        enum envelope_direction direction;
    } cases[] = {
        {REQUIRED "2000", ENVELOPE_UNSPECIFIED},
        {REQUIRED "2001", ENVELOPE_REQUEST},
        {REQUIRED "2002", ENVELOPE_RESPONSE},
        {REQUIRED "2003", ENVELOPE_TELL},
        {REQUIRED "2004", ENVELOPE_UNSPECIFIED},
        {REQUIRED "20ffffffffffffffffff01", ENVELOPE_UNSPECIFIED}, /* -1 */
        {REQUIRED "208180808010", ENVELOPE_REQUEST},               /* an enum is 32 bits */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t buf[64];
        struct envelope envelope = decode(cases[i].hex, buf, sizeof(buf));
        assert_int_equal(envelope.direction, cases[i].direction);
    }
}

TEST(envelope_negative_timeout)
{
    uint8_t buf[64];
    struct envelope envelope = decode("0a0172 b2060169 c006ffffffffffffffffff01", buf, sizeof(buf));
    assert_int_equal(envelope.timeout_ms, -1);
    assert_bytes(envelope_encode(&envelope), actr_view_of(buf, 19));
}

TEST(envelope_skips_what_it_does_not_know)
{
    static const char *const cases[] = {
        "2801",                           /* 5: number */
        "29 0102030405060708",            /* 5: 64 bits */
        "2a03616263",                     /* 5: bytes */
        "2d 01020304",                    /* 5: 32 bits */
        "fa3f01ff",                       /* a large number */
        "faffffff7f01ff",                 /* the largest */
        "8000 05",                        /* field 0, written long: protobuf-c takes it */
        "ba060a 0a016b 1200 1a0178 2001", /* metadata with fields that it does not know */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t buf[128];
        size_t len = harness_hex(REQUIRED, buf, sizeof(buf));
        len += harness_hex(cases[i], buf + len, sizeof(buf) - len);
        struct envelope envelope;
        assert_int_equal(envelope_decode(actr_view_of(buf, len), &envelope), 0);
        assert_null(oracle_envelope(actr_view_of(buf, len)));
    }
}

TEST(envelope_refused)
{
    static const struct {
        const char *hex, *detail;
    } cases[] = {
        {"", "envelope: no route"},
        {"b2060269 64c00600", "envelope: no route"},
        {"0a05612e422e63 c00600", "envelope: no request id"},
        {"0a05612e422e63 b206026964", "envelope: no timeout"},
        {REQUIRED "08", "envelope: malformed"},                        /* field 1 as a number */
        {REQUIRED "0d00000000", "envelope: malformed"},                /* field 1 as 32 bits */
        {REQUIRED "2201", "envelope: malformed"},                      /* direction as bytes, cut */
        {REQUIRED "220101", "envelope: malformed"},                    /* direction as bytes */
        {REQUIRED "c2060101", "envelope: malformed"},                  /* timeout as bytes */
        {REQUIRED "b80601", "envelope: malformed"},                    /* metadata as a number */
        {REQUIRED "0001", "envelope: malformed"},                      /* field 0 */
        {REQUIRED "2b 2c", "envelope: malformed"},                     /* a group */
        {REQUIRED "2e", "envelope: malformed"},                        /* wire type 6 */
        {REQUIRED "1205 41", "envelope: malformed"},                   /* cut payload */
        {REQUIRED "12", "envelope: malformed"},                        /* no length */
        {REQUIRED "28 80", "envelope: malformed"},                     /* cut number */
        {REQUIRED "28 8080808080808080808001", "envelope: malformed"}, /* 11 bytes */
        {REQUIRED "29 01020304050607", "envelope: malformed"},         /* 7 of 8 bytes */
        {REQUIRED "2d 010203", "envelope: malformed"},                 /* 3 of 4 bytes */
        {REQUIRED "12 808080808000", "envelope: malformed"},           /* a length of 6 bytes */
        {REQUIRED "12 8080808008", "envelope: malformed"},             /* a length of 2^31 */
        {REQUIRED "8080808080 01", "envelope: malformed"},             /* a key of 6 bytes */
        {REQUIRED "a2", "envelope: malformed"},                        /* half a key */
        {REQUIRED "1a00", "envelope: malformed"},                      /* an empty error */
        {REQUIRED "1a03120178", "envelope: malformed"},                /* an error without code */
        {REQUIRED "1a0308934e", "envelope: malformed"},       /* an error without message */
        {REQUIRED "1a05 0801 0a0178", "envelope: malformed"}, /* a code as bytes */
        {REQUIRED "1a04 0801 1205", "envelope: malformed"},   /* a cut message in an error */
        {REQUIRED "1a02 0880", "envelope: malformed"},        /* a cut code */
        {REQUIRED "1a01 80", "envelope: malformed"},          /* half a key in an error */
        {REQUIRED "ba0600", "envelope: malformed"},           /* metadata without key */
        {REQUIRED "ba06030a016b", "envelope: malformed"},     /* metadata without value */
        {REQUIRED "ba0604 0801 1200", "envelope: malformed"}, /* a metadata key as a number */
        {REQUIRED "ba0601 80", "envelope: malformed"},        /* half a key in metadata */
    };
    struct envelope envelope, untouched;
    memset(&envelope, 0x55, sizeof(envelope));
    memset(&untouched, 0x55, sizeof(untouched));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t buf[128];
        struct actr_view bytes = hex_view(cases[i].hex, buf, sizeof(buf));
        assert_int_equal(envelope_decode(bytes, &envelope), ACTR_EDECODE);
        assert_string_equal(actr_errmsg(), cases[i].detail);
        assert_null(oracle_envelope(bytes));
    }
    assert_memory_equal(&envelope, &untouched, sizeof(envelope));
}

TEST(envelope_views_point_into_the_bytes)
{
    uint8_t buf[128];
    struct envelope envelope = decode(REQUIRED "12024242", buf, sizeof(buf));
    assert_ptr_equal(envelope.route.ptr, buf + 2);
    assert_true(envelope.payload.ptr > buf && envelope.payload.ptr < buf + sizeof(buf));
}

TEST(envelope_encoded_has_headroom)
{
    struct envelope envelope = {.route = view_text("r"), .request_id = view_text("i")};
    AUTO_BYTES struct actr_bytes bytes = envelope_encode(&envelope);
    assert_true(bytes_headroom(bytes) >= BYTES_HEADROOM);
}

TEST(envelope_large_payload)
{
    uint8_t *payload = mem_alloc(300000);
    assert_non_null(payload);
    memset(payload, 0xa5, 300000);
    struct envelope envelope = {.route = view_text("r"),
                                .request_id = view_text("i"),
                                .has_payload = true,
                                .payload = {payload, 300000},
                                .direction = ENVELOPE_REQUEST,
                                .timeout_ms = 1};
    struct envelope back;
    AUTO_BYTES struct actr_bytes bytes = envelope_encode(&envelope);
    assert_false(actr_bytes_failed(bytes));
    assert_int_equal(envelope_decode(actr_bytes_view(bytes), &back), 0);
    assert_view(back.payload, envelope.payload);
    assert_null(oracle_envelope(actr_bytes_view(bytes)));
    mem_free(payload);
}

TEST(envelope_out_of_memory)
{
    struct envelope envelope = {.route = view_text("r"),
                                .request_id = view_text("i"),
                                .has_payload = true,
                                .payload = {NULL, 1}};
    assert_true(actr_bytes_failed(envelope_encode(&envelope))); /* the payload was a failed value */
    envelope.payload = (struct actr_view){0};
    mem_fail_at(1);
    assert_true(actr_bytes_failed(envelope_encode(&envelope)));
}

static const struct generate_field error_fields[] = {{1, GENERATE_NUMBER, NULL},
                                                     {2, GENERATE_TEXT, NULL}};
static const struct generate_message error_message = {error_fields, 2};
static const struct generate_field entry_fields[] = {{1, GENERATE_TEXT, NULL},
                                                     {2, GENERATE_TEXT, NULL}};
static const struct generate_message entry_message = {entry_fields, 2};
static const struct generate_field fields[] = {
    {1, GENERATE_TEXT, NULL},
    {2, GENERATE_TEXT, NULL},
    {3, GENERATE_MESSAGE, &error_message},
    {4, GENERATE_NUMBER, NULL},
    {100, GENERATE_TEXT, NULL},
    {101, GENERATE_TEXT, NULL},
    {102, GENERATE_TEXT, NULL},
    {103, GENERATE_MESSAGE, &entry_message},
    {104, GENERATE_NUMBER, NULL},
};
static const struct generate_message message = {fields, sizeof(fields) / sizeof(fields[0])};

TEST(envelope_agrees_with_protobuf_c)
{
    uint64_t random = harness_seed();
    int accepted = 0;
    for (int i = 0; i < 40000; i++) {
        uint8_t buf[4096];
        struct envelope envelope;
        struct actr_view bytes = {buf, generate_message(&message, &random, buf, sizeof(buf))};
        const char *what = oracle_envelope(bytes);
        if (what)
            fail_msg("message %d: %s", i, what);
        accepted += envelope_decode(bytes, &envelope) == 0;
    }
    assert_in_range(accepted, 4000, 36000); /* both sides were tried */
}

static void expect_ends(struct actr_view bytes, size_t head_len, size_t tail_len, int *accepted)
{
    struct envelope whole, ends;
    AUTO_BYTES struct actr_bytes head = actr_bytes_copy(actr_view_of(bytes.ptr, head_len));
    AUTO_BYTES struct actr_bytes tail =
        actr_bytes_copy(actr_view_of(bytes.ptr + bytes.len - tail_len, tail_len));
    assert_false(actr_bytes_failed(head) || actr_bytes_failed(tail));
    memset(&ends, 0xa5, sizeof(ends));
    if (envelope_decode_ends(actr_bytes_view(head), actr_bytes_view(tail), bytes.len, &ends) < 0)
        return;
    ++*accepted;
    assert_int_equal(envelope_decode(bytes, &whole), 0);
    assert_true(view_equal(ends.route, whole.route));
    assert_true(view_equal(ends.request_id, whole.request_id));
    assert_true(view_equal(ends.traceparent, whole.traceparent));
    assert_true(view_equal(ends.tracestate, whole.tracestate));
    assert_true(view_equal(ends.call_chain, whole.call_chain));
    assert_true(view_equal(ends.error_message, whole.error_message));
    assert_int_equal(ends.error_code, whole.error_code);
    assert_int_equal(ends.direction, whole.direction);
    assert_true(ends.timeout_ms == whole.timeout_ms);
    assert_int_equal(ends.has_error, whole.has_error);
    assert_int_equal(ends.has_payload, whole.has_payload);
    assert_int_equal(ends.payload.len, 0);
}

/* Of a good envelope every cut within the payload is read, and no other. */
TEST(envelope_ends_of_every_cut)
{
    static uint8_t payload[500];
    struct envelope envelope = {.route = view_text("acme.Test.Echo"),
                                .request_id = view_text("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
                                .traceparent = view_text("00-ab-cd-01"),
                                .call_chain = view_text("x"),
                                .has_payload = true,
                                .payload = {payload, sizeof(payload)},
                                .direction = ENVELOPE_REQUEST,
                                .timeout_ms = 30000};
    AUTO_BYTES struct actr_bytes bytes = envelope_encode(&envelope);
    assert_false(actr_bytes_failed(bytes));
    const size_t begin = 2 + envelope.route.len + 3, end = begin + sizeof(payload);
    int wanted = 0, accepted = 0;
    memset(payload, 0x0a, sizeof(payload));
    for (size_t head_len = 0; head_len < bytes.len; head_len++)
        for (size_t tail_len = 0; tail_len <= bytes.len - head_len; tail_len++) {
            size_t tail_at = bytes.len - tail_len;
            wanted += head_len >= begin && head_len < end && tail_at <= end;
            expect_ends(actr_bytes_view(bytes), head_len, tail_len, &accepted);
        }
    assert_int_equal(accepted, wanted);
    accepted = 0;
    expect_ends(actr_bytes_view(bytes), bytes.len, 0, &accepted);
    assert_int_equal(accepted, 1);
    struct envelope untouched = envelope;
    assert_int_equal(
        envelope_decode_ends(actr_bytes_view(bytes), actr_bytes_view(bytes), 10, &untouched),
        ACTR_EDECODE);
    assert_memory_equal(&untouched, &envelope, sizeof(envelope));
}

TEST(envelope_ends_agree_with_the_whole)
{
    uint64_t random = harness_seed();
    int accepted = 0;
    for (int i = 0; i < 40000; i++) {
        uint8_t buf[4096];
        struct actr_view bytes = {buf, generate_message(&message, &random, buf, sizeof(buf))};
        size_t head_len = harness_random(&random) % (bytes.len + 1);
        size_t tail_len = harness_random(&random) % (bytes.len - head_len + 1);
        expect_ends(bytes, head_len, i % 2 ? tail_len : bytes.len - head_len, &accepted);
    }
    assert_in_range(accepted, 100, 30000);
}
