// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "harness.h"

/* Key 00 01 … 0f, input 00 01 02 … of each length up to 64. */
TEST(siphash_1_3_of_every_length)
{
    static const uint64_t expected[65] = {
        0xabac0158050fc4dcu, 0xc9f49bf37d57ca93u, 0x82cb9b024dc7d44du, 0x8bf80ab8e7ddf7fbu,
        0xcf75576088d38328u, 0xdef9d52f49533b67u, 0xc50d2b50c59f22a7u, 0xd3927d989bb11140u,
        0x369095118d299a8eu, 0x25a48eb36c063de4u, 0x79de85ee92ff097fu, 0x70c118c1f94dc352u,
        0x78a384b157b4d9a2u, 0x306f760c1229ffa7u, 0x605aa111c0f95d34u, 0xd320d86d2a519956u,
        0xcc4fdd1a7d908b66u, 0x9cf2689063dbd80cu, 0x8ffc389cb473e63eu, 0xf21f9de58d297d1cu,
        0xc0dc2f46a6cce040u, 0xb992abfe2b45f844u, 0x7ffe7b9ba320872eu, 0x525a0e7fdae6c123u,
        0xf464aeb267349c8cu, 0x45cd5928705b0979u, 0x3a3e35e3ca9913a5u, 0xa91dc74e4ade3b35u,
        0xfb0bed02ef6cd00du, 0x88d93cb44ab1e1f4u, 0x540f11d643c5e663u, 0x2370dd1f8c21d1bcu,
        0x81157b6c16a7b60du, 0x4d54b9e57a8ff9bfu, 0x759f12781f2a753eu, 0xcea1a3bebf186b91u,
        0x2cf508d3ada26206u, 0xb6101c2da3c33057u, 0xb3f47496ae3a36a1u, 0x626b57547b108392u,
        0xc1d2363299e41531u, 0x667cc1923f1ad944u, 0x65704ffec8138825u, 0x24f280d1c28949a6u,
        0xc2ca1cedfaf8876bu, 0xc2164bfc9f042196u, 0xa16e9c9368b1d623u, 0x49fb169c8b5114fdu,
        0x9f3143f8df074c46u, 0xc6fdaf2412cc86b3u, 0x7eaf49d10a52098fu, 0x1cf313559d292f9au,
        0xc44a30dda2f41f12u, 0x36fae98943a71ed0u, 0x318fb34c73f0bce6u, 0xa27abf3670a7e980u,
        0xb4bcc0db243c6d75u, 0x23f8d852fdb71513u, 0x8f035f4da67d8a08u, 0xd89cd0e5b7e8f148u,
        0xf6f4e6bcf7a644eeu, 0xaec59ad80f1837f2u, 0xc3b2f6154b6694e0u, 0x9d199062b7bbb3a8u,
        0xf17997ec4b4a6065u,
    };
    struct hash_key key;
    uint8_t input[64 + 1];
    for (uint8_t i = 0; i < 16; i++)
        key.bytes[i] = i;
    for (uint8_t i = 0; i < 64; i++)
        input[i] = i;
    for (size_t len = 0; len <= 64; len++)
        assert_true(hash_bytes(&key, input, len) == expected[len]);
    memmove(input + 1, input, 64); /* not aligned */
    assert_true(hash_bytes(&key, input + 1, 64) == expected[64]);
    assert_true(hash_bytes(&key, NULL, 0) == expected[0]);
}

struct item {
    struct hash_node node;
    uint64_t key;
    bool is_in, was_seen;
};

static bool item_equal(const struct hash_node *node, const void *wanted)
{
    const struct item *item = (const struct item *)node;
    return item->key == *(const uint64_t *)wanted;
}

/* Few values: chains and equal hashes with different keys do happen. */
static uint64_t item_hash(uint64_t key)
{
    return key % 61;
}

static struct item *item_find(const struct hash_table *table, uint64_t key)
{
    struct hash_node *node = hash_table_find(table, item_hash(key), &key);
    return node ? container_of(node, struct item, node) : NULL;
}

#define ITEM_COUNT 300

TEST(a_table_is_a_set)
{
    uint64_t random = harness_seed();
    struct hash_table table;
    struct item items[ITEM_COUNT] = {0};
    size_t count = 0;
    hash_table_init(&table, item_equal);
    for (size_t i = 0; i < ITEM_COUNT; i++)
        items[i].key = i;
    for (int step = 0; step < 20000; step++) {
        /* Phases in which it grows, and in which it shrinks. */
        bool want_in = harness_random(&random) % 8 < (step / 2000 % 2 ? 1u : 7u);
        struct item *item = &items[harness_random(&random) % ITEM_COUNT];
        assert_ptr_equal(item_find(&table, item->key), item->is_in ? item : NULL);
        if (want_in && !item->is_in) {
            assert_int_equal(hash_table_insert(&table, &item->node, item_hash(item->key)), 0);
            item->is_in = true;
            count++;
        } else if (!want_in && item->is_in) {
            hash_table_remove(&table, &item->node);
            item->is_in = false;
            count--;
        }
        assert_int_equal(table.count, count);
    }
    for (size_t i = 0; i < ITEM_COUNT; i++)
        assert_ptr_equal(item_find(&table, i), items[i].is_in ? &items[i] : NULL);
    hash_table_deinit(&table);
}

