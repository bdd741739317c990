// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* How the messages of one actor run: one at a time or beside each other, kept, stuck; on real
 * threads, from the own process and from a peer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <actr/actr.h>

#include "base/bytes.h"
#include "harness.h"
#include "sys/lock.h"
#include "sys/thread.h"
#include "sys/waiter.h"

#define TYPE "acme:Tester:1.0.0"
#define KEYS 8

static struct {
    struct actr_rendezvous *server;
    struct actr_node *service, *client;
    struct actr_id id;
    struct lock lock;
    int inside, inside_max, key_inside[KEYS];
    bool key_met;
    int meet;
    struct waiter gates[KEYS];
    struct actr_reply *kept;
    struct waiter stuck, told;
    char told_text[256];
    int callbacks;
} rig;

/* A protobuf message whose field 1 is the key. */
static int key_of(struct actr_view request)
{
    return request.len == 2 && request.ptr[0] == 0x08 ? request.ptr[1] : 0;
}

static struct actr_bytes request_of(int key)
{
    uint8_t bytes[2] = {0x08, (uint8_t)key};
    return actr_bytes_copy(actr_view_of(bytes, 2));
}

static void enter(int key)
{
    lock_take(&rig.lock);
    rig.key_met |= rig.key_inside[key]++ > 0;
    if (++rig.inside > rig.inside_max)
        rig.inside_max = rig.inside;
    if (rig.inside == rig.meet) {
        for (int i = 0; i < KEYS; i++)
            waiter_signal(&rig.gates[i]);
    }
    lock_give(&rig.lock);
}

static void leave(int key)
{
    lock_take(&rig.lock);
    rig.inside--;
    rig.key_inside[key]--;
    lock_give(&rig.lock);
}

static void on_pass(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    int key = key_of(request);
    enter(key);
    actr_reply(ctx, actr_ctx_request_bytes(ctx));
    leave(key);
}

/* Leaves when enough others are inside. */
static void on_meet(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    int key = key_of(request);
    enter(key);
    assert_true(waiter_wait(&rig.gates[key], WAITER_FOREVER));
    actr_reply(ctx, (struct actr_bytes){0});
    leave(key);
}

static void on_keep(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    struct actr_reply *reply = actr_reply_keep(ctx);
    if (reply)
        rig.kept = reply;
}

/* Answers whoever waits for the reply that was kept: it can only run if that has left the key. */
static void on_give(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    actr_reply_send(rig.kept, actr_bytes_str("given"));
    actr_reply(ctx, (struct actr_bytes){0});
}

struct errand {
    struct actr_reply *reply;
    int key;
};

static void on_errand_done(void *arg, const struct actr_result *result)
{
    struct errand *errand = arg;
    enter(errand->key);
    /* Before the answer, which ends the wait of whoever reads it. */
    lock_take(&rig.lock);
    rig.callbacks++;
    lock_give(&rig.lock);
    actr_reply_send(errand->reply, actr_bytes_ref(result->reply));
    leave(errand->key);
    free(errand);
}

/* Answers by a call of its own, whose callback comes in the turn of the same key. */
static void on_errand(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    struct errand *errand = malloc(sizeof(*errand));
    errand->key = key_of(request);
    enter(errand->key);
    errand->reply = actr_reply_keep(ctx);
    assert_int_equal(actr_ctx_call(ctx, actr_dest_host(), "host.Echo", actr_ctx_request_bytes(ctx),
                                   NULL, on_errand_done, errand, NULL),
                     0);
    leave(errand->key);
}

/* Waits for the actor that `self` names, which may be waiting for this one. */
struct errand_to {
    struct actr_id *to;
    const char *route;
};

static void on_wait(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    const struct errand_to *errand = self;
    struct actr_bytes reply = {0};
    int r =
        actr_ctx_call_wait(ctx, errand->to, errand->route, actr_bytes_copy(request), NULL, &reply);
    if (r < 0)
        actr_fail(ctx, r, "%s", actr_errmsg());
    else
        actr_reply(ctx, reply);
}

static void on_host_echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    actr_reply(ctx, actr_bytes_copy(request));
}

static void on_error(struct actr_ctx *ctx, const struct actr_error_event *event, void *self)
{
    (void)ctx;
    (void)self;
    if (event->category != ACTR_ERROR_STUCK || !strstr(event->message, "route=meet"))
        return;
    snprintf(rig.told_text, sizeof(rig.told_text), "%s", event->message);
    waiter_signal(&rig.told);
}

