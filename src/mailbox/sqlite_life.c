// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The durable mailbox, how it begins and ends, and what the store reports in between.
 *
 * The beginning: the store opens the file and hands over what it found; the books are made from
 * that, the answers of the last run are told, then on_open, then the first messages are read. The
 * end: what was counted and not handed out is counted back, the store writes what it has and closes
 * the file. While a load is with the store, the end waits for it.
 *
 * Loop thread. A handler of a store event does nothing after calling up. */
#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "mailbox/answers.h"
#include "mailbox/sqlite_state.h"
#include "protocol/id.h"

#define SQLITE_COUNT_DEFAULT 1000000
#define SQLITE_BYTES_DEFAULT ((uint64_t)4 << 30)
#define SQLITE_DELIVERIES_DEFAULT 5
#define SQLITE_LOAD_PAUSE_US 1000000u

/* An id takes some 200 bytes; what is longer than this is none, whatever memory there is. */
#define SQLITE_SENDER_MAX 1024

/* What the store has carried out ------------------------------------------------------------- */

static void sqlite_seal(struct sqlite_mailbox *self);

static void sqlite_refused(struct sqlite_mailbox *self, struct row *row)
{
    AUTO_BYTES struct actr_bytes envelope = actr_bytes_ref(row->message.envelope);
    struct mailbox_origin origin = row->message.origin;
    int code = row->code;
    self->mailbox.count--;
    sqlite_discharge(self, row);
    self->options.events->on_refused(self->options.owner, &origin, actr_bytes_view(envelope), code);
}

static void sqlite_inserted(struct sqlite_mailbox *self, struct row *row)
{
    struct sqlite_queue *queue = &self->queues[row->message.priority];
    queue->coming[row->is_armed]--;
    bool is_behind = queue->stored > 0 || queue->count >= SQLITE_WINDOW_COUNT ||
                     queue->bytes >= SQLITE_WINDOW_BYTES;
    if (row->code < 0) {
        sqlite_refused(self, row);
    } else if (self->state == SQLITE_STOPPING && row->is_armed) {
        store_submit(self->store, row, ROW_UNARM);
        sqlite_seal(self);
    } else if (is_behind || self->state != SQLITE_OPEN) {
        queue->stored++;
        sqlite_row_free(self, row);
        sqlite_refill_all(self);
    } else {
        sqlite_append(self, queue, row);
    }
}

static void sqlite_rejected(struct sqlite_mailbox *self, struct row *row)
{
    self->letters--;
    self->letter_bytes -= row->message.envelope.len;
    self->mailbox.letters_dropped += row->code < 0;
    sqlite_row_free(self, row);
}

static void sqlite_armed(struct sqlite_mailbox *self, struct row *row)
{
    if (row != self->alone) { /* the end has come meanwhile */
        sqlite_discharge(self, row);
        return;
    }
    row->is_armed = true;
    row->deliveries += 1 + row->uncounted;
    row->uncounted = 0;
    self->is_alone_ready = true;
    sqlite_wake(self);
}

static void sqlite_on_row(void *owner, struct row *row)
{
    struct sqlite_mailbox *self = owner;
    switch (row->order) {
    case ROW_INSERT:
        sqlite_inserted(self, row);
        return;
    case ROW_REJECT:
        sqlite_rejected(self, row);
        return;
    case ROW_ARM:
        sqlite_armed(self, row);
        return;
    case ROW_DELETE:
    case ROW_BURY:
    case ROW_UNARM:
        if (row->account)
            sqlite_discharge(self, row);
        else
            sqlite_row_free(self, row);
        return;
    }
}

/* One of the two ways to the disk, writing and reading, has begun to fail, or works again. The
 * owner is told when the first fails, and when both work. */
static void sqlite_note(struct sqlite_mailbox *self, bool *has_trouble, int code, const char *text)
{
    bool was_sick = self->has_write_trouble || self->has_load_trouble;
    *has_trouble = code < 0;
    bool is_sick = self->has_write_trouble || self->has_load_trouble;
    if (was_sick != is_sick)
        self->options.events->on_trouble(self->options.owner, code, text);
}

