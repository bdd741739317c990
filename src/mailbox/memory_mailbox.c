// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The mailbox in memory: one queue for each priority, one account for each peer.
 *
 * A queue keeps the order of arrival over all peers, so the order of each peer is kept too. An
 * account lives while the peer has messages here or is to be told that it has room. Over quota a
 * message is still taken, because a wire that is told to stop may have one more in its hands; at
 * twice the quota it is not.
 *
 * Messages are recycled, so that in the steady state nothing is allocated. Loop thread. Events are
 * deferred and are the last thing their task does: the owner may close the mailbox inside. */
#include "mailbox/memory_mailbox.h"

#include <assert.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "sys/loop.h"

/* Of 8 messages taken while both priorities wait, 7 are high. */
#define MEMORY_HIGH_RUN_MAX 7
#define MEMORY_SPARE_MAX 256

#define MEMORY_COUNT_DEFAULT 4096
#define MEMORY_BYTES_DEFAULT ((uint64_t)64 << 20)

/* What one peer, or all of them, have here. */
struct memory_account {
    uint32_t count;
    uint64_t bytes;
    bool is_full; /* somebody was told MAILBOX_FULL and not yet that there is room */
};

struct memory_peer {
    struct hash_node node;
    struct list roomy; /* of the mailbox, while on_room is due */
    struct actr_id id;
    struct memory_account account;
};

struct memory_message {
    struct mailbox_message message;
    struct memory_peer *peer;
};

struct memory_mailbox {
    struct mailbox mailbox;
    struct loop *loop;
    const struct mailbox_events *events;
    void *owner;
    struct mailbox_limits limits;
    struct list queues[2]; /* by enum mailbox_priority */
    struct hash_table peers;
    struct hash_key key;
    struct memory_account all;
    struct list roomy;
    struct list spare;
    uint32_t spare_count;
    uint32_t high_run; /* high messages taken in a row while normal ones waited */
    uint64_t id_last;
    struct loop_task ready_task, room_task;
    bool is_roomy; /* on_room for everyone is due */
};

static struct memory_mailbox *memory_of(struct mailbox *mailbox)
{
    return container_of(mailbox, struct memory_mailbox, mailbox);
}

static bool memory_peer_equal(const struct hash_node *node, const void *wanted)
{
    return actr_id_equal(&container_of(node, const struct memory_peer, node)->id, wanted);
}

static bool account_reaches(const struct memory_account *account, uint64_t count, uint64_t bytes)
{
    return account->count >= count || account->bytes >= bytes;
}

static bool account_is_roomy(const struct memory_account *account, uint32_t count_max,
                             uint64_t bytes_max)
{
    return account->is_full && account->count <= count_max / 2 && account->bytes <= bytes_max / 2;
}

static struct memory_peer *memory_peer_get(struct memory_mailbox *memory, const struct actr_id *id)
{
    uint64_t hash = actr_id_hash(id, memory->key.bytes);
    struct hash_node *node = hash_table_find(&memory->peers, hash, id);
    if (node)
        return container_of(node, struct memory_peer, node);

    struct memory_peer *peer = mem_alloc(sizeof(*peer));
    if (!peer || hash_table_insert(&memory->peers, &peer->node, hash) < 0) {
        mem_free(peer);
        return NULL;
    }
    peer->id = *id;
    list_init(&peer->roomy);
    return peer;
}

static void memory_peer_tidy(struct memory_mailbox *memory, struct memory_peer *peer)
{
    if (peer->account.count > 0 || !list_is_empty(&peer->roomy))
        return;
    hash_table_remove(&memory->peers, &peer->node);
    mem_free(peer);
}

static struct memory_message *memory_message_new(struct memory_mailbox *memory)
{
    struct list *link = list_pop(&memory->spare);
    if (link) {
        memory->spare_count--;
        return container_of(link, struct memory_message, message._link);
    }
    struct memory_message *entry = mem_alloc(sizeof(*entry));
    if (entry)
        list_init(&entry->message._link);
    return entry;
}

