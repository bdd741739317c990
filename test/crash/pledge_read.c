// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A mailbox file, read without any code of the mailbox: what is promised is on the disk, whoever
 * looks. */
#include <sqlite3.h>
#include <string.h>

#include "harness.h"
#include "pledge.h"

struct reading {
    struct pledge *pledge;
    sqlite3 *connection;
    unsigned last; /* the number of the last row + 1 */
};

typedef void reading_fn(struct reading *reading, sqlite3_stmt *row);

static struct pledge_entry *reading_find(struct reading *reading, sqlite3_stmt *row)
{
    const void *body = sqlite3_column_blob(row, 0);
    return pledge_find(reading->pledge, actr_view_of(body, (size_t)sqlite3_column_bytes(row, 0)));
}

static void reading_on_message(struct reading *reading, sqlite3_stmt *row)
{
    struct pledge_entry *entry = reading_find(reading, row);
    if (!entry)
        return;
    unsigned number = (unsigned)(entry - reading->pledge->entries);
    entry->rows++;
    entry->row_deliveries = (uint32_t)sqlite3_column_int64(row, 1);
    if (number < reading->last)
        pledge_blame(reading->pledge, "%u is behind a later one, or twice there", number);
    reading->last = number + 1;
}

static void reading_on_letter(struct reading *reading, sqlite3_stmt *row)
{
    struct pledge_entry *entry = reading_find(reading, row);
    if (entry)
        entry->letters++;
}

static void reading_on_answer(struct reading *reading, sqlite3_stmt *row)
{
    struct pledge_entry *entry = reading_find(reading, row);
    if (!entry)
        return;
    entry->answers++;
    if (sqlite3_column_bytes(row, 1) != 4 ||
        memcmp(sqlite3_column_blob(row, 1), sqlite3_column_blob(row, 0), 4) != 0)
        pledge_blame(reading->pledge, "an answer to another request");
}

static void reading_on_verdict(struct reading *reading, sqlite3_stmt *row)
{
    const char *verdict = (const char *)sqlite3_column_text(row, 0);
    if (!verdict || strcmp(verdict, "ok") != 0)
        pledge_blame(reading->pledge, "integrity: %s", verdict ? verdict : "?");
}

static void reading_run(struct reading *reading, const char *sql, reading_fn *fn)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(reading->connection, sql, -1, &statement, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        fn(reading, statement);
        code = SQLITE_OK;
    }
    if (code != SQLITE_DONE)
        pledge_blame(reading->pledge, "%s: %s", sql, sqlite3_errmsg(reading->connection));
    sqlite3_finalize(statement);
}

bool pledge_read(struct pledge *pledge, const char *path)
{
    struct reading reading = {.pledge = pledge};
    for (unsigned i = 0; i < pledge->count; i++) {
        struct pledge_entry *entry = &pledge->entries[i];
        entry->rows = entry->letters = entry->answers = 0;
    }
    if (sqlite3_open_v2(path, &reading.connection, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
        reading_run(&reading, "PRAGMA integrity_check", reading_on_verdict);
        reading_run(&reading, "SELECT payload, deliveries FROM messages ORDER BY id",
                    reading_on_message);
        reading_run(&reading, "SELECT raw_bytes FROM dead_letter_queue", reading_on_letter);
        reading_run(&reading, "SELECT payload, request_id FROM answers", reading_on_answer);
    } else {
        pledge_blame(pledge, "does not open: %s", sqlite3_errmsg(reading.connection));
    }
    sqlite3_close(reading.connection);
    return pledge->fault[0] == '\0';
}
