// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Allocation: the one place where memory comes from, counted so that a test can tell a leak, and
 * failing on demand.
 *
 * Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* NULL when memory has run out. Zeroed. */
void *mem_alloc(size_t size) __attribute__((malloc, warn_unused_result));

/* NULL when memory has run out; contents undefined. */
void *mem_alloc_raw(size_t size) __attribute__((malloc, warn_unused_result));

/* As realloc(); on NULL the old block stands. */
void *mem_resize(void *ptr, size_t size) __attribute__((warn_unused_result));

/* A fresh NUL-terminated copy of text[0..len). */
char *mem_text(const char *text, size_t len) __attribute__((malloc, warn_unused_result));

void mem_free(void *ptr);

/* Blocks allocated and not yet freed by the whole process. For tests. */
size_t mem_live(void);

/* Blocks allocated so far by the whole process, one that was made to grow or shrink counts again.
 * For tests and benches: what happened in between has allocated as many as the difference. */
size_t mem_total(void);

/* The n-th allocation from now fails (1: the next), and every one after it; 0 switches it off. For
 * tests. */
void mem_fail_at(size_t n);

/* For a sweep over tests: the n-th allocation from now fails, and every one after it unless
 * is_once. 0 switches it off, and so does mem_fail_at(): a test that uses it sweeps by itself. */
void mem_sweep_at(size_t n, bool is_once);

/* Allocations asked for since mem_sweep_at() switched it on, or until it switched it off. */
size_t mem_sweep_count(void);

/* For AUTO_FREE: an owning local that is freed at the end of the scope. */
void mem_auto(void *ptr_to_ptr);
#define AUTO_FREE __attribute__((cleanup(mem_auto), unused))
