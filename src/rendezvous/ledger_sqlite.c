// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The ledger in an SQLite database.
 *
 * Writes go to a thread that runs a loop of its own. What has come in while a transaction was being
 * written goes into the next one, so that the price of an fsync is shared by all who wait; each is
 * answered after its transaction is on disk (WAL, synchronous=FULL). When a transaction fails, all
 * of it is undone and all its writes are answered by an error, and the next one starts afresh:
 * nothing here remembers that the disk was full.
 *
 * The database belongs to one server at a time (locking_mode=EXCLUSIVE). `user_version` is the
 * version of the schema.
 *
 * Threads: opening, loading and freeing on the caller's, everything between on the ledger's own;
 * ledger_answer() on the server's loop. Must never touch the database on the server's loop. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "ledger.h"
#include "sys/loop_uv.h"
#include "sys/thread.h"

#define FILE_NAME "rendezvous.db"
#define PATH_SIZE 4096
#define SQL_SIZE 1024
#define SCHEMA_VERSION 1
#define PAGE_SIZE 4096
#define BUSY_TIMEOUT_MS 1000

struct ledger_sqlite {
    struct ledger ledger;
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *rollback;
    sqlite3_stmt *put[LEDGER_TABLE_COUNT], *removal[LEDGER_TABLE_COUNT];
    struct loop *store;
    struct thread thread;
    bool is_running;
    struct list batch; /* the store thread's */
    struct loop_task task;
    char path[PATH_SIZE];
};

static struct ledger_sqlite *sqlite_of(struct ledger *ledger)
{
    return container_of(ledger, struct ledger_sqlite, ledger);
}

static int fail(const struct ledger_sqlite *self, const char *what)
{
    return err_origin(ACTR_EIO, "%s: %s: %s", self->path, what, sqlite3_errmsg(self->db));
}

/* ---- Transactions, on the store thread ---- */

static int run(sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    return code == SQLITE_DONE || code == SQLITE_ROW ? 0 : ACTR_EIO;
}

static int bind_cell(sqlite3_stmt *statement, int index, enum ledger_kind kind,
                     const struct ledger_cell *cell)
{
    struct actr_bytes bytes = cell->bytes;
    if (kind == LEDGER_NUMBER)
        return sqlite3_bind_int64(statement, index, cell->number);
    if (bytes.len == 0)
        return kind == LEDGER_TEXT ? sqlite3_bind_text(statement, index, "", 0, SQLITE_STATIC)
                                   : sqlite3_bind_null(statement, index);
    if (kind == LEDGER_TEXT)
        return sqlite3_bind_text64(statement, index, (const char *)bytes.ptr, bytes.len,
                                   SQLITE_STATIC, SQLITE_UTF8);
    return sqlite3_bind_blob64(statement, index, bytes.ptr, bytes.len, SQLITE_STATIC);
}

static int write_row(struct ledger_sqlite *self, const struct ledger_row *row)
{
    const struct ledger_schema *schema = &ledger_schemas[row->table];
    sqlite3_stmt *statement = row->is_removal ? self->removal[row->table] : self->put[row->table];
    unsigned count = row->is_removal ? 1 : schema->column_count;
    int r = 0;
    for (unsigned i = 0; i < count && r == 0; i++)
        if (bind_cell(statement, (int)i + 1, schema->columns[i].kind, &row->cells[i]) != SQLITE_OK)
            r = ACTR_EIO;
    if (r == 0)
        r = run(statement);
    sqlite3_clear_bindings(statement);
    return r;
}

static int write_all(struct ledger_sqlite *self, const struct list *batch)
{
    int r = run(self->begin);
    list_each(pos, batch)
    {
        const struct ledger_write *write = container_of(pos, struct ledger_write, link);
        for (const struct list *at = write->rows.next; at != &write->rows && r == 0; at = at->next)
            r = write_row(self, container_of((uintptr_t)at, struct ledger_row, link));
    }
    return r == 0 ? run(self->commit) : r;
}

static void on_written(struct loop_post *post)
{
    struct ledger_write *write = container_of(post, struct ledger_write, post);
    ledger_answer(write, write->result);
}

static void on_batch(struct loop_task *task)
{
    struct ledger_sqlite *self = container_of(task, struct ledger_sqlite, task);
    int r = write_all(self, &self->batch);
    if (r < 0 && !sqlite3_get_autocommit(self->db))
        (void)run(self->rollback);
    for (struct list *link; (link = list_pop(&self->batch));) {
        struct ledger_write *write = container_of(link, struct ledger_write, link);
        write->result = r;
        bool is_taken = loop_post(self->ledger.loop, &write->post, on_written);
        assert(is_taken); /* the server's loop runs until its ledger is closed */
        (void)is_taken;
    }
}

static void on_write(struct loop_post *post)
{
    struct ledger_write *write = container_of(post, struct ledger_write, post);
    struct ledger_sqlite *self = sqlite_of(write->ledger);
    list_push(&self->batch, &write->link);
    loop_defer(self->store, &self->task);
}

