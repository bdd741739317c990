// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A ring of bytes in memory that two processes share: one writes, one reads, and neither trusts the
 * other.
 *
 * Each side keeps its own position to itself and only ever reads the other's, once for each
 * operation, and looks whether it is possible. What is read has been copied out before anybody
 * looks at it. The memory must not be able to shrink under the reader (sealed).
 *
 * Sleeping is the sides' own affair: who finds nothing to do says so in the ring, and the other
 * side is told that somebody is to be woken. One thread a side. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Shared memory that a ring of cap bytes takes; a multiple of 64. */
size_t ring_size(uint32_t cap);

/* One side of a ring. */
struct ring {
    struct ring_shared *_shared;
    uint32_t _cap;
    uint32_t _position; /* written or read so far, by this side */
};

/* Memory of ring_size(cap) bytes, aligned to 64, zeroed before either side begins. cap: a power of
 * two. */
void ring_init(struct ring *ring, void *memory, uint32_t cap);

/* Writes or reads what is possible now of `len` bytes; *ret_done says how much. ACTR_EDECODE, with
 * a text: the other side's position cannot be. */
int ring_write(struct ring *ring, const void *data, size_t len, size_t *ret_done)
    __attribute__((warn_unused_result));
int ring_read(struct ring *ring, void *buf, size_t len, size_t *ret_done)
    __attribute__((warn_unused_result));

/* The reader, having found it empty, looks again for a moment that is shorter than a sleep, and
 * lets others run meanwhile; true: there is something. */
bool ring_linger(const struct ring *ring);
/* The reader, having found it empty, is going to sleep; true: there is something after all. */
bool ring_doze(struct ring *ring);
/* The reader does not sleep. */
void ring_stir(struct ring *ring);
/* The writer, having found it full; true: there is room after all. */
bool ring_doze_full(struct ring *ring);

/* True once for each sleep: the other side is to be woken. After a write, the reader; after a read,
 * the writer. */
bool ring_wakes_reader(struct ring *ring);
bool ring_wakes_writer(struct ring *ring);

/* For sides that sleep on the ring itself: until the other side has said otherwise, or for no
 * reason. */
void ring_sleep(struct ring *ring);
void ring_sleep_full(struct ring *ring);
/* Wakes one that sleeps so. Never blocks. */
void ring_wake_reader(struct ring *ring);
void ring_wake_writer(struct ring *ring);
