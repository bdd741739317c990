// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* SACK of a peer that acknowledges what it likes; and what is sent again, when, and how much. */
#include <string.h>

#include "base/bytes.h"
#include "harness.h"
#include "sctp_peer.h"

#define FLIGHT_MAX 16384 /* chunks in flight */

static const struct sctp_message plain = {.stream = 1, .ppid = SCTP_PPID_BINARY};

static void say(struct sctp_peer *peer, size_t len)
{
    uint8_t *data;
    struct actr_bytes bytes = bytes_new(len, &data);
    assert_non_null(data);
    memset(data, 0x5a, len);
    assert_true(sctp_send(peer->sctp, &plain, bytes) >= 0);
}

/* A SACK with gap blocks; bounds are offsets. */
static void sack_gaps(struct sctp_peer *peer, uint32_t tsn, const uint32_t *blocks, size_t count)
{
    static uint8_t body[12 + 4 * 16000];

    sctp_peer_put32(body, tsn);
    sctp_peer_put32(body + 4, SCTP_PEER_WINDOW);
    sctp_peer_put16(body + 8, (uint16_t)count);
    sctp_peer_put16(body + 10, 0);
    for (size_t i = 0; i < count; i++)
        sctp_peer_put32(body + 12 + 4 * i, blocks[i]);
    sctp_peer_send(peer, 3, 0, body, 12 + 4 * count);
}

static uint32_t data_tsn(const struct sctp_peer *peer, size_t n)
{
    const uint8_t *chunk = sctp_peer_chunk(peer, 0, n, NULL);
    assert_non_null(chunk);
    return sctp_peer_get32(chunk + 4);
}

/* Whatever it did, the association ended, or an honest SACK of all puts things right. */
static void expect_ended_or_well(struct sctp_peer *peer)
{
    sctp_peer_run(peer, 100000);
    if (peer->closed) {
        sctp_peer_free(peer);
        return;
    }
    for (int i = 0; i < 20 && sctp_buffered(peer->sctp); i++) {
        size_t count = sctp_peer_chunks(peer, 0);
        uint32_t last = peer->first_tsn - 1;
        for (size_t n = 0; n < count; n++)
            last = (int32_t)(data_tsn(peer, n) - last) > 0 ? data_tsn(peer, n) : last;
        sctp_peer_sack(peer, last, SCTP_PEER_WINDOW);
        sctp_peer_run(peer, 1000000);
    }
    assert_int_equal(sctp_buffered(peer->sctp), 0);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(acknowledging_what_was_never_sent)
{
    static const uint32_t beyond[] = {1, 2, 100, 0x10000, 0x3fffffff, 0x7ffffff0};
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++) {
        struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
        say(peer, 500);
        sctp_peer_run(peer, 10000);
        assert_int_equal(sctp_peer_chunks(peer, 0), 1);
        sctp_peer_sack(peer, data_tsn(peer, 0) + beyond[i], SCTP_PEER_WINDOW);
        assert_true(peer->closed || sctp_buffered(peer->sctp) <= 600);
        expect_ended_or_well(peer);
    }
}

TEST(an_old_acknowledgement_takes_nothing_back)
{
    /* RFC 9260 §6.2.1 D i: dropped. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    say(peer, 500);
    say(peer, 500);
    sctp_peer_run(peer, 10000);
    sctp_peer_sack(peer, peer->first_tsn + 1, SCTP_PEER_WINDOW);
    sctp_peer_run(peer, 1000000);
    assert_int_equal(sctp_buffered(peer->sctp), 0);
    sctp_peer_sack(peer, peer->first_tsn - 1, SCTP_PEER_WINDOW);
    sctp_peer_sack(peer, peer->first_tsn, 0);
    sctp_peer_sack(peer, peer->first_tsn - 0x40000000, 0);
    sctp_peer_forget(peer);
    sctp_peer_run(peer, 5000000);
    assert_int_equal(sctp_peer_chunks(peer, 0), 0);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(gap_blocks_that_make_no_sense)
{
    static const uint32_t cases[][4] = {
        {0x00020002, 0x00020002, 0x00020002, 0x00020002}, /* the same */
        {0x00020004, 0x00030005, 0x00040006, 0x00020006}, /* overlapping */
        {0x00050004, 0x00040003, 0x00030002, 0x00020001}, /* ending before they begin */
        {0x00000000, 0x00000001, 0x0000ffff, 0x00000000}, /* from what is acknowledged already */
        {0xfffeffff, 0x7fff8000, 0xffffffff, 0x8000ffff}, /* never sent */
        {0x0001ffff, 0x0001ffff, 0x0001ffff, 0x0001ffff}, /* all, and more */
        {0x00060006, 0x00040004, 0x00020002, 0x00050005}, /* in disorder */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
        for (int k = 0; k < 8; k++)
            say(peer, 100);
        sctp_peer_run(peer, 10000);
        for (int k = 0; k < 5; k++)
            sack_gaps(peer, peer->first_tsn, cases[i], 4);
        expect_ended_or_well(peer);
    }
}

