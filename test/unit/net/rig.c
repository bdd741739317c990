// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What the tests of net/ share. */
#include "rig.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include "harness.h"
#include "net/socket.h"
#include "net/socket_net.h"
#include "sys/loop.h"
#include "sys/loop_uv.h"

/* ---- the loop ---- */

void rig_open(struct rig *rig)
{
    *rig = (struct rig){.upgrade_status = 101};
    assert_int_equal(loop_uv_new(&rig->loop), 0);
    assert_int_equal(socket_net_new(rig->loop, &rig->net), 0);
}

void rig_turn(struct rig *rig)
{
    struct pollfd fd = {.fd = loop_uv_fd(rig->loop), .events = POLLIN};
    poll(&fd, 1, loop_uv_timeout_ms(rig->loop));
    loop_uv_dispatch(rig->loop);
}

void rig_settle(struct rig *rig)
{
    struct pollfd fd = {.fd = loop_uv_fd(rig->loop), .events = POLLIN};
    for (int quiet = 0; quiet < 3; quiet++)
        if (loop_uv_timeout_ms(rig->loop) == 0 || poll(&fd, 1, 0) > 0) {
            loop_uv_dispatch(rig->loop);
            quiet = -1;
        }
}

/* libuv's pool has as many threads when nobody says otherwise (UV_THREADPOOL_SIZE). */
#define RIG_POOL_THREADS 4

static struct {
    uv_work_t works[RIG_POOL_THREADS];
    uv_sem_t go;
    int at_work;
} resolver;

static void resolver_wait(uv_work_t *work)
{
    (void)work;
    uv_sem_wait(&resolver.go);
}

static void resolver_on_done(uv_work_t *work, int status)
{
    (void)work;
    assert_int_equal(status, 0);
    resolver.at_work--;
}

void rig_hold_resolver(struct rig *rig)
{
    struct uv_loop_s *uv = container_of(rig->net, struct socket_net, base)->uv;
    assert_int_equal(uv_sem_init(&resolver.go, 0), 0);
    for (; resolver.at_work < RIG_POOL_THREADS; resolver.at_work++)
        assert_int_equal(
            uv_queue_work(uv, &resolver.works[resolver.at_work], resolver_wait, resolver_on_done),
            0);
}

void rig_let_resolver(struct rig *rig)
{
    for (int i = 0; i < RIG_POOL_THREADS; i++)
        uv_sem_post(&resolver.go);
    RIG_UNTIL(rig, resolver.at_work == 0);
    uv_sem_destroy(&resolver.go);
}

void rig_close(struct rig *rig)
{
    if (rig->client.ws)
        net_ws_close(rig->client.ws, 0, NULL);
    if (rig->server) {
        net_server_close(rig->server);
        RIG_UNTIL(rig, rig->is_server_closed);
    }
    RIG_UNTIL(rig, !rig->client.ws);
    rig_end_deinit(&rig->client);
    rig_end_deinit(&rig->accepted);
    actr_bytes_unref(rig->body);
    socket_net_free(rig->net);
    loop_uv_close(rig->loop);
}

/* ---- one end ---- */

static void end_on_open(void *user)
{
    struct rig_end *end = user;
    end->is_open = true;
    if (end->want_pause)
        net_ws_read(end->ws, false);
}

static void end_on_message(void *user, struct actr_bytes message, bool is_binary)
{
    struct rig_end *end = user;
    if (end->message_count < RIG_MESSAGE_MAX)
        end->messages[end->message_count] = actr_bytes_ref(message);
    end->message_count++;
    end->byte_count += message.len;
    end->text_count += !is_binary;
    if (end->want_echo)
        assert_true(net_ws_send(end->ws, actr_bytes_ref(message)) >= 0);
    if (end->on_message)
        end->on_message(end, message);
    actr_bytes_unref(message);
}

static void end_on_excess(void *user, const struct excess *excess, bool is_binary)
{
    struct rig_end *end = user;
    const struct actr_view last = excess->tail.len > 0 ? excess->tail : excess->head;
    assert_true(is_binary && excess->head.len >= 2 && last.len >= 2);
    end->excess_count++;
    end->excess_len = excess->len;
    memcpy(end->excess_ends, excess->head.ptr, 2);
    memcpy(end->excess_ends + 2, last.ptr + last.len - 2, 2);
}

