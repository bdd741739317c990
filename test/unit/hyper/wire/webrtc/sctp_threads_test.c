// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Associations of several loops in one process: each works on its own thread only. */
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/sctp/sctp.h"
#include "sys/loop_uv.h"
#include "sys/loop_virtual.h"
#include "sys/thread.h"
#include "sys/waiter.h"

#include "harness.h"

#define PAIRS 3
#define MESSAGES 300
#define MESSAGE_LEN 3000
#define LOSE 40 /* every so-manyth packet */

/* One end of an association, on a loop and thread of its own. */
struct end {
    struct end *peer;
    struct loop *loop;
    struct thread thread;
    struct loop_post begin;
    struct sctp *sctp;
    struct loop_task task;
    unsigned sent, received, packets;
    bool is_sender, is_foreign;
    struct waiter done, closed;
    struct loop_post end;
};

struct packet {
    struct loop_post post;
    struct end *to;
    size_t len;
    uint8_t bytes[];
};

static void arrive(struct loop_post *post)
{
    struct packet *packet = container_of(post, struct packet, post);
    struct end *end = packet->to;

    if (end->sctp) {
        sctp_receive(end->sctp, actr_view_of(packet->bytes, packet->len));
        sctp_receive_end(end->sctp);
    }
    mem_free(packet);
}

static void on_send(void *owner, struct actr_view view)
{
    struct end *end = owner;

    end->is_foreign |= !loop_is_current(end->loop);
    if (++end->packets % LOSE == 0)
        return;
    struct packet *packet = mem_alloc_raw(sizeof *packet + view.len);
    if (!packet)
        return;
    packet->to = end->peer;
    packet->len = view.len;
    memcpy(packet->bytes, view.ptr, view.len);
    if (!loop_post(end->peer->loop, &packet->post, arrive))
        mem_free(packet);
}

static void pump(struct end *end)
{
    struct sctp_message head = {.stream = 1, .ppid = SCTP_PPID_BINARY};

    while (end->is_sender && end->sent < MESSAGES) {
        uint8_t *data;
        struct actr_bytes bytes = bytes_new(MESSAGE_LEN, &data);
        if (actr_bytes_failed(bytes))
            return;
        memset(data, (int)end->sent, MESSAGE_LEN);
        int r = sctp_send(end->sctp, &head, bytes);
        end->sent += r >= 0;
        if (r != 0)
            return;
    }
}

static void on_open(void *owner, uint16_t out, uint16_t in)
{
    pump(owner);
}

static void on_message(void *owner, const struct sctp_message *head, struct actr_bytes bytes)
{
    struct end *end = owner;

    end->is_foreign |= !loop_is_current(end->loop) || bytes.len != MESSAGE_LEN ||
                       bytes.ptr[0] != (uint8_t)end->received;
    actr_bytes_unref(bytes);
    if (++end->received == MESSAGES)
        waiter_signal(&end->done);
}

static void on_writable(void *owner)
{
    pump(owner);
}

static void on_reset(void *owner, const uint16_t *streams, size_t count, bool is_incoming)
{
}

static void on_closed(void *owner, int code, const char *detail)
{
}

static const struct sctp_events events = {on_send,  on_open,   on_message, on_writable,
                                          on_reset, on_closed, NULL};

static void begin(struct loop_post *post)
{
    struct end *end = container_of(post, struct end, begin);
    struct sctp_options options = {.loop = end->loop, .send_buffer = 200000};

    if (sctp_new(&options, &events, end, &end->sctp) < 0 || sctp_start(end->sctp) < 0)
        end->is_foreign = true;
}

static void finish(struct loop_post *post)
{
    struct end *end = container_of(post, struct end, end);

    end->sctp = sctp_free(end->sctp);
    waiter_signal(&end->closed);
}

static void run(void *arg)
{
    loop_uv_run(((struct end *)arg)->loop);
}

TEST(associations_of_several_loops_share_nothing)
{
    static struct end ends[PAIRS * 2];

    memset(ends, 0, sizeof ends);
    for (int i = 0; i < PAIRS * 2; i++) {
        struct end *end = &ends[i];
        end->peer = &ends[i ^ 1];
        end->is_sender = i % 2 == 0;
        waiter_init(&end->done);
        waiter_init(&end->closed);
        assert_int_equal(loop_uv_new(&end->loop), 0);
    }
    for (int i = 0; i < PAIRS * 2; i++) {
        assert_int_equal(thread_start(&ends[i].thread, "sctp", run, &ends[i]), 0);
        assert_true(loop_post(ends[i].loop, &ends[i].begin, begin));
    }
    for (int i = 1; i < PAIRS * 2; i += 2)
        assert_true(waiter_wait(&ends[i].done, WAITER_FOREVER));
    for (int i = 0; i < PAIRS * 2; i++) {
        assert_true(loop_post(ends[i].loop, &ends[i].end, finish));
        assert_true(waiter_wait(&ends[i].closed, WAITER_FOREVER));
    }
    for (int i = 0; i < PAIRS * 2; i++)
        loop_uv_stop(ends[i].loop);
    for (int i = 0; i < PAIRS * 2; i++)
        thread_join(&ends[i].thread);
    for (int i = 0; i < PAIRS * 2; i++) {
        assert_false(ends[i].is_foreign);
        loop_uv_close(ends[i].loop);
        waiter_deinit(&ends[i].done);
        waiter_deinit(&ends[i].closed);
    }
}
