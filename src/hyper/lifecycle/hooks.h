// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Hooks of a node: what happens in its parts, brought to the queues of those who are told: its
 * actor, and the observers of the program. See <actr/hook.h>.
 *
 * Everything raised here is only noted; it is told later, in each listener's own turn. The
 * observers' turn is on the loop and is nobody else's. Loop thread, but for observers_add(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/hook.h>

#include "hyper/wire/webrtc/coordinator.h"
#include "hyper/wire/websocket/watch.h"
#include "hyper/workload/context.h"
#include "hyper/workload/executor.h"
#include "hyper/workload/hook_queue.h"
#include "mailbox/gauge.h"

struct actr_node;

#define HOOKS_OBSERVERS_MAX 16

struct hooks_observer {
    struct actr_observer options;
    void *arg;
    bool is_started; /* its START succeeded, and its STOP is to come */
};

struct hooks {
    struct actr_node *node;
    struct hook_queue actor, program; /* the workload's, the observers' */
    struct executor executor;         /* the observers' turn: on the loop */
    struct context_env env;
    struct hooks_observer observers[HOOKS_OBSERVERS_MAX];
    size_t observer_count;
    bool is_actor_started;
    struct ws_watch watch; /* for the WebSocket wires */
    struct mailbox_gauge gauge;
    bool is_signaling_up;
    void (*_on_closed)(struct actr_node *node);
};

/* When the node is opened; its loop and log are there. */
void hooks_init(struct hooks *hooks, struct actr_node *node);
/* When its workload is what it is. */
void hooks_seal(struct hooks *hooks);
/* Nothing may be in a turn. */
void hooks_deinit(struct hooks *hooks);

/* The start begins; on_start has succeeded. */
void hooks_hold(struct hooks *hooks);
void hooks_open(struct hooks *hooks);
/* on_stop is next: nothing more is taken; fn, not inside, when what waits has been told. */
void hooks_close(struct hooks *hooks, void (*fn)(struct actr_node *node));
/* Nothing more is taken or told; fn of hooks_close() does not run. */
void hooks_cut(struct hooks *hooks);

/* Somebody is to be told of these. Any thread, once the hooks are sealed. */
bool hooks_wants(const struct hooks *hooks, enum actr_hook hook);

/* What is raised. Texts are copied. */
void hooks_on_signaling(struct hooks *hooks, enum actr_hook hook, uint32_t attempt, int code,
                        const char *message);
/* This node has a credential, the first or another one, of this or another identity. */
void hooks_on_credential(struct hooks *hooks, enum actr_hook hook, uint64_t expires_at_s);
/* A WebRTC session has come so far. */
void hooks_on_webrtc(struct hooks *hooks, const struct coordinator_news *news);
/* The actor is whole again; the observers hear READY once more. */
void hooks_on_restarted(struct hooks *hooks);
/* `context`: what it was about, "" or "key=value". */
void hooks_on_error(struct hooks *hooks, enum actr_error_category category, int code,
                    const char *message, const char *context);

/* Runs a lifecycle event through the observers that want it and are in the state for it; the error
 * of START, see actr_observe_fn, with err text. In their turn. */
int hooks_observe_lifecycle(struct hooks *hooks, enum actr_hook hook);
bool hooks_anyone_started(const struct hooks *hooks);
