// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Congestion control by a model of the path: see rate.h.
 *
 * On paths shorter than SCTP_RATE_NEAR_US the round trip is what the two processes make of it, so a
 * queue of that length is allowed, nothing is paced and nothing is drained: timers are coarser than
 * the path. On longer ones packets are spread over time, a little faster and a little slower in
 * turns, so that more capacity is found and the queue of looking for it is emptied again. Where
 * that finds much, or a time is over in which much was lost and the rate has fallen, startup finds
 * the rest.
 *
 * Never divides by a time of zero; the window never falls below SCTP_RATE_WINDOW_MIN packets. */
#include "hyper/wire/webrtc/sctp/rate.h"

#include <string.h>

#define SCTP_RATE_WINDOW_FIRST 10 /* packets (RFC 6928) */
#define SCTP_RATE_WINDOW_MIN 4
#define SCTP_RATE_WINDOW_MAX (64u << 20)
#define SCTP_RATE_WINDOW_NEAR (256u << 10)
#define SCTP_RATE_NEAR_US 1000
#define SCTP_RATE_PACED_US 2000 /* round trips from which on packets are paced */
#define SCTP_RATE_BURST_US 2000 /* may leave at once after a pause */
#define SCTP_RATE_RTT_KEPT_US 10000000
#define SCTP_RATE_BUNCH_US 100000 /* of the rate: no bunch counts for more */
#define SCTP_RATE_PROBE_US 100000
#define SCTP_RATE_FULL_ROUNDS 3
#define SCTP_RATE_MORE 115 /* hundredths of the rate: more than samples differ on a full path */
#define SCTP_RATE_FLOOD_LEAST 8 /* packets: fewer may be lost by chance */
#define SCTP_RATE_CLEAN_ROUNDS 2
#define SCTP_RATE_BLIND_ROUNDS 2 /* of startup, in which too little is known */
/* In hundredths. 2/ln 2 doubles the rate each round trip. */
#define SCTP_RATE_GAIN_STARTUP 289
#define SCTP_RATE_GAIN_DRAIN 35
#define SCTP_RATE_GAIN_WINDOW 200
#define SCTP_RATE_CYCLES 8

static const uint16_t sctp_rate_cycle_gains[SCTP_RATE_CYCLES] = {125, 75,  100, 100,
                                                                 100, 100, 100, 100};

void sctp_rate_init(struct sctp_rate *rate, uint16_t mtu)
{
    memset(rate, 0, sizeof *rate);
    rate->mtu = mtu;
    rate->window = (uint32_t)SCTP_RATE_WINDOW_FIRST * mtu;
}

void sctp_rate_restart(struct sctp_rate *rate)
{
    sctp_rate_init(rate, rate->mtu);
}

void sctp_rate_resize(struct sctp_rate *rate, uint16_t mtu)
{
    rate->mtu = mtu;
    if (rate->window < (uint32_t)SCTP_RATE_WINDOW_MIN * mtu)
        rate->window = (uint32_t)SCTP_RATE_WINDOW_MIN * mtu;
}

static bool sctp_rate_is_paced(const struct sctp_rate *rate)
{
    return rate->rate > 0 && rate->rtt_min_us >= SCTP_RATE_PACED_US;
}

static uint64_t sctp_rate_gain(const struct sctp_rate *rate)
{
    switch (rate->phase) {
    case SCTP_RATE_STARTUP:
        return SCTP_RATE_GAIN_STARTUP;
    case SCTP_RATE_DRAIN:
        return SCTP_RATE_GAIN_DRAIN;
    case SCTP_RATE_CRUISE:
        return sctp_rate_cycle_gains[rate->cycle];
    case SCTP_RATE_PROBE_RTT:
        break;
    }
    return 100;
}

