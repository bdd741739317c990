// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A datagram is a kind, the 8 bytes by which its sender is known, and what the kind has:
 *
 *     HELLO             from the client, again until it is answered; the server answers each
 *     DATA   seq lane   the messages not acknowledged yet, in order, again after a while
 *     ACK    seq        everything before has come
 *     BYE               over
 *
 * The first byte is one that DTLS would have. Loop thread. */
#include "sim_association.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"
#include "harness.h"
#include "sys/loop.h"

#define SIM_ASSOCIATION_AGAIN_US 150000u
#define SIM_ASSOCIATION_HIGH 65536u
#define SIM_ASSOCIATION_WINDOW 32 /* messages on their way */

enum { SIM_HELLO = 22, SIM_WELCOME, SIM_DATA, SIM_ACK, SIM_BYE };

struct sim_letter {
    struct list link;
    struct actr_bytes bytes; /* kind, id, seq, lane, message */
    size_t len;
};

struct sim_association {
    struct association base;
    struct sim_association_factory *factory;
    const struct association_events *events;
    void *owner;
    struct fingerprint own;
    uint8_t peer[8];
    bool is_client, has_begun, has_started, is_up, is_closing, is_over, is_full, is_paused;
    uint32_t first, next, wanted; /* sequence numbers: oldest unacknowledged, next, expected */
    struct list letters;
    size_t bytes;
    uint64_t again_us;
    struct loop_task task;
    bool tells_writable;
    int code;
    const char *detail;
};

static struct sim_association *sim_of(struct association *base)
{
    return container_of(base, struct sim_association, base);
}

static void sim_put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t sim_get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void sim_say(struct sim_association *sim, uint8_t kind, uint32_t seq)
{
    uint8_t packet[13] = {kind};
    memcpy(packet + 1, sim->own.bytes, 8);
    sim_put_u32(packet + 9, seq);
    sim->events->send(sim->owner, actr_view_of(packet, sizeof(packet)));
}

static void sim_end(struct sim_association *sim, int code, const char *detail)
{
    if (sim->is_over)
        return;
    sim->is_over = true;
    sim->code = code;
    sim->detail = detail;
    loop_defer(sim->factory->loop, &sim->task);
}

static void sim_on_task(struct loop_task *task)
{
    struct sim_association *sim = container_of(task, struct sim_association, task);
    if (sim->tells_writable && !sim->is_over) {
        sim->tells_writable = false;
        for (uint8_t lane = 0; lane < ASSOCIATION_LANES; lane++)
            sim->events->on_writable(sim->owner, lane);
    } else if (sim->is_over) {
        sim->events->on_closed(sim->owner, sim->code, sim->detail);
    }
}

/* Sends what the window allows. */
static void sim_transmit(struct sim_association *sim)
{
    int count = 0;
    list_each(link, &sim->letters)
    {
        const struct sim_letter *letter = container_of(link, struct sim_letter, link);
        if (count++ == SIM_ASSOCIATION_WINDOW)
            break;
        sim->events->send(sim->owner, actr_bytes_view(letter->bytes));
    }
}

static void sim_drop_first(struct sim_association *sim)
{
    struct sim_letter *letter = container_of(list_pop(&sim->letters), struct sim_letter, link);
    sim->bytes -= letter->len;
    actr_bytes_unref(letter->bytes);
    mem_free(letter);
    sim->first++;
}

static void sim_up(struct sim_association *sim)
{
    if (sim->is_up)
        return;
    sim->is_up = true;
    sim->events->on_ready(sim->owner);
}

static void sim_on_ack(struct sim_association *sim, uint32_t seq)
{
    while (!list_is_empty(&sim->letters) && (int32_t)(seq - sim->first) > 0)
        sim_drop_first(sim);
    if (sim->is_full && sim->bytes < SIM_ASSOCIATION_HIGH / 2) {
        sim->is_full = false;
        sim->tells_writable = true;
        loop_defer(sim->factory->loop, &sim->task);
    }
    if (sim->is_closing && list_is_empty(&sim->letters)) {
        sim_say(sim, SIM_BYE, 0);
        sim_end(sim, 0, "");
    }
}

static void sim_on_data(struct sim_association *sim, struct actr_view packet)
{
    uint32_t seq = sim_get_u32(packet.ptr + 9);
    sim_up(sim);
    if (seq == sim->wanted && !sim->is_paused) {
        sim->wanted++;
        sim->events->on_message(sim->owner, packet.ptr[13],
                                actr_bytes_copy(actr_view_of(packet.ptr + 14, packet.len - 14)));
    }
    sim_say(sim, SIM_ACK, sim->wanted);
}

static bool sim_receive(struct association *base, struct actr_view packet, uint64_t now_us)
{
    struct sim_association *sim = sim_of(base);
    (void)now_us;
    if (packet.len < 13 || memcmp(packet.ptr + 1, sim->peer, 8) != 0)
        return false;
    if (sim->is_over)
        return true;
    switch (packet.ptr[0]) {
    case SIM_HELLO:
        sim_say(sim, SIM_WELCOME, 0);
        sim_up(sim);
        break;
    case SIM_WELCOME:
        sim_up(sim);
        break;
    case SIM_DATA:
        sim_on_data(sim, packet);
        break;
    case SIM_ACK:
        sim_on_ack(sim, sim_get_u32(packet.ptr + 9));
        break;
    case SIM_BYE:
        sim_end(sim, ACTR_EUNAVAILABLE, "the peer closed the session");
        break;
    default:
        return false;
    }
    return true;
}

static const struct fingerprint *sim_fingerprint(const struct association *base)
{
    return &container_of(base, const struct sim_association, base)->own;
}

