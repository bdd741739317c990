// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/broker.h"

#include "base/bytes.h"
#include "harness.h"
#include "rig.h"

#define ECHO "acme:echo:1.0.0"
#define CLIENT "acme:client:1.0.0"

static struct rig rig;

/* ---- The rule ---- */

static bool offers(const char *a, bool a_wants_answer, const char *b, bool b_wants_answer)
{
    struct actr_id left = forge_id(a), right = forge_id(b);
    struct broker_party from = {&left, a_wants_answer}, to = {&right, b_wants_answer};
    bool is_offerer = broker_is_offerer(&from, &to);
    assert_int_not_equal(is_offerer, broker_is_offerer(&to, &from)); /* exactly one offers */
    return is_offerer;
}

TEST(broker_lets_the_greater_one_offer)
{
    assert_true(offers("2@1/a:b:1", false, "1@1/a:b:1", false));
    assert_true(offers("1@2/a:b:1", false, "9@1/a:b:1", false)); /* realm before serial */
    assert_true(offers("1@1/b:a:1", false, "1@1/a:b:1", false)); /* then manufacturer */
    assert_true(offers("1@1/a:c:1", false, "1@1/a:b:1", false)); /* then name */
    assert_true(offers("ff@1/a:b:1", false, "1a@1/a:b:1", false));
}

TEST(broker_lets_the_one_answer_that_wants_to)
{
    assert_false(offers("2@1/a:b:1", true, "1@1/a:b:1", false));
    assert_true(offers("1@1/a:b:1", false, "2@1/a:b:1", true));
    assert_true(offers("2@1/a:b:1", true, "1@1/a:b:1", true)); /* both want to: as without */
}

/* ---- Roles ---- */

static void negotiate(struct rig_client *from, const struct rig_client *to)
{
    struct signaling_envelope envelope = rig_relay(from, &to->id, RELAY_ROLE_NEGOTIATION);
    rig_send(from, &envelope);
}

static bool take_assignment(struct rig_client *client, const struct rig_client *peer)
{
    struct signaling_envelope envelope = rig_next(client);
    assert_int_equal(envelope.flow, SIGNALING_FLOW_RELAY);
    assert_int_equal(envelope.relay.kind, RELAY_ROLE_ASSIGNMENT);
    assert_null(envelope.reply_for.ptr);
    assert_true(actr_id_equal(&envelope.relay.source, &peer->id));
    assert_true(actr_id_equal(&envelope.relay.target, &client->id));
    assert_int_equal(envelope.relay.credential.claims.len, 0);
    assert_int_equal(envelope.relay.credential.signature.len, 0);
    assert_false(envelope.relay.role_assignment.has_remote_fixed);
    return envelope.relay.role_assignment.is_offerer;
}

TEST(broker_assigns_roles_to_both_sides)
{
    rig_open(&rig, NULL);
    struct rig_client *first = rig_join(&rig, CLIENT), *second = rig_join(&rig, ECHO);
    negotiate(first, second);
    assert_false(take_assignment(first, second));
    assert_true(take_assignment(second, first));
    negotiate(second, first);
    assert_false(take_assignment(first, second));
    assert_true(take_assignment(second, first));
    assert_false(rig_has_next(first) || rig_has_next(second));
    rig_close(&rig);
}

TEST(broker_honours_the_wish_to_answer)
{
    struct ais_register_request request = forge_registration(RIG_REALM, ECHO);
    rig_open(&rig, NULL);
    struct rig_client *first = rig_join(&rig, CLIENT);
    struct rig_client *second = rig_join_as(&rig, &request, "&webrtc_role=answer");
    negotiate(first, second);
    assert_true(take_assignment(first, second));
    assert_false(take_assignment(second, first));
    rig_close(&rig);
}

