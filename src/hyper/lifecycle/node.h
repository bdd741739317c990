// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The node inside: every part of it, and the ladder it climbs at start and comes down at stop.
 *
 * wiring.c builds and joins the parts, node_steps.c knows what each rung does, node_life.c goes up
 * and down, actr_node.c is the public face. Loop thread, but for what is under `lock` and what
 * calls.h allows. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/node.h>

#include "base/err.h"
#include "base/list.h"
#include "config/environment.h"
#include "config/runtime_config.h"
#include "hyper/lifecycle/calls.h"
#include "hyper/lifecycle/directory.h"
#include "hyper/lifecycle/hooks.h"
#include "hyper/workload/context.h"
#include "hyper/workload/executor.h"
#include "hyper/workload/host_gate.h"
#include "hyper/workload/reply.h"
#include "hyper/workload/supervisor.h"
#include "sys/lock.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/thread.h"
#include "sys/waiter.h"

struct acl;
struct association_factory;
struct coordinator;
struct dispatch;
struct inbound_gate;
struct mailbox;
struct mailbox_pump;
struct net;
struct peer_gate;
struct peer_transport;
struct signaling;
struct workload;
struct ws_dialer;
struct workers;
struct ws_server;

/* The rungs, in the order of start; stop goes back. */
enum node_rung {
    NODE_PARTS,     /* memory: gates, mailbox, transport */
    NODE_LISTEN,    /* the direct listener, so that the port that is advertised is bound */
    NODE_SIGNALING, /* registered and connected */
    NODE_PEERS,     /* nothing to do up; down: answers leave, wires close */
    NODE_ACTOR,     /* on_start; down: on_stop */
    NODE_OPEN,      /* work is taken; down: no new work, handlers finish */
    NODE_RUNG_COUNT
};

enum node_direction { NODE_RESTING, NODE_UP, NODE_DOWN };

/* Faults of handlers on their way to the loop. */
#define NODE_FAULTS_MAX 256

/* One wish to start or stop, from any thread; answered once. */
struct node_request {
    struct loop_post post;
    struct list link;
    struct actr_node *node;
    struct waiter *waiter; /* NULL: nobody waits, free it */
    uint32_t grace_ms;
    int code;
    char text[ERR_TEXT_MAX];
};

struct node_life {
    enum node_direction direction;
    int height;       /* rungs that are up */
    bool is_stepping; /* a rung is at work and will call node_step_done() */
    bool is_cut;      /* the grace of the stop is over */
    bool stop_wanted; /* while going up */
    int code;         /* why it goes down; 0: asked to */
    char text[ERR_TEXT_MAX];
    struct loop_task advance;
    struct loop_timer grace;
    struct list starters, stoppers; /* struct node_request */
};

struct actr_node {
    struct actr_node_options options;
    struct runtime_config *config;
    struct log log;
    struct environment environment;
    bool has_log_level; /* the program or the environment has said it */
    struct loop *loop;
    struct workers *workers; /* NULL with a foreign loop */
    struct thread thread;    /* the loop's own */
    bool has_thread;

    /* From open to close. */
    struct workload *workload, *host;
    struct actr_workload *host_routes; /* host, while routes may be added */
    struct executor executor, host_executor;
    struct context_env env, host_env;
    struct kept_replies kept;
    struct calls calls;
    struct acl *acl;
    struct node_life life;
    struct supervisor supervisor;
    struct loop_post poison_post; /* while is_poison_posted */
    char broken_text[ERR_TEXT_MAX];
    uint64_t stuck_count; /* handlers reported */
    struct hooks hooks;
    bool close_wanted; /* actr_node_close() from a callback */
    bool is_guest;     /* node_open_on() */
    bool is_sealed;    /* started once: workload and routes are what they are */
    bool is_dispatching;
    struct loop_task close_task;

    /* From NODE_PARTS up to down. */
    struct net *net;
    struct mailbox *mailbox;
    struct dispatch *dispatch;
    struct mailbox_pump *pump;
    struct ws_dialer *dialer;
    struct coordinator *coordinator; /* NULL: no WebRTC */
    struct association_factory *associations;
    struct peer_transport *transport;
    struct peer_gate *peer_gate;
    struct inbound_gate *inbound;
    struct signaling *signaling;
    struct ws_server *listener;
    struct directory directory;
    char ws_address[512]; /* where peers reach us; "": nowhere */
    int closings;         /* sockets that NODE_LISTEN or NODE_PEERS waits for */
    bool is_draining;     /* NODE_OPEN on its way down */
    bool hooks_close;     /* NODE_ACTOR on its way down: what waits is told */
    bool on_stop_runs;    /* then this */

    /* Any thread, under lock. */
    struct lock lock;
    struct actr_id id;
    enum actr_node_state state;
    uint16_t ws_port;
    uint32_t fault_count; /* NODE_FAULTS_MAX at most */
    bool is_poison_posted;
    char poison_text[ERR_TEXT_MAX];
};

/* actr_node.c ---------------------------------------------------------------------------------- */

