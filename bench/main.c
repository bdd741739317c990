// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The bench: chooses cases by name or prefix, measures, reports.
 *
 * A table for people on a terminal; one JSON line for each case when standard output is a pipe or
 * --json is given. The exit status says whether all cases could be measured; whether targets were
 * met is in the report, because a shared machine decides that too. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define RUNS_MAX 15

static const struct bench_case *const tables[] = {
    bench_ws_rpc,       bench_host_call,  bench_dynclib,     bench_envelope,   bench_dispatch,
    bench_rendezvous,   bench_node,       bench_mailbox,     bench_assoc,      bench_udp_burst,
    bench_webrtc,       bench_webrtc_rpc, bench_webrtc_busy, bench_webrtc_far, bench_webrtc_idle,
    bench_webrtc_churn, bench_record};

static char self[4096], actr[4200], bare[4200];

double bench_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_percentile(double *values, size_t count, double p)
{
    if (count == 0)
        return NAN;
    qsort(values, count, sizeof(*values), by_value);
    size_t i = (size_t)(p * (double)count);
    return values[i < count ? i : count - 1];
}

const char *bench_self(void)
{
    return self;
}

const char *bench_actr(void)
{
    return actr;
}

const char *bench_bare(void)
{
    return bare;
}

static bool find_programs(void)
{
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (len < 0)
        return false;
    self[len] = '\0';
    char *slash = strrchr(self, '/');
    snprintf(actr, sizeof(actr), "%.*s/../src/cli/actr", (int)(slash - self), self);
    snprintf(bare, sizeof(bare), "%.*s/bare", (int)(slash - self), self);
    return access(actr, X_OK) == 0 && access(bare, X_OK) == 0;
}

struct outcome {
    double value, baseline, ratio;
    struct bench_part parts[BENCH_PARTS_MAX]; /* medians */
    size_t part_count;
    bool ok;
    int runs;
};

static bool is_met(const struct bench_case *c, const struct outcome *o)
{
    switch (c->target_kind) {
    case BENCH_RATIO_MAX:
        return o->ratio <= c->target;
    case BENCH_RATIO_MIN:
        return o->ratio >= c->target;
    case BENCH_VALUE_MAX:
        return o->value <= c->target;
    case BENCH_VALUE_MIN:
        return o->value >= c->target;
    case BENCH_EXCESS_MAX:
        return o->value - o->baseline <= c->target;
    }
    return false;
}

static const char *target_text(const struct bench_case *c, char *buf, size_t len)
{
    static const char *const names[] = {
        "ratio<=", "ratio>=", "value<=", "value>=", "value<=baseline+"};
    snprintf(buf, len, "%s%.10g", names[c->target_kind], c->target);
    return buf;
}

static bool measure(const struct bench_case *c, int runs, struct outcome *ret)
{
    double values[RUNS_MAX], baselines[RUNS_MAX], parts[BENCH_PARTS_MAX][RUNS_MAX];
    *ret = (struct outcome){.runs = runs};
    for (int i = 0; i < runs; i++) {
        struct bench_sample sample = {.value = NAN, .baseline = NAN};
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "\r%-26s run %d of %d ", c->name, i + 1, runs);
        if (!c->run(&sample))
            return false;
        values[i] = sample.value;
        baselines[i] = sample.baseline;
        ret->part_count = sample.part_count;
        for (size_t k = 0; k < sample.part_count; k++) {
            ret->parts[k] = sample.parts[k];
            parts[k][i] = sample.parts[k].value;
        }
    }
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%50s\r", "");
    for (size_t k = 0; k < ret->part_count; k++)
        ret->parts[k].value = bench_percentile(parts[k], (size_t)runs, 0.5);
    ret->value = bench_percentile(values, (size_t)runs, 0.5);
    ret->baseline = c->has_baseline ? bench_percentile(baselines, (size_t)runs, 0.5) : NAN;
    ret->ratio = ret->value / ret->baseline;
    ret->ok = is_met(c, ret);
    return true;
}

