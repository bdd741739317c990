// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A listener of the existing system, played on bare sockets for a whole node of ours that calls it:
 * it drops what comes before it has checked the caller, and never closes a TCP connection. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "harness.h"
#include "net/upgrade.h"
#include "protocol/envelope.h"
#include "replay.h"
#include "sys/waiter.h"

#define FRAME_MAX 1024

static struct world world;

/* An actor of the existing system: registered, at signaling, listening. */
struct listener {
    struct live_actor actor;
    int fd;
};

struct frame {
    enum live_opcode opcode;
    size_t len;
    uint8_t bytes[FRAME_MAX];
};

/* A call that our node makes meanwhile. */
struct call {
    struct waiter waiter;
    int code;
    char reply[64];
};

/* Its Ping says UNAVAILABLE and a little power, as the captured one does. */
static void listener_open(struct listener *listener)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    struct replay replay;
    char url[64];
    listener->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval timeout = {.tv_sec = 10};
    setsockopt(listener->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    assert_int_equal(bind(listener->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener->fd, 8), 0);
    assert_int_equal(getsockname(listener->fd, (struct sockaddr *)&address, &len), 0);
    snprintf(url, sizeof(url), "ws://127.0.0.1:%u", ntohs(address.sin_port));
    world_join(&world, 0, url, &listener->actor);

    replay_open(&replay, "direct-websocket-signaling.txt", 1);
    replay_expect(&replay, false, REPLAY_HEAD);
    replay_expect(&replay, true, REPLAY_HEAD);
    replay_expect(&replay, false, REPLAY_FRAME);
    world_say(&listener->actor, &replay.item);
    assert_int_equal(live_receive(&world.live, listener->actor.fd).reply.kind, SIGNALING_PONG);
    replay_close(&replay);
}

static void listener_close(struct listener *listener)
{
    close(listener->fd);
    live_actor_deinit(&listener->actor);
}

