// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The rendezvous server in process: identity service (AIS) over HTTP, signaling over WebSocket,
 * STUN.
 *
 * The same server as `actr rendezvous`. Runs on a thread of its own; any thread may call. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/error.h>
#include <actr/node.h>

#ifdef __cplusplus
extern "C" {
#endif

struct actr_rendezvous;

struct actr_rendezvous_options {
    size_t size;          /* sizeof(struct actr_rendezvous_options) */
    const char *bind;     /* address to listen on; NULL: 127.0.0.1 */
    uint16_t port;        /* 0: chosen by the system */
    const char *data_dir; /* SQLite state; NULL: memory only */
    const char *tls_cert; /* PEM files; both or neither */
    const char *tls_key;
    bool open;                 /* no checks: for tests against synthetic credentials only */
    const char *realm_secret;  /* required of those who register in `realm`, and in realms that
                                  come into being by allow_any_realm; NULL: none */
    uint32_t realm;            /* a realm to create at start; 0: none */
    bool allow_any_realm;      /* realms come into being at their first registration */
    uint32_t credential_ttl_s; /* 0: 3,600 */
    uint32_t heartbeat_s;      /* 0: 30 */
    bool stun;                 /* STUN binding responder on UDP, same bind address */
    uint16_t stun_port;        /* 0: chosen by the system */
    bool default_deny; /* actors see each other only by ACL; default: same realm sees itself */
    actr_log_fn *log;
    enum actr_log_level log_level;
    void *arg;
};

/* Starts a server and returns when it listens. ACTR_EIO (the detail says which port or file),
 * ACTR_EINVALID. */
ACTR_API int actr_rendezvous_start(struct actr_rendezvous **ret_server,
                                   const struct actr_rendezvous_options *options) ACTR_MUST_CHECK;

/* The ports it listens on: TCP, and UDP for STUN (0 when there is none). */
ACTR_API uint16_t actr_rendezvous_port(const struct actr_rendezvous *server);
ACTR_API uint16_t actr_rendezvous_stun_port(const struct actr_rendezvous *server);

/* Closes every connection, flushes state, frees. NULL is fine. */
ACTR_API void actr_rendezvous_stop(struct actr_rendezvous *server);

#ifdef __cplusplus
}
#endif
