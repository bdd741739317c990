// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The fates of datagrams, and those under way in a heap by the time at which they leave. Those of
 * one time leave in the order in which they came. */
#include "impair_path.h"

#include <stdlib.h>
#include <string.h>

bool impair_path_init(struct impair_path *path, const struct impair_settings *settings,
                      uint64_t seed)
{
    *path = (struct impair_path){.settings = settings, .random = seed};
    path->heap = calloc(IMPAIR_QUEUE_MAX, sizeof(struct impair_packet *));
    return path->heap != NULL;
}

void impair_path_deinit(struct impair_path *path)
{
    for (size_t i = 0; i < path->count; i++)
        free(path->heap[i]);
    free(path->heap);
}

/* splitmix64 */
static uint64_t impair_random(struct impair_path *path)
{
    uint64_t z = path->random += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Takes a number even when percent is 0: a setting that changes leaves the others' chances alone.
 */
static bool impair_chance(struct impair_path *path, double percent)
{
    return (double)(impair_random(path) >> 11) / (double)(1ull << 53) * 100 < percent;
}

static bool impair_before(const struct impair_packet *a, const struct impair_packet *b)
{
    return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

static void impair_heap_push(struct impair_path *path, struct impair_packet *packet)
{
    size_t at = path->count++;

    for (size_t up; at > 0 && impair_before(packet, path->heap[up = (at - 1) / 2]); at = up)
        path->heap[at] = path->heap[up];
    path->heap[at] = packet;
}

static struct impair_packet *impair_heap_pop(struct impair_path *path)
{
    struct impair_packet *first = path->heap[0], *last = path->heap[--path->count];
    size_t at = 0;

    for (;;) {
        size_t down = 2 * at + 1;
        if (down + 1 < path->count && impair_before(path->heap[down + 1], path->heap[down]))
            down++;
        if (down >= path->count || !impair_before(path->heap[down], last))
            break;
        path->heap[at] = path->heap[down];
        at = down;
    }
    path->heap[at] = last;
    return first;
}

static void impair_send(struct impair_path *path, const void *bytes, size_t len, uint64_t due_us)
{
    struct impair_packet *packet = NULL;

    if (path->count < IMPAIR_QUEUE_MAX)
        packet = malloc(sizeof(*packet) + len);
    if (!packet) {
        path->counts.over++;
        return;
    }
    packet->due_us = due_us;
    packet->order = path->order++;
    packet->len = len;
    memcpy(packet->bytes, bytes, len);
    impair_heap_push(path, packet);
}

/* When it is through the bottleneck; UINT64_MAX: too much waits there. */
static uint64_t impair_squeeze(struct impair_path *path, size_t len, uint64_t now_us)
{
    uint64_t rate_bps = path->settings->rate_bps;

    if (rate_bps == 0)
        return now_us;
    if (path->free_us < now_us)
        path->free_us = now_us;
    if (path->free_us - now_us > IMPAIR_BACKLOG_US)
        return UINT64_MAX;
    path->free_us += (len + IMPAIR_HEADERS) * 8 * 1000000 / rate_bps;
    return path->free_us;
}

void impair_path_push(struct impair_path *path, const void *bytes, size_t len, uint64_t now_us)
{
    const struct impair_settings *settings = path->settings;
    bool is_lost = impair_chance(path, settings->loss);
    bool is_doubled = impair_chance(path, settings->duplicate);
    bool is_late = impair_chance(path, settings->reorder);
    uint64_t extra_us = settings->jitter_us ? impair_random(path) % (settings->jitter_us + 1) : 0;

    path->counts.in++;
    if (settings->is_hole) {
        path->counts.in_hole++;
        return;
    }
    if (settings->mtu && len + IMPAIR_HEADERS > settings->mtu) {
        path->counts.too_long++;
        return;
    }
    uint64_t through_us = impair_squeeze(path, len, now_us);
    if (through_us == UINT64_MAX) {
        path->counts.over++;
        return;
    }
    if (is_lost) {
        path->counts.lost++;
        return;
    }
    uint64_t due_us = through_us + settings->delay_us + extra_us;
    if (due_us < path->last_us)
        due_us = path->last_us;
    if (is_late) {
        path->counts.reordered++;
        due_us += settings->reorder_us;
    } else {
        path->last_us = due_us;
    }
    impair_send(path, bytes, len, due_us);
    if (is_doubled) {
        path->counts.doubled++;
        impair_send(path, bytes, len, due_us);
    }
}

uint64_t impair_path_due(const struct impair_path *path)
{
    return path->count ? path->heap[0]->due_us : UINT64_MAX;
}

struct impair_packet *impair_path_pop(struct impair_path *path, uint64_t now_us)
{
    if (impair_path_due(path) > now_us)
        return NULL;
    path->counts.out++;
    return impair_heap_pop(path);
}
