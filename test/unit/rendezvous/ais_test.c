// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/ais.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"
#include "rendezvous/issuer.h"
#include "rig.h"

#define TYPE "acme:echo:1.0.0"

static struct rig rig;

static unsigned register_error(const struct ais_register_request *request)
{
    return rig_register(&rig, request, NULL);
}

TEST(ais_registers_a_linked_actor_and_fills_in_everything)
{
    struct ais_registration registration;
    struct ais_register_request request = forge_registration(RIG_REALM, TYPE);
    rig_open(&rig, NULL);
    assert_int_equal(rig_register(&rig, &request, &registration), 0);
    assert_string_equal(rig.content_type, "application/x-protobuf");
    assert_string_equal(rig.allow_origin, "*");
    assert_int_equal(registration.id.realm, RIG_REALM);
    assert_true(actr_type_equal(&registration.id.type, &request.type));
    assert_int_equal(registration.signing_key_id, FORGE_KEY_ID);
    assert_int_equal(registration.credential.key_id, FORGE_KEY_ID);
    assert_int_equal(registration.signing_pubkey.len, 32);
    assert_int_equal(registration.renewal_token.len, 32);
    assert_int_equal(registration.heartbeat_interval_s, 30);
    assert_int_equal(registration.credential_expires_at_s, rig_now_s(&rig) + 3600);
    assert_int_equal(registration.renewal_token_expires_at_s, rig_now_s(&rig) + 86400);
    assert_non_null(registry_find(&rig.rendezvous->registry, &registration.id));
    rig_close(&rig);
}

TEST(ais_answers_on_both_paths)
{
    struct ais_register_request request = forge_registration(RIG_REALM, TYPE);
    rig_open(&rig, NULL);
    rig_http(&rig, "POST", "/register", ais_register_request_encode(&request));
    assert_int_equal(rig_response(&rig).result, AIS_RESULT_SUCCESS);
    rig_close(&rig);
}

TEST(ais_reads_the_registration_of_the_existing_system)
{
    static const char hex[] =
        "0a1b0a0461636d65120c6563686f2d736572766963651a05312e302e30120208657002";
    uint8_t bytes[64];
    size_t len = harness_hex(hex, bytes, sizeof(bytes));
    rig_open(&rig, NULL);
    rig_http(&rig, "POST", "/ais/register", actr_bytes_copy(actr_view_of(bytes, len)));
    struct ais_response response = rig_response(&rig);
    assert_int_equal(response.result, AIS_RESULT_SUCCESS);
    assert_string_equal(response.success.id.type.name, "echo-service");
    rig_close(&rig);
}

TEST(ais_refuses_an_unknown_a_disabled_and_the_zeroth_realm)
{
    struct ais_register_request request = forge_registration(RIG_REALM + 1, TYPE);
    rig_open(&rig, NULL);
    assert_int_equal(register_error(&request), 403);
    assert_true(view_equal(rig_response(&rig).error.message,
                           view_text("Realm validation failed: realm does not exist")));
    request.realm = 0;
    assert_int_equal(register_error(&request), 403);
    rig_json(&rig, "/admin/realms", "{\"id\":101,\"enabled\":false}");
    request.realm = RIG_REALM;
    assert_int_equal(register_error(&request), 403);
    rig_json(&rig, "/admin/realms", "{\"id\":101,\"enabled\":true}");
    assert_int_equal(register_error(&request), 0);
    rig_close(&rig);
}

TEST(ais_asks_for_the_secret_of_a_realm_that_has_one)
{
    static const struct rendezvous_realm realm = {RIG_REALM, "rs_secret"};
    struct rendezvous_options options = {.realms = &realm, .realm_count = 1};
    struct ais_register_request request = forge_registration(RIG_REALM, TYPE);
    rig_open(&rig, &options);
    assert_int_equal(register_error(&request), 403);
    assert_true(view_equal(rig_response(&rig).error.message, view_text("Realm secret required")));
    rig.header_name = "x-actrix-realm-secret";
    rig.header_value = "rs_wrong";
    assert_int_equal(register_error(&request), 403);
    assert_true(view_equal(rig_response(&rig).error.message, view_text("Invalid realm secret")));
    rig.header_value = " rs_secret ";
    assert_int_equal(register_error(&request), 0);
    rig.header_name = NULL;
    rig_close(&rig);
}

