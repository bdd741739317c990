// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Mailbox pump: mailbox → dispatch → executor → reply → ack, in this order for every message.
 *
 * A message in flight (struct delivery) is owned by the pump from mailbox_take() to mailbox_ack(),
 * mailbox_bury() or mailbox_leave(). It is answered exactly once, and completed in the dedup memory
 * on every path, before it is acked; nobody waits for the ack to reach a disk.
 * A request that comes again while the first copy runs becomes a waiter and gets the same answer.
 * Nothing here waits, and nothing polls: when memory has run out, which nobody would say the end
 * of, a timer tries again. */
#include "hyper/lifecycle/mailbox_pump.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "hyper/outbound/gate.h"
#include "hyper/workload/invocation.h"
#include "mailbox/mailbox.h"
#include "runtime/dispatch.h"
#include "sys/log.h"

#define PUMP_IN_FLIGHT_MAX 64

/* Messages one turn of the loop takes, so that sockets are looked at in between. */
#define PUMP_BURST 64

/* Deliveries that a block of them holds, and empty blocks that are kept: as many as handlers are
 * waited for by default. */
#define PUMP_BLOCK_DELIVERIES 16
#define PUMP_SPARE_BLOCKS 4

/* Without memory: how long to wait before the next attempt. */
#define PUMP_RETRY_US 100000

struct mailbox_pump {
    struct mailbox_pump_options options;
    struct loop_task task;
    struct loop_timer retry; /* memory had run out */
    struct delivery *parked; /* taken, and not admitted for lack of memory; in deliveries */
    struct list deliveries;  /* in flight */
    struct pool cells;       /* of them */
    void (*on_drained)(void *arg);
    void *drained_arg;
    struct mailbox_pump_stats stats;
    uint32_t busy; /* of those in flight: the handler has not returned */
    bool is_started;
};

/* One message in flight. */
struct delivery {
    struct list link;
    struct mailbox_pump *pump;
    struct mailbox_message *message;
    struct envelope envelope; /* views into message->envelope */
    struct dispatch_entry *entry;
    struct dispatch_waiter waiter;
    struct invocation invocation;
    bool is_busy;     /* counts in pump->busy */
    bool is_running;  /* the invocation has been submitted */
    bool is_answered; /* the caller has its answer already: deadline of a stop */
};

static void pump_kick(struct mailbox_pump *pump)
{
    loop_defer(pump->options.loop, &pump->task);
}

/* Sends the answer of a request; a tell has none. True: a wire has it. */
static bool delivery_reply(struct delivery *delivery, const struct dispatch_result *result)
{
    struct mailbox_pump *pump = delivery->pump;
    const struct envelope *request = &delivery->envelope;
    if (request->direction != ENVELOPE_REQUEST || delivery->is_answered)
        return false;
    delivery->is_answered = true;
    if (!pump->options.gate)
        return false;

    char text[ERR_TEXT_MAX + 64];
    struct envelope reply = {
        .route = request->route,
        .request_id = request->request_id,
        .traceparent = request->traceparent,
        .tracestate = request->tracestate,
        .direction = ENVELOPE_RESPONSE,
    };
    if (result->code == 0) {
        reply.has_payload = true;
        reply.payload = actr_bytes_view(result->payload);
    } else {
        char detail[ERR_TEXT_MAX];
        snprintf(detail, sizeof(detail), "%.*s", (int)result->message.len,
                 result->message.ptr ? (const char *)result->message.ptr : "");
        reply.has_error = true;
        reply.error_code = err_wire_code(result->code);
        reply.error_message = view_text(
            err_wire_text(result->code, detail, result->retry_after_ms, text, sizeof(text)));
    }
    if (peer_gate_reply(pump->options.gate, &delivery->message->origin.peer,
                        delivery->message->origin.session, &reply) < 0) {
        log_debug(pump->options.log, "reply.dropped", "%s", actr_errmsg());
        return false; /* the dedup memory keeps the answer for a retry */
    }
    pump->stats.replies++;
    return true;
}

/* It takes no handler's time any more. */
static void delivery_rest(struct delivery *delivery)
{
    if (!delivery->is_busy)
        return;
    delivery->is_busy = false;
    delivery->pump->busy--;
    pump_kick(delivery->pump);
}

static void delivery_on_kept(struct invocation *invocation)
{
    delivery_rest(container_of(invocation, struct delivery, invocation));
}

/* The message has gone back to the mailbox. */
static void delivery_free(struct delivery *delivery)
{
    struct mailbox_pump *pump = delivery->pump;
    list_remove(&delivery->link);
    delivery_rest(delivery);
    pump->stats.in_flight--;
    pool_give(&pump->cells, delivery);
    pump_kick(pump);
}

