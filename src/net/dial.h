// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* From a URL to an open stream: name, addresses one after the other, TCP, TLS.
 *
 * Loop thread. How long it may take is its owner's affair. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/url.h"
#include "net/resolve.h"
#include "net/trust.h"
#include "sys/loop.h"

struct dial;
struct stream;

/* The stream, open and the receiver's to own; NULL: nothing could be reached: `detail` says what
 * and why, dial->error is ACTR_ECONFIG when it will not be before somebody mends something, else
 * ACTR_EUNAVAILABLE. */
typedef void dial_fn(struct dial *dial, struct stream *stream, const char *detail);

/* Embedded; zeroed is idle. */
struct dial {
    struct socket_net *net;
    dial_fn *fn;
    struct tls_context *tls; /* lent; NULL: plain */
    struct trust_wait trust;
    struct net_resolve *resolve; /* the name is being looked up */
    struct net_address addresses[NET_RESOLVE_MAX];
    size_t count, next;
    struct stream *stream;   /* the attempt under way */
    struct loop_timer timer; /* gives an attempt up when there is another address */
    char *host;              /* owned */
    char *name;              /* that a certificate must name; owned; NULL: host */
    bool is_secure;
    const char *protocol; /* offered by ALPN; lent; NULL: HTTP. To be set after dial_start() */
    uint16_t port;
    int error; /* of the last attempt, like detail */
    char detail[160];
};

/* fn runs later, never inside. ACTR_ENOMEM. */
int dial_start(struct dial *dial, struct socket_net *net, const struct url *url, dial_fn *fn)
    __attribute__((warn_unused_result));

/* The certificate must name `name` (copied), not the host. After dial_start(). ACTR_ENOMEM. */
int dial_expect(struct dial *dial, const char *name) __attribute__((warn_unused_result));

/* Ends it whatever its state, idle included; fn will not run any more. Must follow after fn has
 * run, too. */
void dial_stop(struct dial *dial);
