// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A TCP socket under uv_poll, with or without TLS.
 *
 * uv_poll rather than uv_tcp: sending goes through sendmsg() with MSG_NOSIGNAL (libuv writes
 * without it, and a host program's thread may not block SIGPIPE), a full socket needs no request
 * object and no copy, and a stream that does not read is still told of a reset (UV_DISCONNECT).
 *
 * The life of a stream: CONNECTING → SHAKING (with TLS) → OPEN → LOST. After LOST, and after
 * stream_free() (is_freed), nothing is called up. The memory goes in libuv's close callback, so
 * code here may look at is_freed after it has called up.
 *
 * Sending is deferred to the end of the turn, and is then done for everything at once. Loop thread.
 * Must never wait, and never call up from within a call that came from above. */
#include "net/stream.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/address.h"
#include "net/sendq.h"
#include "net/socket.h"
#include "net/tls.h"

#define STREAM_READ_ROUNDS 16       /* full reads in one turn before others get theirs */
#define STREAM_WRITE_MAX (1u << 20) /* bytes sent in one turn, likewise */
#define STREAM_IOV_MAX 64
#define STREAM_JOIN_CAP SOCKET_RECORD_MAX
#define STREAM_CIPHER_MAX (4 * SOCKET_RECORD_MAX) /* made in advance of what the system takes */

enum stream_state { STREAM_CONNECTING, STREAM_SHAKING, STREAM_OPEN, STREAM_LOST };

struct stream {
    const struct stream_events *events;
    void *user;
    struct socket_net *net;
    struct tls *tls;
    uv_poll_t poll;
    struct loop_task flush;
    struct sendq queue;
    size_t notice; /* on_drained at so many bytes, when want_notice */
    int fd;
    int watched; /* uv_poll events that are set */
    uint8_t state;
    bool is_freed;
    bool want_read, want_notice;
    bool is_choked; /* the system took less than there was */
    bool is_hung;   /* the peer has finished sending, and we are not reading */
    bool is_finishing, is_finished;
    bool is_misconfigured; /* see stream_error() */
};

static void stream_on_poll(uv_poll_t *poll, int status, int events);

static bool stream_is_dead(const struct stream *stream)
{
    return stream->is_freed || stream->state == STREAM_LOST;
}

static bool stream_is_reading(const struct stream *stream)
{
    return stream->state == STREAM_SHAKING || (stream->state == STREAM_OPEN && stream->want_read);
}

/* Sets what libuv shall look for. */
static void stream_watch(struct stream *stream)
{
    int events = 0;
    if (stream->is_freed)
        return; /* libuv looks for nothing on a closing handle */
    if (stream->state == STREAM_CONNECTING || (stream->is_choked && stream->state != STREAM_LOST))
        events |= UV_WRITABLE;
    if (stream_is_reading(stream))
        events |= UV_READABLE; /* finds an end out as well */
    else if (stream->state == STREAM_OPEN && !stream->is_hung)
        events |= UV_DISCONNECT;
    if (events == stream->watched)
        return;
    stream->watched = events;
    if (events)
        uv_poll_start(&stream->poll, events, stream_on_poll);
    else
        uv_poll_stop(&stream->poll);
}

/* The end, in whatever way. Calls up: touch nothing after. */
static void stream_lose(struct stream *stream, bool is_end, const char *detail)
{
    if (stream_is_dead(stream))
        return;
    stream->state = STREAM_LOST;
    loop_task_cancel(&stream->flush);
    stream_watch(stream);
    stream->events->on_lost(stream->user, is_end, detail);
}

static void stream_lose_errno(struct stream *stream, int error)
{
    stream_lose(stream, false, uv_strerror(-error));
}

/* ---- sending ---- */

/* Gives ciphertext to the system. False: it will take no more now, or never. */
static bool stream_flush_cipher(struct stream *stream)
{
    struct actr_view out = tls_output(stream->tls);
    while (out.len > 0) {
        ssize_t sent = send(stream->fd, out.ptr, out.len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0) {
            stream->is_choked = errno == EAGAIN;
            if (!stream->is_choked)
                stream_lose_errno(stream, errno);
            return false;
        }
        tls_output_done(stream->tls, (size_t)sent);
        out = tls_output(stream->tls);
    }
    return true;
}

/* False: stop for now. *budget: bytes that may still go in this turn. */
static bool stream_send_tls(struct stream *stream, size_t *budget)
{
    uint8_t *record = stream->net->record;
    while (stream->queue.len > 0 && tls_output(stream->tls).len < STREAM_CIPHER_MAX) {
        size_t len = sendq_copy(&stream->queue, record, SOCKET_RECORD_MAX);
        if (tls_write(stream->tls, record, len) < 0) {
            stream_lose(stream, false, actr_errmsg());
            return false;
        }
        sendq_advance(&stream->queue, len);
        *budget -= len < *budget ? len : *budget;
    }
    return stream_flush_cipher(stream);
}

static bool stream_send_plain(struct stream *stream, size_t *budget)
{
    struct iovec iov[STREAM_IOV_MAX];
    struct msghdr message = {.msg_iov = iov};
    size_t len = 0;

    message.msg_iovlen =
        sendq_gather(&stream->queue, iov, STREAM_IOV_MAX, stream->net->record, STREAM_JOIN_CAP);
    for (size_t i = 0; i < message.msg_iovlen; i++)
        len += iov[i].iov_len;
    ssize_t sent;
    do
        sent = sendmsg(stream->fd, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        stream->is_choked = errno == EAGAIN;
        if (!stream->is_choked)
            stream_lose_errno(stream, errno);
        return false;
    }
    sendq_advance(&stream->queue, (size_t)sent);
    *budget -= (size_t)sent < *budget ? (size_t)sent : *budget;
    stream->is_choked = (size_t)sent < len;
    return !stream->is_choked;
}

/* Nothing is left to send and nothing more will come: says so to the peer. */
static void stream_send_end(struct stream *stream)
{
    stream->is_finished = true;
    if (stream->tls) {
        tls_close(stream->tls);
        /* A notification that does not fit is left out: nobody misses it but for its FIN. */
        if (!stream_flush_cipher(stream) && stream_is_dead(stream))
            return;
    }
    shutdown(stream->fd, SHUT_WR);
}

static void stream_on_flush(struct loop_task *task)
{
    struct stream *stream = container_of(task, struct stream, flush);
    size_t budget = STREAM_WRITE_MAX;

    if (stream->state != STREAM_OPEN || stream->is_choked)
        return;
    while (stream_queued(stream) > 0 && budget > 0)
        if (!(stream->tls ? stream_send_tls(stream, &budget) : stream_send_plain(stream, &budget)))
            break;
    if (stream_is_dead(stream))
        return;
    size_t left = stream_queued(stream);
    if (left > 0 && !stream->is_choked)
        loop_defer(stream->net->base.loop, &stream->flush);
    if (left == 0 && stream->is_finishing && !stream->is_finished)
        stream_send_end(stream);
    stream_watch(stream);
    if (stream->want_notice && left <= stream->notice && !stream_is_dead(stream)) {
        stream->want_notice = false;
        stream->events->on_drained(stream->user);
    }
}

static void stream_flush_soon(struct stream *stream)
{
    if (!stream_is_dead(stream))
        loop_defer(stream->net->base.loop, &stream->flush);
}

int stream_send(struct stream *stream, struct actr_view head, struct actr_bytes body)
{
    int r = sendq_push(&stream->queue, head, body);
    if (r == 0)
        stream_flush_soon(stream);
    return r;
}

int stream_send_urgent(struct stream *stream, enum stream_tag tag, struct actr_view head,
                       struct actr_bytes body)
{
    int r = sendq_push_urgent(&stream->queue, (uint8_t)tag, head, body);
    if (r == 0)
        stream_flush_soon(stream);
    return r;
}

void stream_drop(struct stream *stream)
{
    sendq_drop(&stream->queue);
    stream_flush_soon(stream);
}

void stream_finish(struct stream *stream)
{
    stream->is_finishing = true;
    stream_flush_soon(stream);
}

int stream_error(const struct stream *stream)
{
    return stream->is_misconfigured ? ACTR_ECONFIG : ACTR_EUNAVAILABLE;
}

size_t stream_queued(const struct stream *stream)
{
    return stream->queue.len + (stream->tls ? tls_output(stream->tls).len : 0);
}

size_t stream_outstanding(const struct stream *stream)
{
    int unconfirmed = 0;
    if (ioctl(stream->fd, SIOCOUTQ, &unconfirmed) < 0 || unconfirmed < 0)
        unconfirmed = 0;
    return stream_queued(stream) + (size_t)unconfirmed;
}

void stream_notify(struct stream *stream, size_t len)
{
    stream->notice = len;
    stream->want_notice = true;
    if (stream_queued(stream) <= len)
        stream_flush_soon(stream);
}

/* ---- receiving ---- */

static void stream_opened(struct stream *stream)
{
    stream->state = STREAM_OPEN;
    stream_flush_soon(stream);
    if (stream->events->on_open)
        stream->events->on_open(stream->user);
}

/* What ciphertext there was is with tls_feed(). */
static void stream_decrypt(struct stream *stream)
{
    int r = 0;
    if (stream->state == STREAM_SHAKING) {
        r = tls_handshake(stream->tls);
        if (!stream_flush_cipher(stream) && stream_is_dead(stream))
            return;
        if (r == 0)
            stream_opened(stream);
    }
    while (r == 0 && !stream_is_dead(stream)) {
        size_t len;
        r = tls_read(stream->tls, stream->net->record, SOCKET_RECORD_MAX, &len);
        if (r == 0)
            stream->events->on_data(stream->user, actr_view_of(stream->net->record, len));
    }
    if (stream_is_dead(stream))
        return;
    if (tls_output(stream->tls).len > 0 && !stream_flush_cipher(stream) && stream_is_dead(stream))
        return;
    if (r < 0) {
        stream->is_misconfigured = r == ACTR_ECONFIG;
        stream_lose(stream, false, actr_errmsg());
    } else if (r == TLS_END) {
        stream_lose(stream, true, "closed by the peer");
    }
}

static void stream_receive(struct stream *stream)
{
    for (int round = 0; round < STREAM_READ_ROUNDS; round++) {
        ssize_t got = recv(stream->fd, stream->net->read, SOCKET_READ_MAX, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            if (errno != EAGAIN)
                stream_lose_errno(stream, errno);
            return;
        }
        if (got == 0) {
            /* Under TLS a bare end may be an attacker's: nothing is whole without close_notify. */
            stream_lose(stream, !stream->tls, "closed by the peer");
            return;
        }
        struct actr_view data = {stream->net->read, (size_t)got};
        if (stream->tls) {
            tls_feed(stream->tls, data);
            stream_decrypt(stream);
        } else {
            stream->events->on_data(stream->user, data);
        }
        if (stream_is_dead(stream) || !stream->want_read || (size_t)got < SOCKET_READ_MAX)
            return;
    }
}

static void stream_connected(struct stream *stream)
{
    int error = 0;
    socklen_t len = sizeof(error);
    getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error) {
        stream_lose_errno(stream, error);
    } else if (stream->tls) {
        stream->state = STREAM_SHAKING;
        stream_decrypt(stream); /* says hello */
    } else {
        stream_opened(stream);
    }
}

