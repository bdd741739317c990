// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Dedup table: a pool of entries, a hash table to find one, a list in order of completion to let it
 * go.
 *
 * Expiry and the memory bound both take from the head of that list, so that every operation is O(1)
 * amortised and nothing ever scans the table. All finished entries live equally long, hence the
 * list is sorted by time; one that is restored looks for its place from the young end. What falls
 * off its head goes behind a second list, of those without a result. Never
 * forgets a running entry: its sender would be answered twice. */
#include "runtime/dedup.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"

#define DEDUP_TTL_US 30000000u
#define DEDUP_BYTES_MAX (32u << 20)

static const char *entry_id(const struct dispatch_entry *entry)
{
    return entry->id_len <= DEDUP_ID_INLINE ? entry->id_inline : entry->id_long;
}

static bool dedup_equal(const struct hash_node *node, const void *wanted)
{
    const struct dispatch_entry *entry =
        container_of((struct hash_node *)(uintptr_t)node, struct dispatch_entry, node);
    const struct dedup_key *key = wanted;
    return entry->caller_serial == key->caller->serial &&
           entry->caller_realm == key->caller->realm && entry->caller_hash == key->caller_hash &&
           entry->id_len == key->id.len && memcmp(entry_id(entry), key->id.ptr, key->id.len) == 0;
}

struct dedup_key dedup_key_of(const struct dedup *dedup, const struct actr_id *caller,
                              struct actr_view id)
{
    struct dedup_key key = {caller, id, actr_id_hash(caller, dedup->key.bytes), 0};
    /* The id is what differs from request to request; the caller's hash keeps callers apart. */
    key.hash = hash_bytes(&dedup->key, id.ptr, id.len) ^ key.caller_hash;
    return key;
}

/* A running entry has no result yet. */
static uint64_t entry_cost(const struct dispatch_entry *entry)
{
    size_t id_len = entry->id_len <= DEDUP_ID_INLINE ? 0 : entry->id_len;
    return DEDUP_ENTRY_SIZE + id_len + bytes_held(entry->result.payload) +
           bytes_held(entry->result.message);
}

static void entry_free(struct dedup *dedup, struct dispatch_entry *entry)
{
    if (entry->id_len > DEDUP_ID_INLINE)
        mem_free(entry->id_long);
    pool_give(&dedup->entries, entry);
}

static void dedup_forget(struct dedup *dedup, struct dispatch_entry *entry)
{
    dedup->bytes -= entry_cost(entry);
    list_remove(&entry->finished_link);
    hash_table_remove(&dedup->table, &entry->node);
    actr_bytes_unref(entry->result.payload);
    actr_bytes_unref(entry->result.message);
    entry_free(dedup, entry);
}

/* NULL: the list is empty. */
static struct dispatch_entry *dedup_oldest(const struct list *list)
{
    return list_is_empty(list) ? NULL
                               : container_of(list->next, struct dispatch_entry, finished_link);
}

/* It is remembered that it has run, and no more. */
static void dedup_spend(struct dedup *dedup, struct dispatch_entry *entry)
{
    dedup->bytes -= entry_cost(entry);
    actr_bytes_unref(entry->result.payload);
    actr_bytes_unref(entry->result.message);
    entry->result = (struct dispatch_result){0};
    entry->is_spent = true;
    dedup->bytes += entry_cost(entry);
    list_remove(&entry->finished_link);
    list_push(&dedup->spent, &entry->finished_link);
}

static void dedup_expire(struct dedup *dedup, uint64_t now_us)
{
    struct dispatch_entry *oldest;
    while ((oldest = dedup_oldest(&dedup->finished)) &&
           now_us - oldest->finished_us >= dedup->ttl_us)
        dedup_spend(dedup, oldest);
    while ((oldest = dedup_oldest(&dedup->spent)) &&
           (dedup->bytes > dedup->bytes_max || now_us - oldest->finished_us >= DEDUP_SPENT_US))
        dedup_forget(dedup, oldest);
    while (dedup->bytes > dedup->bytes_max && (oldest = dedup_oldest(&dedup->finished)))
        dedup_forget(dedup, oldest);
}

void dedup_init(struct dedup *dedup, const struct dispatch_limits *limits,
                const struct hash_key *key)
{
    hash_table_init(&dedup->table, dedup_equal);
    pool_init(&dedup->entries, sizeof(struct dispatch_entry), DEDUP_BLOCK_ENTRIES,
              DEDUP_SPARE_BLOCKS);
    list_init(&dedup->finished);
    list_init(&dedup->spent);
    dedup->key = *key;
    dedup->ttl_us = limits->dedup_ttl_us ? limits->dedup_ttl_us : DEDUP_TTL_US;
    dedup->bytes_max = limits->dedup_bytes_max ? limits->dedup_bytes_max : DEDUP_BYTES_MAX;
    dedup->bytes = 0;
}

