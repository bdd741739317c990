// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The demo: a rendezvous server, two services and a client, four processes that find each other and
 * talk, lose one of them and the server on the way, and go on.
 *
 *     demo ACTR            ACTR: path of the `actr` command
 *     demo durable ACTR    another one, see durable.c
 *
 * This process is the client and starts the others (itself, as `demo service …`, for the services).
 * It says what it does as it goes and ends with a table; the exit status is 0 only if every check
 * held. Ports are the system's choice, files are in a folder of their own that is removed. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <actr/actr.h>

#include "durable.h"
#include "ledger_service.h"
#include "load.h"
#include "process.h"
#include "service.h"
#include "world.h"

#define ROWS_MAX 16

static struct {
    struct world world;
    struct process services[2];
    struct actr_node *node;
    struct actr_id ids[2];
    struct {
        char what[40];
        size_t size;
        uint64_t calls, failed;
        double p50_us, p99_us, rate;
    } rows[ROWS_MAX];
    int row_count;
} demo;

/* Setting up ------------------------------------------------------------------------------------
 */

static bool start_service(int i)
{
    char name[16];
    snprintf(name, sizeof(name), "service %d", i + 1);
    char *argv[] = {demo.world.self, "service", NULL};
    return world_start_service(&demo.world, &demo.services[i], name, argv, &demo.ids[i]);
}

static bool set_up(void)
{
    struct timespec begin, end;
    world_say("starting a rendezvous server, two services and a client");
    if (!world_start_rendezvous(&demo.world) ||
        !world_write_config(&demo.world, "service",
                            "[websocket]\nlisten_port = 0\n"
                            "bind = \"127.0.0.1\"\n") ||
        !world_write_config(&demo.world, "client", "") || !start_service(0) || !start_service(1))
        return false;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    if (!world_start_client(&demo.world, NULL, &demo.node))
        return false;
    clock_gettime(CLOCK_MONOTONIC, &end);
    world_say("  client is ready after %.1f ms", (double)(end.tv_sec - begin.tv_sec) * 1e3 +
                                                     (double)(end.tv_nsec - begin.tv_nsec) / 1e6);
    return true;
}

/* The acts ---------------------------------------------------------------------------------------
 */

static void add_row(const char *what, const struct load *load)
{
    int i = demo.row_count++;
    snprintf(demo.rows[i].what, sizeof(demo.rows[i].what), "%s", what);
    demo.rows[i].size = load->size;
    demo.rows[i].calls = load->answered;
    demo.rows[i].failed = load->failed;
    demo.rows[i].p50_us = load->p50_us;
    demo.rows[i].p99_us = load->p99_us;
    demo.rows[i].rate = load->seconds > 0 ? (double)load->answered / load->seconds : 0;
}

static struct load *load_new(size_t size, unsigned in_flight)
{
    struct load *load = calloc(1, sizeof(*load));
    if (!load)
        abort();
    load->node = demo.node;
    load->targets[0] = demo.ids[0];
    load->targets[1] = demo.ids[1];
    load->target_count = 2;
    load->size = size;
    load->in_flight = in_flight;
    return load;
}

static void discover(void)
{
    struct actr_id found[8];
    size_t count = 0;
    world_say("the client looks for " SERVICE_TYPE);
    int r = actr_discover_wait(demo.node, SERVICE_TYPE, 5000, found, 8, &count);
    world_check(r == 0 && count == 2, "found %zu of 2%s%s", count, r < 0 ? ": " : "",
                r < 0 ? actr_errmsg() : "");
}

static void call_sizes(void)
{
    static const struct {
        size_t size;
        uint64_t calls;
    } plan[] = {{0, 400}, {64, 400}, {1024, 400}, {65536, 200}, {1048576, 40}};
    world_say("calls one after the other, 0 B to 1 MiB, to both in turn");
    for (size_t i = 0; i < sizeof(plan) / sizeof(plan[0]); i++) {
        struct load *load = load_new(plan[i].size, 1);
        load->calls_max = plan[i].calls;
        if (load_start(load))
            load_finish(load);
        world_check(load->answered == plan[i].calls && load->wrong == 0,
                    "%zu bytes: %llu of %llu answered, %llu wrong%s%s", plan[i].size,
                    (unsigned long long)load->answered, (unsigned long long)plan[i].calls,
                    (unsigned long long)load->wrong, load->failed ? ": " : "",
                    load->first_error_text);
        add_row("one at a time", load);
        free(load);
    }
}

/* Waits for what was told before: a call takes the same way behind it. */
static uint64_t tally_of(const struct actr_id *id)
{
    AUTO_BYTES struct actr_bytes reply = {0};
    uint64_t tally = 0;
    if (actr_call_wait(demo.node, id, SERVICE_GET, (struct actr_bytes){0}, NULL, &reply) == 0 &&
        reply.len == sizeof(tally))
        memcpy(&tally, reply.ptr, sizeof(tally));
    return tally;
}

static void tell(void)
{
    const int count = 2000;
    int refused = 0;
    world_say("%d tells of 10 bytes to each", count);
    for (int i = 0; i < count; i++) {
        for (int s = 0; s < 2; s++)
            refused += actr_tell(demo.node, &demo.ids[s], SERVICE_ADD, actr_bytes_str("0123456789"),
                                 NULL) < 0;
    }
    uint64_t first = tally_of(&demo.ids[0]), second = tally_of(&demo.ids[1]);
    world_check(refused == 0 && first == (uint64_t)count * 10 && second == (uint64_t)count * 10,
                "tallies %llu and %llu, %d refused", (unsigned long long)first,
                (unsigned long long)second, refused);
}

