// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The libuv driver.
 *
 * One turn of uv_run(): timers, prepare, poll (sockets and the wake-up of posts), check. Deferred
 * work runs in check, after the sockets' callbacks, and in prepare, after the timers'; what is left
 * then (work deferred by deferred work) keeps an idle handle active, which makes the poll not wait.
 * One uv_timer stands for the whole heap. It is set only in prepare, at the last moment before the
 * poll, so that starting and stopping timers touches the heap alone.
 *
 * A thread that sleeps is woken by another processor's interrupt, which costs more than a message
 * does. So after work the loop looks at the sockets again and again for LOOP_UV_WATCH_NS before it
 * sleeps (loop_uv_watch()). A look in vain, or one that another thread interrupted, is not repeated
 * for 1, 3, 7 … LOOP_UV_SKIP_MAX turns with work: a peer that answers in microseconds is not slept
 * for, and a loop with something to do each millisecond sleeps as ever. Never with one processor:
 * who is waited for would need it.
 *
 * Time is uv_hrtime(), read when first asked for after each of these points. libuv's own time is
 * the same clock in whole milliseconds, possibly some behind: its timer is never early for ours.
 *
 * The loop's thread, but for loop_uv_wake() and loop_uv_stop(). */
#include "sys/loop_uv.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <uv.h>

#include "base/err.h"
#include "base/mem.h"
#include "sys/loop_driver.h"

/* Rounds of deferred work (work deferred by deferred work) between two looks at the sockets. */
#define LOOP_UV_ROUND_MAX 8

/* The longest that is watched. A wake-up takes 5 to 60 us, a turn with a message 10 to 20: a
 * peer that sleeps can answer in this time too, and need not sleep before the next. */
#define LOOP_UV_WATCH_NS 100000
/* A look takes about 1 us; one that took as long as this was interrupted by another thread. */
#define LOOP_UV_LOOK_NS 15000
#define LOOP_UV_SKIP_MAX 255
/* Timers that are so late say that the process was away (stopped, or short of a processor): then
 * the sockets are looked at once before they run, since a timer that waits for an answer must not
 * run out while the answer lies there unread. */
#define LOOP_UV_LATE_US 50000

struct loop_uv {
    struct loop loop;
    uv_loop_t uv;
    uv_async_t async;
    uv_timer_t timer;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;
    uint64_t armed_ms; /* what `timer` is set to, in libuv's time; 0: stopped */
    bool may_watch, is_watching, is_in_vain;
    bool has_put_off;              /* the timers that are due, once */
    unsigned skip, skip_left;      /* turns without watching after a watch in vain */
    uint64_t worked_ns, looked_ns; /* when the last turn with work ended; the last look */
    struct loop_post stop;
    atomic_bool is_stop_posted;
};

static struct loop_uv *loop_uv_of(const struct loop *loop)
{
    return (struct loop_uv *)(uintptr_t)loop;
}

static uint64_t loop_uv_now_us(const struct loop *loop)
{
    (void)loop;
    return uv_hrtime() / 1000;
}

static uint64_t loop_uv_wall_ms(const struct loop *loop)
{
    struct timespec now;
    (void)loop;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void loop_uv_draw(uint8_t *at, size_t len)
{
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0) {
            assert(errno == EINTR);
            continue;
        }
        at += got;
        len -= (size_t)got;
    }
}

/* The system is asked for many bytes at a time: ids of requests want 16 for each. What was given
 * out is wiped, so that it cannot be read from memory later. */
static void loop_uv_random(struct loop *loop, void *buf, size_t len)
{
    static _Thread_local struct {
        uint8_t bytes[512];
        size_t left; /* at the end of bytes */
    } pool;
    (void)loop;
    if (len > sizeof(pool.bytes)) {
        loop_uv_draw(buf, len);
        return;
    }
    if (len > pool.left) {
        loop_uv_draw(pool.bytes, sizeof(pool.bytes));
        pool.left = sizeof(pool.bytes);
    }
    uint8_t *from = pool.bytes + sizeof(pool.bytes) - pool.left;
    memcpy(buf, from, len);
    memset(from, 0, len);
    pool.left -= len;
}

