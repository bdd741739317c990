// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The mailbox file on SQLite: WAL, synchronous=FULL, so that a commit that returned survives a loss
 * of power.
 *
 * How a file is found, made, locked and refused is in database_file.c; what is asked of it goes
 * through statement.c. These two, and no other file of the mailbox, include sqlite3.h.
 *
 * Blocks; one thread at a time. Must write nothing to a file before it is known to be a mailbox of
 * this version. */
#include "mailbox/database.h"

#include <sqlite3.h>

#include "base/err.h"
#include "base/mem.h"
#include "mailbox/database_file.h"
#include "mailbox/schema.h"
#include "mailbox/statement.h"
#include "mailbox/wal.h"

#define DATABASE_BUSY_MS 2000

struct database {
    sqlite3 *handle;
    struct database_file file;
    struct wal wal;
    struct statement *begin, *commit, *rollback;
};

int database_prepare(struct database *database, const char *sql, struct statement **ret_statement)
{
    return statement_new(database->handle, database->file.path, sql, ret_statement);
}

/* Transactions ------------------------------------------------------------------------------- */

int database_begin(struct database *database)
{
    return statement_run(database->begin);
}

int database_commit(struct database *database)
{
    return statement_run(database->commit);
}

void database_rollback(struct database *database)
{
    /* Of some failures SQLite rolls back by itself. */
    if (!sqlite3_get_autocommit(database->handle))
        (void)!statement_run(database->rollback);
}

void database_tend(struct database *database)
{
    wal_tend(&database->wal);
}

uint64_t database_changes(const struct database *database)
{
    return (uint64_t)sqlite3_changes(database->handle);
}

/* Opening ------------------------------------------------------------------------------------ */

static int database_execute(struct database *database, const char *what, const char *sql)
{
    int code = sqlite3_exec(database->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0
                             : statement_error(database->handle, database->file.path, code, what);
}

static int database_connect(struct database *database, const char *path, int flags)
{
    int code = sqlite3_open_v2(path, &database->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK)
        return statement_error(database->handle, database->file.path, code, "open");
    sqlite3_busy_timeout(database->handle, DATABASE_BUSY_MS);
    return 0;
}

static void database_disconnect(struct database *database)
{
    sqlite3_close(database->handle);
    database->handle = NULL;
}

/* Makes the file under another name. It gets its own when it is whole and on the disk. */
static int database_create(struct database *database)
{
    static const char sql[] = "PRAGMA application_id = " SCHEMA_APPLICATION_TEXT ";"
                              "PRAGMA user_version = " SCHEMA_VERSION_TEXT ";" SCHEMA_CREATE
                              "COMMIT; PRAGMA journal_mode = WAL;";
    char fresh[DATABASE_PATH_SIZE];
    int r = database_file_begin(&database->file, fresh);
    if (r < 0)
        return r;
    r = database_connect(database, fresh, SQLITE_OPEN_READWRITE);
    if (r == 0)
        r = database_execute(database, "create", "PRAGMA page_size = 4096; BEGIN;");
    if (r == 0)
        r = database_execute(database, "create", sql);
    database_disconnect(database);
    return database_file_finish(&database->file, fresh, r);
}

static int database_check(struct database *database)
{
    struct statement *statement = NULL;
    int r = database_prepare(database, "PRAGMA user_version", &statement);
    if (r == 0)
        r = statement_next(statement);
    int64_t version = r > 0 ? statement_get_int(statement, 0) : SCHEMA_VERSION;
    statement_free(statement);
    if (r < 0)
        return r;
    return version == SCHEMA_VERSION ? 0 : database_file_refuse_version(&database->file, version);
}

static int database_follow(struct database *database)
{
    int code = wal_init(&database->wal, database->handle);
    return code == SQLITE_OK
               ? 0
               : statement_error(database->handle, database->file.path, code, "set up");
}

static int database_set_up(struct database *database, enum database_access access)
{
    int r = database_check(database);
    if (r == 0 && access != DATABASE_READER && sqlite3_db_readonly(database->handle, "main"))
        r = err_origin(ACTR_EIO, "%s: the mailbox may not be written; give this user the right to",
                       database->file.path);
    if (r == 0)
        r = database_execute(database, "set up", "PRAGMA synchronous = FULL;");
    if (r == 0 && access != DATABASE_READER)
        r = database_follow(database);
    if (r == 0)
        r = database_prepare(database, "BEGIN", &database->begin);
    if (r == 0)
        r = database_prepare(database, "COMMIT", &database->commit);
    if (r == 0)
        r = database_prepare(database, "ROLLBACK", &database->rollback);
    return r;
}

static int database_open_at(struct database *database, const char *path,
                            enum database_access access)
{
    bool is_there = false;
    int r = database_file_find(&database->file, path, access, &is_there);
    if (r < 0)
        return r;
    if (!is_there && access != DATABASE_NODE)
        return err_origin(ACTR_ENOTFOUND, "%s: there is no such mailbox", path);
    if (!is_there)
        r = database_create(database);
    if (r == 0)
        r = database_connect(database, database->file.path,
                             access == DATABASE_READER ? SQLITE_OPEN_READONLY
                                                       : SQLITE_OPEN_READWRITE);
    return r == 0 ? database_set_up(database, access) : r;
}

int database_open(const char *path, enum database_access access, struct database **ret_database)
{
    struct database *database = mem_alloc(sizeof(*database));
    if (!database)
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    database_file_init(&database->file);
    int r = database_open_at(database, path, access);
    if (r < 0) {
        database_leave_untouched(database);
        database_close(database);
        return r;
    }
    *ret_database = database;
    return 0;
}

void database_leave_untouched(struct database *database)
{
    if (database->handle)
        sqlite3_db_config(database->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

struct database *database_close(struct database *database)
{
    if (!database)
        return NULL;
    statement_free(database->begin);
    statement_free(database->commit);
    statement_free(database->rollback);
    database_disconnect(database);
    database_file_deinit(&database->file);
    mem_free(database);
    return NULL;
}

const char *database_path(const struct database *database)
{
    return database->file.path;
}
