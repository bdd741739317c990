// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The way to a TURN server, under the client that speaks to it.
 *
 * A start looks the name up, then tries one address after the other until one grants an allocation;
 * while there is a next one an attempt gets ATTEMPT_US, and all of them together the time for the
 * server. Once there is a relay the client keeps it by itself; when that fails, the relay is lost,
 * and the next start begins from the name again.
 *
 * The client must not be freed in its events, and the owner may free the server in ours: so calls
 * into the client count (depth), and the end waits for the outermost to return.
 *
 * When what it had come to is over, the timer begins anew by itself.
 *
 * States go IDLE → LOOKING → OPENING → LIVE, and back to IDLE from any of them. Loop thread. */
#include "hyper/wire/webrtc/turn_server.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/ice/turn_client.h"
#include "hyper/wire/webrtc/turn_link.h"
#include "net/resolve.h"
#include "sys/loop.h"

#define TURN_SERVER_ATTEMPT_US 2000000
#define TURN_SERVER_STEADY_US 10000000 /* a relay that was there for so long was no flicker */

enum turn_server_state {
    TURN_SERVER_IDLE,
    TURN_SERVER_LOOKING,
    TURN_SERVER_OPENING,
    TURN_SERVER_LIVE
};

struct turn_server {
    struct turn_server_options options;
    struct server_url url;
    const struct turn_server_events *events;
    void *owner;
    enum turn_server_state state;
    struct turn_client *client;
    struct turn_link *link;
    struct net_resolve *resolve;
    struct net_address addresses[NET_RESOLVE_MAX];
    size_t count, next;
    struct loop_timer timer;
    uint64_t until_us, attempt_us; /* when the start, and the attempt, is given up */
    struct net_address hops[TURN_SERVER_HOPS_MAX]; /* where the server has sent us, in this start */
    size_t hop_count;
    bool is_sent_on;               /* to the last of them, which has not been tried yet */
    char domain[URL_HOST_MAX + 1]; /* that a certificate there must name */
    struct net_address relayed, mapped, lost;
    uint64_t live_us, gap_us; /* since when there is a relay; before the next start by itself */
    bool is_missed;           /* there was a relay */
    int code;                 /* of the trouble or the loss */
    char detail[160];
    bool has_credentials, is_wanted;
    bool news_lost, news_trouble, news_relay;
    unsigned depth;
    bool is_freed;
    bool is_probing, is_probe_fit; /* inside turn_server_send_probe() */
};

static void turn_server_next(struct turn_server *server);
static void turn_server_begin(struct turn_server *server);

/* ---- what there is to tell ---- */

static void turn_server_note(struct turn_server *server, int code, const char *detail)
{
    server->code = code;
    snprintf(server->detail, sizeof(server->detail), "%s", detail);
}

/* A relay was lost: the next start comes by itself. */
static void turn_server_retry(struct turn_server *server)
{
    loop_timer_start(&server->timer, server->gap_us);
    server->gap_us = server->gap_us > 0 ? 2 * server->gap_us : TURN_SERVER_GAP_US;
    if (server->gap_us > TURN_SERVER_GAP_MAX_US)
        server->gap_us = TURN_SERVER_GAP_MAX_US;
}

/* It has come to nothing, or what it had come to is over. */
static void turn_server_give_up(struct turn_server *server)
{
    bool was_live = server->state == TURN_SERVER_LIVE;
    uint64_t now_us = loop_now_us(server->options.loop);
    server->state = TURN_SERVER_IDLE;
    server->resolve = net_resolve_cancel(server->resolve);
    server->link = turn_link_close(server->link);
    loop_timer_stop(&server->timer);
    if (was_live) {
        server->news_lost = true;
        server->lost = server->relayed;
        server->news_relay = false;
        server->is_missed = true;
        if (now_us - server->live_us >= TURN_SERVER_STEADY_US)
            server->gap_us = 0;
    } else {
        server->news_trouble = true;
    }
    if (server->is_missed)
        turn_server_retry(server);
    server->events->on_news(server->owner);
}

static void turn_server_quote(const struct turn_server *server, struct turn_news *news)
{
    static const char *const transports[] = {"udp", "tcp", "tls"};
    news->code = server->code;
    snprintf(news->detail, sizeof(news->detail), "turn:%.64s:%u (%s%s): %.100s", server->url.host,
             server->url.port, transports[server->url.transport],
             server->options.is_ipv6 ? ", IPv6" : "", server->detail);
}

