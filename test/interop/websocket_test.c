// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Our WebSockets against those of a foreign stack (peer.h): each of these in both roles, and what
 * is said of messages and closing also over TLS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "peer.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define MIB ((size_t)1 << 20)

enum side { PEER_DIALS, WE_DIAL };

static struct rig rig;
static struct peer peer;
static struct rig_end *end; /* ours */
static char tls_cert[512], tls_key[512];

static void tls_files(void)
{
    const char *root = getenv("ACTR_TEST_VECTORS");
    char ca[512];
    snprintf(ca, sizeof(ca), "%s/tls/ca.pem", root);
    snprintf(tls_cert, sizeof(tls_cert), "%s/tls/server.pem", root);
    snprintf(tls_key, sizeof(tls_key), "%s/tls/server.key", root);
    setenv("SSL_CERT_FILE", ca, 1);
}

static void open_all(void)
{
    tls_files();
    rig_open(&rig);
    peer_start(&peer, &rig);
}

static void close_all(void)
{
    rig_close(&rig);
    peer_end(&peer);
}

/* limits: for the connections; NULL: the defaults. */
static void listen_for_peer(bool tls, const struct net_ws_options *limits)
{
    struct net_server_options options = {0};
    if (limits)
        options.ws = *limits;
    if (tls) {
        options.tls_cert = tls_cert;
        options.tls_key = tls_key;
    }
    rig_listen(&rig, &options);
    end = &rig.accepted;
}

static unsigned peer_serve(bool tls)
{
    unsigned port = 0;
    if (tls)
        peer_say(&peer, "serve %s %s", tls_cert, tls_key);
    else
        peer_say(&peer, "serve");
    assert_int_equal(sscanf(peer_hear(&peer), "port %u", &port), 1);
    return port;
}

static void dial_peer(bool tls, unsigned port, const struct net_ws_options *limits)
{
    static const struct net_header headers[] = {{"x-interop", "actr"}};
    char url[128];
    struct net_ws_options options = {0};
    if (limits)
        options = *limits;
    options.url = url;
    options.headers = headers;
    options.header_count = 1;
    snprintf(url, sizeof(url), "%s://127.0.0.1:%u/a/path?q=1", tls ? "wss" : "ws", port);
    end = &rig.client;
    rig_end_deinit(end);
    assert_int_equal(net_ws_dial(rig.net, &options, &rig_end_events, end, &end->ws), 0);
}

/* A connection, our end of it in `end`. */
static void connect_limited(enum side side, bool tls, const struct net_ws_options *limits)
{
    if (side == PEER_DIALS) {
        listen_for_peer(tls, limits);
        peer_say(&peer, "dial %s", rig_url(&rig, tls ? "wss" : "ws", "/a/path?q=1"));
        peer_expect(&peer, "open - -");
    } else {
        dial_peer(tls, peer_serve(tls), limits);
        peer_expect(&peer, "open /a/path?q=1 actr -");
    }
    RIG_UNTIL(&rig, end->is_open);
}

static void connect_peer(enum side side, bool tls)
{
    open_all();
    connect_limited(side, tls, NULL);
}

static void close_peer(void)
{
    peer_say(&peer, "close 1000 bye");
    RIG_UNTIL(&rig, end->is_closed);
    assert_int_equal(end->cause, NET_CLOSED);
    assert_int_equal(end->code, 1000);
    assert_string_equal(end->detail, "bye");
    close_all();
}

/* ---- Messages ---- */

/* What the peer sends arrives whole and as it was. */
static void receive_message(bool is_text, size_t len, unsigned fragments)
{
    size_t before = end->message_count, texts = end->text_count;
    struct actr_bytes wanted = peer_pattern(is_text, len);
    peer_say(&peer, "send %s %zu %u", is_text ? "text" : "binary", len, fragments);
    RIG_UNTIL(&rig, end->message_count > before || end->is_closed);
    assert_int_equal(end->message_count, before + 1);
    assert_int_equal(end->text_count, texts + is_text);
    assert_true(view_equal(actr_bytes_view(end->messages[before]), actr_bytes_view(wanted)));
    actr_bytes_unref(wanted);
}

static void send_message(size_t len)
{
    assert_int_equal(net_ws_send(end->ws, peer_pattern(false, len)), 0);
    peer_expect(&peer, "message binary %zu ok", len);
}

static void messages(enum side side, bool tls)
{
    static const size_t lens[] = {0, 1, 125, 126, 65535, 65536, MIB};
    connect_peer(side, tls);
    for (size_t i = 0; i < COUNT_OF(lens); i++) {
        send_message(lens[i]);
        receive_message(false, lens[i], 1);
        receive_message(true, lens[i], 1);
        if (lens[i] >= 125) {
            receive_message(false, lens[i], 3);
            receive_message(true, lens[i], 5);
        }
    }
    close_peer();
}

TEST(messages_with_a_foreign_client)
{
    messages(PEER_DIALS, false);
}

TEST(messages_with_a_foreign_client_over_tls)
{
    messages(PEER_DIALS, true);
}

TEST(messages_with_a_foreign_server)
{
    messages(WE_DIAL, false);
}

TEST(messages_with_a_foreign_server_over_tls)
{
    messages(WE_DIAL, true);
}

static void ping_both_ways(enum side side)
{
    static const struct net_ws_options limits = {.ping_interval_ms = 20};
    open_all();
    connect_limited(side, false, &limits);
    peer_say(&peer, "ping are-you-there");
    peer_expect(&peer, "pong are-you-there");
    RIG_UNTIL(&rig, end->pong_count > 2); /* ours, of the keepalive */
    send_message(1);
    close_peer();
}

