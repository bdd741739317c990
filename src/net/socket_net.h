// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The network on real sockets: TCP and TLS on the libuv loop.
 *
 * Loop thread. */
#pragma once

#include "net/net.h"

struct loop;

/* The loop must be a libuv loop (sys/loop_uv.h). ACTR_ENOMEM. */
int socket_net_new(struct loop *loop, struct net **ret_net) __attribute__((warn_unused_result));

/* Everything opened through it must have ended: on_closed seen, exchanges answered or cancelled.
 * What the system still has to give back (a lookup that was given up, handles that are closing) is
 * waited for by loop_uv_close(), not here. NULL is fine; returns NULL. */
struct net *socket_net_free(struct net *net);
