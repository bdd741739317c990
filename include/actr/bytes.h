// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Bytes: borrowed views and counted references.
 *
 * struct actr_view is borrowed and dies when the call it was lent to returns. struct actr_bytes is
 * one reference, held by value; what you keep must be an actr_bytes. A parameter of type struct
 * actr_bytes is consumed, on success and on failure; take a reference first if you need it
 * afterwards. Bytes are immutable once they are shared.
 *
 * Constructors cannot return an error code. When memory runs out they return a *failed* value (ptr
 * NULL, len not 0); every function that consumes bytes answers a failed value with ACTR_ENOMEM, so
 * callers need not test.
 *
 * Any thread; the reference count is atomic. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct actr_owner;

struct actr_view {
    const uint8_t *ptr; /* may be NULL when len is 0 */
    size_t len;         /* bytes */
};

struct actr_bytes {
    const uint8_t *ptr;
    size_t len;
    struct actr_owner *owner; /* NULL: empty, or static storage */
};

typedef void actr_release_fn(void *arg, const uint8_t *ptr);

/* A reference to a fresh copy. */
ACTR_API struct actr_bytes actr_bytes_copy(struct actr_view view);

/* A reference to a fresh copy of a NUL-terminated string, without the NUL. */
ACTR_API struct actr_bytes actr_bytes_str(const char *text);

/* Foreign memory: release(arg, ptr) runs once, on whatever thread drops the last reference. NULL
 * release: static storage. When memory for the owner runs out, release runs at once and the value
 * is failed. */
ACTR_API struct actr_bytes actr_bytes_wrap(const uint8_t *ptr, size_t len, actr_release_fn *release,
                                           void *arg);

/* One more reference to the same bytes. */
ACTR_API struct actr_bytes actr_bytes_ref(struct actr_bytes bytes);

/* Gives one reference back. Harmless on zeroed and failed values. */
ACTR_API void actr_bytes_unref(struct actr_bytes bytes);

/* Consumes `bytes` and returns a reference to the part [offset, offset+len), clipped to what is
 * there. */
ACTR_API struct actr_bytes actr_bytes_slice(struct actr_bytes bytes, size_t offset, size_t len);

/* True for the value a constructor returns when memory has run out. */
static inline bool actr_bytes_failed(struct actr_bytes bytes)
{
    return bytes.ptr == NULL && bytes.len != 0;
}

static inline struct actr_view actr_bytes_view(struct actr_bytes bytes)
{
    struct actr_view view = {bytes.ptr, bytes.len};
    return view;
}

static inline struct actr_view actr_view_of(const void *ptr, size_t len)
{
    struct actr_view view = {(const uint8_t *)ptr, len};
    return view;
}

/* For AUTO_BYTES. */
static inline void actr_bytes_auto(struct actr_bytes *bytes)
{
    actr_bytes_unref(*bytes);
}

/* A local that gives its reference back at the end of the scope: AUTO_BYTES struct actr_bytes b =
 * {0}; */
#define AUTO_BYTES __attribute__((cleanup(actr_bytes_auto), unused))

#ifdef __cplusplus
}
#endif
