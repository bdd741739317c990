// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What a message allocates on its whole way between two nodes, on real threads and sockets, once
 * pools and buffers have their size: every block is named here.
 *
 * Both nodes are in this process, so both sides are counted. A timer may allocate, and a message
 * that comes in two reads does, so the cheapest of several rounds is what a round costs. */
#include <stdio.h>

#include <actr/actr.h>

#include "base/mem.h"
#include "harness.h"

#define TYPE "acme:Echo:1.0.0"
#define ROUNDS 30
#define MESSAGES 12 /* of a round: more frames than 16 at once make the queue of a socket grow */

/* The caller: the call, which has the texts of its options; its payload, which is this test's; the
 * envelope, and its frame, a copy because the envelope is kept until the answer is there. The
 * other side: the frame; the handler's answer, which is this test's; the frame of the answer. The
 * caller again: that frame. */
#define CALL_BLOCKS 8

/* The call, its payload, and the envelope, which becomes the frame: nobody keeps it. On the other
 * side the frame. */
#define TELL_BLOCKS 4

static struct {
    struct actr_rendezvous *server;
    struct actr_node *service, *client;
    struct actr_id to;
} rig;

static void on_echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    actr_reply(ctx, actr_bytes_copy(request));
}

static void on_tell(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)ctx;
    (void)request;
    (void)self;
}

static struct actr_node *node_open(const char *more, struct actr_workload *workload)
{
    char config[512];
    struct actr_node *node = NULL;
    snprintf(config, sizeof(config),
             "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n"
             "[deployment]\nrealm_id = 7\nrealm_secret = \"s\"\n%s",
             actr_rendezvous_port(rig.server), actr_rendezvous_port(rig.server), more);
    assert_int_equal(actr_node_open_text(&node, "test", config, NULL), 0);
    if (workload)
        assert_int_equal(actr_node_use(node, workload), 0);
    assert_int_equal(actr_node_start(node), 0);
    return node;
}

static void rig_open(bool never_blocks)
{
    struct actr_rendezvous_options server = {
        .size = sizeof(server), .realm = 7, .realm_secret = "s", .log_level = ACTR_LOG_ERROR};
    struct actr_workload_options options = {.size = sizeof(options), .never_blocks = never_blocks};
    struct actr_workload *workload = actr_workload_new(TYPE, &options, NULL);
    actr_workload_route(workload, "echo", on_echo, NULL);
    actr_workload_route(workload, "tell", on_tell, NULL);
    assert_int_equal(actr_rendezvous_start(&rig.server, &server), 0);
    rig.service = node_open("[websocket]\nlisten_port = 0\nbind = \"127.0.0.1\"\n", workload);
    rig.client = node_open("", NULL);
    rig.to = actr_node_id(rig.service);
}

static void rig_close(void)
{
    actr_node_close(rig.client);
    actr_node_close(rig.service);
    actr_rendezvous_stop(rig.server);
}

static void call_once(void)
{
    struct actr_bytes reply = {0};
    assert_int_equal(
        actr_call_wait(rig.client, &rig.to, "echo", actr_bytes_str("hello"), NULL, &reply), 0);
    assert_int_equal(reply.len, 5);
    actr_bytes_unref(reply);
}

/* An answer says that all tells before it have been handled. */
static void tell_all(void)
{
    for (int i = 0; i < MESSAGES; i++)
        assert_int_equal(actr_tell(rig.client, &rig.to, "tell", actr_bytes_str("hello"), NULL), 0);
    call_once();
}

static void call_all(void)
{
    for (int i = 0; i < MESSAGES; i++)
        call_once();
}

static size_t cheapest(void (*round)(void))
{
    size_t least = SIZE_MAX;
    for (int i = 0; i < ROUNDS; i++) {
        size_t total = mem_total();
        round();
        size_t blocks = mem_total() - total;
        if (blocks < least)
            least = blocks;
    }
    return least;
}

TEST(a_request_and_its_answer_allocate_what_is_sent_and_the_call)
{
    rig_open(true);
    assert_in_range(cheapest(call_all), 1, MESSAGES * CALL_BLOCKS);
    rig_close();
}

TEST(a_handler_on_a_worker_costs_no_block_more)
{
    rig_open(false);
    assert_in_range(cheapest(call_all), 1, MESSAGES * CALL_BLOCKS);
    rig_close();
}

TEST(a_tell_allocates_what_is_sent_and_the_call)
{
    rig_open(false);
    assert_in_range(cheapest(tell_all), 1, MESSAGES * TELL_BLOCKS + CALL_BLOCKS);
    rig_close();
}
