// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Two SCTP associations on one virtual loop, joined by a path that may lose, repeat and reorder
 * packets, or be cut. A batch of packets arrives at the next turn of the loop, as a burst. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hyper/wire/webrtc/sctp/sctp.h"
#include "sys/loop_virtual.h"

#include "harness.h"

#define SCTP_LINK_PACKETS 8192

struct sctp_link_packet {
    size_t len;
    uint8_t *bytes;
};

struct sctp_link_end {
    struct sctp *sctp;
    struct sctp_link *link;
    struct sctp_link_end *peer;
    struct loop_task task;
    struct sctp_link_packet inbox[SCTP_LINK_PACKETS];
    size_t inbox_count, largest, sent;
    uint8_t first[256]; /* the first packet that this end sent */
    size_t first_len;
    unsigned opened, closed, writable, resets_in, resets_out;
    uint16_t streams_out, streams_in, last_reset;
    int code;
    void *user;
    void (*on_message)(struct sctp_link_end *end, const struct sctp_message *head,
                       struct actr_bytes bytes);
};

struct sctp_link {
    struct loop *loop;
    struct sctp_link_end ends[2];
    uint64_t random;
    unsigned lose, repeat, reorder; /* of 1000 */
    bool is_cut;
    size_t first, path; /* bytes of a packet that the first hop takes, and all of it: of probes */
    unsigned probes;
};

static inline bool sctp_link_chance(struct sctp_link *link, unsigned of_1000)
{
    return of_1000 && harness_random(&link->random) % 1000 < of_1000;
}

static inline void sctp_link_put(struct sctp_link_end *to, struct actr_view packet)
{
    if (to->inbox_count == SCTP_LINK_PACKETS)
        return;
    uint8_t *copy = malloc(packet.len);
    assert_non_null(copy);
    memcpy(copy, packet.ptr, packet.len);
    to->inbox[to->inbox_count++] = (struct sctp_link_packet){packet.len, copy};
    loop_defer(to->link->loop, &to->task);
}

static inline void sctp_link_send(void *owner, struct actr_view packet)
{
    struct sctp_link_end *end = owner;
    struct sctp_link *link = end->link;

    if (end->sent++ == 0) {
        assert_true(packet.len <= sizeof end->first);
        memcpy(end->first, packet.ptr, packet.len);
        end->first_len = packet.len;
    }
    if (packet.len > end->largest)
        end->largest = packet.len;
    if (link->is_cut || sctp_link_chance(link, link->lose))
        return;
    sctp_link_put(end->peer, packet);
    if (sctp_link_chance(link, link->repeat))
        sctp_link_put(end->peer, packet);
    struct sctp_link_end *to = end->peer;
    if (to->inbox_count > 1 && sctp_link_chance(link, link->reorder)) {
        size_t other = harness_random(&link->random) % to->inbox_count;
        struct sctp_link_packet last = to->inbox[to->inbox_count - 1];
        to->inbox[to->inbox_count - 1] = to->inbox[other];
        to->inbox[other] = last;
    }
}

static inline bool sctp_link_probe(void *owner, struct actr_view packet)
{
    struct sctp_link_end *end = owner;
    struct sctp_link *link = end->link;

    link->probes++;
    if (packet.len > link->first)
        return false;
    if (packet.len <= link->path && !link->is_cut)
        sctp_link_put(end->peer, packet);
    return true;
}

static inline void sctp_link_run(struct loop_task *task)
{
    struct sctp_link_end *end = container_of(task, struct sctp_link_end, task);
    size_t count = end->inbox_count;

    for (size_t i = 0; i < count; i++) {
        if (end->sctp)
            sctp_receive(end->sctp, actr_view_of(end->inbox[i].bytes, end->inbox[i].len));
        free(end->inbox[i].bytes);
    }
    end->inbox_count -= count;
    memmove(end->inbox, end->inbox + count, end->inbox_count * sizeof end->inbox[0]);
    if (end->inbox_count)
        loop_defer(end->link->loop, &end->task);
    if (end->sctp)
        sctp_receive_end(end->sctp);
}

static inline void sctp_link_on_open(void *owner, uint16_t out, uint16_t in)
{
    struct sctp_link_end *end = owner;
    end->opened++;
    end->streams_out = out;
    end->streams_in = in;
}

static inline void sctp_link_on_message(void *owner, const struct sctp_message *head,
                                        struct actr_bytes bytes)
{
    struct sctp_link_end *end = owner;
    if (end->on_message)
        end->on_message(end, head, bytes);
    else
        actr_bytes_unref(bytes);
}

static inline void sctp_link_on_writable(void *owner)
{
    ((struct sctp_link_end *)owner)->writable++;
}

static inline void sctp_link_on_reset(void *owner, const uint16_t *streams, size_t count,
                                      bool is_incoming)
{
    struct sctp_link_end *end = owner;
    if (count)
        end->last_reset = streams[0];
    *(is_incoming ? &end->resets_in : &end->resets_out) += (unsigned)count;
}

static inline void sctp_link_on_closed(void *owner, int code, const char *detail)
{
    struct sctp_link_end *end = owner;
    assert_non_null(detail);
    end->closed++;
    end->code = code;
}

static const struct sctp_events sctp_link_events = {
    sctp_link_send,     sctp_link_on_open,   sctp_link_on_message, sctp_link_on_writable,
    sctp_link_on_reset, sctp_link_on_closed, sctp_link_probe};

static inline struct sctp_link *sctp_link_new(const struct sctp_options *wanted,
                                              const struct sctp_events *events)
{
    struct sctp_link *link = calloc(1, sizeof *link);
    struct sctp_options options = wanted ? *wanted : (struct sctp_options){0};

    assert_non_null(link);
    assert_int_equal(loop_virtual_new(1, &link->loop), 0);
    options.loop = link->loop;
    link->random = harness_seed();
    for (int i = 0; i < 2; i++) {
        struct sctp_link_end *end = &link->ends[i];
        end->link = link;
        end->peer = &link->ends[!i];
        loop_task_init(&end->task, sctp_link_run);
        assert_int_equal(sctp_new(&options, events ? events : &sctp_link_events, end, &end->sctp),
                         0);
    }
    return link;
}

static inline void sctp_link_free(struct sctp_link *link)
{
    for (int i = 0; i < 2; i++) {
        struct sctp_link_end *end = &link->ends[i];
        end->sctp = sctp_free(end->sctp);
        loop_task_cancel(&end->task);
        while (end->inbox_count)
            free(end->inbox[--end->inbox_count].bytes);
    }
    loop_virtual_close(link->loop);
    free(link);
}

/* Until nothing is left to do: the associations are idle. */
static inline void sctp_link_settle(struct sctp_link *link)
{
    assert_true(loop_virtual_run_idle(link->loop, loop_now_us(link->loop) + 3600000000u));
}

static inline void sctp_link_start(struct sctp_link *link)
{
    for (int i = 0; i < 2; i++)
        assert_int_equal(sctp_start(link->ends[i].sctp), 0);
}
