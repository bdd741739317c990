// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A WebSocket stack that is not ours, in a process of its own, told what to do line by line. The
 * environment says which program: ACTR_PEER.
 *
 * The test says                      the peer answers, when it has happened
 *
 *     serve [CERT KEY]                   port N
 *     refuse STATUS                      refusing STATUS (every upgrade; 0: none)
 *     dial URL [deflate] [protocol=P]    open P EXTENSIONS, or: refused STATUS
 *     send text|binary LEN FRAGMENTS
 *     ping TEXT                          pong TEXT
 *     close CODE REASON
 *
 * and tells on its own: `version NAME VERSION` first of all; `open PATH?QUERY X-INTEROP EXTENSIONS`
 * for a connection that it accepted; `message text|binary LEN ok|bad`; `closed CODE REASON` when a
 * Close frame has come, `ended` when a connection has ended without one. What is absent is `-`. As
 * a client it sends the header x-interop with its name. Messages have the bytes of peer_pattern().
 *
 * Its messages are at most 2 MiB. It has one connection at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "rig.h"

struct peer {
    struct rig *rig;
    pid_t pid;
    int in, out;
    char line[512];
    size_t line_len;
};

/* Its first line, which says what it is, is printed and passed over. */
void peer_start(struct peer *peer, struct rig *rig);
void peer_end(struct peer *peer);

__attribute__((format(printf, 2, 3))) void peer_say(struct peer *peer, const char *format, ...);
/* The next line; turns the loop until there is one. Lent until the next call. */
const char *peer_hear(struct peer *peer);
/* Fails the test unless that is the next line. */
__attribute__((format(printf, 2, 3))) void peer_expect(struct peer *peer, const char *format, ...);

struct actr_bytes peer_pattern(bool is_text, size_t len);
