// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Long-term credentials.
 *
 * The key is a digest of "user:realm:password" (RFC 8489 §9.2.2): MD5, which every server takes, or
 * SHA-256 where it is offered. A nonce says whether something was offered (§9.2, the cookie), so
 * that nobody can take the better ones out unseen. Names and passwords go as they are; those of the
 * system are ASCII, for which the preparation of RFC 8265 changes nothing. A challenge replaces the
 * one before it, and new credentials wait for a new one.
 *
 * The owner's thread. Must never put a password or a key into an error text, nor leave one behind.
 */
#include "hyper/wire/webrtc/ice/turn_auth.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cursor.h"
#include "base/err.h"
#include "base/mem.h"
#include "sys/crypto.h"

#define TURN_AUTH_SHA256 2 /* 1: MD5 (RFC 8489 §18.5) */
#define TURN_AUTH_COOKIE "obMatJos2"
#define TURN_AUTH_FEATURES_LEN 4

int turn_auth_set(struct turn_auth *auth, const char *username, const char *password)
{
    size_t username_len = strlen(username), password_len = strlen(password);
    if (username_len > TURN_AUTH_TEXT_MAX || password_len > TURN_AUTH_TEXT_MAX)
        return err_origin(ACTR_EINVALID, "turn: credentials longer than %d bytes",
                          TURN_AUTH_TEXT_MAX);
    char *username_copy = mem_text(username, username_len);
    char *password_copy = mem_text(password, password_len);
    if (!username_copy || !password_copy) {
        mem_free(username_copy);
        crypto_free_secret(password_copy);
        return err_origin(ACTR_ENOMEM, "turn: no memory");
    }
    turn_auth_deinit(auth);
    auth->username = username_copy;
    auth->password = password_copy;
    return 0;
}

void turn_auth_deinit(struct turn_auth *auth)
{
    mem_free(auth->username);
    crypto_free_secret(auth->password);
    explicit_bzero(auth, sizeof(*auth)); /* the key too */
}

static int turn_auth_make_key(struct turn_auth *auth)
{
    char text[3 * TURN_AUTH_TEXT_MAX + 3];
    int len = snprintf(text, sizeof(text), "%s:%.*s:%s", auth->username, auth->realm_len,
                       (const char *)auth->realm, auth->password);
    struct actr_view secret = actr_view_of(text, (size_t)len);
    bool is_sha256 = auth->algorithm == TURN_AUTH_SHA256;
    auth->key_len = is_sha256 ? CRYPTO_SHA256_LEN : CRYPTO_MD5_LEN;
    int r = is_sha256 ? crypto_sha256(secret, auth->key) : crypto_md5(secret, auth->key);
    explicit_bzero(text, sizeof(text));
    return r;
}

/* Does the nonce say that the server offers algorithms? */
static bool turn_auth_is_choice_announced(struct actr_view nonce)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t cookie_len = strlen(TURN_AUTH_COOKIE);
    if (nonce.len < cookie_len + TURN_AUTH_FEATURES_LEN ||
        memcmp(nonce.ptr, TURN_AUTH_COOKIE, cookie_len) != 0)
        return false;
    /* 24 bits in base64; that of the algorithms is the last one (RFC 8489 §18.1). */
    const char *last =
        memchr(letters, nonce.ptr[cookie_len + TURN_AUTH_FEATURES_LEN - 1], sizeof(letters) - 1);
    return last && ((last - letters) & 1);
}

/* Picks the best algorithm of the list. */
static int turn_auth_choose(struct turn_auth *auth, struct actr_view list)
{
    struct cursor cursor = cursor_of(list);
    auth->algorithm = 0;
    while (cursor_left(&cursor) > 0) {
        uint16_t algorithm = cursor_u16be(&cursor);
        size_t len = cursor_u16be(&cursor);
        cursor_bytes(&cursor, (len + 3) & ~(size_t)3);
        if (cursor.failed)
            return err_origin(ACTR_EDECODE, "the server's algorithms make no sense");
        if (len == 0 && algorithm <= TURN_AUTH_SHA256 && algorithm > auth->algorithm)
            auth->algorithm = algorithm;
    }
    if (auth->algorithm == 0 || list.len > sizeof(auth->algorithms))
        return err_origin(ACTR_ENOTIMPL, "the server wants algorithms that are not ours");
    memcpy(auth->algorithms, list.ptr, list.len);
    auth->algorithms_len = (uint8_t)list.len;
    return 0;
}

static int turn_auth_take_algorithms(struct turn_auth *auth, const struct stun_message *message,
                                     struct actr_view nonce)
{
    struct actr_view list;
    if (stun_find(message, STUN_PASSWORD_ALGORITHMS, &list))
        return turn_auth_choose(auth, list);
    auth->algorithm = 0;
    if (turn_auth_is_choice_announced(nonce))
        return err_origin(ACTR_EDECODE, "the server's algorithms are missing");
    return 0;
}

int turn_auth_challenge(struct turn_auth *auth, const struct stun_message *message)
{
    struct actr_view realm, nonce;
    if (!auth->username)
        return err_origin(ACTR_EPERMISSION, "the server wants credentials, and there are none");
    if (!stun_find(message, STUN_REALM, &realm) || !stun_find(message, STUN_NONCE, &nonce) ||
        realm.len > TURN_AUTH_TEXT_MAX || nonce.len > TURN_AUTH_TEXT_MAX ||
        (realm.len > 0 && memchr(realm.ptr, '\0', realm.len)))
        return err_origin(ACTR_EDECODE, "the server's challenge makes no sense");
    int r = turn_auth_take_algorithms(auth, message, nonce);
    if (r < 0)
        return r;
    memcpy(auth->realm, realm.ptr, realm.len);
    auth->realm_len = (uint16_t)realm.len;
    memcpy(auth->nonce, nonce.ptr, nonce.len);
    auth->nonce_len = (uint16_t)nonce.len;
    r = turn_auth_make_key(auth);
    auth->has_challenge = r == 0;
    return r;
}

static struct actr_view turn_auth_key(const struct turn_auth *auth)
{
    return actr_view_of(auth->key, auth->key_len);
}

void turn_auth_put(const struct turn_auth *auth, struct stun_writer *writer)
{
    if (!auth->has_challenge)
        return;
    stun_put(writer, STUN_USERNAME, view_text(auth->username));
    stun_put(writer, STUN_REALM, actr_view_of(auth->realm, auth->realm_len));
    stun_put(writer, STUN_NONCE, actr_view_of(auth->nonce, auth->nonce_len));
    if (auth->algorithm == 0) {
        stun_put_integrity(writer, turn_auth_key(auth));
        return;
    }
    stun_put(writer, STUN_PASSWORD_ALGORITHMS,
             actr_view_of(auth->algorithms, auth->algorithms_len));
    stun_put_u32(writer, STUN_PASSWORD_ALGORITHM, (uint32_t)auth->algorithm << 16);
    stun_put_integrity_sha256(writer, turn_auth_key(auth));
}

bool turn_auth_is_signed(const struct turn_auth *auth, const struct stun_message *message)
{
    return (auth->algorithm == 0 ? message->integrity_at : message->integrity_sha256_at) > 0;
}

bool turn_auth_verify(const struct turn_auth *auth, const struct stun_message *message)
{
    return auth->algorithm == 0 ? stun_verify(message, turn_auth_key(auth))
                                : stun_verify_sha256(message, turn_auth_key(auth));
}
