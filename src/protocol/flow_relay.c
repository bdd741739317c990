// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Relays, between their generated and their plain form.
 *
 * A server passes payloads on as it got them, with fields that it does not know and in the order of
 * the sender. So the payload's bytes are looked up in the envelope again and written back as they
 * are: for protobuf-c they are an unknown field of the relay, which it writes after the known ones,
 * where the payload belongs by its number.
 *
 * Where a field is given more than once the last one counts, here as in protobuf-c (a oneof is not
 * merged), so the bytes and the decoded payload are always of the same message.
 *
 * Pure; any thread. */
#include "protocol/flow_relay.h"

#include "base/err.h"
#include "protocol/pb.h"

enum { FLOW_RELAY_FIRST = RELAY_ICE_CANDIDATE, FLOW_RELAY_LAST = RELAY_ICE_RESTART_REQUEST };

/* The last field of a message whose number is in [first, last] and that has a length. The message
 * has been unpacked before, so there is nothing malformed to report. */
static struct actr_view flow_relay_find(struct actr_view message, uint64_t first, uint64_t last)
{
    const uint8_t *at = message.ptr, *end = pb_end(message);
    struct actr_view found = {0};
    struct pb_slot slot;

    while (at && at < end) {
        struct pb_number key = pb_key(at, end);
        if (!key.at)
            break;
        if ((key.value & 7) != PB_LENGTH) {
            at = pb_skip(key.at, end, key.value);
            continue;
        }
        at = pb_fill(key.at, end, PB_LENGTH, &slot);
        if (at && key.value >> 3 >= first && key.value >> 3 <= last)
            found = (struct actr_view){slot.ptr, (size_t)slot.value};
    }
    return found;
}

static void flow_relay_decode_candidate(const Webrtc__IceCandidate *message,
                                        struct relay_ice_candidate *ret_candidate)
{
    *ret_candidate = (struct relay_ice_candidate){
        .candidate = message_text(message->candidate),
        .sdp_mid = message_optional(message->has_sdp_mid, message->sdp_mid),
        .username_fragment =
            message_optional(message->has_username_fragment, message->username_fragment),
        .sdp_mline_index = message->sdp_mline_index,
        .has_sdp_mline_index = message->has_sdp_mline_index,
    };
}

static void flow_relay_decode_description(const Webrtc__SessionDescription *message,
                                          struct relay_session_description *ret_description)
{
    *ret_description = (struct relay_session_description){
        .sdp = message_text(message->sdp),
        .exchange_id = message_optional(message->has_sdp_exchange_id, message->sdp_exchange_id),
        .type = (int32_t)message->type,
    };
}

static int flow_relay_decode_negotiation(const Actr__RoleNegotiation *message,
                                         struct relay_role_negotiation *ret_negotiation)
{
    ret_negotiation->realm = message->realm_id;
    int r = part_decode_id(message->from, &ret_negotiation->from);
    return r < 0 ? r : part_decode_id(message->to, &ret_negotiation->to);
}

static int flow_relay_decode_payload(const Signaling__ActrRelay *message, struct relay *relay)
{
    switch (relay->kind) {
    case RELAY_ICE_CANDIDATE:
        flow_relay_decode_candidate(message->ice_candidate, &relay->ice_candidate);
        return 0;
    case RELAY_SESSION_DESCRIPTION:
        flow_relay_decode_description(message->session_description, &relay->session_description);
        return 0;
    case RELAY_ROLE_NEGOTIATION:
        return flow_relay_decode_negotiation(message->role_negotiation, &relay->role_negotiation);
    case RELAY_ROLE_ASSIGNMENT:
        relay->role_assignment = (struct relay_role_assignment){
            message->role_assignment->is_offerer, message->role_assignment->has_remote_fixed,
            message->role_assignment->remote_fixed};
        return 0;
    case RELAY_ICE_RESTART_REQUEST:
        relay->ice_restart_request.reason = message_optional(
            message->ice_restart_request->has_reason, message->ice_restart_request->reason);
        return 0;
    case RELAY_NONE:
        break;
    }
    return 0;
}

int flow_relay_decode(const Signaling__ActrRelay *message, struct actr_view envelope,
                      struct relay *ret_relay)
{
    struct actr_view raw = flow_relay_find(envelope, SIGNALING__SIGNALING_ENVELOPE__FLOW_ACTR_RELAY,
                                           SIGNALING__SIGNALING_ENVELOPE__FLOW_ACTR_RELAY);
    *ret_relay = (struct relay){
        .kind = (enum relay_kind)message->payload_case,
        .raw = flow_relay_find(raw, FLOW_RELAY_FIRST, FLOW_RELAY_LAST),
    };
    part_decode_credential(message->credential, &ret_relay->credential);
    int r = part_decode_id(message->source, &ret_relay->source);
    if (r == 0)
        r = part_decode_id(message->target, &ret_relay->target);
    if (r == 0)
        r = flow_relay_decode_payload(message, ret_relay);
    return r;
}

