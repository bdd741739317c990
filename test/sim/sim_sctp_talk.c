// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Talking at random: bursts of messages of all sizes and kinds on streams of which some are reset
 * and more are asked for. A side that is told to wait waits; nothing is said on a stream between
 * its reset and the answer to that. */
#include "sim_sctp_talk.h"

#include "sim_sctp.h"

static uint32_t talk_len(struct sim_sctp_side *side)
{
    static const uint32_t edges[] = {1, 2, 3, 4, 1100, 1103, 1104, 1115, 1116, 2206, 65535, 65536};
    struct sim_sctp *world = side->world;
    uint64_t kind = sim_sctp_between(world, 0, 99), len;

    if (kind < 30)
        len = sim_sctp_between(world, 1, 100);
    else if (kind < 60)
        len = sim_sctp_between(world, 100, 2500);
    else if (kind < 75)
        len = edges[sim_sctp_between(world, 0, sizeof edges / sizeof edges[0] - 1)];
    else if (kind < 95)
        len = sim_sctp_between(world, 2500, 20000);
    else
        len = sim_sctp_chance(world, 20) ? SIM_SCTP_LEN_MAX
                                         : sim_sctp_between(world, 20000, SIM_SCTP_LEN_MAX);
    return (uint32_t)(len < side->habits.len_max ? len : side->habits.len_max);
}

static uint16_t talk_stream(struct sim_sctp_side *side)
{
    return (uint16_t)sim_sctp_between(side->world, 0, side->habits.streams - 1u);
}

static void talk_once(struct sim_sctp_side *side)
{
    struct sim_sctp *world = side->world;
    struct sctp_message head = {.stream = talk_stream(side)};

    if (side->is_resetting[head.stream])
        return;
    head.is_unordered = sim_sctp_chance(world, side->habits.unordered);
    if (sim_sctp_chance(world, side->habits.partial)) {
        head.reliability = (uint8_t)sim_sctp_between(world, 1, 2);
        head.reliability_value =
            (uint32_t)sim_sctp_between(world, 0, head.reliability == 1 ? 3 : 2000);
    }
    int r = sim_sctp_say(side, &head, talk_len(side));
    sim_sctp_check(world, r == 0 || r == SCTP_FULL || r == ACTR_EUNAVAILABLE);
    side->is_blocked = r != 0;
    if (r == 0 && sim_sctp_chance(world, side->habits.sparing)) {
        sctp_wait_writable(side->sctp, sim_sctp_between(world, 1, 30000));
        side->is_blocked = true;
    }
}

static void talk_reset(struct sim_sctp_side *side)
{
    uint16_t stream = talk_stream(side);

    if (side->is_resetting[stream])
        return;
    int r = sctp_reset_stream(side->sctp, stream);
    sim_sctp_check(side->world, r == 0);
    side->is_resetting[stream] = true;
    side->epoch_out[stream]++;
    side->resets_asked++;
}

/* Everything is said: it asks to be told when it is acknowledged. */
static void talk_end(struct sim_sctp_side *side)
{
    side->is_ending = sctp_buffered(side->sctp) > 0;
    side->has_ended = !side->is_ending;
    if (side->is_ending)
        sctp_wait_empty(side->sctp);
}

static void talk_on_pump(struct loop_timer *timer)
{
    struct sim_sctp_side *side = container_of(timer, struct sim_sctp_side, pump);
    struct sim_sctp *world = side->world;
    const struct sim_sctp_habits *habits = &side->habits;
    uint64_t count = sim_sctp_between(world, 1, habits->burst);

    while (count-- && !side->is_blocked && side->sent_count < habits->messages)
        talk_once(side);
    if (sim_sctp_between(world, 0, 999) < habits->resets)
        talk_reset(side);
    if (side->sent_count >= habits->messages)
        talk_end(side);
    else
        sim_sctp_talk_start(side);
}

static void talk_on_wake(struct loop_timer *timer)
{
    struct sim_sctp_side *side = container_of(timer, struct sim_sctp_side, wake);

    side->is_napping = false;
    sctp_read(side->sctp, true);
}

void sim_sctp_talk_init(struct sim_sctp_side *side)
{
    loop_timer_init(&side->pump, side->world->loop, talk_on_pump);
    loop_timer_init(&side->wake, side->world->loop, talk_on_wake);
}

/* Being told of one thing ends waiting for the others. */
void sim_sctp_talk_on_room(struct sim_sctp_side *side)
{
    side->is_blocked = false;
    if (!side->is_ending) {
        sim_sctp_talk_start(side);
    } else if (sctp_buffered(side->sctp) == 0) {
        side->is_ending = false;
        side->has_ended = true;
    } else {
        sctp_wait_empty(side->sctp);
    }
}

void sim_sctp_talk_start(struct sim_sctp_side *side)
{
    if (side->opened && !side->is_blocked && side->sent_count < side->habits.messages)
        loop_timer_start(&side->pump, sim_sctp_between(side->world, 0, side->habits.pause_us));
}

void sim_sctp_talk_stop(struct sim_sctp_side *side)
{
    loop_timer_stop(&side->pump);
    loop_timer_stop(&side->wake);
}

void sim_sctp_talk_heard(struct sim_sctp_side *side)
{
    if (side->is_napping || sim_sctp_between(side->world, 0, 999) >= side->habits.naps)
        return;
    side->is_napping = true;
    side->naps++;
    sctp_read(side->sctp, false);
    loop_timer_start(&side->wake, sim_sctp_between(side->world, 0, side->habits.nap_us));
}
