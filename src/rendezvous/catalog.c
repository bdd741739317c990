// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Tables of named values.
 *
 * An entry is one block of memory: name, value and note behind each other; changing it makes a new
 * one. What is public about manufacturers and packages is all there is, so nothing here is secret.
 *
 * Loop thread. */
#include "catalog.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"

struct entry {
    struct hash_node node;
    struct catalog_item item;
    uint8_t data[];
};

static struct entry *entry_of(const struct hash_node *node)
{
    return container_of((uintptr_t)node, struct entry, node);
}

static bool entry_equal(const struct hash_node *node, const void *wanted)
{
    return view_equal(entry_of(node)->item.name, *(const struct actr_view *)wanted);
}

void catalog_init(struct catalog *catalog, enum ledger_table table, const struct hash_key *key)
{
    hash_table_init(&catalog->_table, entry_equal);
    catalog->_key = *key;
    catalog->_ledger_table = table;
}

void catalog_deinit(struct catalog *catalog)
{
    struct hash_node *node = hash_table_next(&catalog->_table, NULL);
    while (node) {
        struct entry *entry = entry_of(node);
        node = hash_table_next(&catalog->_table, node);
        hash_table_remove(&catalog->_table, &entry->node);
        mem_free(entry);
    }
    hash_table_deinit(&catalog->_table);
}

size_t catalog_count(const struct catalog *catalog)
{
    return catalog->_table.count;
}

static uint64_t name_hash(const struct catalog *catalog, struct actr_view name)
{
    return hash_bytes(&catalog->_key, name.ptr, name.len);
}

static struct entry *find(const struct catalog *catalog, struct actr_view name)
{
    struct hash_node *node = hash_table_find(&catalog->_table, name_hash(catalog, name), &name);
    return node ? entry_of(node) : NULL;
}

int catalog_check(const struct catalog *catalog, const struct catalog_item *item)
{
    if (item->name.len == 0 || item->name.len > CATALOG_NAME_MAX)
        return err_origin(ACTR_EINVALID, "a name has 1 to %d bytes", CATALOG_NAME_MAX);
    if (item->value.len > CATALOG_VALUE_MAX || item->note.len > CATALOG_NOTE_MAX)
        return err_origin(ACTR_EINVALID, "the entry is too large");
    if (catalog->_table.count >= CATALOG_MAX && !find(catalog, item->name))
        return err_origin(ACTR_ESTATE, "there are %d entries already", CATALOG_MAX);
    return 0;
}

static struct actr_view copy_part(uint8_t **at, struct actr_view part)
{
    struct actr_view copy = actr_view_of(*at, part.len);
    if (part.len > 0)
        memcpy(*at, part.ptr, part.len);
    *at += part.len;
    return copy;
}

int catalog_put(struct catalog *catalog, const struct catalog_item *item)
{
    int r = catalog_check(catalog, item);
    if (r < 0)
        return r;
    struct entry *entry =
        mem_alloc(sizeof(*entry) + item->name.len + item->value.len + item->note.len);
    if (!entry)
        return err_origin(ACTR_ENOMEM, "catalog: out of memory");
    uint8_t *at = entry->data;
    entry->item.name = copy_part(&at, item->name);
    entry->item.value = copy_part(&at, item->value);
    entry->item.note = copy_part(&at, item->note);

    struct entry *old = find(catalog, item->name);
    r = hash_table_insert(&catalog->_table, &entry->node, name_hash(catalog, item->name));
    if (r < 0) {
        mem_free(entry);
        return r;
    }
    if (old) {
        hash_table_remove(&catalog->_table, &old->node);
        mem_free(old);
    }
    return 0;
}

struct actr_view catalog_find(const struct catalog *catalog, struct actr_view name)
{
    const struct entry *entry = find(catalog, name);
    return entry ? entry->item.value : (struct actr_view){0};
}

int catalog_write(const struct catalog *catalog, const struct catalog_item *item,
                  struct ledger_write *write)
{
    struct ledger_row *row = ledger_add(write, catalog->_ledger_table);
    if (!row)
        return err_origin(ACTR_ENOMEM, "catalog: out of memory");
    row->cells[0] = ledger_bytes(item->name.ptr, item->name.len);
    row->cells[1] = ledger_bytes(item->value.ptr, item->value.len);
    if (catalog->_ledger_table == LEDGER_MANUFACTURER)
        row->cells[LEDGER_MANUFACTURER_CONTACT] = ledger_bytes(item->note.ptr, item->note.len);
    return 0;
}

int catalog_load(struct catalog *catalog, const struct ledger_row *row)
{
    struct catalog_item item = {.name = actr_bytes_view(row->cells[0].bytes),
                                .value = actr_bytes_view(row->cells[1].bytes)};
    if (catalog->_ledger_table == LEDGER_MANUFACTURER)
        item.note = actr_bytes_view(row->cells[LEDGER_MANUFACTURER_CONTACT].bytes);
    int r = catalog_put(catalog, &item);
    return r < 0 && r != ACTR_ENOMEM ? err_context(ACTR_EIO, "stored catalog entry") : r;
}

static int compare_name(const void *left, const void *right)
{
    const struct actr_view *a = left, *b = right;
    int order = memcmp(a->ptr, b->ptr, a->len < b->len ? a->len : b->len);
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

void catalog_list(const struct catalog *catalog, struct actr_view *ret_names)
{
    size_t count = 0;
    struct hash_node *node = NULL;
    while ((node = hash_table_next(&catalog->_table, node)))
        ret_names[count++] = entry_of(node)->item.name;
    qsort(ret_names, count, sizeof(*ret_names), compare_name);
}
