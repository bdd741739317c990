// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Hooks of a node: each source makes its event and gives it to both queues; each listener filters
 * what it wants.
 *
 * An actor's hooks run in the actor's turn; the observers have an executor of their own without
 * workers, so that their turn is the loop's next free moment and a busy actor does not delay it.
 * Loop thread. */
#include "hyper/lifecycle/hooks.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "hyper/lifecycle/node.h"
#include "hyper/wire/wire.h"
#include "hyper/workload/panic.h"
#include "hyper/workload/workload.h"

#define HOOKS_BACKPRESSURE_COUNT 1024

static void hooks_push(struct hooks *hooks, const struct actr_hook_event *event)
{
    hook_queue_push(&hooks->actor, event);
    hook_queue_push(&hooks->program, event);
}

bool hooks_wants(const struct hooks *hooks, enum actr_hook hook)
{
    return (hooks->actor.options.hooks | hooks->program.options.hooks) & 1u << hook;
}

/* Sources ------------------------------------------------------------------------------------ */

void hooks_on_signaling(struct hooks *hooks, enum actr_hook hook, uint32_t attempt, int code,
                        const char *message)
{
    struct actr_signaling_event signaling = {
        .size = sizeof(signaling), .attempt = attempt, .code = code, .message = message};
    struct actr_hook_event event = {.hook = hook, .signaling = &signaling};
    if (hook == ACTR_HOOK_SIGNALING_DISCONNECTED && !hooks->is_signaling_up)
        return;
    if (hook != ACTR_HOOK_SIGNALING_CONNECTING)
        hooks->is_signaling_up = hook == ACTR_HOOK_SIGNALING_CONNECTED;
    hooks_push(hooks, &event);
}

void hooks_on_credential(struct hooks *hooks, enum actr_hook hook, uint64_t expires_at_s)
{
    struct actr_credential_event credential = {.size = sizeof(credential),
                                               .expires_at_s = expires_at_s};
    struct actr_hook_event event = {.hook = hook, .credential = &credential};
    hooks_push(hooks, &event);
}

void hooks_on_error(struct hooks *hooks, enum actr_error_category category, int code,
                    const char *message, const char *context)
{
    struct actr_error_event error = {.size = sizeof(error),
                                     .code = code,
                                     .category = category,
                                     .message = message,
                                     .context = context,
                                     .time_ms = loop_wall_ms(hooks->node->loop)};
    struct actr_hook_event event = {.hook = ACTR_HOOK_ERROR, .error = &error};
    hooks_push(hooks, &event);
}

void hooks_on_restarted(struct hooks *hooks)
{
    const struct actr_hook_event event = {.hook = ACTR_HOOK_READY};
    hook_queue_push(&hooks->program, &event); /* the actor's own on_ready has run */
}

static void hooks_on_wire(struct hooks *hooks, enum actr_hook hook, const struct wire *wire,
                          int code, const char *message)
{
    struct actr_peer_event peer = {
        .size = sizeof(peer),
        .peer = wire->peer,
        .connection = wire->session,
        .inbound = wire->role == WIRE_ACCEPTED,
        .status = ACTR_PEER_NO_STATUS,
        .code = code,
        .message = message,
    };
    struct actr_hook_event event = {.hook = hook, .peer = &peer};
    hooks_push(hooks, &event);
}

static void hooks_on_connecting(void *owner, const struct wire *wire)
{
    hooks_on_wire(owner, ACTR_HOOK_WEBSOCKET_CONNECTING, wire, 0, "");
}

static void hooks_on_connected(void *owner, const struct wire *wire)
{
    hooks_on_wire(owner, ACTR_HOOK_WEBSOCKET_CONNECTED, wire, 0, "");
}

static void hooks_on_disconnected(void *owner, const struct wire *wire, int code,
                                  const char *detail)
{
    hooks_on_wire(owner, ACTR_HOOK_WEBSOCKET_DISCONNECTED, wire, code, detail);
}

