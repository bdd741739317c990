// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Codecs between bytes and text.
 *
 * Everything is bounded by the caller's buffer and none of it depends on a locale. Decoders are
 * strict: one value has one text, so that a comparison of texts is one of values. A decoder may
 * have written to buf before it finds the text wrong; only *ret_len tells what counts.
 *
 * Any thread. Never asserts on input. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

void text_init(struct text *text, char *buf, size_t cap)
{
    *text = (struct text){.buf = buf, .cap = cap};
    buf[0] = '\0';
}

/* The start of the character that text[0..len) was cut in, or len when it ends with a whole one. */
static size_t text_whole_len(const char *text, size_t len)
{
    size_t start = len, width;
    while (start > 0 && len - start < 4 && ((uint8_t)text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0)
        return len;
    uint8_t lead = (uint8_t)text[start - 1];
    width = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return width > len - start + 1 ? start - 1 : len;
}

static void text_cut(struct text *text)
{
    text->len = text_whole_len(text->buf, text->cap - 1);
    text->buf[text->len] = '\0';
    text->is_cut = true;
}

void text_vprintf(struct text *text, const char *format, va_list args)
{
    size_t room = text->cap - text->len;
    if (text->is_cut)
        return;
    int len = vsnprintf(text->buf + text->len, room, format, args);
    if (len < 0)
        text->buf[text->len] = '\0';
    else if ((size_t)len < room)
        text->len += (size_t)len;
    else
        text_cut(text);
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    text_vprintf(text, format, args);
    va_end(args);
}

void text_append(struct text *text, struct actr_view view)
{
    size_t room = text->cap - text->len;
    if (text->is_cut || view.len == 0)
        return;
    size_t len = view.len < room ? view.len : room - 1;
    memcpy(text->buf + text->len, view.ptr, len);
    text->len += len;
    text->buf[text->len] = '\0';
    if (len < view.len)
        text_cut(text);
}

static bool text_is_unreserved(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void text_percent_encode(struct text *text, struct actr_view view)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < view.len && !text->is_cut; i++) {
        uint8_t c = view.ptr[i];
        uint8_t escaped[3] = {'%', (uint8_t)digits[c >> 4], (uint8_t)digits[c & 15]};
        if (text_is_unreserved(c))
            text_append(text, actr_view_of(&c, 1));
        else if (text->cap - text->len > sizeof(escaped))
            text_append(text, actr_view_of(escaped, sizeof(escaped)));
        else
            text->is_cut = true; /* never half an escape */
    }
}

/* The value of a hex digit; 16 for anything else. */
static unsigned text_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return 16;
}

static bool text_hex_byte(const uint8_t *at, uint8_t *ret_byte)
{
    unsigned high = text_digit(at[0]), low = text_digit(at[1]);
    if (high > 15 || low > 15)
        return false;
    *ret_byte = (uint8_t)(high << 4 | low);
    return true;
}

bool text_percent_decode(struct actr_view view, char *buf, size_t cap, size_t *ret_len)
{
    size_t len = 0;
    for (size_t i = 0; i < view.len; i++) {
        uint8_t c = view.ptr[i];
        if (len == cap)
            return false;
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            if (view.len - i < 3 || !text_hex_byte(view.ptr + i + 1, &c))
                return false;
            i += 2;
        }
        buf[len++] = (char)c;
    }
    *ret_len = len;
    return true;
}

static bool text_number(struct actr_view view, unsigned base, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < view.len; i++) {
        unsigned digit = text_digit(view.ptr[i]);
        if (digit >= base || value > (max - digit) / base)
            return false;
        value = value * base + digit;
    }
    if (view.len == 0)
        return false;
    *ret_value = value;
    return true;
}

bool text_u32(struct actr_view view, uint32_t *ret_value)
{
    uint64_t value;
    if (!text_number(view, 10, UINT32_MAX, &value))
        return false;
    *ret_value = (uint32_t)value;
    return true;
}

bool text_u64(struct actr_view view, uint64_t *ret_value)
{
    return text_number(view, 10, UINT64_MAX, ret_value);
}

bool text_hex_u64(struct actr_view view, uint64_t *ret_value)
{
    return text_number(view, 16, UINT64_MAX, ret_value);
}

