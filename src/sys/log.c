// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Composing lines.
 *
 * A message may carry text of a peer: control characters are escaped before any sink sees them, so
 * that nobody can forge a line or talk to a terminal. Lines are bounded; what does not fit is cut
 * at a whole character.
 *
 * Any thread; no allocation, no lock: a line is one write(). It never fails: a line that cannot be
 * written is lost. */
#include "sys/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/text.h"

/* The length of the control character at `at`: C0, DEL, or C1, which is two bytes of UTF-8. */
static size_t log_control_len(const uint8_t *at)
{
    if (at[0] < 0x20 || at[0] == 0x7f)
        return 1;
    return at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0 ? 2 : 0;
}

static void log_escape(struct text *text, const char *message)
{
    const uint8_t *at = (const uint8_t *)message, *plain = at;
    for (;;) {
        size_t control = log_control_len(at);
        if (control == 0) {
            at++;
            continue;
        }
        text_append(text, actr_view_of(plain, (size_t)(at - plain)));
        if (*at == '\0')
            return;
        for (; control > 0; control--, at++)
            text_printf(text, "\\x%02x", *at);
        plain = at;
    }
}

void log_write(const struct log *log, enum actr_log_level level, const char *event,
               const char *format, ...)
{
    char raw[LOG_MESSAGE_MAX], message[LOG_MESSAGE_MAX];
    struct text text;
    va_list args;

    text_init(&text, raw, sizeof(raw));
    va_start(args, format);
    text_vprintf(&text, format, args);
    va_end(args);
    text_init(&text, message, sizeof(message));
    log_escape(&text, raw);
    log->sink(log->arg, level, event, message);
}

static const char *const log_level_names[] = {"trace", "debug", "info", "warn", "error", "off"};

#define LOG_NAME_COUNT (sizeof(log_level_names) / sizeof(log_level_names[0]))

bool log_level_parse(struct actr_view name, enum actr_log_level *ret_level)
{
    for (size_t i = 0; i < LOG_OFF; i++) {
        if (view_equal(name, view_text(log_level_names[i]))) {
            *ret_level = (enum actr_log_level)i;
            return true;
        }
    }
    return false;
}

static const char *log_level_name(enum actr_log_level level)
{
    return (size_t)level < LOG_NAME_COUNT ? log_level_names[level] : "?";
}

/* A level or "off", in any case. */
static bool log_filter_level(struct actr_view word, enum actr_log_level *ret_level)
{
    for (size_t i = 0; i < LOG_NAME_COUNT; i++) {
        if (word.len == strlen(log_level_names[i]) &&
            strncasecmp((const char *)word.ptr, log_level_names[i], word.len) == 0) {
            *ret_level = (enum actr_log_level)i;
            return true;
        }
    }
    return false;
}

static bool log_filter_add(struct log_filter *filter, struct actr_view directive)
{
    enum actr_log_level level;
    const char *equals = memchr(directive.ptr, '=', directive.len);
    if (!equals) {
        filter->has_level = log_filter_level(directive, &filter->level);
        return filter->has_level;
    }
    size_t name_len = (size_t)(equals - (const char *)directive.ptr);
    if (filter->ignored.len == 0)
        filter->ignored = directive;
    return name_len > 0 &&
           log_filter_level(actr_view_of(equals + 1, directive.len - name_len - 1), &level);
}

bool log_filter_parse(const char *text, struct log_filter *ret_filter)
{
    struct log_filter filter = {0};
    bool is_there = false;
    while (*text) {
        size_t len = strcspn(text, ",");
        if (len > 0 && !log_filter_add(&filter, actr_view_of(text, len)))
            return false;
        is_there = is_there || len > 0;
        text += len + (text[len] == ',');
    }
    if (is_there)
        *ret_filter = filter;
    return is_there;
}

void log_to_stderr(void *arg, enum actr_log_level level, const char *event, const char *message)
{
    char line[LOG_MESSAGE_MAX + 128];
    struct text text;
    struct timespec now;
    struct tm utc;

    (void)arg;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    text_init(&text, line, sizeof(line) - 1); /* one left for the end of the line */
    text_printf(&text, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s %s %s", utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                now.tv_nsec / 1000000, log_level_name(level), event, message);
    line[text.len] = '\n';
    ssize_t written = write(STDERR_FILENO, line, text.len + 1);
    (void)written;
}
