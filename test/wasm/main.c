// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The harness of unit tests for wasm32: run() runs all that were linked and returns how many. A
 * failure ends the module. Nothing of a system is used but the output of what failed. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/text.h"
#include "harness.h"
#include "sweep.h"

extern const struct harness_test *const __start_harness_tests[], *const __stop_harness_tests[];

/* From the host. */
__attribute__((import_module("host"), import_name("say"))) void wasm_say(const char *text);

int run(void);

void wasm_fail_msg(const char *file, int line, const char *format, ...)
{
    char what[300], text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    snprintf(text, sizeof(text), "%s:%d: %s", file, line, what);
    wasm_say(text);
    __builtin_trap();
}

void wasm_fail(const char *file, int line, const char *what)
{
    wasm_fail_msg(file, line, "%s", what);
}

/* The same in every run: what random seeds find is found by the other builds. */
uint64_t harness_seed(void)
{
    return 20260101;
}

uint64_t harness_random(uint64_t *state)
{
    uint64_t x = (*state += 0x9e3779b97f4a7c15u);
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

size_t harness_hex(const char *hex, uint8_t *buf, size_t cap)
{
    char digits[256];
    size_t count = 0, len = 0;
    for (; *hex; hex++) {
        if (*hex != ' ' && count < sizeof(digits))
            digits[count++] = *hex;
    }
    assert_true(text_hex_decode(actr_view_of(digits, count), buf, cap, &len));
    return len;
}

/* Nobody makes allocations fail here. */
bool sweep_is_on(void)
{
    return false;
}

int run(void)
{
    int count = 0;
    for (const struct harness_test *const *at = __start_harness_tests; at < __stop_harness_tests;
         at++, count++) {
        (*at)->fn();
        mem_fail_at(0);
        if (mem_live() != 0)
            wasm_fail_msg((*at)->name, 0, "%zu blocks are left", mem_live());
    }
    return count;
}
