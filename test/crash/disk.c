// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The files of the disk: as they look now, as they were at their last sync, and the changes in
 * between, in order. A sync of a file covers its name too. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "disk_state.h"
#include "harness.h"

/* Bytes -------------------------------------------------------------------------------------- */

static void bytes_resize(struct disk_bytes *bytes, size_t len)
{
    if (len > bytes->cap) {
        bytes->cap = len * 2;
        bytes->ptr = realloc(bytes->ptr, bytes->cap);
        assert_non_null(bytes->ptr);
    }
    if (len > bytes->len)
        memset(bytes->ptr + bytes->len, 0, len - bytes->len);
    bytes->len = len;
}

static void bytes_put(struct disk_bytes *bytes, size_t at, const void *data, size_t len)
{
    if (at + len > bytes->len)
        bytes_resize(bytes, at + len);
    memcpy(bytes->ptr + at, data, len);
}

static void bytes_copy(struct disk_bytes *to, const struct disk_bytes *from)
{
    bytes_resize(to, from->len);
    if (from->len > 0)
        memcpy(to->ptr, from->ptr, from->len);
}

static void bytes_free(struct disk_bytes *bytes)
{
    free(bytes->ptr);
    *bytes = (struct disk_bytes){0};
}

/* Steps -------------------------------------------------------------------------------------- */

/* SQLITE_OK: this step happens. */
static int disk_step(struct disk *disk, bool needs_room)
{
    const struct disk_faults *faults = &disk->faults;
    if (disk->is_off)
        return SQLITE_IOERR;
    disk->steps++;
    disk->is_off = disk->steps == faults->cut_at;
    bool is_full = disk->steps >= faults->full_from && disk->steps < faults->full_to;
    return needs_room && is_full ? SQLITE_FULL : SQLITE_OK;
}

static void file_note(struct disk_file *file, struct disk_pending pending, const void *data)
{
    if (file->pending_count == file->pending_cap) {
        file->pending_cap = file->pending_cap ? file->pending_cap * 2 : 16;
        file->pending = realloc(file->pending, file->pending_cap * sizeof(*file->pending));
        assert_non_null(file->pending);
    }
    if (data) {
        pending.data = malloc(pending.len);
        assert_non_null(pending.data);
        memcpy(pending.data, data, pending.len);
    }
    file->pending[file->pending_count++] = pending;
}

static void file_forget(struct disk_file *file)
{
    for (size_t i = 0; i < file->pending_count; i++)
        free(file->pending[i].data);
    file->pending_count = 0;
}

int disk_file_write(struct disk *disk, struct disk_file *file, size_t at, const void *data,
                    size_t len)
{
    int code = disk_step(disk, at + len > file->now.len || file != disk->files);
    if (code != SQLITE_OK)
        return code;
    bytes_put(&file->now, at, data, len);
    file_note(file, (struct disk_pending){.change = DISK_WRITE, .at = at, .len = len}, data);
    return SQLITE_OK;
}

int disk_file_resize(struct disk *disk, struct disk_file *file, size_t len)
{
    int code = disk_step(disk, len > file->now.len);
    if (code != SQLITE_OK)
        return code;
    bytes_resize(&file->now, len);
    file_note(file, (struct disk_pending){.change = DISK_RESIZE, .len = len}, NULL);
    return SQLITE_OK;
}

int disk_file_remove(struct disk *disk, struct disk_file *file)
{
    int code = disk_step(disk, false);
    if (code != SQLITE_OK)
        return code;
    bytes_resize(&file->now, 0);
    file->is_there = false;
    file_note(file, (struct disk_pending){.change = DISK_REMOVE}, NULL);
    return SQLITE_OK;
}

/* What changed before a sync that failed: seen by who reads, marked clean, never written. */
static int file_doom(struct disk_file *file)
{
    for (size_t i = 0; i < file->pending_count; i++)
        file->pending[i].is_doomed = true;
    return SQLITE_IOERR_FSYNC;
}

static void file_apply(struct disk_bytes *bytes, bool *is_there, const struct disk_pending *change)
{
    *is_there = change->change != DISK_REMOVE;
    if (change->change == DISK_WRITE)
        bytes_put(bytes, change->at, change->data, change->len);
    else
        bytes_resize(bytes, change->len);
}

int disk_file_sync(struct disk *disk, struct disk_file *file)
{
    const struct disk_faults *faults = &disk->faults;
    if (disk->is_off)
        return SQLITE_IOERR_FSYNC;
    disk->syncs++;
    if (disk->syncs >= faults->sync_from && disk->syncs < faults->sync_to)
        return file_doom(file);
    if (!faults->ignores_syncs) {
        file->was_there = file->is_there;
        for (size_t i = 0; i < file->pending_count; i++) {
            if (!file->pending[i].is_doomed)
                file_apply(&file->synced, &file->was_there, &file->pending[i]);
        }
        file_forget(file);
    }
    return disk_step(disk, false);
}

