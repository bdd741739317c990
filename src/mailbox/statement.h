// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A prepared statement on a mailbox file: made by database_prepare(), used many times.
 *
 * Blocks. The thread that has the database. */
#pragma once

#include <stdint.h>

#include <actr/bytes.h>

struct sqlite3;
struct statement;

/* `path` names the file in errors, and is borrowed. ACTR_ECONFIG: the file lacks what sql names;
 * ACTR_EIO, ACTR_ENOMEM. */
int statement_new(struct sqlite3 *handle, const char *path, const char *sql,
                  struct statement **ret_statement) ACTR_MUST_CHECK;
/* NULL is fine; returns NULL. */
struct statement *statement_free(struct statement *statement);

/* The error that SQLite reports with `code` while it was to do `what`. */
int statement_error(struct sqlite3 *handle, const char *path, int code, const char *what);

/* Values for ?1, ?2, …, until the next statement_run() or statement_reset(); views are lent as
 * long. text NULL and absent views are NULL. */
void statement_int(struct statement *statement, int index, int64_t value);
void statement_blob(struct statement *statement, int index, struct actr_view view);
void statement_text(struct statement *statement, int index, const char *text);

/* Runs a statement that yields no rows, and resets it. Errors as database_begin(). */
int statement_run(struct statement *statement) ACTR_MUST_CHECK;

/* 1: at the next row; 0: there are no more; ACTR_EIO, ACTR_ENOMEM, ACTR_ECONFIG (damaged). */
int statement_next(struct statement *statement) ACTR_MUST_CHECK;
void statement_reset(struct statement *statement);

/* Columns of the row, from 0. A view is lent until the next step; of what is no blob or text the
 * view is empty, and of what is no number the number is 0. */
int64_t statement_get_int(struct statement *statement, int column);
struct actr_view statement_get_view(struct statement *statement, int column);
