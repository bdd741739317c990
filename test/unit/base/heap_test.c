// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "base/heap.h"

#include "base/list.h"
#include "base/mem.h"
#include "harness.h"

TEST(an_empty_heap_has_nothing)
{
    struct heap heap = {0};
    struct heap_node node = {0};
    assert_null(heap_first(&heap));
    assert_false(heap_has(&node));
    heap_remove(&heap, &node);
    heap_push(&heap, &node, 5);
    assert_true(heap_has(&node));
    assert_ptr_equal(heap_first(&heap), &node);
    heap_remove(&heap, &node);
    heap_remove(&heap, &node);
    assert_null(heap_first(&heap));
    assert_int_equal(heap.count, 0);
}

TEST(equal_keys_leave_in_the_order_they_came)
{
    struct heap heap = {0};
    struct heap_node nodes[100] = {0};
    for (size_t i = 0; i < 100; i++)
        heap_push(&heap, &nodes[i], i % 2 ? UINT64_MAX : 7);
    heap_remove(&heap, &nodes[0]);
    heap_push(&heap, &nodes[0], 7); /* again: now the last of the sevens */
    for (size_t i = 2; i < 100; i += 2) {
        assert_ptr_equal(heap_first(&heap), &nodes[i]);
        heap_remove(&heap, &nodes[i]);
    }
    assert_ptr_equal(heap_first(&heap), &nodes[0]);
    heap_remove(&heap, &nodes[0]);
    for (size_t i = 1; i < 100; i += 2) {
        assert_ptr_equal(heap_first(&heap), &nodes[i]);
        heap_remove(&heap, &nodes[i]);
    }
}

/* Against a plain list in which the least is looked for. */

#define NODE_COUNT 200

struct item {
    struct heap_node node;
    uint64_t key, order; /* order 0: out */
};

static struct item *least(struct item *items)
{
    struct item *found = NULL;
    for (struct item *item = items; item < items + NODE_COUNT; item++) {
        if (item->order == 0)
            continue;
        if (!found || item->key < found->key ||
            (item->key == found->key && item->order < found->order))
            found = item;
    }
    return found;
}

/* Each node's rank and lean are right, and with them the height of every right path. */
static void check_shape(const struct item *items, const struct heap *heap)
{
    for (const struct item *item = items; item < items + NODE_COUNT; item++) {
        const struct heap_node *node = &item->node;
        if (item->order == 0)
            continue;
        unsigned left = node->_left ? node->_left->_rank : 0;
        unsigned right = node->_right ? node->_right->_rank : 0;
        assert_true(left >= right);
        assert_int_equal(node->_rank, right + 1);
        assert_true(!node->_left || node->_left->_parent == node);
        assert_true(!node->_right || node->_right->_parent == node);
        assert_int_equal(node->_parent == NULL, node == heap->_root);
    }
}

TEST(a_heap_is_a_sorted_list)
{
    uint64_t random = harness_seed(), order = 0;
    struct heap heap = {0};
    struct item items[NODE_COUNT] = {0};
    size_t count = 0;
    for (int step = 0; step < 20000; step++) {
        struct item *item = &items[harness_random(&random) % NODE_COUNT];
        struct item *expected = least(items);
        if (expected && harness_random(&random) % 3 == 0)
            item = expected; /* the first leaves more often than others */
        if (item->order != 0) {
            heap_remove(&heap, &item->node);
            item->order = 0;
            count--;
        } else {
            item->key = harness_random(&random) % 50;
            item->order = ++order;
            heap_push(&heap, &item->node, item->key);
            assert_int_equal(item->node.key, item->key);
            count++;
        }
        expected = least(items);
        assert_ptr_equal(heap_first(&heap), expected ? &expected->node : NULL);
        assert_int_equal(heap.count, count);
        assert_int_equal(heap_has(&item->node), item->order != 0);
        if (step % 16 == 0)
            check_shape(items, &heap);
    }
}

TEST(a_hundred_thousand_leave_sorted)
{
    enum { COUNT = 100000 };
    uint64_t random = harness_seed(), last = 0;
    struct heap heap = {0};
    struct heap_node *nodes = mem_alloc(COUNT * sizeof(*nodes));
    assert_non_null(nodes);
    for (size_t i = 0; i < COUNT; i++)
        heap_push(&heap, &nodes[i], harness_random(&random));
    for (size_t i = 0; i < COUNT; i += 3)
        heap_remove(&heap, &nodes[i]);
    while (heap.count > 0) {
        struct heap_node *first = heap_first(&heap);
        assert_true(first->key >= last);
        last = first->key;
        heap_remove(&heap, first);
    }
    mem_free(nodes);
}
