// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* crypto: the vectors that an independent implementation computed, and what a forger may try. */
#include "sys/crypto.h"

#include <pthread.h>
#include <string.h>

#include "harness.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "base/text.h"

/* RFC 2202 §3, test 2. */
static void *hash_much(void *arg)
{
    static const uint8_t want[CRYPTO_SHA1_LEN] = {0xef, 0xfc, 0xdf, 0x6a, 0xe5, 0xeb, 0x2f,
                                                  0xa2, 0xd2, 0x74, 0x16, 0xd5, 0xf1, 0x84,
                                                  0xdf, 0x9c, 0x25, 0x9a, 0x7c, 0x79};
    uint8_t digest[CRYPTO_SHA1_LEN];
    unsigned *wrong = arg;
    for (int i = 0; i < 200; i++)
        if (crypto_hmac_sha1(view_text("Jefe"), view_text("what do ya want for nothing?"), digest) <
                0 ||
            memcmp(digest, want, sizeof(want)) != 0)
            ++*wrong;
    return NULL;
}

/* Each may be the first to want the digest. */
TEST(a_first_use_by_many_threads)
{
    pthread_t threads[4];
    unsigned wrong[4] = {0};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_much, &wrong[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(wrong[i], 0);
    }
}

/* Word `index` (0: the first) after `label` in the file of vectors, in static storage. */
static const char *vector_word(const char *label, unsigned index)
{
    static char word[1024];
    char *file = harness_vector("signaling.txt", NULL);
    size_t label_len = strlen(label);
    char *at = file;
    while (at && !(strncmp(at, label, label_len) == 0 && at[label_len] == ' ')) {
        at = strchr(at, '\n');
        if (at)
            at++;
    }
    assert_non_null(at);
    at += label_len + 1;
    for (; index > 0; index--)
        at += strcspn(at, " \n") + 1;
    size_t len = strcspn(at, " \n");
    assert_true(len > 0 && len < sizeof(word));
    memcpy(word, at, len);
    word[len] = '\0';
    harness_free(file);
    return word;
}

static size_t vector_bytes(const char *label, unsigned index, uint8_t *buf, size_t cap)
{
    return harness_hex(vector_word(label, index), buf, cap);
}

static struct crypto_signer *signer_of(uint8_t byte)
{
    uint8_t seed[CRYPTO_SEED_LEN];
    struct crypto_signer *signer = NULL;
    memset(seed, byte, sizeof(seed));
    assert_int_equal(crypto_signer_new(seed, &signer), 0);
    return signer;
}

static struct crypto_verifier *verifier_of(const struct crypto_signer *signer)
{
    uint8_t key[CRYPTO_PUBLIC_LEN];
    struct crypto_verifier *verifier = NULL;
    crypto_signer_public(signer, key);
    assert_int_equal(crypto_verifier_new(key, &verifier), 0);
    return verifier;
}

TEST(public_keys_of_the_fixed_seeds)
{
    static const struct {
        const char *label;
        uint8_t seed;
    } rows[] = {{"AIS pub", 0x2a}, {"MFR pub", 0x2b}};
    for (size_t i = 0; i < 2; i++) {
        uint8_t want[CRYPTO_PUBLIC_LEN], key[CRYPTO_PUBLIC_LEN];
        char text[64];
        struct crypto_signer *signer = signer_of(rows[i].seed);
        crypto_signer_public(signer, key);
        assert_int_equal(vector_bytes(rows[i].label, 0, want, sizeof(want)), sizeof(want));
        assert_memory_equal(key, want, sizeof(want));
        text_base64_encode(key, sizeof(key), text);
        assert_string_equal(text, vector_word(rows[i].label, 1));
        crypto_signer_free(signer);
    }
}

TEST(manufacturer_key_id_is_the_head_of_the_digest)
{
    uint8_t key[CRYPTO_PUBLIC_LEN], digest[CRYPTO_SHA256_LEN];
    char id[4 + 16 + 1] = "mfr-";
    vector_bytes("MFR pub", 0, key, sizeof(key));
    assert_int_equal(crypto_sha256(actr_view_of(key, sizeof(key)), digest), 0);
    text_hex_encode(digest, 8, id + 4);
    assert_string_equal(id, vector_word("MFR pub", 2));
}

