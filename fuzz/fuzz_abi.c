// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Frames of shared libraries, as the host reads those of a guest and a guest those of its host:
 * what is read is written and read again as the same. */
#include "protocol/abi.h"

#include <actr/dynclib.h>

#include "base/bytes.h"
#include "fuzz.h"

static struct actr_view payload_of(struct actr_bytes bytes, uint32_t op)
{
    struct abi_frame frame;
    fuzz_check(abi_frame_decode(actr_bytes_view(bytes), &frame) == 0, "frame: not decoded again");
    fuzz_check(frame.op == op && frame.version == ACTR_ABI_VERSION, "frame: another");
    return frame.payload;
}

static void check_call(uint32_t op, struct actr_view payload)
{
    struct abi_call call, again;
    if (abi_call_decode(op, payload, &call) < 0)
        return;
    struct actr_bytes bytes = abi_call_encode(op, &call);
    fuzz_check(abi_call_decode(op, payload_of(bytes, op), &again) == 0, "call: not decoded again");
    fuzz_check(actr_id_equal(&call.dest, &again.dest) && view_equal(call.route, again.route) &&
                   view_equal(call.payload, again.payload),
               "call: another");
    actr_bytes_unref(bytes);
}

static void check_context(const struct abi_context *a, const struct abi_context *b)
{
    fuzz_check(actr_id_equal(&a->self, &b->self) && a->has_caller == b->has_caller &&
                   a->token == b->token && view_equal(a->request_id, b->request_id),
               "context: another");
}

static void check_entries(struct actr_view payload)
{
    struct abi_handle handle, handle_again;
    struct abi_lifecycle lifecycle, lifecycle_again;
    struct abi_hook hook, hook_again;
    struct actr_bytes bytes;
    if (abi_handle_decode(payload, &handle) == 0) {
        bytes = abi_handle_encode(&handle);
        fuzz_check(abi_handle_decode(payload_of(bytes, ACTR_ABI_HANDLE), &handle_again) == 0,
                   "handle: not decoded again");
        check_context(&handle.context, &handle_again.context);
        fuzz_check(view_equal(handle.envelope.payload, handle_again.envelope.payload),
                   "handle: another payload");
        actr_bytes_unref(bytes);
    }
    if (abi_lifecycle_decode(payload, &lifecycle) == 0) {
        bytes = abi_lifecycle_encode(&lifecycle);
        fuzz_check(abi_lifecycle_decode(payload_of(bytes, ACTR_ABI_LIFECYCLE), &lifecycle_again) ==
                       0,
                   "lifecycle: not decoded again");
        check_context(&lifecycle.context, &lifecycle_again.context);
        actr_bytes_unref(bytes);
    }
    if (abi_hook_decode(payload, &hook) == 0) {
        bytes = abi_hook_encode(&hook);
        fuzz_check(abi_hook_decode(payload_of(bytes, ACTR_ABI_HOOK), &hook_again) == 0,
                   "hook: not decoded again");
        check_context(&hook.context, &hook_again.context);
        fuzz_check(hook.expiry_s == hook_again.expiry_s && hook.queue_len == hook_again.queue_len &&
                       hook.has_peer == hook_again.has_peer && hook.status == hook_again.status,
                   "hook: another event");
        actr_bytes_unref(bytes);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct actr_view bytes = {data, len};
    struct abi_frame frame;
    struct abi_reply reply;
    struct abi_init init;
    struct actr_type type;
    (void)!abi_init_decode(bytes, &init);
    if (abi_reply_decode(bytes, &reply) == 0)
        fuzz_check(abi_reply_size(&reply) <= len + 24, "reply: grows");
    if (abi_frame_decode(bytes, &frame) < 0)
        return 0;
    for (uint32_t op = ACTR_ABI_CALL; op <= ACTR_ABI_CALL_RAW; op++)
        check_call(op, frame.payload);
    (void)!abi_discover_decode(frame.payload, &type);
    check_entries(frame.payload);
    return 0;
}
