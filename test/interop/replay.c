// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Reads captures, and plays the existing system with them. */
#include "replay.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "harness.h"
#include "hyper/wire/websocket/handshake.h"
#include "protocol/credential.h"

#define CAPTURE_REALM 4242

/* ---- Captures ---- */

void replay_open(struct replay *replay, const char *file, int stream)
{
    char path[128], mark[64];
    snprintf(path, sizeof(path), "captures/%s", file);
    snprintf(mark, sizeof(mark), "== TCP stream %d:", stream);
    replay->text = harness_vector(path, NULL);
    replay->at = strstr(replay->text, mark);
    assert_non_null(replay->at);
    replay->at++;
}

void replay_close(struct replay *replay)
{
    harness_free(replay->text);
}

/* The next line without its end, in place; NULL at the end. */
static char *next_line(struct replay *replay)
{
    char *line = replay->at, *end = strchr(line, '\n');
    if (!end)
        return NULL;
    *end = '\0';
    replay->at = end + 1;
    return line;
}

/* The lines of a head are indented; what they mean stands below, and has no "name: value". */
static void read_head(struct replay *replay)
{
    struct replay_item *item = &replay->item;
    char *text = (char *)item->bytes;
    for (char *line; strncmp(replay->at, "    ", 4) == 0 && (line = next_line(replay));) {
        size_t name_len = strcspn(line + 4, ": ");
        if (item->len > 0 && strncmp(line + 4 + name_len, ": ", 2) != 0)
            break;
        item->len +=
            (size_t)snprintf(text + item->len, sizeof(item->bytes) - item->len, "%s\r\n", line + 4);
    }
    item->len += (size_t)snprintf(text + item->len, sizeof(item->bytes) - item->len, "\r\n");
    assert_true(item->len < sizeof(item->bytes));
}

static void read_hex(struct replay *replay, size_t len)
{
    struct replay_item *item = &replay->item;
    while (item->len < len)
        item->len += harness_hex(next_line(replay), item->bytes + item->len,
                                 sizeof(item->bytes) - item->len);
    assert_int_equal(item->len, len);
}

bool replay_next(struct replay *replay)
{
    struct replay_item *item = &replay->item;
    char *line, *found;
    while ((line = next_line(replay)) && !strstr(line, "== TCP stream ")) {
        if (line[0] != '[')
            continue;
        memset(item, 0, sizeof(*item));
        item->is_server = line[1] == 'S';
        if (strstr(line, "] HTTP head:")) {
            item->kind = REPLAY_HEAD;
            read_head(replay);
            return true;
        }
        item->kind = (found = strstr(line, "] body ")) ? REPLAY_BODY : REPLAY_FRAME;
        size_t len = strtoul(found ? found + 7 : strstr(line, " len=") + 5, NULL, 10);
        if (!found)
            item->opcode = strtoul(strstr(line, "byte0=") + 6, NULL, 16) & 15;
        read_hex(replay, len);
        return true;
    }
    return false;
}

void replay_expect(struct replay *replay, bool is_server, enum replay_kind kind)
{
    assert_true(replay_next(replay));
    assert_int_equal(replay->item.is_server, is_server);
    assert_int_equal(replay->item.kind, kind);
}

static char *header_at(const char *head, const char *name)
{
    char mark[64];
    snprintf(mark, sizeof(mark), "\r\n%s: ", name);
    char *found = strcasestr(head, mark);
    if (!found)
        fail_msg("no %s in %s", name, head);
    return found + strlen(mark);
}

const char *replay_header(const char *head, const char *name)
{
    static char value[256];
    const char *found = header_at(head, name);
    snprintf(value, sizeof(value), "%.*s", (int)strcspn(found, "\r"), found);
    return value;
}

void replay_set_header(struct replay *replay, const char *name, const char *value)
{
    struct replay_item *item = &replay->item;
    char *at = header_at((char *)item->bytes, name);
    size_t old_len = strcspn(at, "\r"), len = strlen(value);
    size_t rest = item->len + 1 - (size_t)(at + old_len - (char *)item->bytes);
    assert_true(item->len + len - old_len < sizeof(item->bytes));
    memmove(at + len, at + old_len, rest);
    memcpy(at, value, len);
    item->len += len - old_len;
}

/* ---- The world ---- */

static void on_log(void *arg, enum actr_log_level level, const char *event, const char *message)
{
    struct world *world = arg;
    if (level < ACTR_LOG_ERROR)
        return;
    atomic_fetch_add(&world->error_count, 1);
    print_message("logged: %s %s\n", event, message);
}

