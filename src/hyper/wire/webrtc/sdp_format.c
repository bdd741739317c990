// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Session descriptions, written.
 *
 * Lines come in the order in which the existing system writes them; candidates, of which it writes
 * none at first, end the data section. An answer has the sections of its offer in their order, with
 * the protocol and format that the offer gave them: the data section, and every other one rejected
 * (port 0), since nothing but data is spoken here.
 *
 * Pure; any thread. */
#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"
#include "hyper/wire/webrtc/sdp.h"

/* Longer than all that is written for the session, or for a section beside its own m= line. */
#define SDP_FORMAT_SESSION_LEN (1024 + FINGERPRINT_TEXT_MAX)
#define SDP_FORMAT_SECTION_LEN (512 + sizeof(struct ice_credentials))

static const char sdp_media_line[] = "application 9 UDP/DTLS/SCTP webrtc-datachannel";

static struct actr_view cut_word(struct actr_view *text)
{
    size_t len = 0;
    while (len < text->len && text->ptr[len] != ' ')
        len++;
    struct actr_view word = actr_view_of(text->ptr, len);
    size_t skip = len + (len < text->len);
    *text = actr_view_of(text->ptr + skip, text->len - skip);
    return word;
}

/* Of an m= line: the media, and protocol with formats. */
static void split_media(struct actr_view lines, struct actr_view *ret_media,
                        struct actr_view *ret_rest)
{
    struct actr_view line = actr_view_of(lines.ptr + 2, 0);
    while (line.len < lines.len - 2 && line.ptr[line.len] != '\r' && line.ptr[line.len] != '\n')
        line.len++;
    while (line.len > 0 && line.ptr[line.len - 1] == ' ')
        line.len--;
    *ret_media = cut_word(&line);
    cut_word(&line); /* the port */
    *ret_rest = line;
}

static void put_media(struct text *text, struct actr_view lines, unsigned port)
{
    struct actr_view media, rest;
    split_media(lines, &media, &rest);
    text_printf(text, "m=");
    text_append(text, media);
    text_printf(text, " %u ", port);
    text_append(text, rest);
    text_printf(text, "\r\nc=IN IP4 0.0.0.0\r\n");
}

static void put_mid(struct text *text, const char *mid)
{
    if (mid[0])
        text_printf(text, "a=mid:%s\r\n", mid);
}

static void put_rejected(struct text *text, const struct sdp_media *media)
{
    put_media(text, media->lines, 0);
    put_mid(text, media->mid);
    text_printf(text, "a=inactive\r\n");
}

/* From before RFC 8841: the format is the port. */
static bool is_sctpmap(struct actr_view lines)
{
    static const char format[] = "webrtc-datachannel";
    struct actr_view media, rest;
    split_media(lines, &media, &rest);
    cut_word(&rest); /* the protocol */
    return !view_equal(rest, view_text(format));
}

static void put_data(struct text *text, const struct sdp_local *local,
                     const struct sdp_media *media)
{
    static const char *const setups[] = {[SDP_SETUP_ACTPASS] = "actpass",
                                         [SDP_SETUP_ACTIVE] = "active",
                                         [SDP_SETUP_PASSIVE] = "passive"};
    put_media(text, media->lines, 9);
    text_printf(text, "a=setup:%s\r\n", setups[local->setup]);
    put_mid(text, media->mid);
    text_printf(text, "a=sendrecv\r\n");
    if (is_sctpmap(media->lines))
        text_printf(text, "a=sctpmap:5000 webrtc-datachannel 1024\r\n");
    else
        text_printf(text, "a=sctp-port:5000\r\n");
    if (local->message_len_max)
        text_printf(text, "a=max-message-size:%u\r\n", local->message_len_max);
    text_printf(text, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", local->credentials->ufrag,
                local->credentials->pwd);
    for (size_t i = 0; i < local->candidate_count; i++) {
        char candidate[CANDIDATE_TEXT_MAX];
        candidate_format(&local->candidates[i], candidate);
        text_printf(text, "a=%s\r\n", candidate);
    }
}

static void put_session(struct text *text, const struct sdp_local *local, const char *bundled)
{
    char fingerprint[FINGERPRINT_TEXT_MAX];
    fingerprint_format(local->fingerprint, fingerprint);
    text_printf(text, "v=0\r\no=- %llu %llu IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:%s\r\n",
                (unsigned long long)local->session_id, (unsigned long long)local->version,
                fingerprint);
    if (bundled)
        text_printf(text, "a=group:BUNDLE %s\r\n", bundled);
    text_printf(text, "a=extmap-allow-mixed\r\n");
}

static size_t text_len_max(const struct sdp_local *local)
{
    const struct sdp *offer = local->offer;
    size_t len = SDP_FORMAT_SESSION_LEN + SDP_FORMAT_SECTION_LEN +
                 local->candidate_count * (CANDIDATE_TEXT_MAX + 4);
    struct actr_view media, rest;
    for (size_t i = 0; offer && i < offer->media_count; i++) {
        split_media(offer->media[i].lines, &media, &rest);
        len += media.len + rest.len + SDP_FORMAT_SECTION_LEN;
    }
    return len;
}

static void put_all(struct text *text, const struct sdp_local *local)
{
    const struct sdp *offer = local->offer;
    struct sdp_media first = {.mid = "0"};
    char line[sizeof(sdp_media_line) + 2] = "m=";
    if (!offer) {
        memcpy(line + 2, sdp_media_line, sizeof(sdp_media_line));
        first.lines = view_text(line);
        put_session(text, local, first.mid);
        put_data(text, local, &first);
        return;
    }
    put_session(text, local, offer->is_bundle ? offer->media[offer->data_index].mid : NULL);
    for (size_t i = 0; i < offer->media_count; i++) {
        if ((int)i == offer->data_index)
            put_data(text, local, &offer->media[i]);
        else
            put_rejected(text, &offer->media[i]);
    }
}

int sdp_format(const struct sdp_local *local, struct actr_bytes *ret_text)
{
    struct text text;
    uint8_t *data;
    size_t cap = text_len_max(local);
    struct actr_bytes bytes = bytes_new(cap, &data);
    if (actr_bytes_failed(bytes))
        return err_origin(ACTR_ENOMEM, "sdp: no memory");
    text_init(&text, (char *)data, cap);
    put_all(&text, local);
    assert(!text.is_cut);
    bytes_truncate(&bytes, text.len);
    *ret_text = bytes;
    return 0;
}
