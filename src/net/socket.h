// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What the parts of the real network share: the object behind struct net.
 *
 * Loop thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/net_ops.h"
#include "sys/loop.h"

/* One read takes at most so many bytes from the system. */
#define SOCKET_READ_MAX 65536
/* One TLS record's worth of plaintext. */
#define SOCKET_RECORD_MAX 16384

struct datagram_pool;
struct trust;
struct uv_loop_s;

struct socket_net {
    struct net base;
    struct uv_loop_s *uv;
    struct trust *trust;             /* whom TLS clients believe; made by the first that asks */
    struct datagram_pool *datagrams; /* made by the first UDP socket */
    size_t refs; /* one of the owner, one for each thing that libuv still knows */
    size_t random_left;
    uint8_t random[512];               /* fresh bytes, used from the end */
    uint8_t record[SOCKET_RECORD_MAX]; /* plaintext on its way through one call */
    uint8_t read[SOCKET_READ_MAX];     /* what was received in the turn at hand */
};

static inline struct socket_net *socket_of(struct net *net)
{
    return (struct socket_net *)net;
}

struct socket_net *socket_ref(struct socket_net *net);
void socket_unref(struct socket_net *net);

/* Unpredictable bytes without a system call each time; len ≤ 16. */
void socket_random(struct socket_net *net, void *buf, size_t len);
