// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "hyper/wire/webrtc/ice/turn_client.h"

#include <string.h>

#include "base/bytes.h"
#include "harness.h"
#include "turn_model.h"

static void expect_failed(const struct turn_model *model, int code, const char *detail)
{
    assert_int_equal(model->failed_count, 1);
    assert_int_equal(model->failed_code, code);
    assert_non_null(strstr(model->failed_detail, detail));
}

static void expect_at_peer(const struct turn_model *model, unsigned count,
                           const struct net_address *peer, const char *text)
{
    assert_int_equal(model->peer_count_in, count);
    assert_true(net_address_equal(&model->at_peer.peer, peer));
    assert_int_equal(model->at_peer.len, strlen(text));
    assert_memory_equal(model->at_peer.data, text, strlen(text));
}

/* ---- allocating ---- */

TEST(an_allocation_is_made_with_the_servers_challenge)
{
    struct turn_model model;
    model_init(&model, false);
    model_allocate(&model);
    assert_int_equal(model.requests[STUN_ALLOCATE], 2);
    assert_true(net_address_equal(&model.client_relayed, &model.relayed));
    assert_int_equal(model.client_mapped.port, 40000);
    assert_int_equal(model.failed_count, 0);
    model_deinit(&model);
}

TEST(a_server_that_asks_for_no_credentials_needs_none)
{
    struct turn_model model;
    model_init(&model, false);
    model.is_open = true;
    turn_client_start(model.client, model.now_us);
    model_settle(&model);
    assert_int_equal(model.allocated_count, 1);
    assert_int_equal(model.requests[STUN_ALLOCATE], 1);
    model_deinit(&model);
}

TEST(without_credentials_a_challenge_is_the_end)
{
    struct turn_model model;
    model_init(&model, false);
    turn_client_start(model.client, model.now_us);
    model_settle(&model);
    expect_failed(&model, ACTR_EPERMISSION, "credentials");
    model_deinit(&model);
}

TEST(a_wrong_password_is_tried_once_and_told)
{
    struct turn_model model;
    model_init(&model, false);
    assert_int_equal(turn_client_set_credentials(model.client, model.username, "wrong"), 0);
    turn_client_start(model.client, model.now_us);
    model_run(&model, MODEL_MINUTE);
    expect_failed(&model, ACTR_EPERMISSION, "refuses the credentials");
    assert_int_equal(model.requests[STUN_ALLOCATE], 3);
    assert_null(strstr(model.failed_detail, "wrong"));
    model_deinit(&model);
}

TEST(requests_that_get_lost_are_repeated)
{
    struct turn_model model;
    model_init(&model, false);
    model.drops = 3;
    assert_int_equal(turn_client_set_credentials(model.client, model.username, model.password), 0);
    turn_client_start(model.client, model.now_us);
    model_run(&model, 3 * MODEL_SECOND); /* sent at 0, 0.5, 1.5, 3.5 s */
    assert_int_equal(model.allocated_count, 0);
    model_run(&model, MODEL_SECOND);
    assert_int_equal(model.allocated_count, 1);
    model_deinit(&model);
}

TEST(a_server_that_never_answers_is_given_up_after_seven_requests)
{
    for (int is_reliable = 0; is_reliable < 2; is_reliable++) {
        struct turn_model model;
        model_init(&model, is_reliable);
        model.drops = 100;
        turn_client_start(model.client, model.now_us);
        model_run(&model, 39 * MODEL_SECOND);
        assert_int_equal(model.failed_count, 0);
        assert_int_equal(model.drops, is_reliable ? 99 : 93);
        model_run(&model, MODEL_SECOND);
        expect_failed(&model, ACTR_ETIMEDOUT, "does not answer");
        model_deinit(&model);
    }
}

