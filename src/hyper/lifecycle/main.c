// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* actr_main: a whole program around a workload. The only place of the library that handles signals,
 * prints, and talks of exit statuses.
 *
 * The first SIGINT or SIGTERM drains and stops; a second one ends the process at once. Runs on the
 * program's main thread, which waits for signals while the node's own thread works. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <actr/node.h>

#include "sys/signals.h"

struct main_options {
    const char *config_path;
    uint32_t grace_ms;
    enum actr_log_level log_level; /* 0: the node's default */
};

static void main_usage(FILE *out, const char *program)
{
    fprintf(out,
            "usage: %s [-c FILE] [--grace SECONDS] [-v]\n"
            "\n"
            "  -c, --config FILE     configuration (default: actr.toml)\n"
            "      --grace SECONDS   time for handlers to finish after SIGINT or SIGTERM\n"
            "                        (default: 5; a second signal ends the program at once)\n"
            "  -v, --verbose         log info; twice: debug\n"
            "  -h, --help            this text\n"
            "\n"
            "Without -v the environment variable RUST_LOG gives the level: off, error, warn (the\n"
            "default), info, debug or trace; without that observability.filter_level of the\n"
            "configuration.\n",
            program);
}

/* -1: go on; else the exit status. */
static int main_parse(int argc, char **argv, struct main_options *ret_options)
{
    static const struct option longs[] = {{"config", required_argument, NULL, 'c'},
                                          {"grace", required_argument, NULL, 'g'},
                                          {"verbose", no_argument, NULL, 'v'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int option;
    int verbose = 0;
    while ((option = getopt_long(argc, argv, "c:vh", longs, NULL)) != -1) {
        char *end = NULL;
        double seconds;
        switch (option) {
        case 'c':
            ret_options->config_path = optarg;
            break;
        case 'g':
            seconds = strtod(optarg, &end);
            if (end == optarg || *end || !(seconds >= 0 && seconds <= 86400)) {
                fprintf(stderr, "%s: --grace wants seconds (0 to 86400), not '%s'\n", argv[0],
                        optarg);
                return 2;
            }
            ret_options->grace_ms = seconds < 0.001 ? 1 : (uint32_t)(seconds * 1000);
            break;
        case 'v':
            verbose++;
            break;
        case 'h':
            main_usage(stdout, argv[0]);
            return 0;
        default:
            main_usage(stderr, argv[0]);
            return 2;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "%s: unexpected argument '%s'\n", argv[0], argv[optind]);
        return 2;
    }
    if (verbose)
        ret_options->log_level = verbose > 1 ? ACTR_LOG_DEBUG : ACTR_LOG_INFO;
    return -1;
}

static int main_run(struct actr_node *node, struct actr_workload *workload,
                    const struct main_options *options)
{
    struct signals signals;
    int r = actr_node_use(node, workload);
    if (r < 0)
        return r;
    signals_block(&signals);
    r = actr_node_start(node);
    if (r == 0) {
        char id[ACTR_ID_STR_MAX];
        struct actr_id self = actr_node_id(node);
        printf("ready %s\n", actr_id_format(&self, id));
        fflush(stdout);
        signals_wait(&signals);
        signals_restore(&signals);
        r = actr_node_stop(node, options->grace_ms);
    } else {
        signals_restore(&signals);
    }
    return r;
}

int actr_main(int argc, char **argv, struct actr_workload *workload)
{
    struct main_options options = {.config_path = "actr.toml"};
    int status = main_parse(argc, argv, &options);
    if (status >= 0) {
        actr_workload_free(workload);
        return status;
    }
    if (!workload) {
        fprintf(stderr, "%s: %s\n", argv[0], actr_errmsg());
        return 1;
    }
    struct actr_node *node = NULL;
    struct actr_node_options node_options = {.size = sizeof(node_options),
                                             .log_level = options.log_level};
    int r = actr_node_open(&node, options.config_path, &node_options);
    if (r < 0)
        actr_workload_free(workload);
    else
        r = main_run(node, workload, &options);
    if (r < 0)
        fprintf(stderr, "%s: %s\n", argv[0], actr_errmsg());
    actr_node_close(node);
    return r < 0 ? 1 : 0;
}
