// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* See rig.h. Everything on one thread. */
#include "rig.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "mailbox/mailbox_file.h"
#include "mailbox/memory_mailbox.h"
#include "mailbox/sqlite_mailbox.h"
#include "sweep.h"

/* A timer that is tried again and again must not keep a rig running. */
#define RIG_RUN_US 200000u

/* SQLite's memory, for a sweep: it asks for the size of a block, which is kept in front of it. */
#define RIG_FRONT 16

static void *rig_sqlite_alloc(int size)
{
    uint8_t *block = mem_alloc_raw((size_t)size + RIG_FRONT);
    if (!block)
        return NULL;
    memcpy(block, &size, sizeof(size));
    return block + RIG_FRONT;
}

static void rig_sqlite_free(void *ptr)
{
    if (ptr)
        mem_free((uint8_t *)ptr - RIG_FRONT);
}

static void *rig_sqlite_resize(void *ptr, int size)
{
    uint8_t *block = mem_resize((uint8_t *)ptr - RIG_FRONT, (size_t)size + RIG_FRONT);
    if (!block)
        return NULL;
    memcpy(block, &size, sizeof(size));
    return block + RIG_FRONT;
}

static int rig_sqlite_size(void *ptr)
{
    int size;
    memcpy(&size, (uint8_t *)ptr - RIG_FRONT, sizeof(size));
    return size;
}

static int rig_sqlite_round(int size)
{
    return (size + 7) & ~7;
}

static int rig_sqlite_init(void *arg)
{
    (void)arg;
    return SQLITE_OK;
}

static void rig_sqlite_shutdown(void *arg)
{
    (void)arg;
}

/* Before the first test; what SQLite keeps for good counts to no test. */
__attribute__((constructor)) static void rig_sweep_sqlite(void)
{
    static const sqlite3_mem_methods methods = {
        .xMalloc = rig_sqlite_alloc,
        .xFree = rig_sqlite_free,
        .xRealloc = rig_sqlite_resize,
        .xSize = rig_sqlite_size,
        .xRoundup = rig_sqlite_round,
        .xInit = rig_sqlite_init,
        .xShutdown = rig_sqlite_shutdown,
    };
    if (!sweep_is_on())
        return;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK ||
        sqlite3_initialize() != SQLITE_OK)
        abort();
}

static void rig_close_mailbox(struct rig *rig)
{
    mailbox_close(rig->mailbox);
    rig->mailbox = NULL;
}

static void rig_copy(char *to, size_t cap, struct actr_view view)
{
    snprintf(to, cap, "%.*s", (int)view.len, view.ptr ? (const char *)view.ptr : "");
}

static void rig_on_answer(void *owner, const struct actr_id *caller,
                          const struct mailbox_answer *answer, uint64_t age_us)
{
    struct rig *rig = owner;
    assert_int_equal(rig->opened, 0);
    rig->answers++;
    rig->answer.caller = caller->serial;
    rig->answer.age_us = age_us;
    rig->answer.code = answer->code;
    rig->answer.retry_after_ms = answer->retry_after_ms;
    rig_copy(rig->answer.id, sizeof(rig->answer.id), answer->request_id);
    rig_copy(rig->answer.payload, sizeof(rig->answer.payload), actr_bytes_view(answer->payload));
    rig_copy(rig->answer.text, sizeof(rig->answer.text), actr_bytes_view(answer->text));
}

static void rig_on_open(void *owner, int code, const char *detail)
{
    struct rig *rig = owner;
    rig->opened++;
    rig->open_code = code;
    rig->is_at_rest = code < 0;
    snprintf(rig->open_text, sizeof(rig->open_text), "%s", detail);
}

static void rig_on_ready(void *owner)
{
    struct rig *rig = owner;
    rig->ready++;
    if (rig->closes)
        rig_close_mailbox(rig);
}

static void rig_on_room(void *owner, const struct actr_id *peer)
{
    struct rig *rig = owner;
    size_t len = strlen(rig->rooms);
    assert_true(len + 1 < sizeof(rig->rooms));
    rig->rooms[len] = peer ? (char)('0' + peer->serial) : '*';
    if (rig->closes)
        rig_close_mailbox(rig);
}

static void rig_on_refused(void *owner, const struct mailbox_origin *origin,
                           struct actr_view envelope, int code)
{
    struct rig *rig = owner;
    rig->refused++;
    rig->refused_code = code;
    rig->refused_origin = *origin;
    rig_copy(rig->refused_text, sizeof(rig->refused_text), envelope);
}

static void rig_on_trouble(void *owner, int code, const char *detail)
{
    struct rig *rig = owner;
    rig->troubles += code < 0;
    rig->trouble_code = code;
    assert_int_equal(detail[0] != '\0', code < 0);
}

static void rig_on_stopped(void *owner)
{
    struct rig *rig = owner;
    rig->stopped++;
    rig->is_at_rest = true;
}

const struct mailbox_events rig_events = {
    .on_answer = rig_on_answer,
    .on_open = rig_on_open,
    .on_ready = rig_on_ready,
    .on_room = rig_on_room,
    .on_refused = rig_on_refused,
    .on_trouble = rig_on_trouble,
    .on_stopped = rig_on_stopped,
};

void rig_run(struct rig *rig)
{
    (void)!loop_virtual_run_idle(rig->loop, loop_now_us(rig->loop) + RIG_RUN_US);
}