TEST(signature_over_claims)
{
    uint8_t claims[256], want[CRYPTO_SIGNATURE_LEN], signature[CRYPTO_SIGNATURE_LEN];
    struct actr_view message = {claims, vector_bytes("claims", 0, claims, sizeof(claims))};
    struct crypto_signer *signer = signer_of(0x2a);
    struct crypto_verifier *verifier = verifier_of(signer);

    assert_int_equal(crypto_sign(signer, message, signature), 0);
    assert_int_equal(vector_bytes("sig", 0, want, sizeof(want)), sizeof(want));
    assert_memory_equal(signature, want, sizeof(want));
    assert_int_equal(crypto_verify(verifier, message, actr_view_of(want, sizeof(want))), 0);

    crypto_verifier_free(verifier);
    crypto_signer_free(signer);
}

TEST(signature_over_the_manufacturer_proof)
{
    static const char proof[] = "ACTR-MANUFACTURER-REGISTER-V1\nauth_mode=package\nrealm=7\n"
                                "actr_type=acme:echo:1.2.3\ntarget=x86_64-unknown-linux-gnu\n"
                                "manifest_sha256=abc123\nmanufacturer_auth_signed_at=1782200000\n"
                                "manufacturer_auth_nonce=abcd";
    uint8_t want[64], digest[CRYPTO_SHA256_LEN], signature[CRYPTO_SIGNATURE_LEN];
    struct actr_view message = view_text(proof);
    struct crypto_signer *signer = signer_of(0x2b);

    assert_int_equal(message.len, 204);
    assert_int_equal(crypto_sha256(message, digest), 0);
    assert_int_equal(vector_bytes("proof len 204 sha256", 0, want, sizeof(want)), sizeof(digest));
    assert_memory_equal(digest, want, sizeof(digest));
    assert_int_equal(crypto_sign(signer, message, signature), 0);
    assert_int_equal(vector_bytes("proof len 204 sha256", 5, want, sizeof(want)),
                     sizeof(signature));
    assert_memory_equal(signature, want, sizeof(signature));
    crypto_signer_free(signer);
}

TEST(renewal_token_successor)
{
    uint8_t secret[32], message[256], want[32], digest[CRYPTO_SHA256_LEN];
    static const char label[] = "actrix/ais/renewal/v1";
    static const char actor[] = "1a2b3c@101/acme:echo-service:1.0.0";
    static const uint64_t expiry = 1800000000;
    size_t len = 0;
    memset(secret, 0x78, sizeof(secret));
    memcpy(message, label, strlen(label));
    len += strlen(label);
    for (uint8_t i = 0; i < 32; i++)
        message[len++] = i;
    memcpy(message + len, actor, strlen(actor));
    len += strlen(actor);
    for (int shift = 56; shift >= 0; shift -= 8)
        message[len++] = (uint8_t)(expiry >> shift);

    assert_int_equal(
        crypto_hmac_sha256(actr_view_of(secret, 32), actr_view_of(message, len), digest), 0);
    assert_int_equal(vector_bytes("succ", 0, want, sizeof(want)), sizeof(want));
    assert_memory_equal(digest, want, sizeof(want));
}

TEST(turn_password)
{
    uint8_t digest[CRYPTO_SHA1_LEN];
    char text[64];
    assert_int_equal(crypto_hmac_sha1(view_text("actrix-turn-secret-change-in-production"),
                                      view_text("1800000000:1a2b3c@101/acme:echo-service:1.0.0"),
                                      digest),
                     0);
    text_base64_encode(digest, sizeof(digest), text);
    assert_string_equal(text, vector_word("turn pw", 0));
}

/* FIPS 180-4's empty message; RFC 4231 has no empty key, these are of a second implementation. */
TEST(empty_inputs)
{
    uint8_t want[32], digest[CRYPTO_SHA256_LEN], short_digest[CRYPTO_SHA1_LEN];
    struct actr_view none = {0};
    assert_int_equal(crypto_sha256(none, digest), 0);
    harness_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", want, 32);
    assert_memory_equal(digest, want, 32);
    /* First with a key, so that an empty one could not pass for "the key of before". */
    assert_int_equal(crypto_hmac_sha256(view_text("key"), none, digest), 0);
    assert_int_equal(crypto_hmac_sha256(none, none, digest), 0);
    harness_hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad", want, 32);
    assert_memory_equal(digest, want, 32);
    assert_int_equal(crypto_hmac_sha1(none, none, short_digest), 0);
    harness_hex("fbdb1d1b18aa6c08324b7d64b71fb76370690e1d", want, 32);
    assert_memory_equal(short_digest, want, 20);
}

