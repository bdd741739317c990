// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The hooks of a workload in whole nodes: their order, what their errors do, and on_error for each
 * category that there is. */
#include <stdio.h>
#include <string.h>

#include <actr/actr.h>

#include "base/err.h"
#include "harness.h"
#include "sys/waiter.h"

#define TYPE "acme:Tester:1.0.0"
#define PATIENCE_MS 60000 /* far beyond anything but a hang */
#define CATEGORIES 5

static struct {
    struct actr_rendezvous *server;
    struct actr_node *node, *client;
    /* What happened, a letter each; written in the actor's turn. */
    char log[64];
    int start_code, ready_code, stop_code;
    struct waiter reported[CATEGORIES];
    bool is_reported[CATEGORIES];
    int codes[CATEGORIES];
    char texts[CATEGORIES][128];
    char context[64]; /* of the last */
} rig;

static void note(char event)
{
    size_t len = strlen(rig.log);
    if (len + 1 < sizeof(rig.log))
        rig.log[len] = event;
}

static int on_start(struct actr_ctx *ctx, void *self)
{
    (void)self;
    assert_null(actr_ctx_caller(ctx));
    assert_string_equal(actr_ctx_route(ctx), "");
    note('s');
    return rig.start_code ? err_origin(rig.start_code, "no database") : 0;
}

static int on_ready(struct actr_ctx *ctx, void *self)
{
    (void)ctx;
    (void)self;
    note('r');
    return rig.ready_code;
}

static int on_stop(struct actr_ctx *ctx, void *self)
{
    (void)ctx;
    (void)self;
    note('p');
    return rig.stop_code;
}

/* The first of each category is kept. */
static void on_error(struct actr_ctx *ctx, const struct actr_error_event *event, void *self)
{
    static const char letters[CATEGORIES] = {'H', 'S', 'T', 'P', 'C'};
    (void)ctx;
    (void)self;
    if (rig.is_reported[event->category])
        return;
    rig.is_reported[event->category] = true;
    note(letters[event->category]);
    rig.codes[event->category] = event->code;
    snprintf(rig.texts[event->category], sizeof(rig.texts[0]), "%s", event->message);
    snprintf(rig.context, sizeof(rig.context), "%s", event->context);
    waiter_signal(&rig.reported[event->category]);
}

static void on_fail(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    note('f');
    actr_fail(ctx, ACTR_ENOTFOUND, "no such thing");
}

static void on_fail_later(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    note('f');
    assert_int_equal(actr_reply_fail(actr_reply_keep(ctx), ACTR_ENOTFOUND, "no such thing"), 0);
}

static void on_silent(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)ctx;
    (void)request;
    (void)self;
    note('f');
}

static void on_failed(void *arg, const struct actr_result *result)
{
    assert_int_equal(result->code, *(int *)arg);
}

static void quiet(void *arg, enum actr_log_level level, const char *event, const char *message)
{
    (void)arg;
    (void)level;
    (void)event;
    (void)message;
}

static void rig_open(void)
{
    char config[512];
    const struct actr_rendezvous_options options = {
        .size = sizeof(options), .realm = 7, .realm_secret = "s", .log_level = ACTR_LOG_ERROR};
    const struct actr_node_options node_options = {
        .size = sizeof(node_options), .log = quiet, .no_webrtc = true};
    const struct actr_workload_options hooks = {.size = sizeof(hooks),
                                                .on_start = on_start,
                                                .on_ready = on_ready,
                                                .on_stop = on_stop,
                                                .on_error = on_error};
    memset(&rig, 0, sizeof(rig));
    for (int i = 0; i < CATEGORIES; i++)
        waiter_init(&rig.reported[i]);
    assert_int_equal(actr_rendezvous_start(&rig.server, &options), 0);
    unsigned port = actr_rendezvous_port(rig.server);
    snprintf(config, sizeof(config),
             "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n"
             "[deployment]\nrealm_id = 7\nrealm_secret = \"s\"\n"
             "[websocket]\nlisten_port = 0\nbind = \"127.0.0.1\"\n",
             port, port);
    assert_int_equal(actr_node_open_text(&rig.node, "node", config, &node_options), 0);
    assert_int_equal(actr_node_open_text(&rig.client, "client", config, &node_options), 0);
    struct actr_workload *workload = actr_workload_new(TYPE, &hooks, NULL);
    actr_workload_route(workload, "fail", on_fail, NULL);
    actr_workload_route(workload, "fail_later", on_fail_later, NULL);
    actr_workload_route(workload, "silent", on_silent, NULL);
    assert_int_equal(actr_node_use(rig.node, workload), 0);
}

