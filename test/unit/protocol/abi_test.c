// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The frames of shared libraries: golden bytes, agreement with protobuf-c, what is refused. */
#include "protocol/abi.h"

#include <string.h>

#include <actr/dynclib.h>

#include "abi.pb-c.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"
#include "protocol/id.h"

_Static_assert(sizeof(struct actr_host_vtable) == 32, "the vtable has 32 bytes");
_Static_assert(_Alignof(struct actr_host_vtable) == 8, "aligned to 8");
_Static_assert(offsetof(struct actr_host_vtable, retain_context) == 0, "retain_context");
_Static_assert(offsetof(struct actr_host_vtable, release_context) == 8, "release_context");
_Static_assert(offsetof(struct actr_host_vtable, invoke) == 16, "invoke");
_Static_assert(offsetof(struct actr_host_vtable, free_host_buf) == 24, "free_host_buf");

static const struct actr_id self = {0x12, 101, {"acme", "Echo", "1.0.0"}};
static const struct actr_id peer = {300, 7, {"m", "n", "v"}};

#define SELF_HEX "0a020865 1012 1a13 0a0461636d65 12044563686f 1a05312e302e30"
#define PEER_HEX "0a020807 10ac02 1a09 0a016d 12016e 1a0176"

static void assert_hex(struct actr_bytes bytes, const char *hex)
{
    uint8_t wanted[512];
    size_t len = harness_hex(hex, wanted, sizeof(wanted));
    assert_int_equal(bytes.len, len);
    assert_memory_equal(bytes.ptr, wanted, len);
    actr_bytes_unref(bytes);
}

/* protobuf-c reads the bytes as `descriptor` and writes them the same. */
static void assert_agrees(const ProtobufCMessageDescriptor *descriptor, struct actr_view bytes)
{
    uint8_t again[1024];
    assert_non_null(bytes.ptr);
    ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, NULL, bytes.len, bytes.ptr);
    assert_non_null(message);
    assert_null(message->unknown_fields);
    assert_int_equal(protobuf_c_message_pack(message, again), bytes.len);
    assert_memory_equal(again, bytes.ptr, bytes.len);
    protobuf_c_message_free_unpacked(message, NULL);
}

static struct abi_frame open_frame(struct actr_bytes bytes, uint32_t op,
                                   const ProtobufCMessageDescriptor *descriptor)
{
    struct abi_frame frame;
    assert_agrees(&actr__abi__abi_frame__descriptor, actr_bytes_view(bytes));
    assert_int_equal(abi_frame_decode(actr_bytes_view(bytes), &frame), 0);
    assert_int_equal(frame.version, 1);
    assert_int_equal(frame.op, op);
    assert_agrees(descriptor, frame.payload);
    return frame;
}

TEST(init_has_the_bytes_of_the_abi)
{
    struct abi_init init = {1, view_text("acme:Echo:1.0.0")}, again;
    struct actr_bytes bytes = abi_init_encode(&init);
    assert_agrees(&actr__abi__init_payload_v1__descriptor, actr_bytes_view(bytes));
    assert_int_equal(abi_init_decode(actr_bytes_view(bytes), &again), 0);
    assert_true(view_equal(again.type, init.type));
    assert_hex(bytes, "0801 120f 61636d653a4563686f3a312e302e30");
}

TEST(handle_has_the_bytes_of_the_abi)
{
    struct abi_handle handle = {
        .context = {.self = self,
                    .caller = peer,
                    .has_caller = true,
                    .request_id = view_text("id"),
                    .token = 5},
        .envelope = {.route = view_text("r"),
                     .payload = view_text("hi"),
                     .has_payload = true,
                     .direction = ENVELOPE_REQUEST,
                     .request_id = view_text("id"),
                     .timeout_ms = 1000},
    };
    struct abi_handle again;
    struct actr_bytes bytes = abi_handle_encode(&handle);
    struct abi_frame frame =
        open_frame(bytes, ACTR_ABI_HANDLE, &actr__abi__guest_handle_v1__descriptor);
    assert_int_equal(abi_handle_decode(frame.payload, &again), 0);
    assert_true(actr_id_equal(&again.context.self, &self));
    assert_true(again.context.has_caller && actr_id_equal(&again.context.caller, &peer));
    assert_int_equal(again.context.token, 5);
    assert_true(view_equal(again.envelope.payload, view_text("hi")));
    assert_int_equal(again.envelope.timeout_ms, 1000);
    assert_hex(bytes, "0801 1065 1a4d"
                      "0a35 0a1b" SELF_HEX "1212" PEER_HEX "1a02 6964"
                      "1212 0a0172 12026869 2001 b206026964 c006e807"
                      "1805");
}

