// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The IP addresses of this machine, and word of their changes.
 *
 * Loop thread; the event never comes inside a call. Implementations: the system (netlink) and the
 * simulated network. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/error.h>

#include "net/address.h"

struct net;
struct interfaces;

#define INTERFACES_MAX 64 /* addresses; further ones are left out */

struct interface_address {
    struct net_address address; /* port 0 */
    uint32_t index;             /* of the interface */
    char name[16];
    bool is_loopback;
    bool is_temporary; /* IPv6 privacy address (RFC 8981): preferred for going out */
    bool is_deprecated;
};

/* The addresses of interfaces that are up, in a stable order. Returns how many were written. */
size_t interfaces_list(struct net *net, struct interface_address list[INTERFACES_MAX]);

/* on_change: addresses or interfaces came, went, went up or down (several changes within a short
 * time are told once); list again. ACTR_EIO (no netlink), ACTR_ENOMEM. */
int interfaces_watch(struct net *net, void (*on_change)(void *owner), void *owner,
                     struct interfaces **ret_watch) ACTR_MUST_CHECK;
/* No event follows. NULL is fine; returns NULL. */
struct interfaces *interfaces_unwatch(struct interfaces *watch);
