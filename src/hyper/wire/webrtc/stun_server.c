// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Asking a STUN server for our server-reflexive addresses.
 *
 * One transaction for each family that both sides have, repeated with doubled waits (RFC 8489
 * §6.2.1) until it is answered or the time for the server is over. An answer is known by its
 * transaction and must come from where we asked: several sessions of a node ask the same server
 * through the same socket, and each takes only its own.
 *
 * States go IDLE → ASKING → ANSWERED or FAILED; when no query asks any more the server is settled.
 * Loop thread. Must never believe more of an answer than its mapped address. */
#include "hyper/wire/webrtc/stun_server.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

#define STUN_SERVER_WAIT_US 500000 /* RFC 8489 §6.2.1: RTO */

static const char *const stun_server_no_answer = "no answer";

static void stun_server_note(struct stun_server *server, int code, const char *detail)
{
    server->code = code;
    snprintf(server->detail, sizeof(server->detail), "stun:%.64s:%u: %.70s", server->url.host,
             server->url.port, detail);
}

/* Nothing is asked any more: was it of use? Calls up. */
static void stun_server_settle(struct stun_server *server)
{
    loop_timer_stop(&server->_timer);
    server->is_settled = true;
    for (size_t i = 0; i < 2; i++)
        if (server->queries[i].state == STUN_QUERY_ANSWERED)
            server->code = 0;
    server->on_news(server);
}

static void stun_server_send(struct stun_server *server, struct stun_query *query, uint64_t now_us)
{
    uint8_t buf[64];
    struct stun_writer writer;
    stun_begin(&writer, buf, sizeof(buf), STUN_REQUEST, STUN_BINDING, query->transaction);
    stun_put_fingerprint(&writer);
    udp_mux_send(server->mux, NULL, &query->server, stun_end(&writer));
    query->due_us = now_us + query->wait_us;
    query->wait_us *= 2;
}

/* Sends what is due and sets the timer for what comes next. Calls up when nothing is left. */
static void stun_server_go_on(struct stun_server *server)
{
    uint64_t now_us = loop_now_us(server->loop), next_us = server->_until_us;
    bool is_asking = false;

    for (size_t i = 0; i < 2; i++) {
        struct stun_query *query = &server->queries[i];
        if (query->state != STUN_QUERY_ASKING)
            continue;
        if (now_us >= server->_until_us) {
            query->state = STUN_QUERY_FAILED;
            continue;
        }
        is_asking = true;
        if (now_us >= query->due_us)
            stun_server_send(server, query, now_us);
        if (query->due_us < next_us)
            next_us = query->due_us;
    }
    udp_mux_flush(server->mux);
    if (is_asking)
        loop_timer_start(&server->_timer, next_us - now_us);
    else
        stun_server_settle(server);
}

static void stun_server_on_timer(struct loop_timer *timer)
{
    struct stun_server *server = container_of(timer, struct stun_server, _timer);
    server->_resolve = net_resolve_cancel(server->_resolve);
    stun_server_go_on(server);
}

/* Asks the first address of each family. */
static void stun_server_on_resolved(void *user, const struct net_address *list, size_t count,
                                    const char *detail)
{
    struct stun_server *server = user;
    server->_resolve = NULL;
    stun_server_note(server, ACTR_EUNAVAILABLE,
                     count == 0 ? detail : "no address of a family that we have");
    for (size_t i = 0; i < count; i++) {
        struct stun_query *query = &server->queries[list[i].is_ipv6];
        if (!server->_has[list[i].is_ipv6] || query->state != STUN_QUERY_IDLE)
            continue;
        stun_server_note(server, ACTR_ETIMEDOUT, stun_server_no_answer);
        query->server = list[i];
        query->wait_us = STUN_SERVER_WAIT_US;
        query->due_us = 0;
        loop_random(server->loop, query->transaction, sizeof(query->transaction));
        if (udp_mux_route(server->mux, server->user, &query->server) == 0) {
            query->state = STUN_QUERY_ASKING;
        } else {
            query->state = STUN_QUERY_FAILED;
            stun_server_note(server, ACTR_ENOMEM, actr_errmsg());
        }
    }
    stun_server_go_on(server);
}

void stun_server_start(struct stun_server *server, bool has_ipv4, bool has_ipv6,
                       uint64_t timeout_us)
{
    stun_server_stop(server);
    memset(server->queries, 0, sizeof(server->queries));
    server->is_settled = false;
    server->_has[0] = has_ipv4;
    server->_has[1] = has_ipv6;
    server->_until_us = loop_now_us(server->loop) + timeout_us;
    loop_timer_init(&server->_timer, server->loop, stun_server_on_timer);
    stun_server_note(server, ACTR_ETIMEDOUT, "its name could not be looked up in time");
    if (net_resolve(server->net, server->url.host, server->url.port, stun_server_on_resolved,
                    server, &server->_resolve) == 0) {
        loop_timer_start(&server->_timer, timeout_us);
    } else {
        stun_server_note(server, ACTR_EUNAVAILABLE, actr_errmsg());
        loop_timer_start(&server->_timer, 0);
    }
}

void stun_server_stop(struct stun_server *server)
{
    server->_resolve = net_resolve_cancel(server->_resolve);
    loop_timer_stop(&server->_timer);
}

/* What an answer says. */
static void stun_server_take(struct stun_server *server, struct stun_query *query,
                             const struct stun_message *message)
{
    unsigned code;
    struct actr_view reason;
    char text[64];

    if (message->class == STUN_SUCCESS &&
        (stun_find_address(message, STUN_XOR_MAPPED_ADDRESS, &query->mapped) ||
         stun_find_address(message, STUN_MAPPED_ADDRESS, &query->mapped))) {
        query->state = STUN_QUERY_ANSWERED;
        return;
    }
    query->state = STUN_QUERY_FAILED;
    if (message->class == STUN_ERROR && stun_find_error(message, &code, &reason))
        snprintf(text, sizeof(text), "refused with %u", code);
    else
        snprintf(text, sizeof(text), "its answer makes no sense");
    stun_server_note(server, ACTR_EUNAVAILABLE, text);
}

bool stun_server_receive(struct stun_server *server, const struct datagram *datagram)
{
    struct stun_query *query = &server->queries[datagram->remote.is_ipv6];
    struct stun_message message;
    if (query->state != STUN_QUERY_ASKING ||
        !net_address_equal(&query->server, &datagram->remote) || !stun_is(datagram->bytes) ||
        stun_parse(datagram->bytes, &message) < 0)
        return false;
    if (message.method != STUN_BINDING ||
        (message.class != STUN_SUCCESS && message.class != STUN_ERROR) ||
        memcmp(message.transaction, query->transaction, sizeof(query->transaction)) != 0)
        return false;
    query->base = datagram->local;
    stun_server_take(server, query, &message);
    if (server->queries[!datagram->remote.is_ipv6].state == STUN_QUERY_ASKING)
        server->on_news(server);
    else
        stun_server_settle(server);
    return true;
}
