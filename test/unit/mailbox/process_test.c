// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Processes that die: by abort() in the middle of a message, or by a signal that nobody can catch.
 * Each child is a mailbox on real threads; the parent starts another until one ends well. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mailbox/mailbox_file.h"
#include "mailbox/sqlite_mailbox.h"
#include "rig.h"
#include "sys/loop_uv.h"

static const struct mailbox_limits no_limits;

/* In the child ------------------------------------------------------------------------------- */

struct child {
    struct loop *loop;
    struct mailbox *mailbox;
    struct actr_id self;
    int log; /* a byte for each message that was handled */
};

static void child_die(struct child *child, char how)
{
    (void)child;
    if (how == 'k')
        raise(SIGKILL);
    abort();
}

static void child_next(void *owner)
{
    struct child *child = owner;
    struct mailbox_message *message;
    while ((message = mailbox_take(child->mailbox)) != NULL) {
        char first = (char)message->envelope.ptr[0];
        if (first == 'a' || first == 'k')
            child_die(child, first);
        if (write(child->log, message->envelope.ptr, 1) != 1)
            _exit(9);
        mailbox_ack(child->mailbox, message, NULL);
    }
    if (child->mailbox->count == 0)
        mailbox_stop(child->mailbox);
}

static void child_on_open(void *owner, int code, const char *detail)
{
    (void)detail;
    if (code < 0)
        _exit(8);
    child_next(owner);
}

static void child_on_room(void *owner, const struct actr_id *peer)
{
    (void)owner;
    (void)peer;
}

static void child_on_stopped(void *owner)
{
    loop_uv_stop(((struct child *)owner)->loop);
}

static void child_run(const struct rig *rig, int log)
{
    static const struct mailbox_events events = {
        .on_open = child_on_open,
        .on_ready = child_next,
        .on_room = child_on_room,
        .on_stopped = child_on_stopped,
    };
    static const struct rlimit none = {0, 0};
    struct child child = {.self = rig->self, .log = log};
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGABRT, SIG_DFL);
    if (loop_uv_new(&child.loop) < 0)
        _exit(7);
    const struct sqlite_mailbox_options options = {.loop = child.loop,
                                                   .path = rig->path,
                                                   .self = &child.self,
                                                   .events = &events,
                                                   .owner = &child};
    child.mailbox = sqlite_mailbox_new(&options);
    if (!child.mailbox || mailbox_open(child.mailbox) < 0)
        _exit(6);
    loop_uv_run(child.loop);
    _exit(0);
}

/* In the parent ------------------------------------------------------------------------------ */

/* True: it ended well. */
static bool run_process(const struct rig *rig, int log)
{
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        child_run(rig, log);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status)) {
        assert_true(WTERMSIG(status) == SIGABRT || WTERMSIG(status) == SIGKILL);
        return false;
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    return true;
}

TEST(processes_that_die_of_a_message_do_not_do_so_for_ever)
{
    struct rig rig;
    char path[128], handled[256];
    unsigned deaths = 0, seen[128] = {0};
    rig_open(&rig, true, &no_limits);
    for (int i = 0; i < 26; i++) {
        char text[2] = {(char)('A' + i), '\0'};
        assert_int_equal(rig_push(&rig, 1 + (uint64_t)i % 3, MAILBOX_NORMAL, text), 0);
        if (i == 7 || i == 20)
            assert_int_equal(rig_push(&rig, 9, MAILBOX_NORMAL, i == 7 ? "abort" : "kill"), 0);
    }
    rig_stop(&rig);
    snprintf(path, sizeof(path), "%s/handled", rig.dir);
    int log = open(path, O_RDWR | O_CREAT | O_APPEND, 0600);
    assert_true(log >= 0);
    while (!run_process(&rig, log))
        assert_in_range(++deaths, 1, 8);
    assert_int_equal(deaths, 8); /* twice both were counted, then each three times alone */
    ssize_t len = pread(log, handled, sizeof(handled), 0);
    close(log);
    for (ssize_t i = 0; i < len; i++)
        seen[handled[i] & 127]++;
    /* At least once, and after a death at most those again whose ack was on its way. */
    for (int i = 0; i < 26; i++)
        assert_in_range(seen['A' + i], 1, 3);
    assert_int_equal(rig_letters(&rig, MAILBOX_POISON), 2);
    assert_int_equal(rig_letters(&rig, NULL), 2);
    rig_reopen(&rig, &no_limits);
    assert_int_equal(rig.mailbox->count, 0);
    rig_close(&rig);
}
