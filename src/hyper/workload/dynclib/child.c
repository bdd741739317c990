// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The node's side of a library in a process of its own.
 *
 * One thread sends entries and receives what comes back; while it waits it looks at three things: a
 * pipe by which the process wakes it, the end of the process, and a bell for answers of the bridge,
 * which come on any thread. It never believes the process: what arrives is a message that channel.c
 * found possible, of a kind that fits the moment, or the process is killed.
 *
 * What was asked for by a process that has ended is answered to nobody: `run` counts the processes.
 * Everything of a process goes in child_end(), which is the only place that reaps it. */
#include "hyper/workload/dynclib/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/text.h"
#include "hyper/workload/dynclib/bridge.h"
#include "hyper/workload/dynclib/channel.h"
#include "hyper/workload/dynclib/host_path.h"
#include "hyper/workload/dynclib/library.h"
#include "sys/bell.h"
#include "sys/lock.h"
#include "sys/process.h"

#define CHILD_TEXT_MAX 400

struct child {
    struct library base;
    struct bridge *bridge;
    int image_fd;
    char *host_path;
    struct bell answered; /* for the thread */
    uint32_t run;         /* processes begun */

    /* Of the process that runs. */
    bool is_running, is_loaded;
    struct process process;
    struct channel channel;
    int pipe_fd;

    struct lock lock;
    struct list answers; /* struct child_ask */
    uint32_t ask_count;
    uint32_t overdue_ms; /* killed for it; 0: not */
    char name[];
};

/* One operation, from the question to its answer. */
struct child_ask {
    struct list link;
    struct child *child;
    uint32_t run;
    enum channel_lane lane;
    struct channel_head head; /* of the answer */
    struct actr_bytes reply;
};

static struct child *child_of(struct library *library)
{
    return container_of(library, struct child, base);
}

static void child_kill(struct library *library, uint32_t after_ms)
{
    struct child *child = child_of(library);
    lock_take(&child->lock);
    child->overdue_ms = after_ms;
    lock_give(&child->lock);
    process_kill(&child->process);
}

/* The end of a process ------------------------------------------------------------------------ */

/* Returns LIBRARY_ENDED; the text says why. fault: what it did wrong, by which it is ended; NULL:
 * it has ended by itself, or for its time. */
static int child_end(struct child *child, const char *fault)
{
    char buf[PROCESS_END_SIZE], why[CHILD_TEXT_MAX];
    snprintf(why, sizeof(why), "%s", fault ? fault : "");
    if (fault)
        process_kill(&child->process);
    struct process_end end = process_reap(&child->process);
    close(child->pipe_fd);
    channel_deinit(&child->channel);
    child->is_running = false;
    lock_take(&child->lock);
    uint32_t overdue_ms = child->overdue_ms;
    lock_give(&child->lock);
    bridge_forget(child->bridge);
    if (fault)
        err_origin(ACTR_EINTERNAL, "its process broke the rules: %s", why);
    else if (overdue_ms > 0)
        err_origin(ACTR_ETIMEDOUT, "did not return within %u ms; its process was killed",
                   overdue_ms);
    else
        err_origin(ACTR_EINTERNAL, "its process %s", process_end_text(&end, buf));
    return LIBRARY_ENDED;
}

/* Waiting ------------------------------------------------------------------------------------- */

enum child_sight { CHILD_SAW_END = 1, CHILD_SAW_BELL = 2 };

static bool child_doze(struct child *child)
{
    bool has_some = false;
    for (size_t i = 0; i < CHANNEL_LANES; i++)
        has_some |= ring_doze(&child->channel.in[i]);
    return has_some;
}

static void child_stir(struct child *child)
{
    for (size_t i = 0; i < CHANNEL_LANES; i++)
        ring_stir(&child->channel.in[i]);
}

/* Sleeps until something may have changed; a set of enum child_sight. timeout_ms -1: none. */
static int child_wait(struct child *child, struct bell *bell, int timeout_ms)
{
    char bytes[64];
    struct pollfd fds[] = {
        {.fd = child->pipe_fd, .events = POLLIN},
        {.fd = process_fd(&child->process), .events = POLLIN},
        {.fd = bell ? bell_fd(bell) : -1, .events = POLLIN},
        {.fd = bell_fd(&child->answered), .events = POLLIN},
    };
    int sight = 0;
    if (!child_doze(child))
        (void)poll(fds, sizeof(fds) / sizeof(fds[0]), timeout_ms);
    child_stir(child);
    /* Ours to close, so it is ours alone to make it not block; what is left wakes again. */
    if (fds[0].revents)
        (void)!read(child->pipe_fd, bytes, sizeof(bytes));
    if (fds[1].revents)
        sight |= CHILD_SAW_END;
    if (fds[2].revents)
        sight |= CHILD_SAW_BELL;
    if (fds[3].revents)
        bell_clear(&child->answered);
    return sight;
}