TEST(refusals_say_what_to_do)
{
    static const struct {
        unsigned status;
        int code;
        const char *detail;
    } cases[] = {
        {300, ACTR_EUNAVAILABLE, "another one"},  {440, ACTR_EUNAVAILABLE, "this family"},
        {403, ACTR_EPERMISSION, "(403): No?way"}, {441, ACTR_EPERMISSION, "(441)"},
        {442, ACTR_EUNAVAILABLE, "(442)"},        {486, ACTR_EUNAVAILABLE, "further allocation"},
        {508, ACTR_EUNAVAILABLE, "capacity"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct turn_model model;
        model_init(&model, false);
        model.refuse_method = STUN_ALLOCATE;
        model.refuse_code = cases[i].status;
        assert_int_equal(turn_client_set_credentials(model.client, model.username, model.password),
                         0);
        turn_client_start(model.client, model.now_us);
        model_run(&model, MODEL_MINUTE);
        expect_failed(&model, cases[i].code, cases[i].detail);
        assert_int_equal(model.allocated_count, 0);
        model_deinit(&model);
    }
}

TEST(a_success_with_a_wrong_signature_is_not_believed)
{
    struct turn_model model;
    model_init(&model, false);
    model.forges = true;
    assert_int_equal(turn_client_set_credentials(model.client, model.username, model.password), 0);
    turn_client_start(model.client, model.now_us);
    model_run(&model, 20 * MODEL_SECOND);
    assert_int_equal(model.allocated_count, 0);
    model_deinit(&model);
}

TEST(an_allocation_without_an_address_is_nonsense)
{
    struct turn_model model;
    model_init(&model, false);
    model.forgets_address = true;
    assert_int_equal(turn_client_set_credentials(model.client, model.username, model.password), 0);
    turn_client_start(model.client, model.now_us);
    model_settle(&model);
    expect_failed(&model, ACTR_EDECODE, "no sense");
    model_deinit(&model);
}

TEST(an_older_allocation_of_the_same_port_is_given_back_first)
{
    struct turn_model model;
    model_init(&model, false);
    model.allocated_to_us = UINT64_MAX;
    model_allocate(&model);
    assert_int_equal(model.requests[STUN_REFRESH], 1);
    assert_int_equal(model.failed_count, 0);
    model_deinit(&model);
}

TEST(a_mismatch_that_stays_is_the_end)
{
    struct turn_model model;
    model_init(&model, false);
    model.refuse_method = STUN_ALLOCATE;
    model.refuse_code = 437;
    assert_int_equal(turn_client_set_credentials(model.client, model.username, model.password), 0);
    turn_client_start(model.client, model.now_us);
    model_run(&model, MODEL_MINUTE);
    expect_failed(&model, ACTR_EUNAVAILABLE, "437");
    model_deinit(&model);
}

/* ---- keeping it ---- */

TEST(an_allocation_is_kept_for_hours)
{
    struct turn_model model;
    model_init(&model, false);
    model_allocate(&model);
    model_run(&model, 180 * MODEL_MINUTE);
    assert_int_equal(model.allocated_count, 1);
    assert_int_equal(model.failed_count, 0);
    assert_true(model.allocated_to_us > model.now_us);
    assert_int_equal(model.requests[STUN_REFRESH], 180 / 9);
    model_deinit(&model);
}

TEST(a_short_lifetime_is_kept_too)
{
    struct turn_model model;
    model_init(&model, false);
    model.lifetime_s = 7;
    model_allocate(&model);
    model_run(&model, 10 * MODEL_MINUTE);
    assert_int_equal(model.allocated_count, 1);
    assert_int_equal(model.failed_count, 0);
    model_deinit(&model);
}

TEST(the_shortest_lifetime_does_not_make_it_ask_without_end)
{
    struct turn_model model;
    model_init(&model, false);
    model.lifetime_s = 1;
    model_allocate(&model);
    model_run(&model, 10 * (uint64_t)MODEL_SECOND);
    assert_int_equal(model.allocated_count, 1);
    assert_in_range(model.requests[STUN_REFRESH], 10, 20);
    model_deinit(&model);
}

TEST(a_stale_nonce_is_replaced)
{
    struct turn_model model;
    model_init(&model, false);
    model_allocate(&model);
    strcpy(model.nonce, "nonce-2");
    model_run(&model, 10 * MODEL_MINUTE);
    assert_int_equal(model.requests[STUN_REFRESH], 2);
    assert_int_equal(model.allocated_count, 1);
    assert_true(model.allocated_to_us > model.now_us);
    model_deinit(&model);
}

TEST(an_allocation_that_the_server_forgot_is_made_anew_with_its_peers)
{
    struct turn_model model;
    struct net_address peer = model_address(1, 1000);
    model_init(&model, false);
    model_allocate(&model);
    model_send(&model, &peer, "a");
    model_run(&model, MODEL_MINUTE);
    model.allocated_to_us = 0;
    model.peer_count = 0;
    model_run(&model, 4 * MODEL_MINUTE); /* the channel is renewed, or the allocation */
    assert_int_equal(model.allocated_count, 2);
    assert_int_equal(model.failed_count, 0);
    assert_true(net_address_equal(&model.client_relayed, &model.relayed));
    assert_true(model_peer_sends(&model, &peer, "b"));
    model_settle(&model);
    assert_int_equal(model.client_count_in, 1);
    model_deinit(&model);
}

TEST(after_a_pause_longer_than_the_lifetime_everything_is_made_anew)
{
    struct turn_model model;
    struct net_address peer = model_address(1, 1000);
    model_init(&model, false);
    model_allocate(&model);
    turn_client_permit(model.client, &peer, model.now_us);
    model_settle(&model);
    model_sleep(&model, 30 * MODEL_MINUTE);
    model_settle(&model);
    assert_int_equal(model.allocated_count, 2);
    assert_true(model_peer_sends(&model, &peer, "b"));
    model_deinit(&model);
}

TEST(a_server_that_forgets_at_once_is_given_up)
{
    struct turn_model model;
    struct net_address peer = model_address(1, 1000);
    model_init(&model, false);
    model_allocate(&model);
    model.refuse_method = STUN_CREATE_PERMISSION;
    model.refuse_code = 437;
    turn_client_permit(model.client, &peer, model.now_us);
    model_run(&model, MODEL_SECOND);
    expect_failed(&model, ACTR_EUNAVAILABLE, "forgets");
    model_deinit(&model);
}

TEST(a_refresh_that_nobody_answers_is_the_end)
{
    struct turn_model model;
    model_init(&model, false);
    model_allocate(&model);
    model.is_dead = true;
    model_run(&model, 11 * MODEL_MINUTE);
    expect_failed(&model, ACTR_ETIMEDOUT, "does not answer");
    model_deinit(&model);
}

TEST(new_credentials_are_for_the_next_allocation)
{
    struct turn_model model;
    model_init(&model, false);
    model_allocate(&model);
    assert_int_equal(turn_client_set_credentials(model.client, "1800000000:actor", "other"), 0);
    model_run(&model, 20 * MODEL_MINUTE);
    assert_int_equal(model.allocated_count, 1);
    assert_int_equal(model.failed_count, 0);
    model.username = "1800000000:actor";
    model.password = "other";
    model.allocated_to_us = 0;
    model_sleep(&model, 30 * MODEL_MINUTE);
    model_settle(&model);
    assert_int_equal(model.allocated_count, 2);
    assert_string_equal(model.allocated_by, "1800000000:actor");
    model_deinit(&model);
}

TEST(a_failed_client_can_be_started_again)
{
    struct turn_model model;
    model_init(&model, false);
    model.refuse_method = STUN_ALLOCATE;
    model.refuse_code = 508;
    model.refuses_once = true;
    assert_int_equal(turn_client_set_credentials(model.client, model.username, model.password), 0);
    turn_client_start(model.client, model.now_us);
    model_settle(&model);
    assert_int_equal(model.failed_count, 1);
    turn_client_start(model.client, model.now_us);
    model_settle(&model);
    assert_int_equal(model.allocated_count, 1);
    model_deinit(&model);
}

TEST(an_allocation_is_given_back)
{
    struct turn_model model;
    model_init(&model, false);
    model_allocate(&model);
    turn_client_release(model.client, model.now_us);
    assert_true(model.allocated_to_us <= model.now_us);
    assert_true(turn_client_deadline(model.client) == UINT64_MAX);
    model_run(&model, 60 * MODEL_MINUTE);
    assert_int_equal(model.allocated_count, 1);
    assert_int_equal(model.failed_count, 0);
    model_deinit(&model);
}

/* ---- peers ---- */

TEST(a_peer_is_let_in_before_anything_was_sent_to_it)
{
    struct turn_model model;
    struct net_address peer = model_address(1, 1000), other = model_address(2, 1000);
    model_init(&model, false);
    model_allocate(&model);
    turn_client_permit(model.client, &peer, model.now_us);
    model_settle(&model);
    assert_int_equal(model.requests[STUN_CREATE_PERMISSION], 1);
    assert_true(model_peer_sends(&model, &peer, "hello"));
    assert_false(model_peer_sends(&model, &other, "hello"));
    model_settle(&model);
    assert_int_equal(model.client_count_in, 1);
    assert_memory_equal(model.at_client.data, "hello", 5);
    assert_true(net_address_equal(&model.at_client.peer, &peer));
    model_deinit(&model);
}

TEST(a_peer_let_in_before_the_allocation_is_let_in_after_it)
{
    struct turn_model model;
    struct net_address peer = model_address(1, 1000);
    model_init(&model, false);
    turn_client_permit(model.client, &peer, model.now_us);
    model_allocate(&model);
    assert_true(model_peer_sends(&model, &peer, "hello"));
    model_deinit(&model);
}

TEST(data_goes_by_indication_until_its_channel_stands)
{
    struct turn_model model;
    struct net_address peer = model_address(1, 1000);
    model_init(&model, false);
    model_allocate(&model);
    turn_client_permit(model.client, &peer, model.now_us);
    model_settle(&model);
    model_send(&model, &peer, "one");
    expect_at_peer(&model, 1, &peer, "one");
    assert_false(model.at_peer.by_channel);
    model_settle(&model);
    model_send(&model, &peer, "two");
    expect_at_peer(&model, 2, &peer, "two");
    assert_true(model.at_peer.by_channel);
    assert_int_equal(model.last_len, 4 + 3);
    assert_int_equal(model.requests[STUN_CHANNEL_BIND], 1);
    assert_true(model_peer_sends(&model, &peer, "back"));
    model_settle(&model);
    assert_true(net_address_equal(&model.at_client.peer, &peer));
    assert_int_equal(model.at_client.len, 4);
    model_deinit(&model);
}

TEST(permissions_and_channels_in_use_are_kept)
{
    struct turn_model model;
    struct net_address peer = model_address(1, 1000), silent = model_address(2, 1000);
    model_init(&model, false);
    model_allocate(&model);
    turn_client_permit(model.client, &silent, model.now_us);
    model_send(&model, &peer, "first");
    model_settle(&model);
    unsigned sent = model.peer_count_in;
    for (unsigned i = 0; i < 60; i++) {
        model_run(&model, MODEL_MINUTE);
        model_send(&model, &peer, "x");
        expect_at_peer(&model, ++sent, &peer, "x");
        assert_true(model.at_peer.by_channel);
    }
    assert_false(model_peer_sends(&model, &silent, "late"));
    assert_true(model_peer_sends(&model, &peer, "now"));
    model_deinit(&model);
}

TEST(what_a_peer_sends_keeps_its_permission)
{
    struct turn_model model;
    struct net_address peer = model_address(1, 1000);
    model_init(&model, false);
    model_allocate(&model);
    turn_client_permit(model.client, &peer, model.now_us);
    for (unsigned i = 0; i < 30; i++) {
        model_run(&model, MODEL_MINUTE);
        assert_true(model_peer_sends(&model, &peer, "x"));
        model_settle(&model);
    }
    assert_int_equal(model.client_count_in, 30);
    model_deinit(&model);
}

TEST(a_stale_nonce_does_not_cost_a_permission)
{
    struct turn_model model;
    struct net_address peer = model_address(1, 1000);
    model_init(&model, false);
    model_allocate(&model);
    strcpy(model.nonce, "nonce-2");
    turn_client_permit(model.client, &peer, model.now_us);
    model_settle(&model);
    assert_int_equal(model.requests[STUN_CREATE_PERMISSION], 2);
    assert_true(model_peer_sends(&model, &peer, "x"));
    model_deinit(&model);
}

TEST(a_peer_that_the_server_forbids_gets_nothing_and_is_asked_for_again_later)
{
    struct turn_model model;
    struct net_address peer = model_address(1, 1000);
    model_init(&model, false);
    model_allocate(&model);
    model.refuse_method = STUN_CREATE_PERMISSION;
    model.refuse_code = 403;
    turn_client_permit(model.client, &peer, model.now_us);
    model_settle(&model);
    unsigned indications = model.indications;
    model_send(&model, &peer, "x");
    assert_int_equal(model.indications, indications);
    assert_int_equal(model.requests[STUN_CHANNEL_BIND], 0);
    model.refuse_method = 0;
    model_run(&model, MODEL_MINUTE);
    model_send(&model, &peer, "x");
    expect_at_peer(&model, 1, &peer, "x");
    assert_int_equal(model.failed_count, 0);
    model_deinit(&model);
}

TEST(a_channel_that_is_refused_leaves_indications)
{
    struct turn_model model;
    struct net_address peer = model_address(1, 1000);
    model_init(&model, false);
    model_allocate(&model);
    model.refuse_method = STUN_CHANNEL_BIND;
    model.refuse_code = 400;
    model_send(&model, &peer, "lost");
    model_settle(&model);
    unsigned sent = 0;
    for (unsigned i = 0; i < 20; i++) {
        model_run(&model, MODEL_MINUTE);
        model_send(&model, &peer, "x");
        expect_at_peer(&model, ++sent, &peer, "x");
        assert_false(model.at_peer.by_channel);
    }
    assert_int_equal(model.requests[STUN_CHANNEL_BIND], 1);
    model_deinit(&model);
}

TEST(a_request_for_a_peer_that_gets_lost_is_repeated)
{
    struct turn_model model;
    struct net_address peer = model_address(1, 1000);
    model_init(&model, false);
    model_allocate(&model);
    model.drops = 2;
    turn_client_permit(model.client, &peer, model.now_us);
    model_run(&model, 2 * MODEL_SECOND);
    assert_true(model_peer_sends(&model, &peer, "x"));
    model_deinit(&model);
}

TEST(one_peer_too_many_takes_the_place_of_the_one_unused_for_longest)
{
    struct turn_model model;
    model_init(&model, false);
    model_allocate(&model);
    for (unsigned i = 0; i <= TURN_PEERS_MAX; i++) {
        struct net_address peer = model_address(i, 1000);
        model_send(&model, &peer, "x");
        model_run(&model, MODEL_SECOND);
    }
    struct net_address first = model_address(0, 1000), second = model_address(1, 1000);
    unsigned before = model.client_count_in;
    assert_true(model_peer_sends(&model, &second, "x"));
    model_settle(&model);
    assert_int_equal(model.client_count_in, before + 1);
    /* By a channel that nobody knows any more. */
    assert_true(model_peer_sends(&model, &first, "x"));
    model_settle(&model);
    assert_int_equal(model.client_count_in, before + 1);
    /* It comes back: the server remembers another number, so indications must do. */
    model_send(&model, &first, "y");
    model_settle(&model);
    model_send(&model, &first, "z");
    assert_memory_equal(model.at_peer.data, "z", 1);
    assert_int_equal(model.failed_count, 0);
    model_deinit(&model);
}

/* A channel takes what UDP does, an indication what fits in a packet. */
TEST(what_does_not_fit_is_dropped_and_the_longest_arrives)
{
    static uint8_t data[UINT16_MAX + 1];
    struct turn_model model;
    struct net_address peer = model_address(1, 1000);
    model_init(&model, false);
    model_allocate(&model);
    turn_client_send(model.client, &peer, actr_view_of(data, STUN_PACKET_MAX), model.now_us);
    assert_int_equal(model.peer_count_in, 0);
    model_send(&model, &peer, "x");
    model_settle(&model);
    unsigned sent = model.peer_count_in;
    turn_client_send(model.client, &peer, actr_view_of(data, sizeof(data)), model.now_us);
    assert_int_equal(model.peer_count_in, sent);
    static const size_t lens[] = {STUN_PACKET_MAX - 4, STUN_PACKET_MAX - 3, MODEL_DATA_MAX};
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        memset(data, (int)i + 1, sizeof(data));
        turn_client_send(model.client, &peer, actr_view_of(data, lens[i]), model.now_us);
        assert_int_equal(model.peer_count_in, ++sent);
        assert_int_equal(model.at_peer.len, lens[i]);
        assert_memory_equal(model.at_peer.data, data, lens[i]);
    }
    model_deinit(&model);
}

TEST(credentials_that_no_server_can_know_are_refused)
{
    static char name[1000];
    struct turn_model model;
    memset(name, 'n', sizeof(name) - 1);
    model_init(&model, false);
    assert_int_equal(turn_client_set_credentials(model.client, name, "x"), ACTR_EINVALID);
    model_deinit(&model);
}
