// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The file of a durable mailbox and its transactions. With statement.h, all that the rest sees of
 * SQLite.
 *
 * One file holds the messages, the answers to those that ended lately, and the dead letters, so
 * that whatever moves between them moves in one transaction. A file is whole from the moment it has
 * its name. It belongs to one writer at a time; readers may look at any time.
 *
 * Blocks. One thread at a time: the store's, or that of a program without a node. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>

struct database;
struct statement;

enum database_access {
    DATABASE_NODE,   /* the one writer; makes the file if there is none */
    DATABASE_EDITOR, /* the one writer, of a file that is there */
    DATABASE_READER  /* looks only, beside a writer if there is one */
};

/* Opens a mailbox file. What is no mailbox of this version is refused and stays as it is, to the
 * byte. ACTR_ECONFIG (a folder, not a database, another program's, a newer version's, damaged),
 * ACTR_ESTATE (another process or node has it), ACTR_ENOTFOUND (editor, reader), ACTR_EIO,
 * ACTR_ENOMEM. The detail is `file: what; what to do`. */
int database_open(const char *path, enum database_access access,
                  struct database **ret_database) ACTR_MUST_CHECK;

/* Whatever was not committed is undone. NULL is fine; returns NULL. Statements must be gone. */
struct database *database_close(struct database *database);

/* From now on closing does not even tidy up: the file proved to be damaged. */
void database_leave_untouched(struct database *database);

const char *database_path(const struct database *database);

/* A transaction. ACTR_EIO (the disk is full, the device failed: the detail says it), ACTR_ENOMEM. A
 * commit that fails has not happened; roll back after any failure. */
int database_begin(struct database *database) ACTR_MUST_CHECK;
int database_commit(struct database *database) ACTR_MUST_CHECK;
void database_rollback(struct database *database);

/* When nobody waits for a commit any more, and once after opening for writing: makes the next one
 * cheap. May take as long as some commits; cannot fail. Not inside a transaction. */
void database_tend(struct database *database);

/* How many rows the last statement changed. */
uint64_t database_changes(const struct database *database);

/* A statement; sql is static. ACTR_ECONFIG: the file lacks what it names. */
int database_prepare(struct database *database, const char *sql,
                     struct statement **ret_statement) ACTR_MUST_CHECK;