/* Done with it in every respect. */
static void delivery_end(struct delivery *delivery)
{
    mailbox_ack(delivery->pump->options.mailbox, delivery->message, NULL);
    delivery_free(delivery);
}

/* Done, and the mailbox keeps what became of it, in case it is sent again. */
static void delivery_end_with(struct delivery *delivery, const struct dispatch_result *result)
{
    const struct mailbox_answer answer = {
        .request_id = delivery->envelope.request_id,
        .code = result->code,
        .retry_after_ms = result->retry_after_ms,
        .payload = result->payload,
        .text = result->message,
    };
    mailbox_ack(delivery->pump->options.mailbox, delivery->message, &answer);
    delivery_free(delivery);
}

/* There is no memory to admit it. Who was told so is done with; anybody else's message has been
 * accepted, so it is tried again, before any other. */
static void delivery_park(struct delivery *delivery)
{
    struct mailbox_pump *pump = delivery->pump;
    const struct dispatch_result failed = {.code = ACTR_EUNAVAILABLE, .retry_after_ms = 1000};
    if (delivery_reply(delivery, &failed)) {
        delivery_end(delivery);
        return;
    }
    delivery->is_answered = false;
    pump->parked = delivery;
    loop_timer_start(&pump->retry, PUMP_RETRY_US);
    delivery_rest(delivery);
}

static void delivery_bury(struct delivery *delivery, const char *category, const char *detail)
{
    const struct mailbox_verdict verdict = {category, detail};
    mailbox_bury(delivery->pump->options.mailbox, delivery->message, &verdict);
    delivery_free(delivery);
}

static void delivery_report(struct delivery *delivery, const struct dispatch_result *result)
{
    const struct mailbox_pump_options *options = &delivery->pump->options;
    char text[ERR_TEXT_MAX];
    if (result->code == 0 || delivery->invocation.ctx.has_panicked)
        return; /* a panic has been reported as what it is */
    snprintf(text, sizeof(text), "%.*s: %.*s", (int)delivery->envelope.route.len,
             (const char *)delivery->envelope.route.ptr, (int)result->message.len,
             result->message.ptr ? (const char *)result->message.ptr : "");
    log_debug(options->log, "handler.error", "code=%d %s", result->code, text);
    if (options->on_handler_error)
        options->on_handler_error(options->owner, result->code, text);
}

/* It has not been handled, and nobody has been told: it was accepted, so it waits for the next run,
 * or, when what it ran in has ended with it, is handed out again until it is clear that it is the
 * one to blame. */
static void delivery_return(struct delivery *delivery, const struct dispatch_result *result)
{
    char text[ERR_TEXT_MAX];
    snprintf(text, sizeof(text), "%.*s", (int)result->message.len,
             result->message.ptr ? (const char *)result->message.ptr : "");
    invocation_deinit(&delivery->invocation);
    if (result->fate == DISPATCH_CRASHED)
        mailbox_retry(delivery->pump->options.mailbox, delivery->message, text);
    else
        mailbox_leave(delivery->pump->options.mailbox, delivery->message);
    delivery_free(delivery);
}

static void delivery_on_result(struct invocation *invocation, const struct dispatch_result *result)
{
    struct delivery *delivery = container_of(invocation, struct delivery, invocation);
    struct mailbox_pump *pump = delivery->pump;
    bool is_told = delivery_reply(delivery, result);
    delivery_report(delivery, result);
    if (result->fate != DISPATCH_HANDLED && !is_told &&
        dispatch_forget(pump->options.dispatch, delivery->entry)) {
        delivery_return(delivery, result);
        return;
    }
    dispatch_complete(pump->options.dispatch, delivery->entry, loop_now_us(pump->options.loop),
                      result);
    invocation_deinit(invocation);
    delivery_end_with(delivery, result);
}

/* The first copy of this request has ended. */
static void delivery_on_joined(struct dispatch_waiter *waiter, const struct dispatch_result *result)
{
    struct delivery *delivery = container_of(waiter, struct delivery, waiter);
    delivery_reply(delivery, result);
    delivery_end(delivery);
}

