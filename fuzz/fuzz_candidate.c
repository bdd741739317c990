// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Candidates: what is read is written so that it reads the same. */
#include <string.h>

#include "fuzz.h"
#include "hyper/wire/webrtc/ice/candidate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct candidate candidate, again;
    char text[CANDIDATE_TEXT_MAX];
    if (candidate_parse(actr_view_of(data, len), &candidate) < 0)
        return 0;
    size_t text_len = candidate_format(&candidate, text);
    fuzz_check(text_len == strlen(text), "another length");
    fuzz_check(candidate_parse(actr_view_of(text, text_len), &again) == 0, "not read again");
    /* A host's related address is not written, nor the port of an unknown one. */
    again.related = candidate.related;
    fuzz_check(memcmp(&again, &candidate, sizeof(again)) == 0, "read otherwise");
    return 0;
}
