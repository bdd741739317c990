// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A listening socket and its connections.
 *
 * Every connection counts against connection_max from accept to end. One that has not brought a
 * complete request is `shaking`: their number and their time are bounded, and when there are too
 * many the one whose time is over first goes, so a flood of silent connections costs the flood its
 * oldest, not the honest client its turn. All get the same time, so the list is in order by itself,
 * and one timer serves it.
 *
 * The server goes when it is closed and the last of its connections has gone. Loop thread. */
#include "net/server.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/tls.h"

#define SERVER_BACKLOG 4096
#define SERVER_ACCEPT_MAX 64 /* in one turn */
#define SERVER_ACCEPT_RETRY_US 100000
#define SERVER_CONNECTION_MAX 16384
#define SERVER_HANDSHAKE_MAX 1024
#define SERVER_HANDSHAKE_TIMEOUT_MS 10000
#define SERVER_BODY_LEN_MAX (2u * 1024 * 1024)

/* ---- the lists ---- */

static struct session *server_first_shaking(struct server *server)
{
    return list_is_empty(&server->shaking)
               ? NULL
               : container_of(server->shaking.next, struct session, link);
}

static void server_arm(struct server *server)
{
    struct session *first = server_first_shaking(server);
    uint64_t now = loop_now_us(server->net->base.loop);
    if (!first)
        loop_timer_stop(&server->timer);
    else
        loop_timer_start(&server->timer, first->deadline_us > now ? first->deadline_us - now : 0);
}

static void server_on_timer(struct loop_timer *timer)
{
    struct server *server = container_of(timer, struct server, timer);
    uint64_t now = loop_now_us(timer->loop);
    struct session *first = server_first_shaking(server);
    while (first && first->deadline_us <= now) {
        session_on_deadline(first); /* gone, or at the end of the list */
        first = server_first_shaking(server);
    }
    server_arm(server);
}

/* Out of whichever list it is in. */
static void server_unlink(struct server *server, struct session *session)
{
    if (session->is_shaking)
        server->shaking_count--;
    session->is_shaking = false;
    list_remove(&session->link);
}

void server_place(struct server *server, struct session *session)
{
    server_unlink(server, session);
    if (session->state == SESSION_ANSWERING) {
        list_push(&server->answering, &session->link);
        return;
    }
    session->deadline_us =
        loop_now_us(server->net->base.loop) + (uint64_t)server->options.handshake_timeout_ms * 1000;
    list_push(&server->shaking, &session->link);
    session->is_shaking = true;
    if (++server->shaking_count > server->options.handshake_max)
        session_cut(server_first_shaking(server));
    if (!loop_timer_is_active(&server->timer))
        server_arm(server);
}

/* One connection less. */
static void server_release(struct server *server)
{
    server->count--;
    if (server->is_winding_down)
        loop_defer(server->net->base.loop, &server->task);
}

void server_remove(struct server *server, struct session *session)
{
    server_unlink(server, session);
    server_release(server);
}

static void server_on_socket_ended(struct ws *ws, void *arg)
{
    list_remove(&ws->link);
    server_release(arg);
}

void server_adopt(struct server *server, struct ws *ws)
{
    server->count++;
    list_push(&server->sockets, &ws->link);
    ws->on_ended = server_on_socket_ended;
    ws->ended_arg = server;
}

/* ---- accepting ---- */

static void server_watch(struct server *server);

static void server_on_retry(struct loop_timer *timer)
{
    struct server *server = container_of(timer, struct server, retry_timer);
    if (server->has_listener)
        server_watch(server);
}

/* Out of descriptors or memory: what waits stays with the system for a moment, instead of being
 * asked for in vain in every turn. */
static void server_pause(struct server *server)
{
    uv_poll_stop(&server->listener);
    loop_timer_start(&server->retry_timer, SERVER_ACCEPT_RETRY_US);
}

static void server_on_connections(uv_poll_t *poll, int status, int events)
{
    struct server *server = poll->data;
    for (unsigned i = 0; i < SERVER_ACCEPT_MAX && server->has_listener; i++) {
        int fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0 && server->count < server->options.connection_max) {
            session_open(server, fd);
        } else if (fd >= 0) {
            close(fd);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            server_pause(server);
            return;
        }
    }
}

static void server_watch(struct server *server)
{
    uv_poll_start(&server->listener, UV_READABLE, server_on_connections);
}

/* ---- listening ---- */

static int server_failed(const struct net_server_options *options, int error)
{
    return err_origin(ACTR_EIO, "listen on %s port %u: %s", options->host ? options->host : "*",
                      options->port, uv_strerror(-error));
}

