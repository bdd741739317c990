// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The actor of a node, before it starts: from the options of its workload to the way its messages
 * run, and who hears when one does not end.
 *
 * Messages overlap only when a route declares a conflict key, the workload allows more than one at
 * a time, the node has workers (a foreign loop has none) and ACTR_DISPATCH_SERIAL does not say
 * otherwise. The host side is serial. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "hyper/lifecycle/mailbox_pump.h"
#include "hyper/lifecycle/node.h"
#include "hyper/workload/workload.h"

#define ACTOR_STUCK_AFTER_MS 30000
#define ACTOR_KEPT_MAX 1024

static void actor_on_stuck(void *owner, const struct executor_job *job, uint64_t age_us)
{
    struct actr_node *node = owner;
    struct executor_about about = {0};
    char text[ERR_TEXT_MAX];
    node->stuck_count++;
    if (job && job->about)
        job->about(job, &about);
    if (!about.route.ptr)
        about.route = job ? view_text("(a hook or callback)") : view_text("(called in process)");
    snprintf(text, sizeof(text), "route=%.*s age_ms=%llu request_id=%.*s",
             (int)(about.route.len < 300 ? about.route.len : 300), (const char *)about.route.ptr,
             (unsigned long long)(age_us / 1000),
             (int)(about.request_id.len < 64 ? about.request_id.len : 64),
             about.request_id.ptr ? (const char *)about.request_id.ptr : "");
    log_warn(&node->log, "handler.stuck", "%s", text);
    hooks_on_error(&node->hooks, ACTR_ERROR_STUCK, ACTR_ETIMEDOUT, text, "");
}

static void actor_on_room(void *owner)
{
    struct actr_node *node = owner;
    if (node->pump)
        mailbox_pump_on_ready(node->pump);
}

static const struct executor_events actor_events = {.on_stuck = actor_on_stuck,
                                                    .on_room = actor_on_room};

static int actor_init_keyed(struct actr_node *node)
{
    uint32_t budget = node->workload->limits.concurrency;
    struct hash_key key;
    if (budget == 0)
        budget = SCHEDULER_BUDGET;
    if (budget > ACTR_CONCURRENCY_MAX)
        budget = ACTR_CONCURRENCY_MAX;
    if (!node->workload->has_keys || budget == 1 || !node->workers ||
        executor_is_keyed(&node->executor) || node->environment.is_dispatch_serial)
        return 0;
    loop_random(node->loop, &key, sizeof(key));
    return executor_set_keyed(&node->executor, budget, &key);
}

int actor_init(struct actr_node *node)
{
    const struct workload_limits *limits = &node->workload->limits;
    uint32_t stuck_ms = limits->stuck_after_ms ? limits->stuck_after_ms : ACTOR_STUCK_AFTER_MS;
    node->kept.count_max = limits->kept_replies_max ? limits->kept_replies_max : ACTOR_KEPT_MAX;
    node->kept.ttl_us = (uint64_t)limits->kept_reply_ttl_ms * 1000;
    executor_watch(&node->executor, &actor_events, node, (uint64_t)stuck_ms * 1000);
    executor_watch(&node->host_executor, &actor_events, node, (uint64_t)stuck_ms * 1000);
    supervisor_set_budget(&node->supervisor, limits->restarts_max, limits->restart_window_ms);
    return actor_init_keyed(node);
}
