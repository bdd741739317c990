// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Keys, known gaps, and questions under way.
 *
 * Keys and gaps are entries of one table but of two lists with bounds of their own: strangers who
 * name numbers that do not exist can push out each other's gaps, never a key.
 *
 * An answer counts for the number that was asked for, and only if it names it: the existing system
 * files whatever comes under whatever number comes with it. */
#include "hyper/signaling/key_cache.h"

#include "base/mem.h"
#include "hyper/signaling/client.h"
#include "sys/crypto.h"

#define KEY_TTL_US ((uint64_t)3600 * 1000000)
#define UNKNOWN_TTL_US ((uint64_t)30 * 1000000)
#define FETCH_TIMEOUT_MS 5000
#define FETCH_INTERVAL_US 500000 /* in the long run two a second, half of them may be in vain */
#define FETCH_BURST KEY_FETCH_MAX

struct key_entry {
    struct hash_node node;
    struct list use;
    struct crypto_verifier *verifier; /* NULL: the server does not know this key */
    uint64_t expires_us;
    uint32_t key_id;
};

struct key_fetch {
    struct list link;
    struct key_cache *cache;
    struct client_request request;
    struct list waits;
    uint32_t key_id;
};

static bool entry_is(const struct hash_node *node, const void *wanted)
{
    return container_of(node, struct key_entry, node)->key_id == *(const uint32_t *)wanted;
}

void key_cache_init(struct key_cache *cache, struct loop *loop, struct client *client)
{
    *cache = (struct key_cache){
        ._loop = loop,
        ._client = client,
        ._pacer = {.interval_us = FETCH_INTERVAL_US, .burst = FETCH_BURST},
    };
    hash_table_init(&cache->_by_id, entry_is);
    loop_random(loop, cache->_key.bytes, sizeof cache->_key.bytes);
    list_init(&cache->_keys);
    list_init(&cache->_unknown);
    list_init(&cache->_fetches);
    list_init(&cache->_finished);
}

static void entry_free(struct key_cache *cache, struct key_entry *entry)
{
    size_t *count = entry->verifier != NULL ? &cache->_key_count : &cache->_unknown_count;
    (*count)--;
    hash_table_remove(&cache->_by_id, &entry->node);
    list_remove(&entry->use);
    crypto_verifier_free(entry->verifier);
    mem_free(entry);
}

static void fetch_free(struct key_fetch *fetch)
{
    client_request_close(&fetch->request);
    list_remove(&fetch->link);
    fetch->cache->_fetch_count--;
    mem_free(fetch);
}

static void waits_cancel(struct list *waits)
{
    while (!list_is_empty(waits))
        key_cache_cancel(container_of(waits->next, struct key_wait, _link));
}

void key_cache_deinit(struct key_cache *cache)
{
    if (cache->_loop == NULL)
        return;
    while (!list_is_empty(&cache->_fetches)) {
        struct key_fetch *fetch = container_of(cache->_fetches.next, struct key_fetch, link);
        waits_cancel(&fetch->waits);
        fetch_free(fetch);
    }
    waits_cancel(&cache->_finished);
    while (!list_is_empty(&cache->_keys))
        entry_free(cache, container_of(cache->_keys.next, struct key_entry, use));
    while (!list_is_empty(&cache->_unknown))
        entry_free(cache, container_of(cache->_unknown.next, struct key_entry, use));
    hash_table_deinit(&cache->_by_id);
}

static uint64_t key_hash(const struct key_cache *cache, uint32_t key_id)
{
    return hash_bytes(&cache->_key, &key_id, sizeof key_id);
}

/* The entry, unless it is too old: then it is gone. */
static struct key_entry *entry_find(struct key_cache *cache, uint32_t key_id)
{
    struct hash_node *node = hash_table_find(&cache->_by_id, key_hash(cache, key_id), &key_id);
    if (node == NULL)
        return NULL;
    struct key_entry *entry = container_of(node, struct key_entry, node);
    if (loop_now_us(cache->_loop) < entry->expires_us)
        return entry;
    entry_free(cache, entry);
    return NULL;
}

/* Consumes the verifier. False: out of memory. */
static bool entry_put(struct key_cache *cache, uint32_t key_id, struct crypto_verifier *verifier)
{
    struct key_entry *old = entry_find(cache, key_id);
    if (old != NULL)
        entry_free(cache, old);
    struct list *uses = verifier != NULL ? &cache->_keys : &cache->_unknown;
    size_t *count = verifier != NULL ? &cache->_key_count : &cache->_unknown_count;
    if (*count >= (verifier != NULL ? KEY_CACHE_MAX : KEY_UNKNOWN_MAX))
        entry_free(cache, container_of(uses->next, struct key_entry, use));
    struct key_entry *entry = mem_alloc(sizeof *entry);
    if (entry == NULL) {
        crypto_verifier_free(verifier);
        return false;
    }
    entry->verifier = verifier;
    entry->key_id = key_id;
    entry->expires_us =
        loop_now_us(cache->_loop) + (verifier != NULL ? KEY_TTL_US : UNKNOWN_TTL_US);
    if (hash_table_insert(&cache->_by_id, &entry->node, key_hash(cache, key_id)) < 0) {
        crypto_verifier_free(verifier);
        mem_free(entry);
        return false;
    }
    list_init(&entry->use);
    list_push(uses, &entry->use);
    (*count)++;
    return true;
}

