// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* See wal.h.
 *
 * Room is made by zeros behind the last frame: no frame begins with page 0, so a reader, and the
 * recovery after a crash, end there (sqlite.org/fileformat2.html §4.1 to §4.4). Every frame of a
 * commit has been synced when the room is, so a sync that fails here loses nothing but room. The
 * file is SQLite's own handle: whatever stands under it sees these writes like any others.
 *
 * The thread that has the database. Must never write where a frame may be: nobody else writes to
 * this log, and the number of its frames is that of the last commit. */
#include "mailbox/wal.h"

#include <stdlib.h>

#include <sqlite3.h>

#define WAL_HEADER_LEN 32
#define WAL_PAGE_LEN 4096
#define WAL_FRAME_LEN (24 + WAL_PAGE_LEN)

static int64_t wal_len_of(int pages)
{
    return WAL_HEADER_LEN + (int64_t)pages * WAL_FRAME_LEN;
}

static int wal_on_commit(void *arg, sqlite3 *handle, const char *name, int pages)
{
    struct wal *wal = arg;
    (void)handle;
    (void)name;
    wal->_pages = pages;
    return SQLITE_OK;
}

static int wal_on_pages_max(void *arg, int count, char **values, char **names)
{
    struct wal *wal = arg;
    (void)names;
    if (count > 0 && values[0])
        wal->_pages_max = (int)strtol(values[0], NULL, 10);
    return SQLITE_OK;
}

/* NULL: there is no log. */
static sqlite3_file *wal_file(const struct wal *wal)
{
    sqlite3_file *file = NULL;
    if (sqlite3_file_control(wal->_handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) !=
        SQLITE_OK)
        return NULL;
    return file && file->pMethods ? file : NULL;
}

static int wal_extend(struct wal *wal, sqlite3_file *file, int64_t len)
{
    static const uint8_t zeros[16 * WAL_PAGE_LEN];
    int64_t at = wal->_len;
    int code = SQLITE_OK;
    while (at < len && code == SQLITE_OK) {
        int part = len - at < (int64_t)sizeof(zeros) ? (int)(len - at) : (int)sizeof(zeros);
        code = file->pMethods->xWrite(file, zeros, part, at);
        at += part;
    }
    if (code == SQLITE_OK)
        code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
    if (code == SQLITE_OK)
        wal->_len = len;
    return code;
}

static int wal_make_room(struct wal *wal)
{
    int64_t len_max = wal_len_of(wal->_pages_max);
    int64_t len = wal_len_of(wal->_pages + WAL_AHEAD_PAGES);
    if (wal->_len >= (len < len_max ? len : len_max))
        return SQLITE_OK;
    sqlite3_file *file = wal_file(wal);
    if (!file)
        return SQLITE_OK;
    sqlite3_int64 there = 0;
    int code = file->pMethods->xFileSize(file, &there);
    if (code != SQLITE_OK)
        return code;
    if (there > wal->_len)
        wal->_len = there; /* a commit has made it longer, and synced it */
    len = wal_len_of(wal->_pages + WAL_STEP_PAGES);
    return wal_extend(wal, file, len < len_max ? len : len_max);
}

int wal_init(struct wal *wal, struct sqlite3 *handle)
{
    char sql[64];
    *wal = (struct wal){._handle = handle};
    sqlite3_snprintf(sizeof(sql), sql, "PRAGMA wal_autocheckpoint = %d", WAL_PAGES_MAX);
    int code = sqlite3_exec(handle, sql, wal_on_pages_max, wal, NULL);
    if (code != SQLITE_OK)
        return code;
    sqlite3_wal_hook(handle, wal_on_commit, wal); /* instead of SQLite's own, which folds */
    /* What a large commit made longer than that is cut off when the log begins again. */
    sqlite3_snprintf(sizeof(sql), sql, "PRAGMA journal_size_limit = %lld",
                     (sqlite3_int64)wal_len_of(wal->_pages_max));
    return sqlite3_exec(handle, sql, NULL, NULL, NULL);
}

void wal_tend(struct wal *wal)
{
    if (wal->_pages >= wal->_pages_max)
        (void)sqlite3_wal_checkpoint_v2(wal->_handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    (void)wal_make_room(wal);
}
