// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Whole nodes over TLS: to the rendezvous server and to each other, with certificates made on the
 * spot; and each way in which that can be set up wrongly, with its error, while others are served.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <actr/actr.h>

#include "authority.h"
#include "base/bytes.h"
#include "harness.h"

#define TYPE "acme:Tester:1.0.0"
#define HOST "127.0.0.1"
#define HOUR 3600

/* A server over TLS, a service that listens over TLS, and a client; all in good order. */
static struct {
    struct authority authority;
    struct authority_pair good;
    struct actr_rendezvous *server;
    struct actr_node *service, *client;
    struct actr_id id;
} rig;

static void trust(const char *path)
{
    setenv("SSL_CERT_FILE", path, 1);
    setenv("SSL_CERT_DIR", "/nowhere", 1);
}

static void on_echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    actr_reply(ctx, actr_bytes_copy(request));
}

static struct actr_rendezvous *serve(const struct authority_pair *pair)
{
    struct actr_rendezvous *server = NULL;
    struct actr_rendezvous_options options = {
        .size = sizeof(options), .realm = 7, .realm_secret = "s", .log_level = ACTR_LOG_ERROR};
    if (pair) {
        options.tls_cert = pair->cert;
        options.tls_key = pair->key;
    }
    assert_int_equal(actr_rendezvous_start(&server, &options), 0);
    return server;
}

/* A node whose URLs begin with http and ws, and an s when `is_secure`; not started. pair NULL: it
 * does not listen. */
static struct actr_node *node_at(const struct actr_rendezvous *server, bool is_secure,
                                 const struct authority_pair *pair)
{
    char config[1024], listen[400] = "";
    const char *s = is_secure ? "s" : "";
    unsigned port = actr_rendezvous_port(server);
    struct actr_node *node = NULL;
    static const struct actr_node_options options = {
        .size = sizeof(options), .log_level = ACTR_LOG_ERROR, .no_webrtc = true};
    if (pair)
        snprintf(listen, sizeof(listen),
                 "[websocket]\nlisten_port = 0\nbind = \"" HOST "\"\n"
                 "tls_cert = \"%s\"\ntls_key = \"%s\"\n",
                 pair->cert, pair->key);
    snprintf(config, sizeof(config),
             "[signaling]\nurl = \"ws%s://" HOST ":%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http%s://" HOST ":%u/ais\"\n"
             "[deployment]\nrealm_id = 7\nrealm_secret = \"s\"\n%s",
             s, port, s, port, listen);
    assert_int_equal(actr_node_open_text(&node, "node", config, &options), 0);
    return node;
}

static struct actr_node *service_at(const struct actr_rendezvous *server, bool is_secure,
                                    const struct authority_pair *pair)
{
    struct actr_node *node = node_at(server, is_secure, pair);
    struct actr_workload *workload = actr_workload_new(TYPE, NULL, NULL);
    actr_workload_route(workload, "echo", on_echo, NULL);
    assert_int_equal(actr_node_use(node, workload), 0);
    return node;
}

static void rig_open(void)
{
    memset(&rig, 0, sizeof(rig));
    authority_open(&rig.authority);
    trust(rig.authority.ca);
    rig.good = authority_issue(&rig.authority, HOST, -HOUR, HOUR);
    rig.server = serve(&rig.good);
    rig.service = service_at(rig.server, true, &rig.good);
    assert_int_equal(actr_node_start(rig.service), 0);
    rig.client = node_at(rig.server, true, NULL);
    assert_int_equal(actr_node_start(rig.client), 0);
    rig.id = actr_node_id(rig.service);
}

static void rig_close(void)
{
    actr_node_close(rig.client);
    actr_node_close(rig.service);
    actr_rendezvous_stop(rig.server);
    authority_close(&rig.authority);
}

/* The good client and the good service, whatever else goes wrong. */
static void expect_served(void)
{
    struct actr_bytes reply = {0};
    struct actr_id found;
    assert_int_equal(
        actr_call_wait(rig.client, &rig.id, "echo", actr_bytes_str("hello"), NULL, &reply), 0);
    assert_int_equal(reply.len, 5);
    actr_bytes_unref(reply);
    assert_int_equal(actr_discover_one(rig.client, TYPE, &found), 0);
}

