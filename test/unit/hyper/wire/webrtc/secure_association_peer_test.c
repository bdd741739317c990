// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* An association of the product, and a peer put together by hand of DTLS, SCTP and data channels,
 * so that it can do with its channels what it likes. Between them is a path of WAY_US. */
#include "hyper/wire/webrtc/secure_association.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/list.h"
#include "harness.h"
#include "hyper/wire/webrtc/data_channel.h"
#include "hyper/wire/webrtc/dtls.h"
#include "hyper/wire/webrtc/secure_factory.h"
#include "wall_clock.h"

#define INBOX_MAX 16384
#define WAY_US 100
#define MESSAGE_MAX (1u << 20)

static const char *const labels[ASSOCIATION_LANES] = {"RPC_RELIABLE", "RPC_SIGNAL",
                                                      "STREAM_RELIABLE", "STREAM_LATENCY_FIRST"};

struct party {
    struct loop_timer timer;
    size_t count;
    struct {
        size_t len;
        uint8_t *bytes;
    } inbox[INBOX_MAX];
};

static struct {
    struct loop *loop;
    struct party node, peer;
    /* Ours. */
    struct secure_factory *factory;
    struct association *association;
    unsigned ready, closed, writable;
    unsigned got[ASSOCIATION_LANES];
    int code;
    char detail[128];
    /* The peer's. */
    struct certificate *certificate;
    struct dtls_context *context;
    struct dtls *dtls;
    struct sctp *sctp;
    struct data_channels *channels;
    struct data_channel *channel[ASSOCIATION_LANES];
    bool is_deaf;
    unsigned dtls_closed, channels_closed;
    unsigned peer_got[ASSOCIATION_LANES];
    size_t peer_bytes;
    uint8_t peer_last;
} world;

/* ---- datagrams ---- */

static void put(struct party *to, struct actr_view datagram)
{
    assert_true(to->count < INBOX_MAX);
    to->inbox[to->count].len = datagram.len;
    to->inbox[to->count].bytes = malloc(datagram.len);
    assert_non_null(to->inbox[to->count].bytes);
    memcpy(to->inbox[to->count++].bytes, datagram.ptr, datagram.len);
    if (to->count == 1)
        loop_timer_start(&to->timer, WAY_US);
}

static void on_node_turn(struct loop_timer *timer)
{
    struct party *node = container_of(timer, struct party, timer);
    for (size_t i = 0; i < node->count; i++) {
        struct actr_view datagram = actr_view_of(node->inbox[i].bytes, node->inbox[i].len);
        if (world.association)
            association_receive(world.association, datagram, loop_now_us(world.loop));
        free(node->inbox[i].bytes);
    }
    node->count = 0;
    if (world.association)
        association_receive_end(world.association);
}

static void on_peer_turn(struct loop_timer *timer)
{
    struct party *peer = container_of(timer, struct party, timer);
    if (world.is_deaf)
        return;
    for (size_t i = 0; i < peer->count; i++) {
        dtls_receive(world.dtls, actr_view_of(peer->inbox[i].bytes, peer->inbox[i].len),
                     loop_now_us(world.loop));
        free(peer->inbox[i].bytes);
    }
    peer->count = 0;
    sctp_receive_end(world.sctp);
}

/* ---- events of ours ---- */

static void on_send(void *owner, struct actr_view datagram)
{
    (void)owner;
    put(&world.peer, datagram);
}

static bool on_probe(void *owner, struct actr_view datagram)
{
    (void)owner;
    return datagram.len <= DTLS_MTU; /* the path takes no more */
}

static void on_ready(void *owner)
{
    (void)owner;
    assert_int_equal(world.closed, 0);
    world.ready++;
}

static void on_message(void *owner, uint8_t lane, struct actr_bytes message)
{
    (void)owner;
    assert_int_equal(world.closed, 0);
    assert_int_equal(world.ready, 1);
    assert_true(lane < ASSOCIATION_LANES);
    world.got[lane]++;
    actr_bytes_unref(message);
}

static void on_writable(void *owner, uint8_t lane)
{
    (void)owner, (void)lane;
    assert_int_equal(world.closed, 0);
    world.writable++;
}

