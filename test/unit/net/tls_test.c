// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* TLS under WebSockets and HTTP, with certificates from test/vectors/tls. */
#include "net/tls.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <actr/error.h>

#include "base/mem.h"
#include "harness.h"
#include "net/server.h"
#include "rig.h"
#include "sys/loop_uv.h"

static const char *vector_path(const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    const char *root = getenv("ACTR_TEST_VECTORS");
    snprintf(path, sizeof(paths[0]), "%s/tls/%s", root ? root : "test/vectors", name);
    return path;
}

static void trust(const char *name)
{
    if (name)
        setenv("SSL_CERT_FILE", vector_path(name), 1);
    else
        setenv("SSL_CERT_FILE", "/nowhere.pem", 1);
    setenv("SSL_CERT_DIR", "/nowhere", 1);
}

static void listen_tls(struct rig *rig, const char *cert, const char *key,
                       struct net_server_options options)
{
    options.tls_cert = vector_path(cert);
    options.tls_key = vector_path(key);
    rig_listen(rig, &options);
}

static struct actr_bytes pattern(size_t len)
{
    uint8_t *data;
    struct actr_bytes bytes = bytes_new(len, &data);
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i * 31 + (i >> 8));
    return bytes;
}

TEST(messages_go_both_ways)
{
    static const size_t lens[] = {0, 1, 126, 16384, 16385, 100000, 3 << 20};
    struct net_ws_options options = {.url = "wss"};
    struct rig rig;
    trust("ca.pem");
    rig_open(&rig);
    rig.accepted.want_echo = true;
    listen_tls(&rig, "server.pem", "server.key", (struct net_server_options){0});
    rig_connect(&rig, &options);
    for (int i = 0; i < 7; i++)
        assert_true(net_ws_send(rig.client.ws, pattern(lens[i])) >= 0);
    RIG_UNTIL(&rig, rig.client.message_count == 7);
    for (int i = 0; i < 7; i++) {
        struct actr_bytes wanted = pattern(lens[i]);
        assert_true(view_equal(actr_bytes_view(rig.client.messages[i]), actr_bytes_view(wanted)));
        actr_bytes_unref(wanted);
    }
    net_ws_close(rig.client.ws, 1000, "bye");
    RIG_UNTIL(&rig, rig.client.is_closed && rig.accepted.is_closed);
    assert_int_equal(rig.accepted.cause, NET_CLOSED);
    assert_string_equal(rig.accepted.detail, "bye");
    rig_close(&rig);
}

TEST(back_pressure_works_through_tls)
{
    struct net_ws_options options = {.url = "wss", .queue_high = 1 << 20};
    struct rig rig;
    size_t sent = 0;
    trust("ca.pem");
    rig_open(&rig);
    rig.accepted.want_pause = true;
    listen_tls(&rig, "server.pem", "server.key", (struct net_server_options){0});
    rig_connect(&rig, &options);
    rig_settle(&rig);
    while (sent++, net_ws_send(rig.client.ws, pattern(10000)) == 0)
        rig_settle(&rig);
    assert_int_equal(rig.accepted.message_count, 0);
    assert_true(((struct ws *)rig.accepted.ws)->stash.len <= 2 * SOCKET_READ_MAX);
    net_ws_read(rig.accepted.ws, true);
    RIG_UNTIL(&rig, rig.accepted.message_count == sent);
    assert_int_equal(rig.accepted.byte_count, sent * 10000);
    assert_int_equal(rig.client.writable_count, 1);
    rig_close(&rig);
}

struct outcome {
    bool is_done;
    int error;
    char detail[256];
};

static void on_response(void *user, const struct net_http_response *response)
{
    struct outcome *outcome = user;
    outcome->is_done = true;
    outcome->error = response->error;
    snprintf(outcome->detail, sizeof(outcome->detail), "%s", response->detail);
}

/* Asks the server under `host`. */
static struct outcome fetch(struct rig *rig, const char *host)
{
    char url[128];
    struct net_http *http;
    struct outcome outcome = {0};
    snprintf(url, sizeof(url), "https://%s:%u/", host, net_server_port(rig->server));
    struct net_http_options options = {.url = url, .method = "GET"};
    assert_int_equal(net_http_start(rig->net, &options, on_response, &outcome, &http), 0);
    RIG_UNTIL(rig, outcome.is_done);
    return outcome;
}

/* Where, why and what to do. */
static void expect_detail(struct rig *rig, const struct outcome *outcome, const char *host,
                          const char *why)
{
    char text[256];
    snprintf(text, sizeof(text), "%s port %u: %s", host, net_server_port(rig->server), why);
    assert_string_equal(outcome->detail, text);
}

