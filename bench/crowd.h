// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A rendezvous server in a process of its own, and many actors in this one: the real signaling
 * client, without nodes around it. All on one loop, on the calling thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process.h"
#include "sys/loop.h"

struct net;
struct signaling;
struct crowd;

struct crowd_member {
    struct crowd *crowd;
    struct signaling *signaling; /* NULL: not there */
    bool is_connected;
};

struct crowd {
    struct process server;
    unsigned port;
    struct loop *loop;
    struct net *net;
    struct crowd_member *members;
    size_t count; /* of members */
    size_t connected, failed, next;
    unsigned at_once; /* joins under way */
};

/* Starts the server and makes room for `count` members. False, with a line on standard error. */
bool crowd_open(struct crowd *crowd, size_t count);

/* Registers and connects all members, so many at once; returns when they are there, with the time
 * it took. */
bool crowd_join(struct crowd *crowd, unsigned at_once, double *ret_seconds);

/* Ends everything at once. */
void crowd_close(struct crowd *crowd);