static void rig_close(void)
{
    actr_node_close(rig.client);
    actr_node_close(rig.node);
    actr_rendezvous_stop(rig.server);
    for (int i = 0; i < CATEGORIES; i++)
        waiter_deinit(&rig.reported[i]);
}

static void expect_reported(enum actr_error_category category, int code, const char *text)
{
    assert_true(waiter_wait(&rig.reported[category], PATIENCE_MS));
    assert_int_equal(rig.codes[category], code);
    if (!strstr(rig.texts[category], text))
        fail_msg("'%s' is not in '%s'", text, rig.texts[category]);
}

TEST(hooks_run_in_their_order_at_each_start_and_stop)
{
    struct actr_bytes reply = {0};
    rig_open();
    assert_int_equal(actr_node_start(rig.node), 0);
    assert_int_equal(
        actr_call_wait(rig.node, actr_dest_workload(), "fail", actr_bytes_str(""), NULL, &reply),
        ACTR_ENOTFOUND);
    assert_int_equal(actr_node_stop(rig.node, 0), 0);
    assert_int_equal(actr_node_start(rig.node), 0);
    assert_int_equal(actr_node_stop(rig.node, 0), 0);
    rig_close();
    assert_string_equal(rig.log, "srfHpsrp");
}

TEST(an_error_of_on_start_ends_the_start_with_its_text_and_nothing_else_runs)
{
    rig_open();
    rig.start_code = ACTR_EIO;
    assert_int_equal(actr_node_start(rig.node), ACTR_EIO);
    assert_string_equal(actr_errmsg(), "no database");
    assert_int_equal(actr_node_get_state(rig.node), ACTR_NODE_OPEN);
    rig.start_code = 0;
    assert_int_equal(actr_node_start(rig.node), 0);
    rig_close();
    assert_string_equal(rig.log, "ssrp");
}

TEST(errors_of_on_ready_and_on_stop_change_nothing)
{
    rig_open();
    rig.ready_code = ACTR_EIO;
    rig.stop_code = ACTR_EINTERNAL;
    assert_int_equal(actr_node_start(rig.node), 0);
    assert_int_equal(actr_node_get_state(rig.node), ACTR_NODE_RUNNING);
    assert_int_equal(actr_node_stop(rig.node, 0), 0);
    rig_close();
    assert_string_equal(rig.log, "srp");
}

TEST(on_error_tells_of_a_handler_that_failed_a_peer)
{
    struct actr_bytes reply = {0};
    rig_open();
    assert_int_equal(actr_node_start(rig.node), 0);
    assert_int_equal(actr_node_start(rig.client), 0);
    struct actr_id id = actr_node_id(rig.node);
    assert_int_equal(actr_call_wait(rig.client, &id, "fail", actr_bytes_str(""), NULL, &reply),
                     ACTR_ENOTFOUND);
    expect_reported(ACTR_ERROR_HANDLER, ACTR_ENOTFOUND, "no such thing");
    assert_int_equal(actr_node_stop(rig.node, 0), 0);
    assert_string_equal(rig.log, "srfHp");
    rig_close();
}

