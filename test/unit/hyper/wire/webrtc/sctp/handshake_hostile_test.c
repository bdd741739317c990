// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* INIT, INIT ACK, COOKIE ECHO and COOKIE ACK as nobody should send them, or at the wrong time. */
#include <string.h>

#include "harness.h"
#include "sctp_peer.h"

/* INIT of the peer: tag, window, streams out and in, first TSN. */
#define INIT_TAGGED(tag, window, out, in) tag window out in "fffffff0"
#define INIT_BODY INIT_TAGGED("55667788", "00100000", "0400", "0400")

/* INIT in a packet of its own without a tag, as it must be (RFC 9260 §8.5.1). */
static void send_init(struct sctp_peer *peer, const char *body, const char *parameters)
{
    uint8_t bytes[1024];
    size_t len = harness_hex(body, bytes, sizeof bytes);

    len += harness_hex(parameters, bytes + len, sizeof bytes - len);
    sctp_draft_begin(peer, 0);
    sctp_draft_chunk(peer, 1, 0, bytes, len);
    sctp_draft_send(peer);
}

/* The parameter of our only INIT ACK; NULL: it has none of that type. */
static const uint8_t *find_parameter(const struct sctp_peer *peer, unsigned type, size_t n,
                                     size_t *ret_len)
{
    size_t len;
    const uint8_t *chunk = sctp_peer_chunk(peer, 2, 0, &len);

    assert_non_null(chunk);
    for (size_t at = 20; at + 4 <= len;) {
        size_t parameter_len = sctp_peer_get16(chunk + at + 2);
        assert_true(parameter_len >= 4 && at + parameter_len <= len);
        if (sctp_peer_get16(chunk + at) == type && n-- == 0) {
            *ret_len = parameter_len;
            return chunk + at;
        }
        at += (parameter_len + 3) & ~(size_t)3;
    }
    return NULL;
}

/* Our cookie, as the peer echoes it. */
static void echo(struct sctp_peer *peer, const uint8_t *cookie, size_t len)
{
    uint8_t copy[2048];

    assert_true(len <= sizeof copy);
    memcpy(copy, cookie, len);
    sctp_peer_send(peer, 10, 0, copy, len);
}

TEST(who_only_answers_is_opened_by_its_own_cookie)
{
    struct sctp_peer *peer = sctp_peer_new(NULL);
    size_t len;
    send_init(peer, INIT_BODY, SCTP_PEER_SUPPORTS);
    const uint8_t *cookie = find_parameter(peer, 7, 0, &len);
    assert_non_null(cookie);
    echo(peer, cookie + 4, len - 4);
    assert_int_equal(sctp_peer_chunks(peer, 11), 1);
    sctp_peer_run(peer, 1000000);
    assert_int_equal(peer->opened, 1);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

/* RFC 9260 §3.2.1: the two highest bits say whether to go on and whether to report. Nothing is
 * reported, since the existing system cannot read that. What FORWARD TSN supported has to say
 * counts only when it is read. */
TEST(parameters_that_nobody_knows)
{
    static const struct {
        const char *parameters;
        bool is_forwarding;
    } cases[] = {{"0fff0008 01020304 c0000004", false}, {"4fff0008 01020304 c0000004", false},
                 {"8fff0008 01020304 c0000004", true},  {"cfff0008 01020304 c0000004", true},
                 {"8fff0004 cffe0005 01000000", false}, {"c0000004 0fff0004", true}};
    const struct sctp_message once = {.stream = 1, .ppid = SCTP_PPID_BINARY, .reliability = 1};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sctp_peer *peer = sctp_peer_new(NULL);
        size_t len;
        send_init(peer, INIT_BODY, cases[i].parameters);
        assert_int_equal(sctp_peer_chunks(peer, 2), 1);
        assert_null(find_parameter(peer, 8, 0, &len));
        const uint8_t *cookie = find_parameter(peer, 7, 0, &len);
        assert_non_null(cookie);
        echo(peer, cookie + 4, len - 4);
        sctp_peer_run(peer, 1000000);
        assert_int_equal(sctp_send(peer->sctp, &once, actr_bytes_str("once")), 0);
        sctp_peer_run(peer, 10000000);
        assert_int_equal(sctp_peer_chunks(peer, 192) > 0, cases[i].is_forwarding);
        sctp_peer_free(peer);
    }
}

