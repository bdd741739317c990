// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "net/exchange.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <actr/error.h>

#include "base/mem.h"
#include "harness.h"
#include "rig.h"
#include "sys/loop.h"

struct outcome {
    bool is_done;
    int error;
    unsigned status;
    int64_t retry_after_s;
    char body[256], detail[128];
    size_t len;
};

static void on_response(void *user, const struct net_http_response *response)
{
    struct outcome *outcome = user;
    assert_false(outcome->is_done);
    outcome->is_done = true;
    outcome->error = response->error;
    outcome->status = response->status;
    outcome->retry_after_s = response->retry_after_s;
    outcome->len = response->body.len;
    snprintf(outcome->detail, sizeof(outcome->detail), "%s", response->detail);
    if (response->body.len < sizeof(outcome->body))
        memcpy(outcome->body, response->body.ptr ? response->body.ptr : (const uint8_t *)"",
               response->body.len);
}

static struct net_http *begin(struct rig *rig, struct net_http_options options,
                              struct outcome *outcome)
{
    struct net_http *http;
    *outcome = (struct outcome){0};
    if (!options.method)
        options.method = "GET";
    assert_int_equal(net_http_start(rig->net, &options, on_response, outcome, &http), 0);
    assert_false(outcome->is_done);
    return http;
}

TEST(a_body_and_headers_go_and_an_answer_comes)
{
    static const struct net_header headers[] = {{"content-type", "application/x-protobuf"},
                                                {"x-actrix-realm-secret", "s3cret"}};
    struct outcome outcome;
    struct rig rig;
    rig_open(&rig);
    rig.watch_header = "x-actrix-realm-secret";
    rig_listen(&rig, NULL);
    begin(&rig,
          (struct net_http_options){.url = rig_url(&rig, "http", "/ais/register?x=%2B+"),
                                    .method = "POST",
                                    .headers = headers,
                                    .header_count = 2,
                                    .body = actr_bytes_str("hello")},
          &outcome);
    RIG_UNTIL(&rig, outcome.is_done);
    assert_int_equal(outcome.error, 0);
    assert_int_equal(outcome.status, 200);
    assert_int_equal(outcome.retry_after_s, -1);
    assert_string_equal(outcome.body, "hello");
    assert_string_equal(rig.method, "POST");
    assert_string_equal(rig.path, "/ais/register");
    assert_string_equal(rig.query, "x=%2B+");
    assert_string_equal(rig.header, "s3cret");
    rig_close(&rig);
}

/* Our client with a server made of a bare socket. */
struct bare {
    struct rig rig;
    struct net_http *http;
    struct outcome outcome;
    int fd;
    char request[4096];
};

static void bare_open(struct bare *bare, struct net_http_options options)
{
    char url[64];
    uint16_t port;
    int listener = rig_listener(&port);
    rig_open(&bare->rig);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/where", port);
    options.url = url;
    bare->http = begin(&bare->rig, options, &bare->outcome);
    bare->fd = rig_accept(&bare->rig, listener);
    close(listener);
    rig_receive_head(&bare->rig, bare->fd, bare->request, sizeof(bare->request));
}

static void bare_close(struct bare *bare)
{
    close(bare->fd);
    rig_close(&bare->rig);
}

TEST(the_request_says_how_long_it_is_and_that_the_connection_ends)
{
    char rest[8];
    struct bare bare;
    bare_open(&bare, (struct net_http_options){.method = "POST", .body = actr_bytes_str("12345")});
    rig_receive(&bare.rig, bare.fd, rest, 5);
    assert_ptr_equal(strstr(bare.request, "POST /where HTTP/1.1\r\nHost: 127.0.0.1:"),
                     bare.request);
    assert_non_null(strstr(bare.request, "\r\nContent-Length: 5\r\n"));
    assert_non_null(strstr(bare.request, "\r\nConnection: close\r\n"));
    net_http_cancel(bare.http);
    bare_close(&bare);
}