static void sctp_rate_pace(struct sctp_rate *rate, uint32_t len, uint64_t now_us)
{
    if (!sctp_rate_is_paced(rate)) {
        rate->pace_us = now_us;
        return;
    }
    uint64_t paced = rate->rate * sctp_rate_gain(rate) / 100;
    /* As long as little is known, no slower than the first window in a round trip: who has said
     * little so far has not shown that the path is slow. */
    uint64_t first = (uint64_t)SCTP_RATE_WINDOW_FIRST * rate->mtu * 1000000 / rate->rtt_min_us;
    if (!rate->is_full && paced < first)
        paced = first;
    uint64_t start_us = now_us - SCTP_RATE_BURST_US;
    if (rate->pace_us < start_us || rate->pace_us > now_us + SCTP_RATE_PROBE_US)
        rate->pace_us = start_us;
    rate->pace_us += (uint64_t)len * 1000000 / (paced > 0 ? paced : 1);
}

void sctp_rate_sent(struct sctp_rate *rate, uint32_t len, size_t flight, uint64_t now_us,
                    struct sctp_rate_mark *ret_mark)
{
    if (flight == 0) {
        rate->first_us = now_us;
        rate->delivered_us = now_us;
    }
    *ret_mark = (struct sctp_rate_mark){.delivered = rate->delivered,
                                        .delivered_us = rate->delivered_us,
                                        .first_us = rate->first_us,
                                        .sent_us = now_us,
                                        .is_limited = rate->limited_until > 0};
    sctp_rate_pace(rate, len, now_us);
}

void sctp_rate_limited(struct sctp_rate *rate, size_t flight)
{
    uint64_t until = rate->delivered + flight;
    rate->limited_until = until > 0 ? until : 1;
}

/* What the path holds, times a gain in hundredths. */
static uint64_t sctp_rate_product(const struct sctp_rate *rate, uint64_t rtt_us, uint64_t gain)
{
    uint64_t near_us = rtt_us < SCTP_RATE_NEAR_US ? rtt_us : SCTP_RATE_NEAR_US;
    uint64_t model_us = rate->rtt_min_us > near_us ? rate->rtt_min_us : near_us;
    return rate->rate * model_us / 1000000 * gain / 100;
}

static void sctp_rate_sample(struct sctp_rate *rate, const struct sctp_rate_mark *mark,
                             uint64_t now_us)
{
    uint64_t sending_us = mark->sent_us - mark->first_us;
    uint64_t arriving_us = now_us - mark->delivered_us;
    uint64_t interval_us = sending_us > arriving_us ? sending_us : arriving_us;

    rate->first_us = mark->sent_us;
    if (interval_us == 0 || interval_us < rate->rtt_min_us)
        return;
    uint64_t sample = (rate->delivered - mark->delivered) * 1000000 / interval_us;
    if (mark->is_limited && sample <= rate->rate)
        return;
    if (rate->round - rate->best_round >= SCTP_RATE_ROUNDS)
        memset(rate->best, 0, sizeof rate->best);
    while (rate->best_round < rate->round)
        rate->best[++rate->best_round % SCTP_RATE_ROUNDS] = 0;
    uint64_t *slot = &rate->best[rate->round % SCTP_RATE_ROUNDS];
    if (sample > *slot)
        *slot = sample;
    rate->rate = 0;
    for (unsigned i = 0; i < SCTP_RATE_ROUNDS; i++)
        rate->rate = rate->best[i] > rate->rate ? rate->best[i] : rate->rate;
}

/* Less than before, because much was lost, which is over. */
static bool sctp_rate_has_fallen(const struct sctp_rate *rate)
{
    return rate->clean_rounds >= SCTP_RATE_CLEAN_ROUNDS && rate->rate < rate->fallen_from / 4 * 3;
}

static bool sctp_rate_may_have_more(const struct sctp_rate *rate, uint64_t rtt_us)
{
    bool is_queued = rtt_us == 0 || rtt_us > rate->rtt_min_us + rate->rtt_min_us / 4;
    /* Acknowledgements of single packets are delayed: their round trips tell of no queue. */
    bool is_trickle = sctp_rate_product(rate, 0, 100) < SCTP_RATE_WINDOW_MIN * rate->mtu;

    if (sctp_rate_has_fallen(rate))
        return !is_queued || is_trickle;
    return !is_queued && rate->rate * 100 >= rate->full_rate * SCTP_RATE_MORE;
}

/* At the end of a round of cruise: what a path without a queue may have more is found as in the
 * beginning, not by a quarter in each cycle. */
