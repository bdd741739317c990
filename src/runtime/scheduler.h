// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Scheduler: which of an actor's waiting messages may start now.
 *
 *  - One key: in the order of arrival, one at a time.
 *  - Different keys: up to `budget` at once; keys that can start take turns, and a message without
 *    conflicts (CONFLICT_KEY_FREE) is a key of its own.
 *  - A barrier starts when nothing runs and nothing that came before it waits, runs alone, and
 *    nothing that came after it starts before it has finished.
 *
 * So no key waits for another for ever, and a budget of 1 without free messages is serial. What was
 * submitted takes its turn: one that nobody wants any more is told so when it starts. Every
 * operation takes constant time. Pure: no thread, no clock; no memory but what scheduler_new()
 * takes; jobs are embedded in what they run. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/list.h"
#include "runtime/conflict_key.h"

/* Defaults of the existing system. */
#define SCHEDULER_BUDGET 8
#define SCHEDULER_CAPACITY 256

struct scheduler_job {
    struct conflict_key key; /* set by the caller before scheduler_submit() */
    struct list _link;
    struct list _behind; /* of the head of a key: the others; of a barrier: what may start after */
    struct hash_node _node;
    uint64_t _hash, _epoch;
    uint8_t _state;
};

struct scheduler;

/* budget: jobs that run at once, 1 or more; capacity: jobs that wait or run, budget or more.
 * ACTR_EINVALID, ACTR_ENOMEM. */
int scheduler_new(uint32_t budget, uint32_t capacity, const struct hash_key *hash,
                  struct scheduler **ret_scheduler) __attribute__((warn_unused_result));
/* Nothing may wait or run. NULL is fine; returns NULL. */
struct scheduler *scheduler_free(struct scheduler *scheduler);

/* False: at capacity; submit when a job has finished. */
bool scheduler_has_room(const struct scheduler *scheduler);
/* There must be room. The job, and the bytes its key borrows, are the scheduler's until
 * scheduler_finish(). */
void scheduler_submit(struct scheduler *scheduler, struct scheduler_job *job);
/* The next job that may start, which now runs; NULL when none may. Call until NULL after every
 * submit and finish. */
struct scheduler_job *scheduler_next(struct scheduler *scheduler);
/* A job from scheduler_next() has ended. */
void scheduler_finish(struct scheduler *scheduler, struct scheduler_job *job);

uint32_t scheduler_running(const struct scheduler *scheduler);
