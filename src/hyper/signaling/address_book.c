// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Entries are found by id and given up by use. The loop thread's, as its owner; it calls nobody and
 * waits for nothing.
 *
 * Invariant: an entry is in the table and in the list of use, or it does not exist. The ids are of
 * the server's choosing, so the table is keyed. */
#include "hyper/signaling/address_book.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"

struct entry {
    struct hash_node node;
    struct list use;
    struct actr_id id;
    char address[];
};

static bool entry_is(const struct hash_node *node, const void *wanted)
{
    return actr_id_equal(&container_of(node, struct entry, node)->id, wanted);
}

static void entry_free(struct address_book *book, struct entry *entry)
{
    hash_table_remove(&book->_by_id, &entry->node);
    list_remove(&entry->use);
    mem_free(entry);
}

static struct entry *entry_find(const struct address_book *book, const struct actr_id *id)
{
    uint64_t hash = actr_id_hash(id, book->_key.bytes);
    struct hash_node *node = hash_table_find(&book->_by_id, hash, id);
    return node != NULL ? container_of(node, struct entry, node) : NULL;
}

void address_book_init(struct address_book *book, const struct hash_key *key, size_t count_max)
{
    hash_table_init(&book->_by_id, entry_is);
    list_init(&book->_by_use);
    book->_key = *key;
    book->_count_max = count_max;
}

void address_book_deinit(struct address_book *book)
{
    if (book->_by_use.next == NULL)
        return;
    while (!list_is_empty(&book->_by_use))
        entry_free(book, container_of(book->_by_use.next, struct entry, use));
    hash_table_deinit(&book->_by_id);
}

int address_book_put(struct address_book *book, const struct actr_id *id, struct actr_view address)
{
    struct entry *old = entry_find(book, id);
    if (old != NULL)
        entry_free(book, old);
    if (address.len == 0 || address.len > ADDRESS_LEN_MAX ||
        memchr(address.ptr, '\0', address.len) != NULL)
        return 0;
    struct entry *entry = mem_alloc(sizeof *entry + address.len + 1);
    if (entry == NULL)
        return err_origin(ACTR_ENOMEM, "signaling: an address");
    entry->id = *id;
    memcpy(entry->address, address.ptr, address.len);
    if (book->_by_id.count >= book->_count_max)
        entry_free(book, container_of(book->_by_use.next, struct entry, use));
    int r = hash_table_insert(&book->_by_id, &entry->node, actr_id_hash(id, book->_key.bytes));
    if (r < 0) {
        mem_free(entry);
        return r;
    }
    list_init(&entry->use);
    list_push(&book->_by_use, &entry->use);
    return 0;
}

const char *address_book_find(struct address_book *book, const struct actr_id *id)
{
    struct entry *entry = entry_find(book, id);
    if (entry == NULL)
        return NULL;
    list_remove(&entry->use);
    list_push(&book->_by_use, &entry->use);
    return entry->address;
}
