// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "base/err.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "harness.h"

TEST(every_code_has_a_name_a_text_and_a_kind)
{
#define CHECK(name, number, kind, text)                                                            \
    assert_int_equal(ACTR_E##name, number);                                                        \
    assert_string_equal(actr_errname(number), "ACTR_E" #name);                                     \
    assert_string_equal(actr_strerror(number), text);                                              \
    assert_int_equal(actr_error_kind(number), ACTR_KIND_##kind);
    ACTR_ERROR_LIST(CHECK)
#undef CHECK
    assert_string_equal(actr_errname(0), "ACTR_OK");
    assert_string_equal(actr_strerror(0), "ok");
    assert_int_equal(actr_error_kind(0), ACTR_KIND_NONE);
    assert_string_equal(actr_errname(10001), "?");
    assert_string_equal(actr_strerror(-10012), "unknown error");
    assert_int_equal(actr_error_kind(-10012), ACTR_KIND_NONE);
}

TEST(the_detail_is_kept_and_grows_in_front)
{
    assert_int_equal(err_origin(ACTR_EDECODE, "chunk: no stream id %d", 7), ACTR_EDECODE);
    assert_string_equal(actr_errmsg(), "chunk: no stream id 7");
    assert_int_equal(err_context(ACTR_EDECODE, "lane %s", "x"), ACTR_EDECODE);
    assert_string_equal(actr_errmsg(), "lane x: chunk: no stream id 7");
    assert_int_equal(err_origin(ACTR_EIO, "<%s>", actr_errmsg()), ACTR_EIO);
    assert_string_equal(actr_errmsg(), "<lane x: chunk: no stream id 7>");
}

TEST(a_long_detail_is_cut_at_a_whole_character)
{
    char euros[3 * ERR_TEXT_MAX + 1];
    for (size_t i = 0; i < ERR_TEXT_MAX; i++)
        memcpy(euros + 3 * i, "\xe2\x82\xac", 4);
    for (int offset = 0; offset < 3; offset++) {
        (void)err_origin(ACTR_EIO, "%.*s%s", offset, "xx", euros);
        size_t len = strlen(actr_errmsg());
        assert_in_range(len, ERR_TEXT_MAX - 3, ERR_TEXT_MAX - 1);
        assert_true(text_is_utf8(actr_view_of(actr_errmsg(), len)));
        (void)err_context(ACTR_EIO, "front");
        assert_memory_equal(actr_errmsg(), "front: ", 7);
        len = strlen(actr_errmsg());
        assert_in_range(len, ERR_TEXT_MAX - 3, ERR_TEXT_MAX - 1);
        assert_true(text_is_utf8(actr_view_of(actr_errmsg(), len)));
    }
}

static void *look_from_elsewhere(void *arg)
{
    strcpy(arg, actr_errmsg());
    (void)err_origin(ACTR_EIO, "elsewhere");
    return NULL;
}

TEST(each_thread_has_its_own_detail)
{
    pthread_t thread;
    char seen[ERR_TEXT_MAX] = "?";
    (void)err_origin(ACTR_EIO, "here");
    assert_int_equal(pthread_create(&thread, NULL, look_from_elsewhere, seen), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(seen, "");
    assert_string_equal(actr_errmsg(), "here");
}

TEST(text_and_code_of_the_wire)
{
    static const struct {
        int code;
        const char *detail;
        long long retry_after_ms;
        unsigned wire_code;
        const char *wire_text;
    } cases[] = {
        {ACTR_EUNAVAILABLE, "x", -1, 10001, "unavailable: x"},
        {ACTR_ETIMEDOUT, "x", -1, 10002, "timed out"},
        {ACTR_ENOTFOUND, "no such file", -1, 10003, "not found: no such file"},
        {ACTR_EPERMISSION, "x", -1, 10004, "permission denied: x"},
        {ACTR_EINVALID, "x", -1, 10005, "invalid argument: x"},
        {ACTR_EROUTE, "a.B.c", -1, 10006, "unknown route: a.B.c"},
        {ACTR_EDEPENDENCY, "dependency 'db' not found: x", -1, 10007,
         "dependency 'db' not found: x"},
        {ACTR_EDEPENDENCY, "dependency '' not found: x", -1, 10007, "dependency '' not found: x"},
        {ACTR_EDEPENDENCY, "x", -1, 10007, "dependency '' not found: x"},
        {ACTR_EDEPENDENCY, "", -1, 10007, "dependency '' not found: "},
        {ACTR_EDEPENDENCY, "dependency 'db", -1, 10007, "dependency '' not found: dependency 'db"},
        {ACTR_EDECODE, "", -1, 10008, "decode failure: "},
        {ACTR_ENOTIMPL, "x", -1, 10009, "not implemented: x"},
        {ACTR_EINTERNAL, "x", -1, 10010, "internal error: x"},
        {ACTR_ENOTREADY, "x", 6300, 10011, "connection not ready: retry_after_ms=Some(6300)"},
        {ACTR_ENOTREADY, "x", 0, 10011, "connection not ready: retry_after_ms=Some(0)"},
        {ACTR_ENOTREADY, "x", -1, 10011, "connection not ready: retry_after_ms=None"},
        {ACTR_ENOMEM, "", -1, 10010, "internal error: out of memory"},
        {ACTR_EIO, "disk", -1, 10010, "internal error: disk"},
        {-77, "odd", -1, 10010, "internal error: odd"},
        {-10012, "odd", -1, 10010, "internal error: odd"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char buf[128];
        assert_ptr_equal(err_wire_text(cases[i].code, cases[i].detail, cases[i].retry_after_ms, buf,
                                       sizeof(buf)),
                         buf);
        assert_string_equal(buf, cases[i].wire_text);
        assert_int_equal(err_wire_code(cases[i].code), cases[i].wire_code);
    }
}
