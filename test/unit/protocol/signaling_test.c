// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Signaling envelopes: vectors, each flow and payload both ways, what passes through a relay, what
 * is refused. Payloads are hex written by hand from the field numbers. */
#include "protocol/signaling.h"

#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "protocol/vectors.h"

#define TYPE "0a0161 120162 1a0163"
#define TYPE_BAD "0a0131 120162 1a0163"
#define ID "0a02 0807 1009 1a09" TYPE
#define ID2 "0a02 0807 100a 1a09" TYPE
#define ID_BAD "0a02 0807 1009 1a09" TYPE_BAD
#define NO_CREDENTIAL "1206 0800 1200 1a00"
#define REQUEST "0a11" ID NO_CREDENTIAL
#define REPLY "0a11" ID
#define RELAY "0a11" ID NO_CREDENTIAL "1a11" ID2

enum { PEER = 0x52, ACTOR = 0x5a, SERVER = 0x62, RELAYED = 0x6a, ERROR = 0x72 };

/* Envelope "e" of version 2 with one flow: its key, then head and payload as hex. */
static struct actr_view wrap(uint8_t flow, const char *head, const char *payload, uint8_t buf[1024])
{
    uint8_t body[512];
    size_t body_len = harness_hex(head, body, sizeof(body));
    body_len += harness_hex(payload, body + body_len, sizeof(body) - body_len);
    size_t len = harness_hex("0802 120165", buf, 1024);
    buf[len++] = flow;
    if (body_len >= 0x80)
        buf[len++] = (uint8_t)(body_len | 0x80);
    buf[len++] = (uint8_t)(body_len >= 0x80 ? body_len >> 7 : body_len);
    memcpy(buf + len, body, body_len);
    return actr_view_of(buf, len + body_len);
}

static struct actr_id id_of(const char *text)
{
    struct actr_id id;
    assert_int_equal(actr_id_parse(text, &id), 0);
    return id;
}

/* Decodes what must be good and encode to the same bytes. The caller ends the arena. */
static struct signaling_envelope decode(struct actr_view bytes, struct arena *arena)
{
    struct signaling_envelope envelope;
    arena_init(arena, (size_t)1 << 20);
    assert_int_equal(signaling_decode(bytes, arena, &envelope), 0);
    assert_int_equal(envelope.version, SIGNALING_VERSION);
    assert_bytes(signaling_encode(&envelope), bytes);
    return envelope;
}

static struct signaling_request request(const char *payload, struct arena *arena)
{
    static uint8_t buf[1024];
    struct actr_id id = id_of("9@7/a:b:c");
    struct signaling_envelope envelope = decode(wrap(ACTOR, REQUEST, payload, buf), arena);
    assert_int_equal(envelope.flow, SIGNALING_FLOW_ACTR_TO_SERVER);
    assert_true(actr_id_equal(&envelope.request.source, &id));
    return envelope.request;
}

static struct signaling_reply reply(const char *payload, struct arena *arena)
{
    static uint8_t buf[1024];
    struct actr_id id = id_of("9@7/a:b:c");
    struct signaling_envelope envelope = decode(wrap(SERVER, REPLY, payload, buf), arena);
    assert_int_equal(envelope.flow, SIGNALING_FLOW_SERVER_TO_ACTR);
    assert_true(actr_id_equal(&envelope.reply.target, &id));
    return envelope.reply;
}

/* ---- Vectors ---- */

