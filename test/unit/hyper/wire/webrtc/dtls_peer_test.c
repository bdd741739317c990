// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* An association of ours with a session that is OpenSSL's from end to end: its window for replays
 * is 64 wide, and it knows nothing of how we count. */
#include "hyper/wire/webrtc/dtls.h"

#include "hyper/wire/webrtc/dtls_context.h"
#include "hyper/wire/webrtc/dtls_keys.h"
#include "ssl_peer.h"
#include "wall_clock.h"

#define SUITE "ECDHE-ECDSA-AES128-GCM-SHA256"
#define SUITE_OTHER "ECDHE-ECDSA-AES128-CCM" /* none that the product offers */
#define QUEUE 160

static struct ours {
    struct dtls *dtls;
    struct certificate *certificate;
    struct dtls_context *context;
    size_t head, tail;
    struct {
        size_t len;
        uint8_t bytes[16500];
    } queue[QUEUE];
    unsigned opened, closed, failed, data_count;
    char detail[64];
    size_t data_len;
    uint8_t data[16384];
} ours;
static struct ssl_peer peer;

static void on_send(void *owner, struct actr_view bytes)
{
    assert_true(ours.tail < QUEUE && bytes.len <= sizeof ours.queue[0].bytes);
    memcpy(ours.queue[ours.tail].bytes, bytes.ptr, bytes.len);
    ours.queue[ours.tail++].len = bytes.len;
}

static void on_open(void *owner)
{
    ours.opened++;
}

static void on_data(void *owner, struct actr_view bytes)
{
    memcpy(ours.data, bytes.ptr, bytes.len);
    ours.data_len = bytes.len;
    ours.data_count++;
}

static void on_closed(void *owner)
{
    ours.closed++;
}

static void on_failed(void *owner, int code, const char *detail)
{
    assert_int_equal(code, ACTR_EUNAVAILABLE);
    snprintf(ours.detail, sizeof ours.detail, "%s", detail);
    ours.failed++;
}

static const struct dtls_events events = {on_send, on_open, on_data, on_closed, on_failed};

static void begin(enum dtls_role role, const char *suites)
{
    memset(&ours, 0, sizeof ours);
    ssl_peer_begin(&peer, role == DTLS_CLIENT, suites);
    assert_int_equal(certificate_new(1800000000, &ours.certificate), 0);
    assert_int_equal(dtls_context_new(ours.certificate, &ours.context), 0);
    assert_int_equal(SSL_CTX_set_cipher_list(ours.context->ssl, suites), 1);
    struct dtls_options options = {.role = role,
                                   .fingerprints = certificate_fingerprint(peer.certificate),
                                   .fingerprint_count = 1};
    assert_int_equal(dtls_new(ours.context, &options, &events, &ours, &ours.dtls), 0);
    dtls_start(ours.dtls, wall_clock_us);
    if (role == DTLS_SERVER)
        SSL_do_handshake(peer.ssl);
}

static void end(void)
{
    dtls_free(ours.dtls);
    dtls_context_unref(ours.context);
    certificate_unref(ours.certificate);
    ssl_peer_end(&peer);
}

static bool give(const void *bytes, size_t len)
{
    return dtls_receive(ours.dtls, actr_view_of(bytes, len), wall_clock_us);
}

/* Hands everything over, but for what `is_lost` says of what we send (to_peer) or the peer. */
static void settle_without(bool (*is_lost)(bool to_peer, const uint8_t *record, size_t len))
{
    for (bool moved = true; moved;) {
        const struct ssl_peer_datagram *datagram = ssl_peer_next(&peer);
        moved = datagram != NULL || ours.head < ours.tail;
        for (size_t at = 0; datagram && at < datagram->len;) {
            /* Record by record: losses are of records. */
            struct actr_view rest = actr_view_of(datagram->bytes + at, datagram->len - at);
            struct actr_view record = dtls_record_cut(&rest);
            at += record.len;
            if (!is_lost || !is_lost(false, record.ptr, record.len))
                give(record.ptr, record.len);
        }
        if (ours.head < ours.tail) {
            size_t at = ours.head++;
            if (!is_lost || !is_lost(true, ours.queue[at].bytes, ours.queue[at].len))
                ssl_peer_receive(&peer, ours.queue[at].bytes, ours.queue[at].len);
        }
    }
}

