// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Lives of a durable mailbox on a disk of ours and on virtual time, used at random; the pledge has
 * what each promised. One seed, one run. */
#pragma once

#include "disk.h"
#include "mailbox/mailbox.h"
#include "pledge.h"
#include "sys/loop_virtual.h"

#define WORLD_TAKEN_MAX 6

struct world {
    struct loop *loop;
    struct disk *disk;
    struct mailbox *mailbox;
    struct actr_id self;
    struct pledge pledge;
    char dir[64], path[96];
    struct disk_image empty;  /* a mailbox with nothing in it */
    struct disk_image before; /* one that an earlier life left, and what it had promised */
    struct pledge promised;
    uint64_t random;

    struct mailbox_message *taken[WORLD_TAKEN_MAX];
    unsigned taken_count;
    uint64_t dropped; /* letters, at the last rest */
    bool is_sick;     /* the disk has refused something that may still be tried */
    bool is_open, is_at_rest;
    unsigned troubles, refused, told; /* told: answers of earlier lives, at the last start */
    int trouble;
    unsigned steps, syncs; /* of the life that ended last */
};

void world_init(struct world *world, uint64_t seed);
void world_deinit(struct world *world);
/* The same again with another seed: no promises, new time. */
void world_reset(struct world *world, uint64_t seed);
/* Also with another seed, and an earlier life, which ended while messages were in flight. */
void world_prepare(struct world *world, uint64_t seed);
/* A second life after that, as often as you like: the same each time but for the faults. */
bool world_begin_again(struct world *world, uint64_t seed, const struct disk_faults *faults);

/* A life begins on this disk. False: the mailbox did not open. */
bool world_begin(struct world *world, const struct disk_image *image,
                 const struct disk_faults *faults);
/* Pushes, takes, acks, buries, rejects and gives back at random, until the power fails. */
void world_use(struct world *world, unsigned actions);
/* Until nothing is left to do, for `us` of virtual time. */
void world_rest(struct world *world, uint64_t us);
/* The disk is well again: until the mailbox has noticed. */
void world_recover(struct world *world);
/* Acks all that was taken. */
void world_finish_all(struct world *world);
/* Takes and acks all there is. What was found on the disk comes, and comes once; else a fault. */
void world_drain(struct world *world);
/* Stops and frees the mailbox; what was taken stays unfinished. */
void world_end(struct world *world);

/* Compares what the image has with the pledge. False: a fault. Leaves the disk with the image. */
bool world_check(struct world *world, const struct disk_image *image);
