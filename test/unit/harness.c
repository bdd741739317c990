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
#include "sweep.h"
#include "sys/loop_uv.h"

extern const struct harness_test *const __start_harness_tests[];
extern const struct harness_test *const __stop_harness_tests[];

#define TESTS_MAX 512

static uint64_t seed;
static int seed_used;

int harness_descriptors(void)
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
    int open = harness_descriptors();
    const struct sweep_fault fault = sweep_given();

    mem_sweep_at(fault.at, fault.is_once);
    test->fn();
    mem_sweep_at(0, false);
    mem_fail_at(0);
    if (mem_live() != live)
        fail_msg("%s leaves %zd blocks of memory", test->name, (ssize_t)(mem_live() - live));
    if (harness_descriptors() != open)
        fail_msg("%s leaves %d descriptors", test->name, harness_descriptors() - open);
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

void harness_folder(char *path, size_t cap)
{
    const char *parent = getenv("TMPDIR");
    int len = snprintf(path, cap, "%s/actr-test-XXXXXX", parent ? parent : "/tmp");
    assert_true(len > 0 && (size_t)len < cap);
    assert_non_null(mkdtemp(path));
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

/* The tests that ACTR_TEST names; how many. */
static size_t find_tests(const struct harness_test **tests, size_t max)
{
    const char *only = getenv("ACTR_TEST");
    size_t count = 0;
    for (const struct harness_test *const *p = __start_harness_tests; p < __stop_harness_tests;
         p++) {
        if (only && !strstr((*p)->name, only))
            continue;
        if (count == max) {
            fprintf(stderr, "harness: too many tests in one program\n");
            exit(1);
        }
        tests[count++] = *p;
    }
    return count;
}

static int run_all(const struct harness_test *const *found, size_t count)
{
    static struct CMUnitTest tests[TESTS_MAX];
    for (size_t i = 0; i < count; i++) {
        tests[i].name = found[i]->name;
        tests[i].test_func = run_one;
        tests[i].initial_state = (void *)(uintptr_t)found[i];
    }
    return _cmocka_run_group_tests("tests", tests, count, NULL, NULL);
}

int main(void)
{
    static const struct harness_test *tests[TESTS_MAX];
    const char *given = getenv("ACTR_SEED");
    if (given)
        seed = strtoull(given, NULL, 0);
    else if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
        return 1;

    open_what_stays();
    size_t count = find_tests(tests, TESTS_MAX);
    bool is_sweep = sweep_is_wanted();
    int failed = is_sweep ? sweep_all(tests, count, seed) : run_all(tests, count);
    if (failed && (seed_used || is_sweep))
        fprintf(stderr, "seed: ACTR_SEED=%llu\n", (unsigned long long)seed);
    return failed ? 1 : 0;
}
