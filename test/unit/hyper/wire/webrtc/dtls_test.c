// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Two associations joined by queues; what is lost, repeated or forged on the way is a test's. The
 * wall clock that OpenSSL reads is the test's too: it is what the associations are told. */
#include "hyper/wire/webrtc/dtls.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "harness.h"
#include "wall_clock.h"

#define QUEUE_MAX 512
#define NOW_S UINT64_C(1800000000)

struct datagram {
    size_t len;
    uint8_t bytes[DTLS_PACKET_MAX + DTLS_OVERHEAD];
};

struct side {
    struct dtls *dtls;
    struct certificate *certificate;
    struct dtls_context *context;
    struct side *peer;
    struct datagram *queue; /* what it sent */
    size_t head, tail, largest;
    unsigned opened, closed, failed;
    bool sends_at_once;
    int code;
    uint8_t data[DTLS_PACKET_MAX];
    size_t data_len, data_count;
};

static void on_send(void *owner, struct actr_view bytes)
{
    struct side *side = owner;
    assert_true(bytes.len <= (side->opened ? sizeof side->queue[0].bytes : DTLS_MTU));
    /* One record, and nothing behind it. */
    assert_true(bytes.len >= 13);
    assert_int_equal(bytes.len, 13 + (size_t)(bytes.ptr[11] << 8 | bytes.ptr[12]));
    assert_true(side->tail < QUEUE_MAX);
    struct datagram *datagram = &side->queue[side->tail++];
    datagram->len = bytes.len;
    memcpy(datagram->bytes, bytes.ptr, bytes.len);
    if (bytes.len > side->largest)
        side->largest = bytes.len;
}

static void on_open(void *owner)
{
    struct side *side = owner;
    side->opened++;
    if (side->sends_at_once)
        assert_int_equal(dtls_send(side->dtls, actr_view_of("first", 5)), 0);
}

static void on_data(void *owner, struct actr_view bytes)
{
    struct side *side = owner;
    assert_int_equal((uintptr_t)bytes.ptr % 4, 0);
    assert_true(bytes.len <= sizeof side->data);
    memcpy(side->data, bytes.ptr, bytes.len);
    side->data_len = bytes.len;
    side->data_count++;
}

static void on_closed(void *owner)
{
    ((struct side *)owner)->closed++;
}

static void on_failed(void *owner, int code, const char *detail)
{
    struct side *side = owner;
    assert_true(detail && *detail);
    side->failed++;
    side->code = code;
}

static const struct dtls_events events = {on_send, on_open, on_data, on_closed, on_failed};

static void side_begin(struct side *side, uint64_t now_s)
{
    *side = (struct side){.queue = calloc(QUEUE_MAX, sizeof *side->queue)};
    assert_non_null(side->queue);
    assert_int_equal(certificate_new(now_s, &side->certificate), 0);
    assert_int_equal(dtls_context_new(side->certificate, &side->context), 0);
}

static void side_new(struct side *side, enum dtls_role role, const struct fingerprint *fingerprint)
{
    struct dtls_options options = {
        .role = role, .fingerprints = fingerprint, .fingerprint_count = 1};
    assert_int_equal(dtls_new(side->context, &options, &events, side, &side->dtls), 0);
}

static void side_end(struct side *side)
{
    dtls_free(side->dtls);
    dtls_context_unref(side->context);
    certificate_unref(side->certificate);
    free(side->queue);
}

static void pair_new(struct side *client, struct side *server)
{
    side_begin(client, NOW_S);
    side_begin(server, NOW_S);
    client->peer = server;
    server->peer = client;
    side_new(client, DTLS_CLIENT, certificate_fingerprint(server->certificate));
    side_new(server, DTLS_SERVER, certificate_fingerprint(client->certificate));
    dtls_start(server->dtls, wall_clock_us);
    dtls_start(client->dtls, wall_clock_us);
}

static void pair_free(struct side *client, struct side *server)
{
    side_end(client);
    side_end(server);
}

/* Hands one datagram over; false when there was none. */
static bool step(struct side *from)
{
    if (from->head == from->tail)
        return false;
    struct datagram *datagram = &from->queue[from->head++];
    dtls_receive(from->peer->dtls, actr_view_of(datagram->bytes, datagram->len), wall_clock_us);
    return true;
}

