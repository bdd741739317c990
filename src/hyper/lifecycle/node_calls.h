// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What contexts may do outwards: calls.h, as the table that contexts are given. */
#pragma once

#include "hyper/workload/context.h"

extern const struct context_ops node_context_ops; /* owner: struct calls */
