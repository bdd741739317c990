// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Errors from the wire.
 *
 * The code alone decides what is done; the text is for people, so no fault in it is an error. The
 * sender puts the text of the code in front of its own, and what it passes on has one in front
 * already: one is taken off here, so that a text does not grow from hop to hop.
 *
 * Pure; any thread. Never allocates. */
#include "protocol/error.h"

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"

static bool error_is_wire(uint32_t code)
{
    return code >= (uint32_t)-ACTR_EUNAVAILABLE && code <= (uint32_t)-ACTR_ENOTREADY;
}

/* Takes `prefix` off *text if it is there. */
static bool error_strip(struct actr_view *text, struct actr_view prefix)
{
    if (text->len < prefix.len || memcmp(text->ptr, prefix.ptr, prefix.len) != 0)
        return false;
    *text = (struct actr_view){text->ptr + prefix.len, text->len - prefix.len};
    return true;
}

/* What is left of the text without the prefix of its code; empty when that was all. */
static struct actr_view error_detail(int code, struct actr_view message)
{
    struct actr_view rest = message;
    if (code == ACTR_EDEPENDENCY && error_strip(&rest, view_text("dependency '' not found: ")))
        return rest;
    if (!error_strip(&rest, view_text(actr_strerror(code))))
        return message;
    if (rest.len == 0 || error_strip(&rest, view_text(": ")))
        return rest;
    return message; /* a longer word that only begins like the prefix */
}

/* `retry_after_ms=Some(<digits>)` anywhere in the text. */
static int64_t error_retry_after(struct actr_view message)
{
    static const char mark[] = "retry_after_ms=Some(";
    uint64_t ms;
    const uint8_t *found =
        message.len ? memmem(message.ptr, message.len, mark, sizeof(mark) - 1) : NULL;
    if (!found)
        return -1;
    const uint8_t *digits = found + sizeof(mark) - 1;
    size_t left = message.len - (size_t)(digits - message.ptr);
    const uint8_t *end = left ? memchr(digits, ')', left) : NULL;
    if (!end || !text_u64(actr_view_of(digits, (size_t)(end - digits)), &ms) || ms > INT64_MAX)
        return -1;
    return (int64_t)ms;
}

int error_from_wire(const struct error_response *response, char *buf, size_t buf_len,
                    int64_t *ret_retry_after_ms)
{
    struct text text;
    text_init(&text, buf, buf_len);
    *ret_retry_after_ms = -1;
    if (!error_is_wire(response->code)) {
        text_printf(&text, "rpc error %lu: ", (unsigned long)response->code);
        text_append(&text, response->message);
        return ACTR_EUNAVAILABLE;
    }
    int code = -(int)response->code;
    struct actr_view detail = error_detail(code, response->message);
    text_append(&text, detail.len ? detail : view_text(actr_strerror(code)));
    if (code == ACTR_ENOTREADY || code == ACTR_EUNAVAILABLE)
        *ret_retry_after_ms = error_retry_after(response->message);
    return code;
}
