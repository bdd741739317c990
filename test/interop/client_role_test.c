// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A client of the existing system, replayed against a whole node of ours that listens: its first
 * request comes at once, and it goes in every way but the proper one. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "harness.h"
#include "protocol/envelope.h"
#include "replay.h"

#define DIRECT "direct-websocket.txt"

static struct world world;
static struct live_actor client;

/* The service first, so that it has serial 1 as in the captures. */
static void open_all(bool is_open)
{
    world_open(&world, is_open);
    world_start_service(&world);
    world_join(&world, 2, NULL, &client);
}

static void close_all(void)
{
    live_actor_deinit(&client);
    world_close(&world);
}

/* A connection as in stream `stream`, its 101 read. */
static int connect_actor(struct replay *replay, int stream, const struct live_actor *actor)
{
    char head[1024];
    replay_open(replay, DIRECT, stream);
    replay_expect(replay, false, REPLAY_HEAD);
    int fd = replay_connect(&world, replay, actor, (struct actr_view){0});
    live_read_head(fd, head, sizeof(head));
    replay_expect(replay, true, REPLAY_HEAD);
    assert_memory_equal(head, "HTTP/1.1 101 Switching Protocols\r\n", 34);
    char accept[64];
    snprintf(accept, sizeof(accept), "%s", replay_header(head, "sec-websocket-accept"));
    assert_string_equal(accept, replay_header((char *)replay->item.bytes, "sec-websocket-accept"));
    return fd;
}

static int connect_as(struct replay *replay, int stream)
{
    return connect_actor(replay, stream, &client);
}

/* After one byte of type and four of length. */
static struct actr_view envelope_of(struct actr_view frame)
{
    assert_true(frame.len >= 5);
    assert_memory_equal(frame.ptr, "\0\0\0\0", 4);
    assert_int_equal(frame.ptr[4], frame.len - 5);
    return actr_view_of(frame.ptr + 5, frame.len - 5);
}

/* The answer that echoes `request`. */
static void expect_echo(struct actr_view answer, struct actr_view request)
{
    struct envelope asked, answered;
    assert_int_equal(envelope_decode(envelope_of(request), &asked), 0);
    assert_int_equal(envelope_decode(envelope_of(answer), &answered), 0);
    assert_int_equal(answered.direction, ENVELOPE_RESPONSE);
    assert_true(view_equal(answered.request_id, asked.request_id));
    assert_true(view_equal(answered.route, asked.route));
    assert_true(view_equal(answered.payload, asked.payload));
    assert_int_equal(answered.timeout_ms, 0);
}

/* Every frame of the stream again. Where the capture has an answer ours has the same bytes; where
 * it has none, because the existing listener lost the request, ours has the echo. */
static int play(int stream)
{
    struct replay replay;
    struct replay_item request = {0};
    int answer_count = 0;
    int fd = connect_as(&replay, stream);
    while (replay_next(&replay)) {
        const struct replay_item *item = &replay.item;
        if (item->is_server) {
            struct actr_view answer = replay_receive(&world, fd);
            assert_int_equal(answer.len, item->len);
            assert_memory_equal(answer.ptr, item->bytes, item->len);
            answer_count++;
            continue;
        }
        live_send_frame(fd, true, item->opcode, actr_view_of(item->bytes, item->len));
        if (stream < 6 && item->opcode == LIVE_BINARY) {
            request = *item;
            expect_echo(replay_receive(&world, fd), actr_view_of(request.bytes, request.len));
            answer_count++;
        }
    }
    replay_close(&replay);
    if (stream < 6) /* they closed; the capture of the other ends before that */
        replay_expect_end(fd);
    else
        close(fd);
    return answer_count;
}

TEST(what_the_capture_asks_is_answered_with_its_bytes)
{
    open_all(true);
    struct actr_id id = actr_node_id(world.node);
    assert_int_equal(id.serial, 1);
    assert_int_equal(client.id.serial, 2);
    assert_int_equal(play(4), 1);
    assert_int_equal(play(5), 2);
    assert_int_equal(play(6), 2);
    close_all();
}

TEST(a_request_that_comes_with_the_handshake_is_not_lost)
{
    char head[1024];
    struct replay replay, frames;
    open_all(false);
    for (int i = 0; i < 20; i++) {
        replay_open(&replay, DIRECT, 4);
        replay_expect(&replay, false, REPLAY_HEAD);
        replay_open(&frames, DIRECT, 4);
        while (replay_next(&frames) && frames.item.kind != REPLAY_FRAME)
            ;
        struct actr_view request = actr_view_of(frames.item.bytes, frames.item.len);
        /* Another request each time, or it would be a repeat. */
        frames.item.bytes[frames.item.len - 6] = (uint8_t)('a' + i);
        int fd = replay_connect(&world, &replay, &client, request);
        live_read_head(fd, head, sizeof(head));
        expect_echo(replay_receive(&world, fd), request);
        replay_reset(fd);
        replay_close(&frames);
        replay_close(&replay);
    }
    close_all();
}

/* ---- Going ---- */

static void go_with_close(int fd)
{
    live_send_frame(fd, true, LIVE_CLOSE, (struct actr_view){0});
    replay_expect_end(fd); /* the existing client leaves that to us */
}

static void go_with_fin(int fd)
{
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    replay_expect_end(fd);
}

static void go_with_half_a_frame(int fd)
{
    live_send_header(fd, true, LIVE_BINARY, 1000);
    close(fd);
}

static void go_wrong(int fd, const void *frame, size_t len)
{
    enum live_opcode opcode;
    live_write(fd, frame, len);
    do
        (void)live_receive_frame(&world.live, fd, &opcode);
    while (opcode != LIVE_CLOSE);
    assert_int_equal(world.live.buffer[0] << 8 | world.live.buffer[1], 1002);
    replay_expect_end(fd); /* although we do not close our side */
}