enum turn_news_kind turn_server_take_news(struct turn_server *server, struct turn_news *ret_news)
{
    if (server->news_lost) {
        server->news_lost = false;
        ret_news->relayed = server->lost;
        turn_server_quote(server, ret_news);
        return TURN_NEWS_LOST;
    }
    if (server->news_trouble) {
        server->news_trouble = false;
        turn_server_quote(server, ret_news);
        return TURN_NEWS_TROUBLE;
    }
    if (server->news_relay) {
        server->news_relay = false;
        ret_news->relayed = server->relayed;
        ret_news->mapped = server->mapped;
        return TURN_NEWS_RELAY;
    }
    return TURN_NEWS_NONE;
}

/* ---- around the client ---- */

/* When to look at it again. */
static void turn_server_set_timer(struct turn_server *server)
{
    uint64_t now_us = loop_now_us(server->options.loop);
    uint64_t next_us = turn_client_deadline(server->client);
    if (server->state == TURN_SERVER_IDLE)
        return;
    if (server->state != TURN_SERVER_LIVE && server->attempt_us < next_us)
        next_us = server->attempt_us;
    if (next_us == UINT64_MAX)
        loop_timer_stop(&server->timer);
    else
        loop_timer_start(&server->timer, next_us > now_us ? next_us - now_us : 0);
}

static void turn_server_destroy(struct turn_server *server)
{
    net_resolve_cancel(server->resolve);
    loop_timer_stop(&server->timer);
    turn_link_close(server->link);
    turn_client_free(server->client);
    mem_free(server);
}

static void turn_server_enter(struct turn_server *server)
{
    server->depth++;
}

/* The last thing in a callback. */
static void turn_server_leave(struct turn_server *server)
{
    if (--server->depth > 0)
        return;
    if (server->is_freed)
        turn_server_destroy(server);
    else
        turn_server_set_timer(server);
}

static uint64_t turn_server_now(const struct turn_server *server)
{
    return loop_now_us(server->options.loop);
}

static void turn_server_client_send(void *owner, struct actr_view packet)
{
    struct turn_server *server = owner;
    if (server->link && server->is_probing)
        server->is_probe_fit = turn_link_send_probe(server->link, packet) && server->is_probe_fit;
    else if (server->link)
        turn_link_send(server->link, packet);
}

static void turn_server_client_random(void *owner, void *buf, size_t len)
{
    struct turn_server *server = owner;
    loop_random(server->options.loop, buf, len);
}

static void turn_server_on_allocated(void *owner, const struct net_address *relayed,
                                     const struct net_address *mapped)
{
    struct turn_server *server = owner;
    if (server->state == TURN_SERVER_LIVE && !net_address_equal(&server->relayed, relayed)) {
        server->news_lost = true;
        server->lost = server->relayed;
        turn_server_note(server, ACTR_EUNAVAILABLE, "the server had forgotten the allocation");
    }
    if (server->state != TURN_SERVER_LIVE)
        server->live_us = turn_server_now(server);
    server->is_missed = false;
    server->state = TURN_SERVER_LIVE;
    server->relayed = *relayed;
    server->mapped = *mapped;
    server->news_relay = true;
    server->events->on_news(server->owner);
}

static void turn_server_on_data(void *owner, const struct net_address *peer, struct actr_view bytes)
{
    struct turn_server *server = owner;
    if (!server->is_freed)
        server->events->on_relayed(server->owner, &server->relayed, peer, bytes);
}

static void turn_server_on_failed(void *owner, int code, const char *detail)
{
    struct turn_server *server = owner;
    turn_server_note(server, code, detail);
    if (server->state == TURN_SERVER_OPENING)
        server->attempt_us = 0; /* the timer goes on to the next address */
    else
        turn_server_give_up(server);
}

/* Where the server that is asked now is; a stream's may be known by name only. */
static bool turn_server_is_local(const struct turn_server *server)
{
    struct net_address address;
    if (server->hop_count > 0)
        return net_address_is_loopback(&server->hops[server->hop_count - 1]);
    if (server->url.transport == SERVER_UDP)
        return net_address_is_loopback(&server->addresses[server->next - 1]);
    return net_address_parse(view_text(server->url.host), 0, &address) &&
           net_address_is_loopback(&address);
}

/* May the server send us there? Not in circles, nor to what only this machine can reach. */
static bool turn_server_may_follow(const struct turn_server *server, const struct net_address *to)
{
    if (server->hop_count == TURN_SERVER_HOPS_MAX ||
        (net_address_is_loopback(to) && !turn_server_is_local(server)))
        return false;
    for (size_t i = 0; i < server->hop_count; i++)
        if (net_address_equal(&server->hops[i], to))
            return false;
    for (size_t i = 0; i < server->next && server->url.transport == SERVER_UDP; i++)
        if (net_address_equal(&server->addresses[i], to))
            return false;
    return true;
}

/* What the certificate there must name (RFC 8489 §10): the domain that we are told, or the one that
 * we came with. False: it is none. Over TLS the server that tells it is the one that was meant. */
