// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The thread of a library: takes the jobs of the instance in their order and enters the library.
 *
 * It loads the library before all else, so that a process of its own is this thread's child. When
 * such a process has ended, whether inside an entry or between two, the loop is told once, and of
 * what waits only the steps of a restart are taken, until START has succeeded.
 *
 * A reply is given by whoever claims it first under the lock: this thread, the timer, or the end.
 * The thread touches loop and log only while the node has not given it up. */
#include <stdio.h>
#include <string.h>

#include <actr/reply.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "hyper/workload/dynclib/bridge.h"
#include "hyper/workload/dynclib/instance_state.h"
#include "hyper/workload/dynclib/library.h"
#include "sys/log.h"

/* Entering ------------------------------------------------------------------------------------ */

/* What a library said, with what it was about. */
static int instance_error(const struct instance *instance, int code, const char *what)
{
    char text[ERR_TEXT_MAX];
    snprintf(text, sizeof(text), "%s", actr_errmsg());
    return err_origin(code, "%s: %s: %.400s", instance->name, what, text);
}

static void run_on_news(struct loop_post *post)
{
    struct instance_news *news = container_of(post, struct instance_news, post);
    struct instance *instance = news->instance;
    char text[ERR_TEXT_MAX];
    if (!instance) {
        mem_free(news);
        return;
    }
    lock_take(&instance->lock);
    news->is_posted = false;
    memcpy(text, news->text, sizeof(text));
    lock_give(&instance->lock);
    if (instance->events)
        instance->events->on_ended(instance->owner, text);
}

/* Its process has gone, and the thread's text says how; `what` was running. reports: the actor is
 * to be restarted. */
static int instance_on_crash(struct instance *instance, const char *what, bool reports)
{
    struct instance_news *news = instance->news;
    instance->is_down = true;
    instance->is_initialised = false;
    instance->crash_count++;
    lock_take(&instance->lock);
    int code = instance_error(instance, instance->is_stuck ? ACTR_ETIMEDOUT : ACTR_EINTERNAL, what);
    bool tells = reports && instance->is_started && !instance->is_resting &&
                 !instance->is_closing && !instance->is_recovering && !news->is_posted;
    if (reports && instance->is_started)
        instance->is_recovering = true;
    if (tells) {
        snprintf(news->text, sizeof(news->text), "%s", actr_errmsg());
        news->is_posted = loop_post(instance->loop, &news->post, run_on_news);
    }
    const struct log *log = instance->log;
    lock_give(&instance->lock);
    log_error(log, "dynclib.crashed", "entry=%s crashes=%u %s", what, instance->crash_count,
              actr_errmsg());
    return code;
}

/* 0, ACTR_E…, or LIBRARY_ENDED, when instance_on_crash() is due. */
static int instance_call(struct instance *instance, const struct instance_job *job,
                         struct actr_bytes *ret_payload)
{
    return instance->library->ops->handle(instance->library, actr_bytes_view(job->entry.frame),
                                          ret_payload);
}

static void instance_shutdown(struct instance *instance)
{
    int r = instance->library->ops->shutdown(instance->library);
    instance->is_initialised = false;
    if (r == LIBRARY_ENDED)
        (void)instance_on_crash(instance, "actr_shutdown", false);
    if (r >= 0)
        return;
    lock_take(&instance->lock);
    instance->is_broken = true;
    const struct log *log = instance->log;
    lock_give(&instance->lock);
    log_error(log, "dynclib.shutdown", "library=%s %s", instance->name, actr_errmsg());
}

static int instance_init(struct instance *instance)
{
    int r = instance->library->ops->init(instance->library, actr_bytes_view(instance->init));
    if (r == LIBRARY_ENDED)
        r = instance_on_crash(instance, "init", false);
    else if (r < 0)
        r = instance_error(instance, r, "init");
    instance->is_initialised = r == 0;
    return r;
}

static int instance_load(struct instance *instance)
{
    int r = instance->library->ops->load(instance->library);
    if (r == 0) {
        instance->is_down = false;
        instance->is_initialised = false;
        lock_take(&instance->lock);
        instance->is_broken = false;
        lock_give(&instance->lock);
    }
    return r;
}

static int instance_check(struct instance *instance)
{
    lock_take(&instance->lock);
    bool is_broken = instance->is_broken;
    lock_give(&instance->lock);
    if (is_broken && instance->library->ops->kill)
        return instance_load(instance); /* another process is not broken */
    if (is_broken)
        return err_origin(ACTR_EUNAVAILABLE, "%s: failed to shut down, and is not entered any more",
                          instance->name);
    return 0;
}

static void instance_set_started(struct instance *instance, bool is_started)
{
    lock_take(&instance->lock);
    instance->is_started = is_started;
    instance->is_recovering = false;
    lock_give(&instance->lock);
}

static int instance_start(struct instance *instance, const struct instance_job *job)
{
    struct actr_bytes payload = {0};
    int r = instance_check(instance);
    if (r == 0 && instance->is_down)
        r = instance_load(instance);
    bridge_uncut(instance->bridge);
    if (r == 0 && !instance->is_initialised)
        r = instance_init(instance);
    if (r < 0)
        return r;
    r = instance_call(instance, job, &payload);
    actr_bytes_unref(payload);
    if (r == 0)
        instance_set_started(instance, true);
    if (r == LIBRARY_ENDED)
        return instance_on_crash(instance, job->what, false);
    if (r < 0) {
        char text[ERR_TEXT_MAX];
        snprintf(text, sizeof(text), "%s", actr_errmsg());
        instance_shutdown(instance);
        return err_origin(r, "%s", text);
    }
    return r;
}