static void settle(void)
{
    settle_without(NULL);
}

static void open_both(enum dtls_role role, const char *suites)
{
    begin(role, suites);
    settle();
    assert_int_equal(ours.opened, 1);
    assert_true(SSL_is_init_finished(peer.ssl));
}

/* A packet each way arrives. */
static void exchange(size_t len)
{
    static uint8_t packet[16384];
    unsigned before = ours.data_count, peer_before = peer.data_count;

    for (size_t i = 0; i < len; i++)
        packet[i] = (uint8_t)(i * 7 + len);
    assert_int_equal(dtls_send(ours.dtls, actr_view_of(packet, len)), 0);
    assert_int_equal(SSL_write(peer.ssl, packet, (int)len), (int)len);
    settle();
    assert_int_equal(ours.data_count, before + 1);
    assert_int_equal(ours.data_len, len);
    assert_memory_equal(ours.data, packet, len);
    assert_int_equal(peer.data_count, peer_before + 1);
    assert_int_equal(peer.data_len, len);
    assert_memory_equal(peer.data, packet, len);
}

TEST(packets_of_all_lengths_go_both_ways_with_each_suite_in_each_role)
{
    static const char *const suites[] = {SUITE, "ECDHE-ECDSA-AES256-GCM-SHA384",
                                         "ECDHE-ECDSA-CHACHA20-POLY1305"};
    for (size_t i = 0; i < 6; i++) {
        struct dtls_stats stats;
        open_both(i % 2 == 0 ? DTLS_CLIENT : DTLS_SERVER, suites[i / 2]);
        exchange(1);
        exchange(1131);
        exchange(16000);
        exchange(DTLS_PACKET_MAX);
        dtls_get_stats(ours.dtls, &stats);
        assert_false(stats.is_fallback);
        assert_int_equal(stats.dropped, 0);
        end();
    }
}

