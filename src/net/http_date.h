// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Dates in HTTP headers (RFC 9110 §5.6.7).
 *
 * Pure. Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define HTTP_DATE_SIZE 30 /* with the NUL */

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
void http_date_format(int64_t unix_s, char buf[HTTP_DATE_SIZE]);

/* Any of the three forms that a recipient must accept. A two-digit year is the one nearest to
 * now_s. */
bool http_date_parse(const char *text, int64_t now_s, int64_t *ret_unix_s)
    __attribute__((warn_unused_result));
