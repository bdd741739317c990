// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Connections of the simulated network.
 *
 * A packet is queued at its sender until the window has room, then it is in the inbox of the
 * receiver with a time of arrival that never precedes that of the packet before it. One timer of
 * each end takes one packet at a time; the next is armed before the owner is called, who may
 * detach. A receiver that is paused leaves packets where they are, so that the window closes.
 *
 * A link is freed when both ends are detached. Loop thread. */
#include "sim_link.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"

#define SIM_BYTES_PER_US 100
#define SIM_PACKET_COST 16
#define SIM_LOSS_MAX_US 400000u

/* Packets ------------------------------------------------------------------------------------ */

struct sim_head *sim_head_new(const struct net_header *headers, size_t header_count)
{
    struct sim_head *head = mem_alloc(sizeof(*head));
    if (!head)
        return NULL;
    assert(header_count <= SIM_HEADERS_MAX);
    for (size_t i = 0; i < header_count; i++) {
        head->headers[i].name = mem_text(headers[i].name, strlen(headers[i].name));
        head->headers[i].value = mem_text(headers[i].value, strlen(headers[i].value));
        head->header_count++;
        if (!head->headers[i].name || !head->headers[i].value) {
            sim_head_free(head);
            return NULL;
        }
    }
    return head;
}

void sim_head_free(struct sim_head *head)
{
    if (!head)
        return;
    for (size_t i = 0; i < head->header_count; i++) {
        mem_free((void *)(uintptr_t)head->headers[i].name);
        mem_free((void *)(uintptr_t)head->headers[i].value);
    }
    mem_free(head->query);
    actr_bytes_unref(head->body);
    mem_free(head);
}

const char *sim_head_find(const struct sim_head *head, const char *name)
{
    for (size_t i = 0; i < head->header_count; i++) {
        if (strcmp(head->headers[i].name, name) == 0)
            return head->headers[i].value;
    }
    return NULL;
}

struct sim_packet *sim_packet_new(enum sim_kind kind, struct sim_head *head,
                                  struct actr_bytes bytes)
{
    struct sim_packet *packet = mem_alloc(sizeof(*packet));
    if (!packet) {
        sim_head_free(head);
        actr_bytes_unref(bytes);
        return NULL;
    }
    packet->kind = kind;
    packet->head = head;
    packet->bytes = bytes;
    packet->cost = SIM_PACKET_COST + bytes.len + (head ? head->body.len : 0);
    list_init(&packet->link);
    return packet;
}

void sim_packet_free(struct sim_packet *packet)
{
    if (!packet)
        return;
    sim_head_free(packet->head);
    actr_bytes_unref(packet->bytes);
    mem_free(packet);
}

static void packets_free(struct list *packets)
{
    for (struct list *link; (link = list_pop(packets));)
        sim_packet_free(container_of(link, struct sim_packet, link));
}

/* Links -------------------------------------------------------------------------------------- */

static void end_deinit(struct sim_end *end)
{
    packets_free(&end->queue);
    packets_free(&end->inbox);
    loop_timer_stop(&end->arrival);
    loop_timer_stop(&end->loss);
    loop_task_cancel(&end->drained);
}

static void link_check(struct sim_link *link)
{
    if (link->ends[0].events || link->ends[1].events)
        return;
    end_deinit(&link->ends[0]);
    end_deinit(&link->ends[1]);
    list_remove(&link->link);
    link->sim->link_count--;
    mem_free(link);
}

/* When a packet sent now gets there: later than what was sent before, and not while a host of the
 * two is cut off. */
static uint64_t end_due(struct sim_end *end, size_t cost)
{
    struct sim_net *sim = end->link->sim;
    const struct sim_host *hosts[] = {end->host, sim_end_peer(end)->host};
    uint64_t now = loop_now_us(sim->loop);
    uint64_t due = now;
    for (size_t i = 0; i < 2; i++) {
        if (hosts[i] && hosts[i]->hole_to_us > due)
            due = hosts[i]->hole_to_us;
    }
    if (due == SIM_FOREVER)
        return SIM_FOREVER;
    due += end->pace_us + sim_between(sim, 0, sim->jitter_us) + cost / SIM_BYTES_PER_US;
    return due > end->last_us ? due : end->last_us;
}

