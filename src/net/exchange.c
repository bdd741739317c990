// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One HTTP exchange: dial, one request with `Connection: close`, one response, hang up.
 *
 * No connection is kept for a next exchange: a node makes one an hour, and a stale connection is a
 * failure to explain. One timer covers everything. The exchange is freed in exchange_end() and
 * exchange_cancel(), both of which end it whatever it is doing; after calling exchange_end()
 * nothing is touched. Loop thread. */
#include "net/exchange.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/url.h"
#include "net/builder.h"
#include "net/dial.h"
#include "net/http_body.h"
#include "net/http_date.h"
#include "net/http_head.h"
#include "net/http_text.h"
#include "net/socket.h"
#include "net/stream.h"

#define EXCHANGE_TIMEOUT_MS 30000
#define EXCHANGE_RESPONSE_LEN_MAX (1024u * 1024)

struct exchange {
    struct net_http base;
    struct socket_net *net;
    net_http_fn *fn;
    void *user;
    struct dial dial;
    struct stream *stream;
    struct loop_timer timer;
    struct actr_bytes head_out, body_out;
    uint32_t response_len_max;
    struct http_head head;
    struct http_body body;
    bool has_head, is_head_only; /* HEAD: no body, whatever its head says */
    struct builder content;
};

static void exchange_free(struct exchange *exchange)
{
    loop_timer_stop(&exchange->timer);
    dial_stop(&exchange->dial);
    stream_free(exchange->stream);
    actr_bytes_unref(exchange->head_out);
    actr_bytes_unref(exchange->body_out);
    http_head_deinit(&exchange->head);
    builder_deinit(&exchange->content);
    socket_unref(exchange->net);
    mem_free(exchange);
}

void exchange_cancel(struct net_http *http)
{
    exchange_free((struct exchange *)http);
}

/* ---- the end ---- */

static void exchange_end(struct exchange *exchange, const struct net_http_response *response)
{
    exchange->fn(exchange->user, response);
    exchange_free(exchange);
}

static void exchange_fail(struct exchange *exchange, int error, const char *detail)
{
    exchange_end(exchange, &(struct net_http_response){
                               .error = error, .detail = detail, .retry_after_s = -1});
}

/* RFC 9110 §10.2.3 */
static int64_t exchange_retry_after(const struct exchange *exchange)
{
    const char *value = http_head_find(&exchange->head, "retry-after");
    int64_t now = (int64_t)(loop_wall_ms(exchange->net->base.loop) / 1000), date;
    uint32_t seconds;

    if (!value)
        return -1;
    if (text_u32(view_text(value), &seconds))
        return seconds;
    if (!http_date_parse(value, now, &date))
        return -1;
    return date > now ? date - now : 0;
}

static void exchange_succeed(struct exchange *exchange)
{
    AUTO_BYTES struct actr_bytes body = builder_take(&exchange->content);
    exchange_end(exchange,
                 &(struct net_http_response){.detail = "",
                                             .status = exchange->head.status,
                                             .body = body,
                                             .retry_after_s = exchange_retry_after(exchange)});
}

static void exchange_on_timer(struct loop_timer *timer)
{
    exchange_fail(container_of(timer, struct exchange, timer), ACTR_ETIMEDOUT,
                  "no response in time");
}

/* ---- the response ---- */

/* Takes what belongs to the head. 0, HTTP_HEAD_MORE, or negative: what is wrong. */
static int exchange_take_head(struct exchange *exchange, struct actr_view *view)
{
    size_t used;
    int r = http_head_feed(&exchange->head, *view, &used);
    view->ptr += used;
    view->len -= used;
    if (r == 0)
        r = http_head_parse_response(&exchange->head);
    if (r == HTTP_HEAD_TOO_LARGE)
        return err_origin(ACTR_EDECODE, "http: response head too large");
    if (r == 0 && exchange->head.status < 200) {
        http_head_deinit(&exchange->head); /* 100 Continue and the like: the real one follows */
        return HTTP_HEAD_MORE;
    }
    if (r == 0 && !exchange->is_head_only)
        r = http_body_init_response(&exchange->body, &exchange->head);
    exchange->has_head = r == 0;
    return r;
}

/* 0: whole; HTTP_BODY_MORE; or negative. */
static int exchange_take_body(struct exchange *exchange, struct actr_view *view)
{
    size_t used;
    struct actr_view part;
    int r = http_body_feed(&exchange->body, *view, &used, &part);
    view->ptr += used;
    view->len -= used;
    if (r < 0)
        return r;
    if (part.len > exchange->response_len_max - exchange->content.len)
        return err_origin(ACTR_EDECODE, "http: response too large");
    int error = builder_append(&exchange->content, part, exchange->response_len_max);
    return error < 0 ? error : r;
}

