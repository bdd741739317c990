// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The receiving side of a WebSocket, fed by a bare socket with what no library would send. */
#include "net/ws.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "net/upgrade.h"
#include "rig.h"

static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};

/* A masked frame; `first`: FIN, reserved bits, opcode. */
static size_t frame(uint8_t *buf, uint8_t first, const void *payload, size_t len)
{
    size_t at = wsframe_encode(buf, WSFRAME_BINARY, len, key);
    buf[0] = first;
    wsframe_mask(buf + at, payload, len, key, 0);
    return at + len;
}

static void send_frame(struct rig *rig, int fd, uint8_t first, const char *payload)
{
    uint8_t buf[256];
    rig_send(rig, fd, buf, frame(buf, first, payload, strlen(payload)));
}

/* The server's Close, and then the end of the stream; the connection is reported and freed though
 * the peer has not closed its side. */
static void expect_fail(struct rig *rig, int fd, unsigned code)
{
    char buf[256];
    size_t len = rig_receive_all(rig, fd, buf, sizeof(buf));
    assert_true(len >= 4);
    assert_int_equal((uint8_t)buf[0], 0x88);
    assert_int_equal((uint8_t)buf[1], len - 2);
    assert_int_equal((uint8_t)buf[2] << 8 | (uint8_t)buf[3], code);
    assert_non_null(rig->accepted.ws);
    close(fd);
    RIG_UNTIL(rig, rig->accepted.is_closed);
    assert_int_equal(rig->accepted.cause, NET_PROTOCOL_ERROR);
    assert_int_equal(rig->accepted.code, code);
    assert_int_equal(rig->accepted.message_count, 0);
}

static void check_fail(const char *hex, unsigned code)
{
    uint8_t bytes[512];
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    int fd = rig_socket_ws(&rig);
    rig_send(&rig, fd, bytes, harness_hex(hex, bytes, sizeof(bytes)));
    expect_fail(&rig, fd, code);
    rig_close(&rig);
}

TEST(an_unmasked_frame_is_a_protocol_error)
{
    check_fail("8205 68656c6c6f", 1002);
}

TEST(each_reserved_bit_is_a_protocol_error)
{
    check_fail("c280 00000000", 1002);
    check_fail("a280 00000000", 1002);
    check_fail("9280 00000000", 1002);
}

TEST(unknown_opcodes_are_protocol_errors)
{
    check_fail("8380 00000000", 1002);
    check_fail("8780 00000000", 1002);
    check_fail("8b80 00000000", 1002);
    check_fail("8f80 00000000", 1002);
}

TEST(a_continuation_of_nothing_is_a_protocol_error)
{
    check_fail("8080 00000000", 1002);
    check_fail("0081 00000000 61", 1002);
}

TEST(a_message_within_a_message_is_a_protocol_error)
{
    check_fail("0281 00000000 61 8281 00000000 62", 1002);
    check_fail("0181 00000000 61 0181 00000000 62", 1002);
}

TEST(control_frames_are_short_and_whole)
{
    check_fail("09 80 00000000", 1002);
    check_fail("89 fe 007e 00000000", 1002);
    check_fail("88 fe 007e 00000000", 1002);
}

TEST(lengths_are_in_their_shortest_form)
{
    check_fail("82 fe 007d 00000000", 1002);
    check_fail("82 ff 000000000000ffff 00000000", 1002);
    check_fail("82 ff 8000000000000000 00000000", 1002);
}

TEST(malformed_closes_are_protocol_errors)
{
    check_fail("8881 00000000 03", 1002);
    check_fail("8882 00000000 03e7", 1002); /* 999 */
    check_fail("8882 00000000 03ec", 1002); /* 1004 */
    check_fail("8882 00000000 03ed", 1002); /* 1005 */
    check_fail("8882 00000000 03ee", 1002); /* 1006 */
    check_fail("8882 00000000 03f7", 1002); /* 1015 */
    check_fail("8882 00000000 0bb7", 1002); /* 2999 */
    check_fail("8882 00000000 1388", 1002); /* 5000 */
}

TEST(text_and_reasons_are_utf8)
{
    check_fail("8182 00000000 c328", 1007);
    check_fail("0181 00000000 c3 8081 00000000 28", 1007);
    check_fail("8884 00000000 03e8 c328", 1007);
}

