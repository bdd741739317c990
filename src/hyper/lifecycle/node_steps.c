// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The rungs of a node's ladder: what each does up and down.
 *
 * node_life.c calls them one at a time; each ends with node_step_done(), at once or when its part
 * has reported. The order down is the promise of actr_node_stop(): no new work, handlers finish,
 * answers leave, peers close, unregister. Loop thread. */
#include <stdio.h>

#include "hyper/inbound/inbound_gate.h"
#include "hyper/lifecycle/mailbox_pump.h"
#include "hyper/lifecycle/node.h"
#include "hyper/lifecycle/supervision.h"
#include "hyper/outbound/peer_gate.h"
#include "hyper/signaling/signaling.h"
#include "hyper/transport/peer_transport.h"
#include "hyper/wire/webrtc/coordinator.h"
#include "hyper/wire/websocket/server.h"
#include "hyper/workload/workload.h"
#include "mailbox/mailbox.h"

/* Parts -------------------------------------------------------------------------------------- */

static void parts_up(struct actr_node *node)
{
    int r = wiring_build(node); /* node_on_mailbox_open() */
    if (r < 0)
        node_step_done(node, r, actr_errmsg());
}

void node_on_mailbox_open(struct actr_node *node, int code, const char *detail)
{
    if (code < 0)
        wiring_free(node);
    else
        hooks_hold(&node->hooks);
    node_step_done(node, code, detail);
}

static void parts_on_idle(void *arg)
{
    struct actr_node *node = arg;
    struct executor *executors[] = {&node->executor, &node->host_executor, &node->hooks.executor};
    for (size_t i = 0; i < sizeof(executors) / sizeof(executors[0]); i++) {
        if (executors[i]->queued == 0)
            continue;
        executor_when_idle(executors[i], parts_on_idle, node);
        return;
    }
    mailbox_stop(node->mailbox);
}

void node_on_mailbox_stopped(struct actr_node *node)
{
    if (node->workload->ops->rest)
        node->workload->ops->rest(node->workload);
    wiring_free(node);
    node_step_done(node, 0, "");
}

static void parts_down(struct actr_node *node)
{
    hooks_cut(&node->hooks);
    if (node->life.is_cut)
        node_life_give_up(node); /* a handler may never return; nobody waits for it */
    executor_when_idle(&node->executor, parts_on_idle, node);
}

/* Listen ------------------------------------------------------------------------------------- */

static void listen_set_port(struct actr_node *node, uint16_t port)
{
    lock_take(&node->lock);
    node->ws_port = port;
    lock_give(&node->lock);
}

static void listen_up(struct actr_node *node)
{
    int r = wiring_listen(node);
    if (r == 0 && node->listener)
        listen_set_port(node, ws_server_port(node->listener));
    node_step_done(node, r, r < 0 ? actr_errmsg() : "");
}

static void listen_down(struct actr_node *node)
{
    listen_set_port(node, 0);
    if (!node->listener) { /* the peers took it along */
        node_step_done(node, 0, "");
        return;
    }
    node->closings = 1;
    ws_server_close(node->listener);
}

/* Signaling ---------------------------------------------------------------------------------- */

static void signaling_up(struct actr_node *node)
{
    int r = signaling_start(
        node->signaling, node->ws_address[0] ? node->ws_address : NULL); /* node_on_signaling_…() */
    if (r < 0)
        node_step_done(node, r, actr_errmsg());
}

static void signaling_down(struct actr_node *node)
{
    signaling_stop(node->signaling); /* node_on_signaling_stopped() */
}

void node_on_closing_done(struct actr_node *node)
{
    if (--node->closings == 0)
        node_step_done(node, 0, "");
}

/* Peers -------------------------------------------------------------------------------------- */

static void peers_up(struct actr_node *node)
{
    node->calls.peer_gate = node->peer_gate;
    node_step_done(node, 0, "");
}

static void peers_down(struct actr_node *node)
{
    node->calls.peer_gate = NULL;
    mailbox_pump_detach(node->pump);
    peer_gate_close(node->peer_gate, "this node is stopping");
    if (node->coordinator)
        coordinator_stop(node->coordinator);
    /* No new peers either: an accepted wire needs a transport to go to. */
    node->closings = node->listener ? 2 : 1;
    if (node->listener)
        ws_server_close(node->listener);
    peer_transport_close(node->transport); /* both end in node_on_closing_done() */
}

/* Actor -------------------------------------------------------------------------------------- */

static void actor_on_started(struct actr_node *node, int code, const char *text)
{
    if (code == 0)
        hooks_open(&node->hooks);
    node_step_done(node, code, text);
}

static void actor_up(struct actr_node *node)
{
    supervision_begin(node);
    if (node_run_lifecycle(node, WORKLOAD_START, actor_on_started) < 0)
        node_step_done(node, ACTR_ENOMEM, actr_errmsg());
}