static void end_on_pong(void *user, struct actr_view payload)
{
    struct rig_end *end = user;
    end->pong_count++;
    memcpy(end->pong, payload.ptr, payload.len);
    end->pong[payload.len] = '\0';
}

static void end_on_writable(void *user)
{
    struct rig_end *end = user;
    end->writable_count++;
}

static void end_on_closed(void *user, const struct net_close *why)
{
    struct rig_end *end = user;
    assert_false(end->is_closed);
    end->is_closed = true;
    end->ws = NULL;
    end->cause = why->cause;
    end->code = why->code;
    snprintf(end->detail, sizeof(end->detail), "%s", why->detail);
}

const struct net_ws_events rig_end_events = {
    .on_open = end_on_open,
    .on_message = end_on_message,
    .on_pong = end_on_pong,
    .on_writable = end_on_writable,
    .on_closed = end_on_closed,
};

static const struct net_ws_events end_excess_events = {
    .on_open = end_on_open,
    .on_message = end_on_message,
    .on_excess = end_on_excess,
    .on_pong = end_on_pong,
    .on_writable = end_on_writable,
    .on_closed = end_on_closed,
};

static const struct net_ws_events *end_events(const struct rig *rig)
{
    return rig->want_excess ? &end_excess_events : &rig_end_events;
}

void rig_end_deinit(struct rig_end *end)
{
    for (size_t i = 0; i < end->message_count && i < RIG_MESSAGE_MAX; i++)
        actr_bytes_unref(end->messages[i]);
    *end = (struct rig_end){0};
}

void rig_dial(struct rig *rig, const char *path, const struct net_ws_options *options)
{
    struct net_ws_options all = {0};
    if (options)
        all = *options;
    all.url = rig_url(rig, all.url ? all.url : "ws", path);
    assert_int_equal(net_ws_dial(rig->net, &all, end_events(rig), &rig->client, &rig->client.ws),
                     0);
}

void rig_connect(struct rig *rig, const struct net_ws_options *options)
{
    rig_dial(rig, "/", options);
    RIG_UNTIL(rig, rig->client.is_closed || (rig->client.is_open && rig->accepted.is_open));
    assert_false(rig->client.is_closed);
}

void rig_pair(struct rig *rig, const struct net_server_options *server,
              const struct net_ws_options *client)
{
    rig_listen(rig, server);
    rig_connect(rig, client);
}

/* ---- the server ---- */

static void server_note(struct rig *rig, struct net_request *request,
                        const struct net_request_info *info)
{
    const char *header = rig->watch_header ? net_request_header(request, rig->watch_header) : NULL;
    snprintf(rig->method, sizeof(rig->method), "%s", info->method);
    snprintf(rig->path, sizeof(rig->path), "%s", info->path);
    snprintf(rig->query, sizeof(rig->query), "%s", info->query);
    snprintf(rig->peer, sizeof(rig->peer), "%s", info->peer_address);
    snprintf(rig->header, sizeof(rig->header), "%s", header ? header : "(none)");
}

static void server_on_request(void *user, struct net_request *request,
                              const struct net_request_info *info)
{
    static const struct net_header headers[] = {{"content-type", "text/plain"}};
    struct rig *rig = user;
    rig->request_count++;
    server_note(rig, request, info);
    actr_bytes_unref(rig->body);
    rig->body = actr_bytes_ref(info->body);
    if (rig->want_late)
        rig->late = request;
    else
        net_respond(request, 200, headers, 1, actr_bytes_ref(info->body));
}

static unsigned server_on_upgrade(void *user, struct net_request *request,
                                  const struct net_request_info *info, struct net_ws *ws,
                                  const struct net_ws_events **ret_events, void **ret_user)
{
    struct rig *rig = user;
    rig->upgrade_count++;
    server_note(rig, request, info);
    if (rig->upgrade_status != 101)
        return rig->upgrade_status;
    bool want_echo = rig->accepted.want_echo, want_pause = rig->accepted.want_pause;
    void (*on_message)(struct rig_end *, struct actr_bytes) = rig->accepted.on_message;
    assert_null(rig->accepted.ws);
    rig_end_deinit(&rig->accepted);
    rig->accepted = (struct rig_end){
        .ws = ws, .want_echo = want_echo, .want_pause = want_pause, .on_message = on_message};
    *ret_events = end_events(rig);
    *ret_user = &rig->accepted;
    return 101;
}

