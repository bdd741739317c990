// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Keyed hashing (SipHash-1-3) and an intrusive hash table that grows and shrinks by doubling:
 * at load 1, and when an insert finds it below 1/8 (a table that is only drained keeps its
 * buckets).
 *
 * Tables whose keys a peer may choose are keyed with random bytes at creation. No locks: one
 * thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

struct hash_key {
    uint8_t bytes[16];
};

uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t len);

struct hash_node {
    struct hash_node *_next;
    uint64_t _hash;
};

typedef bool hash_equal_fn(const struct hash_node *node, const void *wanted);

struct hash_table {
    struct hash_node **_buckets;
    size_t count, _cap; /* _cap: a power of two, or 0 before the first insert */
    size_t _reserved;   /* least _cap; 0: not reserved */
    hash_equal_fn *_equal;
};

void hash_table_init(struct hash_table *table, hash_equal_fn *equal);
/* From now on up to `count` nodes are inserted without allocating. ACTR_ENOMEM. */
int hash_table_reserve(struct hash_table *table, size_t count) __attribute__((warn_unused_result));
/* Frees the buckets; the nodes are their owners'. */
void hash_table_deinit(struct hash_table *table);

/* Borrowed; NULL when absent. */
struct hash_node *hash_table_find(const struct hash_table *table, uint64_t hash,
                                  const void *wanted);

/* Inserts without looking for an equal one. ACTR_ENOMEM. */
int hash_table_insert(struct hash_table *table, struct hash_node *node, uint64_t hash)
    __attribute__((warn_unused_result));

/* The node must be in the table. */
void hash_table_remove(struct hash_table *table, struct hash_node *node);

/* Iteration: start with NULL; any order; the table must not change but for removing the node
 * returned last, and only after asking for the next. */
struct hash_node *hash_table_next(const struct hash_table *table, const struct hash_node *node);
