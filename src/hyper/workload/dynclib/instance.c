// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The thread of a library, and who waits for it.
 *
 * Jobs go to a pool of one thread, which keeps their order. The loop has a timer at the earliest
 * limit; when that has passed and the thread is still inside, the library is stuck. A reply is
 * given by whoever claims it first under the lock: the thread, the timer, or the end. (The node
 * itself answers a caller whose deadline has come; a claimed reply of it is then given in vain.)
 *
 * After a library's process has ended, its thread starts it again when the next entry comes, not
 * before a pause that doubles from 100 ms to 10 s and begins anew with the first entry that
 * succeeds. The frames of START and READY are kept, with their tokens, to be run again.
 *
 * What cannot be waited for is left behind as a whole: the last job frees it, should it ever run.
 */
#include "hyper/workload/dynclib/instance.h"

#include <stdio.h>
#include <string.h>

#include <actr/reply.h>

#include "base/bytes.h"
#include "base/list.h"
#include "base/mem.h"
#include "hyper/workload/dynclib/bridge.h"
#include "hyper/workload/dynclib/library.h"
#include "sys/lock.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/waiter.h"
#include "sys/workers.h"

#define INSTANCE_PAUSE_MIN_MS 100u
#define INSTANCE_PAUSE_MAX_MS 10000u

struct instance_job {
    struct work work;
    struct list link; /* outstanding */
    struct instance *instance;
    struct instance_entry entry; /* reply NULL once claimed */
    uint64_t limit_us;           /* 0: has not begun, and has no deadline */
    char what[];
};

struct instance {
    struct loop *loop;
    const struct log *log;
    struct workers *workers;
    struct library *library;
    struct bridge *bridge;
    struct actr_bytes init;
    struct loop_timer watch;
    uint64_t watch_us; /* when it fires */

    /* The thread's. */
    bool is_initialised, is_down;
    struct actr_bytes replay[2]; /* START, READY */
    uint32_t pause_ms, crash_count;

    struct waiter closing; /* cuts a pause short */
    struct waiter ended;   /* the last job has run */
    struct work last;

    struct lock lock;
    struct list jobs; /* outstanding, in order */
    uint32_t job_count;
    struct instance_job *running;
    bool is_stuck, is_broken, is_ended, is_abandoned;
    char name[];
};

/* Running ------------------------------------------------------------------------------------ */

/* What a library said, with what it was about. */
static int instance_error(const struct instance *instance, int code, const char *what)
{
    char text[ERR_TEXT_MAX];
    snprintf(text, sizeof(text), "%s", actr_errmsg());
    return err_origin(code, "%s: %s: %s", instance->name, what, text);
}

/* Its process has gone; `what` was running. */
static int instance_on_crash(struct instance *instance, const char *what)
{
    instance->is_down = true;
    instance->is_initialised = false;
    instance->crash_count++;
    log_error(instance->log, "dynclib.crashed", "library=%s entry=%s crashes=%u %s", instance->name,
              what, instance->crash_count, actr_errmsg());
    return instance_error(instance, ACTR_EINTERNAL, what);
}

static int instance_call(struct instance *instance, struct actr_view frame, const char *what,
                         struct actr_bytes *ret_payload)
{
    int r = instance->library->ops->handle(instance->library, frame, ret_payload);
    return r == LIBRARY_ENDED ? instance_on_crash(instance, what) : r;
}

static void instance_shutdown(struct instance *instance)
{
    int r = instance->library->ops->shutdown(instance->library);
    instance->is_initialised = false;
    if (r == LIBRARY_ENDED) {
        (void)instance_on_crash(instance, "actr_shutdown");
    } else if (r < 0) {
        lock_take(&instance->lock);
        instance->is_broken = true;
        lock_give(&instance->lock);
        log_error(instance->log, "dynclib.shutdown", "library=%s %s", instance->name,
                  actr_errmsg());
    }
}

static int instance_init(struct instance *instance)
{
    int r = instance->library->ops->init(instance->library, actr_bytes_view(instance->init));
    if (r == LIBRARY_ENDED)
        r = instance_on_crash(instance, "actr_init");
    else if (r < 0)
        r = instance_error(instance, r, "init");
    instance->is_initialised = r == 0;
    return r;
}

