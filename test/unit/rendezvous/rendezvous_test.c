// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/rendezvous.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"
#include "rig.h"
#include "sys/loop_virtual.h"

#define TYPE "acme:echo:1.0.0"

static struct rig rig;

TEST(rendezvous_listens_with_the_limits_it_promises)
{
    struct rendezvous_options options = {.host = "127.0.0.1", .connection_max = 77};
    rig_open(&rig, &options);
    assert_int_equal(rig.listened.connection_max, 77);
    assert_int_equal(rig.listened.ws.message_len_max, 1024 * 1024);
    assert_int_equal(rig.listened.ws.queue_high, 4 * 1024 * 1024);
    assert_int_equal(rig.listened.ws.dead_after_ms, 60000);
    assert_true(rig.listened.ws.ping_interval_ms < 30000);
    rig_close(&rig);
}

TEST(rendezvous_drops_registrations_whose_time_is_over)
{
    struct ais_register_request request = forge_registration(RIG_REALM, TYPE);
    rig_open(&rig, NULL);
    assert_int_equal(rig_register(&rig, &request, NULL), 0);
    struct rig_client *client = rig_join(&rig, TYPE);
    rig_pass(&rig, 86399);
    assert_int_equal(registry_count(&rig.rendezvous->registry), 2);
    rig_pass(&rig, 31);
    assert_int_equal(registry_count(&rig.rendezvous->registry), 1); /* who is online stays */
    assert_int_equal(rig.ledger.removal_count, 1);
    rig_leave(&rig, client);
    rig_pass(&rig, 3700);
    assert_int_equal(registry_count(&rig.rendezvous->registry), 0);
    rig_close(&rig);
}

TEST(rendezvous_removal_that_cannot_be_stored_is_counted)
{
    struct ais_register_request request = forge_registration(RIG_REALM, TYPE);
    rig_open(&rig, NULL);
    assert_int_equal(rig_register(&rig, &request, NULL), 0);
    rig.ledger.fail_with = ACTR_EIO;
    rig_pass(&rig, 86500);
    assert_int_equal(registry_count(&rig.rendezvous->registry), 0);
    assert_int_equal(rig.rendezvous->counters.ledger_failures, 1);
    rig_close(&rig);
}

TEST(rendezvous_closes_while_writes_are_waiting)
{
    struct ais_register_request request = forge_registration(RIG_REALM, TYPE);
    rig_open(&rig, NULL);
    rig.ledger.want_hold = true;
    rig_http(&rig, "POST", "/ais/register", ais_register_request_encode(&request));
    rig.events->on_abandoned(rig.user, &rig.request);
    rendezvous_close(rig.rendezvous);
    rig_run(&rig);
    assert_false(rig.is_closed);
    rig_release(&rig, 0);
    assert_true(rig.is_closed);
    actr_bytes_unref(rig.body);
    arena_deinit(&rig.arena);
    loop_virtual_close(rig.loop);
}

static int refused(const struct rendezvous_options *options)
{
    static const struct rendezvous_events events;
    struct rendezvous *rendezvous = NULL;
    struct loop *loop = NULL;
    assert_int_equal(loop_virtual_new(1, &loop), 0);
    struct rendezvous_base base = {loop, NULL, ledger_memory_new(loop), NULL};
    int r = rendezvous_start(&base, options, &events, NULL, &rendezvous);
    loop_virtual_close(loop);
    return r;
}

TEST(rendezvous_refuses_options_that_make_no_sense)
{
    static const struct rendezvous_realm realm = {0, NULL}, secret = {1, ""};
    struct rendezvous_options options = {.credential_ttl_s = 21601};
    assert_int_equal(refused(&options), ACTR_EINVALID);
    options = (struct rendezvous_options){.tls_cert = "x"};
    assert_int_equal(refused(&options), ACTR_EINVALID);
    options = (struct rendezvous_options){.realms = &realm, .realm_count = 1};
    assert_int_equal(refused(&options), ACTR_EINVALID);
    options = (struct rendezvous_options){.realms = &secret, .realm_count = 1};
    assert_int_equal(refused(&options), ACTR_EINVALID);
    options = (struct rendezvous_options){.turn_secret = ""};
    assert_int_equal(refused(&options), ACTR_EINVALID);
}

static void on_nothing(void *user, int result)
{
}

static void on_gone(void *user)
{
    *(bool *)user = true;
}

TEST(rendezvous_start_survives_want_of_memory_at_any_point)
{
    static const struct rendezvous_realm realm = {7, "secret"};
    const struct rendezvous_options options = {.realms = &realm, .realm_count = 1};
    static const struct rendezvous_events events = {on_nothing, on_gone};
    int r = ACTR_ENOMEM;
    size_t n = 0;
    while (r == ACTR_ENOMEM) {
        struct rendezvous *rendezvous = NULL;
        struct loop *loop = NULL;
        bool is_gone = false;
        assert_int_equal(loop_virtual_new(1, &loop), 0);
        struct rendezvous_base base = {loop, NULL, ledger_memory_new(loop), NULL};
        mem_fail_at(++n);
        r = rendezvous_start(&base, &options, &events, &is_gone, &rendezvous);
        mem_fail_at(0);
        if (r == 0) {
            rendezvous_close(rendezvous); /* before it has begun to listen */
            loop_virtual_run_until(loop, loop_now_us(loop));
            assert_true(is_gone);
        }
        loop_virtual_close(loop);
    }
    assert_int_equal(r, 0);
    assert_true(n > 10);
}
