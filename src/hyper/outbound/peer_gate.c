// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The gate to other actors.
 *
 * A request lives in three places at once from its start to its end: in pending_requests, in the
 * outbox of its peer, and on the timer of its deadline. peer_gate_end() takes it out of all of
 * them, and only then its fn runs: fn may start, cancel or close whatever it likes. An outbox is
 * made with the first message to a peer and stays while a wire to it is ready.
 *
 * Loop thread. It never retries what the peer has answered, and never decides where a wire goes. */
#include "hyper/outbound/peer_gate.h"

#include <assert.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "hyper/outbound/gate_encoding.h"
#include "hyper/outbound/outbox.h"
#include "hyper/outbound/pending_requests.h"
#include "hyper/outbound/retry.h"
#include "protocol/envelope.h"
#include "protocol/error.h"
#include "runtime/execution_plan.h"

#define PEER_GATE_PENDING_MAX 262144
#define PEER_GATE_PEER_PENDING_MAX 65536
#define PEER_GATE_UNSENT_BYTES_MAX ((uint64_t)64 << 20)
#define PEER_GATE_KEPT_BYTES_MAX ((uint64_t)512 << 20)
/* The existing system takes WebSocket frames of 16 MiB, lane header included. */
#define PEER_GATE_MESSAGE_LEN_MAX ((16u << 20) - 5)

/* Random bytes are drawn for so many request ids at once. */
#define PEER_GATE_RANDOM_IDS 32

struct peer_gate {
    struct peer_gate_options options;
    struct outbox_shared outboxes;
    struct list boxes; /* every outbox */
    struct list idle;  /* those to be freed by the sweep */
    struct pending_requests pending;
    struct peer_gate_stats stats;
    struct loop_task sweep, closing;
    bool is_closed;
    size_t random_left;
    uint8_t random[PEER_GATE_RANDOM_IDS][16];
    char closed_why[128];
};

/* A tell that could not be sent at once, or that must be remembered. */
struct gate_tell {
    struct gate_send send;
    struct peer_gate *gate;
    struct outbox *outbox;
    struct loop_timer deadline;
};

/* ---- Ends ---- */

static void peer_gate_end(struct gate_call *call, const struct actr_result *result)
{
    struct peer_gate *gate = call->_gate;

    call->_gate = NULL;
    loop_timer_stop(&call->_deadline);
    pending_requests_remove(&gate->pending, call);
    call->_fn(call, result);
}

static void peer_gate_fail(struct gate_call *call, int code, const char *message)
{
    const struct actr_result result = {
        .code = code,
        .message = message,
        .retry_after_ms = code == ACTR_ENOTREADY ? RETRY_UNREADY_MS : -1,
    };
    call->_gate->stats.calls_failed++;
    peer_gate_end(call, &result);
}

static void gate_tell_free(struct gate_tell *tell)
{
    loop_timer_stop(&tell->deadline);
    mem_free(tell);
}

static void gate_tell_fail(struct gate_tell *tell, int code, const char *detail)
{
    struct peer_gate *gate = tell->gate;
    const struct peer_gate_events *events = gate->options.events;
    struct actr_id to = *dest_transport_id(tell->outbox->dest);

    gate->stats.tells_failed++;
    gate_tell_free(tell);
    if (events && events->on_tell_failed)
        events->on_tell_failed(gate->options.owner, &to, code, detail);
}

static void peer_gate_on_send_failed(void *owner, struct gate_send *send, int code,
                                     const char *detail)
{
    (void)owner;
    if (send->_is_tell)
        gate_tell_fail(container_of(send, struct gate_tell, send), code, detail);
    else
        peer_gate_fail(container_of(send, struct gate_call, _send), code, detail);
}

static void peer_gate_on_send_done(void *owner, struct gate_send *send)
{
    (void)owner;
    gate_tell_free(container_of(send, struct gate_tell, send));
}

