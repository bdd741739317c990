// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A disk in memory under SQLite, which remembers what was synced and what was only written.
 *
 * While there is one it is SQLite's default VFS. Whatever changes a file (a write, a new size, a
 * removal, a sync) is a step; the power fails after a given step, and then nothing reaches the disk
 * any more. What is found afterwards is for the test to choose, as often as it likes. The shared
 * memory beside a log is memory, and never survives.
 *
 * One connection to a file at a time. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISK_FILES_MAX 4
#define DISK_SECTOR 512u

struct disk;

enum disk_survivors {
    DISK_SYNCED,  /* nothing else: the harshest cut that keeps its word */
    DISK_WRITTEN, /* everything: the process ended, the machine did not */
    DISK_MIXED    /* of what was not synced any sectors, in any order, some of them torn */
};

/* What is wrong with the disk. Steps and syncs are counted from 1, since disk_load(). */
struct disk_faults {
    unsigned cut_at;             /* the power fails after this step; 0: never */
    unsigned full_from, full_to; /* steps that find no room: SQLITE_FULL, unless they need none */
    unsigned sync_from, sync_to; /* syncs that fail, and lose what they were to keep */
    bool ignores_syncs;          /* it lies: says that it has synced, and has not */
};

/* What is on a disk that is off. */
struct disk_bytes {
    uint8_t *ptr;
    size_t len, cap;
};
struct disk_image {
    struct disk_bytes files[DISK_FILES_MAX];
    bool is_there[DISK_FILES_MAX];
};

/* `path` is the database; the disk has no other files than it, its log and its journal. The log is
 * folded back at wal_pages, whatever the program asks for. NULL: no memory. */
struct disk *disk_new(const char *path, int wal_pages);
struct disk *disk_free(struct disk *disk);

/* The power is on again, the disk holds a copy of this, and has these faults. */
void disk_load(struct disk *disk, const struct disk_image *image, const struct disk_faults *faults);

/* What is found if it is off now. `random` decides about DISK_MIXED. */
void disk_survive(const struct disk *disk, enum disk_survivors survivors, uint64_t *random,
                  struct disk_image *ret_image);
void disk_image_free(struct disk_image *image);
/* An image with this as the database. */
void disk_image_set(struct disk_image *image, const void *data, size_t len);

bool disk_is_off(const struct disk *disk);
unsigned disk_steps(const struct disk *disk);
unsigned disk_syncs(const struct disk *disk);
/* No more faults; not for a disk that is off. */
void disk_mend(struct disk *disk);