static void server_on_abandoned(void *user, struct net_request *request)
{
    struct rig *rig = user;
    rig->abandoned_count++;
    if (rig->late == request)
        rig->late = NULL;
}

static void server_on_closed(void *user)
{
    struct rig *rig = user;
    rig->is_server_closed = true;
    rig->server = NULL;
}

static const struct net_server_events server_events = {
    .on_request = server_on_request,
    .on_upgrade = server_on_upgrade,
    .on_abandoned = server_on_abandoned,
    .on_closed = server_on_closed,
};

void rig_listen(struct rig *rig, const struct net_server_options *options)
{
    struct net_server_options all = {0};
    if (options)
        all = *options;
    if (!all.host)
        all.host = "127.0.0.1";
    assert_int_equal(net_listen(rig->net, &all, &server_events, rig, &rig->server), 0);
    assert_true(net_server_port(rig->server) > 0);
}

const char *rig_url(struct rig *rig, const char *scheme, const char *rest)
{
    static char url[8192];
    snprintf(url, sizeof(url), "%s://127.0.0.1:%u%s", scheme, net_server_port(rig->server), rest);
    return url;
}

/* ---- bare sockets ---- */

int rig_socket(struct rig *rig)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(net_server_port(rig->server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

void rig_send(struct rig *rig, int fd, const void *data, size_t len)
{
    const uint8_t *at = data;
    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) {
            rig_turn(rig);
            continue;
        }
        assert_true(sent > 0);
        at += sent;
        len -= (size_t)sent;
    }
}

void rig_send_text(struct rig *rig, int fd, const char *text)
{
    rig_send(rig, fd, text, strlen(text));
}

/* A turn of the loop, or something to read for the client: what the system still holds comes
 * without the server. */
static void rig_turn_for(struct rig *rig, int client)
{
    struct pollfd fds[] = {{.fd = loop_uv_fd(rig->loop), .events = POLLIN},
                           {.fd = client, .events = POLLIN}};
    poll(fds, 2, loop_uv_timeout_ms(rig->loop));
    loop_uv_dispatch(rig->loop);
}

void rig_receive(struct rig *rig, int fd, void *buf, size_t len)
{
    uint8_t *at = buf;
    while (len > 0) {
        ssize_t got = recv(fd, at, len, MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN) {
            rig_turn_for(rig, fd);
            continue;
        }
        assert_true(got > 0);
        at += got;
        len -= (size_t)got;
    }
}

size_t rig_receive_all(struct rig *rig, int fd, char *buf, size_t cap)
{
    size_t len = 0;
    for (;;) {
        ssize_t got = recv(fd, buf + len, cap - 1 - len, MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN) {
            rig_turn(rig);
            continue;
        }
        if (got <= 0)
            break;
        len += (size_t)got;
        assert_true(len < cap - 1);
    }
    buf[len] = '\0';
    return len;
}

int rig_listener(uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

int rig_accept(struct rig *rig, int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) < 0) {
        assert_int_equal(errno, EAGAIN);
        rig_turn(rig);
    }
    return fd;
}

void rig_receive_head(struct rig *rig, int fd, char *buf, size_t cap)
{
    size_t len = 0;
    while (len < 4 || memcmp(buf + len - 4, "\r\n\r\n", 4) != 0) {
        assert_true(len < cap - 1);
        rig_receive(rig, fd, buf + len++, 1);
    }
    buf[len] = '\0';
}

int rig_socket_ws(struct rig *rig)
{
    char buf[1024];
    int fd = rig_socket(rig);
    rig_send_text(rig, fd,
                  "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                  "Sec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    rig_receive_head(rig, fd, buf, sizeof(buf));
    assert_non_null(strstr(buf, "HTTP/1.1 101 "));
    assert_non_null(strstr(buf, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    assert_null(strcasestr(buf, "extensions"));
    assert_null(strcasestr(buf, "protocol:"));
    return fd;
}
