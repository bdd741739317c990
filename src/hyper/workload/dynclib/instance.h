// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Instance: one loaded library with the thread that enters it, one entry at a time, in the order
 * they were submitted.
 *
 * Each entry has a limit, and a library that has not returned by then is stuck. In this process the
 * limit is the deadline of its caller, else INSTANCE_ENTRY_MS: its entry and everything that waits
 * behind it is answered, what comes is refused (ACTR_EUNAVAILABLE), and when it returns after all
 * it goes on as before. In a process of its own it has INSTANCE_OVERTIME_MS more; then the process
 * is killed. A process that has ended, however, has its entry answered with what became of it; what
 * waits goes on waiting, until the instance has been restarted and started, or is given up. The
 * node never waits for a library longer than INSTANCE_STOP_MS. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "base/err.h"

struct actr_ctx;
struct actr_reply;
struct bridge;
struct instance;
struct library;
struct log;
struct loop;

#define INSTANCE_ENTRY_MS 35000u
#define INSTANCE_OVERTIME_MS 5000u
#define INSTANCE_STOP_MS 5000u
/* Entries that wait; one more is refused. */
#define INSTANCE_WAITING_MAX 1024u

enum instance_kind {
    INSTANCE_HANDLE,
    INSTANCE_HOOK,  /* nobody waits for it; its error is logged */
    INSTANCE_START, /* actr_init() if need be, then the frame; a failure shuts down again */
    INSTANCE_READY,
    INSTANCE_STOP,   /* the frame, then always actr_shutdown(); the frame's error wins */
    INSTANCE_RESTART /* a process of its own, anew; START is next. No frame */
};

struct instance_entry {
    enum instance_kind kind;
    struct actr_bytes frame;  /* consumed */
    uint64_t token;           /* of the bridge; ended with the entry */
    struct actr_reply *reply; /* consumed; NULL: nobody waits */
    uint64_t deadline_us;     /* loop clock; 0: none */
    const char *what;         /* for texts: a route or the name of a hook; copied */
};

struct instance_options {
    struct library *library; /* not loaded yet; consumed, also on failure */
    struct bridge *bridge;   /* likewise */
    struct actr_bytes init;  /* InitPayloadV1; likewise */
    const char *name;        /* of the library, for texts; copied */
    uint32_t entry_max_ms;   /* of any entry in a process of its own but STOP; 0: as above */
};

/* Loads the library. Blocks. ACTR_ENOMEM, ACTR_EIO, and what loading can fail with. */
int instance_new(const struct instance_options *options,
                 struct instance **ret_instance) ACTR_MUST_CHECK;

/* Upwards; on the loop. */
struct instance_events {
    /* The process of a library that was started has ended, outside of START, STOP and RESTART: no
     * HANDLE or HOOK runs until a RESTART and a START, or instance_give_up(). */
    void (*on_ended)(void *owner, const char *text);
};

/* Before the first entry: where time comes from, and where it reports. */
void instance_attach(struct instance *instance, struct loop *loop, const struct log *log);
void instance_watch_end(struct instance *instance, const struct instance_events *events,
                        void *owner);

/* Answers entry->reply later, in any case. */
void instance_submit(struct instance *instance, const struct instance_entry *entry);

/* It will not be restarted, or the node has no more time: what has not begun is answered
 * ACTR_EUNAVAILABLE. */
void instance_give_up(struct instance *instance);

/* The node is at rest: whatever the library still does, nothing of the node is touched, and no
 * timer runs, until the next entry. */
void instance_rest(struct instance *instance);

/* The loop's thread, or the one that closes it, while it is open; nothing may be submitted any
 * more. Shuts the library down if that is due and frees everything; what has not returned after
 * INSTANCE_STOP_MS is left behind, its memory and its mapping with it. Blocks. */
void instance_free(struct instance *instance);
