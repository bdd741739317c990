// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A row in memory, from its making to its end.
 *
 * It owns what it holds: the envelope, the encoded peer, the bodies of an answer, the words of a
 * dead letter. Whoever has it may free it; it must be in no list then, and not with the store.
 *
 * Any thread, one at a time. */
#include "mailbox/row.h"

#include "base/mem.h"

struct row *row_new(void)
{
    struct row *row = mem_alloc(sizeof(*row));
    if (row)
        list_init(&row->message._link);
    return row;
}

void row_clear(struct row *row)
{
    actr_bytes_unref(row->message.envelope);
    actr_bytes_unref(row->from);
    actr_bytes_unref(row->answer.payload);
    actr_bytes_unref(row->answer.text);
    actr_bytes_unref(row->detail);
    actr_bytes_unref(row->to);
    *row = (struct row){0};
    list_init(&row->message._link);
}

void row_free(struct row *row)
{
    if (!row)
        return;
    row_clear(row);
    mem_free(row);
}
