// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* SCTP between two associations of one process: on a clean path and a bad one, with sizes, order,
 * windows, resets; and what the first packet says. */
#include "hyper/wire/webrtc/sctp/sctp.h"

#include "base/bytes.h"
#include "sctp_link.h"

#define SIZES 9

static const size_t sizes[SIZES] = {1, 2, 1115, 1116, 1131, 16384, 65535, 65536, 262144};

struct received {
    size_t count, bytes;
    uint32_t next; /* of the numbered messages */
    bool is_disordered;
    struct sctp_message last;
};

static struct actr_bytes numbered(uint32_t number, size_t len)
{
    uint8_t *data;
    struct actr_bytes bytes = bytes_new(len, &data);
    assert_non_null(data);
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(number + i * 7);
    if (len >= 4)
        memcpy(data, &number, 4);
    return bytes;
}

static void check_numbered(struct sctp_link_end *end, const struct sctp_message *head,
                           struct actr_bytes bytes)
{
    struct received *received = end->user;
    uint32_t number = received->next;
    if (bytes.len >= 4)
        memcpy(&number, bytes.ptr, 4);
    for (size_t i = 4; i < bytes.len; i++)
        assert_int_equal(bytes.ptr[i], (uint8_t)(number + i * 7));
    received->is_disordered |= number != received->next;
    received->next = number + 1;
    received->count++;
    received->bytes += bytes.len;
    received->last = *head;
    actr_bytes_unref(bytes);
}

static struct sctp_link *open_link(const struct sctp_options *options, struct received *received)
{
    struct sctp_link *link = sctp_link_new(options, NULL);
    link->ends[1].on_message = check_numbered;
    link->ends[1].user = received;
    sctp_link_start(link);
    sctp_link_settle(link);
    for (int i = 0; i < 2; i++)
        assert_int_equal(link->ends[i].opened, 1);
    return link;
}

/* Sends, and lets the loop run while there is no room. */
static void send_surely(struct sctp_link_end *end, const struct sctp_message *head,
                        struct actr_bytes bytes)
{
    for (;;) {
        int r = sctp_send(end->sctp, head, actr_bytes_ref(bytes));
        if (r != ACTR_EUNAVAILABLE) {
            assert_true(r >= 0);
            break;
        }
        assert_true(loop_virtual_step(end->link->loop));
    }
    actr_bytes_unref(bytes);
}

TEST(both_sides_begin_and_the_association_becomes_idle)
{
    struct received received = {0};
    struct sctp_link *link = open_link(NULL, &received);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(link->ends[i].streams_out, SCTP_STREAMS);
        assert_int_equal(link->ends[i].streams_in, SCTP_STREAMS);
        assert_int_equal(sctp_buffered(link->ends[i].sctp), 0);
    }
    /* Nothing more is left to do, ever: no timer. */
    assert_false(loop_virtual_step(link->loop));
    sctp_link_free(link);
}

/* Checks of ICE come on the same path, each second, for as long as a peer is there. */
TEST(a_burst_with_nothing_of_the_association_leaves_it_idle)
{
    struct received received = {0};
    struct sctp_link *link = open_link(NULL, &received);
    assert_false(loop_virtual_step(link->loop));
    sctp_receive_end(link->ends[0].sctp);
    assert_false(loop_virtual_step(link->loop));
    sctp_link_free(link);
}

TEST(the_first_packet_has_nothing_that_the_existing_system_cannot_parse)
{
    struct received received = {0};
    struct sctp_link *link = open_link(NULL, &received);
    const uint8_t *at = link->ends[0].first;
    size_t len = link->ends[0].first_len;
    assert_int_equal(at[0] << 8 | at[1], SCTP_PORT);
    assert_int_equal(at[2] << 8 | at[3], SCTP_PORT);
    assert_int_equal(at[12], 1); /* INIT */
    size_t chunk_len = (size_t)(at[14] << 8 | at[15]);
    assert_true(12 + chunk_len <= len && len - 12 - chunk_len < 4);
    assert_int_equal(at[12 + 12] << 8 | at[12 + 13], SCTP_STREAMS);
    unsigned seen = 0;
    for (size_t i = 12 + 20; i + 4 <= 12 + chunk_len;) {
        unsigned type = (unsigned)(at[i] << 8 | at[i + 1]);
        size_t parameter_len = (size_t)(at[i + 2] << 8 | at[i + 3]);
        assert_true(parameter_len >= 4);
        assert_true(type == 0x8008 || type == 0xc000 || type == 0x8001);
        if (type == 0x8008) {
            /* RE-CONFIG, FORWARD-TSN, PAD */
            for (size_t k = 4; k < parameter_len; k++)
                assert_true(at[i + k] == 130 || at[i + k] == 192 || at[i + k] == 132);
        }
        seen++;
        i += (parameter_len + 3) & ~(size_t)3;
    }
    assert_int_equal(seen, 3);
    sctp_link_free(link);
}