static bool turn_server_expect(struct turn_server *server, struct actr_view domain)
{
    if (domain.len >= sizeof(server->domain))
        return false;
    for (size_t i = 0; i < domain.len; i++)
        if (domain.ptr[i] <= ' ' || domain.ptr[i] > '~')
            return false;
    if (domain.len > 0) {
        memcpy(server->domain, domain.ptr, domain.len);
        server->domain[domain.len] = '\0';
    }
    return true;
}

static void turn_server_on_redirected(void *owner, const struct net_address *to,
                                      struct actr_view domain)
{
    struct turn_server *server = owner;
    if (server->state == TURN_SERVER_OPENING && turn_server_may_follow(server, to) &&
        turn_server_expect(server, domain)) {
        server->hops[server->hop_count++] = *to;
        server->is_sent_on = true;
    }
    turn_server_on_failed(owner, ACTR_EUNAVAILABLE,
                          "the server wants another one to be used (300), which is of no use");
}

static const struct turn_events turn_server_client_events = {
    .send = turn_server_client_send,
    .on_allocated = turn_server_on_allocated,
    .on_data = turn_server_on_data,
    .on_failed = turn_server_on_failed,
    .on_redirected = turn_server_on_redirected,
    .random = turn_server_client_random,
};

/* ---- around the link ---- */

static void turn_server_link_open(void *owner)
{
    struct turn_server *server = owner;
    turn_server_enter(server);
    turn_client_start(server->client, turn_server_now(server));
    turn_server_leave(server);
}

static void turn_server_link_packet(void *owner, struct actr_view packet)
{
    struct turn_server *server = owner;
    turn_server_enter(server);
    turn_client_receive(server->client, packet, turn_server_now(server));
    turn_server_leave(server);
}

static void turn_server_link_end(void *owner)
{
    struct turn_server *server = owner;
    if (server->state == TURN_SERVER_LIVE)
        server->events->on_relayed_end(server->owner);
}

static void turn_server_link_lost(void *owner, int code, const char *detail)
{
    struct turn_server *server = owner;
    server->link = turn_link_close(server->link);
    turn_server_note(server, code, detail);
    if (server->state == TURN_SERVER_OPENING)
        turn_server_next(server);
    else
        turn_server_give_up(server);
}

static const struct turn_link_events turn_server_link_events = {
    .on_open = turn_server_link_open,
    .on_packet = turn_server_link_packet,
    .on_end = turn_server_link_end,
    .on_lost = turn_server_link_lost,
};

/* ---- from address to address ---- */

/* An attempt gets little time while there is another address. */
static void turn_server_limit(struct turn_server *server)
{
    uint64_t attempt_us = turn_server_now(server) + TURN_SERVER_ATTEMPT_US;
    bool is_last = server->next >= server->count;
    server->attempt_us = is_last || attempt_us > server->until_us ? server->until_us : attempt_us;
    turn_server_set_timer(server);
}

/* The next address to try; *url is made to name it when it is not what the server's URL means. */
static const struct net_address *turn_server_choose(struct turn_server *server,
                                                    struct server_url *url)
{
    if (!server->is_sent_on)
        return server->next < server->count ? &server->addresses[server->next++] : NULL;
    const struct net_address *to = &server->hops[server->hop_count - 1];
    server->is_sent_on = false;
    url->port = to->port;
    net_address_host(to, url->host);
    return to;
}

static void turn_server_next(struct turn_server *server)
{
    struct server_url url = server->url;
    struct turn_link_options options = {.loop = server->options.loop,
                                        .net = server->options.net,
                                        .url = &url,
                                        .name = server->domain};
    server->link = turn_link_close(server->link);
    server->state = TURN_SERVER_OPENING;
    while ((options.address = turn_server_choose(server, &url)) != NULL) {
        int r = turn_link_open(&options, &turn_server_link_events, server, &server->link);
        if (r == 0) {
            turn_server_limit(server);
            return;
        }
        turn_server_note(server, r, actr_errmsg());
    }
    turn_server_give_up(server);
}

static void turn_server_on_resolved(void *user, const struct net_address *list, size_t count,
                                    const char *detail)
{
    struct turn_server *server = user;
    server->resolve = NULL;
    turn_server_note(server, ACTR_EUNAVAILABLE, detail);
    if (count > 0)
        memcpy(server->addresses, list, count * sizeof(*list));
    server->count = count;
    server->next = 0;
    turn_server_next(server);
}

