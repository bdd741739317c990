// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Two sessions and the descriptions between them: what is said twice, and what is said for one that
 * lives already. No packet passes. */
#include "hyper/wire/webrtc/connection.h"

#include <stdio.h>

#include "fake_association.h"
#include "fake_udp.h"

static struct connection_settings settings;
static struct connection *offerer, *answerer;

/* What was told last. */
static struct {
    unsigned count;
    char ufrag[64];
} candidates[2];

static void on_candidate(void *owner, struct connection *connection, const char *ufrag,
                         const char *text)
{
    size_t who = (size_t)(connection == answerer);
    (void)owner, (void)text;
    candidates[who].count++;
    snprintf(candidates[who].ufrag, sizeof(candidates[who].ufrag), "%s", ufrag);
}

static void on_closed(void *owner, struct connection *connection, int code, const char *detail)
{
    (void)owner, (void)connection, (void)code;
    fail_msg("%s", detail);
}

static const struct connection_events events = {.on_candidate = on_candidate,
                                                .on_closed = on_closed};

static void run(void)
{
    loop_virtual_run_until(fake.loop, loop_now_us(fake.loop) + 1000);
}

static void text_of(struct actr_bytes sdp, char ret[2048])
{
    snprintf(ret, 2048, "%.*s", (int)sdp.len, (const char *)sdp.ptr);
    actr_bytes_unref(sdp);
}

static void offer(bool is_restart, char ret[2048])
{
    struct actr_bytes sdp;
    assert_int_equal(connection_offer(offerer, is_restart, &sdp), 0);
    text_of(sdp, ret);
}

static void offer_again(char ret[2048])
{
    struct actr_bytes sdp;
    assert_int_equal(connection_offer_again(offerer, &sdp), 0);
    text_of(sdp, ret);
}

static void answer(bool is_restart, const char *text, char ret[2048])
{
    struct actr_bytes sdp;
    assert_int_equal(connection_answer(answerer, is_restart, view_text(text), &sdp), 0);
    text_of(sdp, ret);
}

static uint32_t restarts(const struct connection *connection)
{
    struct connection_stats stats;
    connection_get_stats(connection, &stats);
    return stats.restarts;
}

static char offered[2048], answered[2048], text[2048];

static void pair_open(void)
{
    memset(candidates, 0, sizeof(candidates));
    fake_open();
    fake.list[0].address = remote_of(1);
    fake.list[0].address.port = 0;
    fake.list_count = 1;
    assert_int_equal(mux_open_with((struct udp_mux_options){0}), 0);
    settings = (struct connection_settings){
        .loop = fake.loop, .net = &fake.net, .mux = mux, .associations = &association_factory};
    assert_int_equal(connection_new(&settings, true, &events, NULL, &offerer), 0);
    assert_int_equal(connection_new(&settings, false, &events, NULL, &answerer), 0);
    offer(false, offered);
    answer(false, offered, answered);
    assert_int_equal(connection_apply(offerer, view_text(answered)), 0);
    run();
}

static void pair_close(void)
{
    connection_free(offerer);
    connection_free(answerer);
    mux_close();
}

/* As often as the peer asks for it, or as it seems to be lost. */
TEST(a_restart_that_is_offered_again_is_the_same)
{
    pair_open();
    offer(true, offered);
    assert_non_null(strstr(offered, "a=candidate:"));
    for (unsigned i = 0; i < 3; i++) {
        offer_again(text);
        assert_string_equal(text, offered);
        run();
    }
    assert_int_equal(restarts(offerer), 1);
    pair_close();
}

TEST(a_restart_that_came_again_is_answered_again)
{
    pair_open();
    offer(true, offered);
    assert_int_equal(connection_relate(answerer, view_text(offered)), CONNECTION_NEWS);
    answer(true, offered, answered);
    run();
    assert_non_null(strstr(answered, "a=candidate:"));
    assert_int_equal(connection_relate(answerer, view_text(offered)), CONNECTION_KNOWN);
    answer(false, offered, text);
    assert_string_equal(text, answered);
    assert_int_equal(restarts(answerer), 1);
    /* Whichever of the two answers is taken. */
    assert_int_equal(connection_apply(offerer, view_text(text)), 0);
    pair_close();
}

/* ---- offers of something else ---- */

