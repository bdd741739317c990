// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One port for many users: what happens inside events, sockets, our addresses. */
#include "hyper/wire/webrtc/udp_mux.h"

#include "fake_udp.h"

/* ---- inside events ---- */

static void leave_all(struct listener *listener)
{
    (void)listener;
    listeners_end();
}

static void leave_and_close(struct listener *listener)
{
    listeners_end();
    mux = udp_mux_close(mux);
}

static void route_c(struct listener *listener)
{
    route(&c, 1);
}

TEST(users_may_leave_in_the_middle_of_a_burst)
{
    begin();
    route(&a, 1);
    route(&b, 1);
    route(&c, 1);
    c.refuses = true;
    b.on_datagram = leave_all;
    b.refuses = true;
    come(1, plain(), 10);
    assert_int_equal(c.count, 1);
    assert_int_equal(b.count, 1);
    assert_int_equal(a.count, 0);
    assert_int_equal(b.end_count + c.end_count, 0);
    assert_int_equal(strays(), 10);
    assert_int_equal(routes(), 0);
    end();
}

TEST(a_user_that_leaves_with_its_datagram_taken_hears_no_end)
{
    begin();
    route(&a, 1);
    a.on_datagram = leave_all;
    come(1, plain(), 3);
    assert_int_equal(a.count, 1);
    assert_int_equal(a.end_count, 0);
    name(&b, "beta");
    b.on_datagram = leave_all;
    come(1, request_for("beta:x"), 2);
    assert_int_equal(b.count, 1);
    assert_int_equal(b.end_count, 0);
    end();
}

TEST(users_may_leave_at_the_end_of_a_burst)
{
    begin();
    route(&a, 1);
    name(&b, "beta");
    a.on_burst_end = leave_all;
    struct datagram list[2] = {{.remote = remote_of(1), .bytes = plain()},
                               {.remote = remote_of(1), .bytes = request_for("beta:x")}};
    fake.sockets[0].events->on_burst(fake.sockets[0].owner, &fake.sockets[0].base, list, 2);
    assert_int_equal(a.end_count, 1);
    assert_int_equal(b.count, 1);
    assert_int_equal(b.end_count, 0);
    end();
}

TEST(whoever_binds_during_a_burst_hears_the_next_datagram)
{
    begin();
    route(&a, 1);
    a.on_datagram = route_c;
    a.user.is_unsure = true;
    come(1, plain(), 3);
    assert_int_equal(a.count, 1);
    assert_int_equal(c.count, 2);
    assert_int_equal(a.end_count, 1);
    assert_int_equal(c.end_count, 1);
    end();
}

TEST(the_mux_may_be_closed_in_the_middle_of_a_burst)
{
    begin();
    route(&a, 1);
    a.on_datagram = leave_and_close;
    come(1, plain(), 5);
    assert_int_equal(a.count, 1);
    assert_null(mux);
    loop_virtual_close(fake.loop);
    begin();
    route(&a, 1);
    a.on_burst_end = leave_and_close;
    come(1, plain(), 5);
    assert_int_equal(a.count, 5);
    assert_null(mux);
    loop_virtual_close(fake.loop);
}

/* ---- sockets ---- */

TEST(a_datagram_leaves_by_the_socket_of_its_family)
{
    struct net_address v4 = remote_of(1), v6 = {.is_ipv6 = true, .bytes = {[15] = 1}, .port = 7};
    begin();
    udp_mux_send(mux, NULL, &v4, plain());
    udp_mux_send(mux, NULL, &v6, plain());
    udp_mux_send(mux, NULL, &v6, plain());
    udp_mux_flush(mux);
    assert_int_equal(fake.sockets[0].sent_count, 1);
    assert_int_equal(fake.sockets[1].sent_count, 2);
    assert_true(net_address_equal(&fake.sockets[1].sent_to, &v6));
    assert_int_equal(fake.sockets[0].flush_count, 1);
    end();
    fake_open();
    assert_int_equal(mux_open_with((struct udp_mux_options){.no_ipv6 = true}), 0);
    udp_mux_send(mux, NULL, &v6, plain());
    struct udp_mux_stats stats;
    udp_mux_get_stats(mux, &stats);
    assert_int_equal(stats.unsendable, 1);
    mux_close();
}

TEST(both_families_have_one_port_when_it_is_free)
{
    fake_open();
    assert_int_equal(mux_open_with((struct udp_mux_options){0}), 0);
    assert_int_equal(fake.sockets[1].bound.port, 4000);
    mux_close();
    fake_open();
    fake.refuses_port[1] = true;
    assert_int_equal(mux_open_with((struct udp_mux_options){0}), 0);
    assert_int_equal(fake.sockets[1].bound.port, 6000);
    mux_close();
}

