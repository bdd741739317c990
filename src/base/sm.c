// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The one place where a state is written.
 *
 * A move to the same state is a move like any other: the table must allow it. The trace runs after
 * the write and must not move the machine itself.
 *
 * The owner's thread; no allocation. */
#include "base/sm.h"

#include <assert.h>

void sm_init(struct sm *sm, const struct sm_table *table, unsigned state)
{
    assert(table->count <= 32 && state < table->count);
    *sm = (struct sm){.table = table, .state = state};
}

void sm_move(struct sm *sm, unsigned to)
{
    unsigned from = sm->state;
    assert(sm_can_move(sm, to));
    sm->state = to;
    if (sm->trace)
        sm->trace(sm, from, to);
}
