// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One connection to the server while it speaks HTTP: requests in, answers out, or an upgrade.
 *
 * One request at a time. What comes in while it is with the user waits, and beyond a limit is not
 * read; the connection is still watched, so that the user hears when the client has gone. An answer
 * given inside on_request is followed by the next request in the same loop, a later one by a task.
 *
 * A request that is malformed, too large or too late gets its status and a hang-up, never another
 * chance: after bad framing nobody knows where the next request begins. A session is freed when its
 * stream is lost, by the server's lists, and when it becomes a WebSocket: never inside on_request.
 * Loop thread. */
#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/http_date.h"
#include "net/http_text.h"
#include "net/server.h"
#include "net/upgrade.h"

#define SESSION_REST_MAX 65536 /* bytes of further requests that wait */

static struct session *session_of(struct net_request *request)
{
    return (struct session *)request;
}

/* ---- life ---- */

static void session_free(struct session *session)
{
    loop_task_cancel(&session->task);
    stream_free(session->stream);
    http_head_deinit(&session->head);
    builder_deinit(&session->content);
    builder_deinit(&session->rest);
    mem_free(session);
}

void session_cut(struct session *session)
{
    struct server *server = session->server;
    bool is_abandoned = session->state == SESSION_ANSWERING;
    server_remove(server, session);
    if (is_abandoned && server->events->on_abandoned)
        server->events->on_abandoned(server->user, &session->base);
    session_free(session);
}

/* ---- answering ---- */

/* The head of an answer, and its body unless only the head was asked for. Consumes `body`. */
static int session_send(struct session *session, unsigned status, const struct net_header *headers,
                        size_t header_count, struct actr_bytes body)
{
    struct actr_view nothing = {NULL, 0};
    bool is_head = session->head.method && strcmp(session->head.method, "HEAD") == 0;
    size_t cap = 256 + http_text_headers_size(headers, header_count);
    uint8_t *buf;
    char date[HTTP_DATE_SIZE];
    struct text text;
    struct actr_bytes head = bytes_new(cap, &buf);
    if (!buf || actr_bytes_failed(body)) {
        actr_bytes_unref(head);
        actr_bytes_unref(body);
        return err_origin(ACTR_ENOMEM, "http: no memory for an answer");
    }
    http_date_format((int64_t)(loop_wall_ms(session->server->net->base.loop) / 1000), date);
    text_init(&text, (char *)buf, cap);
    text_printf(&text, "HTTP/1.1 %u %s\r\nDate: %s\r\nConnection: %s\r\n", status,
                http_text_reason(status), date, session->keep_alive ? "keep-alive" : "close");
    if (status != 204 && status != 304)
        text_printf(&text, "Content-Length: %zu\r\n", body.len);
    http_text_headers(&text, headers, header_count);
    text_printf(&text, "\r\n");
    assert(!text.is_cut);
    bytes_truncate(&head, text.len);

    int r = stream_send(session->stream, nothing, head);
    if (r < 0 || is_head || body.len == 0) {
        actr_bytes_unref(body);
        return r;
    }
    return stream_send(session->stream, nothing, body);
}

/* The request is answered, and nobody looks at it any more. */
static void session_next(struct session *session)
{
    http_head_deinit(&session->head);
    builder_deinit(&session->content);
    session->left = SIZE_MAX;
    if (session->state == SESSION_LEAVING)
        stream_finish(session->stream);
    stream_read(session->stream, true);
    server_place(session->server, session);
}

/* Ends it with a status of our own. */
static void session_refuse(struct session *session, unsigned status)
{
    static const struct net_header version = {"sec-websocket-version", "13"};
    session->keep_alive = false;
    session->state = SESSION_LEAVING;
    /* Without memory for it there is no answer; the hang-up says enough. */
    (void)session_send(session, status, &version, status == 426, (struct actr_bytes){0});
    session_next(session);
}