static void check_answer(const char *answer, bool is_end, int error, const char *body)
{
    struct bare bare;
    bare_open(&bare, (struct net_http_options){0});
    rig_send_text(&bare.rig, bare.fd, answer);
    if (is_end)
        shutdown(bare.fd, SHUT_WR);
    RIG_UNTIL(&bare.rig, bare.outcome.is_done);
    assert_int_equal(bare.outcome.error, error);
    if (!error)
        assert_string_equal(bare.outcome.body, body);
    else
        assert_true(strlen(bare.outcome.detail) > 0);
    bare_close(&bare);
}

TEST(a_body_ends_by_length_by_chunks_or_with_the_connection)
{
    check_answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, 0, "hello");
    check_answer("HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n", false, 0, "");
    check_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
                 "3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n",
                 false, 0, "hello");
    check_answer("HTTP/1.1 200 OK\r\n\r\nhello", true, 0, "hello");
    check_answer("HTTP/1.0 200 OK\r\n\r\n", true, 0, "");
    check_answer("HTTP/1.1 204 No Content\r\n\r\n", false, 0, "");
    check_answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n"
                 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                 false, 0, "ok");
}

TEST(the_answer_to_head_has_no_body)
{
    struct bare bare;
    bare_open(&bare, (struct net_http_options){.method = "HEAD"});
    rig_send_text(&bare.rig, bare.fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    RIG_UNTIL(&bare.rig, bare.outcome.is_done);
    assert_int_equal(bare.outcome.error, 0);
    assert_int_equal(bare.outcome.len, 0);
    bare_close(&bare);
}

TEST(an_answer_that_ends_too_early_or_is_none_is_an_error)
{
    check_answer("", true, ACTR_EUNAVAILABLE, NULL);
    check_answer("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", true, ACTR_EUNAVAILABLE,
                 NULL);
    check_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", true,
                 ACTR_EUNAVAILABLE, NULL);
    check_answer("HTTP/2 200 OK\r\n\r\n", false, ACTR_EDECODE, NULL);
    check_answer("HTTP/1.1 20 OK\r\n\r\n", false, ACTR_EDECODE, NULL);
    check_answer("220 smtp ready\r\n\r\n", false, ACTR_EDECODE, NULL);
    check_answer("\x16\x03\x01", false, ACTR_EDECODE, NULL);
    check_answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", false,
                 ACTR_EDECODE, NULL);
    check_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", false, ACTR_EDECODE,
                 NULL);
}

TEST(an_answer_has_a_limit_however_it_is_framed)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789a",
        "HTTP/1.1 200 OK\r\n\r\n0123456789a",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n",
    };
    for (int i = 0; i < 3; i++) {
        struct bare bare;
        bare_open(&bare, (struct net_http_options){.response_len_max = 10});
        rig_send_text(&bare.rig, bare.fd, answers[i]);
        RIG_UNTIL(&bare.rig, bare.outcome.is_done);
        assert_int_equal(bare.outcome.error, ACTR_EDECODE);
        assert_string_equal(bare.outcome.detail, "http: response too large");
        bare_close(&bare);
    }
}

