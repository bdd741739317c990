// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One SCTP association: a one-to-one socket of usrsctp that is bound and connected to the same
 * address, the handle of its port, so that both sides may begin at once.
 *
 * Receiving is pulled, not pushed: what nobody reads stays in usrsctp's buffer, whose end is the
 * receive window. A message is read into a block; a large one is handed up in it, a small one as a
 * copy of its own size, so that little is kept alive by little. The block stays while the
 * association is busy.
 *
 * The association is busy, and has usrsctp's timers driven, while anything of it is unacknowledged
 * or unanswered, and for SCTP_LINGER_US after a packet, in which it may owe an acknowledgement.
 * Heartbeats are off and retransmission does not end: ICE knows whether the path lives.
 *
 * Loop thread. Must never be freed while usrsctp sends for it. */
#include "hyper/wire/webrtc/sctp.h"

#include <errno.h>
#include <string.h>

#include <arpa/inet.h>
#include <usrsctp.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/err.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/sctp_socket.h"
#include "hyper/wire/webrtc/sctp_stack.h"
#include "sys/loop.h"

#define SCTP_MTU 1131
#define SCTP_MESSAGE_MAX (256u << 10)
#define SCTP_BUFFER (4u << 20)
#define SCTP_BLOCK (64u << 10)
#define SCTP_LINGER_US 300000
#define SCTP_REQUEST_US 60000000
#define SCTP_HEADER_LEN 12
#define SCTP_CHUNK_HEADER_LEN 4
#define SCTP_CHUNK_DATA 0
/* Within a burst that was read at once each eighth packet is acknowledged, and the last. The peer's
 * window grows by acknowledgements, so there must be some. */
#define SCTP_SACK_BURST 8
#define SCTP_LAST_MAX 2048

enum sctp_state { SCTP_NEW, SCTP_OPENING, SCTP_OPEN_NOW, SCTP_OVER };

struct sctp {
    struct sctp_port *port;
    struct socket *socket;
    struct loop *loop;
    const struct sctp_events *events;
    void *owner;
    enum sctp_state state;
    uint32_t message_len_max, send_buffer;
    uint16_t remote_port, streams_out, streams_in;
    uint64_t request_end_us; /* how long one of RFC 6525 is awaited */
    bool is_reading, is_waiting, has_added, is_holding;
    size_t writable_below; /* while is_waiting */
    size_t estimate;       /* buffered, at most */
    uint64_t linger_end_us;
    struct actr_bytes part; /* the beginning of a message, in a block that is written on */
    uint8_t *part_data;
    size_t part_len;
    struct loop_task task;
    bool is_draining, is_freed; /* freed in an event: when the drain is done */
    bool is_sparing;            /* acknowledgements: SCTP_SACK_BURST holds */
    unsigned burst;             /* packets of it so far; the last of them waits in `last` */
    size_t last_len;
    uint8_t last[SCTP_LAST_MAX];
    struct sctp_stats stats;
    uint32_t tsn_last; /* the highest that has been sent, when has_sent */
    bool has_sent;
};

/* usrsctp does not tell: a TSN that is not above all before it is sent again. */
static void sctp_count_again(struct sctp *sctp, struct actr_view packet)
{
    for (size_t at = SCTP_HEADER_LEN; at + SCTP_CHUNK_HEADER_LEN + 4 <= packet.len;) {
        const uint8_t *chunk = packet.ptr + at;
        size_t len = (size_t)chunk[2] << 8 | chunk[3];
        uint32_t tsn = (uint32_t)chunk[4] << 24 | (uint32_t)chunk[5] << 16 |
                       (uint32_t)chunk[6] << 8 | chunk[7];
        at += (len + 3) & ~(size_t)3;
        if (len < SCTP_CHUNK_HEADER_LEN)
            return;
        if (chunk[0] != SCTP_CHUNK_DATA)
            continue;
        if (sctp->has_sent && (int32_t)(tsn - sctp->tsn_last) <= 0)
            sctp->stats.retransmitted++;
        else
            sctp->tsn_last = tsn;
        sctp->has_sent = true;
    }
}

static void sctp_on_packet(void *owner, struct actr_view packet)
{
    struct sctp *sctp = owner;

    sctp_count_again(sctp, packet);
    sctp->stats.packets_out++;
    sctp->stats.bytes_out += packet.len;
    sctp->events->send(sctp->owner, packet);
}

