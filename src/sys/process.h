// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A child process: begun with as little as it needs, seen to its end.
 *
 * It leads a process group of its own; what it forked and left in the group is killed with it.
 * Linux 5.3. The one thread that spawned it, where nothing else is said. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sys/lock.h"

struct process {
    struct lock _lock;
    pid_t _pid; /* 0: none */
    int _fd;
};

/* How one ended. */
struct process_end {
    bool is_known; /* false: some other part of this process has reaped it */
    bool is_signal;
    int number; /* of the signal, or the exit status */
};
#define PROCESS_END_SIZE 64

void process_init(struct process *process);
/* It must have ended. */
void process_deinit(struct process *process);

/* Runs argv[0], a path, with this environment, /dev/null as standard input, no signal blocked or
 * ignored, and of the descriptors those of keep beside standard output and error (others that are
 * not close-on-exec it closes itself). ACTR_EIO, with a text that names the program. */
int process_spawn(struct process *process, const char *const *argv, const int *keep,
                  size_t keep_count) __attribute__((warn_unused_result));

/* For poll(): readable once it has ended; -1: there is none. */
static inline int process_fd(const struct process *process)
{
    return process->_fd;
}

/* Any thread: kills it and its group. Harmless when it has ended. */
void process_kill(struct process *process);

/* Waits for its end, kills what is left of its group, and reaps it. */
struct process_end process_reap(struct process *process);

/* "was killed by signal 11 (SIGSEGV)", "exited with status 3". Returns buf. */
const char *process_end_text(const struct process_end *end, char buf[PROCESS_END_SIZE]);
