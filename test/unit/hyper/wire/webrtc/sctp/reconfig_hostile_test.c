// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* RE-CONFIG (RFC 6525) of a peer that asks for what it may not, answers what nobody asked, or says
 * nothing. Its first request has the number of its first TSN (§4.1). */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "sctp_peer.h"

enum { DONE = 1, NOTHING_TO_DO = 0, DENIED = 2, WRONG_SSN = 3, BAD_NUMBER = 5, IN_PROGRESS = 6 };

static const struct sctp_message on_7 = {.stream = 7, .ppid = SCTP_PPID_BINARY};

/* An outgoing reset of the peer's streams (§4.1): numbers of the request, of the last TSN before
 * it, then streams. */
static void ask_reset(struct sctp_peer *peer, uint32_t request, uint32_t last_tsn,
                      const uint16_t *streams, size_t count)
{
    static uint8_t body[16 + 2 * 20000];

    sctp_peer_put16(body, 13);
    sctp_peer_put16(body + 2, (uint16_t)(16 + 2 * count));
    sctp_peer_put32(body + 4, request);
    sctp_peer_put32(body + 8, 0);
    sctp_peer_put32(body + 12, last_tsn);
    for (size_t i = 0; i < count; i++)
        sctp_peer_put16(body + 16 + 2 * i, streams[i]);
    sctp_peer_send(peer, 130, 0, body, 16 + 2 * count);
}

/* The last answer (§4.4) to that request; -1: there is none. */
static int answer_to(const struct sctp_peer *peer, uint32_t request)
{
    int result = -1;
    size_t len;
    const uint8_t *chunk;

    for (size_t n = 0; (chunk = sctp_peer_chunk(peer, 130, n, &len)); n++) {
        for (size_t at = 4; at + 4 <= len;) {
            size_t parameter_len = sctp_peer_get16(chunk + at + 2);
            assert_true(parameter_len >= 4 && at + parameter_len <= len);
            if (sctp_peer_get16(chunk + at) == 16 && sctp_peer_get32(chunk + at + 4) == request)
                result = (int)sctp_peer_get32(chunk + at + 8);
            at += (parameter_len + 3) & ~(size_t)3;
        }
    }
    return result;
}