static void flood(void)
{
    struct load *load = load_new(64, 64);
    load->duration_ms = 3000;
    world_say("64 calls in flight for 3 s");
    if (load_start(load))
        load_finish(load);
    world_check(load->failed == 0 && load->wrong == 0 && load->answered == load->started,
                "%llu started, %llu answered, %llu failed", (unsigned long long)load->started,
                (unsigned long long)load->answered, (unsigned long long)load->failed);
    add_row("64 in flight", load);
    free(load);
}

static void kill_one(void)
{
    struct load *load = load_new(64, 64);
    struct timespec second = {.tv_sec = 1};
    load->duration_ms = 4000;
    world_say("64 calls in flight for 4 s; after 1 s service 1 is killed (SIGKILL)");
    if (!load_start(load))
        return;
    nanosleep(&second, NULL);
    process_end(&demo.services[0], SIGKILL);
    load_finish(load);
    world_check(load->started == load->answered + load->failed && load->wrong == 0,
                "%llu started = %llu answered + %llu failed, none in silence",
                (unsigned long long)load->started, (unsigned long long)load->answered,
                (unsigned long long)load->failed);
    if (load->failed)
        world_say("       the failed ones: %s (%s)", actr_errname(load->first_error),
                  load->first_error_text);
    world_check(load->failed <= 64 && load->target_count == 1, "the others went on with service 2");
    add_row("one service killed", load);
    free(load);
}

/* Whether a new service can join and be found: registration, signaling and discovery all work. */
static void restart_rendezvous(void)
{
    struct load *load = load_new(64, 8);
    struct actr_id found[8];
    size_t count = 0;
    load->targets[0] = demo.ids[1];
    load->target_count = 1;
    load->duration_ms = 3000;
    world_say("the rendezvous server is restarted while calls go on");
    if (!load_start(load))
        return;
    int status = process_end(&demo.world.rendezvous, SIGTERM);
    world_check(status == 0, "it stopped cleanly (exit status %d)", status);
    bool is_up = world_start_rendezvous(&demo.world);
    world_check(is_up, "it is back on port %u", demo.world.port);
    load_finish(load);
    world_check(load->failed == 0 && load->wrong == 0, "%llu calls answered meanwhile, %llu failed",
                (unsigned long long)load->answered, (unsigned long long)load->failed);
    add_row("rendezvous restarted", load);
    free(load);
    if (!is_up || !world_check(start_service(0), "a new service registers"))
        return;
    for (int i = 0; i < 100 && count < 2; i++) {
        struct timespec pause = {.tv_nsec = 50000000};
        if (actr_discover_wait(demo.node, SERVICE_TYPE, 2000, found, 8, &count) < 0 || count < 2)
            nanosleep(&pause, NULL);
    }
    world_check(count == 2, "the client finds %zu of 2", count);
    load = load_new(1024, 16);
    load->calls_max = 2000;
    if (load_start(load))
        load_finish(load);
    world_check(load->answered == 2000 && load->wrong == 0, "%llu of 2000 calls to both answered",
                (unsigned long long)load->answered);
    add_row("after the restart", load);
    free(load);
}

/* The end ----------------------------------------------------------------------------------------
 */

static void print_table(void)
{
    world_say("\n%-22s %9s %9s %7s %10s %10s %10s", "what", "bytes", "calls", "failed", "p50 us",
              "p99 us", "calls/s");
    for (int i = 0; i < demo.row_count; i++)
        world_say("%-22s %9zu %9llu %7llu %10.0f %10.0f %10.0f", demo.rows[i].what,
                  demo.rows[i].size, (unsigned long long)demo.rows[i].calls,
                  (unsigned long long)demo.rows[i].failed, demo.rows[i].p50_us, demo.rows[i].p99_us,
                  demo.rows[i].rate);
}

static void tear_down(void)
{
    actr_node_close(demo.node);
    for (int i = 0; i < 2; i++) {
        if (demo.services[i].pid)
            world_check(process_end(&demo.services[i], SIGTERM) == 0, "service %d stopped cleanly",
                        i + 1);
    }
    world_close(&demo.world);
}

static int play(char *actr)
{
    bool is_open = world_open(&demo.world, actr);
    if (is_open && set_up()) {
        discover();
        call_sizes();
        tell();
        flood();
        kill_one();
        restart_rendezvous();
        print_table();
    } else {
        world_check(false, "set up");
    }
    tear_down();
    return world_verdict();
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "service") == 0)
        return service_main(argc - 1, argv + 1);
    if (argc > 2 && strcmp(argv[1], "ledger") == 0)
        return ledger_service_main(argv[2], argc - 2, argv + 2);
    if (argc > 2 && strcmp(argv[1], "durable") == 0)
        return durable_main(argc - 2, argv + 2);
    if (argc == 2)
        return play(argv[1]);
    fprintf(stderr,
            "usage: %s ACTR    (path of the actr command)\n       %s durable ACTR " DURABLE_USAGE
            "\n",
            argv[0], argv[0]);
    return 2;
}
