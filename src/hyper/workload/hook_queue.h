// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Hook queue: what one listener (an actor, or the observers of a node) is told of, one observation
 * at a time, in the listener's turn, in the order of hook_queue_push().
 *
 * Held until on_start has returned, closed before on_stop. HOOK_QUEUE_MAX events wait; what full
 * means: an event that replaces one of its kind (backpressure, credential, a further attempt to
 * connect) is merged into the one that waits; a connection of which nothing has been told yet and
 * that is over is left out altogether; anything else is dropped. A connection whose CONNECTING was
 * taken is a line: its CONNECTED and its DISCONNECTED always find room (so at most two more for
 * each of HOOK_QUEUE_LINES_MAX lines wait), and for that of the latter there is memory as well. A
 * path that is lost meanwhile (ACTR_PEER_RECOVERING) is dropped when full, with its return.
 * What is lost is counted, and said in the log when there is room again. Signaling is line 0.
 *
 * Loop thread; the listener hears on whatever thread has its turn. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/hook.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/list.h"
#include "hyper/workload/context.h"
#include "hyper/workload/executor.h"
#include "sys/loop.h"

#define HOOK_QUEUE_MAX 256
#define HOOK_QUEUE_LINES_MAX 16384

struct hook_entry;

struct hook_queue_options {
    const struct context_env *env; /* the listener: its executor, loop, log */
    const char *listener;          /* for the log */
    uint32_t hooks;                /* 1u << ACTR_HOOK_… that it wants */
    bool never_blocks;
    /* In the turn. Its error (ACTR_E…, with err text) is logged. */
    int (*tell)(void *owner, const struct actr_hook_event *event, struct actr_ctx *ctx);
    void *owner;
};

enum hook_queue_state {
    HOOK_QUEUE_CLOSED,  /* takes nothing; nothing waits */
    HOOK_QUEUE_HELD,    /* takes, and tells nothing */
    HOOK_QUEUE_OPEN,    /* takes and tells */
    HOOK_QUEUE_CLOSING, /* takes nothing, and tells what waits */
};

struct hook_queue {
    struct hook_queue_options options;
    enum hook_queue_state state;
    struct list _waiting;
    uint32_t count;           /* waiting */
    struct hash_table _lines; /* by connection */
    struct hook_entry *_told; /* the one that is in the turn */
    struct executor_job _job;
    struct actr_ctx _ctx;
    int _code;
    char _text[ERR_TEXT_MAX];
    uint64_t dropped, merged;             /* since it was made */
    uint64_t _dropped_said, _merged_said; /* in the log */
    bool _was_full;
    struct loop_task _closed;
    void (*_on_closed)(void *arg);
    void *_closed_arg;
};

/* Closed. */
void hook_queue_init(struct hook_queue *queue, const struct hook_queue_options *options);
/* Nothing may be in the turn. Zeroed is fine. */
void hook_queue_deinit(struct hook_queue *queue);

/* Takes an observation; everything is copied, texts cut to fit. Ignored when it is not wanted, or
 * the queue takes nothing. Never tells inside. */
void hook_queue_push(struct hook_queue *queue, const struct actr_hook_event *event);

/* From closed to held, from held to open. */
void hook_queue_hold(struct hook_queue *queue);
void hook_queue_open(struct hook_queue *queue);
/* Calls fn(arg), not inside, when what waits has been told (what is held is dropped) and the queue
 * is closed. */
void hook_queue_close(struct hook_queue *queue, void (*fn)(void *arg), void *arg);
/* Drops what waits and is closed at once; fn of a close does not run. What is in the turn ends by
 * itself. */
void hook_queue_cut(struct hook_queue *queue);
