// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One peer's outgoing messages.
 *
 * A message is in `waiting` (its _session is 0) or in `sent` (by the wire _session). A request
 * stays in `sent` until its owner removes it; a tell only while its wire is unproven. Kept messages
 * hold their envelope, so what is sent is one more reference to it, and what is sent again is the
 * identical bytes. A request that must not be sent twice gives its envelope away with the first
 * send.
 *
 * Loop thread. on_failed may do anything but free the outbox: lists that are walked while it runs
 * are popped from, never iterated. */
#include "hyper/outbound/outbox.h"

#include <assert.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "hyper/outbound/retry.h"

/* Repeats of many messages are gathered: the timer is not started for less. */
#define OUTBOX_REPEAT_GRAIN_US 50000u

static struct gate_send *outbox_send_of(struct list *link)
{
    return container_of(link, struct gate_send, _link);
}

static void outbox_drop_envelope(struct outbox *outbox, struct gate_send *send)
{
    if (!send->_envelope.owner)
        return;
    outbox->shared->kept_bytes -= send->_len;
    actr_bytes_unref(bytes_take(&send->_envelope));
}

/* What is in it may be answered. */
static void outbox_add_count(struct outbox *outbox, int change)
{
    outbox->count = (uint32_t)((int64_t)outbox->count + change);
    dest_transport_await(outbox->dest, outbox->count > 0);
}

static void outbox_wait(struct outbox *outbox, struct gate_send *send)
{
    send->_session = 0;
    outbox->unsent_bytes += send->_len;
    list_push(&outbox->waiting, &send->_link);
}

/* Out of the list it is in, with its share of the counts. */
static void outbox_unlink(struct outbox *outbox, struct gate_send *send)
{
    list_remove(&send->_link);
    if (send->_session == 0) {
        outbox->unsent_bytes -= send->_len;
    } else if (send->_is_tell) {
        outbox->tells_kept--;
        outbox->tell_bytes_kept -= send->_len;
    }
}

bool outbox_is_idle(const struct outbox *outbox)
{
    return outbox->count == 0 && outbox->session == 0 && outbox->stalled == 0;
}

static void outbox_check_idle(struct outbox *outbox)
{
    if (outbox_is_idle(outbox))
        outbox->shared->events->on_idle(outbox->shared->owner, outbox);
}

void outbox_remove(struct outbox *outbox, struct gate_send *send)
{
    outbox_unlink(outbox, send);
    outbox_drop_envelope(outbox, send);
    outbox_add_count(outbox, -1);
    outbox_check_idle(outbox);
}

void outbox_take_all(struct outbox *outbox, struct list *to)
{
    list_append(to, &outbox->sent);
    list_append(to, &outbox->waiting);
}

void outbox_take_sent(struct outbox *outbox, struct list *to)
{
    struct list *link, *next;

    list_append(to, &outbox->sent);
    for (link = outbox->waiting.next; link != &outbox->waiting; link = next) {
        next = link->next;
        if (outbox_send_of(link)->_attempts == 0)
            continue;
        list_remove(link);
        list_push(to, link);
    }
}

static void outbox_fail(struct outbox *outbox, struct gate_send *send, int code, const char *detail)
{
    struct outbox_shared *shared = outbox->shared;
    outbox_remove(outbox, send);
    shared->events->on_failed(shared->owner, send, code, detail);
}

static bool outbox_connect(struct outbox *outbox)
{
    return dest_transport_connect(outbox->dest, &outbox->session, &outbox->is_proven);
}

static bool outbox_may_keep_tell(const struct outbox *outbox, const struct gate_send *send)
{
    return outbox->tells_kept < OUTBOX_TELLS_KEPT_MAX &&
           outbox->tell_bytes_kept + send->_len <= OUTBOX_TELL_BYTES_KEPT_MAX;
}

/* Sends a message that is in no list. 0: it is in `sent`; OUTBOX_DONE; or an error, and it is
 * nowhere. */
