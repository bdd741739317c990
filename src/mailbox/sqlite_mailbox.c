// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The durable mailbox, what its owner asks of it: a window of committed messages for each priority,
 * the books, and what is on its way to the store or back.
 *
 * The window of a priority is the head of its queue; `stored` counts what is behind it on the disk.
 * While there is any, what is new stays on the disk only, so the order is that of the numbers. A
 * message is charged to its sender's account from push() until the store has reported its end.
 *
 * What is handed out has been counted: the first `ready` rows of a window. A message that comes
 * when everything before it is ready, and not much of it, is counted by its own insert; else the
 * rows behind the ready ones are counted, many with one order, while they stay where they are.
 *
 * A row that ended badly twice (is_alone) is handed out when nothing else is, and nothing else
 * while it is: `alone` is that row, from the order to count the delivery until its end. Nothing is
 * counted meanwhile.
 *
 * What the store reports, and how a mailbox begins and ends, is in sqlite_life.c. Loop thread.
 * Events come from the store's posts or from deferred tasks, and are the last thing these do. Must
 * never touch the file. */
#include "mailbox/sqlite_mailbox.h"

#include "base/bytes.h"
#include "base/err.h"
#include "mailbox/sqlite_state.h"
#include "protocol/id.h"

#define SQLITE_SPARE_MAX 256
#define SQLITE_LETTERS_MAX 64
#define SQLITE_LETTER_BYTES_MAX ((uint64_t)1 << 20)

/* Of what a start found, no more is counted ahead than is likely to be handed out. */
#define SQLITE_SUSPECTS_AHEAD 32

/* Rows --------------------------------------------------------------------------------------- */

static struct row *sqlite_row_new(struct sqlite_mailbox *self)
{
    struct list *link = list_pop(&self->spare);
    if (!link)
        return row_new();
    self->spare_count--;
    return container_of(link, struct row, message._link);
}

void sqlite_row_free(struct sqlite_mailbox *self, struct row *row)
{
    if (self->spare_count >= SQLITE_SPARE_MAX) {
        row_free(row);
        return;
    }
    row_clear(row);
    self->spare_count++;
    list_push_front(&self->spare, &row->message._link);
}

/* The row has ended: its sender may send another. */
void sqlite_discharge(struct sqlite_mailbox *self, struct row *row)
{
    accounts_discharge(&self->accounts, row->account, row->message.envelope.len);
    self->mailbox.bytes = self->accounts.all.bytes;
    sqlite_row_free(self, row);
}

/* The window --------------------------------------------------------------------------------- */

static struct row *sqlite_first(const struct sqlite_queue *queue)
{
    return container_of(queue->rows.next, struct row, message._link);
}

/* A row that must not be handed out. */
static bool sqlite_is_hopeless(const struct row *row, struct mailbox_verdict *ret_verdict)
{
    if (row->message.origin.peer.serial == 0 && row->message.origin.peer.realm == 0)
        *ret_verdict = (struct mailbox_verdict){MAILBOX_NO_SENDER,
                                                "the sender of this message is no actor id"};
    else if (row->is_dead)
        *ret_verdict = (struct mailbox_verdict){
            MAILBOX_POISON, "the process ended each time this message was handled"};
    else
        return false;
    return true;
}

/* Is something to be done about the first row? Not while it is being counted. */
static bool sqlite_is_due(const struct sqlite_mailbox *self, enum mailbox_priority priority)
{
    const struct sqlite_queue *queue = &self->queues[priority];
    struct mailbox_verdict verdict;
    if (queue->count == 0)
        return false;
    const struct row *first = sqlite_first(queue);
    return queue->ready > 0 || self->is_winding || first->is_alone ||
           sqlite_is_hopeless(first, &verdict);
}

/* The row that is next; NULL: none is due. */
static struct row *sqlite_head(struct sqlite_mailbox *self)
{
    bool has_normal = sqlite_is_due(self, MAILBOX_NORMAL);
    bool has_high = sqlite_is_due(self, MAILBOX_HIGH);
    if (!has_normal && !has_high)
        return NULL;
    return sqlite_first(&self->queues[weights_next(&self->weights, has_normal, has_high)]);
}

static bool sqlite_may_take(struct sqlite_mailbox *self)
{
    if (self->state != SQLITE_OPEN)
        return false;
    if (self->alone)
        return self->is_alone_ready;
    const struct row *head = sqlite_head(self);
    return head && (!head->is_alone || self->mailbox.taken == 0 || self->is_winding);
}

void sqlite_wake(struct sqlite_mailbox *self)
{
    loop_defer(self->options.loop, &self->ready_task);
}