void world_open(struct world *world, bool is_open)
{
    static const struct rendezvous_realm realm = {CAPTURE_REALM, NULL};
    memset(world, 0, sizeof(*world));
    live_open(&world->live);
    live_stop(&world->live);
    world->live.options.data_dir = NULL;
    world->live.options.log = (struct log){ACTR_LOG_ERROR, on_log, world};
    world->live.options.server.is_open = is_open;
    world->live.options.server.realms = &realm;
    live_start(&world->live);
}

static void on_raw(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    actr_reply(ctx, actr_bytes_copy(request));
}

static void on_who_am_i(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    char text[512], own[ACTR_ID_STR_MAX], caller[ACTR_ID_STR_MAX];
    (void)request;
    (void)self;
    snprintf(text, sizeof(text), "self=%s caller=%s request_id=%s",
             actr_id_format(actr_ctx_self(ctx), own), actr_id_format(actr_ctx_caller(ctx), caller),
             actr_ctx_request_id(ctx));
    actr_reply(ctx, actr_bytes_str(text));
}

static void on_stats(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    struct world *world = self;
    char text[128];
    (void)request;
    snprintf(text, sizeof(text), "tells=%ld tell_bytes=%ld chunks=0", world->told,
             10 * world->told);
    actr_reply(ctx, actr_bytes_str(text));
}

static void on_tell(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    struct world *world = self;
    world->told += actr_ctx_is_tell(ctx) && request.len == 10;
}

bool world_turn(struct world *world)
{
    struct pollfd fd = {.fd = actr_node_fd(world->node), .events = POLLIN};
    int timeout_ms = actr_node_timeout_ms(world->node);
    int ready = poll(&fd, 1, timeout_ms);
    assert_int_equal(actr_node_dispatch(world->node), 0);
    return ready == 0 && timeout_ms > 0;
}

static void start_node(struct world *world, struct actr_workload *workload, const char *more)
{
    char config[512];
    unsigned port = hosting_port(world->live.hosting);
    struct actr_node_options options = {.size = sizeof(options),
                                        .foreign_loop = world->on_foreign_loop,
                                        .log_level = ACTR_LOG_ERROR,
                                        .log = on_log,
                                        .arg = world};
    snprintf(config, sizeof(config),
             "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n[deployment]\nrealm_id = %d\n%s",
             port, port, CAPTURE_REALM, more);
    assert_int_equal(actr_node_open_text(&world->node, "node", config, &options), 0);
    if (workload)
        assert_int_equal(actr_node_use(world->node, workload), 0);
    assert_int_equal(actr_node_start(world->node), 0);
    while (actr_node_get_state(world->node) != ACTR_NODE_RUNNING)
        (void)world_turn(world); /* on a foreign loop it has only begun to start */
}

void world_start_service(struct world *world)
{
    struct actr_workload_options options = {.size = sizeof(options), .never_blocks = true};
    struct actr_workload *workload =
        actr_workload_new("interop:EchoService:1.0.0", &options, world);
    actr_workload_route(workload, "interop.Echo.Raw", on_raw, NULL);
    actr_workload_route(workload, "interop.Echo.WhoAmI", on_who_am_i, NULL);
    actr_workload_route(workload, "interop.Echo.Stats", on_stats, NULL);
    actr_workload_route(workload, "interop.Echo.Tell", on_tell, NULL);
    start_node(world, workload, "[websocket]\nlisten_port = 0\nbind = \"127.0.0.1\"\n");
}

void world_start_client(struct world *world)
{
    start_node(world, NULL, "");
}

void world_close(struct world *world)
{
    actr_node_close(world->node);
    live_close(&world->live);
    assert_int_equal(atomic_load(&world->error_count), 0);
}

static unsigned peer_count(const struct world *world)
{
    struct actr_node_stats stats = {.size = sizeof(stats)};
    if (world->node)
        assert_int_equal(actr_node_get_stats(world->node, &stats), 0);
    return stats.peers;
}

/* Asks the server for its health between the looks: by one connection, which has two ends here. */
void world_settle(struct world *world, int descriptors)
{
    static const char request[] = "GET /health HTTP/1.1\r\nhost: x\r\n\r\n";
    char answer[1024];
    int fd = live_dial(hosting_port(world->live.hosting));
    do {
        live_write(fd, request, sizeof(request) - 1);
        live_read_head(fd, answer, sizeof(answer));
        live_read(fd, answer, 2);
    } while (peer_count(world) > 0 || replay_descriptors() > descriptors + 2);
    close(fd);
}