static void settle(struct side *a, struct side *b)
{
    while (step(a) || step(b))
        ;
}

static void pair_open(struct side *client, struct side *server)
{
    pair_new(client, server);
    settle(client, server);
    assert_int_equal(client->opened, 1);
    assert_int_equal(server->opened, 1);
}

/* Lets time pass to the next deadline of either. */
static void wait_next(struct side *a, struct side *b)
{
    uint64_t next = dtls_deadline(a->dtls), other = dtls_deadline(b->dtls);
    if (other < next)
        next = other;
    assert_true(next != UINT64_MAX);
    if (next > wall_clock_us)
        wall_clock_us = next;
    dtls_tick(a->dtls, wall_clock_us);
    dtls_tick(b->dtls, wall_clock_us);
}

TEST(both_sides_open_and_exchange_packets_of_the_largest_size)
{
    struct side client, server;
    static uint8_t packet[DTLS_PACKET_MAX];
    pair_open(&client, &server);
    assert_int_equal(dtls_deadline(client.dtls), UINT64_MAX);
    for (size_t i = 0; i < sizeof packet; i++)
        packet[i] = (uint8_t)i;
    assert_int_equal(dtls_send(client.dtls, actr_view_of(packet, sizeof packet)), 0);
    assert_int_equal(dtls_send(server.dtls, actr_view_of(packet, 1)), 0);
    settle(&client, &server);
    assert_int_equal(server.data_len, sizeof packet);
    assert_memory_equal(server.data, packet, sizeof packet);
    assert_int_equal(client.data_len, 1);
    assert_int_equal(client.largest, DTLS_PACKET_MAX + DTLS_OVERHEAD);
    /* What a path of DTLS_MTU carries. */
    client.largest = 0;
    assert_int_equal(dtls_send(client.dtls, actr_view_of(packet, DTLS_MTU - DTLS_OVERHEAD)), 0);
    assert_int_equal(client.largest, DTLS_MTU);
    settle(&client, &server);
    static const uint8_t more[DTLS_PACKET_MAX + 1];
    assert_int_equal(dtls_send(client.dtls, actr_view_of(more, sizeof more)), ACTR_EINVALID);
    assert_int_equal(dtls_send(client.dtls, actr_view_of(more, 0)), ACTR_EINVALID);
    struct dtls_stats stats;
    dtls_get_stats(server.dtls, &stats);
    assert_int_equal(stats.dropped, 0);
    assert_int_equal(stats.records_in, client.tail);
    pair_free(&client, &server);
}

TEST(both_may_send_as_soon_as_they_are_told_that_it_is_open)
{
    struct side client, server;
    pair_new(&client, &server);
    client.sends_at_once = true;
    server.sends_at_once = true;
    settle(&client, &server);
    assert_int_equal(client.data_count, 1);
    assert_int_equal(server.data_count, 1);
    pair_free(&client, &server);
}

TEST(before_the_cookie_is_back_a_server_answers_with_less_than_it_got)
{
    struct side client, server;
    pair_new(&client, &server);
    assert_int_equal(client.tail, 1);
    struct datagram *hello = &client.queue[0];
    /* However often it comes and however long one waits: one small answer each. */
    for (int i = 0; i < 5; i++) {
        size_t before = server.tail;
        uint8_t copy[1500];
        memcpy(copy, hello->bytes, hello->len);
        copy[10] = (uint8_t)i; /* record sequence number */
        dtls_receive(server.dtls, actr_view_of(copy, hello->len), wall_clock_us);
        assert_true(server.tail <= before + 1);
        if (server.tail > before)
            assert_true(server.queue[before].len < hello->len);
        wall_clock_us += 2000000;
        before = server.tail;
        dtls_tick(server.dtls, wall_clock_us);
        assert_int_equal(server.tail, before);
    }
    assert_true(server.tail >= 1);
    assert_int_equal(server.queue[0].bytes[13], 3); /* hello_verify_request */
    assert_int_equal(server.queue[0].bytes[13 + 12 + 2], 20);
    pair_free(&client, &server);
}