#define MEDIA                                                                                      \
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=sendrecv\r\n"             \
    "a=rtpmap:111 opus/48000/2\r\n"

/* The last offer, or the last answer made an offer, with a section of media behind that of data. */
static void with_media(const char *sdp, char ret[2048])
{
    char copy[2048];
    snprintf(copy, sizeof(copy), "%s", sdp);
    char *setup = strstr(copy, "a=setup:");
    assert_non_null(setup);
    size_t len = strcspn(setup, "\r");
    snprintf(ret, 2048, "%.*sa=setup:actpass%s" MEDIA, (int)(setup - copy), copy, setup + len);
}

static const char *line_of(const char *sdp, const char *name)
{
    static char lines[2][256];
    static unsigned turn;
    char *line = lines[turn++ % 2];
    const char *at = strstr(sdp, name);
    assert_non_null(at);
    snprintf(line, sizeof(lines[0]), "%.*s", (int)strcspn(at, "\r"), at);
    return line;
}

static void expect_same(const char *sdp, const char *before, const char *setup)
{
    assert_string_equal(line_of(sdp, "a=ice-ufrag:"), line_of(before, "a=ice-ufrag:"));
    assert_string_equal(line_of(sdp, "a=ice-pwd:"), line_of(before, "a=ice-pwd:"));
    assert_string_equal(line_of(sdp, "a=fingerprint:"), line_of(before, "a=fingerprint:"));
    assert_string_equal(line_of(sdp, "a=setup:"), setup);
    assert_non_null(strstr(sdp, "m=application 9 "));
    assert_non_null(strstr(sdp, "m=audio 0 "));
}

TEST(media_is_refused_and_the_session_goes_on)
{
    char renegotiated[2048];
    pair_open();
    with_media(offered, text);
    assert_int_equal(connection_relate(answerer, view_text(text)), CONNECTION_KNOWN);
    answer(false, text, renegotiated);
    expect_same(renegotiated, answered, "a=setup:active");
    assert_string_not_equal(line_of(renegotiated, "o="), line_of(answered, "o="));
    answer(false, text, text); /* the same once more */
    assert_string_equal(text, renegotiated);
    assert_int_equal(restarts(answerer), 0);
    pair_close();
}

/* Either side may offer, and the roles of DTLS stay what they are. */
TEST(the_answerer_may_offer_media_too)
{
    struct actr_bytes sdp;
    pair_open();
    with_media(answered, text);
    assert_int_equal(connection_relate(offerer, view_text(text)), CONNECTION_KNOWN);
    assert_int_equal(connection_answer(offerer, false, view_text(text), &sdp), 0);
    text_of(sdp, text);
    expect_same(text, offered, "a=setup:passive");
    assert_int_equal(restarts(offerer), 0);
    pair_close();
}

/* Whoever has other keys is somebody else. */
TEST(the_same_words_with_another_fingerprint_are_strange)
{
    pair_open();
    snprintf(text, sizeof(text), "%s", offered);
    char *digit = strstr(text, "a=fingerprint:sha-256 ") + strlen("a=fingerprint:sha-256 ");
    *digit = *digit == 'A' ? 'B' : 'A';
    assert_int_equal(connection_relate(answerer, view_text(text)), CONNECTION_STRANGE);
    pair_close();
}

/* What was told while the server was away is told again. */
TEST(candidates_are_told_again)
{
    pair_open();
    candidates[0].count = 0;
    for (unsigned i = 1; i <= 3; i++) {
        connection_announce(offerer);
        assert_int_equal(candidates[0].count, i - 1); /* not inside */
        run();
        assert_int_equal(candidates[0].count, i);
        assert_non_null(strstr(offered, candidates[0].ufrag));
    }
    pair_close();
}

TEST(a_description_of_another_session_is_strange)
{
    pair_open();
    struct connection *other;
    struct actr_bytes sdp;
    assert_int_equal(connection_new(&settings, true, &events, NULL, &other), 0);
    assert_int_equal(connection_offer(other, false, &sdp), 0);
    text_of(sdp, text);
    assert_int_equal(connection_relate(answerer, view_text(text)), CONNECTION_STRANGE);
    assert_int_equal(connection_relate(answerer, view_text("v=0")), CONNECTION_STRANGE);
    connection_free(other);
    pair_close();
}