static void go_with_reserved_bits(int fd)
{
    go_wrong(fd, "\xf2\x80\0\0\0\0", 6);
}

static void go_with_stray_continuation(int fd)
{
    go_wrong(fd, "\x80\x80\0\0\0\0", 6);
}

TEST(clients_that_go_in_any_way_leave_nothing_behind)
{
    static void (*const ways[])(int fd) = {go_with_close,         go_with_fin,
                                           replay_reset,          go_with_half_a_frame,
                                           go_with_reserved_bits, go_with_stray_continuation};
    struct replay replay;
    open_all(false);
    int descriptors = replay_descriptors();
    for (size_t i = 0; i < 198; i++) {
        int fd = connect_as(&replay, 6);
        if (i % 2) { /* a request first, whose answer nobody may read any more */
            assert_true(replay_next(&replay));
            live_send_frame(fd, true, LIVE_BINARY,
                            actr_view_of(replay.item.bytes, replay.item.len));
        }
        ways[i / 2 % 6](fd);
        replay_close(&replay);
    }
    world_settle(&world, descriptors);
    assert_int_equal(atomic_load(&world.error_count), 0);
    close_all();
}

/* ---- Reading nothing ---- */

static struct actr_bytes raw_request(uint8_t number, size_t payload_len)
{
    static uint8_t payload[65536];
    char id[40];
    snprintf(id, sizeof(id), "e824fb40-c9d0-4b3f-b1da-eb0f78f2%04u", number);
    struct envelope envelope = {.route = view_text("interop.Echo.Raw"),
                                .has_payload = true,
                                .payload = actr_view_of(payload, payload_len),
                                .direction = ENVELOPE_REQUEST,
                                .request_id = view_text(id),
                                .timeout_ms = 32000};
    struct actr_bytes encoded = envelope_encode(&envelope);
    uint8_t *data;
    struct actr_bytes frame = bytes_new(5 + encoded.len, &data);
    memcpy(data + 5, encoded.ptr, encoded.len);
    data[0] = 0;
    for (int i = 0; i < 4; i++)
        data[1 + i] = (uint8_t)(encoded.len >> (24 - 8 * i));
    actr_bytes_unref(encoded);
    return frame;
}

/* Sends without waiting; what does not fit is gone. True: all of it went. */
static bool push(int fd, struct actr_view message)
{
    uint8_t header[14] = {0x82, 0x80 | 127};
    for (int i = 0; i < 8; i++)
        header[2 + i] = (uint8_t)((uint64_t)message.len >> (56 - 8 * i));
    if (send(fd, header, sizeof(header), MSG_NOSIGNAL | MSG_DONTWAIT) != sizeof(header))
        return false;
    return send(fd, message.ptr, message.len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)message.len;
}

TEST(a_client_that_never_reads_stalls_nobody)
{
    struct replay replay;
    struct live_actor actor;
    open_all(false);
    world_join(&world, 2, NULL, &actor);
    int descriptors = replay_descriptors();
    int deaf = connect_actor(&replay, 6, &actor);
    replay_close(&replay);
    int other = connect_as(&replay, 6);
    replay_close(&replay);
    bool is_taken = true;
    for (uint8_t i = 0; i < 200; i++) {
        struct actr_bytes request = raw_request(i, 65536);
        is_taken = is_taken && push(deaf, actr_bytes_view(request));
        actr_bytes_unref(request);
        request = raw_request(i, 1);
        live_send_frame(other, true, LIVE_BINARY, actr_bytes_view(request));
        expect_echo(replay_receive(&world, other), actr_bytes_view(request));
        actr_bytes_unref(request);
    }
    close(other);
    replay_reset(deaf);
    world_settle(&world, descriptors);
    live_actor_deinit(&actor);
    close_all();
}

/* ---- Waiting for nothing ---- */

/* Turns the node's loop until the peer has something to read; how often a timer ended the wait. */
static int turn_until_readable(int fd)
{
    int timer_count = 0;
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    while (poll(&readable, 1, 0) == 0)
        timer_count += world_turn(&world);
    return timer_count;
}

/* The existing system looks into its mailbox every 10 ms or so, which each call pays for. In ours
 * every step of a call follows from the one before. */
TEST(a_call_waits_for_no_timer)
{
    char head[1024];
    struct replay replay;
    int timer_count = 0;
    world_open(&world, false);
    world.on_foreign_loop = true;
    world_start_service(&world);
    world_join(&world, 2, NULL, &client);
    replay_open(&replay, DIRECT, 6);
    replay_expect(&replay, false, REPLAY_HEAD);
    int fd = replay_connect(&world, &replay, &client, (struct actr_view){0});
    turn_until_readable(fd);
    live_read_head(fd, head, sizeof(head));
    enum live_opcode opcode;
    turn_until_readable(fd);
    (void)live_receive_frame(&world.live, fd, &opcode);
    assert_int_equal(opcode, LIVE_PONG); /* by which our listener says that it reads */
    for (uint8_t i = 0; i < 50; i++) {
        struct actr_bytes request = raw_request(i, 5);
        live_send_frame(fd, true, LIVE_BINARY, actr_bytes_view(request));
        timer_count += turn_until_readable(fd);
        expect_echo(replay_receive(&world, fd), actr_bytes_view(request));
        actr_bytes_unref(request);
    }
    if (timer_count > 10) /* there are timers, of other things */
        fail_msg("%d of 50 calls waited for a timer", timer_count);
    close(fd);
    replay_close(&replay);
    close_all();
}
