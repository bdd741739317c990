// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The table of destinations.
 *
 * A destination is made when somebody asks for it or a wire of it is accepted, and leaves the table
 * when nothing holds it. Closing closes every wire; once all destinations are quiet (no wires, at
 * most a user) the owner is told, and whatever is left is freed after that.
 *
 * Loop thread. It touches no message. */
#include "hyper/transport/peer_transport.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "hyper/transport/dest_transport.h"

#define PEER_TRANSPORT_DEST_MAX 16384
#define PEER_TRANSPORT_ACCEPTED_MAX 4
#define PEER_TRANSPORT_MESSAGE_MAX (((size_t)16 << 20) + 64)
/* Incomplete messages of all peers: as much as so many of the greatest length, and the ends of as
 * many that are too long. */
#define PEER_TRANSPORT_PARTS_COUNT 8
#define PEER_TRANSPORT_EXPIRY_US 1000000u /* at least, between two looks at what has expired */

struct peer_transport {
    struct dest_shared shared;
    struct wire_dialer *dialers[PEER_TRANSPORT_DIALERS_MAX];
    struct hash_table dests;
    struct hash_key key;
    struct loop_task closed;
    size_t quiet_count;
    bool is_closing;
};

static struct dest_transport *peer_transport_dest_of(struct hash_node *node)
{
    return node ? container_of(node, struct dest_transport, node) : NULL;
}

static bool peer_transport_equal(const struct hash_node *node, const void *wanted)
{
    return actr_id_equal(&container_of(node, const struct dest_transport, node)->id, wanted);
}

struct dest_transport *peer_transport_find(const struct peer_transport *transport,
                                           const struct actr_id *id)
{
    uint64_t hash = actr_id_hash(id, transport->key.bytes);
    return peer_transport_dest_of(hash_table_find(&transport->dests, hash, id));
}

int peer_transport_dest(struct peer_transport *transport, const struct actr_id *id,
                        struct dest_transport **ret_dest)
{
    struct dest_transport *dest = peer_transport_find(transport, id);
    if (dest) {
        *ret_dest = dest;
        return 0;
    }
    if (transport->is_closing)
        return err_origin(ACTR_EUNAVAILABLE, "the node stops");
    if (transport->dests.count >= transport->shared.options.dest_max)
        return err_origin(ACTR_EUNAVAILABLE, "too many peers at once (%zu)",
                          transport->dests.count);
    dest = dest_transport_new(&transport->shared, id);
    if (!dest)
        return err_origin(ACTR_ENOMEM, "transport: no memory");
    int r =
        hash_table_insert(&transport->dests, &dest->node, actr_id_hash(id, transport->key.bytes));
    if (r < 0) {
        dest_transport_free(dest);
        return r;
    }
    *ret_dest = dest;
    return 0;
}

/* A wire that finds no place: only its end is heard, by nobody. */
static void peer_transport_on_stray_closed(void *owner, struct wire *wire, int code,
                                           const char *detail, bool final)
{
    (void)owner, (void)wire, (void)code, (void)detail, (void) final;
}

static const struct wire_events peer_transport_stray_events = {
    .on_closed = peer_transport_on_stray_closed,
};

void peer_transport_accept(struct peer_transport *transport, struct wire *wire)
{
    struct dest_transport *dest;
    int r = transport->is_closing ? ACTR_EUNAVAILABLE
                                  : peer_transport_dest(transport, &wire->peer, &dest);

    if (r == 0 && dest_transport_accept(dest, wire) == 0)
        return;
    wire_adopt(wire, &peer_transport_stray_events, NULL);
    wire_close(wire, ACTR_EUNAVAILABLE, "no room for another peer");
}

void peer_transport_read_all(struct peer_transport *transport)
{
    struct hash_node *node = NULL;
    while ((node = hash_table_next(&transport->dests, node)) != NULL)
        dest_transport_read(peer_transport_dest_of(node), true);
}

static void peer_transport_check_closed(struct peer_transport *transport)
{
    if (transport->is_closing && transport->quiet_count == transport->dests.count)
        loop_defer(transport->shared.options.loop, &transport->closed);
}

