// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What a test of signaling stands on: virtual time, the server, one node's signaling, and a record
 * of its events. */
#pragma once

#include "fake_server.h"
#include "harness.h"
#include "hyper/signaling/signaling.h"
#include "sys/loop_virtual.h"

#define S_US ((uint64_t)1000000)
#define MS_US ((uint64_t)1000)

enum node_cut { NODE_CUT_NONE, NODE_CUT_REGISTERED, NODE_CUT_CONNECTED, NODE_CUT_DISCONNECTED };

struct node {
    struct loop *loop;
    struct fake_server server;
    struct signaling *signaling; /* NULL: freed */
    struct signaling_load load;
    enum node_cut cut; /* frees signaling in this event */
    unsigned registered, connected, disconnected, renewed, errors, failed, stopped;
    uint64_t generation;
    struct actr_id id;
    int code; /* of the last error, failure or loss */
    char detail[256];
    uint64_t began_us;
};

/* Of type acme:node:1.0.0 in realm 7; config may be NULL. */
void node_init(struct node *node, uint64_t seed, const struct signaling_config *config);
/* Frees signaling too, and checks that nothing is left on the network. */
void node_deinit(struct node *node);

void node_run(struct node *node, uint64_t us);
/* Started and connected. */
void node_up(struct node *node);
/* An ordinary node, up. */
void node_begin(struct node *node);

/* The ids of a discovery that has ended. */
struct node_lookup {
    struct signaling_lookup base; /* first */
    unsigned count_called;
    int code;
    char detail[128];
    struct actr_id ids[64];
    size_t count;
};
void node_find(struct node *node, struct node_lookup *lookup, const char *type, uint32_t count_max);

struct node_check {
    struct signaling_check base; /* first */
    unsigned count_called;
    int code;
    char detail[128];
};
/* Consumes the credential. */
void node_verify(struct node *node, struct node_check *check, const struct actr_id *id,
                 struct actr_bytes credential);
