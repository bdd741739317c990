// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Whole nodes whose actor is a library in a process of its own: what it does to itself is an error
 * for one message, and the node goes on. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rig.h"

/* A sanitizer that finds something in the library ends it as the C library would. */
static void begin(const char *name)
{
    setenv("ASAN_OPTIONS", "abort_on_error=1:handle_segv=0:handle_abort=0", 1);
    setenv("TSAN_OPTIONS", "abort_on_error=1:halt_on_error=1:handle_segv=0:handle_abort=0", 1);
    rig_start(name);
    unsetenv("ASAN_OPTIONS");
    unsetenv("TSAN_OPTIONS");
}

/* The message gets the error, and the next one a new process. */
static void check_ends(const char *word, const char *how)
{
    char wanted[256];
    begin("raw_guest");
    rig_expect("fine", 0, "raw");
    snprintf(wanted, sizeof(wanted), "raw_guest.so: raw: its process %s", how);
    rig_expect(word, ACTR_EINTERNAL, wanted);
    rig_expect("fine", 0, "raw");
    rig_close();
}

TEST(a_signal_is_named)
{
    rig_isolate();
    check_ends("segv", "was killed by signal 11 (SIGSEGV)");
}

TEST(an_abort_is_named)
{
    rig_isolate();
    check_ends("abort", "was killed by signal 6 (SIGABRT)");
}

TEST(an_exit_is_named_with_its_status)
{
    rig_isolate();
    check_ends("exit.", "exited with status 3");
}

/* The allocator of the thread sanitizer does not look. */
#ifndef __SANITIZE_THREAD__
TEST(memory_that_is_freed_twice_is_an_abort)
{
    rig_isolate();
    check_ends("hurt free-twice", "was killed by signal 6 (SIGABRT)");
}
#endif

TEST(a_response_that_is_nowhere_is_a_signal)
{
    rig_isolate();
    check_ends("hurt wild", "was killed by signal 11 (SIGSEGV)");
}

/* The address sanitizer looks before it reads. */
#ifdef __SANITIZE_ADDRESS__
#define BEYOND "was killed by signal 6 (SIGABRT)"
#else
#define BEYOND "was killed by signal 11 (SIGSEGV)"
#endif

TEST(a_response_whose_length_is_corrupt_is_a_signal)
{
    rig_isolate();
    check_ends("hurt beyond", BEYOND);
}

TEST(a_library_that_writes_over_the_channel_is_ended)
{
    static const char told[] =
        "raw_guest.so: raw: its process broke the rules: the channel says that ";
    rig_isolate();
    begin("raw_guest");
    rig_expect("fine", 0, "raw");
    /* Which of the numbers it has written over is looked at first is a matter of luck. */
    assert_int_equal(rig_ask("raw", "hurt scribble", 0), ACTR_EINTERNAL);
    if (strncmp(rig.answer, told, strlen(told)) != 0)
        fail_msg("%s", rig.answer);
    rig_expect("fine", 0, "raw");
    rig_close();
}

TEST(a_library_that_never_returns_is_ended_after_its_time)
{
    rig_isolate();
    rig.options.entry_max_ms = 4000;
    begin("raw_guest");
    rig_expect("hurt for-ever", ACTR_ETIMEDOUT,
               "raw_guest.so: raw: did not return within 4000 ms; its process was killed");
    rig_expect("fine", 0, "raw");
    rig_close();
}

TEST(a_copy_of_the_library_ends_when_it_returns)
{
    rig_isolate();
    begin("raw_guest");
    rig_expect("hurt fork-return", 0, "raw");
    rig_expect("fine", 0, "raw");
    rig_close();
}

