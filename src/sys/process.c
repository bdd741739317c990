// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A child process by posix_spawn(), which is safe where other threads run, and a pidfd.
 *
 * The number of a process and of its group stay good until it is reaped, so who kills and who reaps
 * take turns by the lock. The group is killed before the reaping, when its leader's end is known:
 * nothing of it is left when that returns, but what has left the group.
 *
 * process_reap() blocks until the end: never on the loop. */
#include "sys/process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"

void process_init(struct process *process)
{
    *process = (struct process){._fd = -1};
    lock_init(&process->_lock);
}

void process_deinit(struct process *process)
{
    assert(process->_pid == 0);
    lock_deinit(&process->_lock);
}

static int process_begin(pid_t *ret_pid, const char *const *argv, const int *keep,
                         size_t keep_count)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int error = posix_spawn_file_actions_init(&actions);
    if (error)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF);
    (void)posix_spawnattr_setpgroup(&attributes, 0);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setsigdefault(&attributes, &all);
    error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    for (size_t i = 0; !error && i < keep_count; i++) /* onto itself: stays open */
        error = posix_spawn_file_actions_adddup2(&actions, keep[i], keep[i]);
    if (!error)
        error = posix_spawn(ret_pid, argv[0], &actions, &attributes, (char *const *)(uintptr_t)argv,
                            environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int process_spawn(struct process *process, const char *const *argv, const int *keep,
                  size_t keep_count)
{
    pid_t pid = 0;
    assert(process->_pid == 0);
    int error = process_begin(&pid, argv, keep, keep_count);
    if (error)
        return err_origin(ACTR_EIO, "%s: cannot be run: %s", argv[0], strerror(error));
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0) {
        error = errno;
        kill(-pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return err_origin(ACTR_EIO, "%s: cannot be watched: %s", argv[0], strerror(error));
    }
    lock_take(&process->_lock);
    process->_pid = pid;
    process->_fd = fd;
    lock_give(&process->_lock);
    return 0;
}

void process_kill(struct process *process)
{
    lock_take(&process->_lock);
    if (process->_pid > 0)
        kill(-process->_pid, SIGKILL);
    lock_give(&process->_lock);
}

struct process_end process_reap(struct process *process)
{
    struct process_end end = {0};
    struct pollfd ended = {.fd = process->_fd, .events = POLLIN};
    siginfo_t info = {0};
    int r;
    while (poll(&ended, 1, -1) < 0 && errno == EINTR)
        ;
    lock_take(&process->_lock);
    kill(-process->_pid, SIGKILL);
    do
        r = waitid(P_PID, (id_t)process->_pid, &info, WEXITED);
    while (r < 0 && errno == EINTR);
    close(process->_fd);
    process->_fd = -1;
    process->_pid = 0;
    lock_give(&process->_lock);
    if (r == 0) {
        end.is_known = true;
        end.is_signal = info.si_code != CLD_EXITED;
        end.number = info.si_status;
    }
    return end;
}

const char *process_end_text(const struct process_end *end, char buf[PROCESS_END_SIZE])
{
    const char *name = end->is_signal ? sigabbrev_np(end->number) : NULL;
    if (!end->is_known)
        snprintf(buf, PROCESS_END_SIZE, "ended; its status was taken by other code");
    else if (end->is_signal)
        snprintf(buf, PROCESS_END_SIZE, "was killed by signal %d (SIG%s)", end->number,
                 name ? name : "?");
    else
        snprintf(buf, PROCESS_END_SIZE, "exited with status %d", end->number);
    return buf;
}