TEST(a_reset_begins_the_numbers_of_a_stream_anew)
{
    static const uint16_t streams[] = {1};
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    sctp_peer_say(peer, 1, 0, 1);
    sctp_peer_say(peer, 1, 1, 2);
    ask_reset(peer, SCTP_PEER_TSN, peer->tsn - 1, streams, 1);
    sctp_peer_run(peer, 10000);
    assert_int_equal(answer_to(peer, SCTP_PEER_TSN), DONE);
    assert_int_equal(peer->resets_in, 1);
    assert_int_equal(peer->last_reset, 1);
    sctp_peer_say(peer, 1, 0, 3);
    assert_int_equal(peer->messages, 3);
    /* The answer was lost: the request again is answered again and does nothing (§5.2.1 E3). */
    sctp_peer_forget(peer);
    sctp_peer_say(peer, 1, 1, 4);
    ask_reset(peer, SCTP_PEER_TSN, peer->tsn - 3, streams, 1);
    sctp_peer_run(peer, 10000);
    assert_int_equal(answer_to(peer, SCTP_PEER_TSN), DONE);
    assert_int_equal(peer->resets_in, 1);
    sctp_peer_say(peer, 1, 2, 5);
    assert_int_equal(peer->messages, 5);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(a_reset_waits_for_what_was_sent_before_it)
{
    /* §5.2.2 E2: in progress until then. */
    static const uint16_t streams[] = {1};
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    uint32_t missing = peer->tsn++;
    ask_reset(peer, SCTP_PEER_TSN, missing, streams, 1);
    sctp_peer_run(peer, 10000);
    assert_int_equal(peer->resets_in, 0);
    int answer = answer_to(peer, SCTP_PEER_TSN);
    assert_true(answer == IN_PROGRESS || answer == -1);
    struct sctp_peer_data data = {.tsn = missing, .stream = 1, .flags = 3, .fill = 1, .len = 10};
    sctp_peer_send_data(peer, &data);
    /* The next request says whether the peer was told it is done, or goes on asking. */
    ask_reset(peer, SCTP_PEER_TSN + (answer == IN_PROGRESS), missing, streams, 1);
    sctp_peer_run(peer, 10000);
    assert_int_equal(peer->messages, 1);
    assert_true(peer->resets_in >= 1);
    sctp_peer_say(peer, 1, 0, 3);
    assert_int_equal(peer->messages, 2);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(a_reset_of_all_streams)
{
    /* §4.1: a list without streams means all. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    sctp_peer_say(peer, 1, 0, 1);
    sctp_peer_say(peer, 2, 0, 1);
    ask_reset(peer, SCTP_PEER_TSN, peer->tsn - 1, NULL, 0);
    sctp_peer_run(peer, 10000);
    assert_int_equal(answer_to(peer, SCTP_PEER_TSN), DONE);
    sctp_peer_say(peer, 1, 0, 2);
    sctp_peer_say(peer, 2, 0, 2);
    assert_int_equal(peer->messages, 4);
    assert_true(peer->resets_in > 0);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(requests_with_other_numbers_are_refused)
{
    /* §5.2.1 E1. */
    static const uint16_t streams[] = {1};
    static const uint32_t numbers[] = {1, 2, 1000, 0x7fffffff, 0x80000000, UINT32_MAX - 1};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
        ask_reset(peer, SCTP_PEER_TSN + numbers[i], peer->tsn - 1, streams, 1);
        sctp_peer_run(peer, 10000);
        int answer = answer_to(peer, SCTP_PEER_TSN + numbers[i]);
        assert_true(answer == BAD_NUMBER || answer == -1);
        assert_int_equal(peer->resets_in, 0);
        ask_reset(peer, SCTP_PEER_TSN, peer->tsn - 1, streams, 1);
        sctp_peer_run(peer, 10000);
        assert_int_equal(answer_to(peer, SCTP_PEER_TSN), DONE);
        sctp_peer_expect_well(peer);
        sctp_peer_free(peer);
    }
}

TEST(streams_that_are_not_there_are_not_reset)
{
    /* §5.2.2: "Error - Wrong SSN" or nothing to do; never those beside them. */
    static const uint16_t streams[] = {SCTP_STREAMS, 65535};
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    ask_reset(peer, SCTP_PEER_TSN, peer->tsn - 1, streams, 2);
    sctp_peer_run(peer, 10000);
    assert_int_not_equal(answer_to(peer, SCTP_PEER_TSN), DONE);
    assert_int_equal(peer->resets_in, 0);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(a_list_of_twenty_thousand_streams)
{
    static uint16_t streams[20000];
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    for (size_t i = 0; i < 20000; i++)
        streams[i] = (uint16_t)(i % SCTP_STREAMS);
    ask_reset(peer, SCTP_PEER_TSN, peer->tsn - 1, streams, 20000);
    sctp_peer_run(peer, 10000);
    assert_int_equal(peer->closed, 0);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(requests_that_are_cut_or_unknown)
{
    static const char *const bodies[] = {
        "",
        "000d",
        "000d0004",
        "000d0000 fffffff0",
        "000dffff fffffff0 00000000 ffffffef",
        "000d000c fffffff0 00000000",
        "000d0011 fffffff0 00000000 ffffffef 00",
        "000d0013 fffffff0 00000000 ffffffef 000100",
        "000e0004",
        "000e0009 fffffff0 00",
        "000f0004",
        "00100004",
        "00100008 00000000",
        "0010000b 00000000 000000",
        "00110004",
        "00110008 fffffff0",
        "00120008 fffffff0",
        "00420008 01020304",
        "c0420008 01020304",
        "00100010 fffffff0 00000001 00000000",
        "00100014 00000000 00000001 00000000 00000000",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
        sctp_peer_send_hex(peer, 130, 0, bodies[i]);
        sctp_peer_run(peer, 10000);
        assert_int_equal(peer->resets_in, 0);
        sctp_peer_expect_well(peer);
        sctp_peer_free(peer);
    }
}

TEST(requests_that_nobody_has_to_grant_are_answered)
{
    static const struct {
        const char *body;
        const char *what;
    } cases[] = {
        {"000e000a fffffff0 0001 0000", "an incoming reset"},
        {"000f0008 fffffff0", "numbers anew"},
        {"0012000c fffffff0 0010 0000", "streams of ours to be added"},
        {"0011000c fffffff0 ffff 0000", "more streams than there are"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
        print_message("%s\n", cases[i].what);
        sctp_peer_send_hex(peer, 130, 0, cases[i].body);
        sctp_peer_run(peer, 1000000);
        assert_int_equal(peer->closed, 0);
        assert_int_not_equal(answer_to(peer, SCTP_PEER_TSN), -1);
        sctp_peer_free(peer);
    }
}

TEST(a_peer_may_add_streams_up_to_the_bound)
{
    struct sctp_peer *peer = sctp_peer_open_narrow(4);
    sctp_peer_say(peer, 4, 0, 1); /* not there yet: acknowledged, and dropped */
    assert_int_equal(peer->messages, 0);
    sctp_peer_send_hex(peer, 130, 0, "0011000c fffffff0 0002 0000");
    sctp_peer_run(peer, 10000);
    assert_int_equal(answer_to(peer, SCTP_PEER_TSN), DONE);
    sctp_peer_say(peer, 5, 0, 2);
    assert_int_equal(peer->messages, 1);
    sctp_peer_send_hex(peer, 130, 0, "0011000c fffffff1 03fa 0000"); /* 1,024 are all */
    sctp_peer_run(peer, 10000);
    assert_int_equal(answer_to(peer, SCTP_PEER_TSN + 1), DONE);
    sctp_peer_say(peer, SCTP_STREAMS - 1, 0, 3);
    assert_int_equal(peer->messages, 2);
    sctp_peer_send_hex(peer, 130, 0, "0011000c fffffff2 0001 0000");
    sctp_peer_run(peer, 10000);
    assert_int_equal(answer_to(peer, SCTP_PEER_TSN + 2), DENIED);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(a_request_with_more_than_two_parts_is_not_done_as_a_whole)
{
    /* RFC 6525 §3.1: two at the most. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    uint8_t body[50 * 16];
    for (uint32_t i = 0; i < 50; i++) {
        sctp_peer_put32(body + 16 * i, 13u << 16 | 16);
        sctp_peer_put32(body + 16 * i + 4, SCTP_PEER_TSN + i);
        sctp_peer_put32(body + 16 * i + 8, 0);
        sctp_peer_put32(body + 16 * i + 12, peer->tsn - 1);
    }
    sctp_peer_send(peer, 130, 0, body, sizeof body);
    sctp_peer_run(peer, 10000);
    assert_in_range(peer->resets_in, 1, 2);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(resets_do_not_pile_up_while_nothing_is_read)
{
    static const uint16_t streams[] = {1};
    const struct sctp_options options = {.receive_window = 64 << 10};
    struct sctp_peer *peer = sctp_peer_open(&options, SCTP_PEER_SUPPORTS);
    uint32_t request = SCTP_PEER_TSN;
    sctp_read(peer->sctp, false);
    for (int i = 0; i < 10000; i++) {
        ask_reset(peer, request, peer->tsn - 1, streams, 1);
        request += answer_to(peer, request) == DONE;
        sctp_peer_forget(peer);
    }
    assert_int_equal(peer->resets_in, 0);
    unsigned done = request - SCTP_PEER_TSN;
    assert_in_range(done, 100, 2 * options.receive_window / 128 + 1);
    /* Who reads is told of them, and the one that was put off is done when it is asked for again.
     */
    sctp_read(peer->sctp, true);
    sctp_peer_run(peer, 10000);
    assert_int_equal(peer->resets_in, done);
    ask_reset(peer, request, peer->tsn - 1, streams, 1);
    sctp_peer_run(peer, 10000);
    assert_int_equal(answer_to(peer, request), DONE);
    assert_int_equal(peer->resets_in, done + 1);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(a_reset_that_is_denied_leaves_the_numbers_as_they_are)
{
    /* RFC 6525 §5.2.7: only what was performed begins anew; the peer waits for the next number. */
    static const uint32_t results[] = {NOTHING_TO_DO, DONE, DENIED, WRONG_SSN, BAD_NUMBER};
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
        uint8_t answer[12];
        assert_int_equal(sctp_send(peer->sctp, &on_7, actr_bytes_str("before")), 0);
        sctp_peer_run(peer, 10000);
        sctp_peer_sack(peer, peer->first_tsn, SCTP_PEER_WINDOW);
        assert_int_equal(sctp_reset_stream(peer->sctp, 7), 0);
        sctp_peer_run(peer, 10000);
        const uint8_t *chunk = sctp_peer_chunk(peer, 130, 0, NULL);
        assert_non_null(chunk);
        sctp_peer_put32(answer, 16u << 16 | 12);
        sctp_peer_put32(answer + 4, sctp_peer_get32(chunk + 8));
        sctp_peer_put32(answer + 8, results[i]);
        sctp_peer_forget(peer);
        sctp_peer_send(peer, 130, 0, answer, sizeof answer);
        assert_int_equal(peer->resets_out, 1); /* there is nothing more to wait for */
        assert_int_equal(sctp_send(peer->sctp, &on_7, actr_bytes_str("after")), 0);
        sctp_peer_run(peer, 10000);
        chunk = sctp_peer_chunk(peer, 0, 0, NULL);
        assert_non_null(chunk);
        assert_int_equal(sctp_peer_get16(chunk + 10), results[i] > DONE);
        sctp_peer_sack(peer, peer->first_tsn + 1, SCTP_PEER_WINDOW);
        sctp_peer_expect_well(peer);
        sctp_peer_free(peer);
    }
}

TEST(our_reset_is_asked_for_until_it_is_answered)
{
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    size_t len;
    uint8_t answer[12];
    assert_int_equal(sctp_send(peer->sctp, &on_7, actr_bytes_str("before")), 0);
    assert_int_equal(sctp_reset_stream(peer->sctp, 7), 0);
    sctp_peer_run(peer, 10000);
    sctp_peer_sack(peer, peer->first_tsn, SCTP_PEER_WINDOW);
    sctp_peer_run(peer, 10000000);
    size_t count = sctp_peer_chunks(peer, 130);
    assert_in_range(count, 2, 40);
    const uint8_t *chunk = sctp_peer_chunk(peer, 130, 0, &len);
    assert_int_equal(sctp_peer_get16(chunk + 4), 13);
    assert_int_equal(sctp_peer_get16(chunk + 6), 18);
    uint32_t request = sctp_peer_get32(chunk + 8);
    assert_int_equal(sctp_peer_get32(chunk + 16), peer->first_tsn); /* the last TSN before it */
    assert_int_equal(sctp_peer_get16(chunk + 20), 7);
    for (size_t i = 0; i < count; i++) /* one request, again and again */
        assert_int_equal(sctp_peer_get32(sctp_peer_chunk(peer, 130, i, &len) + 8), request);
    assert_int_equal(peer->resets_out, 0);
    sctp_peer_put32(answer, 16u << 16 | 12);
    sctp_peer_put32(answer + 4, request);
    sctp_peer_put32(answer + 8, DONE);
    sctp_peer_send(peer, 130, 0, answer, sizeof answer);
    sctp_peer_run(peer, 10000);
    assert_int_equal(peer->resets_out, 1);
    sctp_peer_send(peer, 130, 0, answer, sizeof answer); /* twice */
    sctp_peer_run(peer, 10000);
    assert_int_equal(peer->resets_out, 1);
    /* The stream begins anew. */
    sctp_peer_forget(peer);
    assert_int_equal(sctp_send(peer->sctp, &on_7, actr_bytes_str("after")), 0);
    sctp_peer_run(peer, 10000);
    chunk = sctp_peer_chunk(peer, 0, 0, &len);
    assert_non_null(chunk);
    assert_int_equal(sctp_peer_get16(chunk + 10), 0);
    sctp_peer_sack(peer, sctp_peer_get32(chunk + 4), SCTP_PEER_WINDOW);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(a_peer_that_is_busy_or_refuses_does_not_hold_us_up_for_ever)
{
    static const uint32_t results[] = {NOTHING_TO_DO, DENIED,      WRONG_SSN, 4,
                                       BAD_NUMBER,    IN_PROGRESS, 7,         UINT32_MAX};
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
        uint8_t answer[12];
        size_t len;
        assert_int_equal(sctp_reset_stream(peer->sctp, 7), 0);
        sctp_peer_run(peer, 10000);
        const uint8_t *chunk = sctp_peer_chunk(peer, 130, 0, &len);
        assert_non_null(chunk);
        sctp_peer_put32(answer, 16u << 16 | 12);
        sctp_peer_put32(answer + 4, sctp_peer_get32(chunk + 8));
        sctp_peer_put32(answer + 8, results[i]);
        sctp_peer_send(peer, 130, 0, answer, sizeof answer);
        sctp_peer_run(peer, 10000000);
        assert_int_equal(peer->closed, 0);
        if (results[i] == IN_PROGRESS) { /* it asks again, and then it is done */
            sctp_peer_forget(peer);
            sctp_peer_run(peer, 10000000);
            chunk = sctp_peer_chunk(peer, 130, 0, &len);
            assert_non_null(chunk);
            sctp_peer_put32(answer + 4, sctp_peer_get32(chunk + 8));
            sctp_peer_put32(answer + 8, DONE);
            sctp_peer_send(peer, 130, 0, answer, sizeof answer);
            sctp_peer_run(peer, 10000);
            assert_int_equal(peer->resets_out, 1);
        }
        sctp_peer_expect_well(peer);
        sctp_peer_free(peer);
    }
}
