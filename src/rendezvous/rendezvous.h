// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The rendezvous server on a loop: what its parts share, how it starts and ends.
 *
 *     routes ── ais ─────────── issuer ── keyring
 *        │       └── registry ── ledger (what outlives a restart)
 *        ├── admin ── realms, catalog
 *        └── visitor ── admission
 *               ├── requests ── registry ── ranking, visibility
 *               └── broker ──── pairing
 *
 * Everything happens in memory on the loop thread; the ledger is written behind it, and what must
 * not be lost is answered once it is safe. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/list.h"
#include "catalog.h"
#include "counters.h"
#include "issuer.h"
#include "keyring.h"
#include "ledger.h"
#include "limiter.h"
#include "net/http.h"
#include "net/udp.h"
#include "pairing.h"
#include "realms.h"
#include "registry.h"
#include "subscriptions.h"
#include "sys/log.h"
#include "sys/loop.h"

#define RENDEZVOUS_MESSAGE_MAX (1024 * 1024)   /* bytes of one signaling message */
#define RENDEZVOUS_QUEUE_MAX (4 * 1024 * 1024) /* unsent bytes of one socket; over it, it goes */
#define RENDEZVOUS_DEAD_AFTER_MS 60000
#define RENDEZVOUS_PING_INTERVAL_MS 25000

struct rendezvous_realm {
    uint32_t id;
    const char *secret; /* NULL: none is asked */
};

/* Zero means the default, where there is one. Texts are borrowed until on_closed. */
struct rendezvous_options {
    const char *host; /* numeric address; NULL: all */
    uint16_t port;    /* 0: chosen by the system */
    const char *tls_cert, *tls_key;
    bool is_open;       /* checks nothing; for tests with credentials that nobody issued */
    bool is_admin_open; /* others than the host's own processes may administer */
    bool is_default_deny;
    bool want_any_realm;    /* realms come into being at their first registration */
    const char *any_secret; /* what registrations in such realms must bring; NULL: nothing */
    const struct rendezvous_realm *realms; /* brought into being, or brought up to date, at start */
    size_t realm_count;
    uint32_t credential_ttl_s; /* 0: 3,600 */
    uint32_t heartbeat_s;      /* 0: 30 */
    const char *turn_secret;   /* shared with a TURN server; NULL: one of our own */
    bool want_stun;
    uint16_t stun_port; /* 0: chosen by the system */
    /* per_s 0: the default. */
    struct limiter_rate register_rate; /* of one address: 100/s, burst 1,000 */
    struct limiter_rate connect_rate;  /* of one address: 10/s, burst 50 */
    struct limiter_rate message_rate;  /* of one socket: 100/s, burst 500 */
    uint32_t open_max;                 /* sockets of one address at a time; 0: 256 */
    uint32_t connection_max;           /* connections in all; 0: 16,384 */
};

/* What the server is built on; it takes the ledger over. */
struct rendezvous_base {
    struct loop *loop;
    struct net *net;
    struct ledger *ledger;
    const struct log *log; /* NULL: silent */
};

struct rendezvous_events {
    /* Once, unless it is closed first. 0: it listens. Otherwise it does not, the thread's error
     * detail says why, and it waits for rendezvous_close(). */
    void (*on_started)(void *user, int result);
    void (*on_closed)(void *user); /* after rendezvous_close(): it is gone */
};

struct rendezvous {
    struct rendezvous_base base;
    struct rendezvous_options options;
    const struct rendezvous_events *events;
    void *user;

    struct net_server *server; /* NULL: does not listen */
    struct udp *stun;
    struct keyring keyring;
    struct keyring_key next_key; /* on its way into the ledger; id 0: none */
    struct issuer issuer;
    struct realms realms;
    struct registry registry;
    struct pairing pairing;
    struct subscriptions subscriptions;
    struct catalog manufacturers, packages;
    struct catalog nonces; /* of manufacturers that are about to publish; open mode, never kept */
    struct limiter registering, connecting;
    struct counters counters;
    struct list visitors;
    size_t visitor_count;
    struct list unanswered; /* HTTP requests that wait for the ledger */
    struct arena arena;     /* of the turn: whoever begins a turn resets it */
    struct loop_timer sweep;
    uint64_t envelope_last;
    uint64_t draw_state;
    char envelope_prefix[9];
    bool has_token_secret;
    bool is_closing;
};

/* Reads the ledger, which it takes over also on failure, and begins to start: on_started follows,
 * never inside. ACTR_EIO, ACTR_EINVALID (an option makes no sense), ACTR_ENOMEM, ACTR_EINTERNAL. */
int rendezvous_start(const struct rendezvous_base *base, const struct rendezvous_options *options,
                     const struct rendezvous_events *events, void *user,
                     struct rendezvous **ret_rendezvous) ACTR_MUST_CHECK;

/* Closes every connection (sockets with 1001), writes what is left, then on_closed. */
void rendezvous_close(struct rendezvous *rendezvous);

uint16_t rendezvous_port(const struct rendezvous *rendezvous);
uint16_t rendezvous_stun_port(const struct rendezvous *rendezvous); /* 0: there is none */

/* ---- For its parts ---- */

static inline uint64_t rendezvous_now_s(const struct rendezvous *rendezvous)
{
    return loop_wall_ms(rendezvous->base.loop) / 1000;
}

/* A number for choices that nobody gains by guessing. */
uint64_t rendezvous_draw(struct rendezvous *rendezvous);

/* What the registry shows to `id`. */
struct registry_viewer rendezvous_viewer(const struct rendezvous *rendezvous,
                                         const struct actr_id *id);

/* Removes an actor that has no socket, from memory now and from the ledger soon. */
void rendezvous_forget(struct rendezvous *rendezvous, struct registry_actor *actor);

/* Closes and removes all actors of a realm that is gone. */
void rendezvous_forget_realm(struct rendezvous *rendezvous, uint32_t realm);

/* The listening server has closed. */
void rendezvous_on_unlistened(struct rendezvous *rendezvous);
