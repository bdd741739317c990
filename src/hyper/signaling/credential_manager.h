// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Keeps the session alive: registers, renews the credential in time, and registers anew when the
 * server does not know us any more or has given our place to another. One exchange at a time;
 * whatever triggers one while another is under way, or waits its turn, changes nothing. Never gives
 * up between start and stop. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "base/backoff.h"
#include "base/sm.h"
#include "hyper/signaling/ais_client.h"
#include "hyper/signaling/session_state.h"
#include "sys/loop.h"

struct key_cache;

enum credential_state {
    CREDENTIAL_IDLE,
    CREDENTIAL_REGISTERING,
    CREDENTIAL_VALID, /* as far as we know; the timer is the renewal's */
    CREDENTIAL_RENEWING,
    CREDENTIAL_WAITING,      /* for the next attempt, after one that failed */
    CREDENTIAL_REALM_REFUSED /* the same, after 403: tried at once when the server takes us again */
};

/* Never inside a call; each may end everything. Texts are lent. */
struct credential_events {
    void (*on_identity)(void *owner); /* another id, another generation */
    void (*on_renewed)(void *owner);  /* the same id, another credential */
    /* The credential ends soon, was refused, or the server wishes it renewed; once for each. */
    void (*on_expiring)(void *owner);
    /* An attempt failed; another follows. is_final: it will fail as well unless somebody changes
     * the configuration. */
    void (*on_error)(void *owner, int code, const char *detail, bool is_final);
};

struct credential_manager {
    struct loop *_loop;
    struct session_state *_session;
    struct ais_client *_ais;
    struct key_cache *_keys; /* gets every signing key that the service sends */
    const struct credential_events *_events;
    void *_owner;
    struct sm _state;
    struct loop_timer _timer;
    struct loop_timer _expiry; /* on_expiring */
    uint32_t _expiry_lead_s;
    bool _is_expiring_told;
    struct backoff _register_backoff, _renew_backoff;
    struct actr_bytes _request; /* the registration, encoded */
    uint64_t _granted_us;
    uint32_t _confused_count; /* renewals in a row that were answered with nonsense */
    uint32_t _rejected_count; /* registrations in a row that were answered with 401 */
    bool _must_register;      /* the next attempt is a registration */
    bool _is_registered;      /* the credential came by a registration */
    bool _is_accepted;        /* the server has taken the credential since */
};

/* What the manager works with. Borrowed. */
struct credential_parts {
    struct loop *loop;
    struct session_state *session;
    struct ais_client *ais;
    struct key_cache *keys;
    uint32_t expiry_lead_s; /* of on_expiring; 0: 300. A credential that lives less than twice as
                               long: a tenth of its life */
};

void credential_manager_init(struct credential_manager *manager,
                             const struct credential_parts *parts,
                             const struct credential_events *events, void *owner);
/* Zeroed is fine. */
void credential_manager_deinit(struct credential_manager *manager);

/* Registers: on_identity or on_error follows. Consumes the encoded request. Only when idle. */
void credential_manager_start(struct credential_manager *manager, struct actr_bytes request);
/* Cuts what is under way; no event follows. */
void credential_manager_stop(struct credential_manager *manager);

/* What the socket learned about the credential `epoch` (session_state). */
void credential_manager_on_accepted(struct credential_manager *manager, uint64_t epoch);
void credential_manager_on_refused(struct credential_manager *manager, uint64_t epoch);
/* The server would like to see it renewed. */
void credential_manager_on_warning(struct credential_manager *manager);
/* Another process has our identity, and our place. */
void credential_manager_on_displaced(struct credential_manager *manager);

/* When to renew a credential that lives for another ttl_s seconds (0 and less: by our clock it has
 * expired already, so our clock is not to be relied on). `random`: 32 even bits. */
uint64_t credential_manager_renew_delay_us(int64_t ttl_s, uint32_t random);
