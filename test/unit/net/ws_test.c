// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* WebSocket connections between our own two roles, over real sockets. */
#include "net/ws.h"

#include <string.h>
#include <unistd.h>

#include <actr/error.h>

#include "base/mem.h"
#include "harness.h"
#include "rig.h"

static struct actr_bytes pattern(size_t len, uint8_t seed)
{
    uint8_t *data;
    struct actr_bytes bytes = bytes_new(len, &data);
    assert_non_null(data);
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(seed + i * 31 + (i >> 8));
    return bytes;
}

TEST(messages_of_every_length_come_back_whole)
{
    static const size_t lens[] = {0, 1, 125, 126, 127, 65535, 65536, 70001, 1 << 20, 5 << 20};
    struct rig rig;
    rig_open(&rig);
    rig.accepted.want_echo = true;
    rig_pair(&rig, NULL, NULL);
    size_t count = sizeof(lens) / sizeof(lens[0]);
    for (size_t i = 0; i < count; i++)
        assert_true(net_ws_send(rig.client.ws, pattern(lens[i], (uint8_t)i)) >= 0);
    RIG_UNTIL(&rig, rig.client.message_count == count);
    for (size_t i = 0; i < count; i++) {
        struct actr_bytes wanted = pattern(lens[i], (uint8_t)i);
        assert_int_equal(rig.client.messages[i].len, lens[i]);
        assert_true(view_equal(actr_bytes_view(rig.client.messages[i]), actr_bytes_view(wanted)));
        actr_bytes_unref(wanted);
    }
    assert_int_equal(rig.client.text_count, 0);
    rig_close(&rig);
}

TEST(sending_before_the_connection_is_open_is_an_error)
{
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    rig_dial(&rig, "/", NULL);
    assert_int_equal(net_ws_send(rig.client.ws, pattern(3, 0)), ACTR_ESTATE);
    rig_close(&rig);
}

/* ---- control frames ---- */

TEST(a_pong_may_come_unasked)
{
    struct rig rig;
    rig_open(&rig);
    rig_pair(&rig, NULL, NULL);
    net_ws_pong(rig.client.ws, actr_view_of("unasked", 7));
    RIG_UNTIL(&rig, rig.accepted.pong_count == 1);
    assert_string_equal(rig.accepted.pong, "unasked");
    net_ws_pong(rig.accepted.ws, actr_view_of("", 0));
    RIG_UNTIL(&rig, rig.client.pong_count == 1);
    assert_string_equal(rig.client.pong, "");
    rig_close(&rig);
}

TEST(of_pongs_that_pile_up_the_last_one_goes)
{
    struct rig rig;
    rig_open(&rig);
    rig_pair(&rig, NULL, NULL);
    for (const char *c = "abcde"; *c; c++)
        net_ws_pong(rig.client.ws, actr_view_of(c, 1));
    RIG_UNTIL(&rig, rig.accepted.pong_count == 1);
    rig_settle(&rig);
    assert_int_equal(rig.accepted.pong_count, 1);
    assert_string_equal(rig.accepted.pong, "e");
    rig_close(&rig);
}

TEST(a_pong_overtakes_queued_messages)
{
    struct rig rig;
    rig_open(&rig);
    rig.accepted.want_pause = true;
    rig_pair(&rig, NULL, NULL);
    for (int i = 0; i < 20; i++)
        assert_true(net_ws_send(rig.client.ws, pattern(1 << 20, 0)) >= 0);
    rig_settle(&rig); /* the system takes no more */
    size_t queued = net_ws_queued(rig.client.ws);
    assert_true(queued > (4u << 20));
    net_ws_pong(rig.client.ws, actr_view_of("x", 1));
    net_ws_read(rig.accepted.ws, true);
    RIG_UNTIL(&rig, rig.accepted.pong_count == 1);
    assert_true(rig.accepted.message_count < 20);
    rig_close(&rig);
}

/* ---- back-pressure ---- */

