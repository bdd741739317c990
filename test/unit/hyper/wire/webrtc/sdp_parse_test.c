// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Session descriptions in the manner of several implementations, and what is wrong with others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <actr/error.h>

#include "base/bytes.h"
#include "harness.h"
#include "hyper/wire/webrtc/sdp.h"

static struct sdp sdp;

static void expect_same_transport(const char *ufrag, const char *pwd, enum sdp_setup setup)
{
    assert_string_equal(sdp.credentials.ufrag, ufrag);
    assert_string_equal(sdp.credentials.pwd, pwd);
    assert_int_equal(sdp.setup, setup);
    assert_int_equal(sdp.fingerprints[0].hash, FINGERPRINT_SHA256);
    assert_int_equal(sdp.fingerprints[0].bytes[0], 0x7b);
    assert_int_equal(sdp.fingerprints[0].bytes[31], 0x08);
    assert_int_equal(sdp.sctp_port, 5000);
    assert_false(sdp.is_ice_lite);
    assert_true(sdp.is_bundle);
}

/* With either line end. */
static void read_vector(const char *path, void (*expect)(void))
{
    size_t len, long_len = 0;
    char *text = harness_vector(path, &len), *longer = malloc(2 * len);
    assert_non_null(longer);
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n')
            longer[long_len++] = '\r';
        longer[long_len++] = text[i];
    }
    assert_int_equal(sdp_parse(actr_view_of(text, len), &sdp), 0);
    expect();
    assert_int_equal(sdp_parse(actr_view_of(longer, long_len), &sdp), 0);
    expect();
    /* The last line needs no end. */
    assert_int_equal(sdp_parse(actr_view_of(longer, long_len - 2), &sdp), 0);
    expect();
    free(longer);
    harness_free(text);
}

static void expect_chromium(void)
{
    expect_same_transport("Gx7+", "3WZ0QJv2pZCKSzTgP4nqGm8T", SDP_SETUP_ACTPASS);
    assert_int_equal(sdp.media_count, 2);
    assert_false(sdp.media[0].is_data);
    assert_string_equal(sdp.media[0].mid, "audio");
    assert_memory_equal(sdp.media[0].lines.ptr, "m=audio 54321 ", 14);
    assert_true(sdp.media[1].is_data);
    assert_int_equal(sdp.data_index, 1);
    assert_string_equal(sdp.media[1].mid, "data");
    assert_memory_equal(sdp.media[1].lines.ptr, "m=application 9 ", 16);
    assert_ptr_equal(sdp.media[0].lines.ptr + sdp.media[0].lines.len, sdp.media[1].lines.ptr);
    assert_int_equal(sdp.message_len_max, 262144);
    assert_int_equal(sdp.candidate_count, 3); /* TCP is of no use */
    assert_int_equal(sdp.candidates[0].type, CANDIDATE_HOST);
    assert_int_equal(sdp.candidates[0].address.port, 54321);
    assert_string_equal(sdp.candidates[1].name, "2c0cf5d3-3a3d-4c92-8b77-6a6f1f5f2d6e.local");
    assert_int_equal(sdp.candidates[2].type, CANDIDATE_SRFLX);
}

TEST(an_offer_in_the_manner_of_chromium)
{
    read_vector("sdp/chromium-offer.sdp", expect_chromium);
}

static void expect_firefox(void)
{
    expect_same_transport("6a5f0d31", "9a3f71b4c06de5d2a8b1f0c9e4d7a6b5", SDP_SETUP_ACTPASS);
    assert_int_equal(sdp.media_count, 1);
    assert_int_equal(sdp.message_len_max, 1073741823);
    assert_int_equal(sdp.candidate_count, 0);
}

TEST(an_offer_in_the_manner_of_firefox)
{
    read_vector("sdp/firefox-offer.sdp", expect_firefox);
}

static void expect_libdatachannel(void)
{
    expect_same_transport("pTz5", "6mKk0yGmRIWAFvD9rM3JXr", SDP_SETUP_ACTIVE);
    assert_int_equal(sdp.candidate_count, 2);
    assert_true(sdp.candidates[1].address.is_ipv6);
}

