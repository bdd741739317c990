// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* DTLS below, SCTP in it, data channels on that; here they are joined, and channels become lanes.
 *
 * A lane sends on one channel only, the one that the offerer of the session opened last with the
 * lane's label; it reads every channel with that label, whoever opened it, because the existing
 * system as answerer opens its own when it has something to say early, and reads ours only. What an
 * answerer sends before the offerer's channel has come waits here. Channels with other labels are
 * closed; the end of one of the four is the end of the session, as in the existing system.
 *
 * Loop thread. What ends it is told once; after that nothing goes up. */
#include "hyper/wire/webrtc/secure_association.h"

#include <stdio.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/data_channel.h"
#include "hyper/wire/webrtc/dtls.h"
#include "hyper/wire/webrtc/sctp/sctp.h"
#include "sys/loop.h"

/* What waits in one lane for the offerer's channel: then FULL, then the session is of no use. */
#define SECURE_EARLY_HIGH ((size_t)256 << 10)
#define SECURE_EARLY_MAX ((size_t)8 << 20)

/* A message that waits for its lane. */
struct secure_early {
    struct list link;
    struct actr_bytes message;
};

struct secure_lane {
    struct data_channel *channel; /* NULL: none to send on */
    struct list early;
    size_t early_bytes;
    bool is_early_full;
};

struct secure_association {
    struct association base;
    struct secure_shared shared;
    const struct association_events *events;
    void *owner;
    struct dtls *dtls; /* these from begin() */
    struct sctp *sctp;
    struct data_channels *channels;
    struct secure_lane lanes[ASSOCIATION_LANES];
    bool is_offerer, is_ready, is_closing, is_over;
    bool is_probing, is_probed; /* probing: the record that is made now is a probe; probed: sent */
    struct loop_task told;      /* an end that is found inside a call */
    int code;
    char detail[128];
};

/* By enum actr_payload_type. The signal lane goes first; the others take turns. */
static const struct data_channel_options secure_lanes[ASSOCIATION_LANES] = {
    {.label = "RPC_RELIABLE", .priority = 256, .rank = 1},
    {.label = "RPC_SIGNAL", .priority = 256, .rank = 0},
    {.label = "STREAM_RELIABLE", .priority = 256, .rank = 1},
    {.label = "STREAM_LATENCY_FIRST",
     .is_unordered = true,
     .reliability = 1,
     .reliability_value = 3,
     .priority = 256,
     .rank = 1},
};

static struct secure_association *secure_of(struct association *association)
{
    return container_of(association, struct secure_association, base);
}

static const struct secure_association *secure_of_const(const struct association *association)
{
    return container_of(association, const struct secure_association, base);
}

/* The end, noted inside of anything and told by a task. */
static void secure_end(struct secure_association *secure, int code, const char *detail)
{
    if (secure->is_over)
        return;
    secure->is_over = true;
    secure->code = code;
    snprintf(secure->detail, sizeof(secure->detail), "%s", detail);
    loop_defer(secure->shared.loop, &secure->told);
}

static void secure_on_told(struct loop_task *task)
{
    struct secure_association *secure = container_of(task, struct secure_association, told);
    secure->events->on_closed(secure->owner, secure->code, secure->detail);
}

/* ---- Lanes ---- */

static uint8_t secure_lane_index(const struct secure_association *secure,
                                 const struct secure_lane *lane)
{
    return (uint8_t)(lane - secure->lanes);
}

/* Its number; negative: none of ours. */
static int secure_lane_named(struct actr_view label)
{
    for (int i = 0; i < ASSOCIATION_LANES; i++) {
        if (view_equal(label, view_text(secure_lanes[i].label)))
            return i;
    }
    return -1;
}

static void secure_lane_clear(struct secure_lane *lane)
{
    struct list *link;
    while ((link = list_pop(&lane->early)) != NULL) {
        struct secure_early *early = container_of(link, struct secure_early, link);
        actr_bytes_unref(early->message);
        mem_free(early);
    }
    lane->early_bytes = 0;
}

