// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One-shot lookups of mDNS names (RFC 6762 §5.1): asks on every interface from a port of its own,
 * and takes the first answer. It has sockets only while a lookup is under way.
 *
 * Loop thread; fn never comes inside a call, and may free the object. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/address.h"

struct loop;
struct mdns;
struct net;

#define MDNS_LOOKUPS_MAX 16 /* at a time */

/* `name` is lent; address NULL: nobody has answered in time. Port 0. */
typedef void mdns_fn(void *owner, const char *name, const struct net_address *address);

/* NULL when memory has run out. */
struct mdns *mdns_new(struct loop *loop, struct net *net, uint64_t timeout_us, void *owner);
/* fn will not run any more. NULL is fine; returns NULL. */
struct mdns *mdns_free(struct mdns *mdns);

/* fn once. False: it cannot be asked for (too many at a time, no such name can be), fn will not
 * run. */
bool mdns_find(struct mdns *mdns, const char *name, mdns_fn *fn);
