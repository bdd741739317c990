// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Records sealed and opened with OpenSSL's ciphers, a cipher context for each direction: the key is
 * scheduled once, and a record is one pass from where it lies to where it goes.
 *
 * A nonce is never used twice with a key. It is made of the record's number, which only grows: with
 * GCM the number goes into the explicit part (RFC 5288 §3), with ChaCha20-Poly1305 epoch and number
 * are mixed into the secret part (RFC 7905 §2). A number is spent before it is used.
 *
 * A record is opened once. The window (RFC 6347 §4.1.2.6) is a ring of words: to move on is to
 * clear those that are entered, so nothing is shifted, and the word that is being filled does not
 * count as window. It moves only for what was authentic.
 *
 * What does not open is nobody's fault here: no text is made for it. Loop thread. Must never leave
 * anything in OpenSSL's error queue. */
#include "hyper/wire/webrtc/dtls_record.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/err.h"

#define DTLS_RECORD_VERSION 0xfefd
#define DTLS_RECORD_NONCE_LEN 8 /* the explicit part */
#define DTLS_RECORD_TAG_LEN 16
#define DTLS_RECORD_IV_LEN 12
#define DTLS_RECORD_WORDS (DTLS_RECORD_WINDOW / 64 + 1)

static void dtls_record_put64(uint8_t *at, uint64_t number)
{
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t)(number >> (56 - 8 * i));
}

static uint64_t dtls_record_get64(const uint8_t *at)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | at[i];
    return number;
}

/* ---- Headers ---- */

struct actr_view dtls_record_cut(struct actr_view *datagram)
{
    struct actr_view record = *datagram;

    if (record.len > DTLS_RECORD_HEADER_LEN) {
        size_t len = DTLS_RECORD_HEADER_LEN + ((size_t)record.ptr[11] << 8 | record.ptr[12]);
        record.len = len < record.len ? len : record.len;
    }
    *datagram = actr_view_of(datagram->ptr + record.len, datagram->len - record.len);
    return record;
}

bool dtls_record_parse(struct actr_view record, struct dtls_record_head *ret_head)
{
    if (record.len < DTLS_RECORD_HEADER_LEN ||
        (record.ptr[1] << 8 | record.ptr[2]) != DTLS_RECORD_VERSION ||
        record.len - DTLS_RECORD_HEADER_LEN != (size_t)(record.ptr[11] << 8 | record.ptr[12]))
        return false;
    uint64_t number = dtls_record_get64(record.ptr + 3);
    ret_head->type = record.ptr[0];
    ret_head->epoch = (uint16_t)(number >> 48);
    ret_head->seq = number % DTLS_RECORD_SEQ_END;
    return true;
}

void dtls_record_format(const struct dtls_record_head *head, size_t len,
                        uint8_t ret_header[DTLS_RECORD_HEADER_LEN])
{
    ret_header[0] = head->type;
    ret_header[1] = DTLS_RECORD_VERSION >> 8;
    ret_header[2] = DTLS_RECORD_VERSION & 0xff;
    dtls_record_put64(ret_header + 3, (uint64_t)head->epoch << 48 | head->seq);
    ret_header[11] = (uint8_t)(len >> 8);
    ret_header[12] = (uint8_t)len;
}

bool dtls_record_nonce(struct actr_view record, uint64_t *ret_nonce)
{
    if (record.len < DTLS_RECORD_HEADER_LEN + DTLS_RECORD_NONCE_LEN)
        return false;
    *ret_nonce = dtls_record_get64(record.ptr + DTLS_RECORD_HEADER_LEN);
    return true;
}

/* What the tag covers besides: epoch and number, type, version, length of the plain text
 * (RFC 5246 §6.2.3.3). */
static void dtls_record_covered(const struct dtls_record_head *head, size_t plain_len,
                                uint8_t ret_covered[DTLS_RECORD_HEADER_LEN])
{
    uint8_t header[DTLS_RECORD_HEADER_LEN];

    dtls_record_format(head, plain_len, header);
    memcpy(ret_covered, header + 3, 8);
    memcpy(ret_covered + 8, header, 3);
    memcpy(ret_covered + 11, header + 11, 2);
}

/* ---- Ciphers ---- */

