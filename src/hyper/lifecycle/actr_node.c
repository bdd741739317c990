// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* ActrNode: the public face of a node: open, start, stop, close, and what may be asked from any
 * thread.
 *
 * A node has its loop from open to close: on a thread of its own, or driven by the program (foreign
 * loop). What comes from another thread goes to the loop by post; whoever waits does so on its own
 * stack. actr_node_close() from a callback is carried out when the loop is at rest, by the loop's
 * own thread. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hyper/lifecycle/node.h"
#include "hyper/lifecycle/node_calls.h"
#include "hyper/lifecycle/supervision.h"
#include "hyper/workload/linked.h"
#include "hyper/workload/workload.h"
#include "runtime/acl.h"
#include "sys/loop_uv.h"
#include "sys/waiter.h"
#include "sys/workers.h"

#define NODE_WORKERS_MAX 4 /* two actors, and room for what comes */

static void node_init_env(struct actr_node *node, struct context_env *env,
                          struct executor *executor)
{
    env->ops = &node_context_ops;
    env->owner = &node->calls;
    env->node = node;
    env->loop = node->loop;
    env->log = &node->log;
    env->executor = executor;
    env->kept = &node->kept;
}

/* Everything but the loop: the actors' side, whole from open to close. */
static int node_init_parts(struct actr_node *node)
{
    struct workers_options workers = {"actr-worker", NODE_WORKERS_MAX, NODE_WORKERS_MAX};
    int r = node->options.foreign_loop ? 0 : workers_new(&node->workers, &workers);
    if (r < 0)
        return r;
    executor_init(&node->executor, node->loop, node->workers);
    executor_init(&node->host_executor, node->loop, node->workers);
    kept_replies_init(&node->kept, node->loop, 0);
    node_init_env(node, &node->env, &node->executor);
    node_init_env(node, &node->host_env, &node->host_executor);
    node->host_env.is_host = true;
    hooks_init(&node->hooks, node);
    calls_init(&node->calls, node->loop);
    node_life_init(node);
    supervision_init(node);
    node->host_routes = linked_client();
    if (!node->host_routes)
        return ACTR_ENOMEM;
    if (!node->config->acl.is_present)
        return 0;
    return acl_new(node->config->acl.rules, node->config->acl.rule_count, &node->acl);
}

/* Frees a node whose loop nobody runs any more, on the thread that is the loop's now. */
static void node_free(struct actr_node *node)
{
    calls_deinit(&node->calls);
    hooks_deinit(&node->hooks);
    executor_deinit(&node->executor);
    executor_deinit(&node->host_executor);
    supervisor_deinit(&node->supervisor);
    kept_replies_deinit(&node->kept);
    node->workers = workers_free(node->workers);
    loop_task_cancel(&node->life.advance);
    if (node->workload)
        node->workload->ops->free(node->workload); /* its threads may look at the loop until then */
    if (!node->is_guest)
        node->loop = loop_uv_close(node->loop);
    if (node->host)
        node->host->ops->free(node->host);
    else
        actr_workload_free(node->host_routes);
    acl_free(node->acl);
    runtime_config_free(node->config);
    lock_deinit(&node->lock);
    mem_free(node);
}

/* The node's own thread: runs the loop, and ends what a callback closed. */
static void node_on_thread(void *arg)
{
    struct actr_node *node = arg;
    loop_uv_run(node->loop);
    if (!node->close_wanted)
        return; /* the thread that closes joins us and frees */
    thread_detach(&node->thread);
    node_free(node);
}

/* On the stack of the thread that opens the node. */
struct node_arrival {
    struct loop_post post;
    struct waiter waiter;
};

static void node_on_arrival(struct loop_post *post)
{
    waiter_signal(&container_of(post, struct node_arrival, post)->waiter);
}

/* Gives the loop to a thread of its own, and returns when that has it: until then the loop counts
 * as this thread's. */
static int node_start_thread(struct actr_node *node)
{
    struct node_arrival arrival;
    int r = thread_start(&node->thread, "actr-loop", node_on_thread, node);
    if (r < 0)
        return r;
    node->has_thread = true;
    waiter_init(&arrival.waiter);
    if (loop_post(node->loop, &arrival.post, node_on_arrival))
        (void)!waiter_wait(&arrival.waiter, WAITER_FOREVER);
    waiter_deinit(&arrival.waiter);
    return 0;
}

/* A node that has its options, its environment and its log, and nothing else. */
static int node_new(const struct actr_node_options *options, struct actr_node **ret_node)
{
    struct environment environment;
    int r = environment_read(getenv, &environment);
    if (r < 0)
        return r;
    struct actr_node *node = mem_alloc(sizeof(*node));
    if (!node)
        return err_origin(ACTR_ENOMEM, "node: no memory");
    node->environment = environment;
    if (options)
        memcpy(&node->options, options,
               options->size < sizeof(*options) ? options->size : sizeof(*options));
    lock_init(&node->lock);
    node_log_init(node);
    *ret_node = node;
    return 0;
}

