// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Wires of any kind that do what the test says, and the dialers that make them. What is sent is
 * kept; on_closed after a close comes by a task. */
#pragma once

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "harness.h"
#include "hyper/wire/wire.h"
#include "sys/loop.h"

#define FAKE_WIRES_MAX 64
#define FAKE_WIRE_SENT_MAX 2560

struct fake_wire {
    struct wire base;
    struct fake_wires *all;
    struct actr_bytes sent[FAKE_WIRE_SENT_MAX];
    uint8_t channels[FAKE_WIRE_SENT_MAX];
    size_t sent_count;
    bool says_full, is_reading;
    unsigned settles, probes; /* asked for */
    int close_code;
    char close_detail[128];
    struct loop_task closed;
};

/* Every wire of a test, in the order they were made; NULL: gone. */
struct fake_wires {
    struct loop *loop;
    struct fake_wire *wires[FAKE_WIRES_MAX];
    size_t count;
    uint64_t session_last;
    int send_error; /* of the next send */
};

struct fake_dialer {
    struct wire_dialer base;
    struct fake_wires *all;
    int error; /* dialling fails at once */
    unsigned dials;
};

static inline struct fake_wire *fake_wire_of(struct wire *wire)
{
    return container_of(wire, struct fake_wire, base);
}

static inline void fake_wire_end(struct fake_wire *wire, int code, const char *detail, bool final)
{
    struct fake_wires *all = wire->all;
    loop_task_cancel(&wire->closed);
    wire->base.state = WIRE_CLOSED;
    for (size_t i = 0; i < all->count; i++) {
        if (all->wires[i] == wire)
            all->wires[i] = NULL;
    }
    for (size_t i = 0; i < wire->sent_count; i++)
        actr_bytes_unref(wire->sent[i]);
    wire->base.events->on_closed(wire->base.owner, &wire->base, code, detail, final);
    mem_free(wire);
}

static inline void fake_wire_on_closed(struct loop_task *task)
{
    struct fake_wire *wire = container_of(task, struct fake_wire, closed);
    int code = wire->close_code ? wire->close_code : ACTR_ECANCELED;
    fake_wire_end(wire, code, wire->close_detail, code == ACTR_EPERMISSION);
}

static inline int fake_wire_send(struct wire *base, uint8_t channel, struct actr_bytes message)
{
    struct fake_wire *wire = fake_wire_of(base);
    if (actr_bytes_failed(message))
        return ACTR_ENOMEM;
    if (base->state != WIRE_READY) {
        actr_bytes_unref(message);
        return 0;
    }
    if (wire->all->send_error) {
        int r = wire->all->send_error;
        wire->all->send_error = 0;
        actr_bytes_unref(message);
        return err_origin(r, "fake wire");
    }
    assert_true(wire->sent_count < FAKE_WIRE_SENT_MAX);
    wire->channels[wire->sent_count] = channel;
    wire->sent[wire->sent_count++] = message;
    return wire->says_full ? WIRE_FULL : 0;
}

static inline void fake_wire_read(struct wire *base, bool enable)
{
    fake_wire_of(base)->is_reading = enable;
}

static inline void fake_wire_settle(struct wire *base)
{
    fake_wire_of(base)->settles++;
}

static inline void fake_wire_probe(struct wire *base)
{
    fake_wire_of(base)->probes++;
}

static inline void fake_wire_close(struct wire *base, int code, const char *detail)
{
    struct fake_wire *wire = fake_wire_of(base);
    if (base->state == WIRE_CLOSING)
        return;
    base->state = WIRE_CLOSING;
    wire->close_code = code;
    strncpy(wire->close_detail, detail, sizeof(wire->close_detail) - 1);
    loop_defer(wire->all->loop, &wire->closed);
}

static const struct wire_ops fake_wire_ops = {
    .send = fake_wire_send,
    .read = fake_wire_read,
    .settle = fake_wire_settle,
    .probe = fake_wire_probe,
    .close = fake_wire_close,
};

static inline struct fake_wire *fake_wire_new(struct fake_wires *all, enum wire_kind kind,
                                              enum wire_role role, const struct actr_id *peer)
{
    struct fake_wire *wire = mem_alloc(sizeof(*wire));
    if (!wire)
        return NULL;
    assert_true(all->count < FAKE_WIRES_MAX);
    wire->base = (struct wire){
        .ops = &fake_wire_ops,
        .peer = *peer,
        .session = ++all->session_last,
        .kind = kind,
        .role = role,
        .state = role == WIRE_ACCEPTED ? WIRE_READY : WIRE_CONNECTING,
        .proven = role == WIRE_ACCEPTED,
    };
    wire->all = all;
    wire->is_reading = role == WIRE_DIALLED;
    loop_task_init(&wire->closed, fake_wire_on_closed);
    all->wires[all->count++] = wire;
    return wire;
}

static inline int fake_dialer_dial(struct wire_dialer *base, const struct actr_id *peer,
                                   const struct wire_events *events, void *owner,
                                   struct wire **ret_wire)
{
    struct fake_dialer *dialer = container_of(base, struct fake_dialer, base);
    dialer->dials++;
    if (dialer->error)
        return err_origin(dialer->error, "fake dialer");
    struct fake_wire *wire = fake_wire_new(dialer->all, base->kind, WIRE_DIALLED, peer);
    if (!wire)
        return err_origin(ACTR_ENOMEM, "fake dialer");
    wire_adopt(&wire->base, events, owner);
    *ret_wire = &wire->base;
    return 0;
}

static const struct wire_dialer_ops fake_dialer_ops = {fake_dialer_dial};

static inline void fake_dialer_init(struct fake_dialer *dialer, struct fake_wires *all,
                                    enum wire_kind kind)
{
    *dialer = (struct fake_dialer){.base = {&fake_dialer_ops, kind}, .all = all};
}

/* The newest wire. */
static inline struct fake_wire *fake_wires_last(struct fake_wires *all)
{
    assert_true(all->count > 0);
    assert_non_null(all->wires[all->count - 1]);
    return all->wires[all->count - 1];
}

static inline void fake_wire_ready(struct fake_wire *wire)
{
    wire->base.state = WIRE_READY;
    wire->base.events->on_ready(wire->base.owner, &wire->base);
}

static inline void fake_wire_prove(struct fake_wire *wire)
{
    wire->base.proven = true;
    wire->base.events->on_proven(wire->base.owner, &wire->base);
}

static inline void fake_wire_deliver(struct fake_wire *wire, uint8_t channel,
                                     struct actr_bytes message)
{
    wire->base.events->on_message(wire->base.owner, &wire->base, channel, message);
}

static inline void fake_wire_excess(struct fake_wire *wire, const struct excess *excess)
{
    wire->base.events->on_excess(wire->base.owner, &wire->base, 0, excess);
}

static inline void fake_wire_writable(struct fake_wire *wire)
{
    wire->says_full = false;
    wire->base.events->on_writable(wire->base.owner, &wire->base, 0);
}

static inline void fake_wire_stall(struct fake_wire *wire, bool is_stalled)
{
    wire->base.stalled = is_stalled;
    wire->base.events->on_stall(wire->base.owner, &wire->base);
}

static inline void fake_wire_settled(struct fake_wire *wire)
{
    wire->base.events->on_settled(wire->base.owner, &wire->base);
}
