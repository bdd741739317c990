// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Cryptography on OpenSSL 3; the only file that includes its headers.
 *
 * A key is decoded once and kept as an EVP_PKEY, which OpenSSL lets many threads use at once. The
 * digest context of an operation is made for that operation: it is not sharable, and OpenSSL does
 * not promise that a second one-shot call on it works.
 *
 * Digests are fetched by name once and kept for the process: with EVP_sha1() and its like OpenSSL
 * searches for the implementation, under locks, at each use. HMAC is made of them directly, because
 * its own of OpenSSL 3 takes four times as long for a message as short as a check of ICE.
 *
 * Every failure path empties OpenSSL's error queue of this thread. A forged signature leaves an
 * entry there too, and SSL_get_error() would report it as the failure of the next innocent TLS
 * read.
 *
 * Any thread. Must never log, keep or compare secrets other than in constant time. */
#include "sys/crypto.h"

#include <stdatomic.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/err.h"
#include "base/mem.h"

struct crypto_signer {
    EVP_PKEY *key;
    uint8_t public[CRYPTO_PUBLIC_LEN];
};

struct crypto_verifier {
    EVP_PKEY *key;
};

/* Empties the queue and gives OpenSSL's own reason as our detail. */
static int crypto_failed(const char *what)
{
    unsigned long reason = ERR_get_error();
    const char *text = ERR_reason_error_string(reason);
    ERR_clear_error();
    if (ERR_GET_REASON(reason) == ERR_R_MALLOC_FAILURE)
        return err_origin(ACTR_ENOMEM, "crypto: out of memory while %s", what);
    return err_origin(ACTR_EINTERNAL, "crypto: %s failed: %s", what, text ? text : "no reason");
}

int crypto_signer_new(const uint8_t seed[CRYPTO_SEED_LEN], struct crypto_signer **ret_signer)
{
    struct crypto_signer *signer = mem_alloc(sizeof(*signer));
    if (!signer)
        return err_origin(ACTR_ENOMEM, "crypto: no memory for a signing key");
    size_t len = sizeof(signer->public);
    signer->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, CRYPTO_SEED_LEN);
    if (!signer->key || EVP_PKEY_get_raw_public_key(signer->key, signer->public, &len) != 1) {
        crypto_signer_free(signer);
        return crypto_failed("loading a signing key");
    }
    *ret_signer = signer;
    return 0;
}

int crypto_signer_generate(struct crypto_signer **ret_signer)
{
    uint8_t seed[CRYPTO_SEED_LEN];
    int r = crypto_random(seed, sizeof(seed));
    if (r == 0)
        r = crypto_signer_new(seed, ret_signer);
    OPENSSL_cleanse(seed, sizeof(seed));
    return r;
}

struct crypto_signer *crypto_signer_free(struct crypto_signer *signer)
{
    if (signer)
        EVP_PKEY_free(signer->key);
    mem_free(signer);
    return NULL;
}

void crypto_signer_public(const struct crypto_signer *signer, uint8_t ret_key[CRYPTO_PUBLIC_LEN])
{
    memcpy(ret_key, signer->public, CRYPTO_PUBLIC_LEN);
}

int crypto_signer_seed(const struct crypto_signer *signer, uint8_t ret_seed[CRYPTO_SEED_LEN])
{
    size_t len = CRYPTO_SEED_LEN;
    if (EVP_PKEY_get_raw_private_key(signer->key, ret_seed, &len) != 1)
        return crypto_failed("reading a seed");
    return 0;
}

int crypto_sign(const struct crypto_signer *signer, struct actr_view message,
                uint8_t ret_signature[CRYPTO_SIGNATURE_LEN])
{
    size_t len = CRYPTO_SIGNATURE_LEN;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context && EVP_DigestSignInit(context, NULL, NULL, NULL, signer->key) == 1 &&
              EVP_DigestSign(context, ret_signature, &len, message.ptr, message.len) == 1;
    EVP_MD_CTX_free(context);
    return ok ? 0 : crypto_failed("signing");
}

int crypto_verifier_new(const uint8_t key[CRYPTO_PUBLIC_LEN], struct crypto_verifier **ret_verifier)
{
    struct crypto_verifier *verifier = mem_alloc(sizeof(*verifier));
    if (!verifier)
        return err_origin(ACTR_ENOMEM, "crypto: no memory for a public key");
    verifier->key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, CRYPTO_PUBLIC_LEN);
    if (!verifier->key) {
        crypto_verifier_free(verifier);
        return crypto_failed("loading a public key");
    }
    *ret_verifier = verifier;
    return 0;
}

struct crypto_verifier *crypto_verifier_free(struct crypto_verifier *verifier)
{
    if (verifier)
        EVP_PKEY_free(verifier->key);
    mem_free(verifier);
    return NULL;
}

int crypto_verify(const struct crypto_verifier *verifier, struct actr_view message,
                  struct actr_view signature)
{
    if (signature.len != CRYPTO_SIGNATURE_LEN)
        return CRYPTO_FORGED;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || EVP_DigestVerifyInit(context, NULL, NULL, NULL, verifier->key) != 1) {
        EVP_MD_CTX_free(context);
        return crypto_failed("preparing a verification");
    }
    int verdict = EVP_DigestVerify(context, signature.ptr, signature.len, message.ptr, message.len);
    EVP_MD_CTX_free(context);
    if (verdict == 1)
        return 0;
    if (ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE)
        return crypto_failed("verifying");
    ERR_clear_error();
    return CRYPTO_FORGED;
}

