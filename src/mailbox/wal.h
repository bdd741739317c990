// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The write-ahead log of the mailbox file: room for what the next commits write, made before they
 * need it, and folding it back into the file when it is long.
 *
 * A sync of a file that has grown also waits for the file system to write down that it has; one of
 * bytes that were there before does not, and takes a fraction of the time. So the log is kept at
 * least WAL_AHEAD_PAGES longer than what is in it, by bytes that SQLite takes for the end of it,
 * up to the length at which it is folded back and begins again at its start.
 *
 * Blocks; the thread that has the database. For database.c only. */
#pragma once

#include <stdint.h>

struct sqlite3;

/* Pages after which the log is folded back (16 MiB), and made room for at once: 1 MiB. */
#define WAL_PAGES_MAX 4096
#define WAL_AHEAD_PAGES 128
#define WAL_STEP_PAGES 256

struct wal {
    struct sqlite3 *_handle;
    int64_t _len; /* of the log's file, known to be on the disk; 0: not yet looked at */
    int _pages;   /* in the log after the last commit */
    int _pages_max;
};

/* From now on `wal` follows the commits of this connection, which has read something. SQLite's
 * code. */
int wal_init(struct wal *wal, struct sqlite3 *handle);

/* After a commit, when nobody waits for it any more: folds the log back when it is long, makes room
 * in it when it is short. Nothing depends on its success: what it could not do is tried after the
 * next commit, and a commit that finds no room makes it, or fails and says why. */
void wal_tend(struct wal *wal);
