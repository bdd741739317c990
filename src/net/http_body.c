// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* HTTP/1.1 body framing.
 *
 * A message with both Content-Length and Transfer-Encoding, with differing lengths, or with an
 * encoding besides `chunked` is refused rather than guessed at (RFC 9112 §6.3 allows it, and
 * guessing is how requests are smuggled). Chunk extensions and trailers are skipped, within a
 * limit.
 *
 * Any thread. Must never consume a byte beyond the end of the message. */
#include "net/http_body.h"

#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"

#define HTTP_BODY_OVERHEAD_MAX 8192 /* bytes of extension or trailer in a row */

enum {
    CHUNK_SIZE,  /* first digit */
    CHUNK_DIGIT, /* further digits, extension, CR */
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_TRAILER, /* at the beginning of a line */
    CHUNK_TRAILER_LINE,
    CHUNK_TRAILER_LF,
    CHUNK_END_LF,
};

/* value: of the first Content-Length. */
static int http_body_length(const char *value, uint64_t *ret_len)
{
    for (const char *more = value; more; more = http_head_next("content-length", more))
        if (strcmp(more, value) != 0)
            return err_origin(ACTR_EDECODE, "http: two lengths");
    if (!text_u64(view_text(value), ret_len))
        return err_origin(ACTR_EDECODE, "http: malformed length");
    return 0;
}

/* By what the head says, or `otherwise`. */
static int http_body_init(struct http_body *body, const struct http_head *head,
                          enum http_body_kind otherwise)
{
    const char *encoding = http_head_find(head, "transfer-encoding");
    const char *length = http_head_find(head, "content-length");

    *body = (struct http_body){.kind = otherwise};
    if (encoding) {
        if (length || head->is_http10 || http_head_next("transfer-encoding", encoding) ||
            strcasecmp(encoding, "chunked") != 0)
            return err_origin(ACTR_EDECODE, "http: unsupported transfer encoding");
        body->kind = HTTP_BODY_CHUNKED;
    } else if (length) {
        body->kind = HTTP_BODY_LENGTH;
        return http_body_length(length, &body->left);
    }
    return 0;
}

int http_body_init_request(struct http_body *body, const struct http_head *head)
{
    return http_body_init(body, head, HTTP_BODY_NONE);
}

int http_body_init_response(struct http_body *body, const struct http_head *head)
{
    if (head->status < 200 || head->status == 204 || head->status == 304) {
        *body = (struct http_body){.kind = HTTP_BODY_NONE};
        return 0;
    }
    return http_body_init(body, head, HTTP_BODY_TO_END);
}

static int http_body_hex(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static int http_body_bad(void)
{
    return err_origin(ACTR_EDECODE, "http: malformed chunk");
}

static int http_body_size_digit(struct http_body *body, uint8_t byte)
{
    int digit = http_body_hex(byte);
    if (digit >= 0) {
        if (++body->overhead > HTTP_BODY_OVERHEAD_MAX || body->left > UINT64_MAX >> 8)
            return http_body_bad();
        body->left = body->left << 4 | (unsigned)digit;
        body->state = CHUNK_DIGIT;
        return HTTP_BODY_MORE;
    }
    if (body->state == CHUNK_SIZE)
        return http_body_bad();
    if (byte == '\r')
        body->state = CHUNK_SIZE_LF;
    else if (byte == ';' || byte == ' ' || byte == '\t')
        body->state = CHUNK_EXTENSION;
    else
        return http_body_bad();
    return HTTP_BODY_MORE;
}

/* One byte that ends a line or is skipped: `end` moves on to `next`. */
static int http_body_skip(struct http_body *body, uint8_t byte, char end, uint8_t next)
{
    if (++body->overhead > HTTP_BODY_OVERHEAD_MAX || (end == '\r' && byte == '\n'))
        return http_body_bad();
    if (byte == (uint8_t)end)
        body->state = next;
    return HTTP_BODY_MORE;
}

static int http_body_expect(struct http_body *body, uint8_t byte, char wanted, uint8_t next)
{
    if (byte != (uint8_t)wanted)
        return http_body_bad();
    body->state = next;
    return HTTP_BODY_MORE;
}

/* One byte that is not chunk data. */
static int http_body_frame(struct http_body *body, uint8_t byte)
{
    switch (body->state) {
    case CHUNK_SIZE:
    case CHUNK_DIGIT:
        return http_body_size_digit(body, byte);
    case CHUNK_EXTENSION:
        return http_body_skip(body, byte, '\r', CHUNK_SIZE_LF);
    case CHUNK_SIZE_LF:
        return http_body_expect(body, byte, '\n', body->left ? CHUNK_DATA : CHUNK_TRAILER);
    case CHUNK_DATA_CR:
        return http_body_expect(body, byte, '\r', CHUNK_DATA_LF);
    case CHUNK_DATA_LF:
        return http_body_expect(body, byte, '\n', CHUNK_SIZE);
    case CHUNK_TRAILER:
        if (byte == '\r') {
            body->state = CHUNK_END_LF;
            return HTTP_BODY_MORE;
        }
        body->state = CHUNK_TRAILER_LINE;
        return http_body_skip(body, byte, '\r', CHUNK_TRAILER_LF);
    case CHUNK_TRAILER_LINE:
        return http_body_skip(body, byte, '\r', CHUNK_TRAILER_LF);
    case CHUNK_TRAILER_LF:
        return http_body_expect(body, byte, '\n', CHUNK_TRAILER);
    case CHUNK_END_LF:
        return byte == '\n' ? 0 : http_body_bad();
    default:
        return http_body_bad();
    }
}

/* As much content as there is of what is left. */
static struct actr_view http_body_part(struct http_body *body, struct actr_view view)
{
    if (view.len > body->left)
        view.len = (size_t)body->left;
    body->left -= view.len;
    return view;
}

static int http_body_feed_chunked(struct http_body *body, struct actr_view view, size_t *ret_used,
                                  struct actr_view *ret_part)
{
    size_t used = 0;
    int r = HTTP_BODY_MORE;

    while (r == HTTP_BODY_MORE && used < view.len && body->state != CHUNK_DATA)
        r = http_body_frame(body, view.ptr[used++]);
    if (r == HTTP_BODY_MORE && body->state == CHUNK_DATA && used < view.len) {
        *ret_part = http_body_part(body, actr_view_of(view.ptr + used, view.len - used));
        used += ret_part->len;
        body->overhead = 0;
        if (body->left == 0)
            body->state = CHUNK_DATA_CR;
    }
    *ret_used = used;
    return r;
}

int http_body_feed(struct http_body *body, struct actr_view view, size_t *ret_used,
                   struct actr_view *ret_part)
{
    *ret_used = 0;
    *ret_part = actr_view_of(view.ptr, 0);
    switch (body->kind) {
    case HTTP_BODY_LENGTH:
        *ret_part = http_body_part(body, view);
        *ret_used = ret_part->len;
        return body->left == 0 ? 0 : HTTP_BODY_MORE;
    case HTTP_BODY_CHUNKED:
        return http_body_feed_chunked(body, view, ret_used, ret_part);
    case HTTP_BODY_TO_END:
        *ret_part = view;
        *ret_used = view.len;
        return HTTP_BODY_MORE;
    case HTTP_BODY_NONE:
        break;
    }
    return 0;
}
