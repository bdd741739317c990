// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The life of a credential: renewed in time, on demand, and replaced when nothing else helps. */
#include "hyper/signaling/credential_manager.h"

#include <string.h>

#include "node.h"

TEST(renewal_is_due_before_the_end)
{
    for (int64_t ttl_s = 600; ttl_s < 100000; ttl_s += 777) {
        uint64_t early_us = credential_manager_renew_delay_us(ttl_s, UINT32_MAX);
        uint64_t late_us = credential_manager_renew_delay_us(ttl_s, 0);
        assert_int_equal(late_us, (uint64_t)(ttl_s - 300) * S_US);
        assert_int_equal(early_us, (uint64_t)(ttl_s - 330) * S_US);
    }
}

TEST(a_short_life_is_renewed_after_half_of_it)
{
    for (int64_t ttl_s = 1; ttl_s < 600; ttl_s++) {
        uint64_t ttl_us = (uint64_t)ttl_s * S_US;
        assert_int_equal(credential_manager_renew_delay_us(ttl_s, 0), ttl_us / 2);
        assert_int_equal(credential_manager_renew_delay_us(ttl_s, UINT32_MAX),
                         ttl_us / 2 + ttl_us * 3 / 10);
    }
}

TEST(a_life_that_makes_no_sense)
{
    static const int64_t odd_s[] = {0, -1, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < 4; i++)
        for (uint32_t random = 0; random < 2; random++) {
            uint64_t us = credential_manager_renew_delay_us(odd_s[i], random * UINT32_MAX);
            assert_true(us >= 300 * S_US && us <= 30 * 86400 * S_US);
        }
}

/* Until the service is asked for the count-th renewal. */
static void run_until_renewing(struct node *node, unsigned count)
{
    while (node->server.renewing.count < count)
        assert_true(loop_virtual_step(node->loop));
}

TEST(renews_before_the_credential_expires)
{
    struct node node;
    node_begin(&node);
    uint64_t expires_at_s = signaling_identity(node.signaling)->expires_at_s;
    memset(node.server.token, 0x66, sizeof node.server.token);
    node_run(&node, (3600 - 331) * S_US);
    assert_int_equal(node.server.renewing.count, 0);
    node_run(&node, 32 * S_US);
    assert_int_equal(node.server.renewing.count, 1);
    assert_int_equal(node.renewed, 1);
    assert_string_equal(node.server.ais_url, "http://server:8081/ais/renew");
    assert_string_equal(node.server.realm_secret, "");
    assert_int_equal(node.server.sent_token[0], 0x55);
    assert_true(signaling_identity(node.signaling)->expires_at_s > expires_at_s + 3000);
    /* Nothing but the credential has changed. */
    assert_int_equal(node.registered, 1);
    assert_int_equal(node.server.dials, 1);
    assert_int_equal(node.disconnected, 0);
    assert_int_equal(signaling_identity(node.signaling)->generation, 1);
    /* The next one shows the token that came with this one. */
    node_run(&node, 3300 * S_US);
    assert_int_equal(node.renewed, 2);
    assert_int_equal(node.server.sent_token[0], 0x66);
    node_deinit(&node);
}

TEST(a_year_of_renewals)
{
    struct node node;
    node_init(&node, 1, NULL);
    node.server.ttl_s = 86400;
    node.server.heartbeat_s = 600;
    node_up(&node);
    node_run(&node, 365ull * 86400 * S_US);
    assert_int_equal(node.renewed, 366);
    assert_int_equal(node.registered, 1);
    assert_int_equal(node.connected, 1);
    assert_int_equal(node.errors, 0);
    node_deinit(&node);
}

TEST(a_life_of_seconds)
{
    struct node node;
    node_init(&node, 1, NULL);
    node.server.ttl_s = 4;
    node_up(&node);
    node_run(&node, 60 * S_US);
    assert_true(node.renewed >= 17 && node.renewed <= 30);
    assert_int_equal(node.errors + node.disconnected, 0);
    node_deinit(&node);
}

/* ---- What makes it renew ---- */

