// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The witness: what must be true of the order of hooks, checked one by one as they come. Loop
 * thread. */
#include "sim_witness.h"

#include "sim_world.h"

static void witness_step(struct sim_witness *witness, const struct sim_world *world,
                         enum actr_hook hook)
{
    sim_check(world, witness->is_started == (hook != ACTR_HOOK_START));
    if (hook == ACTR_HOOK_READY) {
        sim_check(world, !witness->is_ready);
        witness->is_ready = true;
        return;
    }
    witness->is_started = hook == ACTR_HOOK_START;
    witness->is_ready = false;
    witness->is_signaling_up = false;
    witness->line_count = 0;
}

static void witness_signaling(struct sim_witness *witness, const struct sim_world *world,
                              enum actr_hook hook)
{
    sim_check(world, witness->is_signaling_up == (hook == ACTR_HOOK_SIGNALING_DISCONNECTED));
    if (hook != ACTR_HOOK_SIGNALING_CONNECTING)
        witness->is_signaling_up = hook == ACTR_HOOK_SIGNALING_CONNECTED;
}

static void witness_peer(struct sim_witness *witness, const struct sim_world *world,
                         enum actr_hook hook, const struct actr_peer_event *peer)
{
    unsigned i = 0;
    sim_check(world, peer->size == sizeof(*peer) && peer->connection != 0);
    while (i < witness->line_count && witness->lines[i].connection != peer->connection)
        i++;
    witness->last_inbound = peer->inbound;
    if (hook == ACTR_HOOK_WEBSOCKET_CONNECTING || hook == ACTR_HOOK_WEBRTC_CONNECTING) {
        sim_check(world, i == witness->line_count && i < SIM_LINES_MAX);
        witness->lines[witness->line_count].is_connected = false;
        witness->lines[witness->line_count++].connection = peer->connection;
        return;
    }
    sim_check(world, i < witness->line_count);
    if (hook == ACTR_HOOK_WEBSOCKET_CONNECTED || hook == ACTR_HOOK_WEBRTC_CONNECTED) {
        sim_check(world, !witness->lines[i].is_connected);
        witness->lines[i].is_connected = true;
    } else if (peer->status == ACTR_PEER_RECOVERING) {
        sim_check(world, witness->lines[i].is_connected && peer->code == ACTR_ENOTREADY);
        witness->lines[i].is_connected = false;
        witness->recoveries++;
        witness->counts[hook]--;
    } else {
        witness->lines[i] = witness->lines[--witness->line_count];
    }
}

/* An actor that is broken may be ready again. */
static void witness_error(struct sim_witness *witness, const struct actr_error_event *error)
{
    witness->categories[error->category]++;
    if (error->category == ACTR_ERROR_POISON)
        witness->is_ready = false;
}

void sim_witness_hear(struct sim_witness *witness, const struct sim_world *world,
                      const struct actr_hook_event *event)
{
    witness->counts[event->hook]++;
    if (event->hook >= ACTR_HOOK_START) {
        witness_step(witness, world, event->hook);
        return;
    }
    sim_check(world, witness->is_started);
    if (event->hook <= ACTR_HOOK_SIGNALING_DISCONNECTED)
        witness_signaling(witness, world, event->hook);
    else if (event->peer)
        witness_peer(witness, world, event->hook, event->peer);
    else if (event->credential)
        witness->expires_at_s = event->credential->expires_at_s;
    else if (event->backpressure)
        witness->queue_len = event->backpressure->queue_len;
    else
        witness_error(witness, event->error);
}
