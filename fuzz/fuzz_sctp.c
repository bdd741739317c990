// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* SCTP and data channels: two genuine sides open an association with a channel each way; then one
 * of them gets packets of chunks that the input gives, with the right tags and checksums, as an
 * authenticated but hostile peer could send them. What is bounded stays so and nothing crashes.
 *
 * The input: per packet two bytes of length, then chunks. */
#include <string.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "fuzz.h"
#include "hyper/wire/webrtc/data_channel.h"
#include "hyper/wire/webrtc/sctp/sctp.h"
#include "sys/loop_virtual.h"

#define KEPT_MAX 256
#define PACKET_MAX 1131
#define HEADER_LEN 12

struct side {
    struct side *peer;
    struct sctp *sctp;
    struct data_channels *channels;
    struct {
        size_t len;
        uint8_t bytes[PACKET_MAX];
    } kept[KEPT_MAX];
    size_t head, tail;
    uint8_t header[HEADER_LEN]; /* of its last packet */
    unsigned opened;
    bool is_over;
};

static struct side sides[2];

static void on_send(void *owner, struct actr_view packet)
{
    struct side *side = owner;

    fuzz_check(packet.len <= PACKET_MAX && packet.len >= HEADER_LEN, "a packet over the MTU");
    memcpy(side->header, packet.ptr, HEADER_LEN);
    if (side->tail - side->head == KEPT_MAX)
        return;
    memcpy(side->kept[side->tail % KEPT_MAX].bytes, packet.ptr, packet.len);
    side->kept[side->tail++ % KEPT_MAX].len = packet.len;
}

static void on_open(void *owner, uint16_t out, uint16_t in)
{
    data_channels_on_open(((struct side *)owner)->channels, out, in);
}

static void on_message(void *owner, const struct sctp_message *head, struct actr_bytes bytes)
{
    fuzz_check(bytes.len > 0 && bytes.len <= 256 << 10, "a message of a wrong size");
    data_channels_on_message(((struct side *)owner)->channels, head, bytes);
}

static void on_writable(void *owner)
{
    data_channels_on_writable(((struct side *)owner)->channels);
}

static void on_reset(void *owner, const uint16_t *streams, size_t count, bool is_incoming)
{
    data_channels_on_reset(((struct side *)owner)->channels, streams, count, is_incoming);
}

static void on_closed(void *owner, int code, const char *detail)
{
    struct side *side = owner;
    fuzz_check(!side->is_over, "a second end");
    side->is_over = true;
}

static void on_opened(void *owner, struct data_channel *channel, const struct dcep_open *open)
{
    ((struct side *)owner)->opened++;
}

static void on_acknowledged(void *owner, struct data_channel *channel)
{
}

static void on_data(void *owner, struct data_channel *channel, bool is_text,
                    struct actr_bytes message)
{
    actr_bytes_unref(message);
}

static void on_room(void *owner, struct data_channel *channel)
{
}

static void on_gone(void *owner, struct data_channel *channel)
{
}

static void on_drained(void *owner)
{
}

static const struct sctp_events sctp_events = {on_send,  on_open,   on_message, on_writable,
                                               on_reset, on_closed, NULL};
static const struct data_channels_events channel_events = {on_opened, on_acknowledged, on_data,
                                                           on_room,   on_gone,         on_drained};

static void side_begin(struct side *side, struct loop *loop)
{
    struct sctp_options sctp = {.loop = loop};
    struct data_channels_options options = {.is_dtls_client = side == &sides[0]};
    struct data_channel_options channel = {.label = "fuzz", .priority = 256};
    struct data_channel *opened;

    memset(side, 0, sizeof *side);
    side->peer = side == sides ? &sides[1] : &sides[0];
    fuzz_check(sctp_new(&sctp, &sctp_events, side, &side->sctp) == 0, "no association");
    side->channels = data_channels_new(&options, side->sctp, &channel_events, side);
    fuzz_check(side->channels != NULL, "no channels");
    fuzz_check(data_channel_open(side->channels, &channel, &opened) == 0, "no channel");
    fuzz_check(data_channel_send(opened, false, actr_bytes_str("genuine")) == 0, "not sent");
}

static bool hand_over(struct side *from)
{
    if (from->head == from->tail)
        return false;
    size_t at = from->head++ % KEPT_MAX;
    sctp_receive(from->peer->sctp, actr_view_of(from->kept[at].bytes, from->kept[at].len));
    sctp_receive_end(from->peer->sctp);
    return true;
}

/* A packet as the peer would send it, with chunks of the input. */
static void attack(struct side *side, const uint8_t *chunks, size_t len)
{
    uint8_t packet[PACKET_MAX];

    if (len > PACKET_MAX - HEADER_LEN)
        len = PACKET_MAX - HEADER_LEN;
    memcpy(packet, side->peer->header, HEADER_LEN);
    memset(packet + 8, 0, 4);
    memcpy(packet + HEADER_LEN, chunks, len);
    uint32_t crc = ~crc32c_update(CRC32C_BEGIN, packet, HEADER_LEN + len);
    for (unsigned i = 0; i < 4; i++)
        packet[8 + i] = (uint8_t)(crc >> 8 * i);
    sctp_receive(side->sctp, actr_view_of(packet, HEADER_LEN + len));
    sctp_receive_end(side->sctp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct loop *loop;

    fuzz_check(loop_virtual_new(1, &loop) == 0, "no loop");
    side_begin(&sides[0], loop);
    side_begin(&sides[1], loop);
    for (int i = 0; i < 2; i++)
        fuzz_check(sctp_start(sides[i].sctp) == 0, "not started");
    while (hand_over(&sides[0]) || hand_over(&sides[1]))
        ;
    fuzz_check(sides[0].opened == 1 && sides[1].opened == 1, "no handshake");
    for (size_t at = 0; at + 2 <= len;) {
        size_t size = (size_t)(data[at] << 8 | data[at + 1]);
        at += 2;
        if (size > len - at)
            size = len - at;
        attack(&sides[1], data + at, size);
        at += size;
    }
    loop_virtual_run_until(loop, loop_now_us(loop) + 100000);
    fuzz_check(sides[1].opened <= SCTP_STREAMS_IN, "more channels than streams");
    for (int i = 0; i < 2; i++) {
        data_channels_free(sides[i].channels);
        sctp_free(sides[i].sctp);
    }
    loop_virtual_close(loop);
    return 0;
}
