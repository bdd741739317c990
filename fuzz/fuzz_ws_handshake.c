// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The headers of the handshake between actors, as a stranger may send them: two values, each ended
 * by a NUL or the end of the input. What is read is built and read again as the same. */
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "fuzz.h"
#include "hyper/wire/websocket/handshake.h"

static void check_built(const struct actr_id *id, struct actr_bytes credential)
{
    struct ws_handshake handshake;
    struct actr_id again;
    struct actr_bytes bytes;

    fuzz_check(ws_handshake_init(&handshake, id, id, actr_bytes_view(credential)) == 0,
               "handshake: not built");
    fuzz_check(ws_handshake_source_id(handshake.headers[0].value, &again) == 0,
               "id: not read again");
    fuzz_check(actr_id_equal(id, &again), "id: another");
    fuzz_check(ws_handshake_credential(handshake.headers[1].value, &bytes) == 0,
               "credential: not read again");
    fuzz_check(view_equal(actr_bytes_view(credential), actr_bytes_view(bytes)),
               "credential: another");
    actr_bytes_unref(bytes);
    ws_handshake_deinit(&handshake);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    size_t first_len = len ? strnlen((const char *)data, len) : 0;
    size_t rest = first_len < len ? len - first_len - 1 : 0;
    char *source_id = mem_text((const char *)data, first_len);
    char *value = rest ? mem_text((const char *)data + first_len + 1, rest) : mem_text("", 0);
    struct actr_id id;
    struct actr_bytes credential = {0};

    bool has_id = ws_handshake_source_id(source_id, &id) == 0;
    bool has_credential = ws_handshake_credential(value, &credential) == 0;
    if (has_id && has_credential)
        check_built(&id, credential);
    actr_bytes_unref(credential);
    mem_free(source_id);
    mem_free(value);
    return 0;
}
