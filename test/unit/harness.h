// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Unit tests: TEST(name) { … } registers itself in a linker section; harness.c has main().
 *
 * A test fails if it leaves memory (mem_live) or a descriptor behind. ACTR_TEST=substring runs the
 * matching ones; ACTR_SWEEP=all runs each with allocations failing (sweep.h). */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct harness_test {
    const char *name;
    void (*fn)(void);
};

#define TEST(test_name)                                                                            \
    static void test_##test_name(void);                                                            \
    static const struct harness_test harness_##test_name = {#test_name, test_##test_name};         \
    __attribute__((used, section("harness_tests"))) static const struct harness_test               \
        *const harness_ptr_##test_name = &harness_##test_name;                                     \
    static void test_##test_name(void)

/* The seed of this run (ACTR_SEED, or fresh), printed when a test that asked for it fails. */
uint64_t harness_seed(void);

/* The next number of a small generator; for properties. */
uint64_t harness_random(uint64_t *state);

/* Descriptors that are open, and a few. */
int harness_descriptors(void);

/* Makes a fresh folder; path gets its name. Whoever asked removes it. */
void harness_folder(char *path, size_t cap);

/* A file under test/vectors, NUL-terminated; free with harness_free(). Fails the test when it is
 * not there. */
char *harness_vector(const char *path, size_t *ret_len);
void harness_free(void *ptr);

/* Decodes hex, spaces skipped; fails the test on anything else. Returns the length. */
size_t harness_hex(const char *hex, uint8_t *buf, size_t cap);
