// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The load average of the system, shared among its cores.
 *
 * Linux counts threads that wait for a disk as runnable; for a node that measures how soon it could
 * serve another request that is right. Reading it is a few microseconds of kernel time and no
 * waiting, so the loop may ask. No state. Any thread. */
#include "sys/cpu_load.h"

#include <stdlib.h>
#include <unistd.h>

double cpu_load(void)
{
    double average;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (getloadavg(&average, 1) != 1)
        return -1;
    return average / (double)(cores > 0 ? cores : 1);
}
