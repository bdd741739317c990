// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Runs the tests that a program registered; checks after each that memory and descriptors are as
 * before. The seed of a run is random unless ACTR_SEED gives it; no clock is read. */
#include "harness.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"
#include "sys/loop_uv.h"

extern const struct harness_test *const __start_harness_tests[];
extern const struct harness_test *const __stop_harness_tests[];

static uint64_t seed;
static int seed_used;

static int descriptors_open(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    if (!dir)
        return 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static void run_one(void **state)
{
    const struct harness_test *test = *state;
    size_t live = mem_live();
    int open = descriptors_open();

    test->fn();
    mem_fail_at(0);
    if (mem_live() != live)
        fail_msg("%s leaves %zd blocks of memory", test->name, (ssize_t)(mem_live() - live));
    if (descriptors_open() != open)
        fail_msg("%s leaves %d descriptors", test->name, descriptors_open() - open);
}

uint64_t harness_seed(void)
{
    seed_used = 1;
    return seed;
}

uint64_t harness_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

char *harness_vector(const char *path, size_t *ret_len)
{
    char full[1024];
    const char *root = getenv("ACTR_TEST_VECTORS");
    snprintf(full, sizeof(full), "%s/%s", root ? root : "test/vectors", path);
    FILE *file = fopen(full, "rb");
    if (!file)
        fail_msg("no vector file %s", full);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = malloc((size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, file), size);
    text[size] = '\0';
    fclose(file);
    if (ret_len)
        *ret_len = (size_t)size;
    return text;
}

void harness_free(void *ptr)
{
    free(ptr);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

size_t harness_hex(const char *hex, uint8_t *buf, size_t cap)
{
    size_t len = 0;
    int high = -1;
    for (; *hex; hex++) {
        if (*hex == ' ' || *hex == '\n' || *hex == '\t')
            continue;
        int digit = hex_digit(*hex);
        if (digit < 0)
            fail_msg("not hex: %c", *hex);
        if (high < 0) {
            high = digit;
            continue;
        }
        assert_true(len < cap);
        buf[len++] = (uint8_t)(high << 4 | digit);
        high = -1;
    }
    assert_true(high < 0);
    return len;
}

/* libuv opens a pipe at the first loop of a process and keeps it: that is no test's leak. */
static void open_what_stays(void)
{
    struct loop *loop;
    if (loop_uv_new(&loop) == 0)
        loop_uv_close(loop);
}

int main(void)
{
    static struct CMUnitTest tests[512];
    size_t count = 0;
    const char *only = getenv("ACTR_TEST");
    const char *given = getenv("ACTR_SEED");
    if (given)
        seed = strtoull(given, NULL, 0);
    else if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
        return 1;

    open_what_stays();
    for (const struct harness_test *const *p = __start_harness_tests; p < __stop_harness_tests;
         p++) {
        if (only && !strstr((*p)->name, only))
            continue;
        if (count == sizeof(tests) / sizeof(tests[0])) {
            fprintf(stderr, "harness: too many tests in one program\n");
            return 1;
        }
        tests[count].name = (*p)->name;
        tests[count].test_func = run_one;
        tests[count].initial_state = (void *)(uintptr_t)*p;
        count++;
    }
    int failed = _cmocka_run_group_tests("tests", tests, count, NULL, NULL);
    if (failed && seed_used)
        fprintf(stderr, "seed: ACTR_SEED=%llu\n", (unsigned long long)seed);
    return failed ? 1 : 0;
}
