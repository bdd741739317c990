// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* HTTP exchanges of the simulated network, the client's side: one connection, one request, one
 * response. Freed when fn has run or when it is cancelled. Loop thread. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim_parts.h"

#define SIM_HTTP_TIMEOUT_MS 30000
#define SIM_HTTP_RESPONSE_LEN_MAX (1u << 20)

struct sim_http {
    struct net_http base;
    struct sim_end *end;
    net_http_fn *fn;
    void *user;
    uint32_t response_len_max;
    struct loop_timer timer;
};

static void http_free(struct sim_http *http)
{
    loop_timer_stop(&http->timer);
    if (http->end)
        sim_end_abort(http->end);
    mem_free(http);
}

static void http_end(struct sim_http *http, const struct net_http_response *response)
{
    loop_timer_stop(&http->timer);
    sim_end_abort(http->end);
    http->end = NULL;
    http->fn(http->user, response);
    http_free(http);
}

static void http_fail(struct sim_http *http, int error, const char *detail)
{
    http_end(http,
             &(struct net_http_response){.error = error, .detail = detail, .retry_after_s = -1});
}

static void http_on_packet(struct sim_end *end, struct sim_packet *packet)
{
    struct sim_http *http = end->owner;
    const struct sim_head *head = packet->head;
    const char *after = sim_head_find(head, "retry-after");
    uint32_t seconds = 0;
    bool has_after = after && text_u32(view_text(after), &seconds);
    if (head->body.len > http->response_len_max) {
        http_fail(http, ACTR_EDECODE, "response too large");
        return;
    }
    http_end(http, &(struct net_http_response){.detail = "",
                                               .status = head->status,
                                               .body = head->body,
                                               .retry_after_s = has_after ? (int64_t)seconds : -1});
}

static void http_on_lost(struct sim_end *end, bool is_reset)
{
    http_fail(end->owner, ACTR_EUNAVAILABLE, is_reset ? "connection reset" : "end of file");
}

static const struct sim_end_events http_events = {
    .on_packet = http_on_packet,
    .on_lost = http_on_lost,
};

static void http_on_timer(struct loop_timer *timer)
{
    http_fail(container_of(timer, struct sim_http, timer), ACTR_ETIMEDOUT, "no response in time");
}

int sim_http_start(struct net *net, const struct net_http_options *options, net_http_fn *fn,
                   void *user, struct net_http **ret_http)
{
    struct sim_host *host = sim_host_of(net);
    const struct sim_target target = {options->url, false};
    struct sim_http *http = mem_alloc(sizeof(*http));
    struct sim_head *head = sim_head_new(options->headers, options->header_count);
    if (!http || !head || actr_bytes_failed(options->body)) {
        actr_bytes_unref(options->body);
        sim_head_free(head);
        mem_free(http);
        return err_origin(ACTR_ENOMEM, "http: no memory");
    }
    head->body = options->body;
    snprintf(head->method, sizeof(head->method), "%s", options->method);
    int r = sim_connect(host, &target, SIM_REQUEST, head, &http->end);
    if (r < 0) {
        mem_free(http);
        return r;
    }
    http->base.ops = &sim_net_ops;
    http->fn = fn;
    http->user = user;
    http->response_len_max =
        options->response_len_max ? options->response_len_max : SIM_HTTP_RESPONSE_LEN_MAX;
    sim_end_attach(http->end, &http_events, http);
    loop_timer_init(&http->timer, host->sim->loop, http_on_timer);
    loop_timer_start(&http->timer,
                     (uint64_t)(options->timeout_ms ? options->timeout_ms : SIM_HTTP_TIMEOUT_MS) *
                         1000);
    *ret_http = &http->base;
    return 0;
}

void sim_http_cancel(struct net_http *base)
{
    http_free(container_of(base, struct sim_http, base));
}