TEST(signaling_ping_vector)
{
    uint8_t buf[512], credential_buf[512];
    struct arena arena;
    struct signaling_envelope envelope = decode(vectors_bytes("ping env ", buf), &arena);
    struct actr_id id = id_of("1a2b3c@101/acme:echo-service:1.0.0");
    assert_text(envelope.id, "env-1");
    assert_null(envelope.reply_for.ptr);
    assert_true(actr_id_equal(&envelope.request.source, &id));
    assert_bytes(credential_encode(&envelope.request.credential),
                 vectors_bytes("cred ", credential_buf));
    assert_int_equal(envelope.request.kind, SIGNALING_PING);
    assert_int_equal(envelope.request.ping.availability, SIGNALING_FULL);
    assert_true(envelope.request.ping.power_reserve == 5.0f);
    assert_true(envelope.request.ping.mailbox_backlog == 0.0f);
    assert_int_equal(envelope.request.ping.sticky_client_id_count, 0);
    arena_deinit(&arena);
}

TEST(signaling_pong_vector)
{
    uint8_t buf[512];
    struct arena arena;
    struct signaling_envelope envelope = decode(vectors_bytes("pong env ", buf), &arena);
    assert_text(envelope.id, "srv-1");
    assert_text(envelope.reply_for, "env-1");
    assert_int_equal(envelope.reply.kind, SIGNALING_PONG);
    assert_int_equal(envelope.reply.pong.seq, 7);
    assert_true(envelope.reply.pong.has_suggest_interval);
    assert_int_equal(envelope.reply.pong.suggest_interval_s, 30);
    assert_false(envelope.reply.pong.has_warning);
    arena_deinit(&arena);
}

TEST(signaling_error_vector)
{
    uint8_t buf[512];
    struct arena arena;
    struct signaling_envelope envelope = decode(vectors_bytes("err env ", buf), &arena);
    assert_int_equal(envelope.reply.kind, SIGNALING_REPLY_ERROR);
    assert_int_equal(envelope.reply.error.code, 401);
    assert_text(envelope.reply.error.message, "Credential validation failed: x");
    arena_deinit(&arena);
}

/* ---- Requests ---- */

TEST(signaling_unregister)
{
    struct arena arena;
    struct actr_id id = id_of("a@7/a:b:c");
    struct signaling_request got = request("1a16 0a11" ID2 "120178", &arena);
    assert_int_equal(got.kind, SIGNALING_UNREGISTER);
    assert_true(actr_id_equal(&got.unregister.id, &id));
    assert_text(got.unregister.reason, "x");
    arena_deinit(&arena);
    got = request("1a13 0a11" ID2, &arena);
    assert_null(got.unregister.reason.ptr);
    arena_deinit(&arena);
}

TEST(signaling_ping)
{
    struct arena arena;
    struct signaling_request got =
        request("2211 0863 150000c07f 1d0000803f 220178 2200", &arena); /* 99, NaN, 1.0 */
    assert_int_equal(got.kind, SIGNALING_PING);
    assert_int_equal(got.ping.availability, 99);
    assert_true(got.ping.power_reserve != got.ping.power_reserve);
    assert_int_equal(got.ping.sticky_client_id_count, 2);
    assert_text(got.ping.sticky_client_ids[0], "x");
    assert_text(got.ping.sticky_client_ids[1], "");
    arena_deinit(&arena);
}

TEST(signaling_discovery)
{
    struct arena arena;
    struct signaling_request got = request("5206 0a0161 10ac02", &arena);
    assert_int_equal(got.kind, SIGNALING_DISCOVERY);
    assert_text(got.discovery.manufacturer, "a");
    assert_true(got.discovery.has_limit);
    assert_int_equal(got.discovery.limit, 300);
    arena_deinit(&arena);
    got = request("5200", &arena);
    assert_null(got.discovery.manufacturer.ptr);
    assert_false(got.discovery.has_limit);
    assert_int_equal(got.discovery.limit, 64);
    arena_deinit(&arena);
}

