// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* TURN servers as a gatherer meets them: those that go and come back, that have relays of IPv6, and
 * that name another one. */
#include "hyper/wire/webrtc/turn_server.h"

#include <string.h>

#include "base/bytes.h"
#include "gather_world.h"
#include "harness.h"

#define SECOND 1000000u

/* ---- servers that go ---- */

TEST(a_stream_that_fails_is_told_and_one_that_ends_takes_its_relay_along)
{
    static const char *const urls[] = {"turns:turn.test", NULL};
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    world.streams_fail = true;
    struct gatherer_options options = world_full_options(&world);
    options.turn_urls = urls;
    gathered_begin(&gathered, &options);
    world_run(&world, SECOND);
    assert_int_equal(gathered.done, 1);
    assert_int_equal(gathered.trouble_code, ACTR_ECONFIG);
    assert_non_null(strstr(gathered.trouble, "no certificate"));
    world.streams_fail = false;
    gathered.done = 0;
    gatherer_start(gathered.gatherer);
    world_run(&world, SECOND);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, NULL), 1);
    world_cut_streams(&world);
    world_run(&world, SECOND / 10);
    assert_int_equal(gathered.lost, 1);
    assert_int_equal(gathered.lost_address.port, 50000);
    assert_non_null(strstr(gathered.trouble, "closed by the peer"));
    assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, "192.0.2.50:50001"), 1); /* again */
    /* One that is cut all the time is not asked all the time. */
    for (uint64_t gap_us = TURN_SERVER_GAP_US; gap_us <= 4 * TURN_SERVER_GAP_US; gap_us *= 2) {
        unsigned allocations = world.allocations;
        world_cut_streams(&world);
        world_run(&world, gap_us - SECOND / 10);
        assert_int_equal(world.allocations, allocations);
        world_run(&world, SECOND / 5);
        assert_int_equal(world.allocations, allocations + 1);
    }
    world_close_with(&world, &gathered);
}

TEST(a_server_that_dies_takes_its_relay_along)
{
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    struct gatherer_options options = world_full_options(&world);
    gathered_begin(&gathered, &options);
    world_run(&world, SECOND);
    world.turn_is_dead = true;
    world_run(&world, 700 * (uint64_t)SECOND);
    assert_int_equal(gathered.lost, 1);
    assert_int_equal(gathered.lost_code, ACTR_ETIMEDOUT);
    unsigned requests = world.turn_requests;
    world_run(&world, 10 * (uint64_t)TURN_SERVER_GAP_MAX_US);
    assert_in_range(world.turn_requests - requests, 1, 99);
    world.turn_is_dead = false;
    world_run(&world, 2 * (uint64_t)TURN_SERVER_GAP_MAX_US);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, "192.0.2.50:50001"), 1);
    assert_int_equal(gathered.lost, 1);
    world_close_with(&world, &gathered);
}

/* It says so only when it is asked, and a restart of ICE is a reason to ask. */
TEST(a_server_that_has_restarted_gives_another_relay)
{
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    struct gatherer_options options = world_full_options(&world);
    gathered_begin(&gathered, &options);
    world_run(&world, 20 * (uint64_t)SECOND);
    world.turn_has_restarted = true;
    gathered.done = 0;
    gatherer_start(gathered.gatherer);
    world_run(&world, SECOND);
    assert_int_equal(gathered.lost, 1);
    assert_int_equal(gathered.lost_address.port, 50000);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, "192.0.2.50:50001"), 1);
    world_close_with(&world, &gathered);
}

/* As when they have expired; those that come are of the next registration. */
TEST(a_server_that_refused_the_credentials_is_asked_again_with_new_ones)
{
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    world.turn_doubts = true;
    struct gatherer_options options = world_full_options(&world);
    gathered_begin(&gathered, &options);
    world_run(&world, SECOND);
    assert_int_equal(gathered.trouble_code, ACTR_EPERMISSION);
    world.turn_doubts = false;
    world_run(&world, 60 * (uint64_t)SECOND);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, NULL), 0);
    assert_int_equal(gatherer_set_credentials(gathered.gatherer, "user", "another"), 0);
    world_run(&world, SECOND);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, NULL), 1);
    /* One that grants a relay keeps it. */
    unsigned allocations = world.allocations;
    assert_int_equal(gatherer_set_credentials(gathered.gatherer, "user", "a third"), 0);
    world_run(&world, SECOND);
    assert_int_equal(world.allocations, allocations);
    world_close_with(&world, &gathered);
}

/* ---- relays of IPv6 ---- */

