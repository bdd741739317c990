// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* report: form, order, bound and verdict. */
#include "config/report.h"

#include <string.h>

#include "harness.h"

#include "base/mem.h"

static void add_error(struct report *report, unsigned line, unsigned column)
{
    struct toml_at at = {line, column};
    assert_int_equal(report_error(report, "f", at, "what %u; why; fix", line), 0);
}

static void add_warning(struct report *report, unsigned line)
{
    struct toml_at at = {line, 1};
    assert_int_equal(report_warning(report, "f", at, "hm; why; fix"), 0);
}

TEST(an_entry_has_file_line_and_column)
{
    struct report report = {0};
    struct toml_at at = {12, 3};
    assert_int_equal(report_error(&report, "dir/actr.toml", at, "%s; %s; %s", "what", "why", "fix"),
                     0);
    assert_string_equal(report.entries[0].text, "dir/actr.toml:12:3: what; why; fix");
    assert_int_equal(report.entries[0].level, REPORT_ERROR);
    assert_int_equal(report.entries[0].at.line, 12);
    report_deinit(&report);
    assert_int_equal(report.count, 0);
}

TEST(warnings_do_not_fail_a_file)
{
    struct report report = {0};
    assert_int_equal(report_verdict(&report), 0);
    add_warning(&report, 1);
    assert_int_equal(report.warning_count, 1);
    assert_int_equal(report_verdict(&report), 0);
    add_error(&report, 2, 1);
    assert_int_equal(report_verdict(&report), ACTR_ECONFIG);
    assert_string_equal(actr_errmsg(), "f:2:1: what 2; why; fix");
    add_error(&report, 3, 1);
    assert_int_equal(report_verdict(&report), ACTR_ECONFIG);
    assert_string_equal(actr_errmsg(), "f:2:1: what 2; why; fix (and 1 more)");
    report_deinit(&report);
}

TEST(entries_are_sorted_by_line_then_column)
{
    static const unsigned given[][2] = {{5, 1}, {1, 9}, {1, 2}, {4, 4}, {1, 10}};
    static const char *const want[] = {"f:1:2:", "f:1:9:", "f:1:10:", "f:4:4:", "f:5:1:"};
    struct report report = {0};
    for (size_t i = 0; i < 5; i++)
        add_error(&report, given[i][0], given[i][1]);
    report_sort(&report);
    for (size_t i = 0; i < 5; i++)
        assert_memory_equal(report.entries[i].text, want[i], strlen(want[i]));
    report_deinit(&report);
}

TEST(entries_of_one_place_keep_their_order)
{
    static const char *const words[] = {"c", "a", "b"};
    struct report report = {0};
    struct toml_at at = {1, 1};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(report_error(&report, "f", at, "%s; why; fix", words[i]), 0);
    report_sort(&report);
    assert_string_equal(report.entries[0].text, "f:1:1: c; why; fix");
    assert_string_equal(report.entries[2].text, "f:1:1: b; why; fix");
    report_deinit(&report);
}

/* A file of garbage costs a page of messages, and its errors are not lost among warnings. */
TEST(errors_replace_warnings_when_it_is_full)
{
    struct report report = {0};
    for (unsigned i = 0; i < REPORT_ENTRIES_MAX + 5; i++)
        add_warning(&report, i + 1);
    assert_int_equal(report.count, REPORT_ENTRIES_MAX);
    assert_int_equal(report.warning_count, REPORT_ENTRIES_MAX + 5);
    add_error(&report, 999, 1);
    assert_int_equal(report.count, REPORT_ENTRIES_MAX);
    assert_int_equal(report_verdict(&report), ACTR_ECONFIG);
    assert_string_equal(actr_errmsg(), "f:999:1: what 999; why; fix");
    for (unsigned i = 0; i < REPORT_ENTRIES_MAX + 5; i++)
        add_error(&report, i + 1, 1);
    assert_int_equal(report.count, REPORT_ENTRIES_MAX);
    assert_int_equal(report.error_count, REPORT_ENTRIES_MAX + 6);
    for (size_t i = 0; i < report.count; i++)
        assert_int_equal(report.entries[i].level, REPORT_ERROR);
    add_warning(&report, 1);
    assert_int_equal(report.count, REPORT_ENTRIES_MAX);
    report_deinit(&report);
}

/* What a file holds goes to a terminal. */
TEST(control_characters_become_question_marks)
{
    struct report report = {0};
    struct toml_at at = {1, 1};
    assert_int_equal(report_error(&report, "f", at, "\x1b[31m\n\x7f\xc3\xbc; b; c"), 0);
    assert_string_equal(report.entries[0].text, "f:1:1: ?[31m??\xc3\xbc; b; c");
    report_deinit(&report);
}

TEST(long_entries_are_cut)
{
    static char word[2 * REPORT_TEXT_MAX];
    struct report report = {0};
    struct toml_at at = {1, 1};
    memset(word, 'w', sizeof(word) - 1);
    assert_int_equal(report_error(&report, "f", at, "%s", word), 0);
    assert_int_equal(strlen(report.entries[0].text), REPORT_TEXT_MAX - 1);
    report_deinit(&report);
}

TEST(out_of_memory)
{
    struct report report = {0};
    struct toml_at at = {1, 1};
    mem_fail_at(1);
    assert_int_equal(report_error(&report, "f", at, "a; b; c"), ACTR_ENOMEM);
    assert_int_equal(report_warning(&report, "f", at, "a; b; c"), ACTR_ENOMEM);
    mem_fail_at(0);
    assert_int_equal(report.count, 0);
    report_deinit(&report);
}

/* One that was counted but found no memory still fails the file. */
TEST(an_error_that_is_not_listed_counts)
{
    struct report report = {0};
    struct toml_at at = {1, 1};
    mem_fail_at(1);
    assert_int_equal(report_error(&report, "f", at, "a; b; c"), ACTR_ENOMEM);
    mem_fail_at(0);
    assert_int_equal(report_verdict(&report), ACTR_ECONFIG);
    report_deinit(&report);
}
