// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One SCTP association over DTLS (RFC 9260, RFC 8261), for data channels: packets in, packets out,
 * and messages on numbered streams. Sans I/O, on the loop's clock.
 *
 * Of the protocol: one path, no authentication, no addresses; with stream reset and, by
 * the peer, addition (RFC 6525), partial reliability (RFC 3758), immediate acknowledgement on
 * request (RFC 7053), packets without a checksum where the peer takes them (RFC 9653), padding (RFC
 * 4820). Loss is found as in QUIC, congestion by a model of the path (flight.c, rate.h).
 *
 * Messages are sent whole or not at all, in the order taken; the caller schedules lanes (see
 * data_channel.h) and keeps little unsent in here. Full packets leave at once, what does not fill
 * one when the caller has returned to the loop, so that messages of one turn share packets. An
 * association with nothing outstanding costs no wake-up.
 *
 * Loop thread of the association. Packets leave inside any call but sctp_free(), and from the loop;
 * the association must not be freed in there. The other events come inside sctp_receive_end() and
 * from the loop, never inside sctp_send(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

struct loop;
struct sctp;

#define SCTP_PORT 5000
#define SCTP_STREAMS 1024     /* of each side, at most; the peer may add some up to here */
#define SCTP_STREAM_MAX 65534 /* highest id; 65535 is never used (RFC 8832 §4) */
#define SCTP_FULL 1
/* The longest timeout (RFC 9260 §6.3.1 says 60 s; ICE, not SCTP, says when a path is dead), and the
 * one while the path is doubted. */
#define SCTP_RTO_MAX_MS 3000
#define SCTP_RTO_DOUBT_MS 100

/* Payload protocol identifiers (RFC 8831 §8). */
enum sctp_ppid {
    SCTP_PPID_DCEP = 50,
    SCTP_PPID_STRING = 51,
    SCTP_PPID_BINARY = 53,
    SCTP_PPID_STRING_EMPTY = 56,
    SCTP_PPID_BINARY_EMPTY = 57
};

struct sctp_message {
    uint16_t stream;
    uint32_t ppid;
    bool is_unordered;
    uint8_t reliability; /* 0: reliable; 1: limited retransmissions; 2: limited lifetime (ms) */
    uint32_t reliability_value;
};

struct sctp_events {
    /* One packet, lent; several in a row: the caller flushes at the end. At most the MTU given, or
     * the larger one that was found; but what was cut for a larger one leaves whole, and so does a
     * cookie of the peer (2 KiB): these may be fragmented. */
    void (*send)(void *owner, struct actr_view packet);
    void (*on_open)(void *owner, uint16_t streams_out, uint16_t streams_in);
    /* A whole message; a reference. Over message_len_max: on_closed with ACTR_EINVALID instead, and
     * the peer is told why. */
    void (*on_message)(void *owner, const struct sctp_message *head, struct actr_bytes bytes);
    /* After SCTP_FULL or a refusal: room again (half of the buffer); or what sctp_wait_writable()
     * or sctp_wait_empty() waits for. Then nothing is waited for. */
    void (*on_writable)(void *owner);
    /* The peer reset its outgoing side of these streams (RFC 6525), or our reset was answered, be
     * it by a refusal. No streams means all. Lent. */
    void (*on_reset)(void *owner, const uint16_t *streams, size_t count, bool is_incoming);
    /* Code 0: SHUTDOWN of the peer. ACTR_EUNAVAILABLE: it broke off, for a reason that detail may
     * tell, or broke the rules; ACTR_ETIMEDOUT: it does not answer at the beginning; ACTR_EINVALID:
     * a message over the limit; ACTR_ENOMEM. What came before is handed up first. Last one. */
    void (*on_closed)(void *owner, int code, const char *detail);
    /* As send(), to be sent at once and never in fragments. False: the system says that it is too
     * big. Not called without mtu_max. */
    bool (*probe)(void *owner, struct actr_view packet);
};

struct sctp_options {
    struct loop *loop;
    uint16_t mtu;             /* of a packet on any path, without DTLS, bytes; 0: 1,131 */
    uint16_t mtu_max;         /* that is searched for; 0: no search. At most SCTP_PACKET_MAX */
    uint16_t overhead;        /* what DTLS adds to a packet at most, bytes */
    uint32_t message_len_max; /* received; 0: 256 KiB */
    uint32_t send_buffer;     /* bytes taken and not yet acknowledged; 0: 4 MiB */
    uint32_t receive_window;  /* 0: 4 MiB */
    uint16_t remote_port;     /* 0: SCTP_PORT */
};

/* ACTR_ENOMEM. */
int sctp_new(const struct sctp_options *options, const struct sctp_events *events, void *owner,
             struct sctp **ret_sctp) ACTR_MUST_CHECK;
/* At once, no packet leaves, no event follows; legal inside events. Returns NULL; NULL is fine. */
struct sctp *sctp_free(struct sctp *sctp);

/* Sends INIT; both sides do (a simultaneous open, RFC 9260 §5.2.1). */
int sctp_start(struct sctp *sctp) ACTR_MUST_CHECK;

/* One packet of the peer. */
void sctp_receive(struct sctp *sctp, struct actr_view packet);
/* The packets of a burst have been received: their messages and events are handed up. */
void sctp_receive_end(struct sctp *sctp);

/* Consumes bytes. 0; SCTP_FULL (taken; wait for on_writable); ACTR_EUNAVAILABLE (the buffer is over
 * its limit: not taken), ACTR_EINVALID (empty, larger than the buffer, no such stream), ACTR_ESTATE
 * (not open), ACTR_ENOMEM. */
int sctp_send(struct sctp *sctp, const struct sctp_message *head,
              struct actr_bytes bytes) ACTR_MUST_CHECK;
/* Taken and not yet acknowledged, bytes. */
size_t sctp_buffered(const struct sctp *sctp);
/* Of those, what has not left yet. */
size_t sctp_unsent(const struct sctp *sctp);
/* on_writable, once, when fewer than `below` bytes are unsent. */
void sctp_wait_writable(struct sctp *sctp, size_t below);
/* on_writable, once, when everything is acknowledged; never when it is so already. */
void sctp_wait_empty(struct sctp *sctp);
/* Streams that we may send on; 0 until open. */
uint16_t sctp_streams(const struct sctp *sctp);
struct loop *sctp_loop(const struct sctp *sctp);

/* Closes our side of a stream. ACTR_ESTATE, ACTR_EINVALID, ACTR_ENOMEM. */
int sctp_reset_stream(struct sctp *sctp, uint16_t stream) ACTR_MUST_CHECK;

/* What carries the packets is over: what has come is handed up, read or not, then on_closed.
 * Nothing is sent any more. */
void sctp_cut(struct sctp *sctp, int code, const char *detail);

/* Stops handing up messages: the receive window closes and pushes back on the peer. */
void sctp_read(struct sctp *sctp, bool enable);

/* The path may be dead, for a few seconds perhaps: the timeout does not grow but is
 * SCTP_RTO_DOUBT_MS, each time a packet long, so that what is outstanding arrives that soon after
 * there is a path. */
void sctp_path_doubted(struct sctp *sctp);
/* The path has changed or is back: it is measured anew, and what is outstanding is sent again at
 * once. Ends the doubt. */
void sctp_path_changed(struct sctp *sctp);

struct sctp_stats {
    uint64_t packets_in, packets_out, bytes_in, bytes_out;
    uint64_t dropped;       /* packets: damaged, or of another association */
    uint64_t retransmitted; /* DATA chunks */
    uint64_t rtt_us, rto_us;
    uint32_t cwnd, peer_window, unacknowledged; /* bytes, bytes, chunks */
};
void sctp_get_stats(struct sctp *sctp, struct sctp_stats *ret_stats);