TEST(a_status_is_no_error_and_retry_after_is_read_in_both_forms)
{
    struct bare bare;
    bare_open(&bare, (struct net_http_options){0});
    rig_send_text(&bare.rig, bare.fd,
                  "HTTP/1.1 429 Slow down\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n");
    RIG_UNTIL(&bare.rig, bare.outcome.is_done);
    assert_int_equal(bare.outcome.error, 0);
    assert_int_equal(bare.outcome.status, 429);
    assert_int_equal(bare.outcome.retry_after_s, 17);
    bare_close(&bare);

    bare_open(&bare, (struct net_http_options){0});
    rig_send_text(&bare.rig, bare.fd,
                  "HTTP/1.1 503 x\r\nRetry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\n"
                  "Content-Length: 0\r\n\r\n");
    RIG_UNTIL(&bare.rig, bare.outcome.is_done);
    int64_t wanted = 4133980799 - (int64_t)(loop_wall_ms(bare.rig.loop) / 1000);
    assert_true(bare.outcome.retry_after_s >= wanted && bare.outcome.retry_after_s <= wanted + 5);
    bare_close(&bare);

    bare_open(&bare, (struct net_http_options){0});
    rig_send_text(&bare.rig, bare.fd,
                  "HTTP/1.1 503 x\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                  "Content-Length: 0\r\n\r\n");
    RIG_UNTIL(&bare.rig, bare.outcome.is_done);
    assert_int_equal(bare.outcome.retry_after_s, 0);
    bare_close(&bare);
}

TEST(time_runs_out_wherever_the_exchange_stands)
{
    static const char *const answers[] = {"", "HTTP/1.1 200 OK\r\n",
                                          "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"};
    for (int i = 0; i < 3; i++) {
        struct bare bare;
        bare_open(&bare, (struct net_http_options){.timeout_ms = 30});
        rig_send_text(&bare.rig, bare.fd, answers[i]);
        RIG_UNTIL(&bare.rig, bare.outcome.is_done);
        assert_int_equal(bare.outcome.error, ACTR_ETIMEDOUT);
        bare_close(&bare);
    }
}

TEST(what_is_cancelled_never_answers)
{
    struct outcome outcome;
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    net_http_cancel(
        begin(&rig, (struct net_http_options){.url = rig_url(&rig, "http", "/")}, &outcome));
    rig_hold_resolver(&rig);
    struct net_http *http = begin(
        &rig, (struct net_http_options){.url = "http://name.invalid/", .body = actr_bytes_str("x")},
        &outcome);
    rig_settle(&rig);
    net_http_cancel(http);
    rig_let_resolver(&rig);
    rig.want_late = true;
    http = begin(&rig, (struct net_http_options){.url = rig_url(&rig, "http", "/")}, &outcome);
    RIG_UNTIL(&rig, rig.late);
    net_http_cancel(http);
    RIG_UNTIL(&rig, rig.abandoned_count == 1);
    assert_false(outcome.is_done);
    rig_close(&rig);
}

TEST(nobody_listening_is_unavailable)
{
    char url[64];
    uint16_t port;
    struct outcome outcome;
    struct rig rig;
    close(rig_listener(&port));
    rig_open(&rig);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
    begin(&rig, (struct net_http_options){.url = url}, &outcome);
    RIG_UNTIL(&rig, outcome.is_done);
    assert_int_equal(outcome.error, ACTR_EUNAVAILABLE);
    assert_non_null(strstr(outcome.detail, ": connection refused"));
    rig_close(&rig);
}

TEST(options_that_cannot_be_are_refused_at_once)
{
    static const struct net_header bad = {"x", "a\nb"};
    const struct net_http_options cases[] = {
        {.url = "ws://127.0.0.1/", .method = "GET"},
        {.url = "http://", .method = "GET"},
        {.url = "http://127.0.0.1/", .method = "GE T"},
        {.url = "http://127.0.0.1/", .method = ""},
        {.url = "http://127.0.0.1/", .method = "GET", .headers = &bad, .header_count = 1},
    };
    struct net_http *http = NULL;
    struct rig rig;
    rig_open(&rig);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct net_http_options options = cases[i];
        options.body = actr_bytes_str("given back");
        assert_int_equal(net_http_start(rig.net, &options, on_response, NULL, &http),
                         ACTR_EINVALID);
    }
    assert_null(http);
    rig_close(&rig);
}

/* True: nothing failed. */
static bool exchange_without_memory(size_t n)
{
    static const struct net_header header = {"x-a", "b"};
    struct net_http *http;
    struct outcome outcome = {0};
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    struct net_http_options options = {.url = rig_url(&rig, "http", "/"),
                                       .method = "POST",
                                       .headers = &header,
                                       .header_count = 1,
                                       .body = actr_bytes_str("some body"),
                                       .timeout_ms = 30};
    mem_fail_at(n);
    int r = net_http_start(rig.net, &options, on_response, &outcome, &http);
    assert_true(r == 0 || r == ACTR_ENOMEM);
    if (r == 0)
        RIG_UNTIL(&rig, outcome.is_done);
    mem_fail_at(0);
    rig_close(&rig);
    return r == 0 && outcome.error == 0 && outcome.status == 200;
}

TEST(memory_may_run_out_anywhere)
{
    size_t n = 1;
    while (!exchange_without_memory(n))
        n++;
    assert_true(n > 12);
}
