// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Group commit.
 *
 * Rows arrive as posts; the first defers a task, and the loop runs all posts before the task, so
 * the task finds everything that came while the last transaction was written. Each row goes back as
 * a post after its transaction is on disk, in the order in which it came, so the owner learns of a
 * message before it can be given to it by a load.
 *
 * A transaction that fails is undone as a whole. After that, what was asked for about messages that
 * exist is tried in a transaction of its own first: it may free space, and must not fail because of
 * what is new.
 *
 * Threads: `options` is constant; store_new(), store_submit(), store_load(), store_stop() and
 * store_free() on the owner's; everything else on the store's. Must never hold a row that nobody
 * will hear of. */
#include "mailbox/store.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/backoff.h"
#include "base/mem.h"
#include "mailbox/answers.h"
#include "mailbox/database.h"
#include "mailbox/dlq.h"
#include "sys/loop_uv.h"
#include "sys/thread.h"

/* One transaction; more that waits goes into the one after it. */
#define STORE_BATCH_COUNT_MAX 1024
#define STORE_BATCH_BYTES_MAX ((uint64_t)8 << 20)

struct store {
    struct store_options options;
    char *path;
    struct thread thread;
    struct loop *loop;
    struct loop_post open_post, stop_post;
    struct store_opening opening;

    struct database *database;
    struct messages *messages;
    struct answers *answers;
    struct list fresh;   /* ROW_INSERT, ROW_REJECT */
    struct list settled; /* the other orders */
    struct list arms;    /* struct store_arm */
    struct loop_task task;
    struct loop_timer retry;
    struct backoff backoff;
    struct hash_key key;
    int trouble; /* why the last transaction failed; 0: it did not */
};

/* A change of health on its way to the owner. */
struct store_health {
    struct loop_post post;
    struct store *store;
    int code;
    char text[ERR_TEXT_MAX];
};

/* Back to the owner -------------------------------------------------------------------------- */

static void store_answer(struct store *store, struct loop_post *post, loop_post_fn *fn)
{
    bool is_taken = loop_post(store->options.loop, post, fn);
    assert(is_taken); /* the owner's loop runs until its mailbox is at rest */
    (void)is_taken;
}

static void store_on_health(struct loop_post *post)
{
    struct store_health *health = container_of(post, struct store_health, post);
    const struct store_options *options = &health->store->options;
    options->events->on_trouble(options->owner, health->code, health->text);
    mem_free(health);
}

static void store_note(struct store *store, int code)
{
    bool is_change = (store->trouble < 0) != (code < 0);
    store->trouble = code;
    struct store_health *health = is_change ? mem_alloc(sizeof(*health)) : NULL;
    if (!health)
        return;
    health->store = store;
    health->code = code;
    snprintf(health->text, sizeof(health->text), "%s", code < 0 ? actr_errmsg() : "");
    store_answer(store, &health->post, store_on_health);
}

static void store_on_row(struct loop_post *post)
{
    struct row *row = container_of(post, struct row, post);
    const struct store_options *options = &row->store->options;
    options->events->on_row(options->owner, row);
}

static void store_return(struct store *store, struct list *rows, int code)
{
    struct list *link;
    while ((link = list_pop(rows)) != NULL) {
        struct row *row = container_of(link, struct row, message._link);
        row->code = code;
        store_answer(store, &row->post, store_on_row);
    }
}

static void store_on_armed(struct loop_post *post)
{
    struct store_arm *arm = container_of(post, struct store_arm, post);
    const struct store_options *options = &arm->store->options;
    options->events->on_armed(options->owner, arm);
}

static void store_return_arms(struct store *store, struct list *arms, int code)
{
    struct list *link;
    while ((link = list_pop(arms)) != NULL) {
        struct store_arm *arm = container_of(link, struct store_arm, link);
        arm->code = code;
        store_answer(store, &arm->post, store_on_armed);
    }
}

/* Transactions ------------------------------------------------------------------------------- */

/* What one of them has. */
struct store_batch {
    struct list arms, settled, fresh;
    uint32_t count;
    uint64_t bytes;
};

static void store_batch_init(struct store_batch *batch)
{
    *batch = (struct store_batch){.count = 0};
    list_init(&batch->arms);
    list_init(&batch->settled);
    list_init(&batch->fresh);
}

static int store_bury(struct store *store, const struct row *row)
{
    uint8_t uuid[16];
    loop_random(store->loop, uuid, sizeof(uuid));
    return dlq_add(store->database, row, uuid, loop_wall_ms(store->loop));
}

