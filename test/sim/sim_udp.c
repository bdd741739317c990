// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Datagrams in the simulated network, and the addresses of its hosts. Each datagram has a delay of
 * its own, so that they overtake each other; some are lost and some come twice, as the network is
 * told. What is sent to or from a host in a hole is lost. Loop thread. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "sim_parts.h"

#define SIM_UDP_PORT_FIRST 20000

struct sim_udp {
    struct datagram_socket base;
    struct sim_host *host;
    struct list link; /* of host->sockets */
    const struct datagram_events *events;
    void *owner;
    struct datagram_stats stats;
    uint16_t port;
};

/* On its way. */
struct sim_flight {
    struct list link; /* of sim->flights */
    struct loop_timer timer;
    struct sim_net *sim;
    struct net_address from, to;
    struct actr_bytes bytes;
};

struct sim_interfaces {
    struct interfaces base;
    struct list link; /* of host->watches */
    struct sim_host *host;
    void (*on_change)(void *owner);
    void *owner;
    struct loop_task changed;
};

static void sim_udp_address(const struct sim_host *host, uint16_t port, struct net_address *ret)
{
    (void)net_address_parse(view_text(host->address), port, ret);
}

static struct sim_udp *sim_udp_find(const struct sim_net *sim, const struct net_address *to)
{
    struct net_address address;
    list_each(pos, &sim->hosts)
    {
        struct sim_host *host = container_of(pos, struct sim_host, link);
        sim_udp_address(host, to->port, &address);
        if (!net_address_same_host(&address, to))
            continue;
        list_each(link, &host->sockets)
        {
            struct sim_udp *udp = container_of(link, struct sim_udp, link);
            if (udp->port == to->port)
                return udp;
        }
    }
    return NULL;
}

static void sim_flight_free(struct sim_flight *flight)
{
    loop_timer_stop(&flight->timer);
    list_remove(&flight->link);
    actr_bytes_unref(flight->bytes);
    mem_free(flight);
}

/* Nobody listens there: the sender is told, unless that is lost too. */
static void sim_flight_refuse(const struct sim_flight *flight)
{
    struct sim_udp *udp = sim_udp_find(flight->sim, &flight->from);
    if (udp && udp->events->on_refused && loop_now_us(flight->sim->loop) >= udp->host->hole_to_us &&
        !sim_chance(flight->sim, flight->sim->udp_loss))
        udp->events->on_refused(udp->owner, &udp->base, &flight->to);
}

void sim_host_defame(struct sim_host *host, const struct sim_host *peer)
{
    list_each(mine, &host->sockets)
    {
        struct sim_udp *udp = container_of(mine, struct sim_udp, link);
        list_each(theirs, &peer->sockets)
        {
            struct net_address remote;
            sim_udp_address(peer, container_of(theirs, struct sim_udp, link)->port, &remote);
            if (udp->events->on_refused)
                udp->events->on_refused(udp->owner, &udp->base, &remote);
        }
    }
}

static void sim_flight_on_timer(struct loop_timer *timer)
{
    struct sim_flight *flight = container_of(timer, struct sim_flight, timer);
    struct sim_udp *udp = sim_udp_find(flight->sim, &flight->to);

    if (udp && udp->host->is_killed) {
        sim_flight_refuse(flight);
    } else if (udp && loop_now_us(flight->sim->loop) >= udp->host->hole_to_us) {
        uint8_t *data;
        struct actr_bytes copy = bytes_new(flight->bytes.len, &data); /* may be written to */
        if (data && flight->bytes.len)
            memcpy(data, flight->bytes.ptr, flight->bytes.len);
        const struct datagram datagram = {flight->to, flight->from, actr_bytes_view(copy)};
        udp->stats.datagrams_in++;
        if (data)
            udp->events->on_burst(udp->owner, &udp->base, &datagram, 1);
        actr_bytes_unref(copy);
    }
    sim_flight_free(flight);
}

static void sim_udp_fly(struct sim_udp *udp, const struct net_address *to, struct actr_view bytes)
{
    struct sim_net *sim = udp->host->sim;
    struct sim_flight *flight = mem_alloc(sizeof(*flight));
    if (!flight)
        return;
    flight->sim = sim;
    flight->to = *to;
    flight->bytes = actr_bytes_copy(bytes);
    sim_udp_address(udp->host, udp->port, &flight->from);
    list_init(&flight->link);
    list_push(&sim->flights, &flight->link);
    loop_timer_init(&flight->timer, sim->loop, sim_flight_on_timer);
    loop_timer_start(&flight->timer, sim_between(sim, sim->delay.min_us, sim->delay.max_us));
}

static void sim_udp_send(struct datagram_socket *base, const struct net_address *local,
                         const struct net_address *remote, struct actr_view bytes)
{
    struct sim_udp *udp = container_of(base, struct sim_udp, base);
    struct sim_net *sim = udp->host->sim;
    struct net_address own;

    udp->stats.datagrams_out++;
    sim_udp_address(udp->host, udp->port, &own);
    bool is_gone = local && !net_address_is_any(local) && !net_address_same_host(local, &own);
    if (is_gone || loop_now_us(sim->loop) < udp->host->hole_to_us || sim_chance(sim, sim->udp_loss))
        return;
    sim_udp_fly(udp, remote, bytes);
    if (sim_chance(sim, sim->udp_doubles))
        sim_udp_fly(udp, remote, bytes);
}

