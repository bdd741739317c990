// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/issuer.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "forge.h"
#include "harness.h"
#include "rendezvous/admission.h"

#define NOW_S 1700000000u

static struct keyring keyring;

static struct issuer issuer_open(void)
{
    struct issuer issuer = {.keyring = &keyring, .ttl_s = 3600, .heartbeat_s = 30, .worker = 21};
    struct ledger_row row = {.table = LEDGER_SIGNING_KEY};
    memset(&keyring, 0, sizeof(keyring));
    keyring.keep_s = 3600;
    forge_key_row(&row);
    assert_int_equal(keyring_load(&keyring, &row), 0);
    forge_row_deinit(&row);
    return issuer;
}

TEST(issuer_serials_grow_and_carry_time_and_worker)
{
    struct issuer issuer = {.worker = 21};
    uint64_t first = issuer_serial(&issuer, 1672531200000u + 1000);
    assert_int_equal(first >> 13, 1000);
    assert_int_equal((first >> 8) & 31, 21);
    assert_int_equal(first & 255, 0);
    assert_int_equal(issuer_serial(&issuer, 1672531200000u + 1000), first + 1);
    assert_true(issuer_serial(&issuer, 1672531200000u + 1001) > first + 1);
}

TEST(issuer_serials_never_repeat_when_the_clock_steps_back_or_stands_still)
{
    struct issuer issuer = {.worker = 3};
    uint64_t last = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t serial = issuer_serial(&issuer, 1672531200000u + (i < 500 ? 5000 : 10));
        assert_true(serial > last);
        assert_true(serial < (uint64_t)1 << 54);
        last = serial;
    }
}

TEST(issuer_serials_go_on_where_a_restart_left_off)
{
    struct issuer issuer = {.worker = 3, .serial_last = (uint64_t)9000 << 13};
    assert_true(issuer_serial(&issuer, 1672531200000u + 10) > (uint64_t)9000 << 13);
    issuer = (struct issuer){.is_open = true};
    assert_int_equal(issuer_serial(&issuer, NOW_S), 1);
    assert_int_equal(issuer_serial(&issuer, NOW_S), 2);
}

static void expect_token(const struct issuer_token *token, const char *hex)
{
    uint8_t bytes[ISSUER_TOKEN_LEN];
    assert_int_equal(harness_hex(hex, bytes, sizeof(bytes)), sizeof(bytes));
    assert_memory_equal(token->bytes, bytes, sizeof(bytes));
}

TEST(issuer_successor_token_is_that_of_the_existing_system)
{
    struct issuer issuer = {0};
    struct issuer_token old = {.expires_at_s = 1800000000}, next;
    struct actr_id id = forge_id("1a2b3c@101/acme:echo-service:1.0.0");
    memset(issuer.token_secret, 'x', sizeof(issuer.token_secret));
    for (uint8_t i = 0; i < ISSUER_TOKEN_LEN; i++)
        old.bytes[i] = i;
    assert_int_equal(issuer_token_next(&issuer, &id, &old, 1800000000 - 100, &next), 0);
    expect_token(&next, "8ddf617ae860d51a757a00c71512ca874b9b317d05d66a59cbebb60d6c06c322");
    assert_int_equal(next.expires_at_s, 1800000000 + ISSUER_TOKEN_TTL_S);
}

TEST(issuer_keeps_a_token_that_has_time)
{
    struct issuer issuer = {0};
    struct actr_id id = forge_id("1@101/acme:echo:1.0.0");
    struct issuer_token old = {.bytes = {7}, .expires_at_s = NOW_S + ISSUER_ROTATION_WINDOW_S + 1};
    struct issuer_token next;
    assert_int_equal(issuer_token_next(&issuer, &id, &old, NOW_S, &next), 0);
    assert_memory_equal(&next, &old, sizeof(old));
    assert_int_equal(issuer_token_next(&issuer, &id, &old, NOW_S + 1, &next), 0);
    assert_memory_not_equal(next.bytes, old.bytes, sizeof(old.bytes));
}