/* RFC 2202 §3 and RFC 4231 §4.7: a key longer than a block; keys of a block and around it, over
 * "message", are of a second implementation. */
TEST(hmac_keys_of_all_lengths)
{
    static const char text[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    static const char *const around[][2] = {
        {"69db439e17bf6f0ce659c6883c1a16b5051bb156",
         "b86ea50d9f23f008fd5904193ccdc892ff333e26cf44153a03dfae39c8d0eafb"},
        {"437e7c82521bb99a2bebd62addf020eadacac8be",
         "eb97f15211c02e38e3213edb045e8301601867c1cd49df01c687eb04f8909e98"},
        {"56ec09225c6275397e8ffcc196036a53fb708542",
         "2d55f05a56fff8d5ba47a50eb1c006240377002f70e09d8862f8a5cb1c880e4a"}};
    uint8_t key[131], want[32], digest[CRYPTO_SHA256_LEN];
    memset(key, 0xaa, sizeof(key));
    assert_int_equal(crypto_hmac_sha1(actr_view_of(key, 80), view_text(text), digest), 0);
    harness_hex("aa4ae5e15272d00e95705637ce8a3b55ed402112", want, sizeof(want));
    assert_memory_equal(digest, want, CRYPTO_SHA1_LEN);
    assert_int_equal(crypto_hmac_sha256(actr_view_of(key, 131), view_text(text), digest), 0);
    harness_hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", want, 32);
    assert_memory_equal(digest, want, CRYPTO_SHA256_LEN);
    for (uint8_t i = 0; i < sizeof(key); i++)
        key[i] = i;
    for (size_t i = 0; i < 3; i++) {
        struct actr_view part = actr_view_of(key, 63 + i);
        assert_int_equal(crypto_hmac_sha1(part, view_text("message"), digest), 0);
        harness_hex(around[i][0], want, sizeof(want));
        assert_memory_equal(digest, want, CRYPTO_SHA1_LEN);
        assert_int_equal(crypto_hmac_sha256(part, view_text("message"), digest), 0);
        harness_hex(around[i][1], want, sizeof(want));
        assert_memory_equal(digest, want, CRYPTO_SHA256_LEN);
    }
}

/* RFC 8032 §7.1, test 1: the empty message. */
TEST(signature_over_nothing)
{
    uint8_t seed[32], want[64], signature[CRYPTO_SIGNATURE_LEN];
    struct actr_view none = {0};
    struct crypto_signer *signer = NULL;
    harness_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", seed, 32);
    harness_hex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
                "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
                want, 64);
    assert_int_equal(crypto_signer_new(seed, &signer), 0);
    assert_int_equal(crypto_sign(signer, none, signature), 0);
    assert_memory_equal(signature, want, 64);
    crypto_signer_free(signer);
}