void world_register(struct world *world, const struct replay_item *body, const char *ws_address,
                    struct live_actor *ret_actor)
{
    struct live *live = &world->live;
    struct ais_register_request request;
    arena_reset(&live->arena);
    assert_int_equal(
        ais_register_request_decode(actr_view_of(body->bytes, body->len), &live->arena, &request),
        0);
    if (ws_address)
        request.ws_address = view_text(ws_address);
    assert_int_equal(
        live_http(live, "POST", "/ais/register", ais_register_request_encode(&request)), 200);
    struct ais_response response = live_response(live);
    assert_int_equal(response.result, AIS_RESULT_SUCCESS);
    const struct credential *credential = &response.success.credential;
    *ret_actor = (struct live_actor){
        .id = response.success.id,
        .fd = -1,
        .proof = {.key_id = credential->key_id, .claims = actr_bytes_copy(credential->claims)}};
    assert_int_equal(credential->signature.len, sizeof(ret_actor->proof.signature));
    memcpy(ret_actor->proof.signature, credential->signature.ptr, credential->signature.len);
}

void world_join(struct world *world, int stream, const char *ws_address,
                struct live_actor *ret_actor)
{
    struct replay replay;
    replay_open(&replay, "direct-websocket-signaling.txt", stream);
    replay_expect(&replay, false, REPLAY_HEAD);
    replay_expect(&replay, false, REPLAY_BODY);
    world_register(world, &replay.item, ws_address, ret_actor);
    replay_close(&replay);
    assert_int_equal(live_connect(&world->live, ret_actor), 101);
}

void world_say(const struct live_actor *actor, const struct replay_item *frame)
{
    struct signaling_envelope envelope;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    assert_int_equal(frame->kind, REPLAY_FRAME);
    assert_int_equal(signaling_decode(actr_view_of(frame->bytes, frame->len), &arena, &envelope),
                     0);
    assert_int_equal(envelope.flow, SIGNALING_FLOW_ACTR_TO_SERVER);
    envelope.request.source = actor->id;
    envelope.request.credential = forged_credential(&actor->proof);
    if (envelope.request.kind == SIGNALING_UNREGISTER)
        envelope.request.unregister.id = actor->id;
    live_send(actor->fd, &envelope);
    arena_deinit(&arena);
}

/* ---- Sockets ---- */

static size_t masked_frame(struct actr_view payload, uint8_t *buf)
{
    size_t header_len = payload.len < 126 ? 6 : 8;
    assert_true(payload.len < 65536);
    memset(buf, 0, header_len); /* the mask is zero, which is a mask like any other */
    buf[0] = 0x82;
    buf[1] = (uint8_t)(0x80 | (payload.len < 126 ? payload.len : 126));
    if (payload.len >= 126) {
        buf[2] = (uint8_t)(payload.len >> 8);
        buf[3] = (uint8_t)payload.len;
    }
    memcpy(buf + header_len, payload.ptr, payload.len);
    return header_len + payload.len;
}

int replay_connect(struct world *world, struct replay *replay, const struct live_actor *actor,
                   struct actr_view at_once)
{
    char host[64];
    struct ws_handshake handshake;
    struct credential credential = forged_credential(&actor->proof);
    struct actr_bytes encoded = credential_encode(&credential);
    unsigned port = actr_node_ws_port(world->node);
    assert_int_equal(
        ws_handshake_init(&handshake, &actor->id, &actor->id, actr_bytes_view(encoded)), 0);
    for (int i = 0; i < WS_HANDSHAKE_HEADER_COUNT; i++)
        if (strcmp(handshake.headers[i].name, WS_HANDSHAKE_TARGET_ID) != 0)
            replay_set_header(replay, handshake.headers[i].name, handshake.headers[i].value);
    snprintf(host, sizeof(host), "127.0.0.1:%u", port);
    replay_set_header(replay, "Host", host);
    ws_handshake_deinit(&handshake);
    actr_bytes_unref(encoded);

    uint8_t data[16384];
    size_t len = replay->item.len;
    memcpy(data, replay->item.bytes, len);
    if (at_once.len > 0)
        len += masked_frame(at_once, data + len);
    int fd = live_dial((uint16_t)port);
    live_write(fd, data, len);
    return fd;
}

struct actr_view replay_receive(struct world *world, int fd)
{
    for (;;) {
        enum live_opcode opcode;
        size_t len = live_receive_frame(&world->live, fd, &opcode);
        if (opcode == LIVE_CLOSE)
            fail_msg("closed with %u", world->live.buffer[0] << 8 | world->live.buffer[1]);
        if (opcode == LIVE_BINARY)
            return actr_view_of(world->live.buffer, len);
    }
}

void replay_expect_end(int fd)
{
    char rest[4096];
    ssize_t got;
    do
        got = recv(fd, rest, sizeof(rest), 0);
    while (got > 0);
    if (got < 0 && errno != ECONNRESET)
        fail_msg("the connection is still open");
    close(fd);
}

void replay_reset(int fd)
{
    struct linger at_once = {.l_onoff = 1};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
    close(fd);
}

int replay_descriptors(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}
