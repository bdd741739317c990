// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Kept replies: answers that handlers took out, to be given later from anywhere. See
 * <actr/reply.h>.
 *
 * A kept reply has two owners, the program (until it answers) and the node (until it has answered
 * the caller). Who first claims it decides the answer; it is freed when both have let go. The
 * registry of the node bounds their number and answers the ones whose time is up, or all of them
 * when the node stops. Loop thread, but for the public functions. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/reply.h>

#include "base/list.h"
#include "runtime/dispatch.h"
#include "sys/lock.h"
#include "sys/loop.h"

struct actr_ctx;

#define KEPT_REPLIES_TTL_US                                                                        \
    (300 * 1000000ull) /* where neither a deadline nor a ttl_us is given                           \
                        */

typedef void reply_result_fn(void *arg, const struct dispatch_result *result);

struct kept_replies {
    struct loop *loop;
    struct lock lock; /* count */
    uint32_t count, count_max;
    uint64_t ttl_us; /* a kept reply ends then, or at its deadline; 0: only where there is none */
    struct list _adopted; /* struct actr_reply */
    void (*_on_empty)(void *arg);
    void *_empty_arg;
    struct loop_task _empty;
};

void kept_replies_init(struct kept_replies *kept, struct loop *loop, uint32_t count_max);
/* None may be left: kept_replies_fail_all() first. */
void kept_replies_deinit(struct kept_replies *kept);

/* Any thread: how many replies are kept. */
uint32_t kept_replies_count(struct kept_replies *kept);

/* The handler has returned and left `reply` in the slot: from now on the registry watches it.
 * fn(arg) runs exactly once, on the loop, never inside, with the answer or ACTR_ETIMEDOUT at
 * deadline_us (0: none) or when the time to live is over. */
void reply_adopt(struct actr_reply *reply, uint64_t deadline_us, reply_result_fn *fn, void *arg);

/* Instead of reply_adopt(), when the handler has panicked: runs fn(arg) at once, with the answer if
 * there is one already, else with `otherwise`. */
void reply_abandon(struct actr_reply *reply, const struct dispatch_result *otherwise,
                   reply_result_fn *fn, void *arg);

/* Any thread: as actr_reply_fail(), of a message that has not been handled. */
void reply_end(struct actr_reply *reply, enum dispatch_fate fate, int code, const char *message);

/* Calls fn(arg) on the loop once no reply is adopted; once, never inside. */
void kept_replies_when_empty(struct kept_replies *kept, void (*fn)(void *arg), void *arg);

/* Answers every adopted reply with `code` and `text`, and lets go of those that are not answered
 * yet. */
void kept_replies_fail_all(struct kept_replies *kept, int code, const char *text);
