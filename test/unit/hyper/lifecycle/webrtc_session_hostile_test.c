// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Sessions of an attacker with a node: whatever it says in DTLS, SCTP, data channels or lanes, the
 * node answers its honest peer all along, and its memory is bounded. (What the attacker holds
 * itself counts too: it is the same process.) */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "harness.h"
#include "hostile_peer.h"
#include "hyper/transport/fragment.h"
#include "protocol/envelope.h"

#define MIB ((size_t)1 << 20)

static struct rig rig;
static struct hostile hostile;

static void begin(void)
{
    rig_open(&rig, false);
    hostile_open(&hostile, &rig, "acme:Hostile:1.0.0");
    rig_watch(&rig);
}

/* What held the memory has gone with the session, but for the answers that are kept for repeated
 * requests. */
static void end_keeping(size_t kept_max)
{
    struct actr_peer_stats stats;
    hostile_close(&hostile);
    while (rig_peer_stats(&rig, &hostile.actor.id, &stats))
        rig_serve(&rig, 1);
    rig_expect(&rig, 4 * MIB + kept_max);
    rig_close(&rig);
}

static void end(void)
{
    end_keeping(0);
}

static bool is_up(struct hostile *one)
{
    struct actr_peer_stats stats;
    return one->is_open && rig_peer_stats(&rig, &one->actor.id, &stats);
}

/* For the victim too. */
static void join(void)
{
    hostile_offer(&hostile);
    hostile_until(&hostile, is_up);
}

static struct actr_peer_stats peer_stats(void)
{
    struct actr_peer_stats stats;
    assert_true(rig_peer_stats(&rig, &hostile.actor.id, &stats));
    return stats;
}

TEST(wrong_dtls_fingerprint)
{
    struct actr_peer_stats stats;
    begin();
    hostile.lies = true;
    hostile_offer(&hostile);
    hostile_until(&hostile, hostile_is_closed);
    assert_false(hostile.is_open);
    assert_false(rig_peer_stats(&rig, &hostile.actor.id, &stats));
    end();
}

/* ---- channels ---- */

static bool has_resets(struct hostile *one)
{
    return one->resets >= 32;
}

TEST(unknown_channel_labels)
{
    char label[32];
    begin();
    join();
    for (uint16_t i = 0; i < 32; i++) {
        snprintf(label, sizeof(label), "evil-%u", i);
        assert_int_equal(hostile_open_channel(&hostile, (uint16_t)(4 + i), label), 0);
        assert_int_equal(
            hostile_send(&hostile, (uint16_t)(4 + i), SCTP_PPID_BINARY, "for nobody", 10), 0);
    }
    hostile_until(&hostile, has_resets);
    hostile_while_served(&hostile, 20);
    assert_true(peer_stats().has_path);
    assert_false(hostile.is_closed);
    rig_expect(&rig, 8 * MIB);
    end();
}

/* As many OPENs as there are ids, on as many streams as the victim gives. */
TEST(channels_65536)
{
    const unsigned count = 65536 / RIG_SCALE;
    char label[32];
    begin();
    hostile.is_greedy = true;
    hostile_offer(&hostile);
    hostile_until(&hostile, hostile_is_open);
    for (unsigned i = 0; i < count; i++) {
        uint16_t streams = sctp_streams(hostile_sctp(&hostile));
        snprintf(label, sizeof(label), i % 2 ? "RPC_RELIABLE" : "evil-%u", i);
        while (hostile_open_channel(&hostile, (uint16_t)(i % streams), label) < 0)
            hostile_while_served(&hostile, 1);
        if (i % 512 == 0)
            hostile_while_served(&hostile, 1);
    }
    hostile_while_served(&hostile, 20);
    assert_int_equal(sctp_streams(hostile_sctp(&hostile)), SCTP_STREAMS);
    assert_true(peer_stats().channels_refused > 0);
    rig_expect(&rig, 16 * MIB);
    end();
}

/* ---- messages ---- */

/* What an actor would send: a call of echo. */
static struct actr_bytes request_of(unsigned number, size_t len)
{
    static const uint8_t payload[256 << 10];
    char id[32];
    snprintf(id, sizeof(id), "request-%u", number);
    const struct envelope envelope = {
        .route = view_text("echo"),
        .payload = actr_view_of(payload, len),
        .request_id = view_text(id),
        .timeout_ms = 60000,
        .direction = ENVELOPE_REQUEST,
        .has_payload = true,
    };
    struct actr_bytes bytes = envelope_encode(&envelope);
    assert_false(actr_bytes_failed(bytes));
    return bytes;
}

/* False: SCTP takes no more. */
static bool send_request(unsigned number, size_t len)
{
    struct fragment_cutter cutter;
    struct actr_bytes frame;
    if (sctp_buffered(hostile_sctp(&hostile)) > 2 * MIB)
        return false;
    assert_int_equal(fragment_begin(&cutter, number, 60000, request_of(number, len)), 0);
    while (fragment_next(&cutter, &frame) == 0) {
        assert_true(hostile_send(&hostile, 0, SCTP_PPID_BINARY, frame.ptr, frame.len) >= 0);
        actr_bytes_unref(frame);
    }
    return true;
}