TEST(signaling_route_candidates)
{
    struct arena arena;
    struct signaling_request got = request("5a33 0a09" TYPE "120c 0803 1004 1000 1063 1801 2002"
                                           "1a15 0a0172 11000000000000f03f 190000000000000040"
                                           "220166",
                                           &arena);
    assert_int_equal(got.kind, SIGNALING_ROUTE_CANDIDATES);
    const struct signaling_route_candidates *route = &got.route_candidates;
    assert_string_equal(route->target_type.name, "b");
    assert_true(route->has_criteria && route->has_location);
    assert_int_equal(route->criteria.candidate_count, 3);
    assert_int_equal(route->criteria.ranking_factor_count, 3);
    assert_int_equal(route->criteria.ranking_factors[0], SIGNALING_CLIENT_AFFINITY);
    assert_int_equal(route->criteria.ranking_factors[1], SIGNALING_MAXIMUM_POWER_RESERVE);
    assert_int_equal(route->criteria.ranking_factors[2], 99);
    assert_true(route->criteria.has_dependency_min && route->criteria.has_health_min);
    assert_int_equal(route->criteria.dependency_min, SIGNALING_WARNING);
    assert_int_equal(route->criteria.health_min, SIGNALING_OVERLOADED);
    assert_text(route->location.region, "r");
    assert_true(route->location.latitude == 1.0 && route->location.longitude == 2.0);
    assert_text(route->client_fingerprint, "f");
    arena_deinit(&arena);

    got = request("5a0d 0a09" TYPE "2200", &arena);
    assert_false(got.route_candidates.has_criteria || got.route_candidates.has_location);
    assert_text(got.route_candidates.client_fingerprint, "");
    arena_deinit(&arena);
}

TEST(signaling_packed_factors_are_read_too)
{
    uint8_t buf[1024];
    struct arena arena;
    struct signaling_envelope envelope;
    arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(
        signaling_decode(wrap(ACTOR, REQUEST, "5a14 0a09" TYPE "1205 0801 120104 2200", buf),
                         &arena, &envelope),
        0);
    assert_int_equal(envelope.request.route_candidates.criteria.ranking_factor_count, 1);
    assert_int_equal(envelope.request.route_candidates.criteria.ranking_factors[0],
                     SIGNALING_CLIENT_AFFINITY);
    arena_deinit(&arena);
}

TEST(signaling_small_requests)
{
    struct arena arena;
    struct signaling_request got = request("6203 0a016e", &arena);
    assert_int_equal(got.kind, SIGNALING_GET_SERVICE_SPEC);
    assert_text(got.spec_name, "n");
    arena_deinit(&arena);
    got = request("6a02 0805", &arena);
    assert_int_equal(got.kind, SIGNALING_GET_SIGNING_KEY);
    assert_int_equal(got.key_id, 5);
    arena_deinit(&arena);
    got = request("a2010b 0a09" TYPE, &arena);
    assert_int_equal(got.kind, SIGNALING_SUBSCRIBE_UP);
    assert_string_equal(got.up_type.version, "c");
    arena_deinit(&arena);
    got = request("aa010b 0a09" TYPE, &arena);
    assert_int_equal(got.kind, SIGNALING_UNSUBSCRIBE_UP);
    assert_string_equal(got.up_type.version, "c");
    arena_deinit(&arena);
    got = request("f20105 0805 120165", &arena);
    assert_int_equal(got.kind, SIGNALING_REQUEST_ERROR);
    assert_int_equal(got.error.code, 5);
    arena_deinit(&arena);
    got = request("", &arena);
    assert_int_equal(got.kind, SIGNALING_REQUEST_NONE);
    arena_deinit(&arena);
}

/* ---- Answers ---- */

TEST(signaling_registered)
{
    struct arena arena;
    struct signaling_reply got = reply("1209 1207 089a03 12026e6f", &arena);
    assert_int_equal(got.kind, SIGNALING_REGISTERED);
    assert_int_equal(got.registered.result, AIS_RESULT_ERROR);
    assert_int_equal(got.registered.error.code, 410);
    arena_deinit(&arena);
    got = reply("1239 0a37 0a11" ID "1208 0801 120163 1a0173 1a08 0a0175 120170 1804"
                "2202 0805 281e 32016b 3801 620172 6a00",
                &arena);
    assert_int_equal(got.registered.result, AIS_RESULT_SUCCESS);
    assert_text(got.registered.success.renewal_token, "r");
    arena_deinit(&arena);
}