static void on_closed(void *owner, int code, const char *detail)
{
    (void)owner;
    world.closed++;
    world.code = code;
    snprintf(world.detail, sizeof(world.detail), "%s", detail);
}

static const struct association_events events = {.send = on_send,
                                                 .probe = on_probe,
                                                 .on_ready = on_ready,
                                                 .on_message = on_message,
                                                 .on_writable = on_writable,
                                                 .on_closed = on_closed};

/* ---- events of the peer ---- */

static void peer_dtls_send(void *owner, struct actr_view datagram)
{
    (void)owner;
    put(&world.node, datagram);
}

static void peer_dtls_on_open(void *owner)
{
    (void)owner;
    assert_int_equal(sctp_start(world.sctp), 0);
}

static void peer_dtls_on_data(void *owner, struct actr_view bytes)
{
    (void)owner;
    sctp_receive(world.sctp, bytes);
}

static void peer_dtls_on_closed(void *owner)
{
    (void)owner;
    world.dtls_closed++;
}

static void peer_dtls_on_failed(void *owner, int code, const char *detail)
{
    (void)owner, (void)code;
    fail_msg("%s", detail);
}

static const struct dtls_events dtls_events = {.send = peer_dtls_send,
                                               .on_open = peer_dtls_on_open,
                                               .on_data = peer_dtls_on_data,
                                               .on_closed = peer_dtls_on_closed,
                                               .on_failed = peer_dtls_on_failed};

static void peer_send(void *owner, struct actr_view packet)
{
    (void)owner;
    if (dtls_is_open(world.dtls))
        assert_int_equal(dtls_send(world.dtls, packet), 0);
}

static void peer_on_open(void *owner, uint16_t out, uint16_t in)
{
    (void)owner;
    data_channels_on_open(world.channels, out, in);
}

static void peer_on_message(void *owner, const struct sctp_message *head, struct actr_bytes bytes)
{
    (void)owner;
    data_channels_on_message(world.channels, head, bytes);
}

static void peer_on_writable(void *owner)
{
    (void)owner;
    data_channels_on_writable(world.channels);
}

static void peer_on_reset(void *owner, const uint16_t *streams, size_t count, bool is_incoming)
{
    (void)owner;
    data_channels_on_reset(world.channels, streams, count, is_incoming);
}

static void peer_on_closed(void *owner, int code, const char *detail)
{
    (void)owner, (void)code, (void)detail;
}

static const struct sctp_events sctp_events = {.send = peer_send,
                                               .on_open = peer_on_open,
                                               .on_message = peer_on_message,
                                               .on_writable = peer_on_writable,
                                               .on_reset = peer_on_reset,
                                               .on_closed = peer_on_closed};

static void peer_on_opened(void *owner, struct data_channel *channel, const struct dcep_open *open)
{
    (void)owner;
    for (size_t i = 0; i < ASSOCIATION_LANES; i++) {
        if (open->label.len == strlen(labels[i]) &&
            memcmp(open->label.ptr, labels[i], open->label.len) == 0)
            world.channel[i] = channel;
    }
}

static void peer_on_acknowledged(void *owner, struct data_channel *channel)
{
    (void)owner, (void)channel;
}

static void peer_on_channel_message(void *owner, struct data_channel *channel, bool is_text,
                                    struct actr_bytes message)
{
    (void)owner;
    assert_false(is_text);
    for (size_t i = 0; i < ASSOCIATION_LANES; i++)
        world.peer_got[i] += world.channel[i] == channel;
    world.peer_bytes += message.len;
    world.peer_last = message.len ? message.ptr[0] : 0;
    actr_bytes_unref(message);
}

static void peer_on_channel_writable(void *owner, struct data_channel *channel)
{
    (void)owner, (void)channel;
}

static void peer_on_channel_closed(void *owner, struct data_channel *channel)
{
    (void)owner, (void)channel;
    world.channels_closed++;
}

static void peer_on_drained(void *owner)
{
    (void)owner;
}

static const struct data_channels_events channel_events = {
    .on_opened = peer_on_opened,
    .on_acknowledged = peer_on_acknowledged,
    .on_message = peer_on_channel_message,
    .on_writable = peer_on_channel_writable,
    .on_closed = peer_on_channel_closed,
    .on_drained = peer_on_drained,
};

