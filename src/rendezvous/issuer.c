// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Identities, and everything that proves them.
 *
 * The same actor keeps its id over every renewal: claims and TURN name are made for the id that is
 * passed in, never for another. Must never log or keep a token; the caller stores its hash.
 *
 * Loop thread. */
#include "issuer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"

#define EPOCH_MS 1672531200000u /* 2023-01-01T00:00:00Z */
#define SERIAL_TIME_SHIFT 13
#define SERIAL_WORKER_SHIFT 8
#define SERIAL_SEQUENCE_MASK 0xffu

#define TOKEN_LABEL "actrix/ais/renewal/v1"
#define OPEN_TOKEN_LABEL "actr-mock-actrix-renewal-token-v1"
#define OPEN_TTL_S 86400

uint64_t issuer_serial(struct issuer *issuer, uint64_t now_ms)
{
    if (issuer->is_open)
        return ++issuer->serial_last;
    uint64_t since_ms = now_ms > EPOCH_MS ? now_ms - EPOCH_MS : 0;
    uint64_t last_ms = issuer->serial_last >> SERIAL_TIME_SHIFT;
    uint64_t sequence = 0;
    if (since_ms <= last_ms) {
        since_ms = last_ms;
        sequence = (issuer->serial_last & SERIAL_SEQUENCE_MASK) + 1;
        if (sequence > SERIAL_SEQUENCE_MASK) {
            since_ms++;
            sequence = 0;
        }
    }
    issuer->serial_last =
        since_ms << SERIAL_TIME_SHIFT | (uint64_t)issuer->worker << SERIAL_WORKER_SHIFT | sequence;
    return issuer->serial_last;
}

static void put_u64be(uint8_t *buf, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        buf[i] = (uint8_t)(value >> (56 - 8 * i));
}

static int open_token(uint64_t serial, uint8_t ret_token[ISSUER_TOKEN_LEN])
{
    uint8_t text[sizeof(OPEN_TOKEN_LABEL) - 1 + 8];
    memcpy(text, OPEN_TOKEN_LABEL, sizeof(OPEN_TOKEN_LABEL) - 1);
    put_u64be(text + sizeof(OPEN_TOKEN_LABEL) - 1, serial);
    return crypto_sha256(actr_view_of(text, sizeof(text)), ret_token);
}

int issuer_token_new(const struct issuer *issuer, const struct actr_id *id, uint64_t now_s,
                     struct issuer_token *ret_token)
{
    ret_token->expires_at_s = now_s + ISSUER_TOKEN_TTL_S;
    return issuer->is_open ? open_token(id->serial, ret_token->bytes)
                           : crypto_random(ret_token->bytes, ISSUER_TOKEN_LEN);
}

static int successor(const struct issuer *issuer, const struct actr_id *id,
                     const struct issuer_token *token, struct issuer_token *ret_token)
{
    uint8_t message[sizeof(TOKEN_LABEL) - 1 + ISSUER_TOKEN_LEN + ACTR_ID_STR_MAX + 8];
    char text[ACTR_ID_STR_MAX];
    size_t len = sizeof(TOKEN_LABEL) - 1;
    size_t text_len = strlen(actr_id_format(id, text));

    memcpy(message, TOKEN_LABEL, len);
    memcpy(message + len, token->bytes, ISSUER_TOKEN_LEN);
    len += ISSUER_TOKEN_LEN;
    memcpy(message + len, text, text_len);
    len += text_len;
    put_u64be(message + len, token->expires_at_s);
    len += 8;
    ret_token->expires_at_s = token->expires_at_s + ISSUER_TOKEN_TTL_S;
    return crypto_hmac_sha256(actr_view_of(issuer->token_secret, sizeof(issuer->token_secret)),
                              actr_view_of(message, len), ret_token->bytes);
}

int issuer_token_next(const struct issuer *issuer, const struct actr_id *id,
                      const struct issuer_token *token, uint64_t now_s,
                      struct issuer_token *ret_token)
{
    if (issuer->is_open)
        return issuer_token_new(issuer, id, now_s, ret_token);
    if (token->expires_at_s > now_s + ISSUER_ROTATION_WINDOW_S) {
        *ret_token = *token;
        return 0;
    }
    return successor(issuer, id, token, ret_token);
}

