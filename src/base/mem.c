// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Allocation over malloc().
 *
 * The counters are relaxed: they order nothing, a test reads them when its threads have ended.
 * A size of 0 gives a block of one byte, so that NULL always means that memory has run out.
 *
 * Any thread. It never ends the process: whoever asked decides what running out means. */
#include "base/mem.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static atomic_size_t made, freed; /* blocks, ever */
static atomic_bool is_armed;      /* one of the two below is on: all that an allocation looks at */
static atomic_size_t fail_in;     /* 0: never; 1: from now on; n: n - 1 more succeed */
static struct {
    atomic_size_t at; /* 0: off */
    atomic_size_t count;
    atomic_bool is_once;
} sweep;

static bool mem_sweep_fails(void)
{
    size_t at = atomic_load_explicit(&sweep.at, memory_order_relaxed);
    if (at == 0)
        return false;
    size_t count = atomic_fetch_add_explicit(&sweep.count, 1, memory_order_relaxed) + 1;
    return count == at ||
           (count > at && !atomic_load_explicit(&sweep.is_once, memory_order_relaxed));
}

/* Only for tests, and kept out of the way of everyone else. */
__attribute__((cold, noinline)) static bool mem_fails_now(void)
{
    bool fails = mem_sweep_fails();
    size_t left = atomic_load_explicit(&fail_in, memory_order_relaxed);
    while (left > 1 && !atomic_compare_exchange_weak_explicit(
                           &fail_in, &left, left - 1, memory_order_relaxed, memory_order_relaxed)) {
    }
    return fails || left == 1;
}

static inline bool mem_must_fail(void)
{
    return __builtin_expect(atomic_load_explicit(&is_armed, memory_order_relaxed), 0) &&
           mem_fails_now();
}

static inline void *mem_count(void *ptr)
{
    if (ptr)
        atomic_fetch_add_explicit(&made, 1, memory_order_relaxed);
    return ptr;
}

void *mem_alloc(size_t size)
{
    if (mem_must_fail())
        return NULL;
    return mem_count(calloc(1, size ? size : 1));
}

void *mem_alloc_raw(size_t size)
{
    if (mem_must_fail())
        return NULL;
    return mem_count(malloc(size ? size : 1));
}

void *mem_resize(void *ptr, size_t size)
{
    if (!ptr)
        return mem_alloc_raw(size);
    if (mem_must_fail())
        return NULL;
    void *resized = mem_count(realloc(ptr, size ? size : 1));
    if (resized)
        atomic_fetch_add_explicit(&freed, 1, memory_order_relaxed);
    return resized;
}

char *mem_text(const char *text, size_t len)
{
    char *copy = len < SIZE_MAX ? mem_alloc_raw(len + 1) : NULL;
    if (!copy)
        return NULL;
    if (len > 0)
        memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

void mem_free(void *ptr)
{
    if (!ptr)
        return;
    atomic_fetch_add_explicit(&freed, 1, memory_order_relaxed);
    free(ptr);
}

size_t mem_live(void)
{
    return mem_total() - atomic_load_explicit(&freed, memory_order_relaxed);
}

size_t mem_total(void)
{
    return atomic_load_explicit(&made, memory_order_relaxed);
}

static void mem_arm(void)
{
    atomic_store_explicit(&is_armed,
                          atomic_load_explicit(&fail_in, memory_order_relaxed) != 0 ||
                              atomic_load_explicit(&sweep.at, memory_order_relaxed) != 0,
                          memory_order_relaxed);
}

void mem_fail_at(size_t n)
{
    atomic_store_explicit(&fail_in, n, memory_order_relaxed);
    if (n != 0)
        atomic_store_explicit(&sweep.at, 0, memory_order_relaxed);
    mem_arm();
}

void mem_sweep_at(size_t n, bool is_once)
{
    if (n != 0)
        atomic_store_explicit(&sweep.count, 0, memory_order_relaxed);
    atomic_store_explicit(&sweep.is_once, is_once, memory_order_relaxed);
    atomic_store_explicit(&sweep.at, n, memory_order_relaxed);
    mem_arm();
}

size_t mem_sweep_count(void)
{
    return atomic_load_explicit(&sweep.count, memory_order_relaxed);
}

void mem_auto(void *ptr_to_ptr)
{
    void *ptr;
    memcpy(&ptr, ptr_to_ptr, sizeof(ptr)); /* a pointer to any type: not to be read as void * */
    mem_free(ptr);
}