TEST(pings_are_answered_both_ways)
{
    ping_both_ways(PEER_DIALS);
    ping_both_ways(WE_DIAL);
}

/* ---- Closing ---- */

static const unsigned codes[] = {1000, 1001, 1008, 1009, 1011, 3000, 4999};

/* The connection number i of those that end with codes[i / 2]. */
static void connect_next(size_t i)
{
    if (i > 0) {
        rig_close(&rig);
        rig_open(&rig);
    }
    connect_limited(i % 2 ? WE_DIAL : PEER_DIALS, i % 4 > 1, NULL);
}

TEST(the_peer_closes)
{
    open_all();
    for (size_t i = 0; i < 2 * COUNT_OF(codes); i++) {
        connect_next(i);
        peer_say(&peer, "close %u because of it", codes[i / 2]);
        RIG_UNTIL(&rig, end->is_closed);
        assert_int_equal(end->cause, NET_CLOSED);
        assert_int_equal(end->code, codes[i / 2]);
        assert_string_equal(end->detail, "because of it");
        (void)peer_hear(&peer); /* that it has ended */
    }
    close_all();
}

TEST(we_close)
{
    open_all();
    for (size_t i = 0; i < 2 * COUNT_OF(codes); i++) {
        connect_next(i);
        assert_int_equal(net_ws_send(end->ws, peer_pattern(false, 100000)), 0);
        net_ws_close(end->ws, (uint16_t)codes[i / 2], "because of it");
        peer_expect(&peer, "message binary 100000 ok"); /* what was queued leaves first */
        peer_expect(&peer, "closed %u because of it", codes[i / 2]);
        RIG_UNTIL(&rig, end->is_closed);
        assert_int_equal(end->cause, NET_CLOSED);
    }
    close_all();
}

static void too_large(enum side side)
{
    static const struct net_ws_options limits = {.message_len_max = 1000};
    open_all();
    connect_limited(side, false, &limits);
    receive_message(false, 1000, 1);
    receive_message(false, 1000, 2);
    peer_say(&peer, "send binary 1001 2");
    const char *said = peer_hear(&peer);
    if (strncmp(said, "closed 1009 ", 12) != 0)
        fail_msg("the peer said '%s'", said);
    RIG_UNTIL(&rig, end->is_closed);
    assert_int_equal(end->cause, NET_PROTOCOL_ERROR);
    assert_int_equal(end->code, 1009);
    close_all();
}

TEST(a_message_over_the_limit_is_answered_with_1009)
{
    too_large(PEER_DIALS);
    too_large(WE_DIAL);
}

TEST(a_peer_that_dies_is_lost)
{
    for (int side = 0; side < 2; side++) {
        connect_peer((enum side)side, side);
        peer_end(&peer); /* as it has no more to obey */
        RIG_UNTIL(&rig, end->is_closed);
        assert_true(end->cause == NET_LOST || end->cause == NET_CLOSED);
        rig_close(&rig);
    }
}

/* ---- The opening handshake ---- */

TEST(what_a_foreign_client_says_in_its_request_arrives)
{
    open_all();
    listen_for_peer(false, NULL);
    rig.watch_header = "x-interop";
    peer_say(&peer, "dial %s", rig_url(&rig, "ws", "/a/path?q=%2F&r"));
    peer_expect(&peer, "open - -");
    RIG_UNTIL(&rig, end->is_open);
    assert_string_equal(rig.method, "GET");
    assert_string_equal(rig.path, "/a/path");
    assert_string_equal(rig.query, "q=%2F&r");
    assert_string_equal(rig.peer, "127.0.0.1");
    assert_true(strstr(getenv("ACTR_PEER"), rig.header) != NULL); /* its name */
    close_peer();
}

TEST(compression_and_subprotocols_are_declined)
{
    open_all();
    listen_for_peer(false, NULL);
    rig.watch_header = "sec-websocket-extensions";
    peer_say(&peer, "dial %s deflate protocol=interop", rig_url(&rig, "ws", "/"));
    peer_expect(&peer, "open - -");
    RIG_UNTIL(&rig, end->is_open);
    assert_non_null(strstr(rig.header, "permessage-deflate"));
    send_message(MIB);
    receive_message(true, MIB, 1);
    close_peer();
}

TEST(a_foreign_client_is_refused)
{
    static const unsigned statuses[] = {401, 403, 404, 503};
    open_all();
    listen_for_peer(false, NULL);
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        rig.upgrade_status = statuses[i];
        peer_say(&peer, "dial %s", rig_url(&rig, "ws", "/"));
        peer_expect(&peer, "refused %u", statuses[i]);
    }
    rig.upgrade_status = 101; /* the server goes on */
    peer_say(&peer, "dial %s", rig_url(&rig, "ws", "/"));
    peer_expect(&peer, "open - -");
    RIG_UNTIL(&rig, end->is_open);
    close_peer();
}

TEST(a_foreign_server_refuses)
{
    static const unsigned statuses[] = {401, 403, 404, 503};
    open_all();
    unsigned port = peer_serve(false);
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        peer_say(&peer, "refuse %u", statuses[i]);
        peer_expect(&peer, "refusing %u", statuses[i]);
        dial_peer(false, port, NULL);
        RIG_UNTIL(&rig, end->is_closed);
        assert_int_equal(end->cause, NET_REJECTED);
        assert_int_equal(end->code, statuses[i]);
    }
    close_all();
}
