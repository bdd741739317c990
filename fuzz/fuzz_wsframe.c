// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* WebSocket frame headers: one that decodes is the one that encodes to the same bytes, and no less
 * than all of its bytes decode. */
#include <string.h>

#include "base/bytes.h"
#include "fuzz.h"
#include "net/wsframe.h"

static void check(struct actr_view view, bool want_mask)
{
    uint8_t buf[WSFRAME_HEADER_MAX];
    struct wsframe frame, less;
    int r = wsframe_decode(view, want_mask, &frame);
    if (r != 0) {
        fuzz_check(r < 0 || view.len < WSFRAME_HEADER_MAX, "a whole header asks for more");
        return;
    }
    fuzz_check(frame.header_len <= view.len, "a header longer than the bytes");
    size_t len = wsframe_encode(buf, (enum wsframe_opcode)frame.opcode, frame.len,
                                frame.is_masked ? frame.mask : NULL);
    if (!frame.is_final)
        buf[0] &= 0x7f;
    fuzz_check(len == frame.header_len && memcmp(buf, view.ptr, len) == 0, "other bytes");
    for (size_t part = 0; part < len; part++)
        fuzz_check(wsframe_decode(actr_view_of(view.ptr, part), want_mask, &less) == WSFRAME_MORE,
                   "a part of a header decodes");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    check(actr_view_of(data, len), true);
    check(actr_view_of(data, len), false);
    return 0;
}
