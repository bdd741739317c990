// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Bare UDP between two processes over the loopback device, with nothing of ours: what the WebRTC
 * wire is compared with. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Roles of the other process; each prints its port and lives until it is killed. */
int udp_pair_echo(void);
int udp_pair_sink(void);

/* One datagram of `size` bytes after the other is echoed by blocking calls. The median. */
bool udp_pair_p50(size_t size, double *ret_us);

/* Datagrams of 1,200 bytes with UDP_SEGMENT and UDP_GRO, as fast as they are taken; MB/s of what
 * has arrived. */
bool udp_pair_rate(double *ret_mbps);
