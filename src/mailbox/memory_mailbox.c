// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The mailbox in memory: one queue for each priority, one account for each peer.
 *
 * A queue keeps the order of arrival over all peers, so the order of each peer is kept too. What a
 * peer may have here is the affair of accounts.h.
 *
 * Messages are cells of a pool, so that in the steady state nothing is allocated. Loop thread.
 * Events are deferred and are the last thing their task does: the owner may close the mailbox
 * inside. */
#include "mailbox/memory_mailbox.h"

#include <assert.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "mailbox/accounts.h"
#include "mailbox/weights.h"
#include "sys/loop.h"

#define MEMORY_BLOCK_MESSAGES 64
#define MEMORY_SPARE_BLOCKS 4

#define MEMORY_COUNT_DEFAULT 4096
#define MEMORY_BYTES_DEFAULT ((uint64_t)64 << 20)

struct memory_message {
    struct mailbox_message message;
    struct account *account;
};

struct memory_mailbox {
    struct mailbox mailbox;
    struct loop *loop;
    const struct mailbox_events *events;
    void *owner;
    struct accounts accounts;
    struct list queues[MAILBOX_PRIORITY_COUNT];
    struct weights weights;
    struct pool messages;
    uint64_t id_last;
    struct loop_task ready_task, open_task, stop_task;
};

static struct memory_mailbox *memory_of(struct mailbox *mailbox)
{
    return container_of(mailbox, struct memory_mailbox, mailbox);
}

static void memory_message_free(struct memory_mailbox *memory, struct memory_message *entry)
{
    actr_bytes_unref(entry->message.envelope);
    pool_give(&memory->messages, entry);
}

static int memory_push(struct mailbox *mailbox, const struct mailbox_origin *origin,
                       enum mailbox_priority priority, struct actr_bytes envelope)
{
    AUTO_BYTES struct actr_bytes owned = envelope;
    struct memory_mailbox *memory = memory_of(mailbox);

    if (actr_bytes_failed(envelope))
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    struct account *account = accounts_get(&memory->accounts, &origin->peer);
    if (!account)
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    if (accounts_refuse(&memory->accounts, account)) {
        accounts_tidy(&memory->accounts, account);
        return err_origin(ACTR_EUNAVAILABLE, "mailbox is full");
    }
    struct memory_message *entry = pool_take(&memory->messages);
    if (!entry) {
        accounts_tidy(&memory->accounts, account);
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    }
    list_init(&entry->message._link);
    entry->account = account;
    entry->message.id = ++memory->id_last;
    entry->message.origin = *origin;
    entry->message.priority = priority;
    entry->message.envelope = bytes_take(&owned);
    entry->message.received_us = (int64_t)loop_now_us(memory->loop);
    list_push(&memory->queues[priority], &entry->message._link);
    if (mailbox->count++ == 0)
        loop_defer(memory->loop, &memory->ready_task);
    mailbox->bytes += envelope.len;
    return accounts_charge(&memory->accounts, account, 1, envelope.len);
}

static struct mailbox_message *memory_take(struct mailbox *mailbox)
{
    struct memory_mailbox *memory = memory_of(mailbox);
    bool has_normal = !list_is_empty(&memory->queues[MAILBOX_NORMAL]);
    bool has_high = !list_is_empty(&memory->queues[MAILBOX_HIGH]);

    if (!has_normal && !has_high)
        return NULL;
    enum mailbox_priority priority = weights_next(&memory->weights, has_normal, has_high);
    weights_took(&memory->weights, priority, has_normal);
    struct list *link = list_pop(&memory->queues[priority]);
    mailbox->count--;
    mailbox->taken++;
    return container_of(link, struct mailbox_message, _link);
}

static void memory_leave(struct mailbox *mailbox, struct mailbox_message *message)
{
    struct memory_mailbox *memory = memory_of(mailbox);
    struct memory_message *entry = container_of(message, struct memory_message, message);

    mailbox->taken--;
    mailbox->bytes -= message->envelope.len;
    accounts_discharge(&memory->accounts, entry->account, message->envelope.len);
    memory_message_free(memory, entry);
}

