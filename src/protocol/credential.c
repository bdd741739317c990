// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Credentials and claims that travel alone: in a header, in a URL, inside a credential.
 *
 * Claims are bytes to everyone but the two who need to look inside, the server that issues them and
 * whoever verifies; a credential passes through with its claims as they came.
 *
 * Pure; any thread. Never verifies anything: see credential.h for what the signature covers. */
#include "protocol/credential.h"

#include "protocol/part.h"

int credential_decode(struct actr_view bytes, struct arena *arena,
                      struct credential *ret_credential)
{
    const void *message;
    int r = message_unpack(&actr__aid_credential__descriptor, bytes, arena, &message);
    if (r == 0)
        part_decode_credential(message, ret_credential);
    return r;
}

struct actr_bytes credential_encode(const struct credential *credential)
{
    struct message_build build;
    message_build_init(&build);
    return message_pack(&build, part_encode_credential(&build, credential));
}

int claims_decode(struct actr_view bytes, struct arena *arena, struct claims *ret_claims)
{
    const void *message;
    int r = message_unpack(&actr__identity_claims__descriptor, bytes, arena, &message);
    if (r < 0)
        return r;
    const Actr__IdentityClaims *identity = message;
    *ret_claims = (struct claims){.realm = identity->realm_id,
                                  .actor_id = message_text(identity->actor_id),
                                  .expires_at_s = identity->expires_at};
    return 0;
}

struct actr_bytes claims_encode(const struct claims *claims)
{
    struct message_build build;
    message_build_init(&build);
    Actr__IdentityClaims *message = message_new(&build, &actr__identity_claims__descriptor);
    if (message) {
        message->realm_id = claims->realm;
        message->actor_id = message_data(claims->actor_id);
        message->expires_at = claims->expires_at_s;
    }
    return message_pack(&build, message);
}
