// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Two SCTP associations over paths that lose, repeat, reorder, damage and delay packets, have
 * little room, or are gone for a while. What is reliable comes once, in order and whole; nothing
 * crosses a reset, nothing hangs, nothing is left to do. ACTR_SIM_SEEDS=n runs n seeds of each. */
#include <stdlib.h>

#include "base/mem.h"
#include "harness.h"
#include "sim_sctp.h"
#include "sim_sctp_talk.h"
#include "sim_seeds.h"
#include "sys/loop_virtual.h"

#define EACH_SEED(seed) EACH_SEED_OF(seed, 30)
#define LIMIT_US (600ull * SIM_SCTP_S)

static struct sim_sctp sctp_world;
static struct sim_sctp *const world = &sctp_world;

static uint64_t between(uint64_t low, uint64_t high)
{
    return sim_sctp_between(world, low, high);
}

static bool chance(unsigned of_100)
{
    return sim_sctp_chance(world, of_100);
}

/* A path on which nothing goes wrong. */
static void draw_calm(void)
{
    uint64_t delay_us = between(0, chance(30) ? 150 * SIM_SCTP_MS : 20 * SIM_SCTP_MS);

    for (int i = 0; i < 2; i++) {
        struct sim_path_nature *nature = &world->sides[i].out.nature;
        *nature = (struct sim_path_nature){.delay_us = delay_us};
        if (chance(50))
            nature->jitter_us = between(0, 10 * SIM_SCTP_MS);
        if (chance(50))
            nature->gather_us = between(1, 2 * SIM_SCTP_MS);
    }
}

static void draw_rough(void)
{
    unsigned worst = chance(20) ? 3000 : chance(50) ? 500 : 50;

    draw_calm();
    for (int i = 0; i < 2; i++) {
        struct sim_path_nature *nature = &world->sides[i].out.nature;
        nature->lose = (unsigned)between(0, worst);
        nature->repeat = chance(50) ? (unsigned)between(0, 1000) : 0;
        nature->damage = chance(50) ? (unsigned)between(0, worst / 5) : 0;
        nature->late = chance(50) ? (unsigned)between(0, 2000) : 0;
        nature->late_us = between(0, 50 * SIM_SCTP_MS);
        if (chance(40)) {
            nature->rate = between(20000, 5000000);
            nature->queue_max = between(4000, 200000);
        }
    }
}

static void draw_options(void)
{
    for (int i = 0; i < 2; i++) {
        struct sctp_options *options = &world->sides[i].options;
        if (chance(50))
            options->send_buffer = (uint32_t)between(300u << 10, 2u << 20);
        if (chance(50))
            options->receive_window = (uint32_t)between(512u << 10, 2u << 20);
        if (chance(30))
            options->mtu = (uint16_t)between(600, 1131);
        if (chance(50))
            options->mtu_max = (uint16_t)between(1131, 1452);
        if (chance(50))
            world->sides[i].out.nature.mtu = between(1131, 1452);
    }
}

static void draw_habits(unsigned messages)
{
    for (int i = 0; i < 2; i++) {
        world->sides[i].habits =
            (struct sim_sctp_habits){.messages = (unsigned)between(chance(20) ? 0 : 1, messages),
                                     .burst = (unsigned)between(1, 10),
                                     .pause_us = between(1, chance(50) ? 100 : 100 * SIM_SCTP_MS),
                                     .len_max = chance(50) ? 3000 : SIM_SCTP_LEN_MAX,
                                     .streams = (uint16_t)between(1, chance(50) ? 4 : SCTP_STREAMS),
                                     .unordered = chance(50) ? (unsigned)between(0, 100) : 0,
                                     .sparing = chance(50) ? (unsigned)between(0, 100) : 0,
                                     .partial = chance(50) ? (unsigned)between(0, 50) : 0};
    }
}

/* Both at once, or one after the other. */
static void start(void)
{
    bool has_skew = chance(50);
    for (int i = 0; i < 2; i++)
        sim_sctp_begin(&world->sides[i],
                       has_skew ? between(0, chance(20) ? 10 * SIM_SCTP_S : 50 * SIM_SCTP_MS) : 0);
}

/* Who does not get through within ten tries gives up: so not more than a tenth is lost until both
 * sides are open. */
static void begin(void)
{
    unsigned lose[2];
    for (int i = 0; i < 2; i++) {
        struct sim_path_nature *nature = &world->sides[i].out.nature;
        lose[i] = nature->lose;
        nature->lose = nature->lose > 1000 ? 1000 : nature->lose;
    }
    start();
    uint64_t end_us = sim_sctp_now_us(world) + 60 * SIM_SCTP_S;
    while (!world->sides[0].opened || !world->sides[1].opened)
        sim_sctp_check(world, loop_virtual_step(world->loop) && sim_sctp_now_us(world) < end_us);
    for (int i = 0; i < 2; i++)
        world->sides[i].out.nature.lose = lose[i];
}

