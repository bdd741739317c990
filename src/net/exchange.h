// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One HTTP exchange as a client. Private to net/: the contracts are those of net_http_start() and
 * net_http_cancel().
 *
 * Loop thread. */
#pragma once

#include "net/http.h"

int exchange_start(struct net *net, const struct net_http_options *options, net_http_fn *fn,
                   void *user, struct net_http **ret_http);
void exchange_cancel(struct net_http *http);
