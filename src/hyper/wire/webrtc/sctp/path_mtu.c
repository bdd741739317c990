// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The search for the largest datagram of a path.
 *
 * Of the sizes that are larger than the one known to fit and not known to be too big, the next
 * probe has the one that was tried the fewest times, and of these the largest. So the first round
 * goes down until something fits, later ones try again what is above it. A size that fits ends the
 * trying of all below. When there is none left to try the search is complete.
 *
 * A probe's number carries its step, so that a late answer counts too: how late it is, is no
 * matter for what the path carries. Numbers from before a change of path or a black hole do not
 * count.
 *
 * Pure: no clock, no memory, no I/O. A peer that acknowledges what it has not got is harmed itself,
 * nobody else. */
#include "hyper/wire/webrtc/sctp/path_mtu.h"

#include <assert.h>
#include <string.h>

/* Largest first. The first step is what the owner has for a maximum. 28 bytes of IPv4 and UDP, 48
 * with IPv6. */
static const uint16_t path_mtu_sizes[PATH_MTU_STEPS] = {
    UINT16_MAX, /* loopback, by the owner's maximum */
    8848,       /* jumbo frames: 8,896, 9,000 with either IP */
    1472,       /* Ethernet, IPv4 */
    1452,       /* Ethernet with IPv6, PPPoE with IPv4, a TURN channel */
    1432,       /* 1,460 with IPv4, PPPoE with IPv6 */
    1402,       /* VXLAN (1,450) */
    1372,       /* WireGuard (1,420) */
    1312,       /* a tunnel in a tunnel */
};

#define PATH_MTU_STEP_BITS 4

static const char *const path_mtu_names[] = {"base", "search", "complete", "error"};
static const uint32_t path_mtu_moves[] = {
    [PATH_MTU_BASE] = SM_TO(PATH_MTU_SEARCH) | SM_TO(PATH_MTU_BASE),
    [PATH_MTU_SEARCH] = SM_TO(PATH_MTU_COMPLETE) | SM_TO(PATH_MTU_ERROR) | SM_TO(PATH_MTU_BASE),
    [PATH_MTU_COMPLETE] = SM_TO(PATH_MTU_SEARCH) | SM_TO(PATH_MTU_ERROR) | SM_TO(PATH_MTU_BASE),
    [PATH_MTU_ERROR] = SM_TO(PATH_MTU_SEARCH) | SM_TO(PATH_MTU_BASE),
};
static const struct sm_table path_mtu_table = {"path_mtu", path_mtu_names, path_mtu_moves, 4};

void path_mtu_init(struct path_mtu *mtu, size_t base, size_t max)
{
    assert(base > 0 && max < UINT16_MAX);
    *mtu = (struct path_mtu){
        ._base = base,
        ._max = max,
        ._size = base,
        ._refused = SIZE_MAX,
        ._deadline_us = UINT64_MAX,
    };
    sm_init(&mtu->state, &path_mtu_table, PATH_MTU_BASE);
}

static size_t size_of(const struct path_mtu *mtu, unsigned step)
{
    return step == 0 || path_mtu_sizes[step] > mtu->_max ? mtu->_max : path_mtu_sizes[step];
}

/* False: there is none left to try. */
static bool next_step(const struct path_mtu *mtu, uint8_t *ret_step)
{
    uint8_t tries = PATH_MTU_TRIES;
    for (uint8_t i = 0; i < PATH_MTU_STEPS; i++) {
        size_t size = size_of(mtu, i);
        bool is_open = size > mtu->_size && size < mtu->_refused;
        if (!is_open || (i > 0 && size == mtu->_max) || mtu->_tries[i] >= tries)
            continue;
        tries = mtu->_tries[i];
        *ret_step = i;
    }
    return tries < PATH_MTU_TRIES;
}

/* No probe is out. */
static void settle(struct path_mtu *mtu, uint64_t now_us)
{
    uint8_t step;
    if (mtu->_deadline_us != UINT64_MAX || mtu->state.state != PATH_MTU_SEARCH ||
        next_step(mtu, &step))
        return;
    sm_move(&mtu->state, PATH_MTU_COMPLETE);
    mtu->_resume_us = now_us + PATH_MTU_RAISE_US;
}

