// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The log of a node: where its lines go, and which are written.
 *
 * The level is the first that is given of: the options of the program, RUST_LOG,
 * observability.filter_level; else warn. The first two are known before the configuration is read,
 * so that what is wrong with it is told at the right level. A filter that cannot be read is told
 * and counts as info, as in the existing system.
 *
 * Runs on the thread that opens the node, before others see the log. Must never refuse a node for
 * its log. */
#include <string.h>

#include "base/bytes.h"
#include "hyper/lifecycle/node.h"

static void node_log_sink(void *arg, enum actr_log_level level, const char *event,
                          const char *message)
{
    struct actr_node *node = arg;
    node->options.log(node->options.arg, level, event, message);
}

/* `source` says where the text is from. False: it says nothing about the level. */
static bool node_log_filter(struct actr_node *node, const char *source, const char *text)
{
    struct log_filter filter;
    if (!log_filter_parse(text, &filter)) {
        node->log.level = ACTR_LOG_INFO;
        log_warn(&node->log, "log.filter",
                 "%s=\"%s\" is no filter (a level: off, error, warn, info, debug or trace); info "
                 "and above is logged",
                 source, text);
        return true;
    }
    if (filter.has_level)
        node->log.level = filter.level;
    if (filter.ignored.len > 0)
        log_warn(&node->log, "log.filter",
                 "%s: \"%.*s\" has no effect: parts of the program have no levels of their own",
                 source, (int)filter.ignored.len, (const char *)filter.ignored.ptr);
    return filter.has_level;
}

void node_log_init(struct actr_node *node)
{
    const struct actr_node_options *options = &node->options;
    const char *filter = node->environment.log_filter;
    node->log = (struct log){.level = options->log_level ? options->log_level : ACTR_LOG_WARN,
                             .sink = options->log ? node_log_sink : log_to_stderr,
                             .arg = node};
    if (options->log_all)
        node->log.level = ACTR_LOG_TRACE;
    node->has_log_level = options->log_level || options->log_all ||
                          (filter && node_log_filter(node, "RUST_LOG", filter));
}

void node_log_configure(struct actr_node *node)
{
    const char *filter = node->config->observability.filter_level;
    if (filter && !node->has_log_level)
        node->has_log_level = node_log_filter(node, "observability.filter_level", filter);
}