TEST(ais_lets_realms_come_into_being_where_told_to)
{
    struct rendezvous_options options = {.want_any_realm = true, .any_secret = "rs_any"};
    struct ais_register_request request = forge_registration(77, TYPE);
    rig_open(&rig, &options);
    assert_int_equal(register_error(&request), 403);
    assert_null(realms_find(&rig.rendezvous->realms, 77));
    rig.header_name = "x-actrix-realm-secret";
    rig.header_value = "rs_any";
    assert_int_equal(register_error(&request), 0);
    assert_non_null(realms_find(&rig.rendezvous->realms, 77));
    rig.header_name = NULL;
    assert_int_equal(register_error(&request), 403);
    rig_close(&rig);
}

TEST(ais_refuses_packages_until_it_can_verify_them)
{
    struct ais_register_request request = forge_registration(RIG_REALM, TYPE);
    rig_open(&rig, NULL);
    request.auth_mode = AIS_AUTH_PACKAGE;
    assert_int_equal(register_error(&request), 403);
    request.auth_mode = 9; /* an unknown enumerator counts as a package */
    assert_int_equal(register_error(&request), 403);
    request.has_auth_mode = false;
    assert_int_equal(register_error(&request), 403);
    rig_close(&rig);
}

TEST(ais_refuses_a_linked_actor_that_brings_a_package)
{
    struct ais_register_request request = forge_registration(RIG_REALM, TYPE);
    rig_open(&rig, NULL);
    request.target = view_text("x86_64-unknown-linux-gnu"); /* tolerated */
    assert_int_equal(register_error(&request), 0);
    request.manifest_raw = view_text("x");
    assert_int_equal(register_error(&request), 400);
    request.manifest_raw = (struct actr_view){0};
    request.mfr_signature = view_text("x");
    assert_int_equal(register_error(&request), 400);
    request.mfr_signature = (struct actr_view){0};
    request.has_proof_signed_at = true;
    assert_int_equal(register_error(&request), 400);
    rig_close(&rig);
}

TEST(ais_refuses_what_makes_no_sense)
{
    static char longer[REGISTRY_WS_ADDRESS_MAX + 8];
    struct ais_register_request request = forge_registration(RIG_REALM, TYPE);
    struct acl_rule rule = {.permission = ACL_RULE_ALLOW,
                            .realm_kind = ACL_RULE_REALM_NOT_ANY,
                            .from_type = request.type};
    rig_open(&rig, NULL);
    request.ws_address = view_text("http://x");
    assert_int_equal(register_error(&request), 400);
    memset(longer, 'x', sizeof(longer) - 1);
    memcpy(longer, "ws://", 5);
    request.ws_address = view_text(longer);
    assert_int_equal(register_error(&request), 400);
    request.ws_address = (struct actr_view){0};
    request.has_acl = true;
    request.acl = &rule;
    request.acl_count = 1;
    assert_int_equal(register_error(&request), 400);
    rig_close(&rig);
}

TEST(ais_answers_undecodable_bodies_inside_a_message)
{
    rig_open(&rig, NULL);
    rig_http(&rig, "POST", "/ais/register", actr_bytes_str("\xff\xff\xff"));
    assert_int_equal(rig.status, 200);
    assert_int_equal(rig_response(&rig).error.code, 400);
    rig_http(&rig, "POST", "/ais/register", (struct actr_bytes){0}); /* required fields missing */
    assert_int_equal(rig_response(&rig).error.code, 400);
    rig_http(&rig, "POST", "/ais/renew", actr_bytes_str("\xff"));
    assert_int_equal(rig.status, 400);
    assert_int_equal(rig_response(&rig).error.code, 400);
    rig_close(&rig);
}