/* Consumes node; config_result is what reading its configuration came to. */
static int node_open(struct actr_node *node, int config_result, struct actr_node **ret_node)
{
    int r = config_result;
    if (r == 0 && !node->is_guest)
        r = loop_uv_new(&node->loop);
    if (r < 0) {
        runtime_config_free(node->config);
        lock_deinit(&node->lock);
        mem_free(node);
        return r;
    }
    node_log_configure(node);
    r = node_init_parts(node);
    if (r == 0 && !node->options.foreign_loop)
        r = node_start_thread(node);
    if (r < 0) {
        node_free(node);
        return r;
    }
    *ret_node = node;
    return 0;
}

int actr_node_open(struct actr_node **ret_node, const char *config_path,
                   const struct actr_node_options *options)
{
    if (!config_path)
        return err_origin(ACTR_EINVALID, "node: no configuration file");
    struct actr_node *node;
    int r = node_new(options, &node);
    if (r < 0)
        return r;
    return node_open(node, node_config_load(config_path, &node->log, &node->config), ret_node);
}

int actr_node_open_text(struct actr_node **ret_node, const char *name, const char *config,
                        const struct actr_node_options *options)
{
    if (!config)
        return err_origin(ACTR_EINVALID, "node: no configuration");
    struct actr_node *node;
    int r = node_new(options, &node);
    if (r < 0)
        return r;
    r = node_config_parse(name ? name : "config", config, &node->log, &node->config);
    return node_open(node, r, ret_node);
}

int node_open_on(struct loop *loop, struct net *net, struct association_factory *associations,
                 const char *config, const struct actr_node_options *options,
                 struct actr_node **ret_node)
{
    struct actr_node *node;
    int r = node_new(options, &node);
    if (r < 0)
        return r;
    node->is_guest = true;
    node->options.foreign_loop = true;
    node->loop = loop;
    node->net = net;
    node->associations = associations;
    return node_open(node, node_config_parse("simulation", config, &node->log, &node->config),
                     ret_node);
}

int actr_node_use(struct actr_node *node, struct actr_workload *workload)
{
    struct workload *used;
    if (!node) {
        actr_workload_free(workload);
        return err_origin(ACTR_EINVALID, "node: none was given");
    }
    if (node->workload || node->is_sealed) {
        actr_workload_free(workload);
        return err_origin(ACTR_ESTATE, node->workload ? "node: has a workload already"
                                                      : "node: started already");
    }
    int r = linked_use(workload, &used);
    if (r < 0)
        return r;
    node->workload = used;
    return 0;
}

int actr_node_route(struct actr_node *node, const char *route, actr_handler_fn *handler, void *self,
                    const struct actr_route_options *options)
{
    if (node->is_sealed)
        return err_origin(ACTR_ESTATE, "node: started already");
    return linked_route(node->host_routes, route, handler, self, options);
}

/* The actors are what they are from the first start on. */
static int node_seal(struct actr_node *node)
{
    if (node->is_sealed)
        return 0;
    if (!node->workload) {
        int r = linked_use(linked_client(), &node->workload);
        if (r < 0)
            return r;
    }
    int r = actor_init(node);
    if (r < 0)
        return r;
    r = linked_use(node->host_routes, &node->host);
    if (r < 0) {
        node->host_routes = NULL; /* freed with its error */
        return r;
    }
    node->env.never_blocks = node->workload->never_blocks || !node->workers;
    node->host_env.never_blocks = !node->workers;
    node->calls.workload = (struct host_gate){&node->env, node->workload, &node->calls.is_open};
    node->calls.host = (struct host_gate){&node->host_env, node->host, &node->calls.is_open};
    hooks_seal(&node->hooks);
    node->is_sealed = true;
    return 0;
}

/* Start and stop ------------------------------------------------------------------------------ */

static void node_on_start_post(struct loop_post *post)
{
    struct node_request *request = container_of(post, struct node_request, post);
    node_life_start(request->node, request);
}

static void node_on_stop_post(struct loop_post *post)
{
    struct node_request *request = container_of(post, struct node_request, post);
    node_life_stop(request->node, request);
}

/* A wish from the loop itself: nobody can wait for it here. */
static int node_wish(struct actr_node *node, loop_post_fn *fn, uint32_t grace_ms)
{
    struct node_request *request = mem_alloc(sizeof(*request));
    if (!request)
        return err_origin(ACTR_ENOMEM, "node: no memory");
    request->node = node;
    request->grace_ms = grace_ms;
    if (loop_post(node->loop, &request->post, fn))
        return 0;
    mem_free(request);
    return err_origin(ACTR_ESTATE, "node: closed");
}

