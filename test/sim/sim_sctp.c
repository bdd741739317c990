// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Two associations and the ledger of what they say. What arrives is judged at once, what should
 * have arrived when all is quiet. Talking at random is in sim_sctp_talk.c. */
#include "sim_sctp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"
#include "sim_sctp_talk.h"
#include "sys/loop_virtual.h"

#define SIM_SCTP_PPID 1000 /* of message 0 */
#define SIM_SCTP_MTU 1131

/* What messages are made of: each begins somewhere else in it. */
static uint8_t noise[2 * SIM_SCTP_LEN_MAX];

static const uint8_t *noise_of(uint32_t number)
{
    return noise + number * 7919u % SIM_SCTP_LEN_MAX;
}

void sim_sctp_check_at(const struct sim_sctp *world, bool condition, const char *text,
                       const char *file, int line)
{
    if (condition)
        return;
    fprintf(stderr,
            "seed %" PRIu64 " at %" PRIu64 " us; again: ACTR_SIM_SEED=%" PRIu64
            " ACTR_TEST=%s sim_sctp_test\n%s:%d: not so: %s\n",
            world->seed, loop_now_us(world->loop), world->seed, world->test, file, line, text);
    for (int i = 0; i < 2; i++) {
        const struct sim_sctp_side *side = &world->sides[i];
        struct sctp_stats stats = {0};
        if (side->sctp)
            sctp_get_stats(side->sctp, &stats);
        fprintf(stderr,
                "side %d: opened %u closed %u said %u of %u, heard %" PRIu64 " bytes, blocked %d, "
                "packets %" PRIu64 " (%" PRIu64 " lost, %" PRIu64 " overflown), again %" PRIu64
                ", rtt %" PRIu64 " us, cwnd %u, unacknowledged %u, peer's window %u\n",
                i, side->opened, side->closed, side->sent_count, side->habits.messages,
                side->bytes_arrived, side->is_blocked, side->out.sent, side->out.lost,
                side->out.overflown, stats.retransmitted, stats.rtt_us, stats.cwnd,
                stats.unacknowledged, stats.peer_window);
    }
    _Exit(1); /* in the middle of anything: no other test could run in this process */
}

uint64_t sim_sctp_between(struct sim_sctp *world, uint64_t low, uint64_t high)
{
    return low + harness_random(&world->random) % (high - low + 1);
}

bool sim_sctp_chance(struct sim_sctp *world, unsigned of_100)
{
    return of_100 && sim_sctp_between(world, 0, 99) < of_100;
}

uint64_t sim_sctp_now_us(const struct sim_sctp *world)
{
    return loop_now_us(world->loop);
}

/* Saying ------------------------------------------------------------------------------------- */

static void side_make_room(struct sim_sctp_side *side)
{
    if (side->sent_count < side->sent_max)
        return;
    side->sent_max = side->sent_max ? 2 * side->sent_max : 64;
    side->sent = mem_resize(side->sent, side->sent_max * sizeof *side->sent);
    sim_sctp_check(side->world, side->sent != NULL);
}

int sim_sctp_say(struct sim_sctp_side *side, const struct sctp_message *head, uint32_t len)
{
    struct sctp_message message = *head;
    uint32_t number = side->sent_count;

    side_make_room(side);
    side->sent[number] = (struct sim_sctp_sent){.len = len,
                                                .stream = head->stream,
                                                .epoch = side->epoch_out[head->stream],
                                                .is_unordered = head->is_unordered,
                                                .may_be_lost = head->reliability != 0,
                                                .sent_us = sim_sctp_now_us(side->world)};
    message.ppid = SIM_SCTP_PPID + number;
    /* Memory that stays, or a copy that must be given back. */
    struct actr_bytes bytes = number % 2 ? actr_bytes_wrap(noise_of(number), len, NULL, NULL)
                                         : actr_bytes_copy(actr_view_of(noise_of(number), len));
    int r = sctp_send(side->sctp, &message, bytes);
    side->sent_count += r >= 0;
    return r;
}

/* Hearing ------------------------------------------------------------------------------------ */

/* The association may be freed inside any event but that of a packet to send. */
static void side_count_event(struct sim_sctp_side *side)
{
    if (side->events++ == side->free_at)
        sim_sctp_free(side);
}

static size_t side_mtu(const struct sim_sctp_side *side)
{
    size_t mtu = side->options.mtu ? side->options.mtu : SIM_SCTP_MTU;
    return side->options.mtu_max > mtu ? side->options.mtu_max : mtu;
}

