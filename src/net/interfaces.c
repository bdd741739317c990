// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The addresses of this machine, on whatever network there is.
 *
 * No state, no decision: what a call means is said in interfaces.h, how it is done in the
 * implementations (interfaces_netlink.c, and the simulated network of the tests).
 *
 * Loop thread. */
#include "net/interfaces.h"

#include "net/net_ops.h"

size_t interfaces_list(struct net *net, struct interface_address list[INTERFACES_MAX])
{
    return net->ops->interfaces_list(net, list);
}

int interfaces_watch(struct net *net, void (*on_change)(void *owner), void *owner,
                     struct interfaces **ret_watch)
{
    return net->ops->interfaces_watch(net, on_change, owner, ret_watch);
}

struct interfaces *interfaces_unwatch(struct interfaces *watch)
{
    if (watch)
        watch->ops->interfaces_unwatch(watch);
    return NULL;
}