static void expect_init_refused(const char *body, const char *parameters)
{
    struct sctp_peer *peer = sctp_peer_new(NULL);
    send_init(peer, body, parameters);
    assert_int_equal(sctp_peer_chunks(peer, 2), 0);
    assert_int_equal(peer->closed, 0);
    /* It still waits for a good one. */
    send_init(peer, INIT_BODY, SCTP_PEER_SUPPORTS);
    assert_int_equal(sctp_peer_chunks(peer, 2), 1);
    sctp_peer_free(peer);
}

TEST(an_init_that_makes_no_sense_is_refused)
{
    /* RFC 9260 §3.3.2: tag 0, no streams one way or the other, a window below 1,500. */
    expect_init_refused(INIT_TAGGED("00000000", "00100000", "0400", "0400"), "");
    expect_init_refused(INIT_TAGGED("55667788", "00100000", "0000", "0400"), "");
    expect_init_refused(INIT_TAGGED("55667788", "00100000", "0400", "0000"), "");
    expect_init_refused(INIT_TAGGED("55667788", "000005db", "0400", "0400"), "");
    /* Cut short. */
    expect_init_refused("55667788 00100000 0400 0400 ffff", "");
    expect_init_refused("", "");
}

TEST(parameters_that_end_too_soon_do_no_harm)
{
    static const char *const parameters[] = {
        "8008",     "80080006",     "8008 0001 82c00000", "8008 0000 c0000004",
        "80080003", "8008ffff82c0", "80010004",           "80010006 0000 0000",
        "c0000005", "0007",         "00070004",           "8001000c 00000001 00000002",
    };
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        struct sctp_peer *peer = sctp_peer_new(NULL);
        send_init(peer, INIT_BODY, parameters[i]);
        assert_int_equal(peer->closed, 0);
        sctp_peer_forget(peer);
        send_init(peer, INIT_BODY, SCTP_PEER_SUPPORTS);
        assert_int_equal(sctp_peer_chunks(peer, 2), 1);
        sctp_peer_free(peer);
    }
}

TEST(an_init_with_company_or_a_tag_is_dropped)
{
    struct sctp_peer *peer = sctp_peer_new(NULL);
    uint8_t body[16];
    harness_hex(INIT_BODY, body, sizeof body);
    /* RFC 9260 §4.3 and §6.10: never bundled. */
    sctp_draft_begin(peer, 0);
    sctp_draft_chunk(peer, 1, 0, body, sizeof body);
    sctp_draft_chunk(peer, 11, 0, NULL, 0);
    sctp_draft_send(peer);
    assert_int_equal(sctp_peer_chunks(peer, 2), 0);
    /* §8.5.1 A: without a tag. */
    sctp_draft_begin(peer, peer->tag);
    sctp_draft_chunk(peer, 1, 0, body, sizeof body);
    sctp_draft_send(peer);
    assert_int_equal(sctp_peer_chunks(peer, 2), 0);
    sctp_peer_free(peer);
}

TEST(an_answer_is_not_larger_for_what_is_unknown)
{
    struct sctp_peer *peer = sctp_peer_new(NULL);
    char parameters[801] = "";
    for (int i = 0; i < 100; i++)
        memcpy(parameters + 8 * i, "cfff0004", 8);
    send_init(peer, INIT_BODY, parameters);
    size_t len;
    assert_non_null(sctp_peer_chunk(peer, 2, 0, &len));
    assert_true(len < 200);
    sctp_peer_free(peer);
}

