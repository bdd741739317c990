// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Dials the WebSocket listeners of other actors: finds the address, presents this node's identity,
 * and hands out the connection as a wire. Loop thread. */
#pragma once

#include <actr/bytes.h>
#include <actr/id.h>

#include "hyper/wire/wire.h"

struct loop;
struct net;
struct ws_dialer;
struct ws_watch;

/* A question for the address of an actor; embedded in the connection that asks. */
struct ws_address {
    struct actr_id peer;
    void *user; /* for whoever answers, while it has the question */
};

/* What this node is, at the moment of dialling. Lent until the call returns. */
struct ws_identity {
    struct actr_id id;
    struct actr_view credential; /* encoded AIdCredential */
};

struct ws_dialer_options {
    struct loop *loop;
    struct net *net;
    void *owner;
    /* Where address->peer listens, ws:// or wss://. Returns it when it is known now (lent; used
     * before anything else runs), or NULL: then ws_address_found() must follow, once, and not
     * inside. */
    const char *(*resolve)(void *owner, struct ws_address *address);
    /* Nobody waits for this answer any more: forget it. */
    void (*resolve_cancel)(void *owner, struct ws_address *address);
    /* 0, or ACTR_ESTATE: not registered. */
    int (*identity)(void *owner, struct ws_identity *ret_identity);
    const struct ws_watch *watch; /* borrowed; NULL: nobody watches */
    uint32_t message_len_max;     /* received; 0: 16 MiB + 64 */
    uint32_t connect_timeout_ms;  /* 0: 5,000 */
};

/* Answers resolve(): url is copied; NULL: nobody knows an address. */
void ws_address_found(struct ws_address *address, const char *url);

/* NULL when memory has run out. Options are copied. */
struct ws_dialer *ws_dialer_new(const struct ws_dialer_options *options);
/* After its last wire has closed. NULL is fine. */
void ws_dialer_free(struct ws_dialer *dialer);

/* For peer_transport. */
struct wire_dialer *ws_dialer_base(struct ws_dialer *dialer);