TEST(a_node_registers_signals_and_calls_over_tls)
{
    struct actr_node_stats stats = {.size = sizeof(stats)};
    struct actr_bytes reply = {0};
    uint8_t *data;
    rig_open();
    expect_served();
    struct actr_bytes large = bytes_new(3u << 20, &data);
    memset(data, 'x', 3u << 20);
    assert_int_equal(actr_call_wait(rig.client, &rig.id, "echo", large, NULL, &reply), 0);
    assert_int_equal(reply.len, 3u << 20);
    actr_bytes_unref(reply);
    assert_int_equal(actr_node_get_stats(rig.client, &stats), 0);
    assert_true(stats.signaling_up);
    assert_int_equal(stats.peers, 1);
    rig_close();
}

/* Starts a node at a server with this certificate (NULL: in the clear); it must be refused with
 * exactly this text, behind the address unless the server has answered, while others are served. */
static void refuse_start(const struct authority_pair *pair, bool is_secure, const char *why)
{
    char text[512];
    struct actr_rendezvous *server = serve(pair);
    struct actr_node *node = node_at(server, is_secure, NULL);
    assert_int_equal(actr_node_start(node), ACTR_ECONFIG);
    snprintf(text, sizeof(text), HOST " port %u: %s", actr_rendezvous_port(server), why);
    assert_string_equal(actr_errmsg(), strstr(why, "HTTP") == why ? why : text);
    assert_int_equal(actr_node_get_state(node), ACTR_NODE_OPEN);
    expect_served();
    actr_node_close(node);
    actr_rendezvous_stop(server);
}

TEST(a_server_of_an_unknown_authority_ends_the_start)
{
    struct authority stranger;
    rig_open();
    authority_open(&stranger);
    struct authority_pair pair = authority_issue(&stranger, HOST, -HOUR, HOUR);
    refuse_start(&pair, true,
                 "tls: certificate: unable to get local issuer certificate; "
                 "trust its authority by SSL_CERT_FILE");
    authority_close(&stranger);
    rig_close();
}

TEST(a_server_with_an_expired_certificate_ends_the_start)
{
    rig_open();
    struct authority_pair pair = authority_issue(&rig.authority, HOST, -2 * HOUR, -HOUR);
    refuse_start(&pair, true,
                 "tls: certificate: certificate has expired; "
                 "renew it, or set the clock");
    rig_close();
}

TEST(a_server_with_a_certificate_of_tomorrow_ends_the_start)
{
    rig_open();
    struct authority_pair pair = authority_issue(&rig.authority, HOST, 24 * HOUR, 48 * HOUR);
    refuse_start(&pair, true,
                 "tls: certificate: certificate is not yet valid; "
                 "renew it, or set the clock");
    rig_close();
}

TEST(a_server_with_a_certificate_for_another_host_ends_the_start)
{
    rig_open();
    struct authority_pair pair = authority_issue(&rig.authority, "other.example", -HOUR, HOUR);
    refuse_start(&pair, true, "tls: certificate: IP address mismatch; use a name that is in it");
    rig_close();
}

TEST(a_plain_node_at_a_tls_server_is_told_so)
{
    rig_open();
    refuse_start(&rig.good, false,
                 "HTTP status 426: the identity service speaks TLS; "
                 "write https:// in ais_endpoint.url");
    rig_close();
}

TEST(a_tls_node_at_a_plain_server_is_told_so)
{
    rig_open();
    refuse_start(NULL, true, "tls: the server does not speak TLS; write http:// or ws://");
    rig_close();
}

/* Registered well, and then the signaling socket is another server's, of no good. */
TEST(a_signaling_server_of_an_unknown_authority_ends_the_start)
{
    char config[512], text[256];
    struct authority stranger;
    struct actr_node *node = NULL;
    rig_open();
    authority_open(&stranger);
    struct authority_pair pair = authority_issue(&stranger, HOST, -HOUR, HOUR);
    struct actr_rendezvous *other = serve(&pair);
    snprintf(config, sizeof(config),
             "[signaling]\nurl = \"wss://" HOST ":%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"https://" HOST ":%u/ais\"\n"
             "[deployment]\nrealm_id = 7\nrealm_secret = \"s\"\n",
             actr_rendezvous_port(other), actr_rendezvous_port(rig.server));
    assert_int_equal(actr_node_open_text(&node, "node", config, NULL), 0);
    assert_int_equal(actr_node_start(node), ACTR_ECONFIG);
    snprintf(text, sizeof(text),
             HOST " port %u: tls: certificate: unable to get local issuer certificate; trust its "
                  "authority by SSL_CERT_FILE",
             actr_rendezvous_port(other));
    assert_string_equal(actr_errmsg(), text);
    expect_served();
    actr_node_close(node);
    actr_rendezvous_stop(other);
    authority_close(&stranger);
    rig_close();
}

