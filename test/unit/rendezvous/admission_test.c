// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/admission.h"

#include <string.h>

#include "base/bytes.h"
#include "forge.h"
#include "harness.h"

#define ID "1a2b3c@101/acme:echo-service:1.0.0"
#define NOW_S 1700000000u

static struct arena arena;

static struct admission parse(const char *query)
{
    struct admission admission;
    arena_init(&arena, 1 << 20);
    assert_int_equal(admission_parse(query, &arena, &admission), 0);
    return admission;
}

/* As the existing system's client writes it. */
static const char golden[] =
    "actor_id=1a2b3c%40101%2Facme%3Aecho-service%3A1.0.0&key_id=1&claims="
    "CGUSIjFhMmIzY0AxMDEvYWNtZTplY2hvLXNlcnZpY2U6MS4wLjAYgKSn2gY%3D&signature="
    "Kc1huoeTqH3alttz5evrQq%2BYPdOfXA7TPYwY4VjXzABpMK%2BkEE%2FOLzZKpJ%2FbSSbR58CYxyfgbBT6i4%2BSI8o"
    "UCw%3D%3D";

TEST(admission_reads_the_query_of_the_existing_system)
{
    struct admission admission = parse(golden);
    struct actr_id id = forge_id(ID);
    assert_true(admission.has_id && admission.has_credential && !admission.want_answer);
    assert_true(actr_id_equal(&admission.id, &id));
    assert_int_equal(admission.credential.key_id, 1);
    assert_int_equal(admission.credential.claims.len, 44);
    assert_int_equal(admission.credential.signature.len, 64);
    arena_deinit(&arena);
}

TEST(admission_of_base64_with_a_raw_plus_is_no_credential)
{
    char query[sizeof(golden)];
    size_t len = 0;
    for (const char *at = golden; *at;)
        if (strncmp(at, "%2B", 3) == 0) {
            query[len++] = '+';
            at += 3;
        } else {
            query[len++] = *at++;
        }
    query[len] = '\0';
    struct admission admission = parse(query);
    assert_true(admission.has_id);
    assert_false(admission.has_credential);
    arena_deinit(&arena);
}

TEST(admission_knows_the_wish_to_answer)
{
    assert_true(parse("webrtc_role=answer").want_answer);
    arena_deinit(&arena);
    assert_false(parse("webrtc_role=offer").want_answer);
    arena_deinit(&arena);
}

TEST(admission_passes_over_what_it_does_not_know)
{
    struct admission admission =
        parse("&&x=1&actor_id=nonsense&=&actor_id=1%402/a:b:c&key_id=-1&key_id&claims=!");
    assert_true(admission.has_id);
    assert_int_equal(admission.id.realm, 2);
    assert_false(admission.has_credential);
    arena_deinit(&arena);
    assert_false(parse("").has_id);
    arena_deinit(&arena);
}

TEST(admission_refuses_malformed_escapes)
{
    static const char *const queries[] = {"actor_id=%4", "actor_id=%", "x=%zz", "%"};
    struct admission admission;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
        assert_int_equal(admission_parse(queries[i], &arena, &admission), ACTR_EDECODE);
    arena_deinit(&arena);
}

TEST(admission_stops_at_the_bound_of_its_arena)
{
    struct admission admission;
    arena_init(&arena, 64);
    assert_int_equal(admission_parse(golden, &arena, &admission), ACTR_ENOMEM);
    arena_deinit(&arena);
}

static int verify(const struct forged *forged, uint64_t now_s)
{
    struct keyring keyring = {.keep_s = 100};
    struct ledger_row row = {.table = LEDGER_SIGNING_KEY};
    struct actr_id id = forge_id(ID);
    struct credential credential = forged_credential(forged);
    uint64_t expires_at_s = 0;
    forge_key_row(&row);
    assert_int_equal(keyring_load(&keyring, &row), 0);
    forge_row_deinit(&row);
    arena_init(&arena, 65536);
    int r = admission_verify(&keyring, &credential, &id, now_s, &arena, &expires_at_s);
    if (r == 0)
        assert_int_equal(expires_at_s, NOW_S + 10);
    arena_deinit(&arena);
    keyring_deinit(&keyring);
    return r;
}

static void expect(const uint8_t *seed, const char *actor_id, uint32_t realm, uint64_t now_s,
                   const char *why)
{
    struct forged forged = forge_credential(seed, actor_id, realm, NOW_S + 10);
    assert_int_equal(verify(&forged, now_s), why ? ADMISSION_REFUSED : 0);
    if (why)
        assert_string_equal(actr_errmsg(), why);
    forged_deinit(&forged);
}

TEST(admission_takes_a_good_credential)
{
    expect(forge_seed, ID, 101, NOW_S, NULL);
    expect(forge_seed, ID, 101, NOW_S + 9, NULL);
}

TEST(admission_says_what_is_wrong_in_the_order_of_the_checks)
{
    expect(forge_other_seed, "2@7/a:b:c", 7, NOW_S + 10, "unknown key or wrong signature");
    expect(forge_seed, "2@7/a:b:c", 7, NOW_S + 10, "expired");
    expect(forge_seed, "2@7/a:b:c", 7, NOW_S, "issued for another realm");
    expect(forge_seed, "2@101/a:b:c", 101, NOW_S, "issued for another actor");
    /* Claims are compared as text: the canonical form alone will do. */
    expect(forge_seed, "01a2b3c@101/acme:echo-service:1.0.0", 101, NOW_S,
           "issued for another actor");
}

TEST(admission_refuses_claims_that_cannot_be_read)
{
    struct forged forged = forge_credential(forge_seed, ID, 101, NOW_S);
    struct crypto_signer *signer = NULL;
    actr_bytes_unref(forged.claims);
    forged.claims = actr_bytes_str("\xff\xff");
    assert_int_equal(crypto_signer_new(forge_seed, &signer), 0);
    assert_int_equal(crypto_sign(signer, actr_bytes_view(forged.claims), forged.signature), 0);
    crypto_signer_free(signer);
    assert_int_equal(verify(&forged, NOW_S), ADMISSION_REFUSED);
    assert_string_equal(actr_errmsg(), "the claims cannot be read");
    forged_deinit(&forged);
}
