// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* RPC between two processes: a service in a process of its own, whose handler echoes on its loop,
 * and a node of this one. Calls are made on the node's loop, each from the answer of the one
 * before: no thread is crossed on either side. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process.h"
#include "support.h"

#define CALLS_SIZE 64
#define CALLS_IN_FLIGHT_MAX 64

struct calls {
    struct process server, service;
    uint16_t port; /* of the server */
    struct actr_node *node;
    struct actr_id to;
    struct actr_bytes payload;
    enum actr_payload_type type; /* of calls made from now on */
    size_t count, sent, received, failed;
    double *latencies_us; /* NULL: not wanted */
    double begin_us, end_us;
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
};

/* Starts all of it and makes some calls. False, with a line on standard error; to be closed too. */
bool calls_open(struct calls *calls, enum support_wire wire);
void calls_close(struct calls *calls);
/* Starts another service beside the one there is. */
bool calls_service(const struct calls *calls, enum support_wire wire, struct process *service,
                   struct actr_id *ret_id);

/* Calls are of `size` bytes from now on, not of CALLS_SIZE. */
bool calls_resize(struct calls *calls, size_t size);

/* Makes so many calls, and returns when all are answered. latencies_us (may be NULL) has room for
 * each. */
bool calls_make(struct calls *calls, unsigned in_flight, size_t count, double *latencies_us);

/* A whole measurement: the median of one call at a time; calls a second with CALLS_IN_FLIGHT_MAX in
 * flight. */
bool calls_p50(enum support_wire wire, double *ret_us);
bool calls_rate(enum support_wire wire, double *ret_rate);