TEST(every_flipped_bit_is_a_forgery)
{
    uint8_t text[40], signature[CRYPTO_SIGNATURE_LEN];
    struct actr_view message = {text, sizeof(text)}, given = {signature, sizeof(signature)};
    struct crypto_signer *signer = NULL;
    memset(text, 'm', sizeof(text));
    assert_int_equal(crypto_signer_generate(&signer), 0);
    struct crypto_verifier *verifier = verifier_of(signer);
    assert_int_equal(crypto_sign(signer, message, signature), 0);

    for (size_t bit = 0; bit < 8 * sizeof(signature); bit++) {
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(crypto_verify(verifier, message, given), CRYPTO_FORGED);
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof(text); bit++) {
        text[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(crypto_verify(verifier, message, given), CRYPTO_FORGED);
        text[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    /* The same verifier still knows the genuine one. */
    assert_int_equal(crypto_verify(verifier, message, given), 0);
    crypto_verifier_free(verifier);
    crypto_signer_free(signer);
}

TEST(a_signature_of_another_length_is_a_forgery)
{
    uint8_t signature[CRYPTO_SIGNATURE_LEN + 1] = {0};
    struct actr_view message = view_text("m");
    struct crypto_signer *signer = signer_of(1);
    struct crypto_verifier *verifier = verifier_of(signer);
    assert_int_equal(crypto_sign(signer, message, signature), 0);
    for (size_t len = 0; len <= sizeof(signature); len++)
        assert_int_equal(crypto_verify(verifier, message, actr_view_of(signature, len)),
                         len == CRYPTO_SIGNATURE_LEN ? 0 : CRYPTO_FORGED);
    crypto_verifier_free(verifier);
    crypto_signer_free(signer);
}

/* y = 2 is not on the curve; OpenSSL notices at the first verification. */
TEST(a_key_off_the_curve_verifies_nothing)
{
    uint8_t key[CRYPTO_PUBLIC_LEN] = {2}, signature[CRYPTO_SIGNATURE_LEN] = {0};
    struct crypto_verifier *verifier = NULL;
    assert_int_equal(crypto_verifier_new(key, &verifier), 0);
    assert_int_equal(crypto_verify(verifier, view_text("m"), actr_view_of(signature, 64)),
                     CRYPTO_FORGED);
    crypto_verifier_free(verifier);
}

TEST(a_generated_key_comes_back_from_its_seed)
{
    uint8_t seed[CRYPTO_SEED_LEN], other_seed[CRYPTO_SEED_LEN];
    uint8_t key[CRYPTO_PUBLIC_LEN], again[CRYPTO_PUBLIC_LEN];
    struct crypto_signer *signer = NULL, *copy = NULL, *other = NULL;
    assert_int_equal(crypto_signer_generate(&signer), 0);
    assert_int_equal(crypto_signer_generate(&other), 0);
    assert_int_equal(crypto_signer_seed(signer, seed), 0);
    assert_int_equal(crypto_signer_seed(other, other_seed), 0);
    assert_memory_not_equal(seed, other_seed, sizeof(seed));
    assert_int_equal(crypto_signer_new(seed, &copy), 0);
    crypto_signer_public(signer, key);
    crypto_signer_public(copy, again);
    assert_memory_equal(key, again, sizeof(key));
    crypto_signer_free(signer);
    crypto_signer_free(copy);
    assert_null(crypto_signer_free(other));
    assert_null(crypto_signer_free(NULL));
    assert_null(crypto_verifier_free(NULL));
}

TEST(equal_looks_at_every_byte)
{
    uint8_t a[33] = {0}, b[33] = {0};
    assert_true(crypto_equal(a, b, sizeof(a)));
    assert_true(crypto_equal(a, b, 0));
    for (size_t i = 0; i < sizeof(a); i++) {
        b[i] = 0x80;
        assert_false(crypto_equal(a, b, sizeof(a)));
        b[i] = 0;
    }
}

TEST(random_fills_the_whole_buffer)
{
    uint8_t sum[257] = {0}, once[257];
    /* A byte stays zero in all 32 draws once in 2^256. */
    for (int i = 0; i < 32; i++) {
        assert_int_equal(crypto_random(once, sizeof(once)), 0);
        for (size_t k = 0; k < sizeof(once); k++)
            sum[k] |= once[k];
    }
    for (size_t k = 0; k < sizeof(sum); k++)
        assert_int_not_equal(sum[k], 0);
    assert_int_equal(crypto_random(once, 0), 0);
}

TEST(out_of_memory)
{
    uint8_t seed[CRYPTO_SEED_LEN] = {0};
    struct crypto_signer *signer = NULL;
    struct crypto_verifier *verifier = NULL;
    mem_fail_at(1);
    assert_int_equal(crypto_signer_new(seed, &signer), ACTR_ENOMEM);
    assert_int_equal(crypto_signer_generate(&signer), ACTR_ENOMEM);
    assert_int_equal(crypto_verifier_new(seed, &verifier), ACTR_ENOMEM);
    mem_fail_at(0);
    assert_null(signer);
    assert_null(verifier);
}

/* RFC 1321 appendix A.5; and the key of long-term credentials of RFC 8489 appendix B.1. */
TEST(md5)
{
    static const char *const cases[][2] = {
        {"", "d41d8cd98f00b204e9800998ecf8427e"},
        {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
        {"\u30de\u30c8\u30ea\u30c3\u30af\u30b9:example.org:TheMatrIX",
         "e8ca7ad59d5eb0518e312911d2dab2a9"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t digest[CRYPTO_MD5_LEN], want[CRYPTO_MD5_LEN];
        assert_int_equal(harness_hex(cases[i][1], want, sizeof(want)), sizeof(want));
        assert_int_equal(crypto_md5(view_text(cases[i][0]), digest), 0);
        assert_memory_equal(digest, want, sizeof(want));
    }
}

TEST(a_secret_is_freed)
{
    size_t live = mem_live();
    crypto_free_secret(NULL);
    crypto_free_secret(mem_text("", 0));
    crypto_free_secret(mem_text("password", 8));
    assert_int_equal(mem_live(), live);
}
