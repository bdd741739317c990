// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* assoc_mbps: the upper part of the WebRTC wire: a data channel over SCTP over DTLS, from a thread
 * to another, each with a loop. Between them lie no sockets but memory: bursts of datagrams are
 * posted from loop to loop, as many as one system call would take. So this is what the wire costs
 * above its sockets, on one core a side.
 *
 * It counts from the first message that has arrived to the last. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "bench.h"
#include "hyper/wire/webrtc/data_channel.h"
#include "hyper/wire/webrtc/dtls.h"
#include "hyper/wire/webrtc/sctp/sctp.h"
#include "sys/loop_uv.h"
#include "sys/thread.h"
#include "sys/waiter.h"

#define BURST 44 /* datagrams, as UDP_SEGMENT takes them */

struct burst {
    struct loop_post post;
    struct end *to;
    size_t count;
    uint16_t len[BURST];
    uint8_t bytes[BURST][DTLS_MTU];
};

struct end {
    struct run *run;
    struct end *peer;
    struct loop *loop;
    struct thread thread;
    struct loop_post begin;
    struct certificate *certificate;
    struct dtls_context *context;
    struct dtls *dtls;
    struct sctp *sctp;
    struct data_channels *channels;
    struct data_channel *channel;
    struct burst *burst;
    struct loop_task flush;
    bool is_sender;
};

struct run {
    struct end ends[2];
    size_t message_len;
    double begin_us, end_us;
    uint64_t arrived, wanted;
    struct waiter done;
    pthread_barrier_t together;
};

static uint8_t content[1 << 16];

static void end_receive(struct loop_post *post)
{
    struct burst *burst = container_of(post, struct burst, post);
    struct end *end = burst->to;

    for (size_t i = 0; i < burst->count && end->dtls; i++)
        dtls_receive(end->dtls, actr_view_of(burst->bytes[i], burst->len[i]),
                     loop_now_us(end->loop));
    if (end->sctp)
        sctp_receive_end(end->sctp);
    free(burst);
}

static void end_flush(struct end *end)
{
    struct burst *burst = end->burst;

    end->burst = NULL;
    if (!burst)
        return;
    burst->to = end->peer;
    if (!loop_post(end->peer->loop, &burst->post, end_receive))
        free(burst);
}

static void on_flush(struct loop_task *task)
{
    end_flush(container_of(task, struct end, flush));
}

static void on_datagram(void *owner, struct actr_view datagram)
{
    struct end *end = owner;

    if (!end->burst) {
        end->burst = malloc(sizeof *end->burst);
        if (!end->burst)
            return;
        end->burst->count = 0;
        loop_defer(end->loop, &end->flush);
    }
    struct burst *burst = end->burst;
    memcpy(burst->bytes[burst->count], datagram.ptr, datagram.len);
    burst->len[burst->count++] = (uint16_t)datagram.len;
    if (burst->count == BURST)
        end_flush(end);
}

static void on_dtls_open(void *owner)
{
    struct end *end = owner;
    if (sctp_start(end->sctp) < 0)
        fprintf(stderr, "assoc: no association: %s\n", actr_errmsg());
}

static void on_dtls_data(void *owner, struct actr_view bytes)
{
    sctp_receive(((struct end *)owner)->sctp, bytes);
}

static void on_dtls_closed(void *owner)
{
}

static void on_dtls_failed(void *owner, int code, const char *detail)
{
    fprintf(stderr, "assoc: DTLS: %s\n", detail);
}

static void on_packet(void *owner, struct actr_view packet)
{
    if (dtls_send(((struct end *)owner)->dtls, packet) < 0)
        fprintf(stderr, "assoc: %s\n", actr_errmsg());
}

static void on_sctp_open(void *owner, uint16_t out, uint16_t in)
{
    data_channels_on_open(((struct end *)owner)->channels, out, in);
}

static void on_sctp_message(void *owner, const struct sctp_message *head, struct actr_bytes bytes)
{
    data_channels_on_message(((struct end *)owner)->channels, head, bytes);
}

static void on_sctp_writable(void *owner)
{
    data_channels_on_writable(((struct end *)owner)->channels);
}

static void on_sctp_reset(void *owner, const uint16_t *streams, size_t count, bool is_incoming)
{
    data_channels_on_reset(((struct end *)owner)->channels, streams, count, is_incoming);
}

static void on_sctp_closed(void *owner, int code, const char *detail)
{
    fprintf(stderr, "assoc: SCTP: %s\n", detail);
}

static void on_opened(void *owner, struct data_channel *channel, const struct dcep_open *open)
{
}

static void end_pump(struct end *end)
{
    struct actr_bytes message = {.ptr = content, .len = end->run->message_len};
    while (data_channel_send(end->channel, false, message) == 0)
        ;
}

static void on_acknowledged(void *owner, struct data_channel *channel)
{
    end_pump(owner);
}

static void on_writable(void *owner, struct data_channel *channel)
{
    end_pump(owner);
}