static void peer_gate_on_deadline(struct loop_timer *timer)
{
    struct gate_call *call = container_of(timer, struct gate_call, _deadline);
    struct outbox *outbox = call->_outbox;
    bool was_sent = call->_send._session != 0;
    const char *trouble = was_sent ? "" : dest_transport_trouble(outbox->dest);
    char id[ACTR_ID_STR_MAX], text[ERR_TEXT_MAX];

    snprintf(text, sizeof(text),
             was_sent ? "no answer from %s in time%s%s" : "no connection to %s%s%s",
             actr_id_format(dest_transport_id(outbox->dest), id), trouble[0] ? ": " : "", trouble);
    outbox_remove(outbox, &call->_send);
    peer_gate_fail(call, ACTR_ETIMEDOUT, text);
}

/* A copy kept for an unproven wire has just been kept long enough. */
static void peer_gate_on_tell_deadline(struct loop_timer *timer)
{
    struct gate_tell *tell = container_of(timer, struct gate_tell, deadline);
    bool was_sent = tell->send._session != 0;

    outbox_remove(tell->outbox, &tell->send);
    if (was_sent)
        gate_tell_free(tell);
    else
        gate_tell_fail(tell, ACTR_ETIMEDOUT, "no connection in time");
}

/* ---- Outboxes ---- */

static void peer_gate_on_outbox_idle(void *owner, struct outbox *outbox)
{
    struct peer_gate *gate = owner;
    list_remove(&outbox->link);
    list_push(&gate->idle, &outbox->link);
    loop_defer(gate->options.loop, &gate->sweep);
}

static const struct outbox_events peer_gate_outbox_events = {
    .on_failed = peer_gate_on_send_failed,
    .on_done = peer_gate_on_send_done,
    .on_idle = peer_gate_on_outbox_idle,
};

static void peer_gate_drop_outbox(struct outbox *outbox)
{
    struct dest_transport *dest = outbox->dest;
    outbox_free(outbox);
    dest_transport_set_user(dest, NULL);
}

static void peer_gate_on_sweep(struct loop_task *task)
{
    struct peer_gate *gate = container_of(task, struct peer_gate, sweep);
    struct list *link;

    while ((link = list_pop(&gate->idle)) != NULL) {
        struct outbox *outbox = container_of(link, struct outbox, link);
        if (outbox_is_idle(outbox))
            peer_gate_drop_outbox(outbox);
        else
            list_push(&gate->boxes, link);
    }
}

static int peer_gate_make_outbox(struct peer_gate *gate, const struct actr_id *to,
                                 struct outbox **ret_outbox)
{
    struct dest_transport *dest;
    int r = peer_transport_dest(gate->options.transport, to, &dest);
    if (r < 0)
        return r;
    struct outbox *outbox = dest_transport_user(dest);
    if (!outbox) {
        outbox = outbox_new(&gate->outboxes, dest);
        if (!outbox)
            return err_origin(ACTR_ENOMEM, "gate: no memory");
        dest_transport_set_user(dest, outbox);
        list_push(&gate->boxes, &outbox->link);
    }
    *ret_outbox = outbox;
    return 0;
}

/* The outbox for a message that goes to `to`, made when there is none. On failure the message's
 * envelope is given back. */
static int peer_gate_outbox(struct peer_gate *gate, const struct actr_id *to,
                            struct gate_send *send, struct outbox **ret_outbox)
{
    int r = peer_gate_make_outbox(gate, to, ret_outbox);
    if (r < 0)
        actr_bytes_unref(bytes_take(&send->_envelope));
    return r;
}

/* ---- Requests and tells ---- */

static void peer_gate_new_id(struct peer_gate *gate, char ret_id[GATE_REQUEST_ID_SIZE])
{
    if (gate->random_left == 0) {
        loop_random(gate->options.loop, gate->random, sizeof(gate->random));
        gate->random_left = PEER_GATE_RANDOM_IDS;
    }
    text_uuid(ret_id, gate->random[--gate->random_left]);
}

static int peer_gate_begin(struct peer_gate *gate, const struct gate_message *message,
                           char ret_id[GATE_REQUEST_ID_SIZE])
{
    const struct execution_plan plan = execution_plan_resolve(
        (uint32_t)message->type, MESSAGE_REQUEST, RUNTIME_NATIVE, TRANSPORT_WEBRTC, NULL);
    if (plan.policy == EXECUTION_REFUSED)
        return err_origin(ACTR_EINVALID, "%s", plan.reason);
    if (message->timeout_ms == 0)
        return err_origin(ACTR_EINVALID, "no timeout");
    if (gate->is_closed)
        return err_origin(ACTR_EUNAVAILABLE, "%s", gate->closed_why);
    if (message->request_id)
        snprintf(ret_id, GATE_REQUEST_ID_SIZE, "%s", message->request_id);
    else
        peer_gate_new_id(gate, ret_id);
    return 0;
}

