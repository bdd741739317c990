// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The mailbox of a node without storage: bounded, in memory, gone with the process.
 *
 * Loop thread. Every operation takes constant time. */
#pragma once

#include "mailbox/mailbox.h"

struct loop;

/* NULL when memory has run out. It takes messages at once, opened or not. Limits of 0: 4,096
 * messages and 64 MiB in all, a quarter of these for one peer. A message counts until it is acked.
 * Room again means: down to half of the quota. */
struct mailbox *memory_mailbox_new(struct loop *loop, const struct mailbox_limits *limits,
                                   const struct mailbox_events *events, void *owner);