TEST(a_client_hello_of_the_existing_system_is_answered)
{
    static const char hello[] =
        "16fefd00000000000000000090010000840000000000000084fefd6b02e673a3faa1f4f220d879ff51961b084c"
        "0d96c2c3b8648c9fc4354e67a9240000000ac02bc00ac02fc014cca901000050000d0010000e04030503060304"
        "01050106010807ff01000100000a000800060017001d0018000b00020100000e000b0008000700080001000200"
        "001700000000000e000c00000931302e37372e302e31";
    struct side client, server;
    uint8_t bytes[512];
    size_t len = harness_hex(hello, bytes, sizeof bytes - 20);
    pair_new(&client, &server);
    assert_true(dtls_receive(server.dtls, actr_view_of(bytes, len), wall_clock_us));
    assert_int_equal(server.tail, 1);
    struct datagram *verify = &server.queue[0];
    assert_int_equal(verify->bytes[13], 3);
    /* The second one, with the cookie. */
    const size_t cookie_at = 13 + 12 + 2 + 32 + 1;
    assert_int_equal(bytes[cookie_at], 0);
    memmove(bytes + cookie_at + 21, bytes + cookie_at + 1, len - cookie_at - 1);
    memcpy(bytes + cookie_at, verify->bytes + verify->len - 21, 21);
    len += 20;
    bytes[10]++;          /* record */
    bytes[12] += 20;      /* its length */
    bytes[13 + 3] += 20;  /* message */
    bytes[13 + 5]++;      /* its number */
    bytes[13 + 11] += 20; /* fragment */
    assert_true(dtls_receive(server.dtls, actr_view_of(bytes, len), wall_clock_us));
    assert_int_equal(server.failed, 0);
    assert_true(server.tail > 4);
    struct datagram *answer = &server.queue[1];
    assert_int_equal(answer->bytes[13], 2); /* server_hello */
    const uint8_t *suite = answer->bytes + 13 + 12 + 2 + 32 + 1 + answer->bytes[13 + 12 + 34];
    assert_int_equal(suite[0] << 8 | suite[1], 0xc02b);
    /* use_srtp with the first profile, without which the existing system gives up. */
    static const uint8_t srtp[] = {0x00, 0x0e, 0x00, 0x05, 0x00, 0x02, 0x00, 0x07, 0x00};
    assert_non_null(memmem(answer->bytes, answer->len, srtp, sizeof srtp));
    static const uint8_t extended_secret[] = {0x00, 0x17, 0x00, 0x00};
    assert_non_null(memmem(answer->bytes, answer->len, extended_secret, 4));
    pair_free(&client, &server);
}

TEST(whatever_datagram_is_lost_the_handshake_completes)
{
    struct side client, server;
    pair_open(&client, &server);
    size_t total = client.tail + server.tail;
    pair_free(&client, &server);
    for (size_t lost = 0; lost < total; lost++) {
        size_t seen = 0;
        pair_new(&client, &server);
        for (int rounds = 0; rounds < 50 && !(client.opened && server.opened); rounds++) {
            for (bool moved = true; moved;) {
                moved = false;
                struct side *sides[2] = {&client, &server};
                for (int i = 0; i < 2; i++) {
                    if (sides[i]->head == sides[i]->tail)
                        continue;
                    moved = true;
                    if (seen++ == lost)
                        sides[i]->head++;
                    else
                        step(sides[i]);
                }
            }
            if (!client.opened || !server.opened)
                wait_next(&client, &server);
        }
        assert_int_equal(client.opened, 1);
        assert_int_equal(server.opened, 1);
        struct dtls_stats stats[2];
        dtls_get_stats(client.dtls, &stats[0]);
        dtls_get_stats(server.dtls, &stats[1]);
        assert_true(stats[0].retransmissions + stats[1].retransmissions > 0);
        pair_free(&client, &server);
    }
}

