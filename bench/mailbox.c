// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The durable mailbox: how many messages a second it accepts, what one of them waits, and whether a
 * deep backlog slows it down. Everything is on the disk that has /var/tmp.
 *
 * A message counts when it is handed out, which is after its transaction is on the disk. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <actr/actr.h>

#include "base/list.h"
#include "bench.h"
#include "mailbox/sqlite_mailbox.h"
#include "sys/loop.h"
#include "sys/loop_uv.h"

#define MESSAGE_LEN 256
#define PRODUCERS 64
#define BATCH 32 /* rows of one transaction of the baseline */
#define MESSAGES 16384
#define ROUNDS 400
#define SENDER_US 60   /* what an answer and the next request take on their way */
#define GROUP 20       /* messages of one producer, then syncs of the baseline, and so on */
#define FRAME_LEN 4120 /* a page in a log */
#define SHALLOW 1000
#define DEEP 1000000
#define DEEP_GROUPS 200

struct site {
    char dir[64], path[96];
    struct loop *loop;
    struct mailbox *mailbox;
    struct actr_id self;
    struct actr_bytes body;
    bool (*on_message)(struct site *site, struct mailbox_message *message); /* take another? */
    uint64_t left;                                                          /* to be pushed */
    struct list kept;
    double pushed_us, *latencies;
    unsigned latency_count;
    bool has_failed;
};

static void site_push(struct site *site, uint64_t producer, enum mailbox_priority priority)
{
    struct mailbox_origin origin = {.peer = site->self};
    origin.peer.serial = 1 + producer;
    if (mailbox_push(site->mailbox, &origin, priority, actr_bytes_ref(site->body)) < 0) {
        site->has_failed = true;
        loop_uv_stop(site->loop);
    }
}

static void site_on_open(void *owner, int code, const char *detail)
{
    struct site *site = owner;
    if (code < 0)
        fprintf(stderr, "bench: %s\n", detail);
    site->has_failed = code < 0;
    loop_uv_stop(site->loop);
}

static void site_on_ready(void *owner)
{
    struct site *site = owner;
    struct mailbox_message *message;
    while ((message = mailbox_take(site->mailbox)) != NULL && site->on_message(site, message)) {
    }
}

static void site_on_room(void *owner, const struct actr_id *peer)
{
    (void)owner;
    (void)peer;
}

static void site_on_refused(void *owner, const struct mailbox_origin *origin,
                            struct actr_view envelope, int code)
{
    struct site *site = owner;
    (void)origin;
    (void)envelope;
    (void)code;
    site->has_failed = true;
    loop_uv_stop(site->loop);
}

static void site_on_trouble(void *owner, int code, const char *detail)
{
    (void)owner;
    if (code < 0)
        fprintf(stderr, "bench: %s\n", detail);
}

static void site_on_stopped(void *owner)
{
    loop_uv_stop(((struct site *)owner)->loop);
}

static bool site_open(struct site *site)
{
    static const struct mailbox_events events = {
        .on_open = site_on_open,
        .on_ready = site_on_ready,
        .on_room = site_on_room,
        .on_refused = site_on_refused,
        .on_trouble = site_on_trouble,
        .on_stopped = site_on_stopped,
    };
    static const uint8_t body[MESSAGE_LEN] = {1};
    *site = (struct site){.dir = "/var/tmp/actr-bench-XXXXXX"};
    list_init(&site->kept);
    site->body = actr_bytes_copy(actr_view_of(body, sizeof(body)));
    if (actr_id_parse("1@7/bench:Mailbox:1.0.0", &site->self) < 0 || !mkdtemp(site->dir) ||
        loop_uv_new(&site->loop) < 0)
        return false;
    snprintf(site->path, sizeof(site->path), "%s/mailbox.db", site->dir);
    const struct sqlite_mailbox_options options = {
        .loop = site->loop,
        .path = site->path,
        .limits = {.count_max = 4 * DEEP, .peer_count_max = 4 * DEEP},
        .self = &site->self,
        .events = &events,
        .owner = site,
    };
    site->mailbox = sqlite_mailbox_new(&options);
    if (!site->mailbox || mailbox_open(site->mailbox) < 0)
        return false;
    loop_uv_run(site->loop);
    return !site->has_failed;
}

