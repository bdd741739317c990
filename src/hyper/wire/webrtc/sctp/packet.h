// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The form of SCTP packets (RFC 9260 §3): a header, then chunks padded to four bytes. Reading walks
 * over chunks and parameters; writing fills a buffer of the caller. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#define SCTP_HEADER_LEN 12
#define SCTP_CHUNK_HEADER_LEN 4
#define SCTP_DATA_HEADER_LEN 16 /* of a DATA chunk, with the header of a chunk */
#define SCTP_PACKET_MAX 16384   /* bytes; the largest that is written */

enum sctp_chunk_type {
    SCTP_DATA = 0,
    SCTP_INIT = 1,
    SCTP_INIT_ACK = 2,
    SCTP_SACK = 3,
    SCTP_HEARTBEAT = 4,
    SCTP_HEARTBEAT_ACK = 5,
    SCTP_ABORT = 6,
    SCTP_SHUTDOWN = 7,
    SCTP_SHUTDOWN_ACK = 8,
    SCTP_ERROR = 9,
    SCTP_COOKIE_ECHO = 10,
    SCTP_COOKIE_ACK = 11,
    SCTP_SHUTDOWN_COMPLETE = 14,
    SCTP_RE_CONFIG = 130,  /* RFC 6525 */
    SCTP_PAD = 132,        /* RFC 4820 */
    SCTP_FORWARD_TSN = 192 /* RFC 3758 */
};

/* Flags of DATA. */
#define SCTP_FLAG_END 1u
#define SCTP_FLAG_BEGIN 2u
#define SCTP_FLAG_UNORDERED 4u
#define SCTP_FLAG_IMMEDIATE 8u /* RFC 7053 */
/* Of ABORT and SHUTDOWN COMPLETE: the tag is the sender's own (RFC 9260 §8.5.1). */
#define SCTP_FLAG_REFLECTED 1u

static inline uint16_t sctp_get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t sctp_get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void sctp_put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void sctp_put32(uint8_t *at, uint32_t value)
{
    sctp_put16(at, (uint16_t)(value >> 16));
    sctp_put16(at + 2, (uint16_t)value);
}

/* Serial numbers (RFC 1982): is a after b? */
static inline bool sctp_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

static inline size_t sctp_padded(size_t len)
{
    return (len + 3) & ~(size_t)3;
}

/* One chunk; body is lent. */
struct sctp_chunk {
    uint8_t type, flags;
    struct actr_view body; /* without header and padding */
};

/* Takes the first chunk off *chunks. False: none is left, or its length is impossible. */
bool sctp_packet_chunk(struct actr_view *chunks, struct sctp_chunk *ret_chunk);
/* Takes the first parameter off, likewise; body is what follows its header. */
bool sctp_packet_parameter(struct actr_view *parameters, uint16_t *ret_type,
                           struct actr_view *ret_body);

/* Is its checksum right, or absent (RFC 9653)? A packet of at least a header. */
bool sctp_packet_is_intact(struct actr_view packet);

struct sctp_writer {
    uint8_t *buf;
    size_t len, cap;
};

/* buf takes cap bytes; cap is rounded down to four. */
void sctp_writer_begin(struct sctp_writer *writer, uint8_t *buf, size_t cap, uint16_t local_port,
                       uint16_t remote_port, uint32_t tag);
/* How long the body of another chunk may be. */
size_t sctp_writer_room(const struct sctp_writer *writer);
/* Adds a chunk with a body of `len` bytes, which must fit, for the caller to fill; padding is
 * zeroed. */
uint8_t *sctp_writer_chunk(struct sctp_writer *writer, uint8_t type, uint8_t flags, size_t len);
bool sctp_writer_is_empty(const struct sctp_writer *writer);
/* The packet, lent, with its checksum or with zero in its place. */
struct actr_view sctp_writer_end(struct sctp_writer *writer, bool is_checked);
