// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Whole nodes in one process, on real threads and sockets, through the public API alone: every way
 * to call, to answer and to be told that something is not possible. What depends on time or on
 * faults is in test/sim. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <actr/actr.h>

#include "base/bytes.h"
#include "harness.h"
#include "sys/thread.h"
#include "sys/waiter.h"

#define TYPE "acme:Tester:1.0.0"

/* A server and up to two nodes. */
static struct {
    struct actr_rendezvous *server;
    struct actr_node *service, *client;
    struct actr_id id;
    struct actr_reply *kept;
    struct waiter kept_waiter;
    int inside, inside_max; /* the actor's turn protects these */
    long told;
    struct waiter panic_waiter;
    char panic_text[256];
} rig;

static void on_echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    rig.inside++;
    if (rig.inside > rig.inside_max)
        rig.inside_max = rig.inside;
    actr_reply(ctx, actr_bytes_copy(request));
    rig.inside--;
}

static void on_fail(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    actr_fail(ctx, ACTR_ENOTFOUND, "no %s here", "such thing");
}

static void on_tell(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    if (actr_ctx_is_tell(ctx) && actr_ctx_remaining_ms(ctx) == -1)
        rig.told++;
}

static void on_told(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    actr_reply(ctx, actr_bytes_copy(actr_view_of(&rig.told, sizeof(rig.told))));
}

static void on_keep(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    rig.kept = actr_reply_keep(ctx);
    waiter_signal(&rig.kept_waiter);
}

/* Asks the host side, waiting on a worker. */
static void on_ask_host(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    struct actr_bytes reply = {0};
    (void)self;
    int r = actr_ctx_call_wait(ctx, actr_dest_host(), "host.Double", actr_bytes_copy(request), NULL,
                               &reply);
    if (r < 0)
        actr_fail(ctx, r, "%s", actr_errmsg());
    else
        actr_reply(ctx, reply);
}

/* Calls itself, which must be refused and not hang. */
static void on_ask_self(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    struct actr_bytes reply = {0};
    (void)request;
    (void)self;
    int r =
        actr_ctx_call_wait(ctx, actr_dest_workload(), "echo", actr_bytes_str("x"), NULL, &reply);
    actr_fail(ctx, r, "%s", actr_errmsg());
}

static void forward(void *arg, const struct actr_result *result)
{
    if (result->code < 0)
        actr_reply_fail(arg, result->code, result->message);
    else
        actr_reply_send(arg, actr_bytes_ref(result->reply));
}

/* Keeps its reply until a call of its own is answered. */
static void on_relay(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    struct actr_reply *reply = actr_reply_keep(ctx);
    int r = actr_ctx_call(ctx, actr_dest_host(), "host.Double", actr_bytes_copy(request), NULL,
                          forward, reply, NULL);
    if (r < 0)
        actr_reply_fail(reply, r, actr_errmsg());
}

static void on_trace(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    char text[512], caller[ACTR_ID_STR_MAX] = "nobody";
    (void)request;
    (void)self;
    if (actr_ctx_caller(ctx))
        actr_id_format(actr_ctx_caller(ctx), caller);
    snprintf(text, sizeof(text), "%s %s %s %zu %s", actr_ctx_route(ctx),
             actr_ctx_traceparent(ctx) ? actr_ctx_traceparent(ctx) : "-",
             actr_ctx_tracestate(ctx) ? actr_ctx_tracestate(ctx) : "-",
             strlen(actr_ctx_request_id(ctx)), caller);
    actr_reply(ctx, actr_bytes_str(text));
}

static void on_double(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    uint8_t *data;
    struct actr_bytes reply = bytes_new(2 * request.len, &data);
    (void)self;
    memcpy(data, request.ptr, request.len);
    memcpy(data + request.len, request.ptr, request.len);
    actr_reply(ctx, reply);
}

static void on_panic(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    actr_panic(ctx, "lost my head");
}

static void panic_on_result(void *arg, const struct actr_result *result)
{
    (void)arg;
    actr_panic(NULL, "in a callback, %d", result->code);
}

/* Its own call ends in a callback that panics. */
static void on_panic_later(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    int r = actr_ctx_call(ctx, actr_dest_host(), "host.Double", actr_bytes_copy(request), NULL,
                          panic_on_result, NULL, NULL);
    actr_reply(ctx, actr_bytes_copy(actr_view_of(&r, sizeof(r))));
}

