// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A node's signaling on virtual time, with a record of what it reports. */
#include "node.h"

#include <stdio.h>
#include <string.h>

static void node_note(struct node *node, int code, const char *detail)
{
    node->code = code;
    snprintf(node->detail, sizeof node->detail, "%s", detail);
}

static void node_cut(struct node *node, enum node_cut cut)
{
    if (node->cut != cut)
        return;
    signaling_free(node->signaling);
    node->signaling = NULL;
}

static void on_registered(void *owner, const struct actr_id *id, uint64_t generation)
{
    struct node *node = owner;
    node->registered++;
    node->id = *id;
    node->generation = generation;
    node_cut(node, NODE_CUT_REGISTERED);
}

static void on_connected(void *owner)
{
    struct node *node = owner;
    node->connected++;
    node_cut(node, NODE_CUT_CONNECTED);
}

static void on_disconnected(void *owner, int code, const char *detail)
{
    struct node *node = owner;
    node->disconnected++;
    node_note(node, code, detail);
    node_cut(node, NODE_CUT_DISCONNECTED);
}

static void on_renewed(void *owner, uint64_t expires_at_s)
{
    struct node *node = owner;
    node->renewed++;
    assert_int_equal(signaling_identity(node->signaling)->expires_at_s, expires_at_s);
}

static void on_error(void *owner, int code, const char *detail)
{
    struct node *node = owner;
    node->errors++;
    node_note(node, code, detail);
}

static void on_failed(void *owner, int code, const char *detail)
{
    struct node *node = owner;
    assert_true(list_is_empty(&node->server.net.sockets));
    assert_true(list_is_empty(&node->server.net.https));
    node->failed++;
    node_note(node, code, detail);
}

static void on_stopped(void *owner)
{
    struct node *node = owner;
    assert_true(list_is_empty(&node->server.net.sockets));
    assert_true(list_is_empty(&node->server.net.https));
    node->stopped++;
}

static void on_load(void *owner, struct signaling_load *ret_load)
{
    const struct node *node = owner;
    *ret_load = node->load;
}

static const struct signaling_events node_events = {
    .on_registered = on_registered,
    .on_connected = on_connected,
    .on_disconnected = on_disconnected,
    .on_credential_renewed = on_renewed,
    .on_error = on_error,
    .on_failed = on_failed,
    .on_stopped = on_stopped,
    .load = on_load,
};

void node_init(struct node *node, uint64_t seed, const struct signaling_config *config)
{
    struct signaling_config plain = {
        .ais_url = "http://server:8081/ais",
        .signaling_url = "ws://server:8081/signaling/ws",
        .realm = 7,
    };
    if (config != NULL)
        plain = *config;
    memset(node, 0, sizeof *node);
    assert_int_equal(actr_type_parse("acme:node:1.0.0", &plain.type), 0);
    assert_int_equal(loop_virtual_new(seed, &node->loop), 0);
    fake_server_init(&node->server, node->loop);
    node->server.type = plain.type;
    node->server.realm = plain.realm;
    assert_int_equal(signaling_new(node->loop, &node->server.net.base, NULL, &plain, &node_events,
                                   node, &node->signaling),
                     0);
}

void node_deinit(struct node *node)
{
    signaling_free(node->signaling);
    assert_true(loop_virtual_run_idle(node->loop, UINT64_MAX));
    fake_server_deinit(&node->server);
    loop_virtual_close(node->loop);
}

void node_run(struct node *node, uint64_t us)
{
    loop_virtual_run_until(node->loop, loop_now_us(node->loop) + us);
}

void node_up(struct node *node)
{
    node->began_us = loop_now_us(node->loop);
    assert_int_equal(signaling_start(node->signaling, NULL), 0);
    node_run(node, 20 * MS_US);
    assert_int_equal(node->connected, 1);
    assert_true(signaling_is_connected(node->signaling));
}

void node_begin(struct node *node)
{
    node_init(node, 1, NULL);
    node_up(node);
}

static void on_found(struct signaling_lookup *base, int code, const char *detail,
                     const struct actr_id *ids, size_t count)
{
    struct node_lookup *lookup = (struct node_lookup *)base;
    lookup->count_called++;
    lookup->code = code;
    lookup->count = count;
    snprintf(lookup->detail, sizeof lookup->detail, "%s", detail);
    if (count > 0)
        memcpy(lookup->ids, ids, count * sizeof *ids);
}

void node_find(struct node *node, struct node_lookup *lookup, const char *type, uint32_t count_max)
{
    struct actr_type parsed;
    assert_int_equal(actr_type_parse(type, &parsed), 0);
    memset(lookup, 0, sizeof *lookup);
    signaling_discover(node->signaling, &lookup->base, &parsed, count_max, 0, on_found);
    assert_int_equal(lookup->count_called, 0);
}

static void on_checked(struct signaling_check *base, int code, const char *detail)
{
    struct node_check *check = (struct node_check *)base;
    check->count_called++;
    check->code = code;
    snprintf(check->detail, sizeof check->detail, "%s", detail);
}

void node_verify(struct node *node, struct node_check *check, const struct actr_id *id,
                 struct actr_bytes credential)
{
    memset(check, 0, sizeof *check);
    signaling_verify(node->signaling, &check->base, id, actr_bytes_view(credential), on_checked);
    actr_bytes_unref(credential);
    assert_int_equal(check->count_called, 0);
}
