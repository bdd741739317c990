// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Types and ids: text forms, equality, hash, encoded form, reserved destinations. */
#include "protocol/id.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "protocol/vectors.h"

static const char sample[] = "1a2b3c@101/acme:echo-service:1.0.0";

static struct actr_id id_of(const char *text)
{
    struct actr_id id;
    assert_int_equal(actr_id_parse(text, &id), 0);
    return id;
}

TEST(id_text_round_trip)
{
    char buf[ACTR_ID_STR_MAX];
    struct actr_id id = id_of(sample);
    assert_int_equal(id.serial, 0x1a2b3c);
    assert_int_equal(id.realm, 101);
    assert_string_equal(id.type.manufacturer, "acme");
    assert_string_equal(id.type.name, "echo-service");
    assert_string_equal(id.type.version, "1.0.0");
    assert_ptr_equal(actr_id_format(&id, buf), buf);
    assert_string_equal(buf, sample);
    assert_string_equal(actr_type_format(&id.type, buf), "acme:echo-service:1.0.0");
}

TEST(id_text_is_made_canonical)
{
    char buf[ACTR_ID_STR_MAX];
    struct actr_id id = id_of("001A2b3C@0101/acme:echo-service:1.0.0");
    assert_string_equal(actr_id_format(&id, buf), sample);
    id = id_of("0@0/a:b:c");
    assert_string_equal(actr_id_format(&id, buf), "0@0/a:b:c");
}

TEST(id_longest_text)
{
    char text[ACTR_ID_STR_MAX], buf[ACTR_ID_STR_MAX], name[ACTR_NAME_MAX + 1];
    char version[ACTR_VERSION_MAX + 1];
    memset(name, 'n', ACTR_NAME_MAX);
    name[ACTR_NAME_MAX] = '\0';
    memset(version, 'v', ACTR_VERSION_MAX);
    version[ACTR_VERSION_MAX] = '\0';
    int len =
        snprintf(text, sizeof(text), "ffffffffffffffff@4294967295/%s:%s:%s", name, name, version);
    assert_int_equal(len, ACTR_ID_STR_MAX - 1);
    struct actr_id id = id_of(text);
    assert_string_equal(actr_id_format(&id, buf), text);
}

TEST(id_letters_beyond_ascii)
{
    char buf[ACTR_ID_STR_MAX];
    struct actr_id id = id_of("7@1/фабрика:\xe5\xb7\xa5\xe5\x8e\x82:1.0-ß");
    assert_string_equal(actr_id_format(&id, buf), "7@1/фабрика:\xe5\xb7\xa5\xe5\x8e\x82:1.0-ß");
}

TEST(id_malformed)
{
    static const struct {
        const char *text, *detail;
    } cases[] = {
        {"", "an id is serial@realm/type"},
        {"1a2b3c", "an id is serial@realm/type"},
        {"1a2b3c@101", "an id is serial@realm/type"},
        {"1a2b3c/101@a:b:c", "an id is serial@realm/type"},
        {"@101/a:b:c", "the serial number is not a 64-bit hex number"},
        {"xyz@101/a:b:c", "the serial number is not a 64-bit hex number"},
        {"0x1@101/a:b:c", "the serial number is not a 64-bit hex number"},
        {"-1@101/a:b:c", "the serial number is not a 64-bit hex number"},
        {"10000000000000000@101/a:b:c", "the serial number is not a 64-bit hex number"},
        {"1@/a:b:c", "the realm is not a 32-bit number"},
        {"1@4294967296/a:b:c", "the realm is not a 32-bit number"},
        {"1@1x/a:b:c", "the realm is not a 32-bit number"},
        {"1@2@3/a:b:c", "the realm is not a 32-bit number"},
        {"1@2/", "a type is manufacturer:name:version"},
        {"1@2/a:b", "a type is manufacturer:name:version"},
        {"1@2/a:b:c:d", "a type is manufacturer:name:version"},
        {"1@2/a+b", "a type is manufacturer:name:version"},
        {"1@2/:b:c", "manufacturer is empty"},
        {"1@2/a::c", "type name is empty"},
        {"1@2/a:b:", "version is empty"},
        {"1@2/1a:b:c", "manufacturer starts with a character that is not allowed there"},
        {"1@2/a/x:b:c", "manufacturer has a character that is not allowed"},
        {"1@2/a:b-:c", "type name ends in a character that is not allowed there"},
        {"1@2/a:b b:c", "type name has a character that is not allowed"},
        {"1@2/a:b\xff:c", "type name has a character that is not allowed"},
        {"1@2/a:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:c", "type name is too long"},
        {"1@2/a:b:c\n", "version has a character that is not allowed"},
        {"1@2/a:b:c\xc0\x80", "version is not UTF-8"},
        {"1@2/a:b:"
         "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv",
         "version is too long"},
    };
    struct actr_id id = id_of(sample), untouched;
    memcpy(&untouched, &id, sizeof(id)); /* and what lies between its members */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(actr_id_parse(cases[i].text, &id), ACTR_EINVALID);
        assert_string_equal(actr_errmsg(), cases[i].detail);
    }
    assert_memory_equal(&id, &untouched, sizeof(id));
}

