// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Records with a key that the test has: whatever is done to one on the way, it opens once and
 * unchanged or not at all. That others open them too is for dtls_keys_test and dtls_peer_test. */
#include "hyper/wire/webrtc/dtls_record.h"

#include <string.h>

#include "harness.h"

#define SALT UINT64_C(0xfffffffffffffff0) /* the explicit nonce goes over the end on the way */
#define RECORD_MAX (DTLS_RECORD_PLAIN_MAX + DTLS_RECORD_OVERHEAD)

static const enum dtls_record_suite suites[] = {DTLS_RECORD_AES_128_GCM, DTLS_RECORD_AES_256_GCM,
                                                DTLS_RECORD_CHACHA20_POLY1305};
#define SUITES (sizeof suites / sizeof suites[0])

struct link {
    struct dtls_record_out out;
    struct dtls_record_in in;
};

static struct dtls_record_key key_of(enum dtls_record_suite suite)
{
    struct dtls_record_key key = {.suite = suite};
    for (size_t i = 0; i < sizeof key.key; i++)
        key.key[i] = (uint8_t)(3 * i + 1);
    for (size_t i = 0; i < sizeof key.iv; i++)
        key.iv[i] = (uint8_t)(i << 4);
    return key;
}

static void link_begin(struct link *link, enum dtls_record_suite suite, uint64_t first_seq)
{
    struct dtls_record_key key = key_of(suite);
    assert_int_equal(dtls_record_out_init(&link->out, &key, first_seq, SALT), 0);
    assert_int_equal(dtls_record_in_init(&link->in, &key), 0);
}

static void link_end(struct link *link)
{
    dtls_record_out_deinit(&link->out);
    dtls_record_in_deinit(&link->in);
}

static size_t seal(struct link *link, const void *plain, size_t len, uint8_t *record)
{
    size_t record_len = 0;
    assert_int_equal(dtls_record_seal(&link->out, DTLS_RECORD_DATA, actr_view_of(plain, len),
                                      record, &record_len),
                     0);
    assert_true(record_len <= len + DTLS_RECORD_OVERHEAD);
    return record_len;
}

static bool opens(struct link *link, const uint8_t *record, size_t len)
{
    static uint8_t plain[DTLS_RECORD_PLAIN_MAX];
    struct dtls_record_head head;
    size_t plain_len;
    return dtls_record_open(&link->in, actr_view_of(record, len), &head, plain, &plain_len);
}

TEST(what_is_sealed_opens_whatever_its_length)
{
    static const size_t lens[] = {0,    1,    15,   16,    17,    63,    64,
                                  1131, 4096, 9000, 16000, 16300, 16383, 16384};
    static uint8_t plain[DTLS_RECORD_PLAIN_MAX], record[RECORD_MAX], opened[DTLS_RECORD_PLAIN_MAX];
    uint64_t random = harness_seed();

    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)harness_random(&random);
    for (size_t s = 0; s < SUITES; s++) {
        struct link link;
        link_begin(&link, suites[s], 7);
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
            struct dtls_record_head head;
            size_t len = seal(&link, plain, lens[i], record), opened_len = 99;
            memset(opened, 0, sizeof opened);
            assert_true(
                dtls_record_open(&link.in, actr_view_of(record, len), &head, opened, &opened_len));
            assert_int_equal(head.type, DTLS_RECORD_DATA);
            assert_int_equal(head.epoch, 1);
            assert_int_equal(head.seq, 7 + i);
            assert_int_equal(opened_len, lens[i]);
            assert_memory_equal(opened, plain, lens[i]);
        }
        link_end(&link);
    }
}

TEST(a_header_says_what_it_is)
{
    static const uint8_t known[] = {23, 0xfe, 0xfd, 0, 1, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0, 2};
    struct dtls_record_head head = {DTLS_RECORD_DATA, 1, UINT64_C(0x0123456789ab)}, parsed;
    uint8_t record[DTLS_RECORD_HEADER_LEN + 2] = {0};

    dtls_record_format(&head, 2, record);
    assert_memory_equal(record, known, sizeof known);
    assert_true(dtls_record_parse(actr_view_of(record, sizeof record), &parsed));
    assert_int_equal(parsed.type, 23);
    assert_int_equal(parsed.epoch, 1);
    assert_int_equal(parsed.seq, head.seq);
    assert_false(dtls_record_parse(actr_view_of(record, sizeof record - 1), &parsed));
    assert_false(dtls_record_parse(actr_view_of(record, 12), &parsed));
    record[2] = 0xff; /* DTLS 1.0 */
    assert_false(dtls_record_parse(actr_view_of(record, sizeof record), &parsed));
}

TEST(a_datagram_is_cut_into_records)
{
    uint8_t bytes[15 + 13 + 7] = {0};
    struct actr_view rest = actr_view_of(bytes, sizeof bytes);

    bytes[12] = 2;
    struct actr_view record = dtls_record_cut(&rest);
    assert_ptr_equal(record.ptr, bytes);
    assert_int_equal(record.len, 15);
    record = dtls_record_cut(&rest);
    assert_ptr_equal(record.ptr, bytes + 15);
    assert_int_equal(record.len, 13);
    record = dtls_record_cut(&rest);
    assert_int_equal(record.len, 7);
    assert_int_equal(rest.len, 0);
    bytes[11] = 0xff; /* longer than what is there */
    rest = actr_view_of(bytes, sizeof bytes);
    record = dtls_record_cut(&rest);
    assert_int_equal(record.len, sizeof bytes);
    assert_int_equal(rest.len, 0);
}

