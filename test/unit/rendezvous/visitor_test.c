// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/visitor.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"
#include "rendezvous/ranking.h"
#include "rig.h"

#define TYPE "acme:echo:1.0.0"

static struct rig rig;

/* The status of an upgrade with a credential that says this, for an actor that is registered. */
static unsigned status_of(const uint8_t *seed, const char *claimed, uint32_t realm, uint64_t ttl_s)
{
    struct ais_registration registration;
    struct ais_register_request request = forge_registration(RIG_REALM, TYPE);
    char query[2048], text[ACTR_ID_STR_MAX];
    assert_int_equal(rig_register(&rig, &request, &registration), 0);
    actr_id_format(&registration.id, text);
    struct forged forged =
        forge_credential(seed, claimed ? claimed : text, realm, rig_now_s(&rig) + ttl_s);
    struct credential credential = forged_credential(&forged);
    forge_query(text, &credential, query, sizeof(query));
    unsigned status = rig_upgrade(&rig, "/signaling/ws", query)->status;
    forged_deinit(&forged);
    return status;
}

TEST(visitor_with_a_good_credential_is_let_in)
{
    rig_open(&rig, NULL);
    assert_int_equal(status_of(forge_seed, NULL, RIG_REALM, 10), 101);
    assert_int_equal(rig.rendezvous->registry.online_count, 1);
    assert_int_equal(rig.rendezvous->counters.upgrades, 1);
    rig_close(&rig);
}

TEST(visitor_without_a_good_credential_is_refused)
{
    rig_open(&rig, NULL);
    assert_int_equal(status_of(forge_other_seed, NULL, RIG_REALM, 10), 401);
    assert_int_equal(status_of(forge_seed, NULL, RIG_REALM, 0), 401);
    assert_int_equal(status_of(forge_seed, NULL, RIG_REALM + 1, 10), 401);
    assert_int_equal(status_of(forge_seed, "1@101/acme:echo:1.0.0", RIG_REALM, 10), 401);
    assert_int_equal(rig_upgrade(&rig, "/signaling/ws", "")->status, 401);
    assert_int_equal(rig_upgrade(&rig, "/", "actor_id=1%40101/a:b:c")->status, 401);
    assert_int_equal(rig_upgrade(&rig, "/signaling/ws", "actor_id=%4")->status, 400);
    assert_int_equal(rig_upgrade(&rig, "/other", "")->status, 404);
    assert_int_equal(rig.rendezvous->registry.online_count, 0);
    assert_int_equal(rig.rendezvous->visitor_count, 0);
    assert_int_equal(rig.rendezvous->counters.upgrades_refused, 8);
    rig_close(&rig);
}

TEST(visitor_that_is_not_registered_is_sent_to_register)
{
    char query[2048];
    rig_open(&rig, NULL);
    struct actr_id id = forge_id("77@101/acme:echo:1.0.0");
    struct forged forged = forge_good(&id, rig_now_s(&rig) + 10);
    struct credential credential = forged_credential(&forged);
    forge_query("77@101/acme:echo:1.0.0", &credential, query, sizeof(query));
    assert_int_equal(rig_upgrade(&rig, "/signaling/ws", query)->status, 401);
    forged_deinit(&forged);
    rig_close(&rig);
}

TEST(visitor_of_a_closed_realm_is_refused)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, TYPE);
    rig_json(&rig, "/admin/realms", "{\"id\":101,\"enabled\":false}");
    struct signaling_envelope ping = rig_request(client, SIGNALING_PING);
    assert_int_equal(rig_error(client, &ping), 403);
    char query[2048], text[ACTR_ID_STR_MAX];
    struct credential credential = forged_credential(&client->proof);
    forge_query(actr_id_format(&client->id, text), &credential, query, sizeof(query));
    assert_int_equal(rig_upgrade(&rig, "/signaling/ws", query)->status, 403);
    rig_close(&rig);
}