TEST(a_cookie_that_is_not_ours_opens_nothing)
{
    struct sctp_peer *peer = sctp_peer_new(NULL);
    uint8_t forged[2048];
    size_t len;
    send_init(peer, INIT_BODY, SCTP_PEER_SUPPORTS);
    const uint8_t *cookie = find_parameter(peer, 7, 0, &len);
    assert_non_null(cookie);
    len -= 4;
    memcpy(forged, cookie + 4, len);
    /* Without our secret (RFC 9260 §5.1.5: silently discarded). */
    for (size_t i = 0; i < 16; i++) {
        forged[i] ^= 0x40;
        echo(peer, forged, len);
        forged[i] ^= 0x40;
    }
    for (size_t i = 0; i < len; i++)
        echo(peer, forged, i);
    memset(forged + len, 0, 64);
    for (size_t i = 4; i <= 64; i += 4)
        echo(peer, forged, len + i);
    memset(forged, 0xaa, sizeof forged);
    echo(peer, forged, sizeof forged);
    assert_int_equal(sctp_peer_chunks(peer, 11), 0);
    assert_int_equal(peer->opened, 0);
    assert_int_equal(peer->closed, 0);
    sctp_peer_free(peer);
}

TEST(an_init_ack_that_makes_no_sense_is_not_believed)
{
    /* Tag 0; no streams; no cookie; an empty body (RFC 9260 §3.3.3). */
    static const char *const bodies[] = {
        INIT_TAGGED("00000000", "00100000", "0400", "0400") "00070008 01020304",
        INIT_TAGGED("55667788", "00100000", "0000", "0400") "00070008 01020304",
        INIT_TAGGED("55667788", "00100000", "0400", "0000") "00070008 01020304",
        INIT_BODY,
        INIT_BODY "0007ffff 01020304",
        "",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct sctp_peer *peer = sctp_peer_new(NULL);
        sctp_peer_send_hex(peer, 2, 0, bodies[i]);
        assert_int_equal(sctp_peer_chunks(peer, 10), 0);
        assert_int_equal(peer->opened, 0);
        sctp_peer_free(peer);
    }
}

