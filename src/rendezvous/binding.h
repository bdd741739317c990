// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* STUN Binding (RFC 8489): tells a client the address that its datagrams come from.
 *
 * Pure: a datagram in, a datagram out. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

/* Where a datagram came from; bytes in network order. */
struct binding_source {
    uint8_t address[16]; /* the first 4 for IPv4 */
    uint16_t port;       /* host order */
    bool is_ipv6;
};

/* No answer is longer; none is more than three times its request, so that a forged sender address
 * gains little. */
#define BINDING_ANSWER_MAX 56

/* Writes the answer to a Binding request and returns its length. 0: no answer is due, because the
 * datagram is no STUN message, no request, damaged, or of another method. */
size_t binding_answer(struct actr_view datagram, const struct binding_source *source,
                      uint8_t answer[BINDING_ANSWER_MAX]);