static void on_error(struct actr_ctx *ctx, const struct actr_error_event *event, void *self)
{
    (void)ctx;
    (void)self;
    if (event->category != ACTR_ERROR_PANIC)
        return;
    snprintf(rig.panic_text, sizeof(rig.panic_text), "%d %s", event->code, event->message);
    waiter_signal(&rig.panic_waiter);
}

static const char *config_of(char *buf, size_t len, bool listens)
{
    snprintf(buf, len,
             "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n"
             "[deployment]\nrealm_id = 7\nrealm_secret = \"s\"\n%s",
             actr_rendezvous_port(rig.server), actr_rendezvous_port(rig.server),
             listens ? "[websocket]\nlisten_port = 0\nbind = \"127.0.0.1\"\n" : "");
    return buf;
}

static struct actr_workload *workload_new(bool never_blocks)
{
    static const struct {
        const char *route;
        actr_handler_fn *fn;
    } routes[] = {{"echo", on_echo},
                  {"fail", on_fail},
                  {"tell", on_tell},
                  {"told", on_told},
                  {"keep", on_keep},
                  {"ask_host", on_ask_host},
                  {"ask_self", on_ask_self},
                  {"relay", on_relay},
                  {"trace", on_trace},
                  {"panic", on_panic},
                  {"panic_later", on_panic_later}};
    struct actr_workload_options options = {
        .size = sizeof(options), .never_blocks = never_blocks, .on_error = on_error};
    struct actr_workload *workload = actr_workload_new(TYPE, &options, NULL);
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
        actr_workload_route(workload, routes[i].route, routes[i].fn, NULL);
    return workload;
}

static void rig_open_server(void)
{
    struct actr_rendezvous_options options = {
        .size = sizeof(options), .realm = 7, .realm_secret = "s", .log_level = ACTR_LOG_ERROR};
    memset(&rig, 0, sizeof(rig));
    waiter_init(&rig.kept_waiter);
    waiter_init(&rig.panic_waiter);
    assert_int_equal(actr_rendezvous_start(&rig.server, &options), 0);
}

static void rig_open(bool never_blocks)
{
    char config[512];
    rig_open_server();
    assert_int_equal(
        actr_node_open_text(&rig.service, "service", config_of(config, 512, true), NULL), 0);
    assert_int_equal(actr_node_use(rig.service, workload_new(never_blocks)), 0);
    assert_int_equal(actr_node_route(rig.service, "host.Double", on_double, NULL, NULL), 0);
    assert_int_equal(actr_node_start(rig.service), 0);
    assert_int_equal(
        actr_node_open_text(&rig.client, "client", config_of(config, 512, false), NULL), 0);
    assert_int_equal(actr_node_start(rig.client), 0);
    rig.id = actr_node_id(rig.service);
    assert_int_equal(actr_node_get_state(rig.service), ACTR_NODE_RUNNING);
    assert_true(actr_node_ws_port(rig.service) > 0);
}

static void rig_close(void)
{
    actr_node_close(rig.client);
    actr_node_close(rig.service);
    actr_rendezvous_stop(rig.server);
    waiter_deinit(&rig.kept_waiter);
    waiter_deinit(&rig.panic_waiter);
}

/* From the client over the wire, or from the service's own process to its workload. */
static int call(bool remote, const char *route, const char *request, char *ret_text)
{
    struct actr_bytes reply = {0};
    int r =
        actr_call_wait(remote ? rig.client : rig.service, remote ? &rig.id : actr_dest_workload(),
                       route, actr_bytes_str(request), NULL, &reply);
    snprintf(ret_text, 512, "%.*s", r < 0 ? (int)strlen(actr_errmsg()) : (int)reply.len,
             r < 0       ? actr_errmsg()
             : reply.len ? (const char *)reply.ptr
                         : "");
    actr_bytes_unref(reply);
    return r;
}

static void every_answer(bool remote)
{
    char text[512];
    assert_int_equal(call(remote, "echo", "hello", text), 0);
    assert_string_equal(text, "hello");
    assert_int_equal(call(remote, "echo", "", text), 0);
    assert_string_equal(text, "");
    assert_int_equal(call(remote, "fail", "x", text), ACTR_ENOTFOUND);
    assert_string_equal(text, "no such thing here");
    assert_int_equal(call(remote, "nowhere", "x", text), ACTR_EROUTE);
    assert_string_equal(text, "nowhere");
}

