// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "hyper/wire/webrtc/gatherer.h"

#include <string.h>

#include "base/bytes.h"
#include "gather_world.h"
#include "harness.h"
#include "sys/loop.h"

#define SECOND 1000000u

static const char *const stun_urls[] = {"stun:stun.test", NULL};
static const struct net_address peer = {.bytes = {198, 51, 100, 1}, .port = 7000};

/* ---- hosts ---- */

TEST(without_servers_the_addresses_of_the_machine_are_all)
{
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    world_add_interface(&world, "2001:db8:5::5");
    world_add_interface(&world, "127.0.0.1");
    struct gatherer_options options = world_options(&world);
    gathered_begin(&gathered, &options);
    world_run(&world, 0);
    assert_int_equal(gathered.count, 2);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_HOST, "10.0.0.5:5000"), 1);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_HOST, "[2001:db8:5::5]:5000"), 1);
    assert_true(gathered.preferences[0] > gathered.preferences[1]);
    assert_true(net_address_equal(&gathered.candidates[0].base, &gathered.candidates[0].address));
    assert_int_equal(gathered.done, 1);
    assert_int_equal(gathered.troubles, 0);
    world_close_with(&world, &gathered);
}

TEST(loopback_is_told_when_wanted)
{
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    world_add_interface(&world, "127.0.0.1");
    struct gatherer_options options = world_options(&world);
    options.with_loopback = true;
    gathered_begin(&gathered, &options);
    world_run(&world, 0);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_HOST, "127.0.0.1:5000"), 1);
    world_close_with(&world, &gathered);
}

TEST(a_public_address_takes_the_place_of_the_local_ones_of_its_family)
{
    static const struct net_address publics[] = {{.bytes = {203, 0, 113, 1}},
                                                 {.bytes = {203, 0, 113, 2}}};
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    world_add_interface(&world, "10.0.0.6");
    world_add_interface(&world, "2001:db8:5::5");
    struct gatherer_options options = world_options(&world);
    options.public_addresses = publics;
    options.public_count = 2;
    gathered_begin(&gathered, &options);
    world_run(&world, 0);
    assert_int_equal(gathered.count, 3);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_HOST, "203.0.113.1:5000"), 1);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_HOST, "203.0.113.2:5000"), 1);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_HOST, "[2001:db8:5::5]:5000"), 1);
    for (size_t i = 0; i < gathered.count; i++)
        assert_int_equal(
            net_address_equal(&gathered.candidates[i].base, &gathered.candidates[i].address),
            gathered.candidates[i].address.is_ipv6);
    world_close_with(&world, &gathered);
}

TEST(what_is_taken_for_a_description_is_not_told)
{
    struct gather_world world;
    struct gathered gathered;
    struct candidate candidate;
    uint16_t first, second;
    world_open_with_interface(&world);
    world_add_interface(&world, "2001:db8:5::5");
    world_add_interface(&world, "10.0.0.6");
    struct gatherer_options options = world_options(&world);
    gathered_begin(&gathered, &options);
    assert_true(gatherer_take_host(gathered.gatherer, &candidate, &first));
    assert_int_equal(candidate.type, CANDIDATE_HOST);
    assert_true(net_address_equal(&candidate.base, &candidate.address));
    assert_true(gatherer_take_host(gathered.gatherer, &candidate, &second));
    assert_true(first > second);
    world_run(&world, 0);
    assert_int_equal(gathered.count, 1);
    assert_int_equal(gathered.done, 1);
    assert_false(net_address_equal(&candidate.address, &gathered.candidates[0].address));
    assert_false(gatherer_take_host(gathered.gatherer, &candidate, &first));
    gatherer_start(gathered.gatherer);
    for (int i = 0; i < 3; i++)
        assert_true(gatherer_take_host(gathered.gatherer, &candidate, &first));
    assert_false(gatherer_take_host(gathered.gatherer, &candidate, &first));
    world_run(&world, 0);
    assert_int_equal(gathered.count, 1);
    assert_int_equal(gathered.done, 2);
    world_close_with(&world, &gathered);
}

