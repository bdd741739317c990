// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Hooks of whole nodes: what is raised, when, and to whom. That their order makes sense is checked
 * by the witnesses of every node in every simulation (sim_witness.h). */
#include <string.h>

#include "harness.h"
#include "hyper/wire/websocket/handshake.h"
#include "sim_traffic.h"

static struct sim_world world;
static struct sim_traffic traffic;
static struct sim_node *alpha, *beta;

static void begin(const char *test)
{
    sim_world_init(&world, 1, test);
    sim_traffic_init(&traffic, &world);
    sim_serve(&world);
}

static void begin_pair(const char *test)
{
    begin(test);
    alpha = sim_add(&world, "alpha", sim_traffic_workload(&traffic), NULL);
    beta = sim_add(&world, "beta", sim_traffic_workload(&traffic), NULL);
    sim_check(&world, sim_start(alpha) == 0 && sim_start(beta) == 0);
}

static void end(void)
{
    sim_world_deinit(&world);
    sim_traffic_deinit(&traffic);
}

/* Both, the actor and the observer, have heard `hook` so often. */
static bool heard(const struct sim_node *node, enum actr_hook hook, unsigned count)
{
    return node->actor.counts[hook] == count && node->observer.counts[hook] == count;
}

static void call(struct sim_node *from, struct sim_node *to, const struct sim_call *wanted)
{
    struct actr_id id = actr_node_id(to->node);
    sim_traffic_send(&traffic, from, &id, wanted);
}

TEST(what_happens_before_on_start_is_told_after_it)
{
    begin("what_happens_before_on_start_is_told_after_it");
    alpha = sim_add(&world, "alpha", sim_traffic_workload(&traffic), NULL);
    sim_unserve(&world, true);
    sim_check(&world, actr_node_start(alpha->node) == 0);
    sim_run(&world, 2 * SIM_S); /* in vain, so far */
    sim_check(&world, heard(alpha, ACTR_HOOK_ERROR, 0));
    sim_serve(&world);
    sim_run(&world, 20 * SIM_S);
    sim_check(&world, alpha->state == ACTR_NODE_RUNNING);
    sim_check(&world, heard(alpha, ACTR_HOOK_START, 1) && heard(alpha, ACTR_HOOK_READY, 1));
    sim_check(&world, heard(alpha, ACTR_HOOK_SIGNALING_CONNECTING, 1));
    sim_check(&world, heard(alpha, ACTR_HOOK_SIGNALING_CONNECTED, 1));
    sim_check(&world, heard(alpha, ACTR_HOOK_CREDENTIAL_RENEWED, 1));
    sim_check(&world, alpha->actor.categories[ACTR_ERROR_SIGNALING] > 0);
    sim_stop(alpha, 0);
    sim_check(&world, heard(alpha, ACTR_HOOK_STOP, 1));
    sim_check(&world, heard(alpha, ACTR_HOOK_SIGNALING_DISCONNECTED, 0)); /* it ends with on_stop */
    end();
}

TEST(a_connection_is_told_of_at_both_ends)
{
    struct sim_call echo = {.route = SIM_ECHO, .len = 10};
    begin_pair("a_connection_is_told_of_at_both_ends");
    call(alpha, beta, &echo);
    sim_run(&world, 5 * SIM_S);
    sim_check(&world, traffic.answered == 1);
    sim_check(&world, heard(alpha, ACTR_HOOK_WEBSOCKET_CONNECTING, 1));
    sim_check(&world, heard(alpha, ACTR_HOOK_WEBSOCKET_CONNECTED, 1));
    sim_check(&world, heard(beta, ACTR_HOOK_WEBSOCKET_CONNECTING, 1));
    sim_check(&world, heard(beta, ACTR_HOOK_WEBSOCKET_CONNECTED, 1));
    sim_check(&world, !alpha->actor.last_inbound && beta->actor.last_inbound);
    sim_check(&world, sim_cut(&world.net, &alpha->host, &beta->host, SIM_CUT_BOTH) == 1);
    sim_run(&world, 20 * SIM_S);
    sim_check(&world, heard(alpha, ACTR_HOOK_WEBSOCKET_DISCONNECTED, 1));
    sim_check(&world, heard(beta, ACTR_HOOK_WEBSOCKET_DISCONNECTED, 1));
    sim_check(&world, alpha->actor.categories[ACTR_ERROR_TRANSPORT] > 0);
    end();
}