int peer_gate_call(struct peer_gate *gate, const struct actr_id *to, struct gate_call *call,
                   const struct gate_message *message, gate_call_fn *fn)
{
    AUTO_BYTES struct actr_bytes payload = message->payload;

    *call = (struct gate_call){._fn = fn};
    int r = peer_gate_begin(gate, message, call->request_id);
    if (r == 0)
        r = pending_requests_add(&gate->pending, call);
    if (r < 0)
        return r;
    r = gate_encoding_message(message, ENVELOPE_REQUEST, call->request_id,
                              gate->options.message_len_max, &call->_send);
    if (r == 0)
        r = peer_gate_outbox(gate, to, &call->_send, &call->_outbox);
    if (r == 0)
        r = outbox_push(call->_outbox, &call->_send);
    if (r < 0) {
        pending_requests_remove(&gate->pending, call);
        return r;
    }
    call->_gate = gate;
    loop_timer_init(&call->_deadline, gate->options.loop, peer_gate_on_deadline);
    loop_timer_start(&call->_deadline, (uint64_t)message->timeout_ms * 1000);
    gate->stats.calls++;
    return 0;
}

void peer_gate_cancel(struct gate_call *call)
{
    struct peer_gate *gate = call->_gate;
    if (!gate)
        return;
    call->_gate = NULL;
    loop_timer_stop(&call->_deadline);
    pending_requests_remove(&gate->pending, call);
    outbox_remove(call->_outbox, &call->_send);
}

/* A tell that may have to wait, or to be sent again. Consumes what is in *send. */
static int peer_gate_tell_kept(struct peer_gate *gate, struct outbox *outbox,
                               const struct gate_send *send, uint32_t timeout_ms)
{
    struct gate_tell *tell = mem_alloc(sizeof(*tell));
    if (!tell) {
        actr_bytes_unref(send->_envelope);
        return err_origin(ACTR_ENOMEM, "gate: no memory");
    }
    tell->send = *send;
    tell->gate = gate;
    tell->outbox = outbox;
    loop_timer_init(&tell->deadline, gate->options.loop, peer_gate_on_tell_deadline);
    int r = outbox_push(outbox, &tell->send);
    if (r != 0)
        mem_free(tell);
    else
        loop_timer_start(&tell->deadline, (uint64_t)timeout_ms * 1000);
    return r < 0 ? r : 0;
}

int peer_gate_tell(struct peer_gate *gate, const struct actr_id *to,
                   const struct gate_message *message)
{
    AUTO_BYTES struct actr_bytes payload = message->payload;
    char request_id[GATE_REQUEST_ID_SIZE];
    struct outbox *outbox;
    struct gate_send send;

    int r = peer_gate_begin(gate, message, request_id);
    if (r == 0)
        r = gate_encoding_message(message, ENVELOPE_TELL, request_id, gate->options.message_len_max,
                                  &send);
    if (r == 0)
        r = peer_gate_outbox(gate, to, &send, &outbox);
    if (r != 0)
        return r;
    if (outbox_is_clear(outbox)) {
        r = outbox_push(outbox, &send);
        assert(r != 0); /* gone or refused: nothing points at `send` */
    } else {
        r = peer_gate_tell_kept(gate, outbox, &send, message->timeout_ms);
    }
    if (r < 0)
        return r;
    gate->stats.tells++;
    return 0;
}

/* ---- Answers ---- */

static int peer_gate_send_reply(struct peer_gate *gate, const struct actr_id *to, uint64_t session,
                                struct actr_bytes bytes)
{
    struct dest_transport *dest = peer_transport_find(gate->options.transport, to);
    if (dest)
        return dest_transport_send_session(dest, session, ACTR_RPC_RELIABLE, bytes);
    actr_bytes_unref(bytes);
    return err_origin(ACTR_EUNAVAILABLE, "the peer has gone");
}

