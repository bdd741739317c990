// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The headers between actors: the captured ones, ours, and what strangers may send. */
#include "hyper/wire/websocket/handshake.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"

#define SOURCE_ID "0a0308922110021a180a07696e7465726f701206436c69656e741a05312e302e30"
#define CREDENTIAL                                                                                 \
    "CAESJgiSIRIbMkA0MjQyL2ludGVyb3A6Q2xpZW50OjEuMC4wGLDzkNgGGkDpD2p15toKlTwNZmKLCY/"              \
    "J8oQ6E07UZF4PFSHad6itGQucSn1F622F++oc98+M1dLFBNFfGndubs6DzKva+dYP"

TEST(captured_headers_are_read)
{
    struct actr_id id;
    AUTO_BYTES struct actr_bytes credential = {0};
    char text[ACTR_ID_STR_MAX];
    assert_int_equal(ws_handshake_source_id(SOURCE_ID, &id), 0);
    assert_string_equal(actr_id_format(&id, text), "2@4242/interop:Client:1.0.0");
    assert_int_equal(ws_handshake_credential(CREDENTIAL, &credential), 0);
    assert_int_equal(credential.len, 108);
    assert_int_equal(credential.ptr[0], 0x08); /* field 1, key_id */
}

TEST(captured_headers_are_built)
{
    struct ws_handshake handshake;
    struct actr_id id;
    AUTO_BYTES struct actr_bytes credential = {0};
    assert_int_equal(ws_handshake_source_id(SOURCE_ID, &id), 0);
    assert_int_equal(ws_handshake_credential(CREDENTIAL, &credential), 0);
    assert_int_equal(ws_handshake_init(&handshake, &id, &id, actr_bytes_view(credential)), 0);
    assert_string_equal(handshake.headers[0].name, "x-actr-source-id");
    assert_string_equal(handshake.headers[0].value, SOURCE_ID);
    assert_string_equal(handshake.headers[1].name, "x-actr-credential");
    assert_string_equal(handshake.headers[1].value, CREDENTIAL);
    assert_string_equal(handshake.headers[2].name, "x-actr-target-id");
    assert_string_equal(handshake.headers[2].value, SOURCE_ID);
    ws_handshake_deinit(&handshake);
}

TEST(upper_case_hex_is_read)
{
    char upper[sizeof(SOURCE_ID)];
    struct actr_id id;
    for (size_t i = 0; i < sizeof(SOURCE_ID); i++)
        upper[i] =
            SOURCE_ID[i] >= 'a' && SOURCE_ID[i] <= 'f' ? (char)(SOURCE_ID[i] - 32) : SOURCE_ID[i];
    assert_int_equal(ws_handshake_source_id(upper, &id), 0);
    assert_int_equal(id.serial, 2);
}

TEST(bad_source_ids_are_refused_with_the_header_named)
{
    static const char *const cases[] = {
        NULL,          "",           "0",
        "zz",          "0a03089221", SOURCE_ID "0",
        SOURCE_ID " ", "00",         "0a0308922110021a030a0161" /* type without name and version */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct actr_id id;
        assert_int_equal(ws_handshake_source_id(cases[i], &id), ACTR_EPERMISSION);
        assert_non_null(strstr(actr_errmsg(), "x-actr-source-id"));
    }
    char *longest = mem_alloc(4096);
    memset(longest, 'a', 4095);
    struct actr_id id;
    assert_int_equal(ws_handshake_source_id(longest, &id), ACTR_EPERMISSION);
    mem_free(longest);
}

TEST(bad_credentials_are_refused_with_the_header_named)
{
    static const char *const cases[] = {NULL, "", "A", "AAA", "A===", "AA-_", "AAAA ", "===="};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct actr_bytes credential;
        assert_int_equal(ws_handshake_credential(cases[i], &credential), ACTR_EPERMISSION);
        assert_non_null(strstr(actr_errmsg(), "x-actr-credential"));
    }
    char *longest = mem_alloc(16384);
    memset(longest, 'A', 16380);
    struct actr_bytes credential;
    assert_int_equal(ws_handshake_credential(longest, &credential), ACTR_EPERMISSION);
    mem_free(longest);
}

TEST(a_credential_that_would_not_be_read_is_not_sent)
{
    struct ws_handshake handshake;
    struct actr_id id;
    uint8_t *data;
    assert_int_equal(ws_handshake_source_id(SOURCE_ID, &id), 0);
    AUTO_BYTES struct actr_bytes largest = bytes_new(WS_HANDSHAKE_CREDENTIAL_MAX, &data);
    memset(data, 1, largest.len);
    AUTO_BYTES struct actr_bytes read = {0};
    assert_int_equal(ws_handshake_init(&handshake, &id, &id, actr_bytes_view(largest)), 0);
    assert_int_equal(ws_handshake_credential(handshake.headers[1].value, &read), 0);
    assert_true(view_equal(actr_bytes_view(read), actr_bytes_view(largest)));
    ws_handshake_deinit(&handshake);
    AUTO_BYTES struct actr_bytes larger = bytes_new(WS_HANDSHAKE_CREDENTIAL_MAX + 1, &data);
    assert_int_equal(ws_handshake_init(&handshake, &id, &id, actr_bytes_view(larger)),
                     ACTR_EINVALID);
}

TEST(running_out_of_memory_is_told)
{
    struct ws_handshake handshake;
    struct actr_id id;
    struct actr_bytes credential;
    int r = ACTR_ENOMEM;
    assert_int_equal(ws_handshake_source_id(SOURCE_ID, &id), 0);
    for (size_t n = 1; r == ACTR_ENOMEM; n++) {
        mem_fail_at(n);
        r = ws_handshake_init(&handshake, &id, &id, actr_view_of("x", 1));
        mem_fail_at(0);
    }
    assert_int_equal(r, 0);
    ws_handshake_deinit(&handshake);
    mem_fail_at(1);
    assert_int_equal(ws_handshake_credential("AAAA", &credential), ACTR_ENOMEM);
    mem_fail_at(0);
}
