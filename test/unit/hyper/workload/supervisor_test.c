// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The supervisor on virtual time: pauses, the budget and its window, restarts that fail. */
#include "hyper/workload/supervisor.h"

#include <string.h>

#include "harness.h"
#include "sys/loop_virtual.h"

#define SECOND_US 1000000ull

static struct {
    struct loop *loop;
    struct supervisor supervisor;
    int restarts, given_up;
    uint64_t last_us;
} rig;

static void on_restart(void *owner)
{
    assert_ptr_equal(owner, &rig);
    rig.restarts++;
    rig.last_us = loop_now_us(rig.loop);
}

static void on_give_up(void *owner)
{
    assert_ptr_equal(owner, &rig);
    rig.given_up++;
}

static const struct supervisor_events events = {.restart = on_restart, .give_up = on_give_up};

static void rig_open(uint32_t restart_max, uint32_t window_ms)
{
    memset(&rig, 0, sizeof(rig));
    assert_int_equal(loop_virtual_new(1, &rig.loop), 0);
    supervisor_init(&rig.supervisor, rig.loop, &events, &rig);
    supervisor_set_budget(&rig.supervisor, restart_max, window_ms);
}

static void rig_close(void)
{
    supervisor_deinit(&rig.supervisor);
    loop_virtual_close(rig.loop);
}

static void pass(uint64_t us)
{
    loop_virtual_run_until(rig.loop, loop_now_us(rig.loop) + us);
}

/* Poisons and returns how long the pause before the restart was. */
static uint64_t poison(void)
{
    uint64_t begun_us = loop_now_us(rig.loop);
    int before = rig.restarts;
    supervisor_poison(&rig.supervisor);
    supervisor_poison(&rig.supervisor); /* by a sibling: the same */
    assert_int_equal(rig.restarts, before);
    pass(13 * SECOND_US);
    assert_int_equal(rig.restarts, before + 1);
    return rig.last_us - begun_us;
}

TEST(each_pause_is_longer_until_a_window_has_passed_in_peace)
{
    rig_open(0, 0);
    uint64_t first_us = poison();
    assert_true(supervisor_on_restarted(&rig.supervisor, 0));
    uint64_t second_us = poison();
    assert_true(supervisor_on_restarted(&rig.supervisor, 0));
    assert_in_range(first_us, 80000, 120000);
    assert_in_range(second_us, 160000, 240000);
    pass(61 * SECOND_US);
    assert_in_range(poison(), 80000, 120000);
    assert_true(supervisor_on_restarted(&rig.supervisor, 0));
    assert_int_equal(rig.supervisor.sm.state, SUPERVISOR_HEALTHY);
    assert_int_equal(rig.supervisor.restart_count, 3);
    rig_close();
}

TEST(over_the_budget_it_gives_up_and_never_inside)
{
    rig_open(0, 600000);
    for (int i = 0; i < 5; i++) {
        (void)poison();
        assert_true(supervisor_on_restarted(&rig.supervisor, 0));
    }
    supervisor_poison(&rig.supervisor);
    assert_int_equal(rig.given_up, 0);
    pass(1000);
    assert_int_equal(rig.given_up, 1);
    supervisor_poison(&rig.supervisor); /* too late to matter */
    pass(SECOND_US);
    assert_int_equal(rig.given_up, 1);
    assert_int_equal(rig.restarts, 5);
    supervisor_reset(&rig.supervisor);
    assert_int_equal(rig.supervisor.sm.state, SUPERVISOR_HEALTHY);
    rig_close();
}

TEST(a_restart_out_of_the_window_is_forgotten)
{
    rig_open(2, 30000);
    for (int i = 0; i < 10; i++) {
        (void)poison();
        assert_true(supervisor_on_restarted(&rig.supervisor, 0));
        pass(25 * SECOND_US);
    }
    assert_int_equal(rig.given_up, 0);
    rig_close();
}

TEST(a_restart_that_fails_or_poisons_again_counts)
{
    rig_open(3, 600000);
    (void)poison();
    assert_false(supervisor_on_restarted(&rig.supervisor, -1));
    pass(13 * SECOND_US);
    assert_int_equal(rig.restarts, 2);
    supervisor_poison(&rig.supervisor);
    assert_false(supervisor_on_restarted(&rig.supervisor, 0));
    pass(13 * SECOND_US);
    assert_int_equal(rig.restarts, 3);
    assert_false(supervisor_on_restarted(&rig.supervisor, -1));
    pass(1000);
    assert_int_equal(rig.given_up, 1);
    rig_close();
}

TEST(a_reset_ends_the_pause_and_a_late_end_of_a_restart_is_ignored)
{
    rig_open(0, 0);
    supervisor_poison(&rig.supervisor);
    supervisor_reset(&rig.supervisor);
    pass(13 * SECOND_US);
    assert_int_equal(rig.restarts, 0);
    (void)poison();
    supervisor_reset(&rig.supervisor);
    assert_false(supervisor_on_restarted(&rig.supervisor, 0));
    pass(13 * SECOND_US);
    assert_int_equal(rig.restarts, 1);
    rig_close();
}
