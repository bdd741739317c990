// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One direction of a path for datagrams: a bottleneck with a queue, a delay with jitter, and what
 * may befall a packet. Packets that arrive at the same time are one burst. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "base/list.h"
#include "sys/loop.h"

struct sim_path_nature {
    uint64_t delay_us, jitter_us; /* one way; jitter alone keeps the order */
    uint64_t rate;                /* bytes/s; 0: no bottleneck */
    size_t mtu;                   /* of probes, others may be fragmented; 0: any */
    size_t queue_max;             /* bytes that wait for the bottleneck; what is more is lost */
    uint64_t gather_us;           /* arrivals are rounded up to multiples of it; 0: they are not */
    unsigned lose, repeat, damage, late; /* of 10,000 */
    uint64_t late_us;                    /* at most; what is late does not hold others up */
};

struct sim_path {
    struct sim_path_nature nature; /* may be changed while packets are on their way */
    bool is_cut;
    uint64_t sent, lost, overflown, bytes; /* packets; lost: by chance or by a cut */
    void (*on_packet)(void *owner, uint8_t *packet, size_t len);
    void (*on_burst_end)(void *owner);
    void *owner;
    struct loop *loop;
    uint64_t *random;
    struct list flying; /* by arrival */
    struct loop_timer arrival;
    uint64_t free_ns; /* when the bottleneck is */
    uint64_t last_us; /* arrival of the last that was not late */
};

/* `random` is the state of a generator that is shared. */
void sim_path_init(struct sim_path *path, struct loop *loop, uint64_t *random);
void sim_path_deinit(struct sim_path *path);
void sim_path_send(struct sim_path *path, struct actr_view packet);
