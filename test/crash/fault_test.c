// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The disk is full, or a sync fails, at each step in turn, once or for a while. Nobody is left
 * without an answer, nothing is lost, and when the disk is well again so is the mailbox: in the
 * same life, after a restart, and when the power fails after that. ACTR_CRASH=n: n times as many
 * seeds. */
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"
#include "world.h"

#define USE_ACTIONS 20
#define FOREVER UINT32_MAX
#define A_WHILE 25u

struct tally {
    unsigned lives, troubles, refused, revived;
};

static unsigned effort(void)
{
    const char *text = getenv("ACTR_CRASH");
    unsigned times = text ? (unsigned)strtoul(text, NULL, 10) : 1;
    return times > 0 ? times : 1;
}

/* A life with these faults until they end, and all is handled, or until the power does. Either way
 * the process alone may end there, too. */
static bool live(struct world *world, uint64_t seed, const struct disk_faults *faults,
                 bool loses_power)
{
    struct disk_image image, written;
    uint64_t random = seed;
    assert_true(world_begin_again(world, seed, faults));
    world_use(world, USE_ACTIONS);
    if (!loses_power) {
        world_recover(world);
        world_use(world, USE_ACTIONS / 2);
        world_finish_all(world);
        world_drain(world);
    }
    disk_survive(world->disk, loses_power ? DISK_MIXED : DISK_SYNCED, &random, &image);
    disk_survive(world->disk, DISK_WRITTEN, &random, &written);
    world_end(world);
    bool is_right = world_check(world, &written) && world_check(world, &image);
    disk_image_free(&image);
    disk_image_free(&written);
    return is_right;
}

/* What fails, from step or sync k on. */
typedef struct disk_faults fault_fn(unsigned k);

static struct disk_faults full_once(unsigned k)
{
    return (struct disk_faults){.full_from = k, .full_to = k + 1};
}

static struct disk_faults full_a_while(unsigned k)
{
    return (struct disk_faults){.full_from = k, .full_to = k + A_WHILE};
}

static struct disk_faults full_for_good(unsigned k)
{
    return (struct disk_faults){.full_from = k, .full_to = FOREVER};
}

static struct disk_faults sync_once(unsigned k)
{
    return (struct disk_faults){.sync_from = k, .sync_to = k + 1};
}

static struct disk_faults sync_a_while(unsigned k)
{
    return (struct disk_faults){.sync_from = k, .sync_to = k + A_WHILE};
}

static struct disk_faults sync_for_good(unsigned k)
{
    return (struct disk_faults){.sync_from = k, .sync_to = FOREVER};
}

/* At each step or sync there is; what fails for long, at a few of them unless asked for more. */
static bool fail_everywhere(struct world *world, uint64_t seed, fault_fn *fn, bool loses_power,
                            struct tally *tally)
{
    unsigned stride = fn == full_once || fn(1).sync_from || effort() > 1 ? 1 : 4;
    unsigned last = FOREVER;
    world_prepare(world, seed);
    for (unsigned k = 1; k <= last; k += stride) {
        const struct disk_faults faults = fn(k);
        if (k == 1) { /* how many there are when nothing fails */
            static const struct disk_faults none;
            assert_true(live(world, seed, &none, false));
            assert_int_equal(world->troubles + world->refused, 0);
            last = faults.sync_from ? world->syncs : world->steps;
        }
        bool is_right = live(world, seed, &faults, loses_power);
        tally->lives++;
        tally->troubles += world->troubles;
        tally->refused += world->refused;
        tally->revived += world->pledge.revived;
        if (!is_right) {
            print_message("seed %llu, %s %u: %s\n", (unsigned long long)seed,
                          faults.sync_from ? "sync" : "step", k, world->pledge.fault);
            return false;
        }
    }
    return true;
}

static void fail_in_all_ways(fault_fn *const fns[], size_t count, bool loses_power)
{
    struct world *world = calloc(1, sizeof(*world));
    struct tally tally = {0};
    assert_non_null(world);
    world_init(world, 1);
    for (uint64_t seed = 1; seed <= effort(); seed++) {
        for (size_t i = 0; i < count; i++)
            assert_true(fail_everywhere(world, seed, fns[i], loses_power, &tally));
    }
    print_message("%u lives, %u times trouble, %u messages refused, %u of them back\n", tally.lives,
                  tally.troubles, tally.refused, tally.revived);
    assert_true(tally.troubles > 0 && tally.refused > 0);
    world_deinit(world);
    free(world);
}

TEST(a_disk_that_is_full_at_each_step_refuses_and_recovers)
{
    fault_fn *const fns[] = {full_once, full_a_while, full_for_good};
    fail_in_all_ways(fns, 3, false);
}

TEST(a_power_cut_while_the_disk_is_full_loses_nothing)
{
    fault_fn *const fns[] = {full_a_while};
    fail_in_all_ways(fns, 1, true);
}

TEST(each_sync_that_fails_is_noticed_and_made_good)
{
    fault_fn *const fns[] = {sync_once, sync_a_while, sync_for_good};
    fail_in_all_ways(fns, 3, false);
}

TEST(a_power_cut_after_failed_syncs_loses_nothing)
{
    fault_fn *const fns[] = {sync_once, sync_a_while, sync_for_good};
    fail_in_all_ways(fns, 3, true);
}