void sqlite_on_ready(struct loop_task *task)
{
    struct sqlite_mailbox *self = container_of(task, struct sqlite_mailbox, ready_task);
    if (sqlite_may_take(self))
        self->options.events->on_ready(self->options.owner);
}

/* Counting ----------------------------------------------------------------------------------- */

/* The rows behind the ready ones, up to one that is not to be counted in advance. */
static uint32_t sqlite_gather(struct sqlite_mailbox *self, struct sqlite_queue *queue)
{
    struct mailbox_verdict verdict;
    struct list *link = queue->rows.next;
    uint32_t count = 0;
    for (uint32_t i = 0; i < queue->ready; i++)
        link = link->next;
    for (; link != &queue->rows && count < self->options.ahead_max; link = link->next) {
        struct row *row = container_of(link, struct row, message._link);
        if (row->is_alone || sqlite_is_hopeless(row, &verdict))
            break;
        row->is_armed = true;
        queue->arm.ids[count++] = row->message.id;
    }
    return count;
}

static void sqlite_arm(struct sqlite_mailbox *self, struct sqlite_queue *queue)
{
    if (self->state != SQLITE_OPEN || self->alone || self->is_winding || queue->is_arming ||
        queue->ready == queue->count || queue->ready > self->options.ahead_max / 2)
        return;
    queue->arm.count = sqlite_gather(self, queue);
    if (queue->arm.count == 0)
        return;
    queue->is_arming = true;
    store_arm(self->store, &queue->arm);
}

/* What was taken meanwhile, because the mailbox winds down, was in front. */
void sqlite_armed_ahead(struct sqlite_mailbox *self, struct sqlite_queue *queue)
{
    struct list *link = queue->rows.next;
    queue->is_arming = false;
    for (uint32_t i = 0; i < queue->ready; i++)
        link = link->next;
    for (; link != &queue->rows; link = link->next) {
        struct row *row = container_of(link, struct row, message._link);
        if (row->message.id > queue->arm.ids[queue->arm.count - 1])
            break;
        row->is_armed = queue->arm.code == 0; /* or it goes uncounted */
        row->deliveries += row->is_armed;
        queue->ready++;
    }
    if (self->state != SQLITE_OPEN)
        return;
    sqlite_arm(self, queue);
    sqlite_wake(self);
}

/* May the insert of a message count its delivery? */
static bool sqlite_counts_ahead(const struct sqlite_mailbox *self, const struct sqlite_queue *queue)
{
    return !self->alone && queue->stored == 0 && queue->coming[false] == 0 &&
           queue->ready == queue->count &&
           queue->ready + queue->coming[true] < self->options.ahead_max;
}

void sqlite_append(struct sqlite_mailbox *self, struct sqlite_queue *queue, struct row *row)
{
    struct mailbox_verdict verdict;
    if (queue->ready == queue->count && (row->is_armed || sqlite_is_hopeless(row, &verdict)))
        queue->ready++;
    list_push(&queue->rows, &row->message._link);
    queue->count++;
    queue->bytes += row->message.envelope.len;
    queue->loaded_id = row->message.id;
    if (queue->count == 1)
        sqlite_wake(self);
    sqlite_arm(self, queue);
}

void sqlite_remove(struct sqlite_queue *queue, struct row *row)
{
    list_remove(&row->message._link);
    queue->ready -= queue->ready > 0;
    queue->count--;
    queue->bytes -= row->message.envelope.len;
}

/* Reads on when the window runs low. */
static void sqlite_refill(struct sqlite_mailbox *self, enum mailbox_priority priority)
{
    struct sqlite_queue *queue = &self->queues[priority];
    bool has_suspects = queue->loaded_id < self->suspect_id_max;
    uint32_t low = has_suspects ? SQLITE_SUSPECTS_AHEAD : SQLITE_WINDOW_COUNT / 2;

    if (self->state != SQLITE_OPEN || queue->stored == 0 || queue->is_loading ||
        loop_timer_is_active(&self->load_timer))
        return;
    if (queue->count > low || queue->bytes > SQLITE_WINDOW_BYTES / 2)
        return;
    if (queue->count > 0 && container_of(queue->rows.prev, struct row, message._link)->is_alone)
        return; /* nothing is counted while it decides who is guilty */
    queue->is_loading = true;
    queue->load.load = (struct messages_load){
        .priority = priority,
        .after_id = queue->loaded_id,
        .suspect_id_max = self->suspect_id_max,
        .deliveries_max = self->options.deliveries_max,
        .count_max = SQLITE_WINDOW_COUNT - queue->count,
        .bytes_max = SQLITE_WINDOW_BYTES - queue->bytes,
    };
    store_load(self->store, &queue->load);
}

