// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One UDP port for all peers of a node: sockets, bursts, addresses.
 *
 * A burst is dealt out datagram by datagram (udp_table knows to whom), then each user that got
 * something is told that the burst has ended. Users may leave, name and bind at any time meanwhile,
 * and the mux may be closed: it then goes when the burst has been dealt out.
 *
 * A request of STUN is believed to be for whom it names; whether it is genuine is the user's to
 * check. Nothing is ever answered from here.
 *
 * A socket that fails leaves its place empty until it could be opened anew. A family that could not
 * be opened at first is one that the machine does not have.
 *
 * Loop thread. */
#include "hyper/wire/webrtc/udp_mux.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/ice/stun.h"
#include "hyper/wire/webrtc/udp_table.h"
#include "net/interfaces.h"
#include "sys/loop.h"

enum { UDP_MUX_IPV4, UDP_MUX_IPV6, UDP_MUX_FAMILIES };

struct udp_mux {
    struct udp_mux_options options;
    const struct udp_mux_events *events;
    void *owner;
    struct datagram_socket *sockets[UDP_MUX_FAMILIES];
    uint16_t ports[UDP_MUX_FAMILIES]; /* of the socket there is, or was last; 0: never any */
    struct loop_timer retry;
    uint64_t retry_gap_us;
    struct interfaces *watch;
    struct udp_table table;
    struct list touched; /* users that got something of this burst */
    const struct udp_mux_user *called;
    uint32_t user_count;
    bool is_dealing, is_closed;
    uint64_t strays, unsendable;
    struct net_address locals[UDP_MUX_LOCALS_MAX]; /* as they were last told */
    size_t local_count;
};

/* ---- dealing out ---- */

enum deal { DEAL_REFUSED, DEAL_TAKEN, DEAL_TAKEN_AND_LEFT };

/* Hands it to the user. */
static enum deal deal_to(struct udp_mux *mux, struct udp_mux_user *user,
                         const struct datagram *datagram)
{
    mux->called = user;
    bool is_taken = user->events->on_datagram(user, datagram);
    bool is_there = mux->called != NULL;
    if (is_taken && is_there && list_is_empty(&user->_touched))
        list_push(&mux->touched, &user->_touched);
    mux->called = NULL;
    if (!is_taken)
        return DEAL_REFUSED;
    return is_there ? DEAL_TAKEN : DEAL_TAKEN_AND_LEFT;
}

/* The user fragment of ours that a request names (RFC 8445 §7.2.2: ours, a colon, the sender's).
 * False: it is not a request with a name. */
static bool name_of(struct actr_view packet, struct actr_view *ret_ufrag)
{
    struct stun_message message;
    struct actr_view username;
    if (!stun_is(packet) || !stun_is_request(packet) || stun_parse(packet, &message) < 0 ||
        !stun_find(&message, STUN_USERNAME, &username) || username.len == 0)
        return false;
    const uint8_t *colon = memchr(username.ptr, ':', username.len);
    *ret_ufrag = actr_view_of(username.ptr, colon ? (size_t)(colon - username.ptr) : username.len);
    return true;
}

static bool deal_by_route(struct udp_mux *mux, const struct datagram *datagram)
{
    struct udp_route *route;
    bool is_taken = false, is_sure = false;
    udp_table_walk(&mux->table, &datagram->remote);
    while (!is_sure && !mux->is_closed && (route = udp_table_next(&mux->table))) {
        bool is_unsure = route->user->is_unsure;
        udp_table_used(route);
        enum deal deal = deal_to(mux, route->user, datagram);
        is_taken = is_taken || deal != DEAL_REFUSED;
        is_sure = deal != DEAL_REFUSED && !is_unsure;
        if (is_sure && deal == DEAL_TAKEN)
            udp_table_prefer(route);
    }
    udp_table_end(&mux->table);
    return is_taken;
}

static bool deal(struct udp_mux *mux, const struct datagram *datagram)
{
    struct actr_view ufrag;
    if (!name_of(datagram->bytes, &ufrag))
        return deal_by_route(mux, datagram);
    struct udp_mux_user *user = udp_table_named(&mux->table, ufrag);
    return user && deal_to(mux, user, datagram) != DEAL_REFUSED;
}

