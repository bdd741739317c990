// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The snapshot changes as a whole or not at all: a new one is built beside it and swapped in.
 *
 * The expiry of the renewal token is not kept: whether a token is still good is the server's to
 * say, whose clock may differ from ours. An expired one is answered with 401, which costs one
 * exchange and leads to a fresh registration all the same. */
#include "hyper/signaling/session_state.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "protocol/id.h"

void session_deinit(struct session_state *session)
{
    actr_bytes_unref(session->identity.source_id);
    actr_bytes_unref(session->identity.credential);
    actr_bytes_unref(session->identity.turn_username);
    actr_bytes_unref(session->identity.turn_password);
    actr_bytes_unref(session->claims);
    actr_bytes_unref(session->signature);
    actr_bytes_unref(session->renewal_token);
    *session = (struct session_state){0};
}

static bool session_is_whole(const struct session_state *session)
{
    return !actr_bytes_failed(session->identity.source_id) &&
           !actr_bytes_failed(session->identity.credential) &&
           !actr_bytes_failed(session->identity.turn_username) &&
           !actr_bytes_failed(session->identity.turn_password) &&
           !actr_bytes_failed(session->claims) && !actr_bytes_failed(session->signature) &&
           !actr_bytes_failed(session->renewal_token);
}

/* Of a text, with a NUL; empty for none. */
static struct actr_bytes session_text(struct actr_view text)
{
    uint8_t *data;
    if (text.len == 0)
        return (struct actr_bytes){0};
    struct actr_bytes bytes = bytes_new(text.len + 1, &data);
    if (actr_bytes_failed(bytes))
        return bytes;
    memcpy(data, text.ptr, text.len);
    data[text.len] = '\0';
    return bytes;
}

/* Consumes `token`. */
static int session_replace(struct session_state *session,
                           const struct ais_registration *registration, uint64_t expires_at_s,
                           uint64_t generation, struct actr_bytes token)
{
    uint32_t interval_s = registration->heartbeat_interval_s;
    if (interval_s == 0)
        interval_s = SESSION_HEARTBEAT_DEFAULT_S;
    struct session_state next = {
        .identity = {.id = registration->id,
                     .generation = generation,
                     .source_id = id_encode(&registration->id),
                     .credential = credential_encode(&registration->credential),
                     .turn_username = session_text(registration->turn.username),
                     .turn_password = session_text(registration->turn.password),
                     .expires_at_s = expires_at_s},
        .epoch = session->epoch + 1,
        .heartbeat_interval_s =
            interval_s < SESSION_HEARTBEAT_MAX_S ? interval_s : SESSION_HEARTBEAT_MAX_S,
        .key_id = registration->credential.key_id,
        .claims = actr_bytes_copy(registration->credential.claims),
        .signature = actr_bytes_copy(registration->credential.signature),
        .renewal_token = token,
    };
    if (!session_is_whole(&next)) {
        session_deinit(&next);
        return err_origin(ACTR_ENOMEM, "signaling: the session");
    }
    session_deinit(session);
    *session = next;
    return 0;
}

int session_adopt(struct session_state *session, const struct ais_registration *registration,
                  uint64_t expires_at_s)
{
    return session_replace(session, registration, expires_at_s, session->identity.generation + 1,
                           actr_bytes_copy(registration->renewal_token));
}

int session_renew(struct session_state *session, const struct ais_registration *registration,
                  uint64_t expires_at_s)
{
    struct actr_bytes token = registration->renewal_token.len > 0
                                  ? actr_bytes_copy(registration->renewal_token)
                                  : actr_bytes_ref(session->renewal_token);
    return session_replace(session, registration, expires_at_s, session->identity.generation,
                           token);
}

struct credential session_credential(const struct session_state *session)
{
    return (struct credential){.key_id = session->key_id,
                               .claims = actr_bytes_view(session->claims),
                               .signature = actr_bytes_view(session->signature)};
}