void session_respond(struct net_request *request, unsigned status, const struct net_header *headers,
                     size_t header_count, struct actr_bytes body)
{
    struct session *session = session_of(request);
    assert(session->state == SESSION_ANSWERING && status >= 200 && status <= 599);
    if (http_text_check_headers(headers, header_count) < 0) {
        actr_bytes_unref(body);
        body = (struct actr_bytes){0};
        status = 500;
        header_count = 0;
    }
    if (session_send(session, status, headers, header_count, body) < 0)
        session->keep_alive = false;
    session->state = session->keep_alive ? SESSION_HEAD : SESSION_LEAVING;
    if (session->is_taking)
        return; /* session_whole() goes on */
    session_next(session);
    loop_defer(session->server->net->base.loop, &session->task);
}

const char *session_header(struct net_request *request, const char *name)
{
    return http_head_find(&session_of(request)->head, name);
}

/* ---- requests ---- */

static struct net_request_info session_info(const struct session *session,
                                            char peer[STREAM_ADDRESS_MAX])
{
    stream_peer(session->stream, peer);
    return (struct net_request_info){.method = session->head.method,
                                     .path = session->head.path,
                                     .query = session->head.query,
                                     .peer_address = peer};
}

static void session_whole(struct session *session)
{
    struct server *server = session->server;
    char peer[STREAM_ADDRESS_MAX];
    struct net_request_info info = session_info(session, peer);
    AUTO_BYTES struct actr_bytes body = builder_take(&session->content);

    info.body = body;
    session->state = SESSION_ANSWERING;
    server_place(server, session);
    server->events->on_request(server->user, &session->base, &info);
    if (session->state != SESSION_ANSWERING)
        session_next(session);
}

/* The user has taken it: the stream changes hands, the session goes. */
static void session_become(struct session *session, struct ws *ws, struct actr_bytes response,
                           struct actr_view rest)
{
    struct stream *stream = session->stream;
    int r = stream_send(stream, actr_view_of(NULL, 0), response);
    server_adopt(session->server, ws);
    server_remove(session->server, session);
    if (r == 0)
        session->stream = NULL;
    session_free(session);
    if (r == 0)
        ws_begin(ws, stream, rest);
    else
        ws_end(ws, NET_LOST, 0, "out of memory");
}

/* Returns false when the upgrade was taken and the session is gone. */
static bool session_upgrade(struct session *session, struct actr_view rest)
{
    struct server *server = session->server;
    struct actr_bytes response = {0};
    struct ws *ws = NULL;
    unsigned status = upgrade_check_request(&session->head);

    if (status == 101 && (upgrade_response(&session->head, &response) < 0 ||
                          ws_new(server->net, &server->options.ws, &ws) < 0))
        status = 503;
    if (status == 101) {
        char peer[STREAM_ADDRESS_MAX];
        struct net_request_info info = session_info(session, peer);
        ws->is_server = true;
        status = server->events->on_upgrade(server->user, &session->base, &info, &ws->base,
                                            &ws->events, &ws->user);
    }
    if (status == 101) {
        session_become(session, ws, response, rest);
        return false;
    }
    ws_discard(ws);
    actr_bytes_unref(response);
    session_refuse(session, status);
    return true;
}

/* The head is there: what is it that has begun? */
static void session_begin(struct session *session)
{
    const struct http_head *head = &session->head;
    const char *host = http_head_find(head, "host");
    uint32_t len_max = session->server->options.body_len_max;

    session->keep_alive = head->is_http10 ? http_head_has_token(head, "connection", "keep-alive")
                                          : !http_head_has_token(head, "connection", "close");
    /* RFC 9112 §3.2 */
    if ((!head->is_http10 && !host) || (host && http_head_next("host", host)) ||
        http_body_init_request(&session->body, head) < 0) {
        session_refuse(session, 400);
        return;
    }
    if (session->body.kind == HTTP_BODY_LENGTH && session->body.left > len_max) {
        session_refuse(session, 413);
        return;
    }
    session->state = SESSION_BODY;
    if (session->body.kind == HTTP_BODY_NONE ||
        (session->body.kind == HTTP_BODY_LENGTH && session->body.left == 0)) {
        session_whole(session);
    } else if (!head->is_http10 && http_head_has_token(head, "expect", "100-continue")) {
        static const uint8_t go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
        if (stream_send(session->stream, actr_view_of(NULL, 0),
                        actr_bytes_wrap(go_on, sizeof(go_on) - 1, NULL, NULL)) < 0)
            session_refuse(session, 503);
    }
}

