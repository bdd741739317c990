// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Asking the link for names.
 *
 * The question goes to 224.0.0.251 and ff02::fb, port 5353, from each address of this machine that
 * is up, at 0, 1 and 3 s (RFC 6762 §5.2). Coming from another port than 5353 it is answered to that
 * port alone (§6.7), so no group is joined and nobody else's answers are heard. An answer counts
 * when it comes from port 5353 and gives an address for a name that is asked for; whose it is
 * cannot be known, and need not be: what is behind the address has to prove itself to ICE and DTLS.
 *
 * A lookup is WAITING until it has an answer or no time left, then DONE until it has been told, one
 * in each run of a deferred task, which touches nothing after it has called up. Loop thread. Must
 * never ask for a name that does not end in .local; the candidate's parser sees to that. */
#include "hyper/wire/webrtc/mdns.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "hyper/wire/webrtc/mdns_message.h"
#include "net/datagram.h"
#include "net/interfaces.h"
#include "sys/loop.h"

#define MDNS_PORT 5353
#define MDNS_WAIT_US 1000000
#define MDNS_BUFFER_LEN 65536

enum mdns_state { MDNS_FREE, MDNS_WAITING, MDNS_DONE };

struct mdns_lookup {
    enum mdns_state state;
    mdns_fn *fn;
    bool was_found;
    struct net_address address;
    uint16_t id;
    uint64_t until_us, due_us, wait_us;
    char name[MDNS_NAME_MAX + 1];
};

struct mdns {
    struct loop *loop;
    struct net *net;
    uint64_t timeout_us;
    void *owner;
    struct datagram_socket *sockets[2]; /* IPv4, IPv6; NULL: none */
    struct loop_timer timer;
    struct loop_task told;
    struct mdns_lookup lookups[MDNS_LOOKUPS_MAX];
};

static const struct net_address mdns_groups[2] = {
    {.bytes = {224, 0, 0, 251}, .port = MDNS_PORT},
    {.bytes = {0xff, 0x02, [15] = 0xfb}, .port = MDNS_PORT, .is_ipv6 = true},
};

/* ---- telling ---- */

static void mdns_finish(struct mdns *mdns, struct mdns_lookup *lookup)
{
    lookup->state = MDNS_DONE;
    loop_defer(mdns->loop, &mdns->told);
}

static struct mdns_lookup *mdns_pick(struct mdns *mdns, enum mdns_state state)
{
    for (size_t i = 0; i < MDNS_LOOKUPS_MAX; i++)
        if (mdns->lookups[i].state == state)
            return &mdns->lookups[i];
    return NULL;
}

static void mdns_close_sockets(struct mdns *mdns)
{
    for (size_t i = 0; i < 2; i++)
        if (mdns->sockets[i])
            datagram_close(mdns->sockets[i]);
    mdns->sockets[0] = mdns->sockets[1] = NULL;
    loop_timer_stop(&mdns->timer);
}

static void mdns_on_told(struct loop_task *task)
{
    struct mdns *mdns = container_of(task, struct mdns, told);
    struct mdns_lookup *lookup = mdns_pick(mdns, MDNS_DONE);
    if (!lookup)
        return;
    struct mdns_lookup copy = *lookup;
    lookup->state = MDNS_FREE;
    if (!mdns_pick(mdns, MDNS_WAITING))
        mdns_close_sockets(mdns);
    loop_defer(mdns->loop, &mdns->told);
    copy.fn(mdns->owner, copy.name, copy.was_found ? &copy.address : NULL);
}

/* ---- answers ---- */

static void mdns_take(struct mdns *mdns, const struct datagram *datagram)
{
    struct net_address address;
    if (datagram->remote.port != MDNS_PORT)
        return;
    for (size_t i = 0; i < MDNS_LOOKUPS_MAX; i++) {
        struct mdns_lookup *lookup = &mdns->lookups[i];
        if (lookup->state != MDNS_WAITING ||
            !mdns_read_answer(datagram->bytes, lookup->name, &address))
            continue;
        if (net_address_is_link_local(&address))
            address.scope = datagram->remote.scope;
        lookup->address = address;
        lookup->was_found = true;
        mdns_finish(mdns, lookup);
    }
}

static void mdns_on_burst(void *owner, struct datagram_socket *socket, const struct datagram *list,
                          size_t count)
{
    (void)socket;
    for (size_t i = 0; i < count; i++)
        mdns_take(owner, &list[i]);
}

static void mdns_on_failed(void *owner, struct datagram_socket *socket, int code,
                           const char *detail)
{
    struct mdns *mdns = owner;
    (void)code;
    (void)detail; /* the lookups that need it run out of time */
    mdns->sockets[socket == mdns->sockets[1]] = NULL;
    datagram_close(socket);
}

