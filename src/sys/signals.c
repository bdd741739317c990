// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* SIGINT and SIGTERM, taken by waiting for them instead of by a handler.
 *
 * A blocked signal stays pending until somebody waits for it, so none is lost between the start of
 * a program and its wait, and nothing ever runs in the middle of something else. The program's main
 * thread; the only place that changes a signal mask besides starting a thread. */
#include "sys/signals.h"

#include <pthread.h>

void signals_block(struct signals *signals)
{
    sigemptyset(&signals->_waited);
    sigaddset(&signals->_waited, SIGINT);
    sigaddset(&signals->_waited, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals->_waited, &signals->_before);
}

int signals_wait(const struct signals *signals)
{
    int number = 0;
    while (sigwait(&signals->_waited, &number) != 0)
        ;
    return number;
}

void signals_restore(const struct signals *signals)
{
    pthread_sigmask(SIG_SETMASK, &signals->_before, NULL);
}
