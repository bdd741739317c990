// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A bare client for HTTP and WebSocket, blocking, and the server it talks to. */
#include "live.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "harness.h"
#include "sys/loop_uv.h"

#define TIMEOUT_S 10
#define TTL_S 3600

/* ---- The server ---- */

static void on_ledger_closed(void *owner)
{
    loop_uv_stop(owner);
}

/* A database as a server leaves it that signs with the known key. */
static void seed(const char *dir)
{
    struct loop *loop = NULL;
    struct ledger *ledger = NULL;
    assert_int_equal(loop_uv_new(&loop), 0);
    assert_int_equal(ledger_sqlite_open(loop, dir, 0, &ledger), 0);
    struct ledger_write *write = ledger_write_new(NULL, NULL);
    forge_key_row(ledger_add(write, LEDGER_SIGNING_KEY));
    ledger_submit(ledger, write);
    ledger_close(ledger, on_ledger_closed, loop);
    loop_uv_run(loop);
    loop_uv_close(loop);
}

void live_start(struct live *live)
{
    assert_int_equal(hosting_start(&live->options, &live->hosting), 0);
}

void live_open(struct live *live)
{
    static const struct rendezvous_realm realm = {LIVE_REALM, NULL};
    memset(live, 0, sizeof(*live));
    arena_init(&live->arena, 16 * 1024 * 1024);
    snprintf(live->dir, sizeof(live->dir), "/tmp/actr-live-XXXXXX");
    assert_non_null(mkdtemp(live->dir));
    seed(live->dir);
    live->options.data_dir = live->dir;
    live->options.log.level = ACTR_LOG_ERROR + 1;
    live->options.server =
        (struct rendezvous_options){.host = "127.0.0.1", .realms = &realm, .realm_count = 1};
    live_start(live);
}

void live_stop(struct live *live)
{
    live->hosting = hosting_stop(live->hosting);
}

void live_close(struct live *live)
{
    char path[512];
    live_stop(live);
    arena_deinit(&live->arena);
    DIR *entries = opendir(live->dir);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        snprintf(path, sizeof(path), "%s/%s", live->dir, entry->d_name);
        unlink(path);
    }
    closedir(entries);
    assert_int_equal(rmdir(live->dir), 0);
}

uint64_t live_now_s(void)
{
    struct loop *loop = NULL;
    assert_int_equal(loop_uv_new(&loop), 0);
    uint64_t now_s = loop_wall_ms(loop) / 1000;
    loop_uv_close(loop);
    return now_s;
}

/* ---- Bytes ---- */

