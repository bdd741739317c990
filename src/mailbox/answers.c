// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The table of answers, a queue by row number: kept at its end, forgotten at its head, one row for
 * each that is added and a few more when there is a backlog of old ones, so that no transaction
 * grows by what happened long ago. A wall clock that steps may shorten the memory, never prolong it
 * beyond twice its time.
 *
 * The thread that has the database. */
#include "mailbox/answers.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "mailbox/database.h"
#include "mailbox/statement.h"

#define ANSWERS_FORGET_MAX 4 /* for each that is kept */

struct answers {
    struct database *database;
    struct statement *insert, *oldest, *removal;
    uint64_t bytes, bytes_settled; /* with the open transaction, and without it */
};

struct answers *answers_free(struct answers *answers)
{
    if (!answers)
        return NULL;
    statement_free(answers->insert);
    statement_free(answers->oldest);
    statement_free(answers->removal);
    mem_free(answers);
    return NULL;
}

int answers_new(struct database *database, struct answers **ret_answers)
{
    struct answers *answers = mem_alloc(sizeof(*answers));
    if (!answers)
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    answers->database = database;
    int r = database_prepare(database,
                             "INSERT INTO answers (finished_ms, code, retry_after_ms, from_actr_id,"
                             " request_id, payload, text) VALUES (?, ?, ?, ?, ?, ?, ?)",
                             &answers->insert);
    if (r == 0)
        r = database_prepare(database,
                             "SELECT number, finished_ms, length(payload) + length(text)"
                             " FROM answers ORDER BY number LIMIT 1",
                             &answers->oldest);
    if (r == 0)
        r = database_prepare(database, "DELETE FROM answers WHERE number = ?", &answers->removal);
    if (r < 0) {
        answers_free(answers);
        return r;
    }
    *ret_answers = answers;
    return 0;
}

/* At the start ------------------------------------------------------------------------------- */

void answers_entry_free(struct answers_entry *entry)
{
    actr_bytes_unref(entry->from);
    actr_bytes_unref(entry->id);
    actr_bytes_unref(entry->answer.payload);
    actr_bytes_unref(entry->answer.text);
    mem_free(entry);
}

static bool answers_is_old(uint64_t finished_ms, uint64_t now_ms)
{
    return now_ms >= finished_ms ? now_ms - finished_ms >= ANSWERS_TTL_MS
                                 : finished_ms - now_ms >= ANSWERS_TTL_MS;
}

static int answers_read_entry(struct statement *statement, struct answers_entry **ret_entry)
{
    struct answers_entry *entry = mem_alloc(sizeof(*entry));
    if (!entry)
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    int64_t code = statement_get_int(statement, 1);
    entry->answer.code = code > 0 || code < INT32_MIN ? ACTR_EINTERNAL : (int)code;
    entry->answer.retry_after_ms = statement_get_int(statement, 2);
    entry->from = actr_bytes_copy(statement_get_view(statement, 3));
    entry->id = actr_bytes_copy(statement_get_view(statement, 4));
    entry->answer.request_id = actr_bytes_view(entry->id);
    entry->answer.payload = actr_bytes_copy(statement_get_view(statement, 5));
    entry->answer.text = actr_bytes_copy(statement_get_view(statement, 6));
    list_init(&entry->link);
    if (actr_bytes_failed(entry->from) || actr_bytes_failed(entry->id) ||
        actr_bytes_failed(entry->answer.payload) || actr_bytes_failed(entry->answer.text)) {
        answers_entry_free(entry);
        return err_origin(ACTR_ENOMEM, "mailbox: no memory for an answer");
    }
    *ret_entry = entry;
    return 0;
}

static int answers_read_row(struct answers *answers, struct statement *statement, uint64_t now_ms,
                            struct list *list)
{
    struct answers_entry *entry = NULL;
    int64_t finished = statement_get_int(statement, 0), len = statement_get_int(statement, 7);
    uint64_t finished_ms = finished > 0 ? (uint64_t)finished : 0;
    answers->bytes += len > 0 ? (uint64_t)len : 0;
    if (answers_is_old(finished_ms, now_ms))
        return 0;
    int r = answers_read_entry(statement, &entry);
    if (r < 0)
        return r;
    entry->age_ms = now_ms > finished_ms ? now_ms - finished_ms : 0;
    list_push(list, &entry->link);
    return 0;
}

int answers_read(struct answers *answers, uint64_t now_ms, struct list *list)
{
    struct statement *statement = NULL;
    int r = database_prepare(answers->database,
                             "SELECT finished_ms, code, retry_after_ms, from_actr_id, request_id,"
                             " payload, text, length(payload) + length(text)"
                             " FROM answers ORDER BY number",
                             &statement);
    if (r < 0)
        return r;
    while ((r = statement_next(statement)) > 0) {
        r = answers_read_row(answers, statement, now_ms, list);
        if (r < 0)
            break;
    }
    statement_free(statement);
    answers->bytes_settled = answers->bytes;
    return r;
}

/* Writing ------------------------------------------------------------------------------------ */

/* 1: forgot one; 0: there is none to forget. */
static int answers_forget(struct answers *answers, uint64_t now_ms)
{
    int r = statement_next(answers->oldest);
    int64_t number = r > 0 ? statement_get_int(answers->oldest, 0) : 0;
    int64_t finished_ms = r > 0 ? statement_get_int(answers->oldest, 1) : 0;
    int64_t len = r > 0 ? statement_get_int(answers->oldest, 2) : 0;
    statement_reset(answers->oldest);
    if (r <= 0)
        return r;
    if (answers->bytes <= ANSWERS_BYTES_MAX &&
        !answers_is_old(finished_ms > 0 ? (uint64_t)finished_ms : 0, now_ms))
        return 0;
    statement_int(answers->removal, 1, number);
    r = statement_run(answers->removal);
    if (r < 0)
        return r;
    uint64_t bytes = len > 0 ? (uint64_t)len : 0;
    answers->bytes -= bytes < answers->bytes ? bytes : answers->bytes;
    return 1;
}

int answers_keep(struct answers *answers, const struct row *row, uint64_t now_ms)
{
    const struct mailbox_answer *answer = &row->answer;
    struct statement *insert = answers->insert;
    statement_int(insert, 1, (int64_t)now_ms);
    statement_int(insert, 2, answer->code);
    statement_int(insert, 3, answer->retry_after_ms);
    statement_blob(insert, 4, actr_bytes_view(row->from));
    statement_blob(insert, 5, answer->request_id);
    statement_blob(insert, 6, actr_bytes_view(answer->payload));
    statement_blob(insert, 7, actr_bytes_view(answer->text));
    int r = statement_run(insert);
    if (r < 0)
        return r;
    answers->bytes += answer->payload.len + answer->text.len;
    r = 1;
    for (int i = 0; i < ANSWERS_FORGET_MAX && r > 0; i++)
        r = answers_forget(answers, now_ms);
    /* Large ones: as many as it takes. */
    while (r > 0 && answers->bytes > ANSWERS_BYTES_MAX)
        r = answers_forget(answers, now_ms);
    return r < 0 ? r : 0;
}

void answers_undo(struct answers *answers)
{
    answers->bytes = answers->bytes_settled;
}

void answers_settle(struct answers *answers)
{
    answers->bytes_settled = answers->bytes;
}
