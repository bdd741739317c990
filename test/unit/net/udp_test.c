// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "net/udp.h"

#include <string.h>

#include <actr/error.h>

#include "harness.h"
#include "rig.h"
#include "sys/loop_uv.h"

struct asker {
    struct udp *udp;
    bool want_echo;
    size_t count, len;
    uint8_t data[UDP_LEN_MAX];
    struct net_address from;
};

static void on_datagram(void *user, struct actr_view datagram, const struct net_address *from)
{
    struct asker *asker = user;
    asker->count++;
    asker->from = *from;
    asker->len = datagram.len;
    memcpy(asker->data, datagram.ptr, datagram.len);
    if (asker->want_echo)
        udp_send(asker->udp, from, datagram);
}

static void ask(const char *server_host, const char *client_host, struct net_address to)
{
    struct rig rig;
    struct asker server = {.want_echo = true}, client = {0};
    rig_open(&rig);
    assert_int_equal(udp_open(rig.loop, server_host, 0, on_datagram, &server, &server.udp), 0);
    assert_int_equal(udp_open(rig.loop, client_host, 0, on_datagram, &client, &client.udp), 0);
    to.port = udp_port(server.udp);
    udp_send(client.udp, &to, actr_view_of("ping", 4));
    RIG_UNTIL(&rig, client.count == 1);
    assert_int_equal(client.len, 4);
    assert_memory_equal(client.data, "ping", 4);
    assert_int_equal(client.from.port, to.port);
    assert_int_equal(server.from.port, udp_port(client.udp));
    assert_int_equal(server.from.is_ipv6, to.is_ipv6);
    assert_memory_equal(server.from.bytes, to.bytes, to.is_ipv6 ? 16 : 4);
    udp_close(server.udp);
    udp_close(client.udp);
    rig_close(&rig);
}

static const struct net_address loopback4 = {.bytes = {127, 0, 0, 1}};
static const struct net_address loopback6 = {.is_ipv6 = true, .bytes = {[15] = 1}};

TEST(a_datagram_is_answered_to_where_it_came_from)
{
    ask("127.0.0.1", "127.0.0.1", loopback4);
}

TEST(a_socket_for_all_addresses_shows_ipv4_askers_as_ipv4)
{
    ask(NULL, "127.0.0.1", loopback4);
}

TEST(ipv6_is_answered_too)
{
    ask("::1", "::1", loopback6);
    ask(NULL, "::1", loopback6);
}

TEST(an_empty_datagram_and_the_longest_arrive_a_longer_one_does_not)
{
    static uint8_t data[UDP_LEN_MAX + 1];
    struct rig rig;
    struct asker server = {0}, client = {0};
    struct net_address to = loopback4;
    rig_open(&rig);
    assert_int_equal(udp_open(rig.loop, "127.0.0.1", 0, on_datagram, &server, &server.udp), 0);
    assert_int_equal(udp_open(rig.loop, "127.0.0.1", 0, on_datagram, &client, &client.udp), 0);
    to.port = udp_port(server.udp);
    udp_send(client.udp, &to, actr_view_of(data, sizeof(data)));
    udp_send(client.udp, &to, actr_view_of(data, 0));
    RIG_UNTIL(&rig, server.count == 1);
    assert_int_equal(server.len, 0);
    udp_send(client.udp, &to, actr_view_of(data, UDP_LEN_MAX));
    RIG_UNTIL(&rig, server.count == 2);
    assert_int_equal(server.len, UDP_LEN_MAX);
    udp_close(server.udp);
    udp_close(client.udp);
    rig_close(&rig);
}

TEST(a_port_in_use_and_a_name_are_refused_with_a_reason)
{
    struct rig rig;
    struct udp *one, *other = NULL;
    rig_open(&rig);
    assert_int_equal(udp_open(rig.loop, "127.0.0.1", 0, on_datagram, NULL, &one), 0);
    assert_int_equal(udp_open(rig.loop, "127.0.0.1", udp_port(one), on_datagram, NULL, &other),
                     ACTR_EIO);
    assert_non_null(strstr(actr_errmsg(), "address already in use"));
    assert_int_equal(udp_open(rig.loop, "localhost", 0, on_datagram, NULL, &other), ACTR_EIO);
    assert_null(other);
    udp_close(one);
    rig_close(&rig);
}