static void mux_free(struct udp_mux *mux)
{
    udp_table_deinit(&mux->table);
    mem_free(mux);
}

static void mux_on_burst(void *owner, struct datagram_socket *socket, const struct datagram *list,
                         size_t count)
{
    struct udp_mux *mux = owner;
    struct list *link;
    (void)socket;
    mux->is_dealing = true;
    for (size_t i = 0; i < count && !mux->is_closed; i++)
        if (!deal(mux, &list[i]))
            mux->strays++;
    while ((link = list_pop(&mux->touched))) {
        struct udp_mux_user *user = container_of(link, struct udp_mux_user, _touched);
        user->events->on_burst_end(user);
    }
    mux->is_dealing = false;
    if (mux->is_closed)
        mux_free(mux);
}

/* All of that address are told. */
static void mux_on_refused(void *owner, struct datagram_socket *socket,
                           const struct net_address *remote)
{
    struct udp_mux *mux = owner;
    struct udp_route *route;
    (void)socket;
    udp_table_walk(&mux->table, remote);
    while ((route = udp_table_next(&mux->table))) {
        if (route->user->events->on_refused)
            route->user->events->on_refused(route->user, remote);
    }
    udp_table_end(&mux->table);
}

/* ---- users ---- */

static void join(struct udp_mux *mux, struct udp_mux_user *user)
{
    assert(!mux->is_closed && (!user->_mux || user->_mux == mux));
    if (user->_mux)
        return;
    user->_mux = mux;
    list_init(&user->_names);
    list_init(&user->_routes);
    list_init(&user->_touched);
    mux->user_count++;
}

int udp_mux_name(struct udp_mux *mux, struct udp_mux_user *user, struct actr_view ufrag)
{
    join(mux, user);
    return udp_table_name(&mux->table, user, ufrag);
}

int udp_mux_route(struct udp_mux *mux, struct udp_mux_user *user, const struct net_address *remote)
{
    join(mux, user);
    return udp_table_route(&mux->table, user, remote);
}

void udp_mux_leave(struct udp_mux *mux, struct udp_mux_user *user)
{
    if (user->_mux != mux)
        return;
    udp_table_forget(&mux->table, user);
    list_remove(&user->_touched);
    if (mux->called == user)
        mux->called = NULL;
    user->_mux = NULL;
    mux->user_count--;
}

/* ---- sending ---- */

/* NULL: there is none, which is counted. */
static struct datagram_socket *socket_for(struct udp_mux *mux, const struct net_address *remote)
{
    struct datagram_socket *socket = mux->sockets[remote->is_ipv6 ? UDP_MUX_IPV6 : UDP_MUX_IPV4];
    if (!socket)
        mux->unsendable++;
    return socket;
}

void udp_mux_send(struct udp_mux *mux, const struct net_address *local,
                  const struct net_address *remote, struct actr_view bytes)
{
    struct datagram_socket *socket = socket_for(mux, remote);
    if (socket)
        datagram_send(socket, local, remote, bytes);
}

bool udp_mux_send_probe(struct udp_mux *mux, const struct net_address *local,
                        const struct net_address *remote, struct actr_view bytes)
{
    struct datagram_socket *socket = socket_for(mux, remote);
    return !socket || datagram_send_probe(socket, local, remote, bytes);
}

void udp_mux_flush(struct udp_mux *mux)
{
    for (int i = 0; i < UDP_MUX_FAMILIES; i++)
        if (mux->sockets[i])
            datagram_flush(mux->sockets[i]);
}

/* ---- our addresses ---- */

/* The smaller the better; negative: of no use to a peer. */
static int local_rank(const struct interface_address *local)
{
    const struct net_address *address = &local->address;
    if (local->is_deprecated || net_address_is_any(address) || net_address_is_multicast(address) ||
        net_address_is_link_local(address))
        return -1;
    if (net_address_is_loopback(address))
        return address->is_ipv6 ? 5 : 4;
    if (!address->is_ipv6)
        return 2;
    if ((address->bytes[0] & 0xfe) == 0xfc) /* unique local, RFC 4193 */
        return 3;
    return local->is_temporary ? 0 : 1;
}

