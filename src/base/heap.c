// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A leftist tree (Crane, 1972) with parent links.
 *
 * No node is before its parent. The rank of a node is the length of the path down its right
 * children; a right child's rank never exceeds its sibling's, so that no rank exceeds log2(n + 1).
 * Trees are merged along their right paths, which are that short. Keys are compared together with a
 * number that grows with each push, which makes all of them different and equal keys first in,
 * first out.
 *
 * No recursion; nothing walks down a left path, which may be long. It allocates nothing. */
#include "base/heap.h"

#include <assert.h>

static bool heap_before(const struct heap_node *a, const struct heap_node *b)
{
    return a->key < b->key || (a->key == b->key && a->_order < b->_order);
}

static unsigned heap_rank(const struct heap_node *node)
{
    return node ? node->_rank : 0;
}

/* Puts the child of greater rank on the left; true when the node's own rank changed by it. */
static bool heap_lean(struct heap_node *node)
{
    struct heap_node *right = node->_right;
    if (heap_rank(node->_left) < heap_rank(right)) {
        node->_right = node->_left;
        node->_left = right;
    }
    unsigned before = node->_rank;
    node->_rank = heap_rank(node->_right) + 1;
    return node->_rank != before;
}

/* Two trees become one, which hangs at *link below `above`. */
static void heap_merge(struct heap_node *a, struct heap_node *b, struct heap_node **link,
                       struct heap_node *above)
{
    struct heap_node *parent = above;
    while (a && b) {
        struct heap_node *first = heap_before(b, a) ? b : a;
        struct heap_node *second = first == a ? b : a;
        *link = first;
        first->_parent = parent;
        parent = first;
        link = &first->_right;
        a = first->_right;
        b = second;
    }
    *link = a ? a : b;
    if (*link)
        (*link)->_parent = parent;
    /* Everyone on the way got another right child. Further up each rank that changes is one more
     * than that below it, so that way is O(log n) too. */
    for (; parent != above; parent = parent->_parent)
        heap_lean(parent);
    while (above && heap_lean(above))
        above = above->_parent;
}

void heap_push(struct heap *heap, struct heap_node *node, uint64_t key)
{
    assert(!heap_has(node));
    *node = (struct heap_node){.key = key, ._order = ++heap->_order_last, ._rank = 1};
    heap_merge(heap->_root, node, &heap->_root, NULL);
    heap->count++;
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    struct heap_node *parent = node->_parent, **link = &heap->_root;
    if (!heap_has(node))
        return;
    if (parent)
        link = parent->_left == node ? &parent->_left : &parent->_right;
    heap_merge(node->_left, node->_right, link, parent);
    heap->count--;
    *node = (struct heap_node){.key = node->key};
}