static int secure_lane_keep(struct secure_lane *lane, struct actr_bytes message)
{
    if (lane->early_bytes + message.len > SECURE_EARLY_MAX) {
        actr_bytes_unref(message);
        return err_origin(ACTR_EUNAVAILABLE, "the peer opens no lane");
    }
    struct secure_early *early = mem_alloc(sizeof(*early));
    if (!early || actr_bytes_failed(message)) {
        mem_free(early);
        actr_bytes_unref(message);
        return err_origin(ACTR_ENOMEM, "lane: no memory");
    }
    early->message = message;
    list_init(&early->link);
    list_push(&lane->early, &early->link);
    lane->early_bytes += message.len;
    if (lane->early_bytes < SECURE_EARLY_HIGH)
        return 0;
    lane->is_early_full = true;
    return ASSOCIATION_FULL;
}

/* What waited leaves by the channel that has come. */
static void secure_lane_flush(struct secure_association *secure, struct secure_lane *lane)
{
    struct list *link;
    int r = 0;

    while (r >= 0 && (link = list_pop(&lane->early)) != NULL) {
        struct secure_early *early = container_of(link, struct secure_early, link);
        r = data_channel_send(lane->channel, false, bytes_take(&early->message));
        mem_free(early);
    }
    if (r < 0) {
        secure_end(secure, r, actr_errmsg());
        return;
    }
    lane->early_bytes = 0;
    /* Else on_writable of the channel tells. */
    if (lane->is_early_full && r != DATA_CHANNEL_FULL)
        secure->events->on_writable(secure->owner, secure_lane_index(secure, lane));
    lane->is_early_full = false;
}

static void secure_ready(struct secure_association *secure)
{
    if (secure->is_ready || secure->is_over)
        return;
    secure->is_ready = true;
    secure->events->on_ready(secure->owner);
}

static void secure_on_opened(void *owner, struct data_channel *channel,
                             const struct dcep_open *open)
{
    struct secure_association *secure = owner;
    int index = secure_lane_named(open->label);
    struct secure_lane *lane = index < 0 ? NULL : &secure->lanes[index];

    if (index < 0) {
        data_channel_set_user(channel, NULL, UINT8_MAX);
        data_channel_close(channel);
        return;
    }
    data_channel_set_user(channel, lane, secure_lanes[index].rank);
    if (secure->is_offerer)
        return;
    lane->channel = channel;
    secure_ready(secure);
    secure_lane_flush(secure, lane);
}

static void secure_on_acknowledged(void *owner, struct data_channel *channel)
{
    (void)channel;
    secure_ready(owner);
}

static void secure_on_message(void *owner, struct data_channel *channel, bool is_text,
                              struct actr_bytes message)
{
    struct secure_association *secure = owner;
    struct secure_lane *lane = data_channel_user(channel);

    (void)is_text;
    if (!lane || secure->is_over) {
        actr_bytes_unref(message);
        return;
    }
    secure_ready(secure); /* a peer that speaks is up, whatever was lost */
    secure->events->on_message(secure->owner, secure_lane_index(secure, lane), message);
}

static void secure_on_writable(void *owner, struct data_channel *channel)
{
    struct secure_association *secure = owner;
    struct secure_lane *lane = data_channel_user(channel);
    if (lane && lane->channel == channel && !secure->is_over)
        secure->events->on_writable(secure->owner, secure_lane_index(secure, lane));
}

static void secure_on_channel_closed(void *owner, struct data_channel *channel)
{
    struct secure_association *secure = owner;
    struct secure_lane *lane = data_channel_user(channel);
    if (!lane || lane->channel != channel)
        return;
    lane->channel = NULL;
    secure_end(secure, ACTR_EUNAVAILABLE, "the peer closed a lane");
}

