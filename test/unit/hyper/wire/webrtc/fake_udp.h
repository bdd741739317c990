// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A network that the test is, a mux on it, and three users who write down what they hear. Addresses
 * of remotes are numbers. */
#pragma once

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "harness.h"
#include "hyper/wire/webrtc/ice/stun.h"
#include "hyper/wire/webrtc/udp_mux.h"
#include "net/interfaces.h"
#include "net/net_ops.h"
#include "sys/loop_virtual.h"

/* ---- the network ---- */

struct fake_socket {
    struct datagram_socket base;
    const struct datagram_events *events;
    void *owner;
    struct net_address bound;
    size_t sent_count, probe_count, flush_count;
    struct net_address sent_to;
    bool is_open;
};

static struct {
    struct net net;
    struct loop *loop;
    struct fake_socket sockets[2];
    struct interface_address list[INTERFACES_MAX];
    size_t list_count;
    struct interfaces watch;
    void (*on_change)(void *owner);
    void *watcher;
    bool refuses[2], refuses_port[2], refuses_watch;
    size_t link_len;        /* of a probe that the link takes */
    unsigned refused_count; /* sockets that were wanted and not opened */
} fake;

static inline struct fake_socket *fake_of(const struct datagram_socket *socket)
{
    return container_of(socket, struct fake_socket, base);
}

static inline void fake_send(struct datagram_socket *socket, const struct net_address *local,
                             const struct net_address *remote, struct actr_view bytes)
{
    (void)local, (void)bytes;
    fake_of(socket)->sent_count++;
    fake_of(socket)->sent_to = *remote;
}

static inline bool fake_send_probe(struct datagram_socket *socket, const struct net_address *local,
                                   const struct net_address *remote, struct actr_view bytes)
{
    (void)local;
    fake_of(socket)->probe_count++;
    fake_of(socket)->sent_to = *remote;
    return bytes.len <= fake.link_len;
}

static inline void fake_flush(struct datagram_socket *socket)
{
    fake_of(socket)->flush_count++;
}

static inline void fake_local(const struct datagram_socket *socket, struct net_address *ret_address)
{
    *ret_address = fake_of(socket)->bound;
}

static inline void fake_stats(const struct datagram_socket *socket,
                              struct datagram_stats *ret_stats)
{
    *ret_stats = (struct datagram_stats){.datagrams_out = fake_of(socket)->sent_count};
}

static inline void fake_close(struct datagram_socket *socket)
{
    assert_true(fake_of(socket)->is_open);
    fake_of(socket)->is_open = false;
}

static const struct datagram_ops fake_socket_ops = {fake_send,  fake_send_probe, fake_flush,
                                                    fake_local, fake_stats,      fake_close};

static inline int fake_datagram_open(struct net *net, const struct datagram_options *options,
                                     const struct datagram_events *events, void *owner,
                                     struct datagram_socket **ret_socket)
{
    bool is_ipv6 = options->bind.is_ipv6;
    struct fake_socket *socket = &fake.sockets[is_ipv6];
    assert_ptr_equal(net, &fake.net);
    assert_true(net_address_is_any(&options->bind));
    fake.refused_count += fake.refuses[is_ipv6];
    if (fake.refuses[is_ipv6])
        return err_origin(ACTR_EIO, "udp: no such family");
    if (fake.refuses_port[is_ipv6] && options->bind.port)
        return err_origin(ACTR_EIO, "udp: in use");
    *socket = (struct fake_socket){.base = {&fake_socket_ops},
                                   .events = events,
                                   .owner = owner,
                                   .bound = options->bind,
                                   .is_open = true};
    if (!socket->bound.port)
        socket->bound.port = is_ipv6 ? 6000 : 4000;
    *ret_socket = &socket->base;
    return 0;
}

static inline size_t fake_interfaces_list(struct net *net,
                                          struct interface_address list[INTERFACES_MAX])
{
    (void)net;
    memcpy(list, fake.list, fake.list_count * sizeof(*list));
    return fake.list_count;
}

static inline int fake_interfaces_watch(struct net *net, void (*on_change)(void *owner),
                                        void *owner, struct interfaces **ret_watch)
{
    if (fake.refuses_watch)
        return err_origin(ACTR_EIO, "interfaces: not here");
    fake.on_change = on_change;
    fake.watcher = owner;
    fake.watch.ops = net->ops;
    *ret_watch = &fake.watch;
    return 0;
}

static inline void fake_interfaces_unwatch(struct interfaces *watch)
{
    assert_ptr_equal(watch, &fake.watch);
    fake.on_change = NULL;
}

static const struct net_ops fake_net_ops = {
    .datagram_open = fake_datagram_open,
    .interfaces_list = fake_interfaces_list,
    .interfaces_watch = fake_interfaces_watch,
    .interfaces_unwatch = fake_interfaces_unwatch,
};