/* Whether the limit is passed by one frame's header, or by the sum of fragments. */
TEST(a_message_over_the_limit_is_refused_when_its_length_is_known)
{
    struct net_server_options options = {.ws = {.message_len_max = 1000}};
    static const char *const too_long[] = {
        "82 fe 03e9 00000000",
        "02 fe 01f4 00000000", /* the payload of 500 follows */
        "82 ff 7fffffffffffffff 00000000",
    };
    for (size_t i = 0; i < 3; i++) {
        uint8_t bytes[1024] = {0};
        struct rig rig;
        rig_open(&rig);
        rig_listen(&rig, &options);
        int fd = rig_socket_ws(&rig);
        size_t len = harness_hex(too_long[i], bytes, sizeof(bytes));
        if (i == 1) {
            len += 500;
            len += harness_hex("80 fe 01f5 00000000", bytes + len, sizeof(bytes) - len);
        }
        rig_send(&rig, fd, bytes, len);
        expect_fail(&rig, fd, 1009);
        rig_close(&rig);
    }
}

TEST(a_message_of_exactly_the_limit_passes)
{
    static uint8_t payload[1000], buf[1100];
    struct net_server_options options = {.ws = {.message_len_max = 1000}};
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, &options);
    int fd = rig_socket_ws(&rig);
    rig_send(&rig, fd, buf, frame(buf, 0x82, payload, 1000));
    rig_send(&rig, fd, buf, frame(buf, 0x02, payload, 600));
    rig_send(&rig, fd, buf, frame(buf, 0x80, payload, 400));
    RIG_UNTIL(&rig, rig.accepted.message_count == 2);
    assert_int_equal(rig.accepted.byte_count, 2000);
    close(fd);
    rig_close(&rig);
}

/* A flood behind the error is read away, so that the Close gets through, but only for a second. */
TEST(a_peer_that_breaks_a_rule_and_goes_on_sending_is_cut)
{
    static uint8_t junk[65536];
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    int fd = rig_socket_ws(&rig);
    rig_send(&rig, fd, "\x82\x00", 2);
    while (!rig.accepted.is_closed)
        if (send(fd, junk, sizeof(junk), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
            assert_true(errno == EAGAIN || errno == EPIPE || errno == ECONNRESET);
            rig_turn(&rig);
        } else {
            rig_settle(&rig);
        }
    assert_int_equal(rig.accepted.cause, NET_PROTOCOL_ERROR);
    close(fd);
    rig_close(&rig);
}

TEST(text_is_told_from_binary)
{
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    int fd = rig_socket_ws(&rig);
    send_frame(&rig, fd, 0x81, "gr\xc3\xbc\xc3\x9f dich");
    send_frame(&rig, fd, 0x82, "\xff\xfe");
    send_frame(&rig, fd, 0x81, "");
    RIG_UNTIL(&rig, rig.accepted.message_count == 3);
    assert_int_equal(rig.accepted.text_count, 2);
    assert_int_equal(rig.accepted.messages[0].len, 11);
    assert_int_equal(rig.accepted.messages[2].len, 0);
    close(fd);
    RIG_UNTIL(&rig, rig.accepted.is_closed);
    assert_int_equal(rig.accepted.cause, NET_LOST);
    rig_close(&rig);
}

TEST(control_frames_may_come_between_fragments)
{
    uint8_t reply[8];
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    int fd = rig_socket_ws(&rig);
    send_frame(&rig, fd, 0x02, "one ");
    send_frame(&rig, fd, 0x89, "ping");
    send_frame(&rig, fd, 0x00, "");
    send_frame(&rig, fd, 0x8a, "pong");
    send_frame(&rig, fd, 0x00, "two ");
    send_frame(&rig, fd, 0x80, "three");
    rig_receive(&rig, fd, reply, 6);
    assert_memory_equal(reply, "\x8a\x04ping", 6);
    RIG_UNTIL(&rig, rig.accepted.message_count == 1);
    assert_int_equal(rig.accepted.messages[0].len, 13);
    assert_memory_equal(rig.accepted.messages[0].ptr, "one two three", 13);
    assert_int_equal(rig.accepted.pong_count, 1);
    close(fd);
    rig_close(&rig);
}

/* However the stream is cut into reads. */
TEST(frames_may_arrive_byte_by_byte_and_many_at_once)
{
    uint8_t buf[2048];
    size_t len = 0;
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    int fd = rig_socket_ws(&rig);
    uint8_t payload[300];
    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)i;
    len += frame(buf + len, 0x82, payload, 300);
    len += frame(buf + len, 0x02, payload, 7);
    len += frame(buf + len, 0x80, payload + 7, 130);
    len += frame(buf + len, 0x82, payload, 0);
    for (size_t i = 0; i < len; i++) {
        rig_send(&rig, fd, buf + i, 1);
        rig_settle(&rig);
    }
    RIG_UNTIL(&rig, rig.accepted.message_count == 3);
    rig_send(&rig, fd, buf, len);
    RIG_UNTIL(&rig, rig.accepted.message_count == 6);
    for (int i = 0; i < 6; i += 3) {
        assert_int_equal(rig.accepted.messages[i].len, 300);
        assert_memory_equal(rig.accepted.messages[i].ptr, payload, 300);
        assert_int_equal(rig.accepted.messages[i + 1].len, 137);
        assert_memory_equal(rig.accepted.messages[i + 1].ptr, payload, 137);
        assert_int_equal(rig.accepted.messages[i + 2].len, 0);
    }
    close(fd);
    rig_close(&rig);
}