static void side_on_send(void *owner, struct actr_view packet)
{
    struct sim_sctp_side *side = owner;

    sim_sctp_check(side->world, side->sctp != NULL);
    sim_sctp_check(side->world, packet.len > 12 && packet.len <= side_mtu(side));
    sim_sctp_check(side->world, packet.len % 4 == 0);
    sim_path_send(&side->out, packet);
}

static bool side_on_probe(void *owner, struct actr_view packet)
{
    struct sim_sctp_side *side = owner;

    sim_sctp_check(side->world, side->options.mtu_max > 0);
    if (side->out.nature.mtu == 0 || packet.len <= side->out.nature.mtu)
        side_on_send(owner, packet);
    return true;
}

static void side_on_open(void *owner, uint16_t out, uint16_t in)
{
    struct sim_sctp_side *side = owner;

    sim_sctp_check(side->world, side->opened == 0 && side->sctp);
    side->opened++;
    side->streams_out = out;
    side->streams_in = in;
    sim_sctp_talk_start(side);
    side_count_event(side);
}

static void side_on_message(void *owner, const struct sctp_message *head, struct actr_bytes bytes)
{
    AUTO_BYTES struct actr_bytes owned = bytes;
    struct sim_sctp_side *side = owner;
    const struct sim_sctp *world = side->world;
    uint32_t number = head->ppid - SIM_SCTP_PPID;

    sim_sctp_check(world, side->opened == 1 && !side->closed && side->sctp);
    sim_sctp_check(world, !side->is_napping);
    sim_sctp_check(world, number < side->peer->sent_count);
    struct sim_sctp_sent *sent = &side->peer->sent[number];
    sim_sctp_check(world, sent->arrived == 0);
    sim_sctp_check(world, head->stream == sent->stream);
    sim_sctp_check(world, head->is_unordered == sent->is_unordered);
    sim_sctp_check(world, side->epoch_in[head->stream] == sent->epoch);
    sim_sctp_check(world, bytes.len == sent->len);
    sim_sctp_check(world, memcmp(bytes.ptr, noise_of(number), bytes.len) == 0);
    if (!head->is_unordered) {
        sim_sctp_check(world, number >= side->next[head->stream]);
        side->next[head->stream] = number + 1;
    }
    sent->arrived = 1;
    sent->arrived_us = sim_sctp_now_us(world);
    side->bytes_arrived += bytes.len;
    if (side->on_heard)
        side->on_heard(side, sent);
    sim_sctp_talk_heard(side);
    side_count_event(side);
}

static void side_on_writable(void *owner)
{
    struct sim_sctp_side *side = owner;

    sim_sctp_check(side->world, side->opened == 1 && !side->closed && side->sctp);
    side->writable++;
    sim_sctp_talk_on_room(side);
    if (side->on_room)
        side->on_room(side);
    side_count_event(side);
}

/* Whatever was reliable and said before a reset comes before it (RFC 6525 §5.2.2). */
static void side_check_before_reset(const struct sim_sctp_side *side, uint16_t stream)
{
    for (uint32_t i = 0; i < side->peer->sent_count; i++) {
        const struct sim_sctp_sent *sent = &side->peer->sent[i];
        sim_sctp_check(side->world, sent->stream != stream || sent->arrived || sent->may_be_lost ||
                                        sent->epoch > side->epoch_in[stream]);
    }
}

static void side_on_reset(void *owner, const uint16_t *streams, size_t count, bool is_incoming)
{
    struct sim_sctp_side *side = owner;
    const struct sim_sctp *world = side->world;

    sim_sctp_check(world, side->opened == 1 && !side->closed && side->sctp);
    sim_sctp_check(world, count > 0); /* nobody asks for all */
    for (size_t i = 0; i < count; i++) {
        uint16_t stream = streams[i];
        sim_sctp_check(world, stream < SIM_SCTP_STREAMS);
        if (is_incoming) {
            side_check_before_reset(side, stream);
            side->epoch_in[stream]++;
            side->resets_in++;
            sim_sctp_check(world, side->epoch_in[stream] <= side->peer->epoch_out[stream]);
        } else {
            sim_sctp_check(world, side->is_resetting[stream]);
            side->is_resetting[stream] = false;
            side->resets_out++;
        }
    }
    side_count_event(side);
}

/* Only of a peer that was freed before it was open: no path is given up. */
static void side_on_closed(void *owner, int code, const char *detail)
{
    struct sim_sctp_side *side = owner;

    sim_sctp_check(side->world, detail && side->closed == 0);
    sim_sctp_check(side->world, code == ACTR_ETIMEDOUT && !side->opened && !side->peer->sctp);
    side->closed++;
}

