// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* coturn in a process of its own, on ports of 127.0.0.1 that were free a moment ago, with a folder
 * of its own for what it writes. What it says is read while our loop turns. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct rig;

struct turnserver {
    struct rig *rig;
    pid_t pid;
    int out;
    uint16_t port, tls_port;
    uint16_t alternate; /* it grants nothing, and names 127.0.0.1 with this port; 0: it serves */
    bool has_ipv6;      /* it relays by ::1, too */
    char folder[64];
    char log[262144]; /* all that it has said */
    size_t log_len;
};

/* The one user is "actor" with the password "secret"; allocations last 4 s, nonces 1 s. */
void turnserver_start(struct turnserver *server, struct rig *rig);
/* One that sends everybody to `alternate`. */
void turnserver_start_sending_to(struct turnserver *server, struct rig *rig, uint16_t alternate);
void turnserver_end(struct turnserver *server);
/* Kills it, and starts it again on its ports. */
void turnserver_restart(struct turnserver *server);

/* One turn of the loop; takes what the server has said. */
void turnserver_turn(struct turnserver *server);

/* How often it has said that. */
unsigned turnserver_said(const struct turnserver *server, const char *text);

#define TURNSERVER_UNTIL(server, condition)                                                        \
    do {                                                                                           \
        while (!(condition))                                                                       \
            turnserver_turn(server);                                                               \
    } while (0)
