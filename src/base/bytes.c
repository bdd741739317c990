// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Counted bytes.
 *
 * Owner, headroom and data are one allocation; foreign memory has an owner alone. Every value is a
 * range of its owner's memory. A holder of the only reference may write anywhere in memory of our
 * own, also in front of its range: what a slice has cut off there is headroom like any other.
 * Foreign memory and static storage are never written to.
 *
 * Any thread: the count is atomic, the rest is immutable while shared. */
#include "base/bytes.h"

#include <stdatomic.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

struct actr_owner {
    atomic_size_t refs;
    actr_release_fn *release; /* NULL: the memory follows this struct */
    void *arg;
    union {
        const uint8_t *ptr; /* as it was given to actr_bytes_wrap() */
        size_t size;        /* of the memory that follows */
    };
};

static inline struct actr_bytes bytes_failed(void)
{
    return (struct actr_bytes){.ptr = NULL, .len = 1, .owner = NULL};
}

static struct actr_owner *bytes_owner_new(size_t room)
{
    if (room > SIZE_MAX - sizeof(struct actr_owner))
        return NULL;
    struct actr_owner *owner = mem_alloc_raw(sizeof(*owner) + room);
    if (!owner)
        return NULL;
    atomic_init(&owner->refs, 1);
    owner->release = NULL;
    owner->arg = NULL;
    owner->size = room;
    return owner;
}

static void bytes_owner_free(struct actr_owner *owner)
{
    if (owner->release)
        owner->release(owner->arg, owner->ptr);
    mem_free(owner);
}

struct actr_bytes bytes_new(size_t len, uint8_t **ret_data)
{
    struct actr_owner *owner = NULL;
    if (len <= SIZE_MAX - BYTES_HEADROOM)
        owner = bytes_owner_new(BYTES_HEADROOM + len);
    if (!owner) {
        *ret_data = NULL;
        return bytes_failed();
    }
    uint8_t *data = (uint8_t *)(owner + 1) + BYTES_HEADROOM;
    *ret_data = data;
    return (struct actr_bytes){data, len, owner};
}

struct actr_bytes actr_bytes_copy(struct actr_view view)
{
    uint8_t *data;
    if (view.len == 0)
        return (struct actr_bytes){0};
    if (!view.ptr)
        return bytes_failed(); /* the view of a failed value */
    struct actr_bytes bytes = bytes_new(view.len, &data);
    if (data)
        memcpy(data, view.ptr, view.len);
    return bytes;
}

struct actr_bytes actr_bytes_str(const char *text)
{
    return actr_bytes_copy(view_text(text));
}

struct actr_bytes actr_bytes_wrap(const uint8_t *ptr, size_t len, actr_release_fn *release,
                                  void *arg)
{
    if (!release)
        return (struct actr_bytes){ptr, len, NULL};
    struct actr_owner *owner = bytes_owner_new(0);
    if (!owner) {
        release(arg, ptr);
        return bytes_failed();
    }
    owner->release = release;
    owner->arg = arg;
    owner->ptr = ptr;
    return (struct actr_bytes){ptr, len, owner};
}

struct actr_bytes actr_bytes_ref(struct actr_bytes bytes)
{
    if (bytes.owner)
        atomic_fetch_add_explicit(&bytes.owner->refs, 1, memory_order_relaxed);
    return bytes;
}

/* Acquire: what other holders did before they let go has happened. A count of 1 is ours and cannot
 * grow, so it needs no read-modify-write. */
static inline bool bytes_owner_is_unique(const struct actr_owner *owner)
{
    return atomic_load_explicit(&owner->refs, memory_order_acquire) == 1;
}

void actr_bytes_unref(struct actr_bytes bytes)
{
    struct actr_owner *owner = bytes.owner;
    if (!owner)
        return;
    if (bytes_owner_is_unique(owner) ||
        atomic_fetch_sub_explicit(&owner->refs, 1, memory_order_acq_rel) == 1)
        bytes_owner_free(owner);
}

struct actr_bytes actr_bytes_slice(struct actr_bytes bytes, size_t offset, size_t len)
{
    if (actr_bytes_failed(bytes))
        return bytes;
    if (offset >= bytes.len || len == 0) {
        actr_bytes_unref(bytes);
        return (struct actr_bytes){0};
    }
    bytes.ptr += offset;
    bytes.len = len < bytes.len - offset ? len : bytes.len - offset;
    return bytes;
}

size_t bytes_held(struct actr_bytes bytes)
{
    return bytes.owner && !bytes.owner->release ? bytes.owner->size : bytes.len;
}

bool bytes_is_unique(struct actr_bytes bytes)
{
    return bytes.owner && !bytes.owner->release && bytes_owner_is_unique(bytes.owner);
}

size_t bytes_headroom(struct actr_bytes bytes)
{
    if (!bytes_is_unique(bytes))
        return 0;
    return (size_t)(bytes.ptr - (const uint8_t *)(bytes.owner + 1));
}

/* The slow way of bytes_prepend(). */
static int bytes_prepend_copy(struct actr_bytes *bytes, const void *header, size_t len)
{
    struct actr_bytes old = *bytes;
    uint8_t *data = NULL;

    *bytes = bytes_failed();
    if (old.len <= SIZE_MAX - len)
        *bytes = bytes_new(len + old.len, &data);
    if (data) {
        memcpy(data, header, len);
        if (old.len > 0)
            memcpy(data + len, old.ptr, old.len);
    }
    actr_bytes_unref(old);
    return data ? 0 : err_origin(ACTR_ENOMEM, "bytes: no memory for %zu more", len);
}

int bytes_prepend(struct actr_bytes *bytes, const void *header, size_t len)
{
    if (actr_bytes_failed(*bytes))
        return err_origin(ACTR_ENOMEM, "bytes: no memory");
    if (len == 0)
        return 0;
    if (bytes_headroom(*bytes) < len)
        return bytes_prepend_copy(bytes, header, len);
    bytes->ptr -= len;
    bytes->len += len;
    memcpy((uint8_t *)(uintptr_t)bytes->ptr, header, len);
    return 0;
}

void bytes_truncate(struct actr_bytes *bytes, size_t len)
{
    if (len < bytes->len && !actr_bytes_failed(*bytes))
        bytes->len = len;
}

struct actr_bytes bytes_take(struct actr_bytes *bytes)
{
    struct actr_bytes taken = *bytes;
    *bytes = (struct actr_bytes){0};
    return taken;
}

bool view_equal(struct actr_view a, struct actr_view b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