int peer_gate_reply(struct peer_gate *gate, const struct actr_id *to, uint64_t session,
                    const struct envelope *reply)
{
    struct actr_bytes bytes;
    int r = gate_encoding_reply(reply, gate->options.message_len_max, &bytes);
    if (r < 0)
        return r;
    r = peer_gate_send_reply(gate, to, session, bytes);
    if (r < 0)
        gate->stats.replies_dropped++;
    else
        gate->stats.replies++;
    return r;
}

int peer_gate_too_large(const struct peer_gate *gate, size_t len)
{
    return gate_encoding_too_large(len, gate->options.message_len_max);
}

/* The request that a response from there answers, which has left its outbox; NULL: none. */
static struct gate_call *peer_gate_answered(struct peer_gate *gate, struct dest_transport *from,
                                            const struct envelope *response)
{
    struct gate_call *call = pending_requests_find(&gate->pending, response->request_id);
    if (!call || call->_outbox->dest != from) {
        gate->stats.responses_late++;
        return NULL;
    }
    outbox_remove(call->_outbox, &call->_send);
    return call;
}

bool peer_gate_on_excess(struct peer_gate *gate, struct dest_transport *from,
                         const struct envelope *response, const char *detail)
{
    struct gate_call *call = peer_gate_answered(gate, from, response);
    if (!call)
        return false;
    peer_gate_fail(call, ACTR_EINVALID, detail);
    return true;
}

bool peer_gate_on_response(struct peer_gate *gate, struct dest_transport *from,
                           const struct envelope *response, struct actr_bytes bytes)
{
    AUTO_BYTES struct actr_bytes owned = bytes;
    struct gate_call *call = peer_gate_answered(gate, from, response);
    char text[ERR_TEXT_MAX];
    struct actr_result result = {.retry_after_ms = -1};

    if (!call)
        return false;
    if (response->has_payload == response->has_error) {
        peer_gate_fail(call, ACTR_EDECODE,
                       response->has_error ? "the response has a payload and an error"
                                           : "the response has neither payload nor error");
        return true;
    }
    if (response->has_error) {
        const struct error_response error = {response->error_code, response->error_message};
        result.code = error_from_wire(&error, text, sizeof(text), &result.retry_after_ms);
        result.message = text;
    } else if (response->payload.len > 0) {
        size_t offset = (size_t)(response->payload.ptr - bytes.ptr);
        owned = actr_bytes_slice(owned, offset, response->payload.len);
        result.reply = owned;
    }
    peer_gate_end(call, &result);
    return true;
}

/* ---- What the transport reports ---- */

void peer_gate_on_ready(struct peer_gate *gate, struct dest_transport *dest, uint64_t session)
{
    struct outbox *outbox = dest_transport_user(dest);
    (void)gate;
    if (outbox)
        outbox_on_ready(outbox, session);
}

void peer_gate_on_proven(struct peer_gate *gate, struct dest_transport *dest, uint64_t session)
{
    struct outbox *outbox = dest_transport_user(dest);
    (void)gate;
    if (outbox)
        outbox_on_proven(outbox, session);
}

void peer_gate_on_writable(struct peer_gate *gate, struct dest_transport *dest)
{
    struct outbox *outbox = dest_transport_user(dest);
    (void)gate;
    if (outbox)
        outbox_on_writable(outbox);
}

void peer_gate_on_stall(struct peer_gate *gate, struct dest_transport *dest, uint64_t session)
{
    struct outbox *outbox = dest_transport_user(dest);
    (void)gate;
    if (outbox)
        outbox_on_stall(outbox, session);
}

void peer_gate_on_unreachable(struct peer_gate *gate, struct dest_transport *dest, int code,
                              const char *detail)
{
    struct outbox *outbox = dest_transport_user(dest);
    (void)gate;
    if (outbox)
        outbox_on_unreachable(outbox, code, detail);
}

void peer_gate_on_wire(struct peer_gate *gate, struct dest_transport *dest, uint64_t session,
                       int code, const char *detail)
{
    struct outbox *outbox = dest_transport_user(dest);
    (void)gate;
    if (outbox && code < 0)
        outbox_on_lost(outbox, session, detail);
}