TEST(a_certificate_must_name_the_host_that_was_asked_for)
{
    struct rig rig;
    trust("ca.pem");
    rig_open(&rig);
    listen_tls(&rig, "server.pem", "server.key", (struct net_server_options){0});
    assert_int_equal(fetch(&rig, "127.0.0.1").error, 0);
    assert_int_equal(fetch(&rig, "localhost").error, 0);
    assert_int_equal(rig.request_count, 2);
    rig_close(&rig);

    rig_open(&rig);
    listen_tls(&rig, "other.pem", "other.key", (struct net_server_options){0});
    struct outcome outcome = fetch(&rig, "localhost");
    assert_int_equal(outcome.error, ACTR_ECONFIG);
    expect_detail(&rig, &outcome, "localhost",
                  "tls: certificate: hostname mismatch; use a name that is in it");
    outcome = fetch(&rig, "127.0.0.1");
    expect_detail(&rig, &outcome, "127.0.0.1",
                  "tls: certificate: IP address mismatch; use a name that is in it");
    assert_int_equal(rig.request_count, 0);
    rig_close(&rig);
}

TEST(a_certificate_of_an_unknown_authority_is_refused)
{
    struct net_ws_options options = {.url = "wss"};
    struct rig rig;
    trust("other.pem");
    rig_open(&rig);
    listen_tls(&rig, "server.pem", "server.key", (struct net_server_options){0});
    rig_dial(&rig, "/", &options);
    RIG_UNTIL(&rig, rig.client.is_closed);
    assert_int_equal(rig.client.cause, NET_UNFIT);
    assert_non_null(strstr(rig.client.detail, "; trust its authority by SSL_CERT_FILE"));
    rig_close(&rig);
}

TEST(without_a_trust_store_nobody_is_believed)
{
    struct rig rig;
    trust(NULL);
    rig_open(&rig);
    listen_tls(&rig, "server.pem", "server.key", (struct net_server_options){0});
    struct outcome outcome = fetch(&rig, "localhost");
    assert_int_equal(outcome.error, ACTR_ECONFIG);
    expect_detail(
        &rig, &outcome, "localhost",
        "tls: certificate: unable to get local issuer certificate; trust its authority by "
        "SSL_CERT_FILE");
    rig_close(&rig);
}

TEST(a_plain_server_and_a_tls_client_do_not_hang)
{
    struct rig rig;
    trust("ca.pem");
    rig_open(&rig);
    rig_listen(&rig, NULL);
    struct outcome outcome = fetch(&rig, "127.0.0.1");
    assert_int_equal(outcome.error, ACTR_ECONFIG);
    expect_detail(&rig, &outcome, "127.0.0.1",
                  "tls: the server does not speak TLS; write http:// or ws://");
    rig_close(&rig);
}

TEST(a_plain_client_of_a_tls_server_is_told_and_cut)
{
    char buf[512];
    struct rig rig;
    rig_open(&rig);
    listen_tls(&rig, "server.pem", "server.key", (struct net_server_options){0});
    int fd = rig_socket(&rig);
    rig_send_text(&rig, fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    rig_receive_all(&rig, fd, buf, sizeof(buf));
    assert_ptr_equal(strstr(buf, "HTTP/1.1 426 "), buf);
    assert_non_null(strstr(buf, "\r\nUpgrade: TLS/1.2, HTTP/1.1\r\n"));
    assert_int_equal(rig.request_count, 0);
    close(fd);
    rig_close(&rig);
}

TEST(a_tls_handshake_that_never_ends_is_bounded_in_time_and_number)
{
    enum { COUNT = 40 };
    struct net_server_options options = {.handshake_timeout_ms = 50, .handshake_max = 10};
    int fds[COUNT];
    char buf[16];
    struct rig rig;
    trust("ca.pem");
    rig_open(&rig);
    listen_tls(&rig, "server.pem", "server.key", options);
    struct server *server = (struct server *)rig.server;
    for (int i = 0; i < COUNT; i++) {
        fds[i] = rig_socket(&rig);
        rig_send(&rig, fds[i], "\x16\x03\x01\x02\x00\x01", 6); /* the beginning of a hello */
        rig_settle(&rig);
        assert_true(server->shaking_count <= 10);
    }
    assert_int_equal(fetch(&rig, "localhost").error, 0);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(rig_receive_all(&rig, fds[i], buf, sizeof(buf)), 0);
        close(fds[i]);
    }
    RIG_UNTIL(&rig, server->count == 0);
    rig_close(&rig);
}

TEST(the_first_question_reads_the_trust_store_and_later_ones_do_not)
{
    struct rig rig;
    trust("ca.pem");
    rig_open(&rig);
    listen_tls(&rig, "server.pem", "server.key", (struct net_server_options){0});
    assert_int_equal(fetch(&rig, "localhost").error, 0);
    trust(NULL); /* no file is looked at any more */
    assert_int_equal(fetch(&rig, "localhost").error, 0);
    rig_close(&rig);
}

TEST(a_dial_given_up_while_the_trust_store_is_read_leaves_nothing_behind)
{
    struct net_ws_options options = {.url = "wss"};
    struct rig rig;
    trust("ca.pem");
    rig_open(&rig);
    listen_tls(&rig, "server.pem", "server.key", (struct net_server_options){0});
    rig_dial(&rig, "/", &options);
    loop_uv_dispatch(rig.loop);
    net_ws_close(rig.client.ws, 0, NULL);
    rig_close(&rig);
}