/* What survives ------------------------------------------------------------------------------ */

/* A write goes sector by sector: each arrives, or does not, or arrives in part. */
static void survive_sectors(struct disk_bytes *bytes, const struct disk_pending *write,
                            uint64_t *random)
{
    for (size_t done = 0; done < write->len;) {
        size_t at = write->at + done;
        size_t len = DISK_SECTOR - at % DISK_SECTOR;
        uint64_t chance = harness_random(random);
        if (len > write->len - done)
            len = write->len - done;
        size_t arrives = len;
        if (chance % 8 == 0)
            arrives = (size_t)(chance >> 8) % len;
        if (chance % 8 < 5)
            bytes_put(bytes, at, write->data + done, arrives);
        done += len;
    }
}

static void survive_file(const struct disk_file *file, enum disk_survivors survivors,
                         uint64_t *random, struct disk_bytes *bytes, bool *is_there)
{
    bytes_copy(bytes, &file->synced);
    *is_there = file->was_there;
    for (size_t i = 0; i < file->pending_count && survivors == DISK_MIXED; i++) {
        const struct disk_pending *pending = &file->pending[i];
        if (pending->is_doomed)
            continue;
        if (pending->change == DISK_WRITE) {
            *is_there = true;
            survive_sectors(bytes, pending, random);
        } else if (harness_random(random) % 2) {
            file_apply(bytes, is_there, pending);
        } else {
            return; /* names and sizes change in order, and before what follows them */
        }
    }
}

void disk_survive(const struct disk *disk, enum disk_survivors survivors, uint64_t *random,
                  struct disk_image *ret_image)
{
    *ret_image = (struct disk_image){0};
    for (int i = 0; i < DISK_FILES_MAX; i++) {
        const struct disk_file *file = &disk->files[i];
        if (survivors == DISK_WRITTEN) {
            bytes_copy(&ret_image->files[i], &file->now);
            ret_image->is_there[i] = file->is_there;
        } else {
            survive_file(file, survivors, random, &ret_image->files[i], &ret_image->is_there[i]);
        }
    }
}

void disk_image_free(struct disk_image *image)
{
    for (int i = 0; i < DISK_FILES_MAX; i++)
        bytes_free(&image->files[i]);
}

void disk_image_set(struct disk_image *image, const void *data, size_t len)
{
    *image = (struct disk_image){.is_there = {true}};
    bytes_put(&image->files[0], 0, data, len);
}

/* The disk ----------------------------------------------------------------------------------- */

void disk_load(struct disk *disk, const struct disk_image *image, const struct disk_faults *faults)
{
    for (int i = 0; i < DISK_FILES_MAX; i++) {
        struct disk_file *file = &disk->files[i];
        file_forget(file);
        bytes_copy(&file->now, &image->files[i]);
        bytes_copy(&file->synced, &image->files[i]);
        file->is_there = file->was_there = image->is_there[i];
    }
    disk_forget_shared(disk);
    disk->faults = *faults;
    disk->steps = disk->syncs = 0;
    disk->is_off = false;
}

struct disk *disk_new(const char *path, int wal_pages)
{
    static const char *const endings[DISK_FILES_MAX] = {"", "-wal", "-journal", "-shm"};
    struct disk *disk = calloc(1, sizeof(*disk));
    if (!disk)
        return NULL;
    for (int i = 0; i < DISK_FILES_MAX; i++)
        disk->files[i].ending = endings[i];
    disk->path = path;
    disk->wal_pages = wal_pages;
    disk_register(disk);
    return disk;
}

struct disk *disk_free(struct disk *disk)
{
    if (!disk)
        return NULL;
    sqlite3_vfs_unregister(&disk->vfs);
    sqlite3_vfs_register(disk->system, 1);
    disk_forget_shared(disk);
    for (int i = 0; i < DISK_FILES_MAX; i++) {
        file_forget(&disk->files[i]);
        free(disk->files[i].pending);
        bytes_free(&disk->files[i].now);
        bytes_free(&disk->files[i].synced);
    }
    free(disk);
    return NULL;
}

bool disk_is_off(const struct disk *disk)
{
    return disk->is_off;
}

unsigned disk_steps(const struct disk *disk)
{
    return disk->steps;
}

unsigned disk_syncs(const struct disk *disk)
{
    return disk->syncs;
}

void disk_mend(struct disk *disk)
{
    disk->faults = (struct disk_faults){0};
}
