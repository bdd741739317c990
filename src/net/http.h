// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* HTTP/1.1: one exchange as a client, and a server that also accepts WebSocket upgrades.
 *
 * The rules of net.h hold: loop thread, events never inside the call that caused them, every queue
 * bounded. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "net/net.h"

struct net_http;
struct net_server;
struct net_request;

struct net_http_options {
    const char *url;    /* http:// or https:// */
    const char *method; /* any but CONNECT */
    const struct net_header *headers;
    size_t header_count;
    struct actr_bytes body;    /* consumed */
    uint32_t timeout_ms;       /* whole exchange; 0: 30,000 */
    uint32_t response_len_max; /* 0: 1 MiB */
};
struct net_http_response {
    int error;          /* 0, or ACTR_EUNAVAILABLE / ACTR_ECONFIG (TLS, until somebody mends it) /
                           ACTR_ETIMEDOUT / ACTR_EDECODE with `detail` */
    const char *detail; /* lent; never NULL */
    unsigned status;    /* HTTP status when error is 0 */
    struct actr_bytes body; /* lent */
    int64_t retry_after_s;  /* Retry-After, seconds or date form; -1: absent */
};
typedef void net_http_fn(void *user, const struct net_http_response *response);

/* One exchange on a connection of its own; redirects are not followed. fn runs exactly once unless
 * cancelled. ACTR_EINVALID (URL, method, header), ACTR_ENOMEM; then fn does not run. */
int net_http_start(struct net *net, const struct net_http_options *options, net_http_fn *fn,
                   void *user, struct net_http **ret_http) __attribute__((warn_unused_result));
/* fn will not run. Not to be called once it has. */
void net_http_cancel(struct net_http *http);

struct net_server_options {
    const char *host;               /* numeric address to bind; NULL: all */
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
/* The value of a header (lower-case name), or NULL; valid until the request is answered. Head and
 * headers together are at most 16 KiB; larger: 431. */
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

/* Listens. ACTR_EIO (the detail names address, port and cause), ACTR_ECONFIG (certificate),
 * ACTR_ENOMEM. */
int net_listen(struct net *net, const struct net_server_options *options,
               const struct net_server_events *events, void *user, struct net_server **ret_server)
    __attribute__((warn_unused_result));
uint16_t net_server_port(const struct net_server *server);
/* Stops accepting, closes every connection (WebSockets gracefully with 1001; requests not yet
 * answered are abandoned), then on_closed; frees the server. */
void net_server_close(struct net_server *server);

/* Answers and ends a request; consumes body; headers are copied. Content-Length, Date and
 * Connection are the server's own. */
void net_respond(struct net_request *request, unsigned status, const struct net_header *headers,
                 size_t header_count, struct actr_bytes body);