static void on_log(void *arg, enum actr_log_level level, const char *event, const char *message)
{
    (void)arg;
    if (level >= ACTR_LOG_ERROR)
        fprintf(stderr, "%s %s\n", event, message);
    if (strcmp(event, "handler.stuck") == 0 && strstr(message, "route=meet"))
        waiter_signal(&rig.stuck);
}

static struct actr_workload *workload_new(struct actr_workload_options *options, bool has_keys)
{
    static const struct {
        const char *route;
        actr_handler_fn *fn;
    } routes[] = {{"pass", on_pass},
                  {"meet", on_meet},
                  {"keep", on_keep},
                  {"give", on_give},
                  {"errand", on_errand}};
    struct actr_route_options by_field = {.size = sizeof(by_field),
                                          .key_source = ACTR_KEY_FIELD,
                                          .key_field = 1,
                                          .key_type = ACTR_KEY_UINT32,
                                          .key_domain = "key"};
    options->size = sizeof(*options);
    options->on_error = on_error;
    struct actr_workload *workload = actr_workload_new(TYPE, options, NULL);
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
        actr_workload_route(workload, routes[i].route, routes[i].fn, has_keys ? &by_field : NULL);
    actr_workload_route(workload, "alone", on_pass, NULL);
    return workload;
}

/* Routes with something of their own: by hand, on the host side or in a workload without state. */
static struct actr_workload *waiting_workload(struct errand_to *errand)
{
    static const struct actr_workload_options options = {.size = sizeof(options)};
    struct actr_workload *workload = actr_workload_new(TYPE, &options, errand);
    actr_workload_route(workload, "wait", on_wait, NULL);
    return workload;
}

static struct actr_node *node_new(struct actr_workload *workload)
{
    struct actr_node_options options = {.size = sizeof(options), .log = on_log};
    struct actr_node *node;
    char config[512];
    snprintf(config, sizeof(config),
             "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n"
             "[deployment]\nrealm_id = 7\nrealm_secret = \"s\"\n"
             "[websocket]\nlisten_port = 0\nbind = \"127.0.0.1\"\n",
             actr_rendezvous_port(rig.server), actr_rendezvous_port(rig.server));
    assert_int_equal(actr_node_open_text(&node, "node", config, &options), 0);
    if (workload)
        assert_int_equal(actr_node_use(node, workload), 0);
    assert_int_equal(actr_node_route(node, "host.Echo", on_host_echo, NULL, NULL), 0);
    assert_int_equal(actr_node_start(node), 0);
    return node;
}

static void rig_open(struct actr_workload_options *options, bool has_keys)
{
    struct actr_rendezvous_options server = {
        .size = sizeof(server), .realm = 7, .realm_secret = "s", .log_level = ACTR_LOG_ERROR};
    memset(&rig, 0, sizeof(rig));
    lock_init(&rig.lock);
    for (int i = 0; i < KEYS; i++)
        waiter_init(&rig.gates[i]);
    waiter_init(&rig.stuck);
    waiter_init(&rig.told);
    assert_int_equal(actr_rendezvous_start(&rig.server, &server), 0);
    rig.service = node_new(workload_new(options, has_keys));
    rig.client = node_new(NULL);
    rig.id = actr_node_id(rig.service);
}

static void rig_close(void)
{
    actr_node_close(rig.client);
    actr_node_close(rig.service);
    actr_rendezvous_stop(rig.server);
    for (int i = 0; i < KEYS; i++)
        waiter_deinit(&rig.gates[i]);
    waiter_deinit(&rig.stuck);
    waiter_deinit(&rig.told);
    lock_deinit(&rig.lock);
}

static int call(bool remote, const char *route, int key)
{
    struct actr_bytes reply = {0};
    int r =
        actr_call_wait(remote ? rig.client : rig.service, remote ? &rig.id : actr_dest_workload(),
                       route, request_of(key), NULL, &reply);
    actr_bytes_unref(reply);
    return r;
}

/* A thread of callers. */
struct caller {
    struct thread thread;
    const char *route;
    int key, count, failures;
    bool remote;
};

static void caller_run(void *arg)
{
    struct caller *caller = arg;
    for (int i = 0; i < caller->count; i++)
        caller->failures += call(caller->remote, caller->route, caller->key) != 0;
}

