// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Chunks in flight: what has left and is not acknowledged, in a ring by TSN; what an
 * acknowledgement says; and what must be taken for lost.
 *
 * Loss is found as QUIC finds it (RFC 9002 §6), by packets, not by TSNs: what left three packets
 * before one that has arrived, or an eighth of a round trip longer ago, is lost. If nothing comes
 * back at all, one packet goes out as a probe; at the second such timeout all is taken for lost.
 * A path that reorders packets teaches us to wait for more than three.
 *
 * Gap acknowledgements are believed until a second timeout, for a peer may take them back
 * (RFC 9260 §6.2.1). Bounds: SCTP_FLIGHT_MAX chunks; blocks of a SACK must ascend, so that reading
 * one costs no more than there are chunks. Loop thread. */
#include "base/mem.h"
#include "hyper/wire/webrtc/sctp/core.h"

#define SCTP_RING_FIRST 16
#define SCTP_REORDERED_FIRST 3
#define SCTP_REORDERED_MAX 128
#define SCTP_TIMEOUT_FIRST_US 500000 /* no round trip is known */
#define SCTP_TIMEOUT_LEAST_US 10000
/* How long a peer may delay an acknowledgement (RFC 9260 §6.2), and how long ours do. */
#define SCTP_DELAY_THEIRS_US 200000
#define SCTP_DELAY_OURS_US 30000
/* Blocks with which a SACK may have left some out: of others, who limit their number (20 in one
 * that is widespread), and of our own kind, who fill the packet, of 1,131 bytes at least. */
#define SCTP_BLOCKS_THEIRS 20
#define SCTP_BLOCKS_OURS 256

void sctp_flight_init(struct sctp_flight *flight, uint32_t tsn)
{
    flight->first = flight->next = flight->lost_from = tsn;
    flight->forward = tsn - 1;
    flight->reordered = SCTP_REORDERED_FIRST;
    flight->timeout_us = flight->loss_us = SCTP_NEVER;
}

struct sctp_flying *sctp_flight_push(struct sctp_flight *flight)
{
    uint32_t count = sctp_flight_count(flight);

    if (count == flight->cap) {
        uint32_t cap = flight->cap ? 2 * flight->cap : SCTP_RING_FIRST;
        if (cap > SCTP_FLIGHT_MAX)
            return NULL;
        struct sctp_flying *ring = mem_alloc_raw(cap * sizeof *ring);
        if (!ring)
            return NULL;
        for (uint32_t i = 0; i < count; i++)
            ring[(flight->first + i) & (cap - 1)] = *sctp_flight_at(flight, flight->first + i);
        mem_free(flight->ring);
        flight->ring = ring;
        flight->cap = cap;
    }
    struct sctp_flying *flying = sctp_flight_at(flight, flight->next++);
    *flying = (struct sctp_flying){.state = SCTP_LOST};
    return flying;
}

/* Our own kind acknowledges each burst at its end. */
uint64_t sctp_flight_timeout(const struct sctp *sctp)
{
    const struct sctp_flight *flight = &sctp->flight;
    uint64_t timeout_us = SCTP_TIMEOUT_FIRST_US;

    if (sctp->is_doubted)
        return SCTP_RTO_DOUBT_MS * 1000;
    if (flight->rtt_us > 0) {
        timeout_us = flight->rtt_us + 4 * flight->rtt_var_us +
                     (sctp->there.has_pad ? SCTP_DELAY_OURS_US : SCTP_DELAY_THEIRS_US);
        if (timeout_us < SCTP_TIMEOUT_LEAST_US)
            timeout_us = SCTP_TIMEOUT_LEAST_US;
    }
    for (unsigned i = 0; i < flight->timeouts && timeout_us < SCTP_RTO_MAX_MS * 1000; i++)
        timeout_us *= 2;
    return timeout_us < SCTP_RTO_MAX_MS * 1000 ? timeout_us : SCTP_RTO_MAX_MS * 1000;
}

void sctp_flight_arm(struct sctp *sctp)
{
    struct sctp_flight *flight = &sctp->flight;
    bool is_empty = sctp_flight_count(flight) == 0;

    flight->timeout_us = is_empty ? SCTP_NEVER : sctp_now(sctp) + sctp_flight_timeout(sctp);
    if (is_empty)
        flight->loss_us = SCTP_NEVER;
}

