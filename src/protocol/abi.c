// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The frames of a shared library, by hand.
 *
 * Encoding goes backwards, from the last field to the first: when a message is complete its length
 * is known, and that stands in front of it. So one function a message serves for measuring (no
 * buffer) and for writing, and each is one pass however deep messages lie in each other.
 *
 * Decoding finds the fields of one message (abi_scan) and copies out. Texts and bytes stay views.
 *
 * Pure; any thread. Never allocates while decoding. */
#include "protocol/abi.h"

#include <actr/dynclib.h>

#include "base/bytes.h"
#include "base/err.h"
#include "protocol/id.h"
#include "protocol/pb.h"

/* Writing ------------------------------------------------------------------------------------ */

/* What is written so far lies in the last `len` bytes before `end`; end NULL: only measured. */
struct abi_out {
    uint8_t *end;
    size_t len;
};

typedef void abi_write_fn(struct abi_out *out, const void *message);

static void abi_put(struct abi_out *out, const void *data, size_t len)
{
    out->len += len;
    if (out->end && len)
        memcpy(out->end - out->len, data, len);
}

static void abi_put_varint(struct abi_out *out, uint64_t value)
{
    uint8_t bytes[10];
    abi_put(out, bytes, (size_t)(pb_put_varint(bytes, value) - bytes));
}

static void abi_put_number(struct abi_out *out, unsigned field, uint64_t value)
{
    abi_put_varint(out, value);
    abi_put_varint(out, PB_KEY(field, PB_VARINT));
}

static void abi_put_bytes(struct abi_out *out, unsigned field, struct actr_view bytes)
{
    abi_put(out, bytes.ptr, bytes.len);
    abi_put_varint(out, bytes.len);
    abi_put_varint(out, PB_KEY(field, PB_LENGTH));
}

static void abi_put_text(struct abi_out *out, unsigned field, const char *text)
{
    abi_put_bytes(out, field, view_text(text));
}

/* Plain fields are left out when they say nothing. */
static void abi_put_plain_number(struct abi_out *out, unsigned field, uint64_t value)
{
    if (value != 0)
        abi_put_number(out, field, value);
}

static void abi_put_plain_bytes(struct abi_out *out, unsigned field, struct actr_view bytes)
{
    if (bytes.len != 0)
        abi_put_bytes(out, field, bytes);
}

/* What was written since `start` was the length is the message of `field`. */
static void abi_close(struct abi_out *out, unsigned field, size_t start)
{
    abi_put_varint(out, out->len - start);
    abi_put_varint(out, PB_KEY(field, PB_LENGTH));
}

static void abi_put_type(struct abi_out *out, const struct actr_type *type)
{
    abi_put_text(out, 3, type->version);
    abi_put_text(out, 2, type->name);
    abi_put_text(out, 1, type->manufacturer);
}

static void abi_put_id(struct abi_out *out, unsigned field, const struct actr_id *id)
{
    size_t start = out->len;
    size_t type = start;
    abi_put_type(out, &id->type);
    abi_close(out, 3, type);
    abi_put_number(out, 2, id->serial);
    size_t realm = out->len;
    abi_put_number(out, 1, id->realm);
    abi_close(out, 1, realm);
    if (field != 0)
        abi_close(out, field, start);
}

static void abi_put_context(struct abi_out *out, const struct abi_context *context)
{
    size_t start = out->len;
    abi_put_plain_bytes(out, 3, context->request_id);
    if (context->has_caller)
        abi_put_id(out, 2, &context->caller);
    abi_put_id(out, 1, &context->self);
    abi_close(out, 1, start);
}

/* Around a payload that ends where `out` ends. */
static void abi_put_frame(struct abi_out *out, uint32_t op)
{
    abi_close(out, 3, 0);
    abi_put_number(out, 2, op);
    abi_put_number(out, 1, ACTR_ABI_VERSION);
}

