// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What is wrong with a configuration file.
 *
 * Readers go on after an error and add the next; only memory running out stops them. The number of
 * entries is bounded, so that a file of garbage costs no more than a page of messages; an error
 * takes the place of a warning then, and one that finds no place still counts, and so the verdict.
 *
 * Any thread, one at a time. Must never hold a secret: those who add entries name keys, and quote
 * values only where no secret can be. */
#include "config/report.h"

#include <stdarg.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

void report_deinit(struct report *report)
{
    for (size_t i = 0; i < report->count; i++)
        mem_free(report->entries[i].text);
    *report = (struct report){0};
}

/* Room for an entry of this level, if need be that of the last warning; NULL when there is none. */
static struct report_entry *report_room(struct report *report, enum report_level level)
{
    if (report->count < REPORT_ENTRIES_MAX)
        return &report->entries[report->count];
    for (size_t i = report->count; i > 0 && level == REPORT_ERROR; i--) {
        if (report->entries[i - 1].level != REPORT_WARNING)
            continue;
        mem_free(report->entries[i - 1].text);
        report->entries[i - 1] = report->entries[--report->count];
        return &report->entries[report->count];
    }
    return NULL;
}

static int report_add(struct report *report, struct report_entry entry, const char *file,
                      const char *format, va_list args) __attribute__((format(printf, 4, 0)));

static int report_add(struct report *report, struct report_entry entry, const char *file,
                      const char *format, va_list args)
{
    char line[REPORT_TEXT_MAX];
    struct text text;
    struct report_entry *room = report_room(report, entry.level);
    if (!room)
        return 0;
    text_init(&text, line, sizeof(line));
    text_printf(&text, "%s:%u:%u: ", file, entry.at.line, entry.at.column);
    text_vprintf(&text, format, args);
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = '?';
    entry.text = mem_text(line, text.len);
    if (!entry.text)
        return err_origin(ACTR_ENOMEM, "report: no memory for a message");
    *room = entry;
    report->count++;
    return 0;
}

int report_error(struct report *report, const char *file, struct toml_at at, const char *format,
                 ...)
{
    va_list args;
    va_start(args, format);
    int r = report_add(report, (struct report_entry){REPORT_ERROR, at, NULL}, file, format, args);
    va_end(args);
    report->error_count++;
    return r;
}

int report_warning(struct report *report, const char *file, struct toml_at at, const char *format,
                   ...)
{
    va_list args;
    va_start(args, format);
    int r = report_add(report, (struct report_entry){REPORT_WARNING, at, NULL}, file, format, args);
    va_end(args);
    report->warning_count++;
    return r;
}

static bool report_is_before(struct toml_at a, struct toml_at b)
{
    return a.line != b.line ? a.line < b.line : a.column < b.column;
}

/* By insertion: entries of one place keep their order, and there are few. */
void report_sort(struct report *report)
{
    for (size_t i = 1; i < report->count; i++) {
        struct report_entry entry = report->entries[i];
        size_t k = i;
        for (; k > 0 && report_is_before(entry.at, report->entries[k - 1].at); k--)
            report->entries[k] = report->entries[k - 1];
        report->entries[k] = entry;
    }
}

int report_verdict(const struct report *report)
{
    const char *first = "an error beyond the last that is listed";
    if (report->error_count == 0)
        return 0;
    for (size_t i = report->count; i > 0; i--)
        if (report->entries[i - 1].level == REPORT_ERROR)
            first = report->entries[i - 1].text;
    if (report->error_count == 1)
        return err_origin(ACTR_ECONFIG, "%s", first);
    return err_origin(ACTR_ECONFIG, "%s (and %zu more)", first, report->error_count - 1);
}
