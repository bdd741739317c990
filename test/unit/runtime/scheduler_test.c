// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The scheduler: named cases; all interleavings of a few jobs against a model that looks at
 * everything each time; long random runs with the properties checked at each step. */
#include "runtime/scheduler.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "harness.h"
#include "sweep.h"

static const struct hash_key hash = {{9}};

static struct scheduler_job job_of(enum conflict_key_kind kind, uint8_t value)
{
    struct scheduler_job job = {.key = {.kind = kind, .len = 1, .scalar = {value}}};
    return job;
}

static struct scheduler_job job_a(void)
{
    return job_of(CONFLICT_KEY_SCOPED, 'a');
}

static struct scheduler_job job_b(void)
{
    return job_of(CONFLICT_KEY_SCOPED, 'b');
}

static struct scheduler *make(uint32_t budget, uint32_t capacity)
{
    struct scheduler *scheduler;
    assert_int_equal(scheduler_new(budget, capacity, &hash, &scheduler), 0);
    return scheduler;
}

static void expect(struct scheduler *scheduler, struct scheduler_job *job)
{
    assert_ptr_equal(scheduler_next(scheduler), job);
}

TEST(limits_make_sense_or_are_refused)
{
    struct scheduler *scheduler = NULL;
    assert_int_equal(scheduler_new(0, 8, &hash, &scheduler), ACTR_EINVALID);
    assert_int_equal(scheduler_new(9, 8, &hash, &scheduler), ACTR_EINVALID);
    for (size_t n = 1; n <= 2; n++) {
        mem_fail_at(n);
        assert_int_equal(scheduler_new(8, 256, &hash, &scheduler), ACTR_ENOMEM);
        mem_fail_at(0);
    }
    assert_null(scheduler);
    assert_null(scheduler_free(NULL));
    assert_int_equal(SCHEDULER_BUDGET, 8);
    assert_int_equal(SCHEDULER_CAPACITY, 256);
}

TEST(one_key_runs_one_at_a_time_in_order)
{
    struct scheduler *scheduler = make(3, 8);
    struct scheduler_job jobs[3] = {job_a(), job_a(), job_a()};
    for (int i = 0; i < 3; i++)
        scheduler_submit(scheduler, &jobs[i]);
    for (int i = 0; i < 3; i++) {
        expect(scheduler, &jobs[i]);
        expect(scheduler, NULL);
        scheduler_finish(scheduler, &jobs[i]);
    }
    expect(scheduler, NULL);
    scheduler_free(scheduler);
}

TEST(distinct_keys_overlap_up_to_the_budget)
{
    struct scheduler *scheduler = make(2, 8);
    struct scheduler_job jobs[4];
    for (uint8_t i = 0; i < 4; i++) {
        jobs[i] = job_of(CONFLICT_KEY_SCOPED, i);
        scheduler_submit(scheduler, &jobs[i]);
    }
    expect(scheduler, &jobs[0]);
    expect(scheduler, &jobs[1]);
    expect(scheduler, NULL);
    assert_int_equal(scheduler_running(scheduler), 2);
    scheduler_finish(scheduler, &jobs[1]);
    expect(scheduler, &jobs[2]);
    expect(scheduler, NULL);
    scheduler_finish(scheduler, &jobs[0]);
    expect(scheduler, &jobs[3]);
    scheduler_finish(scheduler, &jobs[2]);
    scheduler_finish(scheduler, &jobs[3]);
    scheduler_free(scheduler);
}

TEST(a_barrier_runs_alone_and_in_order_of_arrival)
{
    struct scheduler *scheduler = make(4, 8);
    struct scheduler_job a = job_a(), b = job_b(), later_a = job_a(),
                         later_c = job_of(CONFLICT_KEY_FREE, 0);
    struct scheduler_job barrier = job_of(CONFLICT_KEY_BARRIER, 0);
    scheduler_submit(scheduler, &a);
    scheduler_submit(scheduler, &b);
    scheduler_submit(scheduler, &barrier);
    scheduler_submit(scheduler, &later_a);
    scheduler_submit(scheduler, &later_c);
    expect(scheduler, &a);
    expect(scheduler, &b);
    expect(scheduler, NULL);
    scheduler_finish(scheduler, &a);
    expect(scheduler, NULL); /* b still runs */
    scheduler_finish(scheduler, &b);
    expect(scheduler, &barrier);
    expect(scheduler, NULL);
    scheduler_finish(scheduler, &barrier);
    expect(scheduler, &later_a);
    expect(scheduler, &later_c);
    scheduler_finish(scheduler, &later_a);
    scheduler_finish(scheduler, &later_c);
    scheduler_free(scheduler);
}

