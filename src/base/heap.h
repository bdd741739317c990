// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* An intrusive heap: the least key first; equal keys leave in the order they came.
 *
 * A leftist tree: no memory of its own, so that a push cannot fail; every operation is O(log n) in
 * the worst case, so that a hundred thousand timers cannot make one turn long.
 *
 * No locks: a heap belongs to one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed: in no heap. */
struct heap_node {
    uint64_t key;
    uint64_t _order; /* among equal keys; 0: in no heap */
    struct heap_node *_left, *_right, *_parent;
    unsigned _rank; /* nodes on the way down the right side, this one included */
};

/* Zeroed: empty. */
struct heap {
    struct heap_node *_root;
    uint64_t _order_last;
    size_t count;
};

/* The node must be in no heap. */
void heap_push(struct heap *heap, struct heap_node *node, uint64_t key);

/* Unlinks; harmless when the node is in no heap. */
void heap_remove(struct heap *heap, struct heap_node *node);

/* The node with the least key, borrowed; NULL when empty. */
static inline struct heap_node *heap_first(const struct heap *heap)
{
    return heap->_root;
}

static inline bool heap_has(const struct heap_node *node)
{
    return node->_order != 0;
}
