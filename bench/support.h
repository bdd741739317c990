// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What several cases need: a rendezvous server in this process, nodes against it, children in other
 * roles. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/actr.h>

#include "process.h"

#define SUPPORT_TYPE "bench:Echo:1.0.0"
#define SUPPORT_ROUTE "bench.Echo.Echo"
#define SUPPORT_SINK_ROUTE "bench.Echo.Sink" /* answers with nothing */

/* Starts a server in this process, with room for everything that a bench does. NULL, and a line on
 * standard error. */
struct actr_rendezvous *support_rendezvous(void);

/* Starts one in a process of its own, without limits per address and with its state in memory. Its
 * port; 0, and a line on standard error. */
uint16_t support_server(struct process *server);

/* What a node speaks to others: a case measures the wire that it names. */
enum support_wire {
    SUPPORT_WEBSOCKET,
    SUPPORT_WEBRTC,
    SUPPORT_BOTH,
};

/* A started node of this process against the server on `port`; NULL, and a line on standard error.
 * One with a workload, which it consumes, listens for WebSockets if it speaks them; NULL: a client.
 */
struct actr_node *support_node(uint16_t port, enum support_wire wire,
                               struct actr_workload *workload);

/* A client that is being started, on the caller's loop (actr_node_dispatch()); it speaks both. */
struct actr_node *support_foreign_node(uint16_t port, actr_state_fn *on_state, void *arg);

/* Echoes on the loop, as SUPPORT_TYPE. NULL when memory has run out. */
struct actr_workload *support_echo(void);

/* A child in `role` (roles.c) with one argument; returns when it has printed a line, which is left
 * in line. */
bool support_child(struct process *child, const char *role, const char *argument, char *line,
                   size_t line_len);

/* Open descriptors, and threads, of a process. */
unsigned support_descriptors(int pid);
unsigned support_threads(int pid);

/* Resident and anonymous memory of a process, in bytes; 0 when it cannot be read. */
uint64_t support_rss(int pid, uint64_t *ret_anonymous);

/* How often its threads have gone to sleep so far. */
double support_wakeups(int pid);

/* Processor time that a process has used, all threads, in microseconds. */
double support_cpu_us(int pid);