static struct actr_bytes abi_encode(abi_write_fn *write, const void *message)
{
    struct abi_out measured = {0};
    uint8_t *data;
    write(&measured, message);
    struct actr_bytes bytes = bytes_new(measured.len, &data);
    if (data) {
        struct abi_out out = {.end = data + measured.len};
        write(&out, message);
    }
    return bytes;
}

static struct actr_bytes abi_failed(void)
{
    return actr_bytes_copy((struct actr_view){NULL, 1});
}

/* Reading ------------------------------------------------------------------------------------ */

/* Finds the fields 1 to `count` of a message, in the slots 0 to count-1; those of `numbers` (bit 0:
 * field 1) are numbers, the others bytes. */
static int abi_scan(struct actr_view bytes, unsigned numbers, unsigned count,
                    struct pb_fields *ret_fields)
{
    const uint8_t *at = bytes.ptr, *end = pb_end(bytes);
    ret_fields->mask = 0;
    while (at < end) {
        struct pb_number key = pb_key(at, end);
        if (!key.at)
            return err_origin(ACTR_EDECODE, "frame: malformed");
        uint64_t slot = (key.value >> 3) - 1;
        if (slot < count) {
            enum pb_wire wire = numbers >> slot & 1 ? PB_VARINT : PB_LENGTH;
            at = (key.value & 7) == wire ? pb_fill(key.at, end, wire, &ret_fields->slots[slot])
                                         : NULL;
            ret_fields->mask |= 1u << slot;
        } else {
            at = pb_skip(key.at, end, key.value);
        }
        if (!at)
            return err_origin(ACTR_EDECODE, "frame: malformed");
    }
    return 0;
}

static int abi_get_type(struct actr_view bytes, struct actr_type *ret_type)
{
    struct pb_fields fields;
    int r = abi_scan(bytes, 0, 3, &fields);
    if (r < 0)
        return r;
    if (id_make_type(pb_view(&fields, 0), pb_view(&fields, 1), pb_view(&fields, 2), ret_type) < 0)
        return err_context(ACTR_EDECODE, "frame");
    return 0;
}

int abi_id_decode(struct actr_view bytes, struct actr_id *ret_id)
{
    struct pb_fields fields, realm;
    struct actr_id id = {0};
    int r = abi_scan(bytes, 2, 3, &fields);
    if (r == 0)
        r = abi_scan(pb_view(&fields, 0), 1, 1, &realm);
    if (r == 0)
        r = abi_get_type(pb_view(&fields, 2), &id.type);
    if (r != 0)
        return r;
    id.realm = (uint32_t)pb_value(&realm, 0);
    id.serial = pb_value(&fields, 1);
    *ret_id = id;
    return 0;
}

/* This actor: nobody yet, before it is registered. */
static int abi_get_self(struct actr_view bytes, struct actr_id *ret_id)
{
    static const struct actr_id nobody;
    struct abi_out out = {0};
    uint8_t empty[32];
    out.end = empty + sizeof(empty);
    abi_put_id(&out, 0, &nobody);
    bool is_empty = bytes.len == 0 || view_equal(bytes, actr_view_of(out.end - out.len, out.len));
    if (!is_empty)
        return abi_id_decode(bytes, ret_id);
    *ret_id = nobody;
    return 0;
}

static int abi_get_context(struct actr_view bytes, uint64_t token, struct abi_context *ret_context)
{
    struct pb_fields fields;
    struct abi_context context = {.token = token};
    int r = abi_scan(bytes, 0, 3, &fields);
    if (r == 0)
        r = abi_get_self(pb_view(&fields, 0), &context.self);
    context.has_caller = r == 0 && (fields.mask & 2) != 0;
    if (context.has_caller)
        r = abi_id_decode(pb_view(&fields, 1), &context.caller);
    if (r < 0)
        return r;
    context.request_id = pb_view(&fields, 2);
    *ret_context = context;
    return 0;
}

