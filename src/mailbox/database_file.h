// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A mailbox's file in its folder: found, locked, looked at from outside, or made. Private to
 * database*.c.
 *
 * The lock is a file beside it, `….lock`, that stays: a lock on the database itself would not hold
 * against a second node in the same process. Blocks. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/error.h>

#include "mailbox/database.h"

#define DATABASE_PATH_SIZE 4096

struct database_file {
    char path[DATABASE_PATH_SIZE]; /* without symbolic links */
    int lock;                      /* -1: none */
};

void database_file_init(struct database_file *file);
/* Gives the lock back. */
void database_file_deinit(struct database_file *file);

/* Finds `path`, locks it for a writer, and refuses what is no mailbox of this version, by its first
 * bytes. A node makes the folder if only that is missing. Errors as database_open(). */
int database_file_find(struct database_file *file, const char *path, enum database_access access,
                       bool *ret_is_there) ACTR_MUST_CHECK;

/* A fresh, empty file beside it, to be filled; its name goes into `fresh` (DATABASE_PATH_SIZE).
 * Errors as database_open(). */
int database_file_begin(const struct database_file *file, char *fresh) ACTR_MUST_CHECK;
/* r == 0: gives it its name, for good; else removes it. Returns r, or ACTR_EIO. */
int database_file_finish(const struct database_file *file, const char *fresh,
                         int r) ACTR_MUST_CHECK;

/* ACTR_ECONFIG, with what to do about a file of this version. */
int database_file_refuse_version(const struct database_file *file, int64_t version);