TEST(gathering_anew_tells_everything_again)
{
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    struct gatherer_options options = world_full_options(&world);
    gathered_begin(&gathered, &options);
    world_run(&world, SECOND);
    assert_int_equal(gathered.done, 1);
    size_t count = gathered.count;
    gathered.count = gathered.done = 0;
    gatherer_start(gathered.gatherer);
    world_run(&world, SECOND);
    assert_int_equal(gathered.done, 1);
    assert_int_equal(gathered.count, count);
    assert_int_equal(world.allocations, 1);
    world_close_with(&world, &gathered);
}

/* ---- STUN ---- */

TEST(a_stun_server_tells_the_reflexive_address)
{
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    struct gatherer_options options = world_options(&world);
    options.stun_urls = stun_urls;
    gathered_begin(&gathered, &options);
    world_run(&world, SECOND);
    assert_int_equal(gathered.count, 2);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_SRFLX, "203.0.113.9:61000"), 1);
    char text[NET_ADDRESS_TEXT_MAX];
    assert_string_equal(net_address_text(&gathered.candidates[1].base, text), "10.0.0.5:5000");
    assert_string_equal(net_address_text(&gathered.candidates[1].related, text), "10.0.0.5:5000");
    assert_int_equal(world.stun_requests, 1);
    assert_int_equal(gathered.done, 1);
    assert_int_equal(gathered.troubles, 0);
    world_close_with(&world, &gathered);
}

TEST(both_families_are_asked_and_an_address_that_is_ours_is_not_told_twice)
{
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    world_add_interface(&world, "2001:db8:5::5");
    struct gatherer_options options = world_options(&world);
    options.stun_urls = stun_urls;
    gathered_begin(&gathered, &options);
    world_run(&world, SECOND);
    assert_int_equal(world.stun_requests, 2);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_HOST, NULL), 2);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_SRFLX, NULL), 1);
    assert_int_equal(gathered.done, 1);
    world_close_with(&world, &gathered);
}

TEST(a_silent_stun_server_is_asked_again_and_then_left_out)
{
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    world.stun_is_dead = true;
    struct gatherer_options options = world_options(&world);
    options.stun_urls = stun_urls;
    gathered_begin(&gathered, &options);
    world_run(&world, 4 * SECOND);
    assert_int_equal(gathered.done, 0);
    assert_int_equal(world.stun_requests, 4);
    world_run(&world, 2 * SECOND);
    assert_int_equal(gathered.done, 1);
    assert_int_equal(gathered.troubles, 1);
    assert_int_equal(gathered.trouble_code, ACTR_ETIMEDOUT);
    assert_non_null(strstr(gathered.trouble, "stun.test"));
    world_close_with(&world, &gathered);
}

TEST(a_stun_server_that_refuses_or_has_no_name_is_left_out_at_once)
{
    static const char *const unknown[] = {"stun:nowhere.test:1000", NULL};
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    world.stun_refuses = true;
    struct gatherer_options options = world_options(&world);
    options.stun_urls = stun_urls;
    gathered_begin(&gathered, &options);
    world_run(&world, SECOND);
    assert_int_equal(gathered.done, 1);
    assert_non_null(strstr(gathered.trouble, "420"));
    gathered.gatherer = gatherer_free(gathered.gatherer);
    options.stun_urls = unknown;
    gathered_begin(&gathered, &options);
    world_run(&world, SECOND);
    assert_int_equal(gathered.done, 1);
    assert_non_null(strstr(gathered.trouble, "nowhere.test:1000: name unknown"));
    world_close_with(&world, &gathered);
}

TEST(sessions_that_ask_the_same_server_get_their_own_answers)
{
    struct gather_world world;
    struct gathered first, second;
    world_open_with_interface(&world);
    struct gatherer_options options = world_options(&world);
    options.stun_urls = stun_urls;
    gathered_begin(&first, &options);
    gathered_begin(&second, &options);
    world_run(&world, SECOND);
    assert_int_equal(gathered_has(&first, CANDIDATE_SRFLX, NULL), 1);
    assert_int_equal(gathered_has(&second, CANDIDATE_SRFLX, NULL), 1);
    gatherer_free(second.gatherer);
    world_close_with(&world, &first);
}