static void memory_ack(struct mailbox *mailbox, struct mailbox_message *message,
                       const struct mailbox_answer *answer)
{
    (void)answer; /* the next run knows nothing */
    memory_leave(mailbox, message);
}

static void memory_bury(struct mailbox *mailbox, struct mailbox_message *message,
                        const struct mailbox_verdict *verdict)
{
    (void)verdict;
    mailbox->letters_dropped++;
    memory_leave(mailbox, message);
}

static void memory_retry(struct mailbox *mailbox, struct mailbox_message *message,
                         const char *detail)
{
    const struct mailbox_verdict verdict = {MAILBOX_POISON, detail};
    memory_bury(mailbox, message, &verdict);
}

static void memory_reject(struct mailbox *mailbox, const struct mailbox_origin *origin,
                          struct actr_bytes bytes, const struct mailbox_verdict *verdict)
{
    (void)origin;
    (void)verdict;
    mailbox->letters_dropped++;
    actr_bytes_unref(bytes);
}

static void memory_on_ready(struct loop_task *task)
{
    struct memory_mailbox *memory = container_of(task, struct memory_mailbox, ready_task);
    if (memory->mailbox.count > 0)
        memory->events->on_ready(memory->owner);
}

static void memory_on_open(struct loop_task *task)
{
    struct memory_mailbox *memory = container_of(task, struct memory_mailbox, open_task);
    memory->events->on_open(memory->owner, 0, "");
}

static void memory_on_stopped(struct loop_task *task)
{
    struct memory_mailbox *memory = container_of(task, struct memory_mailbox, stop_task);
    memory->events->on_stopped(memory->owner);
}

static int memory_open(struct mailbox *mailbox)
{
    loop_defer(memory_of(mailbox)->loop, &memory_of(mailbox)->open_task);
    return 0;
}

static void memory_wind_down(struct mailbox *mailbox)
{
    (void)mailbox; /* it never holds anything back */
}

static void memory_stop(struct mailbox *mailbox)
{
    loop_defer(memory_of(mailbox)->loop, &memory_of(mailbox)->stop_task);
}

static void memory_close(struct mailbox *mailbox)
{
    struct memory_mailbox *memory = memory_of(mailbox);
    struct mailbox_message *message;

    while ((message = memory_take(mailbox)) != NULL)
        memory_leave(mailbox, message);
    assert(mailbox->taken == 0);
    loop_task_cancel(&memory->ready_task);
    loop_task_cancel(&memory->open_task);
    loop_task_cancel(&memory->stop_task);
    accounts_deinit(&memory->accounts);
    pool_deinit(&memory->messages);
    mem_free(memory);
}

static const struct mailbox_ops memory_ops = {
    .open = memory_open,
    .push = memory_push,
    .take = memory_take,
    .ack = memory_ack,
    .leave = memory_leave,
    .bury = memory_bury,
    .retry = memory_retry,
    .reject = memory_reject,
    .wind_down = memory_wind_down,
    .stop = memory_stop,
    .close = memory_close,
};

struct mailbox *memory_mailbox_new(struct loop *loop, const struct mailbox_limits *limits,
                                   const struct mailbox_events *events, void *owner)
{
    struct memory_mailbox *memory = mem_alloc(sizeof(*memory));
    if (!memory)
        return NULL;
    memory->mailbox.ops = &memory_ops;
    memory->mailbox.limits = *limits;
    accounts_fill_limits(&memory->mailbox.limits, MEMORY_COUNT_DEFAULT, MEMORY_BYTES_DEFAULT);
    memory->loop = loop;
    memory->events = events;
    memory->owner = owner;
    accounts_init(&memory->accounts, loop, &memory->mailbox.limits, events, owner);
    list_init(&memory->queues[MAILBOX_NORMAL]);
    list_init(&memory->queues[MAILBOX_HIGH]);
    pool_init(&memory->messages, sizeof(struct memory_message), MEMORY_BLOCK_MESSAGES,
              MEMORY_SPARE_BLOCKS);
    loop_task_init(&memory->ready_task, memory_on_ready);
    loop_task_init(&memory->open_task, memory_on_open);
    loop_task_init(&memory->stop_task, memory_on_stopped);
    return &memory->mailbox;
}