TEST(a_key_that_does_not_belong_to_the_certificate_is_refused)
{
    struct net_server *server = NULL;
    struct net_server_events events = {0};
    struct rig rig;
    rig_open(&rig);
    struct net_server_options options = {.tls_cert = vector_path("server.pem"),
                                         .tls_key = vector_path("other.key")};
    assert_int_equal(net_listen(rig.net, &options, &events, NULL, &server), ACTR_ECONFIG);
    options.tls_key = NULL;
    assert_int_equal(net_listen(rig.net, &options, &events, NULL, &server), ACTR_ECONFIG);
    assert_null(server);
    rig_close(&rig);
}

TEST(neither_the_network_nor_its_connections_touch_what_sigpipe_does)
{
    struct rig rig;
    trust("ca.pem");
    signal(SIGPIPE, SIG_DFL);
    rig_open(&rig);
    rig_pair(&rig, NULL, NULL);
    /* The peer resets; what is sent after that must not raise the signal. */
    for (int i = 0; i < 50; i++)
        assert_true(net_ws_send(rig.client.ws, pattern(100000)) >= 0);
    net_ws_close(rig.accepted.ws, 0, NULL);
    RIG_UNTIL(&rig, rig.client.is_closed);
    struct sigaction now;
    sigaction(SIGPIPE, NULL, &now);
    assert_true(now.sa_handler == SIG_DFL);
    rig_close(&rig);
}

/* Moves ciphertext between a bare socket and a session until its handshake is over and the client
 * has said something. */
static void shake(struct rig *rig, int fd, struct tls *tls)
{
    uint8_t cipher[4096], plain[4096];
    size_t len = 0;
    int r = TLS_MORE;
    while (r == TLS_MORE) {
        ssize_t got = recv(fd, cipher, sizeof(cipher), MSG_DONTWAIT);
        if (got > 0)
            tls_feed(tls, actr_view_of(cipher, (size_t)got));
        else
            rig_turn(rig);
        r = tls_handshake(tls);
        if (r == 0)
            r = tls_read(tls, plain, sizeof(plain), &len);
        struct actr_view out = tls_output(tls);
        rig_send(rig, fd, out.ptr, out.len);
        tls_output_done(tls, out.len);
    }
    assert_int_equal(r, 0);
    assert_true(len > 0);
}

/* An answer that ends with the connection is whole only when the server says so: anybody on the
 * way can end a TCP connection. */
static int end_with(bool want_notify)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\n\r\nhalf of it";
    struct tls_context *context;
    struct tls *tls;
    struct net_http *http;
    struct outcome outcome = {0};
    struct rig rig;
    char url[64];
    uint16_t port;
    int listener = rig_listener(&port);
    rig_open(&rig);
    assert_int_equal(
        tls_context_new_server(vector_path("server.pem"), vector_path("server.key"), &context), 0);
    assert_int_equal(tls_new(context, NULL, &tls), 0);
    snprintf(url, sizeof(url), "https://localhost:%u/", port);
    struct net_http_options options = {.url = url, .method = "GET"};
    assert_int_equal(net_http_start(rig.net, &options, on_response, &outcome, &http), 0);
    int fd = rig_accept(&rig, listener);
    shake(&rig, fd, tls);
    assert_int_equal(tls_write(tls, (const uint8_t *)answer, sizeof(answer) - 1), 0);
    if (want_notify)
        tls_close(tls);
    struct actr_view out = tls_output(tls);
    rig_send(&rig, fd, out.ptr, out.len);
    shutdown(fd, SHUT_WR);
    RIG_UNTIL(&rig, outcome.is_done);
    tls_free(tls);
    tls_context_unref(context);
    close(fd);
    close(listener);
    rig_close(&rig);
    return outcome.error;
}

TEST(an_end_without_notification_is_no_end_of_a_body)
{
    trust("ca.pem");
    assert_int_equal(end_with(true), 0);
    assert_int_equal(end_with(false), ACTR_EUNAVAILABLE);
}

/* True: nothing failed. OpenSSL's own memory is not counted. */
static bool fetch_without_memory(size_t n)
{
    char url[64];
    struct net_http *http;
    struct outcome outcome = {0};
    struct rig rig;
    rig_open(&rig);
    listen_tls(&rig, "server.pem", "server.key", (struct net_server_options){0});
    snprintf(url, sizeof(url), "https://localhost:%u/", net_server_port(rig.server));
    struct net_http_options options = {.url = url, .method = "GET", .timeout_ms = 100};
    mem_fail_at(n);
    int r = net_http_start(rig.net, &options, on_response, &outcome, &http);
    if (r == 0)
        RIG_UNTIL(&rig, outcome.is_done);
    mem_fail_at(0);
    rig_close(&rig);
    return r == 0 && outcome.error == 0;
}

TEST(memory_may_run_out_anywhere)
{
    size_t n = 1;
    trust("ca.pem");
    while (!fetch_without_memory(n))
        n++;
    assert_true(n > 12);
}