TEST(signaling_outcomes)
{
    static const struct {
        const char *hex;
        enum signaling_reply_kind kind;
        enum ais_result result;
    } cases[] = {
        {"1a02 0a00", SIGNALING_UNREGISTERED, AIS_RESULT_SUCCESS},
        {"1a07 1205 0805 120165", SIGNALING_UNREGISTERED, AIS_RESULT_ERROR},
        {"1a00", SIGNALING_UNREGISTERED, AIS_RESULT_NONE},
        {"a20102 0a00", SIGNALING_SUBSCRIBED, AIS_RESULT_SUCCESS},
        {"a20107 1205 0805 120165", SIGNALING_SUBSCRIBED, AIS_RESULT_ERROR},
        {"aa0102 0a00", SIGNALING_UNSUBSCRIBED, AIS_RESULT_SUCCESS},
        {"aa0107 1205 0805 120165", SIGNALING_UNSUBSCRIBED, AIS_RESULT_ERROR},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena arena;
        struct signaling_reply got = reply(cases[i].hex, &arena);
        assert_int_equal(got.kind, cases[i].kind);
        assert_int_equal(got.outcome.result, cases[i].result);
        if (got.outcome.result == AIS_RESULT_ERROR)
            assert_text(got.outcome.error.message, "e");
        arena_deinit(&arena);
    }
}

TEST(signaling_pong_with_warning)
{
    struct arena arena;
    struct signaling_reply got = reply("2209 0805 1a05 0800 120177", &arena);
    assert_int_equal(got.kind, SIGNALING_PONG);
    assert_int_equal(got.pong.seq, 5);
    assert_false(got.pong.has_suggest_interval);
    assert_true(got.pong.has_warning);
    assert_int_equal(got.pong.warning_type, 0);
    assert_text(got.pong.warning_message, "w");
    arena_deinit(&arena);
}

TEST(signaling_discovered)
{
    struct arena arena;
    struct signaling_reply got = reply("522e 0a2c 0a19 0a09" TYPE "12016e 1a0164 220166 2805 320174"
                                       "0a0f 0a09" TYPE "1200 2200",
                                       &arena);
    assert_int_equal(got.kind, SIGNALING_DISCOVERED);
    assert_int_equal(got.discovered.result, AIS_RESULT_SUCCESS);
    assert_int_equal(got.discovered.entry_count, 2);
    const struct signaling_type_entry *entry = &got.discovered.entries[0];
    assert_string_equal(entry->type.manufacturer, "a");
    assert_text(entry->name, "n");
    assert_text(entry->description, "d");
    assert_text(entry->fingerprint, "f");
    assert_true(entry->has_published_at && entry->published_at_s == 5);
    assert_int_equal(entry->tag_count, 1);
    assert_text(entry->tags[0], "t");
    assert_null(entry[1].description.ptr);
    assert_false(entry[1].has_published_at);
    arena_deinit(&arena);

    got = reply("5202 0a00", &arena);
    assert_int_equal(got.discovered.result, AIS_RESULT_SUCCESS);
    assert_int_equal(got.discovered.entry_count, 0);
    arena_deinit(&arena);
    got = reply("5207 1205 0805 120165", &arena);
    assert_int_equal(got.discovered.result, AIS_RESULT_ERROR);
    assert_int_equal(got.discovered.error.code, 5);
    arena_deinit(&arena);
    got = reply("5200", &arena);
    assert_int_equal(got.discovered.result, AIS_RESULT_NONE);
    arena_deinit(&arena);
}