static void sqlite_on_trouble(void *owner, int code, const char *text)
{
    struct sqlite_mailbox *self = owner;
    sqlite_note(self, &self->has_write_trouble, code, text);
}

/* What the store has read -------------------------------------------------------------------- */

/* One that is no actor id is nobody; without memory it cannot be told whether it is one. */
static int sqlite_decode_sender(struct actr_bytes from, struct actr_id *ret_peer)
{
    int r = id_decode(actr_bytes_view(from), ret_peer);
    if (r == ACTR_ENOMEM && from.len <= SQLITE_SENDER_MAX)
        return r;
    if (r < 0)
        *ret_peer = (struct actr_id){0};
    return 0;
}

/* Books what a start found. One whose sender is no actor id goes to the account of nobody. */
static int sqlite_book(struct sqlite_mailbox *self, const struct store_group *group)
{
    struct actr_id peer;
    if (sqlite_decode_sender(group->from, &peer) < 0)
        return ACTR_ENOMEM;
    struct account *account = accounts_get(&self->accounts, &peer);
    if (!account)
        return err_origin(ACTR_ENOMEM, "mailbox: no memory for the books");
    uint64_t count = group->counts[MAILBOX_NORMAL] + group->counts[MAILBOX_HIGH];
    (void)accounts_charge(&self->accounts, account, (uint32_t)count, group->bytes);
    self->mailbox.count += (uint32_t)count;
    self->queues[MAILBOX_NORMAL].stored += group->counts[MAILBOX_NORMAL];
    self->queues[MAILBOX_HIGH].stored += group->counts[MAILBOX_HIGH];
    return 0;
}

static int sqlite_book_all(struct sqlite_mailbox *self, const struct store_opening *opening)
{
    int r = 0;
    for (struct hash_node *node = hash_table_next(&opening->groups, NULL); node && r == 0;
         node = hash_table_next(&opening->groups, node))
        r = sqlite_book(self, container_of(node, struct store_group, node));
    self->mailbox.bytes = self->accounts.all.bytes;
    self->id_last = opening->id_max;
    self->suspect_id_max = opening->id_max;
    return r;
}

/* An answer to nobody is of no use; one that there was no memory for would be given again by
 * running the request again, so the start fails. */
static int sqlite_tell_answers(struct sqlite_mailbox *self, const struct list *answers)
{
    list_each(link, answers)
    {
        const struct answers_entry *entry = container_of(link, struct answers_entry, link);
        struct actr_id caller;
        if (sqlite_decode_sender(entry->from, &caller) < 0)
            return ACTR_ENOMEM;
        if (caller.serial != 0 || caller.realm != 0)
            self->options.events->on_answer(self->options.owner, &caller, &entry->answer,
                                            entry->age_ms * 1000);
    }
    return 0;
}

static void sqlite_end_store(struct sqlite_mailbox *self)
{
    self->store = store_free(self->store);
    self->state = SQLITE_AT_REST;
}

static void sqlite_on_opened(void *owner, struct store_opening *opening)
{
    struct sqlite_mailbox *self = owner;
    const struct mailbox_events *events = self->options.events;
    char text[ERR_TEXT_MAX];

    if (opening->code < 0) {
        int code = opening->code;
        memcpy(text, opening->text, sizeof(text));
        sqlite_end_store(self);
        events->on_open(self->options.owner, code, text);
        return;
    }
    self->failure = sqlite_book_all(self, opening);
    if (self->failure == 0)
        self->failure = sqlite_tell_answers(self, &opening->answers);
    store_opening_clear(opening);
    if (self->failure < 0) {
        self->state = SQLITE_STOPPING;
        sqlite_seal(self);
        return;
    }
    self->state = SQLITE_OPEN;
    sqlite_refill_all(self);
    events->on_open(self->options.owner, 0, "");
}

