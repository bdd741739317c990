// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The listener for other actors. Every upgrade is answered 101, as the existing system does; then
 * nothing is read until the owner has verified who is there. A peer that fails is closed with 1008
 * and a reason; one that passes gets a Pong "actr-ready" and becomes an accepted wire. Nothing that
 * the peer sent meanwhile is lost.
 *
 * Bounds: connections in all (further ones are closed at once by the network); verifications at
 * once (further ones wait their turn, at most WS_SERVER_WAITING_MAX of them: then closed with
 * 1013); the time from the upgrade to the verdict. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "hyper/wire/wire.h"

struct loop;
struct net;
struct ws_server;
struct ws_watch;

#define WS_SERVER_WAITING_MAX 1024

/* One peer to be verified. Everything in it stays until ws_verification_done() or cancel. */
struct ws_verification {
    struct actr_id peer;         /* who it says it is (x-actr-source-id) */
    struct actr_view credential; /* encoded AIdCredential as it came (x-actr-credential) */
    struct actr_id target;       /* whom it wants (x-actr-target-id) */
    bool has_target;             /* it says so */
    void *user;                  /* for the verifier */
};

struct ws_server_events {
    /* Does the credential prove `peer`, and is this `target`? Answer once with
     * ws_verification_done(), at once (also inside this call) or later. */
    void (*verify)(void *owner, struct ws_verification *verification);
    /* The peer has gone or the time is over: forget it, do not answer. */
    void (*verify_cancel)(void *owner, struct ws_verification *verification);
    /* A verified wire: take it with wire_adopt(), inside this call, then wire_read() or
     * wire_close(). */
    void (*on_accepted)(void *owner, struct wire *wire);
    /* For statistics and hooks. peer is NULL when it did not say who it was. Lent. */
    void (*on_rejected)(void *owner, const struct actr_id *peer, int code, const char *detail);
    /* After ws_server_close(): every connection has gone; the server is freed when it returns. */
    void (*on_closed)(void *owner);
};

struct ws_server_options {
    struct loop *loop;
    struct net *net;
    const char *host;               /* NULL: every address */
    uint16_t port;                  /* 0: chosen by the system, see ws_server_port() */
    const char *tls_cert, *tls_key; /* PEM files; NULL: plain */
    uint32_t connection_max;        /* 0: 4,096 */
    uint32_t verify_max;            /* at once; 0: 64 */
    uint32_t verify_timeout_ms;     /* 0: 10,000 */
    uint32_t message_len_max;       /* received; 0: 16 MiB + 64 */
    const struct ws_watch *watch;   /* borrowed; NULL: nobody watches */
};

/* Verdict: 0, or why not (ACTR_E…; detail is copied into the close reason, at most 123 bytes). */
void ws_verification_done(struct ws_verification *verification, int code, const char *detail);

/* Listens. ACTR_EIO, ACTR_ECONFIG (see net_listen()), ACTR_ENOMEM. */
int ws_server_open(const struct ws_server_options *options, const struct ws_server_events *events,
                   void *owner, struct ws_server **ret_server) ACTR_MUST_CHECK;

/* The port really bound. */
uint16_t ws_server_port(const struct ws_server *server);

/* Stops listening and closes every connection that came by it with 1001; then on_closed. */
void ws_server_close(struct ws_server *server);
