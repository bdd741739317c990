// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The addresses of this machine as Linux tells them (rtnetlink): the members of net_ops. The
 * contracts are in interfaces.h; a change is told 50 ms after the first of several.
 *
 * Loop thread. */
#pragma once

#include "net/interfaces.h"

size_t interfaces_netlink_list(struct net *net, struct interface_address list[INTERFACES_MAX]);
int interfaces_netlink_watch(struct net *net, void (*on_change)(void *owner), void *owner,
                             struct interfaces **ret_watch);
void interfaces_netlink_unwatch(struct interfaces *watch);
