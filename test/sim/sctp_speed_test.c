// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* How well an SCTP association uses its path, on virtual time: a bottleneck is filled and not
 * flooded, chance losses do not stop it, what is urgent is not held up by what is long. Limits, not
 * figures: the bench measures. ACTR_SIM_SEEDS=n runs n / 20 seeds of each. */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "sim_sctp.h"
#include "sim_seeds.h"
#include "sys/loop_virtual.h"

#define SEEDS 60 /* each 20th of which runs */
#define EACH_SEED(seed) EACH_SEED_OF(seed, SEEDS) if (seed % 20 == 1 || getenv("ACTR_SIM_SEED"))
#define PIECE 16384
#define UNSENT_MAX 16384
#define BULK_STREAM 1
#define URGENT_STREAM 2

static struct sim_sctp sctp_world;
static struct sim_sctp *const world = &sctp_world;

static uint64_t between(uint64_t low, uint64_t high)
{
    return sim_sctp_between(world, low, high);
}

/* A bulk of one side, of which little is unsent at any time, as data channels do it. */
static struct {
    uint32_t left; /* messages */
    uint64_t began_us, ended_us;
    uint64_t heard;
} bulk;

static void bulk_on_room(struct sim_sctp_side *side)
{
    const struct sctp_message head = {.stream = BULK_STREAM};

    while (bulk.left && sctp_unsent(side->sctp) < UNSENT_MAX) {
        int r = sim_sctp_say(side, &head, PIECE);
        sim_sctp_check(world, r >= 0);
        bulk.left--;
        if (r == SCTP_FULL)
            return;
    }
    if (bulk.left)
        sctp_wait_writable(side->sctp, UNSENT_MAX);
}

static void bulk_on_heard(struct sim_sctp_side *side, const struct sim_sctp_sent *sent)
{
    if (sent->stream != BULK_STREAM)
        return;
    bulk.heard += sent->len;
    bulk.ended_us = sim_sctp_now_us(world);
}

static void open_both(void)
{
    for (int i = 0; i < 2; i++)
        sim_sctp_begin(&world->sides[i], 0);
    sim_sctp_settle(world, 60 * SIM_SCTP_S);
}

static void bulk_begin(uint64_t bytes)
{
    bulk.left = (uint32_t)(bytes / PIECE + 1);
    bulk.heard = 0;
    bulk.began_us = sim_sctp_now_us(world);
    world->sides[0].on_room = bulk_on_room;
    world->sides[1].on_heard = bulk_on_heard;
    bulk_on_room(&world->sides[0]);
}

/* Bytes per second. */
static uint64_t bulk_rate(void)
{
    return bulk.heard * 1000000 / (bulk.ended_us - bulk.began_us);
}

static void set_paths(const struct sim_path_nature *nature)
{
    for (int i = 0; i < 2; i++)
        world->sides[i].out.nature = *nature;
}

static struct sctp_stats stats_of(int side)
{
    struct sctp_stats stats;
    sctp_get_stats(world->sides[side].sctp, &stats);
    return stats;
}

TEST(a_bottleneck_is_filled)
{
    EACH_SEED(seed)
    {
        sim_sctp_init(world, seed, "a_bottleneck_is_filled");
        uint64_t rate = between(50000, 4000000), seconds = between(3, 6);
        uint64_t rtt_us = between(100, seconds * SIM_SCTP_S / 30);
        uint64_t product = rate * rtt_us / SIM_SCTP_S;
        uint64_t least = 20 * 1131, queue_max = product * between(50, 200) / 100;
        const struct sim_path_nature nature = {.delay_us = rtt_us / 2,
                                               .rate = rate,
                                               .queue_max = queue_max > least ? queue_max : least};
        set_paths(&nature);
        open_both();
        bulk_begin(rate * seconds);
        sim_sctp_settle(world, 600 * SIM_SCTP_S);
        if (bulk_rate() < rate * 60 / 100)
            print_message("%lu of %lu bytes/s, round trip %lu us, queue %zu\n",
                          (unsigned long)bulk_rate(), (unsigned long)rate, (unsigned long)rtt_us,
                          nature.queue_max);
        sim_sctp_check(world, bulk_rate() >= rate * 60 / 100);
        sim_sctp_deinit(world);
    }
}