/* The next connection, answered as in the capture. */
static int listener_accept(struct listener *listener)
{
    char head[4096], answer[256], accept_key[UPGRADE_ACCEPT_SIZE];
    struct timeval timeout = {.tv_sec = 10};
    int at_once = 1;
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
    assert_true(fd >= 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    live_read_head(fd, head, sizeof(head));
    assert_memory_equal(head, "GET / HTTP/1.1\r\n", 16);
    (void)replay_header(head, "x-actr-credential");
    (void)replay_header(head, "x-actr-source-id");
    assert_null(strcasestr(head, "sec-websocket-extensions"));
    assert_null(strcasestr(head, "sec-websocket-protocol"));
    assert_int_equal(upgrade_accept(replay_header(head, "sec-websocket-key"), accept_key), 0);
    snprintf(answer, sizeof(answer),
             "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
             "sec-websocket-accept: %s\r\n\r\n",
             accept_key);
    live_write(fd, answer, strlen(answer));
    return fd;
}

/* The next frame of our node, unmasked; its pings are passed over. */
static void receive_frame(int fd, struct frame *frame)
{
    uint8_t header[2], extended[2], mask[4];
    do {
        live_read(fd, header, 2);
        assert_int_equal(header[0] & 0xf0, 0x80);
        assert_true(header[1] & 0x80);
        frame->opcode = header[0] & 15;
        frame->len = header[1] & 127;
        if (frame->len == 126) {
            live_read(fd, extended, 2);
            frame->len = (size_t)(extended[0] << 8 | extended[1]);
        }
        assert_true(frame->len <= FRAME_MAX);
        live_read(fd, mask, 4);
        live_read(fd, frame->bytes, frame->len);
        for (size_t i = 0; i < frame->len; i++)
            frame->bytes[i] ^= mask[i % 4];
    } while (frame->opcode == LIVE_PING);
}

/* Requests that were answered: one that comes again was on its way by then. */
static struct frame answered[64];
static size_t answered_count;

static bool is_answered(const struct frame *frame)
{
    for (size_t i = 0; i < answered_count; i++)
        if (answered[i].len == frame->len &&
            memcmp(answered[i].bytes, frame->bytes, frame->len) == 0)
            return true;
    return false;
}

static void receive_request(int fd, struct frame *frame)
{
    do {
        receive_frame(fd, frame);
        assert_int_equal(frame->opcode, LIVE_BINARY);
    } while (is_answered(frame));
}

static void receive_close(int fd, unsigned code)
{
    struct frame frame;
    do
        receive_frame(fd, &frame);
    while (frame.opcode == LIVE_BINARY);
    assert_int_equal(frame.opcode, LIVE_CLOSE);
    assert_int_equal(frame.bytes[0] << 8 | frame.bytes[1], code);
}

/* The response that the existing system would give: the payload again. */
static void answer(int fd, const struct frame *frame)
{
    struct envelope envelope;
    uint8_t header[2 + 5] = {0x82};
    assert_int_equal(envelope_decode(actr_view_of(frame->bytes + 5, frame->len - 5), &envelope), 0);
    assert_int_equal(envelope.direction, ENVELOPE_REQUEST);
    assert_true(envelope.timeout_ms > 0);
    envelope.direction = ENVELOPE_RESPONSE;
    envelope.timeout_ms = 0;
    struct actr_bytes encoded = envelope_encode(&envelope);
    assert_true(encoded.len + 5 < 126);
    header[1] = (uint8_t)(encoded.len + 5);
    header[6] = (uint8_t)encoded.len;
    live_write(fd, header, sizeof(header));
    live_write(fd, encoded.ptr, encoded.len);
    actr_bytes_unref(encoded);
    assert_true(answered_count < 64);
    answered[answered_count++] = *frame;
}

/* ---- Calls ---- */

static void on_result(void *arg, const struct actr_result *result)
{
    struct call *call = arg;
    call->code = result->code;
    if (result->code == 0)
        snprintf(call->reply, sizeof(call->reply), "%.*s", (int)result->reply.len,
                 (const char *)result->reply.ptr);
    waiter_signal(&call->waiter);
}

static void call_begin(struct call *call, const struct listener *listener, uint32_t timeout_ms)
{
    struct actr_call_options options = {.size = sizeof(options), .timeout_ms = timeout_ms};
    *call = (struct call){.code = 1};
    waiter_init(&call->waiter);
    assert_int_equal(actr_call(world.node, &listener->actor.id, "interop.Echo.Raw",
                               actr_bytes_str("hello"), &options, on_result, call, NULL),
                     0);
}

static int call_end(struct call *call)
{
    assert_true(waiter_wait(&call->waiter, WAITER_FOREVER));
    waiter_deinit(&call->waiter);
    return call->code;
}

static void expect_answered(struct call *call)
{
    assert_int_equal(call_end(call), 0);
    assert_string_equal(call->reply, "hello");
}

/* Our node has found it, and its first call has been answered: the connection. */
static int connect_to(struct listener *listener)
{
    struct call call;
    struct frame frame;
    call_begin(&call, listener, 0);
    int fd = listener_accept(listener);
    receive_request(fd, &frame);
    answer(fd, &frame);
    expect_answered(&call);
    return fd;
}

static void open_all(struct listener *listener)
{
    struct actr_id found;
    answered_count = 0;
    world_open(&world, false);
    listener_open(listener);
    world_start_client(&world);
    assert_int_equal(actr_discover_one(world.node, "interop:EchoService:1.0.0", &found), 0);
    assert_true(actr_id_equal(&found, &listener->actor.id));
}

static void close_all(struct listener *listener)
{
    world_close(&world);
    listener_close(listener);
}

/* ---- What it does ---- */

TEST(a_first_request_that_the_listener_drops_is_sent_again)
{
    struct listener listener;
    struct call call;
    struct frame first, second;
    open_all(&listener);
    call_begin(&call, &listener, 0);
    int fd = listener_accept(&listener);
    receive_request(fd, &first); /* and dropped: the caller is not checked yet */
    receive_request(fd, &second);
    assert_int_equal(second.len, first.len); /* request id and all */
    assert_memory_equal(second.bytes, first.bytes, first.len);
    answer(fd, &second);
    expect_answered(&call);

    /* A peer that has answered reads: nothing is sent twice from now on. */
    struct call calls[2];
    call_begin(&calls[0], &listener, 0);
    receive_request(fd, &first);
    call_begin(&calls[1], &listener, 0);
    receive_request(fd, &second);
    assert_true(first.len != second.len || memcmp(first.bytes, second.bytes, first.len) != 0);
    answer(fd, &second);
    answer(fd, &first);
    expect_answered(&calls[0]);
    expect_answered(&calls[1]);
    close(fd);
    close_all(&listener);
}

TEST(a_listener_that_breaks_the_rules_and_stays_open_is_left)
{
    static const uint8_t wrong[][2] = {{0xf2, 0}, {0x80, 0}}; /* reserved bits; no beginning */
    struct listener listener;
    int fds[2];
    open_all(&listener);
    int descriptors = replay_descriptors();
    for (int i = 0; i < 2; i++) {
        fds[i] = connect_to(&listener);
        live_write(fds[i], wrong[i], 2);
        receive_close(fds[i], 1002);
        world_settle(&world, descriptors + i + 1); /* these are kept open here */
    }
    int fd = connect_to(&listener); /* and goes on */
    close(fd);
    world_settle(&world, descriptors + 2);
    close_all(&listener);
    for (int i = 0; i < 2; i++)
        close(fds[i]);
}

TEST(a_listener_that_closes_but_for_tcp_is_left)
{
    struct listener listener;
    open_all(&listener);
    int descriptors = replay_descriptors();
    int fd = connect_to(&listener);
    live_write(fd, "\x88\x02\x03\xe8", 4);
    receive_close(fd, 1000);
    world_settle(&world, descriptors + 1);
    int next = connect_to(&listener);
    close(next);
    close(fd);
    world_settle(&world, descriptors);
    close_all(&listener);
}

TEST(a_listener_that_closes_nothing_does_not_hold_up_a_stop)
{
    struct listener listener;
    open_all(&listener);
    int fd = connect_to(&listener);
    assert_int_equal(actr_node_stop(world.node, 0), 0);
    receive_close(fd, 1001);
    replay_expect_end(fd);
    close_all(&listener);
}

TEST(a_listener_that_stops_reading_stalls_nobody)
{
    struct listener listener, other;
    struct call calls[8], call;
    open_all(&listener);
    int fd = connect_to(&listener);
    for (int i = 0; i < 8; i++)
        call_begin(&calls[i], &listener, 700);
    listener_open(&other);
    assert_int_equal(actr_discover_wait(world.node, "interop:EchoService:1.0.0", 0,
                                        (struct actr_id[4]){{0}}, 4, &(size_t){0}),
                     0);
    int other_fd = connect_to(&other);
    for (int i = 0; i < 20; i++) {
        struct frame frame;
        call_begin(&call, &other, 0);
        receive_request(other_fd, &frame);
        answer(other_fd, &frame);
        expect_answered(&call);
    }
    for (int i = 0; i < 8; i++)
        assert_int_equal(call_end(&calls[i]), ACTR_ETIMEDOUT);
    close(other_fd);
    close(fd);
    listener_close(&other);
    close_all(&listener);
}