static void rig_new_durable(struct rig *rig, const struct mailbox_limits *limits)
{
    const struct sqlite_mailbox_options options = {
        .loop = rig->loop,
        .store_loop = rig->loop,
        .path = rig->path,
        .limits = *limits,
        .deliveries_max = rig->deliveries_max,
        .self = &rig->self,
        .events = &rig_events,
        .owner = rig,
    };
    rig->mailbox = sqlite_mailbox_new(&options);
    assert_non_null(rig->mailbox);
    rig->opened = rig->answers = rig->stopped = 0;
    rig->is_at_rest = false;
    assert_int_equal(mailbox_open(rig->mailbox), 0);
    rig_run(rig);
    assert_int_equal(rig->opened, 1);
}

void rig_open(struct rig *rig, bool is_durable, const struct mailbox_limits *limits)
{
    *rig = (struct rig){.is_durable = is_durable};
    assert_int_equal(loop_virtual_new(1, &rig->loop), 0);
    assert_int_equal(actr_id_parse("5e1f@7/acme:Self:1.0.0", &rig->self), 0);
    if (!is_durable) {
        rig->mailbox = memory_mailbox_new(rig->loop, limits, &rig_events, rig);
        assert_non_null(rig->mailbox);
        return;
    }
    harness_folder(rig->dir, sizeof(rig->dir));
    snprintf(rig->path, sizeof(rig->path), "%s/mailbox.db", rig->dir);
    rig_new_durable(rig, limits);
    assert_int_equal(rig->open_code, 0);
}

void rig_reopen(struct rig *rig, const struct mailbox_limits *limits)
{
    rig_new_durable(rig, limits);
}

void rig_stop(struct rig *rig)
{
    if (rig->is_durable && !rig->is_at_rest) {
        mailbox_stop(rig->mailbox);
        rig_run(rig);
        assert_int_equal(rig->stopped, 1);
    }
    rig_close_mailbox(rig);
}

static void rig_copy_file(const char *from, const char *to)
{
    char buf[4096];
    size_t len;
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_non_null(out);
    while (in && (len = fread(buf, 1, sizeof(buf), in)) > 0)
        assert_int_equal(fwrite(buf, 1, len, out), len);
    if (in)
        fclose(in);
    assert_int_equal(fclose(out), 0);
}

void rig_crash(struct rig *rig, struct mailbox_message *taken, const struct mailbox_limits *limits)
{
    rig_crash_all(rig, &taken, taken != NULL, limits);
}

void rig_crash_all(struct rig *rig, struct mailbox_message **taken, unsigned count,
                   const struct mailbox_limits *limits)
{
    char path[96], from[128], to[128];
    snprintf(path, sizeof(path), "%.60s/x%s", rig->dir, strrchr(rig->path, '/') + 1);
    rig_copy_file(rig->path, path);
    snprintf(from, sizeof(from), "%s-wal", rig->path);
    snprintf(to, sizeof(to), "%s-wal", path);
    rig_copy_file(from, to);
    for (unsigned i = 0; i < count; i++)
        mailbox_leave(rig->mailbox, taken[i]);
    rig_stop(rig);
    memcpy(rig->path, path, sizeof(path));
    rig_reopen(rig, limits);
}

struct rig_count {
    const char *category;
    unsigned count;
};

static void rig_on_letter(void *arg, const struct dlq_letter *letter)
{
    struct rig_count *count = arg;
    count->count +=
        !count->category || view_equal(letter->error_category, view_text(count->category));
}

unsigned rig_letters(struct rig *rig, const char *category)
{
    const struct dlq_filter all = {.count_max = 100000};
    struct rig_count count = {.category = category};
    struct mailbox_file *file = NULL;
    assert_int_equal(mailbox_file_open(rig->path, false, &file), 0);
    assert_int_equal(dlq_query(mailbox_file_database(file), &all, rig_on_letter, &count), 0);
    mailbox_file_close(file);
    return count.count;
}

static void rig_remove_dir(struct rig *rig)
{
    DIR *dir = opendir(rig->dir);
    assert_non_null(dir);
    struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        char path[400];
        snprintf(path, sizeof(path), "%s/%s", rig->dir, entry->d_name);
        unlink(path);
    }
    closedir(dir);
    assert_int_equal(rmdir(rig->dir), 0);
}

void rig_close(struct rig *rig)
{
    if (rig->mailbox)
        rig_stop(rig);
    if (rig->is_durable)
        rig_remove_dir(rig);
    loop_virtual_close(rig->loop);
}

struct mailbox_origin rig_origin(uint64_t serial)
{
    struct mailbox_origin origin = {.session = 100 + serial};
    assert_int_equal(actr_id_parse("1@7/acme:Test:1.0.0", &origin.peer), 0);
    origin.peer.serial = serial;
    return origin;
}

int rig_push(struct rig *rig, uint64_t serial, enum mailbox_priority priority, const char *text)
{
    struct mailbox_origin origin = rig_origin(serial);
    return mailbox_push(rig->mailbox, &origin, priority, actr_bytes_str(text));
}

struct mailbox_message *rig_next(struct rig *rig)
{
    if (rig->is_durable)
        rig_run(rig);
    struct mailbox_message *message = mailbox_take(rig->mailbox);
    if (message || !rig->is_durable)
        return message;
    rig_run(rig); /* one that comes alone is counted when it is asked for */
    return mailbox_take(rig->mailbox);
}

struct mailbox_message *rig_take(struct rig *rig, const char *text)
{
    struct mailbox_message *message = rig_next(rig);
    assert_non_null(message);
    assert_int_equal(message->envelope.len, strlen(text));
    assert_memory_equal(message->envelope.ptr, text, strlen(text));
    return message;
}

void rig_expect(struct rig *rig, const char *text)
{
    mailbox_ack(rig->mailbox, rig_take(rig, text), NULL);
}
