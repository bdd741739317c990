// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Hook queue: entries that wait in a list, and lines that know which connections the listener is
 * told of.
 *
 * One entry at a time is in the executor, as the queue's one job; the next follows when it is done,
 * so that hooks and messages take turns. An entry that is in the turn is in no list: the loop
 * merges and withdraws waiting ones meanwhile without a lock. A line lives from its CONNECTING to
 * its DISCONNECTED, for which it holds the memory. Loop thread, but for hook_queue_run(). */
#include "hyper/workload/hook_queue.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/text.h"
#include "hyper/workload/panic.h"
#include "sys/log.h"

#define HOOK_TEXT_MAX 256
#define HOOK_CONTEXT_MAX 192

enum hook_phase { HOOK_NO_PHASE, HOOK_CONNECTING, HOOK_CONNECTED, HOOK_DISCONNECTED };

struct hook_entry {
    struct list link;
    struct hook_line *line; /* whose memory this is, to be freed with it; NULL: its own */
    enum actr_hook hook;
    uint64_t connection; /* when it has a phase */
    union {
        struct actr_signaling_event signaling;
        struct actr_peer_event peer;
        struct actr_credential_event credential;
        struct actr_backpressure_event backpressure;
        struct actr_error_event error;
    } as;
    char text[HOOK_TEXT_MAX];
    char context[HOOK_CONTEXT_MAX];
};

struct hook_line {
    struct hash_node node;
    uint64_t connection;
    bool is_begun;     /* the listener has been told of it */
    bool is_connected; /* as it was taken last */
    struct hook_entry end;
};

static enum hook_phase hook_phase(enum actr_hook hook)
{
    if (hook > ACTR_HOOK_WEBRTC_DISCONNECTED)
        return HOOK_NO_PHASE;
    return (enum hook_phase)(1 + ((unsigned)hook - ACTR_HOOK_SIGNALING_CONNECTING) % 3);
}

/* Entries ------------------------------------------------------------------------------------ */

static const char *hook_keep(char *buf, size_t buf_len, const char *from)
{
    struct text text;
    text_init(&text, buf, buf_len);
    text_append(&text, view_text(from));
    return buf;
}

static void hook_entry_fill(struct hook_entry *entry, const struct actr_hook_event *event)
{
    entry->hook = event->hook;
    if (event->signaling) {
        entry->as.signaling = *event->signaling;
        entry->as.signaling.message =
            hook_keep(entry->text, sizeof(entry->text), event->signaling->message);
    } else if (event->peer) {
        entry->as.peer = *event->peer;
        entry->as.peer.message = hook_keep(entry->text, sizeof(entry->text), event->peer->message);
        entry->connection = event->peer->connection;
    } else if (event->credential) {
        entry->as.credential = *event->credential;
    } else if (event->backpressure) {
        entry->as.backpressure = *event->backpressure;
    } else if (event->error) {
        entry->as.error = *event->error;
        entry->as.error.message =
            hook_keep(entry->text, sizeof(entry->text), event->error->message);
        entry->as.error.context =
            hook_keep(entry->context, sizeof(entry->context), event->error->context);
    }
}

static void hook_entry_view(const struct hook_entry *entry, struct actr_hook_event *ret_event)
{
    *ret_event = (struct actr_hook_event){.size = sizeof(*ret_event), .hook = entry->hook};
    if (entry->hook <= ACTR_HOOK_SIGNALING_DISCONNECTED)
        ret_event->signaling = &entry->as.signaling;
    else if (entry->hook <= ACTR_HOOK_WEBRTC_DISCONNECTED)
        ret_event->peer = &entry->as.peer;
    else if (entry->hook <= ACTR_HOOK_CREDENTIAL_EXPIRING)
        ret_event->credential = &entry->as.credential;
    else if (entry->hook == ACTR_HOOK_MAILBOX_BACKPRESSURE)
        ret_event->backpressure = &entry->as.backpressure;
    else
        ret_event->error = &entry->as.error;
}

static void hook_entry_free(struct hook_entry *entry)
{
    if (entry->line)
        mem_free(entry->line);
    else
        mem_free(entry);
}

/* Lines -------------------------------------------------------------------------------------- */

