// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One association and, in place of its peer, packets made by hand: whatever a peer could send,
 * right or wrong, with the right tag and checksum unless it is told otherwise. What the association
 * sends is kept and looked at chunk by chunk. Numbers of chunks, parameters and causes are RFC
 * 9260's own, so that a mistake in the implementation's is found. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hyper/wire/webrtc/sctp/sctp.h"

#define SCTP_PEER_TAG 0x11223344u /* of the peer: in what the association sends */
#define SCTP_PEER_TSN 0xfffffff0u /* its first; it soon wraps */
#define SCTP_PEER_WINDOW (1u << 20)
#define SCTP_PEER_KEPT 4096
#define SCTP_PEER_MTU 1131

/* Parameters of its INIT ACK: RE-CONFIG and FORWARD-TSN (RFC 5061 §4.2.7, RFC 3758 §3.1), and that
 * checksums may be left out (RFC 9653 §4). */
#define SCTP_PEER_SUPPORTS "8008000682c00000 c0000004"
#define SCTP_PEER_UNCHECKED "8001000800000001"

/* A packet in the making. */
struct sctp_draft {
    size_t len;
    uint8_t bytes[65536 + 64];
};

struct sctp_kept {
    uint8_t *bytes;
    size_t len;
};

struct sctp_peer {
    struct loop *loop;
    struct sctp *sctp;
    uint32_t tag;                          /* of the association: in what the peer sends */
    uint32_t first_tsn;                    /* the association's first */
    uint32_t tsn;                          /* the peer's next */
    struct sctp_kept kept[SCTP_PEER_KEPT]; /* packets since sctp_peer_forget() */
    size_t count, packets;                 /* packets: in all */
    unsigned opened, closed, messages, writable, resets_in, resets_out;
    uint16_t last_reset;
    bool is_burst; /* what is sent now arrives with the next */
    int code;
    struct sctp_message last; /* message */
    size_t last_len, bytes;
    uint8_t last_first; /* byte of it */
    struct sctp_draft draft;
};

/* Started, its INIT is kept. Options may be NULL. */
struct sctp_peer *sctp_peer_new(const struct sctp_options *options);
/* And opened, by an INIT ACK with the parameters given (hex). Nothing is kept. */
struct sctp_peer *sctp_peer_open(const struct sctp_options *options, const char *parameters);
/* Likewise, of a peer with few streams of its own. */
struct sctp_peer *sctp_peer_open_narrow(uint16_t streams_out);
void sctp_peer_free(struct sctp_peer *peer);
void sctp_peer_run(struct sctp_peer *peer, uint64_t for_us);
void sctp_peer_forget(struct sctp_peer *peer);

/* A packet: begun with the tag, chunks added, then sent with its checksum. */
void sctp_draft_begin(struct sctp_peer *peer, uint32_t tag);
void sctp_draft_chunk(struct sctp_peer *peer, uint8_t type, uint8_t flags, const void *body,
                      size_t len);
/* Bytes as they are. */
void sctp_draft_hex(struct sctp_peer *peer, const char *hex);
void sctp_draft_send(struct sctp_peer *peer);
/* Nothing is changed any more, not even the checksum. */
void sctp_draft_send_raw(struct sctp_peer *peer);

/* Packets of one chunk. */
void sctp_peer_send(struct sctp_peer *peer, uint8_t type, uint8_t flags, const void *body,
                    size_t len);
void sctp_peer_send_hex(struct sctp_peer *peer, uint8_t type, uint8_t flags, const char *body);

/* DATA: what its header says. Bytes are `fill`. */
struct sctp_peer_data {
    uint32_t tsn;
    uint16_t stream, ssn;
    uint8_t flags; /* 3: a whole message */
    uint8_t fill;
    size_t len;
};
void sctp_draft_data(struct sctp_peer *peer, const struct sctp_peer_data *data);
void sctp_peer_send_data(struct sctp_peer *peer, const struct sctp_peer_data *data);
/* A whole ordered message on a stream with the next TSN. */
void sctp_peer_say(struct sctp_peer *peer, uint16_t stream, uint16_t ssn, uint8_t fill);
void sctp_peer_sack(struct sctp_peer *peer, uint32_t tsn, uint32_t window);

/* What was kept: the n-th chunk of the type (NULL: there are fewer), and how many there are. */
const uint8_t *sctp_peer_chunk(const struct sctp_peer *peer, unsigned type, size_t n,
                               size_t *ret_len);
size_t sctp_peer_chunks(const struct sctp_peer *peer, unsigned type);
/* The last SACK: what it acknowledges. There must be one. */
uint32_t sctp_peer_acked(const struct sctp_peer *peer);
/* Messages go both ways. */
void sctp_peer_expect_well(struct sctp_peer *peer);

uint16_t sctp_peer_get16(const uint8_t *at);
uint32_t sctp_peer_get32(const uint8_t *at);
void sctp_peer_put16(uint8_t *at, uint16_t value);
void sctp_peer_put32(uint8_t *at, uint32_t value);
