// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Who waits for the thread of a library: its queue, its limits, its beginning and end.
 *
 * The loop has a timer at the earliest limit; when that has passed and the thread is still inside,
 * the library is stuck: a process of its own is killed, and anybody else's callers are answered.
 * (The node itself answers a caller whose deadline has come; what is given to it later is given in
 * vain. So a process is not killed at its caller's deadline, which is the caller's choice.)
 *
 * What cannot be waited for is left behind as a whole: the thread frees it, should it ever end. */
#include "hyper/workload/dynclib/instance.h"

#include <stdio.h>
#include <string.h>

#include <actr/reply.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "hyper/workload/dynclib/bridge.h"
#include "hyper/workload/dynclib/instance_state.h"
#include "hyper/workload/dynclib/library.h"
#include "hyper/workload/reply.h"
#include "sys/log.h"

void instance_answer(struct actr_reply *reply, int code, enum dispatch_fate fate,
                     struct actr_bytes payload)
{
    if (code < 0 || !reply)
        actr_bytes_unref(payload);
    if (!reply)
        return;
    if (code >= 0)
        (void)actr_reply_send(reply, payload);
    else
        reply_end(reply, fate, code, actr_errmsg());
}

struct actr_reply *instance_claim(struct instance_job *job)
{
    struct actr_reply *reply = job->entry.reply;
    job->entry.reply = NULL;
    return reply;
}

/* Watching ----------------------------------------------------------------------------------- */

static bool instance_can_kill(const struct instance *instance)
{
    return instance->library->ops->kill != NULL;
}

uint64_t instance_limit_us(const struct instance *instance, const struct instance_job *job,
                           uint64_t now_us)
{
    uint64_t deadline_us = job->entry.deadline_us;
    bool can_kill = instance_can_kill(instance);
    if (job->entry.kind == INSTANCE_STOP && deadline_us != 0)
        return deadline_us;
    if (can_kill && instance->entry_max_ms != 0)
        return now_us + (uint64_t)instance->entry_max_ms * 1000;
    if (deadline_us == 0)
        return now_us + (uint64_t)INSTANCE_ENTRY_MS * 1000;
    if (!can_kill)
        return deadline_us;
    return (deadline_us > now_us ? deadline_us : now_us) + (uint64_t)INSTANCE_OVERTIME_MS * 1000;
}

static void instance_watch(struct instance *instance, uint64_t at_us)
{
    uint64_t now_us = loop_now_us(instance->loop);
    if (loop_timer_is_active(&instance->watch) && instance->watch_us <= at_us)
        return;
    instance->watch_us = at_us;
    loop_timer_start(&instance->watch, at_us > now_us ? at_us - now_us : 1);
}

/* With the lock held: the next time to look; 0 when nothing is outstanding. A job that begins
 * between two looks does so with a limit that is not before the next. */
static uint64_t instance_next_us(const struct instance *instance, uint64_t now_us)
{
    uint64_t next_us = 0;
    list_each(link, &instance->jobs)
    {
        const struct instance_job *job = container_of(link, struct instance_job, link);
        uint64_t at_us =
            job == instance->running ? job->limit_us : instance_limit_us(instance, job, now_us);
        if (at_us > now_us && (next_us == 0 || at_us < next_us))
            next_us = at_us;
    }
    return next_us;
}

/* Answers everything that is outstanding. running_code: of what is in the library; 0: that is let
 * be. */
static void instance_fail_all(struct instance *instance, int running_code, const char *text)
{
    for (;;) {
        struct actr_reply *reply = NULL;
        enum dispatch_fate fate = DISPATCH_HANDLED;
        lock_take(&instance->lock);
        list_each(link, &instance->jobs)
        {
            struct instance_job *job = container_of(link, struct instance_job, link);
            bool is_running = job == instance->running;
            if (is_running && running_code == 0)
                continue;
            reply = instance_claim(job);
            if (!reply)
                continue;
            fate = is_running ? DISPATCH_HANDLED : DISPATCH_REFUSED;
            break;
        }
        lock_give(&instance->lock);
        if (!reply)
            return;
        int code = fate == DISPATCH_HANDLED ? running_code : ACTR_EUNAVAILABLE;
        err_origin(code, "%s: %s", instance->name, text);
        instance_answer(reply, code, fate, (struct actr_bytes){0});
    }
}