/* ---- the world ---- */

static void run(uint64_t for_us)
{
    loop_virtual_run_until(world.loop, loop_now_us(world.loop) + for_us);
}

/* Of ours: does it offer, and is it the client? */
static void begin(bool is_offerer, bool is_client)
{
    memset(&world, 0, sizeof(world));
    assert_int_equal(loop_virtual_new(1, &world.loop), 0);
    wall_clock_loop = world.loop;
    loop_timer_init(&world.node.timer, world.loop, on_node_turn);
    loop_timer_init(&world.peer.timer, world.loop, on_peer_turn);
    world.factory = secure_factory_new(world.loop, 0);
    assert_non_null(world.factory);
    struct association_factory *factory = secure_factory_base(world.factory);
    assert_int_equal(association_make(factory, &events, NULL, &world.association), 0);

    assert_int_equal(certificate_new(loop_wall_ms(world.loop) / 1000, &world.certificate), 0);
    assert_int_equal(dtls_context_new(world.certificate, &world.context), 0);
    const struct dtls_options dtls = {.role = is_client ? DTLS_SERVER : DTLS_CLIENT,
                                      .fingerprints = association_fingerprint(world.association),
                                      .fingerprint_count = 1};
    assert_int_equal(dtls_new(world.context, &dtls, &dtls_events, NULL, &world.dtls), 0);
    const struct sctp_options sctp = {.loop = world.loop, .message_len_max = MESSAGE_MAX};
    assert_int_equal(sctp_new(&sctp, &sctp_events, NULL, &world.sctp), 0);
    const struct data_channels_options channels = {.is_dtls_client = !is_client,
                                                   .message_len_max = MESSAGE_MAX};
    world.channels = data_channels_new(&channels, world.sctp, &channel_events, NULL);
    assert_non_null(world.channels);

    const struct association_peer peer = {
        .is_offerer = is_offerer,
        .is_dtls_client = is_client,
        .fingerprints = certificate_fingerprint(world.certificate),
        .fingerprint_count = 1,
        .message_len_max = 256 << 10,
        .sctp_port = 5000,
    };
    assert_int_equal(association_begin(world.association, &peer), 0);
    dtls_start(world.dtls, loop_now_us(world.loop));
    association_start(world.association, loop_now_us(world.loop));
    run(1000000);
}

static void end(void)
{
    data_channels_free(world.channels);
    sctp_free(world.sctp);
    dtls_free(world.dtls);
    dtls_context_unref(world.context);
    certificate_unref(world.certificate);
    association_free(world.association);
    world.association = NULL;
    secure_factory_free(world.factory);
    loop_timer_stop(&world.node.timer);
    loop_timer_stop(&world.peer.timer);
    while (world.node.count > 0)
        free(world.node.inbox[--world.node.count].bytes);
    while (world.peer.count > 0)
        free(world.peer.inbox[--world.peer.count].bytes);
    wall_clock_loop = NULL;
    loop_virtual_close(world.loop);
}

static void peer_opens(size_t lane)
{
    const struct data_channel_options options = {.label = labels[lane], .priority = 256};
    assert_int_equal(data_channel_open(world.channels, &options, &world.channel[lane]), 0);
    run(100000);
}

static struct actr_bytes filled(size_t len, uint8_t with)
{
    uint8_t *data;
    struct actr_bytes bytes = bytes_new(len, &data);
    assert_non_null(data);
    memset(data, with, len);
    return bytes;
}

/* ---- tests ---- */

TEST(lanes_go_both_ways_whoever_offers_and_whoever_begins)
{
    for (unsigned turn = 0; turn < 4; turn++) {
        bool is_offerer = turn & 1;
        begin(is_offerer, turn & 2);
        for (size_t i = 0; i < ASSOCIATION_LANES && !is_offerer; i++)
            peer_opens(i);
        assert_int_equal(world.ready, 1);
        for (uint8_t i = 0; i < ASSOCIATION_LANES; i++) {
            assert_non_null(world.channel[i]);
            assert_int_equal(association_send(world.association, i, filled(1000, i)), 0);
            assert_int_equal(data_channel_send(world.channel[i], false, filled(1000, i)), 0);
        }
        run(1000000);
        for (size_t i = 0; i < ASSOCIATION_LANES; i++) {
            assert_int_equal(world.got[i], 1);
            assert_int_equal(world.peer_got[i], 1);
        }
        assert_int_equal(world.closed, 0);
        end();
    }
}

