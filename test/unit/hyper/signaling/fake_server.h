// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A rendezvous server that does what the test tells it: identity service and signaling, honest by
 * default. Counts what it is asked and keeps the last of each. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/id.h>

#include "fake_net.h"
#include "protocol/signaling.h"

struct crypto_signer;

#define FAKE_CANDIDATES_MAX 80
#define FAKE_TOKEN_LEN 32

/* How it answers. */
enum fake_answer {
    FAKE_GRANT,        /* as it should */
    FAKE_ERROR,        /* 200 with `code` inside (renewal: also as HTTP status) */
    FAKE_STATUS,       /* HTTP status `code` without a body */
    FAKE_GARBAGE,      /* 200 with bytes that are no message */
    FAKE_EMPTY,        /* 200 with a message without result */
    FAKE_REFUSE,       /* no connection */
    FAKE_SILENCE,      /* no answer */
    FAKE_FORGED,       /* a grant signed by another key */
    FAKE_OTHER_CLAIMS, /* a grant whose claims name somebody else */
    FAKE_OTHER_KEY_ID  /* a grant whose key is not the credential's */
};

struct fake_exchange {
    enum fake_answer answer;
    unsigned code;
    int64_t retry_after_s; /* -1: not said */
    unsigned count;        /* how often it was asked */
};

struct fake_server {
    struct fake_net net;
    struct loop *loop;
    struct crypto_signer *signer, *forger;
    uint8_t pubkey[32];
    struct actr_type type; /* of who registers */
    uint32_t realm;
    uint64_t serial; /* the last given */
    uint32_t key_id, ttl_s, heartbeat_s;
    int64_t skew_s; /* its clock is ahead of ours by that */
    uint8_t token[FAKE_TOKEN_LEN];

    struct fake_exchange registering, renewing;
    unsigned upgrade_status; /* 101; another: refused; 0: no answer */
    bool is_deaf;            /* takes envelopes and does not answer */
    bool is_mute_to_pings;   /* the same, for heartbeats only */
    bool wants_renewal;      /* says so in each Pong */
    uint32_t error;          /* nonzero: every request is answered with this error */
    uint32_t ping_error;     /* nonzero: every heartbeat */

    struct actr_id candidates[FAKE_CANDIDATES_MAX];
    struct signaling_ws_address addresses[FAKE_CANDIDATES_MAX];
    size_t candidate_count, address_count;
    uint32_t route_error;   /* inside the answer */
    uint32_t foreign_key;   /* nonzero: the number in answers about keys, whatever was asked */
    uint32_t key_known_max; /* higher numbers: 404 */

    struct fake_ws *socket; /* open; NULL: none */
    unsigned dials, pings, routes, key_asks, unregisters, messages;
    char url[FAKE_URL_MAX];                 /* of the last dial */
    char ais_url[FAKE_URL_MAX];             /* of the last exchange */
    char realm_secret[64];                  /* in it */
    struct actr_bytes registration;         /* the last request */
    struct signaling_ping ping;             /* the last; numbers only */
    struct signaling_criteria criteria;     /* of the last search; numbers only */
    uint64_t ping_us;                       /* when it came */
    uint16_t close_code;                    /* with which the last socket was closed */
    struct signaling_unregister unregister; /* the last; without text */
    uint8_t sent_token[FAKE_TOKEN_LEN];     /* in the last renewal */
};

void fake_server_init(struct fake_server *server, struct loop *loop);
void fake_server_deinit(struct fake_server *server);

/* The credential of an id, until expires_at_s, encoded. */
struct actr_bytes fake_server_credential(struct fake_server *server, const struct actr_id *id,
                                         uint64_t expires_at_s);

/* Sends an envelope of its own accord. */
void fake_server_push(struct fake_server *server, const struct signaling_envelope *envelope);

/* The socket breaks. */
void fake_server_lose(struct fake_server *server);
/* The server closes the socket with `code`. */
void fake_server_close(struct fake_server *server, uint16_t code);

/* Names the candidates to be returned: count ids of `type` with serials from `first`. */
void fake_server_offer(struct fake_server *server, const char *type, uint64_t first, size_t count);