static void search_begin(struct path_mtu *mtu)
{
    sm_move(&mtu->state, PATH_MTU_SEARCH);
    memset(mtu->_tries, 0, sizeof(mtu->_tries));
    mtu->_refused = SIZE_MAX;
}

/* Nothing that was learnt holds. */
static void forget(struct path_mtu *mtu, enum path_mtu_state state)
{
    sm_move(&mtu->state, state);
    mtu->_size = mtu->_base;
    mtu->_first = mtu->_last;
    mtu->_timeouts = 0;
    mtu->_deadline_us = UINT64_MAX;
}

size_t path_mtu_probe(struct path_mtu *mtu, uint64_t now_us, uint32_t *ret_id)
{
    enum path_mtu_state state = mtu->state.state;
    bool is_waiting = state == PATH_MTU_COMPLETE || state == PATH_MTU_ERROR;
    if (mtu->_size >= mtu->_max || mtu->_deadline_us != UINT64_MAX ||
        (is_waiting && now_us < mtu->_resume_us))
        return 0;
    if (state == PATH_MTU_COMPLETE)
        mtu->_holes = 0; /* it has held that long */
    if (state != PATH_MTU_SEARCH)
        search_begin(mtu);
    if (!next_step(mtu, &mtu->_step))
        return 0;
    mtu->_tries[mtu->_step]++;
    mtu->_deadline_us = now_us + PATH_MTU_TIMER_US;
    *ret_id = ++mtu->_last << PATH_MTU_STEP_BITS | mtu->_step;
    return size_of(mtu, mtu->_step);
}

/* Is it a probe of ours that counts? */
static bool is_ours(const struct path_mtu *mtu, uint32_t id, uint8_t *ret_step)
{
    uint32_t mask = UINT32_MAX >> PATH_MTU_STEP_BITS;
    uint32_t age = (mtu->_last - (id >> PATH_MTU_STEP_BITS)) & mask;
    *ret_step = id & ((1u << PATH_MTU_STEP_BITS) - 1);
    return age < ((mtu->_last - mtu->_first) & mask) && *ret_step < PATH_MTU_STEPS;
}

bool path_mtu_acknowledged(struct path_mtu *mtu, uint32_t id, uint64_t now_us)
{
    uint8_t step;
    if (!is_ours(mtu, id, &step) || size_of(mtu, step) <= mtu->_size)
        return false;
    mtu->_size = size_of(mtu, step);
    if (size_of(mtu, mtu->_step) <= mtu->_size)
        mtu->_deadline_us = UINT64_MAX;
    settle(mtu, now_us);
    return true;
}

void path_mtu_refused(struct path_mtu *mtu, uint32_t id, uint64_t now_us)
{
    uint8_t step;
    if (!is_ours(mtu, id, &step) || size_of(mtu, step) >= mtu->_refused)
        return;
    mtu->_refused = size_of(mtu, step);
    if (size_of(mtu, mtu->_step) >= mtu->_refused)
        mtu->_deadline_us = UINT64_MAX;
    settle(mtu, now_us);
}

void path_mtu_tick(struct path_mtu *mtu, uint64_t now_us)
{
    if (now_us < mtu->_deadline_us)
        return;
    mtu->_deadline_us = UINT64_MAX;
    settle(mtu, now_us);
}

bool path_mtu_timeout(struct path_mtu *mtu, size_t size, uint64_t now_us)
{
    uint64_t wait_us = (uint64_t)PATH_MTU_RETRY_US << mtu->_holes;
    if (size <= mtu->_base || mtu->_size == mtu->_base || ++mtu->_timeouts < PATH_MTU_TIMEOUTS)
        return false;
    if (wait_us < PATH_MTU_RAISE_US)
        mtu->_holes++;
    else
        wait_us = PATH_MTU_RAISE_US;
    forget(mtu, PATH_MTU_ERROR);
    mtu->_resume_us = now_us + wait_us;
    return true;
}

void path_mtu_path_changed(struct path_mtu *mtu)
{
    forget(mtu, PATH_MTU_BASE);
    mtu->_holes = 0;
}
