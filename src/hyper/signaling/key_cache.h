// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The server's signing keys by number: the ones that came with our own credentials, and those asked
 * for over the socket because a peer's credential names them.
 *
 * A key is trusted for an hour, then asked for again, so that one the server has withdrawn does not
 * live on here. Strangers choose the numbers that are asked for, so everything about asking is
 * bounded: KEY_FETCH_MAX questions at once, a few each second, and a number that the server did not
 * know is not asked for again for half a minute. Loop thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/list.h"
#include "hyper/signaling/pacer.h"
#include "sys/loop.h"

struct client;
struct crypto_verifier;
struct key_cache;
struct key_wait;

#define KEY_CACHE_MAX 64    /* keys; over it the one longest unused goes */
#define KEY_UNKNOWN_MAX 256 /* numbers the server did not know; over it the oldest goes */
#define KEY_FETCH_MAX 16    /* questions to the server under way */

/* code 0: the key is in the cache now. ACTR_ENOTFOUND: the server has no such key, or answered with
 * another. ACTR_EUNAVAILABLE: no socket, or too many questions; ACTR_ETIMEDOUT, ACTR_ENOMEM, or
 * what else the server says. detail: static storage. */
typedef void key_wait_fn(struct key_wait *wait, int code, const char *detail);

/* Somebody who waits for a key; embedded in him, zeroed first. */
struct key_wait {
    struct list _link;
    struct key_cache *_cache; /* NULL: not waiting */
    key_wait_fn *_fn;
    struct loop_task _task;
    const char *_detail;
    int _code;
};

struct key_cache {
    struct loop *_loop;
    struct client *_client;
    struct hash_table _by_id; /* keys, and numbers known to be unknown */
    struct hash_key _key;
    struct list _keys, _unknown; /* the longest unused first */
    size_t _key_count, _unknown_count;
    struct list _fetches;
    size_t _fetch_count;
    struct list _finished; /* waits whose fn is about to run */
    struct pacer _pacer;
};

void key_cache_init(struct key_cache *cache, struct loop *loop, struct client *client);
/* Nobody who waits is told. Zeroed is fine. */
void key_cache_deinit(struct key_cache *cache);

/* Keeps a key of 32 bytes. When memory has run out it is not kept, and will be asked for. */
void key_cache_put(struct key_cache *cache, uint32_t key_id, const uint8_t *key);

/* Borrowed until the next call; NULL: not here, or too old. */
const struct crypto_verifier *key_cache_find(struct key_cache *cache, uint32_t key_id);

/* Asks the server; whoever asks for the same key at the same time shares the question. fn runs
 * once, never inside. */
void key_cache_fetch(struct key_cache *cache, struct key_wait *wait, uint32_t key_id,
                     key_wait_fn *fn);
/* fn will not run. Harmless when not waiting. */
void key_cache_cancel(struct key_wait *wait);
