// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One destination and all its wires, whoever dialled them.
 *
 * Requests leave by the pool, by wires that this node dialled. Answers leave by the wire their
 * request came by, and all of them by one that carries both ways as soon as the peer asks by it;
 * answer_order keeps their order then. The reading side follows three things only: the mailbox may
 * pause the peer; answers that are awaited are read nevertheless; and a peer that does not read its
 * answers is not read from either, so that it cannot make this node's queues grow by asking.
 *
 * Nothing is freed while a caller may hold it: tidying is a task. Loop thread. */
#include "hyper/transport/dest_transport.h"

#include <assert.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "hyper/transport/ws_frame.h"

/* An accepted wire. */
struct dest_wire {
    struct list link; /* of dest->accepted */
    struct dest_transport *dest;
    struct wire_handle handle;
    struct loop_task up; /* tells of it, and begins to read */
    bool is_up, is_evicted;
};

static void dest_transport_on_tidy(struct loop_task *task)
{
    struct dest_transport *dest = container_of(task, struct dest_transport, tidy);
    if (list_is_empty(&dest->accepted) && wire_pool_is_idle(&dest->pool))
        dest->shared->on_quiet(dest->shared, dest);
}

static void dest_transport_tidy(struct dest_transport *dest)
{
    loop_defer(dest->shared->options.loop, &dest->tidy);
}

/* Is its peer known to be who it says? */
static bool dest_transport_verifies(const struct wire *wire)
{
    return wire->role == WIRE_ACCEPTED || wire_carries_both(wire->kind);
}

/* Of a message that was too long, in fragments; consumes ends. */
static void dest_transport_deliver_ends(struct dest_transport *dest,
                                        const struct wire_handle *handle,
                                        enum actr_payload_type type, struct actr_bytes ends)
{
    AUTO_BYTES struct actr_bytes owned = ends;
    const struct peer_transport_options *options = &dest->shared->options;
    size_t head_len = handle->excess.head_len;
    const struct excess excess = {
        .head = {ends.ptr, head_len},
        .tail = {ends.len ? ends.ptr + head_len : NULL, ends.len - head_len},
        .len = handle->excess.len,
    };
    options->events->on_excess(options->owner, dest, handle->wire->session,
                               dest_transport_verifies(handle->wire), type, &excess);
}

/* Of one that was too long for a WebSocket. */
static void dest_transport_deliver_excess(struct dest_transport *dest, const struct wire *wire,
                                          const struct excess *excess)
{
    const struct peer_transport_options *options = &dest->shared->options;
    struct excess body = *excess;
    enum actr_payload_type type;

    if (ws_frame_decode_ends(&body, &type) < 0) {
        dest->shared->stats.frames_dropped++;
        return;
    }
    dest->shared->stats.frames_in++;
    options->events->on_excess(options->owner, dest, wire->session, dest_transport_verifies(wire),
                               type, &body);
}

static void dest_transport_deliver(struct dest_transport *dest, struct wire_handle *handle,
                                   uint8_t channel, struct actr_bytes message)
{
    struct dest_shared *shared = dest->shared;
    const struct wire *wire = handle->wire;
    enum actr_payload_type type;

    const struct wire_handle_limits limits = {shared->options.message_len_max, &shared->parts};
    int r = wire_handle_receive(handle, channel, &limits, loop_now_us(shared->options.loop),
                                &message, &type);
    if (r == WIRE_HANDLE_PART) {
        if (!loop_timer_is_active(&shared->expiry))
            loop_timer_start(&shared->expiry, WIRE_HANDLE_LATENCY_EXPIRY_US);
        return;
    }
    if (r < 0) {
        shared->stats.frames_dropped++;
        return;
    }
    shared->stats.frames_in++;
    if (r == WIRE_HANDLE_TOO_LONG) {
        dest_transport_deliver_ends(dest, handle, type, message);
        return;
    }
    shared->options.events->on_message(shared->options.owner, dest, wire->session,
                                       dest_transport_verifies(wire), wire->kind, type, message);
}

static void dest_transport_tell_wire(struct dest_transport *dest, uint64_t session, int code,
                                     const char *detail)
{
    struct dest_shared *shared = dest->shared;
    if (code == 0)
        shared->stats.wires++;
    else
        shared->stats.wires--;
    shared->options.events->on_wire(shared->options.owner, dest, session, code, detail);
}

static void dest_transport_steer(struct dest_transport *dest)
{
    bool is_wanted = !dest->is_paused || dest->is_awaited;
    wire_pool_read(&dest->pool, is_wanted && !answer_order_is_full(&dest->order));
}

