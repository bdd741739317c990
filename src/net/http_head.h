// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The head of an HTTP/1.1 message (RFC 9112 §2 to §5): collected from the stream, checked, taken
 * apart in place, looked up without a copy.
 *
 * Strict where leniency has let requests be smuggled: lines end in CRLF, no folded lines, no space
 * before the colon, no control characters. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#define HTTP_HEAD_MAX 16384     /* bytes of start line and fields together */
#define HTTP_HEAD_FIELD_MAX 128 /* fields */

#define HTTP_HEAD_MORE 1      /* not whole yet */
#define HTTP_HEAD_TOO_LARGE 2 /* a limit was passed */

/* Embedded; zeroed is empty. Everything but text, len and cap is valid once it was parsed. */
struct http_head {
    char *text;
    uint32_t len, cap;
    const char *fields; /* name, NUL, value, NUL, …, NUL */
    const char *method; /* requests */
    const char *path;   /* requests: without query; begins with '/', or is "*" */
    const char *query;  /* requests: without '?'; "" when absent */
    uint16_t status;    /* responses */
    bool is_http10;
};

void http_head_deinit(struct http_head *head);

/* Takes in what belongs to the head and says through *ret_used how much that was. 0: whole, parse
 * it now. HTTP_HEAD_MORE, HTTP_HEAD_TOO_LARGE, ACTR_EDECODE (bytes that no head has), ACTR_ENOMEM.
 */
int http_head_feed(struct http_head *head, struct actr_view view, size_t *ret_used)
    __attribute__((warn_unused_result));

/* Once, after 0 from http_head_feed(). ACTR_EDECODE, HTTP_HEAD_TOO_LARGE (fields). */
int http_head_parse_request(struct http_head *head) __attribute__((warn_unused_result));
int http_head_parse_response(struct http_head *head) __attribute__((warn_unused_result));

/* The value of the first field of that (lower-case) name, borrowed; NULL when absent. */
const char *http_head_find(const struct http_head *head, const char *name);

/* The next one after `value`; NULL: no more. */
const char *http_head_next(const char *name, const char *value);

/* Does a field that is a list hold this token, in any case? All fields of the name are looked at.
 */
bool http_head_has_token(const struct http_head *head, const char *name, const char *token);

/* May a request or a response carry it: a name of token characters, a value without control
 * characters and without space at its ends? */
bool http_head_is_name(const char *name);
bool http_head_is_value(const char *value);