static void crowd(struct caller *callers, int count)
{
    for (int i = 0; i < count; i++)
        assert_int_equal(thread_start(&callers[i].thread, "caller", caller_run, &callers[i]), 0);
    for (int i = 0; i < count; i++) {
        thread_join(&callers[i].thread);
        assert_int_equal(callers[i].failures, 0);
    }
}

TEST(messages_of_different_keys_overlap)
{
    struct actr_workload_options options = {0};
    rig_open(&options, true);
    for (int remote = 0; remote < 2; remote++) {
        struct caller callers[3] = {{.route = "meet", .key = 1, .count = 1, .remote = remote},
                                    {.route = "meet", .key = 2, .count = 1, .remote = remote},
                                    {.route = "meet", .key = 3, .count = 1, .remote = remote}};
        rig.meet = 3; /* else this does not end */
        rig.inside_max = 0;
        for (int i = 0; i < KEYS; i++) {
            waiter_deinit(&rig.gates[i]);
            waiter_init(&rig.gates[i]);
        }
        crowd(callers, 3);
        assert_int_equal(rig.inside_max, 3);
    }
    rig_close();
}

/* From several threads and both sides, of every route at once. */
static void mix(int inside_max)
{
    static const char *const routes[] = {"pass", "errand", "alone", "pass"};
    struct caller callers[8];
    for (int i = 0; i < 8; i++) {
        callers[i] =
            (struct caller){.route = routes[i % 4], .key = 1 + i % 3, .count = 40, .remote = i % 2};
    }
    crowd(callers, 8);
    assert_false(rig.key_met);
    assert_true(rig.inside_max <= inside_max);
    lock_take(&rig.lock);
    int callbacks = rig.callbacks;
    lock_give(&rig.lock);
    assert_int_equal(callbacks, 80);
}

TEST(a_key_is_never_met_by_its_like_nor_the_budget_exceeded)
{
    struct actr_workload_options options = {.concurrency = 2};
    rig_open(&options, true);
    mix(2);
    rig_close();
}

TEST(without_keys_or_with_a_concurrency_of_one_nothing_overlaps)
{
    struct actr_workload_options none = {0}, one = {.concurrency = 1};
    rig_open(&none, false);
    mix(1);
    rig_close();
    rig_open(&one, true);
    mix(1);
    rig_close();
}

TEST(the_environment_can_forbid_overlap)
{
    static const char *const yes[] = {"1", "true", "TRUE", "yes"};
    for (int i = 0; i < 4; i++) {
        struct actr_workload_options options = {0};
        setenv("ACTR_DISPATCH_SERIAL", yes[i], 1);
        rig_open(&options, true);
        unsetenv("ACTR_DISPATCH_SERIAL");
        mix(1);
        rig_close();
    }
}

/* "give" can only run beside the kept reply, which has the same key. */
static void keep_and_give(bool has_keys)
{
    struct actr_workload_options options = {.kept_replies_max = 1};
    rig_open(&options, has_keys);
    for (int remote = 0; remote < 2; remote++) {
        struct caller keeper = {.route = "keep", .key = 1, .count = 1, .remote = remote};
        struct actr_node_stats stats = {.size = sizeof(stats)};
        assert_int_equal(thread_start(&keeper.thread, "keeper", caller_run, &keeper), 0);
        do { /* until it is kept */
            assert_int_equal(call(false, "pass", 1), 0);
            assert_int_equal(actr_node_get_stats(rig.service, &stats), 0);
        } while (stats.kept_replies == 0);
        assert_int_equal(call(remote, "keep", 1), ACTR_EINTERNAL); /* one at a time: no reply */
        assert_int_equal(call(remote, "give", 1), 0);
        thread_join(&keeper.thread);
        assert_int_equal(keeper.failures, 0);
    }
    rig_close();
}

TEST(a_kept_reply_holds_neither_the_turn_nor_the_key)
{
    keep_and_give(false);
    keep_and_give(true);
}