TEST(signaling_candidates)
{
    struct arena arena;
    struct actr_id first = id_of("9@7/a:b:c"), second = id_of("a@7/a:b:c");
    struct signaling_reply got = reply("5a55 0a53 0a11" ID "0a11" ID2 "1216 0a11" ID "120177"
                                       "1213 0a11" ID2,
                                       &arena);
    assert_int_equal(got.kind, SIGNALING_CANDIDATES);
    assert_int_equal(got.candidates.id_count, 2);
    assert_true(actr_id_equal(&got.candidates.ids[0], &first));
    assert_true(actr_id_equal(&got.candidates.ids[1], &second));
    assert_int_equal(got.candidates.address_count, 2);
    assert_true(actr_id_equal(&got.candidates.addresses[0].candidate, &first));
    assert_text(got.candidates.addresses[0].address, "w");
    assert_null(got.candidates.addresses[1].address.ptr);
    arena_deinit(&arena);

    got = reply("5a02 0a00", &arena);
    assert_int_equal(got.candidates.result, AIS_RESULT_SUCCESS);
    assert_int_equal(got.candidates.id_count, 0);
    arena_deinit(&arena);
    got = reply("5a07 1205 0805 120165", &arena);
    assert_int_equal(got.candidates.result, AIS_RESULT_ERROR);
    arena_deinit(&arena);
}

TEST(signaling_small_answers)
{
    struct arena arena;
    struct actr_id id = id_of("a@7/a:b:c");
    struct signaling_reply got = reply("6208 0a06 0a014e 1a0146", &arena);
    assert_int_equal(got.kind, SIGNALING_SERVICE_SPEC);
    assert_int_equal(got.service_spec.result, AIS_RESULT_SUCCESS);
    assert_text(got.service_spec.spec.name, "N");
    arena_deinit(&arena);
    got = reply("6207 1205 0805 120165", &arena);
    assert_int_equal(got.service_spec.result, AIS_RESULT_ERROR);
    arena_deinit(&arena);
    got = reply("6a05 0805 12016b", &arena);
    assert_int_equal(got.kind, SIGNALING_SIGNING_KEY);
    assert_int_equal(got.signing_key.key_id, 5);
    assert_text(got.signing_key.pubkey, "k");
    arena_deinit(&arena);
    got = reply("b20113 0a11" ID2, &arena);
    assert_int_equal(got.kind, SIGNALING_ACTOR_UP);
    assert_true(actr_id_equal(&got.up_id, &id));
    arena_deinit(&arena);
    got = reply("", &arena);
    assert_int_equal(got.kind, SIGNALING_REPLY_NONE);
    arena_deinit(&arena);
}

/* ---- The other flows ---- */

TEST(signaling_register_request_on_the_socket)
{
    uint8_t buf[1024];
    struct arena arena;
    struct signaling_envelope envelope =
        decode(wrap(PEER, "", "0a11 0a09" TYPE "1202 0807 7002", buf), &arena);
    assert_int_equal(envelope.flow, SIGNALING_FLOW_PEER_TO_SERVER);
    assert_int_equal(envelope.register_request->realm, 7);
    arena_deinit(&arena);
    envelope = decode(wrap(PEER, "", "", buf), &arena);
    assert_null(envelope.register_request);
    arena_deinit(&arena);
}

TEST(signaling_envelope_error_and_none)
{
    uint8_t buf[1024];
    struct arena arena;
    struct signaling_envelope envelope = decode(wrap(ERROR, "", "08ad03 120178", buf), &arena);
    assert_int_equal(envelope.flow, SIGNALING_FLOW_ERROR);
    assert_int_equal(envelope.error.code, 429);
    arena_deinit(&arena);
    size_t len = harness_hex("0802 1200 1a0172 2a0174 320175", buf, sizeof(buf));
    envelope = decode(actr_view_of(buf, len), &arena);
    assert_int_equal(envelope.flow, SIGNALING_FLOW_NONE);
    assert_text(envelope.id, "");
    assert_text(envelope.reply_for, "r");
    assert_text(envelope.traceparent, "t");
    assert_text(envelope.tracestate, "u");
    arena_deinit(&arena);
}

