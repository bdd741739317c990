// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Mailbox pump: takes messages out of the mailbox, admits them (dispatch), runs them (invocation),
 * sends the answers and acks. Woken by the mailbox; bounded by how many handlers it waits for and
 * by the room of the executor (replies that handlers keep have their own bound), so that what
 * waits, waits in the mailbox, where priority and quota count. Without memory to carry a message it
 * stays there, and is tried again 100 ms later; one that is taken and cannot be admitted is
 * answered ACTR_EUNAVAILABLE or, when nobody can be told, waits as long, before all others. Loop
 * thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "sys/loop.h"

struct context_env;
struct dispatch;
struct log;
struct mailbox;
struct mailbox_pump;
struct peer_gate;
struct workload;

struct mailbox_pump_options {
    struct loop *loop;
    struct log *log;
    struct mailbox *mailbox; /* these five outlive the pump */
    struct dispatch *dispatch;
    struct peer_gate *gate;
    struct workload *workload;
    const struct context_env *env;
    uint32_t in_flight_max; /* whose handlers have not returned; 0: 64 */
    bool keeps_denied;      /* what the ACL refuses becomes a dead letter */
    /* A request ended with an error of the actor; for hooks. May be NULL. */
    void (*on_handler_error)(void *owner, int code, const char *text);
    void *owner;
};

/* NULL when memory has run out. Does nothing before mailbox_pump_start(). */
struct mailbox_pump *mailbox_pump_new(const struct mailbox_pump_options *options);
/* Nothing may be in flight. */
void mailbox_pump_free(struct mailbox_pump *pump);

void mailbox_pump_start(struct mailbox_pump *pump);

/* mailbox_events.on_ready. */
void mailbox_pump_on_ready(struct mailbox_pump *pump);

/* Calls fn(arg) once the mailbox is empty and nothing is in flight; not inside. */
void mailbox_pump_drain(struct mailbox_pump *pump, void (*fn)(void *arg), void *arg);

/* Everything that has not been answered is answered `code` now: what is queued, and what runs
 * (whose later answer is dropped). No handler starts any more. Of what is queued in a durable
 * mailbox, requests whose caller could be told are done with; the rest stays for the next run:
 * tells, requests of callers that are gone, and what was not in memory. */
void mailbox_pump_cut(struct mailbox_pump *pump, int code, const char *text);

/* The gate is going: answers that come from now on have nowhere to go. */
void mailbox_pump_detach(struct mailbox_pump *pump);

struct mailbox_pump_stats {
    uint64_t requests; /* admitted, tells included */
    uint64_t replies;
    uint64_t expired; /* answered without running: the caller had stopped waiting */
    uint32_t in_flight;
};
struct mailbox_pump_stats mailbox_pump_get_stats(const struct mailbox_pump *pump);