TEST(a_bottleneck_with_room_loses_nothing)
{
    EACH_SEED(seed)
    {
        sim_sctp_init(world, seed, "a_bottleneck_with_room_loses_nothing");
        uint64_t rate = between(50000, 4000000), rtt_us = between(100, 200 * SIM_SCTP_MS);
        const struct sim_path_nature nature = {.delay_us = rtt_us / 2,
                                               .rate = rate,
                                               .queue_max = 64u << 20,
                                               .gather_us = between(0, 2000)};
        set_paths(&nature);
        open_both();
        bulk_begin(rate * between(1, 4));
        sim_sctp_settle(world, 600 * SIM_SCTP_S);
        sim_sctp_check(world, stats_of(0).retransmitted == 0);
        sim_sctp_check(world, bulk_rate() >= rate * 30 / 100); /* with the beginning */
        sim_sctp_deinit(world);
    }
}

/* Mathis, Semke, Mahdavi, Ott (1997): what a control that takes each loss for congestion can do,
 * MSS / RTT × √(3/2) / √p. */
TEST(losses_by_chance_do_not_stop_it)
{
    EACH_SEED(seed)
    {
        sim_sctp_init(world, seed, "losses_by_chance_do_not_stop_it");
        const struct sim_path_nature nature = {
            .delay_us = 100 * SIM_SCTP_MS, .lose = 100, .rate = 4000000, .queue_max = 800000};
        const uint64_t mathis = (uint64_t)(1131 / 0.2 * 1.2247 / 0.1);
        set_paths(&nature);
        open_both();
        bulk_begin(4 * mathis * 20);
        sim_sctp_settle(world, 600 * SIM_SCTP_S);
        if (bulk_rate() < 4 * mathis)
            print_message("%lu bytes/s\n", (unsigned long)bulk_rate());
        sim_sctp_check(world, bulk_rate() >= 4 * mathis);
        sim_sctp_deinit(world);
    }
}

/* What is urgent ----------------------------------------------------------------------------- */

static struct {
    struct loop_timer timer;
    unsigned left, heard, late;
    uint64_t limit_us, worst_us;
} urgent;

static void urgent_on_timer(struct loop_timer *timer)
{
    const struct sctp_message head = {.stream = URGENT_STREAM};

    sim_sctp_check(world, sim_sctp_say(&world->sides[0], &head, 100) >= 0);
    if (--urgent.left)
        loop_timer_start(timer, between(50 * SIM_SCTP_MS, 300 * SIM_SCTP_MS));
}

static void urgent_on_heard(struct sim_sctp_side *side, const struct sim_sctp_sent *sent)
{
    bulk_on_heard(side, sent);
    if (sent->stream != URGENT_STREAM)
        return;
    uint64_t took_us = sent->arrived_us - sent->sent_us;
    urgent.heard++;
    urgent.late += took_us > urgent.limit_us;
    urgent.worst_us = took_us > urgent.worst_us ? took_us : urgent.worst_us;
}

/* Three round trips of the empty path, and what the bottleneck's queue and ours may hold; once the
 * path is known. */
TEST(what_is_urgent_is_not_held_up)
{
    EACH_SEED(seed)
    {
        sim_sctp_init(world, seed, "what_is_urgent_is_not_held_up");
        uint64_t rate = between(100000, 2500000), rtt_us = between(5000, 200 * SIM_SCTP_MS);
        uint64_t queue_us = between(20 * SIM_SCTP_MS, 400 * SIM_SCTP_MS);
        uint64_t queue_max = rate * queue_us / SIM_SCTP_S;
        const struct sim_path_nature nature = {.delay_us = rtt_us / 2,
                                               .rate = rate,
                                               .queue_max = queue_max > 20000 ? queue_max : 20000};
        set_paths(&nature);
        open_both();
        urgent.left = 40;
        urgent.heard = urgent.late = 0;
        urgent.worst_us = 0;
        urgent.limit_us = 3 * rtt_us + (nature.queue_max + UNSENT_MAX + PIECE) * SIM_SCTP_S / rate;
        bulk_begin(rate * 12);
        world->sides[1].on_heard = urgent_on_heard;
        loop_timer_init(&urgent.timer, world->loop, urgent_on_timer);
        loop_timer_start(&urgent.timer, 3 * SIM_SCTP_S);
        sim_sctp_settle(world, 600 * SIM_SCTP_S);
        sim_sctp_check(world, urgent.heard == 40);
        if (urgent.late)
            print_message("seed %lu: %u late, worst %lu us, limit %lu us, round trip %lu us, rate "
                          "%lu, queue %lu us\n",
                          (unsigned long)seed, urgent.late, (unsigned long)urgent.worst_us,
                          (unsigned long)urgent.limit_us, (unsigned long)rtt_us,
                          (unsigned long)rate, (unsigned long)queue_us);
        sim_sctp_check(world, urgent.late == 0);
        sim_sctp_deinit(world);
    }
}

