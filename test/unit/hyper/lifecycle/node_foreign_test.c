// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Whole nodes that the program drives from a poll() loop of its own, and nodes that are stopped or
 * closed from inside a callback: what is freed is freed when nothing is left on its stack, and
 * nobody waits for himself. Every wait has a bound that only a hang reaches. */
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <actr/actr.h>

#include "base/mem.h"
#include "harness.h"
#include "sys/waiter.h"

#define TYPE "acme:Tester:1.0.0"
#define PATIENCE_MS 60000 /* far beyond anything but a hang */

/* What a callback does with its node. */
enum deed { DO_NOTHING, DO_STOP, DO_CLOSE };

static struct {
    struct actr_rendezvous *server;
    struct actr_node *service, *client; /* NULL: closed */
    struct actr_id id;
    enum deed in_handler, on_ready, on_result;
    atomic_int destroyed; /* workloads */
    atomic_int runs;      /* how often on_state said so */
} rig;

static void carry_out(enum deed deed, struct actr_node *node)
{
    if (deed == DO_STOP)
        assert_int_equal(actr_node_stop(node, 0), 0);
    if (deed == DO_CLOSE)
        actr_node_close(node);
}

static void on_echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    carry_out(rig.in_handler, actr_ctx_node(ctx));
    actr_reply(ctx, actr_bytes_copy(request));
}

static int on_ready(struct actr_ctx *ctx, void *self)
{
    (void)self;
    carry_out(rig.on_ready, actr_ctx_node(ctx));
    return 0;
}

static void on_destroy(void *self)
{
    (void)self;
    rig.destroyed++;
}

static void on_state(void *arg, struct actr_node *node, enum actr_node_state state, int code,
                     const char *message)
{
    (void)arg;
    (void)node;
    (void)code;
    (void)message;
    rig.runs += state == ACTR_NODE_RUNNING;
}

static struct actr_node *node_new(bool is_service, bool is_foreign)
{
    char config[512];
    unsigned port = actr_rendezvous_port(rig.server);
    struct actr_node *node = NULL;
    const struct actr_node_options options = {
        .size = sizeof(options), .foreign_loop = is_foreign, .on_state = on_state};
    const struct actr_workload_options workload_options = {
        .size = sizeof(workload_options), .on_ready = on_ready, .destroy = on_destroy};
    snprintf(config, sizeof(config),
             "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n"
             "[deployment]\nrealm_id = 7\nrealm_secret = \"s\"\n%s",
             port, port, is_service ? "[websocket]\nlisten_port = 0\nbind = \"127.0.0.1\"\n" : "");
    assert_int_equal(actr_node_open_text(&node, "node", config, &options), 0);
    if (is_service) {
        struct actr_workload *workload = actr_workload_new(TYPE, &workload_options, NULL);
        actr_workload_route(workload, "echo", on_echo, NULL);
        assert_int_equal(actr_node_use(node, workload), 0);
    }
    return node;
}

static void rig_serve(void)
{
    const struct actr_rendezvous_options options = {
        .size = sizeof(options), .realm = 7, .realm_secret = "s", .log_level = ACTR_LOG_ERROR};
    memset(&rig, 0, sizeof(rig));
    assert_int_equal(actr_rendezvous_start(&rig.server, &options), 0);
}

static void rig_close(void)
{
    actr_node_close(rig.client);
    actr_node_close(rig.service);
    actr_rendezvous_stop(rig.server);
}

/* One turn of the program's own loop. */
static void turn(struct actr_node *node)
{
    struct pollfd poller = {.fd = actr_node_fd(node), .events = POLLIN};
    assert_true(poller.fd >= 0);
    assert_true(poll(&poller, 1, actr_node_timeout_ms(node)) >= 0);
    assert_int_equal(actr_node_dispatch(node), 0);
}

static void turn_until(struct actr_node *node, enum actr_node_state state)
{
    while (actr_node_get_state(node) != state)
        turn(node);
}

struct outcome {
    struct waiter waiter;
    bool is_done;
    int code;
    char text[64];
    struct actr_node *node;
};

