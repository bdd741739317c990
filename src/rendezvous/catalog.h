// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What the administrator has told about makers of packages: manufacturers with their public keys,
 * and packages with their manifests. A named value with a note, found by name.
 *
 * Loop thread. */
#pragma once

#include <stddef.h>

#include <actr/bytes.h>

#include "base/hash.h"
#include "ledger.h"

#define CATALOG_MAX 4096        /* entries of one catalog */
#define CATALOG_NAME_MAX 512    /* bytes */
#define CATALOG_VALUE_MAX 65536 /* bytes */
#define CATALOG_NOTE_MAX 512    /* bytes */

struct catalog {
    struct hash_table _table;
    struct hash_key _key;
    enum ledger_table _ledger_table;
};

struct catalog_item {
    struct actr_view name, value, note;
};

/* table: LEDGER_MANUFACTURER or LEDGER_PACKAGE, whose cells are name, value and, for the former, a
 * note. */
void catalog_init(struct catalog *catalog, enum ledger_table table, const struct hash_key *key);
void catalog_deinit(struct catalog *catalog);
size_t catalog_count(const struct catalog *catalog);

/* ACTR_EINVALID: a part is too long, or the name empty; ACTR_ESTATE: no room for another name. */
int catalog_check(const struct catalog *catalog, const struct catalog_item *item) ACTR_MUST_CHECK;

/* Adds an entry or replaces the one of that name; everything is copied. ACTR_ENOMEM, and as
 * catalog_check(). */
int catalog_put(struct catalog *catalog, const struct catalog_item *item) ACTR_MUST_CHECK;

/* The value, borrowed until the entry changes; ptr NULL: there is none. */
struct actr_view catalog_find(const struct catalog *catalog, struct actr_view name);

/* The row that keeps the entry. ACTR_ENOMEM. */
int catalog_write(const struct catalog *catalog, const struct catalog_item *item,
                  struct ledger_write *write) ACTR_MUST_CHECK;

/* A stored entry. ACTR_EIO: the row makes no sense; ACTR_ENOMEM. */
int catalog_load(struct catalog *catalog, const struct ledger_row *row) ACTR_MUST_CHECK;

/* The names, sorted, into an array of catalog_count() elements; borrowed. */
void catalog_list(const struct catalog *catalog, struct actr_view *ret_names);