static const EVP_CIPHER *dtls_record_cipher(enum dtls_record_suite suite)
{
    switch (suite) {
    case DTLS_RECORD_AES_128_GCM:
        return EVP_aes_128_gcm();
    case DTLS_RECORD_AES_256_GCM:
        return EVP_aes_256_gcm();
    case DTLS_RECORD_CHACHA20_POLY1305:
        return EVP_chacha20_poly1305();
    }
    return NULL;
}

size_t dtls_record_key_len(enum dtls_record_suite suite)
{
    return suite == DTLS_RECORD_AES_128_GCM ? 16 : 32;
}

size_t dtls_record_iv_len(enum dtls_record_suite suite)
{
    return suite == DTLS_RECORD_CHACHA20_POLY1305 ? DTLS_RECORD_IV_LEN : 4;
}

static size_t dtls_record_nonce_len(enum dtls_record_suite suite)
{
    return DTLS_RECORD_IV_LEN - dtls_record_iv_len(suite);
}

static int dtls_record_cipher_new(const struct dtls_record_key *key, bool is_out,
                                  EVP_CIPHER_CTX **ret_cipher)
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();

    if (!cipher || EVP_CipherInit_ex(cipher, dtls_record_cipher(key->suite), NULL, key->key, NULL,
                                     is_out) != 1) {
        EVP_CIPHER_CTX_free(cipher);
        ERR_clear_error();
        return err_origin(ACTR_EINTERNAL, "dtls: OpenSSL gives no cipher for records");
    }
    *ret_cipher = cipher;
    return 0;
}

/* The nonce of a record. explicit_nonce: of GCM only. */
static void dtls_record_iv(const uint8_t secret[DTLS_RECORD_IV_LEN], enum dtls_record_suite suite,
                           const struct dtls_record_head *head, uint64_t explicit_nonce,
                           uint8_t ret_iv[DTLS_RECORD_IV_LEN])
{
    uint64_t last = explicit_nonce;

    memcpy(ret_iv, secret, DTLS_RECORD_IV_LEN);
    if (suite == DTLS_RECORD_CHACHA20_POLY1305)
        last = dtls_record_get64(secret + 4) ^ ((uint64_t)head->epoch << 48 | head->seq);
    dtls_record_put64(ret_iv + 4, last);
}

/* ---- Out ---- */

int dtls_record_out_init(struct dtls_record_out *out, const struct dtls_record_key *key,
                         uint64_t first_seq, uint64_t salt)
{
    *out = (struct dtls_record_out){._suite = key->suite, ._salt = salt, ._seq = first_seq};
    memcpy(out->_iv, key->iv, sizeof out->_iv);
    return dtls_record_cipher_new(key, true, &out->_cipher);
}

void dtls_record_out_deinit(struct dtls_record_out *out)
{
    EVP_CIPHER_CTX_free(out->_cipher);
    OPENSSL_cleanse(out, sizeof *out);
}

int dtls_record_seal(struct dtls_record_out *out, enum dtls_record_type type,
                     struct actr_view plain, uint8_t *ret_record, size_t *ret_len)
{
    uint8_t iv[DTLS_RECORD_IV_LEN], covered[DTLS_RECORD_HEADER_LEN];
    size_t nonce_len = dtls_record_nonce_len(out->_suite);
    uint8_t *body = ret_record + DTLS_RECORD_HEADER_LEN + nonce_len;
    size_t len = nonce_len + plain.len + DTLS_RECORD_TAG_LEN;
    int ignored;

    if (out->_seq >= DTLS_RECORD_SEQ_END)
        return DTLS_RECORD_SPENT;
    struct dtls_record_head head = {(uint8_t)type, DTLS_RECORD_EPOCH, out->_seq++};
    dtls_record_format(&head, len, ret_record);
    dtls_record_covered(&head, plain.len, covered);
    dtls_record_iv(out->_iv, out->_suite, &head, out->_salt + head.seq, iv);
    memcpy(ret_record + DTLS_RECORD_HEADER_LEN, iv + DTLS_RECORD_IV_LEN - nonce_len, nonce_len);
    if (EVP_EncryptInit_ex(out->_cipher, NULL, NULL, NULL, iv) != 1 ||
        EVP_EncryptUpdate(out->_cipher, NULL, &ignored, covered, sizeof covered) != 1 ||
        EVP_EncryptUpdate(out->_cipher, body, &ignored, plain.ptr, (int)plain.len) != 1 ||
        EVP_EncryptFinal_ex(out->_cipher, body + plain.len, &ignored) != 1 ||
        EVP_CIPHER_CTX_ctrl(out->_cipher, EVP_CTRL_AEAD_GET_TAG, DTLS_RECORD_TAG_LEN,
                            body + plain.len) != 1) {
        ERR_clear_error();
        return err_origin(ACTR_EINTERNAL, "dtls: OpenSSL does not encrypt");
    }
    *ret_len = DTLS_RECORD_HEADER_LEN + len;
    return 0;
}

