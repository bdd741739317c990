// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A bench case: something measured, its baseline in the same run, and what must be reached.
 *
 * Each case is measured `runs` times, value and baseline one after the other, and reported by its
 * medians. The target stands here, beside the case, and in the report; whether it was met is said,
 * never assumed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bench_target_kind {
    BENCH_RATIO_MAX,  /* value / baseline <= number */
    BENCH_RATIO_MIN,  /* value / baseline >= number */
    BENCH_VALUE_MAX,  /* value <= number */
    BENCH_VALUE_MIN,  /* value >= number */
    BENCH_EXCESS_MAX, /* value - baseline <= number */
};

#define BENCH_PARTS_MAX 4

/* One of what a baseline is made of, or something else worth to be told. */
struct bench_part {
    const char *name;
    double value;
    const char *unit; /* NULL: that of the case */
};

struct bench_sample {
    double value;
    double baseline;                          /* unused when the case has none */
    struct bench_part parts[BENCH_PARTS_MAX]; /* the same in every run */
    size_t part_count;
};

struct bench_case {
    const char *name;
    const char *what; /* for people, with what the baseline is */
    const char *unit;
    enum bench_target_kind target_kind;
    double target;
    int runs;
    bool has_baseline;
    /* One measurement. False, with a line on standard error, when it could not be made. */
    bool (*run)(struct bench_sample *ret_sample);
};

/* One table a file; each ends with a case without a name. */
extern const struct bench_case bench_ws_rpc[];
extern const struct bench_case bench_host_call[];
extern const struct bench_case bench_dynclib[];
extern const struct bench_case bench_envelope[];
extern const struct bench_case bench_dispatch[];
extern const struct bench_case bench_rendezvous[];
extern const struct bench_case bench_record[];
extern const struct bench_case bench_node[];
extern const struct bench_case bench_mailbox[];
extern const struct bench_case bench_assoc[];
extern const struct bench_case bench_udp_burst[];
extern const struct bench_case bench_webrtc[];
extern const struct bench_case bench_webrtc_busy[];
extern const struct bench_case bench_webrtc_churn[];
extern const struct bench_case bench_webrtc_far[];
extern const struct bench_case bench_webrtc_idle[];
extern const struct bench_case bench_webrtc_rpc[];

/* A process of this program in another role: roles.c. */
int bench_role(int argc, char **argv);

/* Microseconds of a monotonic clock. */
double bench_now_us(void);

/* The p-th (0 to 1) of count values, which are sorted in place. */
double bench_percentile(double *values, size_t count, double p);

/* The paths of this program, of the actr command, and of bare.c. */
const char *bench_self(void);
const char *bench_actr(void);
const char *bench_bare(void);
