// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Answers that wait for those ahead of them, over fake wires, on virtual time. */
#include "hyper/transport/answer_order.h"

#include "hyper/transport/fake_wire.h"
#include "sys/loop_virtual.h"

#define HOLD_MS (ANSWER_ORDER_HOLD_US / 1000)

struct rig {
    struct loop *loop;
    struct fake_wires all;
    struct fake_wire *first, *second;
    struct answer_order order;
    uint64_t start_us;
    unsigned dues; /* the time was over */
    char left[64]; /* the texts of those taken, in order */
};

static void rig_take(struct rig *rig)
{
    struct list answers, *link;
    list_init(&answers);
    answer_order_take(&rig->order, &answers);
    while ((link = list_pop(&answers)) != NULL) {
        struct answer_order_held *held = container_of(link, struct answer_order_held, link);
        size_t len = strlen(rig->left);
        assert_true(len + held->message.len < sizeof(rig->left));
        memcpy(rig->left + len, held->message.ptr, held->message.len);
        actr_bytes_unref(held->message);
        mem_free(held);
    }
}

static void on_due(struct answer_order *order)
{
    struct rig *rig = container_of(order, struct rig, order);
    rig->dues++;
    rig_take(rig);
}

static void on_closed(void *owner, struct wire *wire, int code, const char *detail, bool final)
{
    (void)owner, (void)wire, (void)code, (void)detail, (void) final;
}

static const struct wire_events events = {.on_closed = on_closed};

static struct fake_wire *rig_wire(struct rig *rig)
{
    struct actr_id peer;
    assert_int_equal(actr_id_parse("1@7/acme:Test:1.0.0", &peer), 0);
    struct fake_wire *wire = fake_wire_new(&rig->all, WIRE_WEBSOCKET, WIRE_ACCEPTED, &peer);
    wire_adopt(&wire->base, &events, rig);
    return wire;
}

static void rig_open(struct rig *rig)
{
    *rig = (struct rig){0};
    assert_int_equal(loop_virtual_new(1, &rig->loop), 0);
    rig->all.loop = rig->loop;
    rig->start_us = loop_now_us(rig->loop);
    rig->first = rig_wire(rig);
    rig->second = rig_wire(rig);
    answer_order_init(&rig->order, rig->loop, on_due);
}

static void rig_close(struct rig *rig)
{
    answer_order_deinit(&rig->order);
    for (size_t i = 0; i < rig->all.count; i++) {
        if (rig->all.wires[i])
            wire_close(&rig->all.wires[i]->base, 0, "end");
    }
    assert_true(loop_virtual_run_idle(rig->loop, UINT64_MAX));
    loop_virtual_close(rig->loop);
}

static void rig_at(struct rig *rig, uint64_t ms)
{
    loop_virtual_run_until(rig->loop, rig->start_us + ms * 1000);
}

static void hold(struct rig *rig, const char *text)
{
    assert_true(answer_order_must_wait(&rig->order));
    assert_int_equal(answer_order_hold(&rig->order, 99, ACTR_RPC_RELIABLE, actr_bytes_str(text)),
                     0);
}

/* What on_closed does: the wire is not ready any more, and still there. */
static bool lose(struct rig *rig, struct fake_wire *wire)
{
    wire->base.state = WIRE_CLOSING;
    bool is_due = answer_order_on_lost(&rig->order, &wire->base);
    fake_wire_end(wire, ACTR_EUNAVAILABLE, "gone", false);
    return is_due;
}

TEST(nothing_waits_when_nothing_is_ahead)
{
    struct rig rig;
    rig_open(&rig);
    assert_false(answer_order_must_wait(&rig.order));
    answer_order_left(&rig.order, &rig.first->base);
    assert_true(answer_order_must_wait(&rig.order));
    assert_int_equal(rig.first->settles, 0); /* nobody waits */
    assert_false(lose(&rig, rig.first));
    assert_false(answer_order_must_wait(&rig.order));
    rig_close(&rig);
}

TEST(those_that_wait_leave_in_order_when_the_wire_ahead_has_settled)
{
    struct rig rig;
    rig_open(&rig);
    answer_order_left(&rig.order, &rig.first->base);
    hold(&rig, "a");
    hold(&rig, "b");
    assert_int_equal(rig.first->settles, 1);
    rig_at(&rig, HOLD_MS - 1);
    assert_true(answer_order_on_settled(&rig.order, &rig.first->base));
    rig_take(&rig);
    assert_string_equal(rig.left, "ab");
    assert_false(answer_order_must_wait(&rig.order));
    rig_at(&rig, 3 * HOLD_MS);
    assert_int_equal(rig.dues, 0);
    rig_close(&rig);
}