/* Sending ------------------------------------------------------------------------------------- */

/* Waits for room only; what comes meanwhile stays. */
static int child_wait_for_room(struct child *child, enum channel_lane lane)
{
    struct pollfd fds[] = {
        {.fd = child->pipe_fd, .events = POLLIN},
        {.fd = process_fd(&child->process), .events = POLLIN},
    };
    char bytes[64], text[64];
    if (ring_doze_full(&child->channel.out[lane]))
        return 0;
    int count = poll(fds, 2, CHILD_PATIENCE_MS);
    if (fds[0].revents)
        (void)!read(child->pipe_fd, bytes, sizeof(bytes));
    if (fds[1].revents)
        return child_end(child, NULL);
    if (count != 0)
        return 0;
    snprintf(text, sizeof(text), "it did not read for %d ms", CHILD_PATIENCE_MS);
    return child_end(child, text);
}

/* LIBRARY_ENDED; ACTR_EINVALID: too long. */
static int child_send(struct child *child, enum channel_lane lane, const struct channel_head *head,
                      struct actr_view payload)
{
    struct channel_parcel parcel = {.head = *head, .payload = payload};
    for (;;) {
        int r = channel_send(&child->channel, lane, &parcel);
        if (r == CHANNEL_FULL)
            r = child_wait_for_room(child, lane);
        else if (r == 0 || r == ACTR_EINVALID)
            return r;
        else
            r = child_end(child, actr_errmsg());
        if (r != 0)
            return r;
    }
}

/* Operations ---------------------------------------------------------------------------------- */

/* Any thread. */
static void child_on_answer(void *arg, int32_t code, struct actr_bytes reply)
{
    struct child_ask *ask = arg;
    struct child *child = ask->child;
    ask->head.code = code;
    ask->reply = reply;
    lock_take(&child->lock);
    list_push(&child->answers, &ask->link);
    bell_ring(&child->answered); /* under the lock: the child may be freed behind it */
    lock_give(&child->lock);
}

static int child_refuse(struct child *child, enum channel_lane lane,
                        const struct channel_head *question, int32_t code)
{
    struct channel_head head = {.kind = CHANNEL_ANSWER, .id = question->id, .code = code};
    return child_send(child, lane, &head, (struct actr_view){0});
}

static int child_ask(struct child *child, enum channel_lane lane,
                     const struct channel_message *message)
{
    struct child_ask *ask = child->ask_count < CHILD_ASKS_MAX ? mem_alloc(sizeof(*ask)) : NULL;
    if (!ask)
        return child_refuse(child, lane, &message->head, ACTR_ABI_NO_MEMORY);
    child->ask_count++;
    ask->child = child;
    ask->run = child->run;
    ask->lane = lane;
    ask->head = (struct channel_head){.kind = CHANNEL_ANSWER, .id = message->head.id};
    list_init(&ask->link);
    bridge_ask(child->bridge, message->head.token, actr_bytes_view(message->payload),
               child_on_answer, ask);
    return 0;
}

static struct child_ask *child_take_answer(struct child *child)
{
    lock_take(&child->lock);
    struct list *link = list_pop(&child->answers);
    lock_give(&child->lock);
    return link ? container_of(link, struct child_ask, link) : NULL;
}

/* Sends what the bridge has answered. LIBRARY_ENDED. */
static int child_answer(struct child *child)
{
    struct child_ask *ask;
    int r = 0;
    while (r == 0 && (ask = child_take_answer(child)) != NULL) {
        child->ask_count--;
        if (ask->run == child->run && child->is_running)
            r = child_send(child, ask->lane, &ask->head, actr_bytes_view(ask->reply));
        if (r == ACTR_EINVALID)
            r = child_refuse(child, ask->lane, &ask->head, ACTR_ABI_NO_MEMORY);
        actr_bytes_unref(ask->reply);
        mem_free(ask);
    }
    return r;
}