TEST(keys_take_turns_so_none_starves)
{
    struct scheduler *scheduler = make(1, 16);
    struct scheduler_job many[5], one = job_b();
    for (int i = 0; i < 5; i++) {
        many[i] = job_a();
        scheduler_submit(scheduler, &many[i]);
    }
    scheduler_submit(scheduler, &one);
    expect(scheduler, &many[0]);
    scheduler_finish(scheduler, &many[0]);
    expect(scheduler, &one); /* not behind the four */
    scheduler_finish(scheduler, &one);
    for (int i = 1; i < 5; i++) {
        expect(scheduler, &many[i]);
        scheduler_finish(scheduler, &many[i]);
    }
    scheduler_free(scheduler);
}

TEST(capacity_counts_what_waits_and_what_runs)
{
    struct scheduler *scheduler = make(1, 2);
    struct scheduler_job first = job_a(), second = job_b(), third = job_a();
    scheduler_submit(scheduler, &first);
    scheduler_submit(scheduler, &second);
    assert_false(scheduler_has_room(scheduler));
    expect(scheduler, &first);
    assert_false(scheduler_has_room(scheduler));
    scheduler_finish(scheduler, &first);
    assert_true(scheduler_has_room(scheduler));
    scheduler_submit(scheduler, &third);
    assert_false(scheduler_has_room(scheduler));
    expect(scheduler, &second);
    scheduler_finish(scheduler, &second);
    assert_true(scheduler_has_room(scheduler));
    expect(scheduler, &third);
    scheduler_finish(scheduler, &third);
    scheduler_free(scheduler);
}

TEST(nothing_is_allocated_after_creation)
{
    struct scheduler *scheduler = make(8, 64);
    static struct scheduler_job jobs[64];
    mem_fail_at(1);
    for (int round = 0; round < 3; round++) {
        for (uint8_t i = 0; i < 64; i++) {
            jobs[i] = job_of(CONFLICT_KEY_SCOPED, i);
            scheduler_submit(scheduler, &jobs[i]);
        }
        struct scheduler_job *job;
        for (int ran = 0; ran < 64; ran++) {
            job = scheduler_next(scheduler);
            assert_non_null(job);
            scheduler_finish(scheduler, job);
        }
    }
    mem_fail_at(0);
    scheduler_free(scheduler);
}

/* The model ----------------------------------------------------------------------------------- */

#define MODEL_MAX 64

enum model_state { MODEL_WAITS, MODEL_RUNS, MODEL_GONE };

struct model {
    struct scheduler *scheduler;
    uint32_t budget;
    int count; /* jobs submitted, in the order of their arrival */
    struct scheduler_job jobs[MODEL_MAX];
    enum model_state states[MODEL_MAX];
    int could_start[MODEL_MAX]; /* since which step; -1: cannot */
    int step;
};

static bool model_is(const struct model *model, int i, enum conflict_key_kind kind)
{
    return model->jobs[i].key.kind == kind;
}

/* May job i start, budget aside? Straight from the rules. */
static bool model_could_start(const struct model *model, int i)
{
    if (model->states[i] != MODEL_WAITS)
        return false;
    for (int k = 0; k < model->count; k++) {
        bool is_earlier = k < i;
        if (model->states[k] == MODEL_GONE || k == i)
            continue;
        if (model->states[k] == MODEL_RUNS &&
            (model_is(model, k, CONFLICT_KEY_BARRIER) || model_is(model, i, CONFLICT_KEY_BARRIER)))
            return false; /* a barrier is alone */
        if (is_earlier &&
            (model_is(model, k, CONFLICT_KEY_BARRIER) || model_is(model, i, CONFLICT_KEY_BARRIER)))
            return false; /* and stands between what came before and after it */
        if (conflict_key_equal(&model->jobs[k].key, &model->jobs[i].key) &&
            (model->states[k] == MODEL_RUNS || is_earlier))
            return false;
    }
    return true;
}

