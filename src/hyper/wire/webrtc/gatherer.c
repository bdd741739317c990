// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Gathering candidates.
 *
 * Every source keeps what it knows: the list of local addresses here, the answers of a STUN server
 * there, the relayed address of a TURN server. What has not been told yet is found by looking
 * through them, one thing in each run of a deferred task, which arranges its next run before it
 * calls up: so the owner may free the gatherer in any event, no event comes inside a call, and
 * nothing has to be queued.
 *
 * Order: host addresses, then what servers bring, then the end. A new start forgets what was told;
 * relays that live are told again.
 *
 * Loop thread. Must never wait, and never let one server hold up another. */
#include "hyper/wire/webrtc/gatherer.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/mdns.h"
#include "hyper/wire/webrtc/stun_server.h"
#include "hyper/wire/webrtc/turn_server.h"
#include "hyper/wire/webrtc/udp_mux.h"
#include "sys/loop.h"

#define GATHERER_TIMEOUT_US 5000000
#define GATHERER_PREFERENCE_MAX 65535

struct gatherer_host {
    struct net_address address, base;
};

/* A STUN server, and what of it has been told. */
struct gatherer_stun {
    struct stun_server server;
    bool is_told[2], is_trouble_told;
};

struct gatherer {
    struct gatherer_options options;
    const struct gatherer_events *events;
    void *owner;
    struct udp_mux_user user;
    struct loop_task news;
    struct gatherer_host hosts[UDP_MUX_LOCALS_MAX];
    size_t host_count, host_told;
    struct gatherer_stun stun[GATHERER_SERVERS_MAX];
    size_t stun_count;
    struct turn_server *turn[GATHERER_SERVERS_MAX];
    size_t turn_count;
    struct mdns *mdns;
    char *username, *password;
    int url_code; /* of a URL that cannot be used, until it is told */
    char url_detail[160];
    size_t url_next; /* the next URL to look at: those of STUN, then those of TURN */
    bool is_started, is_done_told;
};

/* ---- what there is to tell ---- */

static uint16_t gatherer_preference(size_t index)
{
    return (uint16_t)(GATHERER_PREFERENCE_MAX - index);
}

static void gatherer_wake(struct gatherer *gatherer)
{
    loop_defer(gatherer->options.loop, &gatherer->news);
}

static bool gatherer_is_host(const struct gatherer *gatherer, const struct net_address *address)
{
    for (size_t i = 0; i < gatherer->host_count; i++)
        if (net_address_equal(&gatherer->hosts[i].address, address))
            return true;
    return false;
}

/* Each returns true when it has found something: then it has called up. */

static bool gatherer_tell_host(struct gatherer *gatherer)
{
    if (gatherer->options.relay_only || gatherer->host_told == gatherer->host_count)
        return false;
    size_t index = gatherer->host_told++;
    struct candidate candidate = {.type = CANDIDATE_HOST,
                                  .address = gatherer->hosts[index].address,
                                  .base = gatherer->hosts[index].base};
    gatherer_wake(gatherer);
    gatherer->events->on_candidate(gatherer->owner, &candidate, gatherer_preference(index));
    return true;
}

/* A server-reflexive address that is our own says nothing new (RFC 8445 §5.1.3). */
static bool gatherer_tell_reflexive(struct gatherer *gatherer, size_t index)
{
    struct gatherer_stun *stun = &gatherer->stun[index];
    for (size_t i = 0; i < 2; i++) {
        const struct stun_query *query = &stun->server.queries[i];
        if (stun->is_told[i] || query->state != STUN_QUERY_ANSWERED)
            continue;
        stun->is_told[i] = true;
        if (gatherer_is_host(gatherer, &query->mapped))
            continue;
        struct candidate candidate = {.type = CANDIDATE_SRFLX,
                                      .address = query->mapped,
                                      .base = query->base,
                                      .related = query->base};
        gatherer_wake(gatherer);
        gatherer->events->on_candidate(gatherer->owner, &candidate, gatherer_preference(index));
        return true;
    }
    return false;
}

static void gatherer_tell_trouble(struct gatherer *gatherer, int code, const char *detail)
{
    char copy[200];
    snprintf(copy, sizeof(copy), "%s", detail);
    gatherer_wake(gatherer);
    gatherer->events->on_trouble(gatherer->owner, code, copy);
}

static bool gatherer_tell_stun(struct gatherer *gatherer)
{
    for (size_t i = 0; i < gatherer->stun_count; i++) {
        struct gatherer_stun *stun = &gatherer->stun[i];
        if (gatherer_tell_reflexive(gatherer, i))
            return true;
        if (!stun->server.is_settled || stun->server.code == 0 || stun->is_trouble_told)
            continue;
        stun->is_trouble_told = true;
        gatherer_tell_trouble(gatherer, stun->server.code, stun->server.detail);
        return true;
    }
    return false;
}

static bool gatherer_tell_relay(struct gatherer *gatherer, size_t index)
{
    struct turn_news news;
    switch (turn_server_take_news(gatherer->turn[index], &news)) {
    case TURN_NEWS_NONE:
        return false;
    case TURN_NEWS_TROUBLE:
        gatherer_tell_trouble(gatherer, news.code, news.detail);
        return true;
    case TURN_NEWS_LOST:
        gatherer_wake(gatherer);
        gatherer->events->on_relay_lost(gatherer->owner, &news.relayed, news.code, news.detail);
        return true;
    case TURN_NEWS_RELAY:
        break;
    }
    struct candidate candidate = {.type = CANDIDATE_RELAY,
                                  .address = news.relayed,
                                  .base = news.relayed,
                                  .related = news.mapped};
    gatherer_wake(gatherer);
    gatherer->events->on_candidate(gatherer->owner, &candidate, gatherer_preference(index));
    return true;
}

static bool gatherer_tell_done(struct gatherer *gatherer)
{
    if (!gatherer->is_started || gatherer->is_done_told)
        return false;
    for (size_t i = 0; i < gatherer->stun_count; i++)
        if (!gatherer->stun[i].server.is_settled)
            return false;
    for (size_t i = 0; i < gatherer->turn_count; i++)
        if (!turn_server_is_settled(gatherer->turn[i]))
            return false;
    gatherer->is_done_told = true;
    gatherer->events->on_done(gatherer->owner);
    return true;
}
