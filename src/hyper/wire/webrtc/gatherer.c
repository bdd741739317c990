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
 * Order: host addresses (but for those that the owner takes), then what servers bring, then the
 * end. A new start forgets what was told; relays that live are told again.
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
    struct turn_server *turn[2 * GATHERER_SERVERS_MAX]; /* all for IPv4, then all for IPv6 */
    size_t turn_count;                                  /* of each */
    bool wants_ipv6;                                    /* the peer has such an address */
    size_t url_told;   /* URLs looked at for trouble: those of STUN, then those of TURN */
    struct mdns *mdns; /* made when it is first needed */
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

static void gatherer_tell_trouble(struct gatherer *gatherer, int code, const char *detail)
{
    gatherer_wake(gatherer);
    gatherer->events->on_trouble(gatherer->owner, code, detail);
}

/* Each of these returns true when it has found something: then it has called up. */

/* The URL of that number: those of STUN, then those of TURN. NULL: there are no more. */
static const char *gatherer_url(const struct gatherer *gatherer, size_t number, bool *ret_is_turn)
{
    const char *const *lists[] = {gatherer->options.stun_urls, gatherer->options.turn_urls};
    for (size_t i = 0; i < 2; i++)
        for (size_t at = 0; lists[i] && lists[i][at]; at++)
            if (number-- == 0) {
                *ret_is_turn = i == 1;
                return lists[i][at];
            }
    return NULL;
}

/* Can the URL be used? Then there is a server for it. */
static int gatherer_check_url(const char *text, bool is_turn, struct server_url *ret_url)
{
    int r = server_url_parse(text, ret_url);
    if (r == 0 && ret_url->is_turn != is_turn)
        r = err_origin(ACTR_EINVALID, "it is in the wrong list");
    return r;
}

static bool gatherer_tell_url(struct gatherer *gatherer)
{
    struct server_url url;
    const char *text;
    bool is_turn;
    size_t used[2] = {0, 0};
    for (size_t i = 0; (text = gatherer_url(gatherer, i, &is_turn)) != NULL; i++) {
        int r = gatherer_check_url(text, is_turn, &url);
        if (r == 0 && used[is_turn]++ >= GATHERER_SERVERS_MAX)
            r = err_origin(ACTR_EINVALID, "there are more than %d servers", GATHERER_SERVERS_MAX);
        if (r == 0 || i < gatherer->url_told)
            continue;
        gatherer->url_told = i + 1;
        err_context(r, "the server %.200s is left out, because", text);
        char detail[ERR_TEXT_MAX];
        snprintf(detail, sizeof(detail), "%s", actr_errmsg());
        gatherer_tell_trouble(gatherer, r, detail);
        return true;
    }
    return false;
}

bool gatherer_take_host(struct gatherer *gatherer, struct candidate *ret_candidate,
                        uint16_t *ret_preference)
{
    if (gatherer->options.relay_only || gatherer->host_told == gatherer->host_count)
        return false;
    size_t index = gatherer->host_told++;
    *ret_candidate = (struct candidate){.type = CANDIDATE_HOST,
                                        .address = gatherer->hosts[index].address,
                                        .base = gatherer->hosts[index].base};
    *ret_preference = gatherer_preference(index);
    return true;
}

