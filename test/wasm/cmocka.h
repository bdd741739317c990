// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What unit tests of the pure layers use of cmocka, for wasm32, where it is not: the first failure
 * says where and ends the run. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

_Noreturn void wasm_fail(const char *file, int line, const char *what);
_Noreturn void wasm_fail_msg(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define WASM_CHECK(holds, what) ((holds) ? (void)0 : wasm_fail(__FILE__, __LINE__, what))

#define assert_true(a) WASM_CHECK(a, #a)
#define assert_false(a) WASM_CHECK(!(a), "not " #a)
#define assert_null(a) WASM_CHECK(!(a), #a " is NULL")
#define assert_non_null(a) WASM_CHECK(a, #a " is not NULL")
#define assert_ptr_equal(a, b) WASM_CHECK((const void *)(a) == (const void *)(b), #a " == " #b)
#define assert_int_equal(a, b) WASM_CHECK((uint64_t)(a) == (uint64_t)(b), #a " == " #b)
#define assert_int_not_equal(a, b) WASM_CHECK((uint64_t)(a) != (uint64_t)(b), #a " != " #b)
#define assert_string_equal(a, b) WASM_CHECK(strcmp(a, b) == 0, #a " == " #b)
#define assert_memory_equal(a, b, len) WASM_CHECK(memcmp(a, b, len) == 0, #a " == " #b)
#define fail_msg(...) wasm_fail_msg(__FILE__, __LINE__, __VA_ARGS__)
#define assert_in_range(a, least, most)                                                            \
    WASM_CHECK((uint64_t)(a) >= (uint64_t)(least) && (uint64_t)(a) <= (uint64_t)(most),            \
               #a " is from " #least " to " #most)
