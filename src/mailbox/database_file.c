// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The mailbox's file, before SQLite sees it.
 *
 * Order: resolve links, so that one file has one lock; lock; only then look at the bytes. While
 * another node of this process has the file, it must not be opened here: closing any descriptor of
 * a file drops the locks that SQLite holds on it (fcntl(2)). A file is made under another name and
 * linked to its own when it is on the disk, so a file that is there is whole, and the first bytes
 * say whose it is.
 *
 * Blocks. Must never write to a file that it has not made. */
#include "mailbox/database_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "mailbox/schema.h"

/* The header of an SQLite file (sqlite.org/fileformat2.html §1.3). */
#define HEADER_SIZE 100
#define HEADER_MAGIC "SQLite format 3"
#define HEADER_VERSION_AT 60
#define HEADER_APPLICATION_AT 68

static int database_file_error(const char *path, const char *doing)
{
    int code = errno == ENOMEM ? ACTR_ENOMEM : ACTR_EIO;
    return err_origin(code, "%s: cannot %s: %s", path, doing, strerror(errno));
}

static int database_file_refuse(const struct database_file *file, const char *why)
{
    return err_origin(ACTR_ECONFIG,
                      "%s: not a mailbox: %s; name another file in storage.mailbox_path, or move "
                      "this one away",
                      file->path, why);
}

int database_file_refuse_version(const struct database_file *file, int64_t version)
{
    return err_origin(
        ACTR_ECONFIG,
        "%s: written by a newer version of actr (format %lld, this one knows %d); run "
        "that version, or name another file in storage.mailbox_path",
        file->path, (long long)version, SCHEMA_VERSION);
}

void database_file_init(struct database_file *file)
{
    file->path[0] = '\0';
    file->lock = -1;
}

void database_file_deinit(struct database_file *file)
{
    if (file->lock >= 0)
        close(file->lock);
    file->lock = -1;
}

/* The folder without links, then the name. */
static int database_file_resolve_new(struct database_file *file, const char *path, bool makes_dir)
{
    char copy[DATABASE_PATH_SIZE], dir[PATH_MAX];
    snprintf(copy, sizeof(copy), "%s", path);
    const char *folder = dirname(copy);
    if (makes_dir && mkdir(folder, 0700) < 0 && errno != EEXIST)
        return database_file_error(folder, "make the folder of the mailbox");
    if (!realpath(folder, dir))
        return database_file_error(folder, "find the folder of the mailbox");
    const char *slash = strrchr(path, '/');
    int len = snprintf(file->path, sizeof(file->path), "%s/%s", strcmp(dir, "/") ? dir : "",
                       slash ? slash + 1 : path);
    if (len >= (int)sizeof(file->path))
        return err_origin(ACTR_ECONFIG, "%s: the path is too long", path);
    return 0;
}

static int database_file_resolve(struct database_file *file, const char *path, bool is_writer)
{
    char resolved[PATH_MAX];
    if (path[0] == '\0' || strlen(path) + 8 > sizeof(file->path))
        return err_origin(ACTR_ECONFIG, "%.64s: the path of a mailbox is %s", path,
                          path[0] ? "too long" : "empty");
    if (realpath(path, resolved)) {
        snprintf(file->path, sizeof(file->path), "%s", resolved);
        return 0;
    }
    if (errno != ENOENT)
        return database_file_error(path, "find the mailbox");
    return database_file_resolve_new(file, path, is_writer);
}

static int database_file_lock(struct database_file *file)
{
    char path[DATABASE_PATH_SIZE + 8];
    snprintf(path, sizeof(path), "%s.lock", file->path);
    file->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file->lock < 0)
        return database_file_error(path, "create the lock of the mailbox");
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(file->lock, F_OFD_SETLK, &whole) == 0)
        return 0;
    if (errno != EAGAIN && errno != EACCES)
        return database_file_error(path, "lock the mailbox");
    return err_origin(ACTR_ESTATE,
                      "%s: another node or command has this mailbox; stop it, or give each node a "
                      "storage.mailbox_path of its own",
                      file->path);
}