static int sign(const struct issuer *issuer, const struct actr_id *id, uint64_t expires_at_s,
                struct issuer_grant *grant)
{
    char text[ACTR_ID_STR_MAX];
    struct claims claims = {id->realm, view_text(actr_id_format(id, text)), expires_at_s};
    const struct keyring_key *key = keyring_current(issuer->keyring);
    assert(key);
    grant->_claims = claims_encode(&claims);
    if (actr_bytes_failed(grant->_claims))
        return err_origin(ACTR_ENOMEM, "credential: out of memory");
    grant->registration.credential = (struct credential){key->id, actr_bytes_view(grant->_claims),
                                                         actr_view_of(grant->_signature, 64)};
    grant->registration.signing_key_id = key->id;
    grant->registration.signing_pubkey = actr_view_of(key->public_key, CRYPTO_PUBLIC_LEN);
    return crypto_sign(key->signer, actr_bytes_view(grant->_claims), grant->_signature);
}

/* RFC 8489 long-term credentials as made by the "TURN REST" convention: the server that shares the
 * secret can check them without asking. */
static int make_turn(const struct issuer *issuer, const struct actr_id *id, uint64_t expires_at_s,
                     struct issuer_grant *grant)
{
    uint8_t digest[CRYPTO_SHA1_LEN];
    char text[ACTR_ID_STR_MAX];
    snprintf(grant->_username, sizeof(grant->_username), "%" PRIu64 ":%s", expires_at_s,
             actr_id_format(id, text));
    int r = crypto_hmac_sha1(view_text(issuer->turn_secret), view_text(grant->_username), digest);
    if (r < 0)
        return r;
    static_assert(TEXT_BASE64_SIZE(CRYPTO_SHA1_LEN) <= sizeof(grant->_password), "password");
    text_base64_encode(digest, sizeof(digest), grant->_password);
    return 0;
}

static void make_open_turn(uint64_t serial, uint64_t expires_at_s, struct issuer_grant *grant)
{
    snprintf(grant->_username, sizeof(grant->_username), "%" PRIu64 ":%" PRIu64, expires_at_s,
             serial);
    snprintf(grant->_password, sizeof(grant->_password), "mock-turn-%016" PRIx64, serial);
}

int issuer_grant(const struct issuer *issuer, const struct actr_id *id,
                 const struct issuer_token *token, uint64_t now_s, struct issuer_grant *ret_grant)
{
    uint64_t expires_at_s = now_s + (issuer->is_open ? OPEN_TTL_S : issuer->ttl_s);
    struct ais_registration *registration = &ret_grant->registration;
    *ret_grant = (struct issuer_grant){._token = *token};

    int r = sign(issuer, id, expires_at_s, ret_grant);
    if (r == 0 && issuer->is_open)
        make_open_turn(id->serial, expires_at_s, ret_grant);
    else if (r == 0)
        r = make_turn(issuer, id, expires_at_s, ret_grant);
    if (r < 0) {
        issuer_grant_deinit(ret_grant);
        return r;
    }
    registration->id = *id;
    registration->turn = (struct turn_credential){view_text(ret_grant->_username),
                                                  view_text(ret_grant->_password), expires_at_s};
    registration->renewal_token = actr_view_of(ret_grant->_token.bytes, ISSUER_TOKEN_LEN);
    registration->credential_expires_at_s = (int64_t)expires_at_s;
    registration->has_credential_expires_at = true;
    registration->renewal_token_expires_at_s = (int64_t)token->expires_at_s;
    registration->has_renewal_token_expires_at = true;
    registration->heartbeat_interval_s = issuer->heartbeat_s;
    return 0;
}

void issuer_grant_deinit(struct issuer_grant *grant)
{
    actr_bytes_unref(grant->_claims);
    explicit_bzero(grant, sizeof(*grant));
}