TEST(what_an_answerer_says_early_waits_for_its_lane_within_a_bound)
{
    struct association_stats stats;
    begin(false, false);
    peer_opens(0);
    assert_int_equal(world.ready, 1);
    for (uint8_t i = 1; i <= 3; i++)
        assert_int_equal(association_send(world.association, 2, filled(100, i)), 0);
    run(1000000);
    association_get_stats(world.association, &stats);
    assert_int_equal(stats.queued[2], 300);
    assert_int_equal(world.peer_bytes, 0);
    /* Full is taken; what is beyond the bound is not. */
    unsigned taken = 3;
    int r;
    while ((r = association_send(world.association, 2, filled(200 << 10, 9))) >= 0)
        assert_int_equal(r, taken++ == 3 ? 0 : ASSOCIATION_FULL);
    assert_int_equal(r, ACTR_EUNAVAILABLE);
    assert_in_range(taken - 3, (7 << 20) / (200 << 10), (8 << 20) / (200 << 10));
    assert_int_equal(world.writable, 0);
    peer_opens(2);
    run(10000000);
    assert_int_equal(world.peer_got[2], taken);
    assert_int_equal(world.peer_last, 9);
    assert_true(world.writable >= 1);
    association_get_stats(world.association, &stats);
    assert_int_equal(stats.queued[2], 0);
    end();
}

TEST(a_lane_that_the_peer_closes_ends_the_session)
{
    begin(true, true);
    assert_int_equal(world.ready, 1);
    world.is_deaf = true; /* it does not answer our side of the reset */
    data_channel_close(world.channel[0]);
    run(1000000);
    assert_int_equal(world.closed, 0);
    assert_int_equal(association_send(world.association, 0, filled(10, 1)), ACTR_EUNAVAILABLE);
    world.is_deaf = false;
    loop_timer_start(&world.peer.timer, WAY_US);
    run(10000000);
    assert_int_equal(world.closed, 1);
    assert_int_equal(world.code, ACTR_EUNAVAILABLE);
    assert_string_equal(world.detail, "the peer closed a lane");
    end();
}

TEST(a_close_comes_behind_what_was_sent)
{
    begin(true, false);
    for (int i = 0; i < 20; i++)
        assert_true(association_send(world.association, 0, filled(50000, (uint8_t)i)) >= 0);
    association_close(world.association);
    /* What is sent now is of no use to anybody. */
    assert_int_equal(association_send(world.association, 0, filled(1, 77)), 0);
    run(10000000);
    assert_int_equal(world.peer_got[0], 20);
    assert_int_equal(world.peer_last, 19);
    assert_int_equal(world.closed, 1);
    assert_int_equal(world.code, 0);
    assert_int_equal(world.dtls_closed, 1);
    end();
}

TEST(a_message_over_the_limit_is_the_last_event)
{
    begin(true, true);
    assert_int_equal(data_channel_send(world.channel[1], false, filled((256 << 10) + 1, 1)), 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(data_channel_send(world.channel[0], false, filled(100, 2)), 0);
    run(10000000);
    assert_int_equal(world.closed, 1);
    assert_int_equal(world.code, ACTR_EINVALID);
    assert_int_equal(world.got[1], 0);
    end();
}

TEST(a_channel_of_another_name_is_closed_and_nothing_else)
{
    const struct data_channel_options options = {.label = "something else"};
    struct data_channel *channel;
    begin(true, true);
    assert_int_equal(data_channel_open(world.channels, &options, &channel), 0);
    assert_int_equal(data_channel_send(channel, false, filled(100, 1)), 0);
    run(1000000);
    assert_int_equal(world.channels_closed, 1);
    for (size_t i = 0; i < ASSOCIATION_LANES; i++)
        assert_int_equal(world.got[i], 0);
    assert_int_equal(association_send(world.association, 0, filled(10, 3)), 0);
    run(1000000);
    assert_int_equal(world.peer_got[0], 1);
    assert_int_equal(world.closed, 0);
    end();
}
