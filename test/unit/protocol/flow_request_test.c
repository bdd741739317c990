// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Requests of actors: each payload both ways. */
#include "protocol/flow_request.h"

#include "base/bytes.h"
#include "protocol/envelopes.h"

static struct signaling_request request(const char *payload, struct arena *arena)
{
    static uint8_t buf[1024];
    struct actr_id id = id_of("9@7/a:b:c");
    struct signaling_envelope envelope = decode(wrap(ACTOR, REQUEST, payload, buf), arena);
    assert_int_equal(envelope.flow, SIGNALING_FLOW_ACTR_TO_SERVER);
    assert_true(actr_id_equal(&envelope.request.source, &id));
    return envelope.request;
}

TEST(flow_request_unregister)
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

TEST(flow_request_ping)
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

TEST(flow_request_discovery)
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

TEST(flow_request_route_candidates)
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

TEST(flow_request_packed_factors_are_read_too)
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

TEST(flow_request_small_requests)
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
