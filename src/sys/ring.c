// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A ring of bytes: positions count all bytes ever, modulo 2^32; their difference is what is in it.
 *
 * Sleeping is the usual pair of stores and loads in opposite order, all sequentially consistent:
 * the sleeper sets its word, then looks at the ring again; the other side moves its position, then
 * looks at the word. The words are futexes for the side that sleeps on them; a side that is woken
 * by a descriptor of its own uses them as flags. Whatever the other process writes there, the worst
 * is a wake-up for nothing, or none. Any two threads of any two processes. */
#include "sys/ring.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"

#define RING_ALIGN 64u

/* Of ring_linger(): some 20 µs where nobody else wants to run. Measured with dynclib_process_p50.
 */
#define RING_LOOKS 100

/* What is in the memory. Each side's words on a line of their own. */
struct ring_shared {
    _Alignas(RING_ALIGN) atomic_uint written;
    atomic_uint reader_sleeps;
    _Alignas(RING_ALIGN) atomic_uint read;
    atomic_uint writer_sleeps;
    _Alignas(RING_ALIGN) uint8_t bytes[];
};

size_t ring_size(uint32_t cap)
{
    return sizeof(struct ring_shared) + ((size_t)cap + RING_ALIGN - 1) / RING_ALIGN * RING_ALIGN;
}

void ring_init(struct ring *ring, void *memory, uint32_t cap)
{
    *ring = (struct ring){._shared = memory, ._cap = cap};
}

static int ring_impossible(const struct ring *ring, uint32_t used)
{
    return err_origin(ACTR_EDECODE, "the channel says that %u bytes are in %u", used, ring->_cap);
}

int ring_write(struct ring *ring, const void *data, size_t len, size_t *ret_done)
{
    struct ring_shared *shared = ring->_shared;
    uint32_t used = ring->_position - atomic_load(&shared->read);
    if (used > ring->_cap)
        return ring_impossible(ring, used);
    uint32_t room = ring->_cap - used, at = ring->_position & (ring->_cap - 1);
    uint32_t count = len < room ? (uint32_t)len : room;
    uint32_t first = count < ring->_cap - at ? count : ring->_cap - at;
    if (count > 0) {
        memcpy(shared->bytes + at, data, first);
        memcpy(shared->bytes, (const uint8_t *)data + first, count - first);
        ring->_position += count;
        atomic_store(&shared->written, ring->_position);
    }
    *ret_done = count;
    return 0;
}

int ring_read(struct ring *ring, void *buf, size_t len, size_t *ret_done)
{
    struct ring_shared *shared = ring->_shared;
    uint32_t used = atomic_load(&shared->written) - ring->_position;
    if (used > ring->_cap)
        return ring_impossible(ring, used);
    uint32_t at = ring->_position & (ring->_cap - 1);
    uint32_t count = len < used ? (uint32_t)len : used;
    uint32_t first = count < ring->_cap - at ? count : ring->_cap - at;
    if (count > 0) {
        memcpy(buf, shared->bytes + at, first);
        memcpy((uint8_t *)buf + first, shared->bytes, count - first);
        ring->_position += count;
        atomic_store(&shared->read, ring->_position);
    }
    *ret_done = count;
    return 0;
}

bool ring_linger(const struct ring *ring)
{
    for (int i = 0; i < RING_LOOKS; i++) {
        if (atomic_load_explicit(&ring->_shared->written, memory_order_relaxed) != ring->_position)
            return true;
        sched_yield();
    }
    return false;
}

bool ring_doze(struct ring *ring)
{
    atomic_store(&ring->_shared->reader_sleeps, 1);
    return atomic_load(&ring->_shared->written) != ring->_position;
}

void ring_stir(struct ring *ring)
{
    atomic_store(&ring->_shared->reader_sleeps, 0);
}

bool ring_doze_full(struct ring *ring)
{
    atomic_store(&ring->_shared->writer_sleeps, 1);
    return ring->_position - atomic_load(&ring->_shared->read) != ring->_cap;
}

bool ring_wakes_reader(struct ring *ring)
{
    return atomic_load(&ring->_shared->reader_sleeps) != 0 &&
           atomic_exchange(&ring->_shared->reader_sleeps, 0) != 0;
}

bool ring_wakes_writer(struct ring *ring)
{
    return atomic_load(&ring->_shared->writer_sleeps) != 0 &&
           atomic_exchange(&ring->_shared->writer_sleeps, 0) != 0;
}

static void ring_futex(atomic_uint *word, int op, unsigned value)
{
    (void)syscall(SYS_futex, word, op, value, NULL, NULL, 0);
}

void ring_sleep(struct ring *ring)
{
    ring_futex(&ring->_shared->reader_sleeps, FUTEX_WAIT, 1);
}

void ring_sleep_full(struct ring *ring)
{
    ring_futex(&ring->_shared->writer_sleeps, FUTEX_WAIT, 1);
}

void ring_wake_reader(struct ring *ring)
{
    ring_futex(&ring->_shared->reader_sleeps, FUTEX_WAKE, 1);
}

void ring_wake_writer(struct ring *ring)
{
    ring_futex(&ring->_shared->writer_sleeps, FUTEX_WAKE, 1);
}