/* The answers that wait leave, if they still can. */
static void dest_transport_release(struct dest_transport *dest)
{
    bool was_full = answer_order_is_full(&dest->order);
    struct list answers, *link;

    list_init(&answers);
    answer_order_take(&dest->order, &answers);
    while ((link = list_pop(&answers)) != NULL) {
        struct answer_order_held *answer = container_of(link, struct answer_order_held, link);
        int r = dest_transport_send_session(dest, answer->session, answer->type, answer->message);
        dest->shared->stats.answers_lost += r < 0;
        mem_free(answer);
    }
    if (was_full)
        dest_transport_steer(dest);
}

static void dest_transport_on_due(struct answer_order *order)
{
    dest_transport_release(container_of(order, struct dest_transport, order));
}

/* ---- Dialled wires ---- */

static void dest_transport_on_ready(void *owner, struct wire *wire)
{
    const struct dest_transport *dest = owner;
    wire_await(wire, dest->is_awaited);
    dest_transport_tell_wire(owner, wire->session, 0, NULL);
}

static void dest_transport_on_carrier(void *owner, struct wire *wire)
{
    struct dest_transport *dest = owner;
    dest->shared->options.events->on_ready(dest->shared->options.owner, dest, wire->session);
}

static void dest_transport_on_proven(void *owner, struct wire *wire)
{
    struct dest_transport *dest = owner;
    dest->shared->options.events->on_proven(dest->shared->options.owner, dest, wire->session);
}

static void dest_transport_on_message(void *owner, struct wire_handle *handle, uint8_t channel,
                                      struct actr_bytes message)
{
    dest_transport_deliver(owner, handle, channel, message);
}

static void dest_transport_on_excess(void *owner, struct wire_handle *handle,
                                     const struct excess *excess)
{
    dest_transport_deliver_excess(owner, handle->wire, excess);
}

static void dest_transport_on_writable(void *owner)
{
    struct dest_transport *dest = owner;
    dest->shared->options.events->on_writable(dest->shared->options.owner, dest);
}

static void dest_transport_on_stall(void *owner, const struct wire *wire)
{
    struct dest_transport *dest = owner;
    dest->shared->options.events->on_stall(dest->shared->options.owner, dest, wire->session);
}

static void dest_transport_on_lost(void *owner, const struct wire *wire, int code,
                                   const char *detail)
{
    dest_transport_tell_wire(owner, wire->session, code, detail);
}

static void dest_transport_on_unreachable(void *owner, int code, const char *detail)
{
    struct dest_transport *dest = owner;
    dest_transport_tidy(dest);
    dest->shared->options.events->on_unreachable(dest->shared->options.owner, dest, code, detail);
}

static void dest_transport_on_idle(void *owner)
{
    dest_transport_tidy(owner);
}

static const struct wire_pool_events dest_transport_pool_events = {
    .on_ready = dest_transport_on_ready,
    .on_carrier = dest_transport_on_carrier,
    .on_proven = dest_transport_on_proven,
    .on_message = dest_transport_on_message,
    .on_excess = dest_transport_on_excess,
    .on_writable = dest_transport_on_writable,
    .on_stall = dest_transport_on_stall,
    .on_lost = dest_transport_on_lost,
    .on_unreachable = dest_transport_on_unreachable,
    .on_idle = dest_transport_on_idle,
};

/* ---- Accepted wires ---- */

static void dest_wire_steer(const struct dest_wire *accepted)
{
    wire_read(accepted->handle.wire,
              accepted->is_up && !accepted->dest->is_paused && !accepted->handle.is_full);
}

/* The wire is in use: others are closed before it. */
static void dest_wire_touch(struct dest_wire *accepted)
{
    list_remove(&accepted->link);
    list_push(&accepted->dest->accepted, &accepted->link);
}

static void dest_wire_on_up(struct loop_task *task)
{
    struct dest_wire *accepted = container_of(task, struct dest_wire, up);

    if (!wire_handle_is_ready(&accepted->handle))
        return;
    accepted->is_up = true;
    dest_wire_steer(accepted);
    dest_transport_tell_wire(accepted->dest, accepted->handle.wire->session, 0, NULL);
}

static void dest_wire_on_message(void *owner, struct wire *wire, uint8_t channel,
                                 struct actr_bytes message)
{
    struct dest_wire *accepted = owner;
    (void)wire;
    dest_wire_touch(accepted);
    dest_transport_deliver(accepted->dest, &accepted->handle, channel, message);
}

static void dest_wire_on_excess(void *owner, struct wire *wire, uint8_t channel,
                                const struct excess *excess)
{
    struct dest_wire *accepted = owner;
    (void)channel;
    dest_wire_touch(accepted);
    dest_transport_deliver_excess(accepted->dest, wire, excess);
}

static void dest_wire_on_writable(void *owner, struct wire *wire, uint8_t channel)
{
    struct dest_wire *accepted = owner;
    (void)wire, (void)channel;
    accepted->handle.is_full = false;
    dest_wire_steer(accepted);
}