/* Frame and reply ---------------------------------------------------------------------------- */

int abi_frame_decode(struct actr_view bytes, struct abi_frame *ret_frame)
{
    struct pb_fields fields;
    int r = abi_scan(bytes, 3, 3, &fields);
    if (r < 0)
        return r;
    *ret_frame = (struct abi_frame){
        .version = (uint32_t)pb_value(&fields, 0),
        .op = (uint32_t)pb_value(&fields, 1),
        .payload = pb_view(&fields, 2),
    };
    return 0;
}

int abi_reply_decode(struct actr_view bytes, struct abi_reply *ret_reply)
{
    struct pb_fields fields;
    int r = abi_scan(bytes, 3, 3, &fields);
    if (r < 0)
        return r;
    *ret_reply = (struct abi_reply){
        .version = (uint32_t)pb_value(&fields, 0),
        .status = (int32_t)(uint32_t)pb_value(&fields, 1),
        .payload = pb_view(&fields, 2),
    };
    return 0;
}

static void abi_put_reply(struct abi_out *out, const struct abi_reply *reply)
{
    abi_put_plain_bytes(out, 3, reply->payload);
    abi_put_plain_number(out, 2, (uint64_t)(int64_t)reply->status);
    abi_put_plain_number(out, 1, reply->version);
}

size_t abi_reply_size(const struct abi_reply *reply)
{
    struct abi_out out = {0};
    abi_put_reply(&out, reply);
    return out.len;
}

void abi_reply_write(const struct abi_reply *reply, uint8_t *ret_bytes)
{
    struct abi_out out = {.end = ret_bytes + abi_reply_size(reply)};
    abi_put_reply(&out, reply);
}

int abi_init_decode(struct actr_view bytes, struct abi_init *ret_init)
{
    struct pb_fields fields;
    int r = abi_scan(bytes, 1, 2, &fields);
    if (r < 0)
        return r;
    *ret_init = (struct abi_init){(uint32_t)pb_value(&fields, 0), pb_view(&fields, 1)};
    return 0;
}

static void abi_write_init(struct abi_out *out, const void *message)
{
    const struct abi_init *init = message;
    abi_put_plain_bytes(out, 2, init->type);
    abi_put_plain_number(out, 1, init->version);
}

struct actr_bytes abi_init_encode(const struct abi_init *init)
{
    return abi_encode(abi_write_init, init);
}

/* Host to guest ------------------------------------------------------------------------------ */

int abi_handle_decode(struct actr_view payload, struct abi_handle *ret_handle)
{
    struct pb_fields fields;
    struct abi_handle handle;
    int r = abi_scan(payload, 4, 3, &fields);
    if (r == 0)
        r = abi_get_context(pb_view(&fields, 0), pb_value(&fields, 2), &handle.context);
    if (r == 0)
        r = envelope_decode(pb_view(&fields, 1), &handle.envelope);
    if (r == 0)
        *ret_handle = handle;
    return r;
}

static void abi_write_handle(struct abi_out *out, const void *message)
{
    const struct abi_handle *handle = message;
    size_t envelope_len = envelope_size(&handle->envelope);
    abi_put_plain_number(out, 3, handle->context.token);
    size_t start = out->len;
    out->len += envelope_len;
    if (out->end)
        envelope_write(&handle->envelope, out->end - out->len);
    abi_close(out, 2, start);
    abi_put_context(out, &handle->context);
    abi_put_frame(out, ACTR_ABI_HANDLE);
}

struct actr_bytes abi_handle_encode(const struct abi_handle *handle)
{
    if (pb_is_failed(handle->envelope.payload))
        return abi_failed();
    return abi_encode(abi_write_handle, handle);
}

