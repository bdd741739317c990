// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* RpcEnvelope by hand: one pass, no allocation to decode, one to encode.
 *
 * Decoding notes where each field is (a slot) and which ones came (a mask); the struct is written
 * when the whole message has been found good. Fields that come in the usual order with short values
 * take a fast way; whatever does not fit takes the general one and the fast way goes on after it.
 *
 * Agreement with protobuf-c includes its habits: the last of repeated fields wins; each `error`
 * must be whole; a known field of the wrong wire type refuses the message; texts are not checked
 * for UTF-8. A required field that is missing refuses the message, where the existing system reads
 * a zero or an empty text; it always writes them.
 *
 * Pure; any thread. Never allocates while decoding. */
#include "protocol/envelope.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "protocol/pb.h"

/* In the order of the field numbers: 1 to 4, then 100 to 104. */
enum envelope_slot {
    ENVELOPE_ROUTE,
    ENVELOPE_PAYLOAD,
    ENVELOPE_ERROR,
    ENVELOPE_DIRECTION,
    ENVELOPE_TRACEPARENT,
    ENVELOPE_TRACESTATE,
    ENVELOPE_REQUEST_ID,
    ENVELOPE_METADATA,
    ENVELOPE_TIMEOUT,
    ENVELOPE_SLOTS
};

#define ENVELOPE_BIT(slot) (1u << (slot))

static const unsigned envelope_numbers =
    ENVELOPE_BIT(ENVELOPE_DIRECTION) | ENVELOPE_BIT(ENVELOPE_TIMEOUT);
static const unsigned envelope_messages =
    ENVELOPE_BIT(ENVELOPE_ERROR) | ENVELOPE_BIT(ENVELOPE_METADATA);

static inline unsigned envelope_key(enum envelope_slot slot, enum pb_wire wire)
{
    unsigned field = slot <= ENVELOPE_DIRECTION ? slot + 1 : slot - ENVELOPE_TRACEPARENT + 100;
    return field << 3 | wire;
}

/* ENVELOPE_SLOTS: a field that is not known. */
static inline uint64_t envelope_slot_of(uint64_t field)
{
    uint64_t low = field - 1, high = field - 100;
    if (high < ENVELOPE_SLOTS - ENVELOPE_TRACEPARENT)
        return high + ENVELOPE_TRACEPARENT;
    return low < ENVELOPE_TRACEPARENT ? low : ENVELOPE_SLOTS;
}

struct envelope_fields {
    struct pb_fields own;
    struct pb_fields error; /* of the last error: 0 code, 1 message */
    struct actr_view call_chain;
};
_Static_assert(ENVELOPE_SLOTS <= sizeof(((struct pb_fields *)NULL)->slots) / sizeof(struct pb_slot),
               "pb_fields has a slot for each field");

static const struct actr_view envelope_call_chain = {(const uint8_t *)ENVELOPE_CALL_CHAIN,
                                                     sizeof(ENVELOPE_CALL_CHAIN) - 1};

static bool envelope_is_call_chain(struct actr_view key)
{
    return key.len == envelope_call_chain.len &&
           memcmp(key.ptr, envelope_call_chain.ptr, key.len) == 0;
}

static bool envelope_check_message(uint64_t slot, struct envelope_fields *fields)
{
    const struct pb_slot *from = &fields->own.slots[slot];
    struct actr_view message = {from->ptr, (size_t)from->value};
    struct pb_fields entry;
    if (slot == ENVELOPE_ERROR)
        return pb_flat(message, 1, &fields->error);
    if (!pb_flat(message, 0, &entry))
        return false;
    if (envelope_is_call_chain(pb_view(&entry, 0)))
        fields->call_chain = pb_view(&entry, 1);
    return true;
}

