// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* signaling.ActrRelay: what two actors say to each other through the server, to set up WebRTC.
 *
 * Lives inside a signaling_envelope (signaling.h), which encodes and decodes it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "protocol/credential.h"

/* Field numbers of the oneof. */
enum relay_kind {
    RELAY_NONE = 0, /* no payload, or one that is newer than this code: ignore it */
    RELAY_ICE_CANDIDATE = 10,
    RELAY_SESSION_DESCRIPTION = 11,
    RELAY_ROLE_NEGOTIATION = 12,
    RELAY_ROLE_ASSIGNMENT = 13,
    RELAY_ICE_RESTART_REQUEST = 14
};

/* webrtc.IceCandidate. A candidate without username_fragment is of no use to the existing system.
 */
struct relay_ice_candidate {
    struct actr_view candidate;         /* "candidate:…" */
    struct actr_view sdp_mid;           /* ptr NULL: absent */
    struct actr_view username_fragment; /* ptr NULL: absent */
    uint32_t sdp_mline_index;
    bool has_sdp_mline_index;
};

enum relay_sdp_type {
    RELAY_SDP_OFFER = 0,
    RELAY_SDP_ANSWER = 1,
    RELAY_SDP_RENEGOTIATION_OFFER = 2,
    RELAY_SDP_ICE_RESTART_OFFER = 3
};

/* webrtc.SessionDescription. An offer without exchange id is of no use to the existing system. */
struct relay_session_description {
    struct actr_view sdp;
    struct actr_view exchange_id; /* ptr NULL: absent; echo it exactly in the answer */
    int32_t type;                 /* enum relay_sdp_type, or another number of a newer peer: ignore
                                     the description, never take it for an offer */
};

/* actr.RoleNegotiation. */
struct relay_role_negotiation {
    struct actr_id from, to;
    uint32_t realm;
};

/* actr.RoleAssignment. The peer is relay.target when relay.source is oneself, else relay.source:
 * servers differ. */
struct relay_role_assignment {
    bool is_offerer;
    bool has_remote_fixed;
    bool remote_fixed;
};

/* actr.IceRestartRequest. */
struct relay_ice_restart_request {
    struct actr_view reason; /* ptr NULL: absent */
};

struct relay {
    struct actr_id source;
    struct credential credential; /* of the source; a server forwards an empty one instead */
    struct actr_id target;
    enum relay_kind kind;
    /* The payload message as it was received, unknown fields included; a view into the *input* of
     * the decoder, not the arena. When ptr is not NULL the encoder writes these bytes and does not
     * look at the union: a server that forwards leaves it, who changes a decoded payload sets ptr
     * to NULL. */
    struct actr_view raw;
    union {
        struct relay_ice_candidate ice_candidate;
        struct relay_session_description session_description;
        struct relay_role_negotiation role_negotiation;
        struct relay_role_assignment role_assignment;
        struct relay_ice_restart_request ice_restart_request;
    };
};
