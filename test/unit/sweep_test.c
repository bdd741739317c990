// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The sweep finds what it is for, and takes nothing else for it. */
#include "sweep.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"

static int sweep(void (*fn)(void))
{
    const struct harness_test test = {"a test", fn};
    const struct harness_test *const tests[] = {&test};
    int kept = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY);
    assert_true(kept >= 0 && nowhere >= 0);
    signal(SIGSEGV, SIG_DFL); /* cmocka's, which the process of a sweep does not have */
    fflush(stdout);
    dup2(nowhere, STDOUT_FILENO); /* faults that are wanted are not to be counted as failures */
    int faults = sweep_all(tests, 1, 1);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(nowhere);
    close(kept);
    return faults;
}

static void allocate_two(void (*on_failure)(void))
{
    void *first = mem_alloc(1), *second = mem_alloc(1);
    if (!first || !second)
        on_failure();
    mem_free(first);
    mem_free(second);
}

static void fail_assertion(void)
{
    fail();
}

static void crash(void)
{
    raise(SIGSEGV);
}

static void give_up(void)
{
    raise(SIGABRT);
}

static void report_undefined(void)
{
    _exit(1); /* as a sanitizer does */
}

static void *left;
static void leak(void)
{
    mem_fail_at(0);
    mem_sweep_at(0, false);
    left = mem_alloc(1);
}

static void nothing(void)
{
}

static void on_assertion(void)
{
    allocate_two(fail_assertion);
}

static void on_crash(void)
{
    allocate_two(crash);
}

static void on_abort(void)
{
    allocate_two(give_up);
}

static void on_sanitizer(void)
{
    allocate_two(report_undefined);
}

static void on_leak(void)
{
    allocate_two(leak);
}

static void on_nothing(void)
{
    allocate_two(nothing);
}

/* Two allocations, each failing alone and with those after it: four injections, three shown of each
 * kind at most. */
TEST(crashes_aborts_reports_and_leaks_are_faults)
{
    assert_int_equal(sweep(on_crash), 4);
    assert_int_equal(sweep(on_abort), 4);
    assert_int_equal(sweep(on_sanitizer), 4);
    assert_int_equal(sweep(on_leak), 4);
}

TEST(a_failed_assertion_of_the_test_and_success_are_none)
{
    assert_int_equal(sweep(on_assertion), 0);
    assert_int_equal(sweep(on_nothing), 0);
}

/* A test that fails by itself shows nothing. */
TEST(a_test_that_fails_without_an_injection_is_a_fault)
{
    assert_int_equal(sweep(fail_assertion), 1);
}