/* A library of this process does not return: nobody waits for it any more. */
static void instance_on_stuck(struct instance *instance, const char *what)
{
    char text[160];
    snprintf(text, sizeof(text), "stuck in %s", what);
    instance_fail_all(instance, ACTR_ETIMEDOUT, text);
}

static void instance_on_watch(struct loop_timer *timer)
{
    struct instance *instance = container_of(timer, struct instance, watch);
    uint64_t now_us = loop_now_us(instance->loop);
    uint32_t after_ms = 0;
    char what[128] = "";
    lock_take(&instance->lock);
    const struct instance_job *running = instance->running;
    bool gets_stuck = running && running->limit_us <= now_us && !instance->is_stuck;
    if (gets_stuck) {
        uint64_t spent_us = running->limit_us - running->begun_us;
        after_ms = (uint32_t)(spent_us / 1000);
        instance->is_stuck = true;
        snprintf(what, sizeof(what), "%s", running->what);
    }
    uint64_t next_us = instance_next_us(instance, now_us);
    lock_give(&instance->lock);
    if (next_us != 0)
        instance_watch(instance, next_us);
    if (!gets_stuck)
        return;
    log_error(instance->log, "dynclib.stuck", "library=%s entry=%s %s", instance->name, what,
              instance_can_kill(instance) ? "its process is killed"
                                          : "requests are refused until it returns");
    if (instance_can_kill(instance))
        instance->library->ops->kill(instance->library, after_ms);
    else
        instance_on_stuck(instance, what);
}

/* Submitting --------------------------------------------------------------------------------- */

/* With the lock held. */
static int instance_refuse(const struct instance *instance)
{
    if (instance->is_stuck && !instance_can_kill(instance))
        return err_origin(ACTR_EUNAVAILABLE, "%s: stuck in %s", instance->name,
                          instance->running->what);
    if (instance->job_count >= INSTANCE_WAITING_MAX)
        return err_origin(ACTR_EUNAVAILABLE, "%s: %u entries wait", instance->name,
                          INSTANCE_WAITING_MAX);
    return 0;
}

static int instance_queue(struct instance *instance, const struct instance_entry *entry)
{
    struct instance_job *job = mem_alloc(sizeof(*job) + strlen(entry->what) + 1);
    if (!job)
        return err_origin(ACTR_ENOMEM, "%s: no memory", instance->name);
    memcpy(job->what, entry->what, strlen(entry->what) + 1);
    job->instance = instance;
    job->entry = *entry;
    list_init(&job->link);
    lock_take(&instance->lock);
    bool is_step = entry->kind != INSTANCE_HANDLE && entry->kind != INSTANCE_HOOK;
    int r = is_step && instance_can_kill(instance) ? 0 : instance_refuse(instance);
    if (r < 0 && entry->kind != INSTANCE_STOP) {
        lock_give(&instance->lock);
        mem_free(job);
        return r;
    }
    if (entry->kind == INSTANCE_START)
        instance->is_resting = false;
    uint64_t at_us = instance_limit_us(instance, job, loop_now_us(instance->loop));
    list_push(&instance->jobs, &job->link);
    instance->job_count++;
    lock_give(&instance->lock);
    instance_watch(instance, at_us);
    bell_ring(&instance->bell);
    return 0;
}

void instance_submit(struct instance *instance, const struct instance_entry *entry)
{
    int r = instance_queue(instance, entry);
    if (r == 0)
        return;
    bridge_end(instance->bridge, entry->token);
    actr_bytes_unref(entry->frame);
    instance_answer(entry->reply, r, DISPATCH_HANDLED, (struct actr_bytes){0});
}

void instance_attach(struct instance *instance, struct loop *loop, const struct log *log)
{
    if (instance->loop)
        return;
    lock_take(&instance->lock);
    instance->loop = loop;
    instance->log = log;
    lock_give(&instance->lock);
    loop_timer_init(&instance->watch, loop, instance_on_watch);
}

void instance_watch_end(struct instance *instance, const struct instance_events *events,
                        void *owner)
{
    instance->events = events;
    instance->owner = owner;
}

void instance_give_up(struct instance *instance)
{
    lock_take(&instance->lock);
    bool is_recovering = instance->is_recovering;
    lock_give(&instance->lock);
    instance_fail_all(instance, 0, is_recovering ? "is not started again" : "is stopping");
    lock_take(&instance->lock);
    instance->is_recovering = false;
    lock_give(&instance->lock);
    bell_ring(&instance->bell);
}