/* What was taken is acked; the file goes. */
static void site_close(struct site *site)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    struct list *link;
    while ((link = list_pop(&site->kept)) != NULL)
        mailbox_ack(site->mailbox, container_of(link, struct mailbox_message, _link), NULL);
    mailbox_stop(site->mailbox);
    loop_uv_run(site->loop);
    mailbox_close(site->mailbox);
    loop_uv_close(site->loop);
    actr_bytes_unref(site->body);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s%s", site->path, endings[i]);
        unlink(path);
    }
    rmdir(site->dir);
}

/* Many producers ----------------------------------------------------------------------------- */

/* Kept, so that nothing but accepting is measured. */
static bool on_accepted(struct site *site, struct mailbox_message *message)
{
    list_push(&site->kept, &message->_link);
    if (site->left > 0 && site->left-- > 0)
        site_push(site, message->origin.peer.serial - 1, MAILBOX_NORMAL);
    if (site->left == 0 && site->mailbox->count == 0)
        loop_uv_stop(site->loop);
    return true;
}

static bool raw_execute(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* As fast as SQLite alone does it: the same rows, BATCH a transaction. */
static bool raw_insert(sqlite3 *db, const struct site *site)
{
    sqlite3_stmt *insert = NULL;
    bool ok = sqlite3_prepare_v2(db, "INSERT INTO messages VALUES (?, 0, ?)", -1, &insert, NULL) ==
              SQLITE_OK;
    for (int i = 0; i < MESSAGES && ok; i++) {
        if (i % BATCH == 0)
            ok = raw_execute(db, "BEGIN");
        sqlite3_bind_int(insert, 1, i + 1);
        sqlite3_bind_blob(insert, 2, site->body.ptr, MESSAGE_LEN, SQLITE_STATIC);
        ok = ok && sqlite3_step(insert) == SQLITE_DONE;
        sqlite3_reset(insert);
        if (i % BATCH == BATCH - 1)
            ok = ok && raw_execute(db, "COMMIT");
    }
    sqlite3_finalize(insert);
    return ok;
}

static bool raw_run(const struct site *site, double *ret_rate)
{
    char path[128];
    sqlite3 *db = NULL;
    snprintf(path, sizeof(path), "%s/raw.db", site->dir);
    bool ok = sqlite3_open(path, &db) == SQLITE_OK &&
              raw_execute(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                              "CREATE TABLE messages (id INTEGER PRIMARY KEY, priority INTEGER,"
                              " payload BLOB)");
    double begin = bench_now_us();
    ok = ok && raw_insert(db, site);
    *ret_rate = MESSAGES / ((bench_now_us() - begin) / 1e6);
    sqlite3_close(db);
    unlink(path);
    return ok;
}

static bool run_many(struct bench_sample *sample)
{
    struct site site;
    if (!site_open(&site))
        return false;
    site.on_message = on_accepted;
    site.left = MESSAGES - PRODUCERS;
    double begin = bench_now_us();
    for (uint64_t i = 0; i < PRODUCERS; i++)
        site_push(&site, i, MAILBOX_NORMAL);
    loop_uv_run(site.loop);
    sample->value = MESSAGES / ((bench_now_us() - begin) / 1e6);
    bool ok = !site.has_failed && raw_run(&site, &sample->baseline);
    site_close(&site);
    return ok;
}

/* One producer ------------------------------------------------------------------------------- */

/* A sender far away has the answer and sends the next message, while the ack is on its way to the
 * disk. */
static void wait_for_sender(void)
{
    double begin = bench_now_us();
    while (bench_now_us() - begin < SENDER_US) {
    }
}

static bool on_round(struct site *site, struct mailbox_message *message)
{
    site->latencies[site->latency_count++] = bench_now_us() - site->pushed_us;
    mailbox_ack(site->mailbox, message, NULL);
    if (--site->left == 0) {
        loop_uv_stop(site->loop);
        return true;
    }
    wait_for_sender();
    site->pushed_us = bench_now_us();
    site_push(site, 0, MAILBOX_NORMAL);
    return true;
}

/* Until all acks are on the disk, so that the mailbox does nothing. */
static void site_rest(struct site *site)
{
    while (site->mailbox->bytes > 0)
        loop_uv_dispatch_wait(site->loop);
}

/* What the disk takes for one page of a log, in a place that was written before, and its sync. */
static double sync_once(int fd, off_t at)
{
    static const char frame[FRAME_LEN] = {1};
    double begin = bench_now_us();
    if (pwrite(fd, frame, sizeof(frame), at) != sizeof(frame) || fdatasync(fd) < 0)
        return -1;
    return bench_now_us() - begin;
}

/* The same place in the file is never written twice in a row, as in a log. */
static bool sync_all(int fd, double *syncs)
{
    for (int i = 0; i < GROUP; i++) {
        syncs[i] = sync_once(fd, (off_t)(i % GROUP) * FRAME_LEN);
        if (syncs[i] < 0)
            return false;
    }
    return true;
}

/* In turn, so that both meet the same disk. */
static bool run_groups(struct site *site, int fd, double *syncs)
{
    if (!sync_all(fd, syncs))
        return false;
    for (int i = 0; i < ROUNDS && !site->has_failed; i += GROUP) {
        site->left = GROUP;
        site->pushed_us = bench_now_us();
        site_push(site, 0, MAILBOX_NORMAL);
        loop_uv_run(site->loop);
        site_rest(site);
        if (!sync_all(fd, syncs + i))
            return false;
    }
    return !site->has_failed;
}

static bool run_one(struct bench_sample *sample)
{
    struct site site;
    double latencies[ROUNDS], syncs[ROUNDS];
    char path[128];
    if (!site_open(&site))
        return false;
    site.on_message = on_round;
    site.latencies = latencies;
    snprintf(path, sizeof(path), "%s/sync", site.dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && run_groups(&site, fd, syncs);
    sample->value = bench_percentile(latencies, site.latency_count, 0.5) / 1e3;
    sample->baseline = bench_percentile(syncs, ok ? ROUNDS : 0, 0.5) / 1e3;
    close(fd);
    unlink(path);
    site_close(&site);
    return ok;
}

/* A backlog ---------------------------------------------------------------------------------- */

/* A high message says that the normal ones before it are on the disk, however many wait. Of those,
 * one is handed out for every seven. */
static bool on_marker(struct site *site, struct mailbox_message *message)
{
    if (message->priority == MAILBOX_NORMAL) {
        list_push(&site->kept, &message->_link);
        return true;
    }
    mailbox_ack(site->mailbox, message, NULL);
    loop_uv_stop(site->loop);
    return false;
}

static void push_group(struct site *site, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        site_push(site, i % PRODUCERS, MAILBOX_NORMAL);
    site_push(site, 0, MAILBOX_HIGH);
    loop_uv_run(site->loop);
}

/* Microseconds a message, with `depth` of them waiting. */
static double measure_depth(struct site *site, uint32_t depth)
{
    while (site->mailbox->count < depth && !site->has_failed)
        push_group(site, depth - site->mailbox->count < 4096 ? depth - site->mailbox->count : 4096);
    double begin = bench_now_us();
    for (int i = 0; i < DEEP_GROUPS && !site->has_failed; i++)
        push_group(site, PRODUCERS);
    return (bench_now_us() - begin) / (DEEP_GROUPS * PRODUCERS);
}

static bool run_deep(struct bench_sample *sample)
{
    struct site site;
    if (!site_open(&site))
        return false;
    site.on_message = on_marker;
    sample->baseline = measure_depth(&site, SHALLOW);
    sample->value = measure_depth(&site, DEEP);
    bool ok = !site.has_failed;
    site_close(&site);
    return ok;
}

const struct bench_case bench_mailbox[] = {
    {"mailbox_durable_64",
     "durable messages accepted, 64 senders; SQLite alone, 32 rows a transaction", "1/s",
     BENCH_RATIO_MIN, 0.7, 5, true, run_many},
    {"mailbox_durable_1",
     "what a message waits for the disk, 1 sender; one page of a log and its sync", "ms",
     BENCH_EXCESS_MAX, 0.2, 5, true, run_one},
    {"mailbox_deep", "a durable message with 1,000,000 queued; with 1,000", "us", BENCH_RATIO_MAX,
     1.3, 1, true, run_deep},
    {0},
};
