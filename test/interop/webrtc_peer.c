// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Our WebRTC session as a peer for webrtc.py: one JSON object a line in and out, as peers/w3c.mjs
 * says, with these commands of its own:
 *
 *   do: exercise {label, sizes, rounds}   sends messages that the peer echoes, and compares
 *       | count {bytes} | flood {label, size, bytes}    as the other peers, but for the text "end"
 *   is: exercised {label, sent, wrong, missing, lost} | selected {newest, relayed}
 *       | counted {bytes, ms}
 *
 * wrong: changed, or out of order where there is order; missing: did not come back on a reliable
 * lane; lost: did not come back on the other one. One session at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <actr/bytes.h>
#include <jansson.h>

#include "base/bytes.h"
#include "base/err.h"
#include "hyper/wire/webrtc/connection.h"
#include "hyper/wire/webrtc/secure_factory.h"
#include "hyper/wire/webrtc/udp_mux.h"
#include "net/socket_net.h"
#include "sys/loop_uv.h"
#include "sys/thread.h"
#include "webrtc_load.h"

#define QUIET_US 5000000u /* on the unreliable lane: what has not come by then is lost */
#define EARLY_MAX 64
#define MESSAGE_MAX (256u << 10)

static const char *const labels[CONNECTION_LANES] = {"RPC_RELIABLE", "RPC_SIGNAL",
                                                     "STREAM_RELIABLE", "STREAM_LATENCY_FIRST"};

struct exercise {
    uint8_t lane;
    size_t sizes[32], size_count;
    uint32_t total, sent, came;
    bool *has_come;
    uint32_t wrong;
    bool is_running;
};

static struct peer {
    struct loop *loop;
    struct net *net;
    struct udp_mux *mux;
    struct secure_factory *factory;
    struct connection_settings settings;
    struct connection *connection;
    struct exercise exercise;
    struct load load;
    struct loop_timer quiet;
    struct loop_task up;
    char *early[EARLY_MAX]; /* candidates before the peer's description */
    size_t early_count;
    bool is_offerer, has_description;
} peer;

struct line {
    struct loop_post post;
    char text[];
};

static void emit(json_t *event)
{
    char *text = json_dumps(event, JSON_COMPACT);
    puts(text);
    fflush(stdout);
    free(text);
    json_decref(event);
}

static void failed(const char *what)
{
    emit(json_pack("{s:s, s:o}", "is", "failed", "why",
                   json_sprintf("%s: %s", what, actr_errmsg())));
}

/* ---- Messages ---- */

static size_t size_of(uint32_t serial)
{
    return peer.exercise.sizes[serial % peer.exercise.size_count];
}

static uint8_t byte_of(uint32_t serial, size_t i)
{
    return (uint8_t)(serial * 131 + i * 7 + (i >> 8));
}

static bool is_message(uint32_t serial, struct actr_view view)
{
    if (view.len != size_of(serial))
        return false;
    for (size_t i = 0; i < view.len; i++) {
        if (view.ptr[i] != byte_of(serial, i))
            return false;
    }
    return true;
}

static void exercise_end(void)
{
    struct exercise *exercise = &peer.exercise;
    uint32_t left = exercise->total - exercise->came;
    bool may_lose = exercise->lane == 3;
    exercise->is_running = false;
    loop_timer_stop(&peer.quiet);
    emit(json_pack("{s:s, s:s, s:i, s:i, s:i, s:i}", "is", "exercised", "label",
                   labels[exercise->lane], "sent", (int)exercise->sent, "wrong",
                   (int)exercise->wrong, "missing", may_lose ? 0 : (int)left, "lost",
                   may_lose ? (int)left : 0));
    free(exercise->has_come);
    exercise->has_come = NULL;
}

static void on_quiet(struct loop_timer *timer)
{
    exercise_end();
}

static void exercise_send(void)
{
    struct exercise *exercise = &peer.exercise;
    while (exercise->is_running && exercise->sent < exercise->total) {
        uint8_t *data;
        struct actr_bytes message = bytes_new(size_of(exercise->sent), &data);
        for (size_t i = 0; i < size_of(exercise->sent); i++)
            data[i] = byte_of(exercise->sent, i);
        int r = connection_send(peer.connection, exercise->lane, message);
        if (r < 0) {
            failed("send");
            return;
        }
        exercise->sent++;
        if (r == CONNECTION_FULL)
            return;
    }
}

static void exercise_receive(struct actr_view message)
{
    struct exercise *exercise = &peer.exercise;
    uint32_t serial = exercise->came;
    if (exercise->lane == 3) {
        for (serial = 0; serial < exercise->sent; serial++) {
            if (!exercise->has_come[serial] && is_message(serial, message))
                break;
        }
        loop_timer_start(&peer.quiet, QUIET_US);
    }
    if (serial >= exercise->sent || !is_message(serial, message))
        exercise->wrong++;
    else
        exercise->has_come[serial] = true;
    if (++exercise->came == exercise->total)
        exercise_end();
}