TEST(ais_limits_registrations_of_one_address)
{
    struct rendezvous_options options = {.register_rate = {1, 2}};
    struct ais_register_request request = forge_registration(RIG_REALM, TYPE);
    struct actr_id nobody = forge_id("1@101/acme:echo:1.0.0");
    rig_open(&rig, &options);
    rig.address = "192.0.2.1";
    assert_int_equal(register_error(&request), 0);
    assert_int_equal(register_error(&request), 0);
    assert_int_equal(register_error(&request), 429);
    assert_string_equal(rig.retry_after, "1");
    assert_int_equal(rig_renew(&rig, &nobody, view_text("x")).error.code, 429);
    assert_int_equal(rig.status, 429);
    assert_string_equal(rig.retry_after, "1");
    rig_pass(&rig, 1);
    assert_int_equal(register_error(&request), 0);
    rig_close(&rig);
}

TEST(ais_answers_after_the_ledger_has_the_actor_and_not_before)
{
    struct ais_register_request request = forge_registration(RIG_REALM, TYPE);
    rig_open(&rig, NULL);
    rig.ledger.want_hold = true;
    rig_http(&rig, "POST", "/ais/register", ais_register_request_encode(&request));
    assert_int_equal(rig.status, 0);
    assert_int_equal(registry_count(&rig.rendezvous->registry), 0);
    rig_release(&rig, 0);
    assert_int_equal(rig.status, 200);
    assert_int_equal(rig_response(&rig).result, AIS_RESULT_SUCCESS);
    assert_int_equal(registry_count(&rig.rendezvous->registry), 1);
    rig_close(&rig);
}

TEST(ais_keeps_the_actor_of_a_client_that_went_away_meanwhile)
{
    struct ais_register_request request = forge_registration(RIG_REALM, TYPE);
    rig_open(&rig, NULL);
    rig.ledger.want_hold = true;
    rig_http(&rig, "POST", "/ais/register", ais_register_request_encode(&request));
    rig.events->on_abandoned(rig.user, &rig.request);
    rig_release(&rig, 0);
    assert_int_equal(rig.status, 0);
    assert_int_equal(registry_count(&rig.rendezvous->registry), 1);
    rig_close(&rig);
}

TEST(ais_refuses_registrations_while_the_disk_is_full_and_recovers)
{
    struct ais_register_request request = forge_registration(RIG_REALM, TYPE);
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, TYPE);
    rig.ledger.fail_with = ACTR_EIO;
    assert_int_equal(register_error(&request), 503);
    assert_string_equal(rig.retry_after, "1");
    assert_int_equal(rig_ask(client, SIGNALING_PING).reply.kind, SIGNALING_PONG);
    assert_int_equal(rig.rendezvous->counters.ledger_failures, 1);
    rig.ledger.fail_with = 0;
    assert_int_equal(register_error(&request), 0);
    rig_close(&rig);
}

/* ---- Renewal ---- */

struct token {
    uint8_t bytes[32];
};

static struct actr_view token_view(const struct token *token)
{
    return actr_view_of(token->bytes, sizeof(token->bytes));
}

static struct actr_id enrol(struct token *token)
{
    struct ais_registration registration;
    struct ais_register_request request = forge_registration(RIG_REALM, TYPE);
    assert_int_equal(rig_register(&rig, &request, &registration), 0);
    memcpy(token->bytes, registration.renewal_token.ptr, 32);
    return registration.id;
}

TEST(ais_renews_the_same_actor_twice_with_the_same_token)
{
    struct token token;
    rig_open(&rig, NULL);
    struct actr_id id = enrol(&token);
    for (int i = 0; i < 2; i++) {
        struct ais_response response = rig_renew(&rig, &id, token_view(&token));
        assert_int_equal(rig.status, 200);
        assert_int_equal(response.result, AIS_RESULT_SUCCESS);
        assert_true(actr_id_equal(&response.success.id, &id));
        assert_true(view_equal(response.success.renewal_token, token_view(&token)));
        assert_int_equal(response.success.credential_expires_at_s, rig_now_s(&rig) + 3600);
        rig_pass(&rig, 600);
    }
    rig_close(&rig);
}

