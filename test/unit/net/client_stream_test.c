// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "net/client_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "rig.h"

struct end {
    struct net_stream *stream;
    unsigned opened, lost;
    int code;
    char detail[160];
    size_t len;
    char data[4096];
    bool closes; /* at its next event */
};

static void end_event(struct end *end)
{
    if (end->closes)
        end->stream = net_stream_close(end->stream);
    end->closes = false;
}

static void on_open(void *user)
{
    struct end *end = user;
    end->opened++;
    end_event(end);
}

static void on_data(void *user, struct actr_view data)
{
    struct end *end = user;
    assert_true(end->len + data.len < sizeof(end->data));
    memcpy(end->data + end->len, data.ptr, data.len);
    end->len += data.len;
    end_event(end);
}

static void on_lost(void *user, int code, const char *detail)
{
    struct end *end = user;
    end->lost++;
    end->code = code;
    snprintf(end->detail, sizeof(end->detail), "%s", detail);
    end_event(end);
}

static const struct net_stream_events events = {on_open, on_data, on_lost};

static void dial(struct rig *rig, struct end *end, struct net_stream_options options)
{
    *end = (struct end){0};
    if (!options.host)
        options.host = "127.0.0.1";
    assert_int_equal(net_stream_dial(rig->net, &options, &events, end, &end->stream), 0);
    assert_int_equal(end->opened + end->lost, 0);
}

TEST(bytes_go_both_ways_until_the_far_end_closes)
{
    struct rig rig;
    struct end end;
    uint16_t port;
    char buf[8];
    rig_open(&rig);
    int listener = rig_listener(&port);
    dial(&rig, &end, (struct net_stream_options){.port = port, .protocol = "not.tls"});
    int fd = rig_accept(&rig, listener);
    RIG_UNTIL(&rig, end.opened == 1);
    assert_int_equal(net_stream_send(end.stream, actr_bytes_str("hello")), 0);
    assert_int_equal(net_stream_queued(end.stream), 5);
    rig_receive(&rig, fd, buf, 5);
    assert_memory_equal(buf, "hello", 5);
    assert_int_equal(net_stream_queued(end.stream), 0);
    rig_send_text(&rig, fd, "back");
    RIG_UNTIL(&rig, end.len == 4);
    assert_memory_equal(end.data, "back", 4);
    close(fd);
    RIG_UNTIL(&rig, end.lost == 1);
    assert_int_equal(end.code, ACTR_EUNAVAILABLE);
    assert_null(net_stream_close(end.stream));
    assert_null(net_stream_close(NULL));
    close(listener);
    rig_close(&rig);
}

TEST(nothing_is_sent_before_it_is_open)
{
    struct rig rig;
    struct end end;
    uint16_t port;
    rig_open(&rig);
    int listener = rig_listener(&port);
    dial(&rig, &end, (struct net_stream_options){.port = port});
    assert_int_equal(net_stream_send(end.stream, actr_bytes_str("early")), ACTR_ESTATE);
    assert_int_equal(net_stream_queued(end.stream), 0);
    net_stream_close(end.stream); /* while it dials */
    rig_settle(&rig);
    assert_int_equal(end.opened + end.lost, 0);
    close(listener);
    rig_close(&rig);
}

TEST(who_cannot_be_reached_is_told_with_host_and_port)
{
    struct rig rig;
    struct end end;
    uint16_t port;
    char text[64];
    rig_open(&rig);
    close(rig_listener(&port));
    dial(&rig, &end, (struct net_stream_options){.port = port});
    end.closes = true;
    RIG_UNTIL(&rig, end.lost == 1);
    assert_null(end.stream);
    assert_int_equal(end.code, ACTR_EUNAVAILABLE);
    snprintf(text, sizeof(text), "127.0.0.1 port %u: ", port);
    assert_memory_equal(end.detail, text, strlen(text));
    rig_close(&rig);
}

