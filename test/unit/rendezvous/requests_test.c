// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/requests.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "harness.h"
#include "rendezvous/ranking.h"
#include "rig.h"

#define ECHO "acme:echo:1.0.0"
#define CLIENT "acme:client:1.0.0"

static struct rig rig;

TEST(requests_ping_is_answered_with_time_and_interval)
{
    struct rendezvous_options options = {.heartbeat_s = 17};
    rig_open(&rig, &options);
    struct rig_client *client = rig_join(&rig, CLIENT);
    struct signaling_envelope answer = rig_ask(client, SIGNALING_PING);
    assert_int_equal(answer.reply.kind, SIGNALING_PONG);
    assert_int_equal(answer.reply.pong.seq, rig_now_s(&rig));
    assert_true(answer.reply.pong.has_suggest_interval);
    assert_int_equal(answer.reply.pong.suggest_interval_s, 17);
    assert_false(answer.reply.pong.has_warning);
    rig_close(&rig);
}

TEST(requests_ping_warns_before_the_credential_ends)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, CLIENT);
    rig_pass(&rig, 3600 - 360);
    assert_false(rig_ask(client, SIGNALING_PING).reply.pong.has_warning);
    rig_pass(&rig, 1);
    struct signaling_envelope answer = rig_ask(client, SIGNALING_PING);
    assert_true(answer.reply.pong.has_warning);
    assert_int_equal(answer.reply.pong.warning_type, 0);
    rig_close(&rig);
}

TEST(requests_ping_warns_when_the_key_was_replaced)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, CLIENT);
    rig_json(&rig, "/admin/keys/rotate", "");
    assert_int_equal(rig.status, 200);
    assert_true(rig_ask(client, SIGNALING_PING).reply.pong.has_warning);
    rig_close(&rig);
}

TEST(requests_ping_takes_any_load)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, CLIENT);
    struct signaling_envelope ping = rig_request(client, SIGNALING_PING);
    struct registry_actor *actor = registry_find(&rig.rendezvous->registry, &client->id);
    ping.request.ping =
        (struct signaling_ping){.availability = 77, .power_reserve = NAN, .mailbox_backlog = NAN};
    assert_int_equal(rig_error(client, &ping), 0);
    assert_int_equal(actor->availability, RANKING_UNKNOWN);
    assert_true(actor->power_reserve == 0 && actor->backlog == 0);
    ping.request.ping = (struct signaling_ping){
        .availability = SIGNALING_UNAVAILABLE, .power_reserve = 0.0042f, .mailbox_backlog = 0.5f};
    assert_int_equal(rig_error(client, &ping), 0);
    assert_int_equal(actor->availability, 3);
    assert_true(actor->power_reserve == 0.0042f && actor->backlog == 0.5f);
    rig_close(&rig);
}

TEST(requests_speak_for_the_actor_of_the_socket_alone)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, CLIENT), *other = rig_join(&rig, ECHO);
    struct signaling_envelope ping = rig_request(other, SIGNALING_PING);
    assert_int_equal(rig_error(client, &ping), 403);
    rig_close(&rig);
}

TEST(requests_of_unknown_kinds_are_not_answered)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, CLIENT);
    struct signaling_envelope report = rig_request(client, SIGNALING_REQUEST_ERROR);
    report.request.error = (struct error_response){500, view_text("something")};
    rig_send(client, &report);
    /* An ActrToSignaling whose payload has field number 99. */
    struct signaling_envelope ping = rig_request(client, SIGNALING_REQUEST_NONE);
    rig_send(client, &ping);
    assert_false(rig_has_next(client));
    rig_close(&rig);
}

/* ---- Candidates ---- */

static struct signaling_envelope route(const struct rig_client *client, uint32_t count)
{
    struct signaling_envelope envelope = rig_request(client, SIGNALING_ROUTE_CANDIDATES);
    envelope.request.route_candidates =
        (struct signaling_route_candidates){.target_type = forge_type(ECHO),
                                            .has_criteria = true,
                                            .criteria = {.candidate_count = count},
                                            .client_fingerprint = view_text("")};
    return envelope;
}

static struct signaling_candidates candidates(struct rig_client *client,
                                              const struct signaling_envelope *envelope)
{
    rig_send(client, envelope);
    struct signaling_envelope answer = rig_next(client);
    assert_int_equal(answer.reply.kind, SIGNALING_CANDIDATES);
    assert_int_equal(answer.reply.candidates.result, AIS_RESULT_SUCCESS);
    return answer.reply.candidates;
}