static uint32_t model_count(const struct model *model, enum model_state state)
{
    uint32_t count = 0;
    for (int i = 0; i < model->count; i++)
        count += model->states[i] == state;
    return count;
}

static void model_look(struct model *model)
{
    model->step++;
    for (int i = 0; i < model->count; i++) {
        if (!model_could_start(model, i))
            model->could_start[i] = -1;
        else if (model->could_start[i] < 0)
            model->could_start[i] = model->step;
    }
}

/* What must start next: of those that could, the one that could longest; -1: none may. */
static int model_next(const struct model *model)
{
    int best = -1;
    if (model_count(model, MODEL_RUNS) == model->budget)
        return -1;
    for (int i = 0; i < model->count; i++) {
        if (model->could_start[i] >= 0 &&
            (best < 0 || model->could_start[i] < model->could_start[best]))
            best = i;
    }
    return best;
}

/* Starts all that may start, comparing each with the model. */
static const char *model_start_all(struct model *model)
{
    for (;;) {
        model_look(model);
        int wanted = model_next(model);
        struct scheduler_job *job = scheduler_next(model->scheduler);
        if (!job)
            return wanted >= 0 ? "a job that may start does not" : NULL;
        int got = (int)(job - model->jobs);
        if (wanted < 0 || model->could_start[got] < 0)
            return "a job starts that may not";
        if (got != wanted)
            return "a job starts out of turn";
        model->states[got] = MODEL_RUNS;
        if (scheduler_running(model->scheduler) != model_count(model, MODEL_RUNS))
            return "the counts differ";
    }
}

static void model_submit(struct model *model, enum conflict_key_kind kind, uint8_t value)
{
    int i = model->count++;
    model->jobs[i] = job_of(kind, value);
    model->states[i] = MODEL_WAITS;
    model->could_start[i] = -1;
    scheduler_submit(model->scheduler, &model->jobs[i]);
}

static void model_end(struct model *model, int i)
{
    scheduler_finish(model->scheduler, &model->jobs[i]);
    model->states[i] = MODEL_GONE;
}

static void model_begin(struct model *model, uint32_t budget, uint32_t capacity)
{
    memset(model, 0, sizeof(*model));
    model->budget = budget;
    model->scheduler = make(budget, capacity);
}

/* Ends everything; what could never start would be left over. */
static const char *model_drain(struct model *model)
{
    const char *fault = NULL;
    while (!fault && model_count(model, MODEL_GONE) < (uint32_t)model->count) {
        int running = -1;
        for (int i = 0; i < model->count && running < 0; i++) {
            if (model->states[i] == MODEL_RUNS)
                running = i;
        }
        if (running < 0)
            return "jobs wait and none runs";
        model_end(model, running);
        fault = model_start_all(model);
    }
    return fault;
}

/* All sequences of `STEPS` steps, each a number: 0-3 submit (a, b, barrier, free), 4+i end job i.
 */
#define STEPS 7

static const char *walk_replay(const int *steps, int count, uint32_t budget)
{
    static const enum conflict_key_kind kinds[] = {CONFLICT_KEY_SCOPED, CONFLICT_KEY_SCOPED,
                                                   CONFLICT_KEY_BARRIER, CONFLICT_KEY_FREE};
    struct model model;
    const char *fault = NULL;
    model_begin(&model, budget, STEPS);
    for (int i = 0; i < count && !fault; i++) {
        if (steps[i] < 4)
            model_submit(&model, kinds[steps[i]], (uint8_t)steps[i]);
        else if (model.states[steps[i] - 4] != MODEL_RUNS)
            break; /* another sequence is this one without the step */
        else
            model_end(&model, steps[i] - 4);
        fault = model_start_all(&model);
    }
    if (!fault)
        fault = model_drain(&model);
    if (!fault)
        scheduler_free(model.scheduler);
    return fault;
}

/* The next sequence in the order of its numbers; false after the last. A step may only end a job
 * that an earlier one submitted. */
