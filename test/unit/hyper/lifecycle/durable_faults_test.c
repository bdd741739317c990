// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Whole nodes with storage.mailbox_path, on real threads, sockets and a real disk, and what goes
 * wrong with a message: it cannot be read, the disk does not take it. (One that the ACL denies does
 * not get so far among our own: who may not call is not told the address. mailbox_pump_test.c.) */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <actr/actr.h>

#include "base/bytes.h"
#include "harness.h"
#include "hyper/lifecycle/node.h"
#include "hyper/transport/lane.h"
#include "hyper/transport/peer_transport.h"
#include "mailbox/mailbox_file.h"
#include "sys/waiter.h"

#define TYPE "acme:Keeper:1.0.0"

static struct {
    char dir[64], path[96];
    struct actr_rendezvous *server;
    struct actr_node *service, *client;
    struct actr_id to;
    int handled; /* the actor's turn protects it */
    struct loop_post post;
    struct waiter posted;
} rig;

static void on_echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    rig.handled++;
    actr_reply(ctx, actr_bytes_copy(request));
}

static struct actr_node *node_open(const char *more)
{
    char config[768];
    struct actr_node *node = NULL;
    snprintf(config, sizeof(config),
             "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n"
             "[deployment]\nrealm_id = 7\nrealm_secret = \"s\"\n%s",
             actr_rendezvous_port(rig.server), actr_rendezvous_port(rig.server), more);
    assert_int_equal(actr_node_open_text(&node, "test", config, NULL), 0);
    return node;
}

static void rig_open(void)
{
    struct actr_rendezvous_options server = {
        .size = sizeof(server), .realm = 7, .realm_secret = "s", .log_level = ACTR_LOG_ERROR};
    char config[512];
    memset(&rig, 0, sizeof(rig));
    waiter_init(&rig.posted);
    harness_folder(rig.dir, sizeof(rig.dir));
    snprintf(rig.path, sizeof(rig.path), "%s/mailbox.db", rig.dir);
    assert_int_equal(actr_rendezvous_start(&rig.server, &server), 0);
    snprintf(config, sizeof(config),
             "[websocket]\nlisten_port = 0\nbind = \"127.0.0.1\"\n"
             "[storage]\nmailbox_path = \"%s\"\n",
             rig.path);
    rig.service = node_open(config);
    struct actr_workload *workload = actr_workload_new(TYPE, NULL, NULL);
    actr_workload_route(workload, "echo", on_echo, NULL);
    assert_int_equal(actr_node_use(rig.service, workload), 0);
    assert_int_equal(actr_node_start(rig.service), 0);
    rig.client = node_open("");
    assert_int_equal(actr_node_start(rig.client), 0);
    rig.to = actr_node_id(rig.service);
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
    waiter_deinit(&rig.posted);
}

static int call(void)
{
    struct actr_bytes reply = {0};
    int r = actr_call_wait(rig.client, &rig.to, "echo", actr_bytes_str("hello"), NULL, &reply);
    actr_bytes_unref(reply);
    return r;
}

struct letters {
    const char *category;
    uint64_t count; /* of that category */
};

static void on_category(void *arg, struct actr_view category, uint64_t count)
{
    struct letters *letters = arg;
    if (view_equal(category, view_text(letters->category)))
        letters->count += count;
}

/* Of this category; there are no others. */
static uint64_t letters_of(const char *category)
{
    struct mailbox_file *file = NULL;
    struct dlq_stats stats = {0};
    struct letters letters = {category, 0};
    assert_int_equal(mailbox_file_open(rig.path, false, &file), 0);
    assert_int_equal(dlq_get_stats(mailbox_file_database(file), &stats, on_category, &letters), 0);
    mailbox_file_close(file);
    assert_int_equal(letters.count, stats.total);
    return letters.count;
}

/* On the client's loop: bytes that are no envelope, by the wire that a call has opened. */
static void on_post(struct loop_post *post)
{
    struct dest_transport *dest = peer_transport_find(rig.client->transport, &rig.to);
    (void)post;
    assert_non_null(dest);
    assert_true(
        dest_transport_send(dest, ACTR_RPC_RELIABLE, actr_bytes_str("\xff\xff no envelope")) >= 0);
    waiter_signal(&rig.posted);
}

TEST(what_cannot_be_read_becomes_a_dead_letter)
{
    struct actr_node_stats stats = {.size = sizeof(stats)};
    rig_open();
    assert_int_equal(call(), 0);
    assert_true(loop_post(rig.client->loop, &rig.post, on_post));
    assert_true(waiter_wait(&rig.posted, WAITER_FOREVER));
    assert_int_equal(call(), 0); /* behind it, by the same wire */
    assert_int_equal(actr_node_get_stats(rig.service, &stats), 0);
    assert_int_equal(stats.frames_dropped, 1);
    assert_int_equal(actr_node_stop(rig.service, 0), 0);
    assert_int_equal(letters_of("protobuf_decode"), 1);
    assert_int_equal(rig.handled, 2);
    rig_close();
}

/* Nothing is written beyond the first page of a file, as on a disk that is full. */
static void disk_fill(void)
{
    struct rlimit limit;
    assert_int_not_equal(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void disk_free(void)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

TEST(a_full_disk_refuses_requests_and_takes_them_again_when_there_is_space)
{
    rig_open();
    assert_int_equal(call(), 0);
    disk_fill();
    assert_int_equal(call(), ACTR_EUNAVAILABLE);
    assert_non_null(strstr(actr_errmsg(), "the disk of the mailbox refuses"));
    assert_int_equal(call(), ACTR_EUNAVAILABLE);
    assert_int_equal(rig.handled, 1); /* what was refused was not handled */
    disk_free();
    assert_int_equal(call(), 0);
    assert_int_equal(actr_node_stop(rig.service, 0), 0);
    assert_int_equal(rig.handled, 2);
    assert_int_equal(letters_of("poison"), 0);
    rig_close();
}