/* Random messages in random fragments, cut into random reads. */
TEST(random_streams_come_out_as_they_went_in)
{
    uint64_t random = harness_seed();
    static uint8_t wire[400000];
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    int fd = rig_socket_ws(&rig);
    size_t lens[RIG_MESSAGE_MAX], len = 0;
    for (size_t i = 0; i < RIG_MESSAGE_MAX; i++) {
        uint8_t payload[4096];
        lens[i] = harness_random(&random) % sizeof(payload);
        for (size_t j = 0; j < lens[i]; j++)
            payload[j] = (uint8_t)(i + j * 7);
        size_t at = 0;
        do {
            size_t part = harness_random(&random) % (lens[i] - at + 1);
            bool is_last = harness_random(&random) % 4 == 0;
            part = is_last ? lens[i] - at : part;
            len += frame(wire + len, (uint8_t)((at == 0 ? 0x02 : 0) | (is_last ? 0x80 : 0)),
                         payload + at, part);
            if (at == 0 && part == 0 && !is_last) { /* the rest as one continuation */
                len += frame(wire + len, 0x80, payload, lens[i]);
                break;
            }
            at += part;
            if (is_last)
                break;
        } while (true);
    }
    for (size_t at = 0; at < len;) {
        size_t part = 1 + harness_random(&random) % 9000;
        part = part < len - at ? part : len - at;
        rig_send(&rig, fd, wire + at, part);
        rig_settle(&rig);
        at += part;
    }
    RIG_UNTIL(&rig, rig.accepted.message_count == RIG_MESSAGE_MAX || rig.accepted.is_closed);
    assert_false(rig.accepted.is_closed);
    for (size_t i = 0; i < RIG_MESSAGE_MAX; i++) {
        assert_int_equal(rig.accepted.messages[i].len, lens[i]);
        for (size_t j = 0; j < lens[i]; j++)
            assert_int_equal(rig.accepted.messages[i].ptr[j], (uint8_t)(i + j * 7));
    }
    close(fd);
    rig_close(&rig);
}

TEST(a_close_is_answered_with_its_code_and_then_tcp_ends)
{
    char buf[64];
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    int fd = rig_socket_ws(&rig);
    send_frame(&rig, fd, 0x88, "\x0b\xb8 bye");
    assert_int_equal(rig_receive_all(&rig, fd, buf, sizeof(buf)), 4);
    assert_memory_equal(buf, "\x88\x02\x0b\xb8", 4);
    close(fd);
    RIG_UNTIL(&rig, rig.accepted.is_closed);
    assert_int_equal(rig.accepted.cause, NET_CLOSED);
    assert_int_equal(rig.accepted.code, 3000);
    assert_string_equal(rig.accepted.detail, " bye");
    rig_close(&rig);
}

TEST(a_close_without_a_code_is_answered_without_one)
{
    char buf[64];
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    int fd = rig_socket_ws(&rig);
    send_frame(&rig, fd, 0x88, "");
    assert_int_equal(rig_receive_all(&rig, fd, buf, sizeof(buf)), 2);
    assert_memory_equal(buf, "\x88\x00", 2);
    close(fd);
    RIG_UNTIL(&rig, rig.accepted.is_closed);
    assert_int_equal(rig.accepted.cause, NET_CLOSED);
    assert_int_equal(rig.accepted.code, 0);
    rig_close(&rig);
}