TEST(datagrams_in_any_order_and_twice_make_a_handshake)
{
    uint64_t random = harness_seed();
    for (int run = 0; run < 20; run++) {
        struct side client, server;
        pair_new(&client, &server);
        for (int rounds = 0; rounds < 50 && !(client.opened && server.opened); rounds++) {
            struct side *sides[2] = {&client, &server};
            for (int i = 0; i < 2; i++) {
                size_t head = sides[i]->head, count = sides[i]->tail - head;
                for (size_t k = 0; k < 2 * count; k++) {
                    struct datagram *datagram =
                        &sides[i]->queue[head + harness_random(&random) % count];
                    dtls_receive(sides[!i]->dtls, actr_view_of(datagram->bytes, datagram->len),
                                 wall_clock_us);
                }
                sides[i]->head = head + count;
            }
            if (dtls_deadline(client.dtls) != UINT64_MAX ||
                dtls_deadline(server.dtls) != UINT64_MAX)
                wait_next(&client, &server);
        }
        assert_int_equal(client.opened, 1);
        assert_int_equal(server.opened, 1);
        pair_free(&client, &server);
    }
}

TEST(a_certificate_with_another_fingerprint_is_refused)
{
    for (int wrong = 0; wrong < 2; wrong++) {
        struct side client, server;
        struct fingerprint other = {0};
        side_begin(&client, NOW_S);
        side_begin(&server, NOW_S);
        client.peer = &server;
        server.peer = &client;
        side_new(&client, DTLS_CLIENT,
                 wrong == 0 ? &other : certificate_fingerprint(server.certificate));
        side_new(&server, DTLS_SERVER,
                 wrong == 1 ? &other : certificate_fingerprint(client.certificate));
        dtls_start(server.dtls, wall_clock_us);
        dtls_start(client.dtls, wall_clock_us);
        settle(&client, &server);
        struct side *refuser = wrong == 0 ? &client : &server;
        assert_int_equal(refuser->failed, 1);
        assert_int_equal(refuser->code, ACTR_EPERMISSION);
        assert_int_equal(client.opened + server.opened, 0);
        /* The other is told by an alert. */
        assert_int_equal(refuser->peer->failed, 1);
        assert_int_equal(refuser->peer->code, ACTR_EUNAVAILABLE);
        assert_int_equal(dtls_deadline(refuser->dtls), UINT64_MAX);
        pair_free(&client, &server);
    }
}

TEST(one_of_several_fingerprints_suffices)
{
    struct side client, server;
    struct fingerprint list[3] = {{.hash = FINGERPRINT_SHA512}, {.hash = FINGERPRINT_SHA384}};
    side_begin(&client, NOW_S);
    side_begin(&server, NOW_S);
    client.peer = &server;
    server.peer = &client;
    list[2] = *certificate_fingerprint(server.certificate);
    struct dtls_options options = {
        .role = DTLS_CLIENT, .fingerprints = list, .fingerprint_count = 3};
    assert_int_equal(dtls_new(client.context, &options, &events, &client, &client.dtls), 0);
    side_new(&server, DTLS_SERVER, certificate_fingerprint(client.certificate));
    dtls_start(client.dtls, wall_clock_us);
    settle(&client, &server);
    assert_int_equal(client.opened, 1);
    pair_free(&client, &server);
}

TEST(the_dates_of_a_certificate_do_not_matter)
{
    static const uint64_t dates[] = {0, UINT64_C(157766400), UINT64_C(67000000000)};
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        struct side client, server;
        side_begin(&client, dates[i]);
        side_begin(&server, dates[i]);
        client.peer = &server;
        server.peer = &client;
        side_new(&client, DTLS_CLIENT, certificate_fingerprint(server.certificate));
        side_new(&server, DTLS_SERVER, certificate_fingerprint(client.certificate));
        dtls_start(client.dtls, wall_clock_us);
        settle(&client, &server);
        assert_int_equal(client.opened, 1);
        assert_int_equal(server.opened, 1);
        pair_free(&client, &server);
    }
}

