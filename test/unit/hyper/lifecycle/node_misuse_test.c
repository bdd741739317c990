// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Whole nodes and their server against others' misuse, on real sockets: what is too large, what
 * comes too fast, and connections that never come to anything. Each time somebody who behaves is
 * served meanwhile. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <actr/actr.h>

#include "base/bytes.h"
#include "harness.h"
#include "sys/waiter.h"

#define TYPE "acme:Tester:1.0.0"
#define CROWD 2000
#define REPLY_LEN 70000000u
#define FLOOD 2000u
#define FLOOD_LEN 16384u
#define FLOOD_QUEUE_MAX (1u << 20) /* a thirtieth of the flood */

static struct {
    struct actr_rendezvous *server;
    struct actr_node *service, *client;
    struct actr_id id;
    int crowd[CROWD];
    struct waiter entered, gate, ended;
    uint32_t handled, answered; /* the number of the last, on the worker and on the loop */
    bool is_handled_amiss, is_answered_amiss; /* out of order, there and here */
    uint64_t queued_max;
} rig;

static void on_echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    actr_reply(ctx, actr_bytes_copy(request));
}

static void on_large(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    uint8_t *data;
    struct actr_bytes reply = bytes_new(REPLY_LEN, &data);
    (void)request;
    (void)self;
    if (data)
        memset(data, 'x', REPLY_LEN);
    actr_reply(ctx, reply);
}

/* Of the service; nothing that came was thrown away. */
static uint64_t queued_bytes(void)
{
    struct actr_node_stats stats = {.size = sizeof(stats)};
    assert_int_equal(actr_node_get_stats(rig.service, &stats), 0);
    assert_int_equal(stats.frames_dropped, 0);
    return stats.mailbox_bytes;
}

/* The first request holds the actor until the gate opens. */
static void on_flood(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    uint32_t number;
    (void)self;
    memcpy(&number, request.ptr, sizeof(number));
    if (number == 1) {
        waiter_signal(&rig.entered);
        assert_true(waiter_wait(&rig.gate, WAITER_FOREVER));
    }
    rig.is_handled_amiss |= number != ++rig.handled;
    uint64_t queued = queued_bytes();
    if (queued > rig.queued_max)
        rig.queued_max = queued;
    actr_reply(ctx, actr_bytes_copy(actr_view_of(&number, sizeof(number))));
}

static void on_flood_answered(void *arg, const struct actr_result *result)
{
    uint32_t number;
    (void)arg;
    assert_int_equal(result->code, 0);
    assert_int_equal(result->reply.len, sizeof(number));
    memcpy(&number, result->reply.ptr, sizeof(number));
    rig.is_answered_amiss |= number != ++rig.answered;
    if (rig.answered == FLOOD)
        waiter_signal(&rig.ended);
}

static struct actr_node *node_new(bool is_service)
{
    const struct actr_node_options options = {.size = sizeof(options),
                                              .mailbox_bytes_max = FLOOD_QUEUE_MAX};
    char config[512];
    unsigned port = actr_rendezvous_port(rig.server);
    struct actr_node *node = NULL;
    snprintf(config, sizeof(config),
             "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n"
             "[deployment]\nrealm_id = 7\nrealm_secret = \"s\"\n%s",
             port, port, is_service ? "[websocket]\nlisten_port = 0\nbind = \"127.0.0.1\"\n" : "");
    assert_int_equal(actr_node_open_text(&node, "node", config, &options), 0);
    if (is_service) {
        struct actr_workload *workload = actr_workload_new(TYPE, NULL, NULL);
        actr_workload_route(workload, "echo", on_echo, NULL);
        actr_workload_route(workload, "large", on_large, NULL);
        actr_workload_route(workload, "flood", on_flood, NULL);
        assert_int_equal(actr_node_use(node, workload), 0);
    }
    assert_int_equal(actr_node_start(node), 0);
    return node;
}

static void rig_open(void)
{
    const struct actr_rendezvous_options options = {
        .size = sizeof(options), .realm = 7, .realm_secret = "s", .log_level = ACTR_LOG_ERROR};
    memset(&rig, 0, sizeof(rig));
    assert_int_equal(actr_rendezvous_start(&rig.server, &options), 0);
    rig.service = node_new(true);
    rig.client = node_new(false);
    rig.id = actr_node_id(rig.service);
}

static void rig_close(void)
{
    actr_node_close(rig.client);
    actr_node_close(rig.service);
    actr_rendezvous_stop(rig.server);
}

