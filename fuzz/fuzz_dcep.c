// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* DCEP: what is read is within the input, and an OPEN that is written again is read the same. */
#include <string.h>

#include "base/bytes.h"
#include "fuzz.h"
#include "hyper/wire/webrtc/dcep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct dcep_open open = {0}, again = {0};
    enum dcep_kind kind;
    uint8_t buf[DCEP_MESSAGE_MAX];

    if (dcep_parse(actr_view_of(data, len), &kind, &open) < 0 || kind != DCEP_OPEN)
        return 0;
    fuzz_check(open.label.len <= DCEP_TEXT_MAX && open.protocol.len <= DCEP_TEXT_MAX, "too long");
    size_t written = dcep_format_open(&open, buf);
    fuzz_check(written == len, "another length");
    fuzz_check(dcep_parse(actr_view_of(buf, written), &kind, &again) == 0 && kind == DCEP_OPEN,
               "not read again");
    fuzz_check(
        view_equal(open.label, again.label) && view_equal(open.protocol, again.protocol) &&
            open.is_unordered == again.is_unordered && open.reliability == again.reliability &&
            open.reliability_value == again.reliability_value && open.priority == again.priority,
        "read otherwise");
    return 0;
}
