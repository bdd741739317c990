// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Dialing.
 *
 * Order: trust store (TLS only), then the name, then each address in the order the resolver gave
 * them, until one yields an open stream. A host that is an address is not looked up, nor is
 * localhost, which needs no resolver to be this machine. While there is a next address an attempt
 * gets DIAL_ATTEMPT_US, so that a dead IPv6 route does not use up all the time there is.
 *
 * uv_getaddrinfo() cannot always be called back, so a lookup is an object of its own: a dial that
 * is stopped leaves it behind (dial NULL), and its callback frees it.
 *
 * Loop thread. Must never resolve in place, and never call fn inside dial_start(). */
#include "net/dial.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <uv.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/socket.h"
#include "net/stream.h"

#define DIAL_ATTEMPT_US 2000000
#define DIAL_ADDRESS_MAX 16
#define DIAL_DETAIL_MAX 256

struct dial_lookup {
    uv_getaddrinfo_t request;
    struct dial *dial; /* NULL: nobody wants it any more */
    struct socket_net *net;
    struct loop_task start;
    bool is_asking; /* the resolver has it */
    uint16_t port;
    unsigned count, next;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } addresses[DIAL_ADDRESS_MAX];
};

static void dial_next(struct dial *dial);

/* Tells what could not be reached, and why. Calls up. */
static void dial_end(struct dial *dial)
{
    char detail[DIAL_DETAIL_MAX];
    snprintf(detail, sizeof(detail), "%s port %u: %s", dial->host, dial->lookup->port,
             dial->detail);
    dial->fn(dial, NULL, detail);
}

/* Of several addresses, one that answered and does not fit says more than one that did not. */
static void dial_note(struct dial *dial, int error, const char *detail)
{
    bool has_answer = dial->error < 0 && dial->error != ACTR_EUNAVAILABLE;
    if (has_answer && error == ACTR_EUNAVAILABLE)
        return;
    dial->error = error;
    snprintf(dial->detail, sizeof(dial->detail), "%s", detail);
}

static void dial_fail(struct dial *dial, const char *detail)
{
    dial_note(dial, ACTR_EUNAVAILABLE, detail);
    dial_end(dial);
}

/* ---- one attempt ---- */

static void dial_on_open(void *user)
{
    struct dial *dial = user;
    struct stream *stream = dial->stream;
    loop_timer_stop(&dial->timer);
    dial->stream = NULL;
    dial->fn(dial, stream, "");
}

static void dial_on_lost(void *user, bool is_end, const char *detail)
{
    struct dial *dial = user;
    dial_note(dial, stream_error(dial->stream), detail);
    dial->stream = stream_free(dial->stream);
    dial_next(dial);
}

static void dial_on_timer(struct loop_timer *timer)
{
    dial_on_lost(container_of(timer, struct dial, timer), false, "no answer");
}

/* Nobody speaks before we did, but for TLS. */
static void dial_on_data(void *user, struct actr_view data)
{
}

static const struct stream_events dial_stream_events = {
    .on_open = dial_on_open,
    .on_data = dial_on_data,
    .on_lost = dial_on_lost,
};

/* Begins with the next address that can be begun with. Calls up when there is none. */
static void dial_next(struct dial *dial)
{
    struct dial_lookup *lookup = dial->lookup;
    loop_timer_stop(&dial->timer);
    while (lookup->next < lookup->count) {
        const struct sockaddr *address = &lookup->addresses[lookup->next++].any;
        int r = stream_connect(dial->net, address, dial->tls, dial->host, &dial->stream);
        if (r < 0) {
            dial_note(dial, ACTR_EUNAVAILABLE, actr_errmsg());
            continue;
        }
        stream_set_owner(dial->stream, &dial_stream_events, dial);
        if (lookup->next < lookup->count)
            loop_timer_start(&dial->timer, DIAL_ATTEMPT_US);
        return;
    }
    dial_end(dial);
}

/* ---- the name ---- */

static void dial_lookup_free(struct dial_lookup *lookup)
{
    loop_task_cancel(&lookup->start);
    socket_unref(lookup->net);
    mem_free(lookup);
}

static void dial_lookup_add(struct dial_lookup *lookup, const struct sockaddr *address)
{
    size_t len = address->sa_family == AF_INET    ? sizeof(struct sockaddr_in)
                 : address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                  : 0;
    if (len > 0 && lookup->count < DIAL_ADDRESS_MAX)
        memcpy(&lookup->addresses[lookup->count++], address, len);
}

