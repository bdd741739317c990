// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* DATA and FORWARD TSN of a peer that does not keep to the rules: TSNs, fragments, windows. */
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "harness.h"
#include "sctp_peer.h"

static struct sctp_peer_data whole(struct sctp_peer *peer)
{
    return (struct sctp_peer_data){.tsn = peer->tsn, .stream = 1, .flags = 3, .fill = 1, .len = 10};
}

TEST(data_is_delivered_and_acknowledged_soon)
{
    /* RFC 9260 §6.2: within 500 ms, if alone. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    for (uint16_t i = 0; i < 40; i++) {
        sctp_peer_forget(peer);
        sctp_peer_say(peer, 1, i, (uint8_t)i);
        sctp_peer_run(peer, 500000);
        assert_int_equal(peer->messages, i + 1);
        assert_int_equal(sctp_peer_acked(peer), peer->tsn - 1);
    }
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(data_that_asks_for_it_is_acknowledged_at_once)
{
    /* RFC 7053: the I bit. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    struct sctp_peer_data data = whole(peer);
    data.flags |= 8;
    peer->tsn++;
    sctp_peer_send_data(peer, &data);
    assert_int_equal(sctp_peer_acked(peer), data.tsn);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(a_duplicate_is_delivered_once)
{
    /* RFC 9260 §6.2: a packet of nothing but duplicates is acknowledged at once. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    struct sctp_peer_data data = whole(peer);
    peer->tsn++;
    for (int i = 0; i < 1000; i++) {
        sctp_peer_forget(peer);
        sctp_peer_send_data(peer, &data);
    }
    assert_int_equal(peer->messages, 1);
    assert_int_equal(sctp_peer_acked(peer), data.tsn);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(many_duplicates_in_a_packet_are_one_message)
{
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    struct sctp_peer_data data = whole(peer);
    data.len = 1;
    sctp_draft_begin(peer, peer->tag);
    for (int i = 0; i < 2000; i++)
        sctp_draft_data(peer, &data);
    sctp_draft_send(peer);
    peer->tsn++;
    assert_int_equal(peer->messages, 1);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(an_empty_message_ends_the_association)
{
    /* RFC 9260 §6.2: with ABORT. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    struct sctp_peer_data data = whole(peer);
    data.len = 0;
    sctp_peer_send_data(peer, &data);
    sctp_peer_run(peer, 1000000);
    assert_int_equal(peer->messages, 0);
    assert_int_equal(peer->closed, 1);
    assert_int_equal(sctp_peer_chunks(peer, 6), 1);
    sctp_peer_free(peer);
}

TEST(tsns_far_away_are_dropped)
{
    static const uint32_t distances[] = {0x10000000, 0x7fffffff, 0x80000000, 0x80000001,
                                         0xfffffff0, UINT32_MAX, 1000000};
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    for (size_t i = 0; i < sizeof distances / sizeof distances[0]; i++) {
        struct sctp_peer_data data = whole(peer);
        data.tsn = peer->tsn + distances[i];
        sctp_peer_send_data(peer, &data);
        assert_int_equal(peer->messages, 0);
        if (sctp_peer_chunks(peer, 3))
            assert_int_equal(sctp_peer_acked(peer), SCTP_PEER_TSN - 1);
    }
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(gaps_are_told_exactly)
{
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    struct sctp_peer_data data = whole(peer);
    size_t len;
    /* 0, 2, 3, 5 of the first six. */
    static const uint8_t offsets[] = {0, 2, 3, 5};
    for (size_t i = 0; i < sizeof offsets; i++) {
        data.tsn = peer->tsn + offsets[i];
        data.ssn = offsets[i];
        sctp_peer_forget(peer);
        sctp_peer_send_data(peer, &data);
    }
    const uint8_t *sack = sctp_peer_chunk(peer, 3, 0, &len);
    assert_non_null(sack); /* a gap is told at once (RFC 9260 §6.7) */
    assert_int_equal(sctp_peer_get32(sack + 4), peer->tsn);
    assert_int_equal(sctp_peer_get16(sack + 12), 2);
    assert_int_equal(sctp_peer_get32(sack + 16), 0x00020003);
    assert_int_equal(sctp_peer_get32(sack + 20), 0x00050005);
    assert_int_equal(peer->messages, 1);
    for (uint16_t i = 1; i < 5; i += 3) {
        data.tsn = peer->tsn + i;
        data.ssn = i;
        sctp_peer_send_data(peer, &data);
    }
    assert_int_equal(peer->messages, 6);
    peer->tsn += 6;
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

/* SACKs for a burst of six packets of which the second is missing. */
static size_t acknowledged(const char *supports)
{
    struct sctp_peer *peer = sctp_peer_open(NULL, supports);
    for (uint16_t i = 0; i < 6; i++) {
        if (i == 1)
            peer->tsn++;
        peer->is_burst = i < 5;
        sctp_peer_say(peer, 1, (uint16_t)(i + (i > 0)), 1);
    }
    size_t count = sctp_peer_chunks(peer, 3);
    struct sctp_peer_data data = whole(peer);
    data.tsn = peer->tsn - 6;
    data.ssn = 1;
    sctp_peer_send_data(peer, &data);
    assert_int_equal(peer->messages, 7);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
    return count;
}

TEST(each_packet_beyond_a_gap_is_acknowledged)
{
    /* RFC 9260 §6.7, §7.2.4: who counts three of them sends again without a timeout. Our own kind
     * counts packets, not acknowledgements. */
    assert_int_equal(acknowledged(SCTP_PEER_SUPPORTS), 5);
    assert_int_equal(acknowledged("8008000782c08400 c0000004"), 1);
}

TEST(every_second_tsn_makes_no_packet_too_long)
{
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    struct sctp_peer_data data = whole(peer);
    data.flags = 7;
    for (uint32_t i = 1; i < 4000; i += 2) {
        data.tsn = peer->tsn + i;
        sctp_peer_forget(peer);
        sctp_peer_send_data(peer, &data);
    }
    for (uint32_t i = 0; i < 4000; i += 2) {
        data.tsn = peer->tsn + i;
        sctp_peer_forget(peer);
        sctp_peer_send_data(peer, &data);
    }
    sctp_peer_run(peer, 1000000);
    /* What was too far from the first missing one may have been dropped, but then it was never
     * acknowledged. */
    assert_true(sctp_peer_acked(peer) - SCTP_PEER_TSN < 4000);
    assert_true(peer->messages >= sctp_peer_acked(peer) - SCTP_PEER_TSN + 1);
    peer->tsn = sctp_peer_acked(peer) + 1;
    sctp_peer_free(peer);
}

TEST(a_stream_beyond_those_agreed_on_is_refused)
{
    /* RFC 9260 §6.5: acknowledged and dropped. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    struct sctp_peer_data data = whole(peer);
    data.stream = SCTP_STREAMS;
    peer->tsn++;
    sctp_peer_send_data(peer, &data);
    data.tsn = peer->tsn++;
    data.stream = 65535;
    sctp_peer_send_data(peer, &data);
    sctp_peer_run(peer, 1000000);
    assert_int_equal(peer->messages, 0);
    assert_int_equal(sctp_peer_acked(peer), peer->tsn - 1);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

/* Flags of DATA: 2 begins, 1 ends. Either nothing wrong is delivered or the association ends; its
 * memory is bounded either way. */
TEST(fragments_that_do_not_fit_together)
{
    static const uint8_t orders[][5] = {{2, 2, 1, 1, 3}, {1, 2, 1, 3, 3}, {0, 0, 1, 2, 1},
                                        {2, 3, 1, 2, 1}, {2, 0, 2, 0, 1}, {1, 1, 1, 1, 1},
                                        {2, 2, 2, 2, 2}, {2, 0, 3, 0, 1}};
    for (unsigned flags = 0; flags < 8; flags += 4) {
        for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
            struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
            for (int k = 0; k < 5; k++) {
                struct sctp_peer_data data = whole(peer);
                data.flags = (uint8_t)(orders[i][k] | flags);
                data.len = 7;
                peer->tsn++;
                sctp_peer_send_data(peer, &data);
            }
            sctp_peer_run(peer, 1000000);
            assert_true(peer->bytes % 7 == 0 && peer->bytes <= 5 * 7);
            assert_true(peer->closed || peer->messages <= 3);
            sctp_peer_free(peer);
        }
    }
}

TEST(fragments_that_come_backwards_make_one_message)
{
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    for (uint32_t i = 100; i-- > 0;) {
        struct sctp_peer_data data = whole(peer);
        data.tsn = peer->tsn + i;
        data.flags = i == 0 ? 2 : i == 99 ? 1 : 0;
        data.len = 900;
        sctp_peer_send_data(peer, &data);
    }
    assert_int_equal(peer->messages, 1);
    assert_int_equal(peer->last_len, 100 * 900);
    peer->tsn += 100;
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(a_message_without_an_end_is_given_up)
{
    struct sctp_options options = {.message_len_max = 100000};
    struct sctp_peer *peer = sctp_peer_open(&options, SCTP_PEER_SUPPORTS);
    unsigned count = 0;
    for (; count < 1000 && !peer->closed; count++) {
        struct sctp_peer_data data = whole(peer);
        data.flags = count == 0 ? 2 : 0;
        data.len = 1000;
        peer->tsn++;
        sctp_peer_send_data(peer, &data);
        sctp_peer_run(peer, 1000);
        sctp_peer_forget(peer);
    }
    assert_int_equal(peer->closed, 1);
    assert_int_equal(peer->code, ACTR_EINVALID);
    assert_int_equal(peer->messages, 0);
    assert_in_range(count, 100, 103);
    sctp_peer_free(peer);
}

TEST(nothing_comes_behind_the_end_when_memory_runs_out)
{
    /* sctp_peer.c looks at the order of events. */
    unsigned ended = 0;
    for (size_t n = 1; n < 8; n++) {
        struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
        struct sctp_peer_data data = whole(peer);
        data.tsn += 1;
        sctp_draft_begin(peer, peer->tag);
        sctp_draft_data(peer, &data);
        data.tsn -= 1;
        data.stream = 2;
        sctp_draft_data(peer, &data);
        mem_fail_at(n);
        sctp_draft_send(peer);
        mem_fail_at(0);
        sctp_peer_run(peer, 1000000);
        assert_true(peer->closed == 0 || peer->code == ACTR_ENOMEM);
        ended += peer->closed;
        sctp_peer_free(peer);
    }
    assert_true(ended > 0);
}

/* A peer that sends on and on although nothing is read: it is not acknowledged beyond the window.
 */
static void overflow(struct sctp_peer *peer, uint8_t flags, size_t len, uint32_t first)
{
    sctp_read(peer->sctp, false);
    for (uint32_t i = first; i < 30000 && !peer->closed; i++) {
        struct sctp_peer_data data = whole(peer);
        data.tsn = peer->tsn + i;
        data.ssn = (uint16_t)i;
        data.flags = flags;
        data.len = len;
        sctp_peer_send_data(peer, &data);
        if (i % 256 == 0)
            sctp_peer_forget(peer);
    }
}

TEST(a_window_is_a_bound_also_for_who_ignores_it)
{
    const uint32_t window = 256 << 10;
    struct sctp_options options = {.receive_window = window};
    struct sctp_peer *peer = sctp_peer_open(&options, SCTP_PEER_SUPPORTS);
    overflow(peer, 3, 1000, 0);
    sctp_peer_forget(peer);
    sctp_peer_run(peer, 1000000);
    struct sctp_peer_data data = whole(peer);
    sctp_peer_send_data(peer, &data); /* a duplicate */
    uint32_t taken = sctp_peer_acked(peer) - SCTP_PEER_TSN + 1;
    assert_in_range(taken, window / 1300, 2 * window / 1128 + 16);
    assert_int_equal(peer->messages, 0);
    size_t len;
    assert_true(sctp_peer_get32(sctp_peer_chunk(peer, 3, 0, &len) + 8) < 2000);
    sctp_read(peer->sctp, true);
    sctp_peer_run(peer, 1000000);
    assert_in_range(peer->messages, taken, taken + 16);
    peer->tsn += taken;
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(small_messages_cost_their_share_of_the_window)
{
    const uint32_t window = 256 << 10;
    struct sctp_options options = {.receive_window = window};
    struct sctp_peer *peer = sctp_peer_open(&options, SCTP_PEER_SUPPORTS);
    overflow(peer, 3, 1, 0);
    sctp_peer_forget(peer);
    struct sctp_peer_data data = whole(peer);
    sctp_peer_send_data(peer, &data);
    /* One byte is not one byte of memory. */
    uint32_t taken = sctp_peer_acked(peer) - SCTP_PEER_TSN + 1;
    assert_true(taken <= window / 64 + 16);
    sctp_read(peer->sctp, true);
    sctp_peer_run(peer, 1000000);
    assert_in_range(peer->messages, taken, taken + 16);
    peer->tsn += taken;
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(what_waits_for_a_missing_tsn_is_bounded_by_the_window)
{
    const uint32_t window = 256 << 10;
    struct sctp_options options = {.receive_window = window};
    struct sctp_peer *peer = sctp_peer_open(&options, SCTP_PEER_SUPPORTS);
    overflow(peer, 3, 1000, 1);
    sctp_peer_forget(peer);
    /* The missing one is always taken: without it nothing would go on. */
    sctp_read(peer->sctp, true);
    struct sctp_peer_data data = whole(peer);
    sctp_peer_send_data(peer, &data);
    sctp_peer_run(peer, 1000000);
    uint32_t taken = sctp_peer_acked(peer) - SCTP_PEER_TSN + 1;
    assert_in_range(taken, window / 1300, 2 * window / 1128 + 16);
    assert_int_equal(peer->messages, taken);
    peer->tsn += taken;
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(a_window_that_opens_is_told)
{
    const uint32_t window = 128 << 10;
    struct sctp_options options = {.receive_window = window};
    struct sctp_peer *peer = sctp_peer_open(&options, SCTP_PEER_SUPPORTS);
    overflow(peer, 3, 1000, 0);
    sctp_peer_run(peer, 2000000);
    sctp_peer_forget(peer);
    /* Nothing comes from the peer, who waits for the window. */
    sctp_read(peer->sctp, true);
    sctp_peer_run(peer, 500000);
    size_t count = sctp_peer_chunks(peer, 3), len;
    assert_true(count > 0);
    assert_true(sctp_peer_get32(sctp_peer_chunk(peer, 3, count - 1, &len) + 8) > window / 2);
    sctp_peer_free(peer);
}

/* FORWARD TSN (RFC 3758 §3.6) --------------------------------------------------------------- */

TEST(what_was_abandoned_is_skipped)
{
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    struct sctp_peer_data data = whole(peer);
    uint8_t body[8];
    data.tsn = peer->tsn + 2;
    data.ssn = 2;
    sctp_peer_send_data(peer, &data);
    assert_int_equal(peer->messages, 0);
    sctp_peer_put32(body, peer->tsn + 1);
    sctp_peer_put32(body + 4, 0x00010001); /* stream 1, up to 1 */
    sctp_peer_send(peer, 192, 0, body, sizeof body);
    assert_int_equal(peer->messages, 1);
    sctp_peer_run(peer, 1000000);
    assert_int_equal(sctp_peer_acked(peer), peer->tsn + 2);
    /* Again, and what it skipped, comes too late. */
    sctp_peer_send(peer, 192, 0, body, sizeof body);
    data.tsn = peer->tsn;
    data.ssn = 0;
    sctp_peer_send_data(peer, &data);
    assert_int_equal(peer->messages, 1);
    peer->tsn += 3;
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(the_beginning_of_what_was_abandoned_is_dropped)
{
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    struct sctp_peer_data data = whole(peer);
    uint8_t body[8];
    data.flags = 2;
    sctp_peer_send_data(peer, &data);
    sctp_peer_put32(body, peer->tsn + 2);
    sctp_peer_put32(body + 4, 0x00010000);
    sctp_peer_send(peer, 192, 0, body, sizeof body);
    /* Its end, late; and then the next message. */
    data.tsn = peer->tsn + 2;
    data.flags = 1;
    sctp_peer_send_data(peer, &data);
    assert_int_equal(peer->messages, 0);
    peer->tsn += 3;
    sctp_peer_say(peer, 1, 1, 5);
    assert_int_equal(peer->messages, 1);
    assert_int_equal(peer->last_len, 10);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(forward_tsn_far_ahead_or_behind_or_cut)
{
    static const char *const bodies[] = {
        "",         "ff",       "fffff0",        "ffffff00",
        "ffffffef", "7fffffef", "7ffffff0 0001", "fffffff0 00010000 0002"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
        struct sctp_peer_data data = whole(peer);
        uint32_t last;
        sctp_peer_send_hex(peer, 192, 0, bodies[i]);
        data.flags = 7;
        sctp_peer_send_data(peer, &data); /* new, or a duplicate: it tells where they are */
        sctp_peer_run(peer, 1000000);
        assert_int_equal(peer->closed, 0);
        last = sctp_peer_acked(peer);
        peer->tsn = last + 1;
        sctp_peer_expect_well(peer);
        sctp_peer_free(peer);
    }
}

TEST(forward_tsn_of_many_streams)
{
    static uint8_t body[40004];
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    sctp_peer_put32(body, peer->tsn++);
    for (uint32_t i = 0; i < 10000; i++)
        sctp_peer_put32(body + 4 + 4 * i, i << 16 | 0x7000);
    sctp_peer_send(peer, 192, 0, body, sizeof body);
    /* The streams go on after that number. */
    sctp_peer_say(peer, 1, 0x7001, 1);
    assert_int_equal(peer->messages, 1);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

/* What a chunk costs ------------------------------------------------------------------------ */

/* A peer chooses the order in which chunks of a byte come, sixty to a packet. */
struct pouring {
    struct sctp_peer *peer;
    bool is_begun;
};

static void pour_end(struct pouring *pouring)
{
    if (pouring->is_begun)
        sctp_draft_send(pouring->peer);
    pouring->is_begun = false;
    sctp_peer_forget(pouring->peer);
}

static void pour(struct pouring *pouring, const struct sctp_peer_data *data)
{
    struct sctp_peer *peer = pouring->peer;

    if (!pouring->is_begun)
        sctp_draft_begin(peer, peer->tag);
    pouring->is_begun = true;
    sctp_draft_data(peer, data);
    if (peer->draft.len + 20 > SCTP_PEER_MTU)
        pour_end(pouring);
}

/* So many messages wait for one before them that will not come, the last of them first. */
static void wait_backwards(struct sctp_peer *peer, uint16_t count)
{
    struct pouring pouring = {peer, false};
    unsigned before = peer->messages;
    uint16_t first = (uint16_t)(peer->tsn - SCTP_PEER_TSN);
    uint8_t body[8];

    for (uint16_t i = count; i > 0; i--) {
        struct sctp_peer_data data = whole(peer);
        data.tsn = peer->tsn++;
        data.ssn = (uint16_t)(first + i);
        data.len = 1;
        data.fill = (uint8_t)i;
        pour(&pouring, &data);
    }
    pour_end(&pouring);
    assert_int_equal(peer->messages, before);
    sctp_peer_put32(body, peer->tsn++);
    sctp_peer_put32(body + 4, 1u << 16 | first);
    sctp_peer_send(peer, 192, 0, body, sizeof body);
    assert_int_equal(peer->messages - before, count);
    assert_int_equal(peer->last_first, (uint8_t)count);
}

/* So many fragments in the middle of a message whose first will not come. */
static void miss_the_beginning_from(struct sctp_peer *peer, uint16_t count, bool is_backwards)
{
    struct pouring pouring = {peer, false};
    uint8_t body[4];

    for (uint32_t i = 1; i <= count; i++) {
        struct sctp_peer_data data = whole(peer);
        data.tsn = peer->tsn + (is_backwards ? count + 1 - i : i);
        data.flags = 0;
        data.len = 1;
        pour(&pouring, &data);
    }
    pour_end(&pouring);
    peer->tsn += count + 1u;
    sctp_peer_put32(body, peer->tsn - 1);
    sctp_peer_send(peer, 192, 0, body, sizeof body);
    assert_int_equal(peer->messages, 0);
}

static void miss_the_beginning(struct sctp_peer *peer, uint16_t count)
{
    miss_the_beginning_from(peer, count, false);
    miss_the_beginning_from(peer, count, true);
}

/* The least processor time of some tries. */
static clock_t cost_of(void (*attack)(struct sctp_peer *peer, uint16_t count), uint16_t count,
                       unsigned times)
{
    clock_t least = 0;

    for (int try = 0; try < 3; try++) {
        struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
        clock_t begin = clock();
        for (unsigned i = 0; i < times; i++)
            attack(peer, count);
        clock_t cost = clock() - begin;
        least = try == 0 || cost < least ? cost : least;
        sctp_peer_expect_well(peer);
        sctp_peer_free(peer);
    }
    return least;
}

TEST(a_chunk_costs_no_more_when_many_wait)
{
    /* As many chunks, but 32 times as many that wait together: if each looked at those, it were 32
     * times the cost. What the caches do to it is a few times. */
    assert_true(cost_of(wait_backwards, 20000, 1) < 8 * cost_of(wait_backwards, 625, 32));
    assert_true(cost_of(miss_the_beginning, 16000, 1) < 8 * cost_of(miss_the_beginning, 500, 32));
}
