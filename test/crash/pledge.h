// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What a mailbox has promised about each numbered message, held against what a disk has.
 *
 * A message is accepted when its push was taken, the mailbox has come to rest, and it was not
 * refused. What became of it is settled when the mailbox has come to rest and reports no trouble.
 * Between asking and that, both outcomes are right; two places, or none, never are. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>

#define PLEDGE_MAX 1024
#define PLEDGE_TEXT_MAX 256

enum pledge_state { PLEDGE_PUSHED, PLEDGE_REFUSED, PLEDGE_ACCEPTED, PLEDGE_GONE };
enum pledge_end { PLEDGE_OPEN, PLEDGE_ACKED, PLEDGE_ANSWERED, PLEDGE_BURIED };

struct pledge_entry {
    enum pledge_state state;
    enum pledge_end end;
    bool is_settled;
    bool is_letter;      /* a dead letter that never was a message */
    bool is_suspect;     /* was there when this life began, */
    uint32_t deliveries; /* counted so often */
    bool is_held;        /* handed out in this life, and not given back */
    unsigned handed;     /* how often in this life */
    bool is_excused;     /* perhaps uncounted, because the disk refused */
    bool is_poisoned;    /* dead without our doing, found so once */

    /* On the disk, at the last pledge_read(). */
    unsigned rows, letters, answers;
    uint32_t row_deliveries;
};

struct pledge {
    struct pledge_entry entries[PLEDGE_MAX];
    unsigned count;
    uint32_t deliveries_max, ahead_max;
    unsigned revived;            /* refused ones that came back: allowed, and counted */
    char fault[PLEDGE_TEXT_MAX]; /* the first broken promise; "": none */
};

/* The next number. */
unsigned pledge_add(struct pledge *pledge);
/* The body of a message; of up to seven sectors, each byte depends on the number. */
struct actr_bytes pledge_body(unsigned number);
/* The entry whose body this is; NULL, and a fault, when it is none or has changed. */
struct pledge_entry *pledge_find(struct pledge *pledge, struct actr_view body);

/* The mailbox is at rest. is_well: nothing is left to be tried again. */
void pledge_rest(struct pledge *pledge, bool is_well);

/* Reads a mailbox file with SQL alone, and PRAGMA integrity_check. False: a fault. */
bool pledge_read(struct pledge *pledge, const char *path);
/* Compares. False: a fault. */
bool pledge_check(struct pledge *pledge);
/* How many answers were found. */
unsigned pledge_count_answers(const struct pledge *pledge);
/* How many of them had become dead letters because each life that handled them ended badly. */
unsigned pledge_count_poisoned(const struct pledge *pledge);
/* What was found is what a new life begins with. */
void pledge_adopt(struct pledge *pledge);

/* Notes the first fault. Returns false. */
bool pledge_blame(struct pledge *pledge, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