TEST(signaling_version_1_is_read)
{
    /* Field 4 held a timestamp then; it is skipped. */
    uint8_t buf[64];
    struct arena arena;
    struct signaling_envelope envelope;
    size_t len = harness_hex("0801 120165 2202 0805 7205 0805 120165", buf, sizeof(buf));
    arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(signaling_decode(actr_view_of(buf, len), &arena, &envelope), 0);
    assert_int_equal(envelope.version, 1);
    assert_int_equal(envelope.flow, SIGNALING_FLOW_ERROR);
    arena_deinit(&arena);
}

TEST(signaling_last_flow_counts)
{
    uint8_t buf[1024];
    struct arena arena;
    struct signaling_envelope envelope;
    struct actr_view bytes = wrap(RELAYED, RELAY, "7202 0a00", buf);
    uint8_t *end = buf + bytes.len;
    bytes.len += harness_hex("7205 0805 120165", end, 64);
    arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(signaling_decode(bytes, &arena, &envelope), 0);
    assert_int_equal(envelope.flow, SIGNALING_FLOW_ERROR);
    arena_deinit(&arena);
}

/* ---- Relays ---- */

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

TEST(signaling_relays)
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

TEST(signaling_forwarding_keeps_unknown_fields_of_the_payload)
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

TEST(signaling_relay_given_twice)
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

TEST(signaling_encoded_has_headroom)
{
    struct signaling_envelope envelope = {.version = SIGNALING_VERSION, .id = view_text("e")};
    AUTO_BYTES struct actr_bytes bytes = signaling_encode(&envelope);
    assert_true(bytes_headroom(bytes) >= BYTES_HEADROOM);
}

/* ---- Refusals ---- */

TEST(signaling_refused)
{
    static const struct {
        uint8_t flow;
        const char *head, *payload;
    } cases[] = {
        {ACTOR, "", ""},                          /* no source */
        {ACTOR, "0a11" ID, ""},                   /* no credential */
        {ACTOR, "0a11" ID_BAD NO_CREDENTIAL, ""}, /* a source that is none */
        {ACTOR, REQUEST, "1a00"},                 /* unregister without id */
        {ACTOR, REQUEST, "1a13 0a11" ID_BAD},
        {ACTOR, REQUEST, "2202 0800"},                      /* ping without numbers */
        {ACTOR, REQUEST, "220b 0800 1000 1d00000000 2200"}, /* power as a varint */
        {ACTOR, REQUEST, "5a00"},                           /* no type */
        {ACTOR, REQUEST, "5a0b 0a09" TYPE},                 /* no fingerprint */
        {ACTOR, REQUEST, "5a0d 0a09" TYPE_BAD "2200"},
        {ACTOR, REQUEST, "5a0f 0a09" TYPE "1200 2200"}, /* criteria without count */
        {ACTOR, REQUEST, "6200"},
        {ACTOR, REQUEST, "6a00"},
        {ACTOR, REQUEST, "a201 00"},
        {ACTOR, REQUEST, "a2010b 0a09" TYPE_BAD},
        {ACTOR, REQUEST, "aa010b 0a09" TYPE_BAD},
        {ACTOR, REQUEST, "f201 00"},
        {SERVER, "", ""}, /* no target */
        {SERVER, "0a11" ID_BAD, ""},
        {SERVER, REPLY, "1202 0a00"},      /* success without anything */
        {SERVER, REPLY, "2200"},           /* pong without seq */
        {SERVER, REPLY, "5204 0a02 0a00"}, /* an empty entry */
        {SERVER, REPLY, "5211 0a0f 0a0d 0a09" TYPE_BAD "1200"},
        {SERVER, REPLY, "5213 0a11 0a0f 0a09" TYPE_BAD "1200 2200"},
        {SERVER, REPLY, "5a04 0a02 0a00"}, /* an empty candidate */
        {SERVER, REPLY, "5a15 0a13 0a11" ID_BAD},
        {SERVER, REPLY, "5a17 0a15 1213 0a11" ID_BAD},
        {SERVER, REPLY, "6202 0a00"}, /* a spec without anything */
        {SERVER, REPLY, "6a02 0805"}, /* no key */
        {SERVER, REPLY, "b201 00"},
        {SERVER, REPLY, "b20113 0a11" ID_BAD},
        {RELAYED, "", ""},
        {RELAYED, "0a11" ID_BAD NO_CREDENTIAL "1a11" ID2, ""},
        {RELAYED, "0a11" ID NO_CREDENTIAL "1a11" ID_BAD, ""},
        {RELAYED, RELAY, "5200"},        /* no candidate */
        {RELAYED, RELAY, "5a03 120173"}, /* a description without type */
        {RELAYED, RELAY, "5a02 0800"},   /* or without sdp */
        {RELAYED, RELAY, "6200"},
        {RELAYED, RELAY, "6228 0a11" ID_BAD "1211" ID2 "1807"},
        {RELAYED, RELAY, "6228 0a11" ID "1211" ID_BAD "1807"},
        {RELAYED, RELAY, "6a00"}, /* no is_offerer */
        {RELAYED, RELAY, "5801"}, /* a payload that is a number */
        {PEER, "", "0a00"},
        {ERROR, "", ""},
        {ERROR, "", "0805 12"},
    };
    struct signaling_envelope envelope = {.version = 77};
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t buf[1024];
        struct actr_view bytes = wrap(cases[i].flow, cases[i].head, cases[i].payload, buf);
        if (signaling_decode(bytes, &arena, &envelope) != ACTR_EDECODE)
            fail_msg("case %zu is not refused", i);
        assert_true(actr_errmsg()[0] != '\0');
    }
    assert_int_equal(signaling_decode((struct actr_view){0}, &arena, &envelope), ACTR_EDECODE);
    assert_int_equal(envelope.version, 77);
    arena_deinit(&arena);
}

