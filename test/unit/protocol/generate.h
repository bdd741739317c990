// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Random protobuf messages: mostly whole, often odd, sometimes broken. For property tests.
 *
 * The odd: fields in any order and more than once, unknown fields, keys and numbers written longer
 * than need be, nested messages given twice. The broken: wrong wire types, groups, missing fields,
 * and bytes changed, cut or inserted afterwards. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum generate_kind { GENERATE_NUMBER, GENERATE_TEXT, GENERATE_MESSAGE };

struct generate_field {
    uint32_t number;
    enum generate_kind kind;
    const struct generate_message *message; /* GENERATE_MESSAGE */
};

struct generate_message {
    const struct generate_field *fields;
    size_t field_count;
};

/* Writes one message into buf and returns its length, at most cap. */
size_t generate_message(const struct generate_message *message, uint64_t *random, uint8_t *buf,
                        size_t cap);
