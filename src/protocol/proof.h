// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The manufacturer's proof: the text that a manufacturer's key signs when a package that is not
 * published registers. Both sides build it from what they know and compare signatures, so it is
 * exact to the byte: eight lines, LF between them, none at the end.
 *
 * Pure; any thread. */
#pragma once

#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

struct proof {
    const struct actr_type *type;
    struct actr_view target;          /* target triple of the package */
    struct actr_view manifest_sha256; /* hex text, lower case */
    struct actr_view nonce;           /* raw bytes: 16 or 32 */
    uint64_t signed_at_s;             /* unix time */
    uint32_t realm;
};

/* A failed value when memory has run out. */
struct actr_bytes proof_text(const struct proof *proof);
