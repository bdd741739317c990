// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Races, keeps and replaces the dialled wires of one destination.
 *
 * A slot, one for each kind, is idle, connecting (wire, not ready), ready, closing (wire, dropped),
 * pausing (timer), or given up until the next effort. `is_trying` is set from the first dial of an
 * effort until its verdict or the loss of a wire that has served. The verdict is a task: a dial may
 * fail inside wire_pool_connect(), and the news must not come in there.
 *
 * Loop thread. It knows nothing of what the wires carry. */
#include "hyper/transport/wire_pool.h"

#include <assert.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"

#define WIRE_POOL_PAUSE_MS 250
#define WIRE_POOL_PAUSE_FACTOR 4
#define WIRE_POOL_PAUSE_MAX_MS 1000
#define WIRE_POOL_JITTER_PERCENT 20

/* A wire that lived this long has served. */
#define WIRE_POOL_SERVED_PROVEN_US 1000000u
#define WIRE_POOL_SERVED_UNPROVEN_US 10000000u

static bool wire_pool_slot_is_busy(const struct wire_pool_slot *slot)
{
    return slot->handle.wire || loop_timer_is_active(&slot->pause);
}

bool wire_pool_is_idle(const struct wire_pool *pool)
{
    for (size_t i = 0; i < pool->options.count; i++) {
        if (wire_pool_slot_is_busy(&pool->slots[i]))
            return false;
    }
    return true;
}

static bool wire_pool_slot_can_carry(const struct wire_pool_slot *slot)
{
    return wire_handle_is_ready(&slot->handle) && !slot->handle.wire->stalled;
}

struct wire_handle *wire_pool_carrier(struct wire_pool *pool)
{
    struct wire_pool_slot *carrier = pool->carrier;
    return carrier && wire_pool_slot_can_carry(carrier) ? &carrier->handle : NULL;
}

uint64_t wire_pool_stalled(const struct wire_pool *pool)
{
    for (size_t i = 0; i < pool->options.count; i++) {
        const struct wire_handle *handle = &pool->slots[i].handle;
        if (wire_handle_is_ready(handle) && handle->wire->stalled)
            return handle->wire->session;
    }
    return 0;
}

/* ---- Who carries ---- */

static struct wire_pool_slot *wire_pool_best(struct wire_pool *pool)
{
    for (size_t i = 0; i < pool->options.count; i++) {
        struct wire_pool_slot *slot = &pool->slots[i];
        if (wire_pool_slot_can_carry(slot) && slot->ready_us != 0)
            return slot;
    }
    return NULL;
}

static void wire_pool_end_hold(struct wire_pool *pool)
{
    pool->is_holding = false;
    loop_timer_stop(&pool->hold);
}

/* A wire has come up or gone: another carries now, or is to take over. True: whoever waits is to be
 * told who carries, once it is known what has come or gone. */
static bool wire_pool_choose(struct wire_pool *pool)
{
    struct wire_pool_slot *best = wire_pool_best(pool);

    if (!wire_pool_carrier(pool)) {
        wire_pool_end_hold(pool);
        pool->carrier = best;
        return best != NULL;
    }
    if (best == pool->carrier) {
        bool was_holding = pool->is_holding; /* whoever was to take over has gone */
        wire_pool_end_hold(pool);
        return was_holding;
    }
    if (!loop_timer_is_active(&pool->hold)) {
        pool->is_holding = true;
        loop_timer_start(&pool->hold, WIRE_POOL_HOLD_US);
        wire_settle(pool->carrier->handle.wire);
    }
    return false;
}

static void wire_pool_tell_carrier(struct wire_pool *pool)
{
    struct wire_handle *carrier = wire_pool_carrier(pool);
    if (carrier && !pool->is_holding)
        pool->options.events->on_carrier(pool->options.owner, carrier->wire);
}

static void wire_pool_on_hold(struct loop_timer *timer)
{
    struct wire_pool *pool = container_of(timer, struct wire_pool, hold);

    if (pool->is_holding) { /* the peer does not read so fast */
        pool->is_holding = false;
        loop_timer_start(&pool->hold, WIRE_POOL_HOLD_AGAIN_US);
        wire_pool_tell_carrier(pool);
    } else if (wire_pool_choose(pool)) {
        wire_pool_tell_carrier(pool);
    }
}

static void wire_pool_on_stall(void *owner, struct wire *wire)
{
    struct wire_pool_slot *slot = owner;
    struct wire_pool *pool = slot->pool;

    if (slot->ready_us == 0)
        return; /* nobody knows of it yet */
    if (!wire->stalled)
        pool->is_trying = false; /* whatever was wanted meanwhile */
    bool is_news = wire_pool_choose(pool);
    if (wire->stalled)
        pool->options.events->on_stall(pool->options.owner, wire);
    if (is_news)
        wire_pool_tell_carrier(pool);
}

