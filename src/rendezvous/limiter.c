// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Token buckets, and a bounded table of them by address.
 *
 * A bucket stores when it will be full again. Taking a token moves that time one interval ahead; a
 * token is there as long as the time stays within `burst` intervals of now. Nothing runs between
 * events.
 *
 * Invariant: every entry is in the table; those without an open connection are in the list of idle
 * ones too, so that one with connections is never thrown out and limiter_close() finds it. Must
 * never trust a forwarded address: who calls passes the address of the TCP connection.
 *
 * One thread. */
#include "limiter.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include "base/mem.h"

#define ADDRESS_LEN 16

struct entry {
    struct hash_node node;
    struct list link;
    uint8_t address[ADDRESS_LEN];
    struct limiter_bucket bucket;
    uint32_t open_count;
};

bool limiter_bucket_take(struct limiter_bucket *bucket, const struct limiter_rate *rate,
                         uint32_t cost, uint64_t now_us)
{
    if (rate->per_s == 0)
        return true;
    uint64_t interval_us = 1000000 / rate->per_s;
    uint64_t full_us = bucket->_full_us > now_us ? bucket->_full_us : now_us;
    full_us += cost * interval_us;
    if (full_us > now_us + rate->burst * interval_us)
        return false;
    bucket->_full_us = full_us;
    return true;
}

/* The network that counts as one client: an IPv4 address mapped into IPv6, or an IPv6 /64. */
static void parse_address(const char *text, uint8_t ret_address[ADDRESS_LEN])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    memset(ret_address, 0, ADDRESS_LEN);
    if (inet_pton(AF_INET, text, ret_address + sizeof(mapped)) == 1)
        memcpy(ret_address, mapped, sizeof(mapped));
    else if (inet_pton(AF_INET6, text, ret_address) != 1)
        memset(ret_address, 0, ADDRESS_LEN);
    else if (memcmp(ret_address, mapped, sizeof(mapped)) != 0)
        memset(ret_address + 8, 0, 8);
}

bool limiter_is_loopback(const char *address)
{
    uint8_t bytes[ADDRESS_LEN];
    static const uint8_t mapped[13] = {[10] = 0xff, [11] = 0xff, [12] = 127};
    if (strcmp(address, "::1") == 0)
        return true;
    parse_address(address, bytes);
    return memcmp(bytes, mapped, sizeof(mapped)) == 0;
}

static struct entry *entry_of(const struct hash_node *node)
{
    return container_of((uintptr_t)node, struct entry, node);
}

static bool entry_equal(const struct hash_node *node, const void *wanted)
{
    return memcmp(entry_of(node)->address, wanted, ADDRESS_LEN) == 0;
}

void limiter_init(struct limiter *limiter, const struct limiter_rate *rate, uint32_t open_max,
                  const struct hash_key *key)
{
    limiter->rate = *rate;
    limiter->open_max = open_max;
    limiter->_key = *key;
    hash_table_init(&limiter->_table, entry_equal);
    list_init(&limiter->_idle);
}

static void entry_free(struct limiter *limiter, struct entry *entry)
{
    hash_table_remove(&limiter->_table, &entry->node);
    list_remove(&entry->link);
    mem_free(entry);
}

void limiter_deinit(struct limiter *limiter)
{
    struct hash_node *node = hash_table_next(&limiter->_table, NULL);
    while (node) {
        struct entry *entry = entry_of(node);
        node = hash_table_next(&limiter->_table, node);
        entry_free(limiter, entry);
    }
    hash_table_deinit(&limiter->_table);
}

static void make_room(struct limiter *limiter)
{
    if (limiter->_table.count < LIMITER_ADDRESSES_MAX)
        return;
    if (!list_is_empty(&limiter->_idle))
        entry_free(limiter, container_of(limiter->_idle.next, struct entry, link));
}

/* The entry of an address, made when there is none; NULL when memory has run out. */
static struct entry *entry_get(struct limiter *limiter, const uint8_t address[ADDRESS_LEN])
{
    uint64_t hash = hash_bytes(&limiter->_key, address, ADDRESS_LEN);
    struct hash_node *node = hash_table_find(&limiter->_table, hash, address);
    if (node) {
        struct entry *entry = entry_of(node);
        list_remove(&entry->link);
        if (entry->open_count == 0)
            list_push(&limiter->_idle, &entry->link);
        return entry;
    }
    make_room(limiter);
    struct entry *entry = mem_alloc(sizeof(*entry));
    if (!entry)
        return NULL;
    memcpy(entry->address, address, ADDRESS_LEN);
    if (hash_table_insert(&limiter->_table, &entry->node, hash) < 0) {
        mem_free(entry);
        return NULL;
    }
    list_init(&entry->link);
    list_push(&limiter->_idle, &entry->link);
    return entry;
}

bool limiter_admit(struct limiter *limiter, const char *address, uint64_t now_us)
{
    uint8_t bytes[ADDRESS_LEN];
    if (limiter->rate.per_s == 0 || limiter_is_loopback(address))
        return true;
    parse_address(address, bytes);
    struct entry *entry = entry_get(limiter, bytes);
    return entry && limiter_bucket_take(&entry->bucket, &limiter->rate, 1, now_us);
}

bool limiter_open(struct limiter *limiter, const char *address)
{
    uint8_t bytes[ADDRESS_LEN];
    if (limiter->open_max == 0 || limiter_is_loopback(address))
        return true;
    parse_address(address, bytes);
    struct entry *entry = entry_get(limiter, bytes);
    if (!entry || entry->open_count >= limiter->open_max)
        return false;
    list_remove(&entry->link);
    entry->open_count++;
    return true;
}

void limiter_close(struct limiter *limiter, const char *address)
{
    uint8_t bytes[ADDRESS_LEN];
    if (limiter->open_max == 0 || limiter_is_loopback(address))
        return;
    parse_address(address, bytes);
    uint64_t hash = hash_bytes(&limiter->_key, bytes, ADDRESS_LEN);
    struct hash_node *node = hash_table_find(&limiter->_table, hash, bytes);
    assert(node && entry_of(node)->open_count > 0);
    struct entry *entry = entry_of(node);
    if (--entry->open_count == 0)
        list_push(&limiter->_idle, &entry->link);
}
