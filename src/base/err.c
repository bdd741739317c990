// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Error codes as text, and the detail of a thread's last failure.
 *
 * The detail is a buffer of the thread: no allocation, so that running out of memory can be
 * reported too. A new text is composed aside first, because its arguments may point into the old
 * one. Cut texts end at a whole UTF-8 character: they travel in protobuf strings.
 *
 * Any thread. It never logs and never decides: the kind of a code is all that others act on. */
#include "base/err.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"

static _Thread_local char err_text[ERR_TEXT_MAX];

const char *actr_strerror(int code)
{
    switch (code) {
    case ACTR_OK:
        return "ok";
#define ERR_CASE(name, number, kind, text)                                                         \
    case number:                                                                                   \
        return text;
        ACTR_ERROR_LIST(ERR_CASE)
#undef ERR_CASE
    default:
        return "unknown error";
    }
}

const char *actr_errname(int code)
{
    switch (code) {
    case ACTR_OK:
        return "ACTR_OK";
#define ERR_CASE(name, number, kind, text)                                                         \
    case number:                                                                                   \
        return "ACTR_E" #name;
        ACTR_ERROR_LIST(ERR_CASE)
#undef ERR_CASE
    default:
        return "?";
    }
}

enum actr_error_kind actr_error_kind(int code)
{
    switch (code) {
#define ERR_CASE(name, number, kind, text)                                                         \
    case number:                                                                                   \
        return ACTR_KIND_##kind;
        ACTR_ERROR_LIST(ERR_CASE)
#undef ERR_CASE
    default:
        return ACTR_KIND_NONE;
    }
}

const char *actr_errmsg(void)
{
    return err_text;
}

/* Parentheses keep the analyzer's macros of err.h away. */
int(err_origin)(int code, const char *format, ...)
{
    char fresh[ERR_TEXT_MAX];
    struct text text;
    va_list args;

    text_init(&text, fresh, sizeof(fresh));
    va_start(args, format);
    text_vprintf(&text, format, args);
    va_end(args);
    memcpy(err_text, fresh, text.len + 1);
    return code;
}

int(err_context)(int code, const char *format, ...)
{
    char fresh[ERR_TEXT_MAX];
    struct text text;
    va_list args;

    text_init(&text, fresh, sizeof(fresh));
    va_start(args, format);
    text_vprintf(&text, format, args);
    va_end(args);
    text_printf(&text, ": %s", err_text);
    memcpy(err_text, fresh, text.len + 1);
    return code;
}

/* The wire numbers are 10001 to 10011; what is local has smaller ones. */
static bool err_is_wire(int code)
{
    return code <= ACTR_EUNAVAILABLE && code >= ACTR_ENOTREADY;
}

unsigned err_wire_code(int code)
{
    return (unsigned)-(err_is_wire(code) ? code : ACTR_EINTERNAL);
}

/* Does it begin like the text of a dependency error that names its service? */
static bool err_names_service(const char *detail)
{
    static const char before[] = "dependency '", after[] = "' not found: ";
    size_t len = strlen(detail), before_len = sizeof(before) - 1;
    return len > before_len && memcmp(detail, before, before_len) == 0 &&
           memmem(detail + before_len, len - before_len, after, sizeof(after) - 1);
}

const char *err_wire_text(int code, const char *detail, long long retry_after_ms, char *buf,
                          size_t buf_len)
{
    struct text text;

    text_init(&text, buf, buf_len);
    if (code == ACTR_ETIMEDOUT)
        text_printf(&text, "%s", actr_strerror(code)); /* this one carries no detail */
    else if (code == ACTR_ENOTREADY && retry_after_ms >= 0)
        text_printf(&text, "%s: retry_after_ms=Some(%lld)", actr_strerror(code), retry_after_ms);
    else if (code == ACTR_ENOTREADY)
        text_printf(&text, "%s: retry_after_ms=None", actr_strerror(code));
    else if (code == ACTR_EDEPENDENCY)
        text_printf(&text, "%s%s",
                    err_names_service(detail) ? "" : "dependency '' not found: ", detail);
    else if (err_is_wire(code))
        text_printf(&text, "%s: %s", actr_strerror(code), detail);
    else
        text_printf(&text, "%s: %s", actr_strerror(ACTR_EINTERNAL),
                    detail[0] ? detail : actr_strerror(code));
    return buf;
}
