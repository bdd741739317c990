// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The demo: a rendezvous server, two services and a client, four processes that find each other and
 * talk, lose one of them and the server on the way, and go on.
 *
 *     demo ACTR        ACTR: path of the `actr` command
 *
 * This process is the client and starts the others (itself, as `demo service …`, for the services).
 * It says what it does as it goes and ends with a table; the exit status is 0 only if every check
 * held. Ports are the system's choice, files are in a folder of their own that is removed. */
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <actr/actr.h>

#include "load.h"
#include "process.h"
#include "service.h"

#define REALM 101
#define REALM_SECRET "demo-secret"
#define ROWS_MAX 16
#define STARTUP_MS 10000

static struct {
    const char *actr; /* the command */
    char self[4096];  /* this program */
    char dir[64];     /* configuration and state */
    struct process rendezvous, services[2];
    unsigned port;
    struct actr_node *node;
    struct actr_id ids[2];
    int failures;
    struct {
        char what[40];
        size_t size;
        uint64_t calls, failed;
        double p50_us, p99_us, rate;
    } rows[ROWS_MAX];
    int row_count;
} demo;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

/* A check of the demo: one that does not hold makes the exit status 1. */
__attribute__((format(printf, 2, 3))) static bool check(bool holds, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    say("  %s %s", holds ? "ok  " : "FAIL", text);
    if (!holds)
        demo.failures++;
    return holds;
}

/* Setting up ------------------------------------------------------------------------------------
 */

static bool write_config(const char *name, bool listens)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s.toml", demo.dir, name);
    FILE *file = fopen(path, "w");
    if (!file) {
        fprintf(stderr, "demo: %s: %s\n", path, strerror(errno));
        return false;
    }
    fprintf(file,
            "edition = 1\n"
            "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
            "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n"
            "[deployment]\nrealm_id = %d\nrealm_secret = \"%s\"\n",
            demo.port, demo.port, REALM, REALM_SECRET);
    if (listens)
        fprintf(file, "[websocket]\nlisten_port = 0\nbind = \"127.0.0.1\"\n");
    return fclose(file) == 0;
}

static bool start_rendezvous(void)
{
    char port[16], data[128], realm[16], line[512];
    snprintf(port, sizeof(port), "%u", demo.port);
    snprintf(data, sizeof(data), "%s/rendezvous", demo.dir);
    snprintf(realm, sizeof(realm), "%d", REALM);
    char *argv[] = {(char *)demo.actr, "rendezvous", "--port", port,   "--data", data,
                    "--realm",         realm,        "--log",  "warn", NULL};
    setenv("ACTR_REALM_SECRET", REALM_SECRET, 1);
    if (!process_start(&demo.rendezvous, "rendezvous", argv))
        return false;
    while (process_line(&demo.rendezvous, line, sizeof(line), STARTUP_MS)) {
        const char *mark = strstr(line, "listening on ");
        const char *colon = mark ? strrchr(mark, ':') : NULL;
        if (colon) {
            demo.port = (unsigned)strtoul(colon + 1, NULL, 10);
            return demo.port != 0;
        }
    }
    return false;
}

static bool start_service(int i)
{
    char config[128], line[512];
    snprintf(config, sizeof(config), "%s/service.toml", demo.dir);
    char *argv[] = {demo.self, "service", "-c", config, NULL};
    char name[16];
    snprintf(name, sizeof(name), "service %d", i + 1);
    if (!process_start(&demo.services[i], name, argv) ||
        !process_line(&demo.services[i], line, sizeof(line), STARTUP_MS))
        return false;
    if (strncmp(line, "ready ", 6) != 0 || actr_id_parse(line + 6, &demo.ids[i]) < 0) {
        fprintf(stderr, "demo: %s said: %s\n", name, line);
        return false;
    }
    say("  %s is %s (pid %d)", name, line + 6, (int)demo.services[i].pid);
    return true;
}

static bool start_client(void)
{
    char config[128];
    snprintf(config, sizeof(config), "%s/client.toml", demo.dir);
    struct actr_node_options options = {.size = sizeof(options), .log_level = ACTR_LOG_ERROR};
    if (actr_node_open(&demo.node, config, &options) < 0 || actr_node_start(demo.node) < 0) {
        fprintf(stderr, "demo: client: %s\n", actr_errmsg());
        return false;
    }
    return true;
}

static bool set_up(void)
{
    struct timespec begin, end;
    say("starting a rendezvous server, two services and a client");
    if (!start_rendezvous())
        return false;
    say("  rendezvous listens on port %u (pid %d)", demo.port, (int)demo.rendezvous.pid);
    if (!write_config("service", true) || !write_config("client", false) || !start_service(0) ||
        !start_service(1))
        return false;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    if (!start_client())
        return false;
    clock_gettime(CLOCK_MONOTONIC, &end);
    say("  client is ready after %.1f ms",
        (double)(end.tv_sec - begin.tv_sec) * 1e3 + (double)(end.tv_nsec - begin.tv_nsec) / 1e6);
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
    say("the client looks for " SERVICE_TYPE);
    int r = actr_discover_wait(demo.node, SERVICE_TYPE, 5000, found, 8, &count);
    check(r == 0 && count == 2, "found %zu of 2%s%s", count, r < 0 ? ": " : "",
          r < 0 ? actr_errmsg() : "");
}

