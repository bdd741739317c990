// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The opening of a WebSocket: from the URL to the 101, and all the ways in which it fails. */
#include "net/dial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <actr/error.h>

#include "harness.h"
#include "rig.h"

TEST(path_query_and_headers_arrive_byte_for_byte)
{
    static const struct net_header headers[] = {{"x-actr-source-id", "0a1b2c"}};
    struct net_ws_options options = {.headers = headers, .header_count = 1};
    struct rig rig;
    rig_open(&rig);
    rig.watch_header = "x-actr-source-id";
    rig_listen(&rig, NULL);
    rig_dial(&rig, "/a%20b/../c//d?x=%2B+%41&&y=%26=", &options);
    RIG_UNTIL(&rig, rig.client.is_open);
    assert_string_equal(rig.method, "GET");
    assert_string_equal(rig.path, "/a%20b/../c//d");
    assert_string_equal(rig.query, "x=%2B+%41&&y=%26=");
    assert_string_equal(rig.header, "0a1b2c");
    assert_string_equal(rig.peer, "127.0.0.1");
    rig_close(&rig);
}

TEST(a_credential_of_eight_kilobytes_fits)
{
    static char credential[8193];
    memset(credential, 'c', sizeof(credential) - 1);
    const struct net_header headers[] = {{"x-actr-credential", credential}};
    struct net_ws_options options = {.headers = headers, .header_count = 1};
    struct rig rig;
    rig_open(&rig);
    rig.watch_header = "x-actr-credential";
    rig_pair(&rig, NULL, &options);
    assert_string_equal(rig.header, credential);
    rig_close(&rig);
}

TEST(the_client_sees_the_status_that_refused_it)
{
    static const unsigned statuses[] = {401, 403, 404, 429, 503};
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        struct rig rig;
        rig_open(&rig);
        rig_listen(&rig, NULL);
        rig.upgrade_status = statuses[i];
        rig_dial(&rig, "/", NULL);
        RIG_UNTIL(&rig, rig.client.is_closed);
        assert_false(rig.client.is_open);
        assert_int_equal(rig.client.cause, NET_REJECTED);
        assert_int_equal(rig.client.code, statuses[i]);
        rig_close(&rig);
    }
}

TEST(urls_and_headers_that_cannot_be_are_refused_at_once)
{
    static const char *const urls[] = {"http://127.0.0.1/", "ws://", "nonsense",
                                       "ws://user:pw@host/", "ws://host:0/"};
    static const struct net_header bad[] = {{"x-id", "a\r\nb: c"}, {"x id", "a"}, {"", "a"}};
    struct rig rig;
    struct net_ws_options options = {0};
    rig_open(&rig);
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        options.url = urls[i];
        assert_int_equal(
            net_ws_dial(rig.net, &options, &rig_end_events, &rig.client, &rig.client.ws),
            ACTR_EINVALID);
    }
    options.url = "ws://127.0.0.1:1/";
    options.header_count = 1;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        options.headers = &bad[i];
        assert_int_equal(
            net_ws_dial(rig.net, &options, &rig_end_events, &rig.client, &rig.client.ws),
            ACTR_EINVALID);
    }
    assert_null(rig.client.ws);
    rig_close(&rig);
}

TEST(nobody_listening_is_refused_and_not_within_the_call)
{
    struct rig rig;
    struct net_ws_options options = {0};
    rig_open(&rig);
    rig_listen(&rig, NULL);
    char url[64];
    snprintf(url, sizeof(url), "%s", rig_url(&rig, "ws", "/"));
    net_server_close(rig.server);
    RIG_UNTIL(&rig, rig.is_server_closed);
    options.url = url;
    assert_int_equal(net_ws_dial(rig.net, &options, &rig_end_events, &rig.client, &rig.client.ws),
                     0);
    assert_false(rig.client.is_closed);
    RIG_UNTIL(&rig, rig.client.is_closed);
    assert_int_equal(rig.client.cause, NET_REFUSED);
    assert_non_null(strstr(rig.client.detail, ": connection refused"));
    rig_close(&rig);
}

