// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The baseline of the WebSocket cases: an echo over plain libwebsockets, its own loop at both ends.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Serves until killed; prints its port. */
int lws_echo_serve(void);

/* Connects to that server and sends messages of `size` bytes, `in_flight` at once, until `count`
 * came back. Fills latencies_us (count of them) when it is not NULL, and the whole time. */
bool lws_echo_run(uint16_t port, size_t size, unsigned in_flight, size_t count,
                  double *latencies_us, double *ret_seconds);
