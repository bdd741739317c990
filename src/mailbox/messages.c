// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The table of messages.
 *
 * What comes out of the file may have been written by anybody: a number is clamped, a sender that
 * is no actor id makes a dead letter, and a row that no mailbox writes is refused when the file is
 * opened. Poison: a process that died of a message says nothing about which of those in flight it
 * was. So every row is counted before it is handed out, few at a time (in the transaction that
 * brings it, that loads it after a start, or in one that others need), and one that a start finds
 * counted twice is handed out alone from then on, so that only the guilty go on.
 *
 * The thread that has the database. Must never look at more rows than it hands out, but at the
 * start. */
#include "mailbox/messages.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "mailbox/database.h"
#include "mailbox/statement.h"

#define MESSAGES_SUSPECTS_MAX 64

/* Deliveries that have ended badly, from which on a row is handed out alone. Of a maximum of 2 one
 * has to be left to find out with. */
#define MESSAGES_ALONE_FROM 2

/* More would leave no room to count on. */
#define MESSAGES_ID_MAX ((int64_t)1 << 62)

#define MESSAGES_COLUMNS " id, priority, deliveries, session, received_ms, from_actr_id, payload "

struct messages {
    struct database *database;
    struct statement *insert, *removal, *count_delivery, *load;
};

struct messages *messages_free(struct messages *messages)
{
    if (!messages)
        return NULL;
    statement_free(messages->insert);
    statement_free(messages->removal);
    statement_free(messages->count_delivery);
    statement_free(messages->load);
    mem_free(messages);
    return NULL;
}

int messages_new(struct database *database, struct messages **ret_messages)
{
    struct messages *messages = mem_alloc(sizeof(*messages));
    if (!messages)
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    messages->database = database;
    int r = database_prepare(database,
                             "INSERT INTO messages (id, priority, deliveries, session,"
                             " received_ms, from_actr_id, payload) VALUES (?, ?, ?, ?, ?, ?, ?)",
                             &messages->insert);
    if (r == 0)
        r = database_prepare(database, "DELETE FROM messages WHERE id = ?", &messages->removal);
    if (r == 0)
        r = database_prepare(database,
                             "UPDATE messages SET deliveries = max(0, deliveries + ?2)"
                             " WHERE id = ?1",
                             &messages->count_delivery);
    if (r == 0)
        r = database_prepare(database,
                             "SELECT" MESSAGES_COLUMNS "FROM messages"
                             " WHERE priority = ?1 AND id > ?2 ORDER BY id",
                             &messages->load);
    if (r < 0) {
        messages_free(messages);
        return r;
    }
    *ret_messages = messages;
    return 0;
}

/* At the start ------------------------------------------------------------------------------- */

static int messages_scan_row(struct messages *messages, struct statement *statement,
                             messages_entry_fn *fn, void *arg)
{
    int64_t id = statement_get_int(statement, 0), priority = statement_get_int(statement, 1);
    if (id < 1 || id > MESSAGES_ID_MAX || statement_get_int(statement, 3) == 0)
        return err_origin(ACTR_ECONFIG,
                          "%s: the mailbox is damaged (message %lld was not written by a mailbox); "
                          "restore it from a copy, or move it away to begin with an empty one",
                          database_path(messages->database), (long long)id);
    const struct messages_entry entry = {
        .from = statement_get_view(statement, 4),
        .priority = priority == MAILBOX_HIGH ? MAILBOX_HIGH : MAILBOX_NORMAL,
        .bytes = (uint64_t)statement_get_int(statement, 2),
    };
    return fn(arg, &entry);
}

int messages_scan(struct messages *messages, messages_entry_fn *fn, void *arg, uint64_t *ret_id_max)
{
    struct statement *statement = NULL;
    uint64_t id_max = 0;
    int r = database_prepare(messages->database,
                             "SELECT id, priority, length(payload),"
                             " typeof(priority) = 'integer' AND priority IN (0, 1)"
                             " AND typeof(from_actr_id) = 'blob' AND typeof(payload) = 'blob',"
                             " from_actr_id FROM messages ORDER BY id",
                             &statement);
    if (r < 0)
        return r;
    while ((r = statement_next(statement)) > 0) {
        id_max = (uint64_t)statement_get_int(statement, 0);
        r = messages_scan_row(messages, statement, fn, arg);
        if (r < 0)
            break;
    }
    statement_free(statement);
    if (r == 0)
        *ret_id_max = id_max;
    return r;
}

/* Writing ------------------------------------------------------------------------------------ */

int messages_insert(struct messages *messages, const struct row *row)
{
    struct statement *insert = messages->insert;
    statement_int(insert, 1, (int64_t)row->message.id);
    statement_int(insert, 2, row->message.priority);
    statement_int(insert, 3, row->deliveries);
    statement_int(insert, 4, (int64_t)row->message.origin.session);
    statement_int(insert, 5, (int64_t)row->received_ms);
    statement_blob(insert, 6, actr_bytes_view(row->from));
    statement_blob(insert, 7, actr_bytes_view(row->message.envelope));
    return statement_run(insert);
}

