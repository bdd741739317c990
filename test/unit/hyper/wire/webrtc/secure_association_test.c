// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Two associations, whole, on one virtual loop: what one sends in a turn arrives at the other as a
 * burst, unless it is held up. The ends: nothing that has arrived before is forgotten. */
#include "hyper/wire/webrtc/secure_association.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/list.h"
#include "hyper/wire/webrtc/certificate.h"
#include "hyper/wire/webrtc/data_channel.h"
#include "hyper/wire/webrtc/dtls.h"
#include "sys/loop_virtual.h"

#include "harness.h"
#include "wall_clock.h"

#define QUEUE_MAX 256
#define MESSAGE_LEN 5000

struct datagram {
    size_t len;
    uint8_t bytes[DTLS_PACKET_MAX + DTLS_OVERHEAD];
};

struct side {
    struct association *association;
    struct certificate *certificate;
    struct dtls_context *context;
    struct side *peer;
    struct loop *loop;
    struct loop_task task;
    struct datagram *inbox;
    size_t inbox_count;
    bool is_held; /* what comes waits */
    unsigned ready, messages, messages_at_end, closed;
    int code;
};

static struct data_channels_total total = {.bytes_max = 1 << 20};

static void side_run(struct loop_task *task)
{
    struct side *side = container_of(task, struct side, task);
    size_t count = side->inbox_count;

    if (side->is_held)
        return;
    for (size_t i = 0; i < count && side->association; i++)
        association_receive(side->association,
                            actr_view_of(side->inbox[i].bytes, side->inbox[i].len),
                            loop_now_us(side->loop));
    if (side->association)
        association_receive_end(side->association);
    side->inbox_count -= count;
    memmove(side->inbox, side->inbox + count, side->inbox_count * sizeof(side->inbox[0]));
}

static void side_deliver(struct side *side)
{
    side->is_held = false;
    loop_defer(side->loop, &side->task);
}

static void on_send(void *owner, struct actr_view datagram)
{
    struct side *to = ((struct side *)owner)->peer;

    assert_true(to->inbox_count < QUEUE_MAX && datagram.len <= sizeof(to->inbox[0].bytes));
    struct datagram *slot = &to->inbox[to->inbox_count++];
    slot->len = datagram.len;
    memcpy(slot->bytes, datagram.ptr, datagram.len);
    loop_defer(to->loop, &to->task);
}

static bool on_probe(void *owner, struct actr_view datagram)
{
    return false; /* the path takes no more than any does */
}

static void on_ready(void *owner)
{
    ((struct side *)owner)->ready++;
}

static void on_message(void *owner, uint8_t lane, struct actr_bytes message)
{
    struct side *side = owner;
    assert_int_equal(lane, 0);
    assert_int_equal(message.len, MESSAGE_LEN);
    side->messages++;
    actr_bytes_unref(message);
}

static void on_writable(void *owner, uint8_t lane)
{
}

static void on_closed(void *owner, int code, const char *detail)
{
    struct side *side = owner;
    side->closed++;
    side->code = code;
    side->messages_at_end = side->messages;
}

static const struct association_events events = {.send = on_send,
                                                 .probe = on_probe,
                                                 .on_ready = on_ready,
                                                 .on_message = on_message,
                                                 .on_writable = on_writable,
                                                 .on_closed = on_closed};

static void settle(const struct side *side)
{
    assert_true(loop_virtual_run_idle(side->loop, loop_now_us(side->loop) + 3600000000u));
}

static void side_make(struct side *side, struct loop *loop, struct side *peer)
{
    *side = (struct side){.loop = loop, .peer = peer};
    side->inbox = calloc(QUEUE_MAX, sizeof(side->inbox[0]));
    assert_non_null(side->inbox);
    loop_task_init(&side->task, side_run);
    assert_int_equal(certificate_new(LOOP_VIRTUAL_EPOCH_MS / 1000, &side->certificate), 0);
    assert_int_equal(dtls_context_new(side->certificate, &side->context), 0);
    const struct secure_shared shared = {.loop = loop,
                                         .message_len_max = 65536,
                                         .certificate = side->certificate,
                                         .context = side->context,
                                         .queued = &total};
    assert_int_equal(secure_association_new(&shared, &events, side, &side->association), 0);
}

static void side_begin(struct side *side, bool is_offerer)
{
    const struct association_peer peer = {.is_offerer = is_offerer,
                                          .is_dtls_client = !is_offerer,
                                          .fingerprints =
                                              certificate_fingerprint(side->peer->certificate),
                                          .fingerprint_count = 1,
                                          .message_len_max = 65536,
                                          .sctp_port = 5000};
    assert_int_equal(association_begin(side->association, &peer), 0);
    association_start(side->association, loop_now_us(side->loop));
}

static void pair_make(struct side sides[2])
{
    struct loop *loop;

    assert_int_equal(loop_virtual_new(1, &loop), 0);
    wall_clock_loop = loop;
    side_make(&sides[0], loop, &sides[1]);
    side_make(&sides[1], loop, &sides[0]);
    side_begin(&sides[0], true);
    side_begin(&sides[1], false);
    settle(&sides[0]);
    assert_int_equal(sides[0].ready, 1);
    assert_int_equal(sides[1].ready, 1);
}

static void pair_free(struct side sides[2])
{
    for (int i = 0; i < 2; i++) {
        association_free(sides[i].association);
        sides[i].association = NULL;
    }
    for (int i = 0; i < 2; i++) {
        loop_task_cancel(&sides[i].task);
        dtls_context_unref(sides[i].context);
        certificate_unref(sides[i].certificate);
        free(sides[i].inbox);
    }
    wall_clock_loop = NULL;
    loop_virtual_close(sides[0].loop);
}

static void send_one(struct side *side)
{
    uint8_t *data;
    struct actr_bytes message = bytes_new(MESSAGE_LEN, &data);
    assert_non_null(data);
    memset(data, 7, MESSAGE_LEN);
    assert_int_equal(association_send(side->association, 0, message), 0);
}

TEST(what_comes_with_the_end_is_handed_up_before_it)
{
    struct side sides[2];

    pair_make(sides);
    sides[1].is_held = true;
    send_one(&sides[0]);
    send_one(&sides[0]);
    loop_virtual_run_until(sides[0].loop, loop_now_us(sides[0].loop) + 1);
    association_free(sides[0].association);
    sides[0].association = NULL;
    side_deliver(&sides[1]);
    settle(&sides[1]);
    assert_int_equal(sides[1].closed, 1);
    assert_int_equal(sides[1].code, ACTR_EUNAVAILABLE);
    assert_int_equal(sides[1].messages_at_end, 2);
    pair_free(sides);
}

TEST(what_was_acknowledged_and_not_read_is_handed_up_before_the_end)
{
    struct side sides[2];

    pair_make(sides);
    association_read(sides[1].association, false);
    for (int i = 0; i < 3; i++)
        send_one(&sides[0]);
    association_close(sides[0].association); /* delivers first */
    settle(&sides[0]);
    assert_int_equal(sides[0].closed, 1);
    assert_int_equal(sides[0].code, 0);
    assert_int_equal(sides[1].closed, 1);
    assert_int_equal(sides[1].messages_at_end, 3);
    pair_free(sides);
}