static void peer_transport_on_quiet(struct dest_shared *shared, struct dest_transport *dest)
{
    struct peer_transport *transport = container_of(shared, struct peer_transport, shared);

    if (!dest->user) {
        transport->quiet_count -= dest->is_quiet;
        hash_table_remove(&transport->dests, &dest->node);
        dest_transport_free(dest);
    } else if (transport->is_closing && !dest->is_quiet) {
        dest->is_quiet = true;
        transport->quiet_count++;
    }
    peer_transport_check_closed(transport);
}

static void peer_transport_on_closed(struct loop_task *task)
{
    struct peer_transport *transport = container_of(task, struct peer_transport, closed);
    struct hash_node *node = NULL, *next;

    transport->shared.options.events->on_closed(transport->shared.options.owner);
    loop_task_cancel(&transport->closed);
    loop_timer_stop(&transport->shared.expiry);
    for (node = hash_table_next(&transport->dests, NULL); node; node = next) {
        next = hash_table_next(&transport->dests, node);
        hash_table_remove(&transport->dests, node);
        dest_transport_free(peer_transport_dest_of(node));
    }
    hash_table_deinit(&transport->dests);
    mem_free(transport);
}

static void peer_transport_on_expiry(struct loop_timer *timer)
{
    struct dest_shared *shared = container_of(timer, struct dest_shared, expiry);
    uint64_t now_us = loop_now_us(shared->options.loop);
    uint64_t due_us = fragment_total_expire(&shared->parts, now_us);
    if (due_us == UINT64_MAX)
        return;
    uint64_t delay_us = due_us > now_us ? due_us - now_us : 0;
    loop_timer_start(timer,
                     delay_us > PEER_TRANSPORT_EXPIRY_US ? delay_us : PEER_TRANSPORT_EXPIRY_US);
}

void peer_transport_reset(struct peer_transport *transport, const char *why)
{
    struct hash_node *node = NULL;
    while ((node = hash_table_next(&transport->dests, node)) != NULL)
        dest_transport_reset(peer_transport_dest_of(node), why);
}

void peer_transport_close(struct peer_transport *transport)
{
    struct hash_node *node = NULL;

    if (transport->is_closing)
        return;
    transport->is_closing = true;
    while ((node = hash_table_next(&transport->dests, node)) != NULL)
        dest_transport_close(peer_transport_dest_of(node));
    peer_transport_check_closed(transport);
}

void peer_transport_free(struct peer_transport *transport)
{
    if (!transport)
        return;
    assert(transport->dests.count == 0);
    loop_task_cancel(&transport->closed);
    loop_timer_stop(&transport->shared.expiry);
    hash_table_deinit(&transport->dests);
    mem_free(transport);
}

struct peer_transport_stats peer_transport_get_stats(const struct peer_transport *transport)
{
    struct peer_transport_stats stats = transport->shared.stats;
    stats.dests = (uint32_t)transport->dests.count;
    return stats;
}

struct peer_transport *peer_transport_new(const struct peer_transport_options *options)
{
    assert(options->dialer_count <= PEER_TRANSPORT_DIALERS_MAX);
    struct peer_transport *transport = mem_alloc(sizeof(*transport));
    if (!transport)
        return NULL;
    for (size_t i = 0; i < options->dialer_count; i++)
        transport->dialers[i] = options->dialers[i];
    transport->shared.options = *options;
    transport->shared.options.dialers = transport->dialers;
    if (transport->shared.options.dest_max == 0)
        transport->shared.options.dest_max = PEER_TRANSPORT_DEST_MAX;
    if (transport->shared.options.accepted_max == 0)
        transport->shared.options.accepted_max = PEER_TRANSPORT_ACCEPTED_MAX;
    if (transport->shared.options.message_len_max == 0)
        transport->shared.options.message_len_max = PEER_TRANSPORT_MESSAGE_MAX;
    transport->shared.on_quiet = peer_transport_on_quiet;
    fragment_total_init(&transport->shared.parts,
                        PEER_TRANSPORT_PARTS_COUNT *
                            (transport->shared.options.message_len_max + FRAGMENT_ENDS_MAX));
    loop_timer_init(&transport->shared.expiry, options->loop, peer_transport_on_expiry);
    hash_table_init(&transport->dests, peer_transport_equal);
    loop_random(options->loop, &transport->key, sizeof(transport->key));
    loop_task_init(&transport->closed, peer_transport_on_closed);
    return transport;
}
