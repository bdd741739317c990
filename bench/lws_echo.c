// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Echo over plain libwebsockets, as its own examples do it, and not slower than need be: both ends
 * write as long as the socket takes it, in one writable callback.
 *
 * No extensions, no TLS, TCP_NODELAY as the library sets it. One context a process, one thread. */
#include "lws_echo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libwebsockets.h>

#include "bench.h"

#define ECHO_QUEUE 256
#define ECHO_SIZE_MAX 65536

/* A frame may come in pieces, as the socket has them. */
static bool is_whole(struct lws *wsi)
{
    return lws_remaining_packet_payload(wsi) == 0 && lws_is_final_fragment(wsi);
}

/* Server -----------------------------------------------------------------------------------------
 */

struct echo_session {
    unsigned waiting; /* messages to send back */
    size_t got, size; /* all are of one size */
    unsigned char buf[LWS_PRE + ECHO_SIZE_MAX];
};

static int serve_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                          size_t len)
{
    struct echo_session *session = user;
    switch ((int)reason) {
    case LWS_CALLBACK_RECEIVE:
        if (session->got + len > ECHO_SIZE_MAX)
            return -1;
        memcpy(session->buf + LWS_PRE + session->got, in, len);
        session->got += len;
        if (!is_whole(wsi))
            break;
        session->size = session->got;
        session->got = 0;
        session->waiting++;
        lws_callback_on_writable(wsi);
        break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        while (session->waiting > 0) {
            if (lws_write(wsi, session->buf + LWS_PRE, session->size, LWS_WRITE_BINARY) < 0)
                return -1;
            session->waiting--;
            if (lws_send_pipe_choked(wsi)) {
                lws_callback_on_writable(wsi);
                break;
            }
        }
        break;
    default:
        break;
    }
    return 0;
}

int lws_echo_serve(void)
{
    static const struct lws_protocols protocols[] = {
        {"echo", serve_callback, sizeof(struct echo_session), 65536, 0, NULL, 0},
        {NULL, NULL, 0, 0, 0, NULL, 0}};
    struct lws_context_creation_info info = {
        .port = 0, .iface = "127.0.0.1", .protocols = protocols, .gid = -1, .uid = -1};
    lws_set_log_level(LLL_ERR, NULL);
    struct lws_context *context = lws_create_context(&info);
    if (!context)
        return 1;
    printf("%d\n", lws_get_vhost_listen_port(lws_get_vhost_by_name(context, "default")));
    fflush(stdout);
    while (lws_service(context, 0) >= 0)
        ;
    lws_context_destroy(context);
    return 0;
}

/* Client -----------------------------------------------------------------------------------------
 */

static struct {
    size_t size, count, sent, received;
    unsigned in_flight;
    double *latencies_us;
    double sent_us[ECHO_QUEUE], begin_us, end_us;
    bool failed, done;
    unsigned char buf[LWS_PRE + ECHO_SIZE_MAX];
} client;

static int client_write(struct lws *wsi)
{
    while (client.sent < client.count && client.sent - client.received < client.in_flight) {
        client.sent_us[client.sent % ECHO_QUEUE] = bench_now_us();
        if (lws_write(wsi, client.buf + LWS_PRE, client.size, LWS_WRITE_BINARY) < 0)
            return -1;
        client.sent++;
        if (lws_send_pipe_choked(wsi)) {
            lws_callback_on_writable(wsi);
            break;
        }
    }
    return 0;
}

static int client_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                           size_t len)
{
    (void)user;
    (void)in;
    (void)len;
    switch ((int)reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        client.begin_us = bench_now_us();
        lws_callback_on_writable(wsi);
        break;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return client_write(wsi);
    case LWS_CALLBACK_CLIENT_RECEIVE:
        if (!is_whole(wsi))
            break;
        client.end_us = bench_now_us();
        if (client.latencies_us)
            client.latencies_us[client.received] =
                client.end_us - client.sent_us[client.received % ECHO_QUEUE];
        client.received++;
        if (client.received == client.count) {
            client.done = true;
            return -1;
        }
        lws_callback_on_writable(wsi);
        break;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        client.failed = true;
        break;
    default:
        break;
    }
    return 0;
}

bool lws_echo_run(uint16_t port, size_t size, unsigned in_flight, size_t count,
                  double *latencies_us, double *ret_seconds)
{
    static const struct lws_protocols protocols[] = {
        {"echo", client_callback, 0, 65536, 0, NULL, 0}, {NULL, NULL, 0, 0, 0, NULL, 0}};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN, .protocols = protocols, .gid = -1, .uid = -1};
    if (size > ECHO_SIZE_MAX || in_flight > ECHO_QUEUE)
        return false;
    memset(&client, 0, sizeof(client));
    client.size = size;
    client.in_flight = in_flight;
    client.count = count;
    client.latencies_us = latencies_us;
    lws_set_log_level(LLL_ERR, NULL);
    struct lws_context *context = lws_create_context(&info);
    if (!context)
        return false;
    struct lws_client_connect_info connect = {.context = context,
                                              .address = "127.0.0.1",
                                              .port = port,
                                              .path = "/",
                                              .host = "127.0.0.1",
                                              .origin = "127.0.0.1",
                                              .protocol = "echo"};
    if (!lws_client_connect_via_info(&connect))
        client.failed = true;
    while (!client.done && !client.failed && lws_service(context, 0) >= 0)
        ;
    lws_context_destroy(context);
    *ret_seconds = (client.end_us - client.begin_us) / 1e6;
    return client.done;
}
