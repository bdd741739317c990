// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Session descriptions (RFC 8866, 8829, 8839, 8841, 8842): what a peer says of itself, parsed to
 * what matters here, and ours, written in the order in which the existing system writes.
 *
 * Tolerant in reading what browsers send (unknown lines, order of attributes, bare LF, session- or
 * media-level credentials), strict in what would lead astray (two different fingerprints or
 * credentials among bundled sections, no fingerprint, no data section). Bounds: SDP_LEN_MAX,
 * SDP_MEDIA_MAX sections, SDP_CANDIDATES_MAX candidates (further ones are skipped).
 * Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "hyper/wire/webrtc/certificate.h"
#include "hyper/wire/webrtc/ice/agent.h"
#include "hyper/wire/webrtc/ice/candidate.h"

#define SDP_LEN_MAX (256u << 10)
#define SDP_MEDIA_MAX 32
#define SDP_CANDIDATES_MAX 64
#define SDP_MID_MAX 64
#define SDP_FINGERPRINTS_MAX 4

enum sdp_setup { SDP_SETUP_ACTPASS, SDP_SETUP_ACTIVE, SDP_SETUP_PASSIVE };

/* One m= section. Views point into the text. */
struct sdp_media {
    bool is_data;     /* the others are of media, which nobody here speaks */
    bool is_rejected; /* port 0, and not for want of a transport of its own (bundle-only) */
    char mid[SDP_MID_MAX + 1];
    struct actr_view lines; /* the whole section */
};

struct sdp {
    uint64_t session_id; /* of o=; the same in all descriptions of a session; 0: not told */
    struct ice_credentials credentials;
    struct fingerprint fingerprints[SDP_FINGERPRINTS_MAX];
    size_t fingerprint_count;
    enum sdp_setup setup; /* actpass also when nothing is said */
    bool is_ice_lite;
    bool is_bundle;           /* the data section is in a group */
    uint16_t sctp_port;       /* absent: 5,000 */
    uint32_t message_len_max; /* a=max-message-size; absent: 65,536; 0 means any: UINT32_MAX */
    int data_index;           /* of the first data section that is not rejected */
    struct sdp_media media[SDP_MEDIA_MAX];
    size_t media_count;
    struct candidate candidates[SDP_CANDIDATES_MAX];
    size_t candidate_count;
};

/* ACTR_EINVALID: too long, malformed or contradictory (the detail says what, and in which line); of
 * *ret_sdp, which is large, nothing can be used then. */
int sdp_parse(struct actr_view text, struct sdp *ret_sdp) ACTR_MUST_CHECK;

struct sdp_local {
    uint64_t session_id, version;
    const struct ice_credentials *credentials;
    const struct fingerprint *fingerprint;
    enum sdp_setup setup;
    uint32_t message_len_max;           /* 0: the line is left out, as the existing system does */
    const struct sdp *offer;            /* for an answer: sections are mirrored; NULL: an offer */
    const struct candidate *candidates; /* that are known already; candidate_count 0: none */
    size_t candidate_count;
};

/* ACTR_ENOMEM. */
int sdp_format(const struct sdp_local *local, struct actr_bytes *ret_text) ACTR_MUST_CHECK;