TEST(an_event_may_close_it)
{
    struct rig rig;
    struct end end;
    uint16_t port;
    rig_open(&rig);
    int listener = rig_listener(&port);
    dial(&rig, &end, (struct net_stream_options){.port = port});
    end.closes = true;
    int fd = rig_accept(&rig, listener);
    RIG_UNTIL(&rig, end.opened == 1);
    assert_null(end.stream);
    close(fd);
    dial(&rig, &end, (struct net_stream_options){.port = port});
    fd = rig_accept(&rig, listener);
    RIG_UNTIL(&rig, end.opened == 1);
    end.closes = true;
    rig_send_text(&rig, fd, "x");
    RIG_UNTIL(&rig, !end.stream);
    rig_settle(&rig);
    assert_int_equal(end.lost, 0);
    close(fd);
    close(listener);
    rig_close(&rig);
}

static const char *vector_path(char path[512], const char *name)
{
    snprintf(path, 512, "%s/tls/%s", getenv("ACTR_TEST_VECTORS"), name);
    return path;
}

/* A server for HTTP over TLS: it takes no other protocol. */
static void listen_tls(struct rig *rig, const char *authority)
{
    char cert[512], key[512], trust[512];
    setenv("SSL_CERT_FILE", vector_path(trust, authority), 1);
    setenv("SSL_CERT_DIR", "/nowhere", 1);
    struct net_server_options options = {.tls_cert = vector_path(cert, "server.pem"),
                                         .tls_key = vector_path(key, "server.key")};
    rig_open(rig);
    rig_listen(rig, &options);
}

TEST(tls_carries_it_and_knows_whom_to_believe)
{
    struct rig rig;
    struct end end;
    struct net_stream_options options = {.is_secure = true};
    listen_tls(&rig, "ca.pem");
    options.port = net_server_port(rig.server);
    dial(&rig, &end, options);
    RIG_UNTIL(&rig, end.opened == 1);
    assert_int_equal(
        net_stream_send(end.stream, actr_bytes_str("GET /path HTTP/1.1\r\nHost: x\r\n\r\n")), 0);
    RIG_UNTIL(&rig, end.len > 12);
    assert_memory_equal(end.data, "HTTP/1.1 200", 12);
    net_stream_close(end.stream);
    rig_close(&rig);

    listen_tls(&rig, "other.pem");
    options.port = net_server_port(rig.server);
    dial(&rig, &end, options);
    RIG_UNTIL(&rig, end.lost == 1);
    assert_int_equal(end.code, ACTR_ECONFIG);
    net_stream_close(end.stream);
    rig_close(&rig);
}

TEST(a_certificate_may_have_to_name_another_than_the_host)
{
    struct rig rig;
    struct end end;
    struct net_stream_options options = {.is_secure = true, .name = "localhost"};
    listen_tls(&rig, "ca.pem");
    options.port = net_server_port(rig.server);
    dial(&rig, &end, options);
    RIG_UNTIL(&rig, end.opened == 1);
    net_stream_close(end.stream);
    options.name = "nobody.test";
    dial(&rig, &end, options);
    RIG_UNTIL(&rig, end.lost == 1);
    assert_int_equal(end.opened, 0);
    assert_int_equal(end.code, ACTR_ECONFIG);
    net_stream_close(end.stream);
    rig_close(&rig);
}

TEST(the_protocol_is_offered_to_the_server)
{
    struct rig rig;
    struct end end;
    struct net_stream_options options = {.is_secure = true, .protocol = "stun.turn"};
    listen_tls(&rig, "ca.pem");
    options.port = net_server_port(rig.server);
    dial(&rig, &end, options);
    RIG_UNTIL(&rig, end.lost == 1);
    assert_int_equal(end.opened, 0);
    assert_non_null(strstr(end.detail, "protocol"));
    net_stream_close(end.stream);
    options.protocol = "http/1.1";
    dial(&rig, &end, options);
    RIG_UNTIL(&rig, end.opened == 1);
    net_stream_close(end.stream);
    rig_close(&rig);
}
