// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The encoded form of an id that travels alone.
 *
 * Apart from id.c, so that text forms need no protobuf. An id is a plain value, so the arena of the
 * unpacking ends with the call.
 *
 * Pure; any thread. */
#include "protocol/id.h"

#include "protocol/part.h"

/* What unpacking one id may take: the longest is some 200 bytes. */
#define ID_CODEC_ARENA_MAX ((size_t)128 * 1024)

int id_decode(struct actr_view bytes, struct actr_id *ret_id)
{
    struct arena arena;
    struct actr_id id;
    const void *message;

    arena_init(&arena, ID_CODEC_ARENA_MAX);
    int r = message_unpack(&actr__actr_id__descriptor, bytes, &arena, &message);
    if (r == 0)
        r = part_decode_id(message, &id);
    arena_deinit(&arena);
    if (r == 0)
        *ret_id = id;
    return r;
}

struct actr_bytes id_encode(const struct actr_id *id)
{
    struct message_build build;
    message_build_init(&build);
    return message_pack(&build, part_encode_id(&build, id));
}