TEST(urls_of_no_use_are_told_and_the_rest_is_used)
{
    static const char *const stun[] = {"stuns:stun.test", "http://stun.test", "turn:turn.test",
                                       "stun:stun.test", NULL};
    static const char *const turn[] = {"turns:turn.test?transport=udp", NULL};
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    struct gatherer_options options = world_options(&world);
    options.stun_urls = stun;
    options.turn_urls = turn;
    gathered_begin(&gathered, &options);
    world_run(&world, SECOND);
    assert_int_equal(gathered.troubles, 4);
    assert_int_equal(gathered.trouble_code, ACTR_ENOTIMPL);
    assert_non_null(strstr(gathered.trouble, "turns:turn.test?transport=udp"));
    assert_int_equal(gathered_has(&gathered, CANDIDATE_SRFLX, NULL), 1);
    assert_int_equal(gathered.done, 1);
    world_close_with(&world, &gathered);
}

TEST(a_server_too_many_is_told)
{
    static const char *urls[GATHERER_SERVERS_MAX + 2];
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    for (size_t i = 0; i <= GATHERER_SERVERS_MAX; i++)
        urls[i] = stun_urls[0];
    struct gatherer_options options = world_options(&world);
    options.stun_urls = urls;
    gathered_begin(&gathered, &options);
    world_run(&world, SECOND);
    assert_int_equal(gathered.troubles, 1);
    assert_int_equal(world.stun_requests, GATHERER_SERVERS_MAX);
    world_close_with(&world, &gathered);
}

/* ---- relays ---- */

static void relay_by(const char *url, bool is_udp)
{
    const char *const urls[] = {url, NULL};
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    struct gatherer_options options = world_full_options(&world);
    options.turn_urls = urls;
    gathered_begin(&gathered, &options);
    gatherer_permit(gathered.gatherer, &peer);
    world_run(&world, SECOND);
    assert_int_equal(gathered.count, 3);
    assert_int_equal(gathered.done, 1);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, "192.0.2.50:50000"), 1);
    const struct candidate *relay = &gathered.candidates[2];
    assert_int_equal(relay->type, CANDIDATE_RELAY);
    assert_true(net_address_equal(&relay->base, &relay->address));
    assert_int_equal(relay->related.port, 61000);
    assert_int_equal(world.permissions, 1);

    world_peer_sends(&world, &peer, "hello");
    world_run(&world, SECOND);
    assert_int_equal(gathered.relayed, 1);
    assert_int_equal(gathered.relayed_ends > 0, 1);
    assert_true(net_address_equal(&gathered.relayed_by, &relay->address));
    assert_true(net_address_equal(&gathered.relayed_from, &peer));
    assert_string_equal(gathered.data, "hello");

    struct net_address other = relay->address;
    other.port++;
    gatherer_send_relayed(gathered.gatherer, &other, &peer, view_text("nowhere"));
    assert_int_equal(world.peer_data.port, 0);
    gatherer_send_relayed(gathered.gatherer, &relay->address, &peer, view_text("back"));
    assert_true(net_address_equal(&world.peer_data, &peer));
    gathered_probes(&gathered, &world, &relay->address, &peer, is_udp);
    world_run(&world, 3600 * (uint64_t)SECOND);
    assert_int_equal(gathered.lost, 0);
    assert_int_equal(world.allocations, 1);
    world_close_with(&world, &gathered);
    assert_int_equal(world.releases, 1);
}

TEST(a_relay_over_udp)
{
    relay_by("turn:turn.test", true);
}

TEST(a_relay_over_tcp)
{
    relay_by("turn:turn.test?transport=tcp", false);
}

TEST(a_relay_over_tls)
{
    relay_by("turns:turn.test", false);
}

