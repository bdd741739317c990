// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A handshake's last records, made here with a key that the test has. */
#include "hyper/wire/webrtc/dtls_flight.h"

#include <string.h>

#include "harness.h"

#define SALT UINT64_C(0x1122334455667788)

static const struct dtls_record_key key = {.suite = DTLS_RECORD_AES_128_GCM, .key = {1, 2, 3}};
static const uint8_t finished[24] = {20, 0, 0, 12, 0, 4, 0, 0, 0, 0, 0, 12, 9, 9};

static void note_change(struct dtls_flight *flight, uint64_t seq)
{
    struct dtls_record_head head = {DTLS_RECORD_CHANGE_CIPHER, 0, seq};
    uint8_t record[DTLS_RECORD_HEADER_LEN + 1] = {0};

    dtls_record_format(&head, 1, record);
    dtls_flight_note(flight, actr_view_of(record, sizeof record));
}

/* As OpenSSL does: `count` times, with numbers and nonces that go on. */
static void note_finished(struct dtls_flight *flight, const struct dtls_record_key *with,
                          unsigned count, size_t len)
{
    static uint8_t plain[4096], record[4096 + DTLS_RECORD_OVERHEAD];
    struct dtls_record_out out;
    size_t record_len;

    memcpy(plain, finished, sizeof finished);
    assert_int_equal(dtls_record_out_init(&out, with, 0, SALT), 0);
    while (count-- > 0) {
        assert_int_equal(dtls_record_seal(&out, DTLS_RECORD_HANDSHAKE, actr_view_of(plain, len),
                                          record, &record_len),
                         0);
        dtls_flight_note(flight, actr_view_of(record, record_len));
    }
    dtls_record_out_deinit(&out);
}

TEST(numbers_go_on_and_nonces_begin_far_away)
{
    for (unsigned count = 1; count < 5; count++) {
        struct dtls_flight flight = {0};
        struct dtls_record_out out;
        struct dtls_record_head head;
        uint8_t record[1 + DTLS_RECORD_OVERHEAD];
        uint64_t nonce;
        size_t len;

        note_change(&flight, 3);
        note_finished(&flight, &key, count, sizeof finished);
        assert_int_equal(dtls_flight_end(&flight, &key, &out), 0);
        for (uint64_t i = 0; i < 3; i++) {
            assert_int_equal(
                dtls_record_seal(&out, DTLS_RECORD_DATA, actr_view_of("x", 1), record, &len), 0);
            assert_true(dtls_record_parse(actr_view_of(record, len), &head));
            assert_int_equal(head.seq, count + i);
            assert_true(dtls_record_nonce(actr_view_of(record, len), &nonce));
            assert_int_equal(nonce,
                             ((SALT + count - 1) ^ UINT64_C(0x8000000000000000)) + count + i);
        }
        dtls_record_out_deinit(&out);
    }
}

TEST(it_can_be_sent_again_with_numbers_of_its_own)
{
    struct dtls_flight flight = {0};
    struct dtls_record_out out;
    struct dtls_record_head head;
    uint8_t record[DTLS_FLIGHT_CHANGE_LEN];

    note_change(&flight, 3);
    note_finished(&flight, &key, 1, sizeof finished);
    assert_int_equal(dtls_flight_end(&flight, &key, &out), 0);
    for (uint64_t seq = 4; seq < 10; seq++) {
        dtls_flight_change(&flight, record);
        assert_true(dtls_record_parse(actr_view_of(record, sizeof record), &head));
        assert_int_equal(head.type, DTLS_RECORD_CHANGE_CIPHER);
        assert_int_equal(head.epoch, 0);
        assert_int_equal(head.seq, seq);
        assert_int_equal(record[DTLS_RECORD_HEADER_LEN], 1);
        struct actr_view again = dtls_flight_finished(&flight);
        assert_int_equal(again.len, sizeof finished);
        assert_memory_equal(again.ptr, finished, sizeof finished);
    }
    dtls_record_out_deinit(&out);
}

TEST(keys_that_do_not_open_what_openssl_has_sealed_are_refused)
{
    struct dtls_record_key other = key;
    struct dtls_record_out out = {0};
    struct dtls_flight flight = {0};

    /* None was sent, one with another key or another suite, one that is too long. */
    assert_int_equal(dtls_flight_end(&flight, &key, &out), ACTR_EINTERNAL);
    other.key[15] = 1;
    note_finished(&flight, &key, 1, sizeof finished);
    assert_int_equal(dtls_flight_end(&flight, &other, &out), ACTR_EINTERNAL);
    other = key;
    other.suite = DTLS_RECORD_CHACHA20_POLY1305;
    assert_int_equal(dtls_flight_end(&flight, &other, &out), ACTR_EINTERNAL);
    note_finished(&flight, &key, 1, sizeof finished + 1);
    assert_int_equal(dtls_flight_end(&flight, &key, &out), ACTR_EINTERNAL);
    note_finished(&flight, &key, 1, 4000);
    assert_int_equal(dtls_flight_end(&flight, &key, &out), ACTR_EINTERNAL);
    note_finished(&flight, &key, 1, sizeof finished);
    assert_int_equal(dtls_flight_end(&flight, &key, &out), 0);
    dtls_record_out_deinit(&out);
}