TEST(those_that_wait_leave_when_the_wire_ahead_has_gone)
{
    struct rig rig;
    rig_open(&rig);
    answer_order_left(&rig.order, &rig.first->base);
    hold(&rig, "a");
    assert_false(lose(&rig, rig.second));
    assert_true(lose(&rig, rig.first));
    rig_take(&rig);
    assert_string_equal(rig.left, "a");
    assert_false(answer_order_must_wait(&rig.order));
    rig_close(&rig);
}

/* Its peer is not waited for again, until it has read. */
TEST(a_wire_that_does_not_settle_is_waited_for_once)
{
    struct rig rig;
    rig_open(&rig);
    answer_order_left(&rig.order, &rig.first->base);
    rig_at(&rig, 500);
    hold(&rig, "a");
    rig_at(&rig, 1500);
    hold(&rig, "b");
    rig_at(&rig, 500 + HOLD_MS - 1);
    assert_int_equal(rig.dues, 0);
    rig_at(&rig, 500 + HOLD_MS);
    assert_int_equal(rig.dues, 1);
    assert_string_equal(rig.left, "ab");
    answer_order_left(&rig.order, &rig.first->base);
    assert_false(answer_order_must_wait(&rig.order));
    answer_order_left(&rig.order, &rig.second->base);
    assert_true(answer_order_must_wait(&rig.order));
    assert_false(answer_order_on_settled(&rig.order, &rig.first->base));
    assert_true(answer_order_must_wait(&rig.order)); /* for the second */
    answer_order_left(&rig.order, &rig.first->base);
    hold(&rig, "c");
    assert_int_equal(rig.first->settles, 2);
    assert_int_equal(rig.second->settles, 0);
    rig_take(&rig);
    rig_close(&rig);
}

/* Of several settlements the last counts, as wire_settle() says. */
TEST(what_leaves_meanwhile_is_waited_for_too)
{
    struct rig rig;
    rig_open(&rig);
    answer_order_left(&rig.order, &rig.first->base);
    hold(&rig, "a");
    answer_order_left(&rig.order, &rig.first->base);
    assert_int_equal(rig.first->settles, 2);
    answer_order_left(&rig.order, &rig.second->base);
    assert_int_equal(rig.second->settles, 1);
    assert_false(answer_order_on_settled(&rig.order, &rig.first->base));
    assert_true(answer_order_on_settled(&rig.order, &rig.second->base));
    rig_take(&rig);
    rig_close(&rig);
}

TEST(a_wire_that_is_closing_is_waited_for_and_not_asked)
{
    struct rig rig;
    rig_open(&rig);
    answer_order_left(&rig.order, &rig.first->base);
    rig.first->base.state = WIRE_CLOSING;
    hold(&rig, "a");
    assert_int_equal(rig.first->settles, 0);
    assert_true(lose(&rig, rig.first));
    rig_take(&rig);
    rig_close(&rig);
}

TEST(what_waits_is_bounded)
{
    struct rig rig;
    uint8_t *data;
    rig_open(&rig);
    answer_order_left(&rig.order, &rig.first->base);
    hold(&rig, "a");
    assert_false(answer_order_is_full(&rig.order));
    assert_int_equal(
        answer_order_hold(&rig.order, 99, ACTR_RPC_RELIABLE, bytes_new(ANSWER_ORDER_FULL, &data)),
        0);
    assert_true(answer_order_is_full(&rig.order));
    assert_false(answer_order_is_over(&rig.order));
    assert_int_equal(answer_order_hold(&rig.order, 99, ACTR_RPC_RELIABLE,
                                       bytes_new(ANSWER_ORDER_BYTES_MAX, &data)),
                     0);
    assert_true(answer_order_is_over(&rig.order));
    struct list answers, *link;
    list_init(&answers);
    answer_order_take(&rig.order, &answers);
    assert_false(answer_order_is_full(&rig.order));
    assert_false(answer_order_must_wait(&rig.order));
    while ((link = list_pop(&answers)) != NULL) {
        struct answer_order_held *held = container_of(link, struct answer_order_held, link);
        assert_int_equal(held->session, 99);
        assert_int_equal(held->type, ACTR_RPC_RELIABLE);
        actr_bytes_unref(held->message);
        mem_free(held);
    }
    rig_close(&rig);
}
