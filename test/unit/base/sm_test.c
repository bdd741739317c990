// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "base/sm.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/list.h"
#include "harness.h"

enum { SHUT, OPEN, BROKEN };
static const char *const names[] = {"shut", "open", "broken"};
static const uint32_t moves[] = {
    [SHUT] = SM_TO(OPEN) | SM_TO(BROKEN), [OPEN] = SM_TO(SHUT) | SM_TO(OPEN), [BROKEN] = 0};
static const struct sm_table door_table = {"door", names, moves, 3};

struct door {
    struct sm sm;
    unsigned traced, from, to;
};

static void door_trace(const struct sm *sm, unsigned from, unsigned to)
{
    struct door *door = container_of(sm, struct door, sm);
    assert_int_equal(sm->state, to);
    door->traced++;
    door->from = from;
    door->to = to;
}

TEST(allowed_moves_write_the_state_and_are_traced)
{
    struct door door = {0};
    sm_init(&door.sm, &door_table, SHUT);
    sm_move(&door.sm, OPEN);
    assert_int_equal(door.traced, 0);
    door.sm.trace = door_trace;
    sm_move(&door.sm, OPEN);
    sm_move(&door.sm, SHUT);
    assert_int_equal(door.traced, 2);
    assert_int_equal(door.from, OPEN);
    assert_int_equal(door.to, SHUT);
    assert_string_equal(sm_name(&door.sm), "shut");
    assert_true(sm_can_move(&door.sm, BROKEN));
    assert_false(sm_can_move(&door.sm, SHUT));
    assert_false(sm_can_move(&door.sm, 3));
    sm_move(&door.sm, BROKEN);
    for (unsigned to = 0; to < 3; to++)
        assert_false(sm_can_move(&door.sm, to));
}

TEST(a_move_that_is_not_allowed_stops_the_program)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct sm sm;
        signal(SIGABRT, SIG_DFL);
        fclose(stderr);
        sm_init(&sm, &door_table, BROKEN);
        sm_move(&sm, OPEN);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}
