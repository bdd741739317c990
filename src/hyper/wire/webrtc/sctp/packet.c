// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* SCTP packets: chunks and parameters in, chunks out, and the checksum over all (RFC 9260 §3,
 * §6.8).
 *
 * Everything here is read from an untrusted peer: no length is believed before it has been compared
 * with what is there. Pure. */
#include "hyper/wire/webrtc/sctp/packet.h"

#include <string.h>

#include "base/crc32c.h"

#define SCTP_CHECKSUM_AT 8

/* A thing of type (one or two bytes), length at 2, and padding. */
static bool sctp_packet_take(struct actr_view *rest, struct actr_view *ret_item)
{
    if (rest->len < SCTP_CHUNK_HEADER_LEN)
        return false;
    size_t len = sctp_get16(rest->ptr + 2);
    if (len < SCTP_CHUNK_HEADER_LEN || len > rest->len)
        return false;
    *ret_item = actr_view_of(rest->ptr, len);
    size_t taken = sctp_padded(len) < rest->len ? sctp_padded(len) : rest->len;
    *rest = actr_view_of(rest->ptr + taken, rest->len - taken);
    return true;
}

bool sctp_packet_chunk(struct actr_view *chunks, struct sctp_chunk *ret_chunk)
{
    struct actr_view item;

    if (!sctp_packet_take(chunks, &item))
        return false;
    ret_chunk->type = item.ptr[0];
    ret_chunk->flags = item.ptr[1];
    ret_chunk->body =
        actr_view_of(item.ptr + SCTP_CHUNK_HEADER_LEN, item.len - SCTP_CHUNK_HEADER_LEN);
    return true;
}

bool sctp_packet_parameter(struct actr_view *parameters, uint16_t *ret_type,
                           struct actr_view *ret_body)
{
    struct actr_view item;

    if (!sctp_packet_take(parameters, &item))
        return false;
    *ret_type = sctp_get16(item.ptr);
    *ret_body = actr_view_of(item.ptr + SCTP_CHUNK_HEADER_LEN, item.len - SCTP_CHUNK_HEADER_LEN);
    return true;
}

/* With zeros in its own place. */
static uint32_t sctp_packet_checksum(const uint8_t *packet, size_t len)
{
    static const uint8_t zero[4];
    uint32_t crc = crc32c_update(CRC32C_BEGIN, packet, SCTP_CHECKSUM_AT);

    crc = crc32c_update(crc, zero, sizeof zero);
    return ~crc32c_update(crc, packet + SCTP_HEADER_LEN, len - SCTP_HEADER_LEN);
}

/* Little-endian, other than everything else (RFC 9260 appendix A). */
bool sctp_packet_is_intact(struct actr_view packet)
{
    const uint8_t *at = packet.ptr + SCTP_CHECKSUM_AT;
    uint32_t given =
        (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;

    return given == 0 || given == sctp_packet_checksum(packet.ptr, packet.len);
}

void sctp_writer_begin(struct sctp_writer *writer, uint8_t *buf, size_t cap, uint16_t local_port,
                       uint16_t remote_port, uint32_t tag)
{
    writer->buf = buf;
    writer->cap = cap & ~(size_t)3;
    writer->len = SCTP_HEADER_LEN;
    sctp_put16(buf, local_port);
    sctp_put16(buf + 2, remote_port);
    sctp_put32(buf + 4, tag);
    sctp_put32(buf + SCTP_CHECKSUM_AT, 0);
}

size_t sctp_writer_room(const struct sctp_writer *writer)
{
    size_t taken = writer->len + SCTP_CHUNK_HEADER_LEN;
    return taken < writer->cap ? writer->cap - taken : 0;
}

uint8_t *sctp_writer_chunk(struct sctp_writer *writer, uint8_t type, uint8_t flags, size_t len)
{
    uint8_t *at = writer->buf + writer->len;
    size_t whole = SCTP_CHUNK_HEADER_LEN + len;

    at[0] = type;
    at[1] = flags;
    sctp_put16(at + 2, (uint16_t)whole);
    memset(at + whole, 0, sctp_padded(whole) - whole);
    writer->len += sctp_padded(whole);
    return at + SCTP_CHUNK_HEADER_LEN;
}

bool sctp_writer_is_empty(const struct sctp_writer *writer)
{
    return writer->len == SCTP_HEADER_LEN;
}

struct actr_view sctp_writer_end(struct sctp_writer *writer, bool is_checked)
{
    if (is_checked) {
        uint32_t crc = sctp_packet_checksum(writer->buf, writer->len);
        for (unsigned i = 0; i < 4; i++)
            writer->buf[SCTP_CHECKSUM_AT + i] = (uint8_t)(crc >> 8 * i);
    }
    return actr_view_of(writer->buf, writer->len);
}