TEST(requests_for_candidates_of_a_type_that_is_not_there_get_an_empty_list)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, CLIENT);
    struct signaling_envelope envelope = route(client, 1);
    assert_int_equal(candidates(client, &envelope).id_count, 0);
    rig_close(&rig);
}

TEST(requests_for_candidates_leave_the_asker_out)
{
    rig_open(&rig, NULL);
    struct rig_client *echo = rig_join(&rig, ECHO);
    struct signaling_envelope envelope = route(echo, 5);
    assert_int_equal(candidates(echo, &envelope).id_count, 0);
    struct rig_client *peer = rig_join(&rig, ECHO);
    struct signaling_candidates found = candidates(echo, &envelope);
    assert_int_equal(found.id_count, 1);
    assert_true(actr_id_equal(&found.ids[0], &peer->id));
    rig_close(&rig);
}

TEST(requests_for_one_candidate_are_spread)
{
    unsigned hits[3] = {0};
    rig_open(&rig, NULL);
    struct rig_client *echoes[3], *client = rig_join(&rig, CLIENT);
    for (int i = 0; i < 3; i++)
        echoes[i] = rig_join(&rig, ECHO);
    struct signaling_envelope envelope = route(client, 1);
    for (int round = 0; round < 45; round++) {
        struct signaling_candidates found = candidates(client, &envelope);
        assert_int_equal(found.id_count, 1);
        for (int i = 0; i < 3; i++)
            hits[i] += actr_id_equal(&found.ids[0], &echoes[i]->id);
    }
    for (int i = 0; i < 3; i++)
        assert_in_range(hits[i], 3, 30);
    rig_close(&rig);
}

TEST(requests_for_candidates_tell_the_addresses_that_are_known)
{
    struct ais_register_request request = forge_registration(RIG_REALM, ECHO);
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, CLIENT);
    rig_join(&rig, ECHO);
    request.ws_address = view_text("ws://192.0.2.7:9001");
    struct rig_client *direct = rig_join_as(&rig, &request, "");
    struct signaling_envelope envelope = route(client, 5);
    struct signaling_candidates found = candidates(client, &envelope);
    assert_int_equal(found.id_count, 2);
    assert_int_equal(found.address_count, 1);
    assert_true(actr_id_equal(&found.addresses[0].candidate, &direct->id));
    assert_true(view_equal(found.addresses[0].address, request.ws_address));
    rig_close(&rig);
}

static void report(struct rig_client *client, int availability, float power)
{
    struct signaling_envelope ping = rig_request(client, SIGNALING_PING);
    ping.request.ping =
        (struct signaling_ping){.availability = availability, .power_reserve = power};
    assert_int_equal(rig_error(client, &ping), 0);
}

TEST(requests_for_candidates_rank_by_what_was_reported)
{
    static const int32_t factors[] = {SIGNALING_MAXIMUM_POWER_RESERVE};
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, CLIENT);
    struct rig_client *weak = rig_join(&rig, ECHO), *strong = rig_join(&rig, ECHO);
    report(weak, SIGNALING_FULL, 1);
    report(strong, SIGNALING_OVERLOADED, 5);
    struct signaling_envelope envelope = route(client, 2);
    envelope.request.route_candidates.criteria.ranking_factors = factors;
    envelope.request.route_candidates.criteria.ranking_factor_count = 1;
    struct signaling_candidates found = candidates(client, &envelope);
    assert_int_equal(found.id_count, 2);
    assert_true(actr_id_equal(&found.ids[0], &strong->id));
    envelope.request.route_candidates.criteria.has_health_min = true;
    envelope.request.route_candidates.criteria.health_min = SIGNALING_DEGRADED;
    found = candidates(client, &envelope);
    assert_int_equal(found.id_count, 1);
    assert_true(actr_id_equal(&found.ids[0], &weak->id));
    envelope.request.route_candidates.has_criteria = false;
    found = candidates(client, &envelope);
    assert_int_equal(found.id_count, 2);
    assert_true(actr_id_equal(&found.ids[0], &weak->id));
    rig_close(&rig);
}

