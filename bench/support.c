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

static void on_echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    actr_reply(ctx, actr_ctx_request_bytes(ctx));
}

struct actr_workload *support_echo(void)
{
    const struct actr_workload_options options = {.size = sizeof(options), .never_blocks = true};
    struct actr_workload *workload = actr_workload_new(SUPPORT_TYPE, &options, NULL);
    if (workload)
        actr_workload_route(workload, SUPPORT_ROUTE, on_echo, NULL);
    return workload;
}

struct actr_node *support_node(uint16_t port, enum support_wire wire,
                               struct actr_workload *workload)
{
    bool listens = workload && wire != SUPPORT_WEBRTC;
    char config[512];
    snprintf(config, sizeof(config),
             "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n"
             "[deployment]\nrealm_id = 1\nrealm_secret = \"bench\"\n%s",
             port, port, listens ? "[websocket]\nlisten_port = 0\nbind = \"127.0.0.1\"\n" : "");
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

double support_cpu_us(int pid)
{
    char task[64];
    double ns = 0;
    snprintf(task, sizeof(task), "/proc/%d/task", pid);
    DIR *dir = opendir(task);
    if (!dir)
        return 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] != '.')
            ns += thread_cpu_ns(task, entry->d_name);
    }
    closedir(dir);
    return ns / 1e3;
}
