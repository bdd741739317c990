// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Answers that wait for those ahead of them.
 *
 * The timer runs while answers wait, and `ahead` is not NULL then. The wire ahead is asked to
 * settle when the first begins to wait, and again with each answer that leaves by it meanwhile: of
 * several the last word counts. Only the last accepted wire that was used is waited for: a peer
 * reads its answers by one at a time.
 *
 * Loop thread. It sends nothing itself, and keeps no wire alive. */
#include "hyper/transport/answer_order.h"

#include <assert.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"

static bool answer_order_is_holding(const struct answer_order *order)
{
    return !list_is_empty(&order->held);
}

/* A wire that is closing tells of its end soon. */
static void answer_order_settle(const struct answer_order *order)
{
    if (order->ahead->state == WIRE_READY)
        wire_settle(order->ahead);
}

void answer_order_left(struct answer_order *order, struct wire *wire)
{
    if (wire->session == order->mute)
        return;
    order->ahead = wire;
    if (answer_order_is_holding(order))
        answer_order_settle(order);
}

int answer_order_hold(struct answer_order *order, uint64_t session, enum actr_payload_type type,
                      struct actr_bytes message)
{
    struct answer_order_held *held = mem_alloc(sizeof(*held));
    if (!held) {
        actr_bytes_unref(message);
        return err_origin(ACTR_ENOMEM, "answers: no memory");
    }
    held->session = session;
    held->message = message;
    held->type = type;
    if (!answer_order_is_holding(order)) {
        loop_timer_start(&order->hold, ANSWER_ORDER_HOLD_US);
        answer_order_settle(order);
    }
    list_init(&held->link);
    list_push(&order->held, &held->link);
    order->held_bytes += sizeof(*held) + message.len;
    return 0;
}

bool answer_order_on_settled(struct answer_order *order, const struct wire *wire)
{
    if (wire->session == order->mute)
        order->mute = 0;
    return answer_order_on_lost(order, wire);
}

bool answer_order_on_lost(struct answer_order *order, const struct wire *wire)
{
    if (wire != order->ahead)
        return false;
    order->ahead = NULL;
    return answer_order_is_holding(order);
}

void answer_order_take(struct answer_order *order, struct list *to)
{
    order->ahead = NULL;
    order->held_bytes = 0;
    loop_timer_stop(&order->hold);
    list_append(to, &order->held);
}

static void answer_order_on_hold(struct loop_timer *timer)
{
    struct answer_order *order = container_of(timer, struct answer_order, hold);
    order->mute = order->ahead->session;
    order->on_due(order);
}

void answer_order_init(struct answer_order *order, struct loop *loop,
                       void (*on_due)(struct answer_order *order))
{
    *order = (struct answer_order){.on_due = on_due};
    list_init(&order->held);
    loop_timer_init(&order->hold, loop, answer_order_on_hold);
}

void answer_order_deinit(struct answer_order *order)
{
    assert(!answer_order_is_holding(order));
    loop_timer_stop(&order->hold);
}
