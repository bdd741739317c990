// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Conflict keys: every rule of the scanner as a line of a table, and what makes two keys equal. */
#include "runtime/conflict_key.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "harness.h"

static const struct actr_id alice = {10, 7, {"acme", "Client", "1.0.0"}};
static const struct hash_key hash = {{5}};

static struct conflict_key key_of_hex(uint32_t field, enum actr_key_type type, const char *hex)
{
    static uint8_t buf[64];
    size_t len = harness_hex(hex, buf, sizeof(buf));
    struct conflict_rule rule = {ACTR_KEY_FIELD, 3, field, type};
    return conflict_key_of(&rule, &alice, actr_view_of(buf, len));
}

static void check_scalar(const struct conflict_key *key, uint64_t number, size_t len)
{
    assert_int_equal(key->kind, CONFLICT_KEY_SCOPED);
    assert_int_equal(key->domain, 3);
    assert_int_equal(key->len, len);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(key->scalar[i], (uint8_t)(number >> (8 * i)));
}

struct vector {
    enum actr_key_type type;
    uint32_t field;
    const char *hex;
    size_t len; /* of the key; 0: a barrier */
    uint64_t number;
};

TEST(numbers_give_the_value_they_stand_for)
{
    static const struct vector vectors[] = {
        {ACTR_KEY_BOOL, 1, "08 00", 8, 0},
        {ACTR_KEY_BOOL, 1, "08 01", 8, 1},
        {ACTR_KEY_INT32, 1, "08 ff ff ff ff 07", 8, INT32_MAX},
        {ACTR_KEY_INT32, 1, "08 80 80 80 80 f8 ff ff ff ff 01", 8, (uint64_t)INT32_MIN},
        {ACTR_KEY_INT32, 1, "08 ff ff ff ff ff ff ff ff ff 01", 8, (uint64_t)-1},
        {ACTR_KEY_ENUM, 1, "08 05", 8, 5},
        {ACTR_KEY_INT64, 1, "08 80 80 80 80 80 80 80 80 80 01", 8, (uint64_t)INT64_MIN},
        {ACTR_KEY_UINT32, 1, "08 ff ff ff ff 0f", 8, UINT32_MAX},
        {ACTR_KEY_UINT64, 1, "08 ff ff ff ff ff ff ff ff ff 01", 8, UINT64_MAX},
        {ACTR_KEY_SINT32, 1, "08 ff ff ff ff 0f", 8, UINT32_MAX},
        {ACTR_KEY_SINT64, 1, "08 ff ff ff ff ff ff ff ff ff 01", 8, UINT64_MAX},
        {ACTR_KEY_FIXED32, 1, "0d 04 03 02 01", 4, 0x01020304},
        {ACTR_KEY_SFIXED32, 1, "0d ff ff ff ff", 4, UINT32_MAX},
        {ACTR_KEY_FIXED64, 1, "09 08 07 06 05 04 03 02 01", 8, 0x0102030405060708},
        {ACTR_KEY_SFIXED64, 1, "09 00 00 00 00 00 00 00 80", 8, (uint64_t)INT64_MIN},
        /* The largest field number, and other fields of every kind around it. */
        {ACTR_KEY_UINT64, 536870911, "f8 ff ff ff 0f 2a", 8, 42},
        {ACTR_KEY_UINT64, 2, "08 01 10 2a 19 0102030405060708 22 02 6869 2d 01020304", 8, 42},
        /* Superfluous bytes in the tag, the length and the value. */
        {ACTR_KEY_UINT64, 1, "88 00 ac 02", 8, 300},
        {ACTR_KEY_UINT64, 1, "08 ac 82 80 80 80 80 80 80 80 00", 8, 300},
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        struct conflict_key key = key_of_hex(vectors[i].field, vectors[i].type, vectors[i].hex);
        check_scalar(&key, vectors[i].number, vectors[i].len);
    }
}

