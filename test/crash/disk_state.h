// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The disk inside: disk.c has the files and what survives, disk_vfs.c what SQLite sees. */
#pragma once

#include <sqlite3.h>

#include "disk.h"

#define DISK_REGIONS_MAX 8

enum disk_change { DISK_WRITE, DISK_RESIZE, DISK_REMOVE };

/* One that no sync has covered. */
struct disk_pending {
    enum disk_change change;
    bool is_doomed; /* a sync that failed has lost it: visible, and never to be on the disk */
    size_t at, len; /* DISK_RESIZE: len is the size */
    uint8_t *data;
};

struct disk_file {
    const char *ending;
    struct disk_bytes now, synced;
    bool is_there, was_there; /* now; at the last sync */
    struct disk_pending *pending;
    size_t pending_count, pending_cap;
};

struct disk {
    sqlite3_vfs vfs;
    sqlite3_vfs *system;
    const char *path;
    struct disk_file files[DISK_FILES_MAX];
    void *regions[DISK_REGIONS_MAX]; /* of the shared memory */
    struct disk_faults faults;
    unsigned steps, syncs;
    bool is_off;
    int wal_pages;
    uint64_t salt;
};

/* Each is a step, and returns what SQLite is told. */
int disk_file_write(struct disk *disk, struct disk_file *file, size_t at, const void *data,
                    size_t len);
int disk_file_resize(struct disk *disk, struct disk_file *file, size_t len);
int disk_file_remove(struct disk *disk, struct disk_file *file);
int disk_file_sync(struct disk *disk, struct disk_file *file);
/* NULL: not one of this disk. */
struct disk_file *disk_file_find(struct disk *disk, const char *name);

void disk_register(struct disk *disk);
void disk_forget_shared(struct disk *disk);
