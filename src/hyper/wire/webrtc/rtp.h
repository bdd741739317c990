// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The headers of media: RTP (RFC 3550 §5.1) with header extensions (RFC 8285), and RTCP as far as
 * it takes to tell the two apart (RFC 5761 §4) and to know a well-formed one (RFC 3550 §6.1).
 *
 * Nobody negotiates media with this node: what comes is told apart, counted and dropped. Under SRTP
 * these headers are in the clear, but padding is not (RFC 3711 §3.1): only that there is some is
 * read, not how much.
 *
 * Reading is by views into the packet, with no memory of its own. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#define RTP_HEADER_LEN 12
#define RTP_CSRC_MAX 15

enum rtp_kind { RTP_MEDIA, RTP_CONTROL, RTP_MALFORMED };

/* Views point into the packet. */
struct rtp_packet {
    bool is_marked, is_padded, has_extension;
    uint8_t payload_type; /* 7 bits */
    uint8_t csrc_count;
    uint16_t sequence;
    uint16_t extension_profile;
    uint32_t timestamp, ssrc;
    uint32_t csrcs[RTP_CSRC_MAX];
    struct actr_view extension; /* without its own header; whole words */
    struct actr_view payload;   /* with the padding, and what SRTP puts at the end */
};

/* One element of an extension. */
struct rtp_element {
    uint8_t id;
    struct actr_view value;
};

/* Is it media, by its first byte (RFC 7983 §7)? */
bool rtp_is(struct actr_view datagram);
/* For what rtp_is() says is media. */
enum rtp_kind rtp_classify(struct actr_view datagram);

/* ACTR_EDECODE: another version, or something leaves the packet. */
int rtp_parse(struct actr_view packet, struct rtp_packet *ret_packet) ACTR_MUST_CHECK;
/* The next element of the extension after *at (0 at first), which is moved. False: there is none
 * any more, or *at == SIZE_MAX: an element leaves the extension. No elements in profiles that RFC
 * 8285 does not define. */
bool rtp_next_element(const struct rtp_packet *packet, size_t *at, struct rtp_element *ret_element);
