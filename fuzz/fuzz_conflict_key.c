// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Conflict keys: the scanner against a slow one that cuts the message into fields first and judges
 * afterwards, with 128-bit numbers. Input: type, field number, payload. */
#include <string.h>

#include "fuzz.h"
#include "runtime/conflict_key.h"

#define SLOW_FIELDS_MAX 8192 /* more than an input has bytes to name */

/* A field: where its value begins and ends; a varint is in number. */
struct slow_field {
    unsigned __int128 tag, number;
    size_t from, to;
};

/* The varint at *at. 0: it does not end, or in more than 10 bytes. */
static int slow_varint(const uint8_t *data, size_t len, size_t *at, unsigned __int128 *ret_value)
{
    size_t end = *at;
    while (end < len && data[end] >= 0x80)
        end++;
    if (end == len || end - *at >= 10)
        return 0;
    *ret_value = 0;
    for (size_t i = end + 1; i-- > *at;)
        *ret_value = *ret_value * 128 + data[i] % 128;
    *at = end + 1;
    return *ret_value <= UINT64_MAX;
}

/* Cuts the message into fields. Their number; -1: malformed. */
static long slow_cut(const uint8_t *data, size_t len, struct slow_field *fields)
{
    long count = 0;
    for (size_t at = 0; at < len; count++) {
        struct slow_field *field = &fields[count];
        unsigned __int128 size = 0;
        if (!slow_varint(data, len, &at, &field->tag))
            return -1;
        field->from = at;
        switch ((int)(field->tag % 8)) {
        case 0:
            if (!slow_varint(data, len, &at, &field->number))
                return -1;
            break;
        case 1:
            size = 8;
            break;
        case 2:
            if (!slow_varint(data, len, &at, &size))
                return -1;
            field->from = at;
            break;
        case 5:
            size = 4;
            break;
        default:
            return -1;
        }
        if (field->tag / 8 == 0 || field->tag / 8 >= 1u << 29 || size > len - at)
            return -1;
        at += (size_t)size;
        field->to = at;
    }
    return count;
}

static int slow_is_utf8(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t more = data[i] < 0x80 ? 0 : data[i] < 0xe0 ? 1 : data[i] < 0xf0 ? 2 : 3;
        uint32_t rune = more == 0 ? data[i] : data[i] & (0x3fu >> more);
        if ((data[i] >= 0x80 && data[i] < 0xc0) || data[i] >= 0xf8 || more > len - i - 1)
            return 0;
        for (size_t k = 1; k <= more; k++) {
            if (data[i + k] / 64 != 2)
                return 0;
            rune = rune * 64 + data[i + k] % 64;
        }
        static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
        if (rune < least[more] || rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000))
            return 0;
        i += more + 1;
    }
    return 1;
}

/* Is a varint a value of this type? */
static int slow_holds(enum actr_key_type type, uint64_t number)
{
    int64_t value = (int64_t)number;
    if (type == ACTR_KEY_BOOL)
        return number == 0 || number == 1;
    if (type == ACTR_KEY_INT32 || type == ACTR_KEY_ENUM)
        return value == (int32_t)value;
    if (type == ACTR_KEY_UINT32 || type == ACTR_KEY_SINT32)
        return number == (uint32_t)number;
    return 1;
}

static int slow_wire(enum actr_key_type type)
{
    static const int wires[] = {0, 0, 0, 0, 0, 0, 0, 5, 1, 5, 1, 0, 2, 2};
    return wires[type];
}

/* The only field of that number, if its value is one of the type. */
static const struct slow_field *slow_key(const uint8_t *data, size_t len,
                                         const struct conflict_rule *rule)
{
    static struct slow_field fields[SLOW_FIELDS_MAX];
    const struct slow_field *found = NULL;
    long count = slow_cut(data, len, fields);
    for (long i = 0; i < count; i++) {
        if (fields[i].tag / 8 != rule->field)
            continue;
        if (found)
            return NULL;
        found = &fields[i];
    }
    if (!found || (int)(found->tag % 8) != slow_wire(rule->type))
        return NULL;
    size_t size = found->to - found->from;
    if (slow_wire(rule->type) == 0 && !slow_holds(rule->type, (uint64_t)found->number))
        return NULL;
    if (slow_wire(rule->type) == 2 && size > 4096)
        return NULL;
    if (rule->type == ACTR_KEY_STRING && !slow_is_utf8(data + found->from, size))
        return NULL;
    return found;
}

/* The same value, written with a superfluous byte, is the same key. */
static void check_padded(const struct conflict_rule *rule, const struct conflict_key *key,
                         uint64_t number)
{
    static const struct hash_key hash = {{1}};
    uint8_t message[32];
    size_t len = 0;
    uint64_t tag = (uint64_t)rule->field << 3;
    for (; tag >= 0x80; tag >>= 7)
        message[len++] = (uint8_t)(tag | 0x80);
    message[len++] = (uint8_t)tag;
    if (number >> 63)
        return; /* ten bytes already */
    for (; number > 0; number >>= 7)
        message[len++] = (uint8_t)(number | 0x80);
    message[len++] = 0;
    struct conflict_key padded = conflict_key_of(rule, NULL, actr_view_of(message, len));
    fuzz_check(conflict_key_equal(key, &padded), "a padded number is another key");
    fuzz_check(conflict_key_hash(key, &hash) == conflict_key_hash(&padded, &hash),
               "equal keys have two hashes");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2 || len > SLOW_FIELDS_MAX)
        return 0;
    struct conflict_rule rule = {ACTR_KEY_FIELD, 0, (uint32_t)data[1] + 1,
                                 (enum actr_key_type)(data[0] % (ACTR_KEY_BYTES + 1))};
    if (data[1] == 255)
        rule.field = CONFLICT_FIELD_MAX;
    data += 2;
    len -= 2;
    struct conflict_key key = conflict_key_of(&rule, NULL, actr_view_of(data, len));
    const struct slow_field *slow = slow_key(data, len, &rule);
    fuzz_check((key.kind == CONFLICT_KEY_SCOPED) == (slow != NULL), "one of two finds a key");
    if (!slow)
        return 0;
    fuzz_check(conflict_key_equal(&key, &key), "a key differs from itself");
    if (slow_wire(rule.type) == 0) {
        for (int i = 0; i < 8; i++)
            fuzz_check(key.scalar[i] == (uint8_t)(slow->number >> (8 * i)), "another number");
        check_padded(&rule, &key, (uint64_t)slow->number);
        return 0;
    }
    struct actr_view value = key.len ? actr_view_of(key.scalar, key.len) : key.bytes;
    fuzz_check(value.len == slow->to - slow->from, "another length");
    fuzz_check(value.len == 0 || memcmp(value.ptr, data + slow->from, value.len) == 0,
               "other bytes");
    return 0;
}
