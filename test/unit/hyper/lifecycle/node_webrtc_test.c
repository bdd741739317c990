// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Whole nodes in one process that reach each other by WebRTC: a real server for the relays, real
 * UDP, DTLS and SCTP. None has a listener, so nothing else can carry, but where a test says so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <actr/actr.h>

#include "base/bytes.h"
#include "harness.h"
#include "sys/lock.h"
#include "sys/thread.h"
#include "sys/waiter.h"

#define A_TYPE "acme:Alpha:1.0.0"
#define B_TYPE "acme:Beta:1.0.0"

static struct {
    struct actr_rendezvous *server;
    struct actr_node *a, *b;
    struct actr_id a_id, b_id;
    struct lock lock;
    unsigned seen[20]; /* hooks of both, by number */
} rig;

static void on_echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    actr_reply(ctx, actr_bytes_copy(request));
}

/* Answers with as many bytes as the request says. */
static void on_grow(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    uint32_t len;
    uint8_t *data;
    (void)self;
    memcpy(&len, request.ptr, sizeof(len));
    struct actr_bytes answer = bytes_new(len, &data);
    memset(data, 'g', len);
    actr_reply(ctx, answer);
}

static int on_hook(void *arg, struct actr_node *node, const struct actr_hook_event *event)
{
    (void)arg;
    (void)node;
    lock_take(&rig.lock);
    rig.seen[event->hook]++;
    lock_give(&rig.lock);
    return 0;
}

/* After rig_close(): nobody else is left. */
static unsigned seen(enum actr_hook hook)
{
    return rig.seen[hook];
}

static struct actr_node *node_new_with(const char *type, const char *more,
                                       const struct actr_node_options *node_options)
{
    char config[1024];
    struct actr_node *node = NULL;
    struct actr_workload_options options = {.size = sizeof(options), .never_blocks = true};
    struct actr_workload *workload = actr_workload_new(type, &options, NULL);
    unsigned port = actr_rendezvous_port(rig.server);
    const struct actr_observer observer = {.size = sizeof(observer), .observe = on_hook};

    actr_workload_route(workload, "echo", on_echo, NULL);
    actr_workload_route(workload, "grow", on_grow, NULL);
    snprintf(config, sizeof(config),
             "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n"
             "[deployment]\nrealm_id = 7\nrealm_secret = \"s\"\n%s",
             port, port, more);
    assert_int_equal(actr_node_open_text(&node, type, config, node_options), 0);
    assert_int_equal(actr_node_use(node, workload), 0);
    assert_int_equal(actr_node_observe(node, &observer, NULL), 0);
    assert_int_equal(actr_node_start(node), 0);
    return node;
}

static struct actr_node *node_new(const char *type, const char *more)
{
    return node_new_with(type, more, NULL);
}

static void rig_open(const char *a_config, const char *b_config)
{
    struct actr_rendezvous_options options = {
        .size = sizeof(options), .realm = 7, .realm_secret = "s", .log_level = ACTR_LOG_ERROR};
    memset(&rig, 0, sizeof(rig));
    lock_init(&rig.lock);
    assert_int_equal(actr_rendezvous_start(&rig.server, &options), 0);
    rig.a = node_new(A_TYPE, a_config);
    rig.b = node_new(B_TYPE, b_config);
    rig.a_id = actr_node_id(rig.a);
    rig.b_id = actr_node_id(rig.b);
}

static void rig_close(void)
{
    actr_node_close(rig.a);
    actr_node_close(rig.b);
    actr_rendezvous_stop(rig.server);
    lock_deinit(&rig.lock);
}

