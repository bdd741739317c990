// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* net_stream.h on real sockets: a dial, and the stream that comes of it. For socket_net.c. */
#pragma once

#include "net/net_stream.h"

int client_stream_dial(struct net *net, const struct net_stream_options *options,
                       const struct net_stream_events *events, void *user,
                       struct net_stream **ret_stream) ACTR_MUST_CHECK;
int client_stream_send(struct net_stream *stream, struct actr_bytes bytes) ACTR_MUST_CHECK;
size_t client_stream_queued(const struct net_stream *stream);
void client_stream_close(struct net_stream *stream);