/* libuv has stopped watching and says EBADF, whatever it is; the socket knows better. What came in
 * before the error is still there to be read. */
static void stream_poll_error(struct stream *stream)
{
    int error = 0;
    socklen_t len = sizeof(error);
    stream->watched = 0;
    if (stream->state == STREAM_CONNECTING) {
        stream_connected(stream);
    } else if (stream_is_reading(stream)) {
        stream_receive(stream);
    } else {
        getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &len);
        stream_lose_errno(stream, error ? error : ECONNRESET);
    }
}

static void stream_poll_event(struct stream *stream, int status, int events)
{
    if (status < 0) {
        stream_poll_error(stream);
        return;
    }
    if (stream->state == STREAM_CONNECTING) {
        stream_connected(stream);
        return;
    }
    if (events & UV_WRITABLE) {
        stream->is_choked = false;
        if (stream->state == STREAM_SHAKING)
            stream_flush_cipher(stream);
        else
            stream_flush_soon(stream);
    }
    if ((events & UV_READABLE) && !stream_is_dead(stream))
        stream_receive(stream);
    else if (events & UV_DISCONNECT)
        stream->is_hung = true; /* what it has sent waits until reading is on again */
}

static void stream_on_poll(uv_poll_t *poll, int status, int events)
{
    struct stream *stream = poll->data;
    stream_poll_event(stream, status, events);
    stream_watch(stream);
}