static void report_json(const struct bench_case *c, const struct outcome *o)
{
    char target[64];
    printf("{\"case\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",", c->name, o->value, c->unit);
    if (c->has_baseline)
        printf("\"baseline\":%.6g,\"ratio\":%.4g,", o->baseline, o->ratio);
    else
        printf("\"baseline\":null,\"ratio\":null,");
    for (size_t k = 0; k < o->part_count; k++)
        printf("%s\"%s\":%.6g%s", k == 0 ? "\"parts\":{" : "", o->parts[k].name, o->parts[k].value,
               k + 1 == o->part_count ? "}," : ",");
    printf("\"target\":\"%s\",\"ok\":%s,\"runs\":%d}\n", target_text(c, target, sizeof(target)),
           o->ok ? "true" : "false", o->runs);
    fflush(stdout);
}

static void report_row(const struct bench_case *c, const struct outcome *o)
{
    char target[64], baseline[32] = "-", ratio[32] = "-";
    if (c->has_baseline) {
        snprintf(baseline, sizeof(baseline), "%.4g", o->baseline);
        snprintf(ratio, sizeof(ratio), "%.3g", o->ratio);
    }
    printf("%-26s %11.5g %-8s %10s %8s  %-20s %-3s %s\n", c->name, o->value, c->unit, baseline,
           ratio, target_text(c, target, sizeof(target)), o->ok ? "yes" : "NO", c->what);
    for (size_t k = 0; k < o->part_count; k++)
        printf("  %-24s %11.5g %s\n", o->parts[k].name, o->parts[k].value,
               o->parts[k].unit ? o->parts[k].unit : c->unit);
    fflush(stdout);
}

static bool is_chosen(const struct bench_case *c, int argc, char **argv, int first)
{
    for (int i = first; i < argc; i++) {
        if (strncmp(c->name, argv[i], strlen(argv[i])) == 0)
            return true;
    }
    return first == argc;
}

static void usage(FILE *out)
{
    fprintf(out, "usage: bench [--json] [--runs N] [--list] [CASE or prefix…]\n\n");
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
        for (const struct bench_case *c = tables[t]; c->name; c++)
            fprintf(out, "  %-26s %s\n", c->name, c->what);
}

int main(int argc, char **argv)
{
    bool json = !isatty(STDOUT_FILENO);
    int first = 1, runs = 0, measured = 0, missing = 0;
    bool has_programs = find_programs();
    if (argc > 2 && strcmp(argv[1], "--role") == 0)
        return bench_role(argc - 2, argv + 2);
    for (; first < argc && argv[first][0] == '-'; first++) {
        if (strcmp(argv[first], "--json") == 0) {
            json = true;
        } else if (strcmp(argv[first], "--runs") == 0 && first + 1 < argc) {
            runs = atoi(argv[++first]);
        } else if (strcmp(argv[first], "--list") == 0 || strcmp(argv[first], "--help") == 0) {
            usage(stdout);
            return 0;
        } else {
            usage(stderr);
            return 2;
        }
    }
    if (!has_programs) {
        fprintf(stderr, "bench: no %s or no %s\n", actr, bare);
        return 1;
    }
    if (!json)
        printf("%-26s %11s %-8s %10s %8s  %-20s %-3s\n", "case", "median", "unit", "baseline",
               "ratio", "target", "met");
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        for (const struct bench_case *c = tables[t]; c->name; c++) {
            struct outcome outcome;
            if (!is_chosen(c, argc, argv, first))
                continue;
            measured++;
            int count = runs > 0 && runs <= RUNS_MAX && c->runs > 1 ? runs : c->runs;
            if (!measure(c, count, &outcome)) {
                fprintf(stderr, "bench: %s could not be measured\n", c->name);
                missing++;
            } else if (json) {
                report_json(c, &outcome);
            } else {
                report_row(c, &outcome);
            }
        }
    }
    if (measured == 0)
        fprintf(stderr, "bench: no case has that name; --list shows them\n");
    return measured && !missing ? 0 : 1;
}
