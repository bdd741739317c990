// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The glue around protobuf-c: what a hostile message may cost, and which failure is which. */
#include "protocol/message.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "protocol/actr.pb-c.h"
#include "protocol/vectors.h"

enum { MEGABYTE = 1 << 20 };

static int unpack(struct actr_view bytes, struct arena *arena)
{
    const void *message;
    return message_unpack(&actr__service_spec__descriptor, bytes, arena, &message);
}

TEST(message_of_tiny_fields_is_refused_before_it_costs_much)
{
    /* A megabyte of empty tags would take 40 MB to unpack. */
    struct arena arena;
    uint8_t *bytes = mem_alloc_raw(MEGABYTE);
    assert_non_null(bytes);
    memcpy(bytes, "\x0a\x00\x1a\x00", 4);
    for (size_t i = 4; i < MEGABYTE; i += 2)
        memcpy(bytes + i, "\x32\x00", 2);
    arena_init(&arena, SIZE_MAX);
    assert_int_equal(unpack(actr_view_of(bytes, MEGABYTE), &arena), ACTR_EDECODE);
    assert_true(arena.used <= 17u * MEGABYTE);
    arena_deinit(&arena);
    mem_free(bytes);
}

TEST(message_of_ordinary_fields_has_room)
{
    /* 20,000 tags of 5 bytes. */
    struct arena arena;
    uint8_t *bytes = mem_alloc_raw(4 + 20000 * 7);
    assert_non_null(bytes);
    memcpy(bytes, "\x0a\x00\x1a\x00", 4);
    for (size_t i = 0; i < 20000; i++)
        memcpy(bytes + 4 + 7 * i, "\x32\x05hello", 7);
    arena_init(&arena, SIZE_MAX);
    assert_int_equal(unpack(actr_view_of(bytes, 4 + 20000 * 7), &arena), 0);
    arena_deinit(&arena);
    mem_free(bytes);
}

TEST(message_arena_that_is_too_small_is_no_decode_error)
{
    static const uint8_t bytes[] = {0x0a, 0x00, 0x1a, 0x00};
    struct arena arena;
    arena_init(&arena, 64);
    assert_int_equal(unpack(actr_view_of(bytes, sizeof(bytes)), &arena), ACTR_ENOMEM);
    arena_deinit(&arena);
    arena_init(&arena, 4096);
    assert_int_equal(unpack(actr_view_of(bytes, sizeof(bytes)), &arena), 0);
    assert_int_equal(unpack(actr_view_of(bytes, 3), &arena), ACTR_EDECODE);
    assert_int_equal(unpack(actr_view_of(bytes, (size_t)INT32_MAX + 1), &arena), ACTR_EDECODE);
    arena_deinit(&arena);
}

TEST(message_absent_and_empty_text)
{
    uint8_t byte = 'x';
    ProtobufCBinaryData empty = {0, NULL}, some = {1, &byte};
    assert_text(message_text(empty), "");
    assert_text(message_text(some), "x");
    assert_null(message_optional(false, some).ptr);
    assert_text(message_optional(true, empty), "");
    assert_text(message_optional(true, some), "x");
    assert_ptr_equal(message_data(actr_view_of(&byte, 1)).data, &byte);
}

TEST(message_build_remembers_failure)
{
    struct message_build build;
    message_build_init(&build);
    mem_fail_at(1);
    assert_null(message_new(&build, &actr__realm__descriptor));
    mem_fail_at(0);
    const void *message = message_new(&build, &actr__timestamp__descriptor);
    assert_non_null(message);
    assert_true(actr_bytes_failed(message_pack(&build, message)));

    message_build_init(&build);
    assert_null(message_array(&build, 0, 8));
    message = message_new(&build, &actr__timestamp__descriptor);
    assert_bytes(message_pack(&build, message), (struct actr_view){0});

    message_build_init(&build);
    assert_null(message_array(&build, SIZE_MAX / 4, 8));
    assert_true(actr_bytes_failed(message_pack(&build, NULL)));
}
