// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The log: a level, and where lines go.
 *
 *     log_warn(log, "peer.lost", "peer=%s session=%llu reason=%s", …);
 *
 * First a stable event name, then key=value. Ids through their text form; never payloads, keys or
 * credentials. Error: someone must act. Warn: handled, but wrong. Info: lifecycle. Debug:
 * decisions. Trace: per message, compiled out unless ACTR_TRACE is defined.
 *
 * Any thread; the level and the sink are set before others see the log. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <actr/bytes.h>
#include <actr/context.h>

/* Longest message, with the NUL; longer ones are cut. */
#define LOG_MESSAGE_MAX 1024

/* `message`: one line without control characters, UTF-8 if its arguments were; lent. Any thread,
 * several at once. */
typedef void log_sink_fn(void *arg, enum actr_log_level level, const char *event,
                         const char *message);

/* Zeroed but for a sink: everything is logged. */
struct log {
    enum actr_log_level level; /* the least that is logged */
    log_sink_fn *sink;
    void *arg;
};

/* True: `name` is error, warn, info, debug or trace. */
bool log_level_parse(struct actr_view name, enum actr_log_level *ret_level);

/* Above every line: nothing is logged. */
#define LOG_OFF ((enum actr_log_level)(ACTR_LOG_ERROR + 1))

/* A filter as of the existing system, in RUST_LOG and in files: directives with commas between
 * them, a level (also "off"), or `part=level`. The last plain level holds for the whole program;
 * parts of it have no levels of their own here. */
struct log_filter {
    enum actr_log_level level;
    bool has_level;
    struct actr_view ignored; /* the first directive for a part, out of the text; empty: none */
};

/* Levels in any case. False: a directive is neither, or there is none. */
bool log_filter_parse(const char *text, struct log_filter *ret_filter);

/* A sink: one line "time level event message" to standard error, written whole. Time is UTC. */
void log_to_stderr(void *arg, enum actr_log_level level, const char *event, const char *message);

/* True when a line of this level would be written; a NULL log is silent. */
static inline bool log_is_on(const struct log *log, enum actr_log_level level)
{
    return log && level >= log->level;
}

/* Writes, whatever the level: the macros have asked. */
void log_write(const struct log *log, enum actr_log_level level, const char *event,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Arguments after the level are evaluated only when the line is written; `log` is evaluated
 * twice. */
#define log_at(log, level, event, ...)                                                             \
    (log_is_on(log, level) ? log_write(log, level, event, __VA_ARGS__) : (void)0)

#define log_error(log, event, ...) log_at(log, ACTR_LOG_ERROR, event, __VA_ARGS__)
#define log_warn(log, event, ...) log_at(log, ACTR_LOG_WARN, event, __VA_ARGS__)
#define log_info(log, event, ...) log_at(log, ACTR_LOG_INFO, event, __VA_ARGS__)
#define log_debug(log, event, ...) log_at(log, ACTR_LOG_DEBUG, event, __VA_ARGS__)

#ifdef ACTR_TRACE
#define log_trace(log, event, ...) log_at(log, ACTR_LOG_TRACE, event, __VA_ARGS__)
#else
/* Checked, and never run. */
#define log_trace(log, event, ...)                                                                 \
    (false ? log_at(log, ACTR_LOG_TRACE, event, __VA_ARGS__) : (void)0)
#endif
