// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Records of DTLS 1.2 with the keys of a handshake (RFC 6347 §4.1): sealed and opened with AES-GCM
 * (RFC 5288) or ChaCha20-Poly1305 (RFC 7905). All are of epoch 1: nothing is renegotiated.
 *
 * Pure but for the cipher contexts: no clock, no I/O, no state of a handshake. One of each for an
 * association; embedded, and nothing to be done with one that is zeroed but to deinit it. Loop
 * thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

struct evp_cipher_ctx_st; /* EVP_CIPHER_CTX of OpenSSL */

#define DTLS_RECORD_HEADER_LEN 13
#define DTLS_RECORD_PLAIN_MAX 16384
#define DTLS_RECORD_OVERHEAD 37 /* at most: header, explicit nonce 8, tag 16 */
#define DTLS_RECORD_EPOCH 1
#define DTLS_RECORD_SEQ_END (UINT64_C(1) << 48) /* none has this number or a greater one */
/* How far behind the newest a record may come, in records. What is older counts as replayed. */
#define DTLS_RECORD_WINDOW 960
#define DTLS_RECORD_SPENT 1

enum dtls_record_type {
    DTLS_RECORD_CHANGE_CIPHER = 20,
    DTLS_RECORD_ALERT = 21,
    DTLS_RECORD_HANDSHAKE = 22,
    DTLS_RECORD_DATA = 23
};

enum dtls_record_suite {
    DTLS_RECORD_AES_128_GCM,
    DTLS_RECORD_AES_256_GCM,
    DTLS_RECORD_CHACHA20_POLY1305
};

struct dtls_record_head {
    uint8_t type; /* any value, when read */
    uint16_t epoch;
    uint64_t seq;
};

/* One direction. Secret. */
struct dtls_record_key {
    enum dtls_record_suite suite;
    uint8_t key[32];
    uint8_t iv[12]; /* GCM: four bytes */
};
size_t dtls_record_key_len(enum dtls_record_suite suite);
size_t dtls_record_iv_len(enum dtls_record_suite suite);

/* What is sealed. */
struct dtls_record_out {
    struct evp_cipher_ctx_st *_cipher;
    enum dtls_record_suite _suite;
    uint8_t _iv[12];
    uint64_t _salt;
    uint64_t _seq;
};

/* What is opened, each number once. */
struct dtls_record_in {
    struct evp_cipher_ctx_st *_cipher;
    enum dtls_record_suite _suite;
    uint8_t _iv[12];
    uint64_t _end; /* one more than the greatest number that has come */
    uint64_t _seen[DTLS_RECORD_WINDOW / 64 + 1];
};

/* Cuts the first record off *datagram, with its header: all that is left when that is shorter than
 * it says, or than a header. */
struct actr_view dtls_record_cut(struct actr_view *datagram);
/* False: not a whole record of DTLS 1.2. */
bool dtls_record_parse(struct actr_view record, struct dtls_record_head *ret_head);
void dtls_record_format(const struct dtls_record_head *head, size_t len,
                        uint8_t ret_header[DTLS_RECORD_HEADER_LEN]);
/* The explicit nonce of a record sealed with GCM. False: too short for one. */
bool dtls_record_nonce(struct actr_view record, uint64_t *ret_nonce);

/* first_seq: the first number that nobody has used with this key. salt: with GCM the explicit nonce
 * of a record is salt + its number; the caller sees to it that nobody else has used any of them
 * with this key. ACTR_EINTERNAL. */
int dtls_record_out_init(struct dtls_record_out *out, const struct dtls_record_key *key,
                         uint64_t first_seq, uint64_t salt) ACTR_MUST_CHECK;
void dtls_record_out_deinit(struct dtls_record_out *out);
/* plain: at most DTLS_RECORD_PLAIN_MAX. ret_record has room for plain.len + DTLS_RECORD_OVERHEAD
 * and does not overlap plain. 0; DTLS_RECORD_SPENT: no number is left, the association must end;
 * ACTR_EINTERNAL. */
int dtls_record_seal(struct dtls_record_out *out, enum dtls_record_type type,
                     struct actr_view plain, uint8_t *ret_record, size_t *ret_len) ACTR_MUST_CHECK;

/* ACTR_EINTERNAL. */
int dtls_record_in_init(struct dtls_record_in *in,
                        const struct dtls_record_key *key) ACTR_MUST_CHECK;
void dtls_record_in_deinit(struct dtls_record_in *in);
/* ret_plain has room for DTLS_RECORD_PLAIN_MAX and does not overlap the record; what is in there
 * counts only after true. False: malformed, of another epoch, seen before, too old, or not sealed
 * with this key; then nothing has changed. */
bool dtls_record_open(struct dtls_record_in *in, struct actr_view record,
                      struct dtls_record_head *ret_head, uint8_t *ret_plain, size_t *ret_len);