TEST(a_calm_path_needs_nothing_twice)
{
    EACH_SEED(seed)
    {
        sim_sctp_init(world, seed, "a_calm_path_needs_nothing_twice");
        draw_calm();
        draw_options();
        draw_habits(150);
        for (int i = 0; i < 2; i++)
            world->sides[i].habits.resets = chance(50) ? 30 : 0;
        sim_sctp_begin(&world->sides[0], 0);
        sim_sctp_begin(&world->sides[1], 0);
        sim_sctp_settle(world, LIMIT_US);
        for (int i = 0; i < 2; i++) {
            const struct sim_sctp_side *side = &world->sides[i];
            struct sctp_stats stats;
            sctp_get_stats(side->sctp, &stats);
            sim_sctp_check(world, stats.retransmitted == 0 && stats.dropped == 0);
        }
        sim_sctp_deinit(world);
    }
}

TEST(limited_by_number_all_arrives_on_a_calm_path)
{
    EACH_SEED(seed)
    {
        sim_sctp_init(world, seed, "limited_by_number_all_arrives_on_a_calm_path");
        draw_calm();
        draw_options();
        sim_sctp_begin(&world->sides[0], 0);
        sim_sctp_begin(&world->sides[1], 0);
        sim_sctp_settle(world, LIMIT_US);
        unsigned count = (unsigned)between(1, 100);
        for (unsigned i = 0; i < count; i++) {
            struct sctp_message head = {.stream = (uint16_t)between(0, 3),
                                        .is_unordered = chance(50),
                                        .reliability = 1,
                                        .reliability_value = (uint32_t)between(0, 1)};
            sim_sctp_check(
                world, sim_sctp_say(&world->sides[i % 2], &head, (uint32_t)between(1, 4000)) == 0);
        }
        sim_sctp_settle(world, LIMIT_US);
        for (int i = 0; i < 2; i++) {
            for (uint32_t k = 0; k < world->sides[i].sent_count; k++)
                sim_sctp_check(world, world->sides[i].sent[k].arrived);
        }
        sim_sctp_deinit(world);
    }
}

TEST(a_rough_path_delivers_all_once_and_in_order)
{
    EACH_SEED(seed)
    {
        sim_sctp_init(world, seed, "a_rough_path_delivers_all_once_and_in_order");
        draw_rough();
        draw_options();
        draw_habits(60);
        begin();
        sim_sctp_settle(world, LIMIT_US);
        sim_sctp_deinit(world);
    }
}

TEST(streams_are_reset_and_used_again_on_a_rough_path)
{
    unsigned resets = 0;

    EACH_SEED(seed)
    {
        sim_sctp_init(world, seed, "streams_are_reset_and_used_again_on_a_rough_path");
        draw_rough();
        draw_habits(120);
        for (int i = 0; i < 2; i++) {
            struct sim_sctp_habits *habits = &world->sides[i].habits;
            habits->streams = (uint16_t)between(1, 6);
            habits->len_max = chance(80) ? 3000 : SIM_SCTP_LEN_MAX;
            habits->pause_us = between(2 * SIM_SCTP_MS, 100 * SIM_SCTP_MS);
            habits->resets = (unsigned)between(0, 300);
        }
        begin();
        sim_sctp_settle(world, LIMIT_US);
        for (int i = 0; i < 2; i++)
            resets += world->sides[i].resets_in;
        sim_sctp_deinit(world);
    }
    assert_true(resets > 0 || getenv("ACTR_SIM_SEED"));
}

TEST(readers_that_sleep_hold_back_writers)
{
    unsigned naps = 0;

    EACH_SEED(seed)
    {
        sim_sctp_init(world, seed, "readers_that_sleep_hold_back_writers");
        if (chance(50))
            draw_calm();
        else
            draw_rough();
        draw_options();
        draw_habits(100);
        for (int i = 0; i < 2; i++) {
            struct sim_sctp_side *side = &world->sides[i];
            side->habits.naps = (unsigned)between(0, 100);
            side->habits.nap_us = chance(50) ? 5 * SIM_SCTP_S : 50 * SIM_SCTP_MS;
            side->habits.resets = chance(50) ? 20 : 0;
            side->habits.pause_us += 1000;
            if (chance(50)) {
                side->peer->habits.len_max = 16384; /* a message must fit in the window */
                side->options.receive_window = (uint32_t)between(40000, 100000);
            }
        }
        begin();
        sim_sctp_settle(world, LIMIT_US);
        naps += world->sides[0].naps + world->sides[1].naps;
        sim_sctp_deinit(world);
    }
    assert_true(naps > 0 || getenv("ACTR_SIM_SEED"));
}

/* Outages ------------------------------------------------------------------------------------- */

/* Times without a path, of both directions or one, of which ICE may know. */
static struct {
    struct loop_timer timer;
    unsigned left;
    bool is_out, is_doubted;
    uint64_t rest_us; /* from the doubt to the end */
} weather;