static void sctp_over(struct sctp *sctp, int code, const char *detail)
{
    if (sctp->state == SCTP_OVER)
        return;
    sctp->state = SCTP_OVER;
    sctp_stack_idle(sctp->port);
    sctp->events->on_closed(sctp->owner, code, detail);
}

static void sctp_set_busy(struct sctp *sctp)
{
    sctp->linger_end_us = loop_now_us(sctp->loop) + SCTP_LINGER_US;
    sctp_stack_busy(sctp->port);
}

static void sctp_drop_part(struct sctp *sctp)
{
    actr_bytes_unref(sctp->part);
    sctp->part = (struct actr_bytes){0};
    sctp->part_len = 0;
}

static void sctp_on_change(struct sctp *sctp, const struct sctp_notice *notice)
{
    switch (notice->kind) {
    case SCTP_NOTICE_UP:
        if (sctp->state != SCTP_OPENING)
            break;
        sctp->state = SCTP_OPEN_NOW;
        sctp->streams_out = notice->streams_out;
        sctp->streams_in = notice->streams_in;
        sctp->events->on_open(sctp->owner, notice->streams_out, notice->streams_in);
        break;
    case SCTP_NOTICE_LOST:
        sctp_over(sctp, ACTR_EUNAVAILABLE, notice->detail);
        break;
    case SCTP_NOTICE_SHUTDOWN:
        sctp_over(sctp, 0, notice->detail);
        break;
    case SCTP_NOTICE_RESET:
        if (!notice->is_incoming)
            sctp->request_end_us = 0;
        sctp->events->on_reset(sctp->owner, notice->streams, notice->count, notice->is_incoming);
        break;
    case SCTP_NOTICE_STREAMS:
        sctp->request_end_us = 0;
        sctp->streams_out = notice->streams_out;
        sctp->streams_in = notice->streams_in;
        sctp->has_added = true;
        break;
    case SCTP_NOTICE_OTHER:
        break;
    }
}

/* A whole message lies at the front of part. */
static void sctp_hand_up(struct sctp *sctp, const struct sctp_rcvinfo *info)
{
    struct sctp_message head = {.stream = info->rcv_sid,
                                .ppid = ntohl(info->rcv_ppid),
                                .is_unordered = info->rcv_flags & SCTP_UNORDERED};
    struct actr_bytes bytes;

    if (sctp->part_len >= SCTP_BLOCK / 2) {
        bytes = bytes_take(&sctp->part);
        bytes_truncate(&bytes, sctp->part_len);
    } else {
        bytes = actr_bytes_copy(actr_view_of(sctp->part_data, sctp->part_len));
    }
    sctp->part_len = 0;
    if (actr_bytes_failed(bytes)) {
        sctp_over(sctp, ACTR_ENOMEM, "no memory for a message");
        return;
    }
    sctp->events->on_message(sctp->owner, &head, bytes);
}

/* Room for more of a message in part. */
static bool sctp_make_room(struct sctp *sctp)
{
    size_t cap = sctp->part.len;

    if (sctp->part_len < cap)
        return true;
    size_t wanted = cap ? 2 * cap : SCTP_BLOCK;
    uint8_t *data;
    struct actr_bytes bytes = bytes_new(wanted, &data);
    if (actr_bytes_failed(bytes))
        return false;
    if (sctp->part_len > 0)
        memcpy(data, sctp->part_data, sctp->part_len);
    actr_bytes_unref(sctp->part);
    sctp->part = bytes;
    sctp->part_data = data;
    return true;
}

/* Reads one message, part of one or one notice. False: there is none. */
static bool sctp_read_one(struct sctp *sctp)
{
    struct sctp_rcvinfo info = {0};
    socklen_t info_len = sizeof info;
    unsigned info_type = 0;
    int flags = 0;

    if (!sctp_make_room(sctp)) {
        sctp_over(sctp, ACTR_ENOMEM, "no memory for a message");
        return false;
    }
    struct sctp_port *before = sctp_stack_enter(sctp->port);
    ssize_t len = usrsctp_recvv(sctp->socket, sctp->part_data + sctp->part_len,
                                sctp->part.len - sctp->part_len, NULL, NULL, &info, &info_len,
                                &info_type, &flags);
    sctp_stack_exit(before);
    if (len <= 0) {
        if (len == 0 || (errno != EWOULDBLOCK && errno != EAGAIN && errno != ENOTCONN))
            sctp_over(sctp, ACTR_EUNAVAILABLE, len == 0 ? "the peer is gone" : strerror(errno));
        return false;
    }
    if (flags & MSG_NOTIFICATION) {
        struct sctp_notice notice;
        /* A notice comes whole and never within a message: the buffer holds the longest. */
        sctp_notice_read(actr_view_of(sctp->part_data + sctp->part_len, (size_t)len), &notice);
        sctp_on_change(sctp, &notice);
        return true;
    }
    sctp->part_len += (size_t)len;
    if (sctp->part_len > sctp->message_len_max)
        sctp_over(sctp, ACTR_EINVALID, "a message over the limit");
    else if (flags & MSG_EOR)
        sctp_hand_up(sctp, &info);
    return true;
}

