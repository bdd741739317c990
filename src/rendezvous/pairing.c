// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Negotiated pairs.
 *
 * A pair is in the table and in one list of each of its two actors; it is freed with the first of
 * them. Must hold no more than PAIRING_OPENED_MAX pairs of one initiator.
 *
 * Loop thread. */
#include "pairing.h"

#include "base/mem.h"

struct ends {
    struct registry_actor *from, *to;
};

struct pair {
    struct hash_node node;
    struct ends ends;
    struct list opened, accepted;
};

static struct pair *pair_of(const struct hash_node *node)
{
    return container_of((uintptr_t)node, struct pair, node);
}

static bool pair_equal(const struct hash_node *node, const void *wanted)
{
    const struct ends *ends = wanted;
    return pair_of(node)->ends.from == ends->from && pair_of(node)->ends.to == ends->to;
}

void pairing_init(struct pairing *pairing, const struct hash_key *key)
{
    hash_table_init(&pairing->_table, pair_equal);
    pairing->_key = *key;
}

static struct pair *find(const struct pairing *pairing, const struct ends *ends)
{
    uint64_t hash = hash_bytes(&pairing->_key, ends, sizeof(*ends));
    struct hash_node *node = hash_table_find(&pairing->_table, hash, ends);
    return node ? pair_of(node) : NULL;
}

static void pair_free(struct pairing *pairing, struct pair *pair)
{
    hash_table_remove(&pairing->_table, &pair->node);
    pair->ends.from->pairs_opened_count--;
    list_remove(&pair->opened);
    list_remove(&pair->accepted);
    mem_free(pair);
}

void pairing_deinit(struct pairing *pairing)
{
    struct hash_node *node = hash_table_next(&pairing->_table, NULL);
    while (node) {
        struct pair *pair = pair_of(node);
        node = hash_table_next(&pairing->_table, node);
        pair_free(pairing, pair);
    }
    hash_table_deinit(&pairing->_table);
}

int pairing_add(struct pairing *pairing, struct registry_actor *from, struct registry_actor *to)
{
    struct ends ends = {from, to};
    if (find(pairing, &ends))
        return 0;
    if (from->pairs_opened_count >= PAIRING_OPENED_MAX)
        pair_free(pairing, container_of(from->pairs_opened.next, struct pair, opened));
    struct pair *pair = mem_alloc(sizeof(*pair));
    if (!pair)
        return ACTR_ENOMEM;
    pair->ends = ends;
    uint64_t hash = hash_bytes(&pairing->_key, &ends, sizeof(ends));
    int r = hash_table_insert(&pairing->_table, &pair->node, hash);
    if (r < 0) {
        mem_free(pair);
        return r;
    }
    list_init(&pair->opened);
    list_init(&pair->accepted);
    list_push(&from->pairs_opened, &pair->opened);
    list_push(&to->pairs_accepted, &pair->accepted);
    from->pairs_opened_count++;
    return 0;
}

bool pairing_has(const struct pairing *pairing, struct registry_actor *from,
                 struct registry_actor *to)
{
    struct ends ends = {from, to};
    return find(pairing, &ends) != NULL;
}

void pairing_forget(struct pairing *pairing, struct registry_actor *actor)
{
    while (!list_is_empty(&actor->pairs_opened))
        pair_free(pairing, container_of(actor->pairs_opened.next, struct pair, opened));
    while (!list_is_empty(&actor->pairs_accepted))
        pair_free(pairing, container_of(actor->pairs_accepted.next, struct pair, accepted));
}