TEST(a_dial_that_fails_is_told_as_begun_and_over)
{
    struct sim_call echo = {.route = SIM_ECHO, .len = 10, .timeout_ms = 3000};
    begin_pair("a_dial_that_fails_is_told_as_begun_and_over");
    beta->host.refuses = true;
    call(alpha, beta, &echo);
    sim_run(&world, 20 * SIM_S);
    sim_check(&world, traffic.failed == 1);
    unsigned dials = alpha->actor.counts[ACTR_HOOK_WEBSOCKET_CONNECTING];
    sim_check(&world, dials > 0 && heard(alpha, ACTR_HOOK_WEBSOCKET_DISCONNECTED, dials));
    sim_check(&world, heard(alpha, ACTR_HOOK_WEBSOCKET_CONNECTED, 0));
    beta->host.refuses = false;
    end();
}

/* Somebody who is let in by nobody. */
static void stranger_on_open(void *user)
{
    (void)user;
}

static void stranger_on_message(void *user, struct actr_bytes message, bool is_binary)
{
    (void)user, (void)is_binary;
    actr_bytes_unref(message);
}

static void stranger_on_closed(void *user, const struct net_close *why)
{
    sim_check(&world, why->cause == NET_CLOSED && why->code == 1008);
    ++*(unsigned *)user;
}

static const struct net_ws_events stranger_events = {.on_open = stranger_on_open,
                                                     .on_message = stranger_on_message,
                                                     .on_closed = stranger_on_closed};

TEST(a_peer_that_is_rejected_is_told_as_begun_and_over)
{
    struct ws_handshake handshake;
    struct net_ws *ws;
    unsigned closed = 0;
    begin_pair("a_peer_that_is_rejected_is_told_as_begun_and_over");
    struct actr_id liar = actr_node_id(alpha->node), target = actr_node_id(beta->node);
    assert_int_equal(ws_handshake_init(&handshake, &liar, &target, actr_view_of("forged", 6)), 0);
    struct net_ws_options options = {.url = "ws://beta:4711/",
                                     .headers = handshake.headers,
                                     .header_count = WS_HANDSHAKE_HEADER_COUNT};
    sim_check(&world,
              net_ws_dial(&world.server.net, &options, &stranger_events, &closed, &ws) == 0);
    sim_run(&world, 15 * SIM_S);
    sim_check(&world, closed == 1);
    sim_check(&world, heard(beta, ACTR_HOOK_WEBSOCKET_CONNECTING, 1));
    sim_check(&world, heard(beta, ACTR_HOOK_WEBSOCKET_CONNECTED, 0));
    sim_check(&world, heard(beta, ACTR_HOOK_WEBSOCKET_DISCONNECTED, 1));

    options.header_count = 0; /* one that does not even say who it is: not told of */
    sim_check(&world,
              net_ws_dial(&world.server.net, &options, &stranger_events, &closed, &ws) == 0);
    sim_run(&world, 15 * SIM_S);
    sim_check(&world, closed == 2);
    sim_check(&world, heard(beta, ACTR_HOOK_WEBSOCKET_CONNECTING, 1));
    ws_handshake_deinit(&handshake);
    end();
}