static void run_store(void *arg)
{
    struct ledger_sqlite *self = arg;
    loop_uv_run(self->store);
    self->store = loop_uv_close(self->store);
}

static void sqlite_submit(struct ledger *ledger, struct ledger_write *write)
{
    if (!loop_post(sqlite_of(ledger)->store, &write->post, on_write))
        ledger_answer(write, ACTR_EUNAVAILABLE);
}

/* ---- Opening ---- */

static int execute(struct ledger_sqlite *self, const char *what, const char *sql)
{
    return sqlite3_exec(self->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(self, what);
}

static const char *type_of(enum ledger_kind kind)
{
    switch (kind) {
    case LEDGER_NUMBER:
        return "INTEGER";
    case LEDGER_TEXT:
        return "TEXT";
    case LEDGER_BLOB:
        break;
    }
    return "BLOB";
}

static int create_table(struct ledger_sqlite *self, const struct ledger_schema *schema)
{
    char sql[SQL_SIZE];
    struct text text;
    text_init(&text, sql, sizeof(sql));
    text_printf(&text, "CREATE TABLE IF NOT EXISTS %s (", schema->table);
    for (unsigned i = 0; i < schema->column_count; i++)
        text_printf(&text, "%s%s %s%s", i ? ", " : "", schema->columns[i].name,
                    type_of(schema->columns[i].kind), i ? "" : " PRIMARY KEY");
    text_printf(&text, ")");
    return execute(self, "create a table", sql);
}

static int create_schema(struct ledger_sqlite *self)
{
    int r = execute(self, "begin", "BEGIN IMMEDIATE");
    for (unsigned i = 0; i < LEDGER_TABLE_COUNT && r == 0; i++)
        r = create_table(self, &ledger_schemas[i]);
    if (r == 0)
        r = execute(self, "set the version", "PRAGMA user_version = 1");
    return r == 0 ? execute(self, "commit", "COMMIT") : r;
}

static int read_version(struct ledger_sqlite *self, int *ret_version)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(self->db, "PRAGMA user_version", -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        int r = fail(self, "read");
        sqlite3_finalize(statement);
        return r;
    }
    *ret_version = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return 0;
}

static int check_version(struct ledger_sqlite *self)
{
    int version = 0;
    int r = read_version(self, &version);
    if (r < 0)
        return r;
    if (version == SCHEMA_VERSION)
        return 0;
    if (version != 0)
        return err_origin(ACTR_EIO, "%s: written by a newer server (version %d, this one knows %d)",
                          self->path, version, SCHEMA_VERSION);
    return create_schema(self);
}

static int prepare(struct ledger_sqlite *self, const char *sql, sqlite3_stmt **ret_statement)
{
    int code =
        sqlite3_prepare_v3(self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_statement, NULL);
    return code == SQLITE_OK ? 0 : fail(self, "prepare");
}

static int prepare_table(struct ledger_sqlite *self, unsigned table)
{
    const struct ledger_schema *schema = &ledger_schemas[table];
    char sql[SQL_SIZE];
    struct text text;
    text_init(&text, sql, sizeof(sql));
    text_printf(&text, "INSERT OR REPLACE INTO %s VALUES (?", schema->table);
    for (unsigned i = 1; i < schema->column_count; i++)
        text_printf(&text, ", ?");
    text_printf(&text, ")");
    int r = prepare(self, sql, &self->put[table]);
    if (r < 0)
        return r;
    text_init(&text, sql, sizeof(sql));
    text_printf(&text, "DELETE FROM %s WHERE %s = ?", schema->table, schema->columns[0].name);
    return prepare(self, sql, &self->removal[table]);
}

static int prepare_all(struct ledger_sqlite *self)
{
    int r = prepare(self, "BEGIN IMMEDIATE", &self->begin);
    if (r == 0)
        r = prepare(self, "COMMIT", &self->commit);
    if (r == 0)
        r = prepare(self, "ROLLBACK", &self->rollback);
    for (unsigned i = 0; i < LEDGER_TABLE_COUNT && r == 0; i++)
        r = prepare_table(self, i);
    return r;
}