TEST(visitor_is_displaced_by_a_newer_socket_of_the_same_actor)
{
    char query[2048], text[ACTR_ID_STR_MAX];
    rig_open(&rig, NULL);
    struct rig_client *old = rig_join(&rig, TYPE);
    struct credential credential = forged_credential(&old->proof);
    forge_query(actr_id_format(&old->id, text), &credential, query, sizeof(query));
    struct rig_client *fresh = rig_upgrade(&rig, "/signaling/ws", query);
    assert_int_equal(fresh->status, 101);
    assert_int_equal(old->close_code, 1008);
    assert_string_equal(old->close_reason, "displaced by new connection");
    assert_true(old->is_gone);
    assert_int_equal(rig.rendezvous->registry.online_count, 1);
    fresh->id = old->id;
    struct signaling_envelope ping = rig_request(old, SIGNALING_PING);
    rig_send(fresh, &ping);
    assert_int_equal(rig_next(fresh).reply.kind, SIGNALING_PONG);
    rig_close(&rig);
}

TEST(visitor_that_leaves_is_offline)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, TYPE);
    rig_leave(&rig, client);
    assert_int_equal(rig.rendezvous->registry.online_count, 0);
    assert_int_equal(rig.rendezvous->visitor_count, 0);
    assert_int_equal(registry_count(&rig.rendezvous->registry), 1);
    rig_close(&rig);
}

TEST(visitors_of_one_address_are_limited)
{
    struct rendezvous_options options = {.connect_rate = {10, 50}, .open_max = 2};
    rig_open(&rig, &options);
    rig.address = "192.0.2.1";
    struct rig_client *client = rig_join(&rig, TYPE);
    assert_int_equal(status_of(forge_seed, NULL, RIG_REALM, 10), 101);
    assert_int_equal(status_of(forge_seed, NULL, RIG_REALM, 10), 429);
    rig_leave(&rig, client);
    assert_int_equal(status_of(forge_seed, NULL, RIG_REALM, 10), 101);
    rig_close(&rig);

    options = (struct rendezvous_options){.connect_rate = {1, 2}};
    rig_open(&rig, &options);
    rig.address = "192.0.2.1";
    assert_int_equal(rig_upgrade(&rig, "/", "")->status, 401);
    assert_int_equal(rig_upgrade(&rig, "/", "")->status, 401);
    assert_int_equal(rig_upgrade(&rig, "/", "")->status, 429);
    rig.address = "192.0.2.2";
    assert_int_equal(rig_upgrade(&rig, "/", "")->status, 401);
    rig_close(&rig);
}

TEST(visitor_frames_that_are_no_envelope_are_dropped_and_the_socket_stays)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, TYPE);
    rig_send_bytes(client, actr_bytes_str("\xff\xff\xff\xff"), true);
    rig_send_bytes(client, actr_bytes_str("hello"), false); /* text */
    rig_send_bytes(client, (struct actr_bytes){0}, true);   /* required fields missing */
    assert_false(rig_has_next(client));
    assert_int_equal(client->close_code, 0);
    assert_int_equal(rig.rendezvous->counters.messages_undecodable, 2);
    assert_int_equal(rig_ask(client, SIGNALING_PING).reply.kind, SIGNALING_PONG);
    rig_close(&rig);
}

TEST(visitor_that_talks_too_much_is_told_and_heard_later)
{
    struct rendezvous_options options = {.message_rate = {10, 3}};
    rig_open(&rig, &options);
    struct rig_client *client = rig_join(&rig, TYPE);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rig_ask(client, SIGNALING_PING).reply.kind, SIGNALING_PONG);
    struct signaling_envelope ping = rig_request(client, SIGNALING_PING);
    rig_send(client, &ping);
    struct signaling_envelope answer = rig_next(client);
    assert_int_equal(answer.flow, SIGNALING_FLOW_ERROR);
    assert_int_equal(answer.error.code, 429);
    assert_null(answer.reply_for.ptr);
    rig_pass(&rig, 1);
    assert_int_equal(rig_ask(client, SIGNALING_PING).reply.kind, SIGNALING_PONG);
    rig_close(&rig);
}

