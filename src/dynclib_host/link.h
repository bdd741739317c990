// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Link: the library's end of the channel to its node, and the table of functions that the library
 * is given.
 *
 * The thread that enters the library has the lane of entries: it receives what the node wants, and
 * asks on it while it is inside. All other threads ask on the other lane; their answers come to a
 * thread of the link's own, which is started with the first question. When the node has gone, this
 * process has ended (main.c). */
#pragma once

#include <actr/dynclib.h>

#include "hyper/workload/dynclib/channel.h"

/* Once; the thread that calls is the one that enters. ACTR_EIO. */
int link_open(int channel_fd, int bell_fd) ACTR_MUST_CHECK;

/* What the node wants next. Blocks. */
void link_receive(struct channel_message *ret_message);
/* Of the last entry, or of the loading: a payload, or an error with the thread's text. */
void link_result(int code, struct actr_view payload);

extern const struct actr_host_vtable link_vtable;