/* The n-th packet that waits for an end's peer. */
static struct actr_view waiting_packet(struct sctp_link_end *end, size_t n)
{
    assert_true(n < end->peer->inbox_count);
    return actr_view_of(end->peer->inbox[n].bytes, end->peer->inbox[n].len);
}

TEST(the_captured_init_of_the_existing_system_is_answered_with_what_it_can_parse)
{
    static const char init[] = "13881388000000001ac959df0100001a876f997b00100000ffffffff0bb4f587"
                               "8008000682c00000";
    uint8_t packet[64];
    size_t len = harness_hex(init, packet, sizeof packet);
    struct sctp_link *link = sctp_link_new(NULL, NULL);
    assert_int_equal(sctp_start(link->ends[0].sctp), 0);
    sctp_receive(link->ends[0].sctp, actr_view_of(packet, len));
    sctp_receive_end(link->ends[0].sctp);
    assert_int_equal(link->ends[0].sent, 2);
    struct actr_view answer = waiting_packet(&link->ends[0], 1);
    const uint8_t *at = answer.ptr;
    assert_memory_equal(at + 4, packet + 16, 4); /* its tag */
    assert_int_equal(at[12], 2);                 /* INIT ACK */
    size_t chunk_len = (size_t)(at[14] << 8 | at[15]);
    assert_int_equal(at[12 + 12] << 8 | at[12 + 13], SCTP_STREAMS);
    assert_int_equal(at[12 + 14] << 8 | at[12 + 15], SCTP_STREAMS);
    bool has_cookie = false;
    for (size_t i = 12 + 20; i + 4 <= 12 + chunk_len;) {
        unsigned type = (unsigned)(at[i] << 8 | at[i + 1]);
        size_t parameter_len = (size_t)(at[i + 2] << 8 | at[i + 3]);
        assert_true(parameter_len >= 4);
        assert_true(type == 7 || type == 0x8008 || type == 0xc000 || type == 0x8001);
        has_cookie |= type == 7;
        i += (parameter_len + 3) & ~(size_t)3;
    }
    assert_true(has_cookie);
    sctp_link_free(link);
}

TEST(messages_of_all_sizes_arrive_whole_and_in_order)
{
    struct received received = {0};
    struct sctp_link *link = open_link(NULL, &received);
    struct sctp_message head = {.stream = 3, .ppid = SCTP_PPID_BINARY};
    size_t total = 0;
    for (uint32_t i = 0; i < 3 * SIZES; i++) {
        send_surely(&link->ends[0], &head, numbered(i, sizes[i % SIZES]));
        total += sizes[i % SIZES];
    }
    sctp_link_settle(link);
    assert_int_equal(received.count, 3 * SIZES);
    assert_int_equal(received.bytes, total);
    assert_false(received.is_disordered);
    assert_int_equal(received.last.stream, 3);
    assert_int_equal(received.last.ppid, SCTP_PPID_BINARY);
    assert_false(received.last.is_unordered);
    assert_true(link->ends[0].largest <= 1131);
    assert_true(link->ends[0].largest > 1118);
    assert_int_equal(sctp_buffered(link->ends[0].sctp), 0);
    sctp_link_free(link);
}

TEST(a_path_that_loses_repeats_and_reorders_delivers_all_in_order)
{
    struct received received = {0};
    struct sctp_link *link = sctp_link_new(NULL, NULL);
    struct sctp_message head = {.stream = 1, .ppid = SCTP_PPID_STRING};
    link->ends[1].on_message = check_numbered;
    link->ends[1].user = &received;
    link->lose = 50;
    link->repeat = 50;
    link->reorder = 200;
    sctp_link_start(link);
    while (!link->ends[0].opened || !link->ends[1].opened)
        assert_true(loop_virtual_step(link->loop));
    for (uint32_t i = 0; i < 400; i++)
        send_surely(&link->ends[0], &head, numbered(i, i % 10 ? 100 + i * 10 : 65536));
    sctp_link_settle(link);
    assert_int_equal(received.count, 400);
    assert_false(received.is_disordered);
    sctp_link_free(link);
}

