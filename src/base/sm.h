// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* State machines: an enum, a table of the moves allowed, and one function that writes the state.
 *
 * A move that the table does not allow is our own mistake and asserts; what a peer may cause must
 * be asked first with sm_can_move(). The owner's thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct sm;
typedef void sm_trace_fn(const struct sm *sm, unsigned from, unsigned to);

#define SM_TO(state) ((uint32_t)1 << (state))

/* Static storage. */
struct sm_table {
    const char *name;         /* of the machine: "wire" */
    const char *const *names; /* of the states */
    const uint32_t *moves;    /* for each state the states it may move to: SM_TO(a) | SM_TO(b) */
    unsigned count;           /* states; 32 at most */
};

/* Embedded in its owner. */
struct sm {
    const struct sm_table *table;
    sm_trace_fn *trace; /* called after each move; NULL: none */
    unsigned state;     /* for reading; only sm_move() writes it */
};

void sm_init(struct sm *sm, const struct sm_table *table, unsigned state);
void sm_move(struct sm *sm, unsigned to);

static inline bool sm_can_move(const struct sm *sm, unsigned to)
{
    return to < sm->table->count && (sm->table->moves[sm->state] & SM_TO(to)) != 0;
}

/* The name of the present state, for logs. */
static inline const char *sm_name(const struct sm *sm)
{
    return sm->table->names[sm->state];
}
