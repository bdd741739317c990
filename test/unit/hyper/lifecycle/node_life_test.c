// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Life of a node, through the public API on real threads: the order of start and stop, what a
 * failed start leaves behind, and that a stop is bounded whatever does not return. */
#include <stdio.h>
#include <string.h>

#include <actr/actr.h>

#include "harness.h"
#include "sys/lock.h"
#include "sys/thread.h"
#include "sys/waiter.h"

#define TYPE "acme:Life:1.0.0"

static struct {
    struct actr_rendezvous *server;
    struct actr_node *node, *client;
    struct waiter begun, go, ended; /* of whatever blocks */
    struct lock lock;               /* of what follows */
    char steps[512];                /* in the order they were taken */
    char states[128];               /* likewise, as on_state told them */
    enum { NOBODY, HANDLER, ON_START, ON_STOP } blocks;
    int start_code;
} rig;

static void note(char *texts, size_t texts_size, const char *text)
{
    lock_take(&rig.lock);
    size_t len = strlen(texts);
    snprintf(texts + len, texts_size - len, "%s%s", len ? " " : "", text);
    lock_give(&rig.lock);
}

static void note_step(const char *text)
{
    note(rig.steps, sizeof(rig.steps), text);
}

static void on_log(void *arg, enum actr_log_level level, const char *event, const char *message)
{
    char step[32] = "", direction[8] = "", text[48];
    (void)arg, (void)level;
    if (strcmp(event, "node.step") == 0 &&
        sscanf(message, "step=%31s direction=%7s", step, direction) == 2) {
        snprintf(text, sizeof(text), "%s%s", step, strcmp(direction, "up") == 0 ? "+" : "-");
        note_step(text);
    }
    if (strcmp(event, "signaling.unregistered") == 0)
        note_step("unregistered");
}

static void on_state(void *arg, struct actr_node *node, enum actr_node_state state, int code,
                     const char *message)
{
    static const char *const names[] = {"open", "starting", "running", "stopping"};
    char text[32];
    (void)arg, (void)node, (void)message;
    snprintf(text, sizeof(text), code ? "%s%d" : "%s", names[state], code);
    note(rig.states, sizeof(rig.states), text);
}

static void block(int who)
{
    if ((int)rig.blocks != who)
        return;
    waiter_signal(&rig.begun);
    (void)!waiter_wait(&rig.go, WAITER_FOREVER);
}

static void on_slow(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request, (void)self;
    block(HANDLER);
    note_step("replied");
    actr_reply(ctx, actr_bytes_str("late"));
}

static int on_start(struct actr_ctx *ctx, void *self)
{
    (void)ctx, (void)self;
    block(ON_START);
    note_step("on_start");
    return rig.start_code;
}

static int on_stop(struct actr_ctx *ctx, void *self)
{
    (void)ctx, (void)self;
    note_step("on_stop");
    block(ON_STOP);
    return 0;
}

static const char *config_of(char *buf, size_t len)
{
    snprintf(buf, len,
             "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n"
             "[deployment]\nrealm_id = 7\n"
             "[websocket]\nlisten_port = 0\nbind = \"127.0.0.1\"\n",
             actr_rendezvous_port(rig.server), actr_rendezvous_port(rig.server));
    return buf;
}

static void rig_open(void)
{
    struct actr_rendezvous_options server = {
        .size = sizeof(server), .realm = 7, .log_level = ACTR_LOG_ERROR};
    struct actr_node_options options = {
        .size = sizeof(options), .log_level = ACTR_LOG_DEBUG, .log = on_log, .on_state = on_state};
    struct actr_workload_options hooks = {
        .size = sizeof(hooks), .on_start = on_start, .on_stop = on_stop};
    char config[512];
    memset(&rig, 0, sizeof(rig));
    waiter_init(&rig.begun);
    waiter_init(&rig.go);
    waiter_init(&rig.ended);
    lock_init(&rig.lock);
    assert_int_equal(actr_rendezvous_start(&rig.server, &server), 0);
    assert_int_equal(
        actr_node_open_text(&rig.node, "node", config_of(config, sizeof(config)), &options), 0);
    struct actr_workload *workload = actr_workload_new(TYPE, &hooks, NULL);
    assert_int_equal(actr_workload_route(workload, "slow", on_slow, NULL), 0);
    assert_int_equal(actr_node_use(rig.node, workload), 0);
    assert_int_equal(
        actr_node_open_text(&rig.client, "client", config_of(config, sizeof(config)), NULL), 0);
    assert_int_equal(actr_node_start(rig.client), 0);
}

static void rig_close(void)
{
    actr_node_close(rig.node);
    actr_node_close(rig.client);
    actr_rendezvous_stop(rig.server);
    waiter_deinit(&rig.begun);
    waiter_deinit(&rig.go);
    waiter_deinit(&rig.ended);
    lock_deinit(&rig.lock);
}

static void expect_unknown(void)
{
    struct actr_id id;
    assert_int_equal(actr_discover_one(rig.client, TYPE, &id), ACTR_ENOTFOUND);
}

