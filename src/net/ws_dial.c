// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A WebSocket connection: the client's opening, from the URL to the 101.
 *
 * Dialing, the request, the response and its check; then ws_begin() takes the stream over.
 * One timer covers all of it. The memory for it goes when the connection is open, or has failed.
 * Loop thread. Must never call up inside ws_dial(). */
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/url.h"
#include "net/dial.h"
#include "net/http_head.h"
#include "net/stream.h"
#include "net/upgrade.h"
#include "net/ws.h"

#define WS_CONNECT_TIMEOUT_MS 10000

struct ws_opening {
    struct ws *ws;
    struct dial dial;
    struct actr_bytes request;
    struct http_head head;
    char accept[UPGRADE_ACCEPT_SIZE];
};

static void ws_opening_on_lost(void *user, bool is_end, const char *detail)
{
    ws_end(user, NET_REFUSED, 0, is_end ? "closed during the upgrade" : detail);
}

/* The response is whole; `rest` may hold frames already. */
static void ws_opening_answered(struct ws *ws, struct actr_view rest)
{
    struct ws_opening *opening = ws->opening;
    int r = http_head_parse_response(&opening->head);
    if (r == 0 && opening->head.status != 101) {
        ws_end(ws, NET_REJECTED, opening->head.status,
               opening->head.status == 426
                   ? "upgrade rejected; the server may speak TLS: write wss://"
                   : "upgrade rejected");
        return;
    }
    if (r == 0)
        r = upgrade_check_response(&opening->head, opening->accept);
    if (r != 0) {
        ws_end(ws, NET_REFUSED, 0, r < 0 ? actr_errmsg() : "response head too large");
        return;
    }
    struct stream *stream = ws->stream;
    ws_opening_free(ws);
    ws_begin(ws, stream, rest);
}

static void ws_opening_on_data(void *user, struct actr_view data)
{
    struct ws *ws = user;
    size_t used;
    if (!ws->opening)
        return;
    int r = http_head_feed(&ws->opening->head, data, &used);
    if (r == 0)
        ws_opening_answered(ws, actr_view_of(data.ptr + used, data.len - used));
    else if (r != HTTP_HEAD_MORE)
        ws_end(ws, NET_REFUSED, 0, r < 0 ? actr_errmsg() : "response head too large");
}

static const struct stream_events ws_opening_events = {
    .on_data = ws_opening_on_data,
    .on_lost = ws_opening_on_lost,
};

static void ws_opening_on_dialed(struct dial *dial, struct stream *stream, const char *detail)
{
    struct ws_opening *opening = container_of(dial, struct ws_opening, dial);
    struct ws *ws = opening->ws;
    if (!stream) {
        ws_end(ws, dial->error == ACTR_ECONFIG ? NET_UNFIT : NET_REFUSED, 0, detail);
        return;
    }
    ws->stream = stream;
    stream_set_owner(stream, &ws_opening_events, ws);
    if (stream_send(stream, actr_view_of(NULL, 0), bytes_take(&opening->request)) < 0)
        ws_end(ws, NET_REFUSED, 0, "out of memory");
}

void ws_opening_free(struct ws *ws)
{
    struct ws_opening *opening = ws->opening;
    if (!opening)
        return;
    dial_stop(&opening->dial);
    actr_bytes_unref(opening->request);
    http_head_deinit(&opening->head);
    mem_free(opening);
    ws->opening = NULL;
}

/* Everything but the dialing itself. */
static int ws_opening_prepare(struct ws *ws, const struct url *url,
                              const struct net_ws_options *options)
{
    uint8_t nonce[UPGRADE_NONCE_LEN];
    char key[UPGRADE_KEY_SIZE];
    struct ws_opening *opening = mem_alloc(sizeof(*opening));
    if (!opening)
        return err_origin(ACTR_ENOMEM, "websocket: no memory");
    ws->opening = opening;
    opening->ws = ws;
    socket_random(ws->net, nonce, sizeof(nonce));
    text_base64_encode(nonce, sizeof(nonce), key);
    int r = upgrade_accept(key, opening->accept);
    if (r < 0)
        return r;
    return upgrade_request(url, options->headers, options->header_count, key, &opening->request);
}

int ws_dial(struct net *net, const struct net_ws_options *options,
            const struct net_ws_events *events, void *user, struct net_ws **ret_ws)
{
    struct url url;
    struct ws *ws;
    int r = url_parse(view_text(options->url), &url);
    if (r < 0)
        return r;
    if (url.scheme != URL_WS && url.scheme != URL_WSS)
        return err_origin(ACTR_EINVALID, "websocket: not a ws:// or wss:// URL");
    r = ws_new(socket_of(net), options, &ws);
    if (r < 0)
        return r;
    r = ws_opening_prepare(ws, &url, options);
    if (r == 0)
        r = dial_start(&ws->opening->dial, socket_of(net), &url, ws_opening_on_dialed);
    if (r < 0) {
        ws_opening_free(ws);
        ws_discard(ws);
        return r;
    }
    ws->events = events;
    ws->user = user;
    uint32_t timeout_ms = options->connect_timeout_ms;
    loop_timer_start(&ws->timer,
                     (uint64_t)(timeout_ms ? timeout_ms : WS_CONNECT_TIMEOUT_MS) * 1000);
    *ret_ws = &ws->base;
    return 0;
}