static const struct sctp_events side_events = {side_on_send,     side_on_open,  side_on_message,
                                               side_on_writable, side_on_reset, side_on_closed,
                                               side_on_probe};

/* The path ------------------------------------------------------------------------------------ */

/* The owner of a path is the side at its end. */
static void side_on_packet(void *owner, uint8_t *packet, size_t len)
{
    struct sim_sctp_side *side = owner;
    if (side->sctp)
        sctp_receive(side->sctp, actr_view_of(packet, len));
}

static void side_on_burst_end(void *owner)
{
    struct sim_sctp_side *side = owner;
    if (side->sctp)
        sctp_receive_end(side->sctp);
}

void sim_sctp_cut(struct sim_sctp *world, bool is_cut)
{
    for (int i = 0; i < 2; i++)
        world->sides[i].out.is_cut = is_cut;
}

/* Life ---------------------------------------------------------------------------------------- */

static void side_on_begin(struct loop_timer *timer)
{
    struct sim_sctp_side *side = container_of(timer, struct sim_sctp_side, begin);
    if (side->sctp)
        sim_sctp_check(side->world, sctp_start(side->sctp) == 0);
}

void sim_sctp_init(struct sim_sctp *world, uint64_t seed, const char *test)
{
    memset(world, 0, sizeof *world);
    world->test = test;
    world->seed = seed;
    world->random = seed * 1000003;
    if (noise[0] == 0) {
        uint64_t state = 1;
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (uint8_t)(harness_random(&state) | 1);
    }
    sim_sctp_check(world, loop_virtual_new(seed, &world->loop) == 0);
    for (int i = 0; i < 2; i++) {
        struct sim_sctp_side *side = &world->sides[i];
        side->world = world;
        side->peer = &world->sides[!i];
        side->free_at = SIM_SCTP_NEVER;
        sim_path_init(&side->out, world->loop, &world->random);
        side->out.on_packet = side_on_packet;
        side->out.on_burst_end = side_on_burst_end;
        side->out.owner = side->peer;
        loop_timer_init(&side->begin, world->loop, side_on_begin);
        sim_sctp_talk_init(side);
    }
}

void sim_sctp_begin(struct sim_sctp_side *side, uint64_t after_us)
{
    side->options.loop = side->world->loop;
    sim_sctp_check(side->world, sctp_new(&side->options, &side_events, side, &side->sctp) == 0);
    loop_timer_start(&side->begin, after_us);
}

void sim_sctp_free(struct sim_sctp_side *side)
{
    sim_sctp_talk_stop(side);
    loop_timer_stop(&side->begin);
    side->sctp = sctp_free(side->sctp);
}

void sim_sctp_deinit(struct sim_sctp *world)
{
    for (int i = 0; i < 2; i++) {
        struct sim_sctp_side *side = &world->sides[i];
        sim_sctp_free(side);
        sim_path_deinit(&side->out);
        mem_free(side->sent);
    }
    /* Whoever is freed leaves nothing on the loop. */
    sim_sctp_check(world, !loop_virtual_step(world->loop));
    loop_virtual_close(world->loop);
}

static void side_check_all_done(const struct sim_sctp_side *side)
{
    const struct sim_sctp *world = side->world;
    struct sctp_stats stats;

    sim_sctp_check(world, side->opened == 1 && side->closed == 0);
    sim_sctp_check(world, side->streams_out == side->peer->streams_in);
    sim_sctp_check(world, side->sent_count >= side->habits.messages);
    sim_sctp_check(world, !side->is_blocked && !side->is_napping);
    sim_sctp_check(world, !side->is_ending && side->has_ended == (side->habits.messages > 0));
    sim_sctp_check(world, side->resets_out == side->resets_asked);
    sim_sctp_check(world, side->peer->resets_in == side->resets_asked);
    sim_sctp_check(world, sctp_buffered(side->sctp) == 0);
    sctp_get_stats(side->sctp, &stats);
    sim_sctp_check(world, stats.unacknowledged == 0);
    for (uint32_t i = 0; i < side->sent_count; i++)
        sim_sctp_check(world, side->sent[i].arrived || side->sent[i].may_be_lost);
}

void sim_sctp_settle(struct sim_sctp *world, uint64_t limit_us)
{
    bool is_idle = loop_virtual_run_idle(world->loop, sim_sctp_now_us(world) + limit_us);

    sim_sctp_check(world, is_idle);
    for (int i = 0; i < 2; i++)
        side_check_all_done(&world->sides[i]);
}
