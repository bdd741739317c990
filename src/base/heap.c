// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986) with two-pass merging.
 *
 * Each node has a list of children, none less than itself; the first child's _prev is its parent,
 * the others' the sibling before, so that any node can be cut out in O(1). Keys are compared
 * together with a number that grows with each push, which makes all of them different and equal
 * keys first in, first out.
 *
 * No recursion: merging walks sibling lists. It allocates nothing. */
#include "base/heap.h"

#include <assert.h>

static bool heap_before(const struct heap_node *a, const struct heap_node *b)
{
    return a->key < b->key || (a->key == b->key && a->_order < b->_order);
}

/* Two roots become one: the greater is made the first child of the lesser. */
static struct heap_node *heap_link(struct heap_node *a, struct heap_node *b)
{
    if (heap_before(b, a)) {
        struct heap_node *swap = a;
        a = b;
        b = swap;
    }
    b->_next = a->_child;
    if (b->_next)
        b->_next->_prev = b;
    b->_prev = a;
    a->_child = b;
    a->_next = NULL;
    a->_prev = NULL;
    return a;
}

/* Siblings become one root: neighbours are linked from left to right, the pairs are merged from
 * right to left. */
static struct heap_node *heap_merge(struct heap_node *first)
{
    struct heap_node *pairs = NULL; /* the last pair first */
    while (first) {
        struct heap_node *pair = first;
        struct heap_node *second = first->_next;
        first = second ? second->_next : NULL;
        if (second)
            pair = heap_link(pair, second);
        pair->_next = pairs;
        pairs = pair;
    }
    struct heap_node *root = pairs;
    if (!root)
        return NULL;
    pairs = root->_next;
    root->_next = NULL;
    root->_prev = NULL;
    while (pairs) {
        struct heap_node *next = pairs->_next;
        root = heap_link(root, pairs);
        pairs = next;
    }
    return root;
}

void heap_push(struct heap *heap, struct heap_node *node, uint64_t key)
{
    assert(!heap_has(node));
    *node = (struct heap_node){.key = key, ._order = ++heap->_order_last};
    heap->_root = heap->_root ? heap_link(heap->_root, node) : node;
    heap->count++;
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    if (!heap_has(node))
        return;
    struct heap_node *rest = heap_merge(node->_child);
    if (node == heap->_root) {
        heap->_root = rest;
    } else {
        if (node->_prev->_child == node)
            node->_prev->_child = node->_next;
        else
            node->_prev->_next = node->_next;
        if (node->_next)
            node->_next->_prev = node->_prev;
        if (rest)
            heap->_root = heap_link(heap->_root, rest);
    }
    heap->count--;
    *node = (struct heap_node){.key = node->key};
}