TEST(what_cannot_be_told_apart_runs_alone)
{
    static const struct vector vectors[] = {
        /* out of range */
        {ACTR_KEY_BOOL, 1, "08 02", 0, 0},
        {ACTR_KEY_INT32, 1, "08 80 80 80 80 08", 0, 0},                /* INT32_MAX + 1 */
        {ACTR_KEY_INT32, 1, "08 ff ff ff ff 0f", 0, 0},                /* -1 cut to 32 bits */
        {ACTR_KEY_INT32, 1, "08 ff ff ff ff f7 ff ff ff ff 01", 0, 0}, /* INT32_MIN - 1 */
        {ACTR_KEY_ENUM, 1, "08 80 80 80 80 08", 0, 0},
        {ACTR_KEY_UINT32, 1, "08 80 80 80 80 10", 0, 0},
        {ACTR_KEY_SINT32, 1, "08 80 80 80 80 10", 0, 0},
        /* varints of 11 bytes, and of 65 bits */
        {ACTR_KEY_UINT64, 1, "08 80 80 80 80 80 80 80 80 80 80 01", 0, 0},
        {ACTR_KEY_UINT64, 1, "08 80 80 80 80 80 80 80 80 80 02", 0, 0},
        {ACTR_KEY_UINT64, 2, "08 80 80 80 80 80 80 80 80 80 02 10 01", 0, 0},
        /* missing */
        {ACTR_KEY_UINT64, 1, "", 0, 0},
        {ACTR_KEY_UINT64, 1, "10 01", 0, 0},
        /* repeated: equal, different, of another wire type */
        {ACTR_KEY_UINT64, 1, "08 01 08 01", 0, 0},
        {ACTR_KEY_UINT64, 1, "08 01 10 05 08 02", 0, 0},
        {ACTR_KEY_UINT64, 1, "08 01 0d 01020304", 0, 0},
        {ACTR_KEY_BYTES, 1, "0a 01 61 0a 01 61", 0, 0},
        /* another wire type than declared */
        {ACTR_KEY_UINT64, 1, "0d 01020304", 0, 0},
        {ACTR_KEY_UINT64, 1, "09 0102030405060708", 0, 0},
        {ACTR_KEY_UINT64, 1, "0a 01 01", 0, 0},
        {ACTR_KEY_STRING, 1, "08 01", 0, 0},
        {ACTR_KEY_BYTES, 1, "08 01", 0, 0},
        {ACTR_KEY_FIXED32, 1, "08 01", 0, 0},
        {ACTR_KEY_FIXED32, 1, "09 0102030405060708", 0, 0},
        {ACTR_KEY_FIXED64, 1, "0d 01020304", 0, 0},
        {ACTR_KEY_SFIXED64, 1, "08 01", 0, 0},
        {ACTR_KEY_BOOL, 1, "0a 01 01", 0, 0},
        /* groups: the field itself, another one, an end without a beginning */
        {ACTR_KEY_UINT64, 1, "0b 08 01 0c", 0, 0},
        {ACTR_KEY_UINT64, 1, "08 01 13 14", 0, 0},
        {ACTR_KEY_UINT64, 1, "08 01 14", 0, 0},
        /* wire types that are none */
        {ACTR_KEY_UINT64, 1, "08 01 16 00", 0, 0},
        {ACTR_KEY_UINT64, 1, "0f 01", 0, 0},
        /* field number 0, and one beyond the last */
        {ACTR_KEY_UINT64, 1, "08 01 00 01", 0, 0},
        {ACTR_KEY_UINT64, 1, "80 80 80 80 10 01 08 01", 0, 0},
        /* truncated: tag, value, length, content; before and behind the field */
        {ACTR_KEY_UINT64, 1, "88", 0, 0},
        {ACTR_KEY_UINT64, 1, "08", 0, 0},
        {ACTR_KEY_UINT64, 1, "08 80", 0, 0},
        {ACTR_KEY_FIXED32, 1, "0d 010203", 0, 0},
        {ACTR_KEY_FIXED64, 1, "09 01020304050607", 0, 0},
        {ACTR_KEY_BYTES, 1, "0a", 0, 0},
        {ACTR_KEY_BYTES, 1, "0a 80", 0, 0},
        {ACTR_KEY_BYTES, 1, "0a 03 6161", 0, 0},
        {ACTR_KEY_UINT64, 1, "08 01 12 05 61", 0, 0},
        {ACTR_KEY_UINT64, 1, "08 01 92", 0, 0},
        /* lengths that no address space has */
        {ACTR_KEY_BYTES, 1, "0a ff ff ff ff ff ff ff ff ff 01 61", 0, 0},
        {ACTR_KEY_BYTES, 1, "0a ff ff ff ff ff ff ff ff 7f 61", 0, 0},
        {ACTR_KEY_BYTES, 1, "0a 80 80 80 80 10 61", 0, 0},
        /* not UTF-8: a lone byte, a surrogate, an overlong form */
        {ACTR_KEY_STRING, 1, "0a 01 ff", 0, 0},
        {ACTR_KEY_STRING, 1, "0a 03 eda080", 0, 0},
        {ACTR_KEY_STRING, 1, "0a 02 c080", 0, 0},
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        struct conflict_key key = key_of_hex(vectors[i].field, vectors[i].type, vectors[i].hex);
        if (key.kind != CONFLICT_KEY_BARRIER)
            fail_msg("%s is no barrier", vectors[i].hex);
        assert_int_equal(key.len, 0);
        assert_int_equal(key.bytes.len, 0);
    }
}

