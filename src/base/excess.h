// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What is kept of a message that is longer than its receiver takes: its two ends. They say whose it
 * is and who waits for what becomes of it, when the payload lies between them.
 *
 * Bound: EXCESS_END_LEN bytes of the beginning and at most twice as many of the end. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#define EXCESS_END_LEN ((size_t)32 * 1024)

/* Of one message; lent. */
struct excess {
    struct actr_view head, tail; /* its beginning and its end */
    size_t len;                  /* of the message as it was sent */
};

/* Takes a message in order, as it comes. Embedded; zeroed is empty. */
struct excess_keeper {
    uint8_t *_data; /* head, then room for twice the tail; NULL: nothing has begun */
    size_t _at;     /* bytes in there */
    size_t len;     /* of the message so far */
};

/* Begins with what has come already. ACTR_ENOMEM: nothing has begun. */
int excess_begin(struct excess_keeper *keeper, struct actr_view view) ACTR_MUST_CHECK;

static inline bool excess_has_begun(const struct excess_keeper *keeper)
{
    return keeper->_data != NULL;
}

/* Where the next bytes go: *len of them at most, at least one when *len is not 0, to be told by
 * excess_add(). */
uint8_t *excess_place(struct excess_keeper *keeper, size_t *len);
void excess_add(struct excess_keeper *keeper, size_t len);

/* What is kept; valid until more comes. */
struct excess excess_kept(const struct excess_keeper *keeper);

/* Empties it. Harmless on one that is empty. */
void excess_end(struct excess_keeper *keeper);
