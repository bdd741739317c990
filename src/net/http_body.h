// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Where the body of an HTTP/1.1 message ends (RFC 9112 §6, §7): by length, by chunks, or with the
 * connection.
 *
 * Pure; keeps no bytes. How much body there may be is the caller's limit. Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "net/http_head.h"

#define HTTP_BODY_MORE 1 /* not at its end yet */

enum http_body_kind { HTTP_BODY_NONE, HTTP_BODY_LENGTH, HTTP_BODY_CHUNKED, HTTP_BODY_TO_END };

struct http_body {
    enum http_body_kind kind;
    uint8_t state;     /* within a chunk */
    uint16_t overhead; /* bytes of extensions and trailers seen since the last data */
    uint64_t left;     /* bytes left of the body, or of the chunk */
};

/* ACTR_EDECODE: contradictory or unknown framing; the connection cannot be used further. */
int http_body_init_request(struct http_body *body, const struct http_head *head)
    __attribute__((warn_unused_result));
/* A response to anything but HEAD and CONNECT. */
int http_body_init_response(struct http_body *body, const struct http_head *head)
    __attribute__((warn_unused_result));

/* Takes the next piece: *ret_used bytes of `view` are done with, *ret_part (may be empty) is what
 * of them is content. 0: the body ends here. HTTP_BODY_MORE: call again with the rest, if any.
 * ACTR_EDECODE. */
int http_body_feed(struct http_body *body, struct actr_view view, size_t *ret_used,
                   struct actr_view *ret_part) __attribute__((warn_unused_result));
