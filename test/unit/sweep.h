// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The sweep over a program's tests: each runs again and again in a process of its own, while the
 * n-th allocation fails, alone or with every one after it.
 *
 * A test is written for success, so under injection it may fail at an assertion of its own: the
 * code has reported what happened, and that is no fault. A fault is what code must never do however
 * little memory there is: crash, fail an assertion of its own, trip a sanitizer, hang, or, when the
 * test still passes, leave memory or descriptors behind.
 *
 * A test with few allocations is swept over all of them; of one with many, the first ones and a
 * sample of the rest that the seed draws. sweep.c has the bounds.
 *
 * ACTR_SWEEP=all      sweeps.
 * ACTR_SWEEP=once:17  runs the tests in the ordinary way, with the 17th allocation failing;
 * from:17, it and all after it. For a debugger, with ACTR_TEST=name. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness.h"

struct sweep_fault {
    size_t at; /* 0: none */
    bool is_once;
};

/* What ACTR_SWEEP asks for one run; `at` 0: nothing. */
struct sweep_fault sweep_given(void);

/* Is this a sweep, or a run of one injection? What must be so before the first test asks. */
bool sweep_is_on(void);

/* Is this a whole sweep? */
bool sweep_is_wanted(void);

/* Sweeps the tests; how many faults there are. */
int sweep_all(const struct harness_test *const *tests, size_t count, uint64_t seed);