/* A row that was read: it finds its account, and its place in time. */
static int sqlite_adopt(struct sqlite_mailbox *self, struct row *row)
{
    uint64_t now_ms = loop_wall_ms(self->options.loop);
    uint64_t age_ms = now_ms > row->received_ms ? now_ms - row->received_ms : 0;
    struct actr_id *peer = &row->message.origin.peer;
    if (sqlite_decode_sender(row->from, peer) < 0)
        return ACTR_ENOMEM;
    row->message.received_us = (int64_t)loop_now_us(self->options.loop) - (int64_t)(age_ms * 1000);
    row->account = accounts_get(&self->accounts, peer);
    return row->account ? 0 : err_origin(ACTR_ENOMEM, "mailbox: no memory");
}

/* Takes the rows of a load, until memory runs out: the others are read again. */
static int sqlite_take_load(struct sqlite_mailbox *self, struct sqlite_queue *queue)
{
    struct list *rows = &queue->load.load.rows, *link;
    int r = queue->load.code;
    uint32_t count = 0;
    while (r == 0 && !list_is_empty(rows)) {
        struct row *row = container_of(rows->next, struct row, message._link);
        r = sqlite_adopt(self, row);
        if (r < 0)
            break;
        list_remove(&row->message._link);
        queue->stored -= queue->stored > 0;
        sqlite_append(self, queue, row);
        count++;
    }
    while ((link = list_pop(rows)) != NULL)
        row_free(container_of(link, struct row, message._link));
    if (r == 0 && count == 0) { /* nothing was where something had been */
        self->mailbox.count -= (uint32_t)queue->stored;
        queue->stored = 0;
        r = err_origin(ACTR_EIO, "%s: messages have been taken out of the file by somebody else",
                       self->path);
    }
    return r;
}

static void sqlite_on_loaded(void *owner, struct store_load *load)
{
    struct sqlite_mailbox *self = owner;
    struct sqlite_queue *queue = container_of(load, struct sqlite_queue, load);

    queue->is_loading = false;
    int r = sqlite_take_load(self, queue);
    const char *text = load->code < 0 ? load->text : actr_errmsg();
    if (self->state == SQLITE_STOPPING) {
        sqlite_seal(self);
        return;
    }
    if (r < 0)
        loop_timer_start(&self->load_timer, SQLITE_LOAD_PAUSE_US);
    else
        sqlite_refill_all(self);
    sqlite_note(self, &self->has_load_trouble, r, r < 0 ? text : "");
}

static void sqlite_on_armed(void *owner, struct store_arm *arm)
{
    struct sqlite_mailbox *self = owner;
    sqlite_armed_ahead(self, container_of(arm, struct sqlite_queue, arm));
    sqlite_seal(self);
}

static void sqlite_on_load_timer(struct loop_timer *timer)
{
    sqlite_refill_all(container_of(timer, struct sqlite_mailbox, load_timer));
}

/* Beginning and end -------------------------------------------------------------------------- */

static void sqlite_on_stopped(void *owner)
{
    struct sqlite_mailbox *self = owner;
    const struct mailbox_events *events = self->options.events;
    sqlite_end_store(self);
    if (self->failure < 0)
        events->on_open(self->options.owner, self->failure, "mailbox: no memory for the books");
    else
        events->on_stopped(self->options.owner);
}

/* What was counted and not handed out is counted back. */
static void sqlite_count_back(struct sqlite_mailbox *self, struct row *row)
{
    if (row->is_armed)
        store_submit(self->store, row, ROW_UNARM);
    else
        sqlite_discharge(self, row);
}

static void sqlite_empty(struct sqlite_mailbox *self, struct sqlite_queue *queue)
{
    while (!list_is_empty(&queue->rows)) {
        struct row *row = container_of(queue->rows.next, struct row, message._link);
        sqlite_remove(queue, row);
        sqlite_count_back(self, row);
    }
}