static void sctp_rate_reopen(struct sctp_rate *rate, uint64_t rtt_us)
{
    if (rate->rate < rate->full_rate)
        rate->full_rate = rate->rate;
    if (rate->phase != SCTP_RATE_CRUISE || !sctp_rate_is_paced(rate) ||
        !sctp_rate_may_have_more(rate, rtt_us))
        return;
    rate->full_rate = rate->rate;
    rate->full_rounds = 0;
    rate->fallen_from = 0;
    rate->is_full = false;
    rate->phase = SCTP_RATE_STARTUP;
}

/* At the end of a round of startup: has the last one brought more? If as much was lost in it as a
 * queue that runs over loses, one that has not is enough, however little there was to send. */
static void sctp_rate_judge(struct sctp_rate *rate, bool is_limited, bool is_flooded)
{
    if (is_limited && !is_flooded)
        return;
    if (is_flooded)
        rate->full_rounds = SCTP_RATE_FULL_ROUNDS;
    if (rate->rate >= rate->full_rate + rate->full_rate / 4) {
        rate->full_rate = rate->rate;
        rate->full_rounds = 0;
    } else if (++rate->full_rounds >= SCTP_RATE_FULL_ROUNDS) {
        rate->is_full = true;
        rate->full_rate = rate->rate;
        rate->phase = sctp_rate_is_paced(rate) ? SCTP_RATE_DRAIN : SCTP_RATE_CRUISE;
    }
}

static void sctp_rate_cruise(struct sctp_rate *rate, uint64_t now_us)
{
    rate->phase = rate->is_full ? SCTP_RATE_CRUISE : SCTP_RATE_STARTUP;
    rate->cycle = 2;
    rate->cycle_us = now_us;
}

static void sctp_rate_advance(struct sctp_rate *rate, size_t flight, uint64_t now_us)
{
    switch (rate->phase) {
    case SCTP_RATE_STARTUP:
        break;
    case SCTP_RATE_DRAIN:
        if (flight <= sctp_rate_product(rate, 0, 100))
            sctp_rate_cruise(rate, now_us);
        break;
    case SCTP_RATE_CRUISE:
        if (now_us - rate->cycle_us > rate->rtt_min_us) {
            rate->cycle = (rate->cycle + 1) % SCTP_RATE_CYCLES;
            rate->cycle_us = now_us;
        }
        break;
    case SCTP_RATE_PROBE_RTT:
        if (rate->probe_us == 0 && flight <= rate->window) {
            rate->probe_us = now_us;
        } else if (rate->probe_us != 0 &&
                   now_us >= rate->probe_us + SCTP_RATE_PROBE_US + rate->rtt_min_us) {
            rate->rtt_min_at_us = now_us;
            sctp_rate_cruise(rate, now_us);
        }
        break;
    }
}

static void sctp_rate_measure_rtt(struct sctp_rate *rate, uint64_t rtt_us, uint64_t now_us)
{
    bool is_old = now_us - rate->rtt_min_at_us > SCTP_RATE_RTT_KEPT_US;
    bool is_better = rate->rtt_min_us == 0 || rtt_us <= rate->rtt_min_us;

    if (rtt_us == 0 || (!is_better && (!is_old || rate->phase == SCTP_RATE_PROBE_RTT)))
        return;
    rate->rtt_min_us = rtt_us;
    rate->rtt_min_at_us = now_us;
    if (is_better || rtt_us < SCTP_RATE_PACED_US)
        return;
    rate->phase = SCTP_RATE_PROBE_RTT;
    rate->probe_us = 0;
}

/* Those who bring acknowledgements may hold them back and bring many at once; what is on its way
 * meanwhile must be in flight beside what the path holds. */
static void sctp_rate_bunch(struct sctp_rate *rate, uint32_t len, uint64_t now_us)
{
    uint64_t expected = rate->rate * (now_us - rate->epoch_us) / 1000000;

    if (rate->round - rate->bunch_round >= SCTP_RATE_ROUNDS / 2) {
        rate->bunch[1] = rate->bunch[0];
        rate->bunch[0] = 0;
        rate->bunch_round = rate->round;
    }
    if (rate->epoch_bytes <= expected) {
        rate->epoch_us = now_us;
        rate->epoch_bytes = expected = 0;
    }
    rate->epoch_bytes += len;
    uint64_t most = rate->rate * SCTP_RATE_BUNCH_US / 1000000;
    uint64_t beyond = rate->epoch_bytes - expected;
    beyond = beyond < most ? beyond : most;
    if (beyond > rate->bunch[0])
        rate->bunch[0] = beyond;
}