int messages_delete(struct messages *messages, uint64_t id)
{
    statement_int(messages->removal, 1, (int64_t)id);
    return statement_run(messages->removal);
}

int messages_count_delivery(struct messages *messages, uint64_t id, int by)
{
    statement_int(messages->count_delivery, 1, (int64_t)id);
    statement_int(messages->count_delivery, 2, by);
    return statement_run(messages->count_delivery);
}

/* Reading ------------------------------------------------------------------------------------ */

static uint64_t messages_clamp(int64_t value, uint64_t max)
{
    uint64_t positive = value < 0 ? 0 : (uint64_t)value;
    return positive < max ? positive : max;
}

static int messages_read(struct statement *statement, struct row **ret_row)
{
    struct row *row = row_new();
    if (!row)
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    row->message.id = (uint64_t)statement_get_int(statement, 0);
    row->message.priority =
        statement_get_int(statement, 1) == MAILBOX_HIGH ? MAILBOX_HIGH : MAILBOX_NORMAL;
    row->deliveries = (uint32_t)messages_clamp(statement_get_int(statement, 2), UINT32_MAX);
    row->message.origin.session = (uint64_t)statement_get_int(statement, 3);
    row->received_ms = messages_clamp(statement_get_int(statement, 4), INT64_MAX);
    row->from = actr_bytes_copy(statement_get_view(statement, 5));
    row->message.envelope = actr_bytes_copy(statement_get_view(statement, 6));
    if (actr_bytes_failed(row->from) || actr_bytes_failed(row->message.envelope)) {
        row_free(row);
        return err_origin(ACTR_ENOMEM, "mailbox: no memory for a message");
    }
    *ret_row = row;
    return 0;
}

/* What is to be done about a row that was there at the start. */
static void messages_judge(const struct messages_load *load, struct row *row)
{
    uint32_t alone_from =
        load->deliveries_max > MESSAGES_ALONE_FROM ? MESSAGES_ALONE_FROM : MESSAGES_ALONE_FROM - 1;
    if (row->message.id > load->suspect_id_max)
        return;
    row->message.origin.session = 0; /* it was of another run */
    row->is_dead = row->deliveries >= load->deliveries_max;
    row->is_alone = !row->is_dead && row->deliveries >= alone_from;
    row->is_armed = !row->is_dead && !row->is_alone;
}

static int messages_load_rows(struct messages *messages, struct messages_load *load)
{
    struct statement *statement = messages->load;
    uint32_t count = 0, suspects = 0;
    uint64_t bytes = 0;
    int r = 0;

    statement_int(statement, 1, load->priority);
    statement_int(statement, 2, (int64_t)load->after_id);
    while (count < load->count_max && bytes < load->bytes_max && suspects < MESSAGES_SUSPECTS_MAX &&
           (r = statement_next(statement)) > 0) {
        struct row *row = NULL;
        r = messages_read(statement, &row);
        if (r < 0)
            break;
        messages_judge(load, row);
        if (row->is_alone && count > 0) {
            row_free(row);
            break;
        }
        list_push(&load->rows, &row->message._link);
        count++;
        suspects += row->is_armed;
        bytes += row->message.envelope.len;
        if (row->is_alone)
            break;
    }
    statement_reset(statement);
    return r < 0 ? r : 0;
}

/* Counts the deliveries that are to come, before they do. */
static int messages_arm(struct messages *messages, const struct list *rows)
{
    bool has_begun = false;
    int r = 0;
    list_each(link, rows)
    {
        struct row *row = container_of(link, struct row, message._link);
        if (!row->is_armed)
            continue;
        if (!has_begun)
            r = database_begin(messages->database);
        has_begun = true;
        if (r == 0)
            r = messages_count_delivery(messages, row->message.id, 1);
        if (r < 0)
            break;
        row->deliveries++;
    }
    if (has_begun && r == 0)
        r = database_commit(messages->database);
    if (r < 0)
        database_rollback(messages->database);
    return r;
}

int messages_load(struct messages *messages, struct messages_load *load)
{
    struct list *link;
    list_init(&load->rows);
    int r = messages_load_rows(messages, load);
    if (r == 0)
        r = messages_arm(messages, &load->rows);
    while (r < 0 && (link = list_pop(&load->rows)) != NULL)
        row_free(container_of(link, struct row, message._link));
    return r;
}

int messages_list(struct messages *messages, uint64_t after_id, uint32_t count_max,
                  messages_row_fn *fn, void *arg)
{
    struct statement *statement = NULL;
    int r = database_prepare(messages->database,
                             "SELECT" MESSAGES_COLUMNS "FROM messages WHERE id > ? ORDER BY id",
                             &statement);
    if (r < 0)
        return r;
    statement_int(statement, 1, (int64_t)after_id);
    for (uint32_t i = 0; i < count_max && (r = statement_next(statement)) > 0; i++) {
        struct row *row = NULL;
        r = messages_read(statement, &row);
        if (r < 0)
            break;
        fn(arg, row);
        row_free(row);
    }
    statement_free(statement);
    return r < 0 ? r : 0;
}