/* The peer sends its Close and keeps its side of TCP open. */
TEST(a_peer_that_does_not_hang_up_is_cut_after_a_second)
{
    char buf[64];
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    int fd = rig_socket_ws(&rig);
    send_frame(&rig, fd, 0x88, "\x03\xe8");
    rig_receive_all(&rig, fd, buf, sizeof(buf));
    RIG_UNTIL(&rig, rig.accepted.is_closed);
    assert_int_equal(rig.accepted.cause, NET_CLOSED);
    assert_int_equal(rig.accepted.code, 1000);
    close(fd);
    rig_close(&rig);
}

TEST(a_peer_that_ignores_our_close_is_cut_after_a_second)
{
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    int fd = rig_socket_ws(&rig);
    RIG_UNTIL(&rig, rig.accepted.is_open);
    net_ws_close(rig.accepted.ws, 1000, "done");
    RIG_UNTIL(&rig, rig.accepted.is_closed);
    assert_int_equal(rig.accepted.cause, NET_CLOSED);
    close(fd);
    rig_close(&rig);
}

/* Fragments that come after we have begun to close have no room made for them. */
TEST(the_rest_of_a_message_is_dropped_while_closing)
{
    static uint8_t payload[5000], buf[5100];
    struct rig rig;
    rig_open(&rig);
    rig_listen(&rig, NULL);
    int fd = rig_socket_ws(&rig);
    rig_send(&rig, fd, buf, frame(buf, 0x02, payload, 10));
    RIG_UNTIL(&rig, rig.accepted.is_open);
    rig_settle(&rig);
    net_ws_close(rig.accepted.ws, 1000, NULL);
    rig_send(&rig, fd, buf, frame(buf, 0x00, payload, 5000));
    rig_send(&rig, fd, buf, frame(buf, 0x80, payload, 5000));
    rig_send(&rig, fd, buf, frame(buf, 0x82, payload, 5000));
    send_frame(&rig, fd, 0x88, "\x03\xe8");
    RIG_UNTIL(&rig, rig.accepted.ws == NULL || ws_state(ws_of(rig.accepted.ws)) == WS_LEAVING);
    close(fd);
    RIG_UNTIL(&rig, rig.accepted.is_closed);
    assert_int_equal(rig.accepted.message_count, 0);
    assert_int_equal(rig.accepted.code, 1000);
    rig_close(&rig);
}

/* ---- as a client ---- */

/* A server made of a bare socket, to which our client has connected; in its answer $ stands for the
 * right Sec-WebSocket-Accept. */
static int serve(struct rig *rig, const char *answer)
{
    char buf[2048], url[64];
    uint16_t port;
    int listener = rig_listener(&port);
    snprintf(url, sizeof(url), "ws://127.0.0.1:%u/p?q", port);
    struct net_ws_options options = {.url = url};
    assert_int_equal(
        net_ws_dial(rig->net, &options, &rig_end_events, &rig->client, &rig->client.ws), 0);
    int fd = rig_accept(rig, listener);
    close(listener);
    rig_receive_head(rig, fd, buf, sizeof(buf));
    assert_ptr_equal(strstr(buf, "GET /p?q HTTP/1.1\r\nHost: 127.0.0.1:"), buf);
    assert_non_null(strstr(buf, "\r\nSec-WebSocket-Version: 13\r\n"));
    assert_null(strcasestr(buf, "sec-websocket-protocol"));
    assert_null(strcasestr(buf, "sec-websocket-extensions"));

    char *nonce = strstr(buf, "Sec-WebSocket-Key: ") + 19;
    nonce[24] = '\0';
    char accepted[UPGRADE_ACCEPT_SIZE], text[1024];
    assert_int_equal(upgrade_accept(nonce, accepted), 0);
    size_t before = strcspn(answer, "$");
    snprintf(text, sizeof(text), "%.*s%s%s", (int)before, answer, answer[before] ? accepted : "",
             answer + before + (answer[before] != '\0'));
    rig_send_text(rig, fd, text);
    return fd;
}

#define GOOD_ANSWER                                                                                \
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: keep-alive, "           \
    "Upgrade\r\n"                                                                                  \
    "sec-websocket-accept: $\r\n"

