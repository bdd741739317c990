// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The HTTP server, asked by bare sockets; and what it does when there are too many of them. */
#include "net/server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <actr/error.h>

#include "base/mem.h"
#include "harness.h"
#include "rig.h"
#include "sys/loop.h"

/* One request on a connection of its own; everything that comes until it ends. */
static void ask(struct rig *rig, const char *request, char *buf, size_t cap)
{
    int fd = rig_socket(rig);
    rig_send_text(rig, fd, request);
    rig_receive_all(rig, fd, buf, cap);
    close(fd);
}

static void check_status(const char *request, unsigned status)
{
    char buf[2048], wanted[16];
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    ask(&rig, request, buf, sizeof(buf));
    snprintf(wanted, sizeof(wanted), "HTTP/1.1 %u ", status);
    assert_ptr_equal(strstr(buf, wanted), buf);
    assert_non_null(strstr(buf, "\r\nConnection: close\r\n"));
    assert_non_null(strstr(buf, "\r\nContent-Length: 0\r\n"));
    assert_int_equal(rig.request_count, 0);
    rig_close(&rig);
}

TEST(an_answer_has_a_date_a_length_and_what_it_was_given)
{
    char buf[2048];
    struct rig rig;
    rig_open(&rig);
    rig.watch_header = "x-some";
    rig_listen(&rig, NULL);
    ask(&rig,
        "POST /a%2Fb/../c?q=%26&&=+ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
        "X-SOME:  va lue\t \r\nContent-Length: 4\r\n\r\nbody",
        buf, sizeof(buf));
    assert_ptr_equal(strstr(buf, "HTTP/1.1 200 OK\r\nDate: "), buf);
    assert_non_null(strstr(buf, " GMT\r\n"));
    assert_non_null(strstr(buf, "\r\nContent-Length: 4\r\n"));
    assert_non_null(strstr(buf, "\r\ncontent-type: text/plain\r\n"));
    assert_non_null(strstr(buf, "\r\n\r\nbody"));
    assert_string_equal(rig.method, "POST");
    assert_string_equal(rig.path, "/a%2Fb/../c");
    assert_string_equal(rig.query, "q=%26&&=+");
    assert_string_equal(rig.header, "va lue");
    assert_string_equal(rig.peer, "127.0.0.1");
    rig_close(&rig);
}