static void secure_on_drained(void *owner)
{
    struct secure_association *secure = owner;
    dtls_close(secure->dtls);
    secure_end(secure, 0, "");
}

static const struct data_channels_events secure_channel_events = {
    .on_opened = secure_on_opened,
    .on_acknowledged = secure_on_acknowledged,
    .on_message = secure_on_message,
    .on_writable = secure_on_writable,
    .on_closed = secure_on_channel_closed,
    .on_drained = secure_on_drained,
};

/* ---- SCTP ---- */

static void secure_sctp_send(void *owner, struct actr_view packet)
{
    struct secure_association *secure = owner;
    if (dtls_is_open(secure->dtls) && dtls_send(secure->dtls, packet) < 0)
        secure_end(secure, ACTR_EINTERNAL, actr_errmsg());
}

static bool secure_sctp_probe(void *owner, struct actr_view packet)
{
    struct secure_association *secure = owner;

    secure->is_probing = true;
    secure->is_probed = true;
    secure_sctp_send(secure, packet);
    secure->is_probing = false;
    return secure->is_probed;
}

static void secure_sctp_on_open(void *owner, uint16_t streams_out, uint16_t streams_in)
{
    const struct secure_association *secure = owner;
    data_channels_on_open(secure->channels, streams_out, streams_in);
}

static void secure_sctp_on_message(void *owner, const struct sctp_message *head,
                                   struct actr_bytes bytes)
{
    struct secure_association *secure = owner;
    data_channels_on_message(secure->channels, head, bytes);
}

static void secure_sctp_on_writable(void *owner)
{
    struct secure_association *secure = owner;
    data_channels_on_writable(secure->channels);
}

static void secure_sctp_on_reset(void *owner, const uint16_t *streams, size_t count,
                                 bool is_incoming)
{
    struct secure_association *secure = owner;
    data_channels_on_reset(secure->channels, streams, count, is_incoming);
}

static void secure_sctp_on_closed(void *owner, int code, const char *detail)
{
    secure_end(owner, code < 0 ? code : ACTR_EUNAVAILABLE, detail);
}

static const struct sctp_events secure_sctp_events = {
    .send = secure_sctp_send,
    .probe = secure_sctp_probe,
    .on_open = secure_sctp_on_open,
    .on_message = secure_sctp_on_message,
    .on_writable = secure_sctp_on_writable,
    .on_reset = secure_sctp_on_reset,
    .on_closed = secure_sctp_on_closed,
};

/* ---- DTLS ---- */

static void secure_dtls_send(void *owner, struct actr_view datagram)
{
    struct secure_association *secure = owner;
    if (secure->is_probing)
        secure->is_probed = secure->events->probe(secure->owner, datagram);
    else
        secure->events->send(secure->owner, datagram);
}

static void secure_dtls_on_open(void *owner)
{
    struct secure_association *secure = owner;
    if (sctp_start(secure->sctp) < 0)
        secure_end(secure, ACTR_EINTERNAL, actr_errmsg());
}

static void secure_dtls_on_data(void *owner, struct actr_view bytes)
{
    struct secure_association *secure = owner;
    if (!secure->is_over)
        sctp_receive(secure->sctp, bytes);
}

/* The end comes by way of SCTP: behind what has come before, and was acknowledged. */
static void secure_dtls_on_closed(void *owner)
{
    const struct secure_association *secure = owner;
    sctp_cut(secure->sctp, ACTR_EUNAVAILABLE, "the peer closed the session");
}

static void secure_dtls_on_failed(void *owner, int code, const char *detail)
{
    const struct secure_association *secure = owner;
    sctp_cut(secure->sctp, code, detail);
}

static const struct dtls_events secure_dtls_events = {
    .send = secure_dtls_send,
    .on_open = secure_dtls_on_open,
    .on_data = secure_dtls_on_data,
    .on_closed = secure_dtls_on_closed,
    .on_failed = secure_dtls_on_failed,
};

