// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* How much may be in flight, and how fast it may leave: congestion control by a model of the path
 * rather than by loss. Two things are measured with every acknowledgement, the rate of delivery and
 * the round trip; their product is what the path holds without a queue, and a small multiple of it
 * is what we keep in flight (the idea of BBR, draft-cardwell-iccrg-bbr-congestion-control). So a
 * path that loses packets by chance is used to its capacity, where controls that take each loss for
 * congestion stand still, and queues on the way stay short.
 *
 * Pure; time is the caller's, in microseconds. Rates are in bytes per second. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCTP_RATE_ROUNDS 10 /* for which the highest rate is believed */

enum sctp_rate_phase {
    SCTP_RATE_STARTUP, /* twice as much each round trip, until that brings no more; also later, when
                          the path has got much more */
    SCTP_RATE_DRAIN,   /* what startup has put into queues leaves */
    SCTP_RATE_CRUISE,
    SCTP_RATE_PROBE_RTT /* little in flight, to see the round trip of the empty path */
};

/* What was so when a chunk left; kept with it. */
struct sctp_rate_mark {
    uint64_t delivered;    /* bytes acknowledged by then */
    uint64_t delivered_us; /* when the last of them was */
    uint64_t first_us;     /* when the chunk left whose acknowledgement that was */
    uint64_t sent_us;
    bool is_limited; /* there was too little to send to fill the window */
};

struct sctp_rate {
    enum sctp_rate_phase phase;
    uint16_t mtu;
    uint32_t window;       /* bytes that may be in flight */
    uint32_t window_saved; /* before timeouts; 0: none */
    uint64_t delivered, delivered_us, first_us;
    uint64_t limited_until;          /* of delivered: samples up to it are limited; 0: not */
    uint64_t round, round_end;       /* round trips, and what must be delivered for the next */
    uint64_t best[SCTP_RATE_ROUNDS]; /* highest rate of each of the last rounds with a sample */
    uint64_t best_round;             /* of the last one of them */
    uint64_t rate;                   /* the highest of best */
    uint64_t full_rate;              /* startup: what more must be better than; then the lowest */
    unsigned full_rounds;            /* that brought no more */
    uint64_t lost;                   /* bytes, in this round */
    unsigned clean_rounds;           /* without loss, until now */
    uint64_t fallen_from;            /* the highest rate of a round that lost much; 0: none has */
    bool is_full;
    uint64_t rtt_min_us, rtt_min_at_us;
    uint64_t probe_us; /* PROBE_RTT: when the window had been emptied; 0: it has not been yet */
    unsigned cycle;    /* of CRUISE */
    uint64_t cycle_us; /* when it began */
    uint64_t pace_us;  /* when the next may leave */
    /* What comes beyond the rate when acknowledgements come in bunches, as over radio: the most of
     * this span of rounds and of the one before. */
    uint64_t bunch[2], bunch_round;
    uint64_t epoch_us, epoch_bytes; /* since when, and what has come since */
};

void sctp_rate_init(struct sctp_rate *rate, uint16_t mtu);
/* The path is another one: everything is measured anew. What is in flight counts no more. */
void sctp_rate_restart(struct sctp_rate *rate);
/* Packets may be of another size from now on. */
void sctp_rate_resize(struct sctp_rate *rate, uint16_t mtu);

/* A chunk of `len` leaves now; `flight` bytes did before it and are in flight. */
void sctp_rate_sent(struct sctp_rate *rate, uint32_t len, size_t flight, uint64_t now_us,
                    struct sctp_rate_mark *ret_mark);
/* Until now there was nothing to send, although there was room for more than `flight`. */
void sctp_rate_limited(struct sctp_rate *rate, size_t flight);

/* One acknowledgement: `len` bytes were new in it; mark is of the one of them that left last (NULL:
 * none), rtt_us its round trip (0: unknown, it was sent twice). */
void sctp_rate_acknowledged(struct sctp_rate *rate, uint32_t len, const struct sctp_rate_mark *mark,
                            uint64_t rtt_us, size_t flight, uint64_t now_us);
/* `len` bytes that were in flight are lost. */
void sctp_rate_lost(struct sctp_rate *rate, size_t len);
/* Nothing came back for two timeouts: what is in flight is given up. */
void sctp_rate_timed_out(struct sctp_rate *rate);

/* When the next packet may leave; now_us or earlier: at once. */
static inline uint64_t sctp_rate_next_us(const struct sctp_rate *rate)
{
    return rate->pace_us;
}
