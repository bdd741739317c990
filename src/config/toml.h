// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* TOML text as a tree of plain structs, with the place of each key and value.
 *
 * The parser behind it is a C++ library; nothing of C++ is seen here, and no exception comes out.
 * A document is immutable: any thread may read it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TOML_LEN_MAX ((size_t)1 << 20) /* bytes of text; longer ones are refused */
#define TOML_VALUES_MAX 65536          /* values and keys; more are refused */
#define TOML_NESTING_MAX 16            /* arrays and inline tables in each other */
#define TOML_DOTS_MAX 16               /* dots in one key or table header */

enum toml_kind {
    TOML_TEXT,
    TOML_INTEGER,
    TOML_FLOAT,
    TOML_BOOL,
    TOML_TIME, /* date, time or both; the value is not kept */
    TOML_ARRAY,
    TOML_TABLE
};

/* Both count from 1; columns are characters. */
struct toml_at {
    uint32_t line, column;
};

/* Everything belongs to the document. Text is UTF-8 without NUL inside. */
struct toml_node {
    const struct toml_node *next;     /* in the same table or array, in the order of the file */
    const struct toml_node *children; /* of TOML_TABLE and TOML_ARRAY: the first */
    const char *key;                  /* NULL: an element of an array, or the root */
    struct toml_at key_at;            /* meaningful when key is */
    struct toml_at at;                /* of the value; of a table: its header, or its `{` */
    enum toml_kind kind;
    union {
        const char *text;
        int64_t integer;
        double number;
        bool truth;
    };
};

struct toml_doc {
    const struct toml_node *root; /* TOML_TABLE, at line 1 column 1 */
};

/* Why a text was refused: where, what is wrong, and why. */
struct toml_fault {
    struct toml_at at;
    char what[64];
    char why[256];
};

/* ACTR_ECONFIG: the text is no TOML or over a bound; *ret_fault says more. ACTR_ENOMEM. */
int toml_parse(struct actr_view text, struct toml_doc **ret_doc,
               struct toml_fault *ret_fault) ACTR_MUST_CHECK;

/* Returns NULL; NULL is fine. */
struct toml_doc *toml_free(struct toml_doc *doc);

/* Borrowed; NULL when the table has no such key, or is none. */
const struct toml_node *toml_find(const struct toml_node *table, const char *key);

#ifdef __cplusplus
}
#endif