/* Calls echo with `len` bytes; the reply must be the same. */
static void echo(struct actr_node *from, const struct actr_id *to, size_t len)
{
    uint8_t *data;
    struct actr_bytes request = bytes_new(len, &data), reply = {0};
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i * 7 + len);
    int r = actr_call_wait(from, to, "echo", actr_bytes_ref(request), NULL, &reply);
    if (r < 0)
        print_error("%s\n", actr_errmsg());
    assert_int_equal(r, 0);
    assert_true(view_equal(actr_bytes_view(reply), actr_bytes_view(request)));
    actr_bytes_unref(request);
    actr_bytes_unref(reply);
}

TEST(two_nodes_call_each_other)
{
    rig_open("", "");
    echo(rig.a, &rig.b_id, 5);
    /* By the session that is there, whoever made it. */
    echo(rig.b, &rig.a_id, 6);
    echo(rig.a, &rig.b_id, 0);
    rig_close();
    assert_int_equal(seen(ACTR_HOOK_WEBRTC_CONNECTING), 2);
    assert_int_equal(seen(ACTR_HOOK_WEBRTC_CONNECTED), 2);
    assert_int_equal(seen(ACTR_HOOK_WEBRTC_DISCONNECTED), 1); /* for a it ended with on_stop */
}

TEST(the_other_one_first)
{
    rig_open("", "");
    echo(rig.b, &rig.a_id, 5);
    echo(rig.a, &rig.b_id, 6);
    rig_close();
}

TEST(messages_of_many_fragments)
{
    rig_open("", "");
    for (size_t len = 65519; len < 65530; len++)
        echo(rig.a, &rig.b_id, len);
    echo(rig.a, &rig.b_id, 200 << 10);
    echo(rig.b, &rig.a_id, 4 << 20);
    rig_close();
}

/* One machine that lets the system cut and join datagrams, and one that does not. */
TEST(a_node_without_offload_and_one_with_it)
{
    struct actr_node_stats stats = {.size = sizeof(stats)};
    const char *before = getenv("ACTR_NO_UDP_OFFLOAD");
    setenv("ACTR_NO_UDP_OFFLOAD", "1", 1);
    rig_open("", "");
    actr_node_close(rig.b);
    unsetenv("ACTR_NO_UDP_OFFLOAD");
    rig.b = node_new(B_TYPE, "");
    rig.b_id = actr_node_id(rig.b);
    echo(rig.a, &rig.b_id, 4 << 20);
    echo(rig.b, &rig.a_id, 4 << 20);
    assert_int_equal(actr_node_get_stats(rig.a, &stats), 0);
    assert_true(stats.datagrams_in > 500 && stats.datagrams_out > 500);
    rig_close();
    if (before)
        setenv("ACTR_NO_UDP_OFFLOAD", "1", 1);
}

TEST(statistics_of_a_session)
{
    struct actr_peer_stats stats = {.size = sizeof(stats)};
    struct actr_id nobody = {0};
    rig_open("", "");
    assert_int_equal(actr_node_get_peer_stats(rig.a, &rig.b_id, &stats), ACTR_ENOTFOUND);
    echo(rig.a, &rig.b_id, 5000);
    assert_int_equal(actr_node_get_peer_stats(rig.a, &rig.b_id, &stats), 0);
    assert_true(stats.has_path && !stats.relayed);
    assert_true(stats.local[0] && stats.remote[0]);
    assert_true(stats.bytes_in >= 5000 && stats.bytes_out >= 5000);
    assert_true(stats.datagrams_in > 5 && stats.datagrams_out > 5);
    assert_int_equal(stats.restarts, 0);
    stats.size = sizeof(stats) + 1;
    assert_int_equal(actr_node_get_peer_stats(rig.a, &rig.b_id, &stats), ACTR_EINVALID);
    stats.size = sizeof(stats);
    assert_int_equal(actr_node_get_peer_stats(rig.a, &nobody, &stats), ACTR_ENOTFOUND);
    rig_close();
}

/* Both listen, and without a relay no session of WebRTC comes to be. */
#define WEBSOCKET_ONLY                                                                             \
    "[webrtc]\nforce_relay = true\n[websocket]\nlisten_port = 0\nbind = \"127.0.0.1\"\n"

