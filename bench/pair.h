// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Two processes of one WebRTC stack, with a session between them that this process negotiates: the
 * peers of test/interop, which take commands and tell events as JSON, one a line (peers/w3c.mjs).
 * Ours is webrtc_peer: ICE, DTLS, SCTP and data channels on real sockets, as a node has them; nodes
 * above it are measured by webrtc_rpc.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum pair_stack { PAIR_OURS, PAIR_LIBDATACHANNEL, PAIR_LIBWEBRTC, PAIR_PION, PAIR_STACKS };

struct pair_end {
    const char *name;
    pid_t pid;   /* 0: not running */
    int in, out; /* its standard input and output */
    size_t len;  /* of what has come of a line */
    char line[1 << 16];
    bool has_version, is_closed;
    unsigned open_count;
    double result; /* of the last flood (MB/s) or ping (us); 0: not there yet */
};

struct pair {
    struct pair_end ends[2]; /* the offerer, the answerer */
    struct pair_end relay;   /* test/net/impair; not running: the path is as it is */
    unsigned relay_ports[2]; /* where each end finds the other */
};

const char *pair_stack_name(enum pair_stack stack);

/* Starts both. False, with a line on standard error that says what is missing; to be closed too. */
bool pair_open(struct pair *pair, enum pair_stack stack);
void pair_close(struct pair *pair);

/* Before the session: its path is through a relay with these properties (test/net/impair.c). */
bool pair_impair(struct pair *pair, const char *first, const char *second);

/* Opens a session with the four channels of a node. *ret_ms: from the command to offer to the last
 * channel open on both ends. False as above, from here on. */
bool pair_connect(struct pair *pair, double *ret_ms);

/* Ends the session; another may follow. */
bool pair_disconnect(struct pair *pair);

/* Messages of `size` on one ordered, reliable channel, as many as make `bytes`, as fast as they are
 * taken; MB/s from the first to the last that arrives. */
bool pair_flood(struct pair *pair, size_t size, uint64_t bytes, double *ret_mbps);

/* One message after the other is echoed. The median. Not of PAIR_OURS. */
bool pair_ping(struct pair *pair, size_t size, unsigned count, double *ret_us);

/* What an idle peer of libdatachannel takes, of so many in one process: KB. */
bool pair_idle_kb(unsigned count, double *ret_kb);
