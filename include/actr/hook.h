// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Hooks: what a node tells of itself to its actor (struct actr_workload_options) and to observers
 * of the program (actr_node_observe()).
 *
 * on_start, on_ready and on_stop are steps of the node's life, which waits for them. All others are
 * observations: told afterwards, one at a time, in the order in which things happened, never before
 * on_start has returned and never once on_stop has begun. What happens before on_start is told
 * after it. What waits when the node stops is told before on_stop, or dropped when the grace of
 * the stop is over.
 *
 * At most 256 observations wait for one listener. When it is that slow, repeated ones become one
 * (the latest), a connection that came and went unseen is left out altogether, and others are
 * dropped; the log and actr_node_get_stats() count them. Even then: of each connection that is told
 * of, connecting comes before connected and disconnected comes once, at the end; a connection that
 * is open when on_stop runs ends with it. Signaling: likewise. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/error.h>
#include <actr/id.h>

#ifdef __cplusplus
extern "C" {
#endif

struct actr_node;

/* 1 to 12 are the numbers that packaged actors get. */
enum actr_hook {
    ACTR_HOOK_SIGNALING_CONNECTING = 1, /* each attempt to reach the rendezvous server */
    ACTR_HOOK_SIGNALING_CONNECTED,
    ACTR_HOOK_SIGNALING_DISCONNECTED,
    ACTR_HOOK_WEBSOCKET_CONNECTING, /* out: the address is dialled; in: a peer has said who it is */
    ACTR_HOOK_WEBSOCKET_CONNECTED,  /* out: the peer has accepted the socket; in: it is verified */
    ACTR_HOOK_WEBSOCKET_DISCONNECTED, /* also after CONNECTING, when it was refused or failed */
    ACTR_HOOK_WEBRTC_CONNECTING,   /* a session is being made, by either side; again at each attempt
                                    */
    ACTR_HOOK_WEBRTC_CONNECTED,    /* messages go both ways, or again: a lost path is back */
    ACTR_HOOK_WEBRTC_DISCONNECTED, /* also after CONNECTING, when it was not to be. With the status
                                      RECOVERING the path is lost and being looked for: CONNECTED
                                      or DISCONNECTED of the same connection follows */
    ACTR_HOOK_CREDENTIAL_RENEWED,  /* at every start, renewal, and registration anew */
    ACTR_HOOK_CREDENTIAL_EXPIRING, /* once for a credential: soon over, refused, or warned of */
    ACTR_HOOK_MAILBOX_BACKPRESSURE, /* the threshold is reached; again only after being below it */
    ACTR_HOOK_ERROR,
    ACTR_HOOK_START,
    ACTR_HOOK_READY, /* observers also hear it when the actor has been restarted (actr_poison()) */
    ACTR_HOOK_STOP
};

/* Events are lent. `size` is what the library knows of the struct: a field beyond it is not there.
 * Texts are never NULL. */

struct actr_signaling_event {
    size_t size;
    uint32_t attempt; /* CONNECTING: 1 for the first since the last connection; else 0 */
    int code;         /* DISCONNECTED: why, ACTR_E…; else 0 */
    const char *message;
};

enum actr_peer_status { /* of a WebRTC peer */
                        ACTR_PEER_NO_STATUS = -1,
                        ACTR_PEER_IDLE,
                        ACTR_PEER_CONNECTING,
                        ACTR_PEER_CONNECTED,
                        ACTR_PEER_RECOVERING
};

struct actr_peer_event {
    size_t size;
    struct actr_id peer;          /* in, CONNECTING: only who it claims to be */
    uint64_t connection;          /* tells apart the connections with one peer; never used again */
    bool inbound;                 /* the peer dialled */
    bool has_relayed, relayed;    /* WebRTC: by TURN */
    enum actr_peer_status status; /* WebRTC; ACTR_PEER_NO_STATUS with a WebSocket */
    int code;                     /* DISCONNECTED: why, ACTR_E…, or 0; else 0 */
    const char *message;
};

struct actr_credential_event {
    size_t size;
    uint64_t expires_at_s; /* seconds since 1970, by the server's clock: of the new credential, or
                              of the one that ends */
};

struct actr_backpressure_event {
    size_t size;
    uint64_t queue_len; /* messages that wait */
    uint64_t threshold; /* actr_node_options.backpressure_count */
};

enum actr_error_category {
    ACTR_ERROR_HANDLER,   /* a handler failed a request, or returned without a reply */
    ACTR_ERROR_SIGNALING, /* the connection to the rendezvous server was lost or refused */
    ACTR_ERROR_TRANSPORT, /* a connection to a peer was lost or could not be made */
    ACTR_ERROR_PANIC,     /* a handler or a result callback panicked (actr_panic()) */
    ACTR_ERROR_CHUNK,     /* it is not known whether a data chunk arrived; nothing raises it until
                             there are streams */
    ACTR_ERROR_STUCK,     /* a handler has been running for longer than it should; of a serial
                             actor told when it has ended, in the log at once */
    ACTR_ERROR_POISON,    /* the actor's state is broken: it is restarted, or leaves */
    ACTR_ERROR_STORAGE    /* the disk refuses what the durable mailbox writes */
};

struct actr_error_event {
    size_t size;
    int code; /* ACTR_E… */
    enum actr_error_category category;
    const char *message; /* for people */
    const char *context; /* what it was about: "route=…", "peer=…", or "" */
    uint64_t time_ms;    /* wall clock, milliseconds since 1970 */
};

/* Any of them: the pointer that fits `hook` is set, the others are NULL. */
struct actr_hook_event {
    size_t size;
    enum actr_hook hook;
    const struct actr_signaling_event *signaling;
    const struct actr_peer_event *peer;
    const struct actr_credential_event *credential;
    const struct actr_backpressure_event *backpressure;
    const struct actr_error_event *error;
};

/* Observers: parts of the program that watch a node, beside its actor and independent of it. Each
 * gets every event once, in order, on the loop, where it must not block; a slow actor does not
 * delay it. The result of START counts: when the actor or an observer fails it, the start ends with
 * that error (with several: ACTR_EINTERNAL and all texts), and those that had succeeded get STOP.
 * Any other error is logged. */
typedef int actr_observe_fn(void *arg, struct actr_node *node, const struct actr_hook_event *event);

struct actr_observer {
    size_t size; /* sizeof(struct actr_observer) */
    actr_observe_fn *observe;
    uint32_t hooks; /* 1u << ACTR_HOOK_… of those that are wanted; 0: all */
};

/* Adds an observer, until the node is closed; observer is copied. ACTR_ESTATE: the node was started
 * before; ACTR_EINVALID: no observe; ACTR_EUNAVAILABLE: it has 16 already. */
ACTR_API int actr_node_observe(struct actr_node *node, const struct actr_observer *observer,
                               void *arg) ACTR_MUST_CHECK;

#ifdef __cplusplus
}
#endif
