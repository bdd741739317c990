// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A UDP socket that answers: for a responder that keeps no state about who asks.
 *
 * Datagrams above UDP_LEN_MAX are dropped, and so are answers that the system does not take at
 * once. Loop thread; events never come inside a call. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "net/address.h"

struct loop;
struct udp;

#define UDP_LEN_MAX 2048 /* bytes */

/* `datagram` and `from` are lent. */
typedef void udp_fn(void *user, struct actr_view datagram, const struct net_address *from);

/* Binds to a numeric address (NULL: all, of both families where there are two) and a port (0:
 * chosen by the system). The loop must be a libuv loop. ACTR_EIO (the detail names address, port
 * and cause), ACTR_ENOMEM. */
int udp_open(struct loop *loop, const char *host, uint16_t port, udp_fn *fn, void *user,
             struct udp **ret_udp) __attribute__((warn_unused_result));

/* No event follows. Returns NULL; NULL is fine. */
struct udp *udp_close(struct udp *udp);

uint16_t udp_port(const struct udp *udp);

/* Best effort, as UDP is. */
void udp_send(struct udp *udp, const struct net_address *to, struct actr_view datagram);
