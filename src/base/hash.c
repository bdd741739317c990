// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* SipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012, with one compression
 * and three finalisation rounds), and a chained hash table.
 *
 * Buckets are a power of two: doubled at load 1, and fitted again by the first insert that finds
 * the load below 1/8 (not below what was reserved). Removing never moves anything, so that an
 * iteration may remove.
 *
 * No locks. A table never frees a node: nodes are embedded in what they index. */
#include "base/hash.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#define HASH_CAP_MIN 8

static inline uint64_t hash_rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

/* Spelled out so that compilers make one load of it. */
static inline uint64_t hash_word(const uint8_t *at)
{
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24 |
           (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 |
           (uint64_t)at[7] << 56;
}

static inline void hash_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = hash_rotate(v[1], 13) ^ v[0];
    v[3] = hash_rotate(v[3], 16) ^ v[2];
    v[0] = hash_rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = hash_rotate(v[1], 17) ^ v[2];
    v[3] = hash_rotate(v[3], 21) ^ v[0];
    v[2] = hash_rotate(v[2], 32);
}

uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t len)
{
    const uint8_t *at = data;
    uint64_t k0 = hash_word(key->bytes), k1 = hash_word(key->bytes + 8);
    uint64_t v[4] = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
                     k1 ^ 0x7465646279746573u};
    uint64_t last = (uint64_t)len << 56;

    for (; len >= 8; at += 8, len -= 8) {
        uint64_t word = hash_word(at);
        v[3] ^= word;
        hash_round(v);
        v[0] ^= word;
    }
    for (size_t i = 0; i < len; i++)
        last |= (uint64_t)at[i] << (8 * i);
    v[3] ^= last;
    hash_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    hash_round(v);
    hash_round(v);
    hash_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void hash_table_init(struct hash_table *table, hash_equal_fn *equal)
{
    *table = (struct hash_table){._equal = equal};
}

void hash_table_deinit(struct hash_table *table)
{
    mem_free(table->_buckets);
    *table = (struct hash_table){._equal = table->_equal};
}

static inline struct hash_node **hash_bucket(const struct hash_table *table, uint64_t hash)
{
    return &table->_buckets[hash & (table->_cap - 1)];
}

struct hash_node *hash_table_find(const struct hash_table *table, uint64_t hash, const void *wanted)
{
    if (table->count == 0)
        return NULL;
    struct hash_node *node = *hash_bucket(table, hash);
    while (node && !(node->_hash == hash && table->_equal(node, wanted)))
        node = node->_next;
    return node;
}

static void hash_table_link(struct hash_table *table, struct hash_node *node)
{
    struct hash_node **bucket = hash_bucket(table, node->_hash);
    node->_next = *bucket;
    *bucket = node;
}

static int hash_table_resize(struct hash_table *table, size_t cap)
{
    struct hash_table old = *table;
    struct hash_node **buckets = NULL;
    if (cap <= SIZE_MAX / sizeof(*buckets))
        buckets = mem_alloc(cap * sizeof(*buckets));
    if (!buckets)
        return err_origin(ACTR_ENOMEM, "hash table: no memory for %zu buckets", cap);
    table->_buckets = buckets;
    table->_cap = cap;
    for (size_t i = 0; i < old._cap; i++) {
        struct hash_node *next;
        for (struct hash_node *node = old._buckets[i]; node; node = next) {
            next = node->_next;
            hash_table_link(table, node);
        }
    }
    mem_free(old._buckets);
    return 0;
}

/* The number of buckets for one more node. */
static size_t hash_table_fit(const struct hash_table *table)
{
    size_t need = table->count + 1;
    size_t cap = table->_cap > 0 ? table->_cap : HASH_CAP_MIN;
    if (need > cap)
        return 2 * cap;
    while (cap > HASH_CAP_MIN && cap > table->_reserved && need < cap / 8)
        cap /= 2;
    return cap;
}

int hash_table_reserve(struct hash_table *table, size_t count)
{
    size_t cap = HASH_CAP_MIN;
    while (cap < count && cap <= SIZE_MAX / 2)
        cap *= 2;
    if (cap > table->_cap) {
        int r = hash_table_resize(table, cap);
        if (r < 0)
            return r;
    }
    table->_reserved = cap;
    return 0;
}

int hash_table_insert(struct hash_table *table, struct hash_node *node, uint64_t hash)
{
    size_t cap = hash_table_fit(table);
    if (cap != table->_cap) {
        int r = hash_table_resize(table, cap);
        if (r < 0)
            return r;
    }
    node->_hash = hash;
    hash_table_link(table, node);
    table->count++;
    return 0;
}

void hash_table_remove(struct hash_table *table, struct hash_node *node)
{
    struct hash_node **link = hash_bucket(table, node->_hash);
    while (*link != node) {
        assert(*link);
        link = &(*link)->_next;
    }
    *link = node->_next;
    node->_next = NULL;
    table->count--;
}

struct hash_node *hash_table_next(const struct hash_table *table, const struct hash_node *node)
{
    size_t index = 0;
    if (node && node->_next)
        return node->_next;
    if (node)
        index = (node->_hash & (table->_cap - 1)) + 1;
    for (; index < table->_cap; index++) {
        if (table->_buckets[index])
            return table->_buckets[index];
    }
    return NULL;
}