static void weather_tell(bool is_doubted)
{
    weather.is_doubted = is_doubted;
    for (int i = 0; i < 2; i++) {
        struct sctp *sctp = world->sides[i].sctp;
        if (sctp && is_doubted)
            sctp_path_doubted(sctp);
        else if (sctp)
            sctp_path_changed(sctp);
    }
}

static void weather_clear(void)
{
    weather.is_out = false;
    sim_sctp_cut(world, false);
    if (chance(50)) /* another path, which may be narrower: whether it is told of or not */
        world->sides[between(0, 1)].out.nature.mtu = between(1131, 1452);
    if (weather.is_doubted || chance(50))
        weather_tell(false);
    if (--weather.left)
        loop_timer_start(&weather.timer, between(0, 5 * SIM_SCTP_S));
}

static void weather_on_timer(struct loop_timer *timer)
{
    if (weather.is_out && weather.rest_us) {
        weather_tell(true);
        loop_timer_start(timer, weather.rest_us);
        weather.rest_us = 0;
        return;
    }
    if (weather.is_out) {
        weather_clear();
        return;
    }
    weather.is_out = true;
    weather.rest_us = 0;
    uint64_t duration_us = between(0, chance(20) ? 20 * SIM_SCTP_S : 4 * SIM_SCTP_S);
    if (chance(50)) {
        weather.rest_us = between(0, duration_us);
        duration_us -= weather.rest_us;
    }
    if (chance(80))
        sim_sctp_cut(world, true);
    else
        world->sides[between(0, 1)].out.is_cut = true;
    loop_timer_start(timer, duration_us);
}

TEST(what_waited_arrives_when_the_path_is_back)
{
    EACH_SEED(seed)
    {
        sim_sctp_init(world, seed, "what_waited_arrives_when_the_path_is_back");
        if (chance(50))
            draw_calm();
        else
            draw_rough();
        draw_options();
        draw_habits(100);
        for (int i = 0; i < 2; i++) {
            struct sim_sctp_habits *habits = &world->sides[i].habits;
            habits->pause_us = between(1000, SIM_SCTP_S);
            habits->resets = chance(50) ? 50 : 0;
            habits->naps = chance(30) ? 20 : 0;
            habits->nap_us = SIM_SCTP_S;
        }
        loop_timer_init(&weather.timer, world->loop, weather_on_timer);
        weather.left = (unsigned)between(1, 4);
        weather.is_out = weather.is_doubted = false;
        begin();
        loop_timer_start(&weather.timer, between(0, 3 * SIM_SCTP_S));
        sim_sctp_settle(world, LIMIT_US);
        sim_sctp_check(world, weather.left == 0);
        sim_sctp_deinit(world);
    }
}

/* Ends ---------------------------------------------------------------------------------------- */

/* A peer that is gone says nothing: the other goes on trying until it is freed. */
TEST(freed_inside_any_event_it_leaves_nothing)
{
    unsigned freed = 0;

    EACH_SEED(seed)
    {
        sim_sctp_init(world, seed, "freed_inside_any_event_it_leaves_nothing");
        if (chance(50))
            draw_calm();
        else
            draw_rough();
        draw_options();
        draw_habits(60);
        for (int i = 0; i < 2; i++) {
            struct sim_sctp_side *side = &world->sides[i];
            side->habits.resets = 100;
            side->habits.naps = chance(30) ? 20 : 0;
            side->habits.nap_us = SIM_SCTP_S;
            side->habits.pause_us += 1000;
            if (i == 0 || chance(50))
                side->free_at = (uint32_t)between(0, chance(30) ? 3 : 60);
        }
        start();
        loop_virtual_run_until(world->loop, between(0, 60 * SIM_SCTP_S));
        freed += !world->sides[0].sctp;
        sim_sctp_deinit(world);
    }
    assert_true(freed > 0 || getenv("ACTR_SIM_SEED"));
}

TEST(an_association_that_talks_for_long_keeps_its_size)
{
    EACH_SEED(seed)
    {
        size_t live = 0;
        if (seed % 10 != 1)
            continue;
        sim_sctp_init(world, seed, "an_association_that_talks_for_long_keeps_its_size");
        draw_rough();
        draw_habits(20);
        for (int i = 0; i < 2; i++) {
            world->sides[i].habits.resets = 50;
            world->sides[i].habits.pause_us = 1000;
        }
        begin();
        sim_sctp_settle(world, LIMIT_US);
        for (int round = 0; round < 30; round++) {
            for (int i = 0; i < 2; i++) {
                world->sides[i].habits.messages = world->sides[i].sent_count + 20;
                sim_sctp_talk_start(&world->sides[i]);
            }
            sim_sctp_settle(world, LIMIT_US);
            if (round == 2)
                live = mem_live();
        }
        /* But for tables that are made when they are first needed. */
        sim_sctp_check(world, mem_live() <= live + 8);
        sim_sctp_deinit(world);
    }
}
