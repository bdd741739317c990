// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Dedup: which requests of which callers run or have run, and how they ended.
 *
 * The key is caller and request id, so that two callers who chose the same id never meet. A
 * finished entry keeps its answer for a time counted from its completion, then it is spent: that
 * the request has run is remembered until DEDUP_SPENT_US, for sessions deliver what they have taken
 * up to a minute late. Both no longer than the memory bound allows, spent ones going first; a
 * running entry lives until it is finished. The bound counts both kinds; a running entry
 * costs its struct (DEDUP_ENTRY_SIZE) and a request id that does not fit in there, so the running
 * ones are bounded by what the caller of dispatch lets run or wait: with n of them, n *
 * DEDUP_ENTRY_SIZE and the long ids of n messages. Structs come in blocks of DEDUP_BLOCK_ENTRIES;
 * DEDUP_SPARE_BLOCKS are kept that no entry is in, so what forgets as much as it takes in allocates
 * nothing but long ids. Pure; time is an argument; one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/pool.h"
#include "runtime/dispatch.h"

/* A request id of up to so many bytes is kept in the entry: a UUID, and some more. */
#define DEDUP_ID_INLINE 40

/* From completion: 25 s in which senders send again (outbound/retry.h), 60 s of a path that is lost
 * (docs/webrtc.md), and some more. */
#define DEDUP_SPENT_US 100000000u

struct dispatch_entry {
    struct hash_node node;
    struct list finished_link; /* in dedup.finished or .spent, oldest first; alone while running */
    struct list waiters;       /* struct dispatch_waiter.link */
    uint64_t finished_us;      /* 0: running */
    struct dispatch_result result;
    uint64_t caller_serial;
    uint64_t caller_hash; /* keyed, of all parts of the id */
    uint32_t caller_realm;
    uint32_t id_len;
    bool is_spent; /* its result is gone */
    union {
        char id_inline[DEDUP_ID_INLINE]; /* id_len <= DEDUP_ID_INLINE */
        char *id_long;
    };
};

#define DEDUP_ENTRY_SIZE sizeof(struct dispatch_entry)
#define DEDUP_BLOCK_ENTRIES 64
#define DEDUP_SPARE_BLOCKS 2

struct dedup {
    struct hash_table table;
    struct pool entries;
    struct list finished, spent; /* all of spent before all of finished */
    struct hash_key key;
    uint64_t ttl_us, bytes_max;
    uint64_t bytes; /* of all entries, with the memory that their results keep */
};

void dedup_init(struct dedup *dedup, const struct dispatch_limits *limits,
                const struct hash_key *key);
/* No entry may be running. */
void dedup_deinit(struct dedup *dedup);

/* Caller and request id, hashed once for finding and beginning; both are borrowed. */
struct dedup_key {
    const struct actr_id *caller;
    struct actr_view id;
    uint64_t caller_hash, hash;
};
struct dedup_key dedup_key_of(const struct dedup *dedup, const struct actr_id *caller,
                              struct actr_view id);

/* The entry of this caller and id, borrowed; NULL when there is none or it has expired. */
struct dispatch_entry *dedup_find(struct dedup *dedup, const struct dedup_key *key,
                                  uint64_t now_us);

/* An entry that finished `age_us` ago with `result` (references are taken), as dedup_begin() and
 * dedup_finish() would have left it. Nothing happens when it is too old or there is one of this
 * caller and id. ACTR_ENOMEM. */
int dedup_restore(struct dedup *dedup, const struct actr_id *caller, struct actr_view id,
                  const struct dispatch_result *result, uint64_t now_us,
                  uint64_t age_us) ACTR_MUST_CHECK;

/* A new running entry; there must be none. ACTR_ENOMEM. */
int dedup_begin(struct dedup *dedup, const struct dedup_key *key,
                struct dispatch_entry **ret_entry) ACTR_MUST_CHECK;

/* The running entry has come to nothing; it is gone. False: somebody waits for it, and it stays. */
bool dedup_cancel(struct dedup *dedup, struct dispatch_entry *entry) ACTR_MUST_CHECK;

/* The entry has ended with `result` (references are taken). It may be gone when this returns. */
void dedup_finish(struct dedup *dedup, struct dispatch_entry *entry, uint64_t now_us,
                  const struct dispatch_result *result);