TEST(full_is_said_at_the_high_mark_and_writable_at_a_quarter)
{
    struct net_ws_options options = {.queue_high = 1 << 20};
    struct rig rig;
    rig_open(&rig);
    rig.accepted.want_pause = true;
    rig_pair(&rig, NULL, &options);
    rig_settle(&rig);
    size_t sent = 0;
    int r;
    do {
        r = net_ws_send(rig.client.ws, pattern(65536, 0));
        sent++;
        if (r == 0)
            rig_settle(&rig);
    } while (r == 0);
    assert_int_equal(r, NET_FULL);
    assert_true(net_ws_queued(rig.client.ws) >= (1 << 20));
    assert_int_equal(rig.client.writable_count, 0);
    net_ws_read(rig.accepted.ws, true);
    RIG_UNTIL(&rig, rig.client.writable_count == 1);
    assert_true(net_ws_queued(rig.client.ws) <= (1 << 18));
    RIG_UNTIL(&rig, rig.accepted.message_count == sent);
    assert_int_equal(rig.client.writable_count, 1);
    rig_close(&rig);
}

static void check_order(struct rig_end *end, struct actr_bytes message)
{
    uint32_t number;
    assert_int_equal(message.len, 1000);
    memcpy(&number, message.ptr, sizeof(number));
    assert_int_equal(number, end->message_count - 1);
    if (end->message_count % 100 == 0)
        net_ws_read(end->ws, false);
}

/* The receiver stops after each hundred messages, in the middle of what one read has brought. */
TEST(reading_off_stops_at_once_and_nothing_is_lost_or_reordered)
{
    enum { COUNT = 20000 };
    struct net_ws_options options = {.queue_high = 100u << 20};
    struct rig rig;
    rig_open(&rig);
    rig.accepted.on_message = check_order;
    rig_pair(&rig, NULL, &options);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint8_t *data;
        struct actr_bytes message = bytes_new(1000, &data);
        memset(data, 0, 1000);
        memcpy(data, &i, sizeof(i));
        assert_int_equal(net_ws_send(rig.client.ws, message), 0);
    }
    while (rig.accepted.message_count < COUNT) {
        size_t before = rig.accepted.message_count;
        RIG_UNTIL(&rig, rig.accepted.message_count == before + 100);
        rig_settle(&rig);
        assert_int_equal(rig.accepted.message_count, before + 100);
        net_ws_read(rig.accepted.ws, true);
    }
    rig_close(&rig);
}

TEST(a_receiver_that_does_not_read_costs_a_bounded_amount_of_memory)
{
    struct net_ws_options options = {.queue_high = 1 << 20};
    struct rig rig;
    rig_open(&rig);
    rig.accepted.want_pause = true;
    rig_pair(&rig, NULL, &options);
    rig_settle(&rig);
    /* Until TCP pushes back and the sender's own queue is full. */
    while (net_ws_send(rig.client.ws, pattern(10000, 0)) == 0)
        rig_settle(&rig);
    size_t stash = ((struct ws *)rig.accepted.ws)->stash.len;
    assert_int_equal(rig.accepted.message_count, 0);
    assert_true(stash <= SOCKET_READ_MAX);
    for (int i = 0; i < 50; i++)
        rig_settle(&rig);
    assert_int_equal(((struct ws *)rig.accepted.ws)->stash.len, stash);
    rig_close(&rig);
}

TEST(what_a_peer_sent_before_it_hung_up_is_still_read_after_a_pause)
{
    struct rig rig;
    rig_open(&rig);
    rig.accepted.want_pause = true;
    rig_pair(&rig, NULL, NULL);
    for (int i = 0; i < 10; i++)
        assert_int_equal(net_ws_send(rig.client.ws, pattern(50000, 0)), 0);
    RIG_UNTIL(&rig, net_ws_queued(rig.client.ws) == 0);
    net_ws_close(rig.client.ws, 0, NULL);
    RIG_UNTIL(&rig, rig.client.is_closed);
    rig_settle(&rig);
    assert_false(rig.accepted.is_closed);
    net_ws_read(rig.accepted.ws, true);
    RIG_UNTIL(&rig, rig.accepted.is_closed);
    assert_int_equal(rig.accepted.message_count, 10);
    assert_int_equal(rig.accepted.cause, NET_LOST);
    rig_close(&rig);
}

/* ---- closing ---- */