/* Something other than a result. */
static int child_serve(struct child *child, enum channel_lane lane,
                       const struct channel_message *message)
{
    char text[64];
    uint32_t kind = child->is_loaded ? message->head.kind : 0;
    switch (kind) {
    case CHANNEL_INVOKE:
        return child_ask(child, lane, message);
    case CHANNEL_RETAIN:
        return child_refuse(child, lane, &message->head,
                            bridge_retain(child->bridge, message->head.token));
    case CHANNEL_RELEASE:
        bridge_release(child->bridge, message->head.token);
        return 0;
    default:
        snprintf(text, sizeof(text), "a message of kind %u out of turn", message->head.kind);
        return child_end(child, text);
    }
}

/* What has arrived on a lane. 0: nothing is left; LIBRARY_ENDED; CHILD_RESULT: it is in *result. */
#define CHILD_RESULT 2
static int child_receive(struct child *child, enum channel_lane lane,
                         struct channel_message *result)
{
    for (;;) {
        struct channel_message message;
        int r = channel_receive(&child->channel, lane, &message);
        if (r == CHANNEL_NONE)
            return 0;
        if (r < 0)
            return child_end(child, actr_errmsg());
        if (result && lane == CHANNEL_ENTRY && message.head.kind == CHANNEL_RESULT) {
            *result = message;
            return CHILD_RESULT;
        }
        r = child_serve(child, lane, &message);
        actr_bytes_unref(message.payload);
        if (r != 0)
            return r;
    }
}

/* One round of what there is to do. result NULL: none is due. */
static int child_step(struct child *child, struct channel_message *result)
{
    int r = child_answer(child);
    if (r == 0)
        r = child_receive(child, CHANNEL_BACK, NULL);
    if (r == 0)
        r = child_receive(child, CHANNEL_ENTRY, result);
    return r;
}

/* Entries ------------------------------------------------------------------------------------- */

/* What a result says. The codes are the library's own, the text is for people. */
static int child_read(const struct channel_message *result)
{
    struct actr_view said = actr_bytes_view(result->payload);
    char buf[CHILD_TEXT_MAX];
    struct text text;
    if (result->head.code >= 0)
        return 0;
    text_init(&text, buf, sizeof(buf));
    if (text_is_utf8(said))
        text_append(&text, said);
    return err_origin(result->head.code, "%s", buf);
}

static uint64_t child_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Milliseconds from now, for poll(); -1: no end. */
static int child_left_ms(uint64_t until_ms)
{
    if (until_ms == UINT64_MAX)
        return -1;
    uint64_t now_ms = child_now_ms();
    return until_ms > now_ms ? (int)(until_ms - now_ms) : 0;
}

/* Until there is a result; after until_ms (UINT64_MAX: never) it is killed. */
static int child_await(struct child *child, uint64_t until_ms, struct actr_bytes *ret_payload)
{
    struct channel_message result = {.head = {0}};
    int sight = 0;
    for (;;) {
        int r = child_step(child, &result);
        if (r == LIBRARY_ENDED)
            return r;
        if (r == CHILD_RESULT)
            break;
        if (sight & CHILD_SAW_END)
            return child_end(child, NULL);
        int left_ms = child_left_ms(until_ms);
        if (left_ms == 0) {
            child_kill(&child->base, CHILD_PATIENCE_MS);
            until_ms = UINT64_MAX;
            left_ms = -1;
        }
        if (!ring_linger(&child->channel.in[CHANNEL_ENTRY]))
            sight = child_wait(child, NULL, left_ms);
    }
    int r = child_read(&result);
    if (r == 0 && ret_payload)
        *ret_payload = result.payload;
    else
        actr_bytes_unref(result.payload);
    return r;
}

static int child_enter(struct child *child, enum channel_kind kind, struct actr_view payload,
                       struct actr_bytes *ret_payload)
{
    const struct channel_head head = {.kind = kind};
    int r = child_send(child, CHANNEL_ENTRY, &head, payload);
    return r == 0 ? child_await(child, UINT64_MAX, ret_payload) : r;
}

static int child_init(struct library *library, struct actr_view init)
{
    return child_enter(child_of(library), CHANNEL_INIT, init, NULL);
}

static int child_handle(struct library *library, struct actr_view frame,
                        struct actr_bytes *ret_payload)
{
    return child_enter(child_of(library), CHANNEL_HANDLE, frame, ret_payload);
}

static int child_shutdown(struct library *library)
{
    return child_enter(child_of(library), CHANNEL_SHUTDOWN, (struct actr_view){0}, NULL);
}