TEST(buckets_follow_the_count)
{
    struct hash_table table;
    static struct item items[1000];
    hash_table_init(&table, item_equal);
    assert_null(hash_table_next(&table, NULL));
    for (uint64_t i = 0; i < 1000; i++) {
        items[i].key = i;
        assert_int_equal(hash_table_insert(&table, &items[i].node, i), 0);
        assert_true(table.count <= table._cap);
    }
    assert_int_equal(table._cap, 1024);
    for (size_t i = 0; i < 900; i++)
        hash_table_remove(&table, &items[i].node);
    assert_int_equal(table._cap, 1024); /* a table that is only drained keeps its buckets */
    assert_int_equal(hash_table_insert(&table, &items[0].node, 0), 0);
    assert_int_equal(table._cap, 512);
    for (uint64_t i = 900; i < 1000; i++)
        assert_ptr_equal(hash_table_find(&table, i, &i), &items[i].node);
    for (size_t i = 900; i < 1000; i++)
        hash_table_remove(&table, &items[i].node);
    assert_int_equal(hash_table_insert(&table, &items[1].node, 1), 0);
    assert_int_equal(table._cap, 16);
    hash_table_deinit(&table);
    assert_int_equal(table.count, 0);
    assert_null(hash_table_find(&table, 0, &items[0].key));
}

TEST(an_iteration_meets_everyone_and_may_remove)
{
    struct hash_table table;
    struct item items[ITEM_COUNT] = {0};
    hash_table_init(&table, item_equal);
    for (size_t i = 0; i < ITEM_COUNT; i++) {
        items[i].key = i;
        assert_int_equal(hash_table_insert(&table, &items[i].node, item_hash(i)), 0);
    }
    struct hash_node *next;
    for (struct hash_node *node = hash_table_next(&table, NULL); node; node = next) {
        struct item *item = container_of(node, struct item, node);
        next = hash_table_next(&table, node);
        assert_false(item->was_seen);
        item->was_seen = true;
        if (item->key % 10 != 0)
            hash_table_remove(&table, node);
    }
    assert_int_equal(table.count, ITEM_COUNT / 10);
    for (size_t i = 0; i < ITEM_COUNT; i++) {
        assert_true(items[i].was_seen);
        assert_ptr_equal(item_find(&table, i), i % 10 ? NULL : &items[i]);
    }
    hash_table_deinit(&table);
}

TEST(an_insert_that_finds_no_memory_changes_nothing)
{
    struct hash_table table;
    struct item items[20] = {0};
    unsigned refused = 0;
    hash_table_init(&table, item_equal);
    for (uint64_t i = 0; i < 20; i++) {
        items[i].key = i;
        mem_fail_at(1);
        int r = hash_table_insert(&table, &items[i].node, i);
        mem_fail_at(0);
        if (r < 0) {
            assert_int_equal(r, ACTR_ENOMEM);
            assert_int_equal(table.count, i);
            assert_null(hash_table_find(&table, i, &i));
            assert_int_equal(hash_table_insert(&table, &items[i].node, i), 0);
            refused++;
        }
        for (uint64_t k = 0; k <= i; k++)
            assert_ptr_equal(hash_table_find(&table, k, &k), &items[k].node);
    }
    assert_int_equal(refused, 3); /* for 8, 16 and 32 buckets */
    hash_table_deinit(&table);
}

TEST(what_was_reserved_is_inserted_without_memory)
{
    struct hash_table table;
    struct item items[100] = {0};
    hash_table_init(&table, item_equal);
    mem_fail_at(1);
    assert_int_equal(hash_table_reserve(&table, 100), ACTR_ENOMEM);
    mem_fail_at(0);
    assert_int_equal(hash_table_reserve(&table, 100), 0);
    mem_fail_at(1);
    for (int round = 0; round < 3; round++) { /* from empty, where a table shrinks, to full */
        for (uint64_t i = 0; i < 100; i++) {
            items[i].key = i;
            assert_int_equal(hash_table_insert(&table, &items[i].node, i), 0);
        }
        for (size_t i = 0; i < 100; i++)
            hash_table_remove(&table, &items[i].node);
    }
    mem_fail_at(0);
    hash_table_deinit(&table);
}
