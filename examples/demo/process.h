// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Child processes of the demo: started with their standard output on a pipe, ended by signal, never
 * left behind. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct process {
    pid_t pid; /* 0: not running */
    int out;   /* its standard output */
    char name[32];
};

/* Starts argv[0]. False (with a line on standard error) when it cannot. */
bool process_start(struct process *process, const char *name, char *const argv[]);

/* The next line it prints, without the newline. False when it ends or timeout_ms pass before one is
 * whole. */
bool process_line(struct process *process, char *buf, size_t buf_len, int timeout_ms);

/* Sends the signal and waits for the end; -1, or the exit status (128 + signal when it was killed).
 */
int process_end(struct process *process, int signal_number);