static int outbox_transmit(struct outbox *outbox, struct gate_send *send)
{
    uint64_t now_us = loop_now_us(outbox->shared->loop);
    bool is_last = send->_no_retry;
    if (send->_attempts > 0 && now_us - send->_first_us > RETRY_SPAN_US)
        return err_origin(ACTR_EUNAVAILABLE,
                          "the connection was lost, and it is too late to send again");
    if (send->_is_tell)
        is_last = outbox->is_proven || send->_no_retry || !outbox_may_keep_tell(outbox, send);
    struct actr_bytes message = actr_bytes_ref(send->_envelope);
    if (is_last)
        outbox_drop_envelope(outbox, send);
    int r = dest_transport_send(outbox->dest, send->_type, message);
    if (r < 0)
        return r;
    if (r == LANE_FULL)
        outbox->is_full = true;
    outbox->shared->resends += send->_attempts > 0;
    if (send->_attempts++ == 0)
        send->_first_us = now_us;
    if (send->_is_tell && is_last)
        return OUTBOX_DONE;
    send->_session = outbox->session;
    send->_sent_us = now_us;
    send->_repeats = 0;
    list_push(&outbox->sent, &send->_link);
    if (send->_is_tell) {
        outbox->tells_kept++;
        outbox->tell_bytes_kept += send->_len;
    }
    if (!outbox->is_proven && !is_last && !loop_timer_is_active(&outbox->repeat))
        loop_timer_start(&outbox->repeat, retry_repeat_us(0));
    return 0;
}

static void outbox_flush(struct outbox *outbox)
{
    struct outbox_shared *shared = outbox->shared;

    while (!outbox->is_full && !list_is_empty(&outbox->waiting)) {
        if (!outbox_connect(outbox))
            return;
        struct gate_send *send = outbox_send_of(outbox->waiting.next);
        outbox_unlink(outbox, send);
        int r = outbox_transmit(outbox, send);
        if (r == 0)
            continue;
        outbox_drop_envelope(outbox, send);
        outbox_add_count(outbox, -1);
        if (r < 0)
            shared->events->on_failed(shared->owner, send, r, actr_errmsg());
        else
            shared->events->on_done(shared->owner, send);
    }
}

bool outbox_is_clear(struct outbox *outbox)
{
    return !outbox->is_full && list_is_empty(&outbox->waiting) && outbox_connect(outbox) &&
           outbox->is_proven;
}

static int outbox_refuse(const struct outbox *outbox)
{
    char id[ACTR_ID_STR_MAX];
    return err_origin(ACTR_EUNAVAILABLE, "outbound queue to %s is full",
                      actr_id_format(dest_transport_id(outbox->dest), id));
}

int outbox_push(struct outbox *outbox, struct gate_send *send)
{
    struct outbox_shared *shared = outbox->shared;
    bool is_waiting;
    int r = 0;

    list_init(&send->_link);
    shared->kept_bytes += send->_len;
    if (outbox->count >= shared->count_max || shared->kept_bytes > shared->kept_bytes_max)
        r = outbox_refuse(outbox);
    is_waiting =
        outbox->is_full || !list_is_empty(&outbox->waiting) || (r == 0 && !outbox_connect(outbox));
    if (r == 0 && is_waiting && outbox->unsent_bytes + send->_len > shared->unsent_bytes_max)
        r = outbox_refuse(outbox);
    if (r == 0 && !is_waiting)
        r = outbox_transmit(outbox, send);
    if (r != 0) {
        outbox_drop_envelope(outbox, send);
        outbox_check_idle(outbox);
        return r;
    }
    if (is_waiting)
        outbox_wait(outbox, send);
    if (is_waiting && outbox->is_unready)
        loop_timer_start(&outbox->window, 0);
    outbox_add_count(outbox, 1);
    return 0;
}

/* ---- Repeats on an unproven wire ---- */

/* Sends one more copy, if it is due. Returns when the next is, or UINT64_MAX: never. */
static uint64_t outbox_repeat(struct outbox *outbox, struct gate_send *send, uint64_t now_us)
{
    if (send->_session != outbox->session || !send->_envelope.owner ||
        send->_repeats == RETRY_REPEATS_MAX)
        return UINT64_MAX;
    uint64_t due_us = send->_sent_us + retry_repeat_us(send->_repeats);
    if (due_us > now_us)
        return due_us;
    int r = dest_transport_send(outbox->dest, send->_type, actr_bytes_ref(send->_envelope));
    if (r == LANE_FULL)
        outbox->is_full = true;
    if (r >= 0)
        outbox->shared->resends++;
    send->_repeats++;
    return send->_repeats < RETRY_REPEATS_MAX ? send->_sent_us + retry_repeat_us(send->_repeats)
                                              : UINT64_MAX;
}

