// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Credentials of any content, signed with a key that the tests know, and the messages that carry
 * them. Fails the test when something cannot be made. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "base/arena.h"
#include "protocol/ais.h"
#include "protocol/signaling.h"
#include "rendezvous/ledger.h"

#define FORGE_KEY_ID 7
/* The seed of the server's key, and of one that is nobody's. */
extern const uint8_t forge_seed[32], forge_other_seed[32];

struct forged {
    uint32_t key_id;
    struct actr_bytes claims;
    uint8_t signature[64];
};
/* Points into `forged`. */
struct credential forged_credential(const struct forged *forged);

/* actor_id and realm: what the claims say. */
struct forged forge_credential(const uint8_t seed[32], const char *actor_id, uint32_t realm,
                               uint64_t expires_at_s);
/* A good one. */
struct forged forge_good(const struct actr_id *id, uint64_t expires_at_s);
void forged_deinit(struct forged *forged);

/* "actor_id=…&key_id=…&claims=…&signature=…" */
void forge_query(const char *actor_id, const struct credential *credential, char *buf, size_t cap);

/* The row of the key FORGE_KEY_ID; its cells belong to the caller. */
void forge_key_row(struct ledger_row *row);
void forge_row_deinit(struct ledger_row *row);

struct actr_id forge_id(const char *text);
struct actr_type forge_type(const char *text);

/* A minimal linked registration. */
struct ais_register_request forge_registration(uint32_t realm, const char *type);

/* Envelopes to send; the id is "e1". */
struct signaling_envelope forge_request(const struct actr_id *source,
                                        const struct credential *credential,
                                        enum signaling_request_kind kind);
struct signaling_envelope forge_relay(const struct actr_id *source,
                                      const struct credential *credential,
                                      const struct actr_id *target, enum relay_kind kind);
