// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A linked actor: a type, routes and hooks, written in C and linked into the process.
 *
 * Handlers of one workload run one at a time, in order (RPC_SIGNAL before RPC_RELIABLE), unless
 * routes declare conflict keys (actr_route_options): then those that do not conflict overlap. They
 * run on a worker thread and may block, unless the workload or the route says that it never blocks:
 * then they run on the loop thread, without a hop. A thread of the same process that calls an idle
 * actor runs the handler itself. */
#pragma once

#include <stdbool.h>

#include <actr/bytes.h>
#include <actr/context.h>
#include <actr/error.h>
#include <actr/hook.h>

#ifdef __cplusplus
extern "C" {
#endif

struct actr_workload;

typedef void actr_handler_fn(struct actr_ctx *ctx, struct actr_view request, void *self);
typedef int actr_lifecycle_fn(struct actr_ctx *ctx, void *self);
typedef void actr_error_fn(struct actr_ctx *ctx, const struct actr_error_event *event, void *self);
typedef void actr_signaling_fn(struct actr_ctx *ctx, const struct actr_signaling_event *event,
                               void *self);
typedef void actr_peer_fn(struct actr_ctx *ctx, const struct actr_peer_event *event, void *self);
typedef void actr_credential_fn(struct actr_ctx *ctx, const struct actr_credential_event *event,
                                void *self);
typedef void actr_backpressure_fn(struct actr_ctx *ctx, const struct actr_backpressure_event *event,
                                  void *self);

struct actr_workload_options {
    size_t size;       /* sizeof(struct actr_workload_options) */
    bool never_blocks; /* all handlers and hooks may run on the loop thread */
    actr_lifecycle_fn
        *on_start; /* registered, before any message; an error ends the start with it */
    actr_lifecycle_fn
        *on_ready; /* everything is up; messages may have been handled; an error is logged */
    actr_lifecycle_fn *on_stop;  /* after the last message; an error is logged */
    actr_error_fn *on_error;     /* this and the hooks below: observations, see hook.h */
    void (*destroy)(void *self); /* with the workload */
    actr_signaling_fn *on_signaling_connecting, *on_signaling_connected, *on_signaling_disconnected;
    actr_peer_fn *on_websocket_connecting, *on_websocket_connected, *on_websocket_disconnected;
    actr_peer_fn *on_webrtc_connecting, *on_webrtc_connected, *on_webrtc_disconnected;
    actr_credential_fn *on_credential_renewed, *on_credential_expiring;
    actr_backpressure_fn *on_mailbox_backpressure;
    uint32_t concurrency;      /* handlers that run at once, each on a thread, when a route declares
                                * a conflict key; 0: 8; 1: one at a time; 64 at most */
    uint32_t stuck_after_ms;   /* a handler that runs so long is reported; 0: 30,000 */
    uint32_t kept_replies_max; /* replies kept at once; 0: 1,024 */
    uint32_t kept_reply_ttl_ms; /* a kept reply is answered ACTR_ETIMEDOUT after so long, or at its
                                 * caller's deadline; 0: at the deadline, else after 300,000 */
    uint32_t restarts_max; /* restarts after actr_poison() within restart_window_ms before the node
                            * stops; 0: 5; 64 at most */
    uint32_t restart_window_ms; /* 0: 60,000 */
};

/* Largest concurrency. */
#define ACTR_CONCURRENCY_MAX 64

/* Where the conflict key of a route comes from. Two messages with the same key never run at the
 * same time; messages with different keys may, up to actr_workload_options.concurrency.
 *
 * A request without the field runs alone, and so does one with the field twice or with a value that
 * its type cannot hold. Proto3 does not send a field that is 0 or empty: declare it `optional`, or
 * number your keys from 1. */
enum actr_key_source {
    ACTR_KEY_NONE = 0, /* runs alone: nothing else of this actor runs meanwhile */
    ACTR_KEY_CALLER,   /* one key for each caller, and one for calls from inside the process */
    ACTR_KEY_FIELD,    /* the value of one top-level scalar field of the protobuf request */
    ACTR_KEY_FREE /* conflicts with nothing but what runs alone: the handler guards its own state */
};

/* Protobuf scalar types of a key field. */
enum actr_key_type {
    ACTR_KEY_BOOL,
    ACTR_KEY_INT32,
    ACTR_KEY_INT64,
    ACTR_KEY_UINT32,
    ACTR_KEY_UINT64,
    ACTR_KEY_SINT32,
    ACTR_KEY_SINT64,
    ACTR_KEY_FIXED32,
    ACTR_KEY_FIXED64,
    ACTR_KEY_SFIXED32,
    ACTR_KEY_SFIXED64,
    ACTR_KEY_ENUM,
    ACTR_KEY_STRING,
    ACTR_KEY_BYTES
};

struct actr_route_options {
    size_t size;                     /* sizeof(struct actr_route_options) */
    bool never_blocks;               /* this handler may run on the loop thread */
    enum actr_key_source key_source; /* conflict key */
    uint32_t key_field;              /* ACTR_KEY_FIELD: field number, 1 to 2^29-1 */
    enum actr_key_type key_type;     /* ACTR_KEY_FIELD */
    const char *key_domain; /* routes that name the same domain share their keys; NULL: the route */
    /* What the service has its callers send. A handler serves calls: anything but
     * ACTR_RPC_RELIABLE and ACTR_RPC_SIGNAL is refused with what to use instead. Each message comes
     * as its caller sent it (actr_call_options.payload_type), whatever stands here. */
    enum actr_payload_type payload_type;
};

/* A workload of type `type` ("manufacturer:name:version"). self goes to every handler. NULL on a
 * bad type or when memory runs out, with actr_errmsg(); the functions below then answer
 * ACTR_EINVALID. */
ACTR_API struct actr_workload *
actr_workload_new(const char *type, const struct actr_workload_options *options, void *self);

/* Handles messages to `route` ("package.Service.Method", copied). ACTR_EINVALID: empty, longer than
 * 512 bytes, declared twice, or with a conflict key or a payload type that cannot be (the text says
 * why); ACTR_ESTATE: the workload is in use already; ACTR_ENOMEM. The first error is kept and ends
 * actr_node_use(), so a program may leave the result unread. */
ACTR_API int actr_workload_route(struct actr_workload *workload, const char *route,
                                 actr_handler_fn *handler,
                                 const struct actr_route_options *options);

/* Where a library runs. */
enum actr_isolation {
    ACTR_ISOLATION_NONE = 0, /* in this process: a crash of it is one of this process */
    ACTR_ISOLATION_PROCESS   /* in a child process, over shared memory */
};

struct actr_load_options {
    size_t size;           /* sizeof(struct actr_load_options) */
    const char *sha256;    /* 64 lower-case hex digits that the file must have; NULL: any */
    const char *cache_dir; /* made with mode 0700; keeps a copy that serves with sha256 when the
                              file is gone; NULL: none */
    enum actr_isolation isolation;
    /* With ACTR_ISOLATION_PROCESS: */
    const char *host_path; /* of the program actr-dynclib-host; NULL: $ACTR_DYNCLIB_HOST, else where
                              it was installed */
    uint32_t entry_max_ms; /* an entry that has not returned by then ends with its process; 0: 5 s
                              after its caller's deadline, or 35 s when it has none */
    uint32_t restarts_max, restart_window_ms; /* as in actr_workload_options */
};

/* A workload of type `type` out of a shared library that speaks <actr/dynclib.h>. What is loaded is
 * what was hashed, whatever happens to the file. Every route goes to the library, one request at a
 * time; it is initialised when the node starts and shut down when it stops. A request whose
 * deadline passes while the library is inside is answered ACTR_ETIMEDOUT; until the library
 * returns, others get ACTR_EUNAVAILABLE.
 *
 * In a process of its own, a library that crashes, exits or does not return is an error for the
 * message that it was handling: its caller is told ACTR_EINTERNAL, or ACTR_ETIMEDOUT, with a text
 * that says what became of the process; with a durable mailbox, what nobody can be told of is
 * handed out again, and after max_deliveries becomes a dead letter. The process is restarted as
 * after actr_poison(), and what waits meanwhile is handled then.
 *
 * Blocks. NULL, with actr_errmsg(): no such file, not a library for this machine, another hash, a
 * missing function, another ABI, a process that cannot be had, out of memory. */
ACTR_API struct actr_workload *actr_workload_load(const char *type, const char *path,
                                                  const struct actr_load_options *options);

/* Frees a workload that was not given to a node. NULL is fine. */
ACTR_API void actr_workload_free(struct actr_workload *workload);

#ifdef __cplusplus
}
#endif