void instance_rest(struct instance *instance)
{
    loop_timer_stop(&instance->watch);
    lock_take(&instance->lock);
    instance->is_resting = true;
    lock_give(&instance->lock);
    bridge_cut(instance->bridge);
    instance_fail_all(instance, ACTR_ETIMEDOUT, "stuck in its last entry");
}

/* Beginning and end -------------------------------------------------------------------------- */

/* But for its library and bridge. */
static void instance_free_rest(struct instance *instance)
{
    actr_bytes_unref(instance->init);
    mem_free(instance->news);
    waiter_deinit(&instance->loaded);
    waiter_deinit(&instance->ended);
    lock_deinit(&instance->lock);
    mem_free(instance);
}

void instance_destroy(struct instance *instance, bool keep_mapped)
{
    instance->library->ops->free(instance->library, keep_mapped || instance->is_broken);
    bridge_close(instance->bridge);
    bell_deinit(&instance->bell);
    instance_free_rest(instance);
}

static struct instance *instance_make(const struct instance_options *options)
{
    struct instance *instance = mem_alloc(sizeof(*instance) + strlen(options->name) + 1);
    struct instance_news *news = mem_alloc(sizeof(*news));
    if (!instance || !news) {
        mem_free(instance);
        mem_free(news);
        actr_bytes_unref(options->init);
        err_origin(ACTR_ENOMEM, "%s: no memory", options->name);
        return NULL;
    }
    memcpy(instance->name, options->name, strlen(options->name) + 1);
    news->instance = instance;
    instance->news = news;
    instance->library = options->library;
    instance->bridge = options->bridge;
    instance->init = options->init;
    instance->entry_max_ms = options->entry_max_ms;
    lock_init(&instance->lock);
    list_init(&instance->jobs);
    waiter_init(&instance->loaded);
    waiter_init(&instance->ended);
    return instance;
}

/* The thread, and what it has loaded. */
static int instance_begin(struct instance *instance)
{
    int r = bell_init(&instance->bell);
    if (r < 0)
        return r;
    r = thread_start(&instance->thread, "actr-dynclib", instance_run, instance);
    if (r < 0) {
        bell_deinit(&instance->bell);
        return r;
    }
    (void)!waiter_wait(&instance->loaded, WAITER_FOREVER);
    if (instance->load_code == 0)
        return 0;
    lock_take(&instance->lock);
    instance->is_closing = true;
    lock_give(&instance->lock);
    bell_ring(&instance->bell);
    thread_join(&instance->thread);
    bell_deinit(&instance->bell);
    return err_origin(instance->load_code, "%s", instance->load_text);
}

int instance_new(const struct instance_options *options, struct instance **ret_instance)
{
    struct instance *instance = instance_make(options);
    int r = instance ? instance_begin(instance) : ACTR_ENOMEM;
    if (r == 0) {
        *ret_instance = instance;
        return 0;
    }
    bridge_cut(options->bridge);
    options->library->ops->free(options->library, false);
    bridge_close(options->bridge);
    if (instance)
        instance_free_rest(instance);
    return r;
}

/* True: the thread is at its end. False: it never may, and frees what there is if it does. */
static bool instance_await(struct instance *instance)
{
    if (waiter_wait(&instance->ended, INSTANCE_STOP_MS))
        return true;
    if (instance_can_kill(instance)) {
        instance->library->ops->kill(instance->library, INSTANCE_STOP_MS);
        if (waiter_wait(&instance->ended, INSTANCE_STOP_MS))
            return true;
    }
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
    const struct log *log = instance->log;
    struct thread thread = instance->thread;
    char name[128];
    snprintf(name, sizeof(name), "%s", instance->name);
    bridge_cut(instance->bridge);
    instance_fail_all(instance, ACTR_ETIMEDOUT, "stuck in its last entry");
    lock_take(&instance->lock);
    instance->is_closing = true;
    instance->is_recovering = false;
    struct instance_news *news = instance->news;
    if (news->is_posted) { /* it frees itself */
        news->instance = NULL;
        instance->news = NULL;
    }
    lock_give(&instance->lock);
    bell_ring(&instance->bell);
    if (instance_await(instance)) {
        thread_join(&thread);
        instance_destroy(instance, false);
        return;
    }
    log_error(log, "dynclib.abandoned", "library=%s its thread has not returned", name);
    thread_detach(&thread);
}