TEST(an_answer_in_the_manner_of_libdatachannel)
{
    read_vector("sdp/libdatachannel-answer.sdp", expect_libdatachannel);
}

static void expect_pion(void)
{
    expect_same_transport("lhkQhGXMRqKDzbgV", "KMkXgWrCXhVMTIWFgKBUiNzNbyUAOTcZ", SDP_SETUP_ACTIVE);
    assert_int_equal(sdp.media_count, 2);
    assert_true(sdp.media[1].is_rejected);
    assert_false(sdp.media[1].is_data);
    assert_int_equal(sdp.message_len_max, UINT32_MAX);
    assert_int_equal(sdp.candidate_count, 2); /* not those of component 2 */
}

TEST(an_answer_in_the_manner_of_pion)
{
    read_vector("sdp/pion-answer.sdp", expect_pion);
}

static void expect_aiortc(void)
{
    expect_same_transport("kQ2f", "XfGxkZ5yNqHqYjvGm3aB8P", SDP_SETUP_ACTPASS);
    assert_true(sdp.media[0].is_data);
    assert_int_equal(sdp.fingerprint_count, 2); /* SHA-1 is not trusted */
    assert_int_equal(sdp.fingerprints[1].hash, FINGERPRINT_SHA384);
    assert_int_equal(sdp.message_len_max, 65536);
    assert_int_equal(sdp.candidate_count, 2);
}

TEST(an_offer_in_the_manner_of_aiortc)
{
    read_vector("sdp/aiortc-offer.sdp", expect_aiortc);
}

static void expect_werift(void)
{
    expect_same_transport("a1b2", "0123456789abcdefghijkl", SDP_SETUP_ACTPASS);
    assert_int_equal(sdp.message_len_max, 65536);
}

TEST(an_offer_in_the_manner_of_werift)
{
    read_vector("sdp/werift-offer.sdp", expect_werift);
}

/* ---- small ones ---- */

#define FP                                                                                         \
    "7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:"   \
    "19:08"
#define OTHER                                                                                      \
    "00:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:"   \
    "19:08"
#define BEGIN "v=0\no=- 1 2 IN IP4 0.0.0.0\ns=-\nt=0 0\n"
#define KEYS "a=ice-ufrag:abcd\na=ice-pwd:0123456789012345678901\n"
#define PRINT "a=fingerprint:sha-256 " FP "\n"
#define DATA "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\n"
#define AUDIO "m=audio 9 UDP/TLS/RTP/SAVPF 111\n"

static void read_text(const char *text)
{
    int r = sdp_parse(view_text(text), &sdp);
    if (r != 0)
        fail_msg("%s in:\n%s", actr_errmsg(), text);
}

static void refuse(const char *text, const char *why)
{
    assert_int_equal(sdp_parse(view_text(text), &sdp), ACTR_EINVALID);
    if (!strstr(actr_errmsg(), why))
        fail_msg("\"%s\" is not in \"%s\"", why, actr_errmsg());
}

TEST(the_least_there_can_be)
{
    read_text(BEGIN DATA KEYS PRINT);
    assert_int_equal(sdp.setup, SDP_SETUP_ACTPASS);
    assert_int_equal(sdp.sctp_port, 5000);
    assert_int_equal(sdp.message_len_max, 65536);
    assert_int_equal(sdp.data_index, 0);
    assert_false(sdp.is_bundle);
    assert_string_equal(sdp.media[0].mid, "");
    read_text("v=0\n\n" KEYS PRINT "a=setup:passive\na=ice-lite\na=recvonly\n" DATA "\n\n");
    assert_int_equal(sdp.setup, SDP_SETUP_PASSIVE);
    assert_true(sdp.is_ice_lite);
    read_text("v=0\n" KEYS PRINT "a=setup:passive\n" DATA "a=setup:active\na=sctp-port:6000\n"
              "a=max-message-size:99999999999\n");
    assert_int_equal(sdp.setup, SDP_SETUP_ACTIVE);
    assert_int_equal(sdp.sctp_port, 6000);
    assert_int_equal(sdp.message_len_max, UINT32_MAX);
}

