// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Credentials and claims that travel alone. */
#include "protocol/credential.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "protocol/vectors.h"

TEST(credential_vectors)
{
    uint8_t credential_buf[512], claims_buf[512], signature_buf[512];
    struct actr_view vector = vectors_bytes("cred ", credential_buf);
    struct actr_view claims_vector = vectors_bytes("claims ", claims_buf);
    struct actr_view signature = vectors_bytes("sig ", signature_buf);
    struct credential credential;
    struct claims claims;
    struct arena arena;

    arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(credential_decode(vector, &arena, &credential), 0);
    assert_int_equal(credential.key_id, 1);
    assert_view(credential.claims, claims_vector);
    assert_view(credential.signature, signature);
    assert_bytes(credential_encode(&credential), vector);

    assert_int_equal(claims_decode(credential.claims, &arena, &claims), 0);
    assert_int_equal(claims.realm, 101);
    assert_text(claims.actor_id, "1a2b3c@101/acme:echo-service:1.0.0");
    assert_int_equal(claims.expires_at_s, 1800000000);
    assert_bytes(claims_encode(&claims), claims_vector);
    arena_deinit(&arena);
}

TEST(credential_empty_is_written_whole)
{
    static const uint8_t wanted[] = {0x08, 0x00, 0x12, 0x00, 0x1a, 0x00};
    struct credential none = {0}, back;
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    assert_bytes(credential_encode(&none), actr_view_of(wanted, sizeof(wanted)));
    assert_int_equal(credential_decode(actr_view_of(wanted, sizeof(wanted)), &arena, &back), 0);
    assert_int_equal(back.key_id, 0);
    assert_int_equal(back.claims.len + back.signature.len, 0);
    arena_deinit(&arena);
}

TEST(credential_refused)
{
    static const char *const cases[] = {
        "",          "0800 1200",      "0800 1a00",        "1200 1a00",
        "0801 1201", "0a00 1200 1a00", "0800 1200 1a00 13"};
    struct credential credential = {.key_id = 5};
    struct claims claims = {.realm = 5};
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t buf[32];
        struct actr_view bytes = {buf, harness_hex(cases[i], buf, sizeof(buf))};
        assert_int_equal(credential_decode(bytes, &arena, &credential), ACTR_EDECODE);
        assert_int_equal(claims_decode(bytes, &arena, &claims), ACTR_EDECODE);
    }
    assert_int_equal(credential.key_id, 5);
    assert_int_equal(claims.realm, 5);
    arena_deinit(&arena);
}

TEST(credential_out_of_memory)
{
    uint8_t buf[512];
    struct actr_view vector = vectors_bytes("cred ", buf);
    struct credential credential = {0};
    struct claims claims = {0};
    struct arena arena;
    for (size_t n = 1; n <= 2; n++) {
        mem_fail_at(n);
        assert_true(actr_bytes_failed(credential_encode(&credential)));
        mem_fail_at(n);
        assert_true(actr_bytes_failed(claims_encode(&claims)));
    }
    arena_init(&arena, (size_t)1 << 20);
    mem_fail_at(1);
    assert_int_equal(credential_decode(vector, &arena, &credential), ACTR_ENOMEM);
    arena_deinit(&arena);
}
