// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Errors: one list of codes for the whole system.
 *
 * Every function that can fail returns an int: 0 for success, a negative ACTR_E… code for failure.
 * The eleven codes that travel on the wire are the negated wire numbers (RpcEnvelope.error.code);
 * the others are local and are sent as Internal. The *kind* of a code, and nothing else, decides
 * whether a retry makes sense and whether a message belongs in the dead-letter queue.
 *
 * Any thread. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ACTR_API
#define ACTR_API __attribute__((visibility("default")))
#endif
#define ACTR_MUST_CHECK __attribute__((warn_unused_result))

/* X(NAME, code, KIND, text): `text` is also the display prefix on the wire. */
#define ACTR_ERROR_LIST(X)                                                                         \
    X(UNAVAILABLE, -10001, TRANSIENT, "unavailable")                                               \
    X(TIMEDOUT, -10002, TRANSIENT, "timed out")                                                    \
    X(NOTFOUND, -10003, CLIENT, "not found")                                                       \
    X(PERMISSION, -10004, CLIENT, "permission denied")                                             \
    X(INVALID, -10005, CLIENT, "invalid argument")                                                 \
    X(ROUTE, -10006, CLIENT, "unknown route")                                                      \
    X(DEPENDENCY, -10007, CLIENT, "dependency not found")                                          \
    X(DECODE, -10008, CORRUPT, "decode failure")                                                   \
    X(NOTIMPL, -10009, INTERNAL, "not implemented")                                                \
    X(INTERNAL, -10010, INTERNAL, "internal error")                                                \
    X(NOTREADY, -10011, TRANSIENT, "connection not ready")                                         \
    X(NOMEM, -1, INTERNAL, "out of memory")                                                        \
    X(DEADLK, -2, CLIENT, "would deadlock")                                                        \
    X(STATE, -3, CLIENT, "not possible in this state")                                             \
    X(CONFIG, -4, CLIENT, "configuration error")                                                   \
    X(CANCELED, -5, CLIENT, "canceled")                                                            \
    X(IO, -6, INTERNAL, "input/output error")

enum actr_error_code {
    ACTR_OK = 0,
#define ACTR_ERROR_ENUM(name, code, kind, text) ACTR_E##name = code,
    ACTR_ERROR_LIST(ACTR_ERROR_ENUM)
#undef ACTR_ERROR_ENUM
};

enum actr_error_kind {
    ACTR_KIND_NONE,      /* 0, and numbers that are no code */
    ACTR_KIND_TRANSIENT, /* a retry may help */
    ACTR_KIND_CLIENT,    /* the caller must change something */
    ACTR_KIND_INTERNAL,  /* the callee must change something */
    ACTR_KIND_CORRUPT    /* the bytes are wrong: dead letter */
};

/* The text of `code` ("unavailable"); "ok" for 0, "unknown error" for a number that is no code.
 * Static storage. */
ACTR_API const char *actr_strerror(int code);

/* The name of `code` ("ACTR_EUNAVAILABLE"); "ACTR_OK" for 0, "?" for a number that is no code.
 * Static storage. */
ACTR_API const char *actr_errname(int code);

/* The kind of `code`. */
ACTR_API enum actr_error_kind actr_error_kind(int code);

/* The detail of the calling thread's last failed call, for people: never compare it. Never NULL; ""
 * when nothing has failed on this thread. Valid until the thread's next failing call. */
ACTR_API const char *actr_errmsg(void);

#ifdef __cplusplus
}
#endif
