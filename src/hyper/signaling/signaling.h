// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Signaling contract: the node's standing with the rendezvous server. Registers over HTTP, keeps
 * one WebSocket open, renews the credential before it expires, registers anew (another id, another
 * generation) when the server has forgotten or displaced us, finds other actors and verifies who
 * connects to us.
 *
 * Once started it never gives up until stopped: a lost server is dialled again with growing pauses.
 * Requests made while the socket is down fail at once, with ACTR_EUNAVAILABLE.
 *
 * Loop thread. Events and completions never come inside the call that caused them; each of them may
 * call anything here, signaling_free() included. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "base/list.h"
#include "sys/loop.h"

struct acl;
struct key_fetch;
struct log;
struct loop;
struct net;
struct signaling;

/* How busy the node is, for the heartbeat. */
struct signaling_load {
    double cpu;     /* runnable threads for each core (sys/cpu_load.h); negative: unknown */
    double backlog; /* share of the mailbox in use, 0 to 1 */
};

/* Any may be NULL but on_failed and on_stopped. Texts are lent. */
struct signaling_events {
    /* We are `id` now. generation 1: the first registration. Higher: the old id is dead, and so is
     * every connection made with it. */
    void (*on_registered)(void *owner, const struct actr_id *id, uint64_t generation);
    /* The socket is up; the first time: the start succeeded. */
    void (*on_connected)(void *owner);
    /* The socket that was up is gone; the next one is being dialled already. */
    void (*on_disconnected)(void *owner, int code, const char *detail);
    /* The same id has a new credential: dials from now on use it. */
    void (*on_credential_renewed)(void *owner, uint64_t expires_at_s);
    /* Something failed that goes on being tried (registration, dial, renewal). */
    void (*on_error)(void *owner, int code, const char *detail);
    /* The start failed: ACTR_EPERMISSION (realm or secret refused: trying again is pointless),
     * ACTR_EINVALID (the server calls the registration malformed), ACTR_ETIMEDOUT,
     * ACTR_EUNAVAILABLE. Nothing runs any more; may be started again or freed. */
    void (*on_failed)(void *owner, int code, const char *detail);
    void (*on_stopped)(void *owner);
    /* Asked before each heartbeat. NULL: idle. */
    void (*load)(void *owner, struct signaling_load *ret_load);
};

/* Everything is copied. */
struct signaling_config {
    const char *ais_url;       /* http[s]://…/ais; a trailing slash does not matter */
    const char *signaling_url; /* ws[s]://… */
    const char *realm_secret;  /* NULL: none */
    const char *ws_address;    /* ws[s]:// address where peers reach us; NULL: none */
    const struct acl *acl;     /* announced to the server; NULL: none */
    struct actr_type type;
    uint32_t realm_id;
    uint32_t start_timeout_ms; /* register and connect together; 0: 30,000 */
    bool wants_answer;         /* webrtc_role=answer */
};

/* Who we are. Lent; changes only between events. */
struct signaling_identity {
    struct actr_id id;
    uint64_t generation;
    struct actr_bytes credential; /* encoded actr.AIdCredential; lent: take a reference to keep */
    uint64_t expires_at_s;        /* of the credential, seconds since 1970 */
};

/* ACTR_ECONFIG (a URL, with the reason in the detail), ACTR_ENOMEM. log may be NULL. */
int signaling_new(struct loop *loop, struct net *net, struct log *log,
                  const struct signaling_config *config, const struct signaling_events *events,
                  void *owner, struct signaling **ret_signaling) ACTR_MUST_CHECK;
/* At once, in any state: cuts the socket, drops requests without calling their fn, no event
 * follows. NULL is fine. */
void signaling_free(struct signaling *signaling);

/* Replaces what the next registration announces; for a listener whose port is known late. Before
 * start. ACTR_ENOMEM. */
int signaling_set_ws_address(struct signaling *signaling, const char *ws_address) ACTR_MUST_CHECK;

/* Begins. on_registered and on_connected follow, or on_failed. ACTR_ESTATE: running or stopping. */
int signaling_start(struct signaling *signaling) ACTR_MUST_CHECK;

/* Unregisters (at most 1 s), closes the socket, answers every request with ACTR_ECANCELED, then
 * on_stopped. In any state; on_failed does not follow any more. */
void signaling_stop(struct signaling *signaling);

bool signaling_is_connected(const struct signaling *signaling);

/* NULL before the first registration. */
const struct signaling_identity *signaling_identity(const struct signaling *signaling);

/* A search for actors of one type; embedded by its owner, who keeps it until fn ran or the lookup
 * was cancelled. Zeroed: not running. */
struct signaling_lookup;
/* code 0: ids[0..count), best first, never ourselves; lent. ACTR_ENOTFOUND: none is up.
 * ACTR_EUNAVAILABLE, ACTR_ETIMEDOUT, ACTR_EPERMISSION, ACTR_ECANCELED. */
typedef void signaling_lookup_fn(struct signaling_lookup *lookup, int code, const char *detail,
                                 const struct actr_id *ids, size_t count);
struct signaling_lookup {
    struct list _link;
    struct signaling *_signaling;
    signaling_lookup_fn *_fn;
    struct loop_timer _deadline;
    uint32_t _count_max;
};

/* timeout_ms 0: 5,000. count_max 0: 1; at most 64 are returned. Searches for one type that are
 * under way at the same time share one request. */
void signaling_discover(struct signaling *signaling, struct signaling_lookup *lookup,
                        const struct actr_type *type, uint32_t count_max, uint32_t timeout_ms,
                        signaling_lookup_fn *fn);
/* fn will not run. Harmless when not running. */
void signaling_discover_cancel(struct signaling_lookup *lookup);

/* Where `id` listens, as the last discovery that named it said; NULL: unknown (the 4,096 last named
 * are remembered). Lent until the next event. */
const char *signaling_ws_address(struct signaling *signaling, const struct actr_id *id);

/* The check of one credential; embedded like signaling_lookup. */
struct signaling_check;
/* code 0: the credential is the server's for `id` and valid now. ACTR_EPERMISSION: it is not
 * (detail says why). ACTR_EUNAVAILABLE, ACTR_ETIMEDOUT: the key could not be had; tells nothing
 * about the peer. ACTR_ENOMEM, ACTR_ECANCELED. */
typedef void signaling_check_fn(struct signaling_check *check, int code, const char *detail);
struct signaling_check {
    struct list _link;
    struct signaling *_signaling;
    signaling_check_fn *_fn;
    struct key_fetch *_fetch;
    struct loop_task _done;
    struct actr_bytes _credential;
    struct actr_id _id;
};

/* Verifies that `credential` (encoded actr.AIdCredential, copied) belongs to `id`: signature by a
 * key of the server (asked for when unknown), not expired, claims name exactly this id and its
 * realm. Whether that realm may talk to us is the caller's question. */
void signaling_verify(struct signaling *signaling, struct signaling_check *check,
                      const struct actr_id *id, struct actr_view credential,
                      signaling_check_fn *fn);
/* fn will not run. Harmless when not running. */
void signaling_verify_cancel(struct signaling_check *check);
