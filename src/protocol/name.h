// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Names and the rules they obey.
 *
 * Lengths are bytes of UTF-8. A letter is an ASCII letter or any well-formed character beyond ASCII
 * (the exact Unicode class is not checked: names of others are accepted, ours are ASCII); such a
 * character counts as lower case and as upper case alike. Ill-formed UTF-8 is a bad character.
 *
 * Pure; any thread. */
#pragma once

#include <actr/bytes.h>

enum name_kind {
    NAME_ACTOR,   /* manufacturer, actor type name: letter, then letters, digits, - _ . ; ends in a
                     letter or digit; 32 bytes */
    NAME_PACKAGE, /* protobuf package: segments of letters, digits and _ split by single dots; no
                     segment starts with a digit, no upper case; 256 bytes */
    NAME_SERVICE, /* upper-case letter, then letters, digits, _ ; ends in a letter or digit; 64
                     bytes */
    NAME_METHOD   /* lower-case letter, then as a service; 64 bytes */
};

/* What is wrong, in the order of the checks. */
enum name_fault {
    NAME_GOOD = 0,
    NAME_EMPTY,
    NAME_TOO_LONG,
    NAME_BAD_START,
    NAME_BAD_CHAR,
    NAME_BAD_END
};

enum name_fault name_check(enum name_kind kind, struct actr_view text);

/* For people: "is empty", "is too long", … Static storage. */
const char *name_fault_text(enum name_fault fault);