TEST(an_init_ack_that_was_not_asked_for_is_ignored)
{
    /* RFC 9260 §5.2.3: in any state but COOKIE-WAIT. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    sctp_peer_send_hex(peer, 2, 0, INIT_BODY "00070008 01020304");
    assert_int_equal(peer->packets > 0 ? sctp_peer_chunks(peer, 10) : 0, 0);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(unknown_parameters_of_an_init_ack_leave_the_handshake_alone)
{
    /* Report or not, go on or not: the cookie comes before them. */
    struct sctp_peer *peer =
        sctp_peer_open(NULL, "8fff0008 01020304" SCTP_PEER_SUPPORTS "cfff0008 01020304 0fff0004");
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(a_cookie_that_comes_again_is_acknowledged_again)
{
    /* RFC 9260 §5.2.4 D: our COOKIE ACK was lost. */
    struct sctp_peer *peer = sctp_peer_new(NULL);
    uint8_t cookie[2048];
    size_t len;
    send_init(peer, INIT_BODY, SCTP_PEER_SUPPORTS);
    const uint8_t *found = find_parameter(peer, 7, 0, &len);
    assert_non_null(found);
    memcpy(cookie, found + 4, len - 4);
    echo(peer, cookie, len - 4);
    sctp_peer_run(peer, 1000000);
    assert_int_equal(peer->opened, 1);
    sctp_peer_say(peer, 1, 0, 1);
    for (int i = 0; i < 3; i++) {
        sctp_peer_forget(peer);
        echo(peer, cookie, len - 4);
        assert_int_equal(sctp_peer_chunks(peer, 11), 1);
    }
    assert_int_equal(peer->opened, 1);
    assert_int_equal(peer->closed, 0);
    sctp_peer_say(peer, 1, 1, 2); /* nothing was begun anew */
    assert_int_equal(peer->messages, 2);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(a_cookie_ack_that_nobody_waits_for_is_ignored)
{
    /* RFC 9260 §5.2.5. */
    struct sctp_peer *peer = sctp_peer_new(NULL);
    sctp_peer_send(peer, 11, 0, NULL, 0);
    assert_int_equal(peer->opened, 0);
    sctp_peer_free(peer);
    peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    sctp_peer_send(peer, 11, 0, NULL, 0);
    assert_int_equal(peer->opened, 1);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}

TEST(an_init_of_nobody_does_not_disturb_an_open_association)
{
    /* RFC 9260 §5.2.2: it may be answered, but changes nothing. */
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS);
    for (int i = 0; i < 100; i++) {
        send_init(peer, INIT_BODY, SCTP_PEER_SUPPORTS);
        send_init(peer, INIT_TAGGED("00000000", "00100000", "0400", "0400"), "");
    }
    sctp_peer_expect_well(peer);
    assert_int_equal(peer->opened, 1);
    sctp_peer_free(peer);
}

TEST(data_before_the_handshake_is_dropped)
{
    struct sctp_peer *peer = sctp_peer_new(NULL);
    sctp_peer_say(peer, 1, 0, 1);
    sctp_peer_sack(peer, peer->first_tsn + 5, 1000);
    sctp_peer_send_hex(peer, 192, 0, "fffffff5");
    sctp_peer_send_hex(peer, 130, 0, "000d0010 00000001 00000001 00000001");
    assert_int_equal(peer->messages, 0);
    assert_int_equal(peer->opened, 0);
    sctp_peer_free(peer);
}

/* RFC 9653 §5: only towards who takes it, and never in INIT and COOKIE ECHO. */
TEST(checksums_are_left_out_where_the_peer_says_so)
{
    static const char *const parameters[] = {SCTP_PEER_SUPPORTS,
                                             SCTP_PEER_SUPPORTS SCTP_PEER_UNCHECKED};
    for (size_t i = 0; i < 2; i++) {
        const struct sctp_message head = {.stream = 1, .ppid = SCTP_PPID_BINARY};
        struct sctp_peer *peer = sctp_peer_new(NULL);
        assert_true(sctp_peer_get32(peer->kept[0].bytes + 8) != 0);
        sctp_peer_free(peer);
        peer = sctp_peer_open(NULL, parameters[i]);
        assert_int_equal(sctp_send(peer->sctp, &head, actr_bytes_str("x")), 0);
        sctp_peer_run(peer, 10000);
        assert_true(peer->count > 0);
        assert_int_equal(sctp_peer_get32(peer->kept[0].bytes + 8) == 0, i == 1);
        sctp_peer_expect_well(peer);
        sctp_peer_free(peer);
    }
}

TEST(a_packet_without_a_checksum_is_taken_as_was_offered)
{
    struct sctp_peer *peer = sctp_peer_open(NULL, SCTP_PEER_SUPPORTS SCTP_PEER_UNCHECKED);
    struct sctp_peer_data data = {.tsn = peer->tsn++, .stream = 1, .flags = 3, .len = 10};
    sctp_draft_begin(peer, peer->tag);
    sctp_draft_data(peer, &data);
    sctp_draft_send_raw(peer);
    assert_int_equal(peer->messages, 1);
    /* A wrong one is wrong. */
    data.tsn = peer->tsn;
    data.ssn = 1;
    sctp_draft_begin(peer, peer->tag);
    sctp_draft_data(peer, &data);
    peer->draft.bytes[10] = 1;
    sctp_draft_send_raw(peer);
    assert_int_equal(peer->messages, 1);
    sctp_peer_expect_well(peer);
    sctp_peer_free(peer);
}