TEST(every_answer_reaches_a_peer_and_the_own_process)
{
    char text[512];
    struct actr_id found;
    rig_open(false);
    assert_int_equal(actr_discover_one(rig.client, TYPE, &found), 0);
    assert_true(actr_id_equal(&found, &rig.id));
    assert_int_equal(actr_discover_one(rig.client, "acme:Nobody:1.0.0", &found), ACTR_ENOTFOUND);
    every_answer(true);
    every_answer(false);
    assert_int_equal(call(true, "ask_host", "ab", text), 0);
    assert_string_equal(text, "abab");
    assert_int_equal(call(true, "relay", "cd", text), 0);
    assert_string_equal(text, "cdcd");
    assert_int_equal(call(false, "relay", "ef", text), 0);
    assert_string_equal(text, "efef");
    rig_close();
}

TEST(waiting_for_oneself_is_refused)
{
    char text[512];
    rig_open(false);
    assert_int_equal(call(false, "ask_self", "x", text), ACTR_EDEADLK);
    /* Local codes travel as Internal. */
    assert_int_equal(call(true, "ask_self", "x", text), ACTR_EINTERNAL);
    assert_non_null(strstr(text, "would wait for itself"));
    rig_close();
}

TEST(trace_context_and_identity_come_along)
{
    char expected[512];
    struct actr_bytes reply = {0};
    struct actr_call_options options = {
        .size = sizeof(options), .traceparent = "00-aa-bb-01", .tracestate = "k=v"};
    rig_open(true);
    struct actr_id client = actr_node_id(rig.client);
    char id[ACTR_ID_STR_MAX];
    assert_int_equal(
        actr_call_wait(rig.client, &rig.id, "trace", actr_bytes_str(""), &options, &reply), 0);
    snprintf(expected, sizeof(expected), "trace 00-aa-bb-01 k=v 36 %s",
             actr_id_format(&client, id));
    assert_int_equal(reply.len, strlen(expected));
    assert_memory_equal(reply.ptr, expected, reply.len);
    actr_bytes_unref(reply);
    assert_int_equal(actr_call_wait(rig.service, actr_dest_workload(), "trace", actr_bytes_str(""),
                                    NULL, &reply),
                     0);
    assert_int_equal(reply.len, strlen("trace - - 36 nobody"));
    assert_memory_equal(reply.ptr, "trace - - 36 nobody", reply.len);
    actr_bytes_unref(reply);
    rig_close();
}

TEST(a_repeat_by_its_request_id_gets_the_first_answer)
{
    static const char id[] = "00112233-4455-4677-8899-aabbccddeeff";
    struct actr_call_options options = {.size = sizeof(options), .request_id = id};
    rig_open(true);
    for (int i = 0; i < 2; i++) {
        struct actr_bytes reply = {0};
        assert_int_equal(actr_call_wait(rig.client, &rig.id, "echo",
                                        actr_bytes_str(i == 0 ? "first" : "second"), &options,
                                        &reply),
                         0);
        assert_int_equal(reply.len, strlen("first"));
        assert_memory_equal(reply.ptr, "first", reply.len);
        actr_bytes_unref(reply);
    }
    struct actr_node_stats stats = {.size = sizeof(stats)};
    assert_int_equal(actr_node_get_stats(rig.service, &stats), 0);
    assert_int_equal(stats.requests_deduped, 1);
    rig_close();
}

TEST(tells_of_one_thread_come_before_its_next_call)
{
    long told = 0;
    rig_open(false);
    for (int round = 1; round <= 20; round++) {
        struct actr_bytes reply = {0};
        bool remote = round % 2;
        for (int i = 0; i < 50; i++)
            assert_int_equal(actr_tell(remote ? rig.client : rig.service,
                                       remote ? &rig.id : actr_dest_workload(), "tell",
                                       actr_bytes_str("x"), NULL),
                             0);
        assert_int_equal(actr_call_wait(remote ? rig.client : rig.service,
                                        remote ? &rig.id : actr_dest_workload(), "told",
                                        actr_bytes_str(""), NULL, &reply),
                         0);
        memcpy(&told, reply.ptr, sizeof(told));
        actr_bytes_unref(reply);
        assert_int_equal(told, 50 * round);
    }
    rig_close();
}

