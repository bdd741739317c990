// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The backend of shared libraries: actr_workload_load() of <actr/workload.h>. Blocks while it loads
 * and frees; the operations of the workload run on the loop and only queue. */
#pragma once

#include <actr/workload.h>
