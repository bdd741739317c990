// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Signaling contract: the node's standing with the rendezvous server. Registers over HTTP, keeps
 * one WebSocket open, renews the credential before it expires, registers anew (another id, another
 * generation) when the server has forgotten or displaced us, finds other actors and verifies who
 * connects to us. Once started it goes on until stopped: a lost server is dialled again with
 * growing pauses; requests made meanwhile fail at once with ACTR_EUNAVAILABLE.
 *
 * Loop thread. Events and completions never come inside the call that caused them; each may call
 * anything here, signaling_free() included. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "base/list.h"
#include "hyper/signaling/key_cache.h"
#include "hyper/signaling/signaling_events.h"
#include "sys/loop.h"

struct log;
struct net;
struct relay;
struct signaling;
struct signaling_check;
struct signaling_lookup;

/* Everything is copied. */
struct signaling_config {
    const char *ais_url;        /* http[s]://…/ais; a trailing slash does not matter */
    const char *signaling_url;  /* ws[s]://… */
    const char *realm_secret;   /* NULL: none */
    const struct acl_rule *acl; /* announced to the server */
    size_t acl_count;
    bool has_acl;      /* false: the server's rules for our type stay; true without rules: nobody */
    bool wants_answer; /* webrtc_role=answer */
    struct actr_type type;
    uint32_t realm;
    uint32_t start_timeout_ms; /* register and connect together; 0: 30,000 */
    uint32_t expiry_lead_s;    /* of on_credential_expiring, a tenth of a short life; 0: 300 */
};

/* Who we are. Lent: changes only between events; take references to keep the bytes. */
struct signaling_identity {
    struct actr_id id;
    uint64_t generation;
    struct actr_bytes source_id;  /* encoded actr.ActrId */
    struct actr_bytes credential; /* encoded actr.AIdCredential */
    uint64_t expires_at_s;        /* of the credential, seconds since 1970, by the server's clock */
    struct actr_bytes turn_username, turn_password; /* for TURN servers; with a NUL; empty: none */
};

/* ACTR_ECONFIG (a URL, with the reason in the detail), ACTR_ENOMEM. log may be NULL. */
int signaling_new(struct loop *loop, struct net *net, struct log *log,
                  const struct signaling_config *config, const struct signaling_events *events,
                  void *owner, struct signaling **ret_signaling) ACTR_MUST_CHECK;
/* At once, in any state: requests are dropped, no event and no fn follows. NULL is fine. */
void signaling_free(struct signaling *signaling);

/* Begins; on_registered and on_connected follow, or on_failed. ws_address: where peers reach us,
 * announced with every registration, copied; NULL: nowhere. ACTR_ESTATE: not idle; ACTR_ENOMEM. */
int signaling_start(struct signaling *signaling, const char *ws_address) ACTR_MUST_CHECK;

/* Answers every request with ACTR_ECANCELED, unregisters (at most 1 s), closes the socket, then
 * on_stopped. In any state; neither on_disconnected nor on_failed follows any more. */
void signaling_stop(struct signaling *signaling);

bool signaling_is_connected(const struct signaling *signaling);
/* NULL before the first registration. */
const struct signaling_identity *signaling_identity(const struct signaling *signaling);

/* code 0: ids[0..count), best first, never ourselves; lent. ACTR_ENOTFOUND: none is up.
 * ACTR_EUNAVAILABLE, …ETIMEDOUT, …EPERMISSION, …EINVALID, …ECANCELED, …ENOMEM. */
typedef void signaling_lookup_fn(struct signaling_lookup *lookup, int code, const char *detail,
                                 const struct actr_id *ids, size_t count);

/* A search for actors of one type; its owner embeds and zeroes it, keeps it until fn or cancel. */
struct signaling_lookup {
    struct list _link;
    struct discovery *_discovery; /* NULL: not running */
    struct lookup_group *_group;
    signaling_lookup_fn *_fn;
    struct loop_timer _deadline;
    struct loop_task _task;
    struct actr_bytes _result;
    uint32_t _count_max;
    int _code;
};

/* timeout_ms 0: 5,000. count_max 0: 1; 64 at most. Searches for one type share a request. */
void signaling_discover(struct signaling *signaling, struct signaling_lookup *lookup,
                        const struct actr_type *type, uint32_t count_max, uint32_t timeout_ms,
                        signaling_lookup_fn *fn);
/* fn will not run. Harmless when not running. So is signaling_verify_cancel(). */
void signaling_discover_cancel(struct signaling_lookup *lookup);
/* Where `id` listens, as the last discovery that named it said (4,096 are remembered); NULL:
 * unknown: look for its type. Lent until the next event. */
const char *signaling_address_of(struct signaling *signaling, const struct actr_id *id);

/* code 0: the credential is the server's for this id and valid now. ACTR_EPERMISSION: it is not.
 * ACTR_EUNAVAILABLE, …ETIMEDOUT: the key could not be had. …ENOMEM, …ECANCELED. */
typedef void signaling_check_fn(struct signaling_check *check, int code, const char *detail);

/* The check of one credential; embedded like signaling_lookup. */
struct signaling_check {
    struct list _link;
    struct verifier *_verifier; /* NULL: not running */
    signaling_check_fn *_fn;
    struct loop_task _task;
    struct key_wait _wait;
    struct actr_bytes _credential;
    struct actr_id _id;
};

/* Verifies that `credential` (encoded actr.AIdCredential, copied) belongs to `id` and its realm:
 * signed by a key of the server, not expired. Which realms are let in is not asked here. */
void signaling_verify(struct signaling *signaling, struct signaling_check *check,
                      const struct actr_id *id, struct actr_view credential,
                      signaling_check_fn *fn);
void signaling_verify_cancel(struct signaling_check *check);

/* Has the server pass on the target, kind and payload of *relay. ACTR_EUNAVAILABLE (the socket is
 * down), ACTR_ENOMEM. */
int signaling_relay(struct signaling *signaling, const struct relay *relay) ACTR_MUST_CHECK;
