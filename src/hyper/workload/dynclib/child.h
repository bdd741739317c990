// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Child: a library in a process of its own (library.h says what an instance does with it).
 *
 * The process runs the program of src/dynclib_host, which is given the verified image, the channel
 * and nothing else of the node's. It is killed, with what it forked into its group, when an entry
 * is to be ended, when it breaks the rules of the channel, and when the thread that runs the
 * instance ends. What it asks for is answered by the bridge of its own library, whatever token it
 * names.
 *
 * The instance's thread; kill from any. */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct bridge;
struct library;

/* Operations that a process may have asked for and not been answered; more are refused. */
#define CHILD_ASKS_MAX 1024
/* What a process has to be loaded, and to read what it is sent. */
#define CHILD_PATIENCE_MS 35000

struct child_options {
    int image_fd;          /* consumed */
    const char *name;      /* of the library, for texts; copied, as the next */
    const char *host_path; /* NULL: $ACTR_DYNCLIB_HOST, else where it is installed */
    struct bridge *bridge; /* outlives it, and is cut before it is freed */
};

/* Runs nothing yet. ACTR_ENOMEM, ACTR_EIO: image_fd has been closed. */
int child_new(const struct child_options *options, struct library **ret_library) ACTR_MUST_CHECK;