static bool sim_udp_send_probe(struct datagram_socket *base, const struct net_address *local,
                               const struct net_address *remote, struct actr_view bytes)
{
    sim_udp_send(base, local, remote, bytes);
    return true;
}

static void sim_udp_flush(struct datagram_socket *base)
{
    (void)base;
}

static void sim_udp_local(const struct datagram_socket *base, struct net_address *ret_address)
{
    const struct sim_udp *udp = container_of(base, const struct sim_udp, base);
    sim_udp_address(udp->host, udp->port, ret_address);
}

static void sim_udp_stats(const struct datagram_socket *base, struct datagram_stats *ret_stats)
{
    *ret_stats = container_of(base, const struct sim_udp, base)->stats;
}

static void sim_udp_close(struct datagram_socket *base)
{
    struct sim_udp *udp = container_of(base, struct sim_udp, base);
    list_remove(&udp->link);
    mem_free(udp);
}

static const struct datagram_ops sim_udp_ops = {
    .send = sim_udp_send,
    .send_probe = sim_udp_send_probe,
    .flush = sim_udp_flush,
    .local = sim_udp_local,
    .stats = sim_udp_stats,
    .close = sim_udp_close,
};

int sim_datagram_open(struct net *net, const struct datagram_options *options,
                      const struct datagram_events *events, void *owner,
                      struct datagram_socket **ret_socket)
{
    struct sim_host *host = sim_host_of(net);
    if (options->bind.is_ipv6)
        return err_origin(ACTR_EIO, "datagram: only IPv4 here");
    if (loop_now_us(host->sim->loop) < host->no_udp_to_us)
        return err_origin(ACTR_EIO, "datagram: the network is down");
    struct sim_udp *udp = mem_alloc(sizeof(*udp));
    if (!udp)
        return err_origin(ACTR_ENOMEM, "datagram: no memory");
    udp->base.ops = &sim_udp_ops;
    udp->host = host;
    udp->events = events;
    udp->owner = owner;
    udp->port = options->bind.port;
    if (udp->port == 0)
        udp->port = (uint16_t)(SIM_UDP_PORT_FIRST + host->sim->udp_port_count++);
    list_init(&udp->link);
    list_push(&host->sockets, &udp->link);
    *ret_socket = &udp->base;
    return 0;
}

void sim_host_break_udp(struct sim_host *host, uint64_t duration_us)
{
    host->no_udp_to_us = loop_now_us(host->sim->loop) + duration_us;
    for (struct list *pos = host->sockets.next, *next; pos != &host->sockets; pos = next) {
        struct sim_udp *udp = container_of(pos, struct sim_udp, link);
        next = pos->next;
        udp->events->on_failed(udp->owner, &udp->base, ACTR_EIO, "the network is down");
    }
}

void sim_udp_clear(struct sim_net *sim)
{
    while (!list_is_empty(&sim->flights))
        sim_flight_free(container_of(sim->flights.next, struct sim_flight, link));
}

/* Interfaces --------------------------------------------------------------------------------- */

size_t sim_interfaces_list(struct net *net, struct interface_address list[INTERFACES_MAX])
{
    const struct sim_host *host = sim_host_of(net);
    list[0] = (struct interface_address){.index = 1, .name = "sim0"};
    sim_udp_address(host, 0, &list[0].address);
    return 1;
}

static void sim_interfaces_on_changed(struct loop_task *task)
{
    struct sim_interfaces *watch = container_of(task, struct sim_interfaces, changed);
    watch->on_change(watch->owner);
}

int sim_interfaces_watch(struct net *net, void (*on_change)(void *owner), void *owner,
                         struct interfaces **ret_watch)
{
    struct sim_host *host = sim_host_of(net);
    struct sim_interfaces *watch = mem_alloc(sizeof(*watch));
    if (!watch)
        return err_origin(ACTR_ENOMEM, "interfaces: no memory");
    watch->base.ops = net->ops;
    watch->host = host;
    watch->on_change = on_change;
    watch->owner = owner;
    loop_task_init(&watch->changed, sim_interfaces_on_changed);
    list_init(&watch->link);
    list_push(&host->watches, &watch->link);
    *ret_watch = &watch->base;
    return 0;
}

void sim_interfaces_unwatch(struct interfaces *base)
{
    struct sim_interfaces *watch = container_of(base, struct sim_interfaces, base);
    loop_task_cancel(&watch->changed);
    list_remove(&watch->link);
    mem_free(watch);
}

void sim_host_move(struct sim_host *host)
{
    snprintf(host->address, sizeof(host->address), "10.0.1.%u", ++host->sim->address_last);
    list_each(link, &host->watches)
    {
        struct sim_interfaces *watch = container_of(link, struct sim_interfaces, link);
        loop_defer(host->sim->loop, &watch->changed);
    }
}