/* Loop: the node has come to rest: a close that was asked for by a callback goes on. */
void node_check_close(struct actr_node *node);

/* A node on a loop, a network and associations (of WebRTC; NULL: its own) that are somebody else's:
 * whole nodes in a simulation. Driven like
 * a foreign loop, by whoever runs `loop`; actr_node_close() frees it at once and must find it at
 * rest. Errors as actr_node_open_text(). */
int node_open_on(struct loop *loop, struct net *net, struct association_factory *associations,
                 const char *config, const struct actr_node_options *options,
                 struct actr_node **ret_node) ACTR_MUST_CHECK;

/* node_life.c ---------------------------------------------------------------------------------- */

void node_life_init(struct actr_node *node);
/* Loop: begins; request is answered when it is over. */
void node_life_start(struct actr_node *node, struct node_request *request);
void node_life_stop(struct actr_node *node, struct node_request *request);
/* Loop: the rung at work is done. Going up, code < 0 means that it is not up (and has cleaned up
 * after itself). */
void node_step_done(struct actr_node *node, int code, const char *text);

/* Loop: the node goes down by itself, as by node_life_stop(), and on_state is told why. */
void node_life_leave(struct actr_node *node, int code, const char *text);
/* Loop: answers whoever waits for the stop with ACTR_ETIMEDOUT now; what is left goes on by itself.
 */
void node_life_give_up(struct actr_node *node);

/* node_steps.c --------------------------------------------------------------------------------- */

struct node_step {
    const char *name;
    void (*up)(struct actr_node *node);   /* then node_step_done(), inside or later */
    void (*down)(struct actr_node *node); /* likewise; never fails */
    void (*abort)(
        struct actr_node *node); /* a stop is wanted while up is at work; NULL: wait for it */
    void (*cut)(struct actr_node *node); /* the grace, or another second since, is over while down
                                            is at work; NULL: bounded by itself */
};
/* Loop: the listener or the transport has closed. */
void node_on_closing_done(struct actr_node *node);
/* Loop: mailbox_events.on_open and .on_stopped. */
void node_on_mailbox_open(struct actr_node *node, int code, const char *detail);
void node_on_mailbox_stopped(struct actr_node *node);

extern const struct node_step node_steps[NODE_RUNG_COUNT];

/* node_config.c ------------------------------------------------------------------------------- */

/* Reads a configuration: from a file, or from text that `name` stands for. Warnings go to the log.
 * ACTR_ECONFIG, ACTR_EIO, ACTR_ENOTFOUND, ACTR_ENOMEM. */
int node_config_load(const char *path, const struct log *log,
                     struct runtime_config **ret_config) ACTR_MUST_CHECK;
int node_config_parse(const char *name, const char *text, const struct log *log,
                      struct runtime_config **ret_config) ACTR_MUST_CHECK;

/* node_log.c ---------------------------------------------------------------------------------- */

/* When the options and the environment are there; when the configuration is. */
void node_log_init(struct actr_node *node);
void node_log_configure(struct actr_node *node);

/* Loop: the identity that handlers see; set between two turns. */
void node_adopt_id(struct actr_node *node, const struct actr_id *id);

/* wiring.c ------------------------------------------------------------------------------------- */

/* Builds the parts of NODE_PARTS and joins them. ACTR_ENOMEM, ACTR_EIO, ACTR_ECONFIG: nothing is
 * left behind. 0: the mailbox opens, and node_on_mailbox_open() says how that went. */
int wiring_build(struct actr_node *node) ACTR_MUST_CHECK;
/* Binds the listener if one is configured, and tells signaling its address. ACTR_EIO, ACTR_ECONFIG,
 * ACTR_ENOMEM. */
int wiring_listen(struct actr_node *node) ACTR_MUST_CHECK;
/* Frees them; wires and sockets must be closed, and the mailbox at rest. */
void wiring_free(struct actr_node *node);

/* actor.c -------------------------------------------------------------------------------------- */

/* Before the first start: makes executors and kept replies what the workload's options ask for.
 * ACTR_ENOMEM. */
int actor_init(struct actr_node *node) ACTR_MUST_CHECK;

/* node_hooks.c --------------------------------------------------------------------------------- */

/* Any thread that is in a turn of this node, or the loop: a handler of `what` has panicked; one has
 * failed a call from inside the process. */
void node_on_panic(struct actr_node *node, const char *what, const char *text);
void node_on_handler_error(struct actr_node *node, struct actr_view route, int code,
                           struct actr_view text);
/* Loop: asks the actor and the observers, each in its turn; fn on the loop with the result of all.
 * After a START that failed those who succeeded have had STOP. */
typedef void node_hook_fn(struct actr_node *node, int code, const char *text);
int node_run_lifecycle(struct actr_node *node, int event, node_hook_fn *fn) ACTR_MUST_CHECK;
/* Adds an error to those there are: returns the code of all, text (ERR_TEXT_MAX) says all. other >=
 * 0: it is none. */
int node_join_errors(int code, char *text, int other, const char *other_text);