static void on_result(void *arg, const struct actr_result *result)
{
    struct outcome *outcome = arg;
    outcome->code = result->code;
    snprintf(outcome->text, sizeof(outcome->text), "%.*s", (int)result->reply.len,
             result->reply.ptr ? (const char *)result->reply.ptr : "");
    carry_out(rig.on_result, outcome->node);
    outcome->is_done = true;
    waiter_signal(&outcome->waiter);
}

/* On a loop of its own `node` answers when it does; on the program's, turn it meanwhile. */
static void ask(struct outcome *outcome, struct actr_node *node, const struct actr_id *dest)
{
    outcome->node = node;
    waiter_init(&outcome->waiter);
    assert_int_equal(
        actr_call(node, dest, "echo", actr_bytes_str("hello"), NULL, on_result, outcome, NULL), 0);
}

static void expect_answer(struct outcome *outcome, int code, const char *text)
{
    assert_true(waiter_wait(&outcome->waiter, PATIENCE_MS));
    assert_int_equal(outcome->code, code);
    assert_string_equal(outcome->text, text);
    waiter_deinit(&outcome->waiter);
}

TEST(a_poll_loop_drives_a_node_that_calls_and_is_called)
{
    struct outcome outcome = {0};
    rig_serve();
    rig.service = node_new(true, true);
    rig.client = node_new(false, false);
    assert_int_equal(actr_node_fd(rig.client), -1);
    assert_int_equal(actr_node_dispatch(rig.client), ACTR_ESTATE);
    assert_int_equal(actr_node_start(rig.client), 0);
    assert_int_equal(actr_node_start(rig.service), 0); /* begins */
    turn_until(rig.service, ACTR_NODE_RUNNING);
    rig.id = actr_node_id(rig.service);

    ask(&outcome, rig.client, &rig.id); /* it is called */
    while (!waiter_wait(&outcome.waiter, 0))
        turn(rig.service);
    assert_int_equal(outcome.code, 0);
    assert_string_equal(outcome.text, "hello");
    waiter_deinit(&outcome.waiter);

    struct outcome own = {0};
    ask(&own, rig.service, actr_dest_workload()); /* it calls itself */
    while (!own.is_done)
        turn(rig.service);
    expect_answer(&own, 0, "hello");

    struct actr_bytes reply = {0};
    assert_int_equal(actr_call_wait(rig.service, &rig.id, "echo", actr_bytes_str(""), NULL, &reply),
                     ACTR_EDEADLK); /* nobody would turn the loop */
    assert_int_equal(actr_node_stop(rig.service, 0), 0);
    turn_until(rig.service, ACTR_NODE_OPEN);
    assert_int_equal(actr_node_start(rig.service), 0); /* and again */
    turn_until(rig.service, ACTR_NODE_RUNNING);
    rig_close();
    assert_int_equal(rig.destroyed, 1);
}

TEST(a_poll_loop_drives_a_node_that_calls_a_peer)
{
    struct outcome outcome = {0};
    rig_serve();
    rig.service = node_new(true, false);
    assert_int_equal(actr_node_start(rig.service), 0);
    rig.id = actr_node_id(rig.service);
    rig.client = node_new(false, true);
    assert_int_equal(actr_node_start(rig.client), 0);
    turn_until(rig.client, ACTR_NODE_RUNNING);
    ask(&outcome, rig.client, &rig.id);
    while (!outcome.is_done)
        turn(rig.client);
    expect_answer(&outcome, 0, "hello");
    rig_close();
}

/* A node on the program's loop, closed by something inside dispatch, which then does not touch it
 * any more. The workload is destroyed with it. */
static void close_inside_dispatch(void)
{
    rig.service = node_new(true, true);
    assert_int_equal(actr_node_start(rig.service), 0);
    while (rig.destroyed == 0 && rig.runs == 0)
        turn(rig.service);
}