int abi_lifecycle_decode(struct actr_view payload, struct abi_lifecycle *ret_lifecycle)
{
    struct pb_fields fields;
    struct abi_context context;
    int r = abi_scan(payload, 6, 3, &fields);
    if (r == 0)
        r = abi_get_context(pb_view(&fields, 0), pb_value(&fields, 2), &context);
    if (r == 0)
        *ret_lifecycle = (struct abi_lifecycle){context, (uint32_t)pb_value(&fields, 1)};
    return r;
}

static void abi_write_lifecycle(struct abi_out *out, const void *message)
{
    const struct abi_lifecycle *lifecycle = message;
    abi_put_plain_number(out, 3, lifecycle->context.token);
    abi_put_plain_number(out, 2, lifecycle->hook);
    abi_put_context(out, &lifecycle->context);
    abi_put_frame(out, ACTR_ABI_LIFECYCLE);
}

struct actr_bytes abi_lifecycle_encode(const struct abi_lifecycle *lifecycle)
{
    return abi_encode(abi_write_lifecycle, lifecycle);
}

static int abi_get_peer(struct actr_view bytes, struct abi_hook *hook)
{
    struct pb_fields fields;
    int r = abi_scan(bytes, 6, 3, &fields);
    if (r == 0)
        r = abi_id_decode(pb_view(&fields, 0), &hook->peer);
    if (r < 0)
        return r;
    hook->has_peer = true;
    hook->has_relayed = (fields.mask & 2) != 0;
    hook->is_relayed = pb_value(&fields, 1) != 0;
    hook->has_status = (fields.mask & 4) != 0;
    hook->status = (uint32_t)pb_value(&fields, 2);
    return 0;
}

static int abi_get_events(const struct pb_fields *fields, struct abi_hook *hook)
{
    struct pb_fields event, time;
    int r = 0;
    if (fields->mask & 4)
        r = abi_get_peer(pb_view(fields, 2), hook);
    if (r == 0 && fields->mask & 8) {
        r = abi_scan(pb_view(fields, 3), 0, 1, &event);
        if (r == 0)
            r = abi_scan(pb_view(&event, 0), 3, 2, &time);
        if (r != 0)
            return r;
        hook->has_credential = true;
        hook->expiry_s = pb_value(&time, 0);
        hook->expiry_ns = (uint32_t)pb_value(&time, 1);
    }
    if (r == 0 && fields->mask & 16) {
        r = abi_scan(pb_view(fields, 4), 3, 2, &event);
        if (r != 0)
            return r;
        hook->has_backpressure = true;
        hook->queue_len = pb_value(&event, 0);
        hook->threshold = pb_value(&event, 1);
    }
    return r;
}

int abi_hook_decode(struct actr_view payload, struct abi_hook *ret_hook)
{
    struct pb_fields fields;
    struct abi_hook hook = {0};
    int r = abi_scan(payload, 34, 6, &fields);
    if (r == 0)
        r = abi_get_context(pb_view(&fields, 0), pb_value(&fields, 5), &hook.context);
    if (r == 0)
        r = abi_get_events(&fields, &hook);
    if (r < 0)
        return r;
    hook.hook = (uint32_t)pb_value(&fields, 1);
    *ret_hook = hook;
    return 0;
}

static void abi_write_hook(struct abi_out *out, const void *message)
{
    const struct abi_hook *hook = message;
    abi_put_plain_number(out, 6, hook->context.token);
    size_t start = out->len;
    if (hook->has_backpressure) {
        abi_put_plain_number(out, 2, hook->threshold);
        abi_put_plain_number(out, 1, hook->queue_len);
        abi_close(out, 5, start);
    }
    start = out->len;
    if (hook->has_credential) {
        abi_put_plain_number(out, 2, hook->expiry_ns);
        abi_put_plain_number(out, 1, hook->expiry_s);
        abi_close(out, 1, start);
        abi_close(out, 4, start);
    }
    start = out->len;
    if (hook->has_peer) {
        if (hook->has_status)
            abi_put_number(out, 3, hook->status);
        if (hook->has_relayed)
            abi_put_number(out, 2, hook->is_relayed);
        abi_put_id(out, 1, &hook->peer);
        abi_close(out, 3, start);
    }
    abi_put_plain_number(out, 2, hook->hook);
    abi_put_context(out, &hook->context);
    abi_put_frame(out, ACTR_ABI_HOOK);
}