/* A bound and listening descriptor, or -errno. */
static int server_bind(const struct sockaddr *address, socklen_t len)
{
    int one = 1, zero = 0;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (address->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
    if (bind(fd, address, len) == 0 && listen(fd, SERVER_BACKLOG) == 0)
        return fd;
    int error = errno;
    close(fd);
    return -error;
}

/* The descriptor, or ACTR_EIO. No host: both families where there are two. */
static int server_open(const struct net_server_options *options)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    const char *host = options->host;
    int fd = -EINVAL;

    if (!host || uv_ip6_addr(host, options->port, &v6) == 0) {
        uv_ip6_addr(host ? host : "::", options->port, &v6);
        fd = server_bind((struct sockaddr *)&v6, sizeof(v6));
        if (fd >= 0 || (host || (fd != -EAFNOSUPPORT && fd != -EADDRNOTAVAIL)))
            return fd >= 0 ? fd : server_failed(options, -fd);
    }
    if (uv_ip4_addr(host ? host : "0.0.0.0", options->port, &v4) == 0)
        fd = server_bind((struct sockaddr *)&v4, sizeof(v4));
    return fd >= 0 ? fd : server_failed(options, -fd);
}

static uint16_t server_bound_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {0};
    socklen_t len = sizeof(address);
    getsockname(fd, &address.any, &len);
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

static void server_set_options(struct server *server, const struct net_server_options *given)
{
    struct net_server_options *options = &server->options;
    *options = *given;
    options->host = options->tls_cert = options->tls_key = NULL;
    if (options->connection_max == 0)
        options->connection_max = SERVER_CONNECTION_MAX;
    if (options->handshake_max == 0)
        options->handshake_max = SERVER_HANDSHAKE_MAX;
    if (options->handshake_timeout_ms == 0)
        options->handshake_timeout_ms = SERVER_HANDSHAKE_TIMEOUT_MS;
    if (options->body_len_max == 0)
        options->body_len_max = SERVER_BODY_LEN_MAX;
}

/* ---- life ---- */

static void server_free(struct server *server)
{
    loop_timer_stop(&server->timer);
    loop_timer_stop(&server->retry_timer);
    loop_task_cancel(&server->task);
    tls_context_unref(server->tls);
    socket_unref(server->net);
    mem_free(server);
}

static void server_cut_all(struct list *sessions)
{
    while (!list_is_empty(sessions))
        session_cut(container_of(sessions->next, struct session, link));
}

static void server_on_listener_closed(uv_handle_t *handle)
{
    struct server *server = handle->data;
    server->has_listener = false;
    loop_defer(server->net->base.loop, &server->task);
}

/* Closing: first everything is told to go, then whoever goes last comes here again. */
static void server_on_task(struct loop_task *task)
{
    struct server *server = container_of(task, struct server, task);
    if (!server->is_winding_down) {
        server->is_winding_down = true;
        uv_close((uv_handle_t *)&server->listener, server_on_listener_closed);
        close(server->fd);
        loop_timer_stop(&server->retry_timer);
        server_cut_all(&server->shaking);
        server_cut_all(&server->answering);
        list_each(link, &server->sockets)
            ws_close(&container_of(link, struct ws, link)->base, 1001, "server is closing");
    }
    if (server->has_listener || server->count > 0)
        return;
    if (server->events->on_closed)
        server->events->on_closed(server->user);
    server_free(server);
}

void server_close(struct net_server *base)
{
    struct server *server = (struct server *)base;
    if (server->is_closing)
        return;
    server->is_closing = true;
    loop_defer(server->net->base.loop, &server->task);
}

uint16_t server_port(const struct net_server *base)
{
    return ((const struct server *)base)->port;
}

int server_listen(struct net *net, const struct net_server_options *options,
                  const struct net_server_events *events, void *user,
                  struct net_server **ret_server)
{
    if (!options->tls_cert != !options->tls_key)
        return err_origin(ACTR_ECONFIG, "server: a certificate and its key go together");
    struct server *server = mem_alloc(sizeof(*server));
    if (!server)
        return err_origin(ACTR_ENOMEM, "server: no memory");
    int r = options->tls_cert
                ? tls_context_new_server(options->tls_cert, options->tls_key, &server->tls)
                : 0;
    int fd = r == 0 ? server_open(options) : r;
    if (fd >= 0) {
        int error = uv_poll_init_socket(socket_of(net)->uv, &server->listener, fd);
        if (error < 0) {
            close(fd);
            fd = server_failed(options, -error);
        }
    }
    if (fd < 0) {
        tls_context_unref(server->tls);
        mem_free(server);
        return fd;
    }
    server_set_options(server, options);
    server->base.ops = net->ops;
    server->net = socket_ref(socket_of(net));
    server->events = events;
    server->user = user;
    server->fd = fd;
    server->port = server_bound_port(fd);
    server->has_listener = true;
    server->listener.data = server;
    list_init(&server->shaking);
    list_init(&server->answering);
    list_init(&server->sockets);
    loop_timer_init(&server->timer, net->loop, server_on_timer);
    loop_timer_init(&server->retry_timer, net->loop, server_on_retry);
    loop_task_init(&server->task, server_on_task);
    server_watch(server);
    *ret_server = &server->base;
    return 0;
}