struct udp_mux_ranked {
    int rank;
    size_t index; /* in the list of the system: equals stay in its order */
};

static int rank_order(const void *a, const void *b)
{
    const struct udp_mux_ranked *one = a, *other = b;
    if (one->rank != other->rank)
        return one->rank < other->rank ? -1 : 1;
    return one->index < other->index ? -1 : one->index > other->index;
}

/* A stable address of an interface that has one made against tracking stays unsaid (RFC 8445
 * §5.1.1.1). */
static bool is_shadowed(const struct interface_address *all, size_t count, size_t index)
{
    for (size_t i = 0; i < count; i++)
        if (all[i].index == all[index].index && local_rank(&all[i]) == 0)
            return local_rank(&all[index]) == 1;
    return false;
}

size_t udp_mux_locals(const struct udp_mux *mux, bool with_loopback,
                      struct net_address list[UDP_MUX_LOCALS_MAX])
{
    struct interface_address all[INTERFACES_MAX];
    struct udp_mux_ranked ranked[INTERFACES_MAX] = {0};
    size_t count = interfaces_list(mux->options.net, all), fit = 0, written = 0;
    for (size_t i = 0; i < count; i++) {
        int rank = local_rank(&all[i]);
        if (rank >= 0 && mux->sockets[all[i].address.is_ipv6] && !is_shadowed(all, count, i))
            ranked[fit++] = (struct udp_mux_ranked){rank, i};
    }
    qsort(ranked, fit, sizeof(*ranked), rank_order);
    for (size_t i = 0; i < fit && written < UDP_MUX_LOCALS_MAX; i++) {
        struct net_address *address = &list[written], bound;
        *address = all[ranked[i].index].address;
        if (net_address_is_loopback(address) && written > 0 && !with_loopback &&
            !net_address_is_loopback(&list[0]))
            break;
        datagram_local(mux->sockets[address->is_ipv6], &bound);
        address->port = bound.port;
        written++;
    }
    return written;
}

/* Calls up if they are others than were last told. */
static void mux_check_locals(struct udp_mux *mux)
{
    struct net_address locals[UDP_MUX_LOCALS_MAX];
    size_t count = udp_mux_locals(mux, true, locals);
    bool is_same = count == mux->local_count;
    for (size_t i = 0; is_same && i < count; i++)
        is_same = net_address_equal(&locals[i], &mux->locals[i]);
    if (is_same)
        return;
    memcpy(mux->locals, locals, count * sizeof(*locals));
    mux->local_count = count;
    mux->events->on_locals(mux->owner);
}

/* ---- opening and closing ---- */

static void mux_on_failed(void *owner, struct datagram_socket *socket, int code, const char *detail)
{
    struct udp_mux *mux = owner;
    bool is_left = false;
    for (int i = 0; i < UDP_MUX_FAMILIES; i++) {
        if (mux->sockets[i] == socket)
            mux->sockets[i] = NULL;
        is_left = is_left || mux->sockets[i];
    }
    datagram_close(socket);
    loop_timer_start(&mux->retry, 0);
    if (!is_left)
        mux->events->on_failed(mux->owner, code, detail);
}

static const struct datagram_events mux_socket_events = {
    .on_burst = mux_on_burst,
    .on_failed = mux_on_failed,
    .on_refused = mux_on_refused,
};

static int open_at(struct udp_mux *mux, int family, uint16_t port, uint16_t port_last)
{
    struct net_address bound;
    struct datagram_options wanted = {
        .bind = {.is_ipv6 = family == UDP_MUX_IPV6, .port = port},
        .port_last = port_last,
        .no_offload = mux->options.no_offload,
    };
    int r =
        datagram_open(mux->options.net, &wanted, &mux_socket_events, mux, &mux->sockets[family]);
    if (r < 0)
        return r;
    datagram_local(mux->sockets[family], &bound);
    mux->ports[family] = bound.port;
    return 0;
}

