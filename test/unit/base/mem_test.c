// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "base/mem.h"

#include <stdint.h>
#include <string.h>

#include "harness.h"

TEST(blocks_are_counted)
{
    size_t before = mem_live();
    uint8_t *zeroed = mem_alloc(100);
    uint8_t *raw = mem_alloc_raw(0); /* something, so that NULL means out of memory */
    static const uint8_t zeros[100];
    assert_non_null(zeroed);
    assert_non_null(raw);
    assert_memory_equal(zeroed, zeros, 100);
    assert_int_equal(mem_live(), before + 2);
    zeroed[99] = 7;
    zeroed = mem_resize(zeroed, 100000);
    assert_non_null(zeroed);
    assert_int_equal(zeroed[99], 7);
    assert_int_equal(mem_live(), before + 2);
    void *fresh = mem_resize(NULL, 1);
    assert_int_equal(mem_live(), before + 3);
    mem_free(fresh);
    mem_free(zeroed);
    mem_free(raw);
    mem_free(NULL);
    assert_int_equal(mem_live(), before);
}

TEST(what_was_ever_allocated_is_counted)
{
    size_t before = mem_total();
    void *block = mem_resize(mem_alloc(1), 1000);
    mem_free(mem_text("x", 1));
    mem_free(block);
    assert_int_equal(mem_total() - before, 3);
}

TEST(the_nth_allocation_fails_and_all_after_it)
{
    size_t before = mem_live();
    char *kept = mem_text("kept", 4);
    assert_non_null(kept);
    mem_fail_at(3);
    char *a = mem_alloc(1), *b = mem_alloc_raw(1);
    assert_true(a && b);
    assert_null(mem_alloc(1));
    assert_null(mem_alloc_raw(1));
    assert_null(mem_text("x", 1));
    assert_null(mem_resize(kept, 1000));
    assert_string_equal(kept, "kept");
    mem_fail_at(0);
    assert_int_equal(mem_live(), before + 3);
    mem_free(a);
    mem_free(b);
    mem_free(kept);
}

TEST(text_is_copied_and_ended)
{
    AUTO_FREE char *text = mem_text("hello world", 5);
    AUTO_FREE char *empty = mem_text(NULL, 0);
    assert_true(text && empty);
    assert_string_equal(text, "hello");
    assert_string_equal(empty, "");
    assert_null(mem_text("x", SIZE_MAX));
}

TEST(a_sweep_fails_one_allocation_or_all_from_it_on)
{
    size_t before = mem_live();
    mem_sweep_at(2, true);
    void *a = mem_alloc(1);
    assert_null(mem_alloc(1));
    void *c = mem_alloc_raw(1);
    assert_int_equal(mem_sweep_count(), 3);
    mem_sweep_at(1, false);
    assert_null(mem_alloc(1));
    assert_null(mem_alloc(1));
    mem_sweep_at(0, false);
    assert_int_equal(mem_sweep_count(), 2);
    void *d = mem_alloc(1);
    assert_int_equal(mem_sweep_count(), 2);
    assert_int_equal(mem_live(), before + 3);
    mem_free(a);
    mem_free(c);
    mem_free(d);
}

TEST(a_test_that_injects_for_itself_ends_the_sweep)
{
    mem_sweep_at(1, false);
    mem_fail_at(2);
    void *a = mem_alloc(1);
    assert_null(mem_alloc(1));
    mem_fail_at(0);
    assert_non_null(a);
    mem_free(a);
}