/* The payload as it came, written as an unknown field: its data includes the length. */
static void flow_relay_encode_raw(struct message_build *build, const struct relay *relay,
                                  Signaling__ActrRelay *message)
{
    size_t len = pb_varint_size(relay->raw.len) + relay->raw.len;
    ProtobufCMessageUnknownField *field = message_array(build, 1, sizeof(*field));
    uint8_t *data = message_array(build, 1, len);
    if (!field || !data)
        return;
    uint8_t *at = pb_put_varint(data, relay->raw.len);
    if (relay->raw.len)
        memcpy(at, relay->raw.ptr, relay->raw.len);
    *field = (ProtobufCMessageUnknownField){.tag = relay->kind,
                                            .wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
                                            .len = len,
                                            .data = data};
    message->base.n_unknown_fields = 1;
    message->base.unknown_fields = field;
}

static Webrtc__IceCandidate *
flow_relay_encode_candidate(struct message_build *build,
                            const struct relay_ice_candidate *candidate)
{
    Webrtc__IceCandidate *message = message_new(build, &webrtc__ice_candidate__descriptor);
    if (!message)
        return NULL;
    message->candidate = message_data(candidate->candidate);
    message->has_sdp_mid = candidate->sdp_mid.ptr != NULL;
    message->sdp_mid = message_data(candidate->sdp_mid);
    message->has_sdp_mline_index = candidate->has_sdp_mline_index;
    message->sdp_mline_index = candidate->sdp_mline_index;
    message->has_username_fragment = candidate->username_fragment.ptr != NULL;
    message->username_fragment = message_data(candidate->username_fragment);
    return message;
}

static Webrtc__SessionDescription *
flow_relay_encode_description(struct message_build *build,
                              const struct relay_session_description *description)
{
    Webrtc__SessionDescription *message =
        message_new(build, &webrtc__session_description__descriptor);
    if (!message)
        return NULL;
    message->type = (Webrtc__SessionDescription__Type)description->type;
    message->sdp = message_data(description->sdp);
    message->has_sdp_exchange_id = description->exchange_id.ptr != NULL;
    message->sdp_exchange_id = message_data(description->exchange_id);
    return message;
}

static Actr__RoleNegotiation *
flow_relay_encode_negotiation(struct message_build *build,
                              const struct relay_role_negotiation *negotiation)
{
    Actr__RoleNegotiation *message = message_new(build, &actr__role_negotiation__descriptor);
    if (!message)
        return NULL;
    message->from = part_encode_id(build, &negotiation->from);
    message->to = part_encode_id(build, &negotiation->to);
    message->realm_id = negotiation->realm;
    return message;
}

static Actr__RoleAssignment *
flow_relay_encode_assignment(struct message_build *build,
                             const struct relay_role_assignment *assignment)
{
    Actr__RoleAssignment *message = message_new(build, &actr__role_assignment__descriptor);
    if (!message)
        return NULL;
    message->is_offerer = assignment->is_offerer;
    message->has_remote_fixed = assignment->has_remote_fixed;
    message->remote_fixed = assignment->remote_fixed;
    return message;
}

static Actr__IceRestartRequest *
flow_relay_encode_restart(struct message_build *build,
                          const struct relay_ice_restart_request *request)
{
    Actr__IceRestartRequest *message = message_new(build, &actr__ice_restart_request__descriptor);
    if (!message)
        return NULL;
    message->has_reason = request->reason.ptr != NULL;
    message->reason = message_data(request->reason);
    return message;
}

static void flow_relay_encode_payload(struct message_build *build, const struct relay *relay,
                                      Signaling__ActrRelay *message)
{
    message->payload_case = (Signaling__ActrRelay__PayloadCase)relay->kind;
    switch (relay->kind) {
    case RELAY_ICE_CANDIDATE:
        message->ice_candidate = flow_relay_encode_candidate(build, &relay->ice_candidate);
        break;
    case RELAY_SESSION_DESCRIPTION:
        message->session_description =
            flow_relay_encode_description(build, &relay->session_description);
        break;
    case RELAY_ROLE_NEGOTIATION:
        message->role_negotiation = flow_relay_encode_negotiation(build, &relay->role_negotiation);
        break;
    case RELAY_ROLE_ASSIGNMENT:
        message->role_assignment = flow_relay_encode_assignment(build, &relay->role_assignment);
        break;
    case RELAY_ICE_RESTART_REQUEST:
        message->ice_restart_request =
            flow_relay_encode_restart(build, &relay->ice_restart_request);
        break;
    case RELAY_NONE:
        break;
    }
}

Signaling__ActrRelay *flow_relay_encode(struct message_build *build, const struct relay *relay)
{
    Signaling__ActrRelay *message = message_new(build, &signaling__actr_relay__descriptor);
    if (!message)
        return NULL;
    message->source = part_encode_id(build, &relay->source);
    message->credential = part_encode_credential(build, &relay->credential);
    message->target = part_encode_id(build, &relay->target);
    if (relay->raw.ptr && relay->kind != RELAY_NONE)
        flow_relay_encode_raw(build, relay, message);
    else
        flow_relay_encode_payload(build, relay, message);
    return message;
}
