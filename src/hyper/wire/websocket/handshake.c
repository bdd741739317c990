// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Builds and reads the headers of the handshake between actors.
 *
 * What is read comes from a stranger: lengths are checked before anything is allocated, and every
 * fault is an answer, never an assertion. Says nothing about whether the credential is genuine.
 * Pure; any thread. */
#include "hyper/wire/websocket/handshake.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "protocol/id.h"

/* Writes a text and returns where the next one goes. */
static char *handshake_put_id(char *text, struct actr_bytes id)
{
    text_hex_encode(id.ptr, id.len, text);
    return text + 2 * id.len + 1;
}

int ws_handshake_init(struct ws_handshake *handshake, const struct actr_id *id,
                      const struct actr_id *target, struct actr_view credential)
{
    if (credential.len > WS_HANDSHAKE_CREDENTIAL_MAX)
        return err_origin(ACTR_EINVALID, "handshake: credential of %zu bytes", credential.len);
    AUTO_BYTES struct actr_bytes from = id_encode(id);
    AUTO_BYTES struct actr_bytes to = id_encode(target);
    if (actr_bytes_failed(from) || actr_bytes_failed(to))
        return err_origin(ACTR_ENOMEM, "handshake: no memory");

    size_t size = 2 * from.len + 1 + 2 * to.len + 1 + TEXT_BASE64_SIZE(credential.len);
    char *text = mem_alloc_raw(size);
    if (!text)
        return err_origin(ACTR_ENOMEM, "handshake: no memory");
    char *to_text = handshake_put_id(text, from);
    char *credential_text = handshake_put_id(to_text, to);
    text_base64_encode(credential.ptr, credential.len, credential_text);
    handshake->_text = text;
    handshake->headers[0] = (struct net_header){WS_HANDSHAKE_SOURCE_ID, text};
    handshake->headers[1] = (struct net_header){WS_HANDSHAKE_CREDENTIAL, credential_text};
    handshake->headers[2] = (struct net_header){WS_HANDSHAKE_TARGET_ID, to_text};
    return 0;
}

void ws_handshake_deinit(struct ws_handshake *handshake)
{
    mem_free(handshake->_text);
    *handshake = (struct ws_handshake){0};
}

static int handshake_read_id(const char *name, const char *value, struct actr_id *ret_id)
{
    uint8_t buf[WS_HANDSHAKE_ID_MAX];
    size_t len;

    if (!value)
        return err_origin(ACTR_EPERMISSION, "no %s", name);
    if (!text_hex_decode(view_text(value), buf, sizeof(buf), &len))
        return err_origin(ACTR_EPERMISSION, "malformed %s", name);
    int r = id_decode(actr_view_of(buf, len), ret_id);
    return r == ACTR_EDECODE ? err_origin(ACTR_EPERMISSION, "malformed %s", name) : r;
}

int ws_handshake_source_id(const char *value, struct actr_id *ret_id)
{
    return handshake_read_id(WS_HANDSHAKE_SOURCE_ID, value, ret_id);
}

int ws_handshake_target_id(const char *value, struct actr_id *ret_id)
{
    return handshake_read_id(WS_HANDSHAKE_TARGET_ID, value, ret_id);
}

int ws_handshake_credential(const char *value, struct actr_bytes *ret_credential)
{
    if (!value)
        return err_origin(ACTR_EPERMISSION, "no " WS_HANDSHAKE_CREDENTIAL);
    size_t len = strlen(value);
    if (len == 0 || len >= TEXT_BASE64_SIZE(WS_HANDSHAKE_CREDENTIAL_MAX))
        return err_origin(ACTR_EPERMISSION, "malformed " WS_HANDSHAKE_CREDENTIAL);

    uint8_t *data;
    struct actr_bytes bytes = bytes_new(len / 4 * 3, &data);
    if (!data)
        return err_origin(ACTR_ENOMEM, "handshake: no memory");
    if (!text_base64_decode(actr_view_of(value, len), data, bytes.len, &len)) {
        actr_bytes_unref(bytes);
        return err_origin(ACTR_EPERMISSION, "malformed " WS_HANDSHAKE_CREDENTIAL);
    }
    bytes_truncate(&bytes, len);
    *ret_credential = bytes;
    return 0;
}