static void check_client_fail(const char *hex, unsigned code)
{
    uint8_t bytes[128];
    char buf[128];
    struct rig rig;
    rig_open(&rig);
    int fd = serve(&rig, GOOD_ANSWER "\r\n");
    RIG_UNTIL(&rig, rig.client.is_open);
    rig_send(&rig, fd, bytes, harness_hex(hex, bytes, sizeof(bytes)));
    size_t len = rig_receive_all(&rig, fd, buf, sizeof(buf));
    assert_true(len >= 8); /* masked, as a client's frames are */
    assert_int_equal((uint8_t)buf[0], 0x88);
    assert_int_equal((uint8_t)buf[1] & 0x80, 0x80);
    assert_int_equal((uint8_t)(buf[6] ^ buf[2]) << 8 | (uint8_t)(buf[7] ^ buf[3]), code);
    close(fd);
    RIG_UNTIL(&rig, rig.client.is_closed);
    assert_int_equal(rig.client.cause, NET_PROTOCOL_ERROR);
    assert_int_equal(rig.client.code, code);
    rig_close(&rig);
}

TEST(a_server_that_breaks_rules_is_told_so_too)
{
    check_client_fail("8285 00000000 68656c6c6f", 1002); /* masked */
    check_client_fail("c200", 1002);
    check_client_fail("8000", 1002);
    check_client_fail("0200 8200", 1002);
    check_client_fail("82ff 0000000001000041", 1002);
    check_client_fail("827f 0000000001000041", 1009);
    check_client_fail("8102 c328", 1007);
}

/* The first frames come in the same read as the 101. */
TEST(frames_right_behind_the_handshake_are_not_lost)
{
    struct rig rig;
    rig_open(&rig);
    rig.client.want_pause = true;
    int fd = serve(&rig, GOOD_ANSWER "\r\n\x82\x05hello\x81\x03you");
    RIG_UNTIL(&rig, rig.client.is_open);
    rig_settle(&rig);
    assert_int_equal(rig.client.message_count, 0);
    net_ws_read(rig.client.ws, true);
    RIG_UNTIL(&rig, rig.client.message_count == 2);
    assert_memory_equal(rig.client.messages[0].ptr, "hello", 5);
    close(fd);
    rig_close(&rig);
}

TEST(answers_that_are_no_upgrade_are_refused)
{
    static const struct {
        const char *answer;
        enum net_cause cause;
        unsigned code;
    } cases[] = {
        {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: AAAA\r\n\r\n",
         NET_REFUSED, 0},
        {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: $\r\n\r\n",
         NET_REFUSED, 0},
        {GOOD_ANSWER "Sec-WebSocket-Protocol: chat\r\n\r\n", NET_REFUSED, 0},
        {GOOD_ANSWER "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", NET_REFUSED, 0},
        {"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", NET_REJECTED, 302},
        {"HTTP/1.0 401 \r\n\r\n", NET_REJECTED, 401},
        {"SSH-2.0-OpenSSH\r\n\r\n", NET_REFUSED, 0},
        {"\x15\x03\x01", NET_REFUSED, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig rig;
        rig_open(&rig);
        int fd = serve(&rig, cases[i].answer);
        RIG_UNTIL(&rig, rig.client.is_closed);
        assert_false(rig.client.is_open);
        assert_int_equal(rig.client.cause, cases[i].cause);
        assert_int_equal(rig.client.code, cases[i].code);
        close(fd);
        rig_close(&rig);
    }
}

TEST(a_server_that_hangs_up_during_the_handshake_is_refused)
{
    struct rig rig;
    rig_open(&rig);
    int fd = serve(&rig, "HTTP/1.1 101 Swi");
    close(fd);
    RIG_UNTIL(&rig, rig.client.is_closed);
    assert_int_equal(rig.client.cause, NET_REFUSED);
    rig_close(&rig);
}

TEST(a_reset_is_a_loss)
{
    struct linger hard = {1, 0};
    struct rig rig;
    rig_open(&rig);
    int fd = serve(&rig, GOOD_ANSWER "\r\n");
    RIG_UNTIL(&rig, rig.client.is_open);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(fd);
    RIG_UNTIL(&rig, rig.client.is_closed);
    assert_int_equal(rig.client.cause, NET_LOST);
    assert_string_equal(rig.client.detail, "connection reset by peer");
    rig_close(&rig);
}

/* A connection that does not read is told of a reset all the same. */
TEST(a_reset_is_noticed_while_paused)
{
    struct linger hard = {1, 0};
    struct rig rig;
    rig_open(&rig);
    rig.client.want_pause = true;
    int fd = serve(&rig, GOOD_ANSWER "\r\n");
    RIG_UNTIL(&rig, rig.client.is_open);
    rig_settle(&rig);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(fd);
    RIG_UNTIL(&rig, rig.client.is_closed);
    assert_int_equal(rig.client.cause, NET_LOST);
    rig_close(&rig);
}