static int make_file(char *path)
{
    strcpy(path, "/tmp/actr-process-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    return fd;
}

TEST(a_copy_that_stays_ends_with_the_library)
{
    rig_isolate();
    char path[32], word[96];
    int fd = make_file(path);
    begin("raw_guest");
    snprintf(word, sizeof(word), "hurt lock=%s ", path);
    rig_expect(word, 0, "raw");
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    assert_int_not_equal(fcntl(fd, F_SETLK, &whole), 0);
    rig_expect("exit.", ACTR_EINTERNAL, "raw_guest.so: raw: its process exited with status 3");
    assert_int_equal(fcntl(fd, F_SETLKW, &whole), 0); /* waits until nobody has it */
    rig_expect("fine", 0, "raw");
    rig_close();
    close(fd);
    unlink(path);
}

static void ask_which(char *ret_pid, size_t cap)
{
    assert_int_equal(rig_ask("raw", "hurt which", 0), 0);
    snprintf(ret_pid, cap, "%s", rig.answer);
}

TEST(a_process_that_ends_between_two_entries_is_started_again)
{
    rig_isolate();
    char dir[64], path[80], word[112], before[sizeof(rig.answer)], after[sizeof(rig.answer)];
    harness_folder(dir, sizeof(dir));
    snprintf(path, sizeof(path), "%s/fifo", dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    begin("raw_guest");
    snprintf(word, sizeof(word), "hurt fifo=%s ", path);
    rig_expect(word, 0, "raw");
    ask_which(before, sizeof(before));
    int fd = open(path, O_WRONLY);
    assert_int_equal(write(fd, "x", 1), 1);
    int r = 0;
    do { /* until it has been seen */
        r = rig_ask("raw", "hurt which", 0);
        snprintf(after, sizeof(after), "%s", rig.answer);
    } while (r == 0 && strcmp(after, before) == 0);
    if (r < 0) /* it was inside */
        assert_string_equal(after, "raw_guest.so: raw: its process exited with status 5");
    rig_expect("fine", 0, "raw");
    rig_close();
    close(fd);
    unlink(path);
    assert_int_equal(rmdir(dir), 0);
}

TEST(what_waits_is_handled_by_the_next_process)
{
    rig_isolate();
    begin("raw_guest");
    for (int i = 0; i < 3; i++)
        assert_int_equal(actr_tell(rig.node, actr_dest_workload(), "raw",
                                   actr_bytes_str(i == 0 ? "exit." : "fine"), NULL),
                         0);
    rig_expect("fine", 0, "raw");
    rig_close();
}

TEST(a_process_that_ends_in_init_ends_the_start)
{
    rig_isolate();
    setenv("RAW_GUEST_INIT", "exit", 1);
    rig_open("raw_guest");
    unsetenv("RAW_GUEST_INIT");
    assert_int_equal(actr_node_start(rig.node), ACTR_EINTERNAL);
    assert_string_equal(actr_errmsg(), "raw_guest.so: init: its process exited with status 4");
    assert_int_equal(actr_node_get_state(rig.node), ACTR_NODE_OPEN);
    assert_int_equal(actr_node_start(rig.node), 0); /* without the variable */
    rig_expect("fine", 0, "raw");
    rig_close();
}

TEST(a_process_that_ends_in_shutdown_is_another_at_the_next_start)
{
    rig_isolate();
    begin("raw_guest");
    rig_expect("hurt exit-shutdown", 0, "raw");
    assert_int_equal(actr_node_stop(rig.node, 0), 0);
    assert_int_equal(actr_node_start(rig.node), 0);
    rig_expect("fine", 0, "raw");
    rig_close();
}

TEST(a_library_that_failed_to_shut_down_gets_another_process)
{
    rig_isolate();
    begin("raw_guest");
    rig_expect("bad-shutdown", 0, "raw");
    assert_int_equal(actr_node_stop(rig.node, 0), 0);
    assert_int_equal(actr_node_start(rig.node), 0);
    rig_expect("fine", 0, "raw");
    rig_close();
}

TEST(a_constructor_that_exits_is_an_error_of_loading)
{
    rig_isolate();
    rig_refused("raw_constructor", "cannot be loaded: its process exited with status 9");
}

TEST(a_program_that_is_not_there_is_named)
{
    rig_isolate();
    rig.options.host_path = "/nowhere/actr-dynclib-host";
    assert_null(rig_load("raw_guest"));
    assert_string_equal(actr_errmsg(),
                        "/nowhere/actr-dynclib-host: cannot be run: No such file or directory");
}

TEST(a_process_that_ends_too_often_stops_the_node)
{
    rig_isolate();
    rig.options.restarts_max = 1;
    begin("raw_guest");
    rig_expect("exit.", ACTR_EINTERNAL, "raw_guest.so: raw: its process exited with status 3");
    rig_expect("exit.", ACTR_EINTERNAL, "raw_guest.so: raw: its process exited with status 3");
    assert_true(waiter_wait(&rig.stopped, WAITER_FOREVER));
    assert_int_equal(actr_node_start(rig.node), 0);
    rig_expect("fine", 0, "raw");
    rig_close();
}