TEST(no_bit_may_differ)
{
    for (size_t s = 0; s < SUITES; s++) {
        struct link link;
        uint8_t record[64 + DTLS_RECORD_OVERHEAD];
        link_begin(&link, suites[s], 0);
        size_t len = seal(&link, "sixteen bytes or", 16, record);
        for (size_t bit = 0; bit < len * 8; bit++) {
            record[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_false(opens(&link, record, len));
            record[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t less = 0; less < len; less++)
            assert_false(opens(&link, record, less));
        /* None of that has moved anything. */
        assert_true(opens(&link, record, len));
        assert_false(opens(&link, record, len));
        link_end(&link);
    }
}

TEST(records_of_other_epochs_and_too_long_ones_do_not_open)
{
    static uint8_t record[DTLS_RECORD_PLAIN_MAX + 1 + DTLS_RECORD_OVERHEAD];
    static const uint8_t plain[DTLS_RECORD_PLAIN_MAX + 1];
    struct link link;

    link_begin(&link, DTLS_RECORD_AES_128_GCM, 0);
    for (uint8_t epoch = 0; epoch < 4; epoch++) {
        size_t len = seal(&link, "x", 1, record);
        record[4] = epoch;
        assert_int_equal(opens(&link, record, len), epoch == 1);
    }
    /* One that is authentic, and a byte too long. */
    assert_false(opens(&link, record, seal(&link, plain, sizeof plain, record)));
    link_end(&link);
}

/* Beside a model that remembers everything: numbers near the greatest, before and behind it, and
 * further off than the window is wide. */
TEST(each_number_opens_once_and_only_in_the_window)
{
    enum { COUNT = 12000 };
    static const uint64_t spans[] = {3, 70, 1200, 2500};
    static uint8_t records[COUNT][1 + DTLS_RECORD_OVERHEAD];
    static bool has_come[COUNT];
    uint64_t random = harness_seed();
    struct link link;
    size_t len = 0, late = 0;

    for (int run = 0; run < 4; run++) {
        uint64_t end = 0;
        link_begin(&link, DTLS_RECORD_AES_128_GCM, 0);
        memset(has_come, 0, sizeof has_come);
        for (size_t i = 0; i < COUNT; i++)
            len = seal(&link, "x", 1, records[i]);
        for (int i = 0; i < 10000; i++) {
            uint64_t span = spans[harness_random(&random) % (i % 100 == 0 ? 4 : 3)];
            uint64_t ahead = end + harness_random(&random) % (i % 100 == 0 ? span : 3);
            uint64_t back = harness_random(&random) % span;
            uint64_t at = ahead > back ? ahead - back : ahead;
            if (at >= COUNT)
                break;
            bool is_due = !has_come[at] && (at >= end || end - at <= DTLS_RECORD_WINDOW);
            assert_int_equal(opens(&link, records[at], len), is_due);
            has_come[at] = has_come[at] || is_due;
            late += is_due && at < end;
            if (is_due && at >= end)
                end = at + 1;
        }
        assert_true(end > 2 * DTLS_RECORD_WINDOW);
        link_end(&link);
    }
    assert_true(late > 1000);
}

TEST(the_window_is_as_wide_as_it_says)
{
    struct link link;
    uint8_t old[2][1 + DTLS_RECORD_OVERHEAD], record[1 + DTLS_RECORD_OVERHEAD];
    size_t len;

    link_begin(&link, DTLS_RECORD_AES_128_GCM, 1000);
    len = seal(&link, "0", 1, old[0]);
    seal(&link, "1", 1, old[1]);
    link.out._seq = 1001 + DTLS_RECORD_WINDOW - 1;
    seal(&link, "2", 1, record);
    assert_true(opens(&link, record, len));
    assert_false(opens(&link, old[0], len));
    assert_true(opens(&link, old[1], len));
    assert_false(opens(&link, old[1], len));
    link_end(&link);
}

TEST(when_the_numbers_are_used_up_nothing_more_is_sealed)
{
    struct link link;
    uint8_t record[1 + DTLS_RECORD_OVERHEAD], untouched[1 + DTLS_RECORD_OVERHEAD];

    link_begin(&link, DTLS_RECORD_AES_128_GCM, DTLS_RECORD_SEQ_END - 2);
    for (int i = 0; i < 2; i++)
        assert_true(opens(&link, record, seal(&link, "x", 1, record)));
    memcpy(untouched, record, sizeof record);
    for (int i = 0; i < 3; i++) {
        size_t len = 99;
        assert_int_equal(
            dtls_record_seal(&link.out, DTLS_RECORD_DATA, actr_view_of("y", 1), record, &len),
            DTLS_RECORD_SPENT);
        assert_int_equal(len, 99);
    }
    assert_memory_equal(untouched, record, sizeof record);
    assert_false(opens(&link, record, sizeof record));
    link_end(&link);
}

/* RFC 5288 §3: salt and number, so never twice; RFC 7905 §2: nothing explicit. */
TEST(the_explicit_nonce_grows_with_the_number)
{
    struct link link;
    uint8_t record[1 + DTLS_RECORD_OVERHEAD];

    link_begin(&link, DTLS_RECORD_AES_256_GCM, 5);
    for (uint64_t i = 5; i < 50; i++) {
        uint64_t nonce = 0;
        size_t len = seal(&link, "x", 1, record);
        assert_int_equal(len, 13 + 8 + 1 + 16);
        assert_true(dtls_record_nonce(actr_view_of(record, len), &nonce));
        assert_int_equal(nonce, SALT + i);
        assert_true(opens(&link, record, len));
    }
    link_end(&link);
    link_begin(&link, DTLS_RECORD_CHACHA20_POLY1305, 5);
    assert_int_equal(seal(&link, "x", 1, record), 13 + 1 + 16);
    link_end(&link);
}