static void on_result(void *arg, const struct actr_result *result)
{
    *(int *)arg = result->code == 0 && result->reply.len == 4 ? 0 : -1;
    waiter_signal(&rig.ended);
}

/* A call that is in the handler, and stays there until rig.go. */
static void begin_call(int *ret_outcome)
{
    struct actr_id id = actr_node_id(rig.node);
    *ret_outcome = 1;
    rig.blocks = HANDLER;
    assert_int_equal(
        actr_call(rig.client, &id, "slow", actr_bytes_str(""), NULL, on_result, ret_outcome, NULL),
        0);
    assert_true(waiter_wait(&rig.begun, WAITER_FOREVER));
}

static void stop_in_order(void (*stop)(void))
{
    int outcome;
    rig_open();
    assert_int_equal(actr_node_start(rig.node), 0);
    assert_string_equal(rig.steps, "parts+ listen+ signaling+ peers+ actor+ on_start open+");
    begin_call(&outcome);
    waiter_signal(&rig.go);
    stop();
    assert_true(waiter_wait(&rig.ended, WAITER_FOREVER));
    assert_int_equal(outcome, 0);
    expect_unknown();
}

#define STOPPED                                                                                    \
    "parts+ listen+ signaling+ peers+ actor+ on_start open+ open- replied actor- on_stop peers- "  \
    "signaling- unregistered listen- parts-"
/* The handler and the first step of the stop are on two threads. */
#define STOPPED_OR                                                                                 \
    "parts+ listen+ signaling+ peers+ actor+ on_start open+ replied open- actor- on_stop peers- "  \
    "signaling- unregistered listen- parts-"

static void stop_node(void)
{
    assert_int_equal(actr_node_stop(rig.node, 0), 0);
}

TEST(a_stop_drains_answers_closes_peers_unregisters_and_closes_signaling)
{
    stop_in_order(stop_node);
    assert_true(strcmp(rig.steps, STOPPED) == 0 || strcmp(rig.steps, STOPPED_OR) == 0);
    assert_string_equal(rig.states, "starting running stopping open");
    assert_int_equal(actr_node_stop(rig.node, 0), 0); /* again: nothing to do */
    assert_string_equal(rig.states, "starting running stopping open");
    assert_int_equal(actr_node_get_state(rig.node), ACTR_NODE_OPEN);
    rig_close();
}

static void close_node(void)
{
    actr_node_close(rig.node);
    rig.node = NULL;
}

TEST(the_last_handle_is_closed_while_the_node_runs)
{
    stop_in_order(close_node);
    assert_true(strcmp(rig.steps, STOPPED) == 0 || strcmp(rig.steps, STOPPED_OR) == 0);
    rig_close();
}

TEST(a_start_that_fails_is_undone_in_reverse)
{
    rig_open();
    rig.start_code = ACTR_EDEPENDENCY;
    assert_int_equal(actr_node_start(rig.node), ACTR_EDEPENDENCY);
    assert_string_equal(rig.steps, "parts+ listen+ signaling+ peers+ actor+ on_start peers- "
                                   "signaling- unregistered listen- parts-");
    assert_string_equal(rig.states, "starting stopping-10007 open-10007");
    expect_unknown();
    assert_int_equal(actr_node_ws_port(rig.node), 0);
    rig.start_code = 0;
    assert_int_equal(actr_node_start(rig.node), 0);
    assert_int_equal(actr_node_get_state(rig.node), ACTR_NODE_RUNNING);
    rig_close();
}

TEST(a_stop_does_not_wait_for_an_on_stop_that_does_not_return)
{
    rig_open();
    assert_int_equal(actr_node_start(rig.node), 0);
    rig.blocks = ON_STOP;
    assert_int_equal(actr_node_stop(rig.node, 1), ACTR_ETIMEDOUT);
    expect_unknown(); /* unregistered all the same */
    waiter_signal(&rig.go);
    rig_close();
}

TEST(a_stop_does_not_wait_for_a_handler_that_does_not_return)
{
    int outcome;
    rig_open();
    assert_int_equal(actr_node_start(rig.node), 0);
    begin_call(&outcome);
    assert_int_equal(actr_node_stop(rig.node, 1), ACTR_ETIMEDOUT);
    assert_true(waiter_wait(&rig.ended, WAITER_FOREVER)); /* its caller neither */
    assert_int_equal(outcome, -1);
    expect_unknown();
    assert_null(strstr(rig.steps, "on_stop"));
    waiter_signal(&rig.go);
    rig_close();
}

static void on_started(void *arg)
{
    *(int *)arg = actr_node_start(rig.node);
}

TEST(a_stop_does_not_wait_for_an_on_start_that_does_not_return)
{
    struct thread thread;
    int started = 1;
    rig_open();
    rig.blocks = ON_START;
    assert_int_equal(thread_start(&thread, "starter", on_started, &started), 0);
    assert_true(waiter_wait(&rig.begun, WAITER_FOREVER));
    assert_int_equal(actr_node_stop(rig.node, 1), ACTR_ETIMEDOUT);
    waiter_signal(&rig.go);
    thread_join(&thread);
    assert_int_equal(started, ACTR_ECANCELED);
    expect_unknown();
    rig_close();
}
