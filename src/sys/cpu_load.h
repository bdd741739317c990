// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* How busy this machine is. Any thread. */
#pragma once

/* Runnable threads for each core, over the last minute: 0 is idle, 1 is fully used. Negative: the
 * system does not tell. */
double cpu_load(void);
