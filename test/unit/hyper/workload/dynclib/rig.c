// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* See rig.h. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

struct rig rig;

static void on_double(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    uint8_t *data;
    struct actr_bytes reply = bytes_new(2 * request.len, &data);
    (void)self;
    memcpy(data, request.ptr, request.len);
    memcpy(data + request.len, request.ptr, request.len);
    actr_reply(ctx, reply);
}

static void on_late(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)ctx;
    (void)request;
    (void)self;
    waiter_signal(&rig.told);
}

static void on_state(void *arg, struct actr_node *node, enum actr_node_state state, int code,
                     const char *message)
{
    (void)arg;
    (void)node;
    (void)code;
    (void)message;
    if (state == ACTR_NODE_OPEN)
        waiter_signal(&rig.stopped);
}

const char *rig_library(const char *name)
{
    static char path[512];
    snprintf(path, sizeof(path), "%s/%s.so", getenv("ACTR_TEST_LIBRARIES"), name);
    return path;
}

struct actr_workload *rig_load(const char *name)
{
    rig.options.size = sizeof(rig.options);
    return actr_workload_load(TYPE, rig_library(name), &rig.options);
}

void rig_isolate(void)
{
    rig.options = (struct actr_load_options){.isolation = ACTR_ISOLATION_PROCESS};
}

void rig_config(char *buf, size_t len, const char *more)
{
    snprintf(buf, len,
             "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n"
             "[deployment]\nrealm_id = 7\nrealm_secret = \"s\"\n%s",
             actr_rendezvous_port(rig.server), actr_rendezvous_port(rig.server), more);
}

void rig_open(const char *name)
{
    char config[1024];
    struct actr_rendezvous_options server = {
        .size = sizeof(server), .realm = 7, .realm_secret = "s", .log_level = ACTR_LOG_ERROR};
    struct actr_node_options options = {.size = sizeof(options), .on_state = on_state};
    assert_int_equal(actr_rendezvous_start(&rig.server, &server), 0);
    rig_config(config, sizeof(config), rig.config ? rig.config : "");
    assert_int_equal(actr_node_open_text(&rig.node, "test", config, &options), 0);
    assert_int_equal(actr_node_route(rig.node, "host.Double", on_double, NULL, NULL), 0);
    assert_int_equal(actr_node_route(rig.node, "late", on_late, NULL, NULL), 0);
    waiter_init(&rig.told);
    waiter_init(&rig.stopped);
    if (actr_node_use(rig.node, rig_load(name)) < 0)
        fail_msg("%s", actr_errmsg());
}

void rig_start(const char *name)
{
    rig_open(name);
    if (actr_node_start(rig.node) < 0)
        fail_msg("%s", actr_errmsg());
}

void rig_close(void)
{
    struct actr_load_options options = rig.options;
    actr_node_close(rig.node);
    actr_rendezvous_stop(rig.server);
    waiter_deinit(&rig.told);
    waiter_deinit(&rig.stopped);
    memset(&rig, 0, sizeof(rig));
    rig.options = options;
}

int rig_ask(const char *route, const char *payload, uint32_t timeout_ms)
{
    struct actr_call_options options = {.size = sizeof(options), .timeout_ms = timeout_ms};
    struct actr_bytes reply = {0};
    int r = actr_call_wait(rig.node, actr_dest_workload(), route, actr_bytes_str(payload), &options,
                           &reply);
    if (r < 0)
        snprintf(rig.answer, sizeof(rig.answer), "%s", actr_errmsg());
    else
        snprintf(rig.answer, sizeof(rig.answer), "%.*s", (int)reply.len,
                 reply.len ? (const char *)reply.ptr : "");
    actr_bytes_unref(reply);
    return r;
}

void rig_expect(const char *word, int code, const char *answer)
{
    int r = rig_ask("raw", word, 0);
    if (r != code || strcmp(rig.answer, answer) != 0)
        fail_msg("%s: %d %s; not %d %s", word, r, rig.answer, code, answer);
}

void rig_refused(const char *name, const char *text)
{
    char wanted[1024];
    assert_null(rig_load(name));
    snprintf(wanted, sizeof(wanted), "%s: %s", rig_library(name), text);
    if (!strstr(actr_errmsg(), wanted))
        fail_msg("%s, not %s", actr_errmsg(), wanted);
}
