// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Long-term credentials (RFC 8489 §9.2): who we are, what the server's challenge was, and the key
 * that both make. A server that offers PASSWORD-ALGORITHMS gets SHA-256 if it has it, and
 * signatures by SHA-256 in any case; others MD5 and SHA-1. Pure but for memory; the owner's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "hyper/wire/webrtc/ice/stun.h"

#define TURN_AUTH_TEXT_MAX 763 /* bytes of a user name, a realm or a nonce (RFC 8489 §14) */
#define TURN_AUTH_KEY_MAX 32
#define TURN_AUTH_ALGORITHMS_MAX 64 /* bytes of PASSWORD-ALGORITHMS */

/* Embedded; zeroed has neither credentials nor a challenge. */
struct turn_auth {
    char *username, *password; /* NULL: not known */
    bool has_challenge;
    uint16_t realm_len, nonce_len;
    uint8_t realm[TURN_AUTH_TEXT_MAX], nonce[TURN_AUTH_TEXT_MAX];
    uint16_t algorithm; /* of the password (RFC 8489 §18.5); 0: the server offers no choice */
    uint8_t algorithms[TURN_AUTH_ALGORITHMS_MAX]; /* what it offers */
    uint8_t algorithms_len;
    uint8_t key[TURN_AUTH_KEY_MAX];
    uint8_t key_len;
};

/* Copies both, and forgets the challenge. ACTR_ENOMEM (the old ones stand), ACTR_EINVALID (too
 * long). */
int turn_auth_set(struct turn_auth *auth, const char *username,
                  const char *password) ACTR_MUST_CHECK;
void turn_auth_deinit(struct turn_auth *auth);

/* Takes realm, nonce and algorithms of a 401 or 438. ACTR_EDECODE: there are none, or somebody on
 * the way has taken the algorithms out; ACTR_EPERMISSION: we have no credentials; ACTR_ENOTIMPL:
 * none of the algorithms is ours; others: the key cannot be made. */
int turn_auth_challenge(struct turn_auth *auth, const struct stun_message *message) ACTR_MUST_CHECK;

/* USERNAME, REALM, NONCE, what was chosen, and the integrity; nothing without a challenge. */
void turn_auth_put(const struct turn_auth *auth, struct stun_writer *writer);

/* Has it the integrity that the challenge asks for? And is it right? */
bool turn_auth_is_signed(const struct turn_auth *auth, const struct stun_message *message);
bool turn_auth_verify(const struct turn_auth *auth, const struct stun_message *message);