TEST(a_connection_is_kept_for_the_next_request)
{
    char buf[2048];
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    int fd = rig_socket(&rig);
    for (int i = 0; i < 3; i++) {
        rig_send_text(&rig, fd, "GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
        rig_receive_head(&rig, fd, buf, sizeof(buf));
        assert_non_null(strstr(buf, "\r\nConnection: keep-alive\r\n"));
    }
    assert_int_equal(rig.request_count, 3);
    rig_send_text(&rig, fd, "GET /last HTTP/1.1\r\nHost: h\r\nConnection: x, close\r\n\r\n");
    rig_receive_all(&rig, fd, buf, sizeof(buf));
    assert_non_null(strstr(buf, "\r\nConnection: close\r\n"));
    assert_int_equal(rig.request_count, 4);
    close(fd);
    rig_close(&rig);
}

TEST(requests_in_one_breath_are_answered_in_order)
{
    char buf[4096];
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    ask(&rig,
        "\r\nPOST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\none"
        "POST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
        "chunked\r\n\r\n1\r\nt\r\n2\r\nwo\r\n0\r\n\r\n"
        "GET /3 HTTP/1.1\r\nHost: h\r\n\r\n"
        "POST /4 HTTP/1.0\r\nContent-Length: 4\r\n\r\nfour",
        buf, sizeof(buf));
    char *one = strstr(buf, "\r\n\r\none"), *two = strstr(buf, "\r\n\r\ntwo"),
         *four = strstr(buf, "\r\n\r\nfour");
    assert_true(one && two && four && one < two && two < four);
    assert_int_equal(rig.request_count, 4);
    assert_string_equal(rig.path, "/4");
    rig_close(&rig);
}

TEST(requests_behind_one_that_is_answered_late_wait)
{
    char buf[4096];
    struct rig rig;
    rig_open(&rig);
    rig.want_late = true;
    rig_listen(&rig, NULL);
    int fd = rig_socket(&rig);
    for (int i = 0; i < 3; i++)
        rig_send_text(&rig, fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    for (unsigned i = 0; i < 3; i++) {
        RIG_UNTIL(&rig, rig.late);
        rig_settle(&rig);
        assert_int_equal(rig.request_count, i + 1);
        struct net_request *request = rig.late;
        rig.late = NULL;
        net_respond(request, 200 + i, NULL, 0, actr_bytes_str("late"));
        rig_receive_head(&rig, fd, buf, sizeof(buf));
        assert_int_equal(buf[11], '0' + (int)i);
        rig_receive(&rig, fd, buf, 4);
    }
    close(fd);
    rig_close(&rig);
}

TEST(a_client_that_goes_before_its_answer_is_reported)
{
    struct rig rig;
    rig_open(&rig);
    rig.want_late = true;
    rig_listen(&rig, NULL);
    int fd = rig_socket(&rig);
    rig_send_text(&rig, fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    RIG_UNTIL(&rig, rig.late);
    close(fd);
    RIG_UNTIL(&rig, rig.abandoned_count == 1);
    assert_null(rig.late);
    rig_close(&rig);
}

TEST(requests_unanswered_when_the_server_closes_are_abandoned)
{
    struct rig rig;
    rig_open(&rig);
    rig.want_late = true;
    rig_listen(&rig, NULL);
    int fd = rig_socket(&rig);
    rig_send_text(&rig, fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    RIG_UNTIL(&rig, rig.late);
    net_server_close(rig.server);
    RIG_UNTIL(&rig, rig.is_server_closed);
    assert_int_equal(rig.abandoned_count, 1);
    close(fd);
    rig_close(&rig);
}

TEST(any_method_passes_and_head_gets_no_body)
{
    char buf[2048];
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    ask(&rig, "OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", buf, sizeof(buf));
    assert_string_equal(rig.method, "OPTIONS");
    assert_string_equal(rig.path, "*");
    ask(&rig, "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", buf,
        sizeof(buf));
    assert_string_equal(rig.method, "HEAD");
    assert_non_null(strstr(buf, "\r\nContent-Length: 2\r\n"));
    assert_string_equal(strstr(buf, "\r\n\r\n"), "\r\n\r\n");
    ask(&rig, "BREW http://h/pot?size=1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", buf,
        sizeof(buf));
    assert_string_equal(rig.method, "BREW");
    assert_string_equal(rig.path, "/pot");
    assert_string_equal(rig.query, "size=1");
    rig_close(&rig);
}

TEST(malformed_requests_get_400)
{
    static const char *const requests[] = {
        "GARBAGE\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n", /* no Host */
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: h\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: h\r\n\r\n",
        "GET relative HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /\x80 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /#f HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\nHost: h\n\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n folded: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n",
        "\x16\x03\x01\x02", /* a TLS hello */
        "GET / HTTP/1.1\r\nHost: \x01\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nZ\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\n",
    };
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
        check_status(requests[i], 400);
}

TEST(a_head_that_is_too_large_gets_431)
{
    static char request[HTTP_HEAD_MAX + 200];
    size_t len = (size_t)snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: h\r\nX: ");
    memset(request + len, 'x', HTTP_HEAD_MAX);
    check_status(request, 431);
    char *at = request + len;
    for (int i = 0; i < HTTP_HEAD_FIELD_MAX + 1; i++)
        at += sprintf(at, "\r\na: b");
    strcpy(at, "\r\n\r\n");
    check_status(request, 431);
}

TEST(a_body_over_the_limit_gets_413)
{
    struct net_server_options options = {.body_len_max = 5};
    static const char *const requests[] = {
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551615\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n",
    };
    for (int i = 0; i < 3; i++) {
        char buf[1024];
        struct rig rig;
        rig_open(&rig);
        rig_listen(&rig, &options);
        ask(&rig, requests[i], buf, sizeof(buf));
        assert_ptr_equal(strstr(buf, "HTTP/1.1 413 "), buf);
        ask(&rig,
            "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 5\r\n\r\nabcde",
            buf, sizeof(buf));
        assert_ptr_equal(strstr(buf, "HTTP/1.1 200 "), buf);
        assert_int_equal(rig.request_count, 1);
        rig_close(&rig);
    }
}

TEST(a_client_that_asks_first_is_told_to_go_on)
{
    char buf[1024];
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    int fd = rig_socket(&rig);
    rig_send_text(&rig, fd,
                  "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: 100-Continue\r\n"
                  "Content-Length: 2\r\n\r\n");
    rig_receive_head(&rig, fd, buf, sizeof(buf));
    assert_string_equal(buf, "HTTP/1.1 100 Continue\r\n\r\n");
    rig_send_text(&rig, fd, "ok");
    rig_receive_all(&rig, fd, buf, sizeof(buf));
    assert_non_null(strstr(buf, "\r\n\r\nok"));
    close(fd);
    rig_close(&rig);
}

TEST(upgrades_that_are_wrong_get_a_status)
{
    check_status("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n",
                 400);
    check_status("POST / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                 400);
    check_status("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                 "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                 426);
}

/* RFC 6455 §4.2.2 lets a server leave both out. */
TEST(offers_of_subprotocols_and_extensions_are_not_taken_up)
{
    char buf[1024];
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    int fd = rig_socket(&rig);
    rig_send_text(&rig, fd,
                  "GET /x?y HTTP/1.1\r\nhost: h\r\nconnection: keep-alive, Upgrade\r\n"
                  "upgrade: WebSocket\r\nsec-websocket-version: 13\r\n"
                  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: chat\r\n"
                  "sec-websocket-extensions: permessage-deflate\r\n\r\n");
    rig_receive_head(&rig, fd, buf, sizeof(buf));
    assert_ptr_equal(strstr(buf, "HTTP/1.1 101 "), buf);
    assert_null(strcasestr(buf, "sec-websocket-protocol"));
    assert_null(strcasestr(buf, "sec-websocket-extensions"));
    close(fd);
    rig_close(&rig);
}

TEST(a_port_in_use_and_a_host_that_is_no_address_are_refused_with_a_reason)
{
    struct net_server *server = NULL;
    struct net_server_events events = {0};
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    struct net_server_options options = {.host = "127.0.0.1", .port = net_server_port(rig.server)};
    assert_int_equal(net_listen(rig.net, &options, &events, NULL, &server), ACTR_EIO);
    assert_non_null(strstr(actr_errmsg(), "address already in use"));
    options = (struct net_server_options){.host = "localhost"};
    assert_int_equal(net_listen(rig.net, &options, &events, NULL, &server), ACTR_EIO);
    options = (struct net_server_options){.tls_cert = "/nowhere.pem", .tls_key = "/nowhere.key"};
    assert_int_equal(net_listen(rig.net, &options, &events, NULL, &server), ACTR_ECONFIG);
    assert_non_null(strstr(actr_errmsg(), "/nowhere.pem"));
    assert_null(server);
    rig_close(&rig);
}

static void count_closed(void *user)
{
    ++*(int *)user;
}

TEST(a_server_for_all_addresses_is_reached_by_both_families)
{
    struct net_server *server;
    struct net_server_events events = {.on_closed = count_closed};
    int closed = 0;
    struct rig rig;
    rig_open(&rig);
    struct net_server_options options = {0};
    assert_int_equal(net_listen(rig.net, &options, &events, &closed, &server), 0);
    assert_true(net_server_port(server) > 0);
    net_server_close(server);
    assert_int_equal(closed, 0);
    RIG_UNTIL(&rig, closed == 1);
    rig_close(&rig);
}

/* ---- too many ---- */

TEST(connections_over_the_limit_are_closed_at_once)
{
    struct net_server_options options = {.connection_max = 2};
    char buf[64];
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, &options);
    int one = rig_socket_ws(&rig), two = rig_socket(&rig), three;
    rig_settle(&rig);
    three = rig_socket(&rig);
    assert_int_equal(rig_receive_all(&rig, three, buf, sizeof(buf)), 0);
    close(three);
    close(two);
    rig_settle(&rig);
    three = rig_socket(&rig);
    rig_send_text(&rig, three, "GET / HTTP/1.0\r\n\r\n");
    rig_receive(&rig, three, buf, 12);
    close(one);
    close(three);
    rig_close(&rig);
}

TEST(a_connection_without_a_request_is_closed_in_time)
{
    struct net_server_options options = {.handshake_timeout_ms = 30};
    static const char *const parts[] = {
        "", "GET / HTTP/1.1\r\nHost:", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nx",
        "GET / HTTP/1.1\r\nHost: h\r\n\r\n"};
    for (int i = 0; i < 4; i++) {
        char buf[1024];
        struct rig rig;
        rig_open(&rig);
        rig_listen(&rig, &options);
        int fd = rig_socket(&rig);
        rig_send_text(&rig, fd, parts[i]);
        size_t len = rig_receive_all(&rig, fd, buf, sizeof(buf));
        assert_true((len > 0) == (i == 3)); /* the last is a kept connection */
        close(fd);
        rig_close(&rig);
    }
}

/* A client whose answer, 32 MiB, has begun to leave. */
static int ask_for_much(struct rig *rig, size_t len, uint32_t patience_ms)
{
    struct net_server_options options = {.handshake_timeout_ms = patience_ms};
    uint8_t *data;
    rig_open(rig);
    rig->want_late = true;
    rig_listen(rig, &options);
    int fd = rig_socket(rig);
    rig_send_text(rig, fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    RIG_UNTIL(rig, rig->late);
    struct actr_bytes body = bytes_new(len, &data);
    memset(data, 'x', len);
    net_respond(rig->late, 200, NULL, 0, body);
    return fd;
}

static struct session *only_session(struct rig *rig)
{
    struct server *server = (struct server *)rig->server;
    assert_int_equal(server->count, 1);
    return container_of(server->shaking.next, struct session, link);
}

/* The client reads a part before each deadline, and then no more. The deadlines come by our word,
 * so that no pause of the machine counts as one of the client's. */
static void take_in_parts(struct rig *rig, int fd, size_t len, int parts)
{
    static char part[16 << 20];
    assert_true(len <= sizeof(part));
    for (int i = 0; i < parts; i++) {
        rig_receive(rig, fd, part, len);
        session_on_deadline(only_session(rig));
        rig_settle(rig);
        only_session(rig);
    }
    /* The first may still find that something has moved. */
    for (int i = 0; i < 2 && ((struct server *)rig->server)->count > 0; i++) {
        session_on_deadline(only_session(rig));
        rig_settle(rig);
    }
    assert_int_equal(((struct server *)rig->server)->count, 0);
}

#define PATIENCE_MS 3600000u

/* Each part is more than the system holds back for a connection, so that reading it makes the
 * server move. */
TEST(a_large_answer_may_take_its_time_as_long_as_it_moves)
{
    struct rig rig;
    int fd = ask_for_much(&rig, 128 << 20, PATIENCE_MS);
    take_in_parts(&rig, fd, 16 << 20, 6);
    close(fd);
    rig_close(&rig);
}

/* Each part is less than the system holds back for the connection: the server's own queue stands
 * still from deadline to deadline, and only the system sees the client move. */
TEST(a_large_answer_that_moves_only_inside_the_system_is_not_cut)
{
    enum { LEN = 64 << 20, PART = 512 << 10 };
    const int room = PART / 8; /* so that to read a part is to let more in */
    struct rig rig;
    int fd = ask_for_much(&rig, LEN, PATIENCE_MS);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)), 0);
    rig_settle(&rig);
    assert_true(stream_queued(only_session(&rig)->stream) > 0);
    take_in_parts(&rig, fd, PART, 4);
    close(fd);
    rig_close(&rig);
}

TEST(a_client_that_takes_no_answer_is_cut)
{
    struct rig rig;
    int fd = ask_for_much(&rig, 32 << 20, 40);
    RIG_UNTIL(&rig, ((struct server *)rig.server)->count == 0);
    close(fd);
    rig_close(&rig);
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 20000 ? limit.rlim_max : 20000;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* 2,000 connections that begin a request and never end it. Each new one costs the oldest of them
 * its place; a client that behaves is served while they hang. */
TEST(two_thousand_half_open_connections_do_not_keep_a_client_waiting)
{
    enum { COUNT = 2000 };
    static int fds[COUNT];
    char buf[1024];
    struct rig rig;
    raise_descriptor_limit();
    rig_open(&rig);
    rig_listen(&rig, NULL);
    for (int i = 0; i < COUNT; i++) {
        fds[i] = rig_socket(&rig);
        if (i % 2)
            rig_send_text(&rig, fds[i], "GET / HTTP/1.1\r\nHost:");
        if (i % 50 == 0)
            rig_settle(&rig);
    }
    rig_settle(&rig);
    struct server *server = (struct server *)rig.server;
    assert_int_equal(server->shaking_count, 1024);
    assert_int_equal(server->count, 1024);
    assert_int_equal(recv(fds[0], buf, 1, MSG_DONTWAIT), 0);

    for (int i = 0; i < 100; i++) {
        ask(&rig, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", buf, sizeof(buf));
        assert_ptr_equal(strstr(buf, "HTTP/1.1 200 "), buf);
    }
    int ws = rig_socket_ws(&rig);
    rig_send(&rig, ws, "\x89\x80\0\0\0\0", 6);
    rig_receive(&rig, ws, buf, 2);
    close(ws);
    for (int i = 0; i < COUNT; i++)
        close(fds[i]);
    rig_settle(&rig);
    rig_close(&rig);
}

TEST(running_out_of_descriptors_pauses_accepting_and_does_not_end_it)
{
    struct rlimit limit, low;
    char buf[1024];
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    int fd = rig_socket(&rig);
    getrlimit(RLIMIT_NOFILE, &limit);
    low = limit;
    low.rlim_cur = (rlim_t)fd + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    rig_send_text(&rig, fd, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    rig_settle(&rig);
    assert_int_equal(rig.request_count, 0);
    setrlimit(RLIMIT_NOFILE, &limit);
    rig_receive_all(&rig, fd, buf, sizeof(buf));
    assert_int_equal(rig.request_count, 1);
    close(fd);
    rig_close(&rig);
}
