// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Relays: each payload both ways, and what passes through untouched. */
#include "protocol/flow_relay.h"

#include "base/bytes.h"
#include "protocol/envelopes.h"

static struct relay relay(const char *payload, uint8_t *buf, struct arena *arena)
{
    struct actr_id source = id_of("9@7/a:b:c"), target = id_of("a@7/a:b:c");
    struct actr_view bytes = wrap(RELAYED, RELAY, payload, buf);
    struct signaling_envelope envelope = decode(bytes, arena);
    assert_int_equal(envelope.flow, SIGNALING_FLOW_RELAY);
    assert_true(actr_id_equal(&envelope.relay.source, &source));
    assert_true(actr_id_equal(&envelope.relay.target, &target));
    envelope.relay.raw.ptr = NULL; /* now from the fields */
    assert_bytes(signaling_encode(&envelope), bytes);
    return envelope.relay;
}

TEST(flow_relay_payloads)
{
    uint8_t buf[1024];
    struct arena arena;
    struct actr_id from = id_of("9@7/a:b:c"), to = id_of("a@7/a:b:c");
    struct relay got = relay("520b 0a0163 12016d 1805 220175", buf, &arena);
    assert_int_equal(got.kind, RELAY_ICE_CANDIDATE);
    assert_text(got.ice_candidate.candidate, "c");
    assert_text(got.ice_candidate.sdp_mid, "m");
    assert_true(got.ice_candidate.has_sdp_mline_index);
    assert_int_equal(got.ice_candidate.sdp_mline_index, 5);
    assert_text(got.ice_candidate.username_fragment, "u");
    arena_deinit(&arena);

    got = relay("5203 0a0163", buf, &arena);
    assert_null(got.ice_candidate.sdp_mid.ptr);
    assert_false(got.ice_candidate.has_sdp_mline_index);
    assert_null(got.ice_candidate.username_fragment.ptr);
    arena_deinit(&arena);

    got = relay("5a08 0803 120173 1a0178", buf, &arena);
    assert_int_equal(got.kind, RELAY_SESSION_DESCRIPTION);
    assert_int_equal(got.session_description.type, RELAY_SDP_ICE_RESTART_OFFER);
    assert_text(got.session_description.sdp, "s");
    assert_text(got.session_description.exchange_id, "x");
    arena_deinit(&arena);

    got = relay("5a05 0863 120173", buf, &arena);
    assert_int_equal(got.session_description.type, 99); /* never taken for an offer */
    assert_null(got.session_description.exchange_id.ptr);
    arena_deinit(&arena);

    got = relay("6228 0a11" ID "1211" ID2 "1807", buf, &arena);
    assert_int_equal(got.kind, RELAY_ROLE_NEGOTIATION);
    assert_true(actr_id_equal(&got.role_negotiation.from, &from));
    assert_true(actr_id_equal(&got.role_negotiation.to, &to));
    assert_int_equal(got.role_negotiation.realm, 7);
    arena_deinit(&arena);

    got = relay("6a04 0801 1000", buf, &arena);
    assert_int_equal(got.kind, RELAY_ROLE_ASSIGNMENT);
    assert_true(got.role_assignment.is_offerer && got.role_assignment.has_remote_fixed);
    assert_false(got.role_assignment.remote_fixed);
    arena_deinit(&arena);

    got = relay("7203 0a0172", buf, &arena);
    assert_int_equal(got.kind, RELAY_ICE_RESTART_REQUEST);
    assert_text(got.ice_restart_request.reason, "r");
    arena_deinit(&arena);
    got = relay("7200", buf, &arena);
    assert_null(got.ice_restart_request.reason.ptr);
    arena_deinit(&arena);
    got = relay("", buf, &arena);
    assert_int_equal(got.kind, RELAY_NONE);
    assert_null(got.raw.ptr);
    arena_deinit(&arena);
}

TEST(flow_relay_forwarding_keeps_unknown_fields_of_the_payload)
{
    /* The payload has its fields in another order, a field 9 and a field 100. */
    static const char payload[] = "5a11 1a0178 4a0475736572 120173 0801 a0060c";
    static const char forwarded[] = "0a11" ID NO_CREDENTIAL "1a11" ID2;
    uint8_t buf[1024], wanted[1024];
    struct arena arena;
    struct signaling_envelope envelope;
    struct actr_view bytes =
        wrap(RELAYED, "0a11" ID "1208 0805 120163 1a0173 1a11" ID2, payload, buf);
    arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(signaling_decode(bytes, &arena, &envelope), 0);
    assert_int_equal(envelope.relay.session_description.type, RELAY_SDP_ANSWER);
    assert_int_equal(envelope.relay.credential.key_id, 5);

    /* What a server does: another envelope id, no credential. */
    envelope.relay.credential = (struct credential){0};
    assert_bytes(signaling_encode(&envelope), wrap(RELAYED, forwarded, payload, wanted));
    arena_deinit(&arena);
}

TEST(flow_relay_given_twice)
{
    /* The last payload of the last relay is decoded, and is what is forwarded. */
    uint8_t buf[1024], wanted[1024];
    struct arena arena;
    struct signaling_envelope envelope;
    struct actr_view bytes = wrap(RELAYED, RELAY, "7203 0a0161", buf);
    uint8_t second[1024];
    struct actr_view again = wrap(RELAYED, RELAY, "7203 0a0162 6a02 0801 6a05 0800 4a0163", second);
    memcpy(buf + bytes.len, second + 5, again.len - 5); /* without version and id */
    bytes.len += again.len - 5;
    arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(signaling_decode(bytes, &arena, &envelope), 0);
    assert_int_equal(envelope.relay.kind, RELAY_ROLE_ASSIGNMENT);
    assert_false(envelope.relay.role_assignment.is_offerer);
    assert_bytes(signaling_encode(&envelope), wrap(RELAYED, RELAY, "6a05 0800 4a0163", wanted));
    arena_deinit(&arena);
}
