// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Conflict keys, and the scanner that finds one field of a protobuf message.
 *
 * The scanner reads tags and lengths, never what is inside a field, and always to the end: a second
 * occurrence, or anything malformed behind the first, must be seen. It is stricter than a decoder:
 * bits beyond the 64th of a varint, groups and tags that are no field number make the message a
 * barrier, because two decoders may read them differently. A value is kept in one form however it
 * was written (a varint with superfluous bytes equals the short one), so equal values give equal
 * keys.
 *
 * Pure: no allocation, no recursion, no state; at most one pass over what a peer sent, and no more
 * than CONFLICT_KEY_FIELDS_MAX steps. Any thread. */
#include "runtime/conflict_key.h"

#include <string.h>

#include "base/bytes.h"
#include "base/cursor.h"
#include "base/text.h"

/* Protobuf wire types. */
enum conflict_wire {
    CONFLICT_VARINT = 0,
    CONFLICT_FIXED64 = 1,
    CONFLICT_LEN = 2,
    CONFLICT_FIXED32 = 5,
};

/* One field as it was found. */
struct conflict_field {
    enum conflict_wire wire;
    uint64_t number;        /* CONFLICT_VARINT */
    struct actr_view bytes; /* the others */
};

/* A varint that fits into 64 bits: at most 10 bytes, of the tenth only the lowest bit. */
static bool conflict_varint(struct cursor *cursor, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (cursor->at == cursor->end)
            return false;
        uint8_t byte = *cursor->at++;
        if (shift == 63 && byte > 1)
            return false;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

static bool conflict_take(struct cursor *cursor, uint64_t len, struct actr_view *ret_bytes)
{
    if (len > cursor_left(cursor))
        return false;
    *ret_bytes = cursor_bytes(cursor, (size_t)len);
    return true;
}

/* The next field. False: malformed, or a group. */
static bool conflict_next(struct cursor *cursor, uint32_t *ret_number, struct conflict_field *field)
{
    uint64_t tag, len;
    if (!conflict_varint(cursor, &tag) || tag >> 3 == 0 || tag >> 3 > CONFLICT_FIELD_MAX)
        return false;
    *ret_number = (uint32_t)(tag >> 3);
    switch (tag & 7) {
    case CONFLICT_VARINT:
        field->wire = CONFLICT_VARINT;
        return conflict_varint(cursor, &field->number);
    case CONFLICT_FIXED64:
        field->wire = CONFLICT_FIXED64;
        return conflict_take(cursor, 8, &field->bytes);
    case CONFLICT_LEN:
        field->wire = CONFLICT_LEN;
        return conflict_varint(cursor, &len) && conflict_take(cursor, len, &field->bytes);
    case CONFLICT_FIXED32:
        field->wire = CONFLICT_FIXED32;
        return conflict_take(cursor, 4, &field->bytes);
    default:
        return false;
    }
}

/* The only occurrence of field `number`. False: not exactly one, or a message nobody should
 * trust. */
static bool conflict_find(struct actr_view payload, uint32_t number, struct conflict_field *found)
{
    struct cursor cursor = cursor_of(payload);
    uint32_t occurrences = 0;
    for (uint32_t fields = 0; cursor.at != cursor.end; fields++) {
        struct conflict_field field;
        uint32_t at;
        if (fields == CONFLICT_KEY_FIELDS_MAX || !conflict_next(&cursor, &at, &field))
            return false;
        if (at != number)
            continue;
        *found = field;
        if (++occurrences > 1)
            return false;
    }
    return occurrences == 1;
}

static enum conflict_wire conflict_wire_of(enum actr_key_type type)
{
    switch (type) {
    case ACTR_KEY_BOOL:
    case ACTR_KEY_INT32:
    case ACTR_KEY_INT64:
    case ACTR_KEY_UINT32:
    case ACTR_KEY_UINT64:
    case ACTR_KEY_SINT32:
    case ACTR_KEY_SINT64:
    case ACTR_KEY_ENUM:
        return CONFLICT_VARINT;
    case ACTR_KEY_FIXED32:
    case ACTR_KEY_SFIXED32:
        return CONFLICT_FIXED32;
    case ACTR_KEY_FIXED64:
    case ACTR_KEY_SFIXED64:
        return CONFLICT_FIXED64;
    case ACTR_KEY_STRING:
    case ACTR_KEY_BYTES:
        break;
    }
    return CONFLICT_LEN;
}

/* What the field's type can hold; of those on the wire as a varint. */
static bool conflict_in_range(enum actr_key_type type, uint64_t number)
{
    if (type == ACTR_KEY_BOOL)
        return number <= 1;
    if (type == ACTR_KEY_UINT32 || type == ACTR_KEY_SINT32)
        return number <= UINT32_MAX;
    if (type == ACTR_KEY_INT32 || type == ACTR_KEY_ENUM)
        return number <= INT32_MAX || number >= (uint64_t)(int64_t)INT32_MIN;
    return true;
}

static void conflict_put(struct conflict_key *key, const void *data, size_t len)
{
    memcpy(key->scalar + key->len, data, len);
    key->len = (uint8_t)(key->len + len);
}

static void conflict_put_number(struct conflict_key *key, uint64_t number, size_t len)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(number >> (8 * i));
    conflict_put(key, bytes, len);
}

