// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Bytes with headroom, for those who build messages. See <actr/bytes.h> for the value type.
 *
 * A builder leaves BYTES_HEADROOM in front of the data, so that lane and frame headers go there
 * without a copy. The reference count is atomic; everything else belongs to whoever holds the only
 * reference. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#define BYTES_HEADROOM 32

/* Fresh memory of `len` bytes for the caller to fill through *ret_data before anyone else sees it.
 * Failed value
 * (*ret_data NULL) when memory has run out. */
struct actr_bytes bytes_new(size_t len, uint8_t **ret_data);

/* How much memory this reference keeps from being freed: of a slice, the whole that it was cut from
 * (of foreign and static memory, what it shows). */
size_t bytes_held(struct actr_bytes bytes);

/* True when nobody else holds a reference, so that the holder may write to it. */
bool bytes_is_unique(struct actr_bytes bytes);

/* How many bytes lie free in front of b, for a holder of the only reference; 0 otherwise. */
size_t bytes_headroom(struct actr_bytes bytes);

/* Puts `len` header bytes in front of *bytes: in place when headroom and ownership allow, else by
 * copying once. ACTR_ENOMEM: *bytes has been given back and is a failed value. */
int bytes_prepend(struct actr_bytes *bytes, const void *header, size_t len) ACTR_MUST_CHECK;

/* Shrinks a fresh value to its first `len` bytes. */
void bytes_truncate(struct actr_bytes *bytes, size_t len);

/* Hands an owning local on and empties it, against AUTO_BYTES: return bytes_take(&b); */
struct actr_bytes bytes_take(struct actr_bytes *bytes);

/* Views. */
static inline struct actr_view view_text(const char *text)
{
    size_t len = 0;
    while (text[len] != '\0')
        len++;
    return actr_view_of(text, len);
}
bool view_equal(struct actr_view a, struct actr_view b);