static bool hook_line_equal(const struct hash_node *node, const void *wanted)
{
    return container_of(node, const struct hook_line, node)->connection ==
           *(const uint64_t *)wanted;
}

/* Connections are numbered at random by this node: the number is its own hash. */
static struct hook_line *hook_queue_line(const struct hook_queue *queue, uint64_t connection)
{
    struct hash_node *node = hash_table_find(&queue->_lines, connection, &connection);
    return node ? container_of(node, struct hook_line, node) : NULL;
}

static struct hook_line *hook_queue_new_line(struct hook_queue *queue, uint64_t connection)
{
    if (queue->_lines.count >= HOOK_QUEUE_LINES_MAX)
        return NULL;
    struct hook_line *line = mem_alloc(sizeof(*line));
    if (!line)
        return NULL;
    line->connection = connection;
    line->end.line = line;
    list_init(&line->end.link);
    if (hash_table_insert(&queue->_lines, &line->node, connection) < 0) {
        mem_free(line);
        return NULL;
    }
    return line;
}

/* Telling ------------------------------------------------------------------------------------ */

static void hook_queue_say_lost(struct hook_queue *queue)
{
    if (!queue->_was_full)
        return;
    queue->_was_full = false;
    log_warn(queue->options.env->log, "hook.lost",
             "listener=%s dropped=%" PRIu64 " merged=%" PRIu64, queue->options.listener,
             queue->dropped - queue->_dropped_said, queue->merged - queue->_merged_said);
    queue->_dropped_said = queue->dropped;
    queue->_merged_said = queue->merged;
}

static void hook_queue_count_lost(struct hook_queue *queue, uint64_t *counter, uint64_t count)
{
    *counter += count;
    if (queue->_was_full)
        return;
    queue->_was_full = true;
    log_warn(queue->options.env->log, "hook.full", "listener=%s waiting=%" PRIu32,
             queue->options.listener, queue->count);
}

static void hook_queue_forget(struct hook_queue *queue)
{
    struct hash_node *node = NULL, *next;
    hook_queue_say_lost(queue);
    for (node = hash_table_next(&queue->_lines, NULL); node; node = next) {
        next = hash_table_next(&queue->_lines, node);
        hash_table_remove(&queue->_lines, node);
        mem_free(container_of(node, struct hook_line, node));
    }
    queue->state = HOOK_QUEUE_CLOSED;
}

static void hook_queue_next(struct hook_queue *queue)
{
    bool may_tell = queue->state == HOOK_QUEUE_OPEN || queue->state == HOOK_QUEUE_CLOSING;
    if (!may_tell || queue->_told)
        return;
    struct list *link = list_pop(&queue->_waiting);
    if (!link) {
        if (queue->state == HOOK_QUEUE_CLOSING)
            loop_defer(queue->options.env->loop, &queue->_closed);
        return;
    }
    queue->count--;
    queue->_told = container_of(link, struct hook_entry, link);
    struct hook_line *line =
        hook_phase(queue->_told->hook) ? hook_queue_line(queue, queue->_told->connection) : NULL;
    if (line)
        line->is_begun = true;
    if (queue->count <= HOOK_QUEUE_MAX / 2)
        hook_queue_say_lost(queue);
    context_init(&queue->_ctx, queue->options.env);
    executor_submit_key(queue->options.env->executor, &queue->_job, &executor_observation);
}

static void hook_queue_tell(void *arg)
{
    struct hook_queue *queue = arg;
    struct actr_hook_event event;
    hook_entry_view(queue->_told, &event);
    err_origin(0, "%s", "");
    queue->_code = queue->options.tell(queue->options.owner, &event, &queue->_ctx);
    if (queue->_code < 0)
        hook_keep(queue->_text, sizeof(queue->_text), actr_errmsg());
}

/* In the listener's turn. */
static void hook_queue_run(struct executor_job *job)
{
    struct hook_queue *queue = container_of(job, struct hook_queue, _job);
    struct panic_scope scope;
    if (panic_run(&scope, &queue->_ctx, hook_queue_tell, queue))
        return;
    queue->_code = ACTR_EINTERNAL;
    snprintf(queue->_text, sizeof(queue->_text), "hook panicked: %.480s", scope.text);
}

