// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Whose a datagram is, as users of the mux see it. */
#include "hyper/wire/webrtc/udp_table.h"

#include "base/mem.h"
#include "fake_udp.h"

/* ---- whose it is ---- */

TEST(a_request_finds_whom_it_names_from_any_address)
{
    begin();
    name(&a, "alpha");
    name(&b, "beta");
    name(&b, "gamma");
    come(1, request_for("alpha:x"), 1);
    come(2, request_for("beta:x"), 2);
    come(3, request_for("gamma:x"), 1);
    come(3, request_for("gamma"), 1); /* no colon: all of it is the name */
    assert_int_equal(a.count, 1);
    assert_int_equal(b.count, 4);
    assert_int_equal(b.end_count, 3);
    come(1, request_for("alph:x"), 1);
    come(1, request_for("alphaa:x"), 1);
    come(1, request_for(":x"), 1);
    assert_int_equal(strays(), 3);
    end();
}

TEST(a_request_goes_by_its_name_even_from_the_address_of_another)
{
    begin();
    name(&a, "alpha");
    route(&b, 1);
    come(1, request_for("alpha:x"), 1);
    come(1, request_for("nobody:x"), 1);
    come(1, request_for(NULL), 1); /* without a name it goes by its address */
    assert_int_equal(a.count, 1);
    assert_int_equal(b.count, 1);
    assert_int_equal(strays(), 1);
    end();
}

TEST(everything_else_goes_by_its_address)
{
    begin();
    route(&a, 1);
    route(&b, 2);
    come(1, plain(), 3);
    come(2, plain(), 5);
    come(3, plain(), 7);
    come(1, actr_view_of(NULL, 0), 1);
    assert_int_equal(a.count, 4);
    assert_int_equal(a.end_count, 2);
    assert_int_equal(b.count, 5);
    assert_int_equal(b.end_count, 1);
    assert_int_equal(strays(), 7);
    struct net_address port = remote_of(1);
    port.port++;
    struct datagram other = {.remote = port, .bytes = plain()};
    fake.sockets[0].events->on_burst(fake.sockets[0].owner, &fake.sockets[0].base, &other, 1);
    assert_int_equal(strays(), 8);
    end();
}

TEST(of_two_users_of_one_address_the_newer_is_asked_first)
{
    begin();
    route(&a, 1);
    route(&b, 1);
    route(&a, 1); /* it was already: stays behind */
    assert_int_equal(routes(), 2);
    come(1, plain(), 1);
    assert_int_equal(a.count, 0);
    assert_int_equal(b.count, 1);
    b.refuses = true;
    come(1, plain(), 4);
    assert_int_equal(b.count, 2); /* who took the last one is asked first */
    assert_int_equal(a.count, 4);
    assert_int_equal(b.end_count, 1); /* got nothing of the second burst */
    assert_int_equal(a.end_count, 1);
    a.refuses = true;
    come(1, plain(), 1);
    assert_int_equal(strays(), 1);
    udp_mux_leave(mux, &b.user);
    a.refuses = false;
    come(1, plain(), 1);
    assert_int_equal(b.count, 3);
    assert_int_equal(a.end_count, 2);
    end();
}

/* Whoever claims another's address before it has keys takes nothing away from it. */
TEST(what_somebody_takes_who_cannot_be_sure_is_offered_to_the_others)
{
    begin();
    route(&a, 1);
    route(&b, 1);
    b.user.is_unsure = true;
    come(1, plain(), 3);
    assert_int_equal(a.count, 3);
    assert_int_equal(b.count, 1); /* then a is preferred */
    assert_int_equal(a.end_count, 1);
    assert_int_equal(b.end_count, 1);
    a.user.is_unsure = true;
    come(1, plain(), 3);
    assert_int_equal(a.count, 6);
    assert_int_equal(b.count, 4);
    a.refuses = true;
    come(1, plain(), 1);
    assert_int_equal(strays(), 0);
    b.refuses = true;
    come(1, plain(), 1);
    assert_int_equal(strays(), 1);
    end();
}

TEST(a_name_has_one_owner)
{
    char longest[UDP_MUX_UFRAG_MAX + 1];
    begin();
    name(&a, "alpha");
    name(&a, "alpha");
    assert_int_equal(udp_mux_name(mux, &b.user, view_text("alpha")), ACTR_ESTATE);
    assert_int_equal(udp_mux_name(mux, &b.user, view_text("")), ACTR_EINVALID);
    memset(longest, 'x', sizeof(longest));
    assert_int_equal(udp_mux_name(mux, &b.user, actr_view_of(longest, UDP_MUX_UFRAG_MAX + 1)),
                     ACTR_EINVALID);
    assert_int_equal(udp_mux_name(mux, &b.user, actr_view_of(longest, UDP_MUX_UFRAG_MAX)), 0);
    udp_mux_leave(mux, &a.user);
    name(&b, "alpha");
    end();
}