/* One takes the port that it had, and the second family that of the first, if it is free. */
static int open_socket(struct udp_mux *mux, int family)
{
    uint16_t port = mux->ports[family];
    if (!port && family == UDP_MUX_IPV6)
        port = mux->ports[UDP_MUX_IPV4];
    if (port && open_at(mux, family, port, port) == 0)
        return 0;
    return open_at(mux, family, mux->options.port, mux->options.port_last);
}

/* Opens what has failed. Calls up. */
static void mux_reopen(struct udp_mux *mux)
{
    bool is_missing = false;
    for (int i = 0; i < UDP_MUX_FAMILIES; i++)
        if (!mux->sockets[i] && mux->ports[i] && open_socket(mux, i) < 0)
            is_missing = true;
    loop_timer_stop(&mux->retry);
    if (is_missing)
        loop_timer_start(&mux->retry, mux->retry_gap_us);
    uint64_t gap_us = is_missing ? 2 * mux->retry_gap_us : UDP_MUX_RETRY_US;
    mux->retry_gap_us = gap_us < UDP_MUX_RETRY_MAX_US ? gap_us : UDP_MUX_RETRY_MAX_US;
    mux_check_locals(mux);
}

static void mux_on_retry(struct loop_timer *timer)
{
    mux_reopen(container_of(timer, struct udp_mux, retry));
}

static void mux_on_interfaces(void *owner)
{
    struct udp_mux *mux = owner;
    mux->retry_gap_us = UDP_MUX_RETRY_US;
    mux_reopen(mux);
}

static int open_sockets(struct udp_mux *mux)
{
    int r = 0;
    if (!mux->options.no_ipv4)
        r = open_socket(mux, UDP_MUX_IPV4);
    if (!mux->options.no_ipv6 && r != ACTR_ENOMEM) {
        int r6 = open_socket(mux, UDP_MUX_IPV6);
        r = mux->sockets[UDP_MUX_IPV4] ? 0 : r6;
    }
    return r;
}

int udp_mux_open(const struct udp_mux_options *options, const struct udp_mux_events *events,
                 void *owner, struct udp_mux **ret_mux)
{
    struct hash_key key;
    struct udp_mux *mux = mem_alloc(sizeof(*mux));
    assert(!options->no_ipv4 || !options->no_ipv6);
    if (!mux)
        return err_origin(ACTR_ENOMEM, "udp: no memory");
    mux->options = *options;
    mux->events = events;
    mux->owner = owner;
    mux->retry_gap_us = UDP_MUX_RETRY_US;
    loop_timer_init(&mux->retry, options->loop, mux_on_retry);
    list_init(&mux->touched);
    loop_random(options->loop, &key, sizeof(key));
    udp_table_init(&mux->table, &key);
    int r = open_sockets(mux);
    if (r == 0)
        r = interfaces_watch(options->net, mux_on_interfaces, mux, &mux->watch);
    if (r < 0) {
        udp_mux_close(mux);
        return r;
    }
    mux->local_count = udp_mux_locals(mux, true, mux->locals);
    *ret_mux = mux;
    return 0;
}

struct udp_mux *udp_mux_close(struct udp_mux *mux)
{
    if (!mux)
        return NULL;
    assert(mux->user_count == 0 && !mux->is_closed);
    mux->watch = interfaces_unwatch(mux->watch);
    loop_timer_stop(&mux->retry);
    for (int i = 0; i < UDP_MUX_FAMILIES; i++) {
        if (mux->sockets[i])
            datagram_close(mux->sockets[i]);
        mux->sockets[i] = NULL;
    }
    mux->is_closed = true;
    if (!mux->is_dealing)
        mux_free(mux);
    return NULL;
}

void udp_mux_get_stats(const struct udp_mux *mux, struct udp_mux_stats *ret_stats)
{
    *ret_stats = (struct udp_mux_stats){
        .strays = mux->strays,
        .unsendable = mux->unsendable,
        .users = mux->user_count,
        .routes = mux->table.route_count,
    };
    for (int i = 0; i < UDP_MUX_FAMILIES; i++)
        if (mux->sockets[i])
            datagram_get_stats(mux->sockets[i], &ret_stats->sockets[i]);
}
