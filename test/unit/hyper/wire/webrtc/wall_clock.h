// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The wall clock of a test on virtual time: OpenSSL reads gettimeofday() beside being
 * told that time has passed, and both must agree. Included by one file of a program. */
#pragma once

#include <sys/time.h>

#include "sys/loop_virtual.h"

/* Whose time it is; NULL: wall_clock_us. */
static struct loop *wall_clock_loop;
static uint64_t wall_clock_us = 1000000;

/* In place of the C library's; seen from shared libraries too. */
__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict tv,
                                                        void *restrict zone)
{
    uint64_t us = wall_clock_loop ? loop_now_us(wall_clock_loop) : wall_clock_us;

    *tv = (struct timeval){(time_t)(LOOP_VIRTUAL_EPOCH_MS / 1000 + us / 1000000),
                           (suseconds_t)(us % 1000000)};
    return 0;
}
