// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What a stream has to send: pieces, each a short head and a body, in order.
 *
 * No bound of its own; its owner counts `len`. An empty queue holds no memory to speak of. Loop
 * thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/uio.h>

#include <actr/bytes.h>

#define SENDQ_HEAD_MAX 14 /* bytes */

struct sendq_piece {
    uint8_t head[SENDQ_HEAD_MAX];
    uint8_t head_len;
    uint8_t tag; /* 0: none */
    struct actr_bytes body;
};

/* Embedded; zeroed is empty. */
struct sendq {
    struct sendq_piece *_pieces; /* a ring */
    uint32_t _first, _cap;       /* _cap: a power of two, or 0 */
    uint32_t count;
    size_t _sent; /* bytes of the first piece that have left */
    size_t len;   /* bytes that have not left */
};

void sendq_deinit(struct sendq *queue);

/* Consumes `body`. ACTR_ENOMEM: nothing was queued. */
int sendq_push(struct sendq *queue, struct actr_view head, struct actr_bytes body)
    __attribute__((warn_unused_result));

/* In front of everything that has not begun to leave; replaces a waiting piece of that tag (> 0).
 */
int sendq_push_urgent(struct sendq *queue, uint8_t tag, struct actr_view head,
                      struct actr_bytes body) __attribute__((warn_unused_result));

/* Forgets every piece that has not begun to leave. */
void sendq_drop(struct sendq *queue);

/* Where the next bytes are: at most iov_max ranges, small pieces joined in `buf`. Returns how many
 * ranges. Valid until the queue changes. */
size_t sendq_gather(const struct sendq *queue, struct iovec *iov, size_t iov_max, uint8_t *buf,
                    size_t cap);

/* The next bytes, copied to buf. Returns how many; less than cap only at the end of the queue. */
size_t sendq_copy(const struct sendq *queue, uint8_t *buf, size_t cap);

/* The next `len` bytes have left. */
void sendq_advance(struct sendq *queue, size_t len);