static void delivery_run(struct delivery *delivery, uint64_t deadline_us)
{
    struct mailbox_pump *pump = delivery->pump;
    const struct envelope *envelope = &delivery->envelope;
    struct actr_bytes whole = actr_bytes_ref(delivery->message->envelope);
    size_t offset = envelope->payload.len ? (size_t)(envelope->payload.ptr - whole.ptr) : 0;
    struct invocation *invocation = &delivery->invocation;

    invocation_init(invocation, pump->options.env, pump->options.workload, envelope->route,
                    actr_bytes_slice(whole, offset, envelope->payload.len));
    invocation->on_result = delivery_on_result;
    invocation->on_kept = delivery_on_kept;
    invocation->ctx.caller = &delivery->message->origin.peer;
    invocation->ctx.request_id = envelope->request_id;
    invocation->ctx.traceparent = envelope->traceparent;
    invocation->ctx.tracestate = envelope->tracestate;
    invocation->ctx.call_chain = envelope->call_chain;
    invocation->ctx.deadline_us = deadline_us;
    invocation->ctx.is_tell = envelope->direction == ENVELOPE_TELL;
    delivery->is_running = true;
    pump->stats.requests++;
    invocation_submit(invocation, delivery->message->priority == MAILBOX_HIGH);
}

/* 0: no deadline (a tell, or a request that gave none). */
static uint64_t delivery_deadline_us(const struct delivery *delivery)
{
    const struct envelope *envelope = &delivery->envelope;
    if (envelope->direction != ENVELOPE_REQUEST || envelope->timeout_ms <= 0)
        return 0;
    int64_t timeout_ms = envelope->timeout_ms > UINT32_MAX ? UINT32_MAX : envelope->timeout_ms;
    int64_t deadline_us = delivery->message->received_us + timeout_ms * 1000;
    return deadline_us > 0 ? (uint64_t)deadline_us : 1;
}

static void delivery_deny(struct delivery *delivery, const struct dispatch_result *result)
{
    char text[ERR_TEXT_MAX];
    delivery_reply(delivery, result);
    if (!delivery->pump->options.keeps_denied) {
        delivery_end(delivery);
        return;
    }
    snprintf(text, sizeof(text), "%.*s", (int)result->message.len,
             result->message.ptr ? (const char *)result->message.ptr : "");
    delivery_bury(delivery, MAILBOX_DENIED, text);
}

static void delivery_admit(struct delivery *delivery)
{
    struct mailbox_pump *pump = delivery->pump;
    uint64_t now_us = loop_now_us(pump->options.loop);
    uint64_t deadline_us = delivery_deadline_us(delivery);
    if (deadline_us != 0 && now_us >= deadline_us) {
        static const struct dispatch_result expired = {.code = ACTR_ETIMEDOUT,
                                                       .retry_after_ms = -1};
        pump->stats.expired++;
        delivery_reply(delivery, &expired);
        delivery_end(delivery);
        return;
    }

    struct dispatch_message message = {&delivery->message->origin.peer, &pump->options.env->self,
                                       &delivery->envelope};
    enum dispatch_verdict verdict = DISPATCH_DROP;
    const struct dispatch_result *result = NULL;
    list_init(&delivery->waiter.link);
    delivery->waiter.fn = delivery_on_joined;
    int r = dispatch_admit(pump->options.dispatch, &message, now_us, &delivery->waiter, &verdict,
                           &delivery->entry, &result);
    if (r < 0) {
        delivery_park(delivery);
        return;
    }
    switch (verdict) {
    case DISPATCH_RUN:
        delivery_run(delivery, deadline_us);
        return;
    case DISPATCH_JOINED:
        return;
    case DISPATCH_DENIED:
        delivery_deny(delivery, result);
        return;
    case DISPATCH_ANSWER:
        delivery_reply(delivery, result);
        break;
    case DISPATCH_DROP:
        break;
    }
    delivery_end(delivery);
}

static void pump_on_retry(struct loop_timer *timer)
{
    pump_kick(container_of(timer, struct mailbox_pump, retry));
}

/* Again the message that memory did not suffice for. False: not yet. */
static bool pump_unpark(struct mailbox_pump *pump)
{
    struct delivery *delivery = pump->parked;
    if (loop_timer_is_active(&pump->retry))
        return false;
    pump->parked = NULL;
    delivery->is_busy = true;
    pump->busy++;
    delivery_admit(delivery);
    return true;
}

/* Takes one message. False: there is none, or no memory to carry it (it stays in the mailbox until
 * the next ack or attempt). */
