// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Bytes that arrive in parts and become one value. Memory is taken exactly for the first part
 * announced, and doubles after that; it is not touched before it is filled.
 *
 * Loop thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

/* Embedded; zeroed is empty. */
struct builder {
    struct actr_bytes _bytes;
    uint8_t *data; /* NULL: no memory yet */
    size_t len, cap;
};

void builder_deinit(struct builder *builder);

/* Room for `len` more bytes at data + len; the caller counts them. It may never become more than
 * len_max in all; that this was checked is the caller's promise. ACTR_ENOMEM. */
int builder_reserve(struct builder *builder, size_t len, size_t len_max)
    __attribute__((warn_unused_result));

/* Reserves and copies. ACTR_ENOMEM. */
int builder_append(struct builder *builder, struct actr_view view, size_t len_max)
    __attribute__((warn_unused_result));

/* What was built; the builder is empty again. */
struct actr_bytes builder_take(struct builder *builder);
