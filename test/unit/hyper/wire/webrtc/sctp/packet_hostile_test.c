// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Packets whose frame is wrong: tags, lengths, padding, checksums, chunks that nobody knows. And
 * the chunks that end an association or ask whether it lives. */
#include <string.h>

#include "harness.h"
#include "sctp_peer.h"

TEST(a_wrong_tag_is_somebody_else)
{
    /* RFC 9260 §8.5: silently discarded. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    struct sctp_peer_data data = {.tsn = peer->tsn, .stream = 1, .flags = 3, .len = 10};
    const uint32_t tags[] = {0, SCTP_PEER_TAG, peer->tag ^ 1, peer->tag + 1, UINT32_MAX};
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        sctp_draft_begin(peer, tags[i]);
        sctp_draft_data(peer, &data);
        sctp_draft_send(peer);
    }
    assert_int_equal(peer->messages, 0);
    assert_int_equal(sctp_peer_chunks(peer, 3), 0);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(damage_is_found_by_the_checksum)
{
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    struct sctp_peer_data data = {.tsn = peer->tsn, .stream = 1, .flags = 3, .len = 40};
    struct sctp_stats before, after;
    sctp_get_stats(peer->sctp, &before);
    sctp_draft_begin(peer, peer->tag);
    sctp_draft_data(peer, &data);
    sctp_draft_send(peer); /* the checksum is there now; the message arrives */
    for (size_t bit = 0; bit < peer->draft.len * 8; bit++) {
        peer->draft.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        sctp_draft_send_raw(peer);
        peer->draft.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    sctp_get_stats(peer->sctp, &after);
    assert_int_equal(after.dropped - before.dropped, peer->draft.len * 8);
    assert_int_equal(peer->messages, 1);
    peer->tsn++;
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(packets_cut_at_every_byte_do_no_harm)
{
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    for (size_t len = 0; len < 100; len++) {
        struct sctp_peer_data data = {.tsn = peer->tsn, .stream = 1, .flags = 3, .len = 30};
        sctp_draft_begin(peer, peer->tag);
        sctp_draft_hex(peer, "03000014 0000000000000000 00010000 00020003");
        sctp_draft_data(peer, &data);
        sctp_draft_hex(peer, "c000000c fffffff0 00010000 82000010 000d0010 00000001");
        if (len >= peer->draft.len)
            break;
        peer->draft.len = len;
        if (len >= 12)
            sctp_draft_send(peer);
        else
            sctp_draft_send_raw(peer);
        assert_int_equal(peer->closed, 0);
        /* The message came when its chunk was whole: once for all. */
        if (peer->messages)
            assert_true(len >= 12 + 20 + 16 + 30);
    }
    assert_int_equal(peer->messages, 1);
    peer->tsn++;
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(lengths_that_lie_end_the_packet)
{
    static const char *const chunks[] = {
        "00000000", "00030001", "00030003", "000300ff 00000000", "0003ffff 00000000",
        "03000003", "0300ffff", "04000001", "c0000002",          "82000000",
        "ff000000", "0003",     "00",
    };
    for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
        struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
        sctp_draft_begin(peer, peer->tag);
        sctp_draft_hex(peer, chunks[i]);
        sctp_draft_send(peer);
        assert_int_equal(peer->messages, 0);
        sctp_peer_expect_well(peer);
        sctp_peer_free(peer);
    }
}

TEST(padding_is_not_looked_at)
{
    /* RFC 9260 §3.2: whatever it is; and the last may lack it. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    struct sctp_peer_data data = {.tsn = peer->tsn++, .stream = 1, .flags = 7, .len = 9};
    sctp_draft_begin(peer, peer->tag);
    sctp_draft_data(peer, &data);
    memset(peer->draft.bytes + peer->draft.len - 3, 0xff, 3);
    data.tsn = peer->tsn++;
    sctp_draft_data(peer, &data);
    sctp_draft_send(peer);
    assert_int_equal(peer->messages, 2);
    assert_int_equal(peer->last_len, 9);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

/* RFC 9260 §3.2: the two highest bits say whether what follows counts. */
TEST(chunks_that_nobody_knows)
{
    static const struct {
        uint8_t type;
        bool goes_on;
    } cases[] = {{0x3e, false}, {0x7e, false}, {0xbe, true}, {0xfe, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
        struct sctp_peer_data data = {.tsn = peer->tsn, .stream = 1, .flags = 7, .len = 10};
        sctp_draft_begin(peer, peer->tag);
        sctp_draft_chunk(peer, cases[i].type, 0, "whatever", 8);
        sctp_draft_data(peer, &data);
        sctp_draft_send(peer);
        assert_int_equal(peer->messages, cases[i].goes_on);
        assert_int_equal(sctp_peer_chunks(peer, 9), 0); /* the existing system cannot read ERROR */
        peer->tsn += cases[i].goes_on;
        sctp_peer_expect_well(peer);
        sctp_peer_free(peer);
    }
}

TEST(padding_chunks_are_skipped)
{
    /* RFC 4820 §3. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    static const uint8_t nothing[500];
    struct sctp_peer_data data = {.tsn = peer->tsn++, .stream = 1, .flags = 7, .len = 10};
    sctp_draft_begin(peer, peer->tag);
    sctp_draft_chunk(peer, 132, 0, nothing, sizeof nothing);
    sctp_draft_data(peer, &data);
    sctp_draft_chunk(peer, 132, 0, NULL, 0);
    sctp_draft_send(peer);
    assert_int_equal(peer->messages, 1);
    assert_int_equal(sctp_peer_chunks(peer, 9), 0);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(a_heartbeat_is_answered_as_it_was)
{
    /* RFC 9260 §8.3. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    size_t len;
    sctp_peer_send_hex(peer, 4, 0, "0001000f 0102030405060708090a0b 00");
    const uint8_t *answer = sctp_peer_chunk(peer, 5, 0, &len);
    assert_non_null(answer);
    assert_true(len == 4 + 15 || len == 4 + 16);
    assert_memory_equal(answer + 4, "\0\1\0\x0f\1\2\3\4\5\6\7\x08\x09\x0a\x0b", 15);
    /* An answer that nobody asked for, and ones that are cut. */
    sctp_peer_send_hex(peer, 5, 0, "0001000f 0102030405060708090a0b 00");
    sctp_peer_send_hex(peer, 5, 0, "");
    sctp_peer_send_hex(peer, 4, 0, "");
    sctp_peer_send_hex(peer, 4, 0, "0001");
    sctp_peer_send_hex(peer, 4, 0, "0001ffff 00000000");
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

/* An answer is never over the MTU: that is checked of each packet that leaves. */
TEST(a_heartbeat_that_fits_no_answer)
{
    static const size_t lens[] = {1100, 1115, 1116, 1120, 1500, 2048, 2049, 65000};
    static uint8_t body[65000];
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        size_t before = peer->packets;
        sctp_peer_put32(body, 1u << 16 | (uint32_t)lens[i]);
        sctp_peer_send(peer, 4, 0, body, lens[i]);
        assert_true(peer->packets - before <= 1);
    }
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(abort_ends_it_when_its_tag_is_right)
{
    /* RFC 9260 §8.5.1 B: ours, or the sender's own with the T bit. */
    static const struct {
        uint32_t tag; /* 0: ours */
        uint8_t flags;
        bool is_believed;
    } cases[] = {{0, 0, true},  {SCTP_PEER_TAG, 1, true}, {SCTP_PEER_TAG, 0, false},
                 {0, 1, false}, {0xdeadbeef, 0, false},   {0xdeadbeef, 1, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
        sctp_draft_begin(peer, cases[i].tag ? cases[i].tag : peer->tag);
        sctp_draft_chunk(peer, 6, cases[i].flags, "\0\x0c\0\x08why?", 8);
        sctp_draft_send(peer);
        sctp_peer_run(peer, 1000000);
        assert_int_equal(peer->closed, cases[i].is_believed);
        if (peer->closed)
            assert_int_equal(peer->code, ACTR_EUNAVAILABLE);
        else
            sctp_peer_expect_well(peer);
        sctp_peer_free(peer);
    }
}

TEST(abort_without_a_sensible_cause_is_abort)
{
    static const char *const bodies[] = {"", "000c", "000cffff", "000c0000", "ffff0004 000c0003"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
        sctp_peer_send_hex(peer, 6, 0, bodies[i]);
        sctp_peer_run(peer, 1000000);
        assert_int_equal(peer->closed, 1);
        /* And afterwards nothing is heard or said. */
        sctp_peer_forget(peer);
        sctp_peer_say(peer, 1, 0, 1);
        sctp_peer_run(peer, 10000000);
        assert_int_equal(peer->messages, 0);
        assert_int_equal(peer->closed, 1);
        sctp_peer_free(peer);
    }
}

TEST(shutdown_is_seen_through)
{
    /* RFC 9260 §9.2. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    uint8_t body[4];
    sctp_peer_say(peer, 1, 0, 1);
    sctp_peer_forget(peer);
    sctp_peer_put32(body, peer->first_tsn - 1);
    sctp_peer_send(peer, 7, 0, body, sizeof body);
    sctp_peer_run(peer, 100000);
    assert_true(sctp_peer_chunks(peer, 8) >= 1);
    sctp_peer_send(peer, 14, 0, NULL, 0);
    sctp_peer_run(peer, 10000000);
    assert_int_equal(peer->messages, 1);
    assert_int_equal(peer->closed, 1);
    assert_int_equal(peer->code, 0);
    sctp_peer_free(peer);
}

TEST(the_end_of_a_shutdown_that_nobody_began_is_ignored)
{
    /* RFC 9260 §8.5.1 C and §9.2: only in SHUTDOWN-ACK-SENT. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    sctp_peer_send(peer, 14, 0, NULL, 0);
    sctp_peer_run(peer, 1000000);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

/* Each answer is a datagram that is sealed and sent: a packet that asks for hundreds gets a few. */
TEST(however_much_a_packet_asks_it_gets_few_answers)
{
    static const struct {
        const char *chunk;
        unsigned count;
    } cases[] = {
        {"04000004", 200},                           /* HEARTBEAT */
        {"04000010 0001000c 01020304 05060708", 50}, /* with something to answer */
        {"8200000c 000e0008 00000001", 80},          /* a request out of turn */
        {"82000014 00110010 00000001 00010000 00000000", 40},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
        size_t before = peer->packets;
        sctp_draft_begin(peer, peer->tag);
        for (unsigned k = 0; k < cases[i].count; k++)
            sctp_draft_hex(peer, cases[i].chunk);
        sctp_draft_send(peer);
        assert_in_range(peer->packets - before, 1, 4);
        /* The next packet is answered as the first was. */
        before = peer->packets;
        sctp_draft_send(peer);
        assert_in_range(peer->packets - before, 1, 4);
        sctp_peer_expect_well(peer);
        sctp_peer_free(peer);
    }
}

TEST(errors_are_read_and_survived)
{
    static const char *const bodies[] = {
        "",
        "0001",
        "00010003",
        "00010008 00010000",
        "0003000c 00000001 00000001",
        "0006ffff",
        "00080004",
        "000a0008 00000000",
        "00630008 12345678",
    };
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        sctp_peer_send_hex(peer, 9, 0, bodies[i]);
        assert_int_equal(peer->closed, 0);
    }
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(noise_with_the_right_tag_does_no_harm)
{
    uint64_t state = harness_seed();
    for (int round = 0; round < 20; round++) {
        struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
        for (int i = 0; i < 200 && !peer->closed; i++) {
            uint8_t body[300];
            sctp_draft_begin(peer, peer->tag);
            for (int k = 0; k < 3; k++) {
                static const uint8_t types[] = {0, 3, 4, 5, 9, 10, 11, 130, 132, 192, 64, 193, 128};
                uint64_t word = harness_random(&state);
                size_t len = harness_random(&state) % (word & 1 ? 20 : sizeof body);
                for (size_t n = 0; n < len; n++)
                    body[n] = (uint8_t)(harness_random(&state) >> 32) & (word & 2 ? 0xff : 0x01);
                sctp_draft_chunk(peer, types[(word >> 8) % sizeof types], (uint8_t)(word >> 32),
                                 body, len);
            }
            sctp_draft_send(peer);
            sctp_peer_forget(peer);
        }
        sctp_peer_free(peer);
    }
}
