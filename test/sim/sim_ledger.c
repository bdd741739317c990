// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A ledger whose rows outlive the server that wrote them: a list, searched by table and key. Rows
 * are few. Loop thread. */
#include "sim_ledger.h"

#include "base/bytes.h"
#include "base/mem.h"

struct sim_ledger {
    struct ledger ledger;
    struct sim_disk *disk;
};

static struct ledger_row *row_of(struct list *link)
{
    return container_of(link, struct ledger_row, link);
}

static void row_free(struct ledger_row *row)
{
    list_remove(&row->link);
    for (size_t i = 0; i < LEDGER_CELLS_MAX; i++)
        actr_bytes_unref(row->cells[i].bytes);
    mem_free(row);
}

void sim_disk_init(struct sim_disk *disk)
{
    list_init(&disk->rows);
}

void sim_disk_wipe(struct sim_disk *disk)
{
    while (!list_is_empty(&disk->rows))
        row_free(row_of(disk->rows.next));
}

static struct ledger_row *disk_find(struct sim_disk *disk, const struct ledger_row *wanted)
{
    const struct ledger_cell *key = &wanted->cells[0];
    list_each(link, &disk->rows)
    {
        struct ledger_row *row = row_of(link);
        if (row->table == wanted->table && row->cells[0].number == key->number &&
            view_equal(actr_bytes_view(row->cells[0].bytes), actr_bytes_view(key->bytes)))
            return row;
    }
    return NULL;
}

/* Tables in the order of the enum. */
static int sim_ledger_load(struct ledger *ledger, ledger_row_fn *fn, void *owner)
{
    struct sim_disk *disk = container_of(ledger, struct sim_ledger, ledger)->disk;
    for (int table = 0; table < LEDGER_TABLE_COUNT; table++) {
        list_each(link, &disk->rows)
        {
            int r = row_of(link)->table == (enum ledger_table)table ? fn(owner, row_of(link)) : 0;
            if (r < 0)
                return r;
        }
    }
    return 0;
}

static void sim_ledger_submit(struct ledger *ledger, struct ledger_write *write)
{
    struct sim_disk *disk = container_of(ledger, struct sim_ledger, ledger)->disk;
    for (struct list *link; (link = list_pop(&write->rows));) {
        struct ledger_row *row = row_of(link);
        struct ledger_row *old = disk_find(disk, row);
        if (old)
            row_free(old);
        list_push(&disk->rows, link);
        if (row->is_removal)
            row_free(row);
    }
    ledger_answer(write, 0);
}

static void sim_ledger_free(struct ledger *ledger)
{
    mem_free(container_of(ledger, struct sim_ledger, ledger));
}

struct ledger *sim_ledger_new(struct sim_disk *disk, struct loop *loop)
{
    static const struct ledger_ops ops = {sim_ledger_load, sim_ledger_submit, sim_ledger_free};
    struct sim_ledger *ledger = mem_alloc(sizeof(*ledger));
    if (!ledger)
        return NULL;
    ledger->disk = disk;
    ledger_init(&ledger->ledger, &ops, loop);
    return &ledger->ledger;
}
