// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The signaling socket: opened with the session's credential, dialled again with growing pauses
 * when it is lost, never for good until stopped. A connection whose address this machine has no
 * more (TCP would find out after many seconds) is given up for one from another address at once,
 * and a pause ends when addresses change. Requests go out on it at the pace that servers allow (10
 * a second, 40 at once), and fail at once when it is down or goes down. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/backoff.h"
#include "base/sm.h"
#include "hyper/signaling/client_request.h"
#include "hyper/signaling/pacer.h"
#include "protocol/signaling.h"
#include "sys/loop.h"

struct client_link;
struct interfaces;
struct log;
struct net;
struct net_close;
struct relay;
struct session_state;

/* Requests under way at once; a further one fails with ACTR_EUNAVAILABLE. */
#define CLIENT_REQUEST_MAX 512

enum client_state {
    CLIENT_IDLE,
    CLIENT_WAITING, /* to dial */
    CLIENT_DIALING,
    CLIENT_OPEN,
    CLIENT_HELD, /* the server refuses the credential or the identity: until there is another */
    CLIENT_CLOSING
};

enum client_loss {
    CLIENT_LOST,     /* of its own accord it dials again */
    CLIENT_REFUSED,  /* held; or, when the session has another credential by now, dials again */
    CLIENT_DISPLACED /* held: somebody else is here under our identity */
};

/* Never inside a call. on_accepted and on_refused must not end the client; the others may. */
struct client_events {
    /* About to dial; attempt: 1 for the first since the last connection. Must not end the client.
     */
    void (*on_dial)(void *owner, uint32_t attempt);
    void (*on_open)(void *owner);
    /* The socket went down, or (was_open false) could not be opened. */
    void (*on_down)(void *owner, bool was_open, enum client_loss loss, int code,
                    const char *detail);
    /* The server took, or did not take, the credential `epoch`. */
    void (*on_accepted)(void *owner, uint64_t epoch);
    void (*on_refused)(void *owner, uint64_t epoch);
    /* A relay of another actor, or of the server about one; lent. NULL: they are ignored. */
    void (*on_relay)(void *owner, const struct relay *relay);
    void (*on_stopped)(void *owner); /* after client_stop() and client_cut() */
};

struct client {
    struct loop *_loop;
    struct net *_net;
    struct log *_log;
    const struct session_state *_session;
    const struct client_events *_events;
    void *_owner;
    const char *_url;
    bool _wants_answer;
    struct sm _state;
    struct client_link *_link; /* while dialling or open */
    struct list _links;        /* this one, and older ones whose end has not come yet */
    struct loop_timer _retry, _pace;
    struct interfaces *_watch; /* NULL: not dialling, or the system does not tell */
    bool _is_limited;          /* the server has told us to wait */
    bool _is_moving;           /* the connection ends because our address has gone */
    struct backoff _backoff;
    uint64_t _opened_us;
    uint32_t _attempts; /* since the last connection */
    struct pacer _pacer;
    struct client_requests _requests;
    struct list _turns; /* requests that have not been sent yet */
};

/* What the client works with. Borrowed. */
struct client_parts {
    struct loop *loop;
    struct net *net;
    struct log *log; /* NULL: none */
    const struct session_state *session;
    const char *url; /* has passed dial_url_check() */
    bool wants_answer;
};

void client_init(struct client *client, const struct client_parts *parts,
                 const struct client_events *events, void *owner);
/* Cuts every connection; requests are dropped, their fn does not run. Zeroed is fine. */
void client_deinit(struct client *client);

/* Dials with the identity that the session has now, at once, in place of the socket there is. */
void client_dial(struct client *client);
/* The session has another credential: dials if that is what the client was held for. */
void client_release(struct client *client);
/* The server does not answer any more: cuts the socket; on_down follows, and another dial. */
void client_give_up(struct client *client);
/* Closes the socket with 1000, or cuts it, fails the requests, and dials no more. True: on_stopped
 * follows, when the network has seen the end of every connection; false: there is none. */
bool client_stop(struct client *client);
bool client_cut(struct client *client);

static inline bool client_is_open(const struct client *client)
{
    return client->_state.state == CLIENT_OPEN;
}

/* What an error code of the server (400, 403, …) is here. */
int client_error_code(uint32_t code);

/* Sends a request: of *payload only kind and union matter. fn runs once, never inside, unless the
 * request is closed: with the answer, or with ACTR_EUNAVAILABLE (no socket, lost, too many,
 * credential refused), ACTR_ETIMEDOUT (timeout_ms; 0: no limit), ACTR_EPERMISSION, ACTR_ENOTFOUND
 * or ACTR_EINVALID (the server's error), ACTR_ENOMEM. Pings and farewells do not wait behind
 * others. */
void client_ask(struct client *client, struct client_request *request,
                const struct signaling_request *payload, uint32_t timeout_ms,
                client_request_fn *fn);

/* Sends a relay: of *relay only target, kind and payload matter. fn as above, but that no answer is
 * the best: ACTR_ETIMEDOUT after CLIENT_RELAY_MS says that nobody objected. A candidate, to which
 * nobody's objection matters, ends as soon as it was sent, likewise. */
#define CLIENT_RELAY_MS 15000
void client_relay(struct client *client, struct client_request *request, const struct relay *relay,
                  client_request_fn *fn);
