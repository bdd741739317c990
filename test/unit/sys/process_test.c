// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <actr/error.h>

#include "harness.h"
#include "sys/process.h"

/* What a shell that was given this script ended with. */
static void assert_ends(const char *script, const char *wanted)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    struct process process;
    char text[PROCESS_END_SIZE];
    process_init(&process);
    assert_int_equal(process_fd(&process), -1);
    assert_int_equal(process_spawn(&process, argv, NULL, 0), 0);
    assert_true(process_fd(&process) >= 0);
    struct process_end end = process_reap(&process);
    assert_string_equal(process_end_text(&end, text), wanted);
    process_kill(&process); /* nothing any more */
    process_deinit(&process);
}

TEST(the_end_of_a_process_is_told)
{
    assert_ends("exit 0", "exited with status 0");
    assert_ends("exit 42", "exited with status 42");
    assert_ends("kill -ABRT $$", "was killed by signal 6 (SIGABRT)");
}

TEST(signals_are_as_at_the_beginning_and_nothing_is_to_be_read)
{
    signal(SIGTERM, SIG_IGN);
    assert_ends("kill -TERM $$", "was killed by signal 15 (SIGTERM)");
    signal(SIGTERM, SIG_DFL);
    assert_ends("read line", "exited with status 1");
}

TEST(a_program_that_is_not_there_is_named)
{
    const char *argv[] = {"/no/such", NULL};
    struct process process;
    process_init(&process);
    assert_int_equal(process_spawn(&process, argv, NULL, 0), ACTR_EIO);
    assert_string_equal(actr_errmsg(), "/no/such: cannot be run: No such file or directory");
    process_deinit(&process);
}

/* What it left behind in its group has the writing end of a pipe, and goes with it. */
TEST(what_it_left_behind_ends_with_it)
{
    int ends[2];
    char script[64], byte;
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    struct process process;
    process_init(&process);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    snprintf(script, sizeof(script), "sleep 1000 >&%d & exec cat /dev/zero >/dev/null", ends[1]);
    assert_int_equal(process_spawn(&process, argv, &ends[1], 1), 0);
    close(ends[1]);
    process_kill(&process);
    struct process_end end = process_reap(&process);
    assert_true(end.is_signal && end.number == SIGKILL);
    assert_int_equal(read(ends[0], &byte, 1), 0); /* the last one has closed it */
    close(ends[0]);
    process_deinit(&process);
}
