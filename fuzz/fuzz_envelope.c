// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* RpcEnvelope: this decoder and protobuf-c agree on all bytes. */
#include "fuzz.h"
#include "oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *what = oracle_envelope(actr_view_of(data, len));
    if (what)
        fuzz_fail(what);
    return 0;
}