TEST(what_is_queued_leaves_before_the_close_and_both_sides_hear_the_code)
{
    struct rig rig;
    rig_open(&rig);
    rig_pair(&rig, NULL, NULL);
    for (int i = 0; i < 30; i++)
        assert_true(net_ws_send(rig.client.ws, pattern(100000, 0)) >= 0);
    net_ws_close(rig.client.ws, 4321, "enough");
    net_ws_close(rig.client.ws, 1000, "again");
    assert_int_equal(net_ws_send(rig.client.ws, pattern(10, 0)), 0); /* dropped */
    RIG_UNTIL(&rig, rig.client.is_closed && rig.accepted.is_closed);
    assert_int_equal(rig.accepted.message_count, 30);
    assert_int_equal(rig.client.cause, NET_CLOSED);
    assert_int_equal(rig.client.code, 4321);
    assert_int_equal(rig.accepted.cause, NET_CLOSED);
    assert_int_equal(rig.accepted.code, 4321);
    assert_string_equal(rig.accepted.detail, "enough");
    rig_close(&rig);
}

TEST(codes_registered_after_the_rfc_arrive_as_they_are)
{
    static const uint16_t codes[] = {1000, 1001, 1011, 1012, 1013, 1014, 3000, 4999};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        struct rig rig;
        rig_open(&rig);
        rig_pair(&rig, NULL, NULL);
        net_ws_close(rig.accepted.ws, codes[i], NULL);
        RIG_UNTIL(&rig, rig.client.is_closed && rig.accepted.is_closed);
        assert_int_equal(rig.client.cause, NET_CLOSED);
        assert_int_equal(rig.client.code, codes[i]);
        rig_close(&rig);
    }
}

TEST(both_sides_may_close_at_once)
{
    struct rig rig;
    rig_open(&rig);
    rig_pair(&rig, NULL, NULL);
    net_ws_close(rig.client.ws, 1000, NULL);
    net_ws_close(rig.accepted.ws, 1001, NULL);
    RIG_UNTIL(&rig, rig.client.is_closed && rig.accepted.is_closed);
    assert_int_equal(rig.client.cause, NET_CLOSED);
    assert_int_equal(rig.client.code, 1000);
    assert_int_equal(rig.accepted.code, 1001);
    rig_close(&rig);
}

TEST(a_cut_is_a_loss_for_the_other_side)
{
    struct rig rig;
    rig_open(&rig);
    rig_pair(&rig, NULL, NULL);
    net_ws_close(rig.client.ws, 0, NULL);
    assert_false(rig.client.is_closed);
    RIG_UNTIL(&rig, rig.client.is_closed && rig.accepted.is_closed);
    assert_int_equal(rig.client.cause, NET_CLOSED);
    assert_int_equal(rig.client.code, 0);
    assert_int_equal(rig.accepted.cause, NET_LOST);
    rig_close(&rig);
}

TEST(a_cut_overtakes_a_graceful_close)
{
    struct rig rig;
    rig_open(&rig);
    rig.accepted.want_pause = true;
    rig_pair(&rig, NULL, NULL);
    for (int i = 0; i < 20; i++)
        assert_true(net_ws_send(rig.client.ws, pattern(1 << 20, 0)) >= 0);
    net_ws_close(rig.client.ws, 1000, NULL);
    rig_settle(&rig);
    assert_false(rig.client.is_closed);
    net_ws_close(rig.client.ws, 0, NULL);
    RIG_UNTIL(&rig, rig.client.is_closed);
    assert_int_equal(rig.client.code, 1000);
    rig_close(&rig);
}

/* The peer reads nothing, so neither the queue nor the Close can leave: a second without progress
 * ends it. */
TEST(a_close_does_not_wait_for_a_peer_that_takes_nothing)
{
    struct rig rig;
    rig_open(&rig);
    rig.accepted.want_pause = true;
    rig_pair(&rig, NULL, NULL);
    for (int i = 0; i < 20; i++)
        assert_true(net_ws_send(rig.client.ws, pattern(1 << 20, 0)) >= 0);
    net_ws_close(rig.client.ws, 1000, NULL);
    RIG_UNTIL(&rig, rig.client.is_closed);
    assert_int_equal(rig.client.cause, NET_CLOSED);
    rig_close(&rig);
}