/* Fields in ascending order, as everyone writes them, as far as it goes. */
static inline const uint8_t *envelope_run(const uint8_t *at, const uint8_t *end,
                                          struct pb_fields *fields)
{
    at = pb_take(at, end, envelope_key(ENVELOPE_ROUTE, PB_LENGTH), fields, ENVELOPE_ROUTE);
    at = pb_take(at, end, envelope_key(ENVELOPE_PAYLOAD, PB_LENGTH), fields, ENVELOPE_PAYLOAD);
    at = pb_take(at, end, envelope_key(ENVELOPE_DIRECTION, PB_VARINT), fields, ENVELOPE_DIRECTION);
    at = pb_take(at, end, envelope_key(ENVELOPE_TRACEPARENT, PB_LENGTH), fields,
                 ENVELOPE_TRACEPARENT);
    at =
        pb_take(at, end, envelope_key(ENVELOPE_TRACESTATE, PB_LENGTH), fields, ENVELOPE_TRACESTATE);
    at =
        pb_take(at, end, envelope_key(ENVELOPE_REQUEST_ID, PB_LENGTH), fields, ENVELOPE_REQUEST_ID);
    return pb_take(at, end, envelope_key(ENVELOPE_TIMEOUT, PB_VARINT), fields, ENVELOPE_TIMEOUT);
}

/* Any field. NULL: malformed. */
static const uint8_t *envelope_field(const uint8_t *at, const uint8_t *end,
                                     struct envelope_fields *fields)
{
    struct pb_number key = pb_key(at, end);
    uint64_t slot = envelope_slot_of(key.value >> 3);
    if (!key.at)
        return NULL;
    if (slot == ENVELOPE_SLOTS)
        return pb_skip(key.at, end, key.value);

    enum pb_wire wire = envelope_numbers >> slot & 1 ? PB_VARINT : PB_LENGTH;
    if ((key.value & 7) != wire)
        return NULL;
    at = pb_fill(key.at, end, wire, &fields->own.slots[slot]);
    fields->own.mask |= 1u << slot;
    if (at && envelope_messages >> slot & 1 && !envelope_check_message(slot, fields))
        return NULL;
    return at;
}

static inline void envelope_begin(struct envelope_fields *fields)
{
    fields->own.mask = 0;
    fields->error.mask = 0;
    fields->call_chain = (struct actr_view){0};
}

static inline bool envelope_scan(struct actr_view bytes, struct envelope_fields *fields)
{
    const uint8_t *at = bytes.ptr, *end = pb_end(bytes);
    while (at < end) {
        at = envelope_run(at, end, &fields->own);
        if (at < end)
            at = envelope_field(at, end, fields);
        if (!at)
            return false;
    }
    return true;
}

static inline enum envelope_direction envelope_direction_of(uint64_t number)
{
    uint32_t direction = (uint32_t)number; /* an enum is 32 bits of the varint */
    return direction <= ENVELOPE_TELL ? (enum envelope_direction)direction : ENVELOPE_UNSPECIFIED;
}

static int envelope_missing(unsigned mask)
{
    return err_origin(ACTR_EDECODE, "envelope: no %s",
                      !(mask & ENVELOPE_BIT(ENVELOPE_ROUTE))        ? "route"
                      : !(mask & ENVELOPE_BIT(ENVELOPE_REQUEST_ID)) ? "request id"
                                                                    : "timeout");
}

static inline int envelope_finish(const struct envelope_fields *fields,
                                  struct envelope *ret_envelope)
{
    const unsigned required = ENVELOPE_BIT(ENVELOPE_ROUTE) | ENVELOPE_BIT(ENVELOPE_REQUEST_ID) |
                              ENVELOPE_BIT(ENVELOPE_TIMEOUT);
    const struct pb_fields *own = &fields->own;