void sqlite_refill_all(struct sqlite_mailbox *self)
{
    if (self->alone)
        return;
    for (int i = 0; i < MAILBOX_PRIORITY_COUNT; i++) {
        sqlite_refill(self, (enum mailbox_priority)i);
        sqlite_arm(self, &self->queues[i]);
    }
}

/* In ----------------------------------------------------------------------------------------- */

static int sqlite_encode_account(struct account *account)
{
    if (account->encoded.len > 0)
        return 0;
    struct actr_bytes encoded = id_encode(&account->peer);
    if (actr_bytes_failed(encoded))
        return ACTR_ENOMEM;
    account->encoded = encoded;
    return 0;
}

static int sqlite_admit(struct sqlite_mailbox *self, const struct actr_id *peer,
                        struct row **ret_row)
{
    struct account *account = accounts_get(&self->accounts, peer);
    if (!account)
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    if (accounts_refuse(&self->accounts, account)) {
        accounts_tidy(&self->accounts, account);
        return err_origin(ACTR_EUNAVAILABLE, "mailbox is full");
    }
    struct row *row = sqlite_encode_account(account) == 0 ? sqlite_row_new(self) : NULL;
    if (!row) {
        accounts_tidy(&self->accounts, account);
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    }
    row->account = account;
    row->from = actr_bytes_ref(account->encoded);
    *ret_row = row;
    return 0;
}

static int sqlite_push(struct mailbox *mailbox, const struct mailbox_origin *origin,
                       enum mailbox_priority priority, struct actr_bytes envelope)
{
    AUTO_BYTES struct actr_bytes owned = envelope;
    struct sqlite_mailbox *self = sqlite_of(mailbox);
    struct row *row = NULL;

    if (actr_bytes_failed(envelope))
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    if (self->state != SQLITE_OPEN)
        return err_origin(ACTR_EUNAVAILABLE, "mailbox is not open");
    int r = sqlite_admit(self, &origin->peer, &row);
    if (r < 0)
        return r;
    row->message.id = ++self->id_last;
    row->message.origin = *origin;
    row->message.priority = priority;
    row->message.envelope = bytes_take(&owned);
    row->message.received_us = (int64_t)loop_now_us(self->options.loop);
    row->received_ms = loop_wall_ms(self->options.loop);
    struct sqlite_queue *queue = &self->queues[priority];
    row->is_armed = sqlite_counts_ahead(self, queue);
    row->deliveries = row->is_armed;
    queue->coming[row->is_armed]++;
    mailbox->count++;
    r = accounts_charge(&self->accounts, row->account, 1, envelope.len);
    mailbox->bytes = self->accounts.all.bytes;
    store_submit(self->store, row, ROW_INSERT);
    return r;
}

/* Out ---------------------------------------------------------------------------------------- */

/* Makes a dead letter of it; better one without words than none. */
static void sqlite_condemn(struct sqlite_mailbox *self, struct row *row,
                           const struct mailbox_verdict *verdict, enum row_order order)
{
    row->category = verdict->category;
    row->detail = actr_bytes_str(verdict->detail);
    if (actr_bytes_failed(row->detail))
        row->detail = (struct actr_bytes){0};
    if (self->options.self->serial)
        row->to = id_encode(self->options.self);
    if (actr_bytes_failed(row->to))
        row->to = (struct actr_bytes){0};
    store_submit(self->store, row, order);
}

static struct mailbox_message *sqlite_hand_out(struct sqlite_mailbox *self, struct row *row)
{
    self->mailbox.count--;
    self->mailbox.taken++;
    return &row->message;
}

static struct row *sqlite_pop(struct sqlite_mailbox *self, struct row *row)
{
    enum mailbox_priority priority = row->message.priority;
    weights_took(&self->weights, priority, sqlite_is_due(self, MAILBOX_NORMAL));
    sqlite_remove(&self->queues[priority], row);
    if (!row->is_alone) {
        sqlite_refill(self, priority);
        sqlite_arm(self, &self->queues[priority]);
    }
    return row;
}

static struct mailbox_message *sqlite_take(struct mailbox *mailbox)
{
    struct sqlite_mailbox *self = sqlite_of(mailbox);
    struct mailbox_verdict verdict;

    while (sqlite_may_take(self)) {
        if (self->alone) {
            self->is_alone_ready = false;
            return sqlite_hand_out(self, self->alone);
        }
        struct row *row = sqlite_pop(self, sqlite_head(self));
        if (sqlite_is_hopeless(row, &verdict)) {
            mailbox->count--;
            sqlite_condemn(self, row, &verdict, ROW_BURY);
        } else if (row->is_alone && !self->is_winding) {
            self->alone = row;
            store_submit(self->store, row, ROW_ARM);
        } else {
            return sqlite_hand_out(self, row);
        }
    }
    return NULL;
}