TEST(the_session_is_known_by_its_number)
{
    read_text("v=0\no=- 4611731400430051336 2 IN IP4 127.0.0.1\n" KEYS PRINT DATA);
    assert_true(sdp.session_id == 4611731400430051336u);
    static const char *const none[] = {
        "", "-", "- ", "- x 1 IN IP4 0.0.0.0", "- -5 1", "- 99999999999999999999 1"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        char text[1024];
        snprintf(text, sizeof(text), "v=0\no=%s\n" KEYS PRINT DATA, none[i]);
        read_text(text);
        assert_true(sdp.session_id == 0);
    }
}

TEST(unknown_lines_and_attributes_are_skipped)
{
    read_text(BEGIN "z=\nk=prompt\na=nothing:known\na=\na=group:LS 7\n" DATA
                    "a=ufrag:x\na=mid2\nb=AS:30\n" KEYS PRINT "a=fingerprint:md5 00\n");
    assert_int_equal(sdp.fingerprint_count, 1);
}

TEST(what_leads_astray_is_refused_with_its_line)
{
    refuse("", "line 0: does not begin with v=0");
    refuse("o=- 1 2 IN IP4 0.0.0.0\n", "line 1: does not begin with v=0");
    refuse("v=1\n", "line 1: does not begin");
    refuse(BEGIN "hello\n", "line 5: not of the form");
    refuse(BEGIN "\n\n=\n", "line 7: not of the form");
    refuse(BEGIN "A=x\n", "line 5: not of the form");
    refuse(BEGIN "m=application\n", "line 5: not a description of media");
    refuse(BEGIN "m=application x UDP/DTLS/SCTP y\n", "line 5: not a description of media");
    refuse(BEGIN "m=application 65536 UDP/DTLS/SCTP y\n", "line 5: not a description of media");
    refuse(BEGIN DATA "a=ice-ufrag:abc\n", "line 6: not a user fragment");
    refuse(BEGIN DATA "a=ice-ufrag:ab_d\n", "line 6: not a user fragment");
    refuse(BEGIN DATA "a=ice-pwd:012345678901234567890\n", "line 6: not a user fragment");
    refuse(BEGIN DATA "a=ice-ufrag:abcd\na=ice-ufrag:abce\n", "line 7: two different user");
    refuse(BEGIN DATA "a=fingerprint:sha-256 00\n", "line 6: not a fingerprint");
    refuse(BEGIN DATA PRINT "a=fingerprint:sha-256 " OTHER "\n", "line 7: two different finger");
    refuse(BEGIN DATA "a=setup:holdconn\n", "line 6: setup is none of");
    refuse(BEGIN DATA "a=sctp-port:0\n", "line 6: not a port of SCTP");
    refuse(BEGIN DATA "a=sctp-port:65536\n", "line 6: not a port of SCTP");
    refuse(BEGIN DATA "a=sctpmap:x webrtc-datachannel 1\n", "line 6: not a port of SCTP");
    refuse(BEGIN DATA "a=max-message-size:-1\n", "line 6: not a length");
    refuse(BEGIN "a=mid:0\n" DATA, "line 5: a mid outside");
    refuse(BEGIN DATA "a=mid:\n", "line 6: not a mid");
    refuse(BEGIN DATA "a=mid:a b\n", "line 6: not a mid");
    refuse(BEGIN DATA "a=mid:a\rb\n", "line 6: not a mid");
    refuse(BEGIN "m=audio 9 RTP\ra=x 0\n", "line 5: not a description of media");
    refuse(BEGIN DATA "a=mid:0123456789012345678901234567890123456789012345678901234567890123x\n",
           "line 6: not a mid");
    refuse(BEGIN AUDIO "a=mid:0\n" DATA "a=mid:0\n", "line 8: a mid that another");
    refuse(BEGIN DATA KEYS, "line 5: no fingerprint");
    refuse(BEGIN DATA KEYS "a=fingerprint:sha-1 00\n", "line 5: no fingerprint");
    refuse(BEGIN DATA PRINT, "line 5: no user fragment");
    refuse(BEGIN DATA PRINT "a=ice-ufrag:abcd\n", "line 5: no user fragment");
}