TEST(a_peer_of_ipv6_gets_a_relay_of_ipv6)
{
    const struct net_address peer6 = {
        .is_ipv6 = true, .bytes = {0x20, 0x01, 0x0d, 0xb8, 9}, .port = 7000};
    for (int has_started = 0; has_started < 2; has_started++) {
        struct gather_world world;
        struct gathered gathered;
        world_open_with_interface(&world);
        world.turn_has_ipv6 = true;
        struct gatherer_options options = world_full_options(&world);
        gathered_begin(&gathered, &options);
        if (has_started)
            world_run(&world, SECOND);
        gatherer_permit(gathered.gatherer, &peer6);
        gatherer_permit(gathered.gatherer, &peer6);
        world_run(&world, SECOND);
        assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, NULL), 2);
        assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, "[2001:db8::50]:50001"), 1);
        assert_int_equal(world.permissions, 1); /* at the one that can reach it */
        assert_int_equal(gathered.troubles, 0);
        world_close_with(&world, &gathered);
        assert_int_equal(world.releases, 2);
    }
}

TEST(a_server_without_ipv6_is_asked_once)
{
    const struct net_address peer6 = {
        .is_ipv6 = true, .bytes = {0x20, 0x01, 0x0d, 0xb8, 9}, .port = 7000};
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    struct gatherer_options options = world_full_options(&world);
    gathered_begin(&gathered, &options);
    gatherer_permit(gathered.gatherer, &peer6);
    world_run(&world, 60 * (uint64_t)SECOND);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, NULL), 1);
    assert_int_equal(gathered.troubles, 1);
    assert_non_null(strstr(gathered.trouble, "(440)"));
    assert_int_equal(world.turn_requests, 2);
    assert_int_equal(gathered.done, 1);
    world_close_with(&world, &gathered);
}

/* ---- servers that name another one ---- */

static void redirect(const char *url, unsigned times, const char *to, bool is_followed)
{
    const char *const urls[] = {url, NULL};
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    world.turn_redirects = times;
    assert_true(net_address_parse(view_text(to), 3478, &world.turn_to));
    struct gatherer_options options = world_full_options(&world);
    options.turn_urls = urls;
    gathered_begin(&gathered, &options);
    world_run(&world, SECOND);
    assert_int_equal(gathered.done, 1);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, NULL), is_followed);
    assert_int_equal(gathered.troubles, !is_followed);
    if (!is_followed)
        assert_non_null(strstr(gathered.trouble, "(300)"));
    else if (strstr(url, "tcp") == NULL)
        assert_true(net_address_equal(&world.turn_asked, &world.turn_to));
    world_close_with(&world, &gathered);
}

TEST(a_server_that_names_another_one_is_left_for_it)
{
    redirect("turn:turn.test", 1, "192.0.2.77", true);
    redirect("turn:turn.test?transport=tcp", 1, "192.0.2.77", true);
}

TEST(servers_that_name_each_other_are_no_circle)
{
    redirect("turn:turn.test", 2, "192.0.2.77", false);
    redirect("turn:turn.test", 1000, "192.0.2.2", false); /* itself */
    redirect("turn:turn.test?transport=tcp", 1000, "192.0.2.77", false);
}

/* This machine is nobody's to name. */
TEST(a_server_is_not_followed_everywhere)
{
    redirect("turns:turn.test", 4, "192.0.2.77", false);
    redirect("turn:turn.test", 1, "127.0.0.1", false);
    redirect("turns:turn.test", 1, "127.0.0.1", false);
}

static void redirect_tls(const char *domain, const char *name)
{
    const char *const urls[] = {"turns:turn.test", NULL};
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    world.turn_redirects = 1;
    world.turn_domain = domain;
    assert_true(net_address_parse(view_text("192.0.2.77"), 5349, &world.turn_to));
    struct gatherer_options options = world_full_options(&world);
    options.turn_urls = urls;
    gathered_begin(&gathered, &options);
    world_run(&world, SECOND);
    assert_int_equal(gathered.done, 1);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, NULL), name != NULL);
    assert_string_equal(world.stream_name, name ? name : "turn.test");
    world_close_with(&world, &gathered);
}

/* RFC 8489 §10: the other one proves the domain that it was asked by, or the one that we are told;
 * never its address alone. */
TEST(over_tls_the_other_server_proves_a_domain)
{
    char endless[300];
    memset(endless, 'a', sizeof(endless) - 1);
    endless[sizeof(endless) - 1] = '\0';
    redirect_tls(NULL, "turn.test");
    redirect_tls("", "turn.test");
    redirect_tls("other.test", "other.test");
    redirect_tls("other test", NULL);
    redirect_tls(endless, NULL);
}
