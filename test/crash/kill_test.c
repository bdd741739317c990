// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A process with a mailbox is killed at a random moment, again and again, on a real disk. What was
 * seen in the file while it ran, or had been handed out, is handled in the end; what was handled
 * and is gone from the file does not come back. ACTR_CRASH=n: n times as many rounds. */
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "killed.h"
#include "mailbox/mailbox_file.h"

#define ROUNDS 20
#define NUMBERS_MAX 65536
#define RECORDS_MAX 120 /* of a life */
#define LIST_MAX 100000

struct number {
    bool is_accepted; /* seen by somebody other than the sender */
    bool is_row;      /* in the file, at the last look */
    bool is_done;     /* handled, and gone from the file */
    unsigned handled;
};

struct kill {
    char dir[64], path[96];
    struct number numbers[NUMBERS_MAX];
    uint32_t next;
    unsigned rounds, accepted, handled, died;
    char killer[16], most[16]; /* "": nobody kills but we */
    pid_t pid;
    int pipe;
};

extern char **environ;

static void kill_start(struct kill *kill, uint32_t first)
{
    posix_spawn_file_actions_t actions;
    const char *program = getenv("ACTR_KILLED");
    char number[16];
    int ends[2];
    assert_non_null(program);
    snprintf(number, sizeof(number), "%u", first);
    char *argv[] = {(char *)(uintptr_t)program, kill->path, number, NULL, NULL, NULL};
    if (kill->killer[0]) {
        argv[3] = kill->killer;
        argv[4] = kill->most;
    }
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    assert_int_equal(posix_spawn(&kill->pid, program, &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    kill->pipe = ends[0];
}

/* False: the process has ended. */
static bool kill_hear(struct kill *kill)
{
    struct killed_record record;
    ssize_t len = read(kill->pipe, &record, sizeof(record));
    if (len == 0)
        return false;
    assert_int_equal(len, sizeof(record));
    assert_in_range(record.number, 0, NUMBERS_MAX - 1);
    struct number *number = &kill->numbers[record.number];
    switch ((enum killed_event)record.event) {
    case KILLED_OPEN:
        break;
    case KILLED_PUSHED:
        kill->next = record.number + 1;
        break;
    case KILLED_REFUSED:
        fail_msg("%u was refused", record.number);
        break;
    case KILLED_TAKEN:
        if (number->is_done)
            fail_msg("%u was done, and is handed out again", record.number);
        number->is_accepted = true;
        break;
    case KILLED_HANDLED:
        number->handled++;
        kill->handled++;
        break;
    case KILLED_DIED:
        kill->died++;
        break;
    }
    return true;
}

/* What is in the file ------------------------------------------------------------------------ */

static void kill_on_row(void *arg, const struct row *row)
{
    struct kill *kill = arg;
    uint32_t number;
    assert_int_equal(row->message.envelope.len, sizeof(number));
    memcpy(&number, row->message.envelope.ptr, sizeof(number));
    assert_in_range(number, 1, NUMBERS_MAX - 1);
    if (kill->numbers[number].is_row)
        fail_msg("%u is in the file twice", number);
    kill->numbers[number].is_row = true;
    kill->numbers[number].is_accepted = true;
}

/* Reads the file beside whoever has it. False: there is none yet. */
static bool kill_look(struct kill *kill)
{
    struct mailbox_file *file = NULL;
    for (uint32_t i = 0; i < NUMBERS_MAX; i++)
        kill->numbers[i].is_row = false;
    int r = mailbox_file_open(kill->path, false, &file);
    if (r == ACTR_ENOTFOUND)
        return false;
    if (r < 0)
        fail_msg("%s", actr_errmsg());
    r = mailbox_file_list(file, 0, LIST_MAX, kill_on_row, kill);
    if (r < 0)
        fail_msg("%s", actr_errmsg());
    mailbox_file_close(file);
    return true;
}

static unsigned kill_letters(const struct kill *kill)
{
    struct mailbox_file *file = NULL;
    struct dlq_stats stats;
    assert_int_equal(mailbox_file_open(kill->path, false, &file), 0);
    assert_int_equal(dlq_get_stats(mailbox_file_database(file), &stats, NULL, NULL), 0);
    mailbox_file_close(file);
    return (unsigned)stats.total;
}

/* After a life: whatever was accepted is in the file, or was handled. */
static void kill_judge(struct kill *kill)
{
    bool is_there = kill_look(kill);
    kill->accepted = 0;
    for (uint32_t i = 1; i < kill->next; i++) {
        struct number *number = &kill->numbers[i];
        kill->accepted += number->is_accepted;
        if (number->is_accepted && (!is_there || !number->is_row) && number->handled == 0)
            fail_msg("%u was accepted and is lost", i);
        if (number->is_row && number->is_done)
            fail_msg("%u was done and is back", i);
        number->is_done = number->handled > 0 && !number->is_row;
    }
}

/* Lives -------------------------------------------------------------------------------------- */

/* The moment is counted in what the process tells; before it tells anything, in turns of the
 * scheduler. */
static void kill_once(struct kill *self, uint64_t random)
{
    unsigned records = (unsigned)(random >> 8) % RECORDS_MAX;
    unsigned turns = (unsigned)(random >> 32) % 64;
    bool is_early = random % 5 == 0, looks = random % 2;
    int status = 0;
    kill_start(self, self->next);
    for (unsigned i = 0; is_early && i < turns; i++)
        sched_yield();
    for (unsigned i = 0; !is_early && i < records; i++)
        assert_true(kill_hear(self));
    if (looks)
        kill_look(self);
    assert_int_equal(kill(self->pid, SIGKILL), 0);
    while (kill_hear(self)) {
    }
    close(self->pipe);
    assert_int_equal(waitpid(self->pid, &status, 0), self->pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    kill_judge(self);
}

static void kill_finish(struct kill *kill)
{
    int status = 0;
    kill_start(kill, 0);
    while (kill_hear(kill)) {
    }
    close(kill->pipe);
    assert_int_equal(waitpid(kill->pid, &status, 0), kill->pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    kill_judge(kill);
    for (uint32_t i = 1; i < kill->next; i++) {
        if (kill->numbers[i].is_accepted && kill->numbers[i].handled == 0)
            fail_msg("%u was accepted and never handled", i);
        assert_false(kill->numbers[i].is_row);
    }
}

static void kill_remove(const struct kill *kill)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock", ".new"};
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s%s", kill->path, endings[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(kill->dir), 0);
}

/* Lives of a process that one message kills, until it ends by itself. */
static unsigned kill_by_message(struct kill *self, unsigned most)
{
    int status = 0;
    snprintf(self->killer, sizeof(self->killer), "%u", self->next + 20);
    snprintf(self->most, sizeof(self->most), "%u", most);
    kill_start(self, self->next);
    do {
        while (kill_hear(self)) {
        }
        close(self->pipe);
        assert_int_equal(waitpid(self->pid, &status, 0), self->pid);
        if (WIFSIGNALED(status)) {
            assert_in_range(self->died, 1, most);
            kill_start(self, 0);
        }
    } while (WIFSIGNALED(status));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return self->died;
}

TEST(a_message_kills_its_process_so_many_times_and_no_more)
{
    struct kill *kill = calloc(1, sizeof(*kill));
    assert_non_null(kill);
    kill->next = 1;
    snprintf(kill->dir, sizeof(kill->dir), "/tmp/actr-kill-XXXXXX");
    assert_non_null(mkdtemp(kill->dir));
    snprintf(kill->path, sizeof(kill->path), "%s/mailbox.db", kill->dir);
    for (unsigned most = 3; most <= 5; most++) {
        kill->died = 0;
        assert_int_equal(kill_by_message(kill, most), most);
        kill_look(kill);
        for (uint32_t i = 1; i < kill->next; i++) /* the others were not blamed */
            assert_false(kill->numbers[i].is_row);
        assert_int_equal(kill_letters(kill), most - 2);
    }
    kill_remove(kill);
    free(kill);
}

TEST(a_process_that_is_killed_loses_nothing_that_it_accepted)
{
    struct kill *kill = calloc(1, sizeof(*kill));
    const char *effort = getenv("ACTR_CRASH");
    unsigned rounds = ROUNDS * (effort ? (unsigned)strtoul(effort, NULL, 10) : 1);
    uint64_t state = harness_seed();
    assert_non_null(kill);
    kill->next = 1;
    snprintf(kill->dir, sizeof(kill->dir), "/tmp/actr-kill-XXXXXX");
    assert_non_null(mkdtemp(kill->dir));
    snprintf(kill->path, sizeof(kill->path), "%s/mailbox.db", kill->dir);
    for (unsigned i = 0; i < rounds; i++)
        kill_once(kill, harness_random(&state));
    kill_finish(kill);
    print_message("%u rounds, %u pushed, %u accepted, %u times handled\n", rounds, kill->next - 1,
                  kill->accepted, kill->handled);
    assert_true(kill->accepted > rounds);
    kill_remove(kill);
    free(kill);
}