/* Starts a process again that has gone. */
static int instance_reload(struct instance *instance)
{
    if (waiter_wait(&instance->closing, instance->pause_ms))
        return err_origin(ACTR_EUNAVAILABLE, "%s: the node is closing", instance->name);
    instance->pause_ms = instance->pause_ms * 2 < INSTANCE_PAUSE_MAX_MS ? instance->pause_ms * 2
                                                                        : INSTANCE_PAUSE_MAX_MS;
    int r = instance->library->ops->restart(instance->library);
    if (r < 0)
        return instance_error(instance, ACTR_EUNAVAILABLE, "cannot be started again");
    instance->is_down = false;
    return 0;
}

/* And brings it where it was. */
static int instance_revive(struct instance *instance)
{
    static const char *const names[] = {"on_start", "on_ready"};
    int r = instance_reload(instance);
    if (r == 0)
        r = instance_init(instance);
    for (size_t i = 0; r == 0 && i < 2; i++) {
        struct actr_bytes payload = {0};
        if (instance->replay[i].len > 0)
            r = instance_call(instance, actr_bytes_view(instance->replay[i]), names[i], &payload);
        actr_bytes_unref(payload);
        if (r < 0 && instance->is_initialised)
            instance_shutdown(instance);
    }
    if (r < 0) {
        instance->is_down = true;
        return err_context(ACTR_EUNAVAILABLE, "started again");
    }
    log_info(instance->log, "dynclib.restarted", "library=%s crashes=%u", instance->name,
             instance->crash_count);
    return 0;
}

static int instance_check(struct instance *instance, const struct instance_job *job)
{
    lock_take(&instance->lock);
    bool is_broken = instance->is_broken;
    lock_give(&instance->lock);
    if (is_broken)
        return err_origin(ACTR_EUNAVAILABLE, "%s: failed to shut down, and is not entered any more",
                          instance->name);
    if (job->entry.kind == INSTANCE_START)
        return instance->is_down ? instance_reload(instance) : 0;
    if (instance->is_down)
        return instance_revive(instance);
    if (!instance->is_initialised)
        return err_origin(ACTR_EUNAVAILABLE, "%s: is not started", instance->name);
    return 0;
}

static void instance_keep(struct instance *instance, size_t i, struct actr_bytes frame)
{
    actr_bytes_unref(instance->replay[i]);
    instance->replay[i] = actr_bytes_ref(frame);
}

static void instance_forget(struct instance *instance)
{
    instance_keep(instance, 0, (struct actr_bytes){0});
    instance_keep(instance, 1, (struct actr_bytes){0});
}

static int instance_stop(struct instance *instance, const struct instance_job *job)
{
    struct actr_bytes payload = {0};
    int r = 0;
    char text[ERR_TEXT_MAX];
    instance_forget(instance);
    if (instance->is_initialised)
        r = instance_call(instance, actr_bytes_view(job->entry.frame), job->what, &payload);
    actr_bytes_unref(payload);
    snprintf(text, sizeof(text), "%s", actr_errmsg());
    if (instance->is_initialised)
        instance_shutdown(instance);
    bridge_cut(instance->bridge);
    return r < 0 ? err_origin(r, "%s", text) : 0;
}

/* On the thread: enters the library for one job. */
static int instance_enter(struct instance *instance, struct instance_job *job,
                          struct actr_bytes *ret_payload)
{
    if (job->entry.kind == INSTANCE_STOP)
        return instance_stop(instance, job);
    int r = instance_check(instance, job);
    if (r < 0)
        return r;
    if (job->entry.kind == INSTANCE_START) {
        bridge_uncut(instance->bridge);
        if (!instance->is_initialised)
            r = instance_init(instance);
        if (r < 0)
            return r;
    }
    r = instance_call(instance, actr_bytes_view(job->entry.frame), job->what, ret_payload);
    if (r == 0)
        instance->pause_ms = INSTANCE_PAUSE_MIN_MS;
    if (r == 0 && job->entry.kind == INSTANCE_START)
        instance_keep(instance, 0, job->entry.frame);
    if (r == 0 && job->entry.kind == INSTANCE_READY)
        instance_keep(instance, 1, job->entry.frame);
    if (r < 0 && job->entry.kind == INSTANCE_START && instance->is_initialised) {
        char text[ERR_TEXT_MAX];
        snprintf(text, sizeof(text), "%s", actr_errmsg());
        instance_shutdown(instance);
        return err_origin(r, "%s", text);
    }
    return r;
}

