// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Library: what an instance enters: an image in this process (here), or one in a child process
 * (child.h). Errors are ACTR_E… with the thread's text, for callers of the actor to read.
 *
 * Thread: the instance's own, one entry at a time; kill from any. Entries block as long as the
 * library likes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/dynclib.h>

/* Longer replies are refused, whatever the node would send. */
#define LIBRARY_REPLY_LEN_MAX ((size_t)64 << 20)

/* Over the text of an entry that ended because the process of the library did: it may be started
 * again. */
#define LIBRARY_ENDED 1

struct library;

struct library_ops {
    /* actr_init(). */
    int (*init)(struct library *library, struct actr_view init);
    /* actr_handle() with a frame; *ret_payload is what the reply holds. LIBRARY_ENDED. */
    int (*handle)(struct library *library, struct actr_view frame, struct actr_bytes *ret_payload);
    /* actr_shutdown(). LIBRARY_ENDED. */
    int (*shutdown)(struct library *library);
    /* Any thread: ends the entry that runs, by force. False: there is no way to. */
    bool (*kill)(struct library *library);
    /* After LIBRARY_ENDED: loads it anew; init is next. ACTR_E… */
    int (*restart)(struct library *library);
    /* keep_mapped: code of it may run still; it stays in memory for good. */
    void (*free)(struct library *library, bool keep_mapped);
};

struct library {
    const struct library_ops *ops;
};

/* Loads the image of fd into this process; consumes fd. Errors as image_load(). */
int library_load(int fd, const char *name, const struct actr_host_vtable *host,
                 struct library **ret_library) ACTR_MUST_CHECK;

/* What actr_init(), actr_handle() and actr_shutdown() returned, as an error with a text; 0 for
 * ACTR_ABI_OK. */
int library_check(const char *function, int32_t code);
/* The payload of an AbiReply; or its error, with the library's own text. */
int library_read(struct actr_view reply, struct actr_bytes *ret_payload) ACTR_MUST_CHECK;