struct actr_bytes abi_hook_encode(const struct abi_hook *hook)
{
    return abi_encode(abi_write_hook, hook);
}

/* Guest to host ------------------------------------------------------------------------------ */

/* DestV1: the last of its fields that is set counts. */
static int abi_get_dest(struct actr_view bytes, struct actr_id *ret_id)
{
    struct pb_fields fields;
    int r = abi_scan(bytes, 3, 3, &fields);
    if (r < 0)
        return r;
    if (fields.mask & 4)
        return abi_id_decode(pb_view(&fields, 2), ret_id);
    if (pb_value(&fields, 1) != 0)
        *ret_id = *actr_dest_workload();
    else if (pb_value(&fields, 0) != 0)
        *ret_id = *actr_dest_host();
    else
        return err_origin(ACTR_EDECODE, "frame: no destination");
    return 0;
}

int abi_call_decode(uint32_t op, struct actr_view payload, struct abi_call *ret_call)
{
    struct pb_fields fields;
    struct abi_call call;
    int r = abi_scan(payload, 0, 3, &fields);
    if (r == 0)
        r = op == ACTR_ABI_CALL_RAW ? abi_id_decode(pb_view(&fields, 1), &call.dest)
                                    : abi_get_dest(pb_view(&fields, 1), &call.dest);
    if (r < 0)
        return r;
    call.route = pb_view(&fields, 0);
    call.payload = pb_view(&fields, 2);
    *ret_call = call;
    return 0;
}

static void abi_put_dest(struct abi_out *out, const struct actr_id *dest)
{
    size_t start = out->len;
    if (id_is_host(dest))
        abi_put_number(out, 1, true);
    else if (id_is_workload(dest))
        abi_put_number(out, 2, true);
    else
        abi_put_id(out, 3, dest);
    abi_close(out, 2, start);
}

/* A call with its op: what the writer needs. */
struct abi_call_message {
    const struct abi_call *call;
    uint32_t op;
};

static void abi_write_call(struct abi_out *out, const void *message)
{
    const struct abi_call_message *request = message;
    const struct abi_call *call = request->call;
    abi_put_plain_bytes(out, 3, call->payload);
    if (request->op == ACTR_ABI_CALL_RAW)
        abi_put_id(out, 2, &call->dest);
    else
        abi_put_dest(out, &call->dest);
    abi_put_plain_bytes(out, 1, call->route);
    abi_put_frame(out, request->op);
}

struct actr_bytes abi_call_encode(uint32_t op, const struct abi_call *call)
{
    if (pb_is_failed(call->payload))
        return abi_failed();
    struct abi_call_message message = {call, op};
    return abi_encode(abi_write_call, &message);
}

int abi_discover_decode(struct actr_view payload, struct actr_type *ret_type)
{
    struct pb_fields fields;
    int r = abi_scan(payload, 0, 1, &fields);
    return r < 0 ? r : abi_get_type(pb_view(&fields, 0), ret_type);
}

static void abi_write_discover(struct abi_out *out, const void *message)
{
    size_t start = out->len;
    abi_put_type(out, message);
    abi_close(out, 1, start);
    abi_put_frame(out, ACTR_ABI_DISCOVER);
}

struct actr_bytes abi_discover_encode(const struct actr_type *type)
{
    return abi_encode(abi_write_discover, type);
}

static void abi_write_id(struct abi_out *out, const void *message)
{
    abi_put_id(out, 0, message);
}

struct actr_bytes abi_id_encode(const struct actr_id *id)
{
    return abi_encode(abi_write_id, id);
}
