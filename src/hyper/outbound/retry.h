// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* When a message is sent again, as data. Only the identical envelope is: its request id lets the
 * callee answer it once.
 *
 * Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Wires one message is sent by, the first included. */
#define RETRY_WIRES_MAX 5

/* From the first wire to the last. The callee remembers for 30 s what it has answered (counted from
 * its answer): what comes later would run again. */
#define RETRY_SPAN_US 25000000u

/* On a wire whose peer has not yet shown that it reads, a message is sent again this often. The
 * existing system's listener drops what arrives before it has verified the caller. */
#define RETRY_REPEATS_MAX 3

/* How long after the first time on that wire the repeat number `repeat` (0…RETRY_REPEATS_MAX - 1)
 * is due. */
uint64_t retry_repeat_us(unsigned repeat);

/* So long requests wait for a path that is being looked for; and the hint to those that are given
 * up: the pace at which it is asked for. */
#define RETRY_WINDOW_US 6000000u
#define RETRY_UNREADY_MS 2000

/* The pause before a peer that was unreachable is dialled again for the tells that wait for it. */
#define RETRY_TELL_US 1000000u