TEST(a_description_without_a_data_section_is_refused)
{
    refuse(BEGIN KEYS PRINT, "no data section");
    refuse(BEGIN KEYS PRINT AUDIO, "no data section");
    refuse(BEGIN KEYS PRINT "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\n", "rejected");
    refuse(BEGIN KEYS PRINT "m=application 9 UDP/BFCP *\n", "no data section");
    read_text(BEGIN KEYS PRINT "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\n" DATA);
    assert_int_equal(sdp.data_index, 1);
    read_text(BEGIN KEYS PRINT "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\na=bundle-only\n");
    assert_int_equal(sdp.data_index, 0);
    assert_false(sdp.media[0].is_rejected);
}

#define BUNDLE "a=group:BUNDLE 0 1\n"

TEST(sections_of_one_bundle_must_not_contradict_each_other)
{
    read_text(BEGIN BUNDLE DATA KEYS PRINT "a=mid:0\n" AUDIO KEYS PRINT "a=mid:1\n");
    assert_true(sdp.is_bundle);
    refuse(BEGIN BUNDLE DATA KEYS PRINT "a=mid:0\n" AUDIO "a=ice-ufrag:abce\na=mid:1\n",
           "line 11: another user fragment");
    refuse(BEGIN BUNDLE AUDIO "a=fingerprint:sha-256 " OTHER "\na=mid:1\n" DATA KEYS PRINT
                              "a=mid:0\n",
           "line 6: another fingerprint");
    /* Those that share nothing may. */
    read_text(BEGIN "a=group:BUNDLE 0\n" DATA KEYS PRINT "a=mid:0\n" AUDIO
                    "a=ice-ufrag:abce\na=mid:1\n");
    read_text(BEGIN BUNDLE DATA KEYS PRINT "a=mid:0\nm=audio 0 UDP/TLS/RTP/SAVPF 0\n"
                                           "a=ice-ufrag:abce\na=mid:1\n");
}

/* Of a bundle only the first section need say what all share (RFC 9143 §7.1.3). */
TEST(a_data_section_behind_others_has_what_the_first_of_its_bundle_says)
{
    read_text(BEGIN BUNDLE AUDIO KEYS PRINT
              "a=setup:active\na=mid:0\n"
              "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\na=bundle-only\n"
              "a=mid:1\n");
    assert_int_equal(sdp.data_index, 1);
    assert_true(sdp.is_bundle);
    assert_string_equal(sdp.credentials.ufrag, "abcd");
    assert_string_equal(sdp.credentials.pwd, "0123456789012345678901");
    assert_int_equal(sdp.fingerprint_count, 1);
    assert_int_equal(sdp.setup, SDP_SETUP_ACTIVE);
    /* One that is rejected says nothing any more; then it is the next. */
    read_text(BEGIN "a=group:BUNDLE 2 0 1\nm=video 0 UDP/TLS/RTP/SAVPF 96\na=ice-ufrag:wxyz\n"
                    "a=mid:2\n" AUDIO KEYS PRINT "a=mid:0\n" DATA "a=mid:1\na=setup:passive\n");
    assert_string_equal(sdp.credentials.ufrag, "abcd");
    assert_int_equal(sdp.setup, SDP_SETUP_PASSIVE);
    /* What is said for the session stands behind both. */
    read_text(BEGIN PRINT BUNDLE AUDIO KEYS "a=mid:0\n" DATA "a=mid:1\n");
    assert_string_equal(sdp.credentials.ufrag, "abcd");
    /* Of several groups it is that of the data. */
    read_text(BEGIN "a=group:BUNDLE 0 1\na=group:BUNDLE 2\n" AUDIO KEYS PRINT "a=mid:0\n" DATA
                    "a=mid:1\n" AUDIO "a=mid:2\n");
    assert_true(sdp.is_bundle);
    assert_string_equal(sdp.credentials.ufrag, "abcd");
    /* Without a bundle each speaks for itself. */
    refuse(BEGIN AUDIO KEYS PRINT "a=mid:0\n" DATA "a=mid:1\n", "line 10: no user fragment");
    refuse(BEGIN BUNDLE DATA PRINT "a=mid:0\n" AUDIO KEYS "a=mid:1\n", "line 6: no user fragment");
}