TEST(ten_thousand_gap_blocks)
{
    static uint32_t blocks[16000];
    for (int turn = 0; turn < 3; turn++) {
        struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
        for (int k = 0; k < 8; k++)
            say(peer, 1000);
        sctp_peer_run(peer, 10000);
        for (uint32_t i = 0; i < 16000; i++)
            blocks[i] = turn == 0   ? (2 + 2 * i) << 16 | (2 + 2 * i)
                        : turn == 1 ? 0x0001ffff
                                    : (16000 - i) << 16 | (60000 - i);
        for (int i = 0; i < 20; i++)
            sack_gaps(peer, peer->first_tsn, blocks, 16000);
        expect_ended_or_well(peer);
    }
}

TEST(of_several_acknowledgements_in_a_packet_the_first_counts)
{
    /* There is one for a packet at most (RFC 9260 §6.2); reading one may be as long as the flight.
     */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    uint8_t body[12] = {0};
    for (int k = 0; k < 3; k++)
        say(peer, 100);
    sctp_peer_run(peer, 10000);
    sctp_draft_begin(peer, peer->tag);
    for (uint32_t i = 0; i < 3; i++) {
        sctp_peer_put32(body, peer->first_tsn + i);
        sctp_peer_put32(body + 4, SCTP_PEER_WINDOW);
        sctp_draft_chunk(peer, 3, 0, body, sizeof body);
    }
    sctp_draft_send(peer);
    assert_int_equal(sctp_buffered(peer->sctp), 200);
    expect_ended_or_well(peer);
}

TEST(acknowledgements_that_are_cut_or_lie_of_their_length)
{
    static const char *const bodies[] = {"",
                                         "00000000",
                                         "00000000 00100000",
                                         "00000000 00100000 0001",
                                         "00000000 00100000 00010000",
                                         "00000000 00100000 ffff0000 00020002",
                                         "00000000 00100000 0000ffff 00000001",
                                         "00000000 00100000 00010001 00020002"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
        uint8_t body[64];
        size_t len = harness_hex(bodies[i], body, sizeof body);
        say(peer, 100);
        say(peer, 100);
        sctp_peer_run(peer, 10000);
        if (len >= 4)
            sctp_peer_put32(body, peer->first_tsn);
        sctp_peer_send(peer, 3, 0, body, len);
        expect_ended_or_well(peer);
    }
}