TEST(with_relays_only_nothing_else_is_told)
{
    struct gather_world world;
    struct gathered gathered;
    struct candidate candidate;
    uint16_t preference;
    world_open_with_interface(&world);
    struct gatherer_options options = world_full_options(&world);
    options.relay_only = true;
    gathered_begin(&gathered, &options);
    assert_false(gatherer_take_host(gathered.gatherer, &candidate, &preference));
    world_run(&world, SECOND);
    assert_int_equal(gathered.count, 1);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, NULL), 1);
    assert_int_equal(gathered.done, 1);
    assert_int_equal(world.stun_requests, 0);
    world_close_with(&world, &gathered);
}

TEST(each_session_has_a_relay_of_its_own)
{
    struct gather_world world;
    struct gathered first, second;
    world_open_with_interface(&world);
    struct gatherer_options options = world_full_options(&world);
    gathered_begin(&first, &options);
    gathered_begin(&second, &options);
    world_run(&world, SECOND);
    assert_int_equal(world.allocations, 2);
    assert_int_equal(gathered_has(&first, CANDIDATE_RELAY, NULL), 1);
    assert_int_equal(gathered_has(&second, CANDIDATE_RELAY, NULL), 1);
    gatherer_free(second.gatherer);
    world_close_with(&world, &first);
    assert_int_equal(world.releases, 2);
}

TEST(a_turn_server_without_credentials_waits_for_them_and_holds_nothing_up)
{
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    struct gatherer_options options = world_full_options(&world);
    options.turn_username = options.turn_password = NULL;
    gathered_begin(&gathered, &options);
    world_run(&world, SECOND);
    assert_int_equal(gathered.done, 1);
    assert_int_equal(gathered.count, 2);
    assert_int_equal(gathered.trouble_code, ACTR_ENOTREADY);
    gathered.done = 0;
    assert_int_equal(gatherer_set_credentials(gathered.gatherer, "user", "password"), 0);
    world_run(&world, SECOND);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, NULL), 1);
    world_close_with(&world, &gathered);
}

TEST(turn_servers_that_are_dead_or_refuse_are_left_out)
{
    for (int is_dead = 0; is_dead < 2; is_dead++) {
        struct gather_world world;
        struct gathered gathered;
        world_open_with_interface(&world);
        world.turn_is_dead = is_dead;
        world.turn_refuses = !is_dead;
        struct gatherer_options options = world_full_options(&world);
        gathered_begin(&gathered, &options);
        world_run(&world, SECOND);
        assert_int_equal(gathered.done, !is_dead);
        world_run(&world, 5 * SECOND);
        assert_int_equal(gathered.done, 1);
        assert_int_equal(gathered.troubles, 1);
        assert_non_null(strstr(gathered.trouble, is_dead ? "no answer" : "486"));
        assert_non_null(strstr(gathered.trouble, "turn.test"));
        assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, NULL), 0);
        world.turn_is_dead = world.turn_refuses = false;
        gathered.done = 0;
        gatherer_start(gathered.gatherer);
        world_run(&world, SECOND);
        assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, NULL), 1);
        world_close_with(&world, &gathered);
    }
}

/* ---- names of peers ---- */

static void on_resolved(void *owner, const char *name, const struct net_address *address)
{
    struct gathered *gathered = owner;
    gathered->resolved++;
    gathered->was_found = address != NULL;
    if (address)
        gathered->resolved_address = *address;
    assert_non_null(strstr(name, ".local"));
    if (gathered->frees_itself)
        gathered->gatherer = gatherer_free(gathered->gatherer);
}

