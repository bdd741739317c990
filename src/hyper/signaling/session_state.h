// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The session: who we are at the moment, and with which credential. Written by credential_manager
 * alone, read by everybody who sends. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "hyper/signaling/signaling.h"
#include "protocol/ais.h"

/* Heartbeat when the server does not say, and the longest that it may ask for. */
#define SESSION_HEARTBEAT_DEFAULT_S 30
#define SESSION_HEARTBEAT_MAX_S 600

struct session_state {
    struct signaling_identity identity; /* generation 0: never registered */
    uint64_t epoch;                     /* grows with each credential; 0: none */
    uint32_t heartbeat_interval_s;
    uint32_t key_id;
    struct actr_bytes claims, signature; /* of the credential, as they travel */
    struct actr_bytes renewal_token;     /* empty: the server gave none */
};

/* Zeroed is a session without identity. */
void session_deinit(struct session_state *session);

/* Takes over a registration that has been checked, expiring at expires_at_s: a new generation. Or,
 * session_renew(): a new credential of the id that the session has; when it brings no token the old
 * one stays. ACTR_ENOMEM: nothing has changed. */
int session_adopt(struct session_state *session, const struct ais_registration *registration,
                  uint64_t expires_at_s) ACTR_MUST_CHECK;
int session_renew(struct session_state *session, const struct ais_registration *registration,
                  uint64_t expires_at_s) ACTR_MUST_CHECK;

/* The credential, to be sent; views into the session. */
struct credential session_credential(const struct session_state *session);