static int child_idle(struct library *library, struct bell *bell)
{
    struct child *child = child_of(library);
    if (!child->is_running) {
        bell_wait(bell);
        return child_answer(child); /* of an earlier run: freed */
    }
    for (int sight = 0;;) {
        int r = child_step(child, NULL);
        if (r != 0)
            return r;
        if (sight & CHILD_SAW_END)
            return child_end(child, NULL);
        if (sight & CHILD_SAW_BELL) {
            bell_clear(bell);
            return 0;
        }
        sight = child_wait(child, bell, -1);
    }
}

/* Beginning and end --------------------------------------------------------------------------- */

static int child_spawn(struct child *child, int channel_fd, int pipe_fd)
{
    char parent[16], channel[16], pipe[16], image[16];
    const int keep[] = {channel_fd, pipe_fd, child->image_fd};
    const char *argv[] = {child->host_path, parent, channel, pipe, image, child->name, NULL};
    snprintf(parent, sizeof(parent), "%d", (int)getpid());
    snprintf(channel, sizeof(channel), "%d", channel_fd);
    snprintf(pipe, sizeof(pipe), "%d", pipe_fd);
    snprintf(image, sizeof(image), "%d", child->image_fd);
    return process_spawn(&child->process, argv, keep, 3);
}

/* A process that has been begun, and the channel to it. */
static int child_begin(struct child *child)
{
    int ends[2], channel_fd;
    /* The reading end is the node's alone: whether it blocks is not the process's to say. */
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return err_origin(ACTR_EIO, "%s: %s", child->name, strerror(errno));
    int r = channel_create(&child->channel, &channel_fd);
    if (r == 0) {
        r = child_spawn(child, channel_fd, ends[1]);
        close(channel_fd);
        if (r < 0)
            channel_deinit(&child->channel);
    }
    close(ends[1]);
    if (r < 0) {
        close(ends[0]);
        return r;
    }
    child->pipe_fd = ends[0];
    child->is_running = true;
    child->is_loaded = false;
    child->run++;
    lock_take(&child->lock);
    child->overdue_ms = 0;
    lock_give(&child->lock);
    return 0;
}

static void child_stop(struct child *child)
{
    if (!child->is_running)
        return;
    process_kill(&child->process);
    (void)child_end(child, NULL);
}

static int child_load(struct library *library)
{
    struct child *child = child_of(library);
    child_stop(child);
    int r = child_begin(child);
    if (r < 0)
        return r;
    r = child_await(child, child_now_ms() + CHILD_PATIENCE_MS, NULL);
    if (r == 0) {
        child->is_loaded = true;
        return 0;
    }
    if (r == LIBRARY_ENDED)
        return err_context(ACTR_EINVALID, "%s: cannot be loaded", child->name);
    char text[ERR_TEXT_MAX];
    snprintf(text, sizeof(text), "%s", actr_errmsg());
    child_stop(child);
    return err_origin(r, "%s", text);
}

static void child_free(struct library *library, bool keep_mapped)
{
    struct child *child = child_of(library);
    (void)keep_mapped; /* nothing of it is mapped here */
    child_stop(child);
    (void)child_answer(child); /* the bridge is cut: all that was asked for has been answered */
    process_deinit(&child->process);
    bell_deinit(&child->answered);
    lock_deinit(&child->lock);
    close(child->image_fd);
    mem_free(child->host_path);
    mem_free(child);
}

static const struct library_ops child_ops = {
    .load = child_load,
    .init = child_init,
    .handle = child_handle,
    .shutdown = child_shutdown,
    .idle = child_idle,
    .kill = child_kill,
    .free = child_free,
};

int child_new(const struct child_options *options, struct library **ret_library)
{
    const char *host_path = options->host_path;
    if (!host_path)
        host_path = secure_getenv("ACTR_DYNCLIB_HOST");
    if (!host_path)
        host_path = DYNCLIB_HOST_PATH;
    size_t len = strlen(options->name);
    struct child *child = mem_alloc(sizeof(*child) + len + 1);
    char *copy = mem_text(host_path, strlen(host_path));
    int r = child && copy ? bell_init(&child->answered)
                          : err_origin(ACTR_ENOMEM, "%s: no memory", options->name);
    if (r < 0) {
        close(options->image_fd);
        mem_free(copy);
        mem_free(child);
        return r;
    }
    child->base.ops = &child_ops;
    child->bridge = options->bridge;
    child->image_fd = options->image_fd;
    child->host_path = copy;
    memcpy(child->name, options->name, len + 1);
    process_init(&child->process);
    lock_init(&child->lock);
    list_init(&child->answers);
    *ret_library = &child->base;
    return 0;
}