/* b takes and sends 100,000 bytes at most. */
static void rig_open_unequal(const char *config)
{
    const struct actr_node_options options = {.size = sizeof(options), .message_bytes_max = 100000};
    rig_open(config, config);
    actr_node_close(rig.b);
    rig.b = node_new_with(B_TYPE, config, &options);
    rig.b_id = actr_node_id(rig.b);
}

static void expect_too_large(struct actr_node *from, const struct actr_id *to, const char *route,
                             struct actr_bytes request, const char *text)
{
    struct actr_bytes reply = {0};
    assert_int_equal(actr_call_wait(from, to, route, request, NULL, &reply), ACTR_EINVALID);
    assert_non_null(strstr(actr_errmsg(), text));
    assert_non_null(strstr(actr_errmsg(), " B > limit 100000 B"));
}

static unsigned frames_dropped(struct actr_node *node)
{
    struct actr_node_stats stats = {.size = sizeof(stats)};
    assert_int_equal(actr_node_get_stats(node, &stats), 0);
    return (unsigned)stats.frames_dropped;
}

static void request_too_long(const char *config)
{
    uint8_t *data;
    rig_open_unequal(config);
    echo(rig.a, &rig.b_id, 90000);
    /* The last fragment is full, or has a few bytes: the end reaches back into the one before. */
    for (size_t len = 7 * 16384 - 120; len < 7 * 16384 + 40; len += 10) {
        struct actr_bytes request = bytes_new(len, &data);
        memset(data, 'r', len);
        expect_too_large(rig.a, &rig.b_id, "echo", request, "payload 11");
    }
    struct actr_bytes request = bytes_new(3 << 20, &data);
    memset(data, 'r', 3 << 20);
    expect_too_large(rig.a, &rig.b_id, "echo", request, "payload 31");
    echo(rig.a, &rig.b_id, 90000);
    assert_int_equal(frames_dropped(rig.b), 17);
    rig_close();
}

TEST(a_request_too_long_for_its_callee)
{
    request_too_long("");
    assert_int_equal(seen(ACTR_HOOK_WEBRTC_CONNECTED), 2);
    assert_int_equal(seen(ACTR_HOOK_WEBSOCKET_CONNECTED), 0);
}

TEST(a_request_too_long_for_its_callee_by_websocket)
{
    request_too_long(WEBSOCKET_ONLY);
    assert_int_equal(seen(ACTR_HOOK_WEBRTC_CONNECTED), 0);
    assert_int_equal(seen(ACTR_HOOK_WEBSOCKET_CONNECTED), 2);
}

static void answer_too_long(const char *config)
{
    const uint32_t len = 200000, fits = 90000;
    struct actr_bytes reply = {0};
    rig_open_unequal(config);
    expect_too_large(rig.b, &rig.a_id, "grow", actr_bytes_copy(actr_view_of(&len, sizeof(len))),
                     "the answer: payload 2000");
    assert_int_equal(actr_call_wait(rig.b, &rig.a_id, "grow",
                                    actr_bytes_copy(actr_view_of(&fits, sizeof(fits))), NULL,
                                    &reply),
                     0);
    assert_int_equal(reply.len, fits);
    actr_bytes_unref(reply);
    assert_int_equal(frames_dropped(rig.b), 1);
    rig_close();
}

TEST(an_answer_too_long_for_its_caller)
{
    answer_too_long("");
    assert_int_equal(seen(ACTR_HOOK_WEBSOCKET_CONNECTED), 0);
}

TEST(an_answer_too_long_for_its_caller_by_websocket)
{
    answer_too_long(WEBSOCKET_ONLY);
    assert_int_equal(seen(ACTR_HOOK_WEBRTC_CONNECTED), 0);
    assert_int_equal(seen(ACTR_HOOK_WEBSOCKET_CONNECTED), 2);
}
