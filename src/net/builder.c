// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Bytes that arrive in parts.
 *
 * A message whose length is known at its beginning is built without a copy of what is there
 * already; one of many fragments with a copy for each doubling, so that a peer's small fragments
 * cost linear time. Loop thread. */
#include "net/builder.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

void builder_deinit(struct builder *builder)
{
    actr_bytes_unref(builder->_bytes);
    *builder = (struct builder){0};
}

int builder_reserve(struct builder *builder, size_t len, size_t len_max)
{
    size_t cap = builder->len + len;
    uint8_t *data;

    if (cap <= builder->cap)
        return 0;
    if (builder->len > 0 && cap < 2 * builder->cap)
        cap = 2 * builder->cap < len_max ? 2 * builder->cap : len_max;
    struct actr_bytes bytes = bytes_new(cap, &data);
    if (!data)
        return err_origin(ACTR_ENOMEM, "net: no memory for %zu bytes", cap);
    if (builder->len > 0)
        memcpy(data, builder->data, builder->len);
    actr_bytes_unref(builder->_bytes);
    builder->_bytes = bytes;
    builder->data = data;
    builder->cap = cap;
    return 0;
}

int builder_append(struct builder *builder, struct actr_view view, size_t len_max)
{
    if (view.len == 0)
        return 0;
    int r = builder_reserve(builder, view.len, len_max);
    if (r < 0)
        return r;
    memcpy(builder->data + builder->len, view.ptr, view.len);
    builder->len += view.len;
    return 0;
}

struct actr_bytes builder_take(struct builder *builder)
{
    struct actr_bytes bytes = builder->_bytes;
    bytes_truncate(&bytes, builder->len);
    *builder = (struct builder){0};
    return bytes;
}
