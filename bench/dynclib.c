// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Calls of an actor in a shared library, beside the same actor linked in and run by a worker; and
 * in a process of its own, beside this one.
 *
 * Both are called in callback form, so that the linked one takes the way of a message from outside:
 * loop, worker, loop; a thread that waits would run its handler itself. */
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "support.h"

#define CALLS 20000
#define WARM_UP 1000
#define SIZE 64
#define IN_FLIGHT 64
#define ROUTE "echo.EchoService.Echo"
#define TYPE "acme:EchoService:1.0.0"

static struct {
    struct actr_node *node;
    sem_t done;
    int left, failed;
} run;

static void on_echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    actr_reply(ctx, actr_bytes_copy(request));
}

enum kind { LINKED, LIBRARY, PROCESS };

static struct actr_workload *workload_of(enum kind kind)
{
    char path[4200], host[4200];
    if (kind != LINKED) {
        int len = (int)(strrchr(bench_self(), '/') - bench_self());
        snprintf(path, sizeof(path), "%.*s/../examples/echo_actor.so", len, bench_self());
        snprintf(host, sizeof(host), "%.*s/../src/dynclib_host/actr-dynclib-host", len,
                 bench_self());
        struct actr_load_options options = {.size = sizeof(options),
                                            .isolation = kind == PROCESS ? ACTR_ISOLATION_PROCESS
                                                                         : ACTR_ISOLATION_NONE,
                                            .host_path = host};
        return actr_workload_load(TYPE, path, &options);
    }
    struct actr_workload *workload = actr_workload_new(TYPE, NULL, NULL);
    actr_workload_route(workload, ROUTE, on_echo, NULL);
    return workload;
}

static bool call(actr_result_fn *fn)
{
    uint8_t bytes[SIZE] = {1, 2, 3};
    return actr_call(run.node, actr_dest_workload(), ROUTE,
                     actr_bytes_copy(actr_view_of(bytes, sizeof(bytes))), NULL, fn, NULL,
                     NULL) == 0;
}

static void on_one(void *arg, const struct actr_result *result)
{
    (void)arg;
    run.failed += result->code != 0 || result->reply.len != SIZE;
    sem_post(&run.done);
}

static void on_many(void *arg, const struct actr_result *result)
{
    (void)arg;
    run.failed += result->code != 0 || result->reply.len != SIZE;
    run.left--;
    if (run.left == 0)
        sem_post(&run.done);
    else if (run.left >= IN_FLIGHT && !call(on_many))
        run.failed++;
}

static double measure_p50(void)
{
    static double latencies_us[CALLS];
    for (int i = -WARM_UP; i < CALLS; i++) {
        double sent = bench_now_us();
        if (!call(on_one))
            return 0;
        sem_wait(&run.done);
        if (i >= 0)
            latencies_us[i] = bench_now_us() - sent;
    }
    return bench_percentile(latencies_us, CALLS, 0.5);
}

static double measure_rate(void)
{
    run.left = 5 * CALLS;
    double begin = bench_now_us();
    for (int i = 0; i < IN_FLIGHT; i++) {
        if (!call(on_many))
            return 0;
    }
    sem_wait(&run.done);
    return 5 * CALLS / ((bench_now_us() - begin) / 1e6);
}

static double with_node(enum kind kind, double (*measure)(void))
{
    double value = 0;
    struct actr_rendezvous *server = support_rendezvous();
    struct actr_workload *workload = server ? workload_of(kind) : NULL;
    memset(&run, 0, sizeof(run));
    sem_init(&run.done, 0, 0);
    if (workload)
        run.node = support_node(actr_rendezvous_port(server), SUPPORT_WEBRTC, workload);
    else if (server)
        fprintf(stderr, "bench: workload: %s\n", actr_errmsg());
    if (run.node)
        value = measure();
    if (run.failed)
        fprintf(stderr, "bench: %d calls failed\n", run.failed);
    actr_node_close(run.node);
    actr_rendezvous_stop(server);
    sem_destroy(&run.done);
    return run.failed ? 0 : value;
}

static bool run_p50(struct bench_sample *sample)
{
    sample->baseline = with_node(LINKED, measure_p50);
    sample->value = with_node(LIBRARY, measure_p50);
    return sample->value > 0 && sample->baseline > 0;
}

static bool run_rate(struct bench_sample *sample)
{
    sample->baseline = with_node(LINKED, measure_rate);
    sample->value = with_node(LIBRARY, measure_rate);
    return sample->value > 0 && sample->baseline > 0;
}

static bool run_process_p50(struct bench_sample *sample)
{
    sample->baseline = with_node(LIBRARY, measure_p50);
    sample->value = with_node(PROCESS, measure_p50);
    return sample->value > 0 && sample->baseline > 0;
}

const struct bench_case bench_dynclib[] = {
    {"dynclib_p50", "call of a shared library, 64 B; baseline: linked, on a worker", "us",
     BENCH_RATIO_MAX, 1.5, 5, true, run_p50},
    {"dynclib_rate", "the same, 64 in flight", "calls/s", BENCH_RATIO_MIN, 0.7, 5, true, run_rate},
    {"dynclib_process_p50",
     "call of a shared library in a process of its own; baseline: in this one", "us",
     BENCH_RATIO_MAX, 3, 5, true, run_process_p50},
    {0},
};
