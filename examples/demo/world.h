// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What every demo stands on: a folder of its own, a rendezvous server in a process of its own,
 * configurations, services and clients; and the lines it prints. Blocks; the main thread. */
#pragma once

#include <stdbool.h>

#include <actr/actr.h>

#include "process.h"

struct world {
    const char *actr; /* the command */
    char self[4096];  /* this program */
    char dir[64];     /* configuration and state; "": none */
    struct process rendezvous;
    unsigned port; /* of the rendezvous server; 0: not started yet */
};

/* A folder. False, with a line on standard error, when it cannot; so everywhere. */
bool world_open(struct world *world, const char *actr);
/* On the port it had before, if any. */
bool world_start_rendezvous(struct world *world);
/* DIR/NAME.toml: where the rendezvous server is, and `more`. */
bool world_write_config(const struct world *world, const char *name, const char *more);
/* Starts argv with `-c DIR/service.toml` behind it and waits until it is ready. */
bool world_start_service(struct world *world, struct process *process, const char *name,
                         char *const argv[], struct actr_id *ret_id);
/* Waits for what a started service says when it is ready. */
bool world_await_service(struct process *process, struct actr_id *ret_id);
/* Only starts it. */
bool world_launch_service(struct world *world, struct process *process, const char *name,
                          char *const argv[]);
/* A node by DIR/client.toml; consumes workload (NULL: none). */
bool world_start_client(const struct world *world, struct actr_workload *workload,
                        struct actr_node **ret_node);
/* Ends the rendezvous server and removes the folder. */
void world_close(struct world *world);

void world_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A check of the demo: one that does not hold makes the exit status 1. Returns holds. */
bool world_check(bool holds, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The last line, and the exit status. */
int world_verdict(void);
