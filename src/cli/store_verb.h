// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What the commands that work on a mailbox file share: `actr mailbox VERB` and `actr dlq VERB` find
 * the file, open it, and do one thing to it.
 *
 * Verbs that only look work while a node has the file; the others need it alone and say so. The
 * main thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "config/path.h"

struct mailbox_file;

/* Options of a verb besides --db, -c, --json and --help. */
enum store_option {
    STORE_LIMIT = 1,
    STORE_AFTER_ID = 2,
    STORE_CATEGORY = 4,
    STORE_AFTER = 8,
    STORE_BEFORE = 16,
    STORE_TO = 32,
    STORE_YES = 64,
    STORE_KEEP = 128,
    STORE_ALL = 256
};

struct store_arguments {
    const char *db, *config, *category, *after, *before, *to;
    const char *id; /* NULL: not given */
    uint64_t limit, after_id;
    bool yes, keep, all, json, help;
    char path[PATH_LEN_MAX + 1]; /* of the mailbox file */
    char name[32];               /* the command and its verb, for messages */
};

struct store_verb {
    const char *name, *summary;
    unsigned options;    /* of enum store_option */
    uint64_t limit;      /* when --limit is not given */
    bool takes_id;       /* the argument after the verb; with STORE_ALL it may be missing */
    bool is_writer;      /* needs the file alone */
    const char *details; /* of its help */
    enum command_exit (*run)(struct mailbox_file *file, const struct store_arguments *arguments);
};

struct store_command {
    const char *name, *summary;
    const struct store_verb *verbs;
    unsigned verb_count;
};

enum command_exit store_command_run(const struct store_command *command, int argc, char **argv);

/* A call on the file has failed: says what the thread's detail says, and what to do. */
enum command_exit store_fail(const struct store_arguments *arguments, int code);
