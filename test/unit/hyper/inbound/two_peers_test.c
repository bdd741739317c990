// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Two peers over real sockets: every layer from the gate to the socket and up to the mailbox. */
#include <dirent.h>

#include "hyper/inbound/side.h"
#include "net/http.h"

struct pair {
    struct loop *loop;
    struct net *net;
    struct side a, b;
};

static void pair_open(struct pair *pair, const struct mailbox_limits *limits)
{
    assert_int_equal(loop_uv_new(&pair->loop), 0);
    assert_int_equal(socket_net_new(pair->loop, &pair->net), 0);
    side_open(&pair->a, pair->loop, pair->net, 1, limits);
    side_open(&pair->b, pair->loop, pair->net, 2, limits);
    side_listen(&pair->a);
    side_listen(&pair->b);
    side_knows(&pair->a, &pair->b);
    side_knows(&pair->b, &pair->a);
}

static void pair_close(struct pair *pair)
{
    side_close(&pair->a);
    side_close(&pair->b);
    socket_net_free(pair->net);
    loop_uv_close(pair->loop);
}

TEST(two_peers_echo_envelopes_both_ways)
{
    struct pair pair;
    pair_open(&pair, NULL);
    for (int i = 0; i < 100; i++) {
        side_echo(&pair.a, &pair.b, "from a");
        side_echo(&pair.b, &pair.a, "from b");
    }
    assert_int_equal(pair.b.handled, 100);
    assert_int_equal(pair.a.handled, 100);
    assert_int_equal(peer_transport_get_stats(pair.a.transport).dials, 1);
    assert_int_equal(peer_transport_get_stats(pair.a.transport).wires, 2);
    /* The listener's Pong came before any repeat was due. */
    assert_int_equal(peer_gate_get_stats(pair.a.gate).resends, 0);
    pair_close(&pair);
}

TEST(many_requests_at_once_are_all_answered)
{
    enum { COUNT = 2000 };
    static struct side_ask asks[COUNT];
    struct pair pair;
    pair_open(&pair, NULL);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(
            side_ask(&pair.a, &pair.b, &asks[i], actr_bytes_copy(actr_view_of(&i, sizeof(i)))), 0);
    for (uint32_t i = 0; i < COUNT; i++) {
        SIDE_UNTIL(&pair.a, asks[i].is_ended);
        assert_int_equal(asks[i].code, 0);
        assert_memory_equal(asks[i].reply.ptr, &i, sizeof(i));
        actr_bytes_unref(asks[i].reply);
    }
    pair_close(&pair);
}

TEST(a_large_message_comes_through_whole)
{
    struct pair pair;
    struct side_ask ask;
    uint8_t *data;
    size_t len = (16u << 20) - 200;
    pair_open(&pair, NULL);
    struct actr_bytes payload = bytes_new(len, &data);
    uint64_t state = 42;
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)harness_random(&state);
    AUTO_BYTES struct actr_bytes kept = actr_bytes_ref(payload);
    assert_int_equal(side_ask(&pair.a, &pair.b, &ask, payload), 0);
    SIDE_UNTIL(&pair.a, ask.is_ended);
    assert_int_equal(ask.code, 0);
    assert_true(view_equal(actr_bytes_view(ask.reply), actr_bytes_view(kept)));
    actr_bytes_unref(ask.reply);
    pair_close(&pair);
}

TEST(a_peer_without_a_genuine_credential_hears_why)
{
    struct pair pair;
    struct side_ask ask;
    pair_open(&pair, NULL);
    pair.a.credential = "stolen";
    assert_int_equal(side_ask(&pair.a, &pair.b, &ask, actr_bytes_str("x")), 0);
    SIDE_UNTIL(&pair.a, ask.is_ended);
    assert_int_equal(ask.code, ACTR_EPERMISSION);
    assert_non_null(strstr(ask.message, "the credential is not genuine"));
    assert_int_equal(pair.b.handled, 0);
    assert_int_equal(peer_transport_get_stats(pair.a.transport).dials, 1); /* final */
    side_echo(&pair.b, &pair.a, "the other way");
    pair_close(&pair);
}

TEST(an_address_where_nobody_listens_fails_fast)
{
    struct pair pair;
    struct side_ask ask;
    pair_open(&pair, NULL);
    ws_server_close(pair.b.server);
    SIDE_UNTIL(&pair.b, pair.b.is_server_closed);
    pair.b.server = NULL;
    uint64_t start_us = loop_now_us(pair.loop);
    assert_int_equal(side_ask(&pair.a, &pair.b, &ask, actr_bytes_str("x")), 0);
    SIDE_UNTIL(&pair.a, ask.is_ended);
    assert_int_equal(ask.code, ACTR_EUNAVAILABLE);
    assert_non_null(strstr(ask.message, "connection refused"));
    assert_true(loop_now_us(pair.loop) - start_us < 3000000);
    pair_close(&pair);
}