static void one_is_stuck(bool has_keys)
{
    struct actr_workload_options options = {.stuck_after_ms = 20};
    struct caller caller = {.route = "meet", .key = 5, .count = 1, .remote = true};
    struct actr_bytes reply = {0};
    struct actr_node_stats stats = {.size = sizeof(stats)};
    rig_open(&options, has_keys);
    assert_int_equal(thread_start(&caller.thread, "caller", caller_run, &caller), 0);
    assert_true(waiter_wait(&rig.stuck, WAITER_FOREVER));
    assert_int_equal(actr_node_get_stats(rig.service, &stats), 0);
    assert_true(stats.handlers_stuck >= 1); /* under load others may be slow too */
    /* The host side of the same node, and other keys, go on. */
    assert_int_equal(actr_call_wait(rig.service, actr_dest_host(), "host.Echo", actr_bytes_str("x"),
                                    NULL, &reply),
                     0);
    actr_bytes_unref(reply);
    if (has_keys)
        assert_int_equal(call(true, "pass", 2), 0);
    waiter_signal(&rig.gates[5]);
    thread_join(&caller.thread);
    assert_int_equal(caller.failures, 0);
    assert_true(waiter_wait(&rig.told, WAITER_FOREVER));
    assert_non_null(strstr(rig.told_text, "route=meet age_ms="));
    assert_non_null(strstr(rig.told_text, "request_id="));
    rig_close();
}

TEST(a_handler_that_is_stuck_delays_only_its_own_actor_and_is_reported)
{
    one_is_stuck(false);
    one_is_stuck(true);
}

/* Two actors, a to b to a: the second wait can never end, and is refused where it would begin. */
TEST(a_cycle_of_waiting_actors_is_refused_at_once)
{
    struct actr_workload_options options = {0};
    struct actr_id second;
    struct errand_to to_second = {&second, "wait"}, to_first = {&rig.id, "wait"};
    struct actr_bytes reply = {0};
    rig_open(&options, false);
    struct actr_node *first = node_new(waiting_workload(&to_second));
    struct actr_node *other = node_new(waiting_workload(&to_first));
    second = actr_node_id(other);
    rig.id = actr_node_id(first);
    for (int i = 0; i < 3; i++) {
        int r = actr_call_wait(rig.client, &rig.id, "wait", actr_bytes_str("x"), NULL, &reply);
        assert_int_equal(r, ACTR_EINTERNAL); /* a local code travels as Internal */
        char text[ACTR_ID_STR_MAX];
        assert_non_null(strstr(actr_errmsg(), "wait would wait for itself"));
        assert_non_null(strstr(actr_errmsg(), actr_id_format(&rig.id, text)));
        assert_non_null(strstr(actr_errmsg(), actr_id_format(&second, text)));
    }
    /* To oneself, by one's id in the realm. */
    to_first.to = &second;
    assert_int_equal(actr_call_wait(rig.client, &second, "wait", actr_bytes_str("x"), NULL, &reply),
                     ACTR_EINTERNAL);
    assert_non_null(strstr(actr_errmsg(), "would wait for itself"));
    /* A chain without a cycle is none. */
    to_second.to = &second;
    to_first = (struct errand_to){(struct actr_id *)(uintptr_t)actr_dest_host(), "host.Echo"};
    assert_int_equal(actr_call_wait(rig.client, &rig.id, "wait", actr_bytes_str("x"), NULL, &reply),
                     0);
    assert_memory_equal(reply.ptr, "x", 1);
    actr_bytes_unref(reply);
    actr_node_close(first);
    actr_node_close(other);
    rig_close();
}

static void on_canceled(void *arg, const struct actr_result *result)
{
    *(int *)arg = result->code;
    waiter_signal(&rig.told);
}

/* Behind a handler that does not end: a call that is cancelled meanwhile does not run later. */
static void cancelled_call_is_skipped(bool has_keys)
{
    struct actr_workload_options options = {0};
    struct caller caller = {.route = "meet", .key = 5, .count = 1};
    int code = 0;
    uint64_t number;
    rig_open(&options, has_keys);
    assert_int_equal(thread_start(&caller.thread, "caller", caller_run, &caller), 0);
    for (int inside = 0; inside == 0;) { /* until it holds the turn */
        lock_take(&rig.lock);
        inside = rig.inside;
        lock_give(&rig.lock);
    }
    assert_int_equal(actr_call(rig.service, actr_dest_workload(), "errand", request_of(5), NULL,
                               on_canceled, &code, &number),
                     0);
    actr_call_cancel(rig.service, number);
    assert_true(waiter_wait(&rig.told, WAITER_FOREVER));
    assert_int_equal(code, ACTR_ECANCELED);
    waiter_signal(&rig.gates[5]);
    thread_join(&caller.thread);
    assert_int_equal(call(false, "pass", 5), 0);
    assert_int_equal(rig.inside_max, 1);
    rig_close();
    assert_int_equal(rig.callbacks, 0); /* the errand never ran */
}

TEST(a_cancelled_call_that_still_queues_is_skipped)
{
    cancelled_call_is_skipped(false);
    cancelled_call_is_skipped(true);
}