TEST(one_family_suffices_and_none_does_not)
{
    fake_open();
    fake.refuses[1] = true;
    assert_int_equal(mux_open_with((struct udp_mux_options){.port = 5000}), 0);
    assert_int_equal(fake.sockets[0].bound.port, 5000);
    mux_close();
    fake_open();
    fake.refuses[0] = true;
    assert_int_equal(mux_open_with((struct udp_mux_options){0}), 0);
    assert_true(fake.sockets[1].is_open);
    mux_close();
    fake_open();
    fake.refuses[0] = fake.refuses[1] = true;
    assert_int_equal(mux_open_with((struct udp_mux_options){0}), ACTR_EIO);
    fake.refuses[0] = fake.refuses[1] = false;
    fake.refuses_watch = true;
    assert_int_equal(mux_open_with((struct udp_mux_options){0}), ACTR_EIO);
    assert_false(fake.sockets[0].is_open || fake.sockets[1].is_open);
    loop_virtual_close(fake.loop);
}

TEST(a_closed_port_is_told_to_all_who_send_there)
{
    begin();
    struct net_address first = remote_of(1), second = remote_of(2);
    route(&a, 1);
    route(&b, 1);
    route(&c, 2);
    fake.sockets[0].events->on_refused(fake.sockets[0].owner, &fake.sockets[0].base, &first);
    assert_int_equal(a.refused_count, 1);
    assert_int_equal(b.refused_count, 1);
    assert_int_equal(c.refused_count, 0);
    assert_true(net_address_equal(&a.refused, &first));
    fake.sockets[0].events->on_refused(fake.sockets[0].owner, &fake.sockets[0].base, &second);
    assert_int_equal(c.refused_count, 1);
    second.port++;
    fake.sockets[0].events->on_refused(fake.sockets[0].owner, &fake.sockets[0].base, &second);
    assert_int_equal(a.refused_count + b.refused_count + c.refused_count, 3);
    end();
}

static void have(const char *text, bool is_temporary, bool is_deprecated)
{
    struct interface_address *to = &fake.list[fake.list_count++];
    assert_true(net_address_parse(view_text(text), 0, &to->address));
    to->index = 2;
    to->is_temporary = is_temporary;
    to->is_deprecated = is_deprecated;
}

static void expect_locals(bool with_loopback, const char *wanted)
{
    struct net_address list[UDP_MUX_LOCALS_MAX];
    char text[2048] = "", one[NET_ADDRESS_TEXT_MAX];
    size_t count = udp_mux_locals(mux, with_loopback, list);
    for (size_t i = 0; i < count; i++) {
        strcat(text, net_address_text(&list[i], one));
        strcat(text, " ");
    }
    assert_string_equal(text, wanted);
}

TEST(the_last_socket_that_fails_is_told)
{
    begin();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(failed_count, 0);
        fake.sockets[i].events->on_failed(fake.sockets[i].owner, &fake.sockets[i].base, ACTR_EIO,
                                          "gone");
        assert_false(fake.sockets[i].is_open);
    }
    assert_int_equal(failed_count, 1);
    end();
}

static void socket_fails(int family)
{
    struct fake_socket *socket = &fake.sockets[family];
    socket->events->on_failed(socket->owner, &socket->base, ACTR_EIO, "gone");
    assert_false(socket->is_open);
}

static void pass(uint64_t duration_us)
{
    loop_virtual_run_until(fake.loop, loop_now_us(fake.loop) + duration_us);
}

TEST(a_socket_that_fails_is_opened_anew_with_its_port)
{
    begin();
    have("192.0.2.1", false, false);
    have("2001:db8::1", false, false);
    fake.on_change(fake.watcher);
    locals_count = 0;
    for (int i = 0; i < 2; i++) {
        socket_fails(i);
        pass(1);
        assert_true(fake.sockets[i].is_open);
        assert_int_equal(fake.sockets[i].bound.port, 4000);
    }
    assert_int_equal(failed_count, 0);
    assert_int_equal(locals_count, 0); /* nobody has to know */
    end();
}

/* With another port when somebody has taken its own: that is another address. */
TEST(a_socket_whose_port_is_taken_gets_another)
{
    begin();
    have("2001:db8::1", false, false);
    fake.on_change(fake.watcher);
    fake.refuses_port[1] = true;
    socket_fails(1);
    pass(1);
    assert_true(fake.sockets[1].is_open);
    assert_int_equal(fake.sockets[1].bound.port, 6000);
    assert_int_equal(locals_count, 2);
    end();
}

TEST(a_socket_that_cannot_be_opened_is_tried_again_with_patience)
{
    begin();
    have("192.0.2.1", false, false);
    fake.on_change(fake.watcher);
    fake.refuses[0] = true;
    socket_fails(0);
    pass(1);
    assert_int_equal(locals_count, 2); /* that address is none now */
    expect_locals(false, "");
    for (uint64_t gap_us = UDP_MUX_RETRY_US; gap_us < UDP_MUX_RETRY_MAX_US; gap_us *= 2) {
        unsigned refused = fake.refused_count;
        pass(gap_us - 2);
        assert_int_equal(fake.refused_count, refused);
        pass(2);
        assert_int_equal(fake.refused_count, refused + 2); /* its own port, and any */
    }
    assert_int_equal(locals_count, 2);
    fake.refuses[0] = false;
    pass(UDP_MUX_RETRY_MAX_US);
    assert_int_equal(locals_count, 3);
    expect_locals(false, "192.0.2.1:4000 ");
    end();
}

