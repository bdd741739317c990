// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One request to a TURN server: its identity and its repetitions (RFC 8489 §6.2.1). What it says is
 * written anew each time by its owner. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hyper/wire/webrtc/ice/stun.h"

/* Embedded; zeroed is idle. */
struct turn_transaction {
    bool is_active, is_reliable;
    bool is_signed;     /* it was sent with credentials */
    uint8_t challenges; /* answers that were new challenges to a signed request */
    enum stun_method method;
    uint8_t id[STUN_TRANSACTION_LEN];
    unsigned sent; /* how many times */
    uint64_t due_us, wait_us;
};

enum turn_due { TURN_DUE_NOTHING, TURN_DUE_SEND, TURN_DUE_EXPIRED };

/* The id is the caller's to fill. Due at once. */
void turn_transaction_begin(struct turn_transaction *transaction, enum stun_method method,
                            bool is_reliable, uint64_t now_us);

/* The same request again with another id, after a challenge. */
void turn_transaction_repeat(struct turn_transaction *transaction, uint64_t now_us);

/* What is to be done now. SEND counts as sent. EXPIRED: it is idle now. */
enum turn_due turn_transaction_tick(struct turn_transaction *transaction, uint64_t now_us);

/* When to come again; UINT64_MAX: idle. */
static inline uint64_t turn_transaction_deadline(const struct turn_transaction *transaction)
{
    return transaction->is_active ? transaction->due_us : UINT64_MAX;
}

/* Is it this one that the message answers? */
bool turn_transaction_is(const struct turn_transaction *transaction,
                         const struct stun_message *message);
