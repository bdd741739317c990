// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The heartbeat: what it says, when, and what it hears. */
#include "hyper/signaling/heartbeat.h"

#include "node.h"

TEST(power_runs_from_five_to_one)
{
    static const struct {
        double cpu, power;
    } cases[] = {{0, 5}, {0.4, 4.2}, {1, 3}, {1.6, 1.8}, {2, 1}, {99, 1}, {-1, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double off = (double)heartbeat_power(cases[i].cpu) - cases[i].power;
        assert_true(off > -0.001 && off < 0.001);
    }
}

TEST(availability_by_power_and_backlog)
{
    static const struct {
        double power, backlog;
        enum signaling_availability wanted;
    } cases[] = {
        {5, 0, SIGNALING_FULL},          {4.3, 0.49, SIGNALING_FULL},
        {4.2, 0, SIGNALING_DEGRADED},    {5, 0.5, SIGNALING_DEGRADED},
        {3.1, 0.79, SIGNALING_DEGRADED}, {3, 0, SIGNALING_OVERLOADED},
        {5, 0.8, SIGNALING_OVERLOADED},  {1.9, 0.94, SIGNALING_OVERLOADED},
        {1.8, 0, SIGNALING_UNAVAILABLE}, {5, 0.95, SIGNALING_UNAVAILABLE},
        {1, 1, SIGNALING_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(heartbeat_availability(cases[i].power, cases[i].backlog), cases[i].wanted);
}

TEST(first_at_once_then_every_interval)
{
    struct node node;
    node_begin(&node);
    assert_int_equal(node.server.pings, 1);
    assert_true(node.server.ping_us < node.began_us + 10 * MS_US);
    node_run(&node, 90 * S_US);
    assert_int_equal(node.server.pings, 4);
    node_deinit(&node);
}

TEST(the_server_sets_the_interval)
{
    struct node node;
    node_init(&node, 1, NULL);
    node.server.heartbeat_s = 5;
    node_up(&node);
    node_run(&node, 50 * S_US);
    assert_int_equal(node.server.pings, 11);
    node_deinit(&node);
}

TEST(thirty_seconds_when_it_does_not_say)
{
    struct node node;
    node_init(&node, 1, NULL);
    node.server.heartbeat_s = 0;
    node_up(&node);
    node_run(&node, 60 * S_US);
    assert_int_equal(node.server.pings, 3);
    node_deinit(&node);
}

TEST(an_absurd_interval_is_cut)
{
    struct node node;
    node_init(&node, 1, NULL);
    node.server.heartbeat_s = UINT32_MAX;
    node_up(&node);
    node_run(&node, 601 * S_US);
    assert_int_equal(node.server.pings, 2);
    node_deinit(&node);
}

TEST(it_tells_the_load)
{
    struct node node;
    node_init(&node, 1, NULL);
    node.load = (struct signaling_load){.cpu = 1, .backlog = 0.25};
    node_up(&node);
    assert_int_equal(node.server.ping.availability, SIGNALING_OVERLOADED);
    assert_true(node.server.ping.power_reserve == 3.0F);
    assert_true(node.server.ping.mailbox_backlog == 0.25F);
    assert_int_equal(node.server.ping.sticky_client_id_count, 0);
    node.load = (struct signaling_load){.cpu = 0, .backlog = 7};
    node_run(&node, 30 * S_US);
    assert_int_equal(node.server.ping.availability, SIGNALING_UNAVAILABLE);
    assert_true(node.server.ping.mailbox_backlog == 1.0F);
    node_deinit(&node);
}

TEST(one_lost_beat_is_nothing)
{
    struct node node;
    node_begin(&node);
    node.server.is_mute_to_pings = true;
    node_run(&node, 60 * S_US);
    node.server.is_mute_to_pings = false;
    node_run(&node, 60 * S_US);
    node.server.is_mute_to_pings = true;
    node_run(&node, 60 * S_US);
    assert_int_equal(node.disconnected, 0);
    assert_int_equal(node.server.dials, 1);
    node_deinit(&node);
}

/* A proxy keeps the socket and its pings alive, the server behind it is dead. */
TEST(three_lost_beats_are_a_dead_server)
{
    struct node node;
    node_begin(&node);
    node.server.is_mute_to_pings = true;
    node_run(&node, 103 * S_US);
    assert_int_equal(node.disconnected, 1);
    assert_int_equal(node.connected, 2);
    assert_int_equal(node.server.dials, 2);
    node_deinit(&node);
}

TEST(no_beat_while_the_socket_is_down)
{
    struct node node;
    node_begin(&node);
    node.server.upgrade_status = 503;
    fake_server_lose(&node.server);
    unsigned pings = node.server.pings;
    node_run(&node, 300 * S_US);
    assert_int_equal(node.server.pings, pings);
    node.server.upgrade_status = 101;
    node_run(&node, 100 * S_US);
    assert_true(node.server.pings > pings);
    node_deinit(&node);
}

TEST(errors_that_are_not_about_the_credential_change_nothing)
{
    struct node node;
    node_init(&node, 1, NULL);
    node.server.ping_error = 500;
    node_up(&node);
    node_run(&node, 200 * S_US);
    assert_int_equal(node.disconnected, 0);
    assert_int_equal(node.server.renewing.count, 0);
    node_deinit(&node);
}