static void hook_queue_on_done(struct executor_job *job)
{
    struct hook_queue *queue = container_of(job, struct hook_queue, _job);
    if (queue->_code < 0)
        log_warn(queue->options.env->log, "hook.failed", "listener=%s hook=%d code=%s %s",
                 queue->options.listener, (int)queue->_told->hook, actr_errname(queue->_code),
                 queue->_text);
    context_deinit(&queue->_ctx);
    hook_entry_free(queue->_told);
    queue->_told = NULL;
    hook_queue_next(queue);
}

static void hook_queue_on_closed(struct loop_task *task)
{
    struct hook_queue *queue = container_of(task, struct hook_queue, _closed);
    hook_queue_forget(queue);
    queue->_on_closed(queue->_closed_arg);
}

/* Taking ------------------------------------------------------------------------------------- */

static bool hook_queue_is_full(const struct hook_queue *queue)
{
    return queue->count >= HOOK_QUEUE_MAX;
}

static bool hook_queue_wants(const struct hook_queue *queue, enum actr_hook hook)
{
    return queue->options.hooks & 1u << hook;
}

static void hook_queue_append(struct hook_queue *queue, struct hook_entry *entry,
                              const struct actr_hook_event *event)
{
    hook_entry_fill(entry, event);
    list_push(&queue->_waiting, &entry->link);
    queue->count++;
    hook_queue_next(queue);
}

static void hook_queue_add(struct hook_queue *queue, const struct actr_hook_event *event)
{
    struct hook_entry *entry = mem_alloc(sizeof(*entry));
    if (!entry) {
        hook_queue_count_lost(queue, &queue->dropped, 1);
        return;
    }
    list_init(&entry->link);
    hook_queue_append(queue, entry, event);
}

/* The last that waits of this kind, and with a phase: of this connection; NULL: none. */
static struct hook_entry *hook_queue_last(const struct hook_queue *queue, enum actr_hook hook,
                                          uint64_t connection)
{
    for (struct list *link = queue->_waiting.prev; link != &queue->_waiting; link = link->prev) {
        struct hook_entry *entry = container_of(link, struct hook_entry, link);
        bool is_same = hook_phase(hook) ? hook_phase(entry->hook) != HOOK_NO_PHASE &&
                                              entry->connection == connection
                                        : entry->hook == hook;
        if (is_same)
            return entry;
    }
    return NULL;
}

/* Full: into the one that waits already, or nowhere. */
static void hook_queue_merge(struct hook_queue *queue, const struct actr_hook_event *event,
                             uint64_t connection)
{
    struct hook_entry *last = hook_queue_last(queue, event->hook, connection);
    if (!last || last->hook != event->hook || event->error) {
        hook_queue_count_lost(queue, &queue->dropped, 1);
        return;
    }
    hook_entry_fill(last, event);
    hook_queue_count_lost(queue, &queue->merged, 1);
}

/* Full, and a connection is over that nothing has been told of: takes back what waits of it.
 * False: something has been told. */
static bool hook_queue_withdraw(struct hook_queue *queue, struct hook_line *line)
{
    struct hook_entry *entry;
    uint64_t count = 1; /* its end */
    if (line->is_begun || !hook_queue_is_full(queue))
        return false;
    while ((entry = hook_queue_last(queue, ACTR_HOOK_SIGNALING_CONNECTING, line->connection))) {
        list_remove(&entry->link);
        hook_entry_free(entry);
        queue->count--;
        count++;
    }
    hook_queue_count_lost(queue, &queue->merged, count);
    return true;
}

static void hook_queue_end_line(struct hook_queue *queue, struct hook_line *line,
                                const struct actr_hook_event *event)
{
    hash_table_remove(&queue->_lines, &line->node);
    if (!hook_queue_wants(queue, event->hook) || hook_queue_withdraw(queue, line))
        mem_free(line);
    else
        hook_queue_append(queue, &line->end, event);
}

/* The connection is not over: it has lost its path. */
static bool hook_is_pause(const struct actr_hook_event *event)
{
    return event->peer && event->peer->status == ACTR_PEER_RECOVERING;
}