static int set_up(struct ledger_sqlite *self, uint64_t size_max)
{
    char sql[SQL_SIZE];
    struct text text;
    text_init(&text, sql, sizeof(sql));
    text_printf(&text, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = %d;", PAGE_SIZE);
    text_printf(&text, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    if (size_max > 0)
        text_printf(&text, "PRAGMA max_page_count = %llu;",
                    (unsigned long long)(size_max / PAGE_SIZE));
    sqlite3_busy_timeout(self->db, BUSY_TIMEOUT_MS);
    int r = execute(self, "open (is another server using it?)", sql);
    if (r == 0)
        r = check_version(self);
    return r == 0 ? prepare_all(self) : r;
}

static void sqlite_free(struct ledger *ledger)
{
    struct ledger_sqlite *self = sqlite_of(ledger);
    if (self->is_running) {
        loop_uv_stop(self->store);
        thread_join(&self->thread);
    }
    self->store = loop_uv_close(self->store);
    for (unsigned i = 0; i < LEDGER_TABLE_COUNT; i++) {
        sqlite3_finalize(self->put[i]);
        sqlite3_finalize(self->removal[i]);
    }
    sqlite3_finalize(self->begin);
    sqlite3_finalize(self->commit);
    sqlite3_finalize(self->rollback);
    sqlite3_close(self->db);
    mem_free(self);
}

/* ---- Loading ---- */

static struct ledger_cell read_cell(sqlite3_stmt *statement, int index, enum ledger_kind kind)
{
    if (kind == LEDGER_NUMBER)
        return ledger_number(sqlite3_column_int64(statement, index));
    const void *data = sqlite3_column_blob(statement, index);
    size_t len = (size_t)sqlite3_column_bytes(statement, index);
    return len ? ledger_bytes(data, len) : (struct ledger_cell){0};
}

static int load_row(sqlite3_stmt *statement, unsigned table, ledger_row_fn *fn, void *owner)
{
    const struct ledger_schema *schema = &ledger_schemas[table];
    struct ledger_row row = {.table = table};
    int r = 0;
    for (unsigned i = 0; i < schema->column_count; i++) {
        row.cells[i] = read_cell(statement, (int)i, schema->columns[i].kind);
        if (actr_bytes_failed(row.cells[i].bytes))
            r = err_origin(ACTR_ENOMEM, "ledger: out of memory");
    }
    if (r == 0)
        r = fn(owner, &row);
    for (unsigned i = 0; i < schema->column_count; i++)
        actr_bytes_unref(row.cells[i].bytes);
    return r;
}

static int load_table(struct ledger_sqlite *self, unsigned table, ledger_row_fn *fn, void *owner)
{
    char sql[SQL_SIZE];
    struct text text;
    sqlite3_stmt *statement = NULL;
    text_init(&text, sql, sizeof(sql));
    text_printf(&text, "SELECT * FROM %s ORDER BY 1", ledger_schemas[table].table);
    if (sqlite3_prepare_v2(self->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return fail(self, "read");
    int r = 0, code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW && r == 0)
        r = load_row(statement, table, fn, owner);
    if (r == 0 && code != SQLITE_DONE)
        r = fail(self, "read");
    sqlite3_finalize(statement);
    return r;
}

static int sqlite_load(struct ledger *ledger, ledger_row_fn *fn, void *owner)
{
    int r = 0;
    for (unsigned i = 0; i < LEDGER_TABLE_COUNT && r == 0; i++)
        r = load_table(sqlite_of(ledger), i, fn, owner);
    return r;
}

/* The database holds signing keys, so it is for its owner alone; SQLite gives the files beside it
 * the same mode. Only a file that is not there yet is opened here: closing a descriptor of one that
 * another server in this process uses would drop that one's locks. */
static int create_file(const struct ledger_sqlite *self, const char *dir)
{
    if (mkdir(dir, 0700) < 0 && errno != EEXIST)
        return err_origin(ACTR_EIO, "%s: %s", dir, strerror(errno));
    int fd = open(self->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST)
        return err_origin(ACTR_EIO, "%s: %s", self->path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return 0;
}

static int open_file(struct ledger_sqlite *self, const char *dir)
{
    struct text text;
    text_init(&text, self->path, sizeof(self->path));
    text_printf(&text, "%s/" FILE_NAME, dir);
    if (text.is_cut)
        return err_origin(ACTR_EIO, "%s: the path is too long", dir);
    int r = create_file(self, dir);
    if (r < 0)
        return r;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(self->path, &self->db, flags, NULL);
    return code == SQLITE_OK ? 0 : fail(self, "open");
}

int ledger_sqlite_open(struct loop *loop, const char *dir, uint64_t size_max,
                       struct ledger **ret_ledger)
{
    static const struct ledger_ops ops = {sqlite_load, sqlite_submit, sqlite_free};
    struct ledger_sqlite *self = mem_alloc(sizeof(*self));
    if (!self)
        return err_origin(ACTR_ENOMEM, "ledger: out of memory");
    ledger_init(&self->ledger, &ops, loop);
    list_init(&self->batch);
    loop_task_init(&self->task, on_batch);
    int r = open_file(self, dir);
    if (r == 0)
        r = set_up(self, size_max);
    if (r == 0)
        r = loop_uv_new(&self->store);
    if (r == 0)
        r = thread_start(&self->thread, "actr-ledger", run_store, self);
    if (r < 0) {
        sqlite_free(&self->ledger);
        return r;
    }
    self->is_running = true;
    *ret_ledger = &self->ledger;
    return 0;
}