static uint8_t lane_of(const json_t *command)
{
    const char *label = json_string_value(json_object_get(command, "label"));
    for (uint8_t i = 0; i < CONNECTION_LANES; i++) {
        if (label && strcmp(label, labels[i]) == 0)
            return i;
    }
    exit(2);
}

static void do_exercise(const json_t *command)
{
    struct exercise *exercise = &peer.exercise;
    const json_t *sizes = json_object_get(command, "sizes");
    free(exercise->has_come); /* of one that its session did not outlive */
    *exercise = (struct exercise){
        .is_running = true, .lane = lane_of(command), .size_count = json_array_size(sizes)};
    if (exercise->size_count == 0 || exercise->size_count > 32)
        exit(2);
    for (size_t i = 0; i < exercise->size_count; i++)
        exercise->sizes[i] = (size_t)json_integer_value(json_array_get(sizes, i));
    exercise->total = (uint32_t)exercise->size_count *
                      (uint32_t)json_integer_value(json_object_get(command, "rounds"));
    exercise->has_come = calloc(exercise->total, sizeof(bool));
    if (exercise->lane == 3)
        loop_timer_start(&peer.quiet, QUIET_US);
    exercise_send();
}

/* ---- Load ---- */

static uint64_t number_of(const json_t *command, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(command, name));
}

static void flood(void)
{
    if (load_send(&peer.load, peer.connection) < 0)
        failed("flood");
}

static void do_flood(const json_t *command)
{
    peer.load.lane = lane_of(command);
    if (load_flood(&peer.load, number_of(command, "size"), number_of(command, "bytes")) < 0)
        failed("flood");
    else
        flood();
}

static void count(size_t len)
{
    uint64_t bytes = peer.load.wanted;
    double ms;
    if (load_receive(&peer.load, len, loop_now_us(peer.loop), &ms))
        emit(json_pack("{s:s, s:I, s:f}", "is", "counted", "bytes", (json_int_t)bytes, "ms", ms));
}

/* ---- What the session tells ---- */

static void on_candidate(void *owner, struct connection *connection, const char *ufrag,
                         const char *text)
{
    emit(json_pack("{s:s, s:s, s:s}", "is", "candidate", "candidate", text, "mid", "0"));
}

static void on_ready(void *owner, struct connection *connection)
{
    connection_read(connection, true);
    for (size_t i = 0; i < CONNECTION_LANES; i++)
        emit(json_pack("{s:s, s:s}", "is", "open", "label", labels[i]));
}

static void on_message(void *owner, struct connection *connection, uint8_t lane,
                       struct actr_bytes message)
{
    if (peer.exercise.is_running && lane == peer.exercise.lane)
        exercise_receive(actr_bytes_view(message));
    else
        count(message.len);
    actr_bytes_unref(message);
}

static void on_writable(void *owner, struct connection *connection, uint8_t lane)
{
    if (peer.exercise.is_running && lane == peer.exercise.lane)
        exercise_send();
    else if (peer.load.left > 0 && lane == peer.load.lane)
        flood();
}

static void on_path(void *owner, struct connection *connection, const struct connection_path *path)
{
    if (path->is_up)
        emit(json_pack("{s:s, s:b, s:b}", "is", "selected", "newest", path->is_newest, "relayed",
                       path->is_relayed));
}

static void on_closed(void *owner, struct connection *connection, int code, const char *detail)
{
    emit(json_pack("{s:s, s:s, s:i, s:s}", "is", "state", "state", "closed", "code", code, "detail",
                   detail ? detail : ""));
    peer.connection = connection_free(connection);
    peer.has_description = peer.is_offerer = false; /* for the next one */
}

static const struct connection_events events = {
    .on_candidate = on_candidate,
    .on_ready = on_ready,
    .on_message = on_message,
    .on_writable = on_writable,
    .on_path = on_path,
    .on_closed = on_closed,
};

/* ---- Commands ---- */

static void tell_description(const char *type, struct actr_bytes sdp)
{
    emit(json_pack("{s:s, s:s, s:s%}", "is", "description", "type", type, "sdp",
                   (const char *)sdp.ptr, sdp.len));
    actr_bytes_unref(sdp);
}

static void open_session(void)
{
    if (connection_new(&peer.settings, peer.is_offerer, &events, NULL, &peer.connection) < 0) {
        failed("connection");
        exit(1);
    }
}

static void do_offer(bool is_restart)
{
    struct actr_bytes sdp;
    if (!is_restart) {
        peer.is_offerer = true;
        open_session();
    }
    if (connection_offer(peer.connection, is_restart, &sdp) < 0)
        failed("offer");
    else
        tell_description("offer", sdp);
}

