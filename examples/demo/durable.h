// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The demo of the durable mailbox; see durable.c. */
#pragma once

#define DURABLE_USAGE "[--kills N] [--messages N] [--seconds N] [--seed N]"

/* argv[0] is the path of the actr command, options follow. The exit status. */
int durable_main(int argc, char **argv);