static void actor_on_stopped(struct actr_node *node, int code, const char *text)
{
    if (code < 0)
        log_warn(&node->log, "workload.on_stop", "code=%d %s", code, text);
    if (!node->on_stop_runs)
        return; /* cut off before */
    node->on_stop_runs = false;
    node_step_done(node, 0, "");
}

/* What waited has been told. */
static void actor_stop(struct actr_node *node)
{
    supervision_end(node); /* also where the start ended before NODE_OPEN was up */
    node->hooks_close = false;
    node->on_stop_runs = true;
    if (node->executor.queued > 0) {
        log_warn(&node->log, "workload.on_stop_skipped", "a handler has not returned");
        node->hooks.is_actor_started = false;
    }
    if (node_run_lifecycle(node, WORKLOAD_STOP, actor_on_stopped) < 0) {
        node->on_stop_runs = false;
        log_warn(&node->log, "workload.on_stop_skipped", "%s", actr_errmsg());
        node_step_done(node, 0, "");
    }
}

static void actor_down(struct actr_node *node)
{
    node->hooks_close = true;
    hooks_close(&node->hooks, actor_stop);
}

static void actor_cut(struct actr_node *node)
{
    if (node->hooks_close) {
        hooks_cut(&node->hooks);
        actor_stop(node);
    } else if (node->on_stop_runs) {
        node->on_stop_runs = false;
        kept_replies_fail_all(&node->kept, ACTR_ETIMEDOUT,
                              "the grace time was over before on_stop");
        node_step_done(node, 0, "");
    }
}

/* Open --------------------------------------------------------------------------------------- */

static void open_on_ready(struct actr_node *node, int code, const char *text)
{
    if (code < 0)
        log_warn(&node->log, "workload.on_ready", "code=%d %s", code, text);
    node_step_done(node, 0, "");
}

static void open_up(struct actr_node *node)
{
    flag_set(&node->calls.is_open);
    mailbox_pump_start(node->pump);
    if (node_run_lifecycle(node, WORKLOAD_READY, open_on_ready) < 0)
        open_on_ready(node, ACTR_ENOMEM, actr_errmsg());
}

static void open_drain(void *arg);

/* Each of these waits for one more thing; what came up meanwhile is found by open_drain(). */
static void open_on_kept_empty(void *arg)
{
    open_drain(arg);
}

static void open_on_host_idle(void *arg)
{
    struct actr_node *node = arg;
    kept_replies_when_empty(&node->kept, open_on_kept_empty, node);
}

static void open_on_actor_idle(void *arg)
{
    struct actr_node *node = arg;
    executor_when_idle(&node->host_executor, open_on_host_idle, node);
}

static void open_on_drained(void *arg)
{
    struct actr_node *node = arg;
    executor_when_idle(&node->executor, open_on_actor_idle, node);
}

static void open_finish(struct actr_node *node)
{
    node->is_draining = false;
    calls_fail_local(&node->calls, ACTR_EUNAVAILABLE, "this node is stopping");
    node_step_done(node, 0, "");
}

static void open_drain(void *arg)
{
    struct actr_node *node = arg;
    if (!node->is_draining)
        return; /* cut off before */
    bool is_busy = mailbox_pump_get_stats(node->pump).in_flight > 0 || node->mailbox->count > 0 ||
                   node->executor.queued > 0 || node->host_executor.queued > 0 ||
                   kept_replies_count(&node->kept) > 0;
    if (is_busy)
        mailbox_pump_drain(node->pump, open_on_drained, node);
    else
        open_finish(node);
}

static void open_down(struct actr_node *node)
{
    flag_clear(&node->calls.is_open);
    supervision_end(node);
    inbound_gate_stop(node->inbound);
    node->is_draining = true;
    mailbox_pump_drain(node->pump, open_on_drained, node);
}

static void open_cut(struct actr_node *node)
{
    if (!node->is_draining)
        return;
    mailbox_pump_cut(node->pump, ACTR_EUNAVAILABLE,
                     "the actor is stopping; retry_after_ms=Some(1000)");
    if (node->workload->ops->give_up)
        node->workload->ops->give_up(node->workload);
    kept_replies_fail_all(&node->kept, ACTR_EUNAVAILABLE, "the actor is stopping");
    open_finish(node);
}

const struct node_step node_steps[NODE_RUNG_COUNT] = {
    [NODE_PARTS] = {"parts", parts_up, parts_down, NULL, node_life_give_up},
    [NODE_LISTEN] = {"listen", listen_up, listen_down, NULL, NULL},
    [NODE_SIGNALING] = {"signaling", signaling_up, signaling_down, signaling_down, NULL},
    [NODE_PEERS] = {"peers", peers_up, peers_down, NULL, NULL},
    [NODE_ACTOR] = {"actor", actor_up, actor_down, NULL, actor_cut},
    [NODE_OPEN] = {"open", open_up, open_down, NULL, open_cut},
};
