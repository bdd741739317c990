// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Waiting for the request to end: SIGINT or SIGTERM. For programs' main threads only; a library
 * does not touch signals.
 *
 * Block before any other thread is started, wait, then restore: from then on a further signal ends
 * the process in the usual way. */
#pragma once

#include <signal.h>

struct signals {
    sigset_t _waited, _before;
};

void signals_block(struct signals *signals);

/* Returns the number of the signal that came. */
int signals_wait(const struct signals *signals);

void signals_restore(const struct signals *signals);