static void call_sizes(void)
{
    static const struct {
        size_t size;
        uint64_t calls;
    } plan[] = {{0, 400}, {64, 400}, {1024, 400}, {65536, 200}, {1048576, 40}};
    say("calls one after the other, 0 B to 1 MiB, to both in turn");
    for (size_t i = 0; i < sizeof(plan) / sizeof(plan[0]); i++) {
        struct load *load = load_new(plan[i].size, 1);
        load->calls_max = plan[i].calls;
        if (load_start(load))
            load_finish(load);
        check(load->answered == plan[i].calls && load->wrong == 0,
              "%zu bytes: %llu of %llu answered, %llu wrong%s%s", plan[i].size,
              (unsigned long long)load->answered, (unsigned long long)plan[i].calls,
              (unsigned long long)load->wrong, load->failed ? ": " : "", load->first_error_text);
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
    say("%d tells of 10 bytes to each", count);
    for (int i = 0; i < count; i++) {
        for (int s = 0; s < 2; s++)
            refused += actr_tell(demo.node, &demo.ids[s], SERVICE_ADD, actr_bytes_str("0123456789"),
                                 NULL) < 0;
    }
    uint64_t first = tally_of(&demo.ids[0]), second = tally_of(&demo.ids[1]);
    check(refused == 0 && first == (uint64_t)count * 10 && second == (uint64_t)count * 10,
          "tallies %llu and %llu, %d refused", (unsigned long long)first,
          (unsigned long long)second, refused);
}

static void flood(void)
{
    struct load *load = load_new(64, 64);
    load->duration_ms = 3000;
    say("64 calls in flight for 3 s");
    if (load_start(load))
        load_finish(load);
    check(load->failed == 0 && load->wrong == 0 && load->answered == load->started,
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
    say("64 calls in flight for 4 s; after 1 s service 1 is killed (SIGKILL)");
    if (!load_start(load))
        return;
    nanosleep(&second, NULL);
    process_end(&demo.services[0], SIGKILL);
    load_finish(load);
    check(load->started == load->answered + load->failed && load->wrong == 0,
          "%llu started = %llu answered + %llu failed, none in silence",
          (unsigned long long)load->started, (unsigned long long)load->answered,
          (unsigned long long)load->failed);
    if (load->failed)
        say("       the failed ones: %s (%s)", actr_errname(load->first_error),
            load->first_error_text);
    check(load->failed <= 64 && load->target_count == 1, "the others went on with service 2");
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
    say("the rendezvous server is restarted while calls go on");
    if (!load_start(load))
        return;
    int status = process_end(&demo.rendezvous, SIGTERM);
    check(status == 0, "it stopped cleanly (exit status %d)", status);
    bool is_up = start_rendezvous();
    check(is_up, "it is back on port %u", demo.port);
    load_finish(load);
    check(load->failed == 0 && load->wrong == 0, "%llu calls answered meanwhile, %llu failed",
          (unsigned long long)load->answered, (unsigned long long)load->failed);
    add_row("rendezvous restarted", load);
    free(load);
    if (!is_up || !check(start_service(0), "a new service registers"))
        return;
    for (int i = 0; i < 100 && count < 2; i++) {
        struct timespec pause = {.tv_nsec = 50000000};
        if (actr_discover_wait(demo.node, SERVICE_TYPE, 2000, found, 8, &count) < 0 || count < 2)
            nanosleep(&pause, NULL);
    }
    check(count == 2, "the client finds %zu of 2", count);
    load = load_new(1024, 16);
    load->calls_max = 2000;
    if (load_start(load))
        load_finish(load);
    check(load->answered == 2000 && load->wrong == 0, "%llu of 2000 calls to both answered",
          (unsigned long long)load->answered);
    add_row("after the restart", load);
    free(load);
}

/* The end ----------------------------------------------------------------------------------------
 */

static void print_table(void)
{
    say("\n%-22s %9s %9s %7s %10s %10s %10s", "what", "bytes", "calls", "failed", "p50 us",
        "p99 us", "calls/s");
    for (int i = 0; i < demo.row_count; i++)
        say("%-22s %9zu %9llu %7llu %10.0f %10.0f %10.0f", demo.rows[i].what, demo.rows[i].size,
            (unsigned long long)demo.rows[i].calls, (unsigned long long)demo.rows[i].failed,
            demo.rows[i].p50_us, demo.rows[i].p99_us, demo.rows[i].rate);
}

static int remove_entry(const char *path, const struct stat *state, int type, struct FTW *place)
{
    (void)state, (void)type, (void)place;
    return remove(path);
}

static void tear_down(void)
{
    actr_node_close(demo.node);
    for (int i = 0; i < 2; i++) {
        if (demo.services[i].pid)
            check(process_end(&demo.services[i], SIGTERM) == 0, "service %d stopped cleanly",
                  i + 1);
    }
    if (demo.rendezvous.pid)
        check(process_end(&demo.rendezvous, SIGTERM) == 0, "the rendezvous stopped cleanly");
    if (nftw(demo.dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "demo: %s could not be removed\n", demo.dir);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "service") == 0)
        return service_main(argc - 1, argv + 1);
    if (argc != 2) {
        fprintf(stderr, "usage: %s ACTR    (path of the actr command)\n", argv[0]);
        return 2;
    }
    demo.actr = argv[1];
    ssize_t len = readlink("/proc/self/exe", demo.self, sizeof(demo.self) - 1);
    snprintf(demo.dir, sizeof(demo.dir), "/tmp/actr-demo-XXXXXX");
    if (len < 0 || !mkdtemp(demo.dir)) {
        perror("demo");
        return 1;
    }
    if (set_up()) {
        discover();
        call_sizes();
        tell();
        flood();
        kill_one();
        restart_rendezvous();
        print_table();
    } else {
        demo.failures++;
    }
    tear_down();
    say("\n%s", demo.failures ? "something did not hold" : "everything held");
    return demo.failures ? 1 : 0;
}
