// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A service specification that is stored alone: the rendezvous server keeps what a registration
 * brought, and answers with it to whoever asks for the service by name.
 *
 * The protobuf texts in it are carried, never looked into.
 *
 * Pure; any thread. */
#include "protocol/service_spec.h"

#include "protocol/part.h"

int service_spec_decode(struct actr_view bytes, struct arena *arena, struct service_spec *ret_spec)
{
    const void *message;
    int r = message_unpack(&actr__service_spec__descriptor, bytes, arena, &message);
    return r < 0 ? r : part_decode_spec(message, arena, ret_spec);
}

struct actr_bytes service_spec_encode(const struct service_spec *spec)
{
    struct message_build build;
    message_build_init(&build);
    return message_pack(&build, part_encode_spec(&build, spec));
}
