// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* protobuf-c messages: unpacked into an arena, built in an arena, packed into counted bytes.
 * Private to protocol/.
 *
 * Text is generated as bytes (see the .proto files): an absent optional one is a view with ptr
 * NULL, a present one never is. Pure; any thread. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#include <actr/bytes.h>

#include "base/arena.h"

/* Unpacks into the arena; *ret_message is of the generated type and lives there. ACTR_EDECODE:
 * malformed, incomplete, or in want of more than 64 KiB + 16 times its size; ACTR_ENOMEM. */
int message_unpack(const ProtobufCMessageDescriptor *descriptor, struct actr_view bytes,
                   struct arena *arena, const void **ret_message) ACTR_MUST_CHECK;

/* Building a tree of messages. What fails to be allocated is NULL in the tree and remembered, so
 * that only message_pack() need be asked. */
struct message_build {
    struct arena arena;
    bool failed;
};

void message_build_init(struct message_build *build);

/* An initialised message of the generated type; NULL when memory has run out. */
void *message_new(struct message_build *build, const ProtobufCMessageDescriptor *descriptor);

/* Room for `count` elements. NULL when count is 0 or memory has run out. */
void *message_array(struct message_build *build, size_t count, size_t size);

/* Packs the tree and ends the build. A failed value when memory has run out, now or before. */
struct actr_bytes message_pack(struct message_build *build, const void *message);

/* Fields. */
struct actr_view message_text(ProtobufCBinaryData data);
struct actr_view message_optional(protobuf_c_boolean has, ProtobufCBinaryData data);
ProtobufCBinaryData message_data(struct actr_view view);