static void do_description(const json_t *command)
{
    const json_t *text = json_object_get(command, "sdp");
    const char *type = json_string_value(json_object_get(command, "type"));
    struct actr_view view = actr_view_of(json_string_value(text), json_string_length(text));
    struct actr_bytes sdp = {0};
    int r;
    if (strcmp(type, "answer") == 0) {
        r = connection_apply(peer.connection, view);
    } else {
        bool is_restart = peer.connection != NULL;
        if (!is_restart)
            open_session();
        r = connection_answer(peer.connection, is_restart, view, &sdp);
    }
    if (r < 0) {
        failed("description");
        return;
    }
    if (sdp.len > 0)
        tell_description("answer", sdp);
    peer.has_description = true;
    for (size_t i = 0; i < peer.early_count; i++) {
        connection_add_candidate(peer.connection, view_text(peer.early[i]));
        free(peer.early[i]);
    }
    peer.early_count = 0;
}

static void do_candidate(const char *text)
{
    if (peer.has_description && peer.connection)
        connection_add_candidate(peer.connection, view_text(text));
    else if (!peer.has_description && peer.early_count < EARLY_MAX)
        peer.early[peer.early_count++] = strdup(text);
}

static void run_command(const json_t *command)
{
    const char *verb = json_string_value(json_object_get(command, "do"));
    if (!verb)
        exit(2);
    if (strcmp(verb, "offer") == 0)
        do_offer(false);
    else if (strcmp(verb, "restart") == 0)
        do_offer(true);
    else if (strcmp(verb, "description") == 0)
        do_description(command);
    else if (strcmp(verb, "candidate") == 0)
        do_candidate(json_string_value(json_object_get(command, "candidate")));
    else if (strcmp(verb, "exercise") == 0)
        do_exercise(command);
    else if (strcmp(verb, "count") == 0)
        load_count(&peer.load, number_of(command, "bytes"));
    else if (strcmp(verb, "flood") == 0 && peer.connection)
        do_flood(command);
    else if (strcmp(verb, "close") == 0 && peer.connection)
        connection_close(peer.connection);
}

static void on_line(struct loop_post *post)
{
    struct line *line = (struct line *)post;
    json_t *command = json_loads(line->text, 0, NULL);
    if (!command)
        exit(2);
    run_command(command);
    json_decref(command);
    free(line);
}

static void read_lines(void *arg)
{
    char *text = NULL;
    size_t size = 0;
    ssize_t len;
    while ((len = getline(&text, &size, stdin)) > 0) {
        struct line *line = malloc(sizeof(*line) + (size_t)len + 1);
        line->post = (struct loop_post){0};
        memcpy(line->text, text, (size_t)len + 1);
        if (!loop_post(peer.loop, &line->post, on_line))
            free(line);
    }
    free(text);
    loop_uv_stop(peer.loop);
}

/* ---- The process ---- */

static void on_locals(void *owner)
{
    if (peer.connection)
        (void)connection_on_locals(peer.connection);
}

static void on_mux_failed(void *owner, int code, const char *detail)
{
    exit(1);
}

static const struct udp_mux_events mux_events = {on_locals, on_mux_failed};

static int open_parts(void)
{
    int r = loop_uv_new(&peer.loop);
    if (r == 0)
        r = socket_net_new(peer.loop, &peer.net);
    if (r < 0)
        return r;
    struct udp_mux_options mux = {
        .loop = peer.loop, .net = peer.net, .no_offload = getenv("ACTR_NO_UDP_OFFLOAD") != NULL};
    r = udp_mux_open(&mux, &mux_events, NULL, &peer.mux);
    if (r == 0)
        peer.factory = secure_factory_new(peer.loop, MESSAGE_MAX);
    if (r == 0 && !peer.factory)
        r = err_origin(ACTR_ENOMEM, "no memory");
    if (r < 0)
        return r;
    peer.settings = (struct connection_settings){
        .loop = peer.loop,
        .net = peer.net,
        .mux = peer.mux,
        .associations = secure_factory_base(peer.factory),
    };
    loop_timer_init(&peer.quiet, peer.loop, on_quiet);
    return r;
}

/* Behind what the factory prepares: a node does that while it waits for the server. */
static void on_up(struct loop_task *task)
{
    emit(json_pack("{s:s, s:s}", "is", "version", "name", "actr"));
}

int main(void)
{
    struct thread reader;
    if (open_parts() < 0 || thread_start(&reader, "lines", read_lines, NULL) < 0) {
        failed("start");
        return 1;
    }
    loop_task_init(&peer.up, on_up);
    loop_defer(peer.loop, &peer.up);
    loop_uv_run(peer.loop);
    thread_join(&reader);
    loop_timer_stop(&peer.quiet);
    connection_free(peer.connection);
    load_deinit(&peer.load);
    secure_factory_free(peer.factory);
    udp_mux_close(peer.mux);
    socket_net_free(peer.net);
    loop_uv_close(peer.loop);
    return 0;
}
