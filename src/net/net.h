// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The network as the layers above see it: WebSocket connections in both roles, an HTTP client, an
 * HTTP server.
 *
 * One contract, two implementations: libwebsockets on the libuv loop (lws_net.h) and a simulated
 * network on virtual time (test/sim). No descriptor, no library type leaves it.
 *
 * Rules for both: everything runs on the loop thread. Events never come inside the call that caused
 * them. A message handed up is one reference, the receiver's to keep or give back. After on_closed
 * the connection is gone: no further event, no further call. Every queue has a bound; what full
 * means is said where it can happen. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

struct loop;
struct net;
struct net_ws;
struct net_http;
struct net_server;
struct net_request;

#define NET_FULL                                                                                   \
    1 /* taken, but the queue is over its high-water mark: send no more until on_writable */

/* Why a connection ended. */
enum net_cause {
    NET_CLOSED,   /* close handshake, either side began; code says which reason */
    NET_LOST,     /* reset, end of file, keepalive not answered */
    NET_REFUSED,  /* could not connect: refused, unreachable, name unknown, TLS failed */
    NET_REJECTED, /* the server answered the upgrade with another status than 101: code is that
                     status */
    NET_TIMEOUT,  /* connecting or shaking hands took longer than allowed */
    NET_PROTOCOL_ERROR, /* the peer broke RFC 6455 or a limit; it was told by code */
};
struct net_close {
    enum net_cause cause;
    uint16_t code;      /* RFC 6455 §7.4 close code, or HTTP status for NET_REJECTED; 0: none */
    const char *detail; /* for people; lent */
};

/* Events of one WebSocket connection. Any may be NULL but on_closed. */
struct net_ws_events {
    void (*on_open)(void *user); /* client role: the upgrade succeeded */
    void (*on_message)(void *user, struct actr_bytes message,
                       bool is_binary);                    /* whole, reassembled */
    void (*on_pong)(void *user, struct actr_view payload); /* solicited or not */
    void (*on_writable)(void *user); /* after NET_FULL: below the low-water mark */
    void (*on_closed)(void *user, const struct net_close *why); /* exactly once, last */
};

struct net_header {
    const char *name; /* lower case */
    const char *value;
};

/* All text is copied. Zero means the default. */
struct net_ws_options {
    const char *url; /* ws:// or wss:// */
    const struct net_header *headers;
    size_t header_count;
    uint32_t connect_timeout_ms; /* name, TCP, TLS and upgrade together; 0: 10,000 */
    uint32_t message_len_max;    /* larger: closed with 1009; 0: 16 MiB + 64 */
    uint32_t queue_high; /* bytes of unsent messages that mean NET_FULL; 0: 4 MiB; low water is a
                            quarter */
    uint32_t ping_interval_ms; /* a Ping after so much silence from the peer; 0: none */
    uint32_t dead_after_ms;    /* NET_LOST after so much silence; 0: never */
};

struct net_http_options {
    const char *url;    /* http:// or https:// */
    const char *method; /* "GET", "POST" */
    const struct net_header *headers;
    size_t header_count;
    struct actr_bytes body;    /* consumed */
    uint32_t timeout_ms;       /* whole exchange; 0: 30,000 */
    uint32_t response_len_max; /* 0: 1 MiB */
};
struct net_http_response {
    int error;          /* 0, or ACTR_EUNAVAILABLE / ACTR_ETIMEDOUT / ACTR_EDECODE with `detail` */
    const char *detail; /* lent */
    unsigned status;    /* HTTP status when error is 0 */
    struct actr_bytes body; /* lent */
    int64_t retry_after_s;  /* Retry-After, seconds or date form; -1: absent */
};
typedef void net_http_fn(void *user, const struct net_http_response *response);

struct net_server_options {
    const char *host;               /* address to bind; NULL: all */
    uint16_t port;                  /* 0: chosen by the system */
    const char *tls_cert, *tls_key; /* PEM files; NULL: plain */
    uint32_t connection_max;        /* 0: 16,384; further ones are closed at once */
    uint32_t handshake_max; /* connections without a complete request; 0: 1,024; over it the oldest
                               goes */
    uint32_t handshake_timeout_ms; /* 0: 10,000 */
    uint32_t body_len_max;         /* HTTP request body; 0: 2 MiB; larger: 413 */
    struct net_ws_options ws;      /* limits for accepted WebSockets; url and headers unused */
};

/* What a request or an upgrade says. Lent for the duration of the event; header and query lookups
 * copy nothing. */
struct net_request_info {
    const char *method;
    const char *path;         /* without query, as it came (not percent-decoded) */
    const char *query;        /* without '?', raw; "" when absent */
    const char *peer_address; /* numeric */
    struct actr_bytes body;   /* lent; empty for upgrades */
};
/* The value of a header (lower-case name), or NULL; valid during the event. */
const char *net_request_header(struct net_request *request, const char *name);

