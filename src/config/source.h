// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A configuration file as its readers need it: the text, how messages call it, and what paths in it
 * are relative to. */
#pragma once

#include <actr/bytes.h>

struct report;
struct toml_doc;

/* Everything is borrowed. */
struct source {
    struct actr_view text;
    const char *name; /* as the user gave it: the `file` of `file:line:col` */
    const char *dir;  /* absolute: relative paths begin here */
    const char *home; /* a leading `~/` stands for it; "": not known; NULL: `~` is a name */
};

/* A file that was read; owns what `source` borrows, but for the name. Zeroed is empty. */
struct source_file {
    struct source source;
    struct actr_bytes _content;
    char *_dir;
};

/* Reads a file of at most TOML_LEN_MAX bytes; `path` is borrowed as the name. source.home is NULL.
 * Blocks. ACTR_ENOTFOUND, ACTR_EINVALID, ACTR_EIO, ACTR_ENOMEM. */
int source_load(const char *path, struct source_file *ret_file) ACTR_MUST_CHECK;
void source_file_deinit(struct source_file *file);

/* The text as a document. ACTR_ECONFIG: it is no TOML; the report and the detail say where.
 * ACTR_ENOMEM. Any thread. */
int source_parse(const struct source *source, struct report *report,
                 struct toml_doc **ret_doc) ACTR_MUST_CHECK;