/* It asks for ever and reads no answer. */
TEST(a_peer_that_never_reads)
{
    unsigned sent = 0;
    begin();
    join();
    sctp_read(hostile_sctp(&hostile), false);
    while (!hostile.is_closed) {
        sent += send_request(sent, 100000);
        hostile_while_served(&hostile, 1);
        rig_expect(&rig, 128 * MIB);
    }
    /* Its answers were kept up to a bound; then it was left. */
    assert_true(sent >= 600 && sent < 3000);
    end_keeping(32 * MIB);
}

static void put_head(uint8_t *frame, uint32_t id, uint16_t index, uint16_t count)
{
    const uint8_t head[FRAGMENT_HEADER_LEN] = {
        (uint8_t)(id >> 24),   (uint8_t)(id >> 16), (uint8_t)(id >> 8),    (uint8_t)id,
        (uint8_t)(index >> 8), (uint8_t)index,      (uint8_t)(count >> 8), (uint8_t)count};
    memcpy(frame, head, sizeof(head));
}

/* On all lanes, of many messages, none of which will ever be whole: each announces 65,535 fragments
 * and begins with the last. */
TEST(fragments_that_never_end)
{
    static uint8_t frame[FRAGMENT_HEADER_LEN + 60000];
    unsigned sent = 0;
    begin();
    join();
    while (sent < 4000 / RIG_SCALE) {
        while (sctp_buffered(hostile_sctp(&hostile)) < 2 * MIB) {
            put_head(frame, sent, (uint16_t)(65534 - sent % 7), 65535);
            assert_true(hostile_send(&hostile, (uint16_t)(sent % 4), SCTP_PPID_BINARY, frame,
                                     sizeof(frame)) >= 0);
            sent++;
        }
        hostile_while_served(&hostile, 1);
    }
    rig_expect(&rig, 96 * MIB);
    assert_false(hostile.is_closed);
    end();
}

TEST(a_message_over_the_limit)
{
    static uint8_t message[(256 << 10) + 1];
    struct actr_peer_stats stats;
    begin();
    join();
    assert_true(hostile_send(&hostile, 0, SCTP_PPID_BINARY, message, sizeof(message)) >= 0);
    hostile_until(&hostile, hostile_is_closed);
    assert_false(rig_peer_stats(&rig, &hostile.actor.id, &stats));
    end();
}

/* ---- noise ---- */

TEST(noise_in_every_layer)
{
    uint64_t random = harness_seed();
    uint8_t noise[1100];
    begin();
    join();
    for (unsigned i = 0; i < 4000 / RIG_SCALE; i++) {
        size_t len = 1 + harness_random(&random) % (sizeof(noise) - 1);
        for (size_t k = 0; k < len; k++)
            noise[k] = (uint8_t)harness_random(&random);
        switch (i % 4) {
        case 0: /* no association takes it */
            noise[0] = (uint8_t)(20 + i % 44);
            hostile_send_datagram(&hostile, noise, len);
            break;
        case 1: /* no packet of SCTP */
            hostile_send_packet(&hostile, noise, len);
            break;
        case 2: /* no message of DCEP */
            assert_true(hostile_send(&hostile, (uint16_t)(i % 60), SCTP_PPID_DCEP, noise, len) >=
                        0);
            break;
        default: /* no frame, or no envelope in it */
            assert_true(hostile_send(&hostile, (uint16_t)(i % 4), SCTP_PPID_BINARY, noise, len) >=
                        0);
        }
        if (i % 16 == 0)
            hostile_while_served(&hostile, 1);
    }
    hostile_while_served(&hostile, 20);
    assert_true(peer_stats().records_dropped >= 500 / RIG_SCALE);
    assert_false(hostile.is_closed);
    rig_expect(&rig, 96 * MIB);
    end();
}

static struct actr_peer_stats wanted;

static bool has_media(struct hostile *one)
{
    struct actr_peer_stats stats = peer_stats();
    (void)one;
    return stats.rtp_in == wanted.rtp_in && stats.rtcp_in == wanted.rtcp_in &&
           stats.rtp_malformed == wanted.rtp_malformed;
}

TEST(media_that_nobody_negotiated)
{
    static const uint8_t rtp[] = {0x80, 111, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 'x'},
                         rtcp[] = {0x80, 201, 0, 1, 0, 0, 0, 3},
                         broken[] = {0x8f, 111, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3};
    begin();
    join();
    for (unsigned i = 0; i < 30; i++) {
        hostile_send_datagram(&hostile, rtp, sizeof(rtp));
        if (i % 2)
            hostile_send_datagram(&hostile, rtcp, sizeof(rtcp));
        if (i % 3 == 0)
            hostile_send_datagram(&hostile, broken, sizeof(broken));
    }
    wanted = (struct actr_peer_stats){.rtp_in = 30, .rtcp_in = 15, .rtp_malformed = 10};
    hostile_until(&hostile, has_media);
    assert_false(hostile.is_closed);
    end();
}
