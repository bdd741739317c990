// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Candidates: what is read is written so that it reads the same. */
#include <string.h>

#include "fuzz.h"
#include "hyper/wire/webrtc/ice/candidate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct candidate candidate, again;
    char text[CANDIDATE_TEXT_MAX], again_text[CANDIDATE_TEXT_MAX];
    if (candidate_parse(actr_view_of(data, len), &candidate) < 0)
        return 0;
    size_t text_len = candidate_format(&candidate, text);
    fuzz_check(text_len == strlen(text), "another length");
    fuzz_check(candidate_parse(actr_view_of(text, text_len), &again) == 0, "not read again");
    fuzz_check(again.type == candidate.type && again.priority == candidate.priority &&
                   net_address_equal(&again.address, &candidate.address),
               "read otherwise");
    candidate_format(&again, again_text);
    fuzz_check(strcmp(text, again_text) == 0, "written otherwise");
    return 0;
}
