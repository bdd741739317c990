// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "sys/thread.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include <actr/error.h>

#include "harness.h"

struct seen {
    char name[16];
    bool pipe_blocked, int_blocked, segv_blocked;
};

static void look(void *arg)
{
    struct seen *seen = arg;
    sigset_t mask;
    pthread_getname_np(pthread_self(), seen->name, sizeof(seen->name));
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    seen->pipe_blocked = sigismember(&mask, SIGPIPE) == 1;
    seen->int_blocked = sigismember(&mask, SIGINT) == 1;
    seen->segv_blocked = sigismember(&mask, SIGSEGV) == 1;
}

TEST(a_thread_has_a_name_and_hears_no_signals)
{
    struct thread thread;
    struct seen seen = {0};
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_int_equal(thread_start(&thread, "actr-loop-with-a-long-name", look, &seen), 0);
    thread_join(&thread);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_string_equal(seen.name, "actr-loop-with-");
    assert_true(seen.pipe_blocked && seen.int_blocked);
    assert_false(seen.segv_blocked);
    for (int number = 1; number < 32; number++)
        assert_int_equal(sigismember(&before, number), sigismember(&after, number));
}