static int instance_stop(struct instance *instance, const struct instance_job *job)
{
    struct actr_bytes payload = {0};
    int r = 0;
    char text[ERR_TEXT_MAX];
    instance_set_started(instance, false);
    if (instance->is_initialised)
        r = instance_call(instance, job, &payload);
    actr_bytes_unref(payload);
    if (r == LIBRARY_ENDED)
        r = instance_on_crash(instance, job->what, false);
    snprintf(text, sizeof(text), "%s", actr_errmsg());
    if (instance->is_initialised)
        instance_shutdown(instance);
    bridge_cut(instance->bridge);
    return r < 0 ? err_origin(r, "%s", text) : 0;
}

/* Enters the library for one job. *ret_crashed: its process did not outlive it. */
static int instance_enter(struct instance *instance, const struct instance_job *job,
                          bool *ret_crashed, struct actr_bytes *ret_payload)
{
    switch (job->entry.kind) {
    case INSTANCE_STOP:
        return instance_stop(instance, job);
    case INSTANCE_RESTART:
        return instance_load(instance);
    case INSTANCE_START:
        return instance_start(instance, job);
    case INSTANCE_HANDLE:
    case INSTANCE_HOOK:
    case INSTANCE_READY:
        break;
    }
    if (!instance->is_initialised)
        return err_origin(ACTR_EUNAVAILABLE, "%s: is not started", instance->name);
    int r = instance_call(instance, job, ret_payload);
    *ret_crashed = r == LIBRARY_ENDED;
    return *ret_crashed ? instance_on_crash(instance, job->what, true) : r;
}

/* Jobs ---------------------------------------------------------------------------------------- */

/* With the lock held. */
static bool instance_may_begin(const struct instance *instance, const struct instance_job *job)
{
    bool is_step = job->entry.kind != INSTANCE_HANDLE && job->entry.kind != INSTANCE_HOOK;
    return is_step || !instance->is_recovering;
}

/* The next job, begun; NULL: none may. */
static struct instance_job *instance_next(struct instance *instance, bool *ret_closing)
{
    struct instance_job *job = NULL;
    lock_take(&instance->lock);
    list_each(link, &instance->jobs)
    {
        struct instance_job *one = container_of(link, struct instance_job, link);
        if (instance_may_begin(instance, one)) {
            job = one;
            break;
        }
    }
    if (job && !instance->is_abandoned) {
        job->begun_us = loop_clock_us(instance->loop);
        job->limit_us = instance_limit_us(instance, job, job->begun_us);
        instance->running = job;
    }
    *ret_closing = instance->is_closing;
    lock_give(&instance->lock);
    return job;
}

/* It is too late for the job, or somebody has answered it. */
static bool instance_is_past(struct instance_job *job)
{
    struct instance *instance = job->instance;
    bool was_waited_for = job->entry.kind != INSTANCE_HOOK;
    lock_take(&instance->lock);
    uint64_t now_us = instance->is_abandoned ? UINT64_MAX : loop_clock_us(instance->loop);
    bool is_late = job->entry.deadline_us != 0 && now_us >= job->entry.deadline_us;
    bool is_given_up = was_waited_for && !job->entry.reply;
    lock_give(&instance->lock);
    return (is_late || is_given_up) && job->entry.kind != INSTANCE_STOP;
}

static void instance_do(struct instance *instance, struct instance_job *job)
{
    struct actr_bytes payload = {0};
    bool has_crashed = false;
    int r = instance_is_past(job)
                ? err_origin(ACTR_ETIMEDOUT, "%s: %s: waited too long", instance->name, job->what)
                : instance_enter(instance, job, &has_crashed, &payload);
    lock_take(&instance->lock);
    bool was_stuck = instance->is_stuck;
    instance->running = NULL;
    instance->is_stuck = false;
    list_remove(&job->link);
    instance->job_count--;
    struct actr_reply *reply = instance_claim(job);
    const struct log *log = instance->log;
    lock_give(&instance->lock);

    bridge_end(instance->bridge, job->entry.token);
    if (was_stuck && r >= 0)
        log_warn(log, "dynclib.unstuck", "library=%s entry=%s", instance->name, job->what);
    if (r < 0 && job->entry.kind == INSTANCE_HOOK && !has_crashed)
        log_warn(log, "dynclib.hook", "library=%s hook=%s %s", instance->name, job->what,
                 actr_errmsg());
    instance_answer(reply, r, has_crashed ? DISPATCH_CRASHED : DISPATCH_HANDLED, payload);
    actr_bytes_unref(job->entry.frame);
    mem_free(job);
}

/* The thread ---------------------------------------------------------------------------------- */

static void instance_end(struct instance *instance)
{
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

void instance_run(void *arg)
{
    struct instance *instance = arg;
    bool is_closing = false;
    instance->load_code = instance_load(instance);
    snprintf(instance->load_text, sizeof(instance->load_text), "%s", actr_errmsg());
    waiter_signal(&instance->loaded);
    for (;;) {
        struct instance_job *job = instance_next(instance, &is_closing);
        if (job)
            instance_do(instance, job);
        else if (is_closing)
            break;
        else if (instance->library->ops->idle(instance->library, &instance->bell) == LIBRARY_ENDED)
            (void)instance_on_crash(instance, "between two entries", true);
    }
    instance_end(instance);
}
