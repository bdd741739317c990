// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Writing HTTP/1.1 heads: text of known size that becomes bytes to send.
 *
 * Any thread. */
#pragma once

#include <stddef.h>

#include <actr/bytes.h>

#include "base/text.h"
#include "base/url.h"
#include "net/net.h"

/* Bytes that the headers take, at most. */
size_t http_text_headers_size(const struct net_header *headers, size_t header_count);
/* ACTR_EINVALID: a name or value that cannot travel. */
int http_text_check_headers(const struct net_header *headers, size_t header_count)
    __attribute__((warn_unused_result));
void http_text_headers(struct text *text, const struct net_header *headers, size_t header_count);

/* "METHOD target HTTP/1.1" and Host, without the empty line. */
size_t http_text_request_size(const struct url *url);
void http_text_request(struct text *text, const char *method, const struct url *url);

/* The reason phrase of a status (RFC 9110 §15); "Status" for one that has none. */
const char *http_text_reason(unsigned status);