static uint32_t sim_message_len_max(const struct association *base)
{
    return 0; /* says nothing of it */
}

static int sim_begin(struct association *base, const struct association_peer *peer)
{
    struct sim_association *sim = sim_of(base);
    assert_true(!sim->has_begun && peer->fingerprint_count == 1);
    sim->has_begun = true;
    sim->is_client = peer->is_dtls_client;
    memcpy(sim->peer, peer->fingerprints[0].bytes, 8);
    return 0;
}

static void sim_start(struct association *base, uint64_t now_us)
{
    struct sim_association *sim = sim_of(base);
    assert_true(sim->has_begun && !sim->has_started);
    sim->has_started = true;
    sim->again_us = now_us;
    if (sim->is_client)
        sim_say(sim, SIM_HELLO, 0);
}

static void sim_receive_end(struct association *base)
{
    (void)base;
}

static int sim_send(struct association *base, uint8_t lane, struct actr_bytes message)
{
    struct sim_association *sim = sim_of(base);
    AUTO_BYTES struct actr_bytes owned = message;
    uint8_t *data = NULL;

    if (sim->is_over || sim->is_closing)
        return 0;
    assert_true(sim->is_up && message.len >= 8 && message.len <= 65535);
    struct sim_letter *letter = mem_alloc(sizeof(*letter));
    struct actr_bytes bytes = bytes_new(14 + message.len, &data);
    if (!letter || !data) {
        mem_free(letter);
        actr_bytes_unref(bytes);
        return err_origin(ACTR_ENOMEM, "association: no memory");
    }
    data[0] = SIM_DATA;
    memcpy(data + 1, sim->own.bytes, 8);
    sim_put_u32(data + 9, sim->next++);
    data[13] = lane;
    memcpy(data + 14, message.ptr, message.len);
    letter->bytes = bytes;
    letter->len = bytes.len;
    list_init(&letter->link);
    list_push(&sim->letters, &letter->link);
    sim->bytes += bytes.len;
    sim->events->send(sim->owner, actr_bytes_view(bytes));
    if (sim->bytes < SIM_ASSOCIATION_HIGH)
        return 0;
    sim->is_full = true;
    return ASSOCIATION_FULL;
}

static void sim_read(struct association *base, bool enable)
{
    sim_of(base)->is_paused = !enable;
}

static void sim_path_doubted(struct association *base)
{
    (void)base; /* it sends again often enough */
}

static void sim_path_changed(struct association *base)
{
    sim_of(base)->again_us = 0;
}

static void sim_close(struct association *base)
{
    struct sim_association *sim = sim_of(base);
    if (sim->is_closing)
        return;
    sim->is_closing = true;
    if (list_is_empty(&sim->letters))
        sim_on_ack(sim, sim->first);
}

static uint64_t sim_deadline(const struct association *base)
{
    const struct sim_association *sim = container_of(base, const struct sim_association, base);
    bool is_busy = !list_is_empty(&sim->letters) || (sim->is_client && !sim->is_up);
    return sim->has_started && !sim->is_over && is_busy ? sim->again_us + SIM_ASSOCIATION_AGAIN_US
                                                        : UINT64_MAX;
}

static uint64_t sim_tick(struct association *base, uint64_t now_us)
{
    struct sim_association *sim = sim_of(base);
    if (now_us < sim_deadline(base))
        return sim_deadline(base);
    sim->again_us = now_us;
    if (!sim->is_up)
        sim_say(sim, SIM_HELLO, 0);
    else
        sim_transmit(sim);
    return sim_deadline(base);
}

static void sim_stats(struct association *base, struct association_stats *ret_stats)
{
    *ret_stats = (struct association_stats){.queued = {sim_of(base)->bytes}};
}

static void sim_free(struct association *base)
{
    struct sim_association *sim = sim_of(base);
    if (sim->is_up && !sim->is_over)
        sim_say(sim, SIM_BYE, 0);
    while (!list_is_empty(&sim->letters))
        sim_drop_first(sim);
    loop_task_cancel(&sim->task);
    sim->factory->live--;
    mem_free(sim);
}

static const struct association_ops sim_ops = {
    .fingerprint = sim_fingerprint,
    .message_len_max = sim_message_len_max,
    .begin = sim_begin,
    .start = sim_start,
    .receive = sim_receive,
    .receive_end = sim_receive_end,
    .send = sim_send,
    .read = sim_read,
    .path_doubted = sim_path_doubted,
    .path_changed = sim_path_changed,
    .close = sim_close,
    .tick = sim_tick,
    .deadline = sim_deadline,
    .stats = sim_stats,
    .free = sim_free,
};

static int sim_make(struct association_factory *base, const struct association_events *events,
                    void *owner, struct association **ret_association)
{
    struct sim_association_factory *factory =
        container_of(base, struct sim_association_factory, base);
    struct sim_association *sim = mem_alloc(sizeof(*sim));
    if (!sim)
        return err_origin(ACTR_ENOMEM, "association: no memory");
    sim->base.ops = &sim_ops;
    sim->factory = factory;
    sim->events = events;
    sim->owner = owner;
    sim->own.hash = FINGERPRINT_SHA256;
    loop_random(factory->loop, sim->own.bytes, 32);
    list_init(&sim->letters);
    loop_task_init(&sim->task, sim_on_task);
    factory->live++;
    *ret_association = &sim->base;
    return 0;
}

void sim_association_factory_init(struct sim_association_factory *factory, struct loop *loop)
{
    *factory = (struct sim_association_factory){.base = {sim_make}, .loop = loop};
}