static bool pump_take(struct mailbox_pump *pump)
{
    if (pump->parked)
        return pump_unpark(pump);
    if (pump->options.mailbox->count == 0)
        return false;
    struct delivery *delivery = pool_take(&pump->cells);
    if (!delivery) {
        loop_timer_start(&pump->retry, PUMP_RETRY_US);
        return false;
    }
    struct mailbox_message *message = mailbox_take(pump->options.mailbox);
    if (!message) { /* what is queued is still on its way to the disk, or from there */
        pool_give(&pump->cells, delivery);
        return false;
    }
    delivery->pump = pump;
    delivery->message = message;
    delivery->entry = NULL;
    delivery->is_busy = true;
    delivery->is_running = false;
    delivery->is_answered = false;
    list_init(&delivery->link);
    list_push(&pump->deliveries, &delivery->link);
    pump->stats.in_flight++;
    pump->busy++;
    /* inbound_gate has decoded it before: it cannot fail, short of corruption on the disk. */
    if (envelope_decode(actr_bytes_view(message->envelope), &delivery->envelope) < 0) {
        log_warn(pump->options.log, "mailbox.corrupt", "id=%llu %s",
                 (unsigned long long)message->id, actr_errmsg());
        delivery_bury(delivery, MAILBOX_UNDECODABLE, actr_errmsg());
        return true;
    }
    delivery_admit(delivery);
    return true;
}

static void pump_on_task(struct loop_task *task)
{
    struct mailbox_pump *pump = container_of(task, struct mailbox_pump, task);
    if (!pump->is_started)
        return;
    uint32_t max = pump->options.in_flight_max;
    int burst = PUMP_BURST;
    while (burst > 0 && pump->busy < max && executor_has_room(pump->options.env->executor) &&
           pump_take(pump))
        burst--;
    if (burst == 0)
        pump_kick(pump);
    if (pump->on_drained && pump->stats.in_flight == 0 && pump->options.mailbox->count == 0) {
        void (*fn)(void *arg) = pump->on_drained;
        pump->on_drained = NULL;
        fn(pump->drained_arg);
    }
}

struct mailbox_pump *mailbox_pump_new(const struct mailbox_pump_options *options)
{
    struct mailbox_pump *pump = mem_alloc(sizeof(*pump));
    if (!pump)
        return NULL;
    pump->options = *options;
    if (pump->options.in_flight_max == 0)
        pump->options.in_flight_max = PUMP_IN_FLIGHT_MAX;
    list_init(&pump->deliveries);
    pool_init(&pump->cells, sizeof(struct delivery), PUMP_BLOCK_DELIVERIES, PUMP_SPARE_BLOCKS);
    loop_task_init(&pump->task, pump_on_task);
    loop_timer_init(&pump->retry, options->loop, pump_on_retry);
    return pump;
}

void mailbox_pump_free(struct mailbox_pump *pump)
{
    if (!pump)
        return;
    assert(list_is_empty(&pump->deliveries));
    loop_task_cancel(&pump->task);
    loop_timer_stop(&pump->retry);
    pool_deinit(&pump->cells);
    mem_free(pump);
}

void mailbox_pump_start(struct mailbox_pump *pump)
{
    pump->is_started = true;
    pump_kick(pump);
}

void mailbox_pump_on_ready(struct mailbox_pump *pump)
{
    pump_kick(pump);
}

void mailbox_pump_drain(struct mailbox_pump *pump, void (*fn)(void *arg), void *arg)
{
    pump->on_drained = fn;
    pump->drained_arg = arg;
    pump->is_started = true;
    pump_kick(pump);
}

void mailbox_pump_cut(struct mailbox_pump *pump, int code, const char *text)
{
    struct dispatch_result result = {.code = code, .retry_after_ms = -1};
    result.message = actr_bytes_str(text);
    pump->on_drained = NULL;
    pump->is_started = false;

    struct list *link = pump->deliveries.next;
    while (link != &pump->deliveries) {
        struct delivery *delivery = container_of(link, struct delivery, link);
        link = link->next;
        bool is_told = delivery_reply(delivery, &result);
        if (delivery == pump->parked && !is_told) {
            mailbox_leave(pump->options.mailbox, delivery->message);
            delivery_free(delivery);
        } else if (!delivery->is_running) {
            dispatch_leave(&delivery->waiter);
            delivery_end(delivery);
        }
    }
    pump->parked = NULL;
    struct mailbox_message *message;
    mailbox_wind_down(pump->options.mailbox);
    while ((message = mailbox_take(pump->options.mailbox)) != NULL) {
        struct delivery refused = {.pump = pump, .message = message};
        bool is_told =
            envelope_decode(actr_bytes_view(message->envelope), &refused.envelope) == 0 &&
            delivery_reply(&refused, &result);
        if (is_told)
            mailbox_ack(pump->options.mailbox, message, NULL);
        else
            mailbox_leave(pump->options.mailbox, message);
    }
    actr_bytes_unref(result.message);
}

void mailbox_pump_detach(struct mailbox_pump *pump)
{
    pump->options.gate = NULL;
}

struct mailbox_pump_stats mailbox_pump_get_stats(const struct mailbox_pump *pump)
{
    return pump->stats;
}
