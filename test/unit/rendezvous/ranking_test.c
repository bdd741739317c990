// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/ranking.h"

#include <stdlib.h>
#include <string.h>

#include "harness.h"

static char names[16];

static struct ranking_candidate candidate(int name, uint8_t availability, float power,
                                          float backlog)
{
    return (struct ranking_candidate){.actor = &names[name],
                                      .availability = availability,
                                      .dependency = RANKING_UNKNOWN,
                                      .power_reserve = power,
                                      .backlog = backlog};
}

static struct ranking_criteria wanting(uint32_t count)
{
    return (struct ranking_criteria){
        .is_present = true, .count_max = count, .health_max = -1, .dependency_max = -1};
}

static int name_of(const struct ranking_candidate *c)
{
    return (int)((char *)c->actor - names);
}

static void expect(const struct ranking_candidate *candidates, size_t count, const int *wanted,
                   size_t wanted_count)
{
    assert_int_equal(count, wanted_count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(name_of(&candidates[i]), wanted[i]);
}

TEST(ranking_without_criteria_sorts_by_availability_then_power)
{
    struct ranking_candidate all[] = {candidate(0, 3, 5, 0), candidate(1, 0, 1, 0),
                                      candidate(2, RANKING_UNKNOWN, 9, 0), candidate(3, 0, 2, 0),
                                      candidate(4, 1, 0, 0)};
    const struct ranking_criteria criteria = {.is_present = false};
    expect(all, ranking_choose(all, 5, &criteria, 7), (int[]){3, 1, 4, 2, 0}, 5);
}

TEST(ranking_obeys_factors_in_their_order)
{
    struct ranking_candidate all[] = {candidate(0, 0, 1, 0.5f), candidate(1, 0, 2, 0.9f),
                                      candidate(2, 0, 2, 0.1f), candidate(3, 0, 1, 0.1f)};
    struct ranking_criteria criteria = wanting(4);
    criteria.factors[0] = RANKING_POWER_RESERVE;
    criteria.factors[1] = RANKING_BACKLOG;
    criteria.factor_count = 2;
    expect(all, ranking_choose(all, 4, &criteria, 1), (int[]){2, 1, 3, 0}, 4);

    criteria.factors[0] = RANKING_BACKLOG;
    criteria.factors[1] = RANKING_POWER_RESERVE;
    expect(all, ranking_choose(all, 4, &criteria, 1), (int[]){2, 3, 0, 1}, 4);
}

TEST(ranking_prefers_an_exact_match)
{
    struct ranking_candidate all[] = {candidate(0, 0, 9, 0), candidate(1, 0, 1, 0)};
    struct ranking_criteria criteria = wanting(2);
    all[1].is_exact = true;
    criteria.factors[0] = 3; /* nearest: says nothing here */
    criteria.factors[1] = 4; /* affinity: likewise */
    criteria.factors[2] = 77;
    criteria.factors[3] = RANKING_EXACT_MATCH;
    criteria.factors[4] = RANKING_POWER_RESERVE;
    criteria.factor_count = 5;
    expect(all, ranking_choose(all, 2, &criteria, 1), (int[]){1, 0}, 2);
}

TEST(ranking_drops_the_unfit_and_sorts_by_health)
{
    struct ranking_candidate all[] = {candidate(0, 3, 0, 0), candidate(1, 1, 0, 0),
                                      candidate(2, RANKING_UNKNOWN, 0, 0), candidate(3, 0, 0, 0)};
    struct ranking_criteria criteria = wanting(9);
    criteria.health_max = 1;
    expect(all, ranking_choose(all, 4, &criteria, 1), (int[]){3, 1, 2}, 3);
}

TEST(ranking_with_the_best_health_demanded_drops_the_unknown)
{
    struct ranking_candidate all[] = {candidate(0, RANKING_UNKNOWN, 0, 0), candidate(1, 0, 0, 0)};
    struct ranking_criteria criteria = wanting(9);
    criteria.health_max = 0;
    expect(all, ranking_choose(all, 2, &criteria, 1), (int[]){1}, 1);
}

TEST(ranking_weighs_dependency_over_health)
{
    struct ranking_candidate all[] = {candidate(0, 0, 0, 0), candidate(1, 1, 0, 0),
                                      candidate(2, 0, 0, 0)};
    struct ranking_criteria criteria = wanting(9);
    all[0].dependency = 1;
    all[1].dependency = 0;
    all[2].dependency = 2;
    criteria.health_max = 3;
    criteria.dependency_max = 1;
    expect(all, ranking_choose(all, 3, &criteria, 1), (int[]){1, 0}, 2);
}

TEST(ranking_without_health_demanded_leaves_nobody_out)
{
    /* Nodes of the existing system report "unavailable" all the time. */
    struct ranking_candidate all[] = {candidate(0, 3, 0.01f, 0)};
    struct ranking_criteria criteria = wanting(1);
    assert_int_equal(ranking_choose(all, 1, &criteria, 1), 1);
}

TEST(ranking_gives_no_more_than_asked)
{
    struct ranking_candidate all[] = {candidate(0, 0, 0, 0), candidate(1, 0, 0, 0)};
    struct ranking_criteria criteria = wanting(0);
    assert_int_equal(ranking_choose(all, 2, &criteria, 1), 0);
    criteria.count_max = 1;
    assert_int_equal(ranking_choose(all, 2, &criteria, 1), 1);
    assert_int_equal(ranking_choose(all, 0, &criteria, 1), 0);
}

TEST(ranking_spreads_clients_that_ask_for_one_over_equals)
{
    unsigned hits[4] = {0};
    struct ranking_criteria criteria = wanting(1);
    for (uint64_t random = 0; random < 4000; random++) {
        struct ranking_candidate all[] = {candidate(0, 0, 1, 0), candidate(1, 0, 1, 0),
                                          candidate(2, 0, 1, 0), candidate(3, 0, 1, 0)};
        assert_int_equal(ranking_choose(all, 4, &criteria, random * 0x9e3779b9u), 1);
        hits[name_of(&all[0])]++;
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(hits[i], 800, 1200);
}

/* The rule as it stands, one stable sort after the other, as a check on the single comparison. */
static int by_weight(const void *left, const void *right)
{
    const struct ranking_candidate *a = left, *b = right;
    int order = (b->is_exact - a->is_exact);
    if (order == 0)
        order = (a->backlog > b->backlog) - (a->backlog < b->backlog);
    return order;
}

TEST(ranking_selects_the_same_as_it_sorts)
{
    uint64_t state = harness_seed();
    for (int round = 0; round < 500; round++) {
        struct ranking_candidate few[12], many[12];
        struct ranking_criteria criteria = wanting(3);
        for (int i = 0; i < 12; i++) {
            few[i] = candidate(i, (uint8_t)(harness_random(&state) % 4), 0,
                               (float)(harness_random(&state) % 4));
            few[i].is_exact = harness_random(&state) % 2;
        }
        memcpy(many, few, sizeof(few));
        criteria.factors[0] = RANKING_EXACT_MATCH;
        criteria.factors[1] = RANKING_BACKLOG;
        criteria.factor_count = 2;
        uint64_t random = harness_random(&state);
        assert_int_equal(ranking_choose(few, 12, &criteria, random), 3);
        criteria.count_max = 12;
        assert_int_equal(ranking_choose(many, 12, &criteria, random), 12);
        for (int i = 0; i < 3; i++)
            assert_ptr_equal(few[i].actor, many[i].actor);
        for (int i = 1; i < 12; i++)
            assert_true(by_weight(&many[i - 1], &many[i]) <= 0);
    }
}
