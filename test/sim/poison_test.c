// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* An actor whose state breaks: it is made anew and what waits runs, or, too often broken, it leaves
 * and nobody is left in silence. */
#include <string.h>

#include <actr/reply.h>

#include "harness.h"
#include "sim_world.h"

static struct sim_world world;
static struct sim_node *alpha, *beta;

/* The actor of beta. */
static struct {
    int starts, readies, stops, executions;
    int start_code;    /* of every on_start but the first */
    bool start_panics; /* likewise */
    bool is_broken;
    bool stop_poisons;
    int told_poison;
} actor;

static int on_start(struct actr_ctx *ctx, void *self)
{
    (void)self;
    actor.is_broken = false;
    if (++actor.starts == 1)
        return 0;
    if (actor.start_panics)
        actr_panic(ctx, "cannot start again");
    return actor.start_code;
}

static int on_ready(struct actr_ctx *ctx, void *self)
{
    (void)ctx;
    (void)self;
    actor.readies++;
    return 0;
}

static int on_stop(struct actr_ctx *ctx, void *self)
{
    (void)self;
    actor.stops++;
    if (actor.stop_poisons)
        actr_poison(ctx, "broken to the last");
    return ACTR_EINTERNAL; /* ignored */
}

static void on_error(struct actr_ctx *ctx, const struct actr_error_event *event, void *self)
{
    (void)ctx;
    (void)self;
    if (event->category == ACTR_ERROR_POISON)
        actor.told_poison++;
}

/* "break": says so, and answers; anything else: must find a state that is whole. */
static void on_message(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    actor.executions++;
    sim_check(&world, !actor.is_broken);
    if (request.len == 5) {
        actor.is_broken = true;
        sim_check(&world, actr_poison(ctx, "lost count, %d", 7) == 0);
        sim_check(&world, actr_poison(ctx, "lost count again") == 0);
    }
    actr_reply(ctx, actr_ctx_request_bytes(ctx));
}

struct outcome {
    int ends, code;
};

static void on_result(void *arg, const struct actr_result *result)
{
    struct outcome *outcome = arg;
    outcome->ends++;
    outcome->code = result->code;
}

static void send(struct outcome *outcome, const char *text)
{
    struct actr_id id = actr_node_id(beta->node);
    *outcome = (struct outcome){0};
    sim_check(&world, actr_call(alpha->node, &id, "m", actr_bytes_str(text), NULL, on_result,
                                outcome, NULL) == 0);
}

static void begin(const char *test, uint32_t restarts_max)
{
    struct actr_workload_options options = {.size = sizeof(options),
                                            .never_blocks = true,
                                            .on_start = on_start,
                                            .on_ready = on_ready,
                                            .on_stop = on_stop,
                                            .on_error = on_error,
                                            .restarts_max = restarts_max};
    memset(&actor, 0, sizeof(actor));
    struct actr_workload *workload = actr_workload_new("sim:fragile:1.0.0", &options, NULL);
    actr_workload_route(workload, "m", on_message, NULL);
    sim_world_init(&world, 1, test);
    sim_serve(&world);
    alpha = sim_add(&world, "alpha", NULL, NULL);
    beta = sim_add(&world, "beta", workload, NULL);
    sim_check(&world, sim_start(alpha) == 0);
    sim_check(&world, sim_start(beta) == 0);
    struct outcome first; /* the connection stands before the test begins */
    send(&first, "x");
    sim_run(&world, SIM_S);
    sim_check(&world, first.ends == 1 && first.code == 0);
    actor.executions = 0;
}

TEST(a_broken_actor_is_restarted_and_what_waits_runs)
{
    struct outcome breaks, waits[10];
    begin("a_broken_actor_is_restarted_and_what_waits_runs", 0);
    for (int round = 1; round <= 3; round++) {
        send(&breaks, "break");
        for (int i = 0; i < 10; i++)
            send(&waits[i], "x");
        sim_run(&world, 50 * SIM_MS);
        sim_check(&world, breaks.ends == 1 && breaks.code == 0);
        sim_check(&world, actor.executions == 11 * round - 10);
        sim_check(&world, actor.starts == round);
        sim_run(&world, SIM_S);
        sim_check(&world, actor.starts == round + 1 && actor.stops == round);
        sim_check(&world, actor.readies == round + 1);
        for (int i = 0; i < 10; i++)
            sim_check(&world, waits[i].ends == 1 && waits[i].code == 0);
        sim_check(&world, actor.told_poison == round);
    }
    struct actr_node_stats stats = {.size = sizeof(stats)};
    sim_check(&world, actr_node_get_stats(beta->node, &stats) == 0 && stats.restarts == 3);
    sim_world_deinit(&world);
}

/* They watch the node, which goes on: they hear that the actor broke, that it is whole again, and
 * whatever happens afterwards. */