static const struct datagram_events mdns_datagram_events = {
    .on_burst = mdns_on_burst,
    .on_failed = mdns_on_failed,
};

/* ---- questions ---- */

static void mdns_open_sockets(struct mdns *mdns)
{
    for (size_t i = 0; i < 2; i++) {
        struct datagram_options options = {.bind = {.is_ipv6 = i == 1},
                                           .buffer_len = MDNS_BUFFER_LEN,
                                           .queue_max = MDNS_BUFFER_LEN};
        /* A family that the system has not is not asked on. */
        if (!mdns->sockets[i])
            (void)!datagram_open(mdns->net, &options, &mdns_datagram_events, mdns,
                                 &mdns->sockets[i]);
    }
}

/* By every interface: by its address on IPv4, by its number on IPv6. */
static void mdns_send(struct mdns *mdns, const struct mdns_lookup *lookup)
{
    struct interface_address list[INTERFACES_MAX];
    uint8_t question[MDNS_QUESTION_MAX];
    size_t len = mdns_write_question(lookup->id, lookup->name, question);
    size_t count = interfaces_list(mdns->net, list);
    for (size_t i = 0; i < count; i++) {
        bool is_ipv6 = list[i].address.is_ipv6;
        struct net_address group = mdns_groups[is_ipv6];
        struct datagram_socket *socket = mdns->sockets[is_ipv6];
        if (!socket)
            continue;
        if (is_ipv6)
            group.scope = list[i].index;
        datagram_send(socket, is_ipv6 ? NULL : &list[i].address, &group,
                      actr_view_of(question, len));
    }
}

/* Sends what is due, ends what has no time left, and sets the timer. */
static void mdns_go_on(struct mdns *mdns)
{
    uint64_t now_us = loop_now_us(mdns->loop), next_us = UINT64_MAX;
    for (size_t i = 0; i < MDNS_LOOKUPS_MAX; i++) {
        struct mdns_lookup *lookup = &mdns->lookups[i];
        if (lookup->state != MDNS_WAITING)
            continue;
        if (now_us >= lookup->until_us) {
            mdns_finish(mdns, lookup);
            continue;
        }
        if (now_us >= lookup->due_us) {
            mdns_send(mdns, lookup);
            lookup->due_us = now_us + lookup->wait_us;
            lookup->wait_us *= 2;
        }
        uint64_t due_us = lookup->due_us < lookup->until_us ? lookup->due_us : lookup->until_us;
        if (due_us < next_us)
            next_us = due_us;
    }
    if (next_us != UINT64_MAX)
        loop_timer_start(&mdns->timer, next_us - now_us);
}

static void mdns_on_timer(struct loop_timer *timer)
{
    mdns_go_on(container_of(timer, struct mdns, timer));
}

bool mdns_find(struct mdns *mdns, const char *name, mdns_fn *fn)
{
    uint8_t question[MDNS_QUESTION_MAX];
    struct mdns_lookup *lookup = mdns_pick(mdns, MDNS_FREE);
    uint64_t now_us = loop_now_us(mdns->loop);
    uint16_t id;
    if (!lookup || mdns_write_question(0, name, question) == 0)
        return false;
    loop_random(mdns->loop, &id, sizeof(id));
    *lookup = (struct mdns_lookup){.state = MDNS_WAITING,
                                   .fn = fn,
                                   .id = id,
                                   .until_us = now_us + mdns->timeout_us,
                                   .due_us = now_us,
                                   .wait_us = MDNS_WAIT_US};
    snprintf(lookup->name, sizeof(lookup->name), "%s", name);
    mdns_open_sockets(mdns);
    mdns_go_on(mdns);
    return true;
}

/* ---- life ---- */

struct mdns *mdns_new(struct loop *loop, struct net *net, uint64_t timeout_us, void *owner)
{
    struct mdns *mdns = mem_alloc(sizeof(*mdns));
    if (!mdns)
        return NULL;
    mdns->loop = loop;
    mdns->net = net;
    mdns->timeout_us = timeout_us;
    mdns->owner = owner;
    loop_timer_init(&mdns->timer, loop, mdns_on_timer);
    loop_task_init(&mdns->told, mdns_on_told);
    return mdns;
}

struct mdns *mdns_free(struct mdns *mdns)
{
    if (!mdns)
        return NULL;
    mdns_close_sockets(mdns);
    loop_task_cancel(&mdns->told);
    mem_free(mdns);
    return NULL;
}