void hooks_on_webrtc(struct hooks *hooks, const struct coordinator_news *news)
{
    static const struct {
        enum actr_hook hook;
        enum actr_peer_status status;
    } steps[] = {
        [COORDINATOR_CONNECTING] = {ACTR_HOOK_WEBRTC_CONNECTING, ACTR_PEER_CONNECTING},
        [COORDINATOR_CONNECTED] = {ACTR_HOOK_WEBRTC_CONNECTED, ACTR_PEER_CONNECTED},
        [COORDINATOR_RECOVERING] = {ACTR_HOOK_WEBRTC_DISCONNECTED, ACTR_PEER_RECOVERING},
        [COORDINATOR_DISCONNECTED] = {ACTR_HOOK_WEBRTC_DISCONNECTED, ACTR_PEER_IDLE},
    };
    struct actr_peer_event peer = {
        .size = sizeof(peer),
        .peer = *news->peer,
        .connection = news->session,
        .inbound = news->is_inbound,
        .has_relayed = news->step == COORDINATOR_CONNECTED,
        .relayed = news->is_relayed,
        .status = steps[news->step].status,
        .code = news->code,
        .message = news->detail,
    };
    struct actr_hook_event event = {.hook = steps[news->step].hook, .peer = &peer};
    hooks_push(hooks, &event);
}

static void hooks_on_backpressure(void *owner, uint32_t count)
{
    struct hooks *hooks = owner;
    struct actr_backpressure_event backpressure = {
        .size = sizeof(backpressure), .queue_len = count, .threshold = hooks->gauge.threshold};
    struct actr_hook_event event = {.hook = ACTR_HOOK_MAILBOX_BACKPRESSURE,
                                    .backpressure = &backpressure};
    hooks_push(hooks, &event);
}

/* Listeners ---------------------------------------------------------------------------------- */

static int hooks_tell_actor(void *owner, const struct actr_hook_event *event, struct actr_ctx *ctx)
{
    const struct hooks *hooks = owner;
    struct workload *workload = hooks->node->workload;
    return workload->ops->hook(workload, event, ctx);
}

static bool hooks_observer_wants(const struct hooks_observer *observer, enum actr_hook hook)
{
    return observer->options.hooks & 1u << hook;
}

/* One observer, one event. */
struct hooks_question {
    const struct hooks_observer *observer;
    struct actr_node *node;
    const struct actr_hook_event *event;
    int answer;
};

static void hooks_ask_guarded(void *arg)
{
    struct hooks_question *question = arg;
    err_origin(0, "%s", "");
    question->answer = question->observer->options.observe(question->observer->arg, question->node,
                                                           question->event);
}

/* The observer's error, with err text; a panic is one. */
static int hooks_ask(const struct hooks *hooks, const struct hooks_observer *observer,
                     const struct actr_hook_event *event)
{
    struct hooks_question question = {observer, hooks->node, event, 0};
    struct panic_scope scope;
    if (!panic_run(&scope, NULL, hooks_ask_guarded, &question))
        return err_origin(ACTR_EINTERNAL, "observer panicked: %s", scope.text);
    return question.answer < 0 ? question.answer : 0;
}

static int hooks_tell_program(void *owner, const struct actr_hook_event *event,
                              struct actr_ctx *ctx)
{
    const struct hooks *hooks = owner;
    (void)ctx;
    for (size_t i = 0; i < hooks->observer_count; i++) {
        const struct hooks_observer *observer = &hooks->observers[i];
        if (!hooks_observer_wants(observer, event->hook))
            continue;
        int r = hooks_ask(hooks, observer, event);
        if (r < 0)
            log_warn(&hooks->node->log, "observer.failed", "hook=%d code=%s %s", (int)event->hook,
                     actr_errname(r), actr_errmsg());
    }
    return 0;
}

/* Is it this observer's to hear of this step? START: all; READY and STOP: those that started. */
static bool hooks_observer_is_due(struct hooks_observer *observer, enum actr_hook hook)
{
    bool is_due = hook == ACTR_HOOK_START || observer->is_started;
    if (hook == ACTR_HOOK_STOP)
        observer->is_started = false;
    return is_due;
}

int hooks_observe_lifecycle(struct hooks *hooks, enum actr_hook hook)
{
    struct actr_hook_event event = {.size = sizeof(event), .hook = hook};
    char text[ERR_TEXT_MAX] = "";
    int code = 0;
    for (size_t i = 0; i < hooks->observer_count; i++) {
        struct hooks_observer *observer = &hooks->observers[i];
        if (!hooks_observer_is_due(observer, hook))
            continue;
        int r = hooks_observer_wants(observer, hook) ? hooks_ask(hooks, observer, &event) : 0;
        if (hook == ACTR_HOOK_START)
            observer->is_started = r == 0;
        if (r < 0)
            code = node_join_errors(code, text, r, actr_errmsg());
    }
    return code < 0 ? err_origin(code, "%s", text) : 0;
}