/* After much was lost ------------------------------------------------------------------------- */

/* A few without loss, then eight times twice as much, and the queue of it leaves. */
#define COURSE_ROUNDS 20

/* A path that loses half of everything for five seconds; how much arrives before, and so many round
 * trips after the first packet that gets through again: until then a timeout may be waited for. */
static struct {
    struct loop_timer timer;
    struct sim_path_nature nature;
    uint64_t rtt_us;
    unsigned step;
    uint64_t arrived[2]; /* at the side that hears, when the time that counts begins */
    uint64_t before, after, lost, again;
} course;

static uint64_t course_arrived(void)
{
    const struct sim_path *path = &world->sides[0].out;
    return path->sent - path->lost - path->overflown;
}

static void course_on_timer(struct loop_timer *timer)
{
    static const uint64_t rounds[] = {20, 0, 0, COURSE_ROUNDS, 20};
    uint64_t after_us = 0;

    switch (course.step++) {
    case 0: /* it knows the path */
        course.arrived[0] = course_arrived();
        break;
    case 1:
        course.before = course_arrived() - course.arrived[0];
        course.lost = world->sides[0].out.lost;
        course.again = stats_of(0).retransmitted;
        course.nature.lose = 5000;
        after_us = 5 * SIM_SCTP_S;
        break;
    case 2:
        course.lost = world->sides[0].out.lost - course.lost;
        course.again = stats_of(0).retransmitted - course.again;
        course.nature.lose = 0;
        course.arrived[1] = course_arrived();
        break;
    case 3:
        if (course_arrived() == course.arrived[1]) {
            course.step--;
            loop_timer_start(timer, SIM_SCTP_MS);
            return;
        }
        break;
    case 4:
        course.arrived[1] = course_arrived();
        break;
    default:
        course.after = course_arrived() - course.arrived[1];
        bulk.left = 0;
        return;
    }
    set_paths(&course.nature);
    loop_timer_start(timer, after_us + rounds[course.step - 1] * course.rtt_us);
}

static void course_run(const char *test, uint64_t seed, uint64_t rate, uint64_t rtt_us)
{
    sim_sctp_init(world, seed, test);
    uint64_t product = rate * rtt_us / SIM_SCTP_S;
    memset(&course, 0, sizeof course);
    course.nature = (struct sim_path_nature){
        .delay_us = rtt_us / 2, .rate = rate, .queue_max = product > 30000 ? product : 30000};
    course.rtt_us = rtt_us;
    set_paths(&course.nature);
    open_both();
    bulk_begin(UINT64_C(1) << 40);
    loop_timer_init(&course.timer, world->loop, course_on_timer);
    loop_timer_start(&course.timer, 4 * SIM_SCTP_S);
    sim_sctp_settle(world, 600 * SIM_SCTP_S);
}

static void course_check(const char *test, uint64_t seed, uint64_t rate, uint64_t rtt_us)
{
    course_run(test, seed, rate, rtt_us);
    if (course.after * 100 < course.before * 80)
        print_message("seed %lu: %lu packets before, %lu after, rate %lu, round trip %lu us\n",
                      (unsigned long)seed, (unsigned long)course.before,
                      (unsigned long)course.after, (unsigned long)rate, (unsigned long)rtt_us);
    sim_sctp_check(world, course.after * 100 >= course.before * 80);
    sim_sctp_deinit(world);
}

TEST(after_an_outage_the_rate_comes_back)
{
    EACH_SEED(seed)
    {
        uint64_t random = seed;
        uint64_t rate = 200000 + harness_random(&random) % 12000000;
        uint64_t rtt_us = (20 + harness_random(&random) % 80) * SIM_SCTP_MS;
        course_check("after_an_outage_the_rate_comes_back", seed, rate, rtt_us);
    }
}

/* An outage that ends with a packet or two a round trip, whose acknowledgements are delayed by
 * almost as much again. */
TEST(a_trickle_comes_back_too)
{
    course_check("a_trickle_comes_back_too", 1861, 3959103, 25 * SIM_SCTP_MS);
}

/* More is missing than an acknowledgement can say: what it does not say is not taken for lost. */
TEST(what_an_acknowledgement_has_no_room_for_is_not_sent_again)
{
    EACH_SEED(seed)
    {
        course_run("what_an_acknowledgement_has_no_room_for_is_not_sent_again", seed, 25000000,
                   60 * SIM_SCTP_MS);
        sim_sctp_check(world, course.again * 100 <= course.lost * 110);
        sim_sctp_deinit(world);
    }
}
