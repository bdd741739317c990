// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Configuration of a node: from the file or the text to the struct, with what has no effect told to
 * the log.
 *
 * Runs on the thread that opens the node, before the node has a loop; may read files. An error's
 * text is the first of the report, in the form `file:line:col: what; why; fix`; the others are in
 * the log. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "config/report.h"
#include "config/source.h"
#include "hyper/lifecycle/node.h"

static int node_config_read(const struct source *source, const struct log *log,
                            struct runtime_config **ret_config)
{
    struct report *report = mem_alloc(sizeof(*report));
    if (!report)
        return err_origin(ACTR_ENOMEM, "node: no memory");
    int r = runtime_config_parse(source, report, ret_config);
    char text[ERR_TEXT_MAX];
    snprintf(text, sizeof(text), "%s", actr_errmsg());
    for (size_t i = 0; i < report->count; i++) {
        const struct report_entry *entry = &report->entries[i];
        if (entry->level == REPORT_ERROR)
            log_error(log, "config.error", "%s", entry->text);
        else
            log_warn(log, "config.warning", "%s", entry->text);
    }
    report_deinit(report);
    mem_free(report);
    return r < 0 ? err_origin(r, "%s", text) : 0;
}

int node_config_load(const char *path, const struct log *log, struct runtime_config **ret_config)
{
    struct source_file file = {0};
    int r = source_load(path, &file);
    if (r < 0)
        return r;
    r = node_config_read(&file.source, log, ret_config);
    source_file_deinit(&file);
    return r;
}

int node_config_parse(const char *name, const char *text, const struct log *log,
                      struct runtime_config **ret_config)
{
    char dir[PATH_MAX];
    if (!getcwd(dir, sizeof(dir)))
        return err_origin(ACTR_EIO, "node: no current folder: %s", strerror(errno));
    struct source source = {.text = view_text(text), .name = name, .dir = dir};
    return node_config_read(&source, log, ret_config);
}