    if ((own->mask & required) != required)
        return envelope_missing(own->mask);
    ret_envelope->route = pb_view(own, ENVELOPE_ROUTE);
    ret_envelope->payload = pb_view(own, ENVELOPE_PAYLOAD);
    ret_envelope->traceparent = pb_view(own, ENVELOPE_TRACEPARENT);
    ret_envelope->tracestate = pb_view(own, ENVELOPE_TRACESTATE);
    ret_envelope->request_id = pb_view(own, ENVELOPE_REQUEST_ID);
    ret_envelope->timeout_ms = (int64_t)pb_value(own, ENVELOPE_TIMEOUT);
    ret_envelope->direction = envelope_direction_of(pb_value(own, ENVELOPE_DIRECTION));
    ret_envelope->has_payload = (own->mask & ENVELOPE_BIT(ENVELOPE_PAYLOAD)) != 0;
    ret_envelope->has_error = (own->mask & ENVELOPE_BIT(ENVELOPE_ERROR)) != 0;
    ret_envelope->error_code = (uint32_t)pb_value(&fields->error, 0);
    ret_envelope->error_message = pb_view(&fields->error, 1);
    ret_envelope->call_chain = fields->call_chain;
    return 0;
}

int envelope_decode(struct actr_view bytes, struct envelope *ret_envelope)
{
    struct envelope_fields fields;
    envelope_begin(&fields);
    if (!envelope_scan(bytes, &fields))
        return err_origin(ACTR_EDECODE, "envelope: malformed");
    return envelope_finish(&fields, ret_envelope);
}

/* A payload that begins in the head of an envelope and ends after it. */
struct envelope_gap {
    size_t key_at;   /* where its key begins */
    uint64_t end_at; /* where it ends */
};

static bool envelope_find_gap(struct actr_view head, struct envelope_gap *ret_gap)
{
    const unsigned payload = envelope_key(ENVELOPE_PAYLOAD, PB_LENGTH);
    const uint8_t *at = head.ptr, *end = pb_end(head);
    while (at && at < end) {
        struct pb_number key = pb_key(at, end);
        if (!key.at)
            return false;
        struct pb_number len = {key.at, 0};
        if (key.value == payload)
            len = pb_number_long(key.at, end, PB_LENGTH);
        if (!len.at)
            return false;
        if (len.value > (uint64_t)(end - len.at)) {
            *ret_gap = (struct envelope_gap){(size_t)(at - head.ptr),
                                             (uint64_t)(len.at - head.ptr) + len.value};
            return true;
        }
        at = key.value == payload ? len.at + len.value : pb_skip(key.at, end, key.value);
    }
    return false;
}

int envelope_decode_ends(struct actr_view head, struct actr_view tail, size_t len,
                         struct envelope *ret_envelope)
{
    struct envelope_fields fields;
    struct envelope_gap gap;
    struct envelope envelope;
    bool is_whole = head.len == len && tail.len == 0, is_good = false;

    envelope_begin(&fields);
    if (is_whole) {
        is_good = envelope_scan(head, &fields);
    } else if (head.len <= len && tail.len <= len - head.len && envelope_find_gap(head, &gap)) {
        size_t tail_at = len - tail.len;
        if (gap.end_at < tail_at || gap.end_at > len)
            return err_origin(ACTR_EDECODE, "envelope: more than its payload is missing");
        size_t skipped = (size_t)gap.end_at - tail_at;
        const struct actr_view before = {head.ptr, gap.key_at};
        const struct actr_view after = {tail.len ? tail.ptr + skipped : NULL, tail.len - skipped};
        is_good = envelope_scan(before, &fields) && envelope_scan(after, &fields);
    }
    if (!is_good)
        return err_origin(ACTR_EDECODE, "envelope: malformed");
    int r = envelope_finish(&fields, &envelope);
    if (r < 0)
        return r;
    envelope.has_payload = envelope.has_payload || !is_whole;
    envelope.payload = (struct actr_view){0};
    *ret_envelope = envelope;
    return 0;
}

/* Size of a text with a two-byte key that may be absent. */
static size_t envelope_text_size(struct actr_view text)
{
    return text.ptr ? pb_bytes_size(2, text.len) : 0;
}

