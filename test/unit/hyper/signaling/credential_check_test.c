// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Credentials, against golden ones of the existing system. */
#include "hyper/signaling/credential_check.h"

#include "base/mem.h"
#include "harness.h"
#include "sys/crypto.h"

struct golden {
    uint8_t claims[64], signature[64], key[32];
    struct credential credential;
    struct crypto_verifier *verifier;
    struct actr_id id;
};

static void golden_init(struct golden *golden)
{
    size_t len = harness_hex("08651222316132623363403130312f61636d653a6563686f2d736572766963653a31"
                             "2e302e301880a4a7da06",
                             golden->claims, sizeof golden->claims);
    harness_hex("29cd61ba8793a87dda96db73e5ebeb42af983dd39f5c0ed33d8c18e158d7cc006930afa4104fce2f"
                "364aa49fdb4926d1e7c098c727e06c14fa8b8f9223ca140b",
                golden->signature, sizeof golden->signature);
    harness_hex("197f6b23e16c8532c6abc838facd5ea789be0c76b2920334039bfa8b3d368d61", golden->key,
                sizeof golden->key);
    golden->credential = (struct credential){.key_id = 1,
                                             .claims = actr_view_of(golden->claims, len),
                                             .signature = actr_view_of(golden->signature, 64)};
    assert_int_equal(crypto_verifier_new(golden->key, &golden->verifier), 0);
    assert_int_equal(actr_id_parse("1a2b3c@101/acme:echo-service:1.0.0", &golden->id), 0);
}

TEST(genuine)
{
    struct golden golden;
    uint64_t expires_at_s = 0;
    golden_init(&golden);
    assert_int_equal(credential_check_claims(&golden.credential, &golden.id, &expires_at_s), 0);
    assert_int_equal(expires_at_s, 1800000000);
    assert_int_equal(credential_check_signature(&golden.credential, golden.verifier), 0);
    crypto_verifier_free(golden.verifier);
}

TEST(of_another_actor)
{
    struct golden golden;
    uint64_t expires_at_s = 5;
    golden_init(&golden);
    struct actr_id others[4] = {golden.id, golden.id, golden.id, golden.id};
    others[0].serial++;
    others[1].realm++;
    others[2].type.name[0] = 'E';
    others[3].type.version[0] = '2';
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(credential_check_claims(&golden.credential, &others[i], &expires_at_s),
                         ACTR_EPERMISSION);
    assert_int_equal(expires_at_s, 5);
    crypto_verifier_free(golden.verifier);
}

/* The listener of the existing system takes it: the id in the claims is right, the realm is not. */
TEST(of_another_realm_with_the_right_id)
{
    struct golden golden;
    uint64_t expires_at_s;
    golden_init(&golden);
    assert_int_equal(golden.claims[1], 101);
    golden.claims[1] = 102;
    assert_int_equal(credential_check_claims(&golden.credential, &golden.id, &expires_at_s),
                     ACTR_EPERMISSION);
    crypto_verifier_free(golden.verifier);
}

TEST(malformed_claims)
{
    struct golden golden;
    uint64_t expires_at_s;
    golden_init(&golden);
    for (size_t len = 0; len < golden.credential.claims.len; len++) {
        struct credential cut = golden.credential;
        cut.claims.len = len;
        assert_int_equal(credential_check_claims(&cut, &golden.id, &expires_at_s),
                         ACTR_EPERMISSION);
    }
    crypto_verifier_free(golden.verifier);
}

TEST(forged)
{
    struct golden golden;
    golden_init(&golden);
    for (size_t i = 0; i < golden.credential.claims.len; i++) {
        golden.claims[i] ^= 1;
        assert_int_equal(credential_check_signature(&golden.credential, golden.verifier),
                         ACTR_EPERMISSION);
        golden.claims[i] ^= 1;
    }
    struct credential cut = golden.credential;
    for (size_t len = 0; len < 64; len++) {
        cut.signature.len = len;
        assert_int_equal(credential_check_signature(&cut, golden.verifier), ACTR_EPERMISSION);
    }
    crypto_verifier_free(golden.verifier);
}
