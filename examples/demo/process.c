// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Child processes of the demo.
 *
 * Each child dies with its parent (PR_SET_PDEATHSIG), so that an interrupted demo leaves nothing
 * behind. Lines are read byte by byte: there are few of them. Blocks; main thread only. */
#include "process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

bool process_start(struct process *process, const char *name, char *const argv[])
{
    int ends[2];
    snprintf(process->name, sizeof(process->name), "%s", name);
    if (pipe(ends) != 0) {
        perror("demo: pipe");
        return false;
    }
    process->pid = fork();
    if (process->pid < 0) {
        perror("demo: fork");
        close(ends[0]);
        close(ends[1]);
        process->pid = 0;
        return false;
    }
    if (process->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execv(argv[0], argv);
        fprintf(stderr, "demo: %s: %s\n", argv[0], strerror(errno));
        _exit(127);
    }
    close(ends[1]);
    process->out = ends[0];
    return true;
}

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool process_line(struct process *process, char *buf, size_t buf_len, int timeout_ms)
{
    long end_ms = now_ms() + timeout_ms;
    const char *why = "said nothing in time";
    size_t len = 0;
    for (;;) {
        struct pollfd waiting = {.fd = process->out, .events = POLLIN};
        long left_ms = end_ms - now_ms();
        char c;
        if (left_ms <= 0 || poll(&waiting, 1, (int)left_ms) <= 0)
            break;
        if (read(process->out, &c, 1) != 1) {
            why = "has ended";
            break;
        }
        if (c == '\n') {
            buf[len] = '\0';
            return true;
        }
        if (len + 1 < buf_len)
            buf[len++] = c;
    }
    fprintf(stderr, "demo: %s %s\n", process->name, why);
    return false;
}

int process_end(struct process *process, int signal_number)
{
    int status = 0;
    if (process->pid == 0)
        return -1;
    kill(process->pid, signal_number);
    if (waitpid(process->pid, &status, 0) != process->pid)
        status = -1;
    close(process->out);
    process->pid = 0;
    if (status == -1)
        return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