static void outbox_on_repeat(struct loop_timer *timer)
{
    struct outbox *outbox = container_of(timer, struct outbox, repeat);
    uint64_t now_us = loop_now_us(outbox->shared->loop), next_us = UINT64_MAX;

    if (outbox->is_full)
        return;
    list_each(link, &outbox->sent)
    {
        uint64_t due_us = outbox_repeat(outbox, outbox_send_of(link), now_us);
        if (due_us < next_us)
            next_us = due_us;
    }
    if (next_us == UINT64_MAX)
        return;
    uint64_t delay_us = next_us > now_us ? next_us - now_us : 0;
    loop_timer_start(timer, delay_us > OUTBOX_REPEAT_GRAIN_US ? delay_us : OUTBOX_REPEAT_GRAIN_US);
}

void outbox_on_proven(struct outbox *outbox, uint64_t session)
{
    struct outbox_shared *shared = outbox->shared;
    struct list done, *link, *next;

    if (session == outbox->session) {
        outbox->is_proven = true;
        loop_timer_stop(&outbox->repeat);
    }
    list_init(&done);
    for (link = outbox->sent.next; link != &outbox->sent; link = next) {
        struct gate_send *send = outbox_send_of(link);
        next = link->next;
        if (!send->_is_tell || send->_session != session)
            continue;
        outbox_unlink(outbox, send);
        outbox_drop_envelope(outbox, send);
        outbox_add_count(outbox, -1);
        list_push(&done, link);
    }
    while ((link = list_pop(&done)) != NULL)
        shared->events->on_done(shared->owner, outbox_send_of(link));
}

/* ---- Wires that come and go ---- */

static void outbox_begin_window(struct outbox *outbox)
{
    outbox->is_unready = false;
    loop_timer_start(&outbox->window, RETRY_WINDOW_US);
}

static void outbox_end_window(struct outbox *outbox)
{
    outbox->is_unready = false;
    loop_timer_stop(&outbox->window);
}

/* The path is not found so soon: requests that were never sent fail. Others may yet be answered. */
static void outbox_on_window(struct loop_timer *timer)
{
    struct outbox *outbox = container_of(timer, struct outbox, window);
    struct list failed, *link, *next;

    outbox->is_unready = true;
    list_init(&failed);
    for (link = outbox->waiting.next; link != &outbox->waiting; link = next) {
        const struct gate_send *send = outbox_send_of(link);
        next = link->next;
        if (send->_is_tell || send->_attempts > 0)
            continue;
        list_remove(link);
        list_push(&failed, link);
    }
    while (!list_is_empty(&failed))
        outbox_fail(outbox, outbox_send_of(failed.next), ACTR_ENOTREADY,
                    "the path to the peer is lost");
}

/* Requests that a stalled wire has taken go back in front of what waits; it may bring the answer
 * yet. */
static void outbox_reclaim(struct outbox *outbox)
{
    struct list again, *link, *next;

    list_init(&again);
    for (link = outbox->sent.next; link != &outbox->sent; link = next) {
        struct gate_send *send = outbox_send_of(link);
        next = link->next;
        if (send->_session != outbox->stalled || !send->_envelope.owner ||
            send->_attempts >= RETRY_WIRES_MAX)
            continue;
        outbox_unlink(outbox, send);
        outbox_wait(outbox, send);
        list_remove(link);
        list_push(&again, link);
    }
    list_append(&again, &outbox->waiting);
    list_append(&outbox->waiting, &again);
}

/* Late answers to what a worse wire has taken come by the one that has taken over from it (lane.h).
 * As that is lost, or stalls, so are they: it counts as sent by that one, if it may be sent again.
 */
static void outbox_blame(struct outbox *outbox, uint64_t session)
{
    uint64_t now_us = loop_now_us(outbox->shared->loop);

    list_each(link, &outbox->sent)
    {
        struct gate_send *send = outbox_send_of(link);
        if (!send->_is_tell && send->_envelope.owner && send->_attempts < RETRY_WIRES_MAX &&
            now_us - send->_first_us <= RETRY_SPAN_US)
            send->_session = session;
    }
}

void outbox_on_stall(struct outbox *outbox, uint64_t session)
{
    outbox->stalled = session;
    if (session == outbox->session) {
        outbox_blame(outbox, session);
        outbox->session = 0;
        outbox->is_proven = false;
        outbox->is_full = false;
        loop_timer_stop(&outbox->repeat);
    }
    if (outbox->session != 0)
        return;
    outbox_begin_window(outbox);
    if (outbox->count > 0)
        (void)outbox_connect(outbox); /* if another wire carries, on_ready follows */
}