static void memory_message_free(struct memory_mailbox *memory, struct memory_message *entry)
{
    actr_bytes_unref(entry->message.envelope);
    if (memory->spare_count >= MEMORY_SPARE_MAX) {
        mem_free(entry);
        return;
    }
    memory->spare_count++;
    list_push_front(&memory->spare, &entry->message._link);
}

/* Books a message and says whether the sender must stop. */
static int memory_charge(struct memory_mailbox *memory, struct memory_peer *peer, uint64_t len)
{
    const struct mailbox_limits *limits = &memory->limits;
    int r = 0;

    memory->mailbox.bytes += len;
    memory->all.bytes += len;
    memory->all.count++;
    peer->account.bytes += len;
    peer->account.count++;
    if (account_reaches(&peer->account, limits->peer_count_max, limits->peer_bytes_max)) {
        peer->account.is_full = true;
        list_remove(&peer->roomy);
        r = MAILBOX_FULL;
    }
    if (account_reaches(&memory->all, limits->count_max, limits->bytes_max)) {
        memory->all.is_full = true;
        memory->is_roomy = false;
        r = MAILBOX_FULL;
    }
    return r;
}

static void memory_discharge(struct memory_mailbox *memory, struct memory_peer *peer, uint64_t len)
{
    const struct mailbox_limits *limits = &memory->limits;

    memory->mailbox.bytes -= len;
    memory->all.bytes -= len;
    memory->all.count--;
    peer->account.bytes -= len;
    peer->account.count--;
    if (account_is_roomy(&memory->all, limits->count_max, limits->bytes_max)) {
        memory->all.is_full = false;
        memory->is_roomy = true;
        loop_defer(memory->loop, &memory->room_task);
    }
    if (account_is_roomy(&peer->account, limits->peer_count_max, limits->peer_bytes_max)) {
        peer->account.is_full = false;
        list_push(&memory->roomy, &peer->roomy);
        loop_defer(memory->loop, &memory->room_task);
    }
}

static bool memory_refuses(const struct memory_mailbox *memory, const struct memory_peer *peer)
{
    const struct mailbox_limits *limits = &memory->limits;
    return account_reaches(&peer->account, (uint64_t)limits->peer_count_max * 2,
                           limits->peer_bytes_max * 2) ||
           account_reaches(&memory->all, (uint64_t)limits->count_max * 2, limits->bytes_max * 2);
}

static int memory_push(struct mailbox *mailbox, const struct mailbox_origin *origin,
                       enum mailbox_priority priority, struct actr_bytes envelope)
{
    AUTO_BYTES struct actr_bytes owned = envelope;
    struct memory_mailbox *memory = memory_of(mailbox);

    if (actr_bytes_failed(envelope))
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    struct memory_peer *peer = memory_peer_get(memory, &origin->peer);
    if (!peer)
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    if (memory_refuses(memory, peer)) {
        memory_peer_tidy(memory, peer);
        return err_origin(ACTR_EUNAVAILABLE, "mailbox is full");
    }
    struct memory_message *entry = memory_message_new(memory);
    if (!entry) {
        memory_peer_tidy(memory, peer);
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    }
    entry->peer = peer;
    entry->message.id = ++memory->id_last;
    entry->message.origin = *origin;
    entry->message.priority = priority;
    entry->message.envelope = bytes_take(&owned);
    entry->message.received_us = loop_now_us(memory->loop);
    list_push(&memory->queues[priority], &entry->message._link);
    if (mailbox->count++ == 0)
        loop_defer(memory->loop, &memory->ready_task);
    return memory_charge(memory, peer, envelope.len);
}

static struct list *memory_queue_next(struct memory_mailbox *memory)
{
    struct list *normal = &memory->queues[MAILBOX_NORMAL], *high = &memory->queues[MAILBOX_HIGH];

    if (list_is_empty(normal))
        return high;
    if (list_is_empty(high) || memory->high_run == MEMORY_HIGH_RUN_MAX) {
        memory->high_run = 0;
        return normal;
    }
    memory->high_run++;
    return high;
}

static struct mailbox_message *memory_take(struct mailbox *mailbox)
{
    struct list *link = list_pop(memory_queue_next(memory_of(mailbox)));
    if (!link)
        return NULL;
    mailbox->count--;
    mailbox->taken++;
    return container_of(link, struct mailbox_message, _link);
}

