// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A server on real sockets, on a thread of its own, and a client made of bare ones, which can say
 * what no library would. Whatever takes more than ten seconds fails the test. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forge.h"
#include "rendezvous/hosting.h"

#define LIVE_REALM 101
#define LIVE_BUFFER (256 * 1024)

struct live {
    struct hosting *hosting;
    struct hosting_options options;
    struct arena arena;
    char dir[64]; /* of the database; "": none */
    uint8_t buffer[LIVE_BUFFER];
    size_t body_len; /* of the last HTTP answer, at the start of the buffer */
};

/* An actor and, once connected, its socket. */
struct live_actor {
    struct actr_id id;
    struct forged proof;
    uint8_t token[32];
    int fd;
};

/* A database with the key of forge.h and the realm LIVE_REALM, and a server on it. */
void live_open(struct live *live);
/* The same options and folder again, after live_stop(). */
void live_start(struct live *live);
void live_stop(struct live *live);
void live_close(struct live *live);

/* Seconds on the clock that the server sees. */
uint64_t live_now_s(void);

/* A bare connection to this host. */
int live_dial(uint16_t port);
void live_write(int fd, const void *data, size_t len);
void live_read(int fd, void *buf, size_t len);
/* Everything up to and with the empty line, NUL-terminated. */
void live_read_head(int fd, char *buf, size_t cap);

/* One HTTP exchange on a connection of its own; returns the status. */
unsigned live_http(struct live *live, const char *method, const char *path, struct actr_bytes body);
/* The body of the last answer, decoded. */
struct ais_response live_response(struct live *live);
/* Registers; the code of an error, or 0. */
unsigned live_register(struct live *live, const char *type, struct live_actor *ret_actor);
struct ais_response live_renew(struct live *live, const struct actr_id *id,
                               const uint8_t token[32]);
void live_actor_deinit(struct live_actor *actor);

/* Asks for an upgrade; returns the status, and at 101 the socket. */
unsigned live_upgrade(struct live *live, const char *path, const char *query, int *ret_fd);
unsigned live_connect(struct live *live, struct live_actor *actor);

enum live_opcode {
    LIVE_CONTINUATION = 0,
    LIVE_TEXT = 1,
    LIVE_BINARY = 2,
    LIVE_CLOSE = 8,
    LIVE_PING = 9,
    LIVE_PONG = 10,
};
void live_send_frame(int fd, bool is_final, enum live_opcode opcode, struct actr_view payload);
/* Only the header of a frame. */
void live_send_header(int fd, bool is_final, enum live_opcode opcode, uint64_t len);
void live_send(int fd, const struct signaling_envelope *envelope);
/* The next frame; its payload is in the buffer. Pings of the server are passed over. */
size_t live_receive_frame(struct live *live, int fd, enum live_opcode *ret_opcode);
/* The next envelope, decoded until the next call. */
struct signaling_envelope live_receive(struct live *live, int fd);
/* The next frame must be a Close; its code. */
unsigned live_receive_close(struct live *live, int fd);
/* A ping of the actor is answered with a pong. */
void live_expect_alive(struct live *live, struct live_actor *actor);

struct signaling_envelope live_request(const struct live_actor *actor,
                                       enum signaling_request_kind kind);
struct signaling_envelope live_relay(const struct live_actor *actor, const struct actr_id *target,
                                     enum relay_kind kind);
/* Sends, and gives the code of the error that answers; 0: the answer is none. */
unsigned live_error(struct live *live, int fd, const struct signaling_envelope *envelope);