TEST(the_oldest_name_and_the_route_unused_for_longest_give_way)
{
    begin();
    for (char i = 0; i <= UDP_MUX_NAMES_MAX; i++)
        name(&a, (char[]){'n', (char)('0' + i), '\0'});
    come(1, request_for("n0:x"), 1);
    assert_int_equal(strays(), 1);
    come(1, request_for("n1:x"), 1);
    assert_int_equal(a.count, 1);
    for (unsigned i = 0; i < UDP_MUX_ROUTES_MAX; i++)
        route(&b, i);
    come(0, plain(), 1);
    route(&b, 1);
    route(&b, 200); /* 2 goes: 0 has heard something, 1 was bound again */
    route(&b, 201); /* 3 goes */
    assert_int_equal(routes(), UDP_MUX_ROUTES_MAX);
    b.count = 0;
    for (unsigned i = 0; i < 5; i++)
        come(i, plain(), 1);
    assert_int_equal(b.count, 3);
    assert_int_equal(strays(), 3);
    end();
}

/* ---- properties ---- */

#define USERS 6
#define REMOTES 8

/* Against a model: for each address the users that bound it, the newest or who took the last one
 * first. */
TEST(any_history_of_routes_and_leaving_deals_as_the_model_does)
{
    static struct listener users[USERS];
    static unsigned model[REMOTES][USERS];
    static size_t lens[REMOTES];
    uint64_t state = harness_seed();
    begin();
    memset(lens, 0, sizeof(lens));
    for (int i = 0; i < USERS; i++)
        users[i] = (struct listener){.user.events = &listener_events};
    for (int step = 0; step < 5000; step++) {
        uint64_t random = harness_random(&state);
        unsigned who = (unsigned)(random >> 8) % USERS, where = (unsigned)(random >> 16) % REMOTES;
        size_t known = 0;
        while (known < lens[where] && model[where][known] != who)
            known++;
        if (random % 16 == 0) {
            udp_mux_leave(mux, &users[who].user);
            for (int i = 0; i < REMOTES; i++)
                for (size_t k = 0; k < lens[i]; k++)
                    if (model[i][k] == who) {
                        memmove(&model[i][k], &model[i][k + 1], (--lens[i] - k) * sizeof(who));
                        break;
                    }
        } else if (random % 2 == 0) {
            route(&users[who], where);
            if (known == lens[where]) {
                memmove(&model[where][1], &model[where][0], lens[where]++ * sizeof(who));
                model[where][0] = who;
            }
        } else {
            size_t before[USERS], refusing = (size_t)(random >> 24) % (lens[where] + 1);
            for (unsigned i = 0; i < USERS; i++) {
                before[i] = users[i].count;
                users[i].refuses = false;
            }
            for (size_t k = 0; k < refusing; k++)
                users[model[where][k]].refuses = true;
            uint64_t strays_before = strays();
            come(where, plain(), 1);
            for (size_t k = 0; k < lens[where]; k++)
                assert_int_equal(users[model[where][k]].count - before[model[where][k]],
                                 k <= refusing);
            assert_int_equal(strays() - strays_before, refusing == lens[where]);
            if (refusing < lens[where]) {
                unsigned took = model[where][refusing];
                memmove(&model[where][1], &model[where][0], refusing * sizeof(took));
                model[where][0] = took;
            }
        }
    }
    for (int i = 0; i < USERS; i++)
        udp_mux_leave(mux, &users[i].user);
    end();
}

TEST(a_failed_allocation_leaves_everything_as_it_was)
{
    struct net_address remote = remote_of(1);
    begin();
    route(&b, 1);
    for (size_t n = 1; n <= 3; n++) {
        mem_fail_at(n);
        int r = udp_mux_name(mux, &a.user, view_text("alpha"));
        mem_fail_at(0);
        if (r == 0)
            break;
        assert_int_equal(r, ACTR_ENOMEM);
    }
    for (size_t n = 1; n <= 2; n++) {
        struct net_address fresh = remote_of(50 + (unsigned)n);
        mem_fail_at(1);
        assert_int_equal(udp_mux_route(mux, &a.user, n == 1 ? &remote : &fresh), ACTR_ENOMEM);
        mem_fail_at(0);
    }
    mem_fail_at(2);
    struct net_address fresh = remote_of(60);
    assert_int_equal(udp_mux_route(mux, &a.user, &fresh), ACTR_ENOMEM);
    mem_fail_at(0);
    come(1, plain(), 1);
    assert_int_equal(b.count, 1);
    assert_int_equal(routes(), 1);
    end();
}