static void wire_pool_on_settled(void *owner, struct wire *wire)
{
    struct wire_pool_slot *slot = owner;
    struct wire_pool *pool = slot->pool;

    (void)wire;
    if (!pool->is_holding || pool->carrier != slot)
        return;
    wire_pool_end_hold(pool);
    pool->carrier = wire_pool_best(pool);
    wire_pool_tell_carrier(pool);
}

void wire_pool_read(struct wire_pool *pool, bool enable)
{
    for (size_t i = 0; i < pool->options.count; i++) {
        const struct wire_handle *handle = &pool->slots[i].handle;
        if (wire_handle_is_ready(handle) && wire_carries_both(handle->wire->kind))
            wire_read(handle->wire, enable);
    }
}

void wire_pool_await(struct wire_pool *pool, bool is_awaited)
{
    for (size_t i = 0; i < pool->options.count; i++) {
        if (wire_handle_is_ready(&pool->slots[i].handle))
            wire_await(pool->slots[i].handle.wire, is_awaited);
    }
}

void wire_pool_probe(struct wire_pool *pool)
{
    for (size_t i = 0; i < pool->options.count; i++) {
        if (wire_handle_is_ready(&pool->slots[i].handle))
            wire_probe(pool->slots[i].handle.wire);
    }
}

struct wire_handle *wire_pool_find(struct wire_pool *pool, uint64_t session)
{
    for (size_t i = 0; i < pool->options.count; i++) {
        struct wire_handle *handle = &pool->slots[i].handle;
        if (wire_handle_is_ready(handle) && handle->wire->session == session)
            return handle;
    }
    return NULL;
}

static void wire_pool_set_cause(struct wire_pool *pool, int code, const char *detail)
{
    struct text text;
    pool->cause = code;
    text_init(&text, pool->cause_detail, sizeof(pool->cause_detail));
    text_append(&text, view_text(detail));
}

const char *wire_pool_trouble(const struct wire_pool *pool)
{
    for (size_t i = 0; i < pool->options.count; i++) {
        if (pool->slots[i].failures > 0)
            return pool->cause_detail;
    }
    return "";
}

static void wire_pool_on_verdict(struct loop_task *task)
{
    struct wire_pool *pool = container_of(task, struct wire_pool, verdict);

    if (!pool->is_trying || !wire_pool_is_idle(pool))
        return;
    pool->is_trying = false;
    pool->options.events->on_unreachable(pool->options.owner, pool->cause, pool->cause_detail);
}

/* Counts a failed attempt. */
static void wire_pool_slot_failed(struct wire_pool_slot *slot, int code, const char *detail,
                                  bool final)
{
    struct wire_pool *pool = slot->pool;

    wire_pool_set_cause(pool, code, detail);
    slot->failures++;
    slot->is_given_up = final || slot->failures >= WIRE_POOL_ATTEMPTS || pool->is_closed;
}

/* It has gone, or was not to be: while a worse one carries it is left alone for a while. */
static void wire_pool_slot_put_off(struct wire_pool_slot *slot, bool has_served)
{
    struct loop *loop = slot->pool->options.loop;
    uint32_t random;

    if (has_served)
        backoff_reset(&slot->better_backoff);
    loop_random(loop, &random, sizeof(random));
    slot->better_us =
        loop_now_us(loop) + (uint64_t)backoff_next(&slot->better_backoff, random) * 1000;
}

/* Goes on after a failure: another attempt later, or the verdict. */
static void wire_pool_slot_again(struct wire_pool_slot *slot)
{
    struct wire_pool *pool = slot->pool;
    uint32_t random;

    if (slot->is_given_up) {
        loop_defer(pool->options.loop, &pool->verdict);
        return;
    }
    loop_random(pool->options.loop, &random, sizeof(random));
    loop_timer_start(&slot->pause, (uint64_t)backoff_next(&slot->backoff, random) * 1000);
}

static void wire_pool_slot_drop(struct wire_pool_slot *slot, int code, const char *why)
{
    loop_timer_stop(&slot->pause);
    if (!slot->handle.wire || slot->is_dropped)
        return;
    slot->is_dropped = true;
    wire_close(slot->handle.wire, code, why);
}

static void wire_pool_on_ready(void *owner, struct wire *wire)
{
    struct wire_pool_slot *slot = owner;
    struct wire_pool *pool = slot->pool;

    slot->ready_us = loop_now_us(pool->options.loop);
    for (struct wire_pool_slot *worse = slot + 1; worse < pool->slots + pool->options.count;
         worse++) {
        if (!wire_handle_is_ready(&worse->handle))
            wire_pool_slot_drop(worse, 0, "a better wire is ready");
    }
    bool is_news = wire_pool_choose(pool);
    pool->options.events->on_ready(pool->options.owner, wire);
    if (is_news)
        wire_pool_tell_carrier(pool);
}

