// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* environment: each variable, set, empty and wrong. */
#include "config/environment.h"

#include <string.h>

#include "harness.h"

/* The environment of the running test: name, value, name, value, …, NULL. */
static const char *const *pairs;

static char *get(const char *name)
{
    for (const char *const *pair = pairs; *pair; pair += 2)
        if (strcmp(*pair, name) == 0)
            return (char *)(uintptr_t)pair[1];
    return NULL;
}

static int read_pairs(const char *const *given, struct environment *ret_environment)
{
    pairs = given;
    return environment_read(get, ret_environment);
}

TEST(nothing_set)
{
    static const char *const empty[] = {"HOME",
                                        "",
                                        "HOSTNAME",
                                        "",
                                        "RUST_LOG",
                                        "",
                                        "ACTR_DISPATCH_SERIAL",
                                        "",
                                        "ACTR_DYNCLIB_WORKER_THREADS",
                                        "",
                                        NULL};
    static const char *const none[] = {NULL};
    const char *const *const rows[] = {empty, none};
    for (size_t i = 0; i < 2; i++) {
        struct environment environment;
        memset(&environment, 0xaa, sizeof(environment));
        assert_int_equal(read_pairs(rows[i], &environment), 0);
        assert_null(environment.home);
        assert_null(environment.hostname);
        assert_null(environment.log_filter);
        assert_false(environment.is_dispatch_serial);
        assert_false(environment.is_wasm_compile_fast);
        assert_false(environment.has_no_udp_offload);
        assert_int_equal(environment.dynclib_worker_threads, 0);
    }
}

TEST(all_set)
{
    static const char *const given[] = {"HOME",
                                        "/h/me",
                                        "HOSTNAME",
                                        "host",
                                        "RUST_LOG",
                                        "debug",
                                        "ACTR_DISPATCH_SERIAL",
                                        "1",
                                        "ACTR_WASM_FAST_COMPILE",
                                        "yes",
                                        "ACTR_NO_UDP_OFFLOAD",
                                        "true",
                                        "ACTR_DYNCLIB_WORKER_THREADS",
                                        "4294967295",
                                        NULL};
    struct environment environment;
    assert_int_equal(read_pairs(given, &environment), 0);
    assert_string_equal(environment.home, "/h/me");
    assert_string_equal(environment.hostname, "host");
    assert_string_equal(environment.log_filter, "debug");
    assert_true(environment.is_dispatch_serial);
    assert_true(environment.is_wasm_compile_fast);
    assert_true(environment.has_no_udp_offload);
    assert_int_equal(environment.dynclib_worker_threads, UINT32_MAX);
}

TEST(four_words_switch_on)
{
    static const struct {
        const char *word;
        bool is_on;
    } rows[] = {{"1", true},  {"true", true},   {"TRUE", true}, {"yes", true}, {"True", false},
                {"0", false}, {"false", false}, {"no", false},  {"on", false}, {"YES", false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *const given[] = {"ACTR_DISPATCH_SERIAL", rows[i].word, NULL};
        struct environment environment;
        assert_int_equal(read_pairs(given, &environment), 0);
        assert_int_equal(environment.is_dispatch_serial, rows[i].is_on);
        assert_false(environment.is_wasm_compile_fast);
    }
}

TEST(a_number_that_is_none_is_an_error)
{
    static const char *const words[] = {"0", "-1", "four", "4 ", "4294967296"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *const given[] = {"ACTR_DYNCLIB_WORKER_THREADS", words[i], NULL};
        struct environment environment = {.home = "untouched"};
        assert_int_equal(read_pairs(given, &environment), ACTR_ECONFIG);
        assert_string_equal(environment.home, "untouched");
    }
}