TEST(a_peer_that_does_not_read_closes_the_window)
{
    struct received received = {0};
    struct sctp_options options = {.send_buffer = 1 << 20, .receive_window = 256 << 10};
    struct sctp_link *link = open_link(&options, &received);
    struct sctp_message head = {.stream = 1, .ppid = SCTP_PPID_BINARY};
    sctp_read(link->ends[1].sctp, false);
    uint32_t taken = 0;
    int r = 0;
    for (int turns = 0; turns < 5000; turns++) {
        while (r != ACTR_EUNAVAILABLE) {
            r = sctp_send(link->ends[0].sctp, &head, numbered(taken, 16384));
            taken += r >= 0;
        }
        loop_virtual_step(link->loop);
        r = 0;
    }
    /* The window and the buffer are full, and no more than that. */
    assert_int_equal(received.count, 0);
    assert_true(taken * 16384 >= 1 << 20);
    assert_true(taken * 16384 <= (1 << 20) + (256 << 10) + 16384);
    assert_int_equal(link->ends[0].closed, 0);
    sctp_read(link->ends[1].sctp, true);
    sctp_link_settle(link);
    assert_int_equal(received.count, taken);
    assert_false(received.is_disordered);
    assert_true(link->ends[0].writable > 0);
    sctp_link_free(link);
}

TEST(full_means_taken_and_writable_follows)
{
    struct received received = {0};
    struct sctp_options options = {.send_buffer = 256 << 10};
    struct sctp_link *link = open_link(&options, &received);
    struct sctp_message head = {.stream = 0, .ppid = SCTP_PPID_BINARY};
    int r = 0;
    uint32_t taken = 0;
    while (r == 0) {
        r = sctp_send(link->ends[0].sctp, &head, numbered(taken, 8192));
        taken++;
    }
    assert_int_equal(r, SCTP_FULL);
    assert_true(taken * 8192 < 256 << 10);
    assert_int_equal(link->ends[0].writable, 0);
    sctp_link_settle(link);
    assert_int_equal(link->ends[0].writable, 1);
    assert_int_equal(received.count, taken);
    sctp_link_free(link);
}

TEST(limited_retransmissions_give_up_and_later_messages_arrive)
{
    struct received received = {0};
    struct sctp_link *link = open_link(NULL, &received);
    struct sctp_message head = {.stream = 5,
                                .ppid = SCTP_PPID_BINARY,
                                .is_unordered = true,
                                .reliability = 1,
                                .reliability_value = 0};
    link->is_cut = true;
    /* Fewer than the first congestion window, so all of them have left. */
    for (uint32_t i = 0; i < 5; i++)
        send_surely(&link->ends[0], &head, numbered(i, 500));
    for (int i = 0; i < 200; i++)
        loop_virtual_step(link->loop);
    link->is_cut = false;
    sctp_link_settle(link);
    assert_int_equal(received.count, 0);
    send_surely(&link->ends[0], &head, numbered(5, 500));
    sctp_link_settle(link);
    assert_int_equal(received.count, 1);
    assert_true(received.last.is_unordered);
    assert_int_equal(received.next, 6);
    sctp_link_free(link);
}

TEST(a_path_that_comes_back_delivers_what_waited)
{
    struct received received = {0};
    struct sctp_link *link = open_link(NULL, &received);
    struct sctp_message head = {.stream = 1, .ppid = SCTP_PPID_BINARY};
    link->is_cut = true;
    send_surely(&link->ends[0], &head, numbered(0, 1000));
    uint64_t end_us = loop_now_us(link->loop) + 600000000;
    loop_virtual_run_until(link->loop, end_us);
    assert_int_equal(link->ends[0].closed, 0);
    link->is_cut = false;
    sctp_path_changed(link->ends[0].sctp);
    loop_virtual_run_until(link->loop, end_us + 1000);
    assert_int_equal(received.count, 1);
    struct sctp_stats stats;
    sctp_get_stats(link->ends[0].sctp, &stats);
    assert_true(stats.rto_us <= SCTP_RTO_MAX_MS * 1000);
    sctp_link_free(link);
}