static void wire_pool_on_proven(void *owner, struct wire *wire)
{
    const struct wire_pool_slot *slot = owner;
    slot->pool->options.events->on_proven(slot->pool->options.owner, wire);
}

static void wire_pool_on_message(void *owner, struct wire *wire, uint8_t channel,
                                 struct actr_bytes message)
{
    struct wire_pool_slot *slot = owner;
    (void)wire;
    slot->pool->options.events->on_message(slot->pool->options.owner, &slot->handle, channel,
                                           message);
}

static void wire_pool_on_excess(void *owner, struct wire *wire, uint8_t channel,
                                const struct excess *excess)
{
    struct wire_pool_slot *slot = owner;
    (void)wire, (void)channel;
    slot->pool->options.events->on_excess(slot->pool->options.owner, &slot->handle, excess);
}

static void wire_pool_on_writable(void *owner, struct wire *wire, uint8_t channel)
{
    struct wire_pool_slot *slot = owner;

    (void)wire, (void)channel;
    slot->handle.is_full = false;
    if (wire_pool_carrier(slot->pool) == &slot->handle)
        slot->pool->options.events->on_writable(slot->pool->options.owner);
}

static bool wire_pool_slot_has_served(const struct wire_pool_slot *slot, const struct wire *wire)
{
    uint64_t lived_us = loop_now_us(slot->pool->options.loop) - slot->ready_us;
    return slot->ready_us != 0 &&
           lived_us >= (wire->proven ? WIRE_POOL_SERVED_PROVEN_US : WIRE_POOL_SERVED_UNPROVEN_US);
}

static void wire_pool_slot_dial(struct wire_pool_slot *slot);

static void wire_pool_on_closed(void *owner, struct wire *wire, int code, const char *detail,
                                bool final)
{
    struct wire_pool_slot *slot = owner;
    struct wire_pool *pool = slot->pool;
    bool was_ready = slot->ready_us != 0;
    bool was_dropped = slot->is_dropped || slot->is_adopting; /* no failed attempt */

    bool has_served = wire_pool_slot_has_served(slot, wire) && !final;
    if (!was_dropped && has_served)
        pool->is_trying = false;
    else if (!was_dropped)
        wire_pool_slot_failed(slot, code, detail, final);
    if (!was_dropped)
        wire_pool_slot_put_off(slot, has_served);
    wire_handle_clear(&slot->handle);
    slot->ready_us = 0;
    slot->is_dropped = false;
    slot->is_adopting = false;
    loop_task_cancel(&slot->adopted);
    if (!was_dropped && !was_ready)
        wire_pool_slot_again(slot);
    else if (!was_ready && pool->is_trying && !pool->is_closed && !wire_pool_best(pool))
        wire_pool_slot_dial(slot);
    if (pool->is_closed && wire_pool_is_idle(pool))
        loop_defer(pool->options.loop, &pool->verdict);
    if (was_ready && !was_dropped)
        wire_pool_probe(pool);
    bool is_news = wire_pool_choose(pool);
    if (was_ready)
        pool->options.events->on_lost(pool->options.owner, wire, code, detail);
    if (is_news)
        wire_pool_tell_carrier(pool);
    if (wire_pool_is_idle(pool))
        pool->options.events->on_idle(pool->options.owner);
}

static const struct wire_events wire_pool_wire_events = {
    .on_ready = wire_pool_on_ready,
    .on_proven = wire_pool_on_proven,
    .on_message = wire_pool_on_message,
    .on_excess = wire_pool_on_excess,
    .on_writable = wire_pool_on_writable,
    .on_settled = wire_pool_on_settled,
    .on_stall = wire_pool_on_stall,
    .on_closed = wire_pool_on_closed,
};

static void wire_pool_slot_dial(struct wire_pool_slot *slot)
{
    struct wire_pool *pool = slot->pool;
    struct wire_dialer *dialer = pool->options.dialers[slot - pool->slots];

    (*pool->options.dials)++;
    int r = wire_dial(dialer, pool->options.peer, &wire_pool_wire_events, slot, &slot->handle.wire);
    if (r < 0) {
        wire_pool_slot_failed(slot, r, actr_errmsg(), false);
        wire_pool_slot_again(slot);
    }
}

static void wire_pool_on_adopted(struct loop_task *task)
{
    struct wire_pool_slot *slot = container_of(task, struct wire_pool_slot, adopted);
    if (!wire_handle_is_ready(&slot->handle))
        return;
    slot->is_adopting = false;
    wire_read(slot->handle.wire, true);
    wire_pool_on_ready(slot, slot->handle.wire);
}

