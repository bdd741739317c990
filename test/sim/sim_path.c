// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A path for datagrams. Its fate is drawn when a packet is sent; what is on its way then arrives,
 * except that a cut takes what would arrive during it.
 *
 * Damage is of a kind that a checksum must find: where the packet has none (all zero, RFC 9653) it
 * gets a wrong one. */
#include "sim_path.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "harness.h"

#define SIM_PATH_CHECKSUM 8 /* of SCTP's common header: where */

struct sim_datagram {
    struct list link;
    uint64_t due_us;
    size_t len;
    uint8_t bytes[];
};

static uint64_t path_below(struct sim_path *path, uint64_t end)
{
    return end ? harness_random(path->random) % end : 0;
}

static bool path_chance(struct sim_path *path, unsigned of_10000)
{
    return of_10000 && path_below(path, 10000) < of_10000;
}

static void path_arm(struct sim_path *path)
{
    if (list_is_empty(&path->flying))
        return;
    const struct sim_datagram *first = container_of(path->flying.next, struct sim_datagram, link);
    uint64_t now_us = loop_now_us(path->loop);
    loop_timer_start(&path->arrival, first->due_us > now_us ? first->due_us - now_us : 0);
}

static void path_on_arrival(struct loop_timer *timer)
{
    struct sim_path *path = container_of(timer, struct sim_path, arrival);
    uint64_t now_us = loop_now_us(path->loop);
    bool has_come = false;

    while (!list_is_empty(&path->flying)) {
        struct sim_datagram *first = container_of(path->flying.next, struct sim_datagram, link);
        if (first->due_us > now_us)
            break;
        list_remove(&first->link);
        path->lost += path->is_cut;
        if (!path->is_cut)
            path->on_packet(path->owner, first->bytes, first->len);
        has_come |= !path->is_cut;
        mem_free(first);
    }
    path_arm(path);
    if (has_come)
        path->on_burst_end(path->owner);
}

void sim_path_init(struct sim_path *path, struct loop *loop, uint64_t *random)
{
    memset(path, 0, sizeof *path);
    path->loop = loop;
    path->random = random;
    list_init(&path->flying);
    loop_timer_init(&path->arrival, loop, path_on_arrival);
}

void sim_path_deinit(struct sim_path *path)
{
    loop_timer_stop(&path->arrival);
    for (struct list *link; (link = list_pop(&path->flying));)
        mem_free(container_of(link, struct sim_datagram, link));
}

static void path_damage(struct sim_path *path, struct sim_datagram *datagram)
{
    static const uint8_t none[4];
    uint8_t *checksum = datagram->bytes + SIM_PATH_CHECKSUM;
    uint64_t bit = path_below(path, datagram->len * 8);

    if (memcmp(checksum, none, sizeof none) == 0)
        checksum[bit % 4] = 0x5a;
    else
        datagram->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static void path_put(struct sim_path *path, struct actr_view packet, uint64_t due_us)
{
    struct sim_datagram *datagram = mem_alloc_raw(sizeof *datagram + packet.len);
    assert(datagram);
    datagram->due_us = due_us;
    datagram->len = packet.len;
    memcpy(datagram->bytes, packet.ptr, packet.len);
    if (path_chance(path, path->nature.damage))
        path_damage(path, datagram);
    struct list *after = path->flying.prev;
    while (after != &path->flying &&
           container_of(after, struct sim_datagram, link)->due_us > due_us)
        after = after->prev;
    list_push_front(after, &datagram->link);
    if (path->flying.next == &datagram->link)
        path_arm(path);
}

/* When the last bit of a packet has left the bottleneck; 0: its queue is full. */
static uint64_t path_leave_ns(struct sim_path *path, size_t len)
{
    const struct sim_path_nature *nature = &path->nature;
    uint64_t now_ns = loop_now_us(path->loop) * 1000;

    if (nature->rate == 0)
        return now_ns;
    if (path->free_ns < now_ns)
        path->free_ns = now_ns;
    uint64_t waiting = (path->free_ns - now_ns) * nature->rate / 1000000000u;
    if (waiting > 0 && waiting + len > nature->queue_max)
        return 0;
    path->free_ns += len * 1000000000u / nature->rate;
    return path->free_ns;
}

void sim_path_send(struct sim_path *path, struct actr_view packet)
{
    const struct sim_path_nature *nature = &path->nature;

    path->sent++;
    path->bytes += packet.len;
    uint64_t leave_ns = path_leave_ns(path, packet.len);
    if (leave_ns == 0) {
        path->overflown++;
        return;
    }
    if (path->is_cut || path_chance(path, nature->lose)) {
        path->lost++;
        return;
    }
    uint64_t due_us = leave_ns / 1000 + nature->delay_us + path_below(path, nature->jitter_us + 1);
    if (path_chance(path, nature->late)) {
        due_us += path_below(path, nature->late_us + 1);
    } else {
        due_us = due_us < path->last_us ? path->last_us : due_us;
        path->last_us = due_us;
    }
    if (nature->gather_us)
        due_us = (due_us + nature->gather_us - 1) / nature->gather_us * nature->gather_us;
    path_put(path, packet, due_us);
    if (path_chance(path, nature->repeat))
        path_put(path, packet, due_us + path_below(path, nature->late_us + 1));
}