/* No socket is left, until the network is back. */
TEST(a_change_of_addresses_is_a_reason_to_try_at_once)
{
    begin();
    fake.refuses[0] = fake.refuses[1] = true;
    socket_fails(0);
    socket_fails(1);
    assert_int_equal(failed_count, 1);
    pass(60000000);
    fake.refuses[0] = fake.refuses[1] = false;
    have("192.0.2.1", false, false);
    fake.on_change(fake.watcher);
    assert_int_equal(locals_count, 1);
    expect_locals(false, "192.0.2.1:4000 ");
    assert_true(fake.sockets[0].is_open && fake.sockets[1].is_open);
    pass(60000000);
    assert_int_equal(failed_count, 1);
    end();
}

/* What the machine does not have is not waited for. */
TEST(a_family_that_never_was_is_not_tried_again)
{
    fake_open();
    fake.refuses[1] = true;
    assert_int_equal(mux_open_with((struct udp_mux_options){.port = 5000}), 0);
    unsigned refused = fake.refused_count;
    socket_fails(0);
    pass(1);
    assert_true(fake.sockets[0].is_open);
    assert_int_equal(fake.sockets[0].bound.port, 5000);
    fake.on_change(fake.watcher);
    pass(60000000);
    assert_int_equal(fake.refused_count, refused);
    mux_close();
}

TEST(a_mux_is_closed_while_a_socket_is_missing)
{
    begin();
    fake.refuses[0] = true;
    socket_fails(0);
    end();
}

/* ---- our addresses ---- */

TEST(our_addresses_are_told_the_best_first)
{
    fake_open();
    fake.refuses_port[1] = true;
    assert_int_equal(mux_open_with((struct udp_mux_options){0}), 0);
    expect_locals(false, "");
    have("127.0.0.1", false, false);
    have("::1", false, false);
    expect_locals(false, "127.0.0.1:4000 [::1]:6000 ");
    have("169.254.1.1", false, false);
    have("fe80::1", false, false);
    have("224.0.0.1", false, false);
    have("ff02::1", false, false);
    have("2001:db8::9", false, true);
    expect_locals(false, "127.0.0.1:4000 [::1]:6000 ");
    have("fd00::1", false, false);
    have("192.0.2.2", false, false);
    have("192.0.2.1", false, false);
    have("2001:db8::1", false, false);
    expect_locals(false, "[2001:db8::1]:6000 192.0.2.2:4000 192.0.2.1:4000 [fd00::1]:6000 ");
    have("2001:db8::2", true, false); /* the stable one of the same interface stays unsaid */
    have("2001:db8::3", false, false);
    fake.list[fake.list_count - 1].index = 3;
    expect_locals(true, "[2001:db8::2]:6000 [2001:db8::3]:6000 192.0.2.2:4000 192.0.2.1:4000 "
                        "[fd00::1]:6000 127.0.0.1:4000 [::1]:6000 ");
    mux_close();
}

TEST(a_change_of_addresses_is_told_and_another_change_is_not)
{
    begin();
    fake.on_change(fake.watcher);
    assert_int_equal(locals_count, 0);
    have("192.0.2.1", false, false);
    fake.on_change(fake.watcher);
    fake.on_change(fake.watcher);
    assert_int_equal(locals_count, 1);
    have("fe80::1", false, false); /* of no use to a peer */
    fake.on_change(fake.watcher);
    assert_int_equal(locals_count, 1);
    fake.list[0].address.bytes[3] = 2;
    fake.on_change(fake.watcher);
    fake.list_count = 0;
    fake.on_change(fake.watcher);
    assert_int_equal(locals_count, 3);
    end();
}

TEST(a_probe_goes_by_the_socket_of_its_family_and_may_be_too_large)
{
    struct udp_mux_stats stats;
    struct net_address remote = remote_of(1), remote6 = {.is_ipv6 = true, .port = 9};
    begin();
    fake.link_len = 5;
    assert_true(udp_mux_send_probe(mux, NULL, &remote, actr_view_of("12345", 5)));
    assert_false(udp_mux_send_probe(mux, NULL, &remote, actr_view_of("123456", 6)));
    assert_int_equal(fake.sockets[0].probe_count, 2);
    assert_int_equal(fake.sockets[1].probe_count, 0);
    assert_true(udp_mux_send_probe(mux, NULL, &remote6, actr_view_of("12345", 5)));
    assert_int_equal(fake.sockets[1].probe_count, 1);
    assert_int_equal(fake.sockets[0].sent_count + fake.sockets[1].sent_count, 0);
    end();

    fake_open();
    assert_int_equal(mux_open_with((struct udp_mux_options){.no_ipv6 = true}), 0);
    assert_true(udp_mux_send_probe(mux, NULL, &remote6, actr_view_of("x", 1))); /* a lost one */
    udp_mux_get_stats(mux, &stats);
    assert_int_equal(stats.unsendable, 1);
    mux_close();
}
