// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The signaling envelope: unpack and convert the flow that it carries; or build and pack.
 *
 * The result is filled aside and copied out at the end, so that a refused envelope leaves nothing
 * behind. Versions other than ours are read all the same: nobody refuses them, and fields that are
 * not known are skipped.
 *
 * Pure; any thread. Never decides who may say what. */
#include "protocol/signaling.h"

#include "protocol/flow_relay.h"
#include "protocol/flow_reply.h"
#include "protocol/flow_request.h"
#include "protocol/registration.h"

static int signaling_decode_peer(const Signaling__PeerToSignaling *message, struct arena *arena,
                                 const struct ais_register_request **ret_request)
{
    if (message->payload_case != SIGNALING__PEER_TO_SIGNALING__PAYLOAD_REGISTER_REQUEST)
        return 0;
    struct ais_register_request *request = part_array(arena, 1, sizeof(*request));
    if (!request)
        return ACTR_ENOMEM;
    *ret_request = request;
    return registration_decode_request(message->register_request, arena, request);
}

static int signaling_decode_flow(const Signaling__SignalingEnvelope *message,
                                 struct actr_view bytes, struct arena *arena,
                                 struct signaling_envelope *envelope)
{
    switch (envelope->flow) {
    case SIGNALING_FLOW_PEER_TO_SERVER:
        return signaling_decode_peer(message->peer_to_server, arena, &envelope->register_request);
    case SIGNALING_FLOW_ACTR_TO_SERVER:
        return flow_request_decode(message->actr_to_server, arena, &envelope->request);
    case SIGNALING_FLOW_SERVER_TO_ACTR:
        return flow_reply_decode(message->server_to_actr, arena, &envelope->reply);
    case SIGNALING_FLOW_RELAY:
        return flow_relay_decode(message->actr_relay, bytes, &envelope->relay);
    case SIGNALING_FLOW_ERROR:
        part_decode_error(message->envelope_error, &envelope->error);
        return 0;
    case SIGNALING_FLOW_NONE:
        break;
    }
    return 0;
}

int signaling_decode(struct actr_view bytes, struct arena *arena,
                     struct signaling_envelope *ret_envelope)
{
    const void *message;
    int r = message_unpack(&signaling__signaling_envelope__descriptor, bytes, arena, &message);
    if (r < 0)
        return r;
    const Signaling__SignalingEnvelope *outer = message;
    struct signaling_envelope envelope = {
        .version = outer->envelope_version,
        .id = message_text(outer->envelope_id),
        .reply_for = message_optional(outer->has_reply_for, outer->reply_for),
        .traceparent = message_optional(outer->has_traceparent, outer->traceparent),
        .tracestate = message_optional(outer->has_tracestate, outer->tracestate),
        .flow = (enum signaling_flow)outer->flow_case,
    };
    r = signaling_decode_flow(outer, bytes, arena, &envelope);
    if (r == 0)
        *ret_envelope = envelope;
    return r;
}

static Signaling__PeerToSignaling *signaling_encode_peer(struct message_build *build,
                                                         const struct ais_register_request *request)
{
    Signaling__PeerToSignaling *message =
        message_new(build, &signaling__peer_to_signaling__descriptor);
    if (!message || !request)
        return message;
    message->payload_case = SIGNALING__PEER_TO_SIGNALING__PAYLOAD_REGISTER_REQUEST;
    message->register_request = registration_encode_request(build, request);
    return message;
}

static void signaling_encode_flow(struct message_build *build,
                                  const struct signaling_envelope *envelope,
                                  Signaling__SignalingEnvelope *message)
{
    message->flow_case = (Signaling__SignalingEnvelope__FlowCase)envelope->flow;
    switch (envelope->flow) {
    case SIGNALING_FLOW_PEER_TO_SERVER:
        message->peer_to_server = signaling_encode_peer(build, envelope->register_request);
        break;
    case SIGNALING_FLOW_ACTR_TO_SERVER:
        message->actr_to_server = flow_request_encode(build, &envelope->request);
        break;
    case SIGNALING_FLOW_SERVER_TO_ACTR:
        message->server_to_actr = flow_reply_encode(build, &envelope->reply);
        break;
    case SIGNALING_FLOW_RELAY:
        message->actr_relay = flow_relay_encode(build, &envelope->relay);
        break;
    case SIGNALING_FLOW_ERROR:
        message->envelope_error = part_encode_error(build, &envelope->error);
        break;
    case SIGNALING_FLOW_NONE:
        break;
    }
}

struct actr_bytes signaling_encode(const struct signaling_envelope *envelope)
{
    struct message_build build;
    message_build_init(&build);
    Signaling__SignalingEnvelope *message =
        message_new(&build, &signaling__signaling_envelope__descriptor);
    if (message) {
        message->envelope_version = envelope->version;
        message->envelope_id = message_data(envelope->id);
        message->has_reply_for = envelope->reply_for.ptr != NULL;
        message->reply_for = message_data(envelope->reply_for);
        message->has_traceparent = envelope->traceparent.ptr != NULL;
        message->traceparent = message_data(envelope->traceparent);
        message->has_tracestate = envelope->tracestate.ptr != NULL;
        message->tracestate = message_data(envelope->tracestate);
        signaling_encode_flow(&build, envelope, message);
    }
    return message_pack(&build, message);
}