/* Takes of `view` what belongs to a head. Returns false when the session is gone. */
static bool session_take_head(struct session *session, struct actr_view *view)
{
    size_t used;
    int r = http_head_feed(&session->head, *view, &used);
    view->ptr += used;
    view->len -= used;
    if (r == HTTP_HEAD_MORE)
        return true;
    if (r == 0)
        r = http_head_parse_request(&session->head);
    if (r != 0) {
        session->head.method = NULL; /* nothing in it is to be believed */
        session_refuse(session, r == HTTP_HEAD_TOO_LARGE ? 431 : 400);
    } else if (session->server->events->on_upgrade && upgrade_is_wanted(&session->head)) {
        struct actr_view rest = *view;
        *view = actr_view_of(NULL, 0);
        return session_upgrade(session, rest);
    } else {
        session_begin(session);
    }
    return true;
}

static void session_take_body(struct session *session, struct actr_view *view)
{
    size_t used;
    struct actr_view part;
    uint32_t len_max = session->server->options.body_len_max;
    int r = http_body_feed(&session->body, *view, &used, &part);

    view->ptr += used;
    view->len -= used;
    if (r < 0)
        session_refuse(session, 400);
    else if (part.len > len_max - session->content.len)
        session_refuse(session, 413);
    else if (session->body.kind == HTTP_BODY_LENGTH && session->content.len == 0 &&
             builder_reserve(&session->content, part.len + (size_t)session->body.left, len_max) < 0)
        session_refuse(session, 503);
    else if (builder_append(&session->content, part, len_max) < 0)
        session_refuse(session, 503);
    else if (r == 0)
        session_whole(session);
}

/* Goes through what came in until it is used up or has to wait. */
static void session_take(struct session *session, struct actr_view view)
{
    session->is_taking = true;
    while (view.len > 0 && session->state <= SESSION_BODY) {
        if (session->state == SESSION_BODY)
            session_take_body(session, &view);
        else if (!session_take_head(session, &view))
            return;
    }
    session->is_taking = false;
    if (session->state != SESSION_ANSWERING)
        return;
    if (builder_append(&session->rest, view, SIZE_MAX) < 0 || session->rest.len > SESSION_REST_MAX)
        stream_read(session->stream, false);
}

/* ---- the stream ---- */

static void session_on_data(void *user, struct actr_view data)
{
    struct session *session = user;
    if (session->rest.len == 0)
        session_take(session, data);
    else if (builder_append(&session->rest, data, SIZE_MAX) < 0) /* its task has not run yet */
        session_cut(session);
}

static void session_on_lost(void *user, bool is_end, const char *detail)
{
    session_cut(user);
}

static const struct stream_events session_stream_events = {
    .on_data = session_on_data,
    .on_lost = session_on_lost,
};

/* A late answer has gone out: on to what has waited. */
static void session_on_task(struct loop_task *task)
{
    struct session *session = container_of(task, struct session, task);
    struct actr_bytes rest = builder_take(&session->rest);
    session_take(session, actr_bytes_view(rest));
    actr_bytes_unref(rest);
}

void session_on_deadline(struct session *session)
{
    size_t left = stream_outstanding(session->stream);
    /* An answer may take its time as long as it moves, also within the system's buffer. */
    if (left == 0 || left >= session->left) {
        session_cut(session);
        return;
    }
    session->left = left;
    server_place(session->server, session);
}

void session_open(struct server *server, int fd)
{
    struct session *session = mem_alloc(sizeof(*session));
    if (!session) {
        close(fd);
        return;
    }
    if (stream_accept(server->net, fd, server->tls, &session->stream) < 0) {
        mem_free(session);
        return;
    }
    session->base.ops = server->base.ops;
    session->server = server;
    session->left = SIZE_MAX;
    list_init(&session->link);
    loop_task_init(&session->task, session_on_task);
    stream_set_owner(session->stream, &session_stream_events, session);
    server->count++;
    server_place(server, session);
}
