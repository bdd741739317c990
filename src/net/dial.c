// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Dialing.
 *
 * Order: trust store (TLS only), then the name, then each address in the order the resolver gave
 * them, until one yields an open stream. While there is a next address an attempt gets
 * DIAL_ATTEMPT_US, so that a dead IPv6 route does not use up all the time there is.
 *
 * Loop thread. Must never resolve in place, and never call fn inside dial_start(). */
#include "net/dial.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/socket.h"
#include "net/stream.h"

#define DIAL_ATTEMPT_US 2000000
#define DIAL_DETAIL_MAX 256

static void dial_next(struct dial *dial);

/* Tells what could not be reached, and why. Calls up. */
static void dial_end(struct dial *dial)
{
    char detail[DIAL_DETAIL_MAX];
    snprintf(detail, sizeof(detail), "%s port %u: %s", dial->host, dial->port, dial->detail);
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
    loop_timer_stop(&dial->timer);
    while (dial->next < dial->count) {
        const struct net_address *address = &dial->addresses[dial->next++];
        int r = stream_connect(dial->net, address, dial->tls, dial->name ? dial->name : dial->host,
                               &dial->stream);
        if (r < 0) {
            dial_note(dial, ACTR_EUNAVAILABLE, actr_errmsg());
            continue;
        }
        if (dial->tls && dial->protocol && stream_offer(dial->stream, dial->protocol) < 0) {
            dial_note(dial, ACTR_EUNAVAILABLE, actr_errmsg());
            dial->stream = stream_free(dial->stream);
            continue;
        }
        stream_set_owner(dial->stream, &dial_stream_events, dial);
        if (dial->next < dial->count)
            loop_timer_start(&dial->timer, DIAL_ATTEMPT_US);
        return;
    }
    dial_end(dial);
}

/* ---- the name ---- */

static void dial_on_resolved(void *user, const struct net_address *list, size_t count,
                             const char *detail)
{
    struct dial *dial = user;
    dial->resolve = NULL;
    if (count > 0)
        memcpy(dial->addresses, list, count * sizeof(*list));
    dial->count = count;
    dial_note(dial, ACTR_EUNAVAILABLE, detail);
    dial_next(dial);
}

static int dial_look_up(struct dial *dial)
{
    return resolve_start(&dial->net->base, dial->host, dial->port, dial_on_resolved, dial,
                         &dial->resolve);
}

static void dial_on_trust(struct trust_wait *wait, struct tls_context *context, const char *detail)
{
    struct dial *dial = container_of(wait, struct dial, trust);
    dial->tls = context;
    if (!context) {
        dial_note(dial, ACTR_EUNAVAILABLE, detail);
        dial_end(dial);
    } else if (dial_look_up(dial) < 0) {
        dial_note(dial, ACTR_EUNAVAILABLE, actr_errmsg());
        dial_end(dial);
    }
}

/* ---- life ---- */

int dial_start(struct dial *dial, struct socket_net *net, const struct url *url, dial_fn *fn)
{
    char *host = mem_text((const char *)url->host.ptr, url->host.len);
    if (!host)
        return err_origin(ACTR_ENOMEM, "dial: no memory");
    *dial = (struct dial){
        .net = net, .fn = fn, .is_secure = url->is_secure, .port = url->port, .host = host};
    loop_timer_init(&dial->timer, net->base.loop, dial_on_timer);
    int r = dial->is_secure ? trust_ask(net, &dial->trust, dial_on_trust) : dial_look_up(dial);
    if (r < 0)
        dial_stop(dial);
    return r;
}

int dial_expect(struct dial *dial, const char *name)
{
    char *copy = mem_text(name, strlen(name));
    if (!copy)
        return err_origin(ACTR_ENOMEM, "dial: no memory");
    mem_free(dial->name);
    dial->name = copy;
    return 0;
}

void dial_stop(struct dial *dial)
{
    if (!dial->net)
        return;
    loop_timer_stop(&dial->timer);
    trust_cancel(&dial->trust);
    dial->resolve = net_resolve_cancel(dial->resolve);
    dial->stream = stream_free(dial->stream);
    mem_free(dial->host);
    mem_free(dial->name);
    *dial = (struct dial){0};
}