#define CANDIDATE(n) "a=candidate:1 1 udp 100 192.0.2.1 " #n " typ host\n"

TEST(candidates_come_from_all_sections_of_the_bundle_and_once)
{
    read_text(BEGIN BUNDLE CANDIDATE(1) AUDIO CANDIDATE(2) "a=mid:1\n" CANDIDATE(3) DATA KEYS PRINT
              "a=mid:0\n" CANDIDATE(3) "a=candidate:nonsense\n"
                                       "a=candidate:1 1 udp 100 192.0.2.1 3 typ host\n");
    assert_int_equal(sdp.candidate_count, 2);
    assert_int_equal(sdp.candidates[0].address.port, 2);
    assert_int_equal(sdp.candidates[1].address.port, 3);
    read_text(BEGIN AUDIO CANDIDATE(2) "a=end-of-candidates\n" DATA CANDIDATE(4) KEYS PRINT);
    assert_int_equal(sdp.candidate_count, 1);
}

/* ---- bounds ---- */

static char big[(1 << 20) + 1];

TEST(a_long_text_is_refused_at_once)
{
    memset(big, 'x', sizeof(big));
    assert_int_equal(sdp_parse(actr_view_of(big, 1 << 20), &sdp), ACTR_EINVALID);
    assert_non_null(strstr(actr_errmsg(), "1048576 bytes are too many"));
    size_t len = 0;
    len += (size_t)sprintf(big, "%s", BEGIN DATA KEYS PRINT);
    while (len + 40 < SDP_LEN_MAX)
        len += (size_t)sprintf(big + len, "a=unknown:%zu\n", len);
    assert_int_equal(sdp_parse(actr_view_of(big, len), &sdp), 0);
}

TEST(sections_and_candidates_are_bounded)
{
    size_t len = (size_t)sprintf(big, "%s", BEGIN DATA KEYS PRINT);
    for (int i = 1; i < SDP_MEDIA_MAX; i++)
        len += (size_t)sprintf(big + len, "%sa=mid:%d\n", AUDIO, i);
    assert_int_equal(sdp_parse(actr_view_of(big, len), &sdp), 0);
    assert_int_equal(sdp.media_count, SDP_MEDIA_MAX);
    strcpy(big + len, AUDIO);
    refuse(big, "too many sections");
    len = (size_t)sprintf(big, "%s", "v=0\na=group:BUNDLE");
    for (int i = 0; i < SDP_MEDIA_MAX; i++)
        len += (size_t)sprintf(big + len, " %d", i);
    sprintf(big + len, "\n%s", DATA KEYS PRINT "a=mid:31\n");
    read_text(big);
    assert_true(sdp.is_bundle);
    sprintf(big + len, " 32\n%s", DATA KEYS PRINT "a=mid:31\n");
    refuse(big, "line 2: a group of too many");
    len = (size_t)sprintf(big, "%s", BEGIN DATA KEYS PRINT);
    for (int i = 1; i <= SDP_CANDIDATES_MAX + 10; i++)
        len += (size_t)sprintf(big + len, "a=candidate:1 1 udp 100 192.0.2.1 %d typ host\n", i);
    assert_int_equal(sdp_parse(actr_view_of(big, len), &sdp), 0);
    assert_int_equal(sdp.candidate_count, SDP_CANDIDATES_MAX);
}
