// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Errors from the wire, and there and back with what is sent. */
#include "protocol/error.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "protocol/vectors.h"

struct received {
    int code;
    char text[ERR_TEXT_MAX];
    int64_t retry_after_ms;
};

static struct received receive(uint32_t code, const char *message)
{
    struct received got;
    struct error_response response = {code, view_text(message)};
    got.retry_after_ms = 77;
    got.code = error_from_wire(&response, got.text, sizeof(got.text), &got.retry_after_ms);
    return got;
}

TEST(error_prefix_is_taken_off_once)
{
    static const struct {
        uint32_t code;
        const char *message;
        int want_code;
        const char *want;
    } cases[] = {
        {10001, "unavailable: x", ACTR_EUNAVAILABLE, "x"},
        {10002, "timed out", ACTR_ETIMEDOUT, "timed out"},
        {10003, "not found: x", ACTR_ENOTFOUND, "x"},
        {10003, "not found: not found: x", ACTR_ENOTFOUND, "not found: x"},
        {10003, "x", ACTR_ENOTFOUND, "x"},
        {10003, "not founder", ACTR_ENOTFOUND, "not founder"},
        {10003, "not found:x", ACTR_ENOTFOUND, "not found:x"},
        {10003, "unavailable: x", ACTR_ENOTFOUND, "unavailable: x"},
        {10003, "not found: ", ACTR_ENOTFOUND, "not found"},
        {10003, "", ACTR_ENOTFOUND, "not found"},
        {10004, "permission denied: x", ACTR_EPERMISSION, "x"},
        {10005, "invalid argument: x", ACTR_EINVALID, "x"},
        {10006, "unknown route: a.B.c", ACTR_EROUTE, "a.B.c"},
        {10007, "dependency '' not found: x", ACTR_EDEPENDENCY, "x"},
        {10007, "dependency 'db' not found: x", ACTR_EDEPENDENCY, "dependency 'db' not found: x"},
        {10007, "dependency not found: x", ACTR_EDEPENDENCY, "x"},
        {10008, "decode failure: x", ACTR_EDECODE, "x"},
        {10009, "not implemented: x", ACTR_ENOTIMPL, "x"},
        {10010, "internal error: x", ACTR_EINTERNAL, "x"},
        {10011, "connection not ready: retry_after_ms=None", ACTR_ENOTREADY, "retry_after_ms=None"},
        {0, "x", ACTR_EUNAVAILABLE, "rpc error 0: x"},
        {404, "not found: x", ACTR_EUNAVAILABLE, "rpc error 404: not found: x"},
        {10000, "x", ACTR_EUNAVAILABLE, "rpc error 10000: x"},
        {10012, "x", ACTR_EUNAVAILABLE, "rpc error 10012: x"},
        {4294957295u, "x", ACTR_EUNAVAILABLE, "rpc error 4294957295: x"}, /* -10001 */
        {UINT32_MAX, "", ACTR_EUNAVAILABLE, "rpc error 4294967295: "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct received got = receive(cases[i].code, cases[i].message);
        assert_int_equal(got.code, cases[i].want_code);
        assert_string_equal(got.text, cases[i].want);
        assert_int_equal(got.retry_after_ms, -1);
    }
}

TEST(error_hint)
{
    static const struct {
        const char *message;
        int64_t want;
    } cases[] = {
        {"connection not ready: retry_after_ms=Some(250)", 250},
        {"retry_after_ms=Some(0) and more", 0},
        {"connection not ready: connection not ready: retry_after_ms=Some(7)", 7},
        {"retry_after_ms=Some(9223372036854775807)", INT64_MAX},
        {"retry_after_ms=Some(9223372036854775808)", -1},
        {"retry_after_ms=Some(99999999999999999999)", -1},
        {"retry_after_ms=Some()", -1},
        {"retry_after_ms=Some(-1)", -1},
        {"retry_after_ms=Some(12", -1},
        {"retry_after_ms=Some(", -1},
        {"retry_after_ms=None", -1},
        {"", -1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(receive(10011, cases[i].message).retry_after_ms, cases[i].want);
        assert_int_equal(receive(10001, cases[i].message).retry_after_ms, cases[i].want);
        assert_int_equal(receive(10003, cases[i].message).retry_after_ms, -1);
    }
}

TEST(error_there_and_back)
{
    static const int codes[] = {ACTR_EUNAVAILABLE, ACTR_ENOTFOUND, ACTR_EPERMISSION,
                                ACTR_EINVALID,     ACTR_EROUTE,    ACTR_EDEPENDENCY,
                                ACTR_EDECODE,      ACTR_ENOTIMPL,  ACTR_EINTERNAL};
    char buf[ERR_TEXT_MAX];
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        const char *sent = err_wire_text(codes[i], "the detail", -1, buf, sizeof(buf));
        struct received got = receive(err_wire_code(codes[i]), sent);
        assert_int_equal(got.code, codes[i]);
        assert_string_equal(got.text, "the detail");
    }
    struct received got = receive(err_wire_code(ACTR_ENOTREADY),
                                  err_wire_text(ACTR_ENOTREADY, "", 1500, buf, sizeof(buf)));
    assert_int_equal(got.code, ACTR_ENOTREADY);
    assert_int_equal(got.retry_after_ms, 1500);
    got = receive(err_wire_code(ACTR_ETIMEDOUT),
                  err_wire_text(ACTR_ETIMEDOUT, "", -1, buf, sizeof(buf)));
    assert_int_equal(got.code, ACTR_ETIMEDOUT);
    assert_string_equal(got.text, "timed out");
    got = receive(err_wire_code(ACTR_ENOMEM), err_wire_text(ACTR_ENOMEM, "", -1, buf, sizeof(buf)));
    assert_int_equal(got.code, ACTR_EINTERNAL);
}

TEST(error_text_is_cut_at_a_whole_character)
{
    char buf[8];
    int64_t retry;
    struct error_response response = {10003, view_text("not found: 12345\xe2\x82\xac")};
    assert_int_equal(error_from_wire(&response, buf, sizeof(buf), &retry), ACTR_ENOTFOUND);
    assert_true(strlen(buf) < sizeof(buf));
    assert_true(strncmp(buf, "12345", 4) == 0);
    for (size_t i = 0; buf[i]; i++)
        assert_true(buf[i] != '\xe2' || (buf[i + 1] == '\x82' && buf[i + 2] == '\xac'));
}

TEST(error_absent_message)
{
    char buf[64];
    int64_t retry;
    struct error_response response = {10011, {0}};
    assert_int_equal(error_from_wire(&response, buf, sizeof(buf), &retry), ACTR_ENOTREADY);
    assert_string_equal(buf, "connection not ready");
    assert_int_equal(retry, -1);
}
