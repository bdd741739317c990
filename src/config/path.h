// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Paths that a configuration file names. Nothing on the disk is looked at; any thread. */
#pragma once

#include <actr/error.h>

struct arena;
struct source;

#define PATH_LEN_MAX 4095 /* bytes of a resolved path */

/* Into the arena: an absolute path as it is, `~/…` under source->home where that is set, any other
 * under source->dir. ACTR_EINVALID, with a detail that can follow "because": the path is empty or
 * too long, or where ~ is, is not known. ACTR_ENOMEM. */
int path_resolve(const struct source *source, const char *path, struct arena *arena,
                 const char **ret_path) ACTR_MUST_CHECK;