static void end_arm(struct sim_end *end)
{
    struct loop *loop = end->link->sim->loop;
    if (list_is_empty(&end->inbox) || end->is_paused || end->is_told) {
        loop_timer_stop(&end->arrival);
        return;
    }
    const struct sim_packet *first = container_of(end->inbox.next, struct sim_packet, link);
    uint64_t now = loop_now_us(loop);
    if (first->due_us != SIM_FOREVER)
        loop_timer_start(&end->arrival, first->due_us > now ? first->due_us - now : 0);
}

/* Puts a packet on the wire. */
static void end_launch(struct sim_end *end, struct sim_packet *packet)
{
    struct sim_end *peer = sim_end_peer(end);
    if (end->link->is_cut || peer->is_told) {
        sim_packet_free(packet);
        /* The peer's farewell is behind what this end does not read: it learns by a reset. */
        if (!end->link->is_cut && end->is_paused && end->events &&
            !loop_timer_is_active(&end->loss))
            loop_timer_start(&end->loss, 2 * end->pace_us);
        return;
    }
    packet->due_us = end->last_us = end_due(end, packet->cost);
    end->flying += packet->cost;
    list_push(&peer->inbox, &packet->link);
    if (peer->inbox.next == &packet->link)
        end_arm(peer);
}

static void end_pump(struct sim_end *end)
{
    while (!list_is_empty(&end->queue) && end->flying < end->link->sim->window) {
        struct sim_packet *packet = container_of(list_pop(&end->queue), struct sim_packet, link);
        end->queued -= packet->cost;
        end_launch(end, packet);
    }
    if (end->wants_drained && end->queued <= end->notify)
        loop_defer(end->link->sim->loop, &end->drained);
}

static void end_on_drained(struct loop_task *task)
{
    struct sim_end *end = container_of(task, struct sim_end, drained);
    if (!end->events || end->queued > end->notify)
        return;
    end->wants_drained = false;
    if (end->events->on_drained)
        end->events->on_drained(end);
}

static void end_tell_lost(struct sim_end *end, bool is_reset)
{
    if (end->is_told)
        return;
    end->is_told = true;
    packets_free(&end->inbox);
    loop_timer_stop(&end->arrival);
    if (end->events)
        end->events->on_lost(end, is_reset);
}

static void end_on_loss(struct loop_timer *timer)
{
    end_tell_lost(container_of(timer, struct sim_end, loss), true);
}

static void end_on_arrival(struct loop_timer *timer)
{
    struct sim_end *end = container_of(timer, struct sim_end, arrival);
    struct sim_end *peer = sim_end_peer(end);
    struct sim_packet *packet = container_of(list_pop(&end->inbox), struct sim_packet, link);

    peer->flying -= packet->cost;
    end_pump(peer);
    end_arm(end);
    if (packet->kind == SIM_FIN || packet->kind == SIM_RESET)
        end_tell_lost(end, packet->kind == SIM_RESET);
    else if (end->events)
        end->events->on_packet(end, packet);
    sim_packet_free(packet);
}

static void end_init(struct sim_link *link, struct sim_end *end, struct sim_host *host)
{
    struct sim_net *sim = link->sim;
    end->link = link;
    end->host = host;
    end->pace_us = sim_between(sim, sim->delay.min_us, sim->delay.max_us);
    list_init(&end->queue);
    list_init(&end->inbox);
    loop_timer_init(&end->arrival, sim->loop, end_on_arrival);
    loop_timer_init(&end->loss, sim->loop, end_on_loss);
    loop_task_init(&end->drained, end_on_drained);
}

struct sim_link *sim_link_new(struct sim_host *from, struct sim_host *to, uint16_t port)
{
    struct sim_net *sim = from->sim;
    struct sim_link *link = mem_alloc(sizeof(*link));
    if (!link)
        return NULL;
    link->sim = sim;
    link->port = port;
    end_init(link, &link->ends[0], from);
    end_init(link, &link->ends[1], to);
    /* SYN, SYN and ACK: the first packet waits for both. */
    link->ends[0].last_us = loop_now_us(sim->loop) + link->ends[0].pace_us + link->ends[1].pace_us +
                            link->ends[0].pace_us;
    list_push(&sim->links, &link->link);
    sim->link_count++;
    if (to) {
        link->ends[1].events = &sim_acceptor_events;
    } else {
        link->is_cut = true;
        loop_timer_start(&link->ends[0].loss, link->ends[0].pace_us);
    }
    return link;
}

void sim_end_attach(struct sim_end *end, const struct sim_end_events *events, void *owner)
{
    end->events = events;
    end->owner = owner;
}

/* Sending ------------------------------------------------------------------------------------ */