static size_t descriptors_open(void)
{
    size_t count = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

TEST(a_thousand_reconnects_leave_no_descriptors)
{
    struct pair pair;
    pair_open(&pair, NULL);
    side_echo(&pair.a, &pair.b, "warm up");
    peer_transport_reset(pair.a.transport, "again");
    SIDE_UNTIL(&pair.a, peer_transport_get_stats(pair.b.transport).wires == 0);
    size_t before = descriptors_open(), live = mem_live();
    for (int i = 0; i < 1000; i++) {
        side_echo(&pair.a, &pair.b, "x");
        peer_transport_reset(pair.a.transport, "again");
        SIDE_UNTIL(&pair.a, pair.a.down == pair.a.up && pair.b.down == pair.b.up);
    }
    loop_uv_dispatch(pair.loop);
    assert_int_equal(descriptors_open(), before);
    assert_int_equal(mem_live(), live);
    assert_int_equal(peer_transport_get_stats(pair.a.transport).dials, 1001);
    pair_close(&pair);
}

/* A listener like the existing system's: it answers the upgrade, says nothing, and throws away what
 * comes before it is ready, here the first message of each connection. */
struct forgetful {
    struct net_server *server;
    struct net_ws *ws;
    unsigned received;
    bool is_closed, is_server_closed;
};

static void forgetful_on_message(void *user, struct actr_bytes message, bool is_binary)
{
    struct forgetful *forgetful = user;
    struct envelope request;
    assert_true(is_binary);
    assert_int_equal(envelope_decode(actr_view_of(message.ptr + 5, message.len - 5), &request), 0);
    if (++forgetful->received > 1) {
        const struct envelope reply = {
            .route = request.route,
            .request_id = request.request_id,
            .payload = request.payload,
            .has_payload = true,
            .direction = ENVELOPE_RESPONSE,
        };
        struct actr_bytes bytes = envelope_encode(&reply);
        const uint8_t header[] = {0, 0, 0, 0, (uint8_t)bytes.len};
        assert_int_equal(bytes_prepend(&bytes, header, sizeof(header)), 0);
        assert_int_equal(net_ws_send(forgetful->ws, bytes), 0);
    }
    actr_bytes_unref(message);
}

static void forgetful_on_closed(void *user, const struct net_close *why)
{
    (void)why;
    ((struct forgetful *)user)->is_closed = true;
}

static unsigned forgetful_on_upgrade(void *user, struct net_request *request,
                                     const struct net_request_info *info, struct net_ws *ws,
                                     const struct net_ws_events **ret_events, void **ret_user)
{
    static const struct net_ws_events events = {.on_message = forgetful_on_message,
                                                .on_closed = forgetful_on_closed};
    struct forgetful *forgetful = user;
    (void)request, (void)info;
    forgetful->ws = ws;
    *ret_events = &events;
    *ret_user = forgetful;
    return 101;
}

static void forgetful_on_server_closed(void *user)
{
    ((struct forgetful *)user)->is_server_closed = true;
}

TEST(a_first_request_that_the_listener_throws_away_is_repeated)
{
    static const struct net_server_events events = {.on_upgrade = forgetful_on_upgrade,
                                                    .on_closed = forgetful_on_server_closed};
    const struct net_server_options options = {.host = "127.0.0.1"};
    struct forgetful forgetful = {0};
    struct pair pair;
    pair_open(&pair, NULL);
    assert_int_equal(net_listen(pair.net, &options, &events, &forgetful, &forgetful.server), 0);
    snprintf(pair.a.url, sizeof(pair.a.url), "ws://127.0.0.1:%u",
             net_server_port(forgetful.server));
    uint64_t start_us = loop_now_us(pair.loop);
    side_echo(&pair.a, &pair.b, "once more");
    uint64_t took_us = loop_now_us(pair.loop) - start_us;
    assert_true(took_us >= 290000 && took_us < 2000000);
    assert_int_equal(forgetful.received, 2);
    assert_int_equal(peer_gate_get_stats(pair.a.gate).resends, 1);
    side_echo(&pair.a, &pair.b, "now it is proven");
    assert_int_equal(forgetful.received, 3);
    net_server_close(forgetful.server);
    SIDE_UNTIL(&pair.a, forgetful.is_server_closed);
    pair_close(&pair);
}