TEST(visitor_that_does_not_read_is_closed)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, TYPE);
    client->is_full = true;
    struct signaling_envelope ping = rig_request(client, SIGNALING_PING);
    rig_send(client, &ping);
    assert_int_equal(client->close_code, 1008);
    assert_string_equal(client->close_reason, "slow consumer");
    assert_int_equal(rig.rendezvous->registry.online_count, 0);
    rig_close(&rig);
}

TEST(visitor_may_bring_a_renewed_credential)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, TYPE);
    struct forged renewed = forge_good(&client->id, rig_now_s(&rig) + 7200);
    struct signaling_envelope ping = rig_request(client, SIGNALING_PING);
    rig_pass(&rig, 3600);
    assert_int_equal(rig_error(client, &ping), 401);
    ping.request.credential = forged_credential(&renewed);
    assert_int_equal(rig_error(client, &ping), 0);
    assert_int_equal(rig_error(client, &ping), 0);
    forged_deinit(&renewed);
    rig_close(&rig);
}

TEST(visitor_with_another_credential_that_is_not_his_gets_401)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, TYPE), *other = rig_join(&rig, TYPE);
    struct signaling_envelope ping = rig_request(client, SIGNALING_PING);
    ping.request.credential = forged_credential(&other->proof);
    assert_int_equal(rig_error(client, &ping), 401);
    struct signaling_envelope answer;
    rig_send(client, &ping);
    answer = rig_next(client);
    assert_true(view_equal(answer.reply.error.message,
                           view_text("Credential validation failed: issued for another actor")));
    assert_int_equal(rig_ask(client, SIGNALING_PING).reply.kind, SIGNALING_PONG);
    rig_close(&rig);
}

TEST(visitor_pays_for_forged_credentials)
{
    struct rendezvous_options options = {.message_rate = {10, 60}};
    rig_open(&rig, &options);
    struct rig_client *client = rig_join(&rig, TYPE);
    struct signaling_envelope ping = rig_request(client, SIGNALING_PING);
    ping.request.credential.key_id++;
    assert_int_equal(rig_error(client, &ping), 401);
    assert_int_equal(rig_error(client, &ping), 401);
    rig_send(client, &ping); /* two forgeries used 52 of 60 tokens */
    assert_int_equal(rig_next(client).reply.error.code, 401);
    rig_pass(&rig, 0);
    for (int i = 0; i < 7; i++)
        assert_int_equal(rig_ask(client, SIGNALING_PING).reply.kind, SIGNALING_PONG);
    ping = rig_request(client, SIGNALING_PING);
    rig_send(client, &ping);
    assert_int_equal(rig_next(client).flow, SIGNALING_FLOW_ERROR);
    rig_close(&rig);
}

/* ---- Presence ---- */

static void subscribe(struct rig_client *client, const char *type)
{
    struct signaling_envelope envelope = rig_request(client, SIGNALING_SUBSCRIBE_UP);
    envelope.request.up_type = forge_type(type);
    rig_send(client, &envelope);
    struct signaling_envelope answer = rig_next(client);
    assert_int_equal(answer.reply.kind, SIGNALING_SUBSCRIBED);
    assert_int_equal(answer.reply.outcome.result, AIS_RESULT_SUCCESS);
}

TEST(visitor_is_announced_to_those_who_may_see_him)
{
    struct ais_register_request closed = forge_registration(RIG_REALM, TYPE);
    closed.has_acl = true;
    rig_open(&rig, NULL);
    struct rig_client *watcher = rig_join(&rig, "acme:client:1.0.0");
    subscribe(watcher, TYPE);
    struct rig_client *echo = rig_join(&rig, TYPE);
    struct signaling_envelope event = rig_next(watcher);
    assert_int_equal(event.reply.kind, SIGNALING_ACTOR_UP);
    assert_null(event.reply_for.ptr);
    assert_true(actr_id_equal(&event.reply.target, &watcher->id));
    assert_true(actr_id_equal(&event.reply.up_id, &echo->id));
    rig_join_as(&rig, &closed, "");
    assert_false(rig_has_next(watcher));
    rig_join(&rig, "acme:other:1.0.0");
    assert_false(rig_has_next(watcher));
    rig_close(&rig);
}