static void turn_server_on_timer(struct loop_timer *timer)
{
    struct turn_server *server = container_of(timer, struct turn_server, timer);
    uint64_t now_us = turn_server_now(server);
    turn_server_enter(server);
    if (server->state == TURN_SERVER_IDLE) {
        turn_server_begin(server);
    } else if (server->state == TURN_SERVER_LIVE ||
               (server->state == TURN_SERVER_OPENING && now_us < server->attempt_us)) {
        turn_client_tick(server->client, now_us);
    } else if (server->state == TURN_SERVER_OPENING && now_us < server->until_us) {
        turn_server_next(server);
    } else {
        if (server->attempt_us > 0) /* 0: it has said why */
            turn_server_note(server, ACTR_ETIMEDOUT, "no answer");
        turn_server_give_up(server);
    }
    turn_server_leave(server);
}

/* ---- life ---- */

/* From the name on. */
static void turn_server_begin(struct turn_server *server)
{
    server->state = TURN_SERVER_LOOKING;
    server->until_us = turn_server_now(server) + server->options.timeout_us;
    server->attempt_us = server->until_us;
    server->hop_count = 0;
    memcpy(server->domain, server->url.host, sizeof(server->domain));
    server->is_sent_on = false;
    turn_client_release(server->client, turn_server_now(server)); /* what it still waits for */
    if (server->url.transport != SERVER_UDP) {
        /* A stream is dialled by name: it tries the addresses by itself. */
        server->count = 1;
        server->next = 0;
        turn_server_next(server);
        return;
    }
    int r = net_resolve(server->options.net, server->url.host, server->url.port,
                        turn_server_on_resolved, server, &server->resolve);
    if (r < 0) {
        turn_server_note(server, r, actr_errmsg());
        turn_server_give_up(server);
        return;
    }
    turn_server_set_timer(server);
}

void turn_server_start(struct turn_server *server)
{
    server->is_wanted = true;
    if (server->state == TURN_SERVER_LIVE) {
        server->news_relay = true;
        turn_client_verify(server->client, turn_server_now(server));
        turn_server_set_timer(server);
        server->events->on_news(server->owner);
    } else if (server->state == TURN_SERVER_IDLE && server->has_credentials) {
        turn_server_begin(server);
    } else if (server->state == TURN_SERVER_IDLE) {
        turn_server_note(server, ACTR_ENOTREADY, "credentials are not known yet");
        turn_server_give_up(server);
    }
}

int turn_server_set_credentials(struct turn_server *server, const char *username,
                                const char *password)
{
    int r = turn_client_set_credentials(server->client, username, password);
    if (r < 0)
        return r;
    bool were_missed = !server->has_credentials || server->code == ACTR_EPERMISSION;
    server->has_credentials = true;
    if (were_missed && server->is_wanted && server->state == TURN_SERVER_IDLE)
        turn_server_begin(server);
    return 0;
}

bool turn_server_is_settled(const struct turn_server *server)
{
    return server->state == TURN_SERVER_IDLE || server->state == TURN_SERVER_LIVE;
}

bool turn_server_has(const struct turn_server *server, const struct net_address *relayed)
{
    return server->state == TURN_SERVER_LIVE && net_address_equal(&server->relayed, relayed);
}

void turn_server_send(struct turn_server *server, const struct net_address *remote,
                      struct actr_view bytes)
{
    turn_client_send(server->client, remote, bytes, turn_server_now(server));
    turn_server_set_timer(server);
}

bool turn_server_send_probe(struct turn_server *server, const struct net_address *remote,
                            struct actr_view bytes)
{
    server->is_probing = server->is_probe_fit = true;
    turn_server_send(server, remote, bytes);
    server->is_probing = false;
    return server->is_probe_fit;
}

void turn_server_permit(struct turn_server *server, const struct net_address *remote)
{
    if (remote->is_ipv6 != server->options.is_ipv6)
        return;
    turn_client_permit(server->client, remote, turn_server_now(server));
    turn_server_set_timer(server);
}

struct turn_server *turn_server_new(const struct turn_server_options *options,
                                    const struct turn_server_events *events, void *owner)
{
    struct turn_options client = {.is_reliable = options->url->transport != SERVER_UDP,
                                  .is_ipv6 = options->is_ipv6};
    struct turn_server *server = mem_alloc(sizeof(*server));
    if (!server)
        return NULL;
    server->client = turn_client_new(&client, &turn_server_client_events, server);
    if (!server->client) {
        mem_free(server);
        return NULL;
    }
    server->options = *options;
    server->url = *options->url;
    server->options.url = &server->url;
    server->events = events;
    server->owner = owner;
    loop_timer_init(&server->timer, options->loop, turn_server_on_timer);
    return server;
}

struct turn_server *turn_server_free(struct turn_server *server)
{
    if (!server)
        return NULL;
    if (server->state == TURN_SERVER_LIVE)
        turn_client_release(server->client, turn_server_now(server));
    server->state = TURN_SERVER_IDLE;
    server->is_freed = true;
    if (server->depth == 0)
        turn_server_destroy(server);
    return NULL;
}
