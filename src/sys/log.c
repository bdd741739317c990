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

static const char *const log_level_names[] = {"trace", "debug", "info", "warn", "error"};

#define LOG_LEVEL_COUNT (sizeof(log_level_names) / sizeof(log_level_names[0]))

bool log_level_parse(struct actr_view name, enum actr_log_level *ret_level)
{
    for (size_t i = 0; i < LOG_LEVEL_COUNT; i++) {
        if (view_equal(name, view_text(log_level_names[i]))) {
            *ret_level = (enum actr_log_level)i;
            return true;
        }
    }
    return false;
}

static const char *log_level_name(enum actr_log_level level)
{
    return (size_t)level < LOG_LEVEL_COUNT ? log_level_names[level] : "?";
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