void sctp_flight_sent(struct sctp *sctp, struct sctp_flying *flying, uint32_t packet)
{
    struct sctp_flight *flight = &sctp->flight;

    if (flying->sendings > 0) {
        flight->lost--;
        sctp->stats.retransmitted++;
    }
    sctp_rate_sent(&sctp->rate, flying->len, flight->bytes, sctp_now(sctp), &flying->mark);
    flying->state = SCTP_SENT;
    flying->packet = packet;
    if (flying->sendings < UINT16_MAX)
        flying->sendings++;
    flight->bytes += flying->len;
    if (flight->timeout_us == SCTP_NEVER)
        sctp_flight_arm(sctp);
}

uint32_t sctp_flight_lost(struct sctp_flight *flight)
{
    while (sctp_flight_at(flight, flight->lost_from)->state != SCTP_LOST)
        flight->lost_from++;
    return flight->lost_from;
}

static void sctp_flight_mark_lost(struct sctp_flight *flight, uint32_t tsn)
{
    struct sctp_flying *flying = sctp_flight_at(flight, tsn);

    if (flying->state == SCTP_SENT)
        flight->bytes -= flying->len;
    flying->state = SCTP_LOST;
    flight->lost++;
    if (flight->lost == 1 || sctp_after(flight->lost_from, tsn))
        flight->lost_from = tsn;
}

/* What was acknowledged by one SACK. */
struct sctp_news {
    uint32_t bytes, packet;
    bool is_any, is_again; /* again: of those that were sent twice */
    uint64_t sent_us;      /* of the last that left once; 0: none */
    struct sctp_rate_mark mark;
};

/* It may have come, and the last SACK had no room to say so. */
static bool sctp_flight_is_untold(const struct sctp_flight *flight, uint32_t tsn)
{
    return flight->told_us > 0 && sctp_after(tsn, flight->told);
}

/* It arrived at a time that nobody knows: what it says of the path would be wrong. */
static bool sctp_flight_is_blurred(const struct sctp *sctp, const struct sctp_flying *flying,
                                   uint32_t tsn)
{
    const struct sctp_flight *flight = &sctp->flight;
    return sctp_flight_is_untold(flight, tsn) &&
           flying->mark.sent_us + sctp->rate.rtt_min_us < flight->told_us;
}

static void sctp_flight_on_arrival(struct sctp *sctp, uint32_t tsn, struct sctp_news *news)
{
    struct sctp_flight *flight = &sctp->flight;
    struct sctp_flying *flying = sctp_flight_at(flight, tsn);
    uint64_t since_us = sctp_now(sctp) - flying->mark.sent_us;

    if (flying->state == SCTP_SENT)
        flight->bytes -= flying->len;
    else
        flight->lost--;
    /* What comes back sooner than a packet can is the answer to the first sending. */
    if (flying->sendings == 2 && flying->state == SCTP_SENT &&
        2 * since_us < sctp->rate.rtt_min_us && flight->reordered < SCTP_REORDERED_MAX)
        flight->reordered *= 2;
    bool is_blurred = sctp_flight_is_blurred(sctp, flying, tsn);
    news->is_again |= flying->sendings > 1;
    news->bytes += is_blurred ? 0 : flying->len;
    if (flying->sendings == 1 && !is_blurred && flying->mark.sent_us >= news->sent_us)
        news->sent_us = flying->mark.sent_us;
    if (!news->is_any || (int32_t)(flying->packet - news->packet) >= 0) {
        news->packet = flying->packet;
        news->mark = flying->mark;
    }
    news->is_any = true;
    flying->state = SCTP_ACKED;
    sctp_path_delivered(sctp, flying->len);
}

static void sctp_flight_pop(struct sctp *sctp, uint32_t cumulative, struct sctp_news *news)
{
    struct sctp_flight *flight = &sctp->flight;

    while (!sctp_after(flight->first, cumulative)) {
        const struct sctp_flying *flying = sctp_flight_at(flight, flight->first);
        if (flying->state == SCTP_SENT || flying->state == SCTP_LOST)
            sctp_flight_on_arrival(sctp, flight->first, news);
        flight->first++;
        sctp->buffered -= flying->len;
        sctp_outgoing_release(sctp, flying->message);
    }
    if (sctp_after(flight->first, flight->lost_from))
        flight->lost_from = flight->first;
    if (sctp_after(flight->first - 1, flight->forward))
        flight->forward = flight->first - 1;
}