static void memory_ack(struct mailbox *mailbox, struct mailbox_message *message)
{
    struct memory_mailbox *memory = memory_of(mailbox);
    struct memory_message *entry = container_of(message, struct memory_message, message);
    struct memory_peer *peer = entry->peer;

    mailbox->taken--;
    memory_discharge(memory, peer, message->envelope.len);
    memory_message_free(memory, entry);
    memory_peer_tidy(memory, peer);
}

static void memory_on_ready(struct loop_task *task)
{
    struct memory_mailbox *memory = container_of(task, struct memory_mailbox, ready_task);
    if (memory->mailbox.count > 0)
        memory->events->on_ready(memory->owner);
}

/* Tells one of those that are to be told, and comes back for the next. */
static void memory_on_room(struct loop_task *task)
{
    struct memory_mailbox *memory = container_of(task, struct memory_mailbox, room_task);

    if (memory->is_roomy) {
        memory->is_roomy = false;
        loop_defer(memory->loop, task);
        memory->events->on_room(memory->owner, NULL);
        return;
    }
    struct list *link = list_pop(&memory->roomy);
    if (!link)
        return;
    struct memory_peer *peer = container_of(link, struct memory_peer, roomy);
    struct actr_id id = peer->id;
    memory_peer_tidy(memory, peer);
    loop_defer(memory->loop, task);
    memory->events->on_room(memory->owner, &id);
}

static void memory_free_list(struct list *head)
{
    struct list *link;
    while ((link = list_pop(head)) != NULL)
        mem_free(container_of(link, struct memory_message, message._link));
}

static void memory_close(struct mailbox *mailbox)
{
    struct memory_mailbox *memory = memory_of(mailbox);
    struct mailbox_message *message;
    struct hash_node *node;

    while ((message = memory_take(mailbox)) != NULL)
        memory_ack(mailbox, message);
    assert(mailbox->taken == 0);
    while ((node = hash_table_next(&memory->peers, NULL)) != NULL) {
        hash_table_remove(&memory->peers, node);
        mem_free(container_of(node, struct memory_peer, node));
    }
    loop_task_cancel(&memory->ready_task);
    loop_task_cancel(&memory->room_task);
    hash_table_deinit(&memory->peers);
    memory_free_list(&memory->spare);
    mem_free(memory);
}

static const struct mailbox_ops memory_ops = {
    .push = memory_push,
    .take = memory_take,
    .ack = memory_ack,
    .close = memory_close,
};

static void memory_limits_fill(struct mailbox_limits *limits)
{
    if (limits->count_max == 0)
        limits->count_max = MEMORY_COUNT_DEFAULT;
    if (limits->bytes_max == 0)
        limits->bytes_max = MEMORY_BYTES_DEFAULT;
    if (limits->peer_count_max == 0)
        limits->peer_count_max = limits->count_max / 4 ? limits->count_max / 4 : 1;
    if (limits->peer_bytes_max == 0)
        limits->peer_bytes_max = limits->bytes_max / 4 ? limits->bytes_max / 4 : 1;
}

struct mailbox *memory_mailbox_new(struct loop *loop, const struct mailbox_limits *limits,
                                   const struct mailbox_events *events, void *owner)
{
    struct memory_mailbox *memory = mem_alloc(sizeof(*memory));
    if (!memory)
        return NULL;
    memory->mailbox.ops = &memory_ops;
    memory->loop = loop;
    memory->events = events;
    memory->owner = owner;
    memory->limits = *limits;
    memory_limits_fill(&memory->limits);
    list_init(&memory->queues[MAILBOX_NORMAL]);
    list_init(&memory->queues[MAILBOX_HIGH]);
    list_init(&memory->roomy);
    list_init(&memory->spare);
    hash_table_init(&memory->peers, memory_peer_equal);
    loop_random(loop, &memory->key, sizeof(memory->key));
    loop_task_init(&memory->ready_task, memory_on_ready);
    loop_task_init(&memory->room_task, memory_on_room);
    return &memory->mailbox;
}
