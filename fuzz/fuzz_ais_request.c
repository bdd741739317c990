// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Requests to the identity service: what decodes encodes, and decodes again to the same bytes. */
#include "base/arena.h"
#include "base/bytes.h"
#include "fuzz.h"
#include "protocol/ais.h"

enum { ARENA_MAX = 1 << 26 };

static void check_register(struct actr_view bytes, struct arena *arena)
{
    struct ais_register_request request, again;
    if (ais_register_request_decode(bytes, arena, &request) != 0)
        return;
    struct actr_bytes first = ais_register_request_encode(&request);
    fuzz_check(ais_register_request_decode(actr_bytes_view(first), arena, &again) == 0,
               "register: not decoded again");
    struct actr_bytes second = ais_register_request_encode(&again);
    fuzz_check(view_equal(actr_bytes_view(first), actr_bytes_view(second)),
               "register: other bytes");
    actr_bytes_unref(first);
    actr_bytes_unref(second);
}

static void check_renew(struct actr_view bytes, struct arena *arena)
{
    struct ais_renew_request request, again;
    if (ais_renew_request_decode(bytes, arena, &request) != 0)
        return;
    struct actr_bytes first = ais_renew_request_encode(&request);
    fuzz_check(ais_renew_request_decode(actr_bytes_view(first), arena, &again) == 0,
               "renew: not decoded again");
    fuzz_check(actr_id_equal(&request.id, &again.id), "renew: another id");
    fuzz_check(view_equal(request.renewal_token, again.renewal_token), "renew: another token");
    actr_bytes_unref(first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    check_register(actr_view_of(data, len), &arena);
    check_renew(actr_view_of(data, len), &arena);
    arena_deinit(&arena);
    return 0;
}