/* Every size of arena that is too small says so, for a message of each kind. */
TEST(signaling_arena_too_small)
{
    static const struct {
        uint8_t flow;
        const char *head, *payload;
    } cases[] = {
        {PEER, "", "0a19 0a09" TYPE "1202 0807 1a06 0a014e 1a0146 2200"},
        {ACTOR, REQUEST, "220e 0863 150000c07f 1d0000803f 2200"},
        {ACTOR, REQUEST, "5a15 0a09" TYPE "1206 0803 1004 1000 2200"},
        {SERVER, REPLY, "5213 0a11 0a0f 0a09" TYPE "1200 2200"},
        {SERVER, REPLY, "5a2a 0a28 0a11" ID "1213 0a11" ID2},
        {SERVER, REPLY, "6208 0a06 0a014e 1a0146"},
        {RELAYED, RELAY, "6a04 0801 1000"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t buf[1024];
        struct actr_view bytes = wrap(cases[i].flow, cases[i].head, cases[i].payload, buf);
        struct signaling_envelope envelope;
        size_t max = 0;
        for (int r = ACTR_ENOMEM; r != 0; max += 16) {
            struct arena arena;
            arena_init(&arena, max);
            r = signaling_decode(bytes, &arena, &envelope);
            if (r == 0)
                assert_bytes(signaling_encode(&envelope), bytes);
            else
                assert_int_equal(r, ACTR_ENOMEM);
            arena_deinit(&arena);
        }
        assert_true(max > 256);
    }
}

TEST(signaling_out_of_memory)
{
    struct signaling_envelope envelope = {.version = SIGNALING_VERSION, .id = view_text("e")};
    for (size_t n = 1; n <= 2; n++) {
        mem_fail_at(n);
        assert_true(actr_bytes_failed(signaling_encode(&envelope)));
    }
}