TEST(a_caller_from_inside_and_a_self_that_is_not_registered_are_absent_and_empty)
{
    struct abi_lifecycle lifecycle = {.context = {.token = 1}, .hook = ACTR_ABI_ON_START}, again;
    struct actr_bytes bytes = abi_lifecycle_encode(&lifecycle);
    struct abi_frame frame =
        open_frame(bytes, ACTR_ABI_LIFECYCLE, &actr__abi__guest_lifecycle_v1__descriptor);
    assert_int_equal(abi_lifecycle_decode(frame.payload, &again), 0);
    assert_false(again.context.has_caller);
    assert_int_equal(again.context.self.serial, 0);
    assert_string_equal(again.context.self.type.name, "");
    assert_hex(bytes, "0801 1067 1a16 0a10 0a0e 0a020800 1000 1a06 0a00 1200 1a00 1001 1801");
}

TEST(hooks_carry_their_events)
{
    struct abi_hook hooks[] = {
        {.hook = ACTR_ABI_SIGNALING_CONNECTED},
        {.hook = ACTR_ABI_WEBRTC_CONNECTED,
         .has_peer = true,
         .peer = peer,
         .has_relayed = true,
         .is_relayed = true,
         .has_status = true,
         .status = 2},
        {.hook = ACTR_ABI_WEBRTC_CONNECTING,
         .has_peer = true,
         .peer = peer,
         .has_relayed = true,
         .has_status = true},
        {.hook = ACTR_ABI_CREDENTIAL_RENEWED,
         .has_credential = true,
         .expiry_s = 1700000000,
         .expiry_ns = 5},
        {.hook = ACTR_ABI_MAILBOX_BACKPRESSURE,
         .has_backpressure = true,
         .queue_len = 900,
         .threshold = 800},
    };
    for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
        struct abi_hook again;
        hooks[i].context.self = self;
        hooks[i].context.token = 77;
        struct actr_bytes bytes = abi_hook_encode(&hooks[i]);
        struct abi_frame frame =
            open_frame(bytes, ACTR_ABI_HOOK, &actr__abi__guest_hook_v1__descriptor);
        assert_int_equal(abi_hook_decode(frame.payload, &again), 0);
        assert_int_equal(again.hook, hooks[i].hook);
        assert_int_equal(again.context.token, 77);
        assert_int_equal(again.has_peer, hooks[i].has_peer);
        assert_true(!again.has_peer || actr_id_equal(&again.peer, &peer));
        assert_int_equal(again.has_relayed, hooks[i].has_relayed);
        assert_int_equal(again.is_relayed, hooks[i].is_relayed);
        assert_int_equal(again.has_status, hooks[i].has_status);
        assert_int_equal(again.status, hooks[i].status);
        assert_int_equal(again.expiry_s, hooks[i].expiry_s);
        assert_int_equal(again.expiry_ns, hooks[i].expiry_ns);
        assert_int_equal(again.queue_len, hooks[i].queue_len);
        assert_int_equal(again.threshold, hooks[i].threshold);
        actr_bytes_unref(bytes);
    }
}

