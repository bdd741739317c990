// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Writes and rows, the same for every ledger.
 *
 * A write owns its rows and they own their cells until it is finished. The bound on waiting writes
 * is kept here, so that no implementation can forget it. Must never touch a file.
 *
 * Loop thread. */
#include "ledger.h"

#include <assert.h>

#include "base/mem.h"

const struct ledger_schema ledger_schemas[LEDGER_TABLE_COUNT] = {
    [LEDGER_SETTING] = {"setting", {{"name", LEDGER_TEXT}, {"value", LEDGER_BLOB}}, 2},
    [LEDGER_SIGNING_KEY] = {"signing_key",
                            {{"id", LEDGER_NUMBER},
                             {"seed", LEDGER_BLOB},
                             {"public_key", LEDGER_BLOB},
                             {"retired_at", LEDGER_NUMBER}},
                            4},
    [LEDGER_REALM] = {"realm",
                      {{"id", LEDGER_NUMBER},
                       {"name", LEDGER_TEXT},
                       {"enabled", LEDGER_NUMBER},
                       {"secret_sha256", LEDGER_BLOB},
                       {"previous_secret_sha256", LEDGER_BLOB},
                       {"previous_until", LEDGER_NUMBER}},
                      6},
    [LEDGER_ACTOR] = {"actor",
                      {{"id", LEDGER_TEXT},
                       {"profile", LEDGER_BLOB},
                       {"ws_address", LEDGER_TEXT},
                       {"expires_at", LEDGER_NUMBER},
                       {"token_sha256", LEDGER_BLOB},
                       {"token_expires_at", LEDGER_NUMBER},
                       {"old_token_sha256", LEDGER_BLOB},
                       {"old_token_expires_at", LEDGER_NUMBER}},
                      8},
    [LEDGER_MANUFACTURER] = {"manufacturer",
                             {{"name", LEDGER_TEXT},
                              {"public_key", LEDGER_BLOB},
                              {"contact", LEDGER_TEXT}},
                             3},
    [LEDGER_PACKAGE] = {"package", {{"id", LEDGER_TEXT}, {"manifest", LEDGER_BLOB}}, 2},
};

struct ledger_write *ledger_write_new(ledger_done_fn *done, void *owner)
{
    struct ledger_write *write = mem_alloc(sizeof(*write));
    if (!write)
        return NULL;
    list_init(&write->rows);
    list_init(&write->link);
    write->done = done;
    write->owner = owner;
    return write;
}

struct ledger_row *ledger_add(struct ledger_write *write, enum ledger_table table)
{
    struct ledger_row *row = write ? mem_alloc(sizeof(*row)) : NULL;
    if (!row)
        return NULL;
    list_init(&row->link);
    row->table = table;
    list_push(&write->rows, &row->link);
    return row;
}

void ledger_write_free(struct ledger_write *write)
{
    if (!write)
        return;
    for (struct list *link; (link = list_pop(&write->rows));) {
        struct ledger_row *row = container_of(link, struct ledger_row, link);
        for (size_t i = 0; i < LEDGER_CELLS_MAX; i++)
            actr_bytes_unref(row->cells[i].bytes);
        mem_free(row);
    }
    mem_free(write);
}

static void finish(struct ledger_write *write)
{
    write->ledger->_waiting--;
    if (write->done)
        write->done(write->owner, write->result);
    ledger_write_free(write);
}

static void on_turn(struct loop_task *task)
{
    struct ledger *ledger = container_of(task, struct ledger, _task);
    struct list batch;
    list_init(&batch);
    list_append(&batch, &ledger->_answered);
    for (struct list *link; (link = list_pop(&batch));)
        finish(container_of(link, struct ledger_write, link));
    if (!ledger->_is_closing || ledger->_waiting > 0)
        return;

    ledger_closed_fn *on_closed = ledger->_on_closed;
    void *owner = ledger->_owner;
    ledger_free(ledger);
    on_closed(owner);
}

void ledger_init(struct ledger *ledger, const struct ledger_ops *ops, struct loop *loop)
{
    ledger->ops = ops;
    ledger->loop = loop;
    list_init(&ledger->_answered);
    loop_task_init(&ledger->_task, on_turn);
}

void ledger_answer(struct ledger_write *write, int result)
{
    write->result = result;
    list_push(&write->ledger->_answered, &write->link);
    loop_defer(write->ledger->loop, &write->ledger->_task);
}

static bool has_failed_cell(const struct ledger_write *write)
{
    list_each(pos, &write->rows)
    {
        const struct ledger_row *row = container_of(pos, struct ledger_row, link);
        for (size_t i = 0; i < LEDGER_CELLS_MAX; i++)
            if (actr_bytes_failed(row->cells[i].bytes))
                return true;
    }
    return false;
}

void ledger_submit(struct ledger *ledger, struct ledger_write *write)
{
    write->ledger = ledger;
    ledger->_waiting++;
    if (has_failed_cell(write))
        ledger_answer(write, ACTR_ENOMEM);
    else if (ledger->_waiting > LEDGER_WAITING_MAX)
        ledger_answer(write, ACTR_EUNAVAILABLE);
    else
        ledger->ops->submit(ledger, write);
}

int ledger_load(struct ledger *ledger, ledger_row_fn *fn, void *owner)
{
    return ledger->ops->load(ledger, fn, owner);
}

void ledger_close(struct ledger *ledger, ledger_closed_fn *fn, void *owner)
{
    ledger->_is_closing = true;
    ledger->_on_closed = fn;
    ledger->_owner = owner;
    loop_defer(ledger->loop, &ledger->_task);
}

void ledger_free(struct ledger *ledger)
{
    if (!ledger)
        return;
    assert(ledger->_waiting == 0);
    loop_task_cancel(&ledger->_task);
    ledger->ops->free(ledger);
}