/* A taken message comes back. */
static struct row *sqlite_put_back(struct sqlite_mailbox *self, struct mailbox_message *message)
{
    struct row *row = container_of(message, struct row, message);
    self->mailbox.taken--;
    if (row == self->alone) {
        self->alone = NULL;
        sqlite_refill_all(self);
        sqlite_wake(self);
    } else if (self->mailbox.taken == 0) {
        const struct row *head = sqlite_head(self);
        if (head && head->is_alone)
            sqlite_wake(self);
    }
    return row;
}

static void sqlite_ack(struct mailbox *mailbox, struct mailbox_message *message,
                       const struct mailbox_answer *answer)
{
    struct sqlite_mailbox *self = sqlite_of(mailbox);
    struct row *row = sqlite_put_back(self, message);
    row->has_answer = answer != NULL;
    if (answer) {
        row->answer = *answer;
        row->answer.payload = actr_bytes_ref(answer->payload);
        row->answer.text = actr_bytes_ref(answer->text);
    }
    store_submit(self->store, row, ROW_DELETE);
}

static void sqlite_leave(struct mailbox *mailbox, struct mailbox_message *message)
{
    struct sqlite_mailbox *self = sqlite_of(mailbox);
    struct row *row = sqlite_put_back(self, message);
    if (row->is_armed)
        store_submit(self->store, row, ROW_UNARM);
    else
        sqlite_discharge(self, row);
}

static void sqlite_bury(struct mailbox *mailbox, struct mailbox_message *message,
                        const struct mailbox_verdict *verdict)
{
    struct sqlite_mailbox *self = sqlite_of(mailbox);
    sqlite_condemn(self, sqlite_put_back(self, message), verdict, ROW_BURY);
}

/* What was armed has been counted; what the disk could not count is counted with the next. */
static void sqlite_retry(struct mailbox *mailbox, struct mailbox_message *message,
                         const char *detail)
{
    struct sqlite_mailbox *self = sqlite_of(mailbox);
    const struct mailbox_verdict verdict = {MAILBOX_POISON, detail};
    struct row *row = sqlite_put_back(self, message);
    struct sqlite_queue *queue = &self->queues[row->message.priority];
    row->uncounted += row->is_armed ? 0 : 1;
    row->is_armed = false;
    if (row->deliveries + row->uncounted >= self->options.deliveries_max) {
        sqlite_condemn(self, row, &verdict, ROW_BURY);
        return;
    }
    row->is_alone = true;
    mailbox->count++;
    list_push_front(&queue->rows, &row->message._link);
    queue->count++;
    queue->ready++; /* what is alone is counted when it is taken */
    queue->bytes += row->message.envelope.len;
    sqlite_wake(self);
}

static void sqlite_reject(struct mailbox *mailbox, const struct mailbox_origin *origin,
                          struct actr_bytes bytes, const struct mailbox_verdict *verdict)
{
    AUTO_BYTES struct actr_bytes owned = bytes;
    struct sqlite_mailbox *self = sqlite_of(mailbox);
    bool is_full = self->letters >= SQLITE_LETTERS_MAX ||
                   (self->letters > 0 && self->letter_bytes + bytes.len > SQLITE_LETTER_BYTES_MAX);
    AUTO_BYTES struct actr_bytes from = id_encode(&origin->peer);
    struct row *row = NULL;
    if (self->state == SQLITE_OPEN && !is_full && !actr_bytes_failed(bytes) &&
        !actr_bytes_failed(from))
        row = sqlite_row_new(self);
    if (!row) {
        mailbox->letters_dropped++;
        return;
    }
    row->from = bytes_take(&from);
    row->message.envelope = bytes_take(&owned);
    self->letters++;
    self->letter_bytes += bytes.len;
    sqlite_condemn(self, row, verdict, ROW_REJECT);
}

static void sqlite_wind_down(struct mailbox *mailbox)
{
    sqlite_of(mailbox)->is_winding = true;
}

const struct mailbox_ops sqlite_ops = {
    .open = sqlite_open,
    .push = sqlite_push,
    .take = sqlite_take,
    .ack = sqlite_ack,
    .leave = sqlite_leave,
    .bury = sqlite_bury,
    .retry = sqlite_retry,
    .reject = sqlite_reject,
    .wind_down = sqlite_wind_down,
    .stop = sqlite_stop,
    .close = sqlite_close,
};