static void expect_served(struct actr_node *node)
{
    struct actr_bytes reply = {0};
    assert_int_equal(actr_call_wait(node, &rig.id, "echo", actr_bytes_str("hello"), NULL, &reply),
                     0);
    assert_int_equal(reply.len, 5);
    actr_bytes_unref(reply);
}

/* The callee has to change something: Internal. */
TEST(a_reply_of_70_mb_is_refused_with_its_size_and_the_limit)
{
    struct actr_bytes reply = {0};
    rig_open();
    assert_int_equal(actr_call_wait(rig.client, &rig.id, "large", actr_bytes_str(""), NULL, &reply),
                     ACTR_EINTERNAL);
    assert_string_equal(actr_errmsg(), "payload 70 MB > limit 16 MiB");
    expect_served(rig.client);
    rig_close();
}

/* While the actor works on the first request, its node takes as much of the others as the mailbox
 * may hold and leaves the rest to the sender; then every one is handled once, in order. */
TEST(a_peer_that_sends_faster_than_the_actor_works_is_held_back_and_loses_nothing)
{
    const struct actr_call_options options = {.size = sizeof(options), .timeout_ms = 600000};
    rig_open();
    waiter_init(&rig.entered);
    waiter_init(&rig.gate);
    waiter_init(&rig.ended);
    for (uint32_t number = 1; number <= FLOOD; number++) {
        uint8_t *data;
        struct actr_bytes payload = bytes_new(FLOOD_LEN, &data);
        memset(data, 0, FLOOD_LEN);
        memcpy(data, &number, sizeof(number));
        assert_int_equal(actr_call(rig.client, &rig.id, "flood", payload, &options,
                                   on_flood_answered, NULL, NULL),
                         0);
    }
    assert_true(waiter_wait(&rig.entered, WAITER_FOREVER));
    /* Each question turns the loop, which would read more if it did not hold the peer back. */
    uint64_t before = 0, queued = 0;
    for (unsigned quiet = 0; quiet < 20; before = queued) {
        struct actr_id id;
        assert_int_equal(actr_discover_one(rig.client, TYPE, &id), 0);
        queued = queued_bytes();
        assert_true(queued <= FLOOD_QUEUE_MAX);
        quiet = queued > FLOOD_LEN && queued == before ? quiet + 1 : 0;
    }
    waiter_signal(&rig.gate);
    assert_true(waiter_wait(&rig.ended, WAITER_FOREVER));
    assert_int_equal(rig.handled, FLOOD);
    assert_false(rig.is_handled_amiss || rig.is_answered_amiss);
    assert_true(rig.queued_max > FLOOD_LEN && rig.queued_max <= FLOOD_QUEUE_MAX);
    assert_int_equal(queued_bytes(), 0);
    expect_served(rig.client);
    waiter_deinit(&rig.entered);
    waiter_deinit(&rig.gate);
    waiter_deinit(&rig.ended);
    rig_close();
}

/* Both ends of each connection are this process's. */
static void crowd_open(uint16_t port)
{
    static const char half[] = "GET / HTTP/1.1\r\nHost:";
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 20000 ? limit.rlim_max : 20000;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 0; i < CROWD; i++) {
        rig.crowd[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_true(rig.crowd[i] >= 0);
        assert_int_equal(connect(rig.crowd[i], (struct sockaddr *)&address, sizeof(address)), 0);
        if (i % 2) /* half of them begin; it does not matter whether they were cut before */
            (void)!send(rig.crowd[i], half, sizeof(half) - 1, MSG_NOSIGNAL);
    }
}

static void crowd_close(void)
{
    for (int i = 0; i < CROWD; i++)
        close(rig.crowd[i]);
}

TEST(two_thousand_silent_sockets_at_a_node_keep_no_peer_waiting)
{
    rig_open();
    crowd_open(actr_node_ws_port(rig.service));
    struct actr_node *newcomer = node_new(false); /* its handshake is behind theirs */
    for (int i = 0; i < 20; i++)
        expect_served(newcomer);
    expect_served(rig.client);
    crowd_close();
    actr_node_close(newcomer);
    rig_close();
}

TEST(two_thousand_silent_sockets_at_the_server_keep_no_node_waiting)
{
    rig_open();
    expect_served(rig.client);
    crowd_open(actr_rendezvous_port(rig.server));
    struct actr_node *newcomer = node_new(false);
    expect_served(newcomer);
    expect_served(rig.client);
    crowd_close();
    actr_node_close(newcomer);
    rig_close();
}