int live_dial(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval timeout = {.tv_sec = TIMEOUT_S};
    int at_once = 1; /* a frame is two writes; the second must not wait for an acknowledgement */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

void live_write(int fd, const void *data, size_t len)
{
    for (size_t sent = 0; sent < len;) {
        ssize_t n = send(fd, (const char *)data + sent, len - sent, MSG_NOSIGNAL);
        assert_true(n > 0);
        sent += (size_t)n;
    }
}

void live_read(int fd, void *buf, size_t len)
{
    for (size_t got = 0; got < len;) {
        ssize_t n = recv(fd, (char *)buf + got, len - got, 0);
        if (n <= 0)
            fail_msg("the connection gave %zu of %zu bytes", got, len);
        got += (size_t)n;
    }
}

void live_read_head(int fd, char *buf, size_t cap)
{
    size_t len = 0;
    while (len < 4 || memcmp(buf + len - 4, "\r\n\r\n", 4) != 0) {
        assert_true(len + 1 < cap);
        live_read(fd, buf + len++, 1);
    }
    buf[len] = '\0';
}

/* ---- HTTP ---- */

static unsigned status_of(const char *head)
{
    assert_memory_equal(head, "HTTP/1.1 ", 9);
    return (unsigned)strtoul(head + 9, NULL, 10);
}

unsigned live_http(struct live *live, const char *method, const char *path, struct actr_bytes body)
{
    char head[4096];
    int fd = live_dial(hosting_port(live->hosting));
    snprintf(head, sizeof(head),
             "%s %s HTTP/1.1\r\nhost: test\r\ncontent-type: application/x-protobuf\r\n"
             "accept: application/x-protobuf\r\ncontent-length: %zu\r\n\r\n",
             method, path, body.len);
    live_write(fd, head, strlen(head));
    live_write(fd, body.ptr, body.len);
    actr_bytes_unref(body);
    live_read_head(fd, head, sizeof(head));
    const char *len = strcasestr(head, "\r\ncontent-length:");
    assert_non_null(len);
    live->body_len = strtoul(len + 17, NULL, 10);
    assert_true(live->body_len < sizeof(live->buffer));
    live_read(fd, live->buffer, live->body_len);
    close(fd);
    return status_of(head);
}

struct ais_response live_response(struct live *live)
{
    struct ais_response response = {0};
    arena_reset(&live->arena);
    assert_int_equal(
        ais_response_decode(actr_view_of(live->buffer, live->body_len), &live->arena, &response),
        0);
    return response;
}

unsigned live_register(struct live *live, const char *type, struct live_actor *ret_actor)
{
    struct ais_register_request request = forge_registration(LIVE_REALM, type);
    assert_int_equal(
        live_http(live, "POST", "/ais/register", ais_register_request_encode(&request)), 200);
    struct ais_response response = live_response(live);
    if (response.result == AIS_RESULT_ERROR)
        return response.error.code;
    *ret_actor = (struct live_actor){.id = response.success.id, .fd = -1};
    memcpy(ret_actor->token, response.success.renewal_token.ptr, sizeof(ret_actor->token));
    ret_actor->proof = forge_good(&ret_actor->id, live_now_s() + TTL_S);
    return 0;
}

struct ais_response live_renew(struct live *live, const struct actr_id *id, const uint8_t token[32])
{
    struct ais_renew_request request = {*id, actr_view_of(token, 32)};
    live_http(live, "POST", "/ais/renew", ais_renew_request_encode(&request));
    return live_response(live);
}

void live_actor_deinit(struct live_actor *actor)
{
    if (actor->fd >= 0)
        close(actor->fd);
    forged_deinit(&actor->proof);
}

/* ---- WebSocket ---- */

unsigned live_upgrade(struct live *live, const char *path, const char *query, int *ret_fd)
{
    char head[8192];
    int fd = live_dial(hosting_port(live->hosting));
    snprintf(head, sizeof(head),
             "GET %s?%s HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
             path, query);
    live_write(fd, head, strlen(head));
    live_read_head(fd, head, sizeof(head));
    unsigned status = status_of(head);
    if (status != 101) {
        close(fd);
        return status;
    }
    /* RFC 6455 §1.3 */
    assert_non_null(strstr(head, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_null(strcasestr(head, "sec-websocket-extensions"));
    assert_null(strcasestr(head, "sec-websocket-protocol"));
    *ret_fd = fd;
    return status;
}

unsigned live_connect(struct live *live, struct live_actor *actor)
{
    char query[2048], text[ACTR_ID_STR_MAX];
    struct credential credential = forged_credential(&actor->proof);
    forge_query(actr_id_format(&actor->id, text), &credential, query, sizeof(query));
    return live_upgrade(live, "/signaling/ws", query, &actor->fd);
}

/* RFC 6455 §5.2; the mask is zero, which is a mask like any other. */
void live_send_header(int fd, bool is_final, enum live_opcode opcode, uint64_t len)
{
    uint8_t header[14] = {(uint8_t)((is_final ? 0x80 : 0) | opcode)};
    size_t header_len = 2;
    if (len < 126) {
        header[1] = (uint8_t)len;
    } else if (len < 65536) {
        header[1] = 126;
        header[2] = (uint8_t)(len >> 8);
        header[3] = (uint8_t)len;
        header_len = 4;
    } else {
        header[1] = 127;
        for (int i = 0; i < 8; i++)
            header[2 + i] = (uint8_t)(len >> (56 - 8 * i));
        header_len = 10;
    }
    header[1] |= 0x80;
    live_write(fd, header, header_len + 4);
}

void live_send_frame(int fd, bool is_final, enum live_opcode opcode, struct actr_view payload)
{
    live_send_header(fd, is_final, opcode, payload.len);
    live_write(fd, payload.ptr, payload.len);
}

void live_send(int fd, const struct signaling_envelope *envelope)
{
    struct actr_bytes bytes = signaling_encode(envelope);
    assert_false(actr_bytes_failed(bytes));
    live_send_frame(fd, true, LIVE_BINARY, actr_bytes_view(bytes));
    actr_bytes_unref(bytes);
}

size_t live_receive_frame(struct live *live, int fd, enum live_opcode *ret_opcode)
{
    uint8_t header[10];
    live_read(fd, header, 2);
    assert_true(header[0] & 0x80);  /* ours are never fragmented */
    assert_false(header[1] & 0x80); /* servers do not mask */
    size_t len = header[1];
    size_t more = len == 126 ? 2 : len == 127 ? 8 : 0;
    live_read(fd, header + 2, more);
    if (more > 0)
        len = 0;
    for (size_t i = 0; i < more; i++)
        len = len << 8 | header[2 + i];
    assert_true(len < sizeof(live->buffer));
    live_read(fd, live->buffer, len);
    *ret_opcode = header[0] & 15;
    return *ret_opcode == LIVE_PING ? live_receive_frame(live, fd, ret_opcode) : len;
}

struct signaling_envelope live_receive(struct live *live, int fd)
{
    struct signaling_envelope envelope;
    enum live_opcode opcode;
    size_t len = live_receive_frame(live, fd, &opcode);
    assert_int_equal(opcode, LIVE_BINARY);
    arena_reset(&live->arena);
    assert_int_equal(signaling_decode(actr_view_of(live->buffer, len), &live->arena, &envelope), 0);
    return envelope;
}

unsigned live_receive_close(struct live *live, int fd)
{
    enum live_opcode opcode;
    size_t len = live_receive_frame(live, fd, &opcode);
    assert_int_equal(opcode, LIVE_CLOSE);
    assert_true(len >= 2);
    return (unsigned)(live->buffer[0] << 8 | live->buffer[1]);
}

struct signaling_envelope live_request(const struct live_actor *actor,
                                       enum signaling_request_kind kind)
{
    struct credential credential = forged_credential(&actor->proof);
    return forge_request(&actor->id, &credential, kind);
}

struct signaling_envelope live_relay(const struct live_actor *actor, const struct actr_id *target,
                                     enum relay_kind kind)
{
    struct credential credential = forged_credential(&actor->proof);
    return forge_relay(&actor->id, &credential, target, kind);
}

void live_expect_alive(struct live *live, struct live_actor *actor)
{
    struct signaling_envelope ping = live_request(actor, SIGNALING_PING);
    live_send(actor->fd, &ping);
    assert_int_equal(live_receive(live, actor->fd).reply.kind, SIGNALING_PONG);
}

unsigned live_error(struct live *live, int fd, const struct signaling_envelope *envelope)
{
    live_send(fd, envelope);
    struct signaling_envelope answer = live_receive(live, fd);
    assert_int_equal(answer.flow, SIGNALING_FLOW_SERVER_TO_ACTR);
    assert_true(view_equal(answer.reply_for, envelope->id));
    return answer.reply.kind == SIGNALING_REPLY_ERROR ? answer.reply.error.code : 0;
}