TEST(a_chunk_reported_missing_is_sent_again_without_a_timeout)
{
    /* RFC 9260 §7.2.4: three reports at the latest. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    struct sctp_stats stats;
    for (int i = 0; i < 4; i++) /* acknowledged one by one, so that there is a round trip */
    {
        say(peer, 1000);
        sctp_peer_run(peer, 20000);
        sctp_peer_sack(peer, peer->first_tsn + (uint32_t)i, SCTP_PEER_WINDOW);
    }
    for (int i = 0; i < 4; i++)
        say(peer, 1000);
    sctp_peer_run(peer, 20000);
    uint32_t missing = peer->first_tsn + 4;
    sctp_peer_forget(peer);
    for (uint32_t i = 2; i <= 4; i++) {
        const uint32_t blocks[] = {2u << 16 | i};
        sack_gaps(peer, missing - 1, blocks, 1);
    }
    sctp_peer_run(peer, 60000);
    assert_int_equal(data_tsn(peer, 0), missing);
    assert_int_equal(sctp_peer_chunks(peer, 0), 1);
    sctp_get_stats(peer->sctp, &stats);
    assert_int_equal(stats.retransmitted, 1);
    sctp_peer_sack(peer, missing + 3, SCTP_PEER_WINDOW);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

/* The n-th chunk that left since `tsn` (1: the first) is here for each even n up to `last`, and
 * `through` and all before it are. */
static void sack_even(struct sctp_peer *peer, uint32_t tsn, uint32_t through, uint32_t last)
{
    uint32_t blocks[40];
    size_t count = 0;
    for (uint32_t n = through + 2; n <= last; n += 2)
        blocks[count++] = (n - through) << 16 | (n - through);
    sack_gaps(peer, tsn + through - 1, blocks, count);
}

/* The highest chunk that has left since sctp_peer_forget(). */
static uint32_t highest_since(const struct sctp_peer *peer, uint32_t tsn)
{
    uint32_t highest = 0;
    for (size_t i = 0; i < sctp_peer_chunks(peer, 0); i++)
        highest = data_tsn(peer, i) - tsn + 1 > highest ? data_tsn(peer, i) - tsn + 1 : highest;
    return highest;
}

TEST(what_a_list_of_twenty_blocks_does_not_reach_is_not_lost)
{
    /* A widespread peer tells of no more than twenty; ours were taken for missing. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    uint32_t tsn = peer->first_tsn;
    for (uint32_t many = 10; many <= 60; many += 10) {
        sctp_peer_forget(peer);
        for (uint32_t i = 0; i < many; i++)
            say(peer, 1000);
        sctp_peer_run(peer, 50000);
        assert_int_equal(sctp_peer_chunks(peer, 0), many);
        if (many < 60)
            sctp_peer_sack(peer, (tsn += many) - 1, SCTP_PEER_WINDOW);
    }
    sack_even(peer, tsn, 0, 40);
    sctp_peer_run(peer, 10000);
    sctp_peer_forget(peer);
    sack_even(peer, tsn, 2, 42); /* what was sent again has come: it left last of all */
    sctp_peer_run(peer, 30000);
    assert_int_equal(highest_since(peer, tsn), 41);
    sctp_peer_forget(peer);
    sack_even(peer, tsn, 4, 42); /* one block less: it says all there is */
    sctp_peer_run(peer, 30000);
    assert_int_equal(highest_since(peer, tsn), 60);
    sctp_peer_sack(peer, tsn + 59, SCTP_PEER_WINDOW);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(a_peer_that_says_nothing_gets_little_again_and_again)
{
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    for (int i = 0; i < 100; i++)
        say(peer, 10000);
    sctp_peer_run(peer, 60000000);
    /* The first window, then a packet or so each timeout (RFC 9260 §6.3.3), which grows. */
    assert_true(peer->count > 15);
    assert_true(peer->count < 200);
    assert_int_equal(peer->closed, 0);
    sctp_peer_free(peer);
}

TEST(a_closed_window_is_probed)
{
    /* RFC 9260 §6.1 A: one chunk, now and then; and never the end of the association. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    say(peer, 1000);
    sctp_peer_run(peer, 20000);
    sctp_peer_sack(peer, peer->first_tsn, 0);
    sctp_peer_forget(peer);
    for (int i = 0; i < 20; i++)
        say(peer, 1000);
    for (int i = 0; i < 60; i++) {
        sctp_peer_run(peer, 1000000);
        sctp_peer_sack(peer, peer->first_tsn, 0); /* the probe is dropped for want of room */
    }
    size_t probes = sctp_peer_chunks(peer, 0);
    assert_in_range(probes, 5, 160);
    for (size_t i = 0; i < probes; i++)
        assert_int_equal(data_tsn(peer, i), peer->first_tsn + 1);
    assert_int_equal(peer->closed, 0);
    /* And when it opens everything flows. */
    sctp_peer_forget(peer);
    sctp_peer_sack(peer, peer->first_tsn + 1, SCTP_PEER_WINDOW);
    expect_ended_or_well(peer);
}

TEST(a_window_is_never_overrun)
{
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    say(peer, 100);
    sctp_peer_run(peer, 20000);
    sctp_peer_sack(peer, peer->first_tsn, 5000);
    sctp_peer_forget(peer);
    for (int i = 0; i < 20; i++)
        say(peer, 1000);
    sctp_peer_run(peer, 50000);
    size_t count = sctp_peer_chunks(peer, 0);
    assert_true(count > 0 && count <= 5);
    sctp_peer_sack(peer, data_tsn(peer, count - 1), SCTP_PEER_WINDOW);
    expect_ended_or_well(peer);
}

TEST(what_is_limited_is_given_up_and_skipped)
{
    /* RFC 3758 §3.5: FORWARD TSN, repeated until it is acknowledged. */
    const struct sctp_message once = {
        .stream = 2, .ppid = SCTP_PPID_BINARY, .reliability = 1, .reliability_value = 0};
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    size_t len;
    for (int i = 0; i < 3; i++)
        assert_int_equal(sctp_send(peer->sctp, &once, actr_bytes_str("now or never")), 0);
    sctp_peer_run(peer, 10000000);
    assert_int_equal(sctp_peer_chunks(peer, 0), 3);
    const uint8_t *forward = sctp_peer_chunk(peer, 192, 0, &len);
    assert_non_null(forward);
    size_t count = sctp_peer_chunks(peer, 192);
    assert_true(count >= 2);
    forward = sctp_peer_chunk(peer, 192, count - 1, &len);
    assert_int_equal(len, 12);
    assert_int_equal(sctp_peer_get32(forward + 4), peer->first_tsn + 2);
    assert_int_equal(sctp_peer_get32(forward + 8), 0x00020002); /* stream 2, up to 2 */
    sctp_peer_sack(peer, peer->first_tsn + 2, SCTP_PEER_WINDOW);
    sctp_peer_run(peer, 1000000);
    sctp_peer_forget(peer);
    sctp_peer_run(peer, 10000000);
    assert_int_equal(peer->count, 0);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(what_is_given_up_when_the_flight_is_full_is_no_end)
{
    const struct sctp_message once = {
        .stream = 2, .ppid = SCTP_PPID_BINARY, .reliability = 1, .reliability_value = 0};
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    struct sctp_stats stats;
    uint8_t *data;
    /* All but the first is acknowledged, so nothing leaves the flight. */
    for (uint32_t sent = 0; sent < 16382; sent += 2) {
        const uint32_t blocks[] = {2u << 16 | (sent + 2)};
        say(peer, 1);
        say(peer, 1);
        sctp_peer_run(peer, 100);
        sack_gaps(peer, peer->first_tsn - 1, blocks, 1);
        sctp_peer_forget(peer);
    }
    struct actr_bytes large = bytes_new(100000, &data);
    assert_non_null(data);
    memset(data, 0x33, large.len);
    assert_true(sctp_send(peer->sctp, &once, large) >= 0);
    sctp_peer_run(peer, 100000);
    sctp_get_stats(peer->sctp, &stats);
    assert_true(stats.unacknowledged > 16382);
    sctp_peer_run(peer, 10000000);
    assert_int_equal(peer->closed, 0);
    sctp_get_stats(peer->sctp, &stats);
    sctp_peer_sack(peer, peer->first_tsn + stats.unacknowledged - 1, SCTP_PEER_WINDOW);
    assert_int_equal(sctp_buffered(peer->sctp), 0);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(towards_who_cannot_skip_all_is_reliable)
{
    const struct sctp_message once = {
        .stream = 2, .ppid = SCTP_PPID_BINARY, .reliability = 1, .reliability_value = 0};
    struct sctp_peer *peer = sctp_peer_open(NULL, "80080005 82000000");
    assert_int_equal(sctp_send(peer->sctp, &once, actr_bytes_str("again and again")), 0);
    sctp_peer_run(peer, 10000000);
    assert_true(sctp_peer_chunks(peer, 0) >= 2);
    assert_int_equal(sctp_peer_chunks(peer, 192), 0);
    sctp_peer_sack(peer, peer->first_tsn, SCTP_PEER_WINDOW);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

/* As many chunks as can be kept track of are in flight, none is acknowledged any more, and the last
 * is the beginning of a message that is given up: its end takes a TSN too. */
TEST(a_flight_that_is_full_has_room_for_what_is_given_up)
{
    static const struct sctp_message brief = {
        .stream = 2, .ppid = SCTP_PPID_BINARY, .reliability = 2, .reliability_value = 100};
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    uint32_t sent = 0;
    for (int round = 0; round < 6; round++) { /* the congestion window grows */
        for (int i = 0; i < 8000; i++)
            say(peer, 1);
        sctp_peer_run(peer, 1000);
        for (uint32_t until = sent + 8000; sent < until;) {
            sctp_peer_forget(peer);
            sent += 100;
            sctp_peer_sack(peer, peer->first_tsn + sent - 1, SCTP_PEER_WINDOW);
            sctp_peer_run(peer, 1000);
        }
    }
    uint8_t *data;
    for (int i = 0; i < FLIGHT_MAX - 2; i++) {
        say(peer, 1);
        sctp_peer_forget(peer);
    }
    struct actr_bytes message = bytes_new(5000, &data);
    assert_non_null(data);
    memset(data, 1, 5000);
    assert_true(sctp_send(peer->sctp, &brief, message) >= 0);
    for (int i = 0; i < 100; i++) {
        sctp_peer_run(peer, 100000);
        sctp_peer_forget(peer);
    }
    assert_int_equal(peer->closed, 0);
    uint32_t last = peer->first_tsn + sent + FLIGHT_MAX - 3; /* before that message */
    sctp_peer_sack(peer, last, SCTP_PEER_WINDOW);
    sctp_peer_run(peer, 10000000);
    const uint8_t *skip = sctp_peer_chunk(peer, 192, 0, NULL);
    assert_non_null(skip);
    assert_int_equal(sctp_peer_get32(skip + 4), last + 2); /* its beginning, and its end */
    sctp_peer_sack(peer, last + 2, SCTP_PEER_WINDOW);
    assert_int_equal(sctp_buffered(peer->sctp), 0);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}
