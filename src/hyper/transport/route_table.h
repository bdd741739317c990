// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Which lane of which kind of wire carries a payload type, as data.
 *
 * Pure; any thread. */
#pragma once

#include <stdint.h>

#include <actr/context.h>

#include "hyper/wire/wire.h"

#define ROUTE_TABLE_NONE (-1)

/* The channel that carries `type` on a wire of `kind`, or ROUTE_TABLE_NONE. */
int route_table_channel(enum actr_payload_type type, enum wire_kind kind);