/* ---- Beginning and end ---- */

/* Fails messages that were taken out of their outboxes' lists. */
static void peer_gate_fail_sends(struct peer_gate *gate, struct list *sends, const char *why)
{
    while (!list_is_empty(sends)) {
        struct gate_send *send = container_of(sends->next, struct gate_send, _link);
        struct outbox *outbox = send->_is_tell
                                    ? container_of(send, struct gate_tell, send)->outbox
                                    : container_of(send, struct gate_call, _send)->_outbox;
        outbox_remove(outbox, send);
        peer_gate_on_send_failed(gate, send, ACTR_EUNAVAILABLE, why);
    }
}

void peer_gate_on_identity(struct peer_gate *gate, const char *why)
{
    struct list sends;
    list_init(&sends);
    list_each(link, &gate->boxes) outbox_take_sent(container_of(link, struct outbox, link), &sends);
    peer_gate_fail_sends(gate, &sends, why);
}

static void peer_gate_on_closing(struct loop_task *task)
{
    struct peer_gate *gate = container_of(task, struct peer_gate, closing);
    struct list sends;
    list_init(&sends);
    list_append(&gate->boxes, &gate->idle);
    list_each(link, &gate->boxes) outbox_take_all(container_of(link, struct outbox, link), &sends);
    peer_gate_fail_sends(gate, &sends, gate->closed_why);
}

void peer_gate_close(struct peer_gate *gate, const char *why)
{
    if (gate->is_closed)
        return;
    gate->is_closed = true;
    struct text text;
    text_init(&text, gate->closed_why, sizeof(gate->closed_why));
    text_append(&text, view_text(why));
    loop_defer(gate->options.loop, &gate->closing);
}

static void peer_gate_fill(struct peer_gate_options *options)
{
    if (options->pending_max == 0)
        options->pending_max = PEER_GATE_PENDING_MAX;
    if (options->peer_pending_max == 0)
        options->peer_pending_max = PEER_GATE_PEER_PENDING_MAX;
    if (options->peer_unsent_bytes_max == 0)
        options->peer_unsent_bytes_max = PEER_GATE_UNSENT_BYTES_MAX;
    if (options->kept_bytes_max == 0)
        options->kept_bytes_max = PEER_GATE_KEPT_BYTES_MAX;
    if (options->message_len_max == 0)
        options->message_len_max = PEER_GATE_MESSAGE_LEN_MAX;
}

struct peer_gate *peer_gate_new(const struct peer_gate_options *options)
{
    struct peer_gate *gate = mem_alloc(sizeof(*gate));
    struct hash_key key;
    if (!gate)
        return NULL;
    gate->options = *options;
    peer_gate_fill(&gate->options);
    gate->outboxes = (struct outbox_shared){
        .loop = options->loop,
        .events = &peer_gate_outbox_events,
        .owner = gate,
        .count_max = gate->options.peer_pending_max,
        .unsent_bytes_max = gate->options.peer_unsent_bytes_max,
        .kept_bytes_max = gate->options.kept_bytes_max,
    };
    list_init(&gate->boxes);
    list_init(&gate->idle);
    loop_random(options->loop, &key, sizeof(key));
    pending_requests_init(&gate->pending, &key, gate->options.pending_max);
    loop_task_init(&gate->sweep, peer_gate_on_sweep);
    loop_task_init(&gate->closing, peer_gate_on_closing);
    return gate;
}

void peer_gate_free(struct peer_gate *gate)
{
    struct list *link;
    if (!gate)
        return;
    loop_task_cancel(&gate->sweep);
    loop_task_cancel(&gate->closing);
    list_append(&gate->boxes, &gate->idle);
    while ((link = list_pop(&gate->boxes)) != NULL)
        peer_gate_drop_outbox(container_of(link, struct outbox, link));
    pending_requests_deinit(&gate->pending);
    mem_free(gate);
}

struct peer_gate_stats peer_gate_get_stats(const struct peer_gate *gate)
{
    struct peer_gate_stats stats = gate->stats;
    stats.resends = gate->outboxes.resends;
    stats.pending = (uint32_t)gate->pending.by_id.count;
    return stats;
}