/* Several threads, two ways each: the turn lets one in at a time. */
static void crowd_member(void *arg)
{
    char text[512];
    atomic_int *failures = arg;
    for (int i = 0; i < 100; i++) {
        if (call(i % 2, "echo", "crowd", text) != 0 || strcmp(text, "crowd") != 0)
            atomic_fetch_add(failures, 1);
    }
}

TEST(many_threads_one_turn)
{
    struct thread threads[4];
    atomic_int failures = 0;
    rig_open(false);
    for (int i = 0; i < 4; i++)
        assert_int_equal(thread_start(&threads[i], "crowd", crowd_member, &failures), 0);
    for (int i = 0; i < 4; i++)
        thread_join(&threads[i]);
    assert_int_equal(atomic_load(&failures), 0);
    assert_int_equal(rig.inside_max, 1);
    rig_close();
}

static void expect_panic(const char *told)
{
    assert_true(waiter_wait(&rig.panic_waiter, WAITER_FOREVER));
    assert_string_equal(rig.panic_text, told);
    waiter_deinit(&rig.panic_waiter);
    waiter_init(&rig.panic_waiter);
}

static void panics_end_handlers(bool never_blocks, bool remote)
{
    char text[512];
    rig_open(never_blocks);
    assert_int_equal(call(remote, "panic", "x", text), ACTR_EINTERNAL);
    assert_string_equal(text, "handler panicked: lost my head");
    expect_panic("-10010 panic: handler panicked: lost my head");
    assert_int_equal(call(remote, "panic_later", "x", text), 0);
    expect_panic("-10010 host.Double: handler panicked: in a callback, 0");
    assert_int_equal(call(remote, "echo", "alive", text), 0);
    assert_string_equal(text, "alive");
    rig_close();
}

TEST(a_panic_ends_its_handler_and_nothing_else)
{
    panics_end_handlers(false, false);
    panics_end_handlers(false, true);
    panics_end_handlers(true, false);
    panics_end_handlers(true, true);
}

static int panic_on_start(struct actr_ctx *ctx, void *self)
{
    (void)self;
    actr_panic(ctx, "no way");
}

TEST(a_panic_in_on_start_fails_the_start)
{
    char config[512];
    struct actr_workload_options options = {.size = sizeof(options), .on_start = panic_on_start};
    rig_open_server();
    assert_int_equal(
        actr_node_open_text(&rig.service, "service", config_of(config, 512, false), NULL), 0);
    assert_int_equal(actr_node_use(rig.service, actr_workload_new(TYPE, &options, NULL)), 0);
    assert_int_equal(actr_node_start(rig.service), ACTR_EINTERNAL);
    assert_non_null(strstr(actr_errmsg(), "panicked: no way"));
    assert_int_equal(actr_node_get_state(rig.service), ACTR_NODE_OPEN);
    rig_close();
}

struct outcome {
    struct waiter waiter;
    int count, code;
    int refused; /* what a waiting call on the loop said */
};

static void outcome_on_result(void *arg, const struct actr_result *result)
{
    struct outcome *outcome = arg;
    struct actr_bytes reply = {0};
    outcome->count++;
    outcome->code = result->code;
    outcome->refused =
        actr_call_wait(rig.client, &rig.id, "echo", actr_bytes_str("x"), NULL, &reply);
    waiter_signal(&outcome->waiter);
}

TEST(cancel_and_deadline_answer_exactly_once)
{
    struct outcome outcome = {0};
    struct actr_call_options options = {.size = sizeof(options), .timeout_ms = 50};
    struct actr_bytes reply = {0};
    uint64_t number;
    rig_open(false);
    waiter_init(&outcome.waiter);
    assert_int_equal(actr_call(rig.client, &rig.id, "keep", actr_bytes_str(""), NULL,
                               outcome_on_result, &outcome, &number),
                     0);
    assert_true(waiter_wait(&rig.kept_waiter, WAITER_FOREVER));
    actr_call_cancel(rig.client, number);
    assert_true(waiter_wait(&outcome.waiter, WAITER_FOREVER));
    assert_int_equal(outcome.code, ACTR_ECANCELED);
    assert_int_equal(outcome.refused, ACTR_EDEADLK); /* waiting on the loop thread */
    actr_call_cancel(rig.client, number);            /* harmless */
    assert_int_equal(actr_reply_send(rig.kept, actr_bytes_str("too late for the caller")), 0);

    waiter_deinit(&rig.kept_waiter);
    waiter_init(&rig.kept_waiter);
    assert_int_equal(
        actr_call_wait(rig.client, &rig.id, "keep", actr_bytes_str(""), &options, &reply),
        ACTR_ETIMEDOUT);
    assert_true(waiter_wait(&rig.kept_waiter, WAITER_FOREVER));
    (void)actr_reply_fail(rig.kept, ACTR_EINTERNAL, "whatever"); /* late or just in time */
    rig_close(); /* every callback that will ever come has come */
    assert_int_equal(outcome.count, 1);
    waiter_deinit(&outcome.waiter);
}

