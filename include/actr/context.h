// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The context: what a handler knows and may do while it runs.
 *
 * A context is lent to a handler and dies when the handler returns. Everything it hands out (views,
 * strings) dies with it. Results of calls made with the callback form are delivered in the turn of
 * the actor that made the call: never at the same time as another handler of the same serial actor,
 * never inside the call that asked.
 *
 * Only from the handler that was lent the context, on the thread it runs on. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/error.h>
#include <actr/id.h>

#ifdef __cplusplus
extern "C" {
#endif

struct actr_ctx;
struct actr_node;

/* Numbers of the wire (actr.PayloadType). */
enum actr_payload_type {
    ACTR_RPC_RELIABLE = 0,
    ACTR_RPC_SIGNAL = 1, /* overtakes RPC_RELIABLE in mailboxes and in process */
    ACTR_STREAM_RELIABLE = 2,
    ACTR_STREAM_LATENCY_FIRST = 3,
    ACTR_MEDIA_RTP = 4
};

struct actr_call_options {
    size_t size;         /* sizeof(struct actr_call_options) */
    uint32_t timeout_ms; /* of the whole call, retries included; 0: 30,000 (tell: 13,000) */
    enum actr_payload_type payload_type; /* ACTR_RPC_RELIABLE or ACTR_RPC_SIGNAL */
    const char *traceparent;             /* W3C trace context; NULL: that of the context, if any */
    const char *tracestate;
    bool no_retry; /* never sent twice: a lost connection ends the call with ACTR_EUNAVAILABLE */
    /* An idempotency key: a UUID as text (36 characters, lower case). A message that this actor
     * sends again with the same one, to whatever actor id the service has by then, is answered
     * without running again for as long as the service remembers it (30 s from its end; across a
     * restart with storage.mailbox_path), whatever its payload. NULL: a fresh one, every time. A
     * call fails with ACTR_ESTATE while another one with this id waits for its answer. A packaged
     * actor cannot choose it. */
    const char *request_id;
};

/* How a call ended. Lent to the callback. */
struct actr_result {
    int code;            /* 0, or ACTR_E… */
    const char *message; /* code != 0: for people */
    int64_t
        retry_after_ms; /* a hint that came with ACTR_ENOTREADY or ACTR_EUNAVAILABLE; -1: none */
    struct actr_bytes reply; /* code == 0: the reply payload; take a reference to keep it */
};
typedef void actr_result_fn(void *arg, const struct actr_result *result);

/* Identity of this actor, of the caller (NULL for calls from inside the process, for lifecycle and
 * hooks), and of the request (NUL-terminated UUID text). */
ACTR_API const struct actr_id *actr_ctx_self(const struct actr_ctx *ctx);
ACTR_API const struct actr_id *actr_ctx_caller(const struct actr_ctx *ctx);
ACTR_API const char *actr_ctx_request_id(struct actr_ctx *ctx);

/* The route the message was sent to; "" in lifecycle and hooks. */
ACTR_API const char *actr_ctx_route(const struct actr_ctx *ctx);

/* W3C trace context of the request; NULL when it came without. */
ACTR_API const char *actr_ctx_traceparent(const struct actr_ctx *ctx);
ACTR_API const char *actr_ctx_tracestate(const struct actr_ctx *ctx);

/* Milliseconds until the caller stops waiting; -1 when it gave no time (a tell, or a request with
 * timeout 0). */
ACTR_API int64_t actr_ctx_remaining_ms(const struct actr_ctx *ctx);

/* True when nobody waits for a reply. */
ACTR_API bool actr_ctx_is_tell(const struct actr_ctx *ctx);

/* A reference to the request payload, for a handler that keeps it; no copy. */
ACTR_API struct actr_bytes actr_ctx_request_bytes(const struct actr_ctx *ctx);

/* The node, for functions that outlive the handler. */
ACTR_API struct actr_node *actr_ctx_node(const struct actr_ctx *ctx);

/* Calls `route` of `dest` and returns at once; fn runs exactly once, in this actor's turn. Consumes
 * payload. *ret_call (may be NULL) is a number for actr_call_cancel(). ACTR_EINVALID, ACTR_ESTATE
 * (node not running), ACTR_ENOMEM: fn does not run. */
ACTR_API int actr_ctx_call(struct actr_ctx *ctx, const struct actr_id *dest, const char *route,
                           struct actr_bytes payload, const struct actr_call_options *options,
                           actr_result_fn *fn, void *arg, uint64_t *ret_call);

/* Calls and waits, holding the actor's turn. Only in handlers that run on a worker; ACTR_EDEADLK on
 * the loop thread, when `dest` is this actor itself, and when it waits, directly or through others,
 * for this very handler (actr_errmsg() names both). Such a circle is found in one process and
 * between nodes of this library; through other peers, or where a handler holds only a key, the
 * deadline ends it. The callback form, actr_ctx_call(), has no such trouble. Consumes payload;
 * *ret_reply is set on success only. Errors: those of actr_ctx_call() and those the call can end
 * with. */
ACTR_API int actr_ctx_call_wait(struct actr_ctx *ctx, const struct actr_id *dest, const char *route,
                                struct actr_bytes payload, const struct actr_call_options *options,
                                struct actr_bytes *ret_reply);

/* Sends one way. 0: handed over for sending. Consumes payload. Errors as actr_ctx_call(). */
ACTR_API int actr_ctx_tell(struct actr_ctx *ctx, const struct actr_id *dest, const char *route,
                           struct actr_bytes payload, const struct actr_call_options *options);

/* Runs fn(arg) when the handler, hook or callback that runs has ended, by return or by panic; the
 * last registered runs first, in the actor's turn. ctx may be NULL as for actr_panic().
 * ACTR_ENOMEM (also when 1,024 are registered), ACTR_EINVALID, ACTR_ESTATE (not inside of it): fn
 * will not run. */
ACTR_API int actr_ctx_defer(struct actr_ctx *ctx, void (*fn)(void *arg), void *arg);

/* Ends the handler now, from any depth of calls: what was registered with actr_ctx_defer() runs,
 * the caller gets ACTR_EINTERNAL with "handler panicked: " and the text, on_error is told
 * (ACTR_ERROR_PANIC), and the actor goes on with its next message. An answer that the handler gave
 * is replaced; a reply that it kept is answered unless that has happened, and its handle must still
 * be given back. In a lifecycle hook it is an ACTR_EINTERNAL of the hook. ctx NULL: whatever of an
 * actor runs on this thread; a result callback has no context and uses that. Never returns.
 *
 * The frames in between are left without a word: memory and locks of theirs stay as they are
 * (register what must be given back), and C++ objects with destructors must not be among them. A
 * panic anywhere else, on another thread or in a context that is not the innermost one of this
 * thread, ends the process with a message. */
ACTR_API void actr_panic(struct actr_ctx *ctx, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn, cold));

/* Says that this actor's state is broken and must be made anew. The handler goes on and may answer;
 * those that run beside it end; no other starts. When nothing runs any more the actor is restarted
 * after a pause (on_stop, whose error is ignored, then on_start and on_ready), and what has been
 * waiting runs. After too many restarts (actr_workload_options.restarts_max) the node stops, with
 * ACTR_EUNAVAILABLE for on_state. on_error is told (ACTR_ERROR_POISON). ACTR_ESTATE: a context of
 * the host side, which is the program itself. */
ACTR_API int actr_poison(struct actr_ctx *ctx, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

enum actr_log_level {
    ACTR_LOG_TRACE,
    ACTR_LOG_DEBUG,
    ACTR_LOG_INFO,
    ACTR_LOG_WARN,
    ACTR_LOG_ERROR
};

/* Writes to the node's log under the event name "workload". */
ACTR_API void actr_ctx_log(struct actr_ctx *ctx, enum actr_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#ifdef __cplusplus
}
#endif