/* A service with this certificate registers well, and the good client cannot reach it. */
static void refuse_call(const struct authority_pair *pair, const char *why)
{
    char text[512];
    struct actr_bytes reply = {0};
    struct actr_node *node = service_at(rig.server, true, pair);
    assert_int_equal(actr_node_start(node), 0);
    struct actr_id id = actr_node_id(node);
    assert_int_equal(actr_call_wait(rig.client, &id, "echo", actr_bytes_str("x"), NULL, &reply),
                     ACTR_ECONFIG);
    snprintf(text, sizeof(text), HOST " port %u: tls: certificate: %s", actr_node_ws_port(node),
             why);
    assert_string_equal(actr_errmsg(), text);
    expect_served();
    actr_node_close(node);
}

TEST(a_peer_of_an_unknown_authority_is_not_called)
{
    struct authority stranger;
    rig_open();
    authority_open(&stranger);
    struct authority_pair pair = authority_issue(&stranger, HOST, -HOUR, HOUR);
    refuse_call(&pair,
                "unable to get local issuer certificate; trust its authority by SSL_CERT_FILE");
    authority_close(&stranger);
    rig_close();
}

TEST(a_peer_with_an_expired_certificate_is_not_called)
{
    rig_open();
    struct authority_pair pair = authority_issue(&rig.authority, HOST, -2 * HOUR, -HOUR);
    refuse_call(&pair, "certificate has expired; renew it, or set the clock");
    rig_close();
}

TEST(a_peer_with_a_certificate_for_another_host_is_not_called)
{
    rig_open();
    struct authority_pair pair = authority_issue(&rig.authority, "other.example", -HOUR, HOUR);
    refuse_call(&pair, "IP address mismatch; use a name that is in it");
    rig_close();
}

/* What a port says to `text`, until it hangs up. */
static void say(uint16_t port, const void *text, size_t len, char *buf, size_t cap)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    size_t got = 0;
    ssize_t n;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
    while ((n = recv(fd, buf + got, cap - 1 - got, 0)) > 0)
        got += (size_t)n;
    buf[got] = '\0';
    close(fd);
}

TEST(a_plain_peer_at_a_tls_listener_is_told_so)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    char buf[512];
    rig_open();
    say(actr_node_ws_port(rig.service), request, sizeof(request) - 1, buf, sizeof(buf));
    assert_ptr_equal(strstr(buf, "HTTP/1.1 426 "), buf);
    expect_served();
    rig_close();
}

TEST(a_tls_peer_at_a_plain_listener_is_refused)
{
    static const char hello[] = "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\r\n\r\n";
    char buf[512], config[512];
    struct actr_node *plain = NULL;
    rig_open();
    snprintf(config, sizeof(config),
             "[signaling]\nurl = \"wss://" HOST ":%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"https://" HOST ":%u/ais\"\n"
             "[deployment]\nrealm_id = 7\nrealm_secret = \"s\"\n"
             "[websocket]\nlisten_port = 0\nbind = \"" HOST "\"\n",
             actr_rendezvous_port(rig.server), actr_rendezvous_port(rig.server));
    assert_int_equal(actr_node_open_text(&plain, "plain", config, NULL), 0);
    assert_int_equal(actr_node_start(plain), 0);
    say(actr_node_ws_port(plain), hello, sizeof(hello) - 1, buf, sizeof(buf));
    assert_ptr_equal(strstr(buf, "HTTP/1.1 400 "), buf);
    expect_served();
    actr_node_close(plain);
    rig_close();
}

TEST(a_listener_without_its_certificate_ends_the_start)
{
    struct authority_pair pair;
    char text[256];
    rig_open();
    pair = rig.good;
    snprintf(pair.key, sizeof(pair.key), "%s/nowhere.key", rig.authority.dir);
    struct actr_node *node = service_at(rig.server, true, &pair);
    assert_int_equal(actr_node_start(node), ACTR_ECONFIG);
    snprintf(text, sizeof(text), "tls: %s: No such file or directory", pair.key);
    assert_string_equal(actr_errmsg(), text);
    expect_served();
    actr_node_close(node);
    rig_close();
}
