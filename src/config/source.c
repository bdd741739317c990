// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Configuration files: from a path to a text and a folder, from a text to a document.
 *
 * The folder is made absolute when the file is read, so that a later change of the working
 * directory moves nothing. A link to a file counts where the link is: that is the path the user
 * wrote.
 *
 * source_load() blocks and is for start-up; the rest is pure. Any thread. */
#include "config/source.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "config/report.h"
#include "config/toml.h"
#include "sys/file.h"

/* The absolute folder of a file, in fresh memory. */
static int source_folder(const char *path, char **ret_dir)
{
    char dir[PATH_MAX], absolute[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) + 1 : 1;
    if (len >= sizeof(dir))
        return err_origin(ACTR_EINVALID, "%s: the path is too long", path);
    memcpy(dir, slash ? path : ".", len);
    dir[len] = '\0';
    if (!realpath(dir, absolute))
        return err_origin(ACTR_EIO, "%s: %s", dir, strerror(errno));
    *ret_dir = mem_text(absolute, strlen(absolute));
    return *ret_dir ? 0 : err_origin(ACTR_ENOMEM, "%s: no memory", path);
}

int source_load(const char *path, struct source_file *ret_file)
{
    struct source_file file = {.source.name = path};
    int r = file_read(path, TOML_LEN_MAX, &file._content);
    if (r == 0)
        r = source_folder(path, &file._dir);
    if (r < 0) {
        source_file_deinit(&file);
        return r;
    }
    file.source.text = actr_bytes_view(file._content);
    file.source.dir = file._dir;
    *ret_file = file;
    return 0;
}

void source_file_deinit(struct source_file *file)
{
    actr_bytes_unref(file->_content);
    mem_free(file->_dir);
    *file = (struct source_file){0};
}

int source_parse(const struct source *source, struct report *report, struct toml_doc **ret_doc)
{
    struct toml_fault fault;
    int r = toml_parse(source->text, ret_doc, &fault);
    if (r != ACTR_ECONFIG)
        return r;
    r = report_error(report, source->name, fault.at, "%s; %s; correct this place", fault.what,
                     fault.why);
    return r < 0 ? r : report_verdict(report);
}
