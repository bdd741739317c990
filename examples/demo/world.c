// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The ground of the demos. Ports are the system's choice, files are in a folder of their own that
 * is removed at the end. */
#include "world.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REALM 101
#define REALM_SECRET "demo-secret"
#define STARTUP_MS 30000
#define ARGUMENTS_MAX 8

static int failures;

void world_say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

bool world_check(bool holds, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    world_say("  %s %s", holds ? "ok  " : "FAIL", text);
    if (!holds)
        failures++;
    return holds;
}

int world_verdict(void)
{
    world_say("\n%s", failures ? "something did not hold" : "everything held");
    return failures ? 1 : 0;
}

bool world_open(struct world *world, const char *actr)
{
    world->actr = actr;
    ssize_t len = readlink("/proc/self/exe", world->self, sizeof(world->self) - 1);
    snprintf(world->dir, sizeof(world->dir), "/tmp/actr-demo-XXXXXX");
    if (len < 0 || !mkdtemp(world->dir)) {
        perror("demo");
        world->dir[0] = '\0';
        return false;
    }
    return true;
}

bool world_write_config(const struct world *world, const char *name, const char *more)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s.toml", world->dir, name);
    FILE *file = fopen(path, "w");
    if (!file) {
        fprintf(stderr, "demo: %s: %s\n", path, strerror(errno));
        return false;
    }
    fprintf(file,
            "edition = 1\n"
            "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
            "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n"
            "[deployment]\nrealm_id = %d\nrealm_secret = \"%s\"\n%s",
            world->port, world->port, REALM, REALM_SECRET, more);
    return fclose(file) == 0;
}

bool world_start_rendezvous(struct world *world)
{
    char port[16], data[128], realm[16], line[512];
    snprintf(port, sizeof(port), "%u", world->port);
    snprintf(data, sizeof(data), "%s/rendezvous", world->dir);
    snprintf(realm, sizeof(realm), "%d", REALM);
    char *argv[] = {(char *)world->actr, "rendezvous", "--port", port,   "--data", data,
                    "--realm",           realm,        "--log",  "warn", NULL};
    setenv("ACTR_REALM_SECRET", REALM_SECRET, 1);
    if (!process_start(&world->rendezvous, "rendezvous", argv))
        return false;
    while (process_line(&world->rendezvous, line, sizeof(line), STARTUP_MS)) {
        const char *mark = strstr(line, "listening on ");
        const char *colon = mark ? strrchr(mark, ':') : NULL;
        if (colon) {
            world->port = (unsigned)strtoul(colon + 1, NULL, 10);
            world_say("  rendezvous listens on port %u (pid %d)", world->port,
                      (int)world->rendezvous.pid);
            return world->port != 0;
        }
    }
    return false;
}

bool world_launch_service(struct world *world, struct process *process, const char *name,
                          char *const argv[])
{
    char config[128];
    char *all[ARGUMENTS_MAX];
    int count = 0;
    snprintf(config, sizeof(config), "%s/service.toml", world->dir);
    while (count < ARGUMENTS_MAX - 3 && argv[count]) {
        all[count] = argv[count];
        count++;
    }
    all[count++] = "-c";
    all[count++] = config;
    all[count] = NULL;
    return process_start(process, name, all);
}

bool world_await_service(struct process *process, struct actr_id *ret_id)
{
    char line[512];
    if (!process_line(process, line, sizeof(line), STARTUP_MS))
        return false;
    if (strncmp(line, "ready ", 6) == 0 && actr_id_parse(line + 6, ret_id) == 0)
        return true;
    fprintf(stderr, "demo: %s said: %s\n", process->name, line);
    return false;
}

bool world_start_service(struct world *world, struct process *process, const char *name,
                         char *const argv[], struct actr_id *ret_id)
{
    char id[ACTR_ID_STR_MAX];
    if (!world_launch_service(world, process, name, argv) || !world_await_service(process, ret_id))
        return false;
    world_say("  %s is %s (pid %d)", name, actr_id_format(ret_id, id), (int)process->pid);
    return true;
}

bool world_start_client(const struct world *world, struct actr_workload *workload,
                        struct actr_node **ret_node)
{
    char config[128];
    struct actr_node *node = NULL;
    snprintf(config, sizeof(config), "%s/client.toml", world->dir);
    struct actr_node_options options = {.size = sizeof(options), .log_level = ACTR_LOG_ERROR};
    int r = actr_node_open(&node, config, &options);
    if (r == 0 && workload)
        r = actr_node_use(node, workload);
    if (r == 0)
        r = actr_node_start(node);
    if (r < 0) {
        fprintf(stderr, "demo: client: %s\n", actr_errmsg());
        actr_node_close(node);
        return false;
    }
    *ret_node = node;
    return true;
}

static int remove_entry(const char *path, const struct stat *state, int type, struct FTW *place)
{
    (void)state, (void)type, (void)place;
    return remove(path);
}

void world_close(struct world *world)
{
    if (world->rendezvous.pid)
        world_check(process_end(&world->rendezvous, SIGTERM) == 0,
                    "the rendezvous stopped cleanly");
    if (world->dir[0] && nftw(world->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "demo: %s could not be removed\n", world->dir);
}