TEST(in_doubt_what_waits_arrives_soon_after_the_path_is_back)
{
    struct received received = {0};
    struct sctp_link *link = open_link(NULL, &received);
    struct sctp_message head = {.stream = 1, .ppid = SCTP_PPID_BINARY};
    struct sctp_stats stats;
    link->is_cut = true;
    send_surely(&link->ends[0], &head, numbered(0, 1000));
    uint64_t end_us = loop_now_us(link->loop) + 300000;
    loop_virtual_run_until(link->loop, end_us);
    sctp_path_doubted(link->ends[0].sctp);
    loop_virtual_run_until(link->loop, end_us += 5000000);
    link->is_cut = false;
    sctp_path_changed(link->ends[0].sctp);
    loop_virtual_run_until(link->loop, end_us + 1000);
    assert_int_equal(received.count, 1);
    sctp_get_stats(link->ends[0].sctp, &stats);
    assert_in_range(stats.retransmitted, 40, 60);
    /* And then it is as it was before. */
    link->is_cut = true;
    send_surely(&link->ends[0], &head, numbered(1, 1000));
    loop_virtual_run_until(link->loop, loop_now_us(link->loop) + 2000000);
    uint64_t before = stats.retransmitted;
    sctp_get_stats(link->ends[0].sctp, &stats);
    assert_in_range(stats.retransmitted - before, 1, 4);
    sctp_link_free(link);
}

TEST(a_reset_is_seen_by_the_peer_and_answered)
{
    struct received received = {0};
    struct sctp_link *link = open_link(NULL, &received);
    struct sctp_message head = {.stream = 7, .ppid = SCTP_PPID_BINARY};
    send_surely(&link->ends[0], &head, numbered(0, 100));
    assert_int_equal(sctp_reset_stream(link->ends[0].sctp, 7), 0);
    sctp_link_settle(link);
    assert_int_equal(received.count, 1);
    assert_int_equal(link->ends[1].resets_in, 1);
    assert_int_equal(link->ends[1].last_reset, 7);
    assert_int_equal(link->ends[0].resets_out, 1);
    /* And the stream may be used again. */
    send_surely(&link->ends[0], &head, numbered(1, 100));
    sctp_link_settle(link);
    assert_int_equal(received.count, 2);
    assert_int_equal(sctp_reset_stream(link->ends[0].sctp, SCTP_STREAMS), ACTR_EINVALID);
    sctp_link_free(link);
}

TEST(there_are_many_streams_from_the_beginning)
{
    struct received received = {0};
    struct sctp_link *link = open_link(NULL, &received);
    struct sctp_message head = {.stream = SCTP_STREAMS, .ppid = SCTP_PPID_BINARY};
    assert_int_equal(sctp_streams(link->ends[0].sctp), SCTP_STREAMS);
    assert_int_equal(sctp_send(link->ends[0].sctp, &head, numbered(0, 10)), ACTR_EINVALID);
    for (uint32_t i = 0; i < 3; i++) {
        head.stream = (uint16_t)(i % 2 ? 5 : SCTP_STREAMS - 1);
        send_surely(&link->ends[0], &head, numbered(i, 10));
    }
    sctp_link_settle(link);
    assert_int_equal(received.count, 3);
    assert_int_equal(received.last.stream, SCTP_STREAMS - 1);
    sctp_link_free(link);
}

TEST(a_message_over_the_limit_ends_the_association)
{
    struct received received = {0};
    struct sctp_options options = {.message_len_max = 65536};
    struct sctp_link *link = open_link(&options, &received);
    struct sctp_message head = {.stream = 1, .ppid = SCTP_PPID_BINARY};
    send_surely(&link->ends[0], &head, numbered(0, 65536));
    send_surely(&link->ends[0], &head, numbered(1, 65537));
    for (int i = 0; i < 1000 && !link->ends[1].closed; i++)
        loop_virtual_step(link->loop);
    assert_int_equal(received.count, 1);
    assert_int_equal(link->ends[1].closed, 1);
    assert_int_equal(link->ends[1].code, ACTR_EINVALID);
    sctp_link_free(link);
}

TEST(damaged_packets_are_counted_and_dropped)
{
    struct received received = {0};
    struct sctp_link *link = open_link(NULL, &received);
    struct sctp_stats stats;
    uint8_t packet[64] = {0};
    sctp_receive(link->ends[0].sctp, actr_view_of(packet, sizeof packet));
    sctp_receive(link->ends[0].sctp, actr_view_of(packet, 3));
    sctp_receive(link->ends[0].sctp, actr_view_of(packet, 0));
    uint8_t copy[256];
    memcpy(copy, link->ends[1].first, link->ends[1].first_len);
    copy[20] ^= 1;
    sctp_receive(link->ends[0].sctp, actr_view_of(copy, link->ends[1].first_len));
    sctp_receive_end(link->ends[0].sctp);
    sctp_get_stats(link->ends[0].sctp, &stats);
    assert_int_equal(stats.dropped, 4);
    assert_int_equal(link->ends[0].closed, 0);
    sctp_link_settle(link);
    sctp_link_free(link);
}

static void free_inside(struct sctp_link_end *end, const struct sctp_message *head,
                        struct actr_bytes bytes)
{
    actr_bytes_unref(bytes);
    end->sctp = sctp_free(end->sctp);
}

