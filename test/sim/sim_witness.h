// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A witness: hears every hook of a node, as its actor or as an observer, and fails the test when
 * what it hears cannot be: an observation before on_start or after on_stop, a connection that is
 * lost twice or was never begun. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/hook.h>

#define SIM_LINES_MAX 256

struct sim_world;

struct sim_witness {
    bool is_started, is_ready, is_signaling_up;
    struct {
        uint64_t connection;
        bool is_connected;
    } lines[SIM_LINES_MAX]; /* connections that are not over */
    unsigned line_count;
    unsigned counts[ACTR_HOOK_STOP + 1];         /* of each hook, since the node was added */
    unsigned recoveries;                         /* not counted as disconnected */
    unsigned categories[ACTR_ERROR_STORAGE + 1]; /* of errors */
    uint64_t expires_at_s;                       /* the last that was told */
    uint64_t queue_len;                          /* likewise */
    bool last_inbound;                           /* of the last peer event */
};

/* What it heard, in its turn. START and STOP as such; START only when it succeeds. */
void sim_witness_hear(struct sim_witness *witness, const struct sim_world *world,
                      const struct actr_hook_event *event);