TEST(a_heartbeat_answered_with_401)
{
    struct node node;
    node_begin(&node);
    node.server.ping_error = 401;
    node_run(&node, 29900 * MS_US);
    assert_int_equal(node.renewed, 0);
    node_run(&node, 100 * MS_US + 10 * MS_US);
    assert_int_equal(node.renewed, 1);
    node.server.ping_error = 0;
    node_run(&node, 60 * S_US);
    assert_int_equal(node.renewed, 1);
    assert_int_equal(node.registered, 1);
    assert_int_equal(node.disconnected, 0);
    node_deinit(&node);
}

TEST(any_request_answered_with_401)
{
    struct node node;
    struct node_lookup lookup;
    node_begin(&node);
    node.server.error = 401;
    node_find(&node, &lookup, "acme:echo:1.0.0", 1);
    node_run(&node, 20 * MS_US);
    assert_int_equal(lookup.code, ACTR_EUNAVAILABLE);
    assert_int_equal(node.renewed, 1);
    node_deinit(&node);
}

TEST(a_warning)
{
    struct node node;
    node_init(&node, 1, NULL);
    node.server.wants_renewal = true;
    node_up(&node);
    assert_int_equal(node.renewed, 0); /* it came with the credential that is fresh */
    node_run(&node, 61 * S_US);
    assert_int_equal(node.renewed, 1);
    node_run(&node, 600 * S_US);
    assert_true(node.renewed <= 11); /* a server that always warns is not always obeyed */
    node_deinit(&node);
}

TEST(an_upgrade_refused_with_401)
{
    struct node node;
    node_begin(&node);
    char old_url[FAKE_URL_MAX];
    memcpy(old_url, node.server.url, sizeof old_url);
    node_run(&node, 60 * S_US);
    node.server.upgrade_status = 401;
    fake_server_lose(&node.server);
    run_until_renewing(&node, 1);
    assert_true(loop_now_us(node.loop) < node.began_us + 61 * S_US);
    assert_int_equal(node.server.dials, 2);
    node.server.upgrade_status = 101;
    node_run(&node, 20 * MS_US);
    assert_int_equal(node.renewed, 1);
    assert_int_equal(node.server.dials, 3);
    assert_int_equal(node.connected, 2);
    assert_int_equal(node.registered, 1);
    assert_string_not_equal(old_url, node.server.url);
    node_deinit(&node);
}

/* ---- When renewing does not help ---- */

static void rebinds(enum fake_answer answer, unsigned code)
{
    struct node node;
    node_begin(&node);
    struct actr_id first = node.id;
    node.server.renewing.answer = answer;
    node.server.renewing.code = code;
    node_run(&node, 3310 * S_US);
    assert_int_equal(node.server.renewing.count, 1);
    assert_int_equal(node.registered, 2);
    assert_int_equal(node.generation, 2);
    assert_int_equal(node.connected, 2);
    assert_int_equal(node.server.dials, 2);
    assert_int_equal(node.disconnected, 0);
    assert_int_equal(node.server.close_code, 1000);
    assert_false(actr_id_equal(&first, &node.id));
    assert_true(actr_id_equal(&signaling_identity(node.signaling)->id, &node.id));
    assert_true(signaling_is_connected(node.signaling));
    node_deinit(&node);
}

TEST(a_rejected_token_leads_to_another_identity)
{
    rebinds(FAKE_ERROR, 401);
}

TEST(so_does_a_renewal_that_cannot_be_understood)
{
    rebinds(FAKE_ERROR, 400);
}

/* The test server of the existing system signs renewals for a number that it throws away. */
TEST(so_does_a_renewal_for_somebody_else)
{
    rebinds(FAKE_OTHER_CLAIMS, 0);
    rebinds(FAKE_FORGED, 0);
}

TEST(a_server_without_renewals)
{
    struct node node;
    node_begin(&node);
    node.server.renewing.answer = FAKE_STATUS;
    node.server.renewing.code = 404;
    node_run(&node, 3600 * S_US);
    assert_int_equal(node.server.renewing.count, 3);
    assert_int_equal(node.generation, 2);
    assert_true(signaling_is_connected(node.signaling));
    node_deinit(&node);
}

/* The server came back without its memory: it knows neither the credential nor the token. */
TEST(a_server_that_has_forgotten_us)
{
    struct node node;
    node_begin(&node);
    node_run(&node, 60 * S_US);
    node.server.upgrade_status = 401;
    node.server.renewing.answer = FAKE_ERROR;
    node.server.renewing.code = 401;
    fake_server_lose(&node.server);
    while (node.registered == 1)
        assert_true(loop_virtual_step(node.loop));
    node.server.upgrade_status = 101;
    node_run(&node, 20 * MS_US);
    assert_int_equal(node.generation, 2);
    assert_int_equal(node.connected, 2);
    assert_true(loop_now_us(node.loop) < node.began_us + 61 * S_US);
    node_deinit(&node);
}

