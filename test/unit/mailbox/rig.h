// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A mailbox of either store on virtual time, and who is told what. The durable one works on the
 * same loop: one seed, one run. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "harness.h"
#include "mailbox/mailbox.h"
#include "sys/loop.h"
#include "sys/loop_virtual.h"

struct rig {
    struct loop *loop;
    struct mailbox *mailbox;
    struct actr_id self;
    char dir[64], path[96]; /* of the durable one */
    bool is_durable;
    bool is_at_rest;

    unsigned ready, opened, stopped;
    char rooms[64]; /* serials of the peers that were told, '*' for everyone */
    int open_code;
    char open_text[512];
    unsigned refused, troubles, answers;
    int refused_code, trouble_code;
    char refused_text[64]; /* the envelope refused last */
    struct mailbox_origin refused_origin;
    struct {
        uint64_t caller, age_us;
        char id[32], payload[64], text[64];
        int code;
        int64_t retry_after_ms;
    } answer;    /* the one told last */
    bool closes; /* on the next event */
    uint32_t deliveries_max;
};

extern const struct mailbox_events rig_events;

/* Opens a mailbox; a durable one in a folder of its own. */
void rig_open(struct rig *rig, bool is_durable, const struct mailbox_limits *limits);
/* Runs until nothing is left to do: what was pushed is on disk, events have come. */
void rig_run(struct rig *rig);
/* Stops and frees the mailbox; the file stays. */
void rig_stop(struct rig *rig);
/* A mailbox on the same file again; runs. */
void rig_reopen(struct rig *rig, const struct mailbox_limits *limits);
/* Frees all, and removes the folder. */
void rig_close(struct rig *rig);

/* The process ends here: the rig goes on with a copy of the file and its log as they are now.
 * `taken` (may be NULL): what was in flight; given back to the one that does not know of the crash.
 */
void rig_crash(struct rig *rig, struct mailbox_message *taken, const struct mailbox_limits *limits);
void rig_crash_all(struct rig *rig, struct mailbox_message **taken, unsigned count,
                   const struct mailbox_limits *limits);

/* How many dead letters of this category the file has; NULL: of all. */
unsigned rig_letters(struct rig *rig, const char *category);

struct mailbox_origin rig_origin(uint64_t serial);
int rig_push(struct rig *rig, uint64_t serial, enum mailbox_priority priority, const char *text);
/* The next one; of a durable mailbox, after what was pushed has reached the disk. */
struct mailbox_message *rig_next(struct rig *rig);
/* Takes one and checks it; the caller's. */
struct mailbox_message *rig_take(struct rig *rig, const char *text);
/* Takes, checks and acks one. */
void rig_expect(struct rig *rig, const char *text);