TEST(what_comes_in_another_order_or_again_comes_once)
{
    uint64_t random = harness_seed();
    unsigned order[100];

    open_both(DTLS_SERVER, SUITE);
    for (unsigned i = 0; i < 100; i++) {
        order[i] = i;
        assert_int_equal(SSL_write(peer.ssl, &i, sizeof i), sizeof i);
    }
    const struct ssl_peer_datagram *sent = peer.queue + peer.head;
    for (unsigned i = 99; i > 0; i--) {
        unsigned other = (unsigned)(harness_random(&random) % (i + 1)), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
    for (unsigned i = 0; i < 100; i++) {
        unsigned number;
        assert_true(give(sent[order[i]].bytes, sent[order[i]].len));
        memcpy(&number, ours.data, sizeof number);
        assert_int_equal(number, order[i]);
        assert_false(give(sent[order[harness_random(&random) % (i + 1)]].bytes, sent[0].len));
    }
    assert_int_equal(ours.data_count, 100);
    end();
}

TEST(close_notify_is_understood_by_both)
{
    for (int i = 0; i < 4; i++) {
        open_both(i % 2 == 0 ? DTLS_CLIENT : DTLS_SERVER, SUITE);
        exchange(100);
        if (i < 2)
            dtls_close(ours.dtls);
        else
            SSL_shutdown(peer.ssl);
        settle();
        assert_int_equal((SSL_get_shutdown(peer.ssl) & SSL_RECEIVED_SHUTDOWN) != 0, i < 2);
        assert_int_equal(ours.closed, i >= 2);
        assert_int_equal(ours.failed, 0);
        assert_false(dtls_is_open(ours.dtls));
        end();
    }
}

/* Seals in the peer's place. */
static bool give_sealed(enum dtls_record_type type, const void *plain, size_t len)
{
    static uint64_t seq = 10; /* OpenSSL's own stay in the window */
    struct dtls_record_key out_key, in_key;
    struct dtls_record_out out;
    uint8_t record[64 + DTLS_RECORD_OVERHEAD];
    size_t record_len;

    assert_int_equal(dtls_keys_derive(peer.ssl, &out_key, &in_key), 0);
    assert_int_equal(dtls_record_out_init(&out, &out_key, seq++, 5), 0);
    assert_int_equal(dtls_record_seal(&out, type, actr_view_of(plain, len), record, &record_len),
                     0);
    dtls_record_out_deinit(&out);
    return give(record, record_len);
}

TEST(alerts_and_messages_of_a_handshake_do_what_they_say_and_no_more)
{
    static const uint8_t warning[] = {1, 90}, fatal[] = {2, 80}, hello_request[12] = {0};
    static const uint8_t forged[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2, 2, 40};
    struct dtls_stats stats;

    open_both(DTLS_SERVER, SUITE);
    size_t before = ours.tail;
    assert_false(give(forged, sizeof forged)); /* of epoch 0: anybody's */
    assert_true(give_sealed(DTLS_RECORD_DATA, "", 0));
    assert_true(give_sealed(DTLS_RECORD_ALERT, warning, 2));
    assert_true(give_sealed(DTLS_RECORD_ALERT, fatal, 1));
    assert_true(give_sealed(DTLS_RECORD_HANDSHAKE, hello_request, sizeof hello_request));
    assert_true(give_sealed(DTLS_RECORD_CHANGE_CIPHER, "\1", 1));
    assert_true(give_sealed((enum dtls_record_type)24, "heartbeat", 9));
    assert_int_equal(ours.tail, before);
    assert_int_equal(ours.data_count + ours.failed + ours.closed, 0);
    exchange(10);
    assert_true(give_sealed(DTLS_RECORD_ALERT, fatal, 2));
    assert_int_equal(ours.failed, 1);
    assert_string_equal(ours.detail, "internal error");
    assert_int_equal(dtls_send(ours.dtls, actr_view_of("x", 1)), ACTR_ESTATE);
    dtls_get_stats(ours.dtls, &stats);
    assert_int_equal(stats.dropped, 1);
    end();
}

/* ---- The last flight is lost ---- */

static unsigned changes_to_lose, finished_to_lose; /* how many of each */

static bool is_last_flight(const uint8_t *record, size_t len)
{
    struct dtls_record_head head;
    unsigned *to_lose = NULL;

    if (!dtls_record_parse(actr_view_of(record, len), &head))
        return false;
    if (head.type == DTLS_RECORD_CHANGE_CIPHER)
        to_lose = &changes_to_lose;
    else if (head.type == DTLS_RECORD_HANDSHAKE && head.epoch == 1)
        to_lose = &finished_to_lose;
    if (!to_lose || *to_lose == 0)
        return false;
    (*to_lose)--;
    return true;
}

static bool is_lost_of_ours(bool to_peer, const uint8_t *record, size_t len)
{
    return to_peer && is_last_flight(record, len);
}

static bool is_lost_of_peer(bool to_peer, const uint8_t *record, size_t len)
{
    return !to_peer && is_last_flight(record, len);
}

/* More data than any window is wide has been sent, and has come, before the flight comes again. */
TEST(a_client_that_lost_the_last_flight_gets_it_after_data)
{
    for (unsigned lost = 1; lost < 8; lost++) {
        struct dtls_stats stats;
        changes_to_lose = lost & 1 ? 1 + lost / 4 : 0;
        finished_to_lose = lost & 2 ? 1 + lost / 4 : 0;
        begin(DTLS_SERVER, SUITE);
        settle_without(is_lost_of_ours);
        if (lost == 4) { /* nothing is */
            end();
            continue;
        }
        assert_int_equal(ours.opened, 1);
        assert_false(SSL_is_init_finished(peer.ssl));
        for (int tries = 0; tries < 4 && !SSL_is_init_finished(peer.ssl); tries++) {
            for (int i = 0; i < 30; i++)
                assert_int_equal(dtls_send(ours.dtls, actr_view_of("early", 5)), 0);
            settle_without(is_lost_of_ours);
            wall_clock_us += 10000000;
            assert_int_equal(DTLSv1_handle_timeout(peer.ssl), 1);
            settle_without(is_lost_of_ours);
        }
        assert_true(SSL_is_init_finished(peer.ssl));
        exchange(1000);
        dtls_get_stats(ours.dtls, &stats);
        assert_int_equal(stats.retransmissions, 1 + lost / 4);
        assert_int_equal(ours.failed, 0);
        end();
    }
}

TEST(a_server_whose_last_flight_is_lost_may_send_data)
{
    for (unsigned lost = 1; lost < 4; lost++) {
        struct dtls_stats stats;
        changes_to_lose = lost & 1;
        finished_to_lose = lost >> 1;
        begin(DTLS_CLIENT, SUITE);
        settle_without(is_lost_of_peer);
        assert_int_equal(ours.opened, 0);
        assert_true(SSL_is_init_finished(peer.ssl));
        for (int i = 0; i < 70; i++)
            assert_int_equal(SSL_write(peer.ssl, "early", 5), 5);
        settle();
        assert_int_equal(ours.opened, 0);
        for (int i = 0; i < 3 && !dtls_is_open(ours.dtls); i++) {
            wall_clock_us = dtls_deadline(ours.dtls);
            dtls_tick(ours.dtls, wall_clock_us);
            settle();
        }
        assert_int_equal(ours.opened, 1);
        assert_int_equal(ours.data_count, 0);
        exchange(1000);
        dtls_get_stats(ours.dtls, &stats);
        assert_int_equal(stats.dropped, 70);
        end();
    }
}

/* ---- The fallback ---- */

TEST(without_keys_for_records_of_ours_openssl_goes_on)
{
    for (int i = 0; i < 4; i++) {
        struct dtls_stats stats;
        open_both(i % 2 == 0 ? DTLS_CLIENT : DTLS_SERVER, SUITE_OTHER);
        exchange(1);
        exchange(1131);
        exchange(DTLS_PACKET_MAX);
        dtls_get_stats(ours.dtls, &stats);
        assert_true(stats.is_fallback);
        assert_int_equal(stats.dropped, 0);
        const struct ssl_peer_datagram *last = &peer.queue[peer.tail - 1];
        assert_false(give(last->bytes, last->len));
        assert_false(give("\27\376\375 noise", 9));
        if (i < 2)
            dtls_close(ours.dtls);
        else
            SSL_shutdown(peer.ssl);
        settle();
        assert_int_equal((SSL_get_shutdown(peer.ssl) & SSL_RECEIVED_SHUTDOWN) != 0, i < 2);
        assert_int_equal(ours.closed, i >= 2);
        dtls_get_stats(ours.dtls, &stats);
        assert_int_equal(stats.dropped, 2);
        end();
    }
}

TEST(openssl_repeats_the_last_flight_of_a_fallback)
{
    changes_to_lose = 1;
    finished_to_lose = 1;
    begin(DTLS_SERVER, SUITE_OTHER);
    settle_without(is_lost_of_ours);
    assert_int_equal(ours.opened, 1);
    assert_false(SSL_is_init_finished(peer.ssl));
    for (int i = 0; i < 30; i++)
        assert_int_equal(dtls_send(ours.dtls, actr_view_of("early", 5)), 0);
    settle();
    wall_clock_us += 10000000;
    assert_int_equal(DTLSv1_handle_timeout(peer.ssl), 1);
    settle();
    assert_true(SSL_is_init_finished(peer.ssl));
    exchange(1000);
    end();
}

/* ---- Early data ---- */

/* What was dropped for being early is taken when it comes again, once. */
TEST(data_that_came_too_early_is_not_taken_twice)
{
    changes_to_lose = 0;
    finished_to_lose = 1;
    begin(DTLS_CLIENT, SUITE);
    settle_without(is_lost_of_peer);
    assert_int_equal(SSL_write(peer.ssl, "early", 5), 5);
    const struct ssl_peer_datagram *early = ssl_peer_next(&peer);
    assert_false(give(early->bytes, early->len));
    wall_clock_us = dtls_deadline(ours.dtls);
    dtls_tick(ours.dtls, wall_clock_us);
    settle();
    assert_int_equal(ours.opened, 1);
    assert_int_equal(ours.data_count, 0);
    assert_true(give(early->bytes, early->len));
    assert_false(give(early->bytes, early->len));
    assert_int_equal(ours.data_count, 1);
    end();
}
