// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The largest datagram that a path carries, found by probes (DPLPMTUD, RFC 8899). Pure: time is an
 * argument, what is to be sent is returned. Sizes are of what UDP carries, in bytes.
 *
 * Only sizes of real links are tried (PATH_MTU_STEPS of them), the largest first: a machine whose
 * own link is smaller says so at once (path_mtu_refused()), so that Ethernet takes one probe and
 * one round trip. A size that got no answer is tried again, PATH_MTU_TRIES times in all, but after
 * those below it: what fits is in use soon. Hence a search sends PATH_MTU_PROBES_MAX probes at
 * most, one at a time, and is over after as many PATH_MTU_TIMER_US. The result is the largest of
 * these sizes that fits, unless all probes of it were lost; then the next search finds it.
 *
 * The loss of a probe says nothing of congestion: the owner neither counts it nor sends it again.
 * Nothing is due but the answer to a probe that is out: an idle session has no deadline. A search
 * begins with path_mtu_probe(), which the owner calls when it has sent data, and after each
 * path_mtu_tick(), _acknowledged() and _refused(), until it returns 0. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sm.h"

#define PATH_MTU_STEPS 8
#define PATH_MTU_TRIES 3 /* of one size (MAX_PROBES, RFC 8899 §5.1.2) */
#define PATH_MTU_PROBES_MAX (PATH_MTU_STEPS * PATH_MTU_TRIES) /* of one search */
#define PATH_MTU_TIMER_US 1000000u   /* for an answer (PROBE_TIMER, §5.1.1: no less) */
#define PATH_MTU_RAISE_US 600000000u /* until larger sizes are tried again (PMTU_RAISE_TIMER) */
#define PATH_MTU_TIMEOUTS 2 /* in succession, of large data: a black hole (MAX_PROBES of §4.3) */
/* Until the search after a black hole; doubled with each that follows, up to PATH_MTU_RAISE_US. */
#define PATH_MTU_RETRY_US 10000000u

enum path_mtu_state {
    PATH_MTU_BASE,     /* nothing has been tried on this path */
    PATH_MTU_SEARCH,   /* there are sizes to try */
    PATH_MTU_COMPLETE, /* until PATH_MTU_RAISE_US have passed */
    PATH_MTU_ERROR     /* a black hole: the base size, until the retry */
};

struct path_mtu {
    struct sm state;
    size_t _base, _max, _size;
    size_t _refused;        /* this and what is larger is too big */
    uint32_t _first, _last; /* probes of this path and search: after first, up to last */
    uint8_t _tries[PATH_MTU_STEPS];
    uint8_t _step; /* that is out, while there is a deadline */
    uint8_t _timeouts, _holes;
    uint64_t _deadline_us;
    uint64_t _resume_us; /* COMPLETE, ERROR: no search before */
};

/* base: what every path is taken to carry; max: what the owner can make use of. */
void path_mtu_init(struct path_mtu *mtu, size_t base, size_t max);

/* What may be sent: never less than base. */
static inline size_t path_mtu_size(const struct path_mtu *mtu)
{
    return mtu->_size;
}

/* The size of a probe to be sent now; 0: none. *ret_id goes with it, and comes back with the
 * answer. */
size_t path_mtu_probe(struct path_mtu *mtu, uint64_t now_us, uint32_t *ret_id);

/* The peer has got that probe. True: path_mtu_size() has grown. Unknown ones are ignored. */
bool path_mtu_acknowledged(struct path_mtu *mtu, uint32_t id, uint64_t now_us);

/* The system says that the probe is too big: its size and the larger ones are not tried again in
 * this search. */
void path_mtu_refused(struct path_mtu *mtu, uint32_t id, uint64_t now_us);

/* Gives up a probe whose time has passed. */
void path_mtu_tick(struct path_mtu *mtu, uint64_t now_us);

/* UINT64_MAX: nothing will be due. */
static inline uint64_t path_mtu_deadline(const struct path_mtu *mtu)
{
    return mtu->_deadline_us;
}

/* Data in a datagram of `size` was not acknowledged in time. True: once too often, and
 * path_mtu_size() is the base. What was cut for a larger size can still be sent, in fragments of
 * IP. */
bool path_mtu_timeout(struct path_mtu *mtu, size_t size, uint64_t now_us);

/* Data in a datagram of `size` was acknowledged. */
static inline void path_mtu_delivered(struct path_mtu *mtu, size_t size)
{
    if (size > mtu->_base)
        mtu->_timeouts = 0;
}

/* Another path is in use, or the old one is back: back to the base, and a new search. Answers to
 * earlier probes mean nothing any more. */
void path_mtu_path_changed(struct path_mtu *mtu);