/* Blocks of TSNs, relative to the cumulative one. Returns the last. */
static uint32_t sctp_flight_gaps(struct sctp *sctp, uint32_t cumulative, struct actr_view blocks,
                                 struct sctp_news *news)
{
    struct sctp_flight *flight = &sctp->flight;
    uint32_t before = 0;

    for (size_t at = 0; at + 4 <= blocks.len; at += 4) {
        uint32_t start = sctp_get16(blocks.ptr + at), end = sctp_get16(blocks.ptr + at + 2);
        if (start <= before || end < start)
            break;
        before = end;
        for (uint32_t tsn = cumulative + start;
             tsn - cumulative <= end && sctp_after(flight->next, tsn); tsn++) {
            uint8_t state = sctp_flight_at(flight, tsn)->state;
            if (state == SCTP_SENT || state == SCTP_LOST)
                sctp_flight_on_arrival(sctp, tsn, news);
        }
    }
    return cumulative + before;
}

static void sctp_flight_measure(struct sctp_flight *flight, uint64_t rtt_us)
{
    rtt_us = rtt_us > 0 ? rtt_us : 1;
    flight->rtt_last_us = rtt_us;
    if (flight->rtt_us == 0) {
        flight->rtt_us = rtt_us;
        flight->rtt_var_us = rtt_us / 2;
        return;
    }
    uint64_t off = rtt_us > flight->rtt_us ? rtt_us - flight->rtt_us : flight->rtt_us - rtt_us;
    flight->rtt_var_us = (3 * flight->rtt_var_us + off) / 4;
    flight->rtt_us = (7 * flight->rtt_us + rtt_us) / 8;
}

static void sctp_flight_find_lost(struct sctp *sctp)
{
    struct sctp_flight *flight = &sctp->flight;
    uint64_t rtt_us = flight->rtt_us > flight->rtt_last_us ? flight->rtt_us : flight->rtt_last_us;
    uint64_t patience_us = rtt_us + rtt_us / 8 + 1000, now_us = sctp_now(sctp);

    size_t before = flight->bytes;

    flight->loss_us = SCTP_NEVER;
    for (uint32_t tsn = flight->first; tsn != flight->next; tsn++) {
        const struct sctp_flying *flying = sctp_flight_at(flight, tsn);
        if (sctp_flight_is_untold(flight, tsn))
            break;
        if (flying->state != SCTP_SENT || (int32_t)(flight->packet_acked - flying->packet) <= 0)
            continue;
        uint64_t lost_us = flying->mark.sent_us + patience_us;
        if (flight->packet_acked - flying->packet >= flight->reordered || lost_us <= now_us)
            sctp_flight_mark_lost(flight, tsn);
        else if (lost_us < flight->loss_us)
            flight->loss_us = lost_us;
    }
    sctp_rate_lost(&sctp->rate, before - flight->bytes);
}

static void sctp_flight_on_news(struct sctp *sctp, const struct sctp_news *news)
{
    struct sctp_flight *flight = &sctp->flight;
    uint64_t rtt_us = 0;

    if (news->sent_us > 0) {
        rtt_us = sctp_now(sctp) - news->sent_us;
        sctp_flight_measure(flight, rtt_us);
    }
    flight->timeouts = 0;
    if (flight->packet_acked == 0 || (int32_t)(news->packet - flight->packet_acked) > 0)
        flight->packet_acked = news->packet;
    sctp_rate_acknowledged(&sctp->rate, news->bytes, &news->mark, rtt_us, flight->bytes,
                           sctp_now(sctp));
    sctp_flight_arm(sctp);
}

static size_t sctp_flight_blocks_max(const struct sctp *sctp)
{
    return sctp->there.has_pad ? SCTP_BLOCKS_OURS : SCTP_BLOCKS_THEIRS;
}

