// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The glue around protobuf-c.
 *
 * protobuf-c answers NULL both for bad bytes and for lack of memory, so the allocator it is given
 * remembers which it was. The allocator also has a budget: repeated fields, unknown fields and the
 * scanner's own tables make a message of tiny fields cost many times its size, and who sends it is
 * not trusted. Freeing does nothing: the arena goes as a whole. Required messages that are NULL are
 * never packed: a build that failed ends before.
 *
 * Pure; any thread. Never calls malloc. */
#include "protocol/message.h"

#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

struct message_budget {
    struct arena *arena;
    size_t left;
    bool is_out_of_memory;
};

static void *message_budget_alloc(void *data, size_t size)
{
    struct message_budget *budget = data;
    if (size > budget->left)
        return NULL;
    budget->left -= size;
    void *piece = arena_alloc(budget->arena, size);
    if (!piece)
        budget->is_out_of_memory = true;
    return piece;
}

static void message_budget_free(void *data, void *ptr)
{
    (void)data;
    (void)ptr;
}

int message_unpack(const ProtobufCMessageDescriptor *descriptor, struct actr_view bytes,
                   struct arena *arena, const void **ret_message)
{
    struct message_budget budget = {.arena = arena, .left = 64 * 1024};
    ProtobufCAllocator allocator = {message_budget_alloc, message_budget_free, &budget};

    if (bytes.len > INT32_MAX)
        return err_origin(ACTR_EDECODE, "%s: too large", descriptor->name);
    budget.left += 16 * bytes.len;
    ProtobufCMessage *message =
        protobuf_c_message_unpack(descriptor, &allocator, bytes.len, bytes.ptr);
    if (!message && budget.is_out_of_memory)
        return err_origin(ACTR_ENOMEM, "%s: out of memory", descriptor->name);
    if (!message)
        return err_origin(ACTR_EDECODE, "%s: malformed or incomplete", descriptor->name);
    *ret_message = message;
    return 0;
}

void message_build_init(struct message_build *build)
{
    arena_init(&build->arena, SIZE_MAX);
    build->failed = false;
}

void *message_new(struct message_build *build, const ProtobufCMessageDescriptor *descriptor)
{
    void *message = arena_alloc(&build->arena, descriptor->sizeof_message);
    if (message)
        protobuf_c_message_init(descriptor, message);
    else
        build->failed = true;
    return message;
}

void *message_array(struct message_build *build, size_t count, size_t size)
{
    if (count == 0)
        return NULL;
    void *array = count <= SIZE_MAX / size ? arena_alloc(&build->arena, count * size) : NULL;
    if (!array)
        build->failed = true;
    return array;
}

struct actr_bytes message_pack(struct message_build *build, const void *message)
{
    uint8_t *data = NULL;
    struct actr_bytes bytes = actr_bytes_copy((struct actr_view){NULL, 1}); /* failed */
    if (!build->failed)
        bytes = bytes_new(protobuf_c_message_get_packed_size(message), &data);
    if (data)
        protobuf_c_message_pack(message, data);
    arena_deinit(&build->arena);
    return bytes;
}

struct actr_view message_text(ProtobufCBinaryData data)
{
    static const uint8_t none[1];
    return (struct actr_view){data.len ? data.data : none, data.len};
}

struct actr_view message_optional(protobuf_c_boolean has, ProtobufCBinaryData data)
{
    return has ? message_text(data) : (struct actr_view){0};
}

/* protobuf-c has no const; it does not write to what it packs. */
ProtobufCBinaryData message_data(struct actr_view view)
{
    return (ProtobufCBinaryData){view.len, (uint8_t *)(uintptr_t)view.ptr};
}
