// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Answers of the identity service: what decodes encodes, and decodes again to the same bytes. */
#include "base/arena.h"
#include "base/bytes.h"
#include "fuzz.h"
#include "protocol/ais.h"

enum { ARENA_MAX = 1 << 26 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena arena;
    struct ais_response response, again;
    arena_init(&arena, ARENA_MAX);
    if (ais_response_decode(actr_view_of(data, len), &arena, &response) == 0) {
        struct actr_bytes first = ais_response_encode(&response);
        fuzz_check(ais_response_decode(actr_bytes_view(first), &arena, &again) == 0,
                   "not decoded again");
        fuzz_check(again.result == response.result, "another result");
        struct actr_bytes second = ais_response_encode(&again);
        fuzz_check(view_equal(actr_bytes_view(first), actr_bytes_view(second)), "other bytes");
        actr_bytes_unref(first);
        actr_bytes_unref(second);
    }
    arena_deinit(&arena);
    return 0;
}