void stream_read(struct stream *stream, bool enable)
{
    stream->want_read = enable;
    stream_watch(stream);
}

/* ---- life ---- */

static int stream_new(struct socket_net *net, int fd, struct tls_context *context, const char *host,
                      struct stream **ret_stream)
{
    struct stream *stream = mem_alloc(sizeof(*stream));
    if (!stream)
        return err_origin(ACTR_ENOMEM, "stream: no memory");
    int r = context ? tls_new(context, host, &stream->tls) : 0;
    if (r < 0) {
        mem_free(stream);
        return r;
    }
    int error = uv_poll_init_socket(net->uv, &stream->poll, fd);
    if (error < 0) {
        tls_free(stream->tls);
        mem_free(stream);
        return err_origin(ACTR_ENOMEM, "stream: %s", uv_strerror(error));
    }
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    stream->net = socket_ref(net);
    stream->poll.data = stream;
    stream->fd = fd;
    stream->want_read = true;
    loop_task_init(&stream->flush, stream_on_flush);
    *ret_stream = stream;
    return 0;
}

int stream_connect(struct socket_net *net, const struct net_address *address,
                   struct tls_context *context, const char *host, struct stream **ret_stream)
{
    struct sockaddr_storage to;
    socklen_t len = (socklen_t)net_address_to_sockaddr(address, address->is_ipv6, &to);
    int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_origin(ACTR_EUNAVAILABLE, "%s", uv_strerror(-errno));
    if (connect(fd, (const struct sockaddr *)&to, len) < 0 && errno != EINPROGRESS) {
        int error = errno;
        close(fd);
        return err_origin(ACTR_EUNAVAILABLE, "%s", uv_strerror(-error));
    }
    int r = stream_new(net, fd, context, host, ret_stream);
    if (r < 0) {
        close(fd);
        return r;
    }
    (*ret_stream)->state = STREAM_CONNECTING;
    stream_watch(*ret_stream);
    return 0;
}

