// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The load of this machine: Linux tells it, so it is not negative, and no machine has a million
 * runnable threads. */
#include "sys/cpu_load.h"

#include "harness.h"

TEST(it_is_known)
{
    double load = cpu_load();
    assert_true(load >= 0 && load < 1000000);
}
