// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Our session descriptions, against those that the existing system was seen to send. */
#include <stdlib.h>
#include <string.h>

#include <actr/error.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"
#include "hyper/wire/webrtc/sdp.h"

static struct sdp offer, answer;

/* "o=- 17 4 IN IP4 0.0.0.0": the numbers. */
static void read_origin(const char *text, struct sdp_local *local)
{
    char *end;
    const char *origin = strstr(text, "o=- ");
    assert_non_null(origin);
    local->session_id = strtoull(origin + 4, &end, 10);
    local->version = strtoull(end, NULL, 10);
}

/* What was parsed, written again, is the text. */
static void write_again(const char *text, const struct sdp *sdp, const struct sdp *to)
{
    struct sdp_local local = {.credentials = &sdp->credentials,
                              .fingerprint = &sdp->fingerprints[0],
                              .setup = sdp->setup,
                              .offer = to};
    struct actr_bytes written;
    read_origin(text, &local);
    assert_int_equal(sdp_format(&local, &written), 0);
    if (!view_equal(actr_bytes_view(written), view_text(text)))
        fail_msg("written:\n%.*s\nseen:\n%s", (int)written.len, (const char *)written.ptr, text);
    actr_bytes_unref(written);
}

/* Undoes the escapes of a dump, up to the quote; returns where it ends. */
static const char *unescape(const char *from, char *to, size_t cap)
{
    size_t len = 0;
    for (; *from && *from != '"'; from++) {
        assert_true(len + 1 < cap);
        if (*from != '\\') {
            to[len++] = *from;
            continue;
        }
        from++;
        assert_true(*from == 'r' || *from == 'n');
        to[len++] = *from == 'r' ? '\r' : '\n';
    }
    to[len] = '\0';
    return from;
}

static void compare_capture(const char *path, int *offers, int *answers)
{
    static const char mark[] = "sdp: \"v=0";
    char text[4096], *capture = harness_vector(path, NULL);
    for (const char *at = capture; (at = strstr(at, mark));) {
        at = unescape(at + 6, text, sizeof(text));
        bool is_answer = strstr(text, "a=setup:active") != NULL;
        struct sdp *sdp = is_answer ? &answer : &offer;
        static char kept[4096]; /* an offer's views point into its text */
        if (!is_answer)
            strcpy(kept, text);
        assert_int_equal(sdp_parse(view_text(is_answer ? text : kept), sdp), 0);
        write_again(text, sdp, is_answer ? &offer : NULL);
        (*(is_answer ? answers : offers))++;
    }
    harness_free(capture);
}

TEST(ours_are_those_of_the_existing_system_to_the_byte)
{
    int offers = 0, answers = 0;
    compare_capture("captures/signaling-server-offers.txt", &offers, &answers);
    compare_capture("captures/signaling-client-offers.txt", &offers, &answers);
    compare_capture("captures/signaling-ice-restart.txt", &offers, &answers);
    compare_capture("captures/direct-websocket-signaling.txt", &offers, &answers);
    assert_int_equal(offers, 12);
    assert_int_equal(answers, 12);
}

static void expect_answer(const char *path, const char *wanted)
{
    static const struct ice_credentials credentials = {"abcd", "0123456789012345678901"};
    static const struct fingerprint fingerprint = {FINGERPRINT_SHA256, {0xab, 0xcd}};
    char *text = harness_vector(path, NULL);
    struct sdp_local local = {.session_id = 1,
                              .version = 2,
                              .credentials = &credentials,
                              .fingerprint = &fingerprint,
                              .setup = SDP_SETUP_ACTIVE,
                              .message_len_max = 262144,
                              .offer = &offer};
    struct actr_bytes written;
    assert_int_equal(sdp_parse(view_text(text), &offer), 0);
    assert_int_equal(sdp_format(&local, &written), 0);
    if (!view_equal(actr_bytes_view(written), view_text(wanted)))
        fail_msg("written:\n%.*s", (int)written.len, (const char *)written.ptr);
    assert_int_equal(sdp_parse(actr_bytes_view(written), &answer), 0);
    assert_int_equal(answer.data_index, offer.data_index);
    assert_int_equal(answer.media_count, offer.media_count);
    assert_int_equal(answer.message_len_max, 262144);
    actr_bytes_unref(written);
    harness_free(text);
}

#define HEAD                                                                                       \
    "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 AB:CD:00:00:00:00:00:" \
    "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00\r\n"
#define KEYS "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"

TEST(an_answer_has_the_sections_of_its_offer)
{
    expect_answer("sdp/chromium-offer.sdp",
                  HEAD "a=group:BUNDLE data\r\na=extmap-allow-mixed\r\n"
                       "m=audio 0 UDP/TLS/RTP/SAVPF 111 63 9\r\nc=IN IP4 0.0.0.0\r\n"
                       "a=mid:audio\r\na=inactive\r\n"
                       "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n"
                       "a=setup:active\r\na=mid:data\r\na=sendrecv\r\na=sctp-port:5000\r\n"
                       "a=max-message-size:262144\r\n" KEYS);
}

TEST(an_answer_speaks_the_form_of_its_offer)
{
    expect_answer("sdp/aiortc-offer.sdp",
                  HEAD "a=group:BUNDLE 0\r\na=extmap-allow-mixed\r\n"
                       "m=application 9 DTLS/SCTP 5000\r\nc=IN IP4 0.0.0.0\r\n"
                       "a=setup:active\r\na=mid:0\r\na=sendrecv\r\n"
                       "a=sctpmap:5000 webrtc-datachannel 1024\r\n"
                       "a=max-message-size:262144\r\n" KEYS);
}