/* The same for a row that the store is counting. */
static void sqlite_count_back_alone(struct sqlite_mailbox *self)
{
    struct row *alone = self->alone;
    self->alone = NULL;
    if (self->is_alone_ready) {
        sqlite_count_back(self, alone);
        return;
    }
    struct row *order = row_new();
    if (!order)
        return; /* counted once too often */
    order->message.id = alone->message.id;
    store_submit(self->store, order, ROW_UNARM);
}

/* The last orders, once nothing is on its way that would need one. */
static void sqlite_seal(struct sqlite_mailbox *self)
{
    bool is_busy = false;
    for (int i = 0; i < MAILBOX_PRIORITY_COUNT; i++) {
        const struct sqlite_queue *queue = &self->queues[i];
        is_busy = is_busy || queue->is_loading || queue->is_arming || queue->coming[true] > 0;
    }
    if (self->state != SQLITE_STOPPING || self->is_sealed || is_busy)
        return;
    self->is_sealed = true;
    if (self->alone)
        sqlite_count_back_alone(self);
    sqlite_empty(self, &self->queues[MAILBOX_NORMAL]);
    sqlite_empty(self, &self->queues[MAILBOX_HIGH]);
    store_stop(self->store);
}

void sqlite_stop(struct mailbox *mailbox)
{
    struct sqlite_mailbox *self = sqlite_of(mailbox);
    assert(self->state == SQLITE_OPEN && mailbox->taken == 0);
    self->state = SQLITE_STOPPING;
    loop_timer_stop(&self->load_timer);
    loop_task_cancel(&self->ready_task);
    sqlite_seal(self);
}

void sqlite_close(struct mailbox *mailbox)
{
    struct sqlite_mailbox *self = sqlite_of(mailbox);
    struct list *link;
    assert(self->state == SQLITE_AT_REST);
    accounts_deinit(&self->accounts);
    while ((link = list_pop(&self->spare)) != NULL)
        row_free(container_of(link, struct row, message._link));
    mem_free(self->path);
    mem_free(self);
}

int sqlite_open(struct mailbox *mailbox)
{
    static const struct store_events events = {
        .on_opened = sqlite_on_opened,
        .on_row = sqlite_on_row,
        .on_loaded = sqlite_on_loaded,
        .on_armed = sqlite_on_armed,
        .on_trouble = sqlite_on_trouble,
        .on_stopped = sqlite_on_stopped,
    };
    struct sqlite_mailbox *self = sqlite_of(mailbox);
    const struct store_options options = {
        .loop = self->options.loop,
        .store_loop = self->options.store_loop,
        .path = self->path,
        .events = &events,
        .owner = self,
    };
    int r = store_new(&options, &self->store);
    if (r == 0)
        self->state = SQLITE_OPENING;
    return r;
}

struct mailbox *sqlite_mailbox_new(const struct sqlite_mailbox_options *options)
{
    struct sqlite_mailbox *self = mem_alloc(sizeof(*self));
    char *path = self ? mem_text(options->path, strlen(options->path)) : NULL;
    if (!path) {
        mem_free(self);
        return NULL;
    }
    self->mailbox.ops = &sqlite_ops;
    self->mailbox.is_durable = true;
    self->mailbox.limits = options->limits;
    accounts_fill_limits(&self->mailbox.limits, SQLITE_COUNT_DEFAULT, SQLITE_BYTES_DEFAULT);
    self->options = *options;
    self->path = path;
    if (self->options.deliveries_max == 0)
        self->options.deliveries_max = SQLITE_DELIVERIES_DEFAULT;
    if (self->options.ahead_max == 0 || self->options.ahead_max > STORE_ARM_MAX)
        self->options.ahead_max = STORE_ARM_MAX;
    accounts_init(&self->accounts, options->loop, &self->mailbox.limits, options->events,
                  options->owner);
    for (int i = 0; i < MAILBOX_PRIORITY_COUNT; i++)
        list_init(&self->queues[i].rows);
    list_init(&self->spare);
    loop_task_init(&self->ready_task, sqlite_on_ready);
    loop_timer_init(&self->load_timer, options->loop, sqlite_on_load_timer);
    return &self->mailbox;
}
