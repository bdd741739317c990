// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Cryptography: Ed25519 signatures (RFC 8032), SHA-256, HMAC (RFC 2104), constant-time comparison,
 * random bytes.
 *
 * Nothing here waits. A key may be used by several threads at once; making and freeing it is its
 * owner's. No call leaves anything in OpenSSL's error queue, so a failure here is not mistaken for
 * one of a TLS connection on the same thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#define CRYPTO_SEED_LEN 32
#define CRYPTO_PUBLIC_LEN 32
#define CRYPTO_SIGNATURE_LEN 64
#define CRYPTO_SHA256_LEN 32
#define CRYPTO_SHA1_LEN 20
#define CRYPTO_MD5_LEN 16

/* An Ed25519 key that signs. */
struct crypto_signer;

/* The key that belongs to a seed. ACTR_ENOMEM, ACTR_EINTERNAL. */
int crypto_signer_new(const uint8_t seed[CRYPTO_SEED_LEN],
                      struct crypto_signer **ret_signer) ACTR_MUST_CHECK;

/* A fresh key from random bytes. ACTR_ENOMEM, ACTR_EINTERNAL. */
int crypto_signer_generate(struct crypto_signer **ret_signer) ACTR_MUST_CHECK;

/* Returns NULL; NULL is fine. */
struct crypto_signer *crypto_signer_free(struct crypto_signer *signer);

/* The public half, for publishing. */
void crypto_signer_public(const struct crypto_signer *signer, uint8_t ret_key[CRYPTO_PUBLIC_LEN]);

/* The secret half, for storing a generated key; the caller wipes it. ACTR_EINTERNAL. */
int crypto_signer_seed(const struct crypto_signer *signer,
                       uint8_t ret_seed[CRYPTO_SEED_LEN]) ACTR_MUST_CHECK;

/* ACTR_ENOMEM, ACTR_EINTERNAL. */
int crypto_sign(const struct crypto_signer *signer, struct actr_view message,
                uint8_t ret_signature[CRYPTO_SIGNATURE_LEN]) ACTR_MUST_CHECK;

/* An Ed25519 public key, prepared once and used often. */
struct crypto_verifier;

/* ACTR_ENOMEM, ACTR_EINTERNAL. Any 32 bytes make a key; one that is no point of the curve verifies
 * nothing. */
int crypto_verifier_new(const uint8_t key[CRYPTO_PUBLIC_LEN],
                        struct crypto_verifier **ret_verifier) ACTR_MUST_CHECK;

/* Returns NULL; NULL is fine. */
struct crypto_verifier *crypto_verifier_free(struct crypto_verifier *verifier);

/* crypto_verify(): the signature is not this key's over this message, or is not 64 bytes long. */
#define CRYPTO_FORGED 1

/* 0: genuine. CRYPTO_FORGED. ACTR_ENOMEM, ACTR_EINTERNAL: it could not be told. */
int crypto_verify(const struct crypto_verifier *verifier, struct actr_view message,
                  struct actr_view signature) ACTR_MUST_CHECK;

/* Each: ACTR_ENOMEM, ACTR_EINTERNAL. */
int crypto_sha256(struct actr_view message, uint8_t ret_digest[CRYPTO_SHA256_LEN]) ACTR_MUST_CHECK;
/* No secret may depend on it; the WebSocket handshake asks for it (RFC 6455 §4.2.2). */
int crypto_sha1(struct actr_view message, uint8_t ret_digest[CRYPTO_SHA1_LEN]) ACTR_MUST_CHECK;
/* Nor on this; long-term credentials of STUN and TURN are made with it (RFC 8489 §9.2.2). Also
 * ACTR_EINTERNAL where the system forbids it. */
int crypto_md5(struct actr_view message, uint8_t ret_digest[CRYPTO_MD5_LEN]) ACTR_MUST_CHECK;
int crypto_hmac_sha256(struct actr_view key, struct actr_view message,
                       uint8_t ret_digest[CRYPTO_SHA256_LEN]) ACTR_MUST_CHECK;
int crypto_hmac_sha1(struct actr_view key, struct actr_view message,
                     uint8_t ret_digest[CRYPTO_SHA1_LEN]) ACTR_MUST_CHECK;

/* Takes as long for equal secrets as for different ones. */
bool crypto_equal(const void *a, const void *b, size_t len);

/* Overwrites and frees a NUL-terminated text of mem_text(), as a password is. NULL is fine. */
void crypto_free_secret(char *text);

/* Unpredictable bytes, fit for keys and nonces. ACTR_EINTERNAL: the source has failed and buf must
 * not be used. */
int crypto_random(void *buf, size_t len) ACTR_MUST_CHECK;