TEST(observers_hear_of_a_restart_and_of_what_comes_after_it)
{
    struct outcome breaks;
    begin("observers_hear_of_a_restart_and_of_what_comes_after_it", 0);
    for (unsigned round = 1; round <= 2; round++) {
        const struct sim_witness *observer = &beta->observer;
        unsigned connected = observer->counts[ACTR_HOOK_SIGNALING_CONNECTED];
        send(&breaks, "break");
        sim_run(&world, 50 * SIM_MS);
        sim_check(&world, observer->categories[ACTR_ERROR_POISON] == round);
        sim_check(&world, observer->counts[ACTR_HOOK_READY] == round);
        sim_run(&world, SIM_S);
        sim_check(&world, observer->counts[ACTR_HOOK_READY] == round + 1);
        sim_check(&world, observer->counts[ACTR_HOOK_START] == 1);
        sim_unserve(&world, true);
        sim_run(&world, SIM_S);
        sim_serve(&world);
        sim_run(&world, 60 * SIM_S);
        sim_check(&world, observer->counts[ACTR_HOOK_SIGNALING_DISCONNECTED] == round);
        sim_check(&world, observer->counts[ACTR_HOOK_SIGNALING_CONNECTED] == connected + 1);
    }
    sim_stop(beta, 5000);
    sim_check(&world, beta->observer.counts[ACTR_HOOK_STOP] == 1);
    sim_world_deinit(&world);
}

/* Every restart fails, in one way or another. */
static void leaves(const char *test, int start_code, bool start_panics)
{
    struct outcome breaks, waits;
    begin(test, 3);
    actor.start_code = start_code;
    actor.start_panics = start_panics;
    send(&breaks, "break");
    send(&waits, "x");
    sim_run(&world, 20 * SIM_S);
    sim_check(&world, actor.starts == 4);
    sim_check(&world, beta->state == ACTR_NODE_OPEN && beta->code == ACTR_EUNAVAILABLE);
    sim_check(&world, strstr(beta->text, "restarted 3 times") && strstr(beta->text, "lost count"));
    sim_check(&world, breaks.ends == 1 && breaks.code == 0);
    sim_check(&world, waits.ends == 1 && waits.code == ACTR_EUNAVAILABLE);
    sim_check(&world, actor.executions == 1);
    actor.start_code = 0;
    actor.start_panics = false;
    sim_check(&world, sim_start(beta) == 0); /* and is whole when started anew */
    send(&waits, "x");
    sim_run(&world, 10 * SIM_S);
    sim_check(&world, waits.ends == 1 && waits.code == 0);
    sim_world_deinit(&world);
}

TEST(an_actor_that_cannot_be_restarted_leaves)
{
    leaves("an_actor_that_cannot_be_restarted_leaves", ACTR_EIO, false);
}

TEST(an_actor_that_panics_at_each_restart_leaves)
{
    leaves("an_actor_that_panics_at_each_restart_leaves", 0, true);
}

TEST(an_actor_that_breaks_too_often_leaves)
{
    struct outcome breaks;
    begin("an_actor_that_breaks_too_often_leaves", 2);
    for (int i = 0; i < 3; i++) {
        sim_check(&world, beta->state == ACTR_NODE_RUNNING);
        send(&breaks, "break");
        sim_run(&world, SIM_S);
        sim_check(&world, breaks.ends == 1 && breaks.code == 0);
    }
    sim_run(&world, 6 * SIM_S);
    sim_check(&world, beta->state == ACTR_NODE_OPEN && beta->code == ACTR_EUNAVAILABLE);
    sim_check(&world, actor.starts == 3);
    sim_world_deinit(&world);
}

/* Asked to stop while it waits for its restart: what it has taken is answered, without the actor.
 */
TEST(a_broken_actor_can_be_stopped)
{
    struct outcome breaks, waits;
    begin("a_broken_actor_can_be_stopped", 0);
    send(&breaks, "break");
    send(&waits, "x");
    sim_run(&world, 50 * SIM_MS);
    sim_check(&world, actor.executions == 1 && waits.ends == 0);
    sim_stop(beta, 5000);
    sim_check(&world, beta->code == 0);
    sim_run(&world, SIM_S);
    sim_check(&world, waits.ends == 1 && waits.code == ACTR_EUNAVAILABLE);
    sim_check(&world, actor.starts == 1 && actor.stops == 1 && actor.executions == 1);
    sim_world_deinit(&world);
}

/* Too late for a restart, and no hindrance to the next start. */
TEST(a_poison_on_the_way_down_restarts_nothing)
{
    struct outcome calls;
    begin("a_poison_on_the_way_down_restarts_nothing", 0);
    actor.stop_poisons = true;
    sim_stop(beta, 5000);
    sim_check(&world, actor.stops == 1 && beta->code == 0);
    sim_run(&world, 20 * SIM_S);
    sim_check(&world, actor.starts == 1 && beta->state == ACTR_NODE_OPEN);
    actor.stop_poisons = false;
    sim_check(&world, sim_start(beta) == 0);
    send(&calls, "x");
    sim_run(&world, 10 * SIM_S);
    sim_check(&world, calls.ends == 1 && calls.code == 0);
    sim_check(&world, actor.starts == 2);
    sim_world_deinit(&world);
}
