// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What each part reports to, as wiring.c joins them; owner is the node everywhere. Loop thread. */
#pragma once

#include "hyper/inbound/inbound_gate.h"
#include "hyper/outbound/peer_gate.h"
#include "hyper/signaling/signaling.h"
#include "hyper/transport/lane.h"
#include "hyper/wire/webrtc/coordinator.h"
#include "hyper/wire/websocket/dialer.h"
#include "hyper/wire/websocket/server.h"
#include "mailbox/mailbox.h"

extern const struct signaling_events wiring_signaling_events;
extern const struct mailbox_events wiring_mailbox_events;
extern const struct lane_events wiring_lane_events;
extern const struct peer_gate_events wiring_gate_events;
extern const struct inbound_gate_events wiring_inbound_events;
extern const struct ws_server_events wiring_listener_events;
extern const struct coordinator_events wiring_coordinator_events;

const char *wiring_resolve(void *owner, struct ws_address *address);
void wiring_resolve_cancel(void *owner, struct ws_address *address);
int wiring_identity(void *owner, struct ws_identity *ret_identity);
void wiring_on_handler_error(void *owner, int code, const char *text);