/* Any thread; consumes reply and payload. */
static void instance_answer(struct actr_reply *reply, int code, struct actr_bytes payload)
{
    if (code < 0)
        actr_bytes_unref(payload);
    if (!reply)
        actr_bytes_unref(code < 0 ? (struct actr_bytes){0} : payload);
    else if (code < 0)
        (void)actr_reply_fail(reply, code, actr_errmsg());
    else
        (void)actr_reply_send(reply, payload);
}

/* With the lock held: the reply of a job, once. */
static struct actr_reply *instance_claim(struct instance_job *job)
{
    struct actr_reply *reply = job->entry.reply;
    job->entry.reply = NULL;
    return reply;
}

/* Begins a job, unless it is too late for it or somebody has answered it. */
static bool instance_begin(struct instance_job *job, bool was_waited_for)
{
    struct instance *instance = job->instance;
    lock_take(&instance->lock);
    uint64_t now_us = instance->is_abandoned ? 0 : loop_clock_us(instance->loop);
    bool is_late = job->entry.deadline_us != 0 && now_us >= job->entry.deadline_us;
    bool is_given_up = was_waited_for && !job->entry.reply;
    bool begins = (!is_late && !is_given_up) || job->entry.kind == INSTANCE_STOP;
    if (begins) {
        job->limit_us = job->entry.deadline_us ? job->entry.deadline_us
                                               : now_us + (uint64_t)INSTANCE_ENTRY_MS * 1000;
        instance->running = job;
    }
    lock_give(&instance->lock);
    if (!begins)
        err_origin(ACTR_ETIMEDOUT, "%s: %s: waited too long", instance->name, job->what);
    return begins;
}

static void instance_on_work(struct work *work)
{
    struct instance_job *job = container_of(work, struct instance_job, work);
    struct instance *instance = job->instance;
    struct actr_bytes payload = {0};
    bool was_waited_for = job->entry.kind != INSTANCE_HOOK;
    int r = instance_begin(job, was_waited_for) ? instance_enter(instance, job, &payload)
                                                : ACTR_ETIMEDOUT;
    lock_take(&instance->lock);
    bool was_stuck = instance->running == job && instance->is_stuck;
    if (instance->running == job) {
        instance->running = NULL;
        instance->is_stuck = false;
    }
    list_remove(&job->link);
    instance->job_count--;
    struct actr_reply *reply = instance_claim(job);
    lock_give(&instance->lock);

    /* A frame that may be run again keeps its context until the stop cuts it off. */
    if (r < 0 || (job->entry.kind != INSTANCE_START && job->entry.kind != INSTANCE_READY))
        bridge_end(instance->bridge, job->entry.token);
    if (was_stuck)
        log_warn(instance->log, "dynclib.unstuck", "library=%s entry=%s", instance->name,
                 job->what);
    if (r < 0 && job->entry.kind == INSTANCE_HOOK)
        log_warn(instance->log, "dynclib.hook", "library=%s hook=%s %s", instance->name, job->what,
                 actr_errmsg());
    instance_answer(reply, r, payload);
    actr_bytes_unref(job->entry.frame);
    mem_free(job);
}

/* Watching ----------------------------------------------------------------------------------- */

static void instance_watch(struct instance *instance, uint64_t at_us)
{
    uint64_t now_us = loop_now_us(instance->loop);
    if (loop_timer_is_active(&instance->watch) && instance->watch_us <= at_us)
        return;
    instance->watch_us = at_us;
    loop_timer_start(&instance->watch, at_us > now_us ? at_us - now_us : 1);
}

/* With the lock held: the next time to look; 0 when nothing is outstanding. */
static uint64_t instance_next_us(const struct instance *instance, uint64_t now_us)
{
    uint64_t next_us = 0;
    list_each(link, &instance->jobs)
    {
        const struct instance_job *job = container_of(link, struct instance_job, link);
        uint64_t at_us = job->limit_us ? job->limit_us : job->entry.deadline_us;
        if (at_us == 0)
            at_us = now_us + (uint64_t)INSTANCE_ENTRY_MS * 1000;
        if (at_us > now_us && (next_us == 0 || at_us < next_us))
            next_us = at_us;
    }
    return next_us;
}

