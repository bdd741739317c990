// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The heartbeat: tells the server regularly that the node is there and how busy it is, and hears
 * whether it still likes the credential. Runs while the socket is up. Loop thread. */
#pragma once

#include <stdint.h>

#include "hyper/signaling/client_request.h"
#include "hyper/signaling/signaling.h"
#include "protocol/signaling.h"
#include "sys/loop.h"

struct client;

/* Lost heartbeats in a row after which the server counts as dead, though its socket lives. */
#define HEARTBEAT_MISSES_MAX 3

struct heartbeat_events {
    /* Asked before each beat. */
    void (*load)(void *owner, struct signaling_load *ret_load);
    /* The server wishes that the credential be renewed. Must not end the heartbeat. */
    void (*on_warning)(void *owner);
    /* HEARTBEAT_MISSES_MAX in a row; none follows until it is started again. */
    void (*on_dead)(void *owner);
};

struct heartbeat {
    struct client *_client;
    const struct heartbeat_events *_events;
    void *_owner;
    struct loop_timer _timer;
    struct client_request _request;
    uint32_t _interval_s;
    uint32_t _miss_count;
};

void heartbeat_init(struct heartbeat *heartbeat, struct loop *loop, struct client *client,
                    const struct heartbeat_events *events, void *owner);
/* The first beat at once. */
void heartbeat_start(struct heartbeat *heartbeat, uint32_t interval_s);
/* Harmless when stopped, or zeroed. */
void heartbeat_stop(struct heartbeat *heartbeat);

/* What the server is told, from 5 (idle) to 1 (two runnable threads for each core, or more). */
float heartbeat_power(double cpu);
enum signaling_availability heartbeat_availability(double power, double backlog);
