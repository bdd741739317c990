// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The demo's load: calls with many in flight, every one accounted for.
 *
 * Calls go out from the node's loop, each from the answer of the one before; the thread that runs
 * the load waits. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/actr.h>

#define LOAD_TARGETS_MAX 4
#define LOAD_SAMPLES_MAX 200000

struct load {
    struct actr_node *node;
    struct actr_id
        targets[LOAD_TARGETS_MAX]; /* used in turn; one that fails is left out from then on */
    size_t target_count;
    size_t size;          /* payload bytes */
    unsigned in_flight;   /* at once */
    uint64_t calls_max;   /* 0: no limit */
    uint32_t duration_ms; /* 0: no limit */

    /* The outcome. */
    uint64_t started, answered, wrong, failed;
    int first_error; /* of the failed ones, with its text */
    char first_error_text[256];
    double seconds, p50_us, p99_us;

    /* While it runs. */
    pthread_mutex_t lock;
    pthread_cond_t done;
    unsigned running;
    bool is_over;
    uint64_t begin_us, end_us;
    struct actr_bytes payload;
    uint32_t *samples_us;
    size_t sample_count;
};

/* Begins. False, with a line on standard error, when it cannot. */
bool load_start(struct load *load);

/* Waits until every call has ended, and fills in the outcome. */
void load_finish(struct load *load);
