// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Watch: who is told of the way of every WebSocket to another actor, whoever dialled it, whatever
 * becomes of it: on_connecting, then on_connected or not, then on_disconnected, each once.
 *
 * A dialled connection: is dialled; its upgrade has succeeded; is gone. An accepted one: says who
 * it is (a peer that does not is never told of); is verified; is gone, admitted or not.
 *
 * Loop thread. Only to be noted: called inside of anything, so nothing of wires may be touched. The
 * wire is lent. */
#pragma once

struct wire;

struct ws_watch {
    void (*on_connecting)(void *owner, const struct wire *wire);
    void (*on_connected)(void *owner, const struct wire *wire);
    void (*on_disconnected)(void *owner, const struct wire *wire, int code, const char *detail);
    void *owner;
};