TEST(a_foreign_node_closed_in_on_ready_is_freed_behind_dispatch)
{
    rig_serve();
    rig.on_ready = DO_CLOSE;
    rig.service = node_new(true, true);
    assert_int_equal(actr_node_start(rig.service), 0);
    while (rig.destroyed == 0)
        turn(rig.service);
    rig.service = NULL;
    rig_close();
    assert_int_equal(rig.destroyed, 1);
}

TEST(a_foreign_node_closed_by_a_handler_is_freed_behind_dispatch)
{
    struct outcome outcome = {0};
    rig_serve();
    close_inside_dispatch();
    rig.in_handler = DO_CLOSE;
    ask(&outcome, rig.service, actr_dest_workload());
    while (rig.destroyed == 0)
        turn(rig.service);
    rig.service = NULL;
    expect_answer(&outcome, 0, "hello"); /* the reply was given before the node went */
    rig_close();
}

TEST(a_foreign_node_closed_by_a_result_is_freed_behind_dispatch)
{
    struct outcome outcome = {0};
    rig_serve();
    close_inside_dispatch();
    rig.on_result = DO_CLOSE;
    ask(&outcome, rig.service, actr_dest_workload());
    while (rig.destroyed == 0)
        turn(rig.service);
    rig.service = NULL;
    expect_answer(&outcome, 0, "hello");
    rig_close();
}

TEST(a_foreign_node_stopped_by_a_handler_answers_and_stops)
{
    struct outcome outcome = {0};
    rig_serve();
    close_inside_dispatch();
    rig.in_handler = DO_STOP;
    ask(&outcome, rig.service, actr_dest_workload());
    turn_until(rig.service, ACTR_NODE_OPEN);
    expect_answer(&outcome, 0, "hello");
    rig_close();
}

TEST(a_node_stopped_by_a_handler_answers_its_caller_and_stops)
{
    struct outcome outcome = {0};
    rig_serve();
    rig.in_handler = DO_STOP;
    rig.service = node_new(true, false);
    rig.client = node_new(false, false);
    assert_int_equal(actr_node_start(rig.service), 0);
    assert_int_equal(actr_node_start(rig.client), 0);
    rig.id = actr_node_id(rig.service);
    ask(&outcome, rig.client, &rig.id);
    expect_answer(&outcome, 0, "hello");
    assert_int_equal(actr_node_stop(rig.service, 0), 0); /* returns when it has stopped */
    assert_int_equal(actr_node_get_state(rig.service), ACTR_NODE_OPEN);
    rig_close();
}

/* A node on a thread of its own that closes itself is freed by that thread, some time later: waits
 * until no more memory is in use than before rig_serve(). */
static void rig_close_freed(size_t live)
{
    while (atomic_load(&rig.destroyed) == 0)
        sched_yield();
    rig.service = NULL;
    rig_close();
    while (mem_live() > live)
        sched_yield();
}

TEST(a_node_closed_in_on_ready_frees_itself)
{
    size_t live = mem_live();
    rig_serve();
    rig.on_ready = DO_CLOSE;
    rig.service = node_new(true, false);
    (void)!actr_node_start(rig.service); /* 0, or that it was stopped while it started */
    rig_close_freed(live);
}

TEST(a_node_closed_by_a_handler_frees_itself)
{
    struct outcome outcome = {0};
    size_t live = mem_live();
    rig_serve();
    rig.service = node_new(true, false);
    assert_int_equal(actr_node_start(rig.service), 0);
    rig.in_handler = DO_CLOSE;
    ask(&outcome, rig.service, actr_dest_workload());
    expect_answer(&outcome, 0, "hello");
    rig_close_freed(live);
}

TEST(a_node_closed_by_a_result_frees_itself)
{
    struct outcome outcome = {0};
    size_t live = mem_live();
    rig_serve();
    rig.service = node_new(true, false);
    assert_int_equal(actr_node_start(rig.service), 0);
    rig.on_result = DO_CLOSE;
    ask(&outcome, rig.service, actr_dest_workload());
    expect_answer(&outcome, 0, "hello");
    rig_close_freed(live);
}