static int node_wish_wait(struct actr_node *node, loop_post_fn *fn, uint32_t grace_ms)
{
    if (loop_is_current(node->loop))
        return node_wish(node, fn, grace_ms);
    if (executor_is_current(&node->executor) || executor_is_current(&node->host_executor))
        return node_wish(node, fn,
                         grace_ms); /* a handler: the stop waits for it, not it for the stop */
    struct waiter waiter;
    struct node_request request = {.node = node, .waiter = &waiter, .grace_ms = grace_ms};
    waiter_init(&waiter);
    if (!loop_post(node->loop, &request.post, fn)) {
        waiter_deinit(&waiter);
        return err_origin(ACTR_ESTATE, "node: closed");
    }
    (void)!waiter_wait(&waiter, WAITER_FOREVER); /* the ladder answers every request */
    waiter_deinit(&waiter);
    return request.code < 0 ? err_origin(request.code, "%s", request.text) : 0;
}

int actr_node_start(struct actr_node *node)
{
    int r = node_seal(node);
    return r < 0 ? r : node_wish_wait(node, node_on_start_post, 0);
}

int actr_node_stop(struct actr_node *node, uint32_t grace_ms)
{
    return node_wish_wait(node, node_on_stop_post, grace_ms);
}

/* Close --------------------------------------------------------------------------------------- */

/* Nothing is up and nothing on its way. */
static bool node_is_at_rest(const struct actr_node *node)
{
    return node->life.direction == NODE_RESTING && node->life.height == 0;
}

static void node_on_close_task(struct loop_task *task)
{
    struct actr_node *node = container_of(task, struct actr_node, close_task);
    if (node_is_at_rest(node))
        loop_uv_stop(node->loop);
}

void node_check_close(struct actr_node *node)
{
    if (node->close_wanted && node_is_at_rest(node) && node->has_thread)
        loop_defer(node->loop, &node->close_task);
}

/* From a callback or a handler: begins, and the loop's thread ends it. */
static void node_close_later(struct actr_node *node)
{
    loop_task_init(&node->close_task, node_on_close_task);
    node->close_wanted = true;
    if (node_wish(node, node_on_stop_post, 0) < 0)
        log_error(&node->log, "node.close", "%s", actr_errmsg());
}

/* A foreign loop that nobody dispatches any more: this call does, until the node is at rest. */
static void node_close_foreign(struct actr_node *node)
{
    if (node_wish(node, node_on_stop_post, 0) < 0)
        log_error(&node->log, "node.close", "%s", actr_errmsg());
    do {
        loop_uv_dispatch_wait(node->loop);
    } while (!node_is_at_rest(node));
    node_free(node);
}

void actr_node_close(struct actr_node *node)
{
    if (!node)
        return;
    bool is_inside = executor_is_current(&node->executor) ||
                     executor_is_current(&node->host_executor) || node->is_dispatching;
    if (node->is_guest) {
        assert(node_is_at_rest(node));
        node_free(node);
        return;
    }
    if (node->options.foreign_loop) {
        if (is_inside)
            node->close_wanted = true; /* actr_node_dispatch() ends it */
        else
            node_close_foreign(node);
        return;
    }
    if (is_inside || loop_is_current(node->loop)) {
        node_close_later(node);
        return;
    }
    if (actr_node_stop(node, 0) == ACTR_ETIMEDOUT) {
        /* A handler has not returned; its stack is in our threads, so wait for it. */
        (void)actr_node_stop(node, UINT32_MAX);
    }
    loop_uv_stop(node->loop);
    thread_join(&node->thread);
    node_free(node);
}

/* Foreign loop --------------------------------------------------------------------------------- */

int actr_node_fd(const struct actr_node *node)
{
    return node->options.foreign_loop && !node->is_guest ? loop_uv_fd(node->loop) : -1;
}

int actr_node_timeout_ms(const struct actr_node *node)
{
    return node->options.foreign_loop && !node->is_guest ? loop_uv_timeout_ms(node->loop) : -1;
}

int actr_node_dispatch(struct actr_node *node)
{
    if (!node->options.foreign_loop || node->is_guest)
        return err_origin(ACTR_ESTATE, "node: has a loop of its own");
    if (node->is_dispatching)
        return err_origin(ACTR_EDEADLK, "node: dispatch from inside dispatch");
    node->is_dispatching = true;
    loop_uv_dispatch(node->loop);
    node->is_dispatching = false;
    if (node->close_wanted)
        node_close_foreign(node);
    return 0;
}

/* Any thread ------------------------------------------------------------------------------------
 */

struct actr_id actr_node_id(const struct actr_node *node)
{
    struct actr_node *mutable = (struct actr_node *)(uintptr_t)node;
    lock_take(&mutable->lock);
    struct actr_id id = node->id;
    lock_give(&mutable->lock);
    return id;
}

enum actr_node_state actr_node_get_state(const struct actr_node *node)
{
    struct actr_node *mutable = (struct actr_node *)(uintptr_t)node;
    lock_take(&mutable->lock);
    enum actr_node_state state = node->state;
    lock_give(&mutable->lock);
    return state;
}

uint16_t actr_node_ws_port(const struct actr_node *node)
{
    struct actr_node *mutable = (struct actr_node *)(uintptr_t)node;
    lock_take(&mutable->lock);
    uint16_t port = node->ws_port;
    lock_give(&mutable->lock);
    return port;
}