void sim_end_send(struct sim_end *end, struct sim_packet *packet)
{
    end->queued += packet->cost;
    list_push(&end->queue, &packet->link);
    end_pump(end);
}

void sim_end_send_urgent(struct sim_end *end, struct sim_packet *packet)
{
    end_launch(end, packet);
}

void sim_end_drop(struct sim_end *end)
{
    packets_free(&end->queue);
    end->queued = 0;
}

void sim_end_read(struct sim_end *end, bool enable)
{
    end->is_paused = !enable;
    end_arm(end);
}

void sim_end_notify(struct sim_end *end, size_t level)
{
    end->notify = level;
    end->wants_drained = true;
    if (end->queued <= level)
        loop_defer(end->link->sim->loop, &end->drained);
}

/* Without memory for the last packet the peer finds out by itself: the connection is cut. */
static void end_leave(struct sim_end *end, enum sim_kind kind)
{
    struct sim_packet *packet = sim_packet_new(kind, NULL, (struct actr_bytes){0});
    loop_timer_stop(&end->arrival);
    loop_timer_stop(&end->loss);
    loop_task_cancel(&end->drained);
    end->wants_drained = false;
    sim_end_peer(end)->flying = 0;
    packets_free(&end->inbox);
    end->is_told = true;
    end->events = NULL;
    end->owner = NULL;
    if (packet)
        sim_end_send(end, packet);
    else
        end->link->is_cut = true;
    end_pump(sim_end_peer(end));
    link_check(end->link);
}

void sim_end_finish(struct sim_end *end)
{
    end_leave(end, SIM_FIN);
}

void sim_end_abort(struct sim_end *end)
{
    sim_end_drop(end);
    end_leave(end, SIM_RESET);
}

void sim_end_heal(struct sim_end *end)
{
    struct sim_end *peer = sim_end_peer(end);
    if (peer->last_us == SIM_FOREVER)
        peer->last_us = 0;
    list_each(pos, &end->inbox)
    {
        struct sim_packet *packet = container_of(pos, struct sim_packet, link);
        if (packet->due_us == SIM_FOREVER)
            packet->due_us = peer->last_us = end_due(peer, packet->cost);
    }
    end_arm(end);
}

/* Cuts --------------------------------------------------------------------------------------- */

static void link_cut(struct sim_link *link, enum sim_cut how)
{
    if (link->is_cut)
        return;
    link->is_cut = true;
    for (unsigned i = 0; i < 2; i++) {
        struct sim_end *end = &link->ends[i];
        bool hears = how == SIM_CUT_BOTH || how == (i == 0 ? SIM_CUT_DIALLER : SIM_CUT_ACCEPTER);
        packets_free(&end->inbox);
        loop_timer_stop(&end->arrival);
        sim_end_peer(end)->flying = 0;
        /* Nobody waits for a keepalive where nobody has accepted, or where all was said. */
        if (hears || end->events == &sim_acceptor_events || !sim_end_peer(end)->events)
            loop_timer_start(&end->loss, sim_between(link->sim, 0, SIM_LOSS_MAX_US));
    }
    end_pump(&link->ends[0]);
    end_pump(&link->ends[1]);
}

static bool link_is_between(const struct sim_link *link, const struct sim_host *a,
                            const struct sim_host *b)
{
    const struct sim_host *from = link->ends[0].host, *to = link->ends[1].host;
    return ((!a || a == from) && (!b || b == to)) || ((!a || a == to) && (!b || b == from));
}

size_t sim_cut(struct sim_net *sim, const struct sim_host *a, const struct sim_host *b,
               enum sim_cut how)
{
    size_t count = 0;
    list_each(pos, &sim->links)
    {
        struct sim_link *link = container_of(pos, struct sim_link, link);
        if (link->is_cut || !link_is_between(link, a, b))
            continue;
        link_cut(link, how);
        count++;
    }
    return count;
}

void sim_cut_one(struct sim_net *sim, size_t index, enum sim_cut how)
{
    list_each(pos, &sim->links)
    {
        if (index-- == 0)
            link_cut(container_of(pos, struct sim_link, link), how);
    }
}

size_t sim_host_ends(const struct sim_host *host)
{
    size_t count = 0;
    list_each(pos, &host->sim->links)
    {
        const struct sim_link *link = container_of(pos, struct sim_link, link);
        for (unsigned i = 0; i < 2; i++)
            count += link->ends[i].host == host && link->ends[i].events;
    }
    return count;
}
