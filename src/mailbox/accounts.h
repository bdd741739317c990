// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What each peer, and all of them together, have in a mailbox, against the quotas. Both stores keep
 * their books here.
 *
 * Over quota a message is still taken, because a wire that is told to stop may have one more in its
 * hands; at twice the quota it is not. Room again means: down to half of the quota. An account
 * lives while the peer has messages or is to be told that it has room, and then among the last
 * ACCOUNTS_IDLE_MAX of which neither is true: a peer that sends one message after the other has
 * one account. Every operation takes constant time. Loop thread. */
#pragma once

#include "base/hash.h"
#include "mailbox/mailbox.h"
#include "sys/loop.h"

#define ACCOUNTS_IDLE_MAX 256

/* What one peer, or all of them, have. */
struct account_sum {
    uint32_t count;
    uint64_t bytes;
    bool is_full; /* somebody was told MAILBOX_FULL and not yet that there is room */
};

struct account {
    struct hash_node node;
    struct list roomy; /* of the accounts, while on_room is due */
    struct list idle;  /* of the accounts, while nothing is in it */
    struct actr_id peer;
    struct actr_bytes encoded; /* the peer, once a store asked for it */
    struct account_sum sum;
};

struct accounts {
    struct loop *loop;
    const struct mailbox_limits *limits;
    const struct mailbox_events *events;
    void *owner;
    struct hash_table table;
    struct hash_key key;
    struct account_sum all;
    struct list roomy;
    struct list idle; /* the one that was last used is the last */
    uint32_t idle_count;
    struct loop_task task;
    bool is_roomy; /* on_room for everyone is due */
};

/* limits and events are borrowed. on_room is the last thing its task does: the owner may close. */
void accounts_init(struct accounts *accounts, struct loop *loop,
                   const struct mailbox_limits *limits, const struct mailbox_events *events,
                   void *owner);
/* Forgets every account, whatever is in it. */
void accounts_deinit(struct accounts *accounts);

/* The account of this peer, made if need be; NULL when memory has run out. Before anything else is
 * asked here, something is charged to it, or it is tidied. */
struct account *accounts_get(struct accounts *accounts, const struct actr_id *peer);
/* If nothing is in it, it may be gone from now on. */
void accounts_tidy(struct accounts *accounts, struct account *account);

/* Nothing more is taken of this peer: twice over quota. */
bool accounts_refuse(const struct accounts *accounts, const struct account *account);
/* Books messages. MAILBOX_FULL: the sender must stop. */
int accounts_charge(struct accounts *accounts, struct account *account, uint32_t count,
                    uint64_t bytes);
/* Books one out; the account may be gone then. */
void accounts_discharge(struct accounts *accounts, struct account *account, uint64_t bytes);

/* Fills in a quarter of the whole for one peer, where nothing is said of it. */
void accounts_fill_limits(struct mailbox_limits *limits, uint32_t count_default,
                          uint64_t bytes_default);