/* Answers everything that is outstanding. */
static void instance_fail_all(struct instance *instance, const char *what)
{
    for (;;) {
        struct actr_reply *reply = NULL;
        int code = ACTR_EUNAVAILABLE;
        lock_take(&instance->lock);
        list_each(link, &instance->jobs)
        {
            struct instance_job *job = container_of(link, struct instance_job, link);
            reply = instance_claim(job);
            if (!reply)
                continue;
            code = job == instance->running ? ACTR_ETIMEDOUT : ACTR_EUNAVAILABLE;
            break;
        }
        lock_give(&instance->lock);
        if (!reply)
            return;
        err_origin(code, "%s: stuck in %s", instance->name, what);
        instance_answer(reply, code, (struct actr_bytes){0});
    }
}

static void instance_on_watch(struct loop_timer *timer)
{
    struct instance *instance = container_of(timer, struct instance, watch);
    uint64_t now_us = loop_now_us(instance->loop);
    char what[128] = "";
    lock_take(&instance->lock);
    const struct instance_job *running = instance->running;
    bool gets_stuck = running && running->limit_us <= now_us && !instance->is_stuck;
    if (gets_stuck) {
        instance->is_stuck = true;
        snprintf(what, sizeof(what), "%s", running->what);
    }
    uint64_t next_us = instance_next_us(instance, now_us);
    lock_give(&instance->lock);
    if (next_us != 0)
        instance_watch(instance, next_us);
    if (!gets_stuck)
        return;
    bool is_killed = instance->library->ops->kill(instance->library);
    log_error(instance->log, "dynclib.stuck", "library=%s entry=%s %s", instance->name, what,
              is_killed ? "its process is ended" : "requests are refused until it returns");
    if (!is_killed)
        instance_fail_all(instance, what);
}

/* Submitting --------------------------------------------------------------------------------- */

static int instance_refuse(struct instance *instance)
{
    lock_take(&instance->lock);
    bool is_stuck = instance->is_stuck, is_full = instance->job_count >= INSTANCE_WAITING_MAX;
    char what[128] = "";
    if (is_stuck)
        snprintf(what, sizeof(what), "%s", instance->running->what);
    lock_give(&instance->lock);
    if (is_stuck)
        return err_origin(ACTR_EUNAVAILABLE, "%s: stuck in %s", instance->name, what);
    if (is_full)
        return err_origin(ACTR_EUNAVAILABLE, "%s: %u entries wait", instance->name,
                          INSTANCE_WAITING_MAX);
    return 0;
}

static int instance_queue(struct instance *instance, const struct instance_entry *entry)
{
    int r = instance_refuse(instance);
    if (r < 0 && entry->kind != INSTANCE_STOP)
        return r;
    struct instance_job *job = mem_alloc(sizeof(*job) + strlen(entry->what) + 1);
    if (!job)
        return err_origin(ACTR_ENOMEM, "%s: no memory", instance->name);
    memcpy(job->what, entry->what, strlen(entry->what) + 1);
    job->instance = instance;
    job->entry = *entry;
    list_init(&job->link);
    lock_take(&instance->lock);
    list_push(&instance->jobs, &job->link);
    instance->job_count++;
    lock_give(&instance->lock);
    r = workers_submit(instance->workers, &job->work, instance_on_work);
    if (r == 0)
        return 0;
    lock_take(&instance->lock);
    list_remove(&job->link);
    instance->job_count--;
    lock_give(&instance->lock);
    mem_free(job);
    return r < 0 ? r : err_origin(ACTR_EUNAVAILABLE, "%s: too many entries", instance->name);
}

void instance_submit(struct instance *instance, const struct instance_entry *entry)
{
    uint64_t at_us = entry->deadline_us;
    int r = instance_queue(instance, entry);
    if (r < 0) {
        bridge_end(instance->bridge, entry->token);
        actr_bytes_unref(entry->frame);
        instance_answer(entry->reply, r, (struct actr_bytes){0});
        return;
    }
    if (at_us == 0)
        at_us = loop_now_us(instance->loop) + (uint64_t)INSTANCE_ENTRY_MS * 1000;
    instance_watch(instance, at_us);
}

