// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* An intrusive binary heap: the least key first; equal keys leave in the order they came.
 *
 * No locks: a heap belongs to one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
    uint64_t key;
    uint64_t _order;
    size_t _index; /* 1-based; 0: in no heap */
};

struct heap {
    struct heap_node **_nodes;
    size_t count, _cap;
    uint64_t _order_next;
};

void heap_init(struct heap *heap);
void heap_deinit(struct heap *heap);

/* ACTR_ENOMEM. The node must be in no heap. */
int heap_push(struct heap *heap, struct heap_node *node, uint64_t key)
    __attribute__((warn_unused_result));

/* The node with the least key, borrowed; NULL when empty. */
struct heap_node *heap_first(const struct heap *heap);

/* Unlinks; harmless when the node is in no heap. */
void heap_remove(struct heap *heap, struct heap_node *node);

static inline bool heap_has(const struct heap_node *node)
{
    return node->_index != 0;
}
