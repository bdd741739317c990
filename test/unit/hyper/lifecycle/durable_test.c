// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Whole nodes with storage.mailbox_path, on real threads and sockets: what was accepted is handled,
 * if not by this node then by the next on the same file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <actr/actr.h>

#include "harness.h"
#include "mailbox/mailbox_file.h"
#include "sys/waiter.h"

#define TYPE "acme:Keeper:1.0.0"
#define TELLS 200

static struct {
    char dir[64], path[96];
    struct actr_rendezvous *server;
    struct actr_node *service, *client;
    struct waiter first, release, last;
    bool blocks;
    int seen[TELLS]; /* the actor's turn protects it */
} rig;

static void on_count(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    uint32_t number;
    (void)ctx;
    (void)self;
    assert_int_equal(request.len, sizeof(number));
    memcpy(&number, request.ptr, sizeof(number));
    rig.seen[number]++;
    if (number == 0 && rig.blocks) {
        waiter_signal(&rig.first);
        (void)!waiter_wait(&rig.release, WAITER_FOREVER);
    }
    if (number == TELLS - 1)
        waiter_signal(&rig.last);
}

static void on_echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    actr_reply(ctx, actr_bytes_copy(request));
}

static struct actr_node *node_open(const char *more)
{
    char config[512];
    struct actr_node *node = NULL;
    snprintf(config, sizeof(config),
             "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n"
             "[deployment]\nrealm_id = 7\nrealm_secret = \"s\"\n%s",
             actr_rendezvous_port(rig.server), actr_rendezvous_port(rig.server), more);
    assert_int_equal(actr_node_open_text(&node, "test", config, NULL), 0);
    return node;
}

static struct actr_node *service_open(const char *path)
{
    char more[256];
    struct actr_workload_options options = {.size = sizeof(options)};
    struct actr_workload *workload = actr_workload_new(TYPE, &options, NULL);
    actr_workload_route(workload, "count", on_count, NULL);
    actr_workload_route(workload, "echo", on_echo, NULL);
    snprintf(more, sizeof(more),
             "[websocket]\nlisten_port = 0\nbind = \"127.0.0.1\"\n"
             "[storage]\nmailbox_path = \"%s\"\n",
             path);
    struct actr_node *node = node_open(more);
    assert_int_equal(actr_node_use(node, workload), 0);
    return node;
}

static void rig_open(void)
{
    struct actr_rendezvous_options options = {
        .size = sizeof(options), .realm = 7, .realm_secret = "s", .log_level = ACTR_LOG_ERROR};
    memset(&rig, 0, sizeof(rig));
    waiter_init(&rig.first);
    waiter_init(&rig.release);
    waiter_init(&rig.last);
    snprintf(rig.dir, sizeof(rig.dir), "/tmp/actr-durable-XXXXXX");
    assert_non_null(mkdtemp(rig.dir));
    snprintf(rig.path, sizeof(rig.path), "%s/mailbox.db", rig.dir);
    assert_int_equal(actr_rendezvous_start(&rig.server, &options), 0);
    rig.client = node_open("");
    assert_int_equal(actr_node_start(rig.client), 0);
}

static void rig_close(void)
{
    static const char *const endings[] = {"", ".lock", "-wal", "-shm"}; /* a reader leaves these */
    actr_node_close(rig.client);
    actr_node_close(rig.service);
    actr_rendezvous_stop(rig.server);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s%s", rig.path, endings[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(rig.dir), 0);
    waiter_deinit(&rig.first);
    waiter_deinit(&rig.release);
    waiter_deinit(&rig.last);
}

static void tell_all(void)
{
    struct actr_id to = actr_node_id(rig.service);
    for (uint32_t i = 0; i < TELLS; i++) {
        struct actr_bytes number = actr_bytes_copy(actr_view_of(&i, sizeof(i)));
        assert_int_equal(actr_tell(rig.client, &to, "count", number, NULL), 0);
    }
}

static struct mailbox_file_status status_of_file(void)
{
    struct mailbox_file *file = NULL;
    struct mailbox_file_status status = {0};
    assert_int_equal(mailbox_file_open(rig.path, false, &file), 0);
    assert_int_equal(mailbox_file_get_status(file, &status), 0);
    mailbox_file_close(file);
    return status;
}

/* Until the disk has them all: the first one holds the actor, so none is removed. */
static void wait_until_accepted(void)
{
    struct mailbox_file *file = NULL;
    struct mailbox_file_status status = {0};
    assert_int_equal(mailbox_file_open(rig.path, false, &file), 0);
    while (status.counts[MAILBOX_NORMAL] < TELLS)
        assert_int_equal(mailbox_file_get_status(file, &status), 0);
    mailbox_file_close(file);
}

TEST(what_a_stop_leaves_the_next_node_handles_each_once)
{
    rig_open();
    rig.blocks = true;
    rig.service = service_open(rig.path);
    assert_int_equal(actr_node_start(rig.service), 0);
    tell_all();
    assert_true(waiter_wait(&rig.first, WAITER_FOREVER));
    wait_until_accepted();
    assert_int_equal(actr_node_stop(rig.service, 20), ACTR_ETIMEDOUT);
    waiter_signal(&rig.release);
    actr_node_close(rig.service);
    rig.service = NULL;

    unsigned handled = 0;
    while (handled < TELLS && rig.seen[handled] == 1)
        handled++;
    assert_in_range(handled, 1, TELLS - 1);
    assert_int_equal(status_of_file().counts[MAILBOX_NORMAL], TELLS - handled);

    rig.service = service_open(rig.path);
    assert_int_equal(actr_node_start(rig.service), 0);
    assert_true(waiter_wait(&rig.last, WAITER_FOREVER));
    actr_node_close(rig.service);
    rig.service = NULL;
    for (unsigned i = 0; i < TELLS; i++)
        assert_int_equal(rig.seen[i], 1);
    assert_int_equal(status_of_file().counts[MAILBOX_NORMAL], 0);
    rig_close();
}

TEST(a_request_is_answered_and_leaves_its_answer_on_the_disk)
{
    struct actr_bytes reply = {0};
    rig_open();
    rig.service = service_open(rig.path);
    assert_int_equal(actr_node_start(rig.service), 0);
    struct actr_id to = actr_node_id(rig.service);
    assert_int_equal(actr_call_wait(rig.client, &to, "echo", actr_bytes_str("hello"), NULL, &reply),
                     0);
    assert_int_equal(reply.len, 5);
    actr_bytes_unref(reply);
    assert_int_equal(actr_node_stop(rig.service, 0), 0);
    struct mailbox_file_status status = status_of_file();
    assert_int_equal(status.counts[MAILBOX_NORMAL], 0);
    assert_int_equal(status.answers, 1);
    /* The same node once more on the same file. */
    assert_int_equal(actr_node_start(rig.service), 0);
    to = actr_node_id(rig.service);
    assert_int_equal(actr_call_wait(rig.client, &to, "echo", actr_bytes_str("hello"), NULL, &reply),
                     0);
    actr_bytes_unref(reply);
    rig_close();
}

TEST(two_nodes_do_not_share_a_mailbox)
{
    rig_open();
    rig.service = service_open(rig.path);
    assert_int_equal(actr_node_start(rig.service), 0);
    struct actr_node *other = service_open(rig.path);
    assert_int_equal(actr_node_start(other), ACTR_ESTATE);
    assert_non_null(strstr(actr_errmsg(), "has this mailbox"));
    actr_node_close(other);
    other = service_open("/proc/mailbox.db");
    assert_int_equal(actr_node_start(other), ACTR_EIO);
    actr_node_close(other);
    rig_close();
}