static void loop_uv_wake(struct loop *loop)
{
    uv_async_send(&loop_uv_of(loop)->async);
}

static const struct loop_driver loop_uv_driver = {
    .now_us = loop_uv_now_us,
    .wall_ms = loop_uv_wall_ms,
    .random = loop_uv_random,
    .wake = loop_uv_wake,
};

static bool loop_uv_put_off(struct loop_uv *self)
{
    uint64_t now_us = loop_now_us(&self->loop), deadline_us = loop_deadline(&self->loop);
    self->has_put_off =
        !self->has_put_off && now_us > deadline_us && now_us - deadline_us >= LOOP_UV_LATE_US;
    return self->has_put_off;
}

static void loop_uv_on_timer(uv_timer_t *timer)
{
    struct loop_uv *self = timer->data;
    self->armed_ms = 0;
    loop_forget_now(&self->loop);
    if (!loop_uv_put_off(self)) /* else it is set again before the poll, which does not wait */
        loop_run_timers(&self->loop);
}

/* Sets the one timer to the earliest deadline, rounded up to libuv's milliseconds. */
static void loop_uv_arm(struct loop_uv *self)
{
    uint64_t deadline_us = loop_deadline(&self->loop);
    uint64_t due_ms = deadline_us == LOOP_NEVER ? 0 : (deadline_us - 1) / 1000 + 1;
    if (due_ms == self->armed_ms)
        return;
    self->armed_ms = due_ms;
    if (due_ms == 0) {
        uv_timer_stop(&self->timer);
        return;
    }
    uint64_t now_ms = uv_now(&self->uv);
    uv_timer_start(&self->timer, loop_uv_on_timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

/* A turn with work is over. */
static void loop_uv_worked(struct loop_uv *self)
{
    if (self->is_watching && self->is_in_vain) {
        self->skip = self->skip < LOOP_UV_SKIP_MAX ? 2 * self->skip + 1 : LOOP_UV_SKIP_MAX;
        self->skip_left = self->skip;
    } else if (self->is_watching) {
        self->skip = 0;
    } else if (self->skip_left > 0) {
        self->skip_left--;
    }
    self->is_watching = self->skip_left == 0;
    self->is_in_vain = false;
    self->worked_ns = self->looked_ns = uv_hrtime();
}

static void loop_uv_drain(struct loop_uv *self)
{
    int round = 0;
    loop_forget_now(&self->loop);
    while (round < LOOP_UV_ROUND_MAX && loop_run_deferred(&self->loop))
        round++;
    if (round > 0 && self->may_watch)
        loop_uv_worked(self);
}

/* Look again instead of sleeping? */
static bool loop_uv_watch(struct loop_uv *self)
{
    if (!self->is_watching || self->is_in_vain)
        return false;
    uint64_t now_ns = uv_hrtime();
    self->is_in_vain =
        now_ns - self->worked_ns >= LOOP_UV_WATCH_NS || now_ns - self->looked_ns >= LOOP_UV_LOOK_NS;
    self->looked_ns = now_ns;
    return !self->is_in_vain;
}

static void loop_uv_on_idle(uv_idle_t *idle)
{
    (void)idle; /* its being active is all: the poll does not wait */
}

static void loop_uv_on_prepare(uv_prepare_t *prepare)
{
    struct loop_uv *self = prepare->data;
    loop_uv_drain(self);
    if (loop_has_deferred(&self->loop) || loop_uv_watch(self))
        uv_idle_start(&self->idle, loop_uv_on_idle);
    else
        uv_idle_stop(&self->idle);
    loop_uv_arm(self);
    loop_forget_now(&self->loop); /* the poll may take long */
}

static void loop_uv_on_check(uv_check_t *check)
{
    loop_uv_drain(check->data);
}

static void loop_uv_on_async(uv_async_t *async)
{
    struct loop_uv *self = async->data;
    loop_forget_now(&self->loop);
    loop_run_posts(&self->loop);
}

int loop_uv_new(struct loop **ret_loop)
{
    struct loop_uv *self = mem_alloc(sizeof(*self));
    if (!self)
        return err_origin(ACTR_ENOMEM, "loop: no memory");
    loop_init(&self->loop, &loop_uv_driver);
    atomic_init(&self->is_stop_posted, false);
    int r = uv_loop_init(&self->uv);
    if (r == 0) {
        r = uv_async_init(&self->uv, &self->async, loop_uv_on_async);
        if (r < 0)
            uv_loop_close(&self->uv);
    }
    if (r < 0) {
        mem_free(self);
        return err_origin(r == UV_ENOMEM ? ACTR_ENOMEM : ACTR_EIO, "loop: %s", uv_strerror(r));
    }
    uv_timer_init(&self->uv, &self->timer);
    uv_prepare_init(&self->uv, &self->prepare);
    uv_check_init(&self->uv, &self->check);
    uv_idle_init(&self->uv, &self->idle);
    self->async.data = self->timer.data = self->prepare.data = self->check.data = self;
    uv_prepare_start(&self->prepare, loop_uv_on_prepare);
    uv_check_start(&self->check, loop_uv_on_check);
    *ret_loop = &self->loop;
    return 0;
}

struct loop *loop_uv_close(struct loop *loop)
{
    struct loop_uv *self = loop_uv_of(loop);
    if (!loop)
        return NULL;
    loop_enter(loop);
    loop_wind_down(loop);
    uv_close((uv_handle_t *)&self->async, NULL);
    uv_close((uv_handle_t *)&self->timer, NULL);
    uv_close((uv_handle_t *)&self->prepare, NULL);
    uv_close((uv_handle_t *)&self->check, NULL);
    uv_close((uv_handle_t *)&self->idle, NULL);
    uv_run(&self->uv, UV_RUN_DEFAULT); /* the callbacks of everything that is closing */
    loop_leave(loop);
    int r = uv_loop_close(&self->uv);
    assert(r == 0);
    (void)r;
    mem_free(self);
    return NULL;
}

void loop_uv_run(struct loop *loop)
{
    loop_enter(loop);
    loop_uv_of(loop)->may_watch = uv_available_parallelism() > 1;
    uv_run(&loop_uv_of(loop)->uv, UV_RUN_DEFAULT);
    loop_uv_of(loop)->may_watch = loop_uv_of(loop)->is_watching = false;
    loop_leave(loop);
}

static void loop_uv_on_stop(struct loop_post *post)
{
    struct loop_uv *self = container_of(post, struct loop_uv, stop);
    atomic_store_explicit(&self->is_stop_posted, false, memory_order_relaxed);
    uv_stop(&self->uv);
}

void loop_uv_stop(struct loop *loop)
{
    struct loop_uv *self = loop_uv_of(loop);
    if (atomic_exchange_explicit(&self->is_stop_posted, true, memory_order_relaxed))
        return;
    bool taken = loop_post(loop, &self->stop, loop_uv_on_stop);
    assert(taken); /* or the loop is closed, and nobody may have it any more */
    (void)taken;
}

int loop_uv_fd(const struct loop *loop)
{
    return uv_backend_fd(&loop_uv_of(loop)->uv);
}

int loop_uv_timeout_ms(struct loop *loop)
{
    struct loop_uv *self = loop_uv_of(loop);
    if (loop_has_deferred(loop))
        return 0;
    uv_update_time(&self->uv);
    loop_uv_arm(self);
    return uv_backend_timeout(&self->uv);
}

void loop_uv_dispatch(struct loop *loop)
{
    loop_enter(loop);
    uv_run(&loop_uv_of(loop)->uv, UV_RUN_NOWAIT);
    loop_leave(loop);
}

void loop_uv_dispatch_wait(struct loop *loop)
{
    loop_enter(loop);
    uv_run(&loop_uv_of(loop)->uv, UV_RUN_ONCE);
    loop_leave(loop);
}

uv_loop_t *loop_uv_handle(struct loop *loop)
{
    return &loop_uv_of(loop)->uv;
}