TEST(an_association_may_be_freed_inside_its_event)
{
    struct received received = {0};
    struct sctp_link *link = open_link(NULL, &received);
    struct sctp_message head = {.stream = 1, .ppid = SCTP_PPID_BINARY};
    link->ends[1].on_message = free_inside;
    for (uint32_t i = 0; i < 5; i++)
        send_surely(&link->ends[0], &head, numbered(i, 100));
    for (int i = 0; i < 50; i++)
        loop_virtual_step(link->loop);
    assert_null(link->ends[1].sctp);
    assert_int_equal(link->ends[1].closed, 0);
    sctp_link_free(link);
}

TEST(misuse_is_answered)
{
    struct sctp_link *link = sctp_link_new(NULL, NULL);
    struct sctp_message head = {.stream = 1, .ppid = SCTP_PPID_BINARY};
    struct sctp *sctp = link->ends[0].sctp;
    assert_int_equal(sctp_send(sctp, &head, numbered(0, 8)), ACTR_ESTATE);
    assert_int_equal(sctp_reset_stream(sctp, 1), ACTR_ESTATE);
    sctp_link_start(link);
    assert_int_equal(sctp_start(sctp), ACTR_ESTATE);
    sctp_link_settle(link);
    assert_int_equal(sctp_send(sctp, &head, (struct actr_bytes){0}), ACTR_EINVALID);
    struct actr_bytes failed = {.len = 1};
    assert_int_equal(sctp_send(sctp, &head, failed), ACTR_ENOMEM);
    sctp_link_free(link);
}

TEST(an_association_without_memory_is_none)
{
    struct loop *loop;
    struct sctp *sctp = NULL;
    assert_int_equal(loop_virtual_new(1, &loop), 0);
    struct sctp_options options = {.loop = loop};
    mem_fail_at(1);
    assert_int_equal(sctp_new(&options, &sctp_link_events, NULL, &sctp), ACTR_ENOMEM);
    mem_fail_at(0);
    assert_null(sctp);
    loop_virtual_close(loop);
}

TEST(a_thousand_idle_associations_wake_nobody)
{
    enum { PAIRS = 500 };
    static struct sctp_link *links[PAIRS];

    for (int i = 0; i < PAIRS; i++) {
        links[i] = sctp_link_new(NULL, NULL);
        sctp_link_start(links[i]);
        sctp_link_settle(links[i]);
        assert_int_equal(links[i]->ends[0].opened, 1);
        assert_int_equal(links[i]->ends[1].opened, 1);
    }
    for (int i = 0; i < PAIRS; i++)
        assert_false(loop_virtual_step(links[i]->loop));
    for (int i = 0; i < PAIRS; i++) {
        sctp_link_free(links[i]);
    }
}

TEST(associations_come_and_go_without_traces)
{
    size_t live = 0;

    for (int i = 0; i < 2000; i++) {
        struct received received = {0};
        struct sctp_link *link = open_link(NULL, &received);
        struct sctp_message head = {.stream = 1, .ppid = SCTP_PPID_BINARY};
        send_surely(&link->ends[0], &head, numbered(0, 2000));
        sctp_link_settle(link);
        assert_int_equal(received.count, 1);
        sctp_link_free(link);
        if (i == 10)
            live = mem_live();
    }
    assert_int_equal(mem_live(), live);
}

/* What data has, at most, when the first hop and the path take such packets. */
static size_t grown(size_t first, size_t path)
{
    struct received received = {0};
    struct sctp_options options = {.mtu_max = 16300, .overhead = 37};
    struct sctp_message head = {.stream = 1};
    struct sctp_link *link = open_link(&options, &received);
    link->first = first;
    link->path = path;
    for (uint32_t i = 0; i < 20; i++) {
        send_surely(&link->ends[0], &head, numbered(i, 200000));
        sctp_link_settle(link);
    }
    assert_int_equal(received.count, 20);
    assert_true(link->probes > 0);
    size_t largest = link->ends[0].largest;
    sctp_link_free(link);
    return largest;
}

/* Ethernet with IPv4 takes datagrams of 1,472 bytes, with IPv6 of 1,452, less 37 for the record. */
TEST(packets_grow_to_what_the_path_takes)
{
    assert_int_equal(grown(SIZE_MAX, SIZE_MAX), 16300);
    assert_int_equal(grown(1435, 1435), 1432);
    assert_int_equal(grown(1415, 1415), 1412);
    assert_int_equal(grown(9000, 1435), 1432);
    assert_int_equal(grown(9000, 1140), 1128);
}
