// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Signals are process-wide: each test leaves the mask as it was, with nothing pending. */
#include "sys/signals.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

static bool is_blocked(int number)
{
    sigset_t mask;
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
    return sigismember(&mask, number) == 1;
}

TEST(a_signal_that_came_before_the_wait_is_not_lost)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        struct signals signals;
        signals_block(&signals);
        assert_int_equal(kill(getpid(), numbers[i]), 0);
        assert_int_equal(signals_wait(&signals), numbers[i]);
        signals_restore(&signals);
    }
}

TEST(only_the_two_are_blocked_and_what_was_blocked_stays)
{
    struct signals signals;
    sigset_t own, before;
    sigemptyset(&own);
    sigaddset(&own, SIGUSR1);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &own, &before), 0);
    assert_false(is_blocked(SIGINT) || is_blocked(SIGTERM));

    signals_block(&signals);
    assert_true(is_blocked(SIGINT) && is_blocked(SIGTERM) && is_blocked(SIGUSR1));
    assert_false(is_blocked(SIGHUP) || is_blocked(SIGCHLD) || is_blocked(SIGPIPE));
    signals_restore(&signals);
    assert_false(is_blocked(SIGINT) || is_blocked(SIGTERM));
    assert_true(is_blocked(SIGUSR1));

    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
}

/* A program that drains after the first signal; the second comes while it does. */
static void drain(void)
{
    struct signals signals;
    signal(SIGTERM, SIG_DFL);
    signals_block(&signals);
    kill(getpid(), SIGTERM);
    if (signals_wait(&signals) != SIGTERM)
        _exit(1);
    signals_restore(&signals);
    kill(getpid(), SIGTERM);
    _exit(2);
}

TEST(a_second_signal_ends_the_process)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        drain();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
}
