// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* From the name of a host to its addresses, of both families, by the system's resolver.
 *
 * Loop thread; the answer never comes inside a call. Implementations: the system (resolve.c) and
 * the simulated network. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <actr/error.h>

#include "net/address.h"

struct net;
struct net_ops;
struct net_resolve;

#define NET_RESOLVE_MAX 16 /* addresses; further ones are left out */

/* `list` is lent, in the order in which they should be tried, each with the port asked for. count
 * 0: there is none, `detail` says why. */
typedef void net_resolve_fn(void *user, const struct net_address *list, size_t count,
                            const char *detail);

/* First member of implementations. */
struct net_resolve {
    const struct net_ops *ops;
};

/* fn runs once, and then it is over. A numeric host is not looked up, but answered in the same way.
 * ACTR_ENOMEM, ACTR_EUNAVAILABLE (the resolver cannot even be asked). */
int net_resolve(struct net *net, const char *host, uint16_t port, net_resolve_fn *fn, void *user,
                struct net_resolve **ret_resolve) ACTR_MUST_CHECK;

/* Before fn has run: it will not. NULL is fine; returns NULL. */
struct net_resolve *net_resolve_cancel(struct net_resolve *resolve);

/* The system's (net_ops). */
int resolve_start(struct net *net, const char *host, uint16_t port, net_resolve_fn *fn, void *user,
                  struct net_resolve **ret_resolve) ACTR_MUST_CHECK;
void resolve_cancel(struct net_resolve *resolve);