void outbox_on_ready(struct outbox *outbox, uint64_t session)
{
    outbox_end_window(outbox);
    if (session == outbox->stalled)
        outbox->stalled = 0;
    else if (outbox->stalled != 0)
        outbox_reclaim(outbox);
    outbox->session = session;
    outbox->is_proven = false;
    outbox->is_full = false;
    loop_timer_stop(&outbox->redial);
    outbox_flush(outbox);
}

void outbox_on_writable(struct outbox *outbox)
{
    outbox->is_full = false;
    if (!outbox->is_proven && !list_is_empty(&outbox->sent))
        loop_timer_start(&outbox->repeat, OUTBOX_REPEAT_GRAIN_US);
    outbox_flush(outbox);
}

/* What was sent by the wire goes back in front of what waits, in its order, or fails. */
void outbox_on_lost(struct outbox *outbox, uint64_t session, const char *detail)
{
    struct list again, failed, *link, *next;

    list_init(&again);
    list_init(&failed);
    if (session == outbox->session) {
        outbox_blame(outbox, session);
        outbox->session = 0;
        outbox->is_proven = false;
        outbox->is_full = false;
        loop_timer_stop(&outbox->repeat);
        if (outbox->stalled != 0)
            outbox_begin_window(outbox);
    }
    if (session == outbox->stalled) {
        outbox->stalled = 0;
        outbox_end_window(outbox);
    }
    for (link = outbox->sent.next; link != &outbox->sent; link = next) {
        struct gate_send *send = outbox_send_of(link);
        next = link->next;
        if (send->_session != session)
            continue;
        bool is_over = send->_no_retry || send->_attempts >= RETRY_WIRES_MAX;
        outbox_unlink(outbox, send);
        outbox_wait(outbox, send);
        list_remove(link);
        list_push(is_over ? &failed : &again, link);
    }
    list_append(&again, &outbox->waiting);
    list_append(&outbox->waiting, &again);
    while (!list_is_empty(&failed))
        outbox_fail(outbox, outbox_send_of(failed.next), ACTR_EUNAVAILABLE, detail);
    outbox_flush(outbox);
    outbox_check_idle(outbox);
}

/* Requests fail with the cause. Tells have time, unless the peer has refused us. */
void outbox_on_unreachable(struct outbox *outbox, int code, const char *detail)
{
    struct list failed, *link, *next;

    list_init(&failed);
    for (link = outbox->waiting.next; link != &outbox->waiting; link = next) {
        next = link->next;
        if (outbox_send_of(link)->_is_tell && code != ACTR_EPERMISSION)
            continue;
        list_remove(link);
        list_push(&failed, link);
    }
    if (!list_is_empty(&outbox->waiting))
        loop_timer_start(&outbox->redial, RETRY_TELL_US);
    while (!list_is_empty(&failed))
        outbox_fail(outbox, outbox_send_of(failed.next), code, detail);
    outbox_check_idle(outbox);
}

static void outbox_on_redial(struct loop_timer *timer)
{
    outbox_flush(container_of(timer, struct outbox, redial));
}

struct outbox *outbox_new(struct outbox_shared *shared, struct dest_transport *dest)
{
    struct outbox *outbox = mem_alloc(sizeof(*outbox));
    if (!outbox)
        return NULL;
    outbox->shared = shared;
    outbox->dest = dest;
    list_init(&outbox->link);
    list_init(&outbox->waiting);
    list_init(&outbox->sent);
    loop_timer_init(&outbox->repeat, shared->loop, outbox_on_repeat);
    loop_timer_init(&outbox->redial, shared->loop, outbox_on_redial);
    loop_timer_init(&outbox->window, shared->loop, outbox_on_window);
    outbox->stalled = dest_transport_stalled(dest);
    if (outbox->stalled != 0)
        outbox_begin_window(outbox);
    return outbox;
}

void outbox_free(struct outbox *outbox)
{
    assert(outbox->count == 0);
    loop_timer_stop(&outbox->repeat);
    loop_timer_stop(&outbox->redial);
    loop_timer_stop(&outbox->window);
    list_remove(&outbox->link);
    mem_free(outbox);
}