static struct rig_client *rejoin(const struct rig_client *client)
{
    char query[2048], text[ACTR_ID_STR_MAX];
    struct credential credential = forged_credential(&client->proof);
    forge_query(actr_id_format(&client->id, text), &credential, query, sizeof(query));
    struct rig_client *fresh = rig_upgrade(&rig, "/signaling/ws", query);
    assert_int_equal(fresh->status, 101);
    return fresh;
}

TEST(visitor_that_is_back_within_five_seconds_was_never_away)
{
    rig_open(&rig, NULL);
    struct rig_client *watcher = rig_join(&rig, "acme:client:1.0.0");
    subscribe(watcher, TYPE);
    struct rig_client *echo = rig_join(&rig, TYPE);
    rig_next(watcher);
    rejoin(echo); /* displaces */
    assert_false(rig_has_next(watcher));
    struct rig_client *again = rejoin(echo);
    rig_leave(&rig, again);
    rig_pass(&rig, 4);
    again = rejoin(echo);
    assert_false(rig_has_next(watcher));
    rig_leave(&rig, again);
    rig_pass(&rig, 6);
    rejoin(echo);
    assert_true(rig_has_next(watcher));
    rig_close(&rig);
}

TEST(visitor_is_not_told_of_himself)
{
    rig_open(&rig, NULL);
    struct rig_client *echo = rig_join(&rig, TYPE);
    subscribe(echo, TYPE);
    rig_join(&rig, TYPE);
    assert_true(rig_has_next(echo));
    rig_next(echo);
    assert_false(rig_has_next(echo));
    rig_close(&rig);
}

TEST(visitor_takes_his_subscriptions_with_him)
{
    rig_open(&rig, NULL);
    struct rig_client *watcher = rig_join(&rig, "acme:client:1.0.0");
    subscribe(watcher, TYPE);
    assert_int_equal(rig.rendezvous->subscriptions.count, 1);
    rig_leave(&rig, watcher);
    assert_int_equal(rig.rendezvous->subscriptions.count, 0);
    rig_close(&rig);
}

/* ---- Open mode ---- */

TEST(visitor_in_open_mode_needs_no_registration)
{
    struct rendezvous_options options = {.is_open = true};
    rig_open(&rig, &options);
    struct rig_client *client = rig_upgrade(&rig, "/", "actor_id=5%404242/acme:echo:1.0.0");
    assert_int_equal(client->status, 101);
    client->id = forge_id("5@4242/acme:echo:1.0.0");
    assert_int_equal(rig_ask(client, SIGNALING_PING).reply.kind, SIGNALING_PONG);
    struct rig_client *nobody = rig_upgrade(&rig, "/signaling/ws", "");
    assert_int_equal(nobody->status, 101);
    nobody->id = forge_id("6@4242/acme:other:1.0.0");
    assert_int_equal(rig_ask(nobody, SIGNALING_PING).reply.kind, SIGNALING_PONG);
    assert_int_equal(rig.rendezvous->registry.online_count, 1);
    rig_close(&rig);
}

TEST(visitor_is_told_that_the_server_goes)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, TYPE);
    rig_close(&rig);
    assert_int_equal(client->close_code, 1001);
}

TEST(visitor_survives_want_of_memory_at_the_door)
{
    char query[2048], text[ACTR_ID_STR_MAX];
    struct ais_registration registration;
    struct ais_register_request request = forge_registration(RIG_REALM, TYPE);
    rig_open(&rig, NULL);
    assert_int_equal(rig_register(&rig, &request, &registration), 0);
    struct actr_id id = registration.id;
    struct forged forged = forge_good(&id, rig_now_s(&rig) + 10);
    struct credential credential = forged_credential(&forged);
    forge_query(actr_id_format(&id, text), &credential, query, sizeof(query));
    unsigned status = 0;
    for (size_t n = 1; status != 101; n++) {
        mem_fail_at(n);
        status = rig_upgrade(&rig, "/signaling/ws", query)->status;
        mem_fail_at(0);
        assert_true(status == 101 || status == 500 || status == 503);
        if (status != 101)
            assert_int_equal(rig.rendezvous->visitor_count, 0);
    }
    forged_deinit(&forged);
    rig_close(&rig);
}
