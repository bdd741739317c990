// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Issues identities: serial numbers, credentials, TURN credentials, renewal tokens.
 *
 * Time is an argument. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "keyring.h"
#include "protocol/ais.h"

#define ISSUER_TOKEN_LEN 32

/* A renewal token with less life left than this is replaced when it is used. */
#define ISSUER_ROTATION_WINDOW_S 21600
#define ISSUER_TOKEN_TTL_S 86400
#define ISSUER_TTL_S 3600
#define ISSUER_HEARTBEAT_S 30

struct issuer {
    const struct keyring *keyring;
    bool is_open;         /* what test servers hand out: serials from 1, tokens that follow from the
                             serial, everything valid for a day */
    uint32_t ttl_s;       /* of credentials */
    uint32_t heartbeat_s; /* what actors are told */
    uint64_t serial_last; /* no smaller one is issued; set it to the largest known at start */
    uint8_t worker;       /* 0 to 31: part of every serial */
    uint8_t token_secret[32];
    char turn_secret[129]; /* text, shared with the TURN server */
};

struct issuer_token {
    uint8_t bytes[ISSUER_TOKEN_LEN];
    uint64_t expires_at_s; /* unix time */
};

/* What an actor is given; `registration` points into the rest and must not be copied without it. */
struct issuer_grant {
    struct ais_registration registration;
    struct actr_bytes _claims;
    struct issuer_token _token;
    uint8_t _signature[CRYPTO_SIGNATURE_LEN];
    char _username[20 + 1 + ACTR_ID_STR_MAX];
    char _password[32];
};

/* A serial that was never issued: 54 bits of milliseconds since 2023, worker and a counter, larger
 * than all before it even when the clock steps back. */
uint64_t issuer_serial(struct issuer *issuer, uint64_t now_ms);

/* A fresh token for a fresh actor. ACTR_EINTERNAL, ACTR_ENOMEM. */
int issuer_token_new(const struct issuer *issuer, const struct actr_id *id, uint64_t now_s,
                     struct issuer_token *ret_token) ACTR_MUST_CHECK;

/* What a genuine token is answered with: itself while it has more life left than the window;
 * otherwise its successor, which follows from it, so that a client that lost the answer gets the
 * same one again. ACTR_EINTERNAL, ACTR_ENOMEM. */
int issuer_token_next(const struct issuer *issuer, const struct actr_id *id,
                      const struct issuer_token *token, uint64_t now_s,
                      struct issuer_token *ret_token) ACTR_MUST_CHECK;

/* Signs a credential for `id` and puts everything together. ACTR_EINTERNAL, ACTR_ENOMEM. Give it
 * back with issuer_grant_deinit(). */
int issuer_grant(const struct issuer *issuer, const struct actr_id *id,
                 const struct issuer_token *token, uint64_t now_s,
                 struct issuer_grant *ret_grant) ACTR_MUST_CHECK;
void issuer_grant_deinit(struct issuer_grant *grant);