static bool gatherer_tell_host(struct gatherer *gatherer)
{
    struct candidate candidate;
    uint16_t preference;
    if (!gatherer_take_host(gatherer, &candidate, &preference))
        return false;
    gatherer_wake(gatherer);
    gatherer->events->on_candidate(gatherer->owner, &candidate, preference);
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

static bool gatherer_tell_stun(struct gatherer *gatherer)
{
    for (size_t i = 0; i < gatherer->stun_count; i++) {
        struct gatherer_stun *stun = &gatherer->stun[i];
        if (gatherer_tell_reflexive(gatherer, i))
            return true;
        if (!stun->server.is_settled || stun->server.code == 0 || stun->is_trouble_told)
            continue;
        stun->is_trouble_told = true;
        char detail[sizeof(stun->server.detail)]; /* lives longer than the server may */
        memcpy(detail, stun->server.detail, sizeof(detail));
        gatherer_tell_trouble(gatherer, stun->server.code, detail);
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
    for (size_t i = 0; i < gatherer->stun_count && !gatherer->options.relay_only; i++)
        if (!gatherer->stun[i].server.is_settled)
            return false;
    for (size_t i = 0; i < 2 * gatherer->turn_count; i++)
        if (!turn_server_is_settled(gatherer->turn[i]))
            return false;
    gatherer->is_done_told = true;
    gatherer->events->on_done(gatherer->owner);
    return true;
}

static bool gatherer_tell_relays(struct gatherer *gatherer)
{
    for (size_t i = 0; i < 2 * gatherer->turn_count; i++)
        if (gatherer_tell_relay(gatherer, i))
            return true;
    return false;
}

/* Tells one thing; the next run tells the next. */
static void gatherer_on_news(struct loop_task *task)
{
    struct gatherer *gatherer = container_of(task, struct gatherer, news);
    (void)(gatherer_tell_url(gatherer) || gatherer_tell_host(gatherer) ||
           gatherer_tell_stun(gatherer) || gatherer_tell_relays(gatherer) ||
           gatherer_tell_done(gatherer));
}

/* ---- sources ---- */

static void gatherer_on_stun_news(struct stun_server *server)
{
    gatherer_wake(server->owner);
}

static void gatherer_on_turn_news(void *owner)
{
    gatherer_wake(owner);
}

static void gatherer_on_relayed(void *owner, const struct net_address *relayed,
                                const struct net_address *remote, struct actr_view bytes)
{
    struct gatherer *gatherer = owner;
    gatherer->events->on_relayed(gatherer->owner, relayed, remote, bytes);
}

static void gatherer_on_relayed_end(void *owner)
{
    struct gatherer *gatherer = owner;
    if (gatherer->events->on_relayed_end)
        gatherer->events->on_relayed_end(gatherer->owner);
}

static const struct turn_server_events gatherer_turn_events = {
    .on_news = gatherer_on_turn_news,
    .on_relayed = gatherer_on_relayed,
    .on_relayed_end = gatherer_on_relayed_end,
};

/* What a STUN server answers: of several that share its address each takes its own. */
static bool gatherer_on_datagram(struct udp_mux_user *user, const struct datagram *datagram)
{
    struct gatherer *gatherer = container_of(user, struct gatherer, user);
    for (size_t i = 0; i < gatherer->stun_count; i++)
        if (stun_server_receive(&gatherer->stun[i].server, datagram))
            return true;
    return false;
}

static void gatherer_on_burst_end(struct udp_mux_user *user)
{
    (void)user; /* an answer of a STUN server causes nothing to be sent */
}

static const struct udp_mux_user_events gatherer_user_events = {
    .on_datagram = gatherer_on_datagram,
    .on_burst_end = gatherer_on_burst_end,
};

/* The public address of its family that is announced for a local one; NULL: none. */
static const struct net_address *gatherer_public(const struct gatherer *gatherer, bool is_ipv6)
{
    for (size_t i = 0; i < gatherer->options.public_count; i++)
        if (gatherer->options.public_addresses[i].is_ipv6 == is_ipv6)
            return &gatherer->options.public_addresses[i];
    return NULL;
}

static void gatherer_add_host(struct gatherer *gatherer, const struct net_address *address,
                              const struct net_address *base)
{
    if (gatherer->host_count < UDP_MUX_LOCALS_MAX)
        gatherer->hosts[gatherer->host_count++] = (struct gatherer_host){*address, *base};
}

/* Each public address stands for the best local one of its family; the other local ones of that
 * family are kept to ourselves. */
static void gatherer_list_hosts(struct gatherer *gatherer)
{
    struct net_address locals[UDP_MUX_LOCALS_MAX];
    size_t count = udp_mux_locals(gatherer->options.mux, gatherer->options.with_loopback, locals);
    bool is_mapped[2] = {false, false};

    gatherer->host_count = gatherer->host_told = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_ipv6 = locals[i].is_ipv6;
        if (!gatherer_public(gatherer, is_ipv6)) {
            gatherer_add_host(gatherer, &locals[i], &locals[i]);
            continue;
        }
        for (size_t j = 0; !is_mapped[is_ipv6] && j < gatherer->options.public_count; j++) {
            struct net_address address = gatherer->options.public_addresses[j];
            address.port = locals[i].port;
            if (address.is_ipv6 == is_ipv6)
                gatherer_add_host(gatherer, &address, &locals[i]);
        }
        is_mapped[is_ipv6] = true;
    }
}

/* ---- life ---- */

void gatherer_start(struct gatherer *gatherer)
{
    bool has[2] = {false, false};
    gatherer_list_hosts(gatherer);
    for (size_t i = 0; i < gatherer->host_count; i++)
        has[gatherer->hosts[i].base.is_ipv6] = true;
    for (size_t i = 0; i < gatherer->stun_count && !gatherer->options.relay_only; i++) {
        struct gatherer_stun *stun = &gatherer->stun[i];
        stun->is_told[0] = stun->is_told[1] = stun->is_trouble_told = false;
        stun_server_start(&stun->server, has[0], has[1], gatherer->options.timeout_us);
    }
    for (size_t i = 0; i < (gatherer->wants_ipv6 ? 2u : 1u) * gatherer->turn_count; i++)
        turn_server_start(gatherer->turn[i]);
    gatherer->url_told = 0;
    gatherer->is_started = true;
    gatherer->is_done_told = false;
    gatherer_wake(gatherer);
}

void gatherer_send_relayed(struct gatherer *gatherer, const struct net_address *relayed,
                           const struct net_address *remote, struct actr_view bytes)
{
    for (size_t i = 0; i < 2 * gatherer->turn_count; i++)
        if (turn_server_has(gatherer->turn[i], relayed))
            turn_server_send(gatherer->turn[i], remote, bytes);
}

bool gatherer_probe_relayed(struct gatherer *gatherer, const struct net_address *relayed,
                            const struct net_address *remote, struct actr_view bytes)
{
    bool fits = true;
    for (size_t i = 0; i < 2 * gatherer->turn_count; i++)
        if (turn_server_has(gatherer->turn[i], relayed))
            fits = turn_server_send_probe(gatherer->turn[i], remote, bytes);
    return fits;
}

void gatherer_permit(struct gatherer *gatherer, const struct net_address *remote)
{
    for (size_t i = 0; i < 2 * gatherer->turn_count; i++)
        turn_server_permit(gatherer->turn[i], remote);
    if (!remote->is_ipv6 || gatherer->wants_ipv6)
        return;
    gatherer->wants_ipv6 = true;
    for (size_t i = 0; i < gatherer->turn_count && gatherer->is_started; i++)
        turn_server_start(gatherer->turn[gatherer->turn_count + i]);
}

int gatherer_set_credentials(struct gatherer *gatherer, const char *username, const char *password)
{
    int result = 0;
    for (size_t i = 0; i < 2 * gatherer->turn_count; i++) {
        int r = turn_server_set_credentials(gatherer->turn[i], username, password);
        if (r < 0)
            result = r;
    }
    return result;
}

bool gatherer_resolve(struct gatherer *gatherer, const char *name,
                      void (*fn)(void *owner, const char *name, const struct net_address *address))
{
    const struct gatherer_options *options = &gatherer->options;
    if (!gatherer->mdns)
        gatherer->mdns =
            mdns_new(options->loop, options->net, options->timeout_us, gatherer->owner);
    return gatherer->mdns && mdns_find(gatherer->mdns, name, fn);
}

static void gatherer_add_stun(struct gatherer *gatherer, const struct server_url *url)
{
    const struct gatherer_options *options = &gatherer->options;
    if (gatherer->stun_count < GATHERER_SERVERS_MAX) {
        gatherer->stun[gatherer->stun_count++].server =
            (struct stun_server){.loop = options->loop,
                                 .net = options->net,
                                 .mux = options->mux,
                                 .user = &gatherer->user,
                                 .url = *url,
                                 .on_news = gatherer_on_stun_news,
                                 .owner = gatherer};
    }
}

static int gatherer_add_relay(struct gatherer *gatherer, const struct server_url *url, bool is_ipv6)
{
    const struct gatherer_options *options = &gatherer->options;
    const struct turn_server_options turn = {.loop = options->loop,
                                             .net = options->net,
                                             .url = url,
                                             .timeout_us = options->timeout_us,
                                             .is_ipv6 = is_ipv6};
    size_t at = 0;
    while (gatherer->turn[at])
        at++;
    gatherer->turn[at] = turn_server_new(&turn, &gatherer_turn_events, gatherer);
    return gatherer->turn[at] ? 0 : err_origin(ACTR_ENOMEM, "gatherer: no memory");
}

/* A relay of that family at each TURN server that can be used. */
static int gatherer_add_relays(struct gatherer *gatherer, bool is_ipv6)
{
    struct server_url url;
    const char *text;
    bool is_turn;
    size_t count = 0;
    int r = 0;
    for (size_t i = 0; r == 0 && (text = gatherer_url(gatherer, i, &is_turn)) != NULL; i++)
        if (is_turn && count < GATHERER_SERVERS_MAX &&
            gatherer_check_url(text, is_turn, &url) == 0) {
            r = gatherer_add_relay(gatherer, &url, is_ipv6);
            count += r == 0;
        }
    return r;
}

/* A server for each URL that can be used, and two for those of TURN. */
static int gatherer_add_servers(struct gatherer *gatherer)
{
    struct server_url url;
    const char *text;
    bool is_turn;
    for (size_t i = 0; (text = gatherer_url(gatherer, i, &is_turn)) != NULL; i++)
        if (!is_turn && gatherer_check_url(text, is_turn, &url) == 0)
            gatherer_add_stun(gatherer, &url);
    int r = gatherer_add_relays(gatherer, false);
    while (r == 0 && gatherer->turn_count < GATHERER_SERVERS_MAX &&
           gatherer->turn[gatherer->turn_count])
        gatherer->turn_count++;
    if (r == 0)
        r = gatherer_add_relays(gatherer, true);
    if (r == 0 && gatherer->options.turn_username)
        r = gatherer_set_credentials(gatherer, gatherer->options.turn_username,
                                     gatherer->options.turn_password);
    gatherer->options.turn_username = gatherer->options.turn_password = NULL; /* lent to us */
    return r;
}

struct gatherer *gatherer_new(const struct gatherer_options *options,
                              const struct gatherer_events *events, void *owner)
{
    struct gatherer *gatherer = mem_alloc(sizeof(*gatherer));
    if (!gatherer)
        return NULL;
    gatherer->options = *options;
    if (gatherer->options.timeout_us == 0)
        gatherer->options.timeout_us = GATHERER_TIMEOUT_US;
    gatherer->events = events;
    gatherer->owner = owner;
    gatherer->user.events = &gatherer_user_events;
    loop_task_init(&gatherer->news, gatherer_on_news);
    return gatherer_add_servers(gatherer) == 0 ? gatherer : gatherer_free(gatherer);
}

struct gatherer *gatherer_free(struct gatherer *gatherer)
{
    if (!gatherer)
        return NULL;
    loop_task_cancel(&gatherer->news);
    mdns_free(gatherer->mdns);
    for (size_t i = 0; i < gatherer->stun_count; i++)
        stun_server_stop(&gatherer->stun[i].server);
    for (size_t i = 0; i < 2 * GATHERER_SERVERS_MAX; i++)
        turn_server_free(gatherer->turn[i]);
    udp_mux_leave(gatherer->options.mux, &gatherer->user);
    mem_free(gatherer);
    return NULL;
}
