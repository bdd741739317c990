// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Support of the bench cases: servers, nodes, children, and what /proc says about them.
 *
 * Children are this same program in another role. */
#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define CHILD_MS 20000
#define SERVER_MS 10000

struct actr_rendezvous *support_rendezvous(void)
{
    struct actr_rendezvous_options options = {
        .size = sizeof(options), .realm = 1, .log_level = ACTR_LOG_ERROR};
    struct actr_rendezvous *server = NULL;
    options.realm_secret = "bench";
    if (actr_rendezvous_start(&server, &options) < 0)
        fprintf(stderr, "bench: rendezvous: %s\n", actr_errmsg());
    return server;
}

uint16_t support_server(struct process *server)
{
    char line[512];
    char *argv[] = {(char *)bench_actr(),
                    "rendezvous",
                    "--port",
                    "0",
                    "--realm",
                    "1",
                    "--register-rate",
                    "1000000:1000000",
                    "--connect-rate",
                    "1000000:1000000",
                    "--message-rate",
                    "1000000:1000000",
                    "--address-connections",
                    "30000",
                    "--connections",
                    "30000",
                    "--log",
                    "error",
                    "--json",
                    NULL};
    setenv("ACTR_REALM_SECRET", "bench", 1);
    if (!process_start(server, "rendezvous", argv) ||
        !process_line(server, line, sizeof(line), SERVER_MS))
        return 0;
    const char *port = strstr(line, "\"port\":");
    if (!port)
        fprintf(stderr, "bench: rendezvous: %s\n", line);
    return port ? (uint16_t)strtoul(port + 7, NULL, 10) : 0;
}

static void on_echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    actr_reply(ctx, actr_ctx_request_bytes(ctx));
}

static void on_sink(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    actr_reply(ctx, (struct actr_bytes){0});
}

struct actr_workload *support_echo(void)
{
    const struct actr_workload_options options = {.size = sizeof(options), .never_blocks = true};
    struct actr_workload *workload = actr_workload_new(SUPPORT_TYPE, &options, NULL);
    if (workload) {
        actr_workload_route(workload, SUPPORT_ROUTE, on_echo, NULL);
        actr_workload_route(workload, SUPPORT_SINK_ROUTE, on_sink, NULL);
    }
    return workload;
}

static void format_config(uint16_t port, bool listens, char *config, size_t len)
{
    snprintf(config, len,
             "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n"
             "[deployment]\nrealm_id = 1\nrealm_secret = \"bench\"\n%s",
             port, port, listens ? "[websocket]\nlisten_port = 0\nbind = \"127.0.0.1\"\n" : "");
}

struct actr_node *support_foreign_node(uint16_t port, actr_state_fn *on_state, void *arg)
{
    const struct actr_node_options options = {
        .size = sizeof(options), .foreign_loop = true, .on_state = on_state, .arg = arg};
    struct actr_node *node = NULL;
    char config[512];
    format_config(port, false, config, sizeof(config));
    int r = actr_node_open_text(&node, "bench", config, &options);
    if (r == 0)
        r = actr_node_start(node);
    if (r == 0)
        return node;
    fprintf(stderr, "bench: node: %s\n", actr_errmsg());
    actr_node_close(node);
    return NULL;
}

struct actr_node *support_node(uint16_t port, enum support_wire wire,
                               struct actr_workload *workload)
{
    char config[512];
    format_config(port, workload && wire != SUPPORT_WEBRTC, config, sizeof(config));
    const struct actr_node_options options = {.size = sizeof(options),
                                              .no_webrtc = wire == SUPPORT_WEBSOCKET};
    struct actr_node *node = NULL;
    int r = actr_node_open_text(&node, "bench", config, &options);
    if (r < 0)
        actr_workload_free(workload);
    else if (workload)
        r = actr_node_use(node, workload);
    if (r == 0)
        r = actr_node_start(node);
    if (r == 0)
        return node;
    fprintf(stderr, "bench: node: %s\n", actr_errmsg());
    actr_node_close(node);
    return NULL;
}

bool support_child(struct process *child, const char *role, const char *argument, char *line,
                   size_t line_len)
{
    char *argv[] = {(char *)bench_self(), "--role", (char *)role, (char *)argument, NULL};
    return process_start(child, role, argv) && process_line(child, line, line_len, CHILD_MS);
}

uint64_t support_rss(int pid, uint64_t *ret_anonymous)
{
    char path[64], line[256];
    uint64_t rss_kb = 0, anonymous_kb = 0;
    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    while (fgets(line, sizeof(line), file)) {
        if (strncmp(line, "Rss:", 4) == 0)
            rss_kb = strtoull(line + 4, NULL, 10);
        if (strncmp(line, "Anonymous:", 10) == 0)
            anonymous_kb = strtoull(line + 10, NULL, 10);
    }
    fclose(file);
    if (ret_anonymous)
        *ret_anonymous = anonymous_kb * 1024;
    return rss_kb * 1024;
}

static unsigned count_entries(int pid, const char *folder)
{
    char path[64];
    unsigned count = 0;
    snprintf(path, sizeof(path), "/proc/%d/%s", pid, folder);
    DIR *dir = opendir(path);
    if (!dir)
        return 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

unsigned support_descriptors(int pid)
{
    return count_entries(pid, "fd");
}

unsigned support_threads(int pid)
{
    return count_entries(pid, "task");
}

/* The scheduler's own account of one thread, in nanoseconds. */
static double thread_cpu_ns(const char *task, const char *tid)
{
    char path[600];
    double ns = 0;
    snprintf(path, sizeof(path), "%s/%s/schedstat", task, tid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    if (fscanf(file, "%lf", &ns) != 1)
        ns = 0;
    fclose(file);
    return ns;
}

static double thread_switches(const char *task, const char *tid)
{
    char path[600], line[256];
    double count = 0;
    snprintf(path, sizeof(path), "%s/%s/status", task, tid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    while (fgets(line, sizeof(line), file)) {
        if (strncmp(line, "voluntary_ctxt_switches:", 24) == 0)
            count = strtod(line + 24, NULL);
    }
    fclose(file);
    return count;
}

static double sum_threads(int pid, double (*of)(const char *task, const char *tid))
{
    char task[64];
    double sum = 0;
    snprintf(task, sizeof(task), "/proc/%d/task", pid);
    DIR *dir = opendir(task);
    if (!dir)
        return 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] != '.')
            sum += of(task, entry->d_name);
    }
    closedir(dir);
    return sum;
}

double support_cpu_us(int pid)
{
    return sum_threads(pid, thread_cpu_ns) / 1e3;
}

double support_wakeups(int pid)
{
    return sum_threads(pid, thread_switches);
}
