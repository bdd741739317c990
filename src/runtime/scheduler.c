// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Scheduler: see scheduler.h.
 *
 * Barriers cut the arrivals into epochs; `barriers` has those that have not finished, in order. A
 * job belongs to the epoch behind the last of them. Of each key in each epoch one job is the head:
 * it is in `keys`, and it runs or is in its epoch's list of what can start; the others hang behind
 * it. The list of the epoch that runs now is `ready`; that of a later one hangs at the barrier
 * before it and becomes `ready`, whole, when that barrier finishes. Nothing is ever searched for.
 *
 * Invariants: what is in `ready` may start as soon as the budget allows; `ready` empty and nothing
 * running means that the epoch is done. A running barrier is the first of `barriers`.
 *
 * Pure; one thread; never allocates after scheduler_new(), never calls up. */
#include "runtime/scheduler.h"

#include <assert.h>

#include "base/err.h"
#include "base/mem.h"

enum scheduler_state {
    SCHEDULER_IDLE,     /* not submitted, or given back */
    SCHEDULER_READY,    /* in a list of what can start: a free job or the head of a key */
    SCHEDULER_FOLLOWER, /* behind the head of its key */
    SCHEDULER_BARRIER,  /* in `barriers`, waits */
    SCHEDULER_RUNNING
};

struct scheduler {
    struct list ready;    /* scheduler_job._link */
    struct list barriers; /* scheduler_job._link */
    struct hash_table keys;
    struct hash_key hash;
    uint64_t epoch;  /* of `ready` */
    uint64_t epochs; /* the last number given out */
    uint32_t budget, capacity;
    uint32_t waiting, running;
    bool is_alone; /* a barrier runs */
};

/* A key in an epoch. */
struct scheduler_wanted {
    const struct conflict_key *key;
    uint64_t epoch;
};

static struct scheduler_job *scheduler_job_of(struct list *link)
{
    return container_of(link, struct scheduler_job, _link);
}

static bool scheduler_equal(const struct hash_node *node, const void *wanted)
{
    const struct scheduler_job *head =
        container_of((struct hash_node *)(uintptr_t)node, struct scheduler_job, _node);
    const struct scheduler_wanted *w = wanted;
    return head->_epoch == w->epoch && conflict_key_equal(&head->key, w->key);
}

int scheduler_new(uint32_t budget, uint32_t capacity, const struct hash_key *hash,
                  struct scheduler **ret_scheduler)
{
    if (budget == 0 || capacity < budget)
        return err_origin(
            ACTR_EINVALID,
            "scheduler: %u at once of %u in all; at least 1, and no more at once than "
            "in all",
            budget, capacity);
    struct scheduler *scheduler = mem_alloc(sizeof(*scheduler));
    if (!scheduler)
        return err_origin(ACTR_ENOMEM, "scheduler: no memory");
    hash_table_init(&scheduler->keys, scheduler_equal);
    int r = hash_table_reserve(&scheduler->keys, capacity);
    if (r < 0) {
        mem_free(scheduler);
        return r;
    }
    list_init(&scheduler->ready);
    list_init(&scheduler->barriers);
    scheduler->hash = *hash;
    scheduler->budget = budget;
    scheduler->capacity = capacity;
    *ret_scheduler = scheduler;
    return 0;
}

struct scheduler *scheduler_free(struct scheduler *scheduler)
{
    if (!scheduler)
        return NULL;
    assert(scheduler->waiting == 0 && scheduler->running == 0);
    hash_table_deinit(&scheduler->keys);
    mem_free(scheduler);
    return NULL;
}

bool scheduler_has_room(const struct scheduler *scheduler)
{
    return scheduler->waiting + scheduler->running < scheduler->capacity;
}

static uint64_t scheduler_hash(const struct scheduler *scheduler, const struct scheduler_job *job)
{
    return conflict_key_hash(&job->key, &scheduler->hash) ^ (job->_epoch * 0xd6e8feb86659fd93u);
}

/* Becomes the head of its key in its epoch. */
static void scheduler_index(struct scheduler *scheduler, struct scheduler_job *job, uint64_t hash)
{
    job->_hash = hash;
    int r = hash_table_insert(&scheduler->keys, &job->_node, hash);
    assert(r == 0); /* room for `capacity` heads was reserved */
    (void)r;
}

