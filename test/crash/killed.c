// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* killed FILE FIRST [KILLER MAX]: opens a mailbox, its store on a thread of its own, and pushes,
 * takes and acks numbered messages from FIRST on until somebody kills it. FIRST 0: handles what
 * there is, and ends. Holds a few messages at a time, and pushes faster than it handles. It dies by
 * its own hand when it begins to handle the message KILLER, which may happen MAX times. */
#include "killed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "mailbox/sqlite_mailbox.h"
#include "sys/loop_uv.h"

#define HELD_MAX 4
#define BATCH 16

struct killed {
    struct loop *loop;
    struct mailbox *mailbox;
    struct mailbox_message *held[HELD_MAX];
    unsigned held_count;
    uint32_t next; /* to be pushed; 0: nothing is */
    uint32_t killer;
    struct loop_task task;
};

static void killed_die(const char *what)
{
    fprintf(stderr, "killed: %s\n", what);
    _exit(1);
}

static void killed_tell(enum killed_event event, uint32_t number)
{
    const struct killed_record record = {event, number};
    if (write(STDOUT_FILENO, &record, sizeof(record)) != sizeof(record))
        killed_die("nobody listens");
}

static uint32_t killed_number(struct actr_view envelope)
{
    uint32_t number;
    if (envelope.len != sizeof(number))
        killed_die("a message has changed");
    memcpy(&number, envelope.ptr, sizeof(number));
    return number;
}

static void killed_push(struct killed *killed)
{
    struct mailbox_origin origin = {.session = 1};
    uint32_t number = killed->next++;
    if (actr_id_parse("7@7/acme:Peer:1.0.0", &origin.peer) < 0)
        killed_die("no id");
    killed_tell(KILLED_PUSHED, number);
    if (mailbox_push(killed->mailbox, &origin, number % 5 ? MAILBOX_NORMAL : MAILBOX_HIGH,
                     actr_bytes_copy(actr_view_of(&number, sizeof(number)))) != 0)
        killed_die("a push fails");
}

static void killed_finish(struct killed *killed)
{
    struct mailbox_message *message = killed->held[0];
    uint32_t number = killed_number(actr_bytes_view(message->envelope));
    if (number == killed->killer) {
        killed_tell(KILLED_DIED, number);
        raise(SIGKILL);
    }
    const struct mailbox_answer answer = {
        .request_id = actr_bytes_view(message->envelope),
        .retry_after_ms = -1,
        .payload = message->envelope,
    };
    memmove(killed->held, killed->held + 1, --killed->held_count * sizeof(killed->held[0]));
    killed_tell(KILLED_HANDLED, number);
    mailbox_ack(killed->mailbox, message, number % 2 ? &answer : NULL);
}

/* A turn: takes until it has its hands full, and finishes one. */
static void killed_on_task(struct loop_task *task)
{
    struct killed *killed = container_of(task, struct killed, task);
    struct mailbox_message *message;
    while (killed->held_count < HELD_MAX && (message = mailbox_take(killed->mailbox)) != NULL) {
        killed->held[killed->held_count++] = message;
        killed_tell(KILLED_TAKEN, killed_number(actr_bytes_view(message->envelope)));
    }
    if (killed->held_count > 0) {
        killed_finish(killed);
        loop_defer(killed->loop, task);
        for (int i = 0; i < 2 && killed->next > 0; i++)
            killed_push(killed);
    } else if (killed->next == 0 && killed->mailbox->count == 0) {
        mailbox_stop(killed->mailbox);
    }
}

static void killed_on_answer(void *owner, const struct actr_id *caller,
                             const struct mailbox_answer *answer, uint64_t age_us)
{
    (void)owner;
    (void)caller;
    (void)age_us;
    if (killed_number(answer->request_id) != killed_number(actr_bytes_view(answer->payload)))
        killed_die("an answer to another request");
}

static void killed_on_open(void *owner, int code, const char *detail)
{
    struct killed *killed = owner;
    if (code < 0)
        killed_die(detail);
    killed_tell(KILLED_OPEN, 0);
    for (int i = 0; i < BATCH && killed->next > 0; i++)
        killed_push(killed);
    loop_defer(killed->loop, &killed->task);
}

static void killed_on_ready(void *owner)
{
    struct killed *killed = owner;
    loop_defer(killed->loop, &killed->task);
}

static void killed_on_room(void *owner, const struct actr_id *peer)
{
    (void)owner;
    (void)peer;
}

static void killed_on_refused(void *owner, const struct mailbox_origin *origin,
                              struct actr_view envelope, int code)
{
    (void)owner;
    (void)origin;
    (void)code;
    killed_tell(KILLED_REFUSED, killed_number(envelope));
}

static void killed_on_trouble(void *owner, int code, const char *detail)
{
    (void)owner;
    if (code < 0)
        fprintf(stderr, "killed: %s\n", detail);
}

static void killed_on_stopped(void *owner)
{
    struct killed *killed = owner;
    loop_uv_stop(killed->loop);
}

int main(int argc, char **argv)
{
    static const struct mailbox_events events = {
        .on_answer = killed_on_answer,
        .on_open = killed_on_open,
        .on_ready = killed_on_ready,
        .on_room = killed_on_room,
        .on_refused = killed_on_refused,
        .on_trouble = killed_on_trouble,
        .on_stopped = killed_on_stopped,
    };
    struct actr_id self = {0};
    struct killed killed = {.held_count = 0};
    if ((argc != 3 && argc != 5) || loop_uv_new(&killed.loop) < 0)
        killed_die("usage: killed FILE FIRST [KILLER MAX]");
    killed.next = (uint32_t)strtoul(argv[2], NULL, 10);
    killed.killer = argc == 5 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
    loop_task_init(&killed.task, killed_on_task);
    const struct sqlite_mailbox_options options = {
        .loop = killed.loop,
        .path = argv[1],
        /* Else whoever is in flight is innocent. */
        .deliveries_max = argc == 5 ? (uint32_t)strtoul(argv[4], NULL, 10) : 1000,
        .self = &self,
        .events = &events,
        .owner = &killed,
    };
    killed.mailbox = sqlite_mailbox_new(&options);
    if (!killed.mailbox || mailbox_open(killed.mailbox) < 0)
        killed_die("no memory");
    loop_uv_run(killed.loop);
    mailbox_close(killed.mailbox);
    loop_uv_close(killed.loop);
    return 0;
}