/* ---- For the connection ---- */

static const struct fingerprint *secure_fingerprint(const struct association *association)
{
    return certificate_fingerprint(secure_of_const(association)->shared.certificate);
}

static uint32_t secure_message_len_max(const struct association *association)
{
    return secure_of_const(association)->shared.message_len_max;
}

static int secure_open_lanes(struct secure_association *secure)
{
    for (size_t i = 0; i < ASSOCIATION_LANES && secure->is_offerer; i++) {
        struct secure_lane *lane = &secure->lanes[i];
        int r = data_channel_open(secure->channels, &secure_lanes[i], &lane->channel);
        if (r < 0)
            return r;
        data_channel_set_user(lane->channel, lane, secure_lanes[i].rank);
    }
    return 0;
}

static int secure_begin(struct association *association, const struct association_peer *peer)
{
    struct secure_association *secure = secure_of(association);
    const struct dtls_options dtls = {
        .role = peer->is_dtls_client ? DTLS_CLIENT : DTLS_SERVER,
        .fingerprints = peer->fingerprints,
        .fingerprint_count = peer->fingerprint_count,
    };
    const struct sctp_options sctp = {
        .loop = secure->shared.loop,
        .mtu = DTLS_MTU - DTLS_OVERHEAD,
        .mtu_max = DTLS_PACKET_MAX,
        .overhead = DTLS_OVERHEAD,
        .message_len_max = secure->shared.message_len_max,
        .remote_port = peer->sctp_port,
    };
    const struct data_channels_options channels = {
        .is_dtls_client = peer->is_dtls_client,
        .message_len_max = peer->message_len_max,
        .total = secure->shared.queued,
    };
    secure->is_offerer = peer->is_offerer;
    int r = dtls_new(secure->shared.context, &dtls, &secure_dtls_events, secure, &secure->dtls);
    if (r == 0)
        r = sctp_new(&sctp, &secure_sctp_events, secure, &secure->sctp);
    if (r < 0)
        return r;
    secure->channels = data_channels_new(&channels, secure->sctp, &secure_channel_events, secure);
    return secure->channels ? secure_open_lanes(secure)
                            : err_origin(ACTR_ENOMEM, "association: no memory");
}

static void secure_start(struct association *association, uint64_t now_us)
{
    dtls_start(secure_of(association)->dtls, now_us);
}

static bool secure_receive(struct association *association, struct actr_view datagram,
                           uint64_t now_us)
{
    struct secure_association *secure = secure_of(association);
    return secure->dtls && dtls_is(datagram) && dtls_receive(secure->dtls, datagram, now_us);
}

static void secure_receive_end(struct association *association)
{
    struct secure_association *secure = secure_of(association);
    if (secure->sctp)
        sctp_receive_end(secure->sctp);
}

static int secure_send(struct association *association, uint8_t index, struct actr_bytes message)
{
    struct secure_association *secure = secure_of(association);
    struct secure_lane *lane = &secure->lanes[index];

    if (secure->is_over || secure->is_closing) {
        actr_bytes_unref(message);
        return 0; /* on_closed is on its way */
    }
    if (!lane->channel)
        return secure_lane_keep(lane, message);
    int r = data_channel_send(lane->channel, false, message);
    if (r == ACTR_ESTATE) /* its end is told when the peer has answered ours */
        return err_origin(ACTR_EUNAVAILABLE, "the peer closed a lane");
    return r == DATA_CHANNEL_FULL ? ASSOCIATION_FULL : r;
}

static void secure_read(struct association *association, bool enable)
{
    struct secure_association *secure = secure_of(association);
    if (secure->sctp)
        sctp_read(secure->sctp, enable);
}

static void secure_path_doubted(struct association *association)
{
    struct secure_association *secure = secure_of(association);
    if (secure->sctp)
        sctp_path_doubted(secure->sctp);
}