static bool walk_advance(int *steps)
{
    for (int at = STEPS - 1; at >= 0; at--) {
        int submitted = 0;
        for (int i = 0; i < at; i++)
            submitted += steps[i] < 4;
        if (steps[at] + 1 < 4 + submitted) {
            steps[at]++;
            memset(&steps[at + 1], 0, (size_t)(STEPS - 1 - at) * sizeof(*steps));
            return true;
        }
    }
    return false;
}

TEST(all_interleavings_of_a_few_jobs_are_as_the_rules_say)
{
    for (uint32_t budget = 1; budget <= 3; budget++) {
        int steps[STEPS] = {0};
        size_t sequences = 0;
        do {
            const char *fault = walk_replay(steps, STEPS, budget);
            if (fault)
                fail_msg("%s: budget %u, steps %d %d %d %d %d %d %d", fault, budget, steps[0],
                         steps[1], steps[2], steps[3], steps[4], steps[5], steps[6]);
            sequences++;
        } while (walk_advance(steps));
        assert_true(sequences > 100000);
    }
}

/* One long run with keys at random: the model and the scheduler agree at each step. */
static void run_at_random(uint64_t seed, uint32_t budget)
{
    struct model model;
    uint64_t state = seed;
    model_begin(&model, budget, 24);
    while (model.count < MODEL_MAX) {
        uint64_t dice = harness_random(&state) % 100;
        int victim = model.count ? (int)(harness_random(&state) % (uint64_t)model.count) : 0;
        if (dice < 50 && scheduler_has_room(model.scheduler))
            model_submit(&model, CONFLICT_KEY_SCOPED, (uint8_t)(harness_random(&state) % 4));
        else if (dice < 55 && scheduler_has_room(model.scheduler))
            model_submit(&model, CONFLICT_KEY_BARRIER, 0);
        else if (dice < 62 && scheduler_has_room(model.scheduler))
            model_submit(&model, CONFLICT_KEY_FREE, 0);
        else if (model.count && model.states[victim] == MODEL_RUNS)
            model_end(&model, victim);
        const char *fault = model_start_all(&model);
        if (fault)
            fail_msg("%s: seed %llu, budget %u", fault, (unsigned long long)seed, budget);
        assert_true(scheduler_running(model.scheduler) <= budget);
    }
    const char *fault = model_drain(&model);
    if (fault)
        fail_msg("%s: seed %llu, budget %u", fault, (unsigned long long)seed, budget);
    scheduler_free(model.scheduler);
}

TEST(long_runs_keep_the_rules)
{
    uint64_t state = harness_seed();
    int runs = sweep_is_on() ? 40 : 300; /* all of them again for each allocation that fails */
    for (int run = 0; run < runs; run++)
        run_at_random(harness_random(&state), 1 + (uint32_t)(run % 8));
}

TEST(a_job_that_can_start_waits_for_no_more_than_one_turn_of_each_other_key)
{
    uint64_t state = harness_seed();
    struct scheduler *scheduler = make(1, 64);
    static struct scheduler_job busy[8][4], rare;
    int next[8] = {0};
    for (uint8_t k = 0; k < 8; k++) {
        for (int i = 0; i < 4; i++) {
            busy[k][i] = job_of(CONFLICT_KEY_SCOPED, k);
            scheduler_submit(scheduler, &busy[k][i]);
        }
    }
    struct scheduler_job *running = scheduler_next(scheduler);
    for (int round = 0; round < 200; round++) {
        rare = job_of(CONFLICT_KEY_SCOPED, 99);
        scheduler_submit(scheduler, &rare);
        int turns = 0;
        while (running != &rare) {
            uint8_t k = running->key.scalar[0];
            scheduler_finish(scheduler, running);
            scheduler_submit(scheduler, running); /* its key is always busy */
            next[k]++;
            running = scheduler_next(scheduler);
            turns++;
        }
        assert_true(turns <= 9);
        scheduler_finish(scheduler, running);
        running = scheduler_next(scheduler);
        if (harness_random(&state) % 2) {
            scheduler_finish(scheduler, running);
            scheduler_submit(scheduler, running);
            running = scheduler_next(scheduler);
        }
    }
    while (running) {
        scheduler_finish(scheduler, running);
        running = scheduler_next(scheduler);
    }
    for (int k = 0; k < 8; k++)
        assert_true(next[k] > 0);
    scheduler_free(scheduler);
}