TEST(broker_copies_the_trace_of_a_negotiation)
{
    rig_open(&rig, NULL);
    struct rig_client *first = rig_join(&rig, CLIENT), *second = rig_join(&rig, ECHO);
    struct signaling_envelope envelope = rig_relay(first, &second->id, RELAY_ROLE_NEGOTIATION);
    envelope.traceparent = view_text("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    rig_send(first, &envelope);
    assert_true(view_equal(rig_next(second).traceparent, envelope.traceparent));
    rig_close(&rig);
}

TEST(broker_refuses_to_negotiate_for_others)
{
    rig_open(&rig, NULL);
    struct rig_client *first = rig_join(&rig, CLIENT), *second = rig_join(&rig, ECHO);
    struct rig_client *third = rig_join(&rig, ECHO);
    struct signaling_envelope envelope = rig_relay(first, &second->id, RELAY_ROLE_NEGOTIATION);
    envelope.relay.role_negotiation.from = third->id;
    assert_int_equal(rig_error(first, &envelope), 403);
    envelope = rig_relay(first, &second->id, RELAY_ROLE_NEGOTIATION);
    envelope.relay.role_negotiation.to = third->id;
    assert_int_equal(rig_error(first, &envelope), 403);
    assert_false(rig_has_next(second) || rig_has_next(third));
    rig_close(&rig);
}

TEST(broker_refuses_an_assignment_from_a_client)
{
    rig_open(&rig, NULL);
    struct rig_client *first = rig_join(&rig, CLIENT), *second = rig_join(&rig, ECHO);
    struct signaling_envelope envelope = rig_relay(first, &second->id, RELAY_ROLE_ASSIGNMENT);
    envelope.relay.role_assignment.is_offerer = true;
    assert_int_equal(rig_error(first, &envelope), 403);
    assert_false(rig_has_next(second));
    rig_close(&rig);
}

/* ---- Passing on ---- */

static struct signaling_envelope offer(const struct rig_client *from, const struct rig_client *to)
{
    struct signaling_envelope envelope = rig_relay(from, &to->id, RELAY_SESSION_DESCRIPTION);
    envelope.relay.session_description = (struct relay_session_description){
        .sdp = view_text("v=0"), .exchange_id = view_text("x1"), .type = RELAY_SDP_OFFER};
    return envelope;
}

TEST(broker_passes_a_payload_on_without_the_credential)
{
    rig_open(&rig, NULL);
    struct rig_client *first = rig_join(&rig, CLIENT), *second = rig_join(&rig, ECHO);
    struct signaling_envelope sent = offer(first, second);
    rig_send(first, &sent);
    struct signaling_envelope got = rig_next(second);
    assert_int_equal(got.flow, SIGNALING_FLOW_RELAY);
    assert_null(got.reply_for.ptr);
    assert_false(view_equal(got.id, sent.id));
    assert_true(actr_id_equal(&got.relay.source, &first->id));
    assert_true(actr_id_equal(&got.relay.target, &second->id));
    assert_int_equal(got.relay.credential.claims.len, 0);
    assert_true(view_equal(got.relay.session_description.exchange_id, view_text("x1")));
    assert_true(view_equal(got.relay.session_description.sdp, view_text("v=0")));
    assert_false(rig_has_next(first));
    rig_close(&rig);
}

TEST(broker_passes_unknown_fields_and_enumerators_on_byte_by_byte)
{
    /* type 9 (unknown), sdp "s", and field 15 that nobody knows. */
    static const uint8_t payload[] = {0x08, 0x09, 0x12, 0x01, 's', 0x7a, 0x02, 'h', 'i'};
    rig_open(&rig, NULL);
    struct rig_client *first = rig_join(&rig, CLIENT), *second = rig_join(&rig, ECHO);
    struct signaling_envelope sent = offer(first, second);
    sent.relay.raw = actr_view_of(payload, sizeof(payload));
    rig_send(first, &sent);
    struct signaling_envelope got = rig_next(second);
    assert_int_equal(got.relay.session_description.type, 9);
    assert_true(view_equal(got.relay.raw, sent.relay.raw));
    rig_close(&rig);
}

TEST(broker_keeps_the_order)
{
    rig_open(&rig, NULL);
    struct rig_client *first = rig_join(&rig, CLIENT), *second = rig_join(&rig, ECHO);
    for (uint32_t i = 0; i < 20; i++) {
        struct signaling_envelope envelope = rig_relay(first, &second->id, RELAY_ICE_CANDIDATE);
        envelope.relay.ice_candidate =
            (struct relay_ice_candidate){.candidate = view_text("candidate:1"),
                                         .username_fragment = view_text("u"),
                                         .sdp_mline_index = i,
                                         .has_sdp_mline_index = true};
        rig_send(first, &envelope);
    }
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(rig_next(second).relay.ice_candidate.sdp_mline_index, i);
    rig_close(&rig);
}

TEST(broker_answers_a_relay_to_a_target_that_is_not_there)
{
    rig_open(&rig, NULL);
    struct rig_client *first = rig_join(&rig, CLIENT), *second = rig_join(&rig, ECHO);
    rig_leave(&rig, second);
    struct signaling_envelope envelope = offer(first, second);
    assert_int_equal(rig_error(first, &envelope), 404);
    envelope = rig_relay(first, &second->id, RELAY_ROLE_NEGOTIATION);
    assert_int_equal(rig_error(first, &envelope), 404);
    envelope.relay.target.serial++;
    envelope.relay.role_negotiation.to.serial++;
    assert_int_equal(rig_error(first, &envelope), 404);
    rig_close(&rig);
}

TEST(broker_refuses_a_forged_source)
{
    rig_open(&rig, NULL);
    struct rig_client *first = rig_join(&rig, CLIENT), *second = rig_join(&rig, ECHO);
    struct rig_client *third = rig_join(&rig, ECHO);
    struct signaling_envelope envelope = offer(third, second);
    assert_int_equal(rig_error(first, &envelope), 403); /* with the third's credential too */
    envelope = offer(first, second);
    envelope.relay.source = third->id;
    assert_int_equal(rig_error(first, &envelope), 403);
    assert_false(rig_has_next(second));
    rig_close(&rig);
}

TEST(broker_refuses_a_credential_that_is_over_with_401)
{
    rig_open(&rig, NULL);
    struct rig_client *first = rig_join(&rig, CLIENT), *second = rig_join(&rig, ECHO);
    struct signaling_envelope envelope = offer(first, second);
    rig_pass(&rig, 3600);
    assert_int_equal(rig_error(first, &envelope), 401);
    rig_close(&rig);
}

TEST(broker_passes_nothing_in_a_closed_realm)
{
    rig_open(&rig, NULL);
    struct rig_client *first = rig_join(&rig, CLIENT), *second = rig_join(&rig, ECHO);
    rig_json(&rig, "/admin/realms", "{\"id\":101,\"enabled\":false}");
    struct signaling_envelope envelope = offer(first, second);
    assert_int_equal(rig_error(first, &envelope), 403);
    rig_close(&rig);
}

TEST(broker_ignores_a_relay_without_payload)
{
    rig_open(&rig, NULL);
    struct rig_client *first = rig_join(&rig, CLIENT), *second = rig_join(&rig, ECHO);
    struct signaling_envelope envelope = rig_relay(first, &second->id, RELAY_NONE);
    rig_send(first, &envelope);
    assert_false(rig_has_next(first) || rig_has_next(second));
    rig_close(&rig);
}

/* ---- Access rules ---- */

/* An actor that lets only `from` in. */
static struct rig_client *join_guarded(const char *type, const char *from)
{
    struct acl_rule rule = {.permission = ACL_RULE_ALLOW,
                            .realm_kind = ACL_RULE_REALM_ABSENT,
                            .from_type = forge_type(from)};
    struct ais_register_request request = forge_registration(RIG_REALM, type);
    request.has_acl = true;
    request.acl = &rule;
    request.acl_count = 1;
    return rig_join_as(&rig, &request, "");
}

TEST(broker_obeys_the_rules_of_the_target)
{
    rig_open(&rig, NULL);
    struct rig_client *stranger = rig_join(&rig, "acme:stranger:1.0.0");
    struct rig_client *guarded = join_guarded(ECHO, CLIENT);
    struct signaling_envelope envelope = rig_relay(stranger, &guarded->id, RELAY_ROLE_NEGOTIATION);
    assert_int_equal(rig_error(stranger, &envelope), 403);
    envelope = offer(stranger, guarded);
    assert_int_equal(rig_error(stranger, &envelope), 403);
    assert_false(rig_has_next(guarded));
    rig_close(&rig);
}

TEST(broker_lets_answers_back_to_who_asked_though_rules_are_one_sided)
{
    rig_open(&rig, NULL);
    struct rig_client *client = join_guarded(CLIENT, "acme:nobody:1.0.0");
    struct rig_client *echo = join_guarded(ECHO, CLIENT);
    struct signaling_envelope answer = offer(echo, client);
    assert_int_equal(rig_error(echo, &answer), 403); /* nobody has asked yet */
    negotiate(client, echo);
    take_assignment(client, echo);
    take_assignment(echo, client);
    rig_send(echo, &answer);
    assert_false(rig_has_next(echo));
    assert_int_equal(rig_next(client).relay.kind, RELAY_SESSION_DESCRIPTION);
    /* To turn to the client itself is another matter. */
    struct signaling_envelope own = rig_relay(echo, &client->id, RELAY_ROLE_NEGOTIATION);
    assert_int_equal(rig_error(echo, &own), 403);
    rig_close(&rig);
}

TEST(broker_with_default_deny_passes_by_rule_only)
{
    struct rendezvous_options options = {.is_default_deny = true};
    rig_open(&rig, &options);
    struct rig_client *client = rig_join(&rig, CLIENT), *plain = rig_join(&rig, ECHO);
    struct rig_client *guarded = join_guarded(ECHO, CLIENT);
    struct signaling_envelope envelope = rig_relay(client, &plain->id, RELAY_ROLE_NEGOTIATION);
    assert_int_equal(rig_error(client, &envelope), 403);
    negotiate(client, guarded);
    take_assignment(client, guarded);
    rig_close(&rig);
}

/* ---- Open mode ---- */

TEST(broker_in_open_mode_passes_what_synthetic_actors_say)
{
    struct rendezvous_options options = {.is_open = true};
    rig_open(&rig, &options);
    struct rig_client *first = rig_upgrade(&rig, "/", "actor_id=1%404242/acme:client:1.0.0");
    struct rig_client *second = rig_upgrade(&rig, "/", "actor_id=2%404242/acme:echo:1.0.0");
    first->id = forge_id("1@4242/acme:client:1.0.0");
    second->id = forge_id("2@4242/acme:echo:1.0.0");
    negotiate(first, second);
    assert_false(take_assignment(first, second));
    assert_true(take_assignment(second, first));
    struct signaling_envelope envelope = offer(first, second);
    rig_send(first, &envelope);
    assert_int_equal(rig_next(second).relay.kind, RELAY_SESSION_DESCRIPTION);
    rig_close(&rig);
}