TEST(a_server_that_closes_tells_its_websockets_1001)
{
    struct rig rig;
    rig_open(&rig);
    rig_pair(&rig, NULL, NULL);
    net_server_close(rig.server);
    RIG_UNTIL(&rig, rig.is_server_closed);
    assert_true(rig.accepted.is_closed);
    RIG_UNTIL(&rig, rig.client.is_closed);
    assert_int_equal(rig.client.cause, NET_CLOSED);
    assert_int_equal(rig.client.code, 1001);
    rig_close(&rig);
}

/* ---- keepalive ---- */

TEST(silence_is_answered_with_pings_and_the_connection_lives)
{
    struct net_ws_options options = {.ping_interval_ms = 10, .dead_after_ms = 200};
    struct rig rig;
    rig_open(&rig);
    rig_pair(&rig, NULL, &options);
    RIG_UNTIL(&rig, rig.client.pong_count >= 5 || rig.client.is_closed);
    assert_false(rig.client.is_closed);
    rig_close(&rig);
}

TEST(a_peer_that_says_nothing_is_lost)
{
    struct net_server_options options = {.ws = {.ping_interval_ms = 20, .dead_after_ms = 60}};
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, &options);
    int fd = rig_socket_ws(&rig);
    RIG_UNTIL(&rig, rig.accepted.is_closed);
    assert_int_equal(rig.accepted.cause, NET_LOST);
    assert_string_equal(rig.accepted.detail, "keepalive not answered");
    close(fd);
    rig_close(&rig);
}

TEST(time_with_reading_off_is_not_silence)
{
    struct net_ws_options options = {.dead_after_ms = 30};
    struct net_server_options server = {.ws = {.ping_interval_ms = 5}};
    struct rig rig;
    rig_open(&rig);
    rig.client.want_pause = true;
    rig_pair(&rig, &server, &options);
    uint64_t until = loop_now_us(rig.loop) + 90000; /* three times dead */
    while (loop_now_us(rig.loop) < until)
        rig_turn(&rig);
    assert_false(rig.client.is_closed);
    net_ws_read(rig.client.ws, true);
    rig_settle(&rig);
    assert_false(rig.client.is_closed);
    rig_close(&rig);
}

/* ---- without memory ---- */

/* The n-th allocation fails, and all after it; wherever that is, both ends come to an end, and
 * nothing is left behind. True: nothing failed. */
static bool live_without_memory(size_t n)
{
    struct net_ws_options options = {.connect_timeout_ms = 30};
    struct rig rig;
    rig_open(&rig);
    rig.accepted.want_echo = false;
    rig_listen(&rig, NULL);
    options.url = rig_url(&rig, "ws", "/path?query");
    struct actr_bytes text = actr_bytes_str("a message that is sent and shared");

    mem_fail_at(n);
    int r = net_ws_dial(rig.net, &options, &rig_end_events, &rig.client, &rig.client.ws);
    assert_true(r == 0 || r == ACTR_ENOMEM);
    if (r == 0)
        RIG_UNTIL(&rig, rig.client.is_open || rig.client.is_closed);
    bool is_good = r == 0 && rig.client.is_open;
    if (is_good) {
        net_ws_pong(rig.client.ws, actr_bytes_view(text));
        is_good = net_ws_send(rig.client.ws, actr_bytes_ref(text)) == 0;
        rig_settle(&rig);
        is_good = is_good && rig.accepted.message_count == 1 && rig.accepted.pong_count == 1;
        if (rig.client.ws)
            net_ws_close(rig.client.ws, 1000, "done");
        RIG_UNTIL(&rig, rig.client.is_closed);
        is_good = is_good && rig.accepted.is_closed && rig.accepted.code == 1000;
    }
    mem_fail_at(0);
    actr_bytes_unref(text);
    rig_close(&rig);
    return is_good;
}

TEST(memory_may_run_out_anywhere)
{
    size_t n = 1;
    while (!live_without_memory(n))
        n++;
    assert_true(n > 15);
}