static void exchange_on_data(void *user, struct actr_view data)
{
    struct exchange *exchange = user;
    int r = HTTP_HEAD_MORE;

    while (!exchange->has_head && data.len > 0 && r == HTTP_HEAD_MORE)
        r = exchange_take_head(exchange, &data);
    if (exchange->has_head) {
        /* Also with nothing left: a body may end where the head does. */
        do
            r = exchange_take_body(exchange, &data);
        while (r == HTTP_BODY_MORE && data.len > 0);
        if (r == 0) {
            exchange_succeed(exchange);
            return;
        }
    }
    if (r < 0)
        exchange_fail(exchange, r == ACTR_ENOMEM ? ACTR_EUNAVAILABLE : ACTR_EDECODE, actr_errmsg());
}

static void exchange_on_lost(void *user, bool is_end, const char *detail)
{
    struct exchange *exchange = user;
    if (is_end && exchange->has_head && exchange->body.kind == HTTP_BODY_TO_END)
        exchange_succeed(exchange);
    else
        exchange_fail(exchange, ACTR_EUNAVAILABLE, detail);
}

static const struct stream_events exchange_stream_events = {
    .on_data = exchange_on_data,
    .on_lost = exchange_on_lost,
};

/* ---- the request ---- */

static void exchange_on_dialed(struct dial *dial, struct stream *stream, const char *detail)
{
    struct exchange *exchange = container_of(dial, struct exchange, dial);
    struct actr_view nothing = {NULL, 0};
    if (!stream) {
        exchange_fail(exchange, dial->error, detail);
        return;
    }
    exchange->stream = stream;
    stream_set_owner(stream, &exchange_stream_events, exchange);
    int r = stream_send(stream, nothing, bytes_take(&exchange->head_out));
    struct actr_bytes body = bytes_take(&exchange->body_out);
    if (r == 0 && body.len > 0)
        r = stream_send(stream, nothing, body);
    else
        actr_bytes_unref(body);
    if (r < 0)
        exchange_fail(exchange, ACTR_EUNAVAILABLE, "out of memory");
}

static int exchange_request(struct exchange *exchange, const struct net_http_options *options,
                            const struct url *url)
{
    uint8_t *buf;
    struct text text;
    bool has_body = options->body.len > 0 || strcmp(options->method, "POST") == 0 ||
                    strcmp(options->method, "PUT") == 0;
    int r = http_text_check_headers(options->headers, options->header_count);
    if (r < 0)
        return r;
    if (!http_head_is_name(options->method))
        return err_origin(ACTR_EINVALID, "http: malformed method");
    size_t cap = strlen(options->method) + http_text_request_size(url) +
                 http_text_headers_size(options->headers, options->header_count) + 128;
    struct actr_bytes head = bytes_new(cap, &buf);
    if (!buf)
        return err_origin(ACTR_ENOMEM, "http: no memory for a request");
    text_init(&text, (char *)buf, cap);
    http_text_request(&text, options->method, url);
    text_printf(&text, "Connection: close\r\n");
    /* RFC 9110 §8.6: a method that anticipates content says 0, too. */
    if (has_body)
        text_printf(&text, "Content-Length: %zu\r\n", options->body.len);
    http_text_headers(&text, options->headers, options->header_count);
    text_printf(&text, "\r\n");
    assert(!text.is_cut);
    bytes_truncate(&head, text.len);
    exchange->head_out = head;
    exchange->is_head_only = strcmp(options->method, "HEAD") == 0;
    return 0;
}

/* Everything that can fail, but for the exchange itself. */
static int exchange_prepare(struct exchange *exchange, const struct net_http_options *options)
{
    struct url url;
    int r = url_parse(view_text(options->url), &url);
    if (r == 0 && url.scheme != URL_HTTP && url.scheme != URL_HTTPS)
        r = err_origin(ACTR_EINVALID, "http: not an http:// or https:// URL");
    if (r == 0 && actr_bytes_failed(options->body))
        r = err_origin(ACTR_ENOMEM, "http: no memory for the body");
    if (r == 0)
        r = exchange_request(exchange, options, &url);
    if (r == 0)
        r = dial_start(&exchange->dial, exchange->net, &url, exchange_on_dialed);
    return r;
}

int exchange_start(struct net *net, const struct net_http_options *options, net_http_fn *fn,
                   void *user, struct net_http **ret_http)
{
    struct exchange *exchange = mem_alloc(sizeof(*exchange));
    if (!exchange) {
        actr_bytes_unref(options->body);
        return err_origin(ACTR_ENOMEM, "http: no memory");
    }
    exchange->base.ops = net->ops;
    exchange->net = socket_ref(socket_of(net));
    exchange->fn = fn;
    exchange->user = user;
    exchange->body_out = options->body;
    exchange->response_len_max =
        options->response_len_max ? options->response_len_max : EXCHANGE_RESPONSE_LEN_MAX;
    loop_timer_init(&exchange->timer, net->loop, exchange_on_timer);
    int r = exchange_prepare(exchange, options);
    if (r < 0) {
        exchange_free(exchange);
        return r;
    }
    uint32_t timeout_ms = options->timeout_ms ? options->timeout_ms : EXCHANGE_TIMEOUT_MS;
    loop_timer_start(&exchange->timer, (uint64_t)timeout_ms * 1000);
    *ret_http = &exchange->base;
    return 0;
}
