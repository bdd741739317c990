// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The existing system as a peer, on bare sockets: what it sent according to the captures of
 * test/vectors, said again to whole nodes and to a server of ours. Whatever takes more than ten
 * seconds fails the test. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/actr.h>

#include "live.h"

/* ---- Captures ---- */

enum replay_kind { REPLAY_HEAD, REPLAY_BODY, REPLAY_FRAME };

struct replay_item {
    enum replay_kind kind;
    bool is_server; /* who sent it */
    enum live_opcode opcode;
    size_t len;
    uint8_t bytes[8192]; /* a head: with its empty line, NUL-terminated */
};

struct replay {
    char *text, *at;
    struct replay_item item;
};

/* TCP stream number `stream` of a file of test/vectors/captures. */
void replay_open(struct replay *replay, const char *file, int stream);
void replay_close(struct replay *replay);
/* The next thing that was sent, into replay->item; false at the end of the stream. */
bool replay_next(struct replay *replay);
/* The next one must be this. */
void replay_expect(struct replay *replay, bool is_server, enum replay_kind kind);
/* A header of the head at hand: another value, or (lent until the next call) the one it has. */
void replay_set_header(struct replay *replay, const char *name, const char *value);
const char *replay_header(const char *head, const char *name);

/* ---- The world: a server, and a node of ours ---- */

struct world {
    struct live live;
    struct actr_node *node;
    bool on_foreign_loop;   /* set it before the node starts; then world_turn() */
    atomic_int error_count; /* lines of level error, of node and server */
    long told;              /* the actor's */
};

/* A server with the realm of the captures. is_open: with serial numbers from 1, as in these. */
void world_open(struct world *world, bool is_open);
/* Our node: the echo service of the captures, listening; or a pure client. */
void world_start_service(struct world *world);
void world_start_client(struct world *world);
/* One turn of a node on a foreign loop; true: it was a timer that ended the wait. */
bool world_turn(struct world *world);
/* Stops all of it; no error may have been logged. */
void world_close(struct world *world);

/* Registers by a captured request. ws_address: in place of that of the capture; NULL: as it is. */
void world_register(struct world *world, const struct replay_item *body, const char *ws_address,
                    struct live_actor *ret_actor);
/* Registers and connects to signaling, as stream `stream` and the one after it did. */
void world_join(struct world *world, int stream, const char *ws_address,
                struct live_actor *ret_actor);
/* Waits until our node has no connections to peers and this process no more descriptors than that.
 */
void world_settle(struct world *world, int descriptors);
/* Sends a captured envelope as `actor`. */
void world_say(const struct live_actor *actor, const struct replay_item *frame);

/* ---- Sockets ---- */

/* Opens a WebSocket to our node with the captured head (the item at hand) and actor's identity; the
 * frame goes with it in one piece when there is one. */
int replay_connect(struct world *world, struct replay *replay, const struct live_actor *actor,
                   struct actr_view at_once);
/* The next binary message; other frames but Close are passed over. Lent until the next call. */
struct actr_view replay_receive(struct world *world, int fd);
/* Reads until the other side has ended the connection. */
void replay_expect_end(int fd);
/* Ends it with a reset. */
void replay_reset(int fd);
int replay_descriptors(void);