void instance_attach(struct instance *instance, struct loop *loop, const struct log *log)
{
    if (instance->loop)
        return;
    instance->loop = loop;
    instance->log = log;
    loop_timer_init(&instance->watch, loop, instance_on_watch);
}

void instance_rest(struct instance *instance)
{
    loop_timer_stop(&instance->watch);
    bridge_cut(instance->bridge);
    instance_fail_all(instance, "its last entry");
}

/* Beginning and end -------------------------------------------------------------------------- */

/* Nothing of it runs, or will. */
static void instance_destroy(struct instance *instance, bool keep_mapped)
{
    instance_forget(instance);
    instance->library->ops->free(instance->library, keep_mapped || instance->is_broken);
    bridge_close(instance->bridge);
    actr_bytes_unref(instance->init);
    waiter_deinit(&instance->closing);
    waiter_deinit(&instance->ended);
    lock_deinit(&instance->lock);
    mem_free(instance);
}

int instance_new(const struct instance_options *options, struct instance **ret_instance)
{
    struct workers_options workers = {"actr-dynclib", 1, INSTANCE_WAITING_MAX + 2};
    struct instance *instance = mem_alloc(sizeof(*instance) + strlen(options->name) + 1);
    int r = instance ? workers_new(&instance->workers, &workers)
                     : err_origin(ACTR_ENOMEM, "%s: no memory", options->name);
    if (r < 0) {
        options->library->ops->free(options->library, false);
        bridge_close(options->bridge);
        actr_bytes_unref(options->init);
        mem_free(instance);
        return r;
    }
    memcpy(instance->name, options->name, strlen(options->name) + 1);
    instance->library = options->library;
    instance->bridge = options->bridge;
    instance->init = options->init;
    instance->pause_ms = INSTANCE_PAUSE_MIN_MS;
    lock_init(&instance->lock);
    list_init(&instance->jobs);
    waiter_init(&instance->closing);
    waiter_init(&instance->ended);
    *ret_instance = instance;
    return 0;
}

/* The last job: what is left to do, and to free when nobody waits for it any more. */
static void instance_on_last(struct work *work)
{
    struct instance *instance = container_of(work, struct instance, last);
    if (instance->is_initialised)
        instance_shutdown(instance);
    lock_take(&instance->lock);
    instance->is_ended = true;
    bool is_abandoned = instance->is_abandoned;
    if (!is_abandoned)
        waiter_signal(&instance->ended);
    lock_give(&instance->lock);
    if (is_abandoned)
        instance_destroy(instance, true);
}

/* True: the last job has run. False: it never may, and frees what there is if it does. */
static bool instance_await(struct instance *instance)
{
    if (waiter_wait(&instance->ended, INSTANCE_STOP_MS))
        return true;
    if (instance->library->ops->kill(instance->library) &&
        waiter_wait(&instance->ended, INSTANCE_STOP_MS))
        return true;
    lock_take(&instance->lock);
    bool is_ended = instance->is_ended;
    instance->is_abandoned = !is_ended;
    if (!is_ended)
        instance->log = NULL; /* loop and log go with the node */
    lock_give(&instance->lock);
    return is_ended;
}

void instance_free(struct instance *instance)
{
    bridge_cut(instance->bridge);
    waiter_signal(&instance->closing);
    if (!instance->loop) { /* never entered */
        workers_free(instance->workers);
        instance_destroy(instance, false);
        return;
    }
    instance_fail_all(instance, "its last entry");
    if (workers_submit(instance->workers, &instance->last, instance_on_last) != 0) {
        /* No thread was ever to be had, so nothing runs. */
        workers_free(instance->workers);
        instance_destroy(instance, false);
        return;
    }
    struct workers *workers = instance->workers;
    const struct log *log = instance->log;
    char name[128];
    snprintf(name, sizeof(name), "%s", instance->name);
    if (instance_await(instance)) {
        workers_free(workers);
        instance_destroy(instance, false);
        return;
    }
    log_error(log, "dynclib.abandoned", "library=%s its thread has not returned", name);
    workers_abandon(workers);
}