struct net_server_events {
    /* An HTTP request is whole. Answer with net_respond(), now or later. */
    void (*on_request)(void *user, struct net_request *request,
                       const struct net_request_info *info);
    /* A WebSocket upgrade. Return 101 and fill *ret_events and *ret_user to take it, or an HTTP
     * status to refuse. The connection itself is *ret_ws, usable once on_upgrade has returned; it
     * starts reading unless it is paused in on_open (which comes next, for this role too). */
    unsigned (*on_upgrade)(void *user, struct net_request *request,
                           const struct net_request_info *info, struct net_ws *ws,
                           const struct net_ws_events **ret_events, void **ret_user);
    /* The client went away before net_respond(): request is gone. May be NULL when answers are
     * always immediate. */
    void (*on_abandoned)(void *user, struct net_request *request);
    void (*on_closed)(void *user); /* after net_server_close(): every connection is gone */
};

struct net_ops {
    int (*ws_dial)(struct net *net, const struct net_ws_options *options,
                   const struct net_ws_events *events, void *user, struct net_ws **ret_ws);
    int (*ws_send)(struct net_ws *ws, struct actr_bytes message);
    void (*ws_ping)(struct net_ws *ws, struct actr_view payload);
    void (*ws_pong)(struct net_ws *ws, struct actr_view payload);
    void (*ws_read)(struct net_ws *ws, bool enable);
    void (*ws_close)(struct net_ws *ws, uint16_t code, const char *reason);
    size_t (*ws_queued)(const struct net_ws *ws);
    int (*http_start)(struct net *net, const struct net_http_options *options, net_http_fn *fn,
                      void *user, struct net_http **ret_http);
    void (*http_cancel)(struct net_http *http);
    int (*listen)(struct net *net, const struct net_server_options *options,
                  const struct net_server_events *events, void *user,
                  struct net_server **ret_server);
    uint16_t (*server_port)(const struct net_server *server);
    void (*server_close)(struct net_server *server);
    const char *(*request_header)(struct net_request *request, const char *name);
    void (*respond)(struct net_request *request, unsigned status, const struct net_header *headers,
                    size_t header_count, struct actr_bytes body);
    void (*set_user)(struct net_ws *ws, void *user);
};

/* First member of each implementation's struct, and of its net_ws, net_http, net_server and
 * net_request. */
struct net {
    const struct net_ops *ops;
    struct loop *loop;
};

/* Dials. on_open or on_closed follows, never inside. ACTR_EINVALID (bad URL), ACTR_ENOMEM. */
int net_ws_dial(struct net *net, const struct net_ws_options *options,
                const struct net_ws_events *events, void *user, struct net_ws **ret_ws)
    __attribute__((warn_unused_result));

/* Queues one binary message; consumes it. 0, NET_FULL (taken), ACTR_ENOMEM (failed value: not
 * taken). Sending on a connection that is closing gives the message back and returns 0: on_closed
 * is on its way. */
int net_ws_send(struct net_ws *ws, struct actr_bytes message) __attribute__((warn_unused_result));

/* Control frames; payload ≤ 125 bytes, copied; the last one wins when they pile up. */
void net_ws_ping(struct net_ws *ws, struct actr_view payload);
void net_ws_pong(struct net_ws *ws, struct actr_view payload);

/* Reading off: no further on_message but for at most one message already being assembled; TCP
 * pushes back on the peer. Off connections still notice that they were lost where the system tells.
 */
void net_ws_read(struct net_ws *ws, bool enable);

/* Graceful: what is queued leaves first, then a Close frame with `code` (0: no frame, cut the
 * connection now); at most 1 s for the peer's answer. on_closed follows. Idempotent. */
void net_ws_close(struct net_ws *ws, uint16_t code, const char *reason);

/* Bytes queued and not yet given to the system. */
size_t net_ws_queued(const struct net_ws *ws);

/* Another receiver for the events that follow. */
void net_ws_set_user(struct net_ws *ws, void *user);

/* One HTTP exchange on a connection of its own. fn runs exactly once unless cancelled.
 * ACTR_EINVALID, ACTR_ENOMEM. */
int net_http_start(struct net *net, const struct net_http_options *options, net_http_fn *fn,
                   void *user, struct net_http **ret_http) __attribute__((warn_unused_result));
/* fn will not run. */
void net_http_cancel(struct net_http *http);

/* Listens. ACTR_EIO (the detail names address, port and cause), ACTR_ECONFIG (certificate),
 * ACTR_ENOMEM. */
int net_listen(struct net *net, const struct net_server_options *options,
               const struct net_server_events *events, void *user, struct net_server **ret_server)
    __attribute__((warn_unused_result));
uint16_t net_server_port(const struct net_server *server);
/* Stops accepting, closes every connection (WebSockets gracefully with 1001), then on_closed; frees
 * the server. */
void net_server_close(struct net_server *server);

/* Answers and ends a request; consumes body; headers are copied. */
void net_respond(struct net_request *request, unsigned status, const struct net_header *headers,
                 size_t header_count, struct actr_bytes body);
