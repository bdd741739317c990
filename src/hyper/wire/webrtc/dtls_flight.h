// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The end of this side's handshake: ChangeCipherSpec and Finished. They are noted as OpenSSL sends
 * them, for three uses: they prove the keys that were derived, they tell which numbers and nonces
 * are taken, and a server sends them again when the peer asks (RFC 6347 §4.2.4).
 *
 * Embedded; zeroed at first. Loop thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "hyper/wire/webrtc/dtls_record.h"

/* A record with Finished (RFC 5246 §7.4.9): 12 bytes of header and 12 of contents, sealed. */
#define DTLS_FLIGHT_FINISHED_MAX (12 + 12 + DTLS_RECORD_OVERHEAD)
#define DTLS_FLIGHT_CHANGE_LEN (DTLS_RECORD_HEADER_LEN + 1)

struct dtls_flight {
    uint64_t _change_seq; /* the greatest of epoch 0 */
    uint64_t _next_seq;   /* of epoch 1 */
    size_t _finished_len; /* 0: none yet, or one that is none */
    uint8_t _finished[DTLS_FLIGHT_FINISHED_MAX];
};

/* A record that OpenSSL has sent. */
void dtls_flight_note(struct dtls_flight *flight, struct actr_view record);
/* Starts `out` with what this side may use after OpenSSL. From then on the flight holds Finished as
 * plain text. ACTR_EINTERNAL: the key is not the one that OpenSSL seals with. */
int dtls_flight_end(struct dtls_flight *flight, const struct dtls_record_key *key,
                    struct dtls_record_out *ret_out) ACTR_MUST_CHECK;
/* To be sent again, after dtls_flight_end(): a whole record, and what to seal as a handshake. */
void dtls_flight_change(struct dtls_flight *flight, uint8_t ret_record[DTLS_FLIGHT_CHANGE_LEN]);
struct actr_view dtls_flight_finished(const struct dtls_flight *flight);