bool hooks_anyone_started(const struct hooks *hooks)
{
    bool anyone = hooks->is_actor_started;
    for (size_t i = 0; i < hooks->observer_count; i++)
        anyone = anyone || hooks->observers[i].is_started;
    return anyone;
}

int actr_node_observe(struct actr_node *node, const struct actr_observer *observer, void *arg)
{
    struct hooks *hooks = &node->hooks;
    struct hooks_observer *added = &hooks->observers[hooks->observer_count];
    if (node->is_sealed)
        return err_origin(ACTR_ESTATE, "observer: the node was started already");
    if (!observer || observer->size < offsetof(struct actr_observer, hooks) || !observer->observe)
        return err_origin(ACTR_EINVALID, "observer: nothing to call");
    if (hooks->observer_count == HOOKS_OBSERVERS_MAX)
        return err_origin(ACTR_EUNAVAILABLE, "observer: the node has %d already",
                          HOOKS_OBSERVERS_MAX);
    *added = (struct hooks_observer){.arg = arg};
    memcpy(&added->options, observer,
           observer->size < sizeof(*observer) ? observer->size : sizeof(*observer));
    if (added->options.hooks == 0)
        added->options.hooks = UINT32_MAX;
    hooks->observer_count++;
    return 0;
}

/* Life --------------------------------------------------------------------------------------- */

void hooks_init(struct hooks *hooks, struct actr_node *node)
{
    hooks->node = node;
    executor_init(&hooks->executor, node->loop, NULL);
    hooks->env = node->host_env;
    hooks->env.executor = &hooks->executor;
    hooks->watch = (struct ws_watch){.on_connecting = hooks_on_connecting,
                                     .on_connected = hooks_on_connected,
                                     .on_disconnected = hooks_on_disconnected,
                                     .owner = hooks};
    uint32_t threshold = node->options.backpressure_count;
    hooks->gauge =
        (struct mailbox_gauge){.threshold = threshold ? threshold : HOOKS_BACKPRESSURE_COUNT,
                               .on_reached = hooks_on_backpressure,
                               .owner = hooks};
}

void hooks_seal(struct hooks *hooks)
{
    const struct workload *workload = hooks->node->workload;
    struct hook_queue_options actor = {
        .env = &hooks->node->env,
        .listener = "actor",
        .hooks = workload->hooks,
        .never_blocks = workload->never_blocks,
        .tell = hooks_tell_actor,
        .owner = hooks,
    };
    struct hook_queue_options program = {
        .env = &hooks->env,
        .listener = "observers",
        .never_blocks = true,
        .tell = hooks_tell_program,
        .owner = hooks,
    };
    for (size_t i = 0; i < hooks->observer_count; i++)
        program.hooks |= hooks->observers[i].options.hooks;
    hook_queue_init(&hooks->actor, &actor);
    hook_queue_init(&hooks->program, &program);
}

void hooks_deinit(struct hooks *hooks)
{
    if (!hooks->node)
        return;
    hook_queue_deinit(&hooks->actor);
    hook_queue_deinit(&hooks->program);
    executor_deinit(&hooks->executor);
}

void hooks_hold(struct hooks *hooks)
{
    hooks->is_signaling_up = false;
    hooks->gauge.is_reached = false;
    hook_queue_hold(&hooks->actor);
    hook_queue_hold(&hooks->program);
}

void hooks_open(struct hooks *hooks)
{
    hook_queue_open(&hooks->actor);
    hook_queue_open(&hooks->program);
}

static void hooks_on_program_closed(void *arg)
{
    struct hooks *hooks = arg;
    hooks->_on_closed(hooks->node);
}

static void hooks_on_actor_closed(void *arg)
{
    struct hooks *hooks = arg;
    hook_queue_close(&hooks->program, hooks_on_program_closed, hooks);
}

void hooks_close(struct hooks *hooks, void (*fn)(struct actr_node *node))
{
    hooks->_on_closed = fn;
    hook_queue_close(&hooks->actor, hooks_on_actor_closed, hooks);
}

void hooks_cut(struct hooks *hooks)
{
    hook_queue_cut(&hooks->actor);
    hook_queue_cut(&hooks->program);
}
