// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Paths that a configuration file names, made absolute.
 *
 * A path means the same wherever the process was started, so it is joined to the folder of the file
 * that names it, never to the working directory. `..` stays as it is: behind a symbolic link only
 * the system knows where it leads.
 *
 * Any thread. Must not touch the disk. */
#include "config/path.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "config/source.h"

static const char *path_skip_dots(const char *path)
{
    while (path[0] == '.' && path[1] == '/') {
        path += 2;
        while (path[0] == '/')
            path++;
    }
    return strcmp(path, ".") == 0 ? "" : path;
}

int path_resolve(const struct source *source, const char *path, struct arena *arena,
                 const char **ret_path)
{
    const char *base = source->dir;
    if (path[0] == '\0')
        return err_origin(ACTR_EINVALID, "it is empty");
    if (path[0] == '/') {
        base = "";
    } else if (source->home && path[0] == '~' && path[1] == '/') {
        if (source->home[0] == '\0')
            return err_origin(ACTR_EINVALID, "nothing says where ~ is: HOME is not set");
        base = source->home;
        path += 2;
    }
    path = path_skip_dots(path);
    size_t base_len = strlen(base), path_len = strlen(path);
    bool has_slash = base_len > 0 && base[base_len - 1] != '/' && path_len > 0;
    if (base_len + has_slash + path_len > PATH_LEN_MAX)
        return err_origin(ACTR_EINVALID, "it is longer than %d bytes", PATH_LEN_MAX);
    char *joined = arena_alloc(arena, base_len + has_slash + path_len + 1);
    if (!joined)
        return err_origin(ACTR_ENOMEM, "path: no memory");
    memcpy(joined, base, base_len);
    if (has_slash)
        joined[base_len] = '/';
    memcpy(joined + base_len + has_slash, path, path_len + 1);
    *ret_path = joined;
    return 0;
}
