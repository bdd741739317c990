// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "sys/log.h"

#include <fcntl.h>
#include <regex.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <actr/bytes.h>

#include "base/bytes.h"
#include "base/text.h"
#include "harness.h"

static struct {
    unsigned count;
    enum actr_log_level level;
    char event[32];
    char message[LOG_MESSAGE_MAX + 1];
} last;

static void keep_last(void *arg, enum actr_log_level level, const char *event, const char *message)
{
    assert_ptr_equal(arg, &last);
    last.count++;
    last.level = level;
    assert_true(strlen(event) < sizeof(last.event) && strlen(message) < LOG_MESSAGE_MAX);
    strcpy(last.event, event);
    strcpy(last.message, message);
}

static int evaluated;

static int count_evaluation(void)
{
    return ++evaluated;
}

TEST(only_lines_of_the_level_are_written_and_evaluated)
{
    struct log log = {ACTR_LOG_WARN, keep_last, &last};
    last.count = 0;
    evaluated = 0;
    log_debug(&log, "a.b", "n=%d", count_evaluation());
    log_info(&log, "a.b", "n=%d", count_evaluation());
    log_trace(&log, "a.b", "n=%d", count_evaluation());
    log_error((const struct log *)NULL, "a.b", "n=%d", count_evaluation());
    assert_int_equal(last.count, 0);
    assert_int_equal(evaluated, 0);
    log_warn(&log, "peer.lost", "n=%d", count_evaluation());
    assert_int_equal(last.count, 1);
    assert_int_equal(last.level, ACTR_LOG_WARN);
    assert_string_equal(last.event, "peer.lost");
    assert_string_equal(last.message, "n=1");
    log_error(&log, "peer.lost", "plain");
    assert_int_equal(last.level, ACTR_LOG_ERROR);
}

TEST(levels_have_names)
{
    static const char *const names[] = {"trace", "debug", "info", "warn", "error"};
    enum actr_log_level level = ACTR_LOG_ERROR;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_true(log_level_parse(view_text(names[i]), &level));
        assert_int_equal(level, i);
    }
    assert_false(log_level_parse(view_text(""), &level));
    assert_false(log_level_parse(view_text("off"), &level));
    assert_false(log_level_parse(view_text("WARN"), &level));
    assert_false(log_level_parse(view_text("warning"), &level));
    assert_int_equal(level, ACTR_LOG_ERROR);
}

TEST(a_filter_gives_a_level)
{
    static const struct {
        const char *text;
        bool is_good, has_level;
        enum actr_log_level level;
        const char *ignored;
    } rows[] = {{"error", true, true, ACTR_LOG_ERROR, ""},
                {"TRACE", true, true, ACTR_LOG_TRACE, ""},
                {"off", true, true, LOG_OFF, ""},
                {"warn,debug,net=trace", true, true, ACTR_LOG_DEBUG, "net=trace"},
                {"net=Trace,info,", true, true, ACTR_LOG_INFO, "net=Trace"},
                {"a=off,b=info", true, false, 0, "a=off"},
                {"loud", false, false, 0, NULL},
                {"info,debugging", false, false, 0, NULL},
                {"net=loud", false, false, 0, NULL},
                {"=info", false, false, 0, NULL},
                {"net=", false, false, 0, NULL},
                {"info, debug", false, false, 0, NULL},
                {",,", false, false, 0, NULL},
                {"", false, false, 0, NULL}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct log_filter filter = {0};
        assert_int_equal(log_filter_parse(rows[i].text, &filter), rows[i].is_good);
        if (!rows[i].is_good)
            continue;
        assert_int_equal(filter.has_level, rows[i].has_level);
        if (filter.has_level)
            assert_int_equal(filter.level, rows[i].level);
        assert_true(view_equal(filter.ignored, view_text(rows[i].ignored)));
    }
}

TEST(nothing_is_logged_when_it_is_off)
{
    struct log log = {LOG_OFF, keep_last, &last};
    last.count = 0;
    log_error(&log, "peer.lost", "plain");
    assert_int_equal(last.count, 0);
}

TEST(control_characters_cannot_forge_a_line)
{
    struct log log = {ACTR_LOG_TRACE, keep_last, &last};
    log_info(&log, "e", "%s",
             "a\nb\r\x1b[31m\x7f\t\xc2\x9b"
             "c\xc3\xa9\xc2\xa0");
    assert_string_equal(last.message, "a\\x0ab\\x0d\\x1b[31m\\x7f\\x09\\xc2\\x9bc\xc3\xa9\xc2\xa0");
    log_info(&log, "e", "%s", "ends in c2 \xc2");
    assert_string_equal(last.message, "ends in c2 \xc2");
}

TEST(a_long_message_is_cut_at_a_whole_character)
{
    struct log log = {ACTR_LOG_TRACE, keep_last, &last};
    char text[4096];
    for (size_t offset = 0; offset < 4; offset++) {
        memset(text, 'x', sizeof(text));
        for (size_t i = offset; i + 3 < sizeof(text); i += 3)
            memcpy(text + i, "\xe2\x82\xac", 3);
        text[sizeof(text) - 1] = '\0';
        log_info(&log, "e", "%s", text);
        assert_in_range(strlen(last.message), LOG_MESSAGE_MAX - 4, LOG_MESSAGE_MAX - 1);
        assert_true(text_is_utf8(actr_view_of(last.message, strlen(last.message))));
    }
    memset(text, '\n', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    log_info(&log, "e", "%s", text);
    assert_true(strlen(last.message) < LOG_MESSAGE_MAX);
    assert_null(strchr(last.message, '\n'));
}

TEST(standard_error_gets_one_line)
{
    struct log log = {ACTR_LOG_INFO, log_to_stderr, NULL};
    int ends[2], saved = dup(STDERR_FILENO);
    char line[4096], huge[3000];
    regex_t form;

    memset(huge, 'x', sizeof(huge));
    huge[sizeof(huge) - 1] = '\0';
    assert_true(saved >= 0 && pipe2(ends, O_CLOEXEC) == 0);
    dup2(ends[1], STDERR_FILENO);
    log_info(&log, "node.started", "realm=%d", 7);
    ssize_t first = read(ends[0], line, sizeof(line) - 1);
    log_warn(&log, "huge", "%s", huge);
    dup2(saved, STDERR_FILENO);
    assert_true(first > 0);
    line[first] = '\0';
    assert_int_equal(regcomp(&form,
                             "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[.][0-9]{3}Z "
                             "info node[.]started realm=7\n$",
                             REG_EXTENDED | REG_NOSUB),
                     0);
    assert_int_equal(regexec(&form, line, 0, NULL, 0), 0);
    regfree(&form);
    ssize_t second = read(ends[0], line, sizeof(line));
    assert_in_range(second, LOG_MESSAGE_MAX, LOG_MESSAGE_MAX + 128);
    assert_int_equal(line[second - 1], '\n');
    close(ends[0]);
    close(ends[1]);
    close(saved);
}