/* Puts a scoped or free job of epoch job->_epoch, whose list is `ready`, behind all others. What
 * hangs behind the job stays behind it. */
static void scheduler_enqueue(struct scheduler *scheduler, struct list *ready,
                              struct scheduler_job *job)
{
    if (job->key.kind == CONFLICT_KEY_SCOPED) {
        struct scheduler_wanted wanted = {&job->key, job->_epoch};
        uint64_t hash = scheduler_hash(scheduler, job);
        struct hash_node *node = hash_table_find(&scheduler->keys, hash, &wanted);
        if (node) {
            struct scheduler_job *head = container_of(node, struct scheduler_job, _node);
            job->_state = SCHEDULER_FOLLOWER;
            list_push(&head->_behind, &job->_link);
            list_append(&head->_behind, &job->_behind);
            return;
        }
        scheduler_index(scheduler, job, hash);
    }
    job->_state = SCHEDULER_READY;
    list_push(ready, &job->_link);
}

void scheduler_submit(struct scheduler *scheduler, struct scheduler_job *job)
{
    assert(scheduler_has_room(scheduler));
    list_init(&job->_link);
    list_init(&job->_behind);
    scheduler->waiting++;
    if (job->key.kind == CONFLICT_KEY_BARRIER) {
        job->_state = SCHEDULER_BARRIER;
        job->_epoch = ++scheduler->epochs;
        list_push(&scheduler->barriers, &job->_link);
        return;
    }
    struct list *ready = &scheduler->ready;
    job->_epoch = scheduler->epoch;
    if (!list_is_empty(&scheduler->barriers)) {
        struct scheduler_job *last = scheduler_job_of(scheduler->barriers.prev);
        ready = &last->_behind;
        job->_epoch = last->_epoch;
    }
    scheduler_enqueue(scheduler, ready, job);
}

static struct scheduler_job *scheduler_start(struct scheduler *scheduler, struct scheduler_job *job)
{
    job->_state = SCHEDULER_RUNNING;
    scheduler->waiting--;
    scheduler->running++;
    return job;
}

struct scheduler_job *scheduler_next(struct scheduler *scheduler)
{
    if (scheduler->is_alone || scheduler->running == scheduler->budget)
        return NULL;
    struct list *link = list_pop(&scheduler->ready);
    if (link)
        return scheduler_start(scheduler, scheduler_job_of(link));
    if (scheduler->running != 0 || list_is_empty(&scheduler->barriers))
        return NULL;
    scheduler->is_alone = true; /* it stays first of `barriers`: its epoch hangs there */
    return scheduler_start(scheduler, scheduler_job_of(scheduler->barriers.next));
}

/* `job` is no longer the head of its key. Returns the next one, which now is, unlinked; NULL when
 * there is none. */
static struct scheduler_job *scheduler_succeed(struct scheduler *scheduler,
                                               struct scheduler_job *job)
{
    hash_table_remove(&scheduler->keys, &job->_node);
    struct list *link = list_pop(&job->_behind);
    if (!link)
        return NULL;
    struct scheduler_job *next = scheduler_job_of(link);
    next->_state = SCHEDULER_READY;
    next->_epoch = job->_epoch;
    list_append(&next->_behind, &job->_behind);
    scheduler_index(scheduler, next, job->_hash);
    return next;
}

void scheduler_finish(struct scheduler *scheduler, struct scheduler_job *job)
{
    assert(job->_state == SCHEDULER_RUNNING);
    job->_state = SCHEDULER_IDLE;
    scheduler->running--;
    if (scheduler->is_alone) {
        scheduler->is_alone = false;
        scheduler->epoch = job->_epoch;
        list_remove(&job->_link);
        list_append(&scheduler->ready, &job->_behind);
    } else if (job->key.kind == CONFLICT_KEY_SCOPED) {
        struct scheduler_job *next = scheduler_succeed(scheduler, job);
        if (next)
            list_push(&scheduler->ready, &next->_link);
    }
}

uint32_t scheduler_running(const struct scheduler *scheduler)
{
    return scheduler->running;
}