void sctp_flight_on_sack(struct sctp *sctp, struct actr_view body)
{
    struct sctp_flight *flight = &sctp->flight;
    struct sctp_news news = {0};

    if (body.len < 12)
        return;
    uint32_t cumulative = sctp_get32(body.ptr), window = sctp_get32(body.ptr + 4);
    size_t blocks = sctp_get16(body.ptr + 8);
    if (blocks > (body.len - 12) / 4 || sctp_after(flight->first - 1, cumulative) ||
        !sctp_after(flight->next, cumulative))
        return;
    bool is_progress = !sctp_after(flight->first, cumulative);
    sctp_flight_pop(sctp, cumulative, &news);
    uint32_t told =
        sctp_flight_gaps(sctp, cumulative, actr_view_of(body.ptr + 12, 4 * blocks), &news);
    flight->told = told;
    flight->told_us = blocks >= sctp_flight_blocks_max(sctp) ? sctp_now(sctp) : 0;
    if (news.is_any)
        sctp_flight_on_news(sctp, &news);
    else if (is_progress)
        sctp_flight_arm(sctp);
    if (blocks > 0 || news.is_again)
        sctp_flight_find_lost(sctp);
    sctp->peer_window = window > flight->bytes ? window - (uint32_t)flight->bytes : 0;
    sctp_flight_forward(sctp);
}

void sctp_flight_lose(struct sctp *sctp, bool is_all)
{
    struct sctp_flight *flight = &sctp->flight;

    for (uint32_t tsn = flight->first; tsn != flight->next; tsn++) {
        const struct sctp_flying *flying = sctp_flight_at(flight, tsn);
        if (flying->state == SCTP_SENT || (is_all && flying->state == SCTP_ACKED))
            sctp_flight_mark_lost(flight, tsn);
    }
    flight->loss_us = SCTP_NEVER;
}

void sctp_flight_forward(struct sctp *sctp)
{
    struct sctp_flight *flight = &sctp->flight;
    uint32_t before = flight->forward;

    for (uint32_t tsn = flight->forward + 1; tsn != flight->next; tsn++) {
        uint8_t state = sctp_flight_at(flight, tsn)->state;
        if (state == SCTP_ABANDONED)
            flight->forward = tsn;
        else if (state != SCTP_ACKED)
            break;
    }
    if (flight->forward != before)
        sctp->is_forward_due = true;
}

/* The first that is still thought to be on its way goes out again, to see whether anything does. */
static void sctp_flight_probe(struct sctp_flight *flight)
{
    if (flight->lost > 0)
        return;
    for (uint32_t tsn = flight->first; tsn != flight->next; tsn++) {
        if (sctp_flight_at(flight, tsn)->state == SCTP_SENT) {
            sctp_flight_mark_lost(flight, tsn);
            return;
        }
    }
}

void sctp_flight_tick(struct sctp *sctp)
{
    struct sctp_flight *flight = &sctp->flight;
    uint64_t now_us = sctp_now(sctp);

    if (flight->loss_us <= now_us)
        sctp_flight_find_lost(sctp);
    if (flight->timeout_us > now_us)
        return;
    flight->timeouts++;
    if (sctp_flight_count(flight) > 0)
        sctp_path_timed_out(sctp, sctp_flight_at(flight, flight->first)->len);
    if (flight->timeouts > 1) {
        sctp_flight_lose(sctp, flight->timeouts > 2);
        sctp_rate_timed_out(&sctp->rate);
    }
    sctp_flight_probe(flight);
    sctp->is_probing = true;
    sctp->is_forward_due = !sctp_after(flight->first, flight->forward);
    sctp_flight_arm(sctp);
}

void sctp_flight_forget(struct sctp *sctp)
{
    struct sctp_flight *flight = &sctp->flight;

    flight->rtt_us = flight->rtt_last_us = 0;
    flight->timeouts = 0;
    flight->reordered = SCTP_REORDERED_FIRST;
    sctp_flight_arm(sctp);
}

void sctp_flight_clear(struct sctp *sctp)
{
    struct sctp_flight *flight = &sctp->flight;

    while (flight->first != flight->next)
        sctp_outgoing_release(sctp, sctp_flight_at(flight, flight->first++)->message);
    mem_free(flight->ring);
    flight->ring = NULL;
    flight->cap = 0;
}
