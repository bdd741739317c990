// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The power fails after each step of the disk in turn, and each time the disk keeps only what was
 * synced, or everything, or a random part of what was not; then the mailbox must have kept its
 * word. ACTR_CRASH=n: n times as many seeds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "world.h"

#define USE_ACTIONS 70
#define CHAIN_LIVES 12

static const struct disk_faults no_faults;

static unsigned effort(void)
{
    const char *text = getenv("ACTR_CRASH");
    unsigned times = text ? (unsigned)strtoul(text, NULL, 10) : 1;
    return times > 0 ? times : 1;
}

struct tally {
    unsigned cuts, checks, letters;
};

/* What a life left behind: three disks, each held against the pledge, the last one lived in. */
static bool judge(struct world *world, struct tally *tally)
{
    static const enum disk_survivors order[] = {DISK_SYNCED, DISK_WRITTEN, DISK_MIXED};
    struct disk_image images[3];
    bool is_right = world->pledge.fault[0] == '\0';
    for (int i = 0; i < 3; i++)
        disk_survive(world->disk, order[i], &world->random, &images[i]);
    for (int i = 0; i < 3 && is_right; i++) {
        is_right = world_check(world, &images[i]);
        tally->checks++;
    }
    if (is_right) {
        pledge_adopt(&world->pledge);
        is_right = world_begin(world, &images[2], &no_faults) ||
                   pledge_blame(&world->pledge, "the mailbox does not open");
        if (world->told != pledge_count_answers(&world->pledge))
            is_right = pledge_blame(&world->pledge, "%u answers are told", world->told);
        if (world->is_open)
            world_drain(world);
        world_end(world);
    }
    for (int i = 0; i < 3; i++)
        disk_image_free(&images[i]);
    return is_right && world->pledge.fault[0] == '\0';
}

/* Stops at the first fault. */
static bool cut_everywhere(struct world *world, uint64_t seed, struct tally *tally)
{
    bool is_cut = true, is_right = true;
    world_prepare(world, seed);
    for (unsigned k = 1; is_cut && is_right; k++) {
        const struct disk_faults faults = {.cut_at = k};
        world_begin_again(world, seed, &faults);
        world_use(world, USE_ACTIONS);
        world_end(world);
        is_cut = disk_is_off(world->disk);
        tally->cuts += is_cut;
        is_right = judge(world, tally);
        if (!is_right)
            print_message("seed %llu, cut after step %u: %s\n", (unsigned long long)seed, k,
                          world->pledge.fault);
    }
    return is_right;
}

/* The test of this test. */
TEST(a_disk_that_lies_about_syncs_is_found_to_lose_messages)
{
    struct world *world = calloc(1, sizeof(*world));
    unsigned lost = 0;
    assert_non_null(world);
    world_init(world, 1);
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct disk_image image;
        world_reset(world, seed);
        world_begin(world, &world->empty, &(struct disk_faults){.ignores_syncs = true});
        world_use(world, USE_ACTIONS);
        disk_survive(world->disk, DISK_SYNCED, &world->random, &image);
        world_end(world);
        assert_false(world_check(world, &image));
        lost += strstr(world->pledge.fault, "was accepted and is lost") != NULL ||
                strstr(world->pledge.fault, "0 rows, 0 letters, 0 answers") != NULL;
        disk_image_free(&image);
    }
    assert_true(lost > 0);
    world_deinit(world);
    free(world);
}

/* One life after another on what the last cut left, each cut somewhere: messages in flight come
 * back, are counted, come alone, and become dead letters. */
static bool cut_again_and_again(struct world *world, uint64_t seed, struct tally *tally)
{
    struct disk_image image = {.is_there = {false}};
    uint64_t random = seed;
    bool is_right = true;
    world_reset(world, seed);
    for (unsigned life = 0; life < CHAIN_LIVES && is_right; life++) {
        const struct disk_faults faults = {.cut_at = 1 + (unsigned)(harness_random(&random) % 250)};
        world_begin(world, life ? &image : &world->empty, &faults);
        world_use(world, USE_ACTIONS);
        world_end(world);
        tally->cuts += disk_is_off(world->disk);
        tally->checks++;
        disk_image_free(&image);
        disk_survive(world->disk, DISK_MIXED, &random, &image);
        is_right = world_check(world, &image);
        if (!is_right)
            print_message("seed %llu, life %u, cut after step %u: %s\n", (unsigned long long)seed,
                          life, faults.cut_at, world->pledge.fault);
        pledge_adopt(&world->pledge);
    }
    tally->letters += pledge_count_poisoned(&world->pledge);
    disk_image_free(&image);
    return is_right;
}

TEST(one_cut_after_another_loses_and_doubles_nothing)
{
    struct world *world = calloc(1, sizeof(*world));
    struct tally tally = {0};
    uint64_t fresh = harness_seed();
    assert_non_null(world);
    world_init(world, 1);
    for (uint64_t seed = 1; seed <= 8 * effort(); seed++)
        assert_true(cut_again_and_again(world, seed, &tally));
    for (uint64_t seed = 0; seed < 2 * effort(); seed++)
        assert_true(cut_again_and_again(world, fresh + seed, &tally));
    print_message("%u cuts, %u disks, %u messages that died of cuts\n", tally.cuts, tally.checks,
                  tally.letters);
    assert_true(tally.letters > 0);
    world_deinit(world);
    free(world);
}

TEST(a_power_cut_after_each_step_loses_and_doubles_nothing)
{
    struct world *world = calloc(1, sizeof(*world));
    struct tally tally = {0};
    assert_non_null(world);
    world_init(world, 1);
    for (uint64_t seed = 1; seed <= effort(); seed++)
        assert_true(cut_everywhere(world, seed, &tally));
    print_message("%u cuts, %u disks\n", tally.cuts, tally.checks);
    world_deinit(world);
    free(world);
}