TEST(a_credential_is_told_of_when_it_is_renewed_and_when_it_cannot_be)
{
    begin("a_credential_is_told_of_when_it_is_renewed_and_when_it_cannot_be");
    alpha = sim_add(&world, "alpha", sim_traffic_workload(&traffic), NULL);
    sim_check(&world, sim_start(alpha) == 0);
    sim_run(&world, SIM_S);
    uint64_t first_s = alpha->actor.expires_at_s;
    sim_check(&world, heard(alpha, ACTR_HOOK_CREDENTIAL_RENEWED, 1));
    sim_run(&world, 3310 * SIM_S); /* it lives for an hour */
    sim_check(&world, heard(alpha, ACTR_HOOK_CREDENTIAL_RENEWED, 2));
    unsigned told = alpha->actor.counts[ACTR_HOOK_CREDENTIAL_EXPIRING];
    sim_check(&world, told <= 1); /* the server may have warned of it */
    uint64_t second_s = alpha->actor.expires_at_s;
    sim_check(&world, second_s > first_s + 3000);

    sim_host_hole(&world.server, SIM_FOREVER);
    uint64_t ends_us = sim_now_us(&world) + 3600 * SIM_S;
    sim_run(&world, 3000 * SIM_S);
    sim_check(&world, heard(alpha, ACTR_HOOK_CREDENTIAL_EXPIRING, told));
    while (heard(alpha, ACTR_HOOK_CREDENTIAL_EXPIRING, told) && sim_now_us(&world) < ends_us)
        sim_run(&world, SIM_S);
    sim_check(&world, heard(alpha, ACTR_HOOK_CREDENTIAL_EXPIRING, told + 1));
    sim_check(&world, alpha->actor.expires_at_s == second_s);
    uint64_t now_s = loop_wall_ms(world.loop) / 1000;
    sim_check(&world, second_s - now_s <= 301 && second_s - now_s >= 298);
    sim_run(&world, 900 * SIM_S);
    sim_check(&world, heard(alpha, ACTR_HOOK_CREDENTIAL_EXPIRING, told + 1)); /* once */
    sim_host_heal(&world.server);
    sim_run(&world, 900 * SIM_S);
    sim_check(&world, heard(alpha, ACTR_HOOK_CREDENTIAL_RENEWED, 3));
    end();
}

TEST(the_lead_of_a_credential_is_the_programs_choice)
{
    begin("the_lead_of_a_credential_is_the_programs_choice");
    world.node_options.credential_lead_s = 1800;
    alpha = sim_add(&world, "alpha", sim_traffic_workload(&traffic), NULL);
    sim_check(&world, sim_start(alpha) == 0);
    sim_run(&world, 1790 * SIM_S);
    sim_check(&world, heard(alpha, ACTR_HOOK_CREDENTIAL_EXPIRING, 0));
    sim_run(&world, 20 * SIM_S);
    sim_check(&world, heard(alpha, ACTR_HOOK_CREDENTIAL_EXPIRING, 1));
    end();
}

/* The server forgets everybody: another identity, with a credential of its own. */
TEST(an_identity_that_is_new_comes_with_a_credential_that_is_told_of)
{
    begin_pair("an_identity_that_is_new_comes_with_a_credential_that_is_told_of");
    struct actr_id before = actr_node_id(alpha->node);
    sim_run(&world, SIM_S);
    world.wipes_disk = true;
    sim_unserve(&world, true);
    sim_serve(&world);
    sim_run(&world, 120 * SIM_S);
    struct actr_id after = actr_node_id(alpha->node);
    sim_check(&world, !actr_id_equal(&before, &after));
    sim_check(&world, alpha->actor.counts[ACTR_HOOK_CREDENTIAL_RENEWED] >= 2);
    sim_check(&world, alpha->actor.counts[ACTR_HOOK_SIGNALING_DISCONNECTED] >= 1);
    sim_check(&world, alpha->actor.is_signaling_up && alpha->observer.is_signaling_up);
    end();
}