TEST(renewed_and_still_refused)
{
    struct node node;
    node_begin(&node);
    node_run(&node, 60 * S_US);
    node.server.upgrade_status = 401;
    fake_server_lose(&node.server);
    node_run(&node, 400 * MS_US);
    assert_int_equal(node.renewed, 1);
    assert_int_equal(node.registered, 2);
    assert_int_equal(node.server.dials, 4); /* with the old, the renewed, and another credential */
    node.server.upgrade_status = 101;
    node_run(&node, 60 * S_US);
    assert_true(signaling_is_connected(node.signaling));
    node_deinit(&node);
}

TEST(a_server_that_refuses_whatever_it_grants_is_not_flooded)
{
    struct node node;
    node_begin(&node);
    node.server.upgrade_status = 401;
    fake_server_lose(&node.server);
    node_run(&node, 3600 * S_US);
    assert_true(node.server.registering.count < 25);
    assert_true(node.server.renewing.count < 25);
    node.server.upgrade_status = 101;
    node_run(&node, 400 * S_US);
    assert_true(signaling_is_connected(node.signaling));
    node_deinit(&node);
}

/* ---- An identity service in trouble ---- */

static void outlives(enum fake_answer answer, unsigned code)
{
    struct node node;
    node_begin(&node);
    node.server.renewing.answer = answer;
    node.server.renewing.code = code;
    node_run(&node, 3300 * S_US);
    assert_int_equal(node.renewed, 0);
    assert_true(node.errors >= 1);
    node_run(&node, 3600 * S_US);
    unsigned count = node.server.renewing.count;
    assert_true(count >= 12 && count <= 25); /* 5 s, 10 s, … 300 s */
    assert_int_equal(node.registered, 1);
    assert_true(signaling_is_connected(node.signaling));
    node.server.renewing.answer = FAKE_GRANT;
    node_run(&node, 380 * S_US);
    assert_int_equal(node.renewed, 1);
    assert_int_equal(node.server.sent_token[0], 0x55);
    node_deinit(&node);
}

TEST(renewal_goes_on_while_the_service_is_down)
{
    outlives(FAKE_REFUSE, 0);
    outlives(FAKE_ERROR, 503);
    outlives(FAKE_STATUS, 500);
}

TEST(a_lost_answer_is_asked_for_again)
{
    struct node node;
    node_begin(&node);
    node.server.renewing.answer = FAKE_SILENCE;
    run_until_renewing(&node, 1);
    node.server.renewing.answer = FAKE_GRANT;
    node_run(&node, 20 * S_US);
    assert_int_equal(node.server.renewing.count, 2);
    assert_int_equal(node.renewed, 1);
    assert_int_equal(node.server.sent_token[0], 0x55);
    node_deinit(&node);
}

TEST(a_limited_renewal_waits_as_long_as_it_is_told)
{
    struct node node;
    node_begin(&node);
    node.server.renewing = (struct fake_exchange){FAKE_STATUS, 429, 100, 0};
    node_run(&node, 3301 * S_US);
    assert_int_equal(node.server.renewing.count, 1);
    node_run(&node, 60 * S_US);
    assert_int_equal(node.server.renewing.count, 1);
    node.server.renewing.answer = FAKE_GRANT;
    node_run(&node, 45 * S_US);
    assert_int_equal(node.renewed, 1);
    node_deinit(&node);
}

TEST(an_absurd_wait_is_not_believed)
{
    struct node node;
    node_begin(&node);
    node.server.renewing = (struct fake_exchange){FAKE_STATUS, 429, INT64_MAX, 0};
    node_run(&node, 3301 * S_US);
    node_run(&node, 3601 * S_US);
    assert_int_equal(node.server.renewing.count, 2);
    node_deinit(&node);
}