TEST(requests_for_candidates_prefer_the_fingerprint_the_client_was_built_for)
{
    static const int32_t factors[] = {SIGNALING_EXACT_MATCH_FIRST};
    struct service_spec spec = {.name = view_text("echo"), .fingerprint = view_text("sha256:abc")};
    struct ais_register_request request = forge_registration(RIG_REALM, ECHO);
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, CLIENT);
    rig_join(&rig, ECHO);
    rig_join(&rig, ECHO);
    request.service_spec = &spec;
    struct rig_client *exact = rig_join_as(&rig, &request, "");
    struct signaling_envelope envelope = route(client, 3);
    envelope.request.route_candidates.client_fingerprint = spec.fingerprint;
    envelope.request.route_candidates.criteria.ranking_factors = factors;
    envelope.request.route_candidates.criteria.ranking_factor_count = 1;
    for (int i = 0; i < 10; i++) {
        struct signaling_candidates found = candidates(client, &envelope);
        assert_int_equal(found.id_count, 3);
        assert_true(actr_id_equal(&found.ids[0], &exact->id));
    }
    rig_close(&rig);
}

TEST(requests_stay_inside_the_realm)
{
    static const struct rendezvous_realm realms[] = {{RIG_REALM, NULL}, {202, NULL}};
    struct rendezvous_options options = {.realms = realms, .realm_count = 2};
    struct service_spec spec = {.name = view_text("echo"), .fingerprint = view_text("f")};
    struct ais_register_request foreign = forge_registration(202, ECHO);
    foreign.service_spec = &spec;
    rig_open(&rig, &options);
    rig_join_as(&rig, &foreign, "");
    struct rig_client *client = rig_join(&rig, CLIENT);
    struct signaling_envelope envelope = route(client, 5);
    assert_int_equal(candidates(client, &envelope).id_count, 0);
    struct signaling_envelope asked = rig_request(client, SIGNALING_GET_SERVICE_SPEC);
    asked.request.spec_name = spec.name;
    rig_send(client, &asked);
    assert_int_equal(rig_next(client).reply.service_spec.error.code, 404);
    struct signaling_envelope list = rig_request(client, SIGNALING_DISCOVERY);
    list.request.discovery.limit = 64;
    rig_send(client, &list);
    struct signaling_discovered found = rig_next(client).reply.discovered;
    assert_int_equal(found.entry_count, 1); /* itself */
    rig_close(&rig);
}

/* ---- Discovery, specs, keys ---- */

TEST(requests_for_types_tell_what_the_spec_says)
{
    static const struct actr_view tags[] = {{(const uint8_t *)"v1", 2}};
    struct service_spec spec = {.name = view_text("echo-service"),
                                .description = view_text("says it again"),
                                .fingerprint = view_text("sha256:abc"),
                                .tags = tags,
                                .tag_count = 1,
                                .published_at_s = 5,
                                .has_published_at = true};
    struct ais_register_request request = forge_registration(RIG_REALM, ECHO);
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, CLIENT);
    request.service_spec = &spec;
    rig_join_as(&rig, &request, "");
    rig_join(&rig, ECHO);
    struct signaling_envelope list = rig_request(client, SIGNALING_DISCOVERY);
    list.request.discovery.manufacturer = view_text("acme");
    rig_send(client, &list);
    struct signaling_discovered found = rig_next(client).reply.discovered;
    assert_int_equal(found.entry_count, 2);
    assert_true(view_equal(found.entries[0].name, view_text("client")));
    assert_true(view_equal(found.entries[0].fingerprint, view_text("unknown")));
    assert_true(view_equal(found.entries[1].name, spec.name));
    assert_true(view_equal(found.entries[1].description, spec.description));
    assert_true(view_equal(found.entries[1].fingerprint, spec.fingerprint));
    assert_int_equal(found.entries[1].tag_count, 1);
    assert_int_equal(found.entries[1].published_at_s, 5);
    list.request.discovery.manufacturer = view_text("other");
    rig_send(client, &list);
    assert_int_equal(rig_next(client).reply.discovered.entry_count, 0);
    list.request.discovery.manufacturer = (struct actr_view){0};
    list.request.discovery.has_limit = true;
    list.request.discovery.limit = 1;
    rig_send(client, &list);
    assert_int_equal(rig_next(client).reply.discovered.entry_count, 1);
    list.request.discovery.limit = UINT32_MAX;
    rig_send(client, &list);
    assert_int_equal(rig_next(client).reply.discovered.entry_count, 2);
    rig_close(&rig);
}