TEST(ais_claims_of_a_renewal_are_those_of_the_actor)
{
    struct token token;
    struct claims claims;
    char text[ACTR_ID_STR_MAX];
    rig_open(&rig, NULL);
    struct actr_id id = enrol(&token);
    struct ais_response response = rig_renew(&rig, &id, token_view(&token));
    assert_int_equal(claims_decode(response.success.credential.claims, &rig.arena, &claims), 0);
    assert_true(view_equal(claims.actor_id, view_text(actr_id_format(&id, text))));
    rig_close(&rig);
}

TEST(ais_refuses_the_token_of_another_actor)
{
    struct token token, other;
    rig_open(&rig, NULL);
    struct actr_id id = enrol(&token);
    enrol(&other);
    assert_int_equal(rig_renew(&rig, &id, token_view(&other)).error.code, 401);
    assert_int_equal(rig.status, 401);
    assert_int_equal(rig_renew(&rig, &id, view_text("short")).error.code, 401);
    id.serial++;
    assert_int_equal(rig_renew(&rig, &id, token_view(&token)).error.code, 401);
    rig_close(&rig);
}

TEST(ais_replaces_a_token_that_ends_soon_and_honours_both)
{
    struct token token, first, second;
    rig_open(&rig, NULL);
    struct actr_id id = enrol(&token);
    rig_pass(&rig, 86400 - 21600);
    struct ais_response response = rig_renew(&rig, &id, token_view(&token));
    assert_int_equal(response.result, AIS_RESULT_SUCCESS);
    memcpy(first.bytes, response.success.renewal_token.ptr, 32);
    assert_memory_not_equal(first.bytes, token.bytes, 32);
    assert_int_equal(response.success.renewal_token_expires_at_s, rig_now_s(&rig) + 21600 + 86400);
    /* The answer may have been lost: the old token gives the same new one. */
    response = rig_renew(&rig, &id, token_view(&token));
    memcpy(second.bytes, response.success.renewal_token.ptr, 32);
    assert_memory_equal(first.bytes, second.bytes, 32);
    assert_int_equal(rig_renew(&rig, &id, token_view(&first)).result, AIS_RESULT_SUCCESS);
    rig_pass(&rig, 21600);
    assert_int_equal(rig_renew(&rig, &id, token_view(&token)).error.code, 401);
    assert_int_equal(rig_renew(&rig, &id, token_view(&first)).result, AIS_RESULT_SUCCESS);
    rig_close(&rig);
}

TEST(ais_changes_no_token_that_the_ledger_did_not_take)
{
    struct token token;
    rig_open(&rig, NULL);
    struct actr_id id = enrol(&token);
    rig_pass(&rig, 86400 - 21600);
    rig.ledger.fail_with = ACTR_EIO;
    assert_int_equal(rig_renew(&rig, &id, token_view(&token)).error.code, 503);
    assert_int_equal(rig.status, 503);
    rig.ledger.fail_with = 0;
    assert_int_equal(registry_find(&rig.rendezvous->registry, &id)->tokens[1].expires_at_s, 0);
    assert_int_equal(rig_renew(&rig, &id, token_view(&token)).result, AIS_RESULT_SUCCESS);
    rig_close(&rig);
}

TEST(ais_refuses_renewal_in_a_closed_realm_with_403)
{
    struct token token;
    rig_open(&rig, NULL);
    struct actr_id id = enrol(&token);
    rig_json(&rig, "/admin/realms", "{\"id\":101,\"enabled\":false}");
    assert_int_equal(rig_renew(&rig, &id, token_view(&token)).error.code, 403);
    assert_int_equal(rig.status, 403);
    rig_close(&rig);
}

