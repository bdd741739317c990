// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* From the master secret to the keys of both directions, as both sides of TLS 1.2 do it
 * (RFC 5246 §6.3): the PRF of the suite, "key expansion", and the randoms of both. The master
 * secret is the extended one where that was agreed (RFC 7627): OpenSSL keeps the one that counts.
 *
 * The suite and the hash of its PRF are asked of OpenSSL; the three ciphers that dtls_record has
 * cover all suites that dtls_context offers.
 *
 * Nothing secret stays behind on the stack. Loop thread. Leaves nothing in OpenSSL's error queue.
 */
#include "hyper/wire/webrtc/dtls_keys.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/ssl.h>

#include "base/err.h"

#define DTLS_KEYS_LABEL "key expansion"
#define DTLS_KEYS_LABEL_LEN (sizeof DTLS_KEYS_LABEL - 1)
/* Two keys and two initialisation vectors, of the suite with the longest of each. */
#define DTLS_KEYS_BLOCK_MAX (2 * 32 + 2 * 12)

static bool dtls_keys_suite(const SSL_CIPHER *cipher, enum dtls_record_suite *ret_suite)
{
    switch (SSL_CIPHER_get_cipher_nid(cipher)) {
    case NID_aes_128_gcm:
        *ret_suite = DTLS_RECORD_AES_128_GCM;
        return true;
    case NID_aes_256_gcm:
        *ret_suite = DTLS_RECORD_AES_256_GCM;
        return true;
    case NID_chacha20_poly1305:
        *ret_suite = DTLS_RECORD_CHACHA20_POLY1305;
        return true;
    default:
        return false;
    }
}

/* RFC 5246 §5, §6.3. */
static bool dtls_keys_expand(const SSL *ssl, const EVP_MD *digest, uint8_t *ret_block, size_t len)
{
    uint8_t secret[SSL_MAX_MASTER_KEY_LENGTH];
    uint8_t seed[DTLS_KEYS_LABEL_LEN + 2 * SSL3_RANDOM_SIZE];
    uint8_t *server_random = seed + DTLS_KEYS_LABEL_LEN;
    const SSL_SESSION *session = SSL_get_session(ssl);
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_TLS1_PRF, NULL);
    EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    size_t secret_len = session ? SSL_SESSION_get_master_key(session, secret, sizeof secret) : 0;
    char *digest_name = (char *)(uintptr_t)EVP_MD_get0_name(digest); /* is only read */
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest_name, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, secret, secret_len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof seed),
        OSSL_PARAM_construct_end(),
    };

    memcpy(seed, DTLS_KEYS_LABEL, DTLS_KEYS_LABEL_LEN);
    bool is_done =
        context && secret_len > 0 &&
        SSL_get_server_random(ssl, server_random, SSL3_RANDOM_SIZE) == SSL3_RANDOM_SIZE &&
        SSL_get_client_random(ssl, server_random + SSL3_RANDOM_SIZE, SSL3_RANDOM_SIZE) ==
            SSL3_RANDOM_SIZE &&
        EVP_KDF_derive(context, ret_block, len, params) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    OPENSSL_cleanse(secret, sizeof secret);
    ERR_clear_error();
    return is_done;
}

int dtls_keys_derive(const SSL *ssl, struct dtls_record_key *ret_out,
                     struct dtls_record_key *ret_in)
{
    uint8_t block[DTLS_KEYS_BLOCK_MAX];
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    enum dtls_record_suite suite;

    if (!cipher || !dtls_keys_suite(cipher, &suite))
        return err_origin(ACTR_ENOTIMPL, "dtls: records of this suite are left to OpenSSL");
    size_t key_len = dtls_record_key_len(suite), iv_len = dtls_record_iv_len(suite);
    if (!dtls_keys_expand(ssl, SSL_CIPHER_get_handshake_digest(cipher), block,
                          2 * (key_len + iv_len))) {
        OPENSSL_cleanse(block, sizeof block);
        return err_origin(ACTR_EINTERNAL, "dtls: OpenSSL derives no keys");
    }
    /* Of the client, then of the server: the keys, then the initialisation vectors. */
    size_t out = SSL_is_server(ssl) ? 1 : 0;
    struct dtls_record_key *keys[] = {ret_out, ret_in};
    for (size_t i = 0; i < 2; i++) {
        size_t at = i == 0 ? out : 1 - out;
        *keys[i] = (struct dtls_record_key){.suite = suite};
        memcpy(keys[i]->key, block + at * key_len, key_len);
        memcpy(keys[i]->iv, block + 2 * key_len + at * iv_len, iv_len);
    }
    OPENSSL_cleanse(block, sizeof block);
    return 0;
}

void dtls_keys_wipe(struct dtls_record_key *out, struct dtls_record_key *in)
{
    OPENSSL_cleanse(out, sizeof *out);
    OPENSSL_cleanse(in, sizeof *in);
}
