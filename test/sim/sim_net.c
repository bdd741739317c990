// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The simulated network: hosts, names, chance, and the table that makes a host a struct net.
 *
 * Nothing here decides when a packet arrives (sim_link.c) or what it means. Loop thread. */
#include "sim_net.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/url.h"
#include "sim_parts.h"

#define SIM_WINDOW 65536
#define SIM_QUEUE_HIGH 32768

const struct net_ops sim_net_ops = {
    .ws_dial = sim_ws_dial,
    .ws_send = sim_ws_send,
    .ws_ping = sim_ws_ping,
    .ws_pong = sim_ws_pong,
    .ws_read = sim_ws_read,
    .ws_close = sim_ws_close,
    .ws_queued = sim_ws_queued,
    .ws_local = sim_ws_local,
    .http_start = sim_http_start,
    .http_cancel = sim_http_cancel,
    .listen = sim_listen,
    .server_port = sim_server_port,
    .server_close = sim_server_close,
    .datagram_open = sim_datagram_open,
    .interfaces_list = sim_interfaces_list,
    .interfaces_watch = sim_interfaces_watch,
    .interfaces_unwatch = sim_interfaces_unwatch,
    .request_header = sim_request_header,
    .respond = sim_respond,
    .resolve = sim_resolve,
    .resolve_cancel = sim_resolve_cancel,
};

void sim_net_init(struct sim_net *sim, struct loop *loop, uint64_t seed)
{
    *sim = (struct sim_net){.loop = loop,
                            .random = seed,
                            .delay = {500, 20000},
                            .jitter_us = 1000,
                            .window = SIM_WINDOW,
                            .queue_high = SIM_QUEUE_HIGH};
    list_init(&sim->hosts);
    list_init(&sim->links);
    list_init(&sim->flights);
}

void sim_net_deinit(struct sim_net *sim)
{
    sim_udp_clear(sim);
    assert(list_is_empty(&sim->hosts));
    assert(list_is_empty(&sim->links) && sim->link_count == 0);
}

uint64_t sim_random(struct sim_net *sim)
{
    uint64_t z = (sim->random += 0x9e3779b97f4a7c15u); /* SplitMix64 */
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t sim_between(struct sim_net *sim, uint64_t min, uint64_t max)
{
    return min + sim_random(sim) % (max - min + 1);
}

bool sim_chance(struct sim_net *sim, unsigned percent)
{
    return sim_random(sim) % 100 < percent;
}

/* Hosts -------------------------------------------------------------------------------------- */

void sim_host_init(struct sim_host *host, struct sim_net *sim, const char *name)
{
    *host = (struct sim_host){.net = {&sim_net_ops, sim->loop}, .sim = sim};
    snprintf(host->name, sizeof(host->name), "%s", name);
    snprintf(host->address, sizeof(host->address), "10.0.0.%u", ++sim->address_last);
    list_init(&host->servers);
    list_init(&host->sockets);
    list_init(&host->watches);
    list_init(&host->link);
    list_push(&sim->hosts, &host->link);
}

void sim_host_deinit(struct sim_host *host)
{
    assert(list_is_empty(&host->servers));
    assert(list_is_empty(&host->sockets) && list_is_empty(&host->watches));
    list_remove(&host->link);
}

void sim_host_hole(struct sim_host *host, uint64_t duration_us)
{
    uint64_t now = loop_now_us(host->sim->loop);
    host->hole_to_us = duration_us == SIM_FOREVER ? SIM_FOREVER : now + duration_us;
}

void sim_host_kill(struct sim_host *host)
{
    sim_cut(host->sim, host, NULL, SIM_CUT_BOTH);
    host->is_killed = true;
    host->refuses = true;
    sim_host_hole(host, SIM_FOREVER);
}

void sim_host_heal(struct sim_host *host)
{
    host->hole_to_us = 0;
    list_each(pos, &host->sim->links)
    {
        struct sim_link *link = container_of(pos, struct sim_link, link);
        if (link->is_cut || (link->ends[0].host != host && link->ends[1].host != host))
            continue;
        sim_end_heal(&link->ends[0]);
        sim_end_heal(&link->ends[1]);
    }
}

struct sim_host *sim_host_find(const struct sim_net *sim, struct actr_view name)
{
    list_each(link, &sim->hosts)
    {
        struct sim_host *host = container_of(link, struct sim_host, link);
        if (view_equal(name, view_text(host->name)) || view_equal(name, view_text(host->address)))
            return host;
    }
    return NULL;
}

/* Connecting --------------------------------------------------------------------------------- */

static int connect_head(struct sim_head *head, const struct url *url)
{
    snprintf(head->path, sizeof(head->path), "%.*s", url->path.len ? (int)url->path.len : 1,
             url->path.len ? (const char *)url->path.ptr : "/");
    if (url->query.len == 0)
        return 0;
    head->query = mem_text((const char *)url->query.ptr, url->query.len);
    return head->query ? 0 : err_origin(ACTR_ENOMEM, "connect: no memory");
}

int sim_connect(struct sim_host *from, const struct sim_target *target, enum sim_kind kind,
                struct sim_head *head, struct sim_end **ret_end)
{
    struct url url;
    int r = url_parse(view_text(target->url), &url);
    if (r == 0 && (target->is_ws ? url.scheme != URL_WS : url.scheme != URL_HTTP))
        r = err_origin(ACTR_EINVALID, "connect: %s: another scheme", target->url);
    if (r == 0)
        r = connect_head(head, &url);
    if (r < 0) {
        sim_head_free(head);
        return r;
    }
    if (head->query)
        snprintf(from->asked_url, sizeof(from->asked_url), "%s", target->url);
    struct sim_packet *packet = sim_packet_new(kind, head, (struct actr_bytes){0});
    if (!packet)
        return err_origin(ACTR_ENOMEM, "connect: no memory");
    struct sim_link *link = sim_link_new(from, sim_host_find(from->sim, url.host), url.port);
    if (!link) {
        sim_packet_free(packet);
        return err_origin(ACTR_ENOMEM, "connect: no memory");
    }
    sim_end_send(&link->ends[0], packet);
    *ret_end = &link->ends[0];
    return 0;
}