TEST(texts_and_bytes_are_borrowed)
{
    struct conflict_key text = key_of_hex(1, ACTR_KEY_STRING, "0a 04 c3a9 6162");
    assert_int_equal(text.kind, CONFLICT_KEY_SCOPED);
    assert_int_equal(text.bytes.len, 4);
    assert_memory_equal(text.bytes.ptr,
                        "\xc3\xa9"
                        "ab",
                        4);
    struct conflict_key bytes = key_of_hex(1, ACTR_KEY_BYTES, "0a 02 ff00");
    assert_int_equal(bytes.kind, CONFLICT_KEY_SCOPED);
    assert_memory_equal(bytes.bytes.ptr, "\xff\x00", 2);
    struct conflict_key empty = key_of_hex(1, ACTR_KEY_STRING, "0a 00");
    assert_int_equal(empty.kind, CONFLICT_KEY_SCOPED);
    assert_int_equal(empty.bytes.len, 0);
    assert_true(conflict_key_equal(&empty, &empty));
}

/* A message whose only field, number 1, has `len` bytes. */
static struct conflict_key key_of_length(size_t len, enum actr_key_type type)
{
    static uint8_t buf[CONFLICT_KEY_LEN_MAX + 16];
    struct conflict_rule rule = {ACTR_KEY_FIELD, 0, 1, type};
    memset(buf, 'a', sizeof(buf));
    buf[0] = 0x0a;
    buf[1] = (uint8_t)(0x80 | (len & 0x7f));
    buf[2] = (uint8_t)(len >> 7);
    return conflict_key_of(&rule, NULL, actr_view_of(buf, 3 + len));
}

TEST(a_key_has_4096_bytes_at_most)
{
    assert_int_equal(CONFLICT_KEY_LEN_MAX, 4096);
    assert_int_equal(key_of_length(4096, ACTR_KEY_BYTES).kind, CONFLICT_KEY_SCOPED);
    assert_int_equal(key_of_length(4096, ACTR_KEY_STRING).kind, CONFLICT_KEY_SCOPED);
    assert_int_equal(key_of_length(4097, ACTR_KEY_BYTES).kind, CONFLICT_KEY_BARRIER);
    assert_int_equal(key_of_length(4097, ACTR_KEY_STRING).kind, CONFLICT_KEY_BARRIER);
}

TEST(the_scanner_stops_at_its_bound)
{
    static uint8_t payload[2 * (CONFLICT_KEY_FIELDS_MAX + 1)];
    const struct conflict_rule rule = {ACTR_KEY_FIELD, 0, 1, ACTR_KEY_UINT64};
    for (size_t i = 0; i < sizeof(payload); i += 2) {
        payload[i] = 0x10;
        payload[i + 1] = 7;
    }
    payload[0] = 0x08;
    struct actr_view view = {payload, sizeof(payload) - 2};
    assert_int_equal(conflict_key_of(&rule, NULL, view).kind, CONFLICT_KEY_SCOPED);
    view.len += 2;
    assert_int_equal(conflict_key_of(&rule, NULL, view).kind, CONFLICT_KEY_BARRIER);
}

TEST(equal_values_have_equal_keys_however_they_were_written)
{
    struct conflict_key minimal = key_of_hex(1, ACTR_KEY_UINT64, "08 05");
    struct conflict_key overlong = key_of_hex(1, ACTR_KEY_UINT64, "08 85 80 80 00");
    struct conflict_key other = key_of_hex(1, ACTR_KEY_UINT64, "08 06");
    assert_true(conflict_key_equal(&minimal, &overlong));
    assert_int_equal(conflict_key_hash(&minimal, &hash), conflict_key_hash(&overlong, &hash));
    assert_false(conflict_key_equal(&minimal, &other));
    assert_int_not_equal(conflict_key_hash(&minimal, &hash), conflict_key_hash(&other, &hash));
}