static void sctp_destroy(struct sctp *sctp)
{
    actr_bytes_unref(sctp->part);
    mem_free(sctp);
}

static bool sctp_is_writable(const struct sctp *sctp)
{
    if (sctp->state != SCTP_OPEN_NOW)
        return false;
    return sctp->has_added || (sctp->is_waiting && sctp_buffered(sctp) < sctp->writable_below);
}

/* Hands up what has come. False: freed meanwhile. */
static bool sctp_drain(struct sctp *sctp)
{
    sctp->is_draining = true;
    while (sctp->is_reading && sctp->state != SCTP_OVER && sctp_read_one(sctp))
        ;
    if (sctp_is_writable(sctp)) {
        sctp->is_waiting = false;
        sctp->has_added = false;
        sctp->events->on_writable(sctp->owner);
    }
    sctp->is_draining = false;
    if (!sctp->is_freed)
        return true;
    sctp_destroy(sctp);
    return false;
}

static bool sctp_is_idle(const struct sctp *sctp)
{
    struct sctp_status status;

    return sctp->state == SCTP_OPEN_NOW && !sctp->is_waiting &&
           loop_now_us(sctp->loop) >= sctp->request_end_us &&
           loop_now_us(sctp->loop) >= sctp->linger_end_us && sctp_buffered(sctp) == 0 &&
           sctp_socket_status(sctp->socket, &status) && status.sstat_unackdata == 0;
}

static void sctp_on_tick(void *owner)
{
    struct sctp *sctp = owner;

    if (!sctp_drain(sctp) || !sctp_is_idle(sctp))
        return;
    sctp_stack_idle(sctp->port);
    if (sctp->part_len == 0)
        sctp_drop_part(sctp);
}

static void sctp_on_task(struct loop_task *task)
{
    sctp_drain(container_of(task, struct sctp, task));
}

static const struct sctp_port_events sctp_port_events = {sctp_on_packet, sctp_on_tick};

int sctp_new(const struct sctp_options *options, const struct sctp_events *events, void *owner,
             struct sctp **ret_sctp)
{
    struct sctp *sctp = mem_alloc(sizeof *sctp);
    if (!sctp)
        return err_origin(ACTR_ENOMEM, "sctp: out of memory");
    sctp->loop = options->loop;
    sctp->events = events;
    sctp->owner = owner;
    sctp->is_reading = true;
    sctp->remote_port = options->remote_port ? options->remote_port : SCTP_PORT;
    sctp->message_len_max = options->message_len_max ? options->message_len_max : SCTP_MESSAGE_MAX;
    sctp->send_buffer = options->send_buffer ? options->send_buffer : SCTP_BUFFER;
    loop_task_init(&sctp->task, sctp_on_task);
    int r = sctp_stack_join(options->loop, &sctp_port_events, sctp, &sctp->port);
    if (r == 0) {
        struct sctp_socket_options wanted = {
            .handle = sctp->port->handle,
            .port = SCTP_PORT,
            .mtu = options->mtu ? options->mtu : SCTP_MTU,
            .send_buffer = sctp->send_buffer,
            .receive_window = options->receive_window ? options->receive_window : SCTP_BUFFER};
        r = sctp_socket_new(&wanted, &sctp->socket);
    }
    if (r < 0) {
        sctp_free(sctp);
        return r;
    }
    *ret_sctp = sctp;
    return 0;
}

struct sctp *sctp_free(struct sctp *sctp)
{
    if (!sctp)
        return NULL;
    sctp->state = SCTP_OVER;
    sctp->is_freed = true;
    loop_task_cancel(&sctp->task);
    /* Without a port the ABORT that closing sends goes nowhere. */
    if (sctp->port)
        sctp_stack_leave(sctp->port);
    if (sctp->socket)
        usrsctp_close(sctp->socket);
    if (!sctp->is_draining)
        sctp_destroy(sctp);
    return NULL;
}

