// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Queries of signaling upgrades: whatever comes in, the parser ends, stays within its arena, and
 * says of a credential only what it has. */
#include <string.h>

#include "fuzz.h"
#include "rendezvous/admission.h"

#define QUERY_MAX 16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static char query[QUERY_MAX + 1];
    struct admission admission;
    struct arena arena;
    if (len > QUERY_MAX)
        return 0;
    if (len > 0)
        memcpy(query, data, len);
    query[len] = '\0';
    arena_init(&arena, 65536);
    if (admission_parse(query, &arena, &admission) == 0) {
        fuzz_check(!admission.has_id || admission.id.type.name[0] != '\0', "an id without a name");
        fuzz_check(!admission.has_credential || admission.credential.claims.ptr,
                   "a credential without claims");
    }
    arena_deinit(&arena);
    return 0;
}