TEST(what_is_not_possible_is_said_at_once)
{
    struct actr_bytes reply = {0}, failed = {NULL, 3, NULL};
    struct actr_call_options stream = {.size = sizeof(stream),
                                       .payload_type = ACTR_STREAM_RELIABLE};
    struct actr_call_options no_uuid = {.size = sizeof(no_uuid), .request_id = "7"};
    char config[512];
    rig_open(true);
    assert_int_equal(
        actr_call_wait(rig.client, &rig.id, "echo", actr_bytes_str(""), &no_uuid, &reply),
        ACTR_EINVALID);
    assert_int_equal(actr_call_wait(rig.client, &rig.id, "", actr_bytes_str(""), NULL, &reply),
                     ACTR_EINVALID);
    assert_int_equal(actr_call_wait(rig.client, NULL, "echo", actr_bytes_str(""), NULL, &reply),
                     ACTR_EINVALID);
    assert_int_equal(actr_call_wait(rig.client, &rig.id, "echo", failed, NULL, &reply),
                     ACTR_ENOMEM);
    assert_int_equal(
        actr_call_wait(rig.client, &rig.id, "echo", actr_bytes_str(""), &stream, &reply),
        ACTR_EINVALID);
    assert_int_equal(actr_node_start(rig.client), ACTR_ESTATE);
    assert_int_equal(actr_node_use(rig.client, workload_new(true)), ACTR_ESTATE);
    assert_int_equal(actr_node_stop(rig.client, 0), 0);
    assert_int_equal(actr_node_stop(rig.client, 0), 0);
    assert_int_equal(actr_tell(rig.client, &rig.id, "tell", actr_bytes_str(""), NULL), ACTR_ESTATE);
    assert_int_equal(actr_node_start(rig.client), 0); /* and again */
    assert_int_equal(actr_call_wait(rig.client, &rig.id, "echo", actr_bytes_str("x"), NULL, &reply),
                     0);
    actr_bytes_unref(reply);
    struct actr_node *none = NULL;
    assert_int_equal(actr_node_open_text(&none, "broken",
                                         "[signaling]\nurl = 5\n[ais_endpoint]\n"
                                         "url = \"http://h/ais\"\n[deployment]\nrealm_id = 1\n",
                                         NULL),
                     ACTR_ECONFIG);
    assert_non_null(strstr(actr_errmsg(), "broken:2:7: "));
    assert_int_equal(actr_node_open(&none, "/nonexistent/actr.toml", NULL), ACTR_ENOTFOUND);
    assert_null(none);
    /* A second listener on the same port. */
    snprintf(config + strlen(config_of(config, 512, false)), 100,
             "[websocket]\nlisten_port = %u\nbind = \"127.0.0.1\"\n",
             actr_node_ws_port(rig.service));
    assert_int_equal(actr_node_open_text(&none, "taken", config, NULL), 0);
    assert_int_equal(actr_node_start(none), ACTR_EIO);
    assert_int_equal(actr_node_get_state(none), ACTR_NODE_OPEN);
    actr_node_close(none);
    rig_close();
}

TEST(request_larger_than_the_limit_is_a_precise_error)
{
    struct actr_bytes reply = {0};
    uint8_t *data;
    rig_open(true);
    struct actr_bytes large = bytes_new(17u << 20, &data);
    memset(data, 1, 17u << 20);
    assert_int_equal(actr_call_wait(rig.client, &rig.id, "echo", large, NULL, &reply),
                     ACTR_EINVALID);
    if (!strstr(actr_errmsg(), "limit 16 MiB"))
        fail_msg("%s", actr_errmsg());
    rig_close();
}
