// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Which path leads where.
 *
 * Loop thread. */
#pragma once

#include "net/http.h"
#include "rendezvous.h"

/* The events of the listening server; user is the struct rendezvous. on_closed is
 * rendezvous_on_unlistened(). */
extern const struct net_server_events routes_events;
