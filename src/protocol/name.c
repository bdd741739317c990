// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Names: one table of rules, one walk over the bytes.
 *
 * The order of the checks is that of enum name_fault, so that both systems name the same fault for
 * the same text. Bytes from 0x80 are letters of either case; that the text is well-formed UTF-8 is
 * checked as a whole.
 *
 * Pure; any thread. Never allocates. */
#include "protocol/name.h"

#include <stdbool.h>

#include "base/text.h"

enum name_class {
    NAME_LOWER = 1,
    NAME_UPPER = 2,
    NAME_DIGIT = 4,
    NAME_UNDERSCORE = 8,
    NAME_DASH = 16,
    NAME_DOT = 32,
    NAME_LETTER = NAME_LOWER | NAME_UPPER,
    NAME_ALNUM = NAME_LETTER | NAME_DIGIT
};

struct name_rule {
    size_t len_max;
    unsigned start, inner, end; /* the classes allowed */
};

static const struct name_rule name_rules[] = {
    [NAME_ACTOR] = {32, NAME_LETTER, NAME_ALNUM | NAME_DASH | NAME_UNDERSCORE | NAME_DOT,
                    NAME_ALNUM},
    [NAME_PACKAGE] = {256, NAME_LOWER | NAME_UNDERSCORE,
                      NAME_LOWER | NAME_DIGIT | NAME_UNDERSCORE | NAME_DOT,
                      NAME_LOWER | NAME_DIGIT | NAME_UNDERSCORE},
    [NAME_SERVICE] = {64, NAME_UPPER, NAME_ALNUM | NAME_UNDERSCORE, NAME_ALNUM},
    [NAME_METHOD] = {64, NAME_LOWER, NAME_ALNUM | NAME_UNDERSCORE, NAME_ALNUM},
};

/* 0: allowed nowhere. */
static unsigned name_class_of(uint8_t byte)
{
    if (byte >= 0x80)
        return NAME_LETTER;
    if (byte >= 'a' && byte <= 'z')
        return NAME_LOWER;
    if (byte >= 'A' && byte <= 'Z')
        return NAME_UPPER;
    if (byte >= '0' && byte <= '9')
        return NAME_DIGIT;
    switch (byte) {
    case '_':
        return NAME_UNDERSCORE;
    case '-':
        return NAME_DASH;
    case '.':
        return NAME_DOT;
    default:
        return 0;
    }
}

/* No segment of a package name is empty or starts with a digit; the last one's end is another
 * fault. */
static bool name_segments_ok(struct actr_view text)
{
    for (size_t i = 1; i < text.len; i++) {
        unsigned class = name_class_of(text.ptr[i]);
        if (text.ptr[i - 1] == '.' && (class == NAME_DOT || class == NAME_DIGIT))
            return false;
    }
    return true;
}

enum name_fault name_check(enum name_kind kind, struct actr_view text)
{
    const struct name_rule *rule = &name_rules[kind];
    if (text.len == 0)
        return NAME_EMPTY;
    if (text.len > rule->len_max)
        return NAME_TOO_LONG;
    if (!(name_class_of(text.ptr[0]) & rule->start))
        return NAME_BAD_START;
    for (size_t i = 1; i < text.len; i++) {
        if (!(name_class_of(text.ptr[i]) & rule->inner))
            return NAME_BAD_CHAR;
    }
    if (!text_is_utf8(text) || (kind == NAME_PACKAGE && !name_segments_ok(text)))
        return NAME_BAD_CHAR;
    if (!(name_class_of(text.ptr[text.len - 1]) & rule->end))
        return NAME_BAD_END;
    return NAME_GOOD;
}

const char *name_fault_text(enum name_fault fault)
{
    switch (fault) {
    case NAME_GOOD:
        return "is good";
    case NAME_EMPTY:
        return "is empty";
    case NAME_TOO_LONG:
        return "is too long";
    case NAME_BAD_START:
        return "starts with a character that is not allowed there";
    case NAME_BAD_CHAR:
        return "has a character that is not allowed";
    case NAME_BAD_END:
        return "ends in a character that is not allowed there";
    }
    return "is wrong";
}
