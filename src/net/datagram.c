// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Opening a UDP socket on whatever network there is.
 *
 * No state, no decision: what a call means is said in datagram.h, how it is done in the
 * implementations (datagram_socket.c, and the simulated network of the tests). What comes after
 * opening goes by the socket's own table. Loop thread. */
#include "net/datagram.h"

#include "base/err.h"
#include "net/net_ops.h"

int datagram_open(struct net *net, const struct datagram_options *options,
                  const struct datagram_events *events, void *owner,
                  struct datagram_socket **ret_socket)
{
    if (!net->ops->datagram_open)
        return err_origin(ACTR_ENOTIMPL, "this network moves no datagrams");
    return net->ops->datagram_open(net, options, events, owner, ret_socket);
}