static void dest_wire_on_settled(void *owner, struct wire *wire)
{
    struct dest_transport *dest = ((struct dest_wire *)owner)->dest;
    if (answer_order_on_settled(&dest->order, wire))
        dest_transport_release(dest);
}

static void dest_wire_on_closed(void *owner, struct wire *wire, int code, const char *detail,
                                bool final)
{
    struct dest_wire *accepted = owner;
    struct dest_transport *dest = accepted->dest;
    bool was_up = accepted->is_up;

    (void) final;
    list_remove(&accepted->link);
    loop_task_cancel(&accepted->up);
    if (!accepted->is_evicted) {
        dest->accepted_count--;
        wire_pool_probe(&dest->pool);
    }
    wire_handle_clear(&accepted->handle);
    mem_free(accepted);
    if (answer_order_on_lost(&dest->order, wire))
        dest_transport_release(dest);
    dest_transport_tidy(dest);
    if (was_up)
        dest_transport_tell_wire(dest, wire->session, code, detail);
}

static const struct wire_events dest_wire_events = {
    .on_message = dest_wire_on_message,
    .on_excess = dest_wire_on_excess,
    .on_writable = dest_wire_on_writable,
    .on_settled = dest_wire_on_settled,
    .on_closed = dest_wire_on_closed,
};

static void dest_wire_evict(struct dest_wire *accepted, const char *why)
{
    if (accepted->is_evicted)
        return;
    accepted->is_evicted = true;
    accepted->dest->accepted_count--;
    wire_close(accepted->handle.wire, ACTR_ECANCELED, why);
}

static void dest_transport_evict_one(struct dest_transport *dest)
{
    list_each(link, &dest->accepted)
    {
        struct dest_wire *accepted = container_of(link, struct dest_wire, link);
        if (!accepted->is_evicted) {
            dest_wire_evict(accepted, "another connection of the same peer took its place");
            return;
        }
    }
}

int dest_transport_accept(struct dest_transport *dest, struct wire *wire)
{
    if (wire_carries_both(wire->kind)) {
        if (!wire_pool_adopt(&dest->pool, wire))
            return err_origin(ACTR_EUNAVAILABLE, "transport: there is such a wire already");
        return 0;
    }
    struct dest_wire *accepted = mem_alloc(sizeof(*accepted));
    if (!accepted)
        return err_origin(ACTR_ENOMEM, "transport: no memory");
    if (dest->accepted_count >= dest->shared->options.accepted_max)
        dest_transport_evict_one(dest);
    accepted->dest = dest;
    accepted->handle.wire = wire;
    loop_task_init(&accepted->up, dest_wire_on_up);
    loop_defer(dest->shared->options.loop, &accepted->up);
    list_init(&accepted->link);
    list_push(&dest->accepted, &accepted->link);
    dest->accepted_count++;
    wire_adopt(wire, &dest_wire_events, accepted);
    return 0;
}

/* The wire that carries both ways by which an answer to what came by `session` leaves; NULL: by an
 * accepted one. One that is stalled takes its own only. */
static struct wire_handle *dest_transport_answerer(struct dest_transport *dest, uint64_t session)
{
    struct wire_handle *asked = NULL;
    if (dest->asked_session != session)
        asked = wire_pool_find(&dest->pool, dest->asked_session);
    return asked && !asked->wire->stalled ? asked : wire_pool_find(&dest->pool, session);
}

/* The ready wire of that session, else the one last in use; NULL: none. */
static struct dest_wire *dest_transport_accepted(const struct dest_transport *dest,
                                                 uint64_t session)
{
    struct dest_wire *last = NULL;
    list_each(link, &dest->accepted)
    {
        struct dest_wire *accepted = container_of(link, struct dest_wire, link);
        if (!wire_handle_is_ready(&accepted->handle))
            continue;
        last = accepted;
        if (accepted->handle.wire->session == session)
            break;
    }
    return last;
}

/* ---- For the layer above (lane.h) ---- */

const struct actr_id *dest_transport_id(const struct dest_transport *dest)
{
    return &dest->id;
}

const char *dest_transport_trouble(const struct dest_transport *dest)
{
    return wire_pool_trouble(&dest->pool);
}

void dest_transport_set_user(struct dest_transport *dest, void *user)
{
    dest->user = user;
    if (!user)
        dest_transport_tidy(dest);
}

void *dest_transport_user(const struct dest_transport *dest)
{
    return dest->user;
}

bool dest_transport_connect(struct dest_transport *dest, uint64_t *ret_session, bool *ret_proven)
{
    if (!wire_pool_connect(&dest->pool))
        return false;
    const struct wire *wire = wire_pool_carrier(&dest->pool)->wire;
    *ret_session = wire->session;
    *ret_proven = wire->proven;
    return true;
}

