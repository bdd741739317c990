// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The ledger of a server without a data folder: what it is told is forgotten, and answered at the
 * loop's next turn, as a real one would. A server on it begins anew at each start: other signing
 * keys, no registrations.
 *
 * Loop thread. */
#include "base/mem.h"
#include "ledger.h"

struct ledger_memory {
    struct ledger ledger;
};

static int memory_load(struct ledger *ledger, ledger_row_fn *fn, void *owner)
{
    return 0;
}

static void memory_submit(struct ledger *ledger, struct ledger_write *write)
{
    ledger_answer(write, 0);
}

static void memory_free(struct ledger *ledger)
{
    mem_free(container_of(ledger, struct ledger_memory, ledger));
}

struct ledger *ledger_memory_new(struct loop *loop)
{
    static const struct ledger_ops ops = {memory_load, memory_submit, memory_free};
    struct ledger_memory *memory = mem_alloc(sizeof(*memory));
    if (!memory)
        return NULL;
    ledger_init(&memory->ledger, &ops, loop);
    return &memory->ledger;
}