static void on_message(void *owner, struct data_channel *channel, bool is_text,
                       struct actr_bytes message)
{
    struct run *run = ((struct end *)owner)->run;

    if (run->arrived == 0)
        run->begin_us = bench_now_us();
    run->arrived += message.len;
    actr_bytes_unref(message);
    if (run->end_us == 0 && run->arrived >= run->wanted) {
        run->end_us = bench_now_us();
        waiter_signal(&run->done);
    }
}

static void on_closed(void *owner, struct data_channel *channel)
{
}

static void on_drained(void *owner)
{
}

static const struct dtls_events dtls_events = {on_datagram, on_dtls_open, on_dtls_data,
                                               on_dtls_closed, on_dtls_failed};
static const struct sctp_events sctp_events = {
    on_packet,      on_sctp_open, on_sctp_message, on_sctp_writable, on_sctp_reset,
    on_sctp_closed, NULL};
static const struct data_channels_events channel_events = {
    on_opened, on_acknowledged, on_message, on_writable, on_closed, on_drained};

static bool end_begin(struct end *end)
{
    struct dtls_options dtls = {.role = end->is_sender ? DTLS_CLIENT : DTLS_SERVER,
                                .fingerprints = certificate_fingerprint(end->peer->certificate),
                                .fingerprint_count = 1};
    struct sctp_options sctp = {.loop = end->loop};
    struct data_channels_options channels = {.is_dtls_client = end->is_sender};
    struct data_channel_options channel = {.label = "bench", .priority = 256};

    loop_task_init(&end->flush, on_flush);
    if (dtls_context_new(end->certificate, &end->context) < 0 ||
        dtls_new(end->context, &dtls, &dtls_events, end, &end->dtls) < 0 ||
        sctp_new(&sctp, &sctp_events, end, &end->sctp) < 0)
        return false;
    end->channels = data_channels_new(&channels, end->sctp, &channel_events, end);
    return end->channels &&
           (!end->is_sender || data_channel_open(end->channels, &channel, &end->channel) == 0);
}

static void on_begin(struct loop_post *post)
{
    struct end *end = container_of(post, struct end, begin);
    bool is_ready = end_begin(end);

    if (!is_ready)
        fprintf(stderr, "assoc: %s\n", actr_errmsg());
    /* Nothing is lost on this link, and nothing is sent again: both must be there. */
    pthread_barrier_wait(&end->run->together);
    if (is_ready)
        dtls_start(end->dtls, loop_now_us(end->loop));
}

static void end_run(void *arg)
{
    struct end *end = arg;

    if (loop_post(end->loop, &end->begin, on_begin))
        loop_uv_run(end->loop);
    pthread_barrier_wait(&end->run->together);
    loop_task_cancel(&end->flush);
    free(end->burst);
    end->channels = data_channels_free(end->channels);
    end->sctp = sctp_free(end->sctp);
    end->dtls = dtls_free(end->dtls);
    end->context = dtls_context_unref(end->context);
    pthread_barrier_wait(&end->run->together);
    loop_uv_close(end->loop);
}

static bool measure(size_t message_len, uint64_t wanted, double *ret_mbps)
{
    static struct run run;
    bool is_done = false;

    run = (struct run){.message_len = message_len, .wanted = wanted};
    waiter_init(&run.done);
    pthread_barrier_init(&run.together, NULL, 2);
    for (int i = 0; i < 2; i++) {
        struct end *end = &run.ends[i];
        end->run = &run;
        end->peer = &run.ends[!i];
        end->is_sender = i == 0;
        if (loop_uv_new(&end->loop) < 0 || certificate_new(1800000000, &end->certificate) < 0)
            return false;
    }
    for (int i = 0; i < 2; i++) {
        if (thread_start(&run.ends[i].thread, "assoc", end_run, &run.ends[i]) < 0)
            return false;
    }
    is_done = waiter_wait(&run.done, 60000);
    for (int i = 0; i < 2; i++)
        loop_uv_stop(run.ends[i].loop);
    for (int i = 0; i < 2; i++) {
        thread_join(&run.ends[i].thread);
        certificate_unref(run.ends[i].certificate);
    }
    waiter_deinit(&run.done);
    pthread_barrier_destroy(&run.together);
    *ret_mbps = (double)run.arrived / (run.end_us - run.begin_us);
    return is_done;
}

static bool run_small(struct bench_sample *ret_sample)
{
    return measure(1024, 200000000, &ret_sample->value);
}

static bool run_large(struct bench_sample *ret_sample)
{
    return measure(65536, 200000000, &ret_sample->value);
}

const struct bench_case bench_assoc[] = {
    {"assoc_mbps_1k", "1 KiB messages on a data channel, no sockets", "MB/s", BENCH_VALUE_MIN, 200,
     5, false, run_small},
    {"assoc_mbps_64k", "64 KiB messages on a data channel, no sockets", "MB/s", BENCH_VALUE_MIN,
     200, 5, false, run_large},
    {0},
};
