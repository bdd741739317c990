// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Where OpenSSL's records end and ours begin.
 *
 * Numbers: ours go on after the greatest that OpenSSL has used in epoch 1. There is one row of
 * numbers, as every peer expects: what is sent later has a greater one, so that no peer takes it
 * for too old, whatever else it has had before. That holds for a Finished which is sent again after
 * data, too: the peer that lost it may have moved its window with data that it could not use yet.
 *
 * Nonces of GCM: OpenSSL begins at a random explicit nonce and counts. Ours begin half of all 2^64
 * away from the last that it used: neither can reach the other.
 *
 * The proof: Finished, as OpenSSL sealed it, must open with the key that was derived. Both
 * directions come out of one derivation, so one of them proves both.
 *
 * No I/O. Loop thread. */
#include "hyper/wire/webrtc/dtls_flight.h"

#include <string.h>

#include "base/err.h"

void dtls_flight_note(struct dtls_flight *flight, struct actr_view record)
{
    struct dtls_record_head head;

    if (!dtls_record_parse(record, &head))
        return; /* a hello, of DTLS 1.0 by its header: before all that counts here */
    if (head.epoch != DTLS_RECORD_EPOCH) {
        flight->_change_seq = head.seq;
        return;
    }
    flight->_next_seq = head.seq + 1;
    flight->_finished_len = 0;
    if (head.type == DTLS_RECORD_HANDSHAKE && record.len <= sizeof flight->_finished) {
        flight->_finished_len = record.len;
        memcpy(flight->_finished, record.ptr, record.len);
    }
}

int dtls_flight_end(struct dtls_flight *flight, const struct dtls_record_key *key,
                    struct dtls_record_out *ret_out)
{
    uint8_t plain[DTLS_RECORD_PLAIN_MAX];
    struct actr_view sealed = actr_view_of(flight->_finished, flight->_finished_len);
    struct dtls_record_head head;
    struct dtls_record_in ours;
    uint64_t nonce = 0;
    size_t len = 0;

    int r = dtls_record_in_init(&ours, key);
    if (r < 0)
        return r;
    bool is_proven = dtls_record_nonce(sealed, &nonce) &&
                     dtls_record_open(&ours, sealed, &head, plain, &len) &&
                     len <= sizeof flight->_finished;
    dtls_record_in_deinit(&ours);
    if (!is_proven)
        return err_origin(ACTR_EINTERNAL, "dtls: the keys are not those of OpenSSL");
    flight->_finished_len = len;
    memcpy(flight->_finished, plain, len);
    return dtls_record_out_init(ret_out, key, flight->_next_seq, nonce ^ UINT64_C(1) << 63);
}

void dtls_flight_change(struct dtls_flight *flight, uint8_t ret_record[DTLS_FLIGHT_CHANGE_LEN])
{
    struct dtls_record_head head = {.type = DTLS_RECORD_CHANGE_CIPHER};

    head.seq = ++flight->_change_seq;
    dtls_record_format(&head, 1, ret_record);
    ret_record[DTLS_RECORD_HEADER_LEN] = 1; /* RFC 5246 §7.1 */
}

struct actr_view dtls_flight_finished(const struct dtls_flight *flight)
{
    return actr_view_of(flight->_finished, flight->_finished_len);
}