TEST(requests_for_a_spec_are_answered_whole)
{
    static const struct service_spec_file file = {{(const uint8_t *)"echo", 4},
                                                  {(const uint8_t *)"syntax = \"proto3\";", 18},
                                                  {(const uint8_t *)"f1", 2}};
    struct service_spec spec = {
        .name = view_text("echo"), .fingerprint = view_text("f"), .files = &file, .file_count = 1};
    struct ais_register_request request = forge_registration(RIG_REALM, ECHO);
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, CLIENT);
    request.service_spec = &spec;
    rig_join_as(&rig, &request, "");
    struct signaling_envelope asked = rig_request(client, SIGNALING_GET_SERVICE_SPEC);
    asked.request.spec_name = view_text("echo");
    rig_send(client, &asked);
    struct signaling_service_spec found = rig_next(client).reply.service_spec;
    assert_int_equal(found.result, AIS_RESULT_SUCCESS);
    assert_int_equal(found.spec.file_count, 1);
    assert_true(view_equal(found.spec.files[0].content, file.content));
    rig_close(&rig);
}

TEST(requests_for_a_key_are_answered_also_when_it_is_retired)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, CLIENT);
    rig_json(&rig, "/admin/keys/rotate", "");
    struct signaling_envelope asked = rig_request(client, SIGNALING_GET_SIGNING_KEY);
    for (uint32_t id = FORGE_KEY_ID; id <= FORGE_KEY_ID + 1; id++) {
        asked.request.key_id = id;
        rig_send(client, &asked);
        struct signaling_envelope answer = rig_next(client);
        assert_int_equal(answer.reply.kind, SIGNALING_SIGNING_KEY);
        assert_int_equal(answer.reply.signing_key.key_id, id);
        assert_int_equal(answer.reply.signing_key.pubkey.len, 32);
    }
    asked.request.key_id = 99;
    assert_int_equal(rig_error(client, &asked), 404);
    rig_close(&rig);
}

/* ---- Subscriptions, farewell ---- */

TEST(requests_to_unsubscribe_end_the_events)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, CLIENT);
    struct signaling_envelope envelope = rig_request(client, SIGNALING_SUBSCRIBE_UP);
    envelope.request.up_type = forge_type(ECHO);
    rig_send(client, &envelope);
    assert_int_equal(rig_next(client).reply.kind, SIGNALING_SUBSCRIBED);
    envelope.request.kind = SIGNALING_UNSUBSCRIBE_UP;
    for (int i = 0; i < 2; i++) {
        rig_send(client, &envelope);
        struct signaling_envelope answer = rig_next(client);
        assert_int_equal(answer.reply.kind, SIGNALING_UNSUBSCRIBED);
        assert_int_equal(answer.reply.outcome.result, AIS_RESULT_SUCCESS);
    }
    rig_join(&rig, ECHO);
    assert_false(rig_has_next(client));
    rig_close(&rig);
}

TEST(requests_to_unregister_are_answered_then_done)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, CLIENT);
    size_t removals = rig.ledger.removal_count;
    struct signaling_envelope envelope = rig_request(client, SIGNALING_UNREGISTER);
    envelope.request.unregister.id = client->id;
    rig_send(client, &envelope);
    struct signaling_envelope answer = rig_next(client);
    assert_int_equal(answer.reply.kind, SIGNALING_UNREGISTERED);
    assert_int_equal(answer.reply.outcome.result, AIS_RESULT_SUCCESS);
    assert_null(registry_find(&rig.rendezvous->registry, &client->id));
    assert_int_equal(rig.ledger.removal_count, removals + 1);
    assert_int_equal(client->close_code, 0);
    rig_pass(&rig, 5);
    assert_int_equal(client->close_code, 1000);
    rig_close(&rig);
}

TEST(requests_after_the_farewell_close_the_socket)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, CLIENT);
    struct signaling_envelope envelope = rig_request(client, SIGNALING_UNREGISTER);
    envelope.request.unregister.id = client->id;
    rig_send(client, &envelope);
    rig_next(client);
    struct signaling_envelope ping = rig_request(client, SIGNALING_PING);
    rig_send(client, &ping);
    assert_false(rig_has_next(client));
    assert_int_equal(client->close_code, 1000);
    rig_close(&rig);
}

TEST(requests_to_unregister_another_are_refused)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, CLIENT), *other = rig_join(&rig, ECHO);
    struct signaling_envelope envelope = rig_request(client, SIGNALING_UNREGISTER);
    envelope.request.unregister.id = other->id;
    rig_send(client, &envelope);
    struct signaling_envelope answer = rig_next(client);
    assert_int_equal(answer.reply.outcome.result, AIS_RESULT_ERROR);
    assert_int_equal(answer.reply.outcome.error.code, 403);
    assert_non_null(registry_find(&rig.rendezvous->registry, &other->id));
    rig_close(&rig);
}