/* ---- In ---- */

int dtls_record_in_init(struct dtls_record_in *in, const struct dtls_record_key *key)
{
    *in = (struct dtls_record_in){._suite = key->suite};
    memcpy(in->_iv, key->iv, sizeof in->_iv);
    return dtls_record_cipher_new(key, false, &in->_cipher);
}

void dtls_record_in_deinit(struct dtls_record_in *in)
{
    EVP_CIPHER_CTX_free(in->_cipher);
    OPENSSL_cleanse(in, sizeof *in);
}

static bool dtls_record_is_new(const struct dtls_record_in *in, uint64_t seq)
{
    if (seq >= in->_end)
        return true;
    return in->_end - seq <= DTLS_RECORD_WINDOW &&
           !(in->_seen[seq / 64 % DTLS_RECORD_WORDS] >> seq % 64 & 1);
}

static void dtls_record_mark(struct dtls_record_in *in, uint64_t seq)
{
    if (seq >= in->_end) {
        /* The words that are entered; the last number's is in use already. */
        uint64_t word = in->_end == 0 ? 0 : (in->_end - 1) / 64 + 1, last = seq / 64;
        for (unsigned i = 0; word <= last && i < DTLS_RECORD_WORDS; i++, word++)
            in->_seen[word % DTLS_RECORD_WORDS] = 0;
        in->_end = seq + 1;
    }
    in->_seen[seq / 64 % DTLS_RECORD_WORDS] |= UINT64_C(1) << seq % 64;
}

bool dtls_record_open(struct dtls_record_in *in, struct actr_view record,
                      struct dtls_record_head *ret_head, uint8_t *ret_plain, size_t *ret_len)
{
    uint8_t iv[DTLS_RECORD_IV_LEN], covered[DTLS_RECORD_HEADER_LEN], tag[DTLS_RECORD_TAG_LEN];
    size_t nonce_len = dtls_record_nonce_len(in->_suite);
    size_t around_len = DTLS_RECORD_HEADER_LEN + nonce_len + DTLS_RECORD_TAG_LEN;
    struct dtls_record_head head;
    uint64_t nonce = 0;
    int ignored;

    if (!dtls_record_parse(record, &head) || head.epoch != DTLS_RECORD_EPOCH ||
        record.len < around_len || record.len - around_len > DTLS_RECORD_PLAIN_MAX ||
        !dtls_record_is_new(in, head.seq))
        return false;
    size_t len = record.len - around_len;
    const uint8_t *body = record.ptr + DTLS_RECORD_HEADER_LEN + nonce_len;
    if (nonce_len > 0 && !dtls_record_nonce(record, &nonce))
        return false;
    dtls_record_covered(&head, len, covered);
    dtls_record_iv(in->_iv, in->_suite, &head, nonce, iv);
    memcpy(tag, body + len, sizeof tag);
    if (EVP_DecryptInit_ex(in->_cipher, NULL, NULL, NULL, iv) != 1 ||
        EVP_CIPHER_CTX_ctrl(in->_cipher, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) != 1 ||
        EVP_DecryptUpdate(in->_cipher, NULL, &ignored, covered, sizeof covered) != 1 ||
        EVP_DecryptUpdate(in->_cipher, ret_plain, &ignored, body, (int)len) != 1 ||
        EVP_DecryptFinal_ex(in->_cipher, ret_plain + len, &ignored) != 1) {
        if (ERR_peek_error())
            ERR_clear_error();
        return false;
    }
    dtls_record_mark(in, head.seq);
    *ret_head = head;
    *ret_len = len;
    return true;
}
