// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A bad network path for datagrams, one direction of it: decides what becomes of each datagram and
 * keeps those that are under way. Pure: time is an argument, chance comes from a seed, so a run can
 * be repeated. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMPAIR_HEADERS 28         /* bytes of IPv4 and UDP before a datagram */
#define IMPAIR_QUEUE_MAX 65536    /* datagrams under way; full: dropped and counted */
#define IMPAIR_BACKLOG_US 200000u /* what waits for `rate`; more: dropped and counted */

/* All off when zeroed. Shared by both directions. */
struct impair_settings {
    double loss, duplicate, reorder; /* percent of the datagrams */
    uint64_t delay_us;               /* of each */
    uint64_t jitter_us;              /* at most this more, order kept */
    uint64_t reorder_us;             /* how much later those of `reorder` come */
    uint64_t rate_bps;               /* bits of IP packets a second; 0: any */
    uint32_t mtu;                    /* bytes of an IP packet; longer ones vanish; 0: any */
    bool is_hole;                    /* all vanish */
};

struct impair_counts {
    uint64_t in, out, lost, doubled, reordered, too_long, in_hole, over;
};

struct impair_packet {
    uint64_t due_us, order;
    size_t len;
    uint8_t bytes[];
};

struct impair_path {
    const struct impair_settings *settings;
    struct impair_counts counts;
    uint64_t random, order;
    uint64_t free_us; /* when what has come before is through the bottleneck */
    uint64_t last_us; /* when the last one in order arrives */
    struct impair_packet **heap;
    size_t count;
};

/* settings: borrowed, may change at any time. False: no memory. */
bool impair_path_init(struct impair_path *path, const struct impair_settings *settings,
                      uint64_t seed);
void impair_path_deinit(struct impair_path *path);

/* A datagram enters; bytes are copied. */
void impair_path_push(struct impair_path *path, const void *bytes, size_t len, uint64_t now_us);

/* When the next one leaves; UINT64_MAX: none is under way. */
uint64_t impair_path_due(const struct impair_path *path);
/* The next one that is due, to be freed; NULL: none. */
struct impair_packet *impair_path_pop(struct impair_path *path, uint64_t now_us);