static bool cache_put(struct key_cache *cache, uint32_t key_id, const uint8_t *key)
{
    struct crypto_verifier *verifier = NULL;
    return crypto_verifier_new(key, &verifier) == 0 && entry_put(cache, key_id, verifier);
}

void key_cache_put(struct key_cache *cache, uint32_t key_id, const uint8_t *key)
{
    (void)cache_put(cache, key_id, key);
}

const struct crypto_verifier *key_cache_find(struct key_cache *cache, uint32_t key_id)
{
    struct key_entry *entry = entry_find(cache, key_id);
    if (entry == NULL || entry->verifier == NULL)
        return NULL;
    list_remove(&entry->use);
    list_push(&cache->_keys, &entry->use);
    return entry->verifier;
}

/* ---- Waiting ---- */

static void wait_on_task(struct loop_task *task)
{
    struct key_wait *wait = container_of(task, struct key_wait, _task);
    key_cache_cancel(wait);
    wait->_fn(wait, wait->_code, wait->_detail);
}

static void wait_finish(struct key_wait *wait, int code, const char *detail)
{
    wait->_code = code;
    wait->_detail = detail;
    list_remove(&wait->_link);
    list_push(&wait->_cache->_finished, &wait->_link);
    loop_defer(wait->_cache->_loop, &wait->_task);
}

static int fetch_judge(struct key_fetch *fetch, int code, const struct signaling_reply *reply,
                       const char **ret_detail)
{
    *ret_detail = "the server could not be asked for the key";
    if (code == ACTR_ENOTFOUND) {
        *ret_detail = "the server has no such key";
    } else if (code == 0) {
        const struct signaling_signing_key *answer = &reply->signing_key;
        if (reply->kind != SIGNALING_SIGNING_KEY || answer->key_id != fetch->key_id ||
            answer->pubkey.len != CRYPTO_PUBLIC_LEN) {
            *ret_detail = "the server answered with another key";
            code = ACTR_ENOTFOUND;
        } else if (!cache_put(fetch->cache, fetch->key_id, answer->pubkey.ptr)) {
            *ret_detail = "out of memory";
            code = ACTR_ENOMEM;
        }
    }
    /* When there is no memory for the gap the number may be asked for again, that is all. */
    if (code == ACTR_ENOTFOUND)
        (void)entry_put(fetch->cache, fetch->key_id, NULL);
    return code;
}

static void fetch_on_reply(struct client_request *request, int code, const char *detail,
                           const struct signaling_reply *reply)
{
    struct key_fetch *fetch = container_of(request, struct key_fetch, request);
    const char *verdict;
    int r = fetch_judge(fetch, code, reply, &verdict);
    while (!list_is_empty(&fetch->waits))
        wait_finish(container_of(fetch->waits.next, struct key_wait, _link), r, verdict);
    fetch_free(fetch);
}

static struct key_fetch *fetch_find(const struct key_cache *cache, uint32_t key_id)
{
    list_each(link, &cache->_fetches)
    {
        struct key_fetch *fetch = container_of(link, struct key_fetch, link);
        if (fetch->key_id == key_id)
            return fetch;
    }
    return NULL;
}

static struct key_fetch *fetch_new(struct key_cache *cache, uint32_t key_id)
{
    const struct signaling_request question = {.kind = SIGNALING_GET_SIGNING_KEY, .key_id = key_id};
    struct key_fetch *fetch = mem_alloc(sizeof *fetch);
    if (fetch == NULL)
        return NULL;
    fetch->cache = cache;
    fetch->key_id = key_id;
    list_init(&fetch->waits);
    list_init(&fetch->link);
    list_push(&cache->_fetches, &fetch->link);
    cache->_fetch_count++;
    client_ask(cache->_client, &fetch->request, &question, FETCH_TIMEOUT_MS, fetch_on_reply);
    return fetch;
}

void key_cache_fetch(struct key_cache *cache, struct key_wait *wait, uint32_t key_id,
                     key_wait_fn *fn)
{
    *wait = (struct key_wait){._cache = cache, ._fn = fn};
    list_init(&wait->_link);
    loop_task_init(&wait->_task, wait_on_task);
    const struct key_entry *entry = entry_find(cache, key_id);
    struct key_fetch *fetch = fetch_find(cache, key_id);
    if (entry != NULL && entry->verifier == NULL) {
        wait_finish(wait, ACTR_ENOTFOUND, "the server has no such key");
        return;
    }
    if (fetch == NULL && (cache->_fetch_count >= KEY_FETCH_MAX ||
                          pacer_take(&cache->_pacer, loop_now_us(cache->_loop), 0) > 0)) {
        wait_finish(wait, ACTR_EUNAVAILABLE, "too many unknown keys are being asked for");
        return;
    }
    if (fetch == NULL)
        fetch = fetch_new(cache, key_id);
    if (fetch == NULL)
        wait_finish(wait, ACTR_ENOMEM, "out of memory");
    else
        list_push(&fetch->waits, &wait->_link);
}

void key_cache_cancel(struct key_wait *wait)
{
    if (wait->_cache == NULL)
        return;
    list_remove(&wait->_link);
    loop_task_cancel(&wait->_task);
    wait->_cache = NULL;
}
