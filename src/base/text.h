// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Text in buffers of the caller: bounded formatting, numbers, hex, base64, percent-encoding, UTF-8,
 * UUIDs. No locale, no allocation.
 *
 * Parsers answer true or false and write nothing on false; what to say about it is the caller's
 * affair. Any thread. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#define TEXT_CHECKED __attribute__((warn_unused_result))

/* An appender: buf always ends in NUL; what does not fit is cut at a whole UTF-8 character and
 * marked. */
struct text {
    char *buf;
    size_t cap; /* with the NUL */
    size_t len; /* without it */
    bool is_cut;
};
void text_init(struct text *text, char *buf, size_t cap); /* cap > 0 */
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vprintf(struct text *text, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
void text_append(struct text *text, struct actr_view view);
/* Everything but A-Z a-z 0-9 - . _ ~ as %XX (RFC 3986 §2.3): safe as a query key or value. */
void text_percent_encode(struct text *text, struct actr_view view);

/* '+' is a space, %XX a byte, everything else itself. False: a bad escape, or more than cap
 * bytes. No NUL is added; a NUL byte may be in it. */
bool text_percent_decode(struct actr_view view, char *buf, size_t cap,
                         size_t *ret_len) TEXT_CHECKED;

/* Whole numbers: digits only, no sign, no space, no empty text, no overflow. */
bool text_u32(struct actr_view view, uint32_t *ret_value) TEXT_CHECKED;
bool text_u64(struct actr_view view, uint64_t *ret_value) TEXT_CHECKED;
bool text_hex_u64(struct actr_view view, uint64_t *ret_value) TEXT_CHECKED;

/* Lower case; buf has room for 2 * len + 1. */
void text_hex_encode(const void *data, size_t len, char *buf);
/* Either case. False: odd length, not a digit, or more than cap bytes. */
bool text_hex_decode(struct actr_view view, uint8_t *buf, size_t cap, size_t *ret_len) TEXT_CHECKED;

/* RFC 4648 §4, with padding. */
#define TEXT_BASE64_SIZE(len) (((len) + 2) / 3 * 4 + 1)
/* buf has room for TEXT_BASE64_SIZE(len). */
void text_base64_encode(const void *data, size_t len, char *buf);
/* Strict: padded, no white space, unused bits zero. False also for more than cap bytes. */
bool text_base64_decode(struct actr_view view, uint8_t *buf, size_t cap,
                        size_t *ret_len) TEXT_CHECKED;

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool text_is_utf8(struct actr_view view);

/* A version 4 UUID (RFC 9562 §5.4) of 16 random bytes; 36 characters and NUL. */
#define TEXT_UUID_SIZE 37
void text_uuid(char buf[TEXT_UUID_SIZE], const uint8_t random[16]);
/* The form of a UUID of any version, as text_uuid() writes it: lower case. */
bool text_is_uuid(struct actr_view view);
