// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Session descriptions: what is read is within its bounds, and an answer to it can be written and
 * read. */
#include <string.h>

#include "fuzz.h"
#include "hyper/wire/webrtc/sdp.h"

static void check_media(const uint8_t *data, size_t len, const struct sdp *sdp)
{
    const uint8_t *at = NULL;
    for (size_t i = 0; i < sdp->media_count; i++) {
        const struct sdp_media *media = &sdp->media[i];
        fuzz_check(media->lines.ptr >= data && media->lines.ptr + media->lines.len <= data + len,
                   "a section outside of the text");
        fuzz_check(!at || media->lines.ptr == at, "a gap between sections");
        fuzz_check(strlen(media->mid) <= SDP_MID_MAX, "a mid too long");
        at = media->lines.ptr + media->lines.len;
    }
    fuzz_check(at == data + len, "the last section ends before the text");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct sdp sdp, answer;
    if (sdp_parse(actr_view_of(data, len), &sdp) < 0)
        return 0;
    fuzz_check(sdp.media_count > 0 && sdp.media_count <= SDP_MEDIA_MAX, "no sections");
    fuzz_check(sdp.data_index >= 0 && (size_t)sdp.data_index < sdp.media_count, "no data");
    fuzz_check(sdp.candidate_count <= SDP_CANDIDATES_MAX, "too many candidates");
    fuzz_check(sdp.fingerprint_count > 0 && sdp.fingerprint_count <= SDP_FINGERPRINTS_MAX,
               "no fingerprint");
    fuzz_check(strlen(sdp.credentials.ufrag) >= 4 && strlen(sdp.credentials.pwd) >= 22,
               "no credentials");
    fuzz_check(sdp.sctp_port > 0 && sdp.message_len_max > 0, "no association");
    check_media(data, len, &sdp);

    struct sdp_local local = {.credentials = &sdp.credentials,
                              .fingerprint = &sdp.fingerprints[0],
                              .setup = SDP_SETUP_ACTIVE,
                              .offer = &sdp};
    struct actr_bytes written;
    fuzz_check(sdp_format(&local, &written) == 0, "no answer can be written");
    fuzz_check(sdp_parse(actr_bytes_view(written), &answer) == 0, "the answer cannot be read");
    fuzz_check(answer.media_count == sdp.media_count && answer.data_index == sdp.data_index &&
                   answer.is_bundle == sdp.is_bundle,
               "the answer has other sections");
    actr_bytes_unref(written);
    return 0;
}
