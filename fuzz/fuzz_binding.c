// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* STUN requests: no answer is longer than it may be, none gives more than three bytes for one, and
 * none is itself a request that would be answered. */
#include "fuzz.h"
#include "rendezvous/binding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct binding_source source = {.port = 4711, .is_ipv6 = true};
    uint8_t answer[BINDING_ANSWER_MAX], again[BINDING_ANSWER_MAX];
    size_t answer_len = binding_answer(actr_view_of(data, len), &source, answer);
    fuzz_check(answer_len <= BINDING_ANSWER_MAX && answer_len <= 3 * len, "too long");
    fuzz_check(binding_answer(actr_view_of(answer, answer_len), &source, again) == 0,
               "two servers would answer each other");
    return 0;
}
