// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What is wrong with a configuration file: every error and warning, each with its place, so that
 * one run shows all there is to mend.
 *
 * Each entry is one line, `file:line:col: what; why; fix`. One thread at a time. */
#pragma once

#include <stddef.h>

#include <actr/error.h>

#include "config/toml.h"

#define REPORT_ENTRIES_MAX 64 /* full: errors replace warnings, the rest is counted only */
#define REPORT_TEXT_MAX 768   /* bytes with the NUL; longer ones are cut */

enum report_level { REPORT_WARNING, REPORT_ERROR };

struct report_entry {
    enum report_level level;
    struct toml_at at;
    char *text;
};

/* Zeroed is empty. */
struct report {
    struct report_entry entries[REPORT_ENTRIES_MAX];
    size_t count;         /* entries kept */
    size_t warning_count; /* all, kept or not */
    size_t error_count;
};

void report_deinit(struct report *report);

/* Adds one entry; format gives `what; why; fix`. Control characters, which come from the file,
 * become '?'. ACTR_ENOMEM. */
int report_error(struct report *report, const char *file, struct toml_at at, const char *format,
                 ...) __attribute__((format(printf, 4, 5), warn_unused_result));
int report_warning(struct report *report, const char *file, struct toml_at at, const char *format,
                   ...) __attribute__((format(printf, 4, 5), warn_unused_result));

/* Sorts the entries by place; of two files, whose places do not compare, each has its report. */
void report_sort(struct report *report);

/* 0 when no error is among them, else ACTR_ECONFIG with the first error and the number of others as
 * the detail. */
int report_verdict(const struct report *report) ACTR_MUST_CHECK;