static void expect_reached(struct rig *rig, const char *host)
{
    struct net_ws_options options = {0};
    char url[64];
    snprintf(url, sizeof(url), "ws://%s:%u/", host, net_server_port(rig->server));
    options.url = url;
    rig->client = (struct rig_end){0};
    assert_int_equal(
        net_ws_dial(rig->net, &options, &rig_end_events, &rig->client, &rig->client.ws), 0);
    RIG_UNTIL(rig, rig->client.is_open || rig->client.is_closed);
    assert_string_equal(rig->client.detail, "");
    net_ws_close(rig->client.ws, 0, NULL);
    RIG_UNTIL(rig, rig->client.is_closed);
}

/* Both are the resolver's to say, and neither makes it ask anybody. */
TEST(a_name_is_looked_up_and_an_unknown_one_is_refused)
{
    struct rig rig;
    struct net_ws_options options = {.url = "ws://not..a.name/"};
    rig_open(&rig);
    rig_listen(&rig, NULL);
    expect_reached(&rig, "127.1");

    rig.client = (struct rig_end){0};
    assert_int_equal(net_ws_dial(rig.net, &options, &rig_end_events, &rig.client, &rig.client.ws),
                     0);
    RIG_UNTIL(&rig, rig.client.is_closed);
    assert_int_equal(rig.client.cause, NET_REFUSED);
    assert_true(strlen(rig.client.detail) > 0);
    rig_close(&rig);
}

TEST(localhost_is_this_machine_whatever_a_resolver_says)
{
    const struct net_server_options v6 = {.host = "::1"};
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    expect_reached(&rig, "localhost");
    expect_reached(&rig, "LocalHost");
    expect_reached(&rig, "no-hosts-file-has-this.localhost");
    rig_close(&rig);
    rig_open(&rig);
    rig_listen(&rig, &v6);
    expect_reached(&rig, "localhost");
    rig_close(&rig);
}

TEST(an_ipv6_address_in_a_url_is_dialed)
{
    struct rig rig;
    struct net_server_options server = {.host = "::1"};
    struct net_ws_options options = {0};
    char url[128], host[64];
    rig_open(&rig);
    rig.watch_header = "host";
    rig_listen(&rig, &server);
    snprintf(host, sizeof(host), "[::1]:%u", net_server_port(rig.server));
    snprintf(url, sizeof(url), "ws://%s", host);
    options.url = url;
    assert_int_equal(net_ws_dial(rig.net, &options, &rig_end_events, &rig.client, &rig.client.ws),
                     0);
    RIG_UNTIL(&rig, rig.client.is_open);
    assert_string_equal(rig.header, host);
    assert_string_equal(rig.peer, "::1");
    assert_string_equal(rig.path, "/");
    rig_close(&rig);
}

TEST(a_dial_given_up_while_its_name_is_looked_up_leaves_nothing_behind)
{
    struct rig rig;
    struct net_ws_options options = {.url = "ws://name.invalid/"};
    rig_open(&rig);
    rig_hold_resolver(&rig);
    assert_int_equal(net_ws_dial(rig.net, &options, &rig_end_events, &rig.client, &rig.client.ws),
                     0);
    rig_settle(&rig); /* the resolver has it */
    net_ws_close(rig.client.ws, 1000, NULL);
    RIG_UNTIL(&rig, rig.client.is_closed);
    rig_let_resolver(&rig);
    assert_int_equal(rig.client.cause, NET_CLOSED);
    rig_close(&rig);
}

TEST(a_server_that_never_answers_the_upgrade_is_given_up)
{
    struct rig rig;
    struct net_ws_options options = {.connect_timeout_ms = 30};
    rig_open(&rig);
    char url[64];
    uint16_t port;
    int fd = rig_listener(&port); /* its connections are never accepted */
    snprintf(url, sizeof(url), "ws://127.0.0.1:%u/", port);
    options.url = url;
    assert_int_equal(net_ws_dial(rig.net, &options, &rig_end_events, &rig.client, &rig.client.ws),
                     0);
    RIG_UNTIL(&rig, rig.client.is_closed);
    assert_int_equal(rig.client.cause, NET_TIMEOUT);
    /* By a reset, after which the system sends no more of the upgrade. */
    int late = accept(fd, NULL, NULL);
    char buf[4096];
    ssize_t n;
    assert_true(late >= 0);
    do
        n = recv(late, buf, sizeof(buf), 0);
    while (n > 0);
    assert_int_equal(n, -1);
    assert_int_equal(errno, ECONNRESET);
    close(late);
    close(fd);
    rig_close(&rig);
}
