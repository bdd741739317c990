// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What simulated nodes say to each other: an actor that answers in every way there is, and calls
 * that are followed to their end.
 *
 * Every message has a serial number, from which its bytes follow, so that an answer can be told to
 * belong to its question and a handler that runs twice for one message is found out. Broken
 * promises fail the test where they happen. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/actr.h>

#include "base/list.h"
#include "sim_world.h"

#define SIM_TYPE "sim:echo:1.0.0"
#define SIM_CALLS_MAX 2048

enum sim_route {
    SIM_ECHO,  /* answers at once */
    SIM_LATER, /* keeps the reply and answers after delay_us */
    SIM_FAIL,  /* fails with ACTR_EINVALID */
    SIM_NOTE,  /* a tell */
};

struct sim_traffic;

struct sim_call {
    enum sim_route route;
    uint32_t len; /* bytes of the payload */
    uint32_t timeout_ms;
    uint64_t delay_us; /* SIM_LATER */
    struct sim_traffic *traffic;
    struct sim_node *from;
    uint64_t number; /* for actr_call_cancel() */
    uint64_t begun_us, ended_us;
    unsigned executions, ends;
    bool was_taken; /* actr_call() said 0 */
    int code;       /* the end */
    int64_t retry_after_ms;
};

struct sim_traffic {
    struct sim_world *world;
    struct sim_call calls[SIM_CALLS_MAX]; /* by serial number */
    uint32_t count;
    unsigned pending, answered, failed; /* calls */
    uint32_t last_executed;             /* serial number */
    uint32_t last_ended;
    bool is_ordered;  /* handlers and answers must come in the order of the calls */
    struct list kept; /* replies that wait for their time */
    unsigned kept_count;
    int start_code; /* what on_start returns */
};

void sim_traffic_init(struct sim_traffic *traffic, struct sim_world *world);
/* Every call must have ended; replies that are kept still are given up. */
void sim_traffic_deinit(struct sim_traffic *traffic);

/* The actor; its handlers run on the loop. */
struct actr_workload *sim_traffic_workload(struct sim_traffic *traffic);

/* Sends one message; route, len, timeout_ms and delay_us are taken from `call`. Returns the serial
 * number. */
uint32_t sim_traffic_send(struct sim_traffic *traffic, struct sim_node *from,
                          const struct actr_id *to, const struct sim_call *call);

/* Answers now what SIM_LATER has kept, in the order of the requests. */
void sim_traffic_answer(struct sim_traffic *traffic);

/* No call is under way: for sim_run_until(). */
bool sim_traffic_is_quiet(void *traffic);