/* A message that arrives alone fills a mailbox of one; taking it empties that. */
TEST(a_mailbox_that_fills_up_is_told_of_once_for_each_time)
{
    struct sim_call echo = {.route = SIM_ECHO, .len = 4};
    begin("a_mailbox_that_fills_up_is_told_of_once_for_each_time");
    world.node_options.backpressure_count = 1;
    alpha = sim_add(&world, "alpha", sim_traffic_workload(&traffic), NULL);
    beta = sim_add(&world, "beta", sim_traffic_workload(&traffic), NULL);
    sim_check(&world, sim_start(alpha) == 0 && sim_start(beta) == 0);
    for (unsigned i = 1; i <= 3; i++) {
        call(alpha, beta, &echo);
        sim_run(&world, 5 * SIM_S);
        sim_check(&world, heard(beta, ACTR_HOOK_MAILBOX_BACKPRESSURE, i));
        sim_check(&world, beta->actor.queue_len == 1 && beta->observer.queue_len == 1);
    }
    sim_check(&world, heard(alpha, ACTR_HOOK_MAILBOX_BACKPRESSURE, 0));
    end();
}

TEST(errors_of_handlers_are_told)
{
    struct sim_call fail = {.route = SIM_FAIL, .len = 4};
    begin_pair("errors_of_handlers_are_told");
    call(alpha, beta, &fail);
    sim_run(&world, 5 * SIM_S);
    sim_check(&world, beta->actor.categories[ACTR_ERROR_HANDLER] == 1);
    sim_check(&world, beta->observer.categories[ACTR_ERROR_HANDLER] == 1);
    sim_check(&world, alpha->actor.categories[ACTR_ERROR_HANDLER] == 0);
    sim_check(&world, sim_cut(&world.net, &beta->host, &world.server, SIM_CUT_BOTH) == 1);
    sim_run(&world, 10 * SIM_S);
    sim_check(&world, beta->actor.categories[ACTR_ERROR_SIGNALING] >= 1);
    sim_check(&world, heard(beta, ACTR_HOOK_SIGNALING_DISCONNECTED, 1));
    sim_check(&world, heard(beta, ACTR_HOOK_SIGNALING_CONNECTED, 2));
    end();
}

TEST(whoever_fails_the_start_ends_it_and_the_others_are_stopped)
{
    begin("whoever_fails_the_start_ends_it_and_the_others_are_stopped");
    alpha = sim_add(&world, "alpha", sim_traffic_workload(&traffic), NULL);
    alpha->observer_code = ACTR_EDEPENDENCY;
    sim_check(&world, sim_start(alpha) == ACTR_EDEPENDENCY);
    sim_check(&world, strcmp(alpha->text, "the observer says no") == 0);
    sim_check(&world, alpha->actor.counts[ACTR_HOOK_START] == 1);
    sim_check(&world, alpha->actor.counts[ACTR_HOOK_STOP] == 1);
    sim_check(&world, alpha->observer.counts[ACTR_HOOK_STOP] == 0);

    traffic.start_code = ACTR_ENOTFOUND;
    sim_check(&world, sim_start(alpha) == ACTR_EINTERNAL);
    sim_check(&world, strcmp(alpha->text, "the actor says no; the observer says no") == 0);
    sim_check(&world, alpha->actor.counts[ACTR_HOOK_STOP] == 1);

    alpha->observer_code = 0;
    sim_check(&world, sim_start(alpha) == ACTR_ENOTFOUND);
    sim_check(&world, alpha->observer.counts[ACTR_HOOK_START] == 1);
    sim_check(&world, alpha->observer.counts[ACTR_HOOK_STOP] == 1);
    sim_check(&world, alpha->actor.counts[ACTR_HOOK_STOP] == 1);
    sim_check(&world, alpha->observer.counts[ACTR_HOOK_SIGNALING_CONNECTED] == 0);

    traffic.start_code = 0;
    sim_check(&world, sim_start(alpha) == 0);
    end();
}
