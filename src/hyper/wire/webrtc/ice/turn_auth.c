// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Long-term credentials.
 *
 * The key is MD5 of "user:realm:password" (RFC 8489 §9.2.2): what every server offers. Names and
 * passwords go as they are; those of the system are ASCII, for which the preparation of RFC 8265
 * changes nothing. A challenge replaces the one before it, and new credentials wait for a new one.
 *
 * The owner's thread. Must never put a password or a key into an error text. */
#include "hyper/wire/webrtc/ice/turn_auth.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "sys/crypto.h"

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
        mem_free(password_copy);
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
    mem_free(auth->password);
    memset(auth, 0, sizeof(*auth));
}

static int turn_auth_make_key(struct turn_auth *auth)
{
    char text[3 * TURN_AUTH_TEXT_MAX + 3];
    int len = snprintf(text, sizeof(text), "%s:%.*s:%s", auth->username, auth->realm_len,
                       (const char *)auth->realm, auth->password);
    return crypto_md5(actr_view_of(text, (size_t)len), auth->key);
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
    memcpy(auth->realm, realm.ptr, realm.len);
    auth->realm_len = (uint16_t)realm.len;
    memcpy(auth->nonce, nonce.ptr, nonce.len);
    auth->nonce_len = (uint16_t)nonce.len;
    int r = turn_auth_make_key(auth);
    auth->has_challenge = r == 0;
    return r;
}

void turn_auth_put(const struct turn_auth *auth, struct stun_writer *writer)
{
    if (!auth->has_challenge)
        return;
    stun_put(writer, STUN_USERNAME, view_text(auth->username));
    stun_put(writer, STUN_REALM, actr_view_of(auth->realm, auth->realm_len));
    stun_put(writer, STUN_NONCE, actr_view_of(auth->nonce, auth->nonce_len));
    stun_put_integrity(writer, actr_view_of(auth->key, sizeof(auth->key)));
}