TEST(a_tell_is_never_answered_also_when_its_handler_fails)
{
    struct actr_node_stats stats = {.size = sizeof(stats)};
    struct actr_bytes reply = {0};
    rig_open();
    assert_int_equal(actr_node_start(rig.node), 0);
    assert_int_equal(actr_node_start(rig.client), 0);
    struct actr_id id = actr_node_id(rig.node);
    assert_int_equal(actr_tell(rig.client, &id, "fail", actr_bytes_str(""), NULL), 0);
    expect_reported(ACTR_ERROR_HANDLER, ACTR_ENOTFOUND, "no such thing");
    /* Whatever came back for the tell would be there before the answer to this. */
    assert_int_equal(actr_call_wait(rig.client, &id, "fail", actr_bytes_str(""), NULL, &reply),
                     ACTR_ENOTFOUND);
    assert_int_equal(actr_node_get_stats(rig.node, &stats), 0);
    assert_int_equal(stats.requests_in, 2);
    assert_int_equal(stats.replies_out, 1);
    assert_int_equal(actr_node_get_stats(rig.client, &stats), 0);
    assert_int_equal(stats.frames_dropped, 0);
    rig_close();
}

/* Through every way that a message inside the process takes. */
TEST(on_error_tells_of_a_handler_that_failed_its_own_process)
{
    static const struct actr_call_options signal = {.size = sizeof(signal),
                                                    .payload_type = ACTR_RPC_SIGNAL};
    struct actr_bytes reply = {0};
    for (int way = 0; way < 5; way++) {
        const char *route = way == 3 ? "fail_later" : way == 4 ? "silent" : "fail";
        int code = way == 4 ? ACTR_EINTERNAL : ACTR_ENOTFOUND, r;
        rig_open();
        assert_int_equal(actr_node_start(rig.node), 0);
        if (way == 0)
            r = actr_tell(rig.node, actr_dest_workload(), route, actr_bytes_str(""), NULL);
        else if (way == 1)
            r = actr_call(rig.node, actr_dest_workload(), route, actr_bytes_str(""), &signal,
                          on_failed, &code, NULL);
        else
            r = actr_call_wait(rig.node, actr_dest_workload(), route, actr_bytes_str(""), NULL,
                               &reply) == code
                    ? 0
                    : ACTR_EINTERNAL;
        assert_int_equal(r, 0);
        expect_reported(ACTR_ERROR_HANDLER, code,
                        way == 4 ? "silent: the handler of silent returned without a reply"
                                 : "no such thing");
        assert_int_equal(actr_node_stop(rig.node, 0), 0);
        assert_string_equal(rig.log, "srfHp");
        char context[32];
        snprintf(context, sizeof(context), "route=%s", route);
        assert_string_equal(rig.context, context);
        rig_close();
    }
}

TEST(on_error_tells_of_a_signaling_server_that_is_lost)
{
    rig_open();
    assert_int_equal(actr_node_start(rig.node), 0);
    actr_rendezvous_stop(rig.server);
    rig.server = NULL;
    expect_reported(ACTR_ERROR_SIGNALING, ACTR_EUNAVAILABLE, "");
    (void)!actr_node_stop(rig.node, 0);
    rig_close();
    assert_string_equal(rig.log, "srSp");
}

TEST(on_error_tells_of_a_peer_that_cannot_be_reached)
{
    struct actr_id nobody;
    struct actr_bytes reply = {0};
    rig_open();
    assert_int_equal(actr_id_parse("1@7/acme:Nobody:1.0.0", &nobody), 0);
    assert_int_equal(actr_node_start(rig.node), 0);
    assert_true(actr_call_wait(rig.node, &nobody, "x", actr_bytes_str(""), NULL, &reply) < 0);
    expect_reported(ACTR_ERROR_TRANSPORT, ACTR_EUNAVAILABLE, "no address known");
    rig_close();
    assert_string_equal(rig.log, "srTp");
}
