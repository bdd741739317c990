// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The receiving side of a WebSocket and messages over its limit, of which somebody wants to know:
 * the connection lives on, whatever comes between their parts and however they end. */
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "net/wsframe.h"
#include "rig.h"

static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};

static uint8_t long_payload[300000];

/* A server that takes 1,000 bytes and wants to hear of longer messages; returns its client. */
static int listen_for_excess(struct rig *rig)
{
    struct net_server_options options = {.ws = {.message_len_max = 1000}};
    rig_open(rig);
    rig->want_excess = true;
    rig_listen(rig, &options);
    for (size_t i = 0; i < sizeof(long_payload); i++)
        long_payload[i] = (uint8_t)(i % 251);
    return rig_socket_ws(rig);
}

static void send_part(struct rig *rig, int fd, uint8_t first, size_t at, size_t len)
{
    static uint8_t buf[sizeof(long_payload) + WSFRAME_HEADER_MAX];
    size_t head = wsframe_encode(buf, WSFRAME_BINARY, len, key);
    buf[0] = first;
    wsframe_mask(buf + head, long_payload + at, len, key, 0);
    rig_send(rig, fd, buf, head + len);
}

static void expect_excess(struct rig *rig, size_t count, size_t len)
{
    RIG_UNTIL(rig, rig->accepted.excess_count == count || rig->accepted.is_closed);
    assert_false(rig->accepted.is_closed);
    assert_int_equal(rig->accepted.excess_len, len);
    assert_memory_equal(rig->accepted.excess_ends, long_payload, 2);
    assert_memory_equal(rig->accepted.excess_ends + 2, long_payload + len - 2, 2);
}

static void expect_message(struct rig *rig, int fd, size_t count)
{
    send_part(rig, fd, 0x82, 0, 1000);
    RIG_UNTIL(rig, rig->accepted.message_count == count || rig->accepted.is_closed);
    assert_false(rig->accepted.is_closed);
    assert_memory_equal(rig->accepted.messages[count - 1].ptr, long_payload, 1000);
}

TEST(of_a_message_over_the_limit_the_ends_are_kept_and_the_connection_lives_on)
{
    static const size_t lens[] = {1001, 32768, 65537, 98305, 300000};
    struct rig rig;
    int fd = listen_for_excess(&rig);
    for (size_t i = 0; i < 5; i++) {
        send_part(&rig, fd, 0x82, 0, lens[i]);
        expect_excess(&rig, i + 1, lens[i]);
        expect_message(&rig, fd, i + 1);
    }
    close(fd);
    rig_close(&rig);
}

/* Over the limit with the first frame, with a later one, or with one that says little. */
TEST(fragments_over_the_limit_together_and_control_frames_between_them)
{
    static const size_t parts[][4] = {
        {1001, 0, 7, 2}, {1000, 1, 0, 0}, {600, 300, 0, 200}, {0, 900, 250000, 2}};
    char buf[64];
    struct rig rig;
    int fd = listen_for_excess(&rig);
    for (size_t i = 0; i < 4; i++) {
        size_t at = 0;
        for (size_t j = 0; j < 4; j++) {
            send_part(&rig, fd, (uint8_t)((j == 0 ? 0x02 : 0x00) | (j == 3 ? 0x80 : 0)), at,
                      parts[i][j]);
            at += parts[i][j];
            rig_send(&rig, fd, "\x89\x83\0\0\0\0now", 9);
            rig_receive(&rig, fd, buf, 5);
            assert_memory_equal(buf, "\x8a\x03now", 5);
        }
        expect_excess(&rig, i + 1, at);
        expect_message(&rig, fd, i + 1);
    }
    close(fd);
    rig_close(&rig);
}

TEST(a_length_that_nobody_waits_for_is_refused_at_once)
{
    static const char *const hex[] = {
        "82 ff 0000000100000000 00000000", "82 ff 7fffffffffffffff 00000000",
        "02 fe 0400 00000000", /* 1,024 bytes follow, and a part that is too much with them */
    };
    for (size_t i = 0; i < 3; i++) {
        uint8_t bytes[2048] = {0};
        struct rig rig;
        int fd = listen_for_excess(&rig);
        size_t len = harness_hex(hex[i], bytes, sizeof(bytes));
        if (i == 2) {
            len += 1024;
            len += harness_hex("80 ff 00000000fffffc00 00000000", bytes + len, 32);
        }
        rig_send(&rig, fd, bytes, len);
        assert_true(rig_receive_all(&rig, fd, (char *)bytes, sizeof(bytes)) > 20);
        assert_memory_equal(bytes, "\x88", 1);
        assert_memory_equal(bytes + 2, "\x03\xf1message too big", 17);
        close(fd);
        RIG_UNTIL(&rig, rig.accepted.is_closed);
        assert_int_equal(rig.accepted.code, 1009);
        assert_int_equal(rig.accepted.excess_count, 0);
        rig_close(&rig);
    }
}

TEST(a_connection_that_ends_within_a_message_over_the_limit)
{
    struct rig rig;
    int fd = listen_for_excess(&rig);
    send_part(&rig, fd, 0x02, 0, 70000);
    rig_settle(&rig);
    if (rig.accepted.ws)
        net_ws_close(rig.accepted.ws, 1000, "enough");
    send_part(&rig, fd, 0x80, 70000, 5000);
    close(fd);
    RIG_UNTIL(&rig, rig.accepted.is_closed);
    assert_int_equal(rig.accepted.excess_count, 0);
    rig_close(&rig);
}

TEST(a_message_over_the_limit_while_reading_is_off)
{
    struct rig rig;
    int fd = listen_for_excess(&rig);
    send_part(&rig, fd, 0x02, 0, 1500);
    rig_settle(&rig);
    net_ws_read(rig.accepted.ws, false);
    send_part(&rig, fd, 0x80, 1500, 50000);
    rig_settle(&rig);
    assert_int_equal(rig.accepted.excess_count, 0);
    net_ws_read(rig.accepted.ws, true);
    expect_excess(&rig, 1, 51500);
    expect_message(&rig, fd, 1);
    close(fd);
    rig_close(&rig);
}
