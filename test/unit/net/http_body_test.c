// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "net/http_body.h"

#include <string.h>

#include <actr/error.h>

#include "base/bytes.h"
#include "harness.h"

/* Reads `wire` in steps of `step` bytes after the head; returns the last result. */
static int read_body(const char *fields, const char *wire, size_t step, bool is_response,
                     char *content, size_t *ret_used)
{
    char text[512];
    struct http_head head = {0};
    struct http_body body;
    size_t used;
    strcpy(text, is_response ? "HTTP/1.1 200 OK\r\n" : "POST / HTTP/1.1\r\n");
    strcat(strcat(text, fields), "\r\n");
    assert_int_equal(http_head_feed(&head, view_text(text), &used), 0);
    assert_int_equal(is_response ? http_head_parse_response(&head) : http_head_parse_request(&head),
                     0);
    int r =
        is_response ? http_body_init_response(&body, &head) : http_body_init_request(&body, &head);
    http_head_deinit(&head);
    if (r < 0)
        return r;

    size_t len = strlen(wire), at = 0, content_len = 0;
    do {
        struct actr_view part;
        size_t take = step < len - at ? step : len - at;
        r = http_body_feed(&body, actr_view_of(wire + at, take), &used, &part);
        memcpy(content + content_len, part.ptr, part.len);
        content_len += part.len;
        at += used;
    } while (r == HTTP_BODY_MORE && at < len);
    content[content_len] = '\0';
    *ret_used = at;
    return r;
}

static void check(const char *fields, const char *wire, bool is_response, int result,
                  const char *wanted, const char *rest)
{
    for (size_t step = 1; step <= strlen(wire) + 1; step++) {
        char content[512];
        size_t used;
        assert_int_equal(read_body(fields, wire, step, is_response, content, &used), result);
        if (result < 0)
            continue;
        assert_string_equal(content, wanted);
        assert_string_equal(wire + used, rest);
    }
}

TEST(a_length_is_kept_to)
{
    check("Content-Length: 5\r\n", "helloGET", false, 0, "hello", "GET");
    check("Content-Length: 5\r\n", "hel", false, HTTP_BODY_MORE, "hel", "");
    check("Content-Length: 0\r\n", "x", true, 0, "", "x");
    check("Content-Length: 3\r\nContent-Length: 3\r\n", "abcd", false, 0, "abc", "d");
}

TEST(chunks_are_put_together)
{
    const char *field = "transfer-encoding: CHUNKED\r\n";
    check(field, "5\r\nhello\r\n0\r\n\r\nGET", false, 0, "hello", "GET");
    check(field, "1;x=\"y\"\r\na\r\n0002 \r\nbc\r\n00\r\nT: 1\r\nU:\r\n\r\nr", false, 0, "abc",
          "r");
    check(field, "a\r\n0123456789\r\n0\r\n\r\n", true, 0, "0123456789", "");
    check(field, "A\r\n0123456789\r\n", true, HTTP_BODY_MORE, "0123456789", "");
    check(field, "0\r\n\r\n", true, 0, "", "");
}

TEST(no_framing_means_none_for_requests_and_the_end_for_responses)
{
    check("", "GET", false, 0, "", "GET");
    check("", "all of it", true, HTTP_BODY_MORE, "all of it", "");
}

TEST(what_can_be_read_in_two_ways_is_refused)
{
    static const char *const fields[] = {
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 1\r\nContent-Length: 01\r\n",
        "Content-Length: 1, 1\r\n",
        "Content-Length: +1\r\n",
        "Content-Length: \r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: \r\n",
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        check(fields[i], "x", false, ACTR_EDECODE, NULL, NULL);
        check(fields[i], "x", true, ACTR_EDECODE, NULL, NULL);
    }
}

TEST(malformed_chunks_are_refused)
{
    static const char *const wires[] = {"\r\n",          "g\r\n",           "1\n",
                                        "-1\r\n",        "0x1\r\n",         "1\r\nab",
                                        "1\r\na\rX",     "1\r\na\r\n\r\n",  "0\r\n\n",
                                        "1;a\n",         "0\r\nT: a\n\r\n", "fffffffffffffffff\r\n",
                                        "0\r\nT: a\r\rx"};
    for (size_t i = 0; i < sizeof(wires) / sizeof(wires[0]); i++)
        check("Transfer-Encoding: chunked\r\n", wires[i], false, ACTR_EDECODE, NULL, NULL);
}

TEST(extensions_and_trailers_have_a_limit)
{
    static char wire[20000];
    char content[4];
    size_t used;
    strcpy(wire, "1;");
    memset(wire + 2, 'x', 10000);
    assert_int_equal(read_body("Transfer-Encoding: chunked\r\n", wire, 100, false, content, &used),
                     ACTR_EDECODE);
    memset(wire, '0', 10000);
    assert_int_equal(read_body("Transfer-Encoding: chunked\r\n", wire, 100, false, content, &used),
                     ACTR_EDECODE);
    memcpy(wire, "0\r\nT: ", 6);
    assert_int_equal(read_body("Transfer-Encoding: chunked\r\n", wire, 100, false, content, &used),
                     ACTR_EDECODE);
}