static uint32_t header_u32(const uint8_t *header, int at)
{
    return (uint32_t)header[at] << 24 | (uint32_t)header[at + 1] << 16 |
           (uint32_t)header[at + 2] << 8 | header[at + 3];
}

static int database_file_check_header(const struct database_file *file, int fd)
{
    uint8_t header[HEADER_SIZE];
    ssize_t len = pread(fd, header, sizeof(header), 0);
    if (len < 0)
        return database_file_error(file->path, "read the mailbox");
    if (len < HEADER_SIZE)
        return database_file_refuse(file, len ? "it is cut short" : "it is empty");
    if (memcmp(header, HEADER_MAGIC, sizeof(HEADER_MAGIC)) != 0)
        return database_file_refuse(file, "it is no SQLite database");
    if (header_u32(header, HEADER_APPLICATION_AT) != SCHEMA_APPLICATION)
        return database_file_refuse(file, "it is the database of another program");
    uint32_t version = header_u32(header, HEADER_VERSION_AT);
    return version == SCHEMA_VERSION ? 0 : database_file_refuse_version(file, version);
}

static int database_file_check(const struct database_file *file)
{
    struct stat status;
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return database_file_error(file->path, "open the mailbox");
    int r = 0;
    if (fstat(fd, &status) < 0)
        r = database_file_error(file->path, "look at the mailbox");
    else if (!S_ISREG(status.st_mode))
        r = database_file_refuse(file, S_ISDIR(status.st_mode) ? "it is a folder"
                                                               : "it is no regular file");
    else
        r = database_file_check_header(file, fd);
    close(fd);
    return r;
}

int database_file_find(struct database_file *file, const char *path, enum database_access access,
                       bool *ret_is_there)
{
    struct stat status;
    int r = database_file_resolve(file, path, access == DATABASE_NODE);
    if (r < 0)
        return r;
    bool is_there = lstat(file->path, &status) == 0;
    if (is_there && !S_ISREG(status.st_mode))
        return database_file_check(file); /* says what it is, and leaves no lock beside it */
    if (access == DATABASE_NODE || (access == DATABASE_EDITOR && is_there)) {
        r = database_file_lock(file);
        is_there = lstat(file->path, &status) == 0; /* whoever had the lock may have made it */
    }
    if (r == 0 && is_there && file->lock >= 0)
        r = database_file_check(file);
    if (r == 0)
        *ret_is_there = is_there;
    return r;
}

/* What one who was cut off while making the file has left: the lock says that nobody is at it. */
static void database_file_clear(const char *fresh)
{
    static const char *const endings[] = {"", "-journal", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        char path[DATABASE_PATH_SIZE + 16];
        snprintf(path, sizeof(path), "%s%s", fresh, endings[i]);
        unlink(path);
    }
}

int database_file_begin(const struct database_file *file, char *fresh)
{
    int len = snprintf(fresh, DATABASE_PATH_SIZE, "%s.new", file->path);
    if (len >= DATABASE_PATH_SIZE)
        return err_origin(ACTR_ECONFIG, "%s: the path is too long", file->path);
    database_file_clear(fresh);
    int fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return database_file_error(fresh, "create the mailbox");
    close(fd);
    return 0;
}

static int database_file_sync(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int r = fsync(fd);
    close(fd);
    return r;
}

static int database_file_name(const struct database_file *file, const char *fresh)
{
    char copy[DATABASE_PATH_SIZE];
    if (database_file_sync(fresh, O_RDWR) < 0 || link(fresh, file->path) < 0)
        return -1;
    snprintf(copy, sizeof(copy), "%s", file->path);
    return database_file_sync(dirname(copy), O_RDONLY | O_DIRECTORY);
}

int database_file_finish(const struct database_file *file, const char *fresh, int r)
{
    if (r == 0 && database_file_name(file, fresh) < 0)
        r = database_file_error(file->path, "create the mailbox");
    database_file_clear(fresh);
    return r;
}