/* ---- the mux ---- */

static struct udp_mux *mux;
static size_t locals_count, failed_count;

static inline void on_locals(void *owner)
{
    (void)owner;
    locals_count++;
}

static inline void on_failed(void *owner, int code, const char *detail)
{
    (void)owner;
    assert_int_equal(code, ACTR_EIO);
    assert_string_equal(detail, "gone");
    failed_count++;
}

static const struct udp_mux_events mux_events = {on_locals, on_failed};

static inline void fake_open(void)
{
    memset(&fake, 0, sizeof(fake));
    locals_count = failed_count = 0;
    assert_int_equal(loop_virtual_new(1, &fake.loop), 0);
    fake.net = (struct net){&fake_net_ops, fake.loop};
}

static inline int mux_open_with(struct udp_mux_options options)
{
    options.loop = fake.loop;
    options.net = &fake.net;
    return udp_mux_open(&options, &mux_events, NULL, &mux);
}

static inline void mux_open(void)
{
    fake_open();
    assert_int_equal(mux_open_with((struct udp_mux_options){0}), 0);
}

static inline void mux_close(void)
{
    mux = udp_mux_close(mux);
    assert_false(fake.sockets[0].is_open || fake.sockets[1].is_open);
    assert_null(fake.on_change);
    loop_virtual_close(fake.loop);
}

/* ---- users ---- */

struct listener {
    struct udp_mux_user user;
    size_t count, end_count, refused_count;
    struct net_address refused; /* the last */
    bool refuses;
    void (*on_datagram)(struct listener *listener);
    void (*on_burst_end)(struct listener *listener);
};

static inline bool listener_on_datagram(struct udp_mux_user *user, const struct datagram *datagram)
{
    struct listener *listener = container_of(user, struct listener, user);
    bool refuses = listener->refuses;
    (void)datagram;
    listener->count++;
    if (listener->on_datagram)
        listener->on_datagram(listener);
    return !refuses;
}

static inline void listener_on_burst_end(struct udp_mux_user *user)
{
    struct listener *listener = container_of(user, struct listener, user);
    listener->end_count++;
    if (listener->on_burst_end)
        listener->on_burst_end(listener);
}

static inline void listener_on_refused(struct udp_mux_user *user, const struct net_address *remote)
{
    struct listener *listener = container_of(user, struct listener, user);
    listener->refused = *remote;
    listener->refused_count++;
}

static const struct udp_mux_user_events listener_events = {
    listener_on_datagram, listener_on_burst_end, listener_on_refused};

static struct listener a, b, c;

static inline void listeners_begin(void)
{
    a = b = c = (struct listener){.user.events = &listener_events};
}

static inline void listeners_end(void)
{
    udp_mux_leave(mux, &a.user);
    udp_mux_leave(mux, &b.user);
    udp_mux_leave(mux, &c.user);
    udp_mux_leave(mux, &c.user); /* harmless */
}

static inline struct net_address remote_of(unsigned n)
{
    return (struct net_address){.bytes = {192, 0, 2, (uint8_t)n}, .port = (uint16_t)(n + 1)};
}

static uint8_t packet[256];

static inline struct actr_view request_for(const char *username)
{
    static const uint8_t transaction[STUN_TRANSACTION_LEN] = {1, 2, 3};
    struct stun_writer writer;
    stun_begin(&writer, packet, sizeof(packet), STUN_REQUEST, STUN_BINDING, transaction);
    if (username)
        stun_put(&writer, STUN_USERNAME, view_text(username));
    return stun_end(&writer);
}

static inline struct actr_view plain(void)
{
    return actr_view_of("\x17 data", 6);
}

/* A burst of `count` equal datagrams. */
static inline void come(unsigned from, struct actr_view bytes, size_t count)
{
    struct datagram list[64];
    assert_true(count <= 64);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct datagram){.remote = remote_of(from), .bytes = bytes};
    fake.sockets[0].events->on_burst(fake.sockets[0].owner, &fake.sockets[0].base, list, count);
}

static inline uint64_t strays(void)
{
    struct udp_mux_stats stats;
    udp_mux_get_stats(mux, &stats);
    return stats.strays;
}

static inline uint32_t routes(void)
{
    struct udp_mux_stats stats;
    udp_mux_get_stats(mux, &stats);
    return stats.routes;
}

static inline void name(struct listener *listener, const char *ufrag)
{
    assert_int_equal(udp_mux_name(mux, &listener->user, view_text(ufrag)), 0);
}

static inline void route(struct listener *listener, unsigned from)
{
    struct net_address remote = remote_of(from);
    assert_int_equal(udp_mux_route(mux, &listener->user, &remote), 0);
}

static inline void begin(void)
{
    mux_open();
    listeners_begin();
}

static inline void end(void)
{
    listeners_end();
    assert_int_equal(routes(), 0);
    mux_close();
}
