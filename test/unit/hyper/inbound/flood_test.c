// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Peers that send faster than they are read, and peers that do not read their answers, over real
 * sockets: memory stays flat, nothing is lost, and nobody else is stalled. */
#include "hyper/inbound/side.h"
#include "net/http.h"

struct trio {
    struct loop *loop;
    struct net *net;
    struct side server, fast, other;
};

static void trio_open(struct trio *trio, const struct mailbox_limits *limits)
{
    assert_int_equal(loop_uv_new(&trio->loop), 0);
    assert_int_equal(socket_net_new(trio->loop, &trio->net), 0);
    side_open(&trio->server, trio->loop, trio->net, 1, limits);
    side_open(&trio->fast, trio->loop, trio->net, 2, NULL);
    side_open(&trio->other, trio->loop, trio->net, 3, NULL);
    side_listen(&trio->server);
    side_knows(&trio->fast, &trio->server);
    side_knows(&trio->other, &trio->server);
}

static void trio_close(struct trio *trio)
{
    side_close(&trio->fast);
    side_close(&trio->other);
    side_close(&trio->server);
    socket_net_free(trio->net);
    loop_uv_close(trio->loop);
}

/* Numbered tells of `size` bytes until `count` were sent or one is refused; the next number. */
static uint32_t tell_many(struct trio *trio, uint32_t number, uint32_t last, size_t size)
{
    for (; number <= last; number++) {
        uint8_t *data;
        struct gate_message message = {
            .route = view_text("acme.Test.Note"),
            .payload = bytes_new(size, &data),
            .type = ACTR_RPC_RELIABLE,
            .timeout_ms = 600000,
        };
        memset(data, 0, size);
        memcpy(data, &number, sizeof(number));
        int r = peer_gate_tell(trio->fast.gate, &trio->server.id, &message);
        if (r == ACTR_EUNAVAILABLE)
            break;
        assert_int_equal(r, 0);
    }
    return number;
}

TEST(a_peer_faster_than_its_reader_is_held_back_and_loses_nothing)
{
    enum { SIZE = 16384, LAST = 20000 };
    const struct mailbox_limits limits = {.count_max = 1000, .peer_count_max = 50};
    struct trio trio;
    trio_open(&trio, &limits);
    trio.server.is_idle = true;
    uint32_t next = tell_many(&trio, 1, 1, SIZE);
    SIDE_UNTIL(&trio.fast, trio.server.mailbox->count == 1);
    next = tell_many(&trio, next, LAST, SIZE);
    assert_true(next < LAST); /* 64 MiB unsent are the bound */
    while (trio.server.mailbox->count < 50)
        side_turn(trio.loop);
    for (int i = 0; i < 100; i++) {
        loop_uv_dispatch(trio.loop);
        assert_true(trio.server.mailbox->count <= 100);
    }
    assert_true(peer_gate_get_stats(trio.fast.gate).tells <
                (80u << 20) / SIZE); /* sockets, queues and the bound */

    trio.server.is_idle = false;
    side_pump(&trio.server);
    while (trio.server.last_number < LAST) {
        next = tell_many(&trio, next, LAST, SIZE);
        side_turn(trio.loop);
        side_pump(&trio.server);
    }
    assert_int_equal(trio.server.last_number, LAST);
    assert_int_equal(inbound_gate_get_stats(trio.server.inbound).dropped[INBOUND_REFUSED], 0);
    trio_close(&trio);
}

TEST(others_are_served_while_one_is_held_back)
{
    const struct mailbox_limits limits = {.count_max = 1000, .peer_count_max = 10};
    struct trio trio;
    trio_open(&trio, &limits);
    trio.server.is_idle = true;
    tell_many(&trio, 1, 1000, 4096);
    SIDE_UNTIL(&trio.fast, trio.server.mailbox->count >= 10);
    struct side_ask ask;
    assert_int_equal(side_ask(&trio.other, &trio.server, &ask, actr_bytes_str("me too")), 0);
    uint32_t before = trio.server.mailbox->count;
    SIDE_UNTIL(&trio.other, trio.server.mailbox->count > before);
    trio.server.is_idle = false;
    side_pump(&trio.server);
    SIDE_UNTIL(&trio.other, ask.is_ended);
    assert_int_equal(ask.code, 0);
    actr_bytes_unref(ask.reply);
    SIDE_UNTIL(&trio.fast, trio.server.last_number == 1000);
    trio_close(&trio);
}

/* A peer made of a bare WebSocket that sends requests and reads no answer. */
struct deaf {
    struct net_ws *ws;
    bool is_open, is_full, is_closed;
};

static void deaf_on_open(void *user)
{
    struct deaf *deaf = user;
    deaf->is_open = true;
    net_ws_read(deaf->ws, false);
}

static void deaf_on_writable(void *user)
{
    ((struct deaf *)user)->is_full = false;
}

static void deaf_on_closed(void *user, const struct net_close *why)
{
    (void)why;
    ((struct deaf *)user)->is_closed = true;
}

static const struct net_ws_events deaf_events = {
    .on_open = deaf_on_open, .on_writable = deaf_on_writable, .on_closed = deaf_on_closed};

static void deaf_ask(struct deaf *deaf)
{
    const struct envelope request = {
        .route = view_text("acme.Test.Echo"),
        .request_id = view_text("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
        .has_payload = true,
        .timeout_ms = 1000,
        .direction = ENVELOPE_REQUEST,
    };
    struct actr_bytes bytes = envelope_encode(&request);
    const uint8_t header[] = {0, 0, 0, 0, (uint8_t)bytes.len};
    assert_int_equal(bytes_prepend(&bytes, header, sizeof(header)), 0);
    int r = net_ws_send(deaf->ws, bytes);
    assert_true(r >= 0);
    deaf->is_full = r == NET_FULL;
}

TEST(a_peer_that_never_reads_its_answers_is_not_read_and_stalls_nobody)
{
    enum { REPLY = 65536 };
    struct deaf deaf = {0};
    struct trio trio;
    trio_open(&trio, NULL);
    trio.server.reply_size = REPLY;
    const struct net_header headers[] = {
        {"x-actr-source-id", "0a0308922110021a180a07696e7465726f701206436c69656e741a05312e302e30"},
        {"x-actr-credential", "Z29vZA=="},
    };
    const struct net_ws_options options = {
        .url = trio.fast.url, .headers = headers, .header_count = 2, .queue_high = 65536};
    assert_int_equal(net_ws_dial(trio.net, &options, &deaf_events, &deaf, &deaf.ws), 0);
    SIDE_UNTIL(&trio.server, deaf.is_open);
    SIDE_UNTIL(&trio.server, peer_transport_get_stats(trio.server.transport).wires == 1);
    /* As many requests as the sockets take. */
    uint64_t handled = 0, quiet = 0;
    while (quiet < 200) {
        for (int i = 0; i < 100 && !deaf.is_full; i++)
            deaf_ask(&deaf);
        loop_uv_dispatch(trio.loop);
        quiet = trio.server.handled == handled ? quiet + 1 : 0;
        handled = trio.server.handled;
    }
    /* 4 MiB of answers, what the sockets hold, and what had been read when it was full. */
    assert_true(handled * REPLY < 64u << 20);
    assert_false(deaf.is_closed);
    trio.server.reply_size = 0;
    for (int i = 0; i < 100; i++)
        side_echo(&trio.other, &trio.server, "not stalled");
    assert_int_equal(trio.server.handled, handled + 100);
    net_ws_close(deaf.ws, 0, NULL);
    SIDE_UNTIL(&trio.server, deaf.is_closed);
    trio_close(&trio);
}
