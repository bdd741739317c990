// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Two associations of one context, each the other's peer. What one sends is kept until the other
 * takes it, since it must not be called inside the events of the first. They stay in memory: no
 * datagram leaves, and no time passes.
 *
 * Ends when both are open, or when neither has anything to say: nothing is lost here, so there is
 * nothing to wait for. Loop thread; takes a few milliseconds. */
#include "hyper/wire/webrtc/rehearsal.h"

#include <stddef.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/dtls.h"

/* A handshake has a dozen. */
#define REHEARSAL_DATAGRAMS_MAX 64

struct rehearsal_datagram {
    struct list link;
    size_t len;
    uint8_t bytes[DTLS_MTU];
};

struct rehearsal_side {
    struct dtls *dtls;
    struct list sent; /* what the other one has not taken yet */
};

static void rehearsal_on_send(void *owner, struct actr_view bytes)
{
    struct rehearsal_side *side = owner;
    struct rehearsal_datagram *datagram = mem_alloc(sizeof(*datagram));
    if (!datagram || bytes.len > sizeof(datagram->bytes)) {
        mem_free(datagram);
        return;
    }
    list_init(&datagram->link);
    datagram->len = bytes.len;
    memcpy(datagram->bytes, bytes.ptr, bytes.len);
    list_push(&side->sent, &datagram->link);
}

static void rehearsal_on_event(void *owner)
{
    (void)owner;
}

static void rehearsal_on_data(void *owner, struct actr_view bytes)
{
    (void)owner, (void)bytes;
}

static void rehearsal_on_failed(void *owner, int code, const char *detail)
{
    (void)owner, (void)code, (void)detail;
}

static const struct dtls_events rehearsal_events = {
    .send = rehearsal_on_send,
    .on_open = rehearsal_on_event,
    .on_data = rehearsal_on_data,
    .on_closed = rehearsal_on_event,
    .on_failed = rehearsal_on_failed,
};

/* Gives the other what was sent first; false: nothing was. */
static bool rehearsal_pass(struct rehearsal_side *from, struct rehearsal_side *to, uint64_t now_us)
{
    struct list *link = list_pop(&from->sent);
    if (!link)
        return false;
    struct rehearsal_datagram *datagram = container_of(link, struct rehearsal_datagram, link);
    dtls_receive(to->dtls, actr_view_of(datagram->bytes, datagram->len), now_us);
    mem_free(datagram);
    return true;
}

static void rehearsal_play(struct rehearsal_side *client, struct rehearsal_side *server,
                           uint64_t now_us)
{
    dtls_start(server->dtls, now_us);
    dtls_start(client->dtls, now_us);
    for (int i = 0; i < REHEARSAL_DATAGRAMS_MAX; i++) {
        if (!rehearsal_pass(client, server, now_us) && !rehearsal_pass(server, client, now_us))
            return;
    }
}

static void rehearsal_end(struct rehearsal_side *side)
{
    struct list *link;
    side->dtls = dtls_free(side->dtls);
    while ((link = list_pop(&side->sent)) != NULL)
        mem_free(container_of(link, struct rehearsal_datagram, link));
}

bool rehearsal_run(struct dtls_context *context, const struct fingerprint *fingerprint,
                   uint64_t now_us)
{
    struct rehearsal_side sides[2] = {0};
    int r = 0;
    for (int i = 0; i < 2; i++) {
        const struct dtls_options options = {.role = i == 0 ? DTLS_CLIENT : DTLS_SERVER,
                                             .fingerprints = fingerprint,
                                             .fingerprint_count = 1};
        list_init(&sides[i].sent);
        if (r == 0)
            r = dtls_new(context, &options, &rehearsal_events, &sides[i], &sides[i].dtls);
    }
    if (r == 0)
        rehearsal_play(&sides[0], &sides[1], now_us);
    bool ok = r == 0 && dtls_is_open(sides[0].dtls) && dtls_is_open(sides[1].dtls);
    rehearsal_end(&sides[0]);
    rehearsal_end(&sides[1]);
    return ok;
}