TEST(ais_survives_want_of_memory_at_any_point)
{
    struct token token;
    struct ais_register_request request = forge_registration(RIG_REALM, TYPE);
    rig_open(&rig, NULL);
    struct actr_id id = enrol(&token);
    struct ais_renew_request renewal = {id, token_view(&token)};
    rig_pass(&rig, 86400 - 21600); /* so that renewals write */
    rig_run(&rig);
    for (size_t n = 1; n < 40; n++) {
        struct actr_bytes bodies[2] = {ais_register_request_encode(&request),
                                       ais_renew_request_encode(&renewal)};
        for (int i = 0; i < 2; i++) {
            mem_fail_at(n);
            rig_http(&rig, "POST", i ? "/renew" : "/register", bodies[i]);
            mem_fail_at(0);
            assert_true(rig.status == 200 || rig.status == 500 || rig.status == 503);
        }
    }
    rig_close(&rig);
}

/* ---- Open mode ---- */

TEST(ais_open_checks_nothing_and_counts_from_one)
{
    struct rendezvous_options options = {.is_open = true};
    struct ais_register_request request = forge_registration(4242, TYPE);
    struct ais_registration registration;
    request.auth_mode = AIS_AUTH_PACKAGE;
    rig_open(&rig, &options);
    assert_int_equal(rig_register(&rig, &request, &registration), 0);
    assert_int_equal(registration.id.serial, 1);
    assert_int_equal(registration.signing_key_id, 1);
    assert_true(view_equal(registration.turn.password, view_text("mock-turn-0000000000000001")));
    assert_int_equal(registration.credential_expires_at_s, rig_now_s(&rig) + 86400);
    uint8_t public_key[32];
    harness_hex("197f6b23e16c8532c6abc838facd5ea789be0c76b2920334039bfa8b3d368d61", public_key, 32);
    assert_memory_equal(registration.signing_pubkey.ptr, public_key, 32);
    assert_int_equal(rig_register(&rig, &request, &registration), 0);
    assert_int_equal(registration.id.serial, 2);
    rig_http(&rig, "POST", "/register", actr_bytes_str("\xff"));
    assert_int_equal(rig.status, 400);
    rig_close(&rig);
}

TEST(ais_open_renews_by_formula)
{
    struct rendezvous_options options = {.is_open = true};
    struct actr_id id = forge_id("1@4242/acme:echo:1.0.0");
    struct token token;
    harness_hex("850df623914aac066250085ba8b4e03af33d8802eb2f77f1a492a1a4777ab4a6", token.bytes,
                32);
    rig_open(&rig, &options);
    struct ais_response response = rig_renew(&rig, &id, token_view(&token));
    assert_int_equal(response.result, AIS_RESULT_SUCCESS);
    assert_true(actr_id_equal(&response.success.id, &id));
    token.bytes[0] ^= 1;
    assert_int_equal(rig_renew(&rig, &id, token_view(&token)).error.code, 401);
    assert_int_equal(rig.status, 401);
    rig_close(&rig);
}

static struct signaling_envelope registration_envelope(const struct ais_register_request *request)
{
    return (struct signaling_envelope){.version = SIGNALING_VERSION,
                                       .id = view_text("e1"),
                                       .flow = SIGNALING_FLOW_PEER_TO_SERVER,
                                       .register_request = request};
}

TEST(ais_on_a_socket_is_gone_but_in_open_mode)
{
    struct ais_register_request request = forge_registration(RIG_REALM, TYPE);
    struct signaling_envelope envelope = registration_envelope(&request);
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, TYPE);
    rig_send(client, &envelope);
    struct signaling_envelope answer = rig_next(client);
    assert_int_equal(answer.reply.kind, SIGNALING_REGISTERED);
    assert_int_equal(answer.reply.registered.result, AIS_RESULT_ERROR);
    assert_int_equal(answer.reply.registered.error.code, 410);
    assert_string_equal(answer.reply.target.type.manufacturer, "temp");
    rig_close(&rig);

    struct rendezvous_options options = {.is_open = true};
    rig_open(&rig, &options);
    client = rig_upgrade(&rig, "/", "");
    assert_int_equal(client->status, 101);
    rig_send(client, &envelope);
    answer = rig_next(client);
    assert_int_equal(answer.reply.registered.result, AIS_RESULT_SUCCESS);
    assert_int_equal(answer.reply.registered.success.id.serial, 1);
    assert_int_equal(rig.rendezvous->registry.online_count, 1);
    rig_close(&rig);
}
