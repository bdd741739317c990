// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What signaling (signaling.h) reports to its owner. Loop thread; never inside the call that caused
 * it. */
#pragma once

#include <stdint.h>

#include <actr/id.h>

struct relay;

/* How busy the node is; asked before each heartbeat. */
struct signaling_load {
    double cpu;     /* runnable threads for each core (sys/cpu_load.h); negative: unknown */
    double backlog; /* share of the mailbox in use, 0 to 1 */
};

/* Any may be NULL but on_failed and on_stopped. Texts are lent. */
struct signaling_events {
    /* We are `id` now. Generation > 1: the old id is dead, and every connection made with it; the
     * socket is down until on_connected. */
    void (*on_registered)(void *owner, const struct actr_id *id, uint64_t generation);
    /* About to dial; attempt: 1 for the first since it was up. Not the place to free. */
    void (*on_connecting)(void *owner, uint32_t attempt);
    /* The socket is up; the first time: the start succeeded. */
    void (*on_connected)(void *owner);
    /* The socket that was up is gone, and is dialled again (not while stopping). */
    void (*on_disconnected)(void *owner, int code, const char *detail);
    /* The same id has a new credential: dials from now on use it. */
    void (*on_credential_renewed)(void *owner, uint64_t expires_at_s);
    /* It ends soon and has not been renewed, is refused, or was warned of; once for each. */
    void (*on_credential_expiring)(void *owner, uint64_t expires_at_s);
    /* Something failed that goes on being tried (registration, dial, renewal). */
    void (*on_error)(void *owner, int code, const char *detail);
    /* The start failed: ACTR_EPERMISSION (realm or secret refused), ACTR_EINVALID (registration
     * malformed), ACTR_ETIMEDOUT, or why the last attempt failed. Nothing runs now. */
    void (*on_failed)(void *owner, int code, const char *detail);
    void (*on_stopped)(void *owner);
    /* Another actor says something through the server, or the server about one; lent. The server
     * vouches for relay->source. */
    void (*on_relay)(void *owner, const struct relay *relay);
    /* The server did not pass on what signaling_relay() sent; ACTR_ENOTFOUND: target is not there.
     */
    void (*on_relay_refused)(void *owner, const struct actr_id *target, int code,
                             const char *detail);
    void (*load)(void *owner, struct signaling_load *ret_load); /* NULL: idle and empty */
};