TEST(calls_name_their_destination)
{
    const struct {
        uint32_t op;
        struct actr_id dest;
        const char *hex;
    } cases[] = {
        {ACTR_ABI_CALL, *actr_dest_host(), "0801 1001 1a0a 0a0172 1202 0801 1a0170"},
        {ACTR_ABI_TELL, *actr_dest_workload(), "0801 1002 1a0a 0a0172 1202 1001 1a0170"},
        {ACTR_ABI_CALL, peer, "0801 1001 1a1c 0a0172 1214 1a12" PEER_HEX "1a0170"},
        {ACTR_ABI_CALL_RAW, peer, "0801 1003 1a1a 0a0172 1212" PEER_HEX "1a0170"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct abi_call call = {view_text("r"), view_text("p"), cases[i].dest}, again;
        struct actr_bytes bytes = abi_call_encode(cases[i].op, &call);
        struct abi_frame frame =
            open_frame(bytes, cases[i].op,
                       cases[i].op == ACTR_ABI_CALL_RAW ? &actr__abi__host_call_raw_v1__descriptor
                                                        : &actr__abi__host_call_v1__descriptor);
        assert_int_equal(abi_call_decode(cases[i].op, frame.payload, &again), 0);
        assert_true(actr_id_equal(&again.dest, &cases[i].dest));
        assert_int_equal(id_is_host(&again.dest), id_is_host(&cases[i].dest));
        assert_true(view_equal(again.payload, call.payload));
        assert_hex(bytes, cases[i].hex);
    }
}

TEST(discover_asks_with_a_type_and_is_answered_with_an_id)
{
    struct actr_type type;
    struct actr_id id;
    struct actr_bytes bytes = abi_discover_encode(&self.type);
    struct abi_frame frame =
        open_frame(bytes, ACTR_ABI_DISCOVER, &actr__abi__host_discover_v1__descriptor);
    assert_int_equal(abi_discover_decode(frame.payload, &type), 0);
    assert_true(actr_type_equal(&type, &self.type));
    assert_hex(bytes, "0801 1004 1a15 0a13 0a0461636d65 12044563686f 1a05312e302e30");
    bytes = abi_id_encode(&peer);
    struct actr_bytes other = id_encode(&peer);
    assert_false(actr_bytes_failed(bytes) || actr_bytes_failed(other));
    assert_true(view_equal(actr_bytes_view(bytes), actr_bytes_view(other)));
    assert_int_equal(abi_id_decode(actr_bytes_view(bytes), &id), 0);
    assert_true(actr_id_equal(&id, &peer));
    actr_bytes_unref(bytes);
    actr_bytes_unref(other);
}

TEST(replies_have_status_and_payload)
{
    const struct {
        struct abi_reply reply;
        const char *hex;
    } cases[] = {
        {{1, 0, {0}}, "0801"},
        {{1, 0, {(const uint8_t *)"ok", 2}}, "0801 1a026f6b"},
        {{1, -3, {(const uint8_t *)"no", 2}}, "0801 10fdffffffffffffffff01 1a026e6f"},
        {{0, 0, {0}}, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t bytes[64], wanted[64];
        struct abi_reply again;
        size_t len = abi_reply_size(&cases[i].reply);
        abi_reply_write(&cases[i].reply, bytes);
        assert_int_equal(len, harness_hex(cases[i].hex, wanted, sizeof(wanted)));
        assert_memory_equal(bytes, wanted, len);
        assert_agrees(&actr__abi__abi_reply__descriptor, actr_view_of(bytes, len));
        assert_int_equal(abi_reply_decode(actr_view_of(bytes, len), &again), 0);
        assert_int_equal(again.status, cases[i].reply.status);
        assert_true(view_equal(again.payload, cases[i].reply.payload));
    }
}

TEST(what_is_malformed_is_refused)
{
    static const char *const frames[] = {
        "0a", "08", "0d01", "1a05 0102", "0a0101", "12ff", "00", "0b", "08ffffffffffffffffffff01"};
    uint8_t bytes[64];
    struct abi_frame frame = {.op = 99};
    struct abi_reply reply;
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        size_t len = harness_hex(frames[i], bytes, sizeof(bytes));
        assert_int_equal(abi_frame_decode(actr_view_of(bytes, len), &frame), ACTR_EDECODE);
        assert_int_equal(abi_reply_decode(actr_view_of(bytes, len), &reply), ACTR_EDECODE);
    }
    assert_int_equal(frame.op, 99);
    /* Unknown fields are skipped, absent ones are zero. */
    size_t len = harness_hex("1865 2201ff 3801 1005", bytes, sizeof(bytes));
    assert_int_equal(abi_frame_decode(actr_view_of(bytes + 2, len - 2), &frame), 0);
    assert_int_equal(frame.op, 5);
    assert_int_equal(frame.version, 0);
}

TEST(destinations_that_are_none_are_refused)
{
    static const char *const calls[] = {"0a0172", "0a0172 1200", "0a0172 1202 0800",
                                        "0a0172 1204 1a02 1001",
                                        "0a0172 1211 1a0f 0a00 1001 1a09 0a0120 12016e 1a0176"};
    uint8_t bytes[64];
    struct abi_call call;
    struct actr_type type;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        size_t len = harness_hex(calls[i], bytes, sizeof(bytes));
        struct actr_view view = actr_view_of(bytes, len);
        assert_int_equal(abi_call_decode(ACTR_ABI_CALL, view, &call), ACTR_EDECODE);
        assert_int_equal(abi_call_decode(ACTR_ABI_CALL_RAW, view, &call), ACTR_EDECODE);
    }
    assert_int_equal(abi_discover_decode((struct actr_view){0}, &type), ACTR_EDECODE);
}

TEST(no_memory_is_a_failed_value)
{
    struct abi_init init = {1, view_text("a:b:c")};
    mem_fail_at(1);
    struct actr_bytes bytes = abi_init_encode(&init);
    mem_fail_at(0);
    assert_true(actr_bytes_failed(bytes));
    struct abi_call call = {view_text("r"), {NULL, 3}, peer};
    assert_true(actr_bytes_failed(abi_call_encode(ACTR_ABI_CALL, &call)));
    struct abi_handle handle = {.envelope = {.payload = {NULL, 3}, .has_payload = true}};
    assert_true(actr_bytes_failed(abi_handle_encode(&handle)));
}
