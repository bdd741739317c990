// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The library's end of the channel.
 *
 * There is one link, as the table of functions has no room for an owner. On each lane one thread
 * reads; on the lane of other threads a lock lets them write one after the other, and each waits
 * for the answer with the number that it chose. The node is trusted: what it breaks ends this
 * process.
 *
 * A copy of this process, made by a library that forked, has no link: it is refused. */
#include "dynclib_host/link.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/list.h"
#include "base/mem.h"
#include "sys/lock.h"
#include "sys/thread.h"
#include "sys/waiter.h"

/* A question of a thread that is not the entering one; on its stack. */
struct link_question {
    struct list link;
    uint32_t id;
    struct waiter waiter;
    struct channel_message answer;
};

static struct {
    struct channel channel;
    pid_t pid;
    struct lock lock;      /* the lane of other threads, out; and what follows */
    struct list questions; /* struct link_question */
    uint32_t number;
    bool has_thread;
    struct thread thread;
} self;

static _Thread_local bool link_is_entering;

static _Noreturn void link_broken(const char *what)
{
    fprintf(stderr, "actr-dynclib-host: %s: %s\n", what, actr_errmsg());
    _exit(1);
}

int link_open(int channel_fd, int bell_fd)
{
    self.pid = getpid();
    lock_init(&self.lock);
    list_init(&self.questions);
    link_is_entering = true;
    return channel_join(&self.channel, channel_fd, bell_fd);
}

/* Blocks until there is a message on a lane. */
static void link_take(enum channel_lane lane, struct channel_message *ret_message)
{
    struct ring *ring = &self.channel.in[lane];
    for (;;) {
        int r = channel_receive(&self.channel, lane, ret_message);
        if (r == 0)
            return;
        if (r < 0)
            link_broken("receiving");
        if (!ring_doze(ring))
            ring_sleep(ring);
        ring_stir(ring);
    }
}

/* Blocks until the message is on its way. */
static void link_put(enum channel_lane lane, const struct channel_head *head,
                     struct actr_view payload)
{
    struct channel_parcel parcel = {.head = *head, .payload = payload};
    struct ring *ring = &self.channel.out[lane];
    for (;;) {
        int r = channel_send(&self.channel, lane, &parcel);
        if (r == 0)
            return;
        if (r < 0)
            link_broken("sending");
        if (!ring_doze_full(ring))
            ring_sleep_full(ring);
    }
}

void link_receive(struct channel_message *ret_message)
{
    link_take(CHANNEL_ENTRY, ret_message);
}

void link_result(int code, struct actr_view payload)
{
    const struct channel_head head = {.kind = CHANNEL_RESULT, .code = code};
    link_put(CHANNEL_ENTRY, &head, code < 0 ? view_text(actr_errmsg()) : payload);
}

/* Asking -------------------------------------------------------------------------------------- */

static void link_on_thread(void *arg)
{
    (void)arg;
    for (;;) {
        struct channel_message message;
        link_take(CHANNEL_BACK, &message);
        struct link_question *asked = NULL;
        lock_take(&self.lock);
        list_each(link, &self.questions)
        {
            struct link_question *one = container_of(link, struct link_question, link);
            if (one->id == message.head.id)
                asked = one;
        }
        if (asked)
            list_remove(&asked->link);
        lock_give(&self.lock);
        if (!asked)
            link_broken("an answer to nothing");
        asked->answer = message;
        waiter_signal(&asked->waiter);
    }
}

/* On a thread of the library's own. False: no thread for the answers can be had. */
static bool link_ask_beside(struct channel_head *head, struct actr_view payload,
                            struct channel_message *ret_answer)
{
    struct link_question question = {.answer = {.head = {0}}};
    waiter_init(&question.waiter);
    list_init(&question.link);
    lock_take(&self.lock);
    if (!self.has_thread)
        self.has_thread = thread_start(&self.thread, "actr-answers", link_on_thread, NULL) == 0;
    bool is_asked = self.has_thread;
    if (is_asked) {
        question.id = head->id = ++self.number;
        list_push(&self.questions, &question.link);
        link_put(CHANNEL_BACK, head, payload);
    }
    lock_give(&self.lock);
    if (is_asked)
        (void)!waiter_wait(&question.waiter, WAITER_FOREVER);
    waiter_deinit(&question.waiter);
    *ret_answer = question.answer;
    return is_asked;
}

/* Asks and waits. What the library holds is its business, so any thread may. */
static bool link_ask(struct channel_head *head, struct actr_view payload,
                     struct channel_message *ret_answer)
{
    if (getpid() != self.pid)
        return false;
    if (!link_is_entering)
        return link_ask_beside(head, payload, ret_answer);
    link_put(CHANNEL_ENTRY, head, payload);
    link_take(CHANNEL_ENTRY, ret_answer);
    if (ret_answer->head.kind != CHANNEL_ANSWER)
        link_broken("no answer");
    return true;
}

static int32_t link_retain(uint64_t token)
{
    struct channel_head head = {.kind = CHANNEL_RETAIN, .token = token};
    struct channel_message answer;
    return link_ask(&head, (struct actr_view){0}, &answer) ? answer.head.code : ACTR_ABI_ERROR;
}

static void link_release(uint64_t token)
{
    const struct channel_head head = {.kind = CHANNEL_RELEASE, .token = token};
    if (getpid() != self.pid)
        return;
    if (link_is_entering) {
        link_put(CHANNEL_ENTRY, &head, (struct actr_view){0});
        return;
    }
    lock_take(&self.lock);
    link_put(CHANNEL_BACK, &head, (struct actr_view){0});
    lock_give(&self.lock);
}

static int32_t link_invoke(uint64_t token, const uint8_t *frame, size_t frame_len,
                           uint8_t **ret_reply, size_t *ret_reply_len)
{
    struct channel_head head = {.kind = CHANNEL_INVOKE, .token = token};
    struct channel_message answer;
    if (!ret_reply || !ret_reply_len || (!frame && frame_len > 0) || frame_len > CHANNEL_LEN_MAX)
        return ACTR_ABI_PROTOCOL;
    if (!link_ask(&head, actr_view_of(frame, frame_len), &answer))
        return ACTR_ABI_ERROR;
    int32_t code = answer.head.code;
    if (code == ACTR_ABI_OK) {
        uint8_t *copy = mem_alloc_raw(answer.payload.len ? answer.payload.len : 1);
        if (copy && answer.payload.len > 0)
            memcpy(copy, answer.payload.ptr, answer.payload.len);
        *ret_reply = copy;
        *ret_reply_len = copy ? answer.payload.len : 0;
        code = copy ? ACTR_ABI_OK : ACTR_ABI_NO_MEMORY;
    }
    actr_bytes_unref(answer.payload);
    return code;
}

static void link_free_buf(uint8_t *ptr, size_t len)
{
    (void)len;
    mem_free(ptr);
}

const struct actr_host_vtable link_vtable = {link_retain, link_release, link_invoke, link_free_buf};
