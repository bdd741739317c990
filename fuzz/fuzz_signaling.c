// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Signaling envelopes: what decodes encodes, and decodes again to the same bytes. */
#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "fuzz.h"
#include "protocol/signaling.h"

enum { ARENA_MAX = 1 << 26 };

/* Encodes; the result decodes and encodes to itself. */
static void check_again(const struct signaling_envelope *envelope)
{
    struct arena arena;
    struct signaling_envelope again;
    struct actr_bytes first = signaling_encode(envelope);
    fuzz_check(!actr_bytes_failed(first), "not encoded");
    arena_init(&arena, ARENA_MAX);
    fuzz_check(signaling_decode(actr_bytes_view(first), &arena, &again) == 0, "not decoded again");
    fuzz_check(again.flow == envelope->flow, "another flow");
    struct actr_bytes second = signaling_encode(&again);
    fuzz_check(view_equal(actr_bytes_view(first), actr_bytes_view(second)), "other bytes");
    actr_bytes_unref(first);
    actr_bytes_unref(second);
    arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena arena;
    struct signaling_envelope envelope;
    arena_init(&arena, ARENA_MAX);
    if (signaling_decode(actr_view_of(data, len), &arena, &envelope) == 0) {
        check_again(&envelope);
        if (envelope.flow == SIGNALING_FLOW_RELAY) {
            const struct relay *relay = &envelope.relay;
            fuzz_check((relay->kind == RELAY_NONE) == (relay->raw.ptr == NULL), "raw");
            fuzz_check(!relay->raw.ptr || (relay->raw.ptr >= data &&
                                           relay->raw.ptr + relay->raw.len <= data + len),
                       "raw is elsewhere");
            envelope.relay.raw.ptr = NULL;
            check_again(&envelope);
        }
    }
    arena_deinit(&arena);
    return 0;
}