static size_t envelope_error_size(const struct envelope *envelope)
{
    return 1 + pb_varint_size(envelope->error_code) + pb_bytes_size(1, envelope->error_message.len);
}

static size_t envelope_entry_size(const struct envelope *envelope)
{
    return pb_bytes_size(1, envelope_call_chain.len) + pb_bytes_size(1, envelope->call_chain.len);
}

size_t envelope_size(const struct envelope *envelope)
{
    size_t size = pb_bytes_size(1, envelope->route.len);
    if (envelope->has_payload)
        size += pb_bytes_size(1, envelope->payload.len);
    if (envelope->has_error)
        size += pb_bytes_size(1, envelope_error_size(envelope));
    if (envelope->direction != ENVELOPE_UNSPECIFIED)
        size += 2;
    size += envelope_text_size(envelope->traceparent) + envelope_text_size(envelope->tracestate);
    size += pb_bytes_size(2, envelope->request_id.len);
    if (envelope->call_chain.ptr)
        size += pb_bytes_size(2, envelope_entry_size(envelope));
    return size + 2 + pb_varint_size((uint64_t)envelope->timeout_ms);
}

static uint8_t *envelope_put_text(uint8_t *at, enum envelope_slot slot, struct actr_view text)
{
    return text.ptr ? pb_put_bytes(at, envelope_key(slot, PB_LENGTH), text) : at;
}

void envelope_write(const struct envelope *envelope, uint8_t *ret_bytes)
{
    uint8_t *at = ret_bytes;
    at = pb_put_bytes(at, envelope_key(ENVELOPE_ROUTE, PB_LENGTH), envelope->route);
    if (envelope->has_payload)
        at = pb_put_bytes(at, envelope_key(ENVELOPE_PAYLOAD, PB_LENGTH), envelope->payload);
    if (envelope->has_error) {
        at = pb_put_varint(at, envelope_key(ENVELOPE_ERROR, PB_LENGTH));
        at = pb_put_varint(at, envelope_error_size(envelope));
        at = pb_put_varint(at, PB_KEY(1, PB_VARINT));
        at = pb_put_varint(at, envelope->error_code);
        at = pb_put_bytes(at, PB_KEY(2, PB_LENGTH), envelope->error_message);
    }
    if (envelope->direction != ENVELOPE_UNSPECIFIED) {
        at = pb_put_varint(at, envelope_key(ENVELOPE_DIRECTION, PB_VARINT));
        at = pb_put_varint(at, envelope->direction);
    }
    at = envelope_put_text(at, ENVELOPE_TRACEPARENT, envelope->traceparent);
    at = envelope_put_text(at, ENVELOPE_TRACESTATE, envelope->tracestate);
    at = pb_put_bytes(at, envelope_key(ENVELOPE_REQUEST_ID, PB_LENGTH), envelope->request_id);
    if (envelope->call_chain.ptr) {
        at = pb_put_varint(at, envelope_key(ENVELOPE_METADATA, PB_LENGTH));
        at = pb_put_varint(at, envelope_entry_size(envelope));
        at = pb_put_bytes(at, PB_KEY(1, PB_LENGTH), envelope_call_chain);
        at = pb_put_bytes(at, PB_KEY(2, PB_LENGTH), envelope->call_chain);
    }
    at = pb_put_varint(at, envelope_key(ENVELOPE_TIMEOUT, PB_VARINT));
    pb_put_varint(at, (uint64_t)envelope->timeout_ms);
}

struct actr_bytes envelope_encode(const struct envelope *envelope)
{
    uint8_t *data;
    if (pb_is_failed(envelope->payload))
        return actr_bytes_copy(envelope->payload);
    struct actr_bytes bytes = bytes_new(envelope_size(envelope), &data);
    if (data)
        envelope_write(envelope, data);
    return bytes;
}