int stream_offer(struct stream *stream, const char *protocol)
{
    return tls_offer(stream->tls, protocol);
}

int stream_accept(struct socket_net *net, int fd, struct tls_context *context,
                  struct stream **ret_stream)
{
    int r = stream_new(net, fd, context, NULL, ret_stream);
    if (r < 0) {
        close(fd);
        return r;
    }
    (*ret_stream)->state = context ? STREAM_SHAKING : STREAM_OPEN;
    stream_watch(*ret_stream);
    return 0;
}

void stream_set_owner(struct stream *stream, const struct stream_events *events, void *user)
{
    stream->events = events;
    stream->user = user;
}

static void stream_on_handle_closed(uv_handle_t *handle)
{
    struct stream *stream = handle->data;
    socket_unref(stream->net);
    mem_free(stream);
}

struct stream *stream_free(struct stream *stream)
{
    if (!stream)
        return NULL;
    assert(!stream->is_freed);
    stream->is_freed = true;
    loop_task_cancel(&stream->flush);
    uv_close((uv_handle_t *)&stream->poll, stream_on_handle_closed);
    close(stream->fd); /* libuv allows it once the handle is closing */
    sendq_deinit(&stream->queue);
    stream->tls = tls_free(stream->tls);
    return NULL;
}

struct stream *stream_abort(struct stream *stream)
{
    static const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (stream)
        (void)!setsockopt(stream->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    return stream_free(stream);
}

bool stream_local(const struct stream *stream, struct net_address *ret_address)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {0};
    socklen_t len = sizeof(address);
    return getsockname(stream->fd, &address.any, &len) == 0 &&
           net_address_from_sockaddr(&address.any, ret_address);
}

void stream_peer(const struct stream *stream, char buf[STREAM_ADDRESS_MAX])
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {0};
    socklen_t len = sizeof(address);
    buf[0] = '?';
    buf[1] = '\0';
    if (getpeername(stream->fd, &address.any, &len) < 0)
        return;
    if (address.any.sa_family == AF_INET)
        inet_ntop(AF_INET, &address.v4.sin_addr, buf, STREAM_ADDRESS_MAX);
    else if (IN6_IS_ADDR_V4MAPPED(&address.v6.sin6_addr))
        inet_ntop(AF_INET, &address.v6.sin6_addr.s6_addr[12], buf, STREAM_ADDRESS_MAX);
    else
        inet_ntop(AF_INET6, &address.v6.sin6_addr, buf, STREAM_ADDRESS_MAX);
}