TEST(candidates_that_are_known_end_the_data_section)
{
    static const struct ice_credentials credentials = {"abcd", "0123456789012345678901"};
    static const struct fingerprint fingerprint = {FINGERPRINT_SHA256, {0xab, 0xcd}};
    static const char wanted[] = "a=ice-pwd:0123456789012345678901\r\n"
                                 "a=candidate:1 1 udp 2130706431 192.0.2.1 4000 typ host\r\n"
                                 "a=candidate:2 1 udp 2130706175 2001:db8::1 4000 typ host\r\n"
                                 "m=audio 0 ";
    struct candidate candidates[2];
    struct sdp_local local = {.session_id = 1,
                              .credentials = &credentials,
                              .fingerprint = &fingerprint,
                              .offer = &offer,
                              .candidates = candidates,
                              .candidate_count = 2};
    struct actr_bytes written;
    char *text = harness_vector("sdp/chromium-offer.sdp", NULL);
    assert_int_equal(sdp_parse(view_text(text), &offer), 0);
    struct sdp_media first = offer.media[0]; /* what is rejected comes behind the data */
    offer.media[0] = offer.media[offer.data_index];
    offer.media[offer.data_index] = first;
    offer.data_index = 0;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(
            candidate_parse(view_text(i ? "candidate:2 1 udp 2130706175 2001:db8::1 4000 typ host"
                                        : "candidate:1 1 udp 2130706431 192.0.2.1 4000 typ host"),
                            &candidates[i]),
            0);
    assert_int_equal(sdp_format(&local, &written), 0);
    assert_non_null(memmem(written.ptr, written.len, wanted, sizeof(wanted) - 1));
    assert_int_equal(sdp_parse(actr_bytes_view(written), &answer), 0);
    assert_int_equal(answer.candidate_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_true(net_address_equal(&answer.candidates[i].address, &candidates[i].address));
        assert_int_equal(answer.candidates[i].priority, candidates[i].priority);
    }
    actr_bytes_unref(written);
    harness_free(text);
}

TEST(an_answer_to_an_offer_without_a_group_has_none)
{
    static const char text[] =
        "v=0\r\na=ice-ufrag:abcd\na=ice-pwd:0123456789012345678901\na=fingerprint:sha-256 "
        "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"
        "00:00\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel  \r\n";
    struct sdp_local local = {.credentials = &offer.credentials,
                              .fingerprint = &offer.fingerprints[0],
                              .setup = SDP_SETUP_PASSIVE,
                              .offer = &offer};
    struct actr_bytes written;
    assert_int_equal(sdp_parse(view_text(text), &offer), 0);
    assert_int_equal(sdp_format(&local, &written), 0);
    assert_null(memmem(written.ptr, written.len, "BUNDLE", 6));
    assert_null(memmem(written.ptr, written.len, "a=mid", 5));
    assert_non_null(memmem(written.ptr, written.len, "a=setup:passive\r\n", 17));
    assert_non_null(memmem(written.ptr, written.len, "a=sctp-port:5000\r\n", 18));
    actr_bytes_unref(written);
    mem_fail_at(1);
    assert_int_equal(sdp_format(&local, &written), ACTR_ENOMEM);
    mem_fail_at(0);
}

TEST(the_longest_answer_there_can_be_is_not_cut)
{
    static char text[SDP_LEN_MAX];
    static char longest[SDP_LEN_MAX / SDP_MEDIA_MAX - 200];
    size_t len = 0;
    char *at = text;
    memset(longest, '7', sizeof(longest) - 1);
    at = stpcpy(at, "v=0\na=fingerprint:sha-512 ");
    for (int i = 0; i < 64; i++)
        at = stpcpy(at, i ? ":FF" : "FF");
    at = stpcpy(at, "\na=ice-ufrag:");
    memset(at, 'u', ICE_CREDENTIAL_MAX);
    at = stpcpy(at + ICE_CREDENTIAL_MAX, "\na=ice-pwd:");
    memset(at, 'p', ICE_CREDENTIAL_MAX);
    at = stpcpy(at + ICE_CREDENTIAL_MAX, "\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\n");
    for (int i = 1; i < SDP_MEDIA_MAX; i++) {
        at = stpcpy(stpcpy(stpcpy(at, "m=audio 9 RTP "), longest), "\na=mid:");
        memset(at, 'm', SDP_MID_MAX - 1);
        at += SDP_MID_MAX - 1;
        *at++ = (char)('0' + i);
        *at++ = '\n';
    }
    len = (size_t)(at - text);
    assert_int_equal(sdp_parse(actr_view_of(text, len), &offer), 0);
    struct sdp_local local = {.session_id = UINT64_MAX,
                              .version = UINT64_MAX,
                              .credentials = &offer.credentials,
                              .fingerprint = &offer.fingerprints[0],
                              .setup = SDP_SETUP_PASSIVE,
                              .message_len_max = UINT32_MAX,
                              .offer = &offer};
    struct actr_bytes written;
    assert_int_equal(sdp_format(&local, &written), 0);
    assert_int_equal(sdp_parse(actr_bytes_view(written), &answer), 0);
    assert_int_equal(answer.media_count, SDP_MEDIA_MAX);
    actr_bytes_unref(written);
}