/* ---- Digests ---- */

struct crypto_digest {
    const char *name;
    _Atomic(EVP_MD *) fetched; /* NULL: not yet, or it failed */
};

static struct crypto_digest crypto_digest_sha256 = {.name = "SHA256"};
static struct crypto_digest crypto_digest_sha1 = {.name = "SHA1"};
static struct crypto_digest crypto_digest_md5 = {.name = "MD5"};

/* NULL: OpenSSL's queue says why; it is tried again the next time. */
static const EVP_MD *crypto_digest_get(struct crypto_digest *digest)
{
    EVP_MD *fetched = atomic_load_explicit(&digest->fetched, memory_order_acquire);
    if (fetched)
        return fetched;
    EVP_MD *fresh = EVP_MD_fetch(NULL, digest->name, NULL);
    if (!fresh || atomic_compare_exchange_strong(&digest->fetched, &fetched, fresh))
        return fresh;
    EVP_MD_free(fresh); /* another thread was first */
    return fetched;
}

static int crypto_hash(struct crypto_digest *digest, struct actr_view message, uint8_t *ret_digest)
{
    const EVP_MD *md = crypto_digest_get(digest);
    if (!md || EVP_Digest(message.ptr, message.len, ret_digest, NULL, md, NULL) != 1)
        return crypto_failed(digest->name);
    return 0;
}

int crypto_sha256(struct actr_view message, uint8_t ret_digest[CRYPTO_SHA256_LEN])
{
    return crypto_hash(&crypto_digest_sha256, message, ret_digest);
}

int crypto_sha1(struct actr_view message, uint8_t ret_digest[CRYPTO_SHA1_LEN])
{
    return crypto_hash(&crypto_digest_sha1, message, ret_digest);
}

int crypto_md5(struct actr_view message, uint8_t ret_digest[CRYPTO_MD5_LEN])
{
    return crypto_hash(&crypto_digest_md5, message, ret_digest);
}

/* ---- HMAC ---- */

#define CRYPTO_HMAC_BLOCK 64 /* of both digests that it is used with */

/* One of the two passes (RFC 2104 §2): the padded key under a mask, then what is to be covered. */
static bool crypto_hmac_pass(EVP_MD_CTX *context, const EVP_MD *md,
                             const uint8_t key[CRYPTO_HMAC_BLOCK], uint8_t mask,
                             struct actr_view covered, uint8_t *ret_digest)
{
    uint8_t block[CRYPTO_HMAC_BLOCK];
    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = key[i] ^ mask;
    bool ok = EVP_DigestInit_ex2(context, md, NULL) == 1 &&
              EVP_DigestUpdate(context, block, sizeof(block)) == 1 &&
              EVP_DigestUpdate(context, covered.ptr, covered.len) == 1 &&
              EVP_DigestFinal_ex(context, ret_digest, NULL) == 1;
    OPENSSL_cleanse(block, sizeof(block));
    return ok;
}

static bool crypto_hmac_both(const EVP_MD *md, const uint8_t key[CRYPTO_HMAC_BLOCK],
                             struct actr_view message, uint8_t *ret_digest)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = (size_t)EVP_MD_get_size(md);
    bool ok = context && crypto_hmac_pass(context, md, key, 0x36, message, ret_digest) &&
              crypto_hmac_pass(context, md, key, 0x5c, actr_view_of(ret_digest, len), ret_digest);
    EVP_MD_CTX_free(context);
    return ok;
}

static int crypto_hmac(struct crypto_digest *digest, struct actr_view key, struct actr_view message,
                       uint8_t *ret_digest)
{
    const EVP_MD *md = crypto_digest_get(digest);
    uint8_t padded[CRYPTO_HMAC_BLOCK] = {0};
    int r = 0;
    if (!md)
        return crypto_failed(digest->name);
    if (key.len > sizeof(padded))
        r = crypto_hash(digest, key, padded);
    else if (key.len > 0)
        memcpy(padded, key.ptr, key.len);
    if (r == 0 && !crypto_hmac_both(md, padded, message, ret_digest))
        r = crypto_failed("HMAC");
    OPENSSL_cleanse(padded, sizeof(padded));
    return r;
}

int crypto_hmac_sha256(struct actr_view key, struct actr_view message,
                       uint8_t ret_digest[CRYPTO_SHA256_LEN])
{
    return crypto_hmac(&crypto_digest_sha256, key, message, ret_digest);
}

int crypto_hmac_sha1(struct actr_view key, struct actr_view message,
                     uint8_t ret_digest[CRYPTO_SHA1_LEN])
{
    return crypto_hmac(&crypto_digest_sha1, key, message, ret_digest);
}

bool crypto_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

void crypto_free_secret(char *text)
{
    if (text)
        OPENSSL_cleanse(text, strlen(text));
    mem_free(text);
}

int crypto_random(void *buf, size_t len)
{
    if (RAND_bytes_ex(NULL, buf, len, 0) != 1)
        return crypto_failed("drawing random bytes");
    return 0;
}