uint64_t dest_transport_stalled(const struct dest_transport *dest)
{
    return wire_pool_stalled(&dest->pool);
}

int dest_transport_send(struct dest_transport *dest, enum actr_payload_type type,
                        struct actr_bytes message)
{
    struct wire_handle *carrier = wire_pool_carrier(&dest->pool);

    if (!carrier) {
        actr_bytes_unref(message);
        return err_origin(ACTR_EUNAVAILABLE, "no wire is ready");
    }
    int r = wire_handle_send(carrier, type, message);
    dest->shared->stats.frames_out += r >= 0;
    return r == WIRE_FULL ? LANE_FULL : r;
}

static int dest_transport_hold(struct dest_transport *dest, uint64_t session,
                               enum actr_payload_type type, struct actr_bytes message)
{
    int r = answer_order_hold(&dest->order, session, type, message);
    if (answer_order_is_over(&dest->order))
        dest_transport_release(dest);
    else if (answer_order_is_full(&dest->order))
        dest_transport_steer(dest);
    return r;
}

int dest_transport_send_session(struct dest_transport *dest, uint64_t session,
                                enum actr_payload_type type, struct actr_bytes message)
{
    struct wire_handle *dialled = dest_transport_answerer(dest, session);
    struct dest_wire *accepted = dialled ? NULL : dest_transport_accepted(dest, session);

    if (!dialled && !accepted)
        dialled = wire_pool_carrier(&dest->pool);
    if (!dialled && !accepted) {
        actr_bytes_unref(message);
        return err_origin(ACTR_EUNAVAILABLE, "the peer has gone");
    }
    if (dialled && answer_order_must_wait(&dest->order) && wire_carries_both(dialled->wire->kind))
        return dest_transport_hold(dest, session, type, message);
    int r = wire_handle_send(accepted ? &accepted->handle : dialled, type, message);
    dest->shared->stats.frames_out += r >= 0;
    if (accepted) {
        answer_order_left(&dest->order, accepted->handle.wire);
        dest_wire_touch(accepted);
        dest_wire_steer(accepted);
    }
    return r < 0 ? r : 0;
}

void dest_transport_asked(struct dest_transport *dest, uint64_t session)
{
    if (dest->asked_session == session)
        return;
    dest->asked_session = session;
    if (!wire_pool_find(&dest->pool, session))
        dest_transport_release(dest); /* what is answered now would leave before them */
}

void dest_transport_read(struct dest_transport *dest, bool enable)
{
    dest->is_paused = !enable;
    dest_transport_steer(dest);
    list_each(link, &dest->accepted) dest_wire_steer(container_of(link, struct dest_wire, link));
}

void dest_transport_await(struct dest_transport *dest, bool is_awaited)
{
    if (dest->is_awaited == is_awaited)
        return;
    dest->is_awaited = is_awaited;
    wire_pool_await(&dest->pool, is_awaited);
    if (dest->is_paused)
        dest_transport_steer(dest);
}

/* ---- For peer_transport ---- */

void dest_transport_reset(struct dest_transport *dest, const char *why)
{
    dest_transport_release(dest);
    wire_pool_reset(&dest->pool, why);
    list_each(link, &dest->accepted)
        dest_wire_evict(container_of(link, struct dest_wire, link), why);
}

void dest_transport_close(struct dest_transport *dest)
{
    dest_transport_release(dest);
    wire_pool_close(&dest->pool, "the node stops");
    list_each(link, &dest->accepted)
        dest_wire_evict(container_of(link, struct dest_wire, link), "the node stops");
    dest_transport_tidy(dest);
}

struct dest_transport *dest_transport_new(struct dest_shared *shared, const struct actr_id *id)
{
    struct dest_transport *dest = mem_alloc(sizeof(*dest));
    if (!dest)
        return NULL;
    dest->shared = shared;
    dest->id = *id;
    list_init(&dest->accepted);
    answer_order_init(&dest->order, shared->options.loop, dest_transport_on_due);
    loop_task_init(&dest->tidy, dest_transport_on_tidy);
    const struct wire_pool_options options = {
        .loop = shared->options.loop,
        .dialers = shared->options.dialers,
        .count = shared->options.dialer_count,
        .peer = &dest->id,
        .dials = &shared->stats.dials,
        .events = &dest_transport_pool_events,
        .owner = dest,
    };
    wire_pool_init(&dest->pool, &options);
    dest_transport_tidy(dest);
    return dest;
}

void dest_transport_free(struct dest_transport *dest)
{
    assert(list_is_empty(&dest->accepted) && !dest->user);
    loop_task_cancel(&dest->tidy);
    answer_order_deinit(&dest->order);
    wire_pool_deinit(&dest->pool);
    mem_free(dest);
}
