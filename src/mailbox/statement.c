// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Statements, and what SQLite's errors mean to a mailbox.
 *
 * A binding that fails is remembered and reported by the next step, so that callers bind without
 * asking. Values are bound without a copy: they stay until the statement is reset.
 *
 * The thread that has the database. */
#include "mailbox/statement.h"

#include <sqlite3.h>

#include "base/err.h"
#include "base/mem.h"

struct statement {
    sqlite3 *connection;
    const char *path;
    sqlite3_stmt *handle;
    int bind_code; /* the first that failed since the last reset */
};

int statement_error(struct sqlite3 *handle, const char *path, int code, const char *what)
{
    const char *why = sqlite3_errmsg(handle);
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return err_origin(ACTR_ENOMEM, "%s: %s: no memory", path, what);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_ERROR: /* of a prepared text that is right: the tables are not those of a mailbox */
        return err_origin(ACTR_ECONFIG,
                          "%s: %s: the mailbox is damaged (%s); restore it from a copy, or move it "
                          "away to begin with an empty one",
                          path, what, why);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_origin(ACTR_ESTATE, "%s: %s: another program has locked the mailbox; close it",
                          path, what);
    default:
        return err_origin(ACTR_EIO, "%s: %s: %s", path, what, why);
    }
}

int statement_new(struct sqlite3 *handle, const char *path, const char *sql,
                  struct statement **ret_statement)
{
    struct statement *statement = mem_alloc(sizeof(*statement));
    if (!statement)
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    statement->connection = handle;
    statement->path = path;
    int code =
        sqlite3_prepare_v3(handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement->handle, NULL);
    if (code != SQLITE_OK) {
        mem_free(statement);
        return statement_error(handle, path, code, "read");
    }
    *ret_statement = statement;
    return 0;
}

struct statement *statement_free(struct statement *statement)
{
    if (statement)
        sqlite3_finalize(statement->handle);
    mem_free(statement);
    return NULL;
}

static void statement_note(struct statement *statement, int code)
{
    if (statement->bind_code == SQLITE_OK)
        statement->bind_code = code;
}

void statement_int(struct statement *statement, int index, int64_t value)
{
    statement_note(statement, sqlite3_bind_int64(statement->handle, index, value));
}

void statement_blob(struct statement *statement, int index, struct actr_view view)
{
    const void *data = view.len ? (const void *)view.ptr : "";
    statement_note(statement,
                   sqlite3_bind_blob64(statement->handle, index, data, view.len, SQLITE_STATIC));
}

void statement_text(struct statement *statement, int index, const char *text)
{
    int code = text ? sqlite3_bind_text(statement->handle, index, text, -1, SQLITE_STATIC)
                    : sqlite3_bind_null(statement->handle, index);
    statement_note(statement, code);
}

int statement_next(struct statement *statement)
{
    int code = statement->bind_code;
    if (code == SQLITE_OK)
        code = sqlite3_step(statement->handle);
    if (code == SQLITE_ROW)
        return 1;
    return code == SQLITE_DONE
               ? 0
               : statement_error(statement->connection, statement->path, code, "access");
}

void statement_reset(struct statement *statement)
{
    sqlite3_reset(statement->handle);
    sqlite3_clear_bindings(statement->handle);
    statement->bind_code = SQLITE_OK;
}

int statement_run(struct statement *statement)
{
    int r = statement_next(statement);
    statement_reset(statement);
    return r < 0 ? r : 0;
}

int64_t statement_get_int(struct statement *statement, int column)
{
    if (sqlite3_column_type(statement->handle, column) != SQLITE_INTEGER)
        return 0;
    return sqlite3_column_int64(statement->handle, column);
}

struct actr_view statement_get_view(struct statement *statement, int column)
{
    int type = sqlite3_column_type(statement->handle, column);
    if (type != SQLITE_BLOB && type != SQLITE_TEXT)
        return (struct actr_view){0};
    const void *data = sqlite3_column_blob(statement->handle, column);
    return actr_view_of(data, (size_t)sqlite3_column_bytes(statement->handle, column));
}
