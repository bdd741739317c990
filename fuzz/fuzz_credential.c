// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Credentials and claims alone: what decodes encodes, and decodes again to the same fields. */
#include "base/arena.h"
#include "base/bytes.h"
#include "fuzz.h"
#include "protocol/credential.h"

enum { ARENA_MAX = 1 << 26 };

static void check_credential(struct actr_view bytes, struct arena *arena)
{
    struct credential credential, again;
    if (credential_decode(bytes, arena, &credential) != 0)
        return;
    struct actr_bytes encoded = credential_encode(&credential);
    fuzz_check(credential_decode(actr_bytes_view(encoded), arena, &again) == 0,
               "credential: not decoded again");
    fuzz_check(again.key_id == credential.key_id, "another key id");
    fuzz_check(view_equal(again.claims, credential.claims), "other claims");
    fuzz_check(view_equal(again.signature, credential.signature), "another signature");
    actr_bytes_unref(encoded);
}

static void check_claims(struct actr_view bytes, struct arena *arena)
{
    struct claims claims, again;
    if (claims_decode(bytes, arena, &claims) != 0)
        return;
    struct actr_bytes encoded = claims_encode(&claims);
    fuzz_check(claims_decode(actr_bytes_view(encoded), arena, &again) == 0,
               "claims: not decoded again");
    fuzz_check(again.realm == claims.realm, "another realm");
    fuzz_check(view_equal(again.actor_id, claims.actor_id), "another actor");
    fuzz_check(again.expires_at_s == claims.expires_at_s, "another end");
    actr_bytes_unref(encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    check_credential(actr_view_of(data, len), &arena);
    check_claims(actr_view_of(data, len), &arena);
    arena_deinit(&arena);
    return 0;
}