TEST(the_name_of_a_peer_is_asked_for_on_every_interface)
{
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    world_add_interface(&world, "10.1.0.5");
    world_add_interface(&world, "2001:db8:5::5");
    struct gatherer_options options = world_options(&world);
    gathered_begin(&gathered, &options);
    assert_true(gatherer_resolve(gathered.gatherer, "known.local", on_resolved));
    assert_int_equal(gathered.resolved, 0);
    assert_int_equal(world.mdns_questions, 3);
    world_run(&world, SECOND / 2);
    assert_int_equal(gathered.resolved, 1);
    assert_true(gathered.was_found);
    char text[NET_ADDRESS_TEXT_MAX];
    assert_string_equal(net_address_host(&gathered.resolved_address, text), "10.0.0.77");
    world_close_with(&world, &gathered);
}

TEST(a_name_that_nobody_has_is_asked_for_three_times)
{
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    struct gatherer_options options = world_options(&world);
    gathered_begin(&gathered, &options);
    assert_true(gatherer_resolve(gathered.gatherer, "unknown.local", on_resolved));
    world_run(&world, 4 * SECOND);
    assert_int_equal(gathered.resolved, 0);
    world_run(&world, 2 * SECOND);
    assert_int_equal(gathered.resolved, 1);
    assert_false(gathered.was_found);
    assert_int_equal(world.mdns_questions, 3);
    world_close_with(&world, &gathered);
}

TEST(names_are_looked_up_beside_each_other_up_to_a_bound)
{
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    struct gatherer_options options = world_options(&world);
    gathered_begin(&gathered, &options);
    assert_false(gatherer_resolve(gathered.gatherer, "two..dots.local", on_resolved));
    for (unsigned i = 0; i < 16; i++)
        assert_true(gatherer_resolve(gathered.gatherer, i % 2 ? "known.local" : "unknown.local",
                                     on_resolved));
    assert_false(gatherer_resolve(gathered.gatherer, "known.local", on_resolved));
    world_run(&world, SECOND);
    assert_int_equal(gathered.resolved, 8);
    assert_true(gatherer_resolve(gathered.gatherer, "known.local", on_resolved));
    world_run(&world, 6 * SECOND);
    assert_int_equal(gathered.resolved, 17);
    world_close_with(&world, &gathered);
}

TEST(an_owner_may_end_it_when_a_name_is_answered)
{
    struct gather_world world;
    struct gathered gathered;
    world_open_with_interface(&world);
    struct gatherer_options options = world_options(&world);
    gathered_begin(&gathered, &options);
    world_run(&world, 0);
    assert_true(gatherer_resolve(gathered.gatherer, "known.local", on_resolved));
    assert_true(gatherer_resolve(gathered.gatherer, "KNOWN.local", on_resolved));
    gathered.frees_itself = true;
    world_run(&world, SECOND);
    assert_int_equal(gathered.resolved, 1);
    assert_null(gathered.gatherer);
    world_close(&world);
}

/* ---- the end, at any time ---- */

TEST(an_owner_may_end_it_in_any_event)
{
    static const char *const urls[] = {"turn:turn.test", "turn:turn.test?transport=tcp",
                                       "turn:nowhere.test", NULL};
    for (unsigned at = 0; at < 12; at++) {
        struct gather_world world;
        struct gathered gathered;
        world_open_with_interface(&world);
        struct gatherer_options options = world_full_options(&world);
        options.turn_urls = urls;
        gathered_begin(&gathered, &options);
        for (unsigned i = 0; i < 100 && gathered.gatherer; i++) {
            size_t told = gathered.count + gathered.troubles + gathered.done + gathered.relayed;
            gathered.frees_itself = told >= at;
            world_run(&world, WORLD_DELAY_US);
            if (gathered.gatherer && i % 10 == 5)
                world_peer_sends(&world, &peer, "x");
        }
        assert_null(gathered.gatherer);
        world_close(&world);
    }
}

TEST(it_may_end_between_any_two_steps)
{
    for (unsigned steps = 0; steps < 60; steps++) {
        struct gather_world world;
        struct gathered gathered;
        world_open_with_interface(&world);
        struct gatherer_options options = world_full_options(&world);
        gathered_begin(&gathered, &options);
        world_run(&world, steps * (uint64_t)WORLD_DELAY_US / 3);
        world_close_with(&world, &gathered);
    }
}
