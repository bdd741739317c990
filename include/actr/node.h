// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A node: one running actor, its connections, and the process it is embedded in.
 *
 * Rules for everything in this library:
 *  1. A node runs its own loop thread; opened with .foreign_loop = true, everything runs inside
 *     actr_node_dispatch() on your thread.
 *  2. Callbacks run on the loop (handlers that may block: on a worker) and never inside the call
 * that caused them.
 *  3. Every function is legal from every callback, close included; destruction waits for a safe
 * point.
 *  4. Every function may be called from any thread. The _wait forms answer ACTR_EDEADLK on the loop
 * thread and for a call of a serial actor to itself, instead of hanging.
 *  5. What a callback is lent dies when it returns. A struct actr_bytes argument is consumed, also
 * on failure.
 *  6. Options structs begin with `size_t size`, may be NULL, and zero in them means the default.
 *  7. No global state, no signal handlers (but in actr_main), no exit, no output but the log.
 *  8. Every wait has a deadline; cancel is always possible and always answered exactly once.
 *  9. Headers compile alone as C99, C11 and C++17. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/context.h>
#include <actr/error.h>
#include <actr/id.h>
#include <actr/workload.h>

#ifdef __cplusplus
extern "C" {
#endif

struct actr_node;

enum actr_node_state {
    ACTR_NODE_OPEN,     /* configured, not started, or stopped again */
    ACTR_NODE_STARTING, /* registering, connecting */
    ACTR_NODE_RUNNING,
    ACTR_NODE_STOPPING, /* draining; new work is refused */
};

typedef void actr_log_fn(void *arg, enum actr_log_level level, const char *event,
                         const char *message);
/* code: 0, or why the node is back in ACTR_NODE_OPEN. */
typedef void actr_state_fn(void *arg, struct actr_node *node, enum actr_node_state state, int code,
                           const char *message);

struct actr_node_options {
    size_t size;                   /* sizeof(struct actr_node_options) */
    bool foreign_loop;             /* no thread: the program calls actr_node_dispatch() */
    enum actr_log_level log_level; /* least level that is logged (log_all for trace); 0: what
                                    * RUST_LOG says, else observability.filter_level, else
                                    * ACTR_LOG_WARN */
    bool log_all;
    actr_log_fn *log;           /* default: standard error */
    actr_state_fn *on_state;    /* on the loop */
    void *arg;                  /* to log and on_state */
    uint32_t mailbox_count_max; /* queued messages; 0: 4,096, with storage.mailbox_path 1,000,000 */
    uint64_t mailbox_bytes_max; /* queued bytes; 0: 64 MiB, with storage.mailbox_path 4 GiB */
    uint32_t peer_count_max;    /* inbound connections; 0: 4,096 */
    uint32_t message_bytes_max; /* one message either way; 0: 16 MiB */
    uint32_t backpressure_count; /* queued messages at which on_mailbox_backpressure tells; 0:
                                    1,024 */
    uint32_t credential_lead_s;  /* how long before its end on_credential_expiring tells of a
                                    credential that has not been renewed; 0: 300. One that lives
                                    less than twice as long: at nine tenths of its life */
    bool no_webrtc; /* direct WebSockets only, whatever the configuration says of WebRTC */
};

/* Opens a node from a configuration file (actr.toml). *ret_node is set on success only.
 * ACTR_ECONFIG (the detail is `file:line:col: what; why; fix`), ACTR_EIO, ACTR_ENOMEM. */
ACTR_API int actr_node_open(struct actr_node **ret_node, const char *config_path,
                            const struct actr_node_options *options) ACTR_MUST_CHECK;

/* Opens a node from configuration text; `name` stands for the file in error texts. Relative paths
 * in the text are relative to the current folder. */
ACTR_API int actr_node_open_text(struct actr_node **ret_node, const char *name, const char *config,
                                 const struct actr_node_options *options) ACTR_MUST_CHECK;

/* Links a workload into the node and consumes it, also on failure. Without one the node is a pure
 * client of type local:Client:0.0.0. ACTR_ESTATE: started, or has one; ACTR_EINVALID: workload is
 * NULL or had an error. */
ACTR_API int actr_node_use(struct actr_node *node, struct actr_workload *workload) ACTR_MUST_CHECK;

/* Handles messages that the workload sends to actr_dest_host(). Same rules as
 * actr_workload_route(); before start. */
ACTR_API int actr_node_route(struct actr_node *node, const char *route, actr_handler_fn *handler,
                             void *self, const struct actr_route_options *options) ACTR_MUST_CHECK;

/* Registers, connects, runs on_start and returns when the node is ready. When a step fails the
 * finished ones are undone in reverse order and the node is open again. With a foreign loop:
 * begins, and on_state tells the end. ACTR_ESTATE, ACTR_EPERMISSION (realm or secret refused),
 * ACTR_ECONFIG (TLS: a certificate that is not to be believed or read, or one side does not speak
 * it; the detail says where and what to do), ACTR_EIO (the listener's port), ACTR_EUNAVAILABLE,
 * ACTR_ETIMEDOUT, on_start's error. */
ACTR_API int actr_node_start(struct actr_node *node) ACTR_MUST_CHECK;

/* Stops in order: no new work, handlers finish, replies leave, peers close, unregister. What is not
 * done after grace_ms (0: 5,000) is cut off, and ACTR_ETIMEDOUT returned. Callers of this node get
 * an answer or an error, none is left waiting. Idempotent. On the loop, and with a foreign loop, it
 * begins only, and on_state tells the end. */
ACTR_API int actr_node_stop(struct actr_node *node, uint32_t grace_ms);

/* Stops if needed and frees the node. NULL is fine. From a callback: freed when the loop is next
 * idle. */
ACTR_API void actr_node_close(struct actr_node *node);

/* This node's id; zero before the first start. It changes when the node must register anew. */
ACTR_API struct actr_id actr_node_id(const struct actr_node *node);
ACTR_API enum actr_node_state actr_node_get_state(const struct actr_node *node);

/* The port of the direct WebSocket listener, 0 when there is none. */
ACTR_API uint16_t actr_node_ws_port(const struct actr_node *node);

/* Foreign loop: wait until fd is readable or timeout_ms (-1: no limit) has passed, then dispatch.
 * dispatch never blocks and runs every callback. fd: -1 with an own loop. */
ACTR_API int actr_node_fd(const struct actr_node *node);
ACTR_API int actr_node_timeout_ms(const struct actr_node *node);
ACTR_API int actr_node_dispatch(struct actr_node *node);

/* Calls from outside any handler; see actr_ctx_call() and actr_ctx_call_wait(). fn runs on the
 * loop. */
ACTR_API int actr_call(struct actr_node *node, const struct actr_id *dest, const char *route,
                       struct actr_bytes payload, const struct actr_call_options *options,
                       actr_result_fn *fn, void *arg, uint64_t *ret_call) ACTR_MUST_CHECK;
ACTR_API int actr_call_wait(struct actr_node *node, const struct actr_id *dest, const char *route,
                            struct actr_bytes payload, const struct actr_call_options *options,
                            struct actr_bytes *ret_reply) ACTR_MUST_CHECK;
ACTR_API int actr_tell(struct actr_node *node, const struct actr_id *dest, const char *route,
                       struct actr_bytes payload,
                       const struct actr_call_options *options) ACTR_MUST_CHECK;

/* Ends a call now: its callback gets ACTR_ECANCELED, unless it has been answered already. Any
 * thread, any time. */
ACTR_API void actr_call_cancel(struct actr_node *node, uint64_t call);

/* Finds running actors of exactly `type`, best first; ids is lent. count 0 with code
 * ACTR_ENOTFOUND: none is up. */
typedef void actr_discover_fn(void *arg, int code, const char *message, const struct actr_id *ids,
                              size_t count);
ACTR_API int actr_discover(struct actr_node *node, const char *type, uint32_t count_max,
                           uint32_t timeout_ms, actr_discover_fn *fn, void *arg) ACTR_MUST_CHECK;
ACTR_API int actr_discover_wait(struct actr_node *node, const char *type, uint32_t timeout_ms,
                                struct actr_id *ret_ids, size_t ids_cap,
                                size_t *ret_count) ACTR_MUST_CHECK;
ACTR_API int actr_discover_one(struct actr_node *node, const char *type,
                               struct actr_id *ret_id) ACTR_MUST_CHECK;

struct actr_node_stats {
    size_t size;
    uint64_t requests_in;      /* requests and tells admitted */
    uint64_t requests_denied;  /* by the ACL */
    uint64_t requests_deduped; /* repeats of a request that had come before */
    uint64_t replies_out;
    uint64_t calls_out; /* calls and tells to peers */
    uint64_t calls_failed;
    uint64_t resends;        /* requests sent again after a lost connection */
    uint64_t frames_dropped; /* undecodable, unexpected, or without a taker */
    uint32_t mailbox_count;
    uint64_t mailbox_bytes;
    uint32_t peers; /* open connections to peers */
    uint32_t kept_replies;
    bool signaling_up;
    uint64_t handlers_stuck; /* that ran longer than actr_workload_options.stuck_after_ms */
    uint64_t restarts;       /* of the actor, after actr_poison() */
    uint64_t hooks_dropped; /* observations that no hook or observer was told of: it was too slow */
    uint64_t hooks_merged;  /* those that became one with another, or cancelled each other out */
    /* UDP datagrams of all WebRTC sessions. */
    uint64_t datagrams_in, datagrams_out;
    uint64_t datagrams_stray;   /* of no session: dropped, never answered */
    uint64_t datagrams_dropped; /* not sent: the queue was full, or the system refused */
};
ACTR_API int actr_node_get_stats(const struct actr_node *node, struct actr_node_stats *ret_stats);

/* The WebRTC session with one peer; counters are of that session. */
struct actr_peer_stats {
    size_t size;
    bool has_path;  /* a pair of addresses carries; else it is being recovered, and what follows is
                    of the last one */
    bool relayed;   /* by TURN, on either end */
    char local[72]; /* "192.0.2.1:5000", "[2001:db8::1]:5000"; "": no path */
    char remote[72];
    const char *local_type, *remote_type; /* "host", "srflx", "prflx", "relay"; "": no path */
    uint64_t rtt_us;                      /* smoothed; 0: not measured yet */
    uint64_t bytes_in, bytes_out;         /* of the association, without DTLS, UDP and IP */
    uint64_t datagrams_in, datagrams_out;
    uint64_t retransmissions;  /* by SCTP */
    uint64_t restarts;         /* of ICE, begun */
    uint64_t recovery_left_ms; /* how long a lost path may still be looked for before the session is
                                  given up; 0: none is lost */
    uint64_t queued[4];        /* bytes that wait or are not acknowledged, by payload type */
    /* What came from the peer's addresses and was dropped; none of it harms the session. */
    uint64_t checks_forged;    /* STUN: malformed, or not signed with the password */
    uint64_t records_dropped;  /* DTLS: malformed, replayed, or not by the peer */
    uint64_t channels_refused; /* data channels over the limit */
    /* Media, which is never negotiated: well-formed RTP and RTCP, and what is neither. */
    uint64_t rtp_in, rtcp_in, rtp_malformed;
    enum actr_peer_status status; /* CONNECTED, or RECOVERING: the path is lost */
};

/* Any thread. ret_stats->size is the caller's. ACTR_ENOTFOUND: there is no session with that peer;
 * ACTR_EINVALID; ACTR_ESTATE: the node is closed. */
ACTR_API int actr_node_get_peer_stats(const struct actr_node *node, const struct actr_id *peer,
                                      struct actr_peer_stats *ret_stats);

/* A whole program around a workload (consumed; NULL reports actr_errmsg()): reads the configuration
 * (-c FILE, default actr.toml), runs until SIGINT or SIGTERM, drains, and returns the exit status.
 * --help lists the options. */
ACTR_API int actr_main(int argc, char **argv, struct actr_workload *workload);

/* For AUTO_NODE. */
static inline void actr_node_auto(struct actr_node **node)
{
    actr_node_close(*node);
}
#define AUTO_NODE __attribute__((cleanup(actr_node_auto), unused))

#ifdef __cplusplus
}
#endif