TEST(id_type_text)
{
    struct actr_type type, other;
    assert_int_equal(actr_type_parse("acme:echo:1", &type), 0);
    assert_int_equal(actr_type_parse("acme:echo:1", &other), 0);
    assert_true(actr_type_equal(&type, &other));
    assert_int_equal(actr_type_parse("acme:echo:2", &other), 0);
    assert_false(actr_type_equal(&type, &other));
    assert_int_equal(actr_type_parse("acme:echo", &other), ACTR_EINVALID);
    assert_string_equal(other.version, "2");
}

TEST(id_equal_and_hash_see_every_part)
{
    static const char *const others[] = {
        "1a2b3d@101/acme:echo-service:1.0.0", "1a2b3c@102/acme:echo-service:1.0.0",
        "1a2b3c@101/acmf:echo-service:1.0.0", "1a2b3c@101/acme:echo-servicf:1.0.0",
        "1a2b3c@101/acme:echo-service:1.0.1", "1a2b3c@101/acmee:cho-service:1.0.0",
    };
    static const uint8_t key[16] = "0123456789abcde", key2[16] = "0123456789abcdf";
    struct actr_id id = id_of(sample), same = id_of(sample);
    memset(&same.type.manufacturer[5], 'x', 3); /* behind the NUL: no part of the value */
    assert_true(actr_id_equal(&id, &same));
    assert_true(actr_id_hash(&id, key) == actr_id_hash(&same, key));
    assert_false(actr_id_hash(&id, key) == actr_id_hash(&id, key2));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct actr_id other = id_of(others[i]);
        assert_false(actr_id_equal(&id, &other));
        assert_false(actr_id_hash(&id, key) == actr_id_hash(&other, key));
    }
}

TEST(id_reserved_destinations)
{
    struct actr_id copy = *actr_dest_host();
    struct actr_id zero = {0};
    assert_true(id_is_host(&copy) && !id_is_workload(&copy));
    copy = *actr_dest_workload();
    assert_true(id_is_workload(&copy) && !id_is_host(&copy));
    copy = id_of(sample);
    assert_false(id_is_host(&copy) || id_is_workload(&copy));
    assert_false(id_is_host(&zero) || id_is_workload(&zero));
}

TEST(id_reserved_destinations_cannot_come_from_outside)
{
    char buf[ACTR_ID_STR_MAX];
    struct actr_id id;
    const struct actr_id *reserved[] = {actr_dest_host(), actr_dest_workload()};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(actr_id_parse(actr_id_format(reserved[i], buf), &id), ACTR_EINVALID);
        AUTO_BYTES struct actr_bytes bytes = id_encode(reserved[i]);
        assert_false(actr_bytes_failed(bytes));
        assert_int_equal(id_decode(actr_bytes_view(bytes), &id), ACTR_EDECODE);
    }
}

TEST(id_encoded_vector)
{
    uint8_t buf[512];
    struct actr_id id, wanted = id_of(sample);
    struct actr_view vector = vectors_bytes("ActrId ", buf);
    assert_int_equal(id_decode(vector, &id), 0);
    assert_true(actr_id_equal(&id, &wanted));
    assert_bytes(id_encode(&id), vector);
}

TEST(id_encoded_zeros_are_written)
{
    uint8_t buf[64];
    struct actr_id id = id_of("0@0/a:b:c");
    size_t len = harness_hex("0a02 0800 1000 1a09 0a0161 120162 1a0163", buf, sizeof(buf));
    assert_bytes(id_encode(&id), actr_view_of(buf, len));
}

TEST(id_encoded_refused)
{
    static const char *const cases[] = {
        "",                                            /* nothing */
        "0a02 0800 1000",                              /* no type */
        "0a00 1000 1a09 0a0161 120162 1a0163",         /* no realm number */
        "0a02 0800 1000 1a06 0a0161 120162",           /* no version */
        "0a02 0800 1000 1a0a 0a026100 120162 1a0163",  /* NUL in a name */
        "0a02 0800 1000 1a0a 0a0161 120162 1a0263 3a", /* cut */
        "0a02 0800 1000 1a0a 0a0161 120162 1a02633a",  /* colon in the version */
        "0a02 0800 1000 1a08 0a00 120162 1a0163",      /* empty name */
        "0802 1000 1a09 0a0161 120162 1a0163",         /* realm as a number */
        "0a02 0800 1000 1b 1a09 0a0161 120162 1a0163", /* a group */
    };
    struct actr_id id = id_of(sample), untouched = id;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t buf[64];
        size_t len = harness_hex(cases[i], buf, sizeof(buf));
        assert_int_equal(id_decode(actr_view_of(buf, len), &id), ACTR_EDECODE);
        assert_true(actr_errmsg()[0] != '\0');
    }
    assert_memory_equal(&id, &untouched, sizeof(id));
}

TEST(id_out_of_memory)
{
    uint8_t buf[512];
    struct actr_id id = id_of(sample);
    struct actr_view vector = vectors_bytes("ActrId ", buf);
    mem_fail_at(1);
    assert_int_equal(id_decode(vector, &id), ACTR_ENOMEM);
    for (size_t n = 1; n <= 2; n++) {
        mem_fail_at(n);
        struct actr_bytes bytes = id_encode(&id);
        assert_true(actr_bytes_failed(bytes));
        mem_fail_at(0);
    }
}
