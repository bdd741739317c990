// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What a server answers to malformed heads is in server_test.c; here is what is read from good
 * ones, and that no cut of the stream makes a difference. */
#include "net/http_head.h"

#include <stdio.h>
#include <string.h>

#include <actr/error.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"

static const char request[] = "POST /a/%2e?b=c?d HTTP/1.1\r\n"
                              "Host: example.org:8080\r\n"
                              "X-Empty:\r\n"
                              "CONNECTION: keep-alive ,\tUPGRADE\r\n"
                              "x-tail: a b \t \r\n"
                              "Connection: foo;q=1\r\n"
                              "\r\n";

static void check(const struct http_head *head)
{
    assert_string_equal(head->method, "POST");
    assert_string_equal(head->path, "/a/%2e");
    assert_string_equal(head->query, "b=c?d");
    assert_false(head->is_http10);
    assert_string_equal(http_head_find(head, "host"), "example.org:8080");
    assert_string_equal(http_head_find(head, "x-empty"), "");
    assert_string_equal(http_head_find(head, "x-tail"), "a b");
    assert_null(http_head_find(head, "x-nothing"));
    assert_null(http_head_find(head, "a b")); /* a value is no name */
    assert_true(http_head_has_token(head, "connection", "upgrade"));
    assert_true(http_head_has_token(head, "connection", "Keep-Alive"));
    assert_true(http_head_has_token(head, "connection", "foo"));
    assert_false(http_head_has_token(head, "connection", "q=1"));
    assert_false(http_head_has_token(head, "connection", "up"));
    assert_false(http_head_has_token(head, "x-empty", ""));
    const char *first = http_head_find(head, "connection");
    const char *second = http_head_next("connection", first);
    assert_string_equal(second, "foo;q=1");
    assert_null(http_head_next("connection", second));
}

TEST(wherever_the_stream_is_cut_the_same_is_read)
{
    size_t len = sizeof(request) - 1, used;
    for (size_t cut = 0; cut <= len; cut++) {
        char buf[sizeof(request) + 8];
        struct http_head head = {0};
        memcpy(buf, request, len);
        memcpy(buf + len, "the rest", 8);
        if (cut < len) {
            assert_int_equal(http_head_feed(&head, actr_view_of(buf, cut), &used), HTTP_HEAD_MORE);
            assert_int_equal(used, cut);
            assert_int_equal(http_head_feed(&head, actr_view_of(buf + cut, len + 8 - cut), &used),
                             0);
            assert_int_equal(used, len - cut);
        } else {
            assert_int_equal(http_head_feed(&head, actr_view_of(buf, len + 8), &used), 0);
            assert_int_equal(used, len);
        }
        assert_int_equal(http_head_parse_request(&head), 0);
        check(&head);
        http_head_deinit(&head);
    }
}

TEST(byte_by_byte_too)
{
    struct http_head head = {0};
    size_t used;
    int r = HTTP_HEAD_MORE;
    for (size_t i = 0; i < sizeof(request) - 1; i++) {
        assert_int_equal(r, HTTP_HEAD_MORE);
        r = http_head_feed(&head, actr_view_of(request + i, 1), &used);
        assert_int_equal(used, 1);
    }
    assert_int_equal(r, 0);
    assert_int_equal(http_head_parse_request(&head), 0);
    check(&head);
    http_head_deinit(&head);
}

static int parse(const char *text, bool is_response, struct http_head *head)
{
    size_t used;
    *head = (struct http_head){0};
    int r = http_head_feed(head, view_text(text), &used);
    if (r == 0)
        r = is_response ? http_head_parse_response(head) : http_head_parse_request(head);
    if (r != 0)
        http_head_deinit(head);
    return r;
}

TEST(the_forms_of_a_target)
{
    static const struct {
        const char *target, *path, *query;
    } cases[] = {
        {"/", "/", ""},           {"/?", "/", ""},
        {"/?a", "/", "a"},        {"*", "*", ""},
        {"//x//", "//x//", ""},   {"http://h", "/", ""},
        {"http://h?q", "/", "q"}, {"HTTPS://h:1/p?q", "/p", "q"},
        {"http://", "/", ""},     {"http:///p", "/p", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[128];
        struct http_head head;
        snprintf(text, sizeof(text), "GET %s HTTP/1.0\r\n\r\n", cases[i].target);
        assert_int_equal(parse(text, false, &head), 0);
        assert_string_equal(head.path, cases[i].path);
        assert_string_equal(head.query, cases[i].query);
        assert_true(head.is_http10);
        http_head_deinit(&head);
    }
}

TEST(the_forms_of_a_status_line)
{
    struct http_head head;
    static const char *const good[] = {"HTTP/1.1 204 \r\n\r\n", "HTTP/1.0 204\r\n\r\n",
                                       "HTTP/1.9 204 A B\r\n\r\n"};
    static const char *const bad[] = {"HTTP/1.1 2040 x\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n",
                                      "HTTP/1.1 600 x\r\n\r\n",  "HTTP/1.1\r\n\r\n",
                                      "http/1.1 200 x\r\n\r\n",  "HTTP/1.1  200 x\r\n\r\n"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(parse(good[i], true, &head), 0);
        assert_int_equal(head.status, 204);
        http_head_deinit(&head);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(parse(bad[i], true, &head), ACTR_EDECODE);
}

/* Whatever bytes come, the answer is a code; found by luck or not, nothing is read out of bounds.
 */
TEST(random_heads_do_no_harm)
{
    static const char pieces[][12] = {"GET", " ",  "/",  "\r\n",     "\r", "\n",   ":",       "a",
                                      "?",   "\t", "\0", "HTTP/1.1", ",",  "\x80", "http://", "*"};
    uint64_t random = harness_seed();
    for (int round = 0; round < 20000; round++) {
        char text[256];
        size_t len = 0, used;
        struct http_head head = {0};
        for (uint64_t i = harness_random(&random) % 20; i > 0; i--) {
            const char *piece = pieces[harness_random(&random) % 16];
            size_t piece_len = *piece ? strlen(piece) : 1;
            memcpy(text + len, piece, piece_len);
            len += piece_len;
        }
        memcpy(text + len, "\r\n\r\n", 4);
        if (http_head_feed(&head, actr_view_of(text, len + 4), &used) == 0) {
            int r = round % 2 ? http_head_parse_request(&head) : http_head_parse_response(&head);
            if (r == 0)
                (void)http_head_has_token(&head, "a", "a");
        }
        http_head_deinit(&head);
    }
}

TEST(memory_may_run_out)
{
    struct http_head head = {0};
    size_t used;
    mem_fail_at(1);
    assert_int_equal(http_head_feed(&head, view_text(request), &used), ACTR_ENOMEM);
    http_head_deinit(&head);
}
