// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Packets of a TURN server on a byte stream (RFC 8656 §2.1, §12.5; RFC 8489 §6.2.2): a STUN message
 * or ChannelData says how long it is; ChannelData is padded to a multiple of four. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#define TURN_STREAM_PACKET_MAX 65560 /* bytes: the longest there can be, with its padding */

/* Embedded; zeroed is empty. */
struct turn_stream {
    uint8_t *buf; /* of a packet that is not whole yet; NULL: none */
    size_t len;
};

void turn_stream_deinit(struct turn_stream *stream);

/* Cuts the next packet from *data, which moves on. 1: *ret_packet is one, without padding, valid
 * until the next call; 0: it needs more. ACTR_EDECODE: what comes is no packet, and never will be
 * one; ACTR_ENOMEM. */
int turn_stream_take(struct turn_stream *stream, struct actr_view *data,
                     struct actr_view *ret_packet) ACTR_MUST_CHECK;

/* How many zero bytes go after a packet that is sent. */
size_t turn_stream_padding(struct actr_view packet);