static void sctp_rate_size(struct sctp_rate *rate, uint32_t len, uint64_t rtt_us)
{
    bool is_near = rate->rtt_min_us < SCTP_RATE_NEAR_US;
    uint64_t least = (uint64_t)SCTP_RATE_WINDOW_MIN * rate->mtu;
    uint64_t window = rate->window, target;

    if (rate->window_saved > window) /* the path is alive after all */
        window = rate->window_saved;
    rate->window_saved = 0;
    if (rate->phase == SCTP_RATE_PROBE_RTT) {
        target = sctp_rate_product(rate, 0, 50);
        window = window < target ? window : target;
    } else if (!rate->is_full) {
        /* No more than the gain says of what is known of the path: the rest would only be lost. */
        target = sctp_rate_product(rate, rtt_us, SCTP_RATE_GAIN_STARTUP);
        if (is_near || rate->round < SCTP_RATE_BLIND_ROUNDS || window < target)
            window += len;
    } else {
        target = sctp_rate_product(rate, rtt_us, SCTP_RATE_GAIN_WINDOW) + 3u * rate->mtu;
        if (!is_near)
            target += rate->bunch[0] > rate->bunch[1] ? rate->bunch[0] : rate->bunch[1];
        window = window + len < target ? window + len : target;
        least = is_near && least < SCTP_RATE_WINDOW_NEAR ? SCTP_RATE_WINDOW_NEAR : least;
    }
    window = window > least ? window : least;
    rate->window = (uint32_t)(window < SCTP_RATE_WINDOW_MAX ? window : SCTP_RATE_WINDOW_MAX);
}

void sctp_rate_lost(struct sctp_rate *rate, size_t len)
{
    rate->lost += len;
}

/* In this round. Where nothing is paced, readers that come late lose as much now and then. */
static bool sctp_rate_is_flooded(const struct sctp_rate *rate)
{
    uint64_t delivered = rate->delivered - rate->round_end;
    return sctp_rate_is_paced(rate) && rate->lost >= SCTP_RATE_FLOOD_LEAST * rate->mtu &&
           rate->lost >= delivered / 8;
}

static void sctp_rate_end_round(struct sctp_rate *rate, bool is_flooded)
{
    if (is_flooded && rate->fallen_from < rate->rate)
        rate->fallen_from = rate->rate;
    rate->clean_rounds = rate->lost > 0 ? 0 : rate->clean_rounds + 1;
    rate->lost = 0;
    rate->round++;
    rate->round_end = rate->delivered;
}

void sctp_rate_acknowledged(struct sctp_rate *rate, uint32_t len, const struct sctp_rate_mark *mark,
                            uint64_t rtt_us, size_t flight, uint64_t now_us)
{
    rate->delivered += len;
    rate->delivered_us = now_us;
    if (rate->limited_until > 0 && rate->delivered > rate->limited_until)
        rate->limited_until = 0;
    if (!mark)
        return;
    sctp_rate_measure_rtt(rate, rtt_us, now_us);
    bool is_round = mark->delivered >= rate->round_end;
    bool is_flooded = sctp_rate_is_flooded(rate);
    if (is_round)
        sctp_rate_end_round(rate, is_flooded);
    sctp_rate_sample(rate, mark, now_us);
    if (is_round && !rate->is_full)
        sctp_rate_judge(rate, mark->is_limited, is_flooded);
    else if (is_round && !mark->is_limited)
        sctp_rate_reopen(rate, rtt_us);
    sctp_rate_advance(rate, flight, now_us);
    sctp_rate_bunch(rate, len, now_us);
    sctp_rate_size(rate, len, rtt_us);
}

void sctp_rate_timed_out(struct sctp_rate *rate)
{
    if (rate->window_saved == 0)
        rate->window_saved = rate->window;
    rate->window = (uint32_t)SCTP_RATE_WINDOW_MIN * rate->mtu;
    rate->pace_us = 0;
}