static void secure_path_changed(struct association *association)
{
    struct secure_association *secure = secure_of(association);
    if (secure->sctp)
        sctp_path_changed(secure->sctp);
}

static void secure_close(struct association *association)
{
    struct secure_association *secure = secure_of(association);
    if (secure->is_closing)
        return;
    secure->is_closing = true;
    if (secure->is_ready)
        data_channels_drain(secure->channels);
    else
        secure_end(secure, 0, "");
}

static uint64_t secure_tick(struct association *association, uint64_t now_us)
{
    struct secure_association *secure = secure_of(association);
    return secure->dtls ? dtls_tick(secure->dtls, now_us) : UINT64_MAX;
}

static uint64_t secure_deadline(const struct association *association)
{
    const struct dtls *dtls = secure_of_const(association)->dtls;
    return dtls ? dtls_deadline(dtls) : UINT64_MAX;
}

static void secure_stats(struct association *association, struct association_stats *ret_stats)
{
    struct secure_association *secure = secure_of(association);
    struct sctp_stats sctp = {0};
    struct dtls_stats dtls = {0};

    if (secure->sctp)
        sctp_get_stats(secure->sctp, &sctp);
    if (secure->dtls)
        dtls_get_stats(secure->dtls, &dtls);
    *ret_stats = (struct association_stats){.bytes_in = sctp.bytes_in,
                                            .bytes_out = sctp.bytes_out,
                                            .retransmitted = sctp.retransmitted,
                                            .rtt_us = sctp.rtt_us,
                                            .records_dropped = dtls.dropped};
    if (secure->channels)
        ret_stats->channels_refused = data_channels_refused(secure->channels);
    for (size_t i = 0; i < ASSOCIATION_LANES; i++) {
        const struct secure_lane *lane = &secure->lanes[i];
        ret_stats->queued[i] =
            lane->early_bytes + (lane->channel ? data_channel_queued(lane->channel) : 0);
    }
}

static void secure_free(struct association *association)
{
    struct secure_association *secure = secure_of(association);

    secure->is_over = true;
    if (secure->dtls && dtls_is_open(secure->dtls))
        dtls_close(secure->dtls);
    data_channels_free(secure->channels);
    sctp_free(secure->sctp);
    dtls_free(secure->dtls);
    loop_task_cancel(&secure->told);
    for (size_t i = 0; i < ASSOCIATION_LANES; i++)
        secure_lane_clear(&secure->lanes[i]);
    dtls_context_unref(secure->shared.context);
    certificate_unref(secure->shared.certificate);
    mem_free(secure);
}

static const struct association_ops secure_ops = {
    .fingerprint = secure_fingerprint,
    .message_len_max = secure_message_len_max,
    .begin = secure_begin,
    .start = secure_start,
    .receive = secure_receive,
    .receive_end = secure_receive_end,
    .send = secure_send,
    .read = secure_read,
    .path_doubted = secure_path_doubted,
    .path_changed = secure_path_changed,
    .close = secure_close,
    .tick = secure_tick,
    .deadline = secure_deadline,
    .stats = secure_stats,
    .free = secure_free,
};

int secure_association_new(const struct secure_shared *shared,
                           const struct association_events *events, void *owner,
                           struct association **ret_association)
{
    struct secure_association *secure = mem_alloc(sizeof(*secure));
    if (!secure)
        return err_origin(ACTR_ENOMEM, "association: no memory");
    secure->base.ops = &secure_ops;
    secure->shared = *shared;
    secure->events = events;
    secure->owner = owner;
    certificate_ref(secure->shared.certificate);
    dtls_context_ref(secure->shared.context);
    loop_task_init(&secure->told, secure_on_told);
    for (size_t i = 0; i < ASSOCIATION_LANES; i++)
        list_init(&secure->lanes[i].early);
    *ret_association = &secure->base;
    return 0;
}
