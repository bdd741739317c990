// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Random protobuf messages. */
#include "protocol/generate.h"

#include <stdbool.h>
#include <string.h>

#include "harness.h"

/* Nested messages deeper than this are empty. */
enum { GENERATE_DEPTH_MAX = 3 };

struct generate {
    uint64_t *random;
    uint8_t *buf;
    size_t len, cap;
};

static uint64_t generate_below(struct generate *out, uint64_t bound)
{
    return harness_random(out->random) % bound;
}

static bool generate_one_in(struct generate *out, uint64_t bound)
{
    return generate_below(out, bound) == 0;
}

static void generate_byte(struct generate *out, uint8_t byte)
{
    if (out->len < out->cap)
        out->buf[out->len++] = byte;
}

/* As short as it goes, but now and then some bytes longer. */
static void generate_varint(struct generate *out, uint64_t value)
{
    unsigned longer = generate_one_in(out, 16) ? (unsigned)generate_below(out, 10) : 0;
    while (value >= 0x80) {
        generate_byte(out, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    generate_byte(out, (uint8_t)value | (longer ? 0x80 : 0));
    for (; longer > 0; longer--)
        generate_byte(out, longer > 1 ? 0x80 : 0);
}

static uint64_t generate_number(struct generate *out)
{
    static const uint64_t odd[] = {0, 1, 2, 3, 4, 127, 128, UINT32_MAX, 1ull << 32, UINT64_MAX};
    if (generate_one_in(out, 2))
        return odd[generate_below(out, sizeof(odd) / sizeof(odd[0]))];
    return harness_random(out->random) >> generate_below(out, 64);
}

static void generate_bytes(struct generate *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        generate_byte(out, (uint8_t)harness_random(out->random));
}

static void generate_body(struct generate *out, const struct generate_message *message,
                          unsigned depth);

static void generate_nested(struct generate *out, const struct generate_message *message,
                            unsigned depth)
{
    uint8_t inner[512];
    struct generate nested = {out->random, inner, 0, sizeof(inner)};
    if (depth < GENERATE_DEPTH_MAX)
        generate_body(&nested, message, depth + 1);
    generate_varint(out, nested.len);
    for (size_t i = 0; i < nested.len; i++)
        generate_byte(out, inner[i]);
}

static void generate_value(struct generate *out, unsigned wire, const struct generate_field *field,
                           unsigned depth)
{
    switch (wire) {
    case 0:
        generate_varint(out, generate_number(out));
        break;
    case 1:
        generate_bytes(out, 8);
        break;
    case 2:
        if (field && field->kind == GENERATE_MESSAGE) {
            generate_nested(out, field->message, depth);
        } else {
            size_t len = generate_below(out, generate_one_in(out, 8) ? 300 : 12);
            generate_varint(out, len);
            generate_bytes(out, len);
        }
        break;
    case 5:
        generate_bytes(out, 4);
        break;
    default: /* groups and numbers that are none: nothing follows */
        break;
    }
}

static void generate_field(struct generate *out, const struct generate_field *field, unsigned depth)
{
    unsigned wire = field->kind == GENERATE_NUMBER ? 0 : 2;
    if (generate_one_in(out, 64))
        wire = (unsigned)generate_below(out, 8);
    generate_varint(out, (uint64_t)field->number << 3 | wire);
    generate_value(out, wire, field, depth);
}

static void generate_unknown(struct generate *out)
{
    static const unsigned wires[] = {0, 1, 2, 5};
    uint64_t number = generate_below(out, 4) ? 5 + generate_below(out, 130)
                                             : harness_random(out->random) & 0x1fffffff;
    unsigned wire =
        generate_one_in(out, 32) ? (unsigned)generate_below(out, 8) : wires[generate_below(out, 4)];
    generate_varint(out, number << 3 | wire);
    generate_value(out, wire, NULL, 0);
}

static void generate_body(struct generate *out, const struct generate_message *message,
                          unsigned depth)
{
    size_t start = generate_one_in(out, 4) ? generate_below(out, message->field_count) : 0;
    for (size_t i = 0; i < message->field_count; i++) {
        const struct generate_field *field = &message->fields[(start + i) % message->field_count];
        if (generate_one_in(out, 12))
            continue;
        generate_field(out, field, depth);
        if (generate_one_in(out, 10))
            generate_field(out, &message->fields[generate_below(out, message->field_count)], depth);
        if (generate_one_in(out, 10))
            generate_unknown(out);
    }
}

static void generate_damage(struct generate *out)
{
    if (out->len == 0)
        return;
    size_t at = generate_below(out, out->len);
    size_t count = 1 + generate_below(out, out->len - at);
    switch (generate_below(out, 4)) {
    case 0:
        out->buf[at] = (uint8_t)harness_random(out->random);
        break;
    case 1:
        out->buf[at] ^= (uint8_t)(1u << generate_below(out, 8));
        break;
    case 2:
        out->len = at;
        break;
    default: /* take some out */
        memmove(out->buf + at, out->buf + at + count, out->len - at - count);
        out->len -= count;
        break;
    }
}

size_t generate_message(const struct generate_message *message, uint64_t *random, uint8_t *buf,
                        size_t cap)
{
    struct generate out = {random, buf, 0, cap};
    generate_body(&out, message, 0);
    if (generate_one_in(&out, 3)) {
        do
            generate_damage(&out);
        while (out.len > 0 && generate_one_in(&out, 2));
    }
    return out.len;
}