TEST(what_does_not_authenticate_is_counted_and_changes_nothing)
{
    struct side client, server;
    struct dtls_stats stats;
    uint64_t random = harness_seed();
    pair_open(&client, &server);
    assert_int_equal(dtls_send(client.dtls, actr_view_of("hello", 5)), 0);
    struct datagram good = client.queue[client.tail - 1];
    settle(&client, &server);
    dtls_get_stats(server.dtls, &stats);
    uint64_t before = stats.dropped;
    /* Again. */
    assert_false(dtls_receive(server.dtls, actr_view_of(good.bytes, good.len), wall_clock_us));
    assert_int_equal(server.data_count, 1);
    /* Each bit of it. */
    size_t forged = 1;
    for (size_t bit = 0; bit < good.len * 8; bit++) {
        struct datagram bad = good;
        bad.bytes[10] = 200;
        bad.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(dtls_receive(server.dtls, actr_view_of(bad.bytes, bad.len), wall_clock_us));
        forged++;
    }
    for (int i = 0; i < 2000; i++) {
        uint8_t noise[64];
        for (size_t k = 0; k < sizeof noise; k++)
            noise[k] = (uint8_t)harness_random(&random);
        dtls_receive(server.dtls, actr_view_of(noise, 1 + harness_random(&random) % 63),
                     wall_clock_us);
        forged++;
    }
    assert_int_equal(server.data_count, 1);
    assert_int_equal(server.failed + server.closed, 0);
    dtls_get_stats(server.dtls, &stats);
    assert_true(stats.dropped - before >= forged);
    assert_int_equal(dtls_send(client.dtls, actr_view_of("again", 5)), 0);
    settle(&client, &server);
    assert_int_equal(server.data_count, 2);
    pair_free(&client, &server);
}

TEST(data_of_another_session_is_not_taken_during_a_handshake)
{
    struct side client, server, other, peer;
    pair_open(&other, &peer);
    assert_int_equal(dtls_send(other.dtls, actr_view_of("data", 4)), 0);
    struct datagram *foreign = &other.queue[other.tail - 1];
    pair_new(&client, &server);
    assert_false(
        dtls_receive(server.dtls, actr_view_of(foreign->bytes, foreign->len), wall_clock_us));
    settle(&client, &server);
    assert_int_equal(server.opened, 1);
    assert_false(
        dtls_receive(server.dtls, actr_view_of(foreign->bytes, foreign->len), wall_clock_us));
    /* And a handshake that begins anew does not touch one that is open. */
    struct datagram *hello = &client.queue[0];
    assert_false(dtls_receive(peer.dtls, actr_view_of(hello->bytes, hello->len), wall_clock_us));
    assert_int_equal(peer.failed, 0);
    pair_free(&client, &server);
    pair_free(&other, &peer);
}

TEST(close_notify_ends_the_session)
{
    struct side client, server;
    pair_open(&client, &server);
    dtls_close(client.dtls);
    assert_false(dtls_is_open(client.dtls));
    settle(&client, &server);
    assert_int_equal(server.closed, 1);
    assert_int_equal(client.closed, 0);
    assert_int_equal(dtls_send(server.dtls, actr_view_of("x", 1)), ACTR_ESTATE);
    pair_free(&client, &server);
}

TEST(a_handshake_without_answer_ends_in_time)
{
    struct side client, server;
    pair_new(&client, &server);
    uint64_t begin = wall_clock_us;
    while (client.failed == 0)
        wait_next(&client, &server);
    assert_int_equal(client.code, ACTR_ETIMEDOUT);
    assert_true(wall_clock_us - begin <= 30000000);
    assert_true(client.tail >= 5);
    pair_free(&client, &server);
}

TEST(dtls_is_told_by_its_first_byte)
{
    for (unsigned first = 0; first < 256; first++) {
        uint8_t byte = (uint8_t)first;
        assert_int_equal(dtls_is(actr_view_of(&byte, 1)), first >= 20 && first <= 63);
    }
    assert_false(dtls_is(actr_view_of(NULL, 0)));
}

TEST(without_memory_there_is_no_association)
{
    struct side side;
    struct fingerprint fingerprint = {0};
    side_begin(&side, NOW_S);
    struct dtls_options options = {
        .role = DTLS_CLIENT, .fingerprints = &fingerprint, .fingerprint_count = 1};
    struct dtls_context *context = NULL;
    mem_fail_at(1);
    assert_int_equal(dtls_new(side.context, &options, &events, &side, &side.dtls), ACTR_ENOMEM);
    assert_int_equal(dtls_context_new(side.certificate, &context), ACTR_ENOMEM);
    mem_fail_at(0);
    assert_null(side.dtls);
    assert_null(context);
    options.fingerprint_count = 0;
    assert_int_equal(dtls_new(side.context, &options, &events, &side, &side.dtls), ACTR_EINTERNAL);
    side_end(&side);
}
