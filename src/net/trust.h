// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The certificates that TLS clients of one network believe: read once, when the first asks, by a
 * thread of libuv's pool, because it is files.
 *
 * Loop thread. */
#pragma once

#include "base/list.h"

struct socket_net;
struct tls_context;
struct trust_wait;

/* `context` is lent; NULL: it cannot be had, `detail` says why. */
typedef void trust_fn(struct trust_wait *wait, struct tls_context *context, const char *detail);

/* Embedded in whoever waits; zeroed is not waiting. */
struct trust_wait {
    struct list link;
    trust_fn *fn;
};

/* fn runs later, never inside. ACTR_ENOMEM. A store that could not be read is read again for the
 * next who asks. */
int trust_ask(struct socket_net *net, struct trust_wait *wait, trust_fn *fn)
    __attribute__((warn_unused_result));
/* fn will not run. Harmless when it has, or was never asked to. */
void trust_cancel(struct trust_wait *wait);

/* When the network is freed. */
void trust_free(struct socket_net *net);