bool wire_pool_adopt(struct wire_pool *pool, struct wire *wire)
{
    for (size_t i = 0; i < pool->options.count; i++) {
        struct wire_pool_slot *slot = &pool->slots[i];
        if (pool->options.dialers[i]->kind != wire->kind)
            continue;
        if (slot->handle.wire || pool->is_closed)
            return false;
        loop_timer_stop(&slot->pause);
        slot->handle.wire = wire;
        slot->is_adopting = true;
        wire_adopt(wire, &wire_pool_wire_events, slot);
        loop_defer(pool->options.loop, &slot->adopted);
        return true;
    }
    return false;
}

static void wire_pool_on_pause(struct loop_timer *timer)
{
    wire_pool_slot_dial(container_of(timer, struct wire_pool_slot, pause));
}

/* A worse one carries: one attempt to have a better one, if it is time. */
static void wire_pool_try_better(struct wire_pool *pool, const struct wire_pool_slot *carrier)
{
    for (struct wire_pool_slot *slot = pool->slots; slot < carrier; slot++) {
        if (wire_pool_slot_is_busy(slot) || pool->is_closed ||
            loop_now_us(pool->options.loop) < slot->better_us)
            continue;
        slot->failures = WIRE_POOL_ATTEMPTS - 1;
        slot->is_given_up = false;
        wire_pool_slot_dial(slot);
    }
}

bool wire_pool_connect(struct wire_pool *pool)
{
    const struct wire_pool_slot *best = wire_pool_best(pool);
    if (best) {
        (void)wire_pool_choose(pool);
        wire_pool_try_better(pool, best);
        return !pool->is_holding;
    }
    bool is_fresh = !pool->is_trying;
    pool->is_trying = true;
    for (size_t i = 0; i < pool->options.count; i++) {
        struct wire_pool_slot *slot = &pool->slots[i];
        if (is_fresh) {
            slot->failures = 0;
            slot->is_given_up = false;
            backoff_reset(&slot->backoff);
        }
        if (wire_pool_slot_is_busy(slot) || pool->is_closed)
            continue;
        if (slot->failures == 0)
            wire_pool_slot_dial(slot);
        else
            wire_pool_slot_again(slot);
    }
    if (wire_pool_is_idle(pool))
        loop_defer(pool->options.loop, &pool->verdict);
    return false;
}

void wire_pool_reset(struct wire_pool *pool, const char *why)
{
    for (size_t i = 0; i < pool->options.count; i++) {
        if (pool->slots[i].handle.wire)
            wire_pool_slot_drop(&pool->slots[i], ACTR_EUNAVAILABLE, why);
    }
}

void wire_pool_close(struct wire_pool *pool, const char *why)
{
    pool->is_closed = true;
    wire_pool_set_cause(pool, ACTR_EUNAVAILABLE, why);
    for (size_t i = 0; i < pool->options.count; i++)
        wire_pool_slot_drop(&pool->slots[i], ACTR_ECANCELED, why);
    if (wire_pool_is_idle(pool))
        loop_defer(pool->options.loop, &pool->verdict);
}

void wire_pool_init(struct wire_pool *pool, const struct wire_pool_options *options)
{
    assert(options->count <= PEER_TRANSPORT_DIALERS_MAX);
    *pool = (struct wire_pool){.options = *options};
    wire_pool_set_cause(pool, ACTR_EUNAVAILABLE, "this node dials nobody");
    loop_task_init(&pool->verdict, wire_pool_on_verdict);
    loop_timer_init(&pool->hold, options->loop, wire_pool_on_hold);
    for (size_t i = 0; i < options->count; i++) {
        struct wire_pool_slot *slot = &pool->slots[i];
        slot->pool = pool;
        slot->backoff = (struct backoff){
            .initial_ms = WIRE_POOL_PAUSE_MS,
            .max_ms = WIRE_POOL_PAUSE_MAX_MS,
            .factor = WIRE_POOL_PAUSE_FACTOR,
            .jitter_percent = WIRE_POOL_JITTER_PERCENT,
        };
        slot->better_backoff = (struct backoff){
            .initial_ms = WIRE_POOL_BETTER_MS,
            .max_ms = WIRE_POOL_BETTER_MAX_MS,
            .factor = WIRE_POOL_PAUSE_FACTOR,
            .jitter_percent = WIRE_POOL_JITTER_PERCENT,
        };
        loop_timer_init(&slot->pause, options->loop, wire_pool_on_pause);
        loop_task_init(&slot->adopted, wire_pool_on_adopted);
    }
}

void wire_pool_deinit(struct wire_pool *pool)
{
    assert(wire_pool_is_idle(pool));
    loop_task_cancel(&pool->verdict);
    loop_timer_stop(&pool->hold);
    for (size_t i = 0; i < pool->options.count; i++)
        loop_task_cancel(&pool->slots[i].adopted);
}