static int store_write(struct store *store, const struct row *row)
{
    uint64_t id = row->message.id;
    int r = 0;
    switch (row->order) {
    case ROW_INSERT:
        return messages_insert(store->messages, row);
    case ROW_REJECT:
        return store_bury(store, row);
    case ROW_DELETE:
        r = messages_delete(store->messages, id);
        if (r == 0 && row->has_answer)
            r = answers_keep(store->answers, row, loop_wall_ms(store->loop));
        return r;
    case ROW_BURY:
        r = messages_delete(store->messages, id);
        return r == 0 ? store_bury(store, row) : r;
    case ROW_ARM:
        return messages_count_delivery(store->messages, id, 1 + (int)row->uncounted);
    case ROW_UNARM:
        return messages_count_delivery(store->messages, id, -1);
    }
    return 0;
}

static int store_write_all(struct store *store, const struct list *rows)
{
    bool has_letters = false;
    list_each(link, rows)
    {
        const struct row *row = container_of(link, struct row, message._link);
        int r = store_write(store, row);
        if (r < 0)
            return r;
        has_letters = has_letters || row->order == ROW_REJECT || row->order == ROW_BURY;
    }
    return has_letters ? dlq_trim(store->database) : 0;
}

/* Before `settled`, which may count one of these back. */
static int store_write_arms(struct store *store, const struct list *arms)
{
    list_each(link, arms)
    {
        const struct store_arm *arm = container_of(link, struct store_arm, link);
        for (uint32_t i = 0; i < arm->count; i++) {
            int r = messages_count_delivery(store->messages, arm->ids[i], 1);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

/* All of it, or nothing. */
static int store_commit(struct store *store, const struct store_batch *batch)
{
    int r = database_begin(store->database);
    if (r == 0)
        r = store_write_arms(store, &batch->arms);
    if (r == 0)
        r = store_write_all(store, &batch->settled);
    if (r == 0)
        r = store_write_all(store, &batch->fresh);
    if (r == 0)
        r = database_commit(store->database);
    if (r == 0) {
        answers_settle(store->answers);
    } else {
        database_rollback(store->database);
        answers_undo(store->answers);
    }
    store_note(store, r);
    return r;
}

/* Moves what one transaction may have, the oldest first. */
static void store_cut(struct list *from, struct list *to, struct store_batch *batch)
{
    while (!list_is_empty(from) && batch->count < STORE_BATCH_COUNT_MAX &&
           batch->bytes < STORE_BATCH_BYTES_MAX) {
        struct row *row = container_of(list_pop(from), struct row, message._link);
        batch->count++;
        batch->bytes +=
            row->order == ROW_DELETE ? row->answer.payload.len : row->message.envelope.len;
        list_push(to, &row->message._link);
    }
}

static void store_keep(struct store *store, struct list *rows)
{
    list_append(rows, &store->settled);
    list_append(&store->settled, rows);
}

static void store_retry_later(struct store *store)
{
    uint32_t random;
    loop_random(store->loop, &random, sizeof(random));
    if (!loop_timer_is_active(&store->retry))
        loop_timer_start(&store->retry, (uint64_t)backoff_next(&store->backoff, random) * 1000);
}

/* What is done, and nothing else, after a failure. False: the disk still refuses. */
static bool store_recover(struct store *store)
{
    struct store_batch batch;
    store_batch_init(&batch);
    store_cut(&store->settled, &batch.settled, &batch);
    if (list_is_empty(&batch.settled))
        return true;
    if (store_commit(store, &batch) < 0) {
        store_keep(store, &batch.settled);
        return false;
    }
    store_return(store, &batch.settled, 0);
    return true;
}

static void store_on_task(struct loop_task *task)
{
    struct store *store = container_of(task, struct store, task);
    struct store_batch batch;
    store_batch_init(&batch);
    bool is_well = store->trouble == 0 || store_recover(store);
    if (is_well)
        store_cut(&store->settled, &batch.settled, &batch);
    store_cut(&store->fresh, &batch.fresh, &batch);
    list_append(&batch.arms, &store->arms);
    int r = 0;
    bool has_work = batch.count > 0 || !list_is_empty(&batch.arms);
    if (has_work)
        r = store_commit(store, &batch);
    if (r < 0)
        store_keep(store, &batch.settled);
    store_return_arms(store, &batch.arms, r);
    store_return(store, &batch.settled, r);
    store_return(store, &batch.fresh, r);
    if (r == 0 && is_well)
        backoff_reset(&store->backoff);
    if (r == 0 && has_work)
        database_tend(store->database);
    if (!list_is_empty(&store->fresh) || (is_well && r == 0 && !list_is_empty(&store->settled)))
        loop_defer(store->loop, &store->task);
    else if (!list_is_empty(&store->settled))
        store_retry_later(store);
}

static void store_on_retry(struct loop_timer *timer)
{
    struct store *store = container_of(timer, struct store, retry);
    loop_defer(store->loop, &store->task);
}

/* What comes in ------------------------------------------------------------------------------ */

static void store_on_submit(struct loop_post *post)
{
    struct row *row = container_of(post, struct row, post);
    struct store *store = row->store;
    bool is_fresh = row->order == ROW_INSERT || row->order == ROW_REJECT;
    list_push(is_fresh ? &store->fresh : &store->settled, &row->message._link);
    loop_defer(store->loop, &store->task);
}

void store_submit(struct store *store, struct row *row, enum row_order order)
{
    row->store = store;
    row->order = order;
    bool is_taken = loop_post(store->loop, &row->post, store_on_submit);
    assert(is_taken);
    (void)is_taken;
}

static void store_on_loaded(struct loop_post *post)
{
    struct store_load *load = container_of(post, struct store_load, post);
    const struct store_options *options = &load->store->options;
    options->events->on_loaded(options->owner, load);
}

static void store_on_load(struct loop_post *post)
{
    struct store_load *load = container_of(post, struct store_load, post);
    load->code = messages_load(load->store->messages, &load->load);
    snprintf(load->text, sizeof(load->text), "%s", load->code < 0 ? actr_errmsg() : "");
    store_answer(load->store, &load->post, store_on_loaded);
}

void store_load(struct store *store, struct store_load *load)
{
    load->store = store;
    bool is_taken = loop_post(store->loop, &load->post, store_on_load);
    assert(is_taken);
    (void)is_taken;
}

static void store_on_arm(struct loop_post *post)
{
    struct store_arm *arm = container_of(post, struct store_arm, post);
    struct store *store = arm->store;
    list_init(&arm->link);
    list_push(&store->arms, &arm->link);
    loop_defer(store->loop, &store->task);
}

void store_arm(struct store *store, struct store_arm *arm)
{
    arm->store = store;
    bool is_taken = loop_post(store->loop, &arm->post, store_on_arm);
    assert(is_taken);
    (void)is_taken;
}

/* The start ---------------------------------------------------------------------------------- */

static bool group_equal(const struct hash_node *node, const void *wanted)
{
    const struct store_group *group = container_of(node, const struct store_group, node);
    const struct actr_view *from = wanted;
    return group->from.len == from->len &&
           (from->len == 0 || memcmp(group->from.ptr, from->ptr, from->len) == 0);
}

static struct store_group *store_group(struct store *store, struct actr_view from)
{
    struct hash_table *groups = &store->opening.groups;
    uint64_t hash = hash_bytes(&store->key, from.ptr, from.len);
    struct hash_node *node = hash_table_find(groups, hash, &from);
    if (node)
        return container_of(node, struct store_group, node);
    struct store_group *group = mem_alloc(sizeof(*group));
    if (!group)
        return NULL;
    group->from = actr_bytes_copy(from);
    if (actr_bytes_failed(group->from) || hash_table_insert(groups, &group->node, hash) < 0) {
        actr_bytes_unref(group->from);
        mem_free(group);
        return NULL;
    }
    return group;
}

static int store_on_entry(void *arg, const struct messages_entry *entry)
{
    struct store_group *group = store_group(arg, entry->from);
    if (!group)
        return err_origin(ACTR_ENOMEM, "mailbox: no memory for the books");
    group->bytes += entry->bytes;
    group->counts[entry->priority]++;
    return 0;
}

void store_opening_clear(struct store_opening *opening)
{
    struct hash_node *node;
    struct list *link;
    while ((node = hash_table_next(&opening->groups, NULL)) != NULL) {
        struct store_group *group = container_of(node, struct store_group, node);
        hash_table_remove(&opening->groups, node);
        actr_bytes_unref(group->from);
        mem_free(group);
    }
    hash_table_deinit(&opening->groups);
    hash_table_init(&opening->groups, group_equal);
    while ((link = list_pop(&opening->answers)) != NULL)
        answers_entry_free(container_of(link, struct answers_entry, link));
}

/* Everything is read before anything is written: a damaged file stays as it is. */
static int store_open(struct store *store)
{
    struct store_opening *opening = &store->opening;
    struct dlq_stats stats;
    int r = database_open(store->path, DATABASE_NODE, &store->database);
    if (r == 0)
        r = messages_new(store->database, &store->messages);
    if (r == 0)
        r = answers_new(store->database, &store->answers);
    if (r == 0)
        r = messages_scan(store->messages, store_on_entry, store, &opening->id_max);
    if (r == 0)
        r = answers_read(store->answers, loop_wall_ms(store->loop), &opening->answers);
    if (r == 0)
        r = dlq_get_stats(store->database, &stats, NULL, NULL);
    if (r == 0)
        database_tend(store->database);
    return r;
}

static void store_close(struct store *store)
{
    loop_timer_stop(&store->retry);
    loop_task_cancel(&store->task);
    store->messages = messages_free(store->messages);
    store->answers = answers_free(store->answers);
    store->database = database_close(store->database);
}

/* The thread ends; whoever waits for it is told before. */
static void store_end(struct store *store)
{
    if (!store->options.store_loop)
        loop_uv_stop(store->loop);
}

static void store_on_opened(struct loop_post *post)
{
    struct store *store = container_of(post, struct store, open_post);
    store->options.events->on_opened(store->options.owner, &store->opening);
}

static void store_on_open(struct loop_post *post)
{
    struct store *store = container_of(post, struct store, open_post);
    struct store_opening *opening = &store->opening;
    opening->code = store_open(store);
    if (opening->code < 0) {
        snprintf(opening->text, sizeof(opening->text), "%s", actr_errmsg());
        if (store->database)
            database_leave_untouched(store->database);
        store_close(store);
        store_end(store);
    }
    store_answer(store, post, store_on_opened);
}

/* The end ------------------------------------------------------------------------------------ */

static void store_on_stopped(struct loop_post *post)
{
    struct store *store = container_of(post, struct store, stop_post);
    store->options.events->on_stopped(store->options.owner);
}

static void store_on_stop(struct loop_post *post)
{
    struct store *store = container_of(post, struct store, stop_post);
    int tries = 2;
    while (tries > 0 && !(list_is_empty(&store->fresh) && list_is_empty(&store->settled))) {
        store_on_task(&store->task);
        tries -= store->trouble < 0;
    }
    store_return(store, &store->settled, ACTR_EIO);
    store_close(store);
    store_end(store);
    store_answer(store, post, store_on_stopped);
}

void store_stop(struct store *store)
{
    bool is_taken = loop_post(store->loop, &store->stop_post, store_on_stop);
    assert(is_taken);
    (void)is_taken;
}

static void store_run(void *arg)
{
    struct store *store = arg;
    loop_uv_run(store->loop);
}

static int store_start(struct store *store)
{
    if (store->options.store_loop) {
        store->loop = store->options.store_loop;
        return 0;
    }
    int r = loop_uv_new(&store->loop);
    return r == 0 ? thread_start(&store->thread, "actr-mailbox", store_run, store) : r;
}

int store_new(const struct store_options *options, struct store **ret_store)
{
    struct store *store = mem_alloc(sizeof(*store));
    if (!store)
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    store->options = *options;
    store->backoff = (struct backoff){100, 5000, 2, 20, 0, 0};
    loop_random(options->loop, &store->key, sizeof(store->key));
    hash_table_init(&store->opening.groups, group_equal);
    list_init(&store->opening.answers);
    list_init(&store->fresh);
    list_init(&store->settled);
    list_init(&store->arms);
    loop_task_init(&store->task, store_on_task);
    store->path = mem_text(options->path, strlen(options->path));
    int r = store->path ? store_start(store) : err_origin(ACTR_ENOMEM, "mailbox: no memory");
    if (r < 0) {
        store->loop = loop_uv_close(store->loop);
        mem_free(store->path);
        mem_free(store);
        return r;
    }
    loop_timer_init(&store->retry, store->loop, store_on_retry);
    bool is_taken = loop_post(store->loop, &store->open_post, store_on_open);
    assert(is_taken);
    (void)is_taken;
    *ret_store = store;
    return 0;
}

struct store *store_free(struct store *store)
{
    if (!store)
        return NULL;
    if (!store->options.store_loop) {
        thread_join(&store->thread);
        loop_uv_close(store->loop);
    }
    store_opening_clear(&store->opening);
    mem_free(store->path);
    mem_free(store);
    return NULL;
}