int sctp_start(struct sctp *sctp)
{
    if (sctp->state != SCTP_NEW)
        return err_origin(ACTR_ESTATE, "sctp: started before");
    struct sctp_port *before = sctp_stack_enter(sctp->port);
    int r = sctp_socket_connect(sctp->socket, sctp->port->handle, sctp->remote_port);
    sctp_stack_exit(before);
    if (r < 0)
        return r;
    sctp->state = SCTP_OPENING;
    sctp_set_busy(sctp);
    return 0;
}

/* The checksum is always there: nobody has agreed to do without it (RFC 9653). */
static bool sctp_is_intact(struct actr_view packet)
{
    static const uint8_t zero[4];
    const uint8_t *at = packet.ptr + 8;

    if (packet.len < SCTP_HEADER_LEN + 4)
        return false;
    uint32_t crc = crc32c_update(CRC32C_BEGIN, packet.ptr, 8);
    crc = crc32c_update(crc, zero, sizeof zero);
    crc = ~crc32c_update(crc, packet.ptr + SCTP_HEADER_LEN, packet.len - SCTP_HEADER_LEN);
    return crc ==
           ((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
}

/* An acknowledgement costs both sides as much as a packet. */
static void sctp_spare(struct sctp *sctp, bool enable)
{
    if (sctp->is_sparing != enable &&
        sctp_socket_sack_every(sctp->socket, enable ? SCTP_SACK_BURST : SCTP_SACK_EVERY))
        sctp->is_sparing = enable;
}

static void sctp_input(struct sctp *sctp, struct actr_view packet)
{
    struct sctp_port *before = sctp_stack_enter(sctp->port);
    usrsctp_conninput((void *)(uintptr_t)sctp->port->handle, packet.ptr, packet.len, 0);
    sctp_stack_exit(before);
}

/* The last packet of the burst, or one that another follows. */
static void sctp_input_last(struct sctp *sctp, bool is_followed)
{
    if (sctp->last_len == 0)
        return;
    sctp_spare(sctp, is_followed && sctp->burst > SCTP_SACK_EVERY + 1);
    sctp_input(sctp, actr_view_of(sctp->last, sctp->last_len));
    sctp->last_len = 0;
}

void sctp_receive(struct sctp *sctp, struct actr_view packet)
{
    if (sctp->state == SCTP_NEW || sctp->state == SCTP_OVER)
        return;
    sctp->stats.packets_in++;
    sctp->stats.bytes_in += packet.len;
    if (!sctp_is_intact(packet)) {
        sctp->stats.bad_checksum++;
        return;
    }
    sctp->burst++;
    sctp_input_last(sctp, true);
    if (packet.len > sizeof sctp->last) {
        sctp_spare(sctp, false); /* it may be the last: it is not known when it goes in */
        sctp_input(sctp, packet);
        return;
    }
    memcpy(sctp->last, packet.ptr, packet.len);
    sctp->last_len = packet.len;
}

void sctp_receive_end(struct sctp *sctp)
{
    if (sctp->burst == 0 || sctp->state == SCTP_NEW || sctp->state == SCTP_OVER)
        return;
    sctp_input_last(sctp, false);
    sctp->burst = 0;
    sctp_set_busy(sctp);
    sctp_drain(sctp);
}

int sctp_send(struct sctp *sctp, const struct sctp_message *head, struct actr_bytes bytes)
{
    AUTO_BYTES struct actr_bytes owned = bytes;

    if (actr_bytes_failed(owned))
        return err_origin(ACTR_ENOMEM, "sctp: no memory");
    if (sctp->state != SCTP_OPEN_NOW)
        return err_origin(ACTR_ESTATE, "sctp: not open");
    if (head->stream >= sctp->streams_out)
        return err_origin(ACTR_EINVALID, "sctp: no stream %u", head->stream);
    if (owned.len == 0 || owned.len > sctp->send_buffer)
        return err_origin(ACTR_EINVALID, "sctp: a message of %zu bytes", owned.len);
    if (head->has_more != sctp->is_holding && sctp_socket_hold(sctp->socket, head->has_more))
        sctp->is_holding = head->has_more;
    struct sctp_port *before = sctp_stack_enter(sctp->port);
    int r = sctp_socket_send(sctp->socket, head, actr_bytes_view(owned));
    sctp_stack_exit(before);
    if (r == ACTR_EUNAVAILABLE)
        sctp_wait_writable(sctp, sctp->send_buffer / 2);
    if (r < 0)
        return r;
    sctp_set_busy(sctp);
    sctp->estimate += owned.len;
    if (sctp->estimate < sctp->send_buffer / 4 * 3)
        return 0;
    sctp->estimate = sctp_buffered(sctp);
    if (sctp->estimate < sctp->send_buffer / 4 * 3)
        return 0;
    sctp_wait_writable(sctp, sctp->send_buffer / 2);
    return SCTP_FULL;
}

size_t sctp_buffered(const struct sctp *sctp)
{
    return sctp->state == SCTP_OPEN_NOW ? sctp_socket_buffered(sctp->socket) : 0;
}

void sctp_wait_writable(struct sctp *sctp, size_t below)
{
    sctp->is_waiting = true;
    sctp->writable_below = below;
    if (sctp->state == SCTP_OPEN_NOW)
        sctp_stack_busy(sctp->port);
}

uint16_t sctp_streams(const struct sctp *sctp)
{
    return sctp->streams_out;
}

struct loop *sctp_loop(const struct sctp *sctp)
{
    return sctp->loop;
}

/* usrsctp repeats a request until it is answered, and needs its timers for that. Several may become
 * one, so they are not counted. */
static void sctp_on_request(struct sctp *sctp)
{
    sctp_set_busy(sctp);
    sctp->request_end_us = loop_now_us(sctp->loop) + SCTP_REQUEST_US;
}

int sctp_reset_stream(struct sctp *sctp, uint16_t stream)
{
    if (sctp->state != SCTP_OPEN_NOW)
        return err_origin(ACTR_ESTATE, "sctp: not open");
    struct sctp_port *before = sctp_stack_enter(sctp->port);
    int r = sctp_socket_reset(sctp->socket, stream);
    sctp_stack_exit(before);
    if (r == 0)
        sctp_on_request(sctp);
    return r;
}

int sctp_grow(struct sctp *sctp, uint16_t stream)
{
    if (sctp->state != SCTP_OPEN_NOW)
        return err_origin(ACTR_ESTATE, "sctp: not open");
    if (stream > SCTP_STREAM_MAX)
        return err_origin(ACTR_EINVALID, "sctp: no stream %u", stream);
    if (stream < sctp->streams_out)
        return 0;
    /* By steps, since each stream costs memory on both sides. */
    unsigned wanted = (stream / SCTP_STREAMS + 1u) * SCTP_STREAMS;
    if (wanted > SCTP_STREAM_MAX + 1u)
        wanted = SCTP_STREAM_MAX + 1u;
    struct sctp_port *before = sctp_stack_enter(sctp->port);
    int r = sctp_socket_add(sctp->socket, (uint16_t)(wanted - sctp->streams_out));
    sctp_stack_exit(before);
    if (r == 0)
        sctp_on_request(sctp);
    return r;
}

void sctp_read(struct sctp *sctp, bool enable)
{
    sctp->is_reading = enable;
    if (enable && sctp->state != SCTP_NEW && sctp->state != SCTP_OVER)
        loop_defer(sctp->loop, &sctp->task);
}

void sctp_path_doubted(struct sctp *sctp)
{
    if (sctp->state == SCTP_OPEN_NOW)
        sctp_socket_doubt(sctp->socket, true);
}

void sctp_path_changed(struct sctp *sctp)
{
    if (sctp->state != SCTP_OPEN_NOW)
        return;
    sctp_socket_doubt(sctp->socket, false);
    struct sctp_port *before = sctp_stack_enter(sctp->port);
    sctp_socket_probe(sctp->socket, sctp->port->handle, sctp->remote_port);
    sctp_stack_exit(before);
    sctp_set_busy(sctp);
}

void sctp_get_stats(struct sctp *sctp, struct sctp_stats *ret_stats)
{
    struct sctp_status status;

    if (sctp->state == SCTP_OPEN_NOW && sctp_socket_status(sctp->socket, &status)) {
        sctp->stats.rtt_us = (uint64_t)status.sstat_primary.spinfo_srtt * 1000;
        sctp->stats.rto_us = (uint64_t)status.sstat_primary.spinfo_rto * 1000;
        sctp->stats.cwnd = status.sstat_primary.spinfo_cwnd;
        sctp->stats.peer_window = status.sstat_rwnd;
        sctp->stats.unacknowledged = status.sstat_unackdata;
    }
    *ret_stats = sctp->stats;
}