void dedup_deinit(struct dedup *dedup)
{
    struct dispatch_entry *oldest;
    while ((oldest = dedup_oldest(&dedup->finished)) || (oldest = dedup_oldest(&dedup->spent)))
        dedup_forget(dedup, oldest);
    assert(dedup->table.count == 0);
    hash_table_deinit(&dedup->table);
    pool_deinit(&dedup->entries);
}

struct dispatch_entry *dedup_find(struct dedup *dedup, const struct dedup_key *key, uint64_t now_us)
{
    dedup_expire(dedup, now_us);
    struct hash_node *node = hash_table_find(&dedup->table, key->hash, key);
    return node ? container_of(node, struct dispatch_entry, node) : NULL;
}

/* NULL when memory has run out. */
static struct dispatch_entry *entry_new(struct dedup *dedup, struct actr_view id)
{
    char *id_long = NULL;
    if (id.len > DEDUP_ID_INLINE && !(id_long = mem_text((const char *)id.ptr, id.len)))
        return NULL;
    struct dispatch_entry *entry = pool_take(&dedup->entries);
    if (!entry) {
        mem_free(id_long);
        return NULL;
    }
    *entry = (struct dispatch_entry){.id_len = (uint32_t)id.len};
    if (id_long)
        entry->id_long = id_long;
    else if (id.len > 0)
        memcpy(entry->id_inline, id.ptr, id.len);
    return entry;
}

int dedup_begin(struct dedup *dedup, const struct dedup_key *key, struct dispatch_entry **ret_entry)
{
    struct dispatch_entry *entry = entry_new(dedup, key->id);
    if (!entry)
        return err_origin(ACTR_ENOMEM, "dedup: no memory for an entry");
    list_init(&entry->finished_link);
    list_init(&entry->waiters);
    entry->caller_serial = key->caller->serial;
    entry->caller_realm = key->caller->realm;
    entry->caller_hash = key->caller_hash;
    int r = hash_table_insert(&dedup->table, &entry->node, key->hash);
    if (r < 0) {
        entry_free(dedup, entry);
        return r;
    }
    dedup->bytes += entry_cost(entry);
    *ret_entry = entry;
    return 0;
}

/* The list stays sorted by time: `entry` goes behind all that finished before it. */
static void dedup_set_finished(struct dedup *dedup, struct dispatch_entry *entry,
                               const struct dispatch_result *result, uint64_t now_us,
                               uint64_t age_us)
{
    struct list *after = dedup->finished.prev;
    while (after != &dedup->finished &&
           now_us - container_of(after, struct dispatch_entry, finished_link)->finished_us < age_us)
        after = after->prev;
    list_push_front(after, &entry->finished_link);
    entry->finished_us = now_us - age_us != 0 ? now_us - age_us : 1;
    dedup->bytes -= entry_cost(entry);
    entry->result = *result;
    entry->result.payload = actr_bytes_ref(result->payload);
    entry->result.message = actr_bytes_ref(result->message);
    dedup->bytes += entry_cost(entry);
}

void dedup_finish(struct dedup *dedup, struct dispatch_entry *entry, uint64_t now_us,
                  const struct dispatch_result *result)
{
    assert(entry->finished_us == 0);
    dedup_set_finished(dedup, entry, result, now_us, 0);
    while (!list_is_empty(&entry->waiters)) {
        struct list *link = list_pop(&entry->waiters);
        struct dispatch_waiter *waiter = container_of(link, struct dispatch_waiter, link);
        waiter->fn(waiter, &entry->result);
    }
    dedup_expire(dedup, now_us);
}

bool dedup_cancel(struct dedup *dedup, struct dispatch_entry *entry)
{
    if (!list_is_empty(&entry->waiters))
        return false;
    dedup_forget(dedup, entry);
    return true;
}

int dedup_restore(struct dedup *dedup, const struct actr_id *caller, struct actr_view id,
                  const struct dispatch_result *result, uint64_t now_us, uint64_t age_us)
{
    struct dispatch_entry *entry;
    struct dedup_key key = dedup_key_of(dedup, caller, id);
    if (age_us >= dedup->ttl_us || dedup_find(dedup, &key, now_us))
        return 0;
    int r = dedup_begin(dedup, &key, &entry);
    if (r < 0)
        return r;
    dedup_set_finished(dedup, entry, result, now_us, age_us);
    dedup_expire(dedup, now_us);
    return 0;
}