TEST(a_realm_disabled_and_enabled_again)
{
    struct node node;
    node_begin(&node);
    node.server.renewing.answer = FAKE_ERROR;
    node.server.renewing.code = 403;
    node.server.error = 403;
    node_run(&node, 5000 * S_US);
    assert_int_equal(node.renewed, 0);
    assert_int_equal(node.code, ACTR_EPERMISSION);
    assert_int_equal(node.registered, 1);
    unsigned count = node.server.renewing.count;
    assert_true(count <= 15);
    /* The next heartbeat that is answered says that the realm is back: no pause is waited for. */
    node.server.renewing.answer = FAKE_GRANT;
    node.server.error = 0;
    node_run(&node, 31 * S_US);
    assert_int_equal(node.renewed, 1);
    assert_true(signaling_is_connected(node.signaling));
    node_deinit(&node);
}

/* ---- Displaced ---- */

TEST(displaced_it_becomes_somebody_else)
{
    struct node node;
    node_begin(&node);
    struct actr_id first = node.id;
    node_run(&node, 60 * S_US);
    fake_server_close(&node.server, 1008);
    assert_int_equal(node.disconnected, 1);
    node_run(&node, 20 * MS_US);
    assert_int_equal(node.generation, 2);
    assert_int_equal(node.connected, 2);
    assert_int_equal(node.server.dials, 2); /* never again with the old identity */
    assert_int_equal(node.server.renewing.count, 0);
    assert_false(actr_id_equal(&first, &node.id));
    node_deinit(&node);
}

TEST(displaced_at_once_again_and_again)
{
    struct node node;
    node_begin(&node);
    for (int i = 0; i < 600; i++) {
        if (node.server.socket != NULL)
            fake_server_close(&node.server, 1008);
        node_run(&node, S_US);
    }
    assert_true(node.registered < 15);
    assert_true(node.registered > 2);
    node_deinit(&node);
}

TEST(displaced_while_renewing)
{
    struct node node;
    node_begin(&node);
    node.server.renewing.answer = FAKE_SILENCE;
    run_until_renewing(&node, 1);
    fake_server_close(&node.server, 1008);
    node_run(&node, 20 * MS_US);
    assert_int_equal(node.generation, 2);
    assert_true(signaling_is_connected(node.signaling));
    node_deinit(&node);
}

TEST(displaced_while_the_service_is_down)
{
    struct node node;
    node_begin(&node);
    node_run(&node, 60 * S_US);
    node.server.registering.answer = FAKE_REFUSE;
    fake_server_close(&node.server, 1008);
    node_run(&node, 1000 * S_US);
    assert_int_equal(node.server.dials, 1);
    assert_false(signaling_is_connected(node.signaling));
    node.server.registering.answer = FAKE_GRANT;
    node_run(&node, 380 * S_US);
    assert_int_equal(node.generation, 2);
    assert_true(signaling_is_connected(node.signaling));
    node_deinit(&node);
}

/* ---- Clocks that differ ---- */

TEST(our_clock_is_a_day_ahead)
{
    struct node node;
    node_init(&node, 1, NULL);
    node.server.skew_s = -86400;
    node_up(&node);
    node_run(&node, 3600 * S_US);
    assert_true(node.renewed >= 7 && node.renewed <= 12);
    assert_int_equal(node.registered, 1);
    assert_int_equal(node.disconnected, 0);
    node_deinit(&node);
}

TEST(our_clock_is_a_day_behind)
{
    struct node node;
    node_init(&node, 1, NULL);
    node.server.skew_s = 86400;
    node_up(&node);
    node_run(&node, 3600 * S_US);
    assert_int_equal(node.renewed, 0); /* it thinks that there is time */
    node.server.ping_error = 401;
    node_run(&node, 31 * S_US);
    node.server.ping_error = 0;
    assert_int_equal(node.renewed, 1);
    node_run(&node, 60 * S_US);
    assert_int_equal(node.registered, 1);
    assert_int_equal(node.disconnected, 0);
    node_deinit(&node);
}

/* An answer to an old credential that comes late must not shake the new one. */
TEST(a_late_401_is_about_the_old_credential)
{
    struct node node;
    struct node_lookup lookup;
    node_begin(&node);
    node_run(&node, 60 * S_US);
    node.server.error = 401;
    node_find(&node, &lookup, "acme:echo:1.0.0", 1);
    struct node_lookup other;
    node_find(&node, &other, "acme:other:1.0.0", 1);
    node_run(&node, 20 * MS_US);
    assert_int_equal(node.renewed, 1);
    assert_int_equal(node.registered, 1);
    node_deinit(&node);
}