static void dial_on_looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    struct dial_lookup *lookup = container_of(request, struct dial_lookup, request);
    struct dial *dial = lookup->dial;

    lookup->is_asking = false;
    for (struct addrinfo *at = list; at; at = at->ai_next)
        dial_lookup_add(lookup, at->ai_addr);
    uv_freeaddrinfo(list);
    if (!dial)
        dial_lookup_free(lookup);
    else if (status < 0)
        dial_fail(dial, uv_strerror(status));
    else
        dial_next(dial);
}

/* A host that is an address. */
static bool dial_lookup_numeric(struct dial_lookup *lookup, const char *host)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    if (uv_ip4_addr(host, lookup->port, &address.v4) != 0 &&
        uv_ip6_addr(host, lookup->port, &address.v6) != 0)
        return false;
    dial_lookup_add(lookup, &address.any);
    return true;
}

/* A name that is the loopback address whatever a resolver says, or if there is none (RFC 6761
 * §6.3): "localhost", and what ends in ".localhost". */
static bool dial_lookup_loopback(struct dial_lookup *lookup, const char *host)
{
    static const char name[] = "localhost";
    size_t len = strlen(host), name_len = sizeof(name) - 1;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (len < name_len || strcasecmp(host + len - name_len, name) != 0 ||
        (len > name_len && host[len - name_len - 1] != '.'))
        return false;
    (void)!uv_ip4_addr("127.0.0.1", lookup->port, &v4);
    (void)!uv_ip6_addr("::1", lookup->port, &v6);
    dial_lookup_add(lookup, (const struct sockaddr *)&v4);
    dial_lookup_add(lookup, (const struct sockaddr *)&v6);
    return true;
}

static void dial_look_up(struct dial *dial)
{
    static const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct dial_lookup *lookup = dial->lookup;
    char port[8];

    if (dial_lookup_numeric(lookup, dial->host) || dial_lookup_loopback(lookup, dial->host)) {
        dial_next(dial);
        return;
    }
    snprintf(port, sizeof(port), "%u", lookup->port);
    int r = uv_getaddrinfo(dial->net->uv, &lookup->request, dial_on_looked_up, dial->host, port,
                           &hints);
    if (r < 0)
        dial_fail(dial, uv_strerror(r));
    else
        lookup->is_asking = true;
}

static void dial_on_trust(struct trust_wait *wait, struct tls_context *context, const char *detail)
{
    struct dial *dial = container_of(wait, struct dial, trust);
    dial->tls = context;
    if (context)
        dial_look_up(dial);
    else
        dial_fail(dial, detail);
}

static void dial_on_start(struct loop_task *task)
{
    struct dial *dial = container_of(task, struct dial_lookup, start)->dial;
    if (!dial->is_secure)
        dial_look_up(dial);
    else if (trust_ask(dial->net, &dial->trust, dial_on_trust) < 0)
        dial_fail(dial, actr_errmsg());
}

/* ---- life ---- */

int dial_start(struct dial *dial, struct socket_net *net, const struct url *url, dial_fn *fn)
{
    struct dial_lookup *lookup = mem_alloc(sizeof(*lookup));
    char *host = mem_text((const char *)url->host.ptr, url->host.len);
    if (!lookup || !host) {
        mem_free(lookup);
        mem_free(host);
        return err_origin(ACTR_ENOMEM, "dial: no memory");
    }
    lookup->dial = dial;
    lookup->net = socket_ref(net);
    lookup->port = url->port;
    loop_task_init(&lookup->start, dial_on_start);
    *dial = (struct dial){
        .net = net, .fn = fn, .is_secure = url->is_secure, .lookup = lookup, .host = host};
    loop_timer_init(&dial->timer, net->base.loop, dial_on_timer);
    loop_defer(net->base.loop, &lookup->start);
    return 0;
}

void dial_stop(struct dial *dial)
{
    struct dial_lookup *lookup = dial->lookup;
    if (!dial->net)
        return;
    loop_timer_stop(&dial->timer);
    trust_cancel(&dial->trust);
    dial->stream = stream_free(dial->stream);
    if (lookup->is_asking) {
        lookup->dial = NULL; /* freed when the resolver comes back */
        uv_cancel((uv_req_t *)&lookup->request);
    } else {
        dial_lookup_free(lookup);
    }
    mem_free(dial->host);
    *dial = (struct dial){0};
}
