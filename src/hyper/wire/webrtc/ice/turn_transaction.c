// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The repetitions of one request.
 *
 * Over UDP it is sent seven times, at 0, 0.5, 1.5, 3.5 … 31.5 s, and has failed 8 s after the last
 * (RFC 8489 §6.2.1: RTO 500 ms, Rc 7, Rm 16); over a stream once, and has failed after the same
 * 39.5 s (§6.2.2).
 *
 * Pure. */
#include "hyper/wire/webrtc/ice/turn_transaction.h"

#include <string.h>

#define TURN_RTO_US 500000u
#define TURN_SENDS 7
#define TURN_LAST_WAIT_US (16 * TURN_RTO_US)
#define TURN_RELIABLE_WAIT_US (79 * TURN_RTO_US) /* Ti */

void turn_transaction_begin(struct turn_transaction *transaction, enum stun_method method,
                            bool is_reliable, uint64_t now_us)
{
    memset(transaction, 0, sizeof(*transaction));
    transaction->is_active = true;
    transaction->is_reliable = is_reliable;
    transaction->method = method;
    transaction->due_us = now_us;
    transaction->wait_us = TURN_RTO_US;
}

void turn_transaction_repeat(struct turn_transaction *transaction, uint64_t now_us)
{
    uint8_t challenges = transaction->challenges;
    if (transaction->is_signed)
        challenges++;
    turn_transaction_begin(transaction, transaction->method, transaction->is_reliable, now_us);
    transaction->challenges = challenges;
}

enum turn_due turn_transaction_tick(struct turn_transaction *transaction, uint64_t now_us)
{
    unsigned sends = transaction->is_reliable ? 1 : TURN_SENDS;
    if (!transaction->is_active || now_us < transaction->due_us)
        return TURN_DUE_NOTHING;
    if (transaction->sent == sends) {
        transaction->is_active = false;
        return TURN_DUE_EXPIRED;
    }
    transaction->sent++;
    if (transaction->is_reliable)
        transaction->due_us = now_us + TURN_RELIABLE_WAIT_US;
    else if (transaction->sent == TURN_SENDS)
        transaction->due_us = now_us + TURN_LAST_WAIT_US;
    else
        transaction->due_us = now_us + transaction->wait_us;
    transaction->wait_us *= 2;
    return TURN_DUE_SEND;
}

bool turn_transaction_is(const struct turn_transaction *transaction,
                         const struct stun_message *message)
{
    return transaction->is_active && transaction->sent > 0 &&
           (message->class == STUN_SUCCESS || message->class == STUN_ERROR) &&
           message->method == transaction->method &&
           memcmp(message->transaction, transaction->id, sizeof(transaction->id)) == 0;
}
