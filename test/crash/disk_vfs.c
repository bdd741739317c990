// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What SQLite sees of the disk (sqlite.org/c3ref/io_methods.html). Locks are granted: a file has
 * one connection. Randomness is a counter, so one seed is one run. */
#include <stdlib.h>
#include <string.h>

#include "disk_state.h"
#include "harness.h"

struct disk_handle {
    sqlite3_file base; /* first */
    struct disk *disk;
    struct disk_file *file;
};

static struct disk_handle *handle_of(sqlite3_file *base)
{
    return (struct disk_handle *)base;
}

/* Files -------------------------------------------------------------------------------------- */

static int handle_close(sqlite3_file *base)
{
    (void)base;
    return SQLITE_OK;
}

static int handle_read(sqlite3_file *base, void *buf, int len, sqlite3_int64 at)
{
    const struct disk_bytes *now = &handle_of(base)->file->now;
    size_t from = (size_t)at, wanted = (size_t)len;
    size_t there = from < now->len ? now->len - from : 0;
    if (there > wanted)
        there = wanted;
    if (there > 0)
        memcpy(buf, now->ptr + from, there);
    memset((uint8_t *)buf + there, 0, wanted - there);
    return there == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int handle_write(sqlite3_file *base, const void *data, int len, sqlite3_int64 at)
{
    struct disk_handle *handle = handle_of(base);
    return disk_file_write(handle->disk, handle->file, (size_t)at, data, (size_t)len);
}

static int handle_truncate(sqlite3_file *base, sqlite3_int64 len)
{
    struct disk_handle *handle = handle_of(base);
    return disk_file_resize(handle->disk, handle->file, (size_t)len);
}

static int handle_sync(sqlite3_file *base, int flags)
{
    struct disk_handle *handle = handle_of(base);
    (void)flags;
    return disk_file_sync(handle->disk, handle->file);
}

static int handle_size(sqlite3_file *base, sqlite3_int64 *ret_size)
{
    *ret_size = (sqlite3_int64)handle_of(base)->file->now.len;
    return SQLITE_OK;
}

static int handle_lock(sqlite3_file *base, int level)
{
    (void)base;
    (void)level;
    return SQLITE_OK;
}

static int handle_is_reserved(sqlite3_file *base, int *ret_is_reserved)
{
    (void)base;
    *ret_is_reserved = 0;
    return SQLITE_OK;
}

/* The log is folded back often, however seldom the program wants it. */
static int handle_pragma(struct disk *disk, char **words)
{
    if (strcmp(words[1], "wal_autocheckpoint") != 0)
        return SQLITE_NOTFOUND;
    words[0] = sqlite3_mprintf("%d", disk->wal_pages);
    return words[0] ? SQLITE_OK : SQLITE_NOMEM;
}

static int handle_control(sqlite3_file *base, int what, void *arg)
{
    struct disk *disk = handle_of(base)->disk;
    return what == SQLITE_FCNTL_PRAGMA ? handle_pragma(disk, arg) : SQLITE_NOTFOUND;
}

static int handle_sector(sqlite3_file *base)
{
    (void)base;
    return (int)DISK_SECTOR;
}

static int handle_traits(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* Shared memory ------------------------------------------------------------------------------ */

static int handle_map(sqlite3_file *base, int region, int size, int extends, void volatile **ret)
{
    struct disk *disk = handle_of(base)->disk;
    if (region >= DISK_REGIONS_MAX)
        return SQLITE_FULL;
    if (!disk->regions[region] && extends)
        disk->regions[region] = calloc(1, (size_t)size);
    *ret = disk->regions[region];
    return SQLITE_OK;
}

static int handle_map_lock(sqlite3_file *base, int at, int count, int flags)
{
    (void)base;
    (void)at;
    (void)count;
    (void)flags;
    return SQLITE_OK;
}

static void handle_map_barrier(sqlite3_file *base)
{
    (void)base;
}

void disk_forget_shared(struct disk *disk)
{
    for (int i = 0; i < DISK_REGIONS_MAX; i++) {
        free(disk->regions[i]);
        disk->regions[i] = NULL;
    }
}

/* The only connection goes: who comes next finds none. */
static int handle_unmap(sqlite3_file *base, int removes)
{
    (void)removes;
    disk_forget_shared(handle_of(base)->disk);
    return SQLITE_OK;
}

static const sqlite3_io_methods handle_methods = {
    .iVersion = 2,
    .xClose = handle_close,
    .xRead = handle_read,
    .xWrite = handle_write,
    .xTruncate = handle_truncate,
    .xSync = handle_sync,
    .xFileSize = handle_size,
    .xLock = handle_lock,
    .xUnlock = handle_lock,
    .xCheckReservedLock = handle_is_reserved,
    .xFileControl = handle_control,
    .xSectorSize = handle_sector,
    .xDeviceCharacteristics = handle_traits,
    .xShmMap = handle_map,
    .xShmLock = handle_map_lock,
    .xShmBarrier = handle_map_barrier,
    .xShmUnmap = handle_unmap,
};

/* Names -------------------------------------------------------------------------------------- */

struct disk_file *disk_file_find(struct disk *disk, const char *name)
{
    size_t len = strlen(disk->path);
    if (!name || strncmp(name, disk->path, len) != 0)
        return NULL;
    for (int i = 0; i < DISK_FILES_MAX; i++) {
        if (strcmp(name + len, disk->files[i].ending) == 0)
            return &disk->files[i];
    }
    return NULL;
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags,
                    int *ret_flags)
{
    struct disk *disk = vfs->pAppData;
    struct disk_file *file = disk_file_find(disk, name);
    struct disk_handle *handle = handle_of(base);
    handle->base.pMethods = NULL;
    if (!file || (!file->is_there && !(flags & SQLITE_OPEN_CREATE)))
        return SQLITE_CANTOPEN;
    if (!file->is_there && disk->is_off)
        return SQLITE_IOERR;
    file->is_there = true;
    *handle = (struct disk_handle){.base = {&handle_methods}, .disk = disk, .file = file};
    if (ret_flags)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int syncs_folder)
{
    struct disk *disk = vfs->pAppData;
    struct disk_file *file = disk_file_find(disk, name);
    if (!file || !file->is_there)
        return SQLITE_IOERR_DELETE_NOENT;
    int code = disk_file_remove(disk, file);
    return code == SQLITE_OK && syncs_folder ? disk_file_sync(disk, file) : code;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_is_there)
{
    const struct disk_file *file = disk_file_find(vfs->pAppData, name);
    (void)flags;
    *ret_is_there = file && file->is_there;
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int cap, char *buf)
{
    (void)vfs;
    if (strlen(name) >= (size_t)cap)
        return SQLITE_CANTOPEN;
    memcpy(buf, name, strlen(name) + 1);
    return SQLITE_OK;
}

static int vfs_random(sqlite3_vfs *vfs, int len, char *buf)
{
    struct disk *disk = vfs->pAppData;
    for (int i = 0; i < len; i++)
        buf[i] = (char)harness_random(&disk->salt);
    return len;
}

static int vfs_now(sqlite3_vfs *vfs, sqlite3_int64 *ret_ms)
{
    (void)vfs;
    *ret_ms = 0;
    return SQLITE_OK;
}

static int vfs_wait(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

void disk_register(struct disk *disk)
{
    disk->system = sqlite3_vfs_find(NULL);
    disk->vfs = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = sizeof(struct disk_handle),
        .mxPathname = 512,
        .zName = "disk",
        .pAppData = disk,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_random,
        .xSleep = vfs_wait,
        .xCurrentTimeInt64 = vfs_now,
    };
    assert_int_equal(sqlite3_vfs_register(&disk->vfs, 1), SQLITE_OK);
    sqlite3_randomness(0, NULL); /* from here on of this disk */
}
