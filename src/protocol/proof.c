// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The text of the manufacturer's proof.
 *
 * Lines cannot be forged through a type (id.c lets no control character in), and who verifies takes
 * target and digest from the signed manifest, not from the request.
 *
 * Pure; any thread. */
#include "protocol/proof.h"

#include "base/bytes.h"
#include "base/text.h"

/* What the lines need besides target, digest and nonce: labels, numbers, the type, and NUL. */
#define PROOF_ROOM (256 + ACTR_TYPE_STR_MAX)

struct actr_bytes proof_text(const struct proof *proof)
{
    static const char hex[] = "0123456789abcdef";
    size_t room =
        PROOF_ROOM + proof->target.len + proof->manifest_sha256.len + 2 * proof->nonce.len;
    struct text text;
    uint8_t *data;
    struct actr_bytes bytes = bytes_new(room, &data);
    if (!data)
        return bytes;

    text_init(&text, (char *)data, room);
    text_printf(&text, "ACTR-MANUFACTURER-REGISTER-V1\nauth_mode=package\nrealm=%lu\n",
                (unsigned long)proof->realm);
    text_printf(&text, "actr_type=%s:%s:%s\ntarget=", proof->type->manufacturer, proof->type->name,
                proof->type->version);
    text_append(&text, proof->target);
    text_printf(&text, "\nmanifest_sha256=");
    text_append(&text, proof->manifest_sha256);
    text_printf(&text, "\nmanufacturer_auth_signed_at=%llu\nmanufacturer_auth_nonce=",
                (unsigned long long)proof->signed_at_s);
    for (size_t i = 0; i < proof->nonce.len; i++)
        text_printf(&text, "%c%c", hex[proof->nonce.ptr[i] >> 4], hex[proof->nonce.ptr[i] & 15]);
    bytes_truncate(&bytes, text.len);
    return bytes;
}
