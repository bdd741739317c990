// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* actr.ErrorResponse, and what an error that came over the wire means here. (What is sent for an
 * error of ours: err_wire_code() and err_wire_text() of base/err.h.)
 *
 * Two families use the message: RPC envelopes carry the codes 10001 to 10011; the identity service
 * and signaling carry codes like those of HTTP (401, 403, 404, 429, 500…), which are compared as
 * they are and never go through error_from_wire().
 *
 * Pure; any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

struct error_response {
    uint32_t code;
    struct actr_view message;
};

/* Reads the error of an RPC response: returns the (negative) code and writes the text for people
 * into buf, NUL-terminated, cut at a whole character when it does not fit.
 *
 * The sender's text begins with the prefix of its code ("not found: "); one matching prefix is
 * taken off, so that prefixes do not pile up from hop to hop. When nothing is left the text is that
 * of actr_strerror(). A dependency error keeps the prefix that names a service. A number that
 * is no wire code is ACTR_EUNAVAILABLE with "rpc error <number>: <message>".
 *
 * *ret_retry_after_ms: the hint inside the text of ACTR_ENOTREADY or ACTR_EUNAVAILABLE, else -1. */
int error_from_wire(const struct error_response *response, char *buf, size_t buf_len,
                    int64_t *ret_retry_after_ms) ACTR_MUST_CHECK;
