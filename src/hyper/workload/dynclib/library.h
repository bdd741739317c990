// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Library: what an instance enters: an image in this process (library_local()), or one in a child
 * process (child.h). Errors are ACTR_E… with the thread's text, for callers of the actor to read.
 *
 * Thread: the instance's own, one entry at a time; kill from any. Entries block as long as the
 * library likes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/dynclib.h>

struct bell;

/* Longer replies are refused, whatever the node would send. */
#define LIBRARY_REPLY_LEN_MAX ((size_t)64 << 20)

/* The process of the library has ended; the thread's text says how. It may be loaded again. */
#define LIBRARY_ENDED 1

struct library;

struct library_ops {
    /* Loads it, also again after LIBRARY_ENDED, or in place of a process that still runs.
     * ACTR_E…; not LIBRARY_ENDED. */
    int (*load)(struct library *library);
    /* actr_init(). LIBRARY_ENDED. */
    int (*init)(struct library *library, struct actr_view init);
    /* actr_handle() with a frame; *ret_payload is what the reply holds. LIBRARY_ENDED. */
    int (*handle)(struct library *library, struct actr_view frame, struct actr_bytes *ret_payload);
    /* actr_shutdown(). LIBRARY_ENDED. */
    int (*shutdown)(struct library *library);
    /* Between entries: waits for the bell, and clears it. LIBRARY_ENDED. */
    int (*idle)(struct library *library, struct bell *bell);
    /* Any thread: ends the entry that runs, by force, because after_ms are over. NULL: there is no
     * way to. */
    void (*kill)(struct library *library, uint32_t after_ms);
    /* keep_mapped: code of it may run still; it stays in memory for good. */
    void (*free)(struct library *library, bool keep_mapped);
};

struct library {
    const struct library_ops *ops;
};

/* The image of fd, to be loaded into this process; consumes fd, lends name (for texts).
 * ACTR_ENOMEM.
 */
int library_local(int fd, const char *name, const struct actr_host_vtable *host,
                  struct library **ret_library) ACTR_MUST_CHECK;
