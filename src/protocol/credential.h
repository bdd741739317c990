// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Credentials: what the identity service signs for an actor, and what it hands out for TURN.
 *
 * The signature is over the exact bytes of the claims as they travel: verify credential.claims as
 * received, then decode it; never encode claims again to verify. Pure; any thread. */
#pragma once

#include <stdint.h>

#include <actr/bytes.h>

struct arena;

/* actr.AIdCredential. All zero: the empty credential, which relays carry when they are forwarded.
 */
struct credential {
    uint32_t key_id;
    struct actr_view claims;    /* encoded IdentityClaims */
    struct actr_view signature; /* Ed25519, 64 bytes when genuine (not checked here) */
};

/* actr.IdentityClaims. */
struct claims {
    uint32_t realm;
    struct actr_view actor_id; /* canonical text form of the id, when genuine (not checked here) */
    uint64_t expires_at_s;     /* unix time */
};

/* actr.TurnCredential. */
struct turn_credential {
    struct actr_view username, password;
    uint64_t expires_at_s; /* unix time */
};

/* A credential that travels alone (base64 in the header X-Actr-Credential). Views point into arena.
 * ACTR_EDECODE, ACTR_ENOMEM. */
int credential_decode(struct actr_view bytes, struct arena *arena,
                      struct credential *ret_credential) ACTR_MUST_CHECK;
struct actr_bytes credential_encode(const struct credential *credential);

int claims_decode(struct actr_view bytes, struct arena *arena,
                  struct claims *ret_claims) ACTR_MUST_CHECK;
struct actr_bytes claims_encode(const struct claims *claims);