static void conflict_key_of_field(struct conflict_key *key, const struct conflict_rule *rule,
                                  struct actr_view payload)
{
    struct conflict_field field = {0};
    if (!conflict_find(payload, rule->field, &field) || field.wire != conflict_wire_of(rule->type))
        return;
    switch (field.wire) {
    case CONFLICT_VARINT:
        if (!conflict_in_range(rule->type, field.number))
            return;
        conflict_put_number(key, field.number, 8);
        break;
    case CONFLICT_FIXED32:
    case CONFLICT_FIXED64:
        conflict_put(key, field.bytes.ptr, field.bytes.len);
        break;
    case CONFLICT_LEN:
        if (field.bytes.len > CONFLICT_KEY_LEN_MAX ||
            (rule->type == ACTR_KEY_STRING && !text_is_utf8(field.bytes)))
            return;
        key->bytes = field.bytes;
        break;
    }
    key->kind = CONFLICT_KEY_SCOPED;
}

/* The type enters as a hash: two types that shared it would only wait for each other, and that only
 * with the same serial number in the same realm. */
static void conflict_key_of_caller(struct conflict_key *key, const struct actr_id *caller)
{
    static const uint8_t fixed[16] = {0};
    key->kind = CONFLICT_KEY_SCOPED;
    if (!caller)
        return;
    conflict_put_number(key, caller->serial, 8);
    conflict_put_number(key, caller->realm, 4);
    conflict_put_number(key, actr_id_hash(caller, fixed), 8);
}

struct conflict_key conflict_key_of(const struct conflict_rule *rule, const struct actr_id *caller,
                                    struct actr_view payload)
{
    struct conflict_key key = {.kind = CONFLICT_KEY_BARRIER, .domain = rule->domain};
    switch (rule->source) {
    case ACTR_KEY_NONE:
        break;
    case ACTR_KEY_CALLER:
        conflict_key_of_caller(&key, caller);
        break;
    case ACTR_KEY_FIELD:
        conflict_key_of_field(&key, rule, payload);
        break;
    case ACTR_KEY_FREE:
        key.kind = CONFLICT_KEY_FREE;
        break;
    }
    return key;
}

static struct actr_view conflict_key_value(const struct conflict_key *key)
{
    return key->len ? actr_view_of(key->scalar, key->len) : key->bytes;
}

bool conflict_key_equal(const struct conflict_key *a, const struct conflict_key *b)
{
    return a->kind == CONFLICT_KEY_SCOPED && b->kind == CONFLICT_KEY_SCOPED &&
           a->domain == b->domain && view_equal(conflict_key_value(a), conflict_key_value(b));
}

uint64_t conflict_key_hash(const struct conflict_key *key, const struct hash_key *hash)
{
    struct actr_view value = conflict_key_value(key);
    return hash_bytes(hash, value.ptr, value.len) ^ (key->domain * 0x9e3779b97f4a7c15u);
}
