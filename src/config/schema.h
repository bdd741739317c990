// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* From a TOML table to a struct: one row says all there is to know about one key.
 *
 * What does not fit its row becomes an entry of the report, and reading goes on with the next key.
 * Fields of absent keys keep what they had. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/report.h"
#include "config/source.h"
#include "config/toml.h"

struct arena;

/* What a key takes, and the type of its field. */
enum schema_type {
    SCHEMA_BOOL,  /* bool */
    SCHEMA_U16,   /* uint16_t */
    SCHEMA_U32,   /* uint32_t */
    SCHEMA_U64,   /* uint64_t */
    SCHEMA_TEXT,  /* const char * */
    SCHEMA_PATH,  /* const char *, resolved (path.h) */
    SCHEMA_TEXTS, /* struct schema_texts: an array of strings */
    SCHEMA_PAIRS, /* struct schema_pairs: a table of strings */
    /* const struct toml_node *, for a reader of its own; valid as long as the document. */
    SCHEMA_TEXT_OR_INTEGER,
    SCHEMA_TABLE,
    SCHEMA_TABLES,   /* an array of tables */
    SCHEMA_ELSEWHERE /* no field: whatever it is, the key does not belong here */
};

enum schema_need {
    SCHEMA_OPTIONAL,
    SCHEMA_REQUIRED,           /* in every file */
    SCHEMA_REQUIRED_IN_SECTION /* in a file that has the section */
};

struct schema_texts {
    const char *const *items;
    size_t count;
};

struct schema_pair {
    const char *name, *value;
};

struct schema_pairs {
    const struct schema_pair *items;
    size_t count;
};

/* NULL: the text is good. Else why not, to follow "because" ("it has no host"); static, or the
 * thread's error detail. */
typedef const char *schema_check_fn(const char *text);

struct schema_row {
    const char *section; /* "": not in a section */
    const char *key;     /* NULL: no key, the section exists without any */
    enum schema_type type;
    enum schema_need need;
    uint16_t offset, size;    /* of the field */
    uint16_t set_offset;      /* of a bool that becomes true with the field; 0: none */
    uint64_t min, max;        /* numbers; max 0: as far as the type goes */
    schema_check_fn *check;   /* texts, each of several; NULL: any */
    const char *const *words; /* texts: the only ones, up to NULL; NULL: any */
    const char *example;      /* a good value as TOML; tables, ELSEWHERE: all that should be done */
};

/* SCHEMA_FIELD(struct x, f): offset and size of x.f, for the initializer of a row. */
#define SCHEMA_FIELD(type_, field_)                                                                \
    .offset = offsetof(type_, field_), .size = sizeof(((type_ *)0)->field_)

struct schema {
    const struct schema_row *rows;
    size_t row_count;
    bool is_strict;             /* unknown keys are errors; else warnings */
    const char *strict_section; /* errors there in any case; NULL: in none */
};

struct schema_reader {
    const struct schema *schema;
    const char *prefix; /* in front of the keys in messages: "" or "trust." */
    const struct source *source;
    struct arena *arena; /* of the texts */
    struct report *report;
};

/* Fills *base from the table and its sections. ACTR_ENOMEM; what is wrong with the file is in the
 * report only. */
int schema_read(const struct schema_reader *reader, const struct toml_node *table,
                void *base) ACTR_MUST_CHECK;
