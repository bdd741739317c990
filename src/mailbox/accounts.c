// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The books: one account a peer in a keyed table, one sum for all.
 *
 * Whoever was told to stop is told once that there is room, in a task of its own, one peer a turn:
 * the owner may close the mailbox inside. A peer that fills up again before it was told is not
 * told.
 *
 * Loop thread. Must never scan: a mailbox may have a million messages of a thousand peers. */
#include "mailbox/accounts.h"

#include "base/mem.h"

static bool account_equal(const struct hash_node *node, const void *wanted)
{
    return actr_id_equal(&container_of(node, const struct account, node)->peer, wanted);
}

static bool account_reaches(const struct account_sum *sum, uint64_t count, uint64_t bytes)
{
    return sum->count >= count || sum->bytes >= bytes;
}

static bool account_has_room(const struct account_sum *sum, uint32_t count_max, uint64_t bytes_max)
{
    return sum->is_full && sum->count <= count_max / 2 && sum->bytes <= bytes_max / 2;
}

static void account_free(struct accounts *accounts, struct account *account)
{
    hash_table_remove(&accounts->table, &account->node);
    list_remove(&account->roomy);
    list_remove(&account->idle);
    actr_bytes_unref(account->encoded);
    mem_free(account);
}

struct account *accounts_get(struct accounts *accounts, const struct actr_id *peer)
{
    uint64_t hash = actr_id_hash(peer, accounts->key.bytes);
    struct hash_node *node = hash_table_find(&accounts->table, hash, peer);
    if (node)
        return container_of(node, struct account, node);

    struct account *account = mem_alloc(sizeof(*account));
    if (!account || hash_table_insert(&accounts->table, &account->node, hash) < 0) {
        mem_free(account);
        return NULL;
    }
    account->peer = *peer;
    list_init(&account->roomy);
    list_init(&account->idle);
    return account;
}

void accounts_tidy(struct accounts *accounts, struct account *account)
{
    if (account->sum.count > 0 || !list_is_empty(&account->roomy))
        return;
    accounts->idle_count += list_is_empty(&account->idle);
    list_remove(&account->idle);
    list_push(&accounts->idle, &account->idle);
    if (accounts->idle_count <= ACCOUNTS_IDLE_MAX)
        return;
    accounts->idle_count--;
    account_free(accounts, container_of(accounts->idle.next, struct account, idle));
}

/* Something is in it. */
static void accounts_use(struct accounts *accounts, struct account *account)
{
    accounts->idle_count -= !list_is_empty(&account->idle);
    list_remove(&account->idle);
}

bool accounts_refuse(const struct accounts *accounts, const struct account *account)
{
    const struct mailbox_limits *limits = accounts->limits;
    return account_reaches(&account->sum, (uint64_t)limits->peer_count_max * 2,
                           limits->peer_bytes_max * 2) ||
           account_reaches(&accounts->all, (uint64_t)limits->count_max * 2, limits->bytes_max * 2);
}

int accounts_charge(struct accounts *accounts, struct account *account, uint32_t count,
                    uint64_t bytes)
{
    const struct mailbox_limits *limits = accounts->limits;
    int r = 0;

    accounts_use(accounts, account);
    accounts->all.bytes += bytes;
    accounts->all.count += count;
    account->sum.bytes += bytes;
    account->sum.count += count;
    if (account_reaches(&account->sum, limits->peer_count_max, limits->peer_bytes_max)) {
        account->sum.is_full = true;
        list_remove(&account->roomy);
        r = MAILBOX_FULL;
    }
    if (account_reaches(&accounts->all, limits->count_max, limits->bytes_max)) {
        accounts->all.is_full = true;
        accounts->is_roomy = false;
        r = MAILBOX_FULL;
    }
    return r;
}

/* Never below nothing: somebody may have changed a file behind our back. */
static void account_subtract(struct account_sum *sum, uint64_t bytes)
{
    sum->bytes -= bytes < sum->bytes ? bytes : sum->bytes;
    sum->count -= sum->count > 0;
}

void accounts_discharge(struct accounts *accounts, struct account *account, uint64_t bytes)
{
    const struct mailbox_limits *limits = accounts->limits;

    account_subtract(&accounts->all, bytes);
    account_subtract(&account->sum, bytes);
    if (account_has_room(&accounts->all, limits->count_max, limits->bytes_max)) {
        accounts->all.is_full = false;
        accounts->is_roomy = true;
        loop_defer(accounts->loop, &accounts->task);
    }
    if (account_has_room(&account->sum, limits->peer_count_max, limits->peer_bytes_max)) {
        account->sum.is_full = false;
        list_push(&accounts->roomy, &account->roomy);
        loop_defer(accounts->loop, &accounts->task);
    }
    accounts_tidy(accounts, account);
}

/* Tells one of those that are to be told, and comes back for the next. */
static void accounts_on_task(struct loop_task *task)
{
    struct accounts *accounts = container_of(task, struct accounts, task);

    if (accounts->is_roomy) {
        accounts->is_roomy = false;
        loop_defer(accounts->loop, task);
        accounts->events->on_room(accounts->owner, NULL);
        return;
    }
    struct list *link = list_pop(&accounts->roomy);
    if (!link)
        return;
    struct account *account = container_of(link, struct account, roomy);
    struct actr_id peer = account->peer;
    accounts_tidy(accounts, account);
    loop_defer(accounts->loop, task);
    accounts->events->on_room(accounts->owner, &peer);
}

void accounts_init(struct accounts *accounts, struct loop *loop,
                   const struct mailbox_limits *limits, const struct mailbox_events *events,
                   void *owner)
{
    accounts->loop = loop;
    accounts->limits = limits;
    accounts->events = events;
    accounts->owner = owner;
    list_init(&accounts->roomy);
    list_init(&accounts->idle);
    hash_table_init(&accounts->table, account_equal);
    loop_random(loop, &accounts->key, sizeof(accounts->key));
    loop_task_init(&accounts->task, accounts_on_task);
}

void accounts_deinit(struct accounts *accounts)
{
    struct hash_node *node;
    loop_task_cancel(&accounts->task);
    while ((node = hash_table_next(&accounts->table, NULL)) != NULL)
        account_free(accounts, container_of(node, struct account, node));
    hash_table_deinit(&accounts->table);
}

void accounts_fill_limits(struct mailbox_limits *limits, uint32_t count_default,
                          uint64_t bytes_default)
{
    if (limits->count_max == 0)
        limits->count_max = count_default;
    if (limits->bytes_max == 0)
        limits->bytes_max = bytes_default;
    if (limits->peer_count_max == 0)
        limits->peer_count_max = limits->count_max / 4 ? limits->count_max / 4 : 1;
    if (limits->peer_bytes_max == 0)
        limits->peer_bytes_max = limits->bytes_max / 4 ? limits->bytes_max / 4 : 1;
}
