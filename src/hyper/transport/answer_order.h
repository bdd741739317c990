// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Keeps the order of the answers to one peer when a better wire takes over.
 *
 * Answers that left by an accepted wire may still be on their way when the next one is to leave by
 * a wire that carries both ways, and would arrive first. So the next ones wait until the peer has
 * read what is ahead of them (wire_settle()), the wire ahead has gone, or ANSWER_ORDER_HOLD_US have
 * passed: an answer is late rather than lost, and a peer that reads nothing does not stop the
 * others. A wire that has not settled in time is not waited for again before it has.
 *
 * The way back needs nothing: it is taken when the better wire is lost or stalled, and what that
 * one has taken may arrive late or never.
 *
 * Bounds: from ANSWER_ORDER_FULL bytes that wait the peer's requests are not to be read; at
 * ANSWER_ORDER_BYTES_MAX, which only handlers that run already can reach, they leave without order.
 *
 * Embedded by dest_transport. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/context.h>

#include "base/list.h"
#include "hyper/wire/wire.h"
#include "sys/loop.h"

#define ANSWER_ORDER_HOLD_US 2000000u
#define ANSWER_ORDER_FULL ((size_t)1 << 20)
#define ANSWER_ORDER_BYTES_MAX ((size_t)32 << 20)

struct answer_order {
    struct wire *ahead; /* the peer may not have read all answers that left by it; NULL: none */
    uint64_t mute;      /* session of the wire that did not settle in time; 0: none */
    struct list held;   /* answer_order_held */
    size_t held_bytes;
    struct loop_timer hold;
    void (*on_due)(struct answer_order *order); /* the time is over: to be taken */
};

/* An answer that waits; whoever has taken it frees it and consumes the message. */
struct answer_order_held {
    struct list link;
    uint64_t session; /* of the request's wire */
    struct actr_bytes message;
    enum actr_payload_type type;
};

void answer_order_init(struct answer_order *order, struct loop *loop,
                       void (*on_due)(struct answer_order *order));
/* Nothing waits any more. */
void answer_order_deinit(struct answer_order *order);

/* An answer has left by an accepted wire, which has the op settle. */
void answer_order_left(struct answer_order *order, struct wire *wire);

/* An answer by a wire that carries both ways has to wait. */
static inline bool answer_order_must_wait(const struct answer_order *order)
{
    return order->ahead != NULL;
}

/* It waits, behind the others. Only while it must; consumes message. ACTR_ENOMEM. */
int answer_order_hold(struct answer_order *order, uint64_t session, enum actr_payload_type type,
                      struct actr_bytes message) ACTR_MUST_CHECK;

/* Of an accepted wire. True: those that wait are to be taken. */
bool answer_order_on_settled(struct answer_order *order, const struct wire *wire);
bool answer_order_on_lost(struct answer_order *order, const struct wire *wire);

static inline bool answer_order_is_full(const struct answer_order *order)
{
    return order->held_bytes >= ANSWER_ORDER_FULL;
}

static inline bool answer_order_is_over(const struct answer_order *order)
{
    return order->held_bytes >= ANSWER_ORDER_BYTES_MAX;
}

/* Moves all that wait to the end of `to`, in their order; nothing is ahead of them any more. */
void answer_order_take(struct answer_order *order, struct list *to);