static void hook_queue_add_phase(struct hook_queue *queue, struct hook_line *line,
                                 const struct actr_hook_event *event)
{
    bool has_room = hook_phase(event->hook) == HOOK_CONNECTED && !line->is_connected;
    if (!has_room && hook_queue_is_full(queue)) {
        hook_queue_merge(queue, event, line->connection);
        return;
    }
    line->is_connected = hook_phase(event->hook) == HOOK_CONNECTED;
    hook_queue_add(queue, event);
}

/* An event of a connection. */
static void hook_queue_push_phase(struct hook_queue *queue, const struct actr_hook_event *event)
{
    enum hook_phase phase = hook_phase(event->hook);
    uint64_t connection = event->peer ? event->peer->connection : 0;
    unsigned first = (unsigned)event->hook - (unsigned)phase + 1;
    if (!(queue->options.hooks & 7u << first))
        return; /* nothing of such connections is wanted */
    struct hook_line *line = hook_queue_line(queue, connection);
    bool is_new = !line && phase == HOOK_CONNECTING;
    if (is_new && !hook_queue_is_full(queue))
        line = hook_queue_new_line(queue, connection);
    if (is_new && !line) {
        hook_queue_count_lost(queue, &queue->dropped, 1);
        return;
    }
    if (!line)
        return; /* its beginning was dropped: counted then */
    if (phase == HOOK_DISCONNECTED && !hook_is_pause(event))
        hook_queue_end_line(queue, line, event);
    else if (!hook_queue_wants(queue, event->hook))
        return;
    else
        hook_queue_add_phase(queue, line, event);
}

void hook_queue_push(struct hook_queue *queue, const struct actr_hook_event *event)
{
    if (queue->state != HOOK_QUEUE_HELD && queue->state != HOOK_QUEUE_OPEN)
        return;
    if (hook_phase(event->hook))
        hook_queue_push_phase(queue, event);
    else if (!hook_queue_wants(queue, event->hook))
        return;
    else if (hook_queue_is_full(queue))
        hook_queue_merge(queue, event, 0);
    else
        hook_queue_add(queue, event);
}

/* Life --------------------------------------------------------------------------------------- */

void hook_queue_init(struct hook_queue *queue, const struct hook_queue_options *options)
{
    *queue = (struct hook_queue){.options = *options};
    queue->_job = (struct executor_job){
        .run = hook_queue_run, .done = hook_queue_on_done, .never_blocks = options->never_blocks};
    list_init(&queue->_waiting);
    hash_table_init(&queue->_lines, hook_line_equal);
    loop_task_init(&queue->_closed, hook_queue_on_closed);
}

void hook_queue_deinit(struct hook_queue *queue)
{
    if (!queue->options.env)
        return;
    assert(!queue->_told);
    hook_queue_cut(queue);
    hash_table_deinit(&queue->_lines);
}

void hook_queue_hold(struct hook_queue *queue)
{
    assert(queue->state == HOOK_QUEUE_CLOSED && !queue->_told);
    queue->state = HOOK_QUEUE_HELD;
}

void hook_queue_open(struct hook_queue *queue)
{
    assert(queue->state == HOOK_QUEUE_HELD);
    queue->state = HOOK_QUEUE_OPEN;
    hook_queue_next(queue);
}

/* Drops what waits. */
static void hook_queue_clear(struct hook_queue *queue)
{
    struct list *link;
    while ((link = list_pop(&queue->_waiting)) != NULL)
        hook_entry_free(container_of(link, struct hook_entry, link));
    queue->count = 0;
}

void hook_queue_close(struct hook_queue *queue, void (*fn)(void *arg), void *arg)
{
    queue->_on_closed = fn;
    queue->_closed_arg = arg;
    if (queue->state == HOOK_QUEUE_HELD)
        hook_queue_clear(queue);
    queue->state = HOOK_QUEUE_CLOSING;
    hook_queue_next(queue);
}

void hook_queue_cut(struct hook_queue *queue)
{
    loop_task_cancel(&queue->_closed);
    if (queue->count > 0 && queue->state != HOOK_QUEUE_HELD)
        hook_queue_count_lost(queue, &queue->dropped, queue->count);
    hook_queue_clear(queue);
    hook_queue_forget(queue);
}