void text_hex_encode(const void *data, size_t len, char *buf)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *at = data;
    for (size_t i = 0; i < len; i++) {
        *buf++ = digits[at[i] >> 4];
        *buf++ = digits[at[i] & 15];
    }
    *buf = '\0';
}

bool text_hex_decode(struct actr_view view, uint8_t *buf, size_t cap, size_t *ret_len)
{
    if (view.len % 2 != 0 || view.len / 2 > cap)
        return false;
    for (size_t i = 0; i < view.len / 2; i++) {
        if (!text_hex_byte(view.ptr + 2 * i, &buf[i]))
            return false;
    }
    *ret_len = view.len / 2;
    return true;
}

void text_base64_encode(const void *data, size_t len, char *buf)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *at = data;
    for (; len > 0; at += 3) {
        uint32_t group = (uint32_t)at[0] << 16;
        if (len > 1)
            group |= (uint32_t)at[1] << 8;
        if (len > 2)
            group |= at[2];
        *buf++ = alphabet[group >> 18];
        *buf++ = alphabet[group >> 12 & 63];
        *buf++ = len > 1 ? alphabet[group >> 6 & 63] : '=';
        *buf++ = len > 2 ? alphabet[group & 63] : '=';
        len -= len < 3 ? len : 3;
    }
    *buf = '\0';
}

/* The value of a base64 character; 64 for anything else. */
static uint32_t text_base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* Four characters, the last `pad` of them '=', as 24 bits; false when they are not base64 or bits
 * are set that the padding cuts off. */
static bool text_base64_group(const uint8_t *at, size_t pad, uint32_t *ret_group)
{
    uint32_t group = 0;
    for (size_t i = 0; i < 4; i++) {
        uint32_t value = i < 4 - pad ? text_base64_value(at[i]) : 0;
        if (value > 63)
            return false;
        group = group << 6 | value;
    }
    if ((group & ((1u << (8 * pad)) - 1)) != 0)
        return false;
    *ret_group = group;
    return true;
}

bool text_base64_decode(struct actr_view view, uint8_t *buf, size_t cap, size_t *ret_len)
{
    size_t len = 0;
    if (view.len % 4 != 0)
        return false;
    for (size_t i = 0; i < view.len; i += 4) {
        const uint8_t *at = view.ptr + i;
        size_t pad = 0;
        uint32_t group;
        if (i + 4 == view.len && at[3] == '=')
            pad = at[2] == '=' ? 2 : 1;
        if (!text_base64_group(at, pad, &group) || cap - len < 3 - pad)
            return false;
        buf[len++] = (uint8_t)(group >> 16);
        if (pad < 2)
            buf[len++] = (uint8_t)(group >> 8);
        if (pad < 1)
            buf[len++] = (uint8_t)group;
    }
    *ret_len = len;
    return true;
}

/* Length of the well-formed character at `at`, 0 when there is none (RFC 3629 §4). */
static size_t text_utf8_width(const uint8_t *at, size_t left)
{
    uint8_t lead = at[0], low = 0x80, high = 0xbf;
    size_t width = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4 || left < width)
        return 0;
    if (lead == 0xe0)
        low = 0xa0;
    else if (lead == 0xed)
        high = 0x9f;
    else if (lead == 0xf0)
        low = 0x90;
    else if (lead == 0xf4)
        high = 0x8f;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < width; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    return width;
}

bool text_is_utf8(struct actr_view view)
{
    size_t at = 0;
    while (at < view.len) {
        size_t width = text_utf8_width(view.ptr + at, view.len - at);
        if (width == 0)
            return false;
        at += width;
    }
    return true;
}

bool text_is_uuid(struct actr_view view)
{
    if (view.len != TEXT_UUID_SIZE - 1)
        return false;
    for (size_t i = 0; i < view.len; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? view.ptr[i] != '-' : !memchr("0123456789abcdef", view.ptr[i], 16))
            return false;
    }
    return true;
}

void text_uuid(char buf[TEXT_UUID_SIZE], const uint8_t random[16])
{
    uint8_t bytes[16];
    memcpy(bytes, random, sizeof(bytes));
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *buf++ = '-';
        text_hex_encode(&bytes[i], 1, buf);
        buf += 2;
    }
}
