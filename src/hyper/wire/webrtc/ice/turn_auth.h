// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Long-term credentials (RFC 8489 §9.2): who we are, what the server's challenge was, and the key
 * that both make. Pure but for memory; the owner's thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "hyper/wire/webrtc/ice/stun.h"

#define TURN_AUTH_TEXT_MAX 763 /* bytes of a user name, a realm or a nonce (RFC 8489 §14) */
#define TURN_AUTH_KEY_LEN 16

/* Embedded; zeroed has neither credentials nor a challenge. */
struct turn_auth {
    char *username, *password; /* NULL: not known */
    bool has_challenge;
    uint16_t realm_len, nonce_len;
    uint8_t realm[TURN_AUTH_TEXT_MAX], nonce[TURN_AUTH_TEXT_MAX];
    uint8_t key[TURN_AUTH_KEY_LEN];
};

/* Copies both, and forgets the challenge. ACTR_ENOMEM (the old ones stand), ACTR_EINVALID (too
 * long). */
int turn_auth_set(struct turn_auth *auth, const char *username,
                  const char *password) ACTR_MUST_CHECK;
void turn_auth_deinit(struct turn_auth *auth);

/* Takes realm and nonce of a 401 or 438. ACTR_EDECODE: there are none; ACTR_EPERMISSION: we have no
 * credentials; others: the key cannot be made. */
int turn_auth_challenge(struct turn_auth *auth, const struct stun_message *message) ACTR_MUST_CHECK;

/* USERNAME, REALM, NONCE and MESSAGE-INTEGRITY; nothing without a challenge. */
void turn_auth_put(const struct turn_auth *auth, struct stun_writer *writer);