TEST(domains_keep_keys_apart_and_shared_ones_join_them)
{
    static const uint8_t payload[] = {0x08, 0x05, 0x12, 0x01, 'x'};
    struct actr_view view = {payload, sizeof(payload)};
    struct conflict_rule one = {ACTR_KEY_FIELD, 0, 1, ACTR_KEY_UINT32};
    struct conflict_rule same = {ACTR_KEY_FIELD, 0, 1, ACTR_KEY_UINT64};
    struct conflict_rule private = {ACTR_KEY_FIELD, 1, 1, ACTR_KEY_UINT32};
    struct conflict_rule text = {ACTR_KEY_FIELD, 0, 2, ACTR_KEY_STRING};
    struct conflict_key keys[4] = {
        conflict_key_of(&one, NULL, view), conflict_key_of(&same, NULL, view),
        conflict_key_of(&private, NULL, view), conflict_key_of(&text, NULL, view)};
    assert_true(conflict_key_equal(&keys[0], &keys[1]));
    assert_false(conflict_key_equal(&keys[0], &keys[2]));
    assert_int_not_equal(conflict_key_hash(&keys[0], &hash), conflict_key_hash(&keys[2], &hash));
    assert_false(conflict_key_equal(&keys[0], &keys[3]));
}

TEST(each_caller_is_a_key_and_the_process_is_one_too)
{
    const struct conflict_rule rule = {ACTR_KEY_CALLER, 2, 0, ACTR_KEY_BOOL};
    const struct actr_view none = {0};
    struct actr_id others[] = {alice, alice, alice, alice, alice};
    others[0].serial++;
    others[1].realm++;
    others[2].type.manufacturer[0] = 'b';
    others[3].type.name[0] = 'D';
    others[4].type.version[0] = '2';
    struct conflict_key own = conflict_key_of(&rule, &alice, none);
    struct conflict_key again = conflict_key_of(&rule, &alice, none);
    assert_int_equal(own.kind, CONFLICT_KEY_SCOPED);
    assert_true(conflict_key_equal(&own, &again));
    for (size_t i = 0; i < 5; i++) {
        struct conflict_key other = conflict_key_of(&rule, &others[i], none);
        assert_int_equal(other.kind, CONFLICT_KEY_SCOPED);
        assert_false(conflict_key_equal(&own, &other));
    }
    struct conflict_key process = conflict_key_of(&rule, NULL, none);
    assert_int_equal(process.kind, CONFLICT_KEY_SCOPED);
    assert_true(conflict_key_equal(&process, &process));
    assert_false(conflict_key_equal(&process, &own));
    /* What the caller sent has no part in it. */
    struct conflict_key junk = conflict_key_of(&rule, &alice, actr_view_of("\xff\xff", 2));
    assert_true(conflict_key_equal(&own, &junk));
}

TEST(barriers_and_free_messages_equal_nothing)
{
    const struct conflict_rule none = {.source = ACTR_KEY_NONE};
    const struct conflict_rule free_rule = {.source = ACTR_KEY_FREE};
    const struct actr_view empty = {0};
    struct conflict_key barrier = conflict_key_of(&none, &alice, empty);
    struct conflict_key free_key = conflict_key_of(&free_rule, &alice, empty);
    assert_int_equal(barrier.kind, CONFLICT_KEY_BARRIER);
    assert_int_equal(free_key.kind, CONFLICT_KEY_FREE);
    assert_false(conflict_key_equal(&barrier, &barrier));
    assert_false(conflict_key_equal(&free_key, &free_key));
}

TEST(every_cut_of_a_message_ends)
{
    static const char message[] =
        "08 01 11 0102030405060708 1a 04 74657374 25 01020304 2a 81 00 78";
    uint8_t whole[64];
    size_t len = harness_hex(message, whole, sizeof(whole));
    const struct conflict_rule rule = {ACTR_KEY_FIELD, 0, 3, ACTR_KEY_STRING};
    assert_int_equal(conflict_key_of(&rule, NULL, actr_view_of(whole, len)).kind,
                     CONFLICT_KEY_SCOPED);
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *copy = malloc(cut ? cut : 1); /* so that a sanitizer sees a byte too far */
        assert_non_null(copy);
        memcpy(copy, whole, cut);
        struct conflict_key key = conflict_key_of(&rule, NULL, actr_view_of(copy, cut));
        /* Whole fields only: the field itself is the third, behind it come two more. */
        bool is_whole = cut == 17 || cut == 22;
        assert_int_equal(key.kind == CONFLICT_KEY_SCOPED, is_whole);
        free(copy);
    }
}
