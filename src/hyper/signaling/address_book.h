// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The address book: where other actors listen for direct WebSockets, as discovery told.
 *
 * Bounded: when it is full the entry that was longest neither written nor read gives way. Loop
 * thread. */
#pragma once

#include <stddef.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "base/hash.h"
#include "base/list.h"

/* Longer addresses are not kept. */
#define ADDRESS_LEN_MAX 512

struct address_book {
    struct hash_table _by_id;
    struct list _by_use; /* the longest unused first */
    struct hash_key _key;
    size_t _count_max;
};

void address_book_init(struct address_book *book, const struct hash_key *key, size_t count_max);
void address_book_deinit(struct address_book *book);

/* Remembers, in place of what was known. An empty or overlong address is forgotten. ACTR_ENOMEM:
 * what was known before is forgotten. */
int address_book_put(struct address_book *book, const struct actr_id *id,
                     struct actr_view address) ACTR_MUST_CHECK;

/* Lent until the next change; NULL: unknown. */
const char *address_book_find(struct address_book *book, const struct actr_id *id);
