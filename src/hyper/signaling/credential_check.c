// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The rules for a credential, applied to our own when the server hands it out and to a peer's when
 * it connects.
 *
 * The actor id in the claims is compared as text with the canonical form of the id: two spellings
 * of one id are not the same claim. The realm is compared too: the existing system's listener does
 * not, and so takes a credential of another realm for one of its own. The signature is over the
 * bytes as they came; nothing is encoded again. Expiry is the caller's question, for its clock may
 * not be trusted to judge the server's. */
#include "hyper/signaling/credential_check.h"

#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "sys/crypto.h"

/* More than any claims with an id of ours in them need to be unpacked. */
#define CLAIMS_ARENA_MAX ((size_t)128 * 1024)

static int check_claims(const struct claims *claims, const struct actr_id *id)
{
    char canonical[ACTR_ID_STR_MAX];
    actr_id_format(id, canonical);
    if (!view_equal(claims->actor_id, view_text(canonical)))
        return err_origin(ACTR_EPERMISSION, "the credential is another actor's");
    if (claims->realm != id->realm)
        return err_origin(ACTR_EPERMISSION, "the credential is for another realm");
    return 0;
}

int credential_check_claims(const struct credential *credential, const struct actr_id *id,
                            uint64_t *ret_expires_at_s)
{
    struct arena arena;
    struct claims claims;
    arena_init(&arena, CLAIMS_ARENA_MAX);
    int r = claims_decode(credential->claims, &arena, &claims);
    if (r == ACTR_EDECODE)
        r = err_origin(ACTR_EPERMISSION, "the credential's claims are malformed");
    if (r == 0)
        r = check_claims(&claims, id);
    if (r == 0)
        *ret_expires_at_s = claims.expires_at_s;
    arena_deinit(&arena);
    return r;
}

int credential_check_signature(const struct credential *credential,
                               const struct crypto_verifier *verifier)
{
    int r = crypto_verify(verifier, credential->claims, credential->signature);
    if (r == CRYPTO_FORGED)
        return err_origin(ACTR_EPERMISSION, "the credential's signature is not the server's");
    return r;
}
