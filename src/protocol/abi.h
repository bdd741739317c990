// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The frames between a node and an actor in a shared library (<actr/dynclib.h>), both directions,
 * read and written by hand: views into the bytes, one buffer for what is encoded.
 *
 * Encoders write every embedded message and leave out plain numbers that are zero and texts that
 * are empty, as the existing system does. Decoders take an absent field for its default, skip
 * unknown fields, and of repeated ones take the last. ACTR_EDECODE, with a detail: malformed, a
 * known field of the wrong wire type, or an id whose names break the rules of name.h; the result is
 * untouched then. Encoders return a failed value when memory has run out, now or when a payload was
 * made. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "protocol/envelope.h"

/* AbiFrame. `payload` is one of the messages below. */
struct abi_frame {
    uint32_t version, op;
    struct actr_view payload;
};
int abi_frame_decode(struct actr_view bytes, struct abi_frame *ret_frame) ACTR_MUST_CHECK;

/* AbiReply. */
struct abi_reply {
    uint32_t version;
    int32_t status;
    struct actr_view payload;
};
int abi_reply_decode(struct actr_view bytes, struct abi_reply *ret_reply) ACTR_MUST_CHECK;
size_t abi_reply_size(const struct abi_reply *reply);
/* Into abi_reply_size() bytes, whoever's they are. */
void abi_reply_write(const struct abi_reply *reply, uint8_t *ret_bytes);

/* InitPayloadV1; the fields that nobody fills are not here. */
struct abi_init {
    uint32_t version;
    struct actr_view type; /* "manufacturer:name:version" */
};
int abi_init_decode(struct actr_view bytes, struct abi_init *ret_init) ACTR_MUST_CHECK;
struct actr_bytes abi_init_encode(const struct abi_init *init);

/* InvocationContextV1, and the token that comes beside it. */
struct abi_context {
    struct actr_id self;
    struct actr_id caller; /* with has_caller */
    struct actr_view request_id;
    uint64_t token;
    bool has_caller;
};

/* AbiFrame with GuestHandleV1. The envelope travels encoded. */
struct abi_handle {
    struct abi_context context;
    struct envelope envelope;
};
int abi_handle_decode(struct actr_view payload, struct abi_handle *ret_handle) ACTR_MUST_CHECK;
struct actr_bytes abi_handle_encode(const struct abi_handle *handle);

/* AbiFrame with GuestLifecycleV1. hook: enum actr_abi_lifecycle. */
struct abi_lifecycle {
    struct abi_context context;
    uint32_t hook;
};
int abi_lifecycle_decode(struct actr_view payload,
                         struct abi_lifecycle *ret_lifecycle) ACTR_MUST_CHECK;
struct actr_bytes abi_lifecycle_encode(const struct abi_lifecycle *lifecycle);

/* AbiFrame with GuestHookV1. hook: enum actr_abi_hook; events as has_… says. */
struct abi_hook {
    struct abi_context context;
    struct actr_id peer;              /* with has_peer */
    uint64_t expiry_s;                /* with has_credential */
    uint64_t queue_len, threshold;    /* with has_backpressure */
    uint32_t hook, expiry_ns, status; /* status: with has_status; 0 idle to 3 recovering */
    bool has_peer, has_relayed, is_relayed, has_status;
    bool has_credential, has_backpressure;
};
int abi_hook_decode(struct actr_view payload, struct abi_hook *ret_hook) ACTR_MUST_CHECK;
struct actr_bytes abi_hook_encode(const struct abi_hook *hook);

/* AbiFrame with HostCallV1, HostTellV1 (dest: an actor, or one of the two reserved destinations) or
 * HostCallRawV1 (dest: an actor). ACTR_EDECODE also without a destination. */
struct abi_call {
    struct actr_view route, payload;
    struct actr_id dest;
};
int abi_call_decode(uint32_t op, struct actr_view payload,
                    struct abi_call *ret_call) ACTR_MUST_CHECK;
struct actr_bytes abi_call_encode(uint32_t op, const struct abi_call *call);

/* AbiFrame with HostDiscoverV1; its answer is an ActrId. */
int abi_discover_decode(struct actr_view payload, struct actr_type *ret_type) ACTR_MUST_CHECK;
struct actr_bytes abi_discover_encode(const struct actr_type *type);
int abi_id_decode(struct actr_view bytes, struct actr_id *ret_id) ACTR_MUST_CHECK;
struct actr_bytes abi_id_encode(const struct actr_id *id);