TEST(issuer_open_tokens_are_those_of_the_test_server)
{
    struct issuer issuer = {.is_open = true};
    struct issuer_token token;
    struct actr_id id = forge_id("1@101/acme:echo:1.0.0");
    assert_int_equal(issuer_token_new(&issuer, &id, NOW_S, &token), 0);
    expect_token(&token, "850df623914aac066250085ba8b4e03af33d8802eb2f77f1a492a1a4777ab4a6");
    id.serial = 2;
    assert_int_equal(issuer_token_new(&issuer, &id, NOW_S, &token), 0);
    expect_token(&token, "91e60aa2f2086e3fd6254d9ef9563c1b21710b40a69b911302175cd8ab9ea8db");
}

TEST(issuer_turn_password_is_that_of_the_existing_system)
{
    struct issuer issuer = issuer_open();
    struct issuer_grant grant;
    struct issuer_token token = {.expires_at_s = 1800000000 + 60};
    struct actr_id id = forge_id("1a2b3c@101/acme:echo-service:1.0.0");
    snprintf(issuer.turn_secret, sizeof(issuer.turn_secret),
             "actrix-turn-secret-change-in-production");
    assert_int_equal(issuer_grant(&issuer, &id, &token, 1800000000 - 3600, &grant), 0);
    assert_true(view_equal(grant.registration.turn.username,
                           view_text("1800000000:1a2b3c@101/acme:echo-service:1.0.0")));
    assert_true(
        view_equal(grant.registration.turn.password, view_text("h7datY90SE4ck2vRDenf3CldcCU=")));
    issuer_grant_deinit(&grant);
    keyring_deinit(&keyring);
}

TEST(issuer_fills_in_everything)
{
    struct issuer issuer = issuer_open();
    struct issuer_grant grant;
    struct issuer_token token = {.bytes = {9}, .expires_at_s = NOW_S + 86400};
    struct actr_id id = forge_id("ff@101/acme:echo:1.0.0");
    struct arena arena;
    uint64_t expires_at_s = 0;
    snprintf(issuer.turn_secret, sizeof(issuer.turn_secret), "secret");
    assert_int_equal(issuer_grant(&issuer, &id, &token, NOW_S, &grant), 0);
    const struct ais_registration *r = &grant.registration;
    assert_true(actr_id_equal(&r->id, &id));
    assert_int_equal(r->credential.key_id, FORGE_KEY_ID);
    assert_int_equal(r->signing_key_id, FORGE_KEY_ID);
    assert_true(r->has_credential_expires_at && r->has_renewal_token_expires_at);
    assert_int_equal(r->credential_expires_at_s, NOW_S + 3600);
    assert_int_equal(r->turn.expires_at_s, NOW_S + 3600);
    assert_int_equal(r->renewal_token_expires_at_s, NOW_S + 86400);
    assert_int_equal(r->heartbeat_interval_s, 30);
    assert_int_equal(r->renewal_token.len, 32);
    assert_memory_equal(r->signing_pubkey.ptr, keyring_current(&keyring)->public_key, 32);
    arena_init(&arena, 65536);
    assert_int_equal(admission_verify(&keyring, &r->credential, &id, NOW_S, &arena, &expires_at_s),
                     0);
    assert_int_equal(expires_at_s, NOW_S + 3600);
    arena_deinit(&arena);
    issuer_grant_deinit(&grant);
    keyring_deinit(&keyring);
}

TEST(issuer_survives_want_of_memory)
{
    struct issuer issuer = issuer_open();
    struct issuer_grant grant;
    struct issuer_token token = {.expires_at_s = NOW_S + 86400};
    struct actr_id id = forge_id("ff@101/acme:echo:1.0.0");
    snprintf(issuer.turn_secret, sizeof(issuer.turn_secret), "secret");
    int r = ACTR_ENOMEM;
    for (size_t n = 1; r == ACTR_ENOMEM; n++) {
        mem_fail_at(n);
        r = issuer_grant(&issuer, &id, &token, NOW_S, &grant);
    }
    mem_fail_at(0);
    assert_int_equal(r, 0);
    issuer_grant_deinit(&grant);
    keyring_deinit(&keyring);
}
