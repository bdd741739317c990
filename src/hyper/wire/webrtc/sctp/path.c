// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* How large packets may be on this path: a HEARTBEAT, made as long as the probe should be by a PAD
 * chunk (RFC 4820), whose answer is short; path_mtu.h says which sizes and when. Only peers that
 * announce PAD are probed: others might not have buffers for more than they expect.
 *
 * Sizes of path_mtu.h are of datagrams, those of packets are smaller by what DTLS adds. Loop
 * thread.
 */
#include <string.h>

#include "hyper/wire/webrtc/sctp/core.h"

/* Information of our HEARTBEAT (RFC 9260 §3.3.5): a parameter with the number of the probe. */
#define SCTP_HEARTBEAT_INFO 1
#define SCTP_HEARTBEAT_LEN 8

static void sctp_path_adopt(struct sctp *sctp)
{
    size_t len = path_mtu_size(&sctp->path) - sctp->options.overhead;
    size_t mtu = len & ~(size_t)3;

    if (mtu == sctp->mtu)
        return;
    sctp->mtu = (uint16_t)mtu;
    sctp_rate_resize(&sctp->rate, sctp->mtu);
}

void sctp_path_init(struct sctp *sctp)
{
    size_t most =
        sctp->options.mtu_max > sctp->options.mtu ? sctp->options.mtu_max : sctp->options.mtu;

    path_mtu_init(&sctp->path, sctp->options.mtu + sctp->options.overhead,
                  most + sctp->options.overhead);
    sctp->mtu = (uint16_t)(sctp->options.mtu & ~3u);
}

/* False: the system says that it is too big. */
static bool sctp_path_probe(struct sctp *sctp, size_t len, uint32_t id)
{
    uint8_t buf[SCTP_PACKET_MAX];
    struct sctp_writer writer;

    sctp_writer_begin(&writer, buf, len, SCTP_PORT, sctp->options.remote_port, sctp->there.tag);
    uint8_t *at = sctp_writer_chunk(&writer, SCTP_HEARTBEAT, 0, SCTP_HEARTBEAT_LEN);
    sctp_put16(at, SCTP_HEARTBEAT_INFO);
    sctp_put16(at + 2, SCTP_HEARTBEAT_LEN);
    sctp_put32(at + 4, id);
    size_t rest = sctp_writer_room(&writer);
    memset(sctp_writer_chunk(&writer, SCTP_PAD, 0, rest), 0, rest);
    struct actr_view packet = sctp_writer_end(&writer, !sctp->there.takes_unchecked);
    sctp->stats.packets_out++;
    sctp->stats.bytes_out += packet.len;
    return sctp->events->probe(sctp->owner, packet);
}

void sctp_path_run(struct sctp *sctp)
{
    uint64_t now_us = sctp_now(sctp);
    uint32_t id;
    size_t size;

    if (!sctp->there.has_pad || sctp->options.mtu_max <= sctp->options.mtu || sctp->is_doubted)
        return;
    while ((size = path_mtu_probe(&sctp->path, now_us, &id)) > 0) {
        if (!sctp_path_probe(sctp, size - sctp->options.overhead, id))
            path_mtu_refused(&sctp->path, id, now_us);
    }
}

void sctp_path_on_answer(struct sctp *sctp, struct actr_view body)
{
    struct actr_view info;
    uint16_t type;

    if (!sctp_packet_parameter(&body, &type, &info) || type != SCTP_HEARTBEAT_INFO ||
        info.len != SCTP_HEARTBEAT_LEN - 4)
        return;
    path_mtu_acknowledged(&sctp->path, sctp_get32(info.ptr), sctp_now(sctp));
    sctp_path_adopt(sctp);
    sctp_path_run(sctp);
}

void sctp_path_tick(struct sctp *sctp)
{
    if (path_mtu_deadline(&sctp->path) > sctp_now(sctp))
        return;
    path_mtu_tick(&sctp->path, sctp_now(sctp));
    sctp_path_run(sctp);
}

/* A chunk's packet was at least as long as this. */
static size_t sctp_path_size_of(const struct sctp *sctp, size_t len)
{
    return len + SCTP_HEADER_LEN + SCTP_DATA_HEADER_LEN + sctp->options.overhead;
}

void sctp_path_timed_out(struct sctp *sctp, size_t len)
{
    if (path_mtu_timeout(&sctp->path, sctp_path_size_of(sctp, len), sctp_now(sctp)))
        sctp_path_adopt(sctp);
}

void sctp_path_delivered(struct sctp *sctp, size_t len)
{
    path_mtu_delivered(&sctp->path, sctp_path_size_of(sctp, len));
}

void sctp_path_restart(struct sctp *sctp)
{
    path_mtu_path_changed(&sctp->path);
    sctp_path_adopt(sctp);
}
